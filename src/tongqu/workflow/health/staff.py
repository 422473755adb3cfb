"""Staff of a county's medical community: what each site needs, the pool of each county, who is posted where.

A county's clinics, township and county hospitals are one community (县域医共体); city hospitals stand apart.
Doctors and nurses of its hospitals can be posted to its other sites; village doctors stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.medical import Driver, Pool, Posting, pool_of, post_staff, staff_needed
from tongqu.methods.reach import Times, times_from_pairs
from tongqu.methods.travel import Pairs, pairs_within
from tongqu.workflow.health.demand import Demand, use_table
from tongqu.workflow.health.ground import KINDS, Base, levels_of
from tongqu.workflow.health.pools import modelled_at

__all__ = ["Staff", "norm_table", "pool_table", "posting_table", "staff_of", "staff_table"]

Floats = npt.NDArray[np.float64]

CLINIC, TOWNSHIP, COUNTY, CITY = KINDS
GROUPS: Final = ("hospitals", "clinics")
"""Ledgers of a community: people are posted from the first one only."""
COLUMNS: Final = {"doctors": "staff", "nurses": "nurses"}
"""Column of the sites that counts them."""


@dataclass(frozen=True, eq=False)
class Staff:
    """What sites have and need of doctors or of nurses.

    Parameters
    ----------
    who : {"doctors", "nurses"}
        Whom it is about.
    have, need : numpy.ndarray of float
        Persons, shape (sites,); missing where not known, or where there is no norm.
    pool : Pool
        By county and ledger: county c and ledger g at position 2 c + g.
    posting : Posting
        Sites are those of the base.
    """

    who: str
    have: Floats
    need: Floats
    pool: Pool
    posting: Posting


def staff_of(base: Base, demand: Demand) -> tuple[Staff, ...]:
    """Doctors and nurses of every site against its norm, and the least posting that fills the most.

    Norms are the greatest of: doctors by bed, by visit and by people served; nurses by bed and, in township
    hospitals, by doctor. Clinics have no norm of nurses.
    """
    use = use_table(base, demand)
    times = _times(base)
    need = {"doctors": _doctors(base, use)}
    need["nurses"] = _nurses(base, use, doctors=need["doctors"])
    county = base.region.codes("county").get_indexer(pd.Index(base.sites["county"].astype(str)))
    apart = (base.sites["kind"] == CITY).to_numpy() | (county < 0)
    community = np.where(apart, -1, county)
    clinic = (base.sites["kind"] == CLINIC).to_numpy()
    counties = len(base.region.codes("county"))
    found = []
    for who, column in COLUMNS.items():
        have = base.sites[column].to_numpy(np.float64)
        member = community if who == "doctors" else np.where(clinic, -1, community)
        ledger = np.where(member >= 0, 2 * member + clinic, -1)
        found.append(
            Staff(
                who=who,
                have=have,
                need=need[who],
                pool=pool_of(have, need[who], community=ledger, communities=2 * counties),
                posting=post_staff(
                    have,
                    need[who],
                    times=times,
                    community=member,
                    limit=base.assume["health.posting_minutes"],
                ),
            )
        )
    return tuple(found)


def staff_table(base: Base, staff: tuple[Staff, ...]) -> pd.DataFrame:
    """Every site's doctors and nurses.

    Returns
    -------
    DataFrame
        ``site, name, kind, town, county, who, have, need, posted_in, posted_out, unfilled, modelled``;
        missing where not known.
    """
    sites = base.sites
    parts = []
    for one in staff:
        mine = np.isfinite(one.need) | (sites["kind"] != CLINIC).to_numpy() | (one.who == "doctors")
        size = len(sites)
        posted = {
            name: np.bincount(side, one.posting.persons, minlength=size)
            for name, side in (("posted_in", one.posting.end), ("posted_out", one.posting.start))
        }
        table = sites[["site", "name", "kind", "town", "county"]].assign(
            who=one.who,
            have=one.have,
            need=np.ceil(one.need - 1e-9),
            **posted,
            unfilled=one.posting.unfilled,
            modelled=modelled_at(sites, COLUMNS[one.who]),
        )
        parts.append(table[mine])
    return pd.concat(parts, ignore_index=True)


def pool_table(base: Base, staff: tuple[Staff, ...]) -> pd.DataFrame:
    """The ledgers of each county's medical community.

    Returns
    -------
    DataFrame
        ``unit, group`` (hospitals or clinics), ``who, sites, unknown`` (sites), ``have, need, need_pooled,
        short, spare, lacking`` (persons, over sites that are known), ``posted_in`` and ``unfilled`` after
        posting.
    """
    codes = base.region.codes("county")
    county = codes.get_indexer(pd.Index(base.sites["county"].astype(str)))
    clinic = (base.sites["kind"] == CLINIC).to_numpy()
    ledger = np.where(base.sites["kind"] == CITY, -1, 2 * county + clinic)
    parts = []
    for one in staff:
        member = ledger >= 0
        filled = np.bincount(one.posting.end, one.posting.persons, minlength=len(ledger))
        left = np.nan_to_num(one.posting.unfilled)
        table = pd.DataFrame(
            {
                "unit": np.repeat(codes.to_numpy(), 2),
                "group": np.tile(GROUPS, len(codes)),
                "who": one.who,
                **{
                    name: getattr(one.pool, name)
                    for name in (
                        "sites",
                        "unknown",
                        "have",
                        "need",
                        "need_pooled",
                        "short",
                        "spare",
                        "lacking",
                    )
                },
                "posted_in": np.bincount(ledger[member], filled[member], minlength=2 * len(codes)),
                "unfilled": np.bincount(ledger[member], left[member], minlength=2 * len(codes)),
            }
        )
        parts.append(table[table["sites"] > 0])
    return pd.concat(parts, ignore_index=True)


def posting_table(base: Base, staff: tuple[Staff, ...]) -> pd.DataFrame:
    """Who is posted where.

    Returns
    -------
    DataFrame
        ``county, who, from_site, from_name, to_site, to_name, to_kind, persons, minutes``.
    """
    sites = base.sites
    parts = []
    for one in staff:
        start, end = sites.iloc[one.posting.start], sites.iloc[one.posting.end]
        parts.append(
            pd.DataFrame(
                {
                    "county": start["county"].to_numpy(),
                    "who": one.who,
                    "from_site": start["site"].to_numpy(),
                    "from_name": start["name"].to_numpy(),
                    "to_site": end["site"].to_numpy(),
                    "to_name": end["name"].to_numpy(),
                    "to_kind": end["kind"].to_numpy(),
                    "persons": one.posting.persons,
                    "minutes": one.posting.minutes,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def norm_table(base: Base) -> pd.DataFrame:
    """Beds, doctors and nurses of each county to 1000 people, against the norm.

    Returns
    -------
    DataFrame
        ``unit, level, what, people, have`` (of sites that are known; missing where none is), ``per_1000,
        norm, lacking`` (at most so many where some sites are unknown), ``sites, unknown`` (sites whose number
        is not), ``modelled`` (share of `have`). Beds and nurses leave clinics out.
    """
    sites = base.sites
    rows = []
    for unit, here in levels_of(base).items():
        people = float(base.villages["people"][here].sum())
        local = sites if unit == base.whole else sites[sites["county"].astype(str) == unit]
        for what, column in {"beds": "capacity", **COLUMNS}.items():
            mine = local if what == "doctors" else local[local["kind"] != CLINIC]
            number = mine[column].to_numpy(np.float64)
            have = float(np.nansum(number)) if np.isfinite(number).any() else np.nan
            norm = base.assume[f"health.{what}_per_1000"]
            guessed = float(np.nansum(number[modelled_at(mine, column)]))
            rows.append(
                {
                    "unit": unit,
                    "level": "whole" if unit == base.whole else "county",
                    "what": what,
                    "people": people,
                    "have": have,
                    "per_1000": have / people * 1000 if people > 0 else np.nan,
                    "norm": norm,
                    "lacking": float(np.maximum(people / 1000 * norm - have, 0.0)),
                    "sites": len(mine),
                    "unknown": int(np.isnan(number).sum()),
                    "modelled": guessed / have if have > 0 else np.nan,
                }
            )
    return pd.DataFrame(rows)


def _doctors(base: Base, use: pd.DataFrame) -> Floats:
    """Doctors that each site needs, not rounded."""
    kind, assume = use["kind"].to_numpy(), base.assume
    clinic, township = kind == CLINIC, kind == TOWNSHIP
    day = np.where(clinic, assume["health.day_clinic"], assume["health.day_hospital"])
    day = np.where(township, assume["health.day_township"], day)
    visits = use["visits"].to_numpy() / (day * assume["health.work_days"])
    return staff_needed(
        [
            Driver(visits, 1.0),
            Driver(np.where(clinic, 0.0, use["beds"] * assume["hospital.doctors_per_bed"]), 1.0),
            Driver(np.where(clinic, use["people"] / assume["health.people_per_village_doctor"], 0.0), 1.0),
        ],
        least=np.where(township, assume["health.township_doctors"], 1.0),
    )


def _nurses(base: Base, use: pd.DataFrame, *, doctors: Floats) -> Floats:
    """Nurses that each site needs, not rounded; missing for clinics, which have no norm."""
    kind, assume = use["kind"].to_numpy(), base.assume
    beds = use["beds"].to_numpy(np.float64)
    found = staff_needed(
        [
            Driver(np.where(kind == CLINIC, np.nan, beds * assume["health.nurses_per_bed"]), 1.0),
            Driver(np.where(kind == TOWNSHIP, doctors * assume["health.nurses_per_doctor"], 0.0), 1.0),
        ]
    )
    return np.where(kind == CLINIC, np.nan, found)


def _times(base: Base) -> Times:
    """Road minutes from hospitals to all sites, up to the limit of a posting."""
    spots = base.sites["spot"].to_numpy(np.int64)
    givers = np.flatnonzero((base.sites["kind"] != CLINIC).to_numpy())
    found = pairs_within(
        base.road, origins=spots[givers], targets=spots, limit=base.assume["health.posting_minutes"]
    )
    pairs = Pairs(givers[found.origin].astype(np.int64), found.target, found.minutes)
    return times_from_pairs(pairs, origins=spots.size, sites=spots.size)
