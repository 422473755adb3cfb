"""An offer: the projects of a sector and their entries in the shared ledgers.

The optimiser, the simulator and the report all evaluate the same entries, so they cannot disagree
about what a project costs, takes or credits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import TongquError
from tongqu.data import Region

__all__ = [
    "ENTRY_COLUMNS",
    "FOREVER",
    "LEDGERS",
    "LIMIT_COLUMNS",
    "PAIR_COLUMNS",
    "PROJECT_COLUMNS",
    "Offer",
    "OfferError",
    "empty_frame",
    "join_offers",
]

FOREVER: Final = -1
"""``until`` of an entry that does not end."""

LEDGERS: Final[Mapping[str, str]] = {
    "money": "万元 in the year; key capital or running; unit is a county",
    "land": "mu of construction land taken; key is the land class; unit is a county",
    "staff": "persons employed; key is the kind of staff; unit is a county",
    "stock": "additions to a stock such as beds; key is the stock; unit is a county",
    "served": "share in (0, 1] of a unit's unmet demand that is credited; key is the service",
    "room": "persons that a project has room for; key is the service; unit is where it stands",
    "link": "minutes on a road link after the project; key is the link",
    "moved": "share in (0, 1] of a unit's people who live at the unit in key from then on",
    "arrive": "persons who come from outside in a year; key is urban or rural; unit is a county",
    "register": "persons registered at their place in a year; key is people; unit is a county",
}

MONEY_KEYS: Final = ("capital", "running")
"""What money is spent on."""

MONEY_LIMITS: Final = ("room", "debt", "pool")
"""What money may be spent: own money of a county in a year, its new debt, grants of the city."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "money": MONEY_KEYS,
    "arrive": ("urban", "rural"),
    "register": ("people",),
}
"""Ledgers whose entries have keys of a fixed list."""

COUNTY_LEDGERS: Final = ("money", "land", "staff", "stock", "arrive", "register")
"""Ledgers whose entries belong to a county; they add up."""

UNIT_LEDGERS: Final = ("served", "room", "moved")
"""Ledgers whose entries belong to a unit of any level."""

PROJECT_COLUMNS: Final[Mapping[str, str]] = {
    "project": "str",
    "sector": "str",
    "kind": "str",
    "name_zh": "str",
    "name_en": "str",
    "unit": "str",
    "town": "str",
    "county": "str",
    "node": "str",
    "site": "str",
    "lon": "float64",
    "lat": "float64",
    "size": "float64",
    "size_unit": "str",
    "capital_wan": "float64",
    "running_wan": "float64",
    "lead": "int64",
    "land_mu": "float64",
    "earliest": "int64",
    "latest": "int64",
    "group": "str",
    "requires": "str",
    "modelled": "bool",
}
ENTRY_COLUMNS: Final[Mapping[str, str]] = {
    "project": "str",
    "ledger": "str",
    "unit": "str",
    "key": "str",
    "since": "int64",
    "until": "int64",
    "amount": "float64",
}
PAIR_COLUMNS: Final[Mapping[str, str]] = {
    "first": "str",
    "second": "str",
    "unit": "str",
    "key": "str",
    "amount": "float64",
}
LIMIT_COLUMNS: Final[Mapping[str, str]] = {
    "ledger": "str",
    "unit": "str",
    "key": "str",
    "year": "int64",
    "amount": "float64",
}


class OfferError(TongquError):
    """A sector offered something that the ledgers cannot hold."""


def empty_frame(columns: Mapping[str, str]) -> pd.DataFrame:
    """Give an empty frame with the columns and types of one of the offer's tables.

    Examples
    --------
    >>> list(empty_frame(PAIR_COLUMNS))
    ['first', 'second', 'unit', 'key', 'amount']
    """
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


@dataclass(frozen=True)
class Offer:
    """Candidate projects, their ledger entries, what works only in pairs, and limits.

    Parameters
    ----------
    projects : DataFrame
        One row a project, columns ``PROJECT_COLUMNS``. ``lead`` is the number of years from the first
        payment until the project works; ``earliest`` and ``latest`` bound the year of that payment.
        At most one project of a ``group`` is built; ``requires`` names a project that must open no later.
    entries : DataFrame
        Columns ``ENTRY_COLUMNS``: the ledger ``amount`` in every year from ``since`` to ``until``
        years after the first payment (``FOREVER`` for no end).
    pairs : DataFrame
        Columns ``PAIR_COLUMNS``: ``served`` credit earned only while both projects work.
    limits : DataFrame
        Columns ``LIMIT_COLUMNS``: the most that a ledger allows in a year.
    """

    projects: pd.DataFrame = field(default_factory=lambda: empty_frame(PROJECT_COLUMNS))
    entries: pd.DataFrame = field(default_factory=lambda: empty_frame(ENTRY_COLUMNS))
    pairs: pd.DataFrame = field(default_factory=lambda: empty_frame(PAIR_COLUMNS))
    limits: pd.DataFrame = field(default_factory=lambda: empty_frame(LIMIT_COLUMNS))

    def of(self, projects: Iterable[str]) -> Offer:
        """Keep the projects named, with their entries and the pairs among them."""
        kept = pd.Index(list(projects))
        pairs = self.pairs[self.pairs["first"].isin(kept) & self.pairs["second"].isin(kept)]
        return Offer(
            self.projects[self.projects["project"].isin(kept)],
            self.entries[self.entries["project"].isin(kept)],
            pairs,
            self.limits,
        )

    def checked(self, sector: str, *, region: Region | None = None) -> Offer:
        """Give the same offer with exact columns and types, or raise with every problem found.

        Parameters
        ----------
        region : Region, optional
            Where the offer is made: its places are known then, and entries must name them.

        Raises
        ------
        OfferError
            If a table lacks columns, a project id repeats, an entry, a pair or a requirement names an unknown
            project, ledger, key or place, projects require one another in a circle, a service is credited
            before its project works or ends, or an amount is missing or impossible.
        """
        tables = [
            _typed(frame, columns, sector=sector)
            for frame, columns in (
                (self.projects, PROJECT_COLUMNS),
                (self.entries, ENTRY_COLUMNS),
                (self.pairs, PAIR_COLUMNS),
                (self.limits, LIMIT_COLUMNS),
            )
        ]
        offer = Offer(*tables)
        problems = _problems(offer)
        if region is not None:
            problems += _unknown_places(offer, region)
        if problems:
            raise OfferError(f"sector {sector}: " + "; ".join(problems))
        return offer


def _typed(frame: pd.DataFrame, columns: Mapping[str, str], *, sector: str) -> pd.DataFrame:
    missing = [name for name in columns if name not in frame]
    if missing:
        raise OfferError(f"sector {sector}: an offer table lacks the columns {', '.join(missing)}")
    return frame[list(columns)].astype(dict(columns)).reset_index(drop=True)


def _problems(offer: Offer) -> list[str]:
    return [*_unknown_names(offer), *_circle(offer.projects), *_impossible(offer)]


def _unknown_names(offer: Offer) -> list[str]:
    problems = []
    known = offer.projects["project"]
    repeated = known[known.duplicated()]
    if len(repeated):
        problems.append(f"project {repeated.iloc[0]!r} is offered twice")
    unknown = offer.entries["project"][~offer.entries["project"].isin(known)]
    if len(unknown):
        problems.append(f"an entry names the project {unknown.iloc[0]!r}, which is not offered")
    for column in ("first", "second"):
        stray = offer.pairs[column][~offer.pairs[column].isin(known)]
        if len(stray):
            problems.append(f"a pair names the project {stray.iloc[0]!r}, which is not offered")
    needed = offer.projects["requires"]
    lost = needed[(needed != "") & ~needed.isin(known)]
    if len(lost):
        problems.append(f"a project requires {lost.iloc[0]!r}, which is not offered")
    ledgers = {*offer.entries["ledger"].unique(), *offer.limits["ledger"].unique()} - set(LEDGERS)
    if ledgers:
        problems.append(f"unknown ledger {min(ledgers)!r}; known are {', '.join(LEDGERS)}")
    known_keys = [(offer.entries, ledger, keys) for ledger, keys in KEYS.items()]
    for frame, ledger, keys in [*known_keys, (offer.limits, "money", MONEY_LIMITS)]:
        strange = set(frame.loc[frame["ledger"] == ledger, "key"].unique()) - set(keys)
        if strange:
            problems.append(f"unknown key {min(strange)!r} of {ledger}; known are {', '.join(keys)}")
    return problems


def _circle(projects: pd.DataFrame) -> list[str]:
    """Projects that require one another in a circle, one project of each circle named."""
    needs = dict(zip(projects["project"], projects["requires"], strict=True))
    problems, done = [], set()
    for project in needs:
        path: dict[str, None] = {}
        current = project
        while current in needs and current not in done and current not in path:
            path[current] = None
            current = needs[current]
        if current in path:
            names = list(path)[list(path).index(current) :]
            problems.append(f"projects require one another in a circle: {', '.join(names)}")
        done |= set(path)
    return problems


def _impossible(offer: Offer) -> list[str]:
    entries, projects = offer.entries, offer.projects
    served = entries[entries["ledger"] == "served"]
    lead = projects.drop_duplicates("project").set_index("project")["lead"]
    works = served["project"].map(lead).to_numpy(dtype=np.float64)  # NaN for a project that is not offered
    ends = (entries["until"] != FOREVER) & (entries["until"] < entries["since"])
    rooms = entries.loc[entries["ledger"] == "room", ["project", "key"]]
    made = pd.MultiIndex.from_frame(rooms)
    counted = [
        table.loc[table["key"].isin(rooms["key"]), [column, "key"]]
        for table, column in ((served, "project"), (offer.pairs, "first"))
    ]
    wrong = {
        "a lead is negative": (projects["lead"] < 0).any(),
        "an entry begins before the start": (entries["since"] < 0).any(),
        "an entry ends before it begins": ends.any(),
        "an amount is not finite": not np.isfinite(entries["amount"].fillna(0.0)).all(),
        "served credit lies outside (0, 1]": any(
            ((amount <= 0) | (amount > 1)).any() for amount in (served["amount"], offer.pairs["amount"])
        ),
        "served credit ends; a service that opened stays": (served["until"] != FOREVER).any(),
        "served credit begins before the project works": (served["since"].to_numpy() < works).any(),
        "a share that moves lies outside (0, 1]": (
            (entries["ledger"] == "moved") & ~entries["amount"].between(0, 1, inclusive="right")
        ).any(),
        "people who moved come back; a move lasts": (
            (entries["ledger"] == "moved") & (entries["until"] != FOREVER)
        ).any(),
        "people of a unit move to itself": (
            (entries["ledger"] == "moved") & (entries["unit"] == entries["key"])
        ).any(),
        "fewer than nobody arrives or is registered": (
            entries["ledger"].isin(["arrive", "register"]) & (entries["amount"] < 0)
        ).any(),
        "room is negative": (entries.loc[entries["ledger"] == "room", "amount"] < 0).any(),
        "a service whose places are counted is credited by a project that makes no room for it": any(
            not pd.MultiIndex.from_frame(table).isin(made).all() for table in counted
        ),
        "a limit is given twice for one place, key and year": offer.limits.duplicated(
            ["ledger", "unit", "key", "year"]
        ).any(),
    }
    problems = [words for words, holds in wrong.items() if holds]
    if any(frame["amount"].isna().any() for frame in (offer.entries, offer.pairs, offer.limits)):
        problems.append("an amount is missing")
    return problems


def _unknown_places(offer: Offer, region: Region) -> list[str]:
    """Entries of a place that the region does not have would cost, take and credit nothing."""
    counties, units = region.level("county").index, pd.Index(region["units"]["unit"])
    of_county = offer.entries["ledger"].isin(COUNTY_LEDGERS)
    of_unit = offer.entries["ledger"].isin(UNIT_LEDGERS)
    moved = offer.entries["ledger"] == "moved"
    found = []
    for what, table, known in (
        ("an entry of money, land, staff or stock", offer.entries[of_county], counties),
        ("an entry of served or room", offer.entries[of_unit], units),
        ("a move's destination", offer.entries.assign(unit=offer.entries["key"])[moved], units),
        ("a pair", offer.pairs, units),
        ("a limit", offer.limits, units),
    ):
        strange = table["unit"][~table["unit"].isin(known)]
        if len(strange):
            kind = "a county" if known is counties else "a unit"
            found.append(f"{what} names {strange.iloc[0]!r}, which is not {kind} of the region")
    return found


def join_offers(offers: Iterable[Offer]) -> Offer:
    """Put offers of several sectors together, in the order given."""
    parts = list(offers) or [Offer()]
    frames = []
    for table, columns in (
        ("projects", PROJECT_COLUMNS),
        ("entries", ENTRY_COLUMNS),
        ("pairs", PAIR_COLUMNS),
        ("limits", LIMIT_COLUMNS),
    ):
        filled = [frame for frame in (getattr(part, table) for part in parts) if len(frame)]
        frames.append(pd.concat(filled, ignore_index=True) if filled else empty_frame(columns))
    return Offer(*frames)
