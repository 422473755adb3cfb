"""Who needs care: elders and infants of every village, places by norm, and those who come first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import Assume, State, values_at
from tongqu.contracts.cells import PEOPLE, RESIDENCES, by_age
from tongqu.data import Region
from tongqu.methods.care import Share, either, elders_alone, needs_by_norm
from tongqu.sectors.care.parameters import ROOMS, Service

__all__ = ["READS", "Alone", "alone_of", "first_of", "first_share", "needs_of", "users_of"]

Floats = npt.NDArray[np.float64]
Basis: TypeAlias = Literal["derived", "published"]

READS: Final = frozenset({PEOPLE, "people.old", "people.total", "pupils.nursery"})
"""State variables that these figures follow from."""
ELDERS: Final = 60
"""First age of an elder (Law on the Protection of the Rights and Interests of the Elderly, article 2)."""
OLD: Final = 65
"""First age of ``people.old``."""
INFANTS: Final = 3
"""First age at which a child is too old for child care."""
NURSERY: Final = (3, 6)
"""First age of ``pupils.nursery`` and the one after the last."""
HOUSEHOLDS: Final = (
    "households_one_elderly",
    "households_two_elderly",
    "households_three_elderly",
    "households_one_generation",
    "family_households",
)
"""Observations that elders who live without children follow from."""

Alone: TypeAlias = tuple[Share, Basis]
"""Share of elders without children by county, and whether it follows from the region's own households."""


def users_of(region: Region, state: State) -> Mapping[str, Floats]:
    """Who could use the services, persons by village; not to be written to.

    Elders are the people of 65 and over times those of 60 and over for one of them, infants the children of 3
    to 5 times those under three for one of them, both by county and residence: villages are simulated by the
    former only.

    Returns
    -------
    mapping of str to numpy.ndarray of float
        ``elders, infants, people``, each of shape (villages,).
    """
    villages = region.codes("village")
    old, total, nursery = (
        values_at(state[name], villages) for name in ("people.old", "people.total", "pupils.nursery")
    )
    elders, infants = _for_one(region, state[PEOPLE])
    return {"elders": elders * old, "infants": infants * nursery, "people": total}


@remember(48)
def _for_one(region: Region, cells: pd.Series) -> tuple[Floats, Floats]:
    """Elders for a person of 65 and over, and infants for a child of 3 to 5, by village."""
    people = by_age(State(0, {PEOPLE: cells}), region.codes("county"))
    at = (_county(region), _residence(region))
    return _ratio(people, (ELDERS, None), (OLD, None))[at], _ratio(people, (0, INFANTS), NURSERY)[at]


def _ratio(people: Floats, ages: tuple[int, int | None], like: tuple[int, int | None]) -> Floats:
    """People of some ages for one of others, by county and residence; by county where there is none."""
    want, have = (people[:, :, first:end].sum(axis=2) for first, end in (ages, like))
    whole = np.divide(want.sum(axis=1), have.sum(axis=1), out=np.zeros(len(want)), where=have.sum(axis=1) > 0)
    own = np.broadcast_to(whole[:, np.newaxis], want.shape).copy()
    found: Floats = np.divide(want, have, out=own, where=have > 0)
    return found


@lru_cache(maxsize=4)
def _county(region: Region) -> npt.NDArray[np.int64]:
    return region.county_numbers(region.codes("village"))


@lru_cache(maxsize=4)
def _residence(region: Region) -> npt.NDArray[np.int64]:
    rural = (region.level("village")["residence"] != "urban").to_numpy()
    return np.where(rural, RESIDENCES.index("rural"), RESIDENCES.index("urban")).astype(np.int64)


def needs_of(region: Region, users: Mapping[str, Floats], *, assume: Assume) -> dict[str, Floats]:
    """Persons who need a place of each service by the norm, by village; for the hall everybody.

    Returns
    -------
    dict of str to numpy.ndarray of float
        By service, each of shape (villages,).
    """
    elders, infants, everybody = (users[name] for name in ("elders", "infants", "people"))
    county = _county(region)
    whole = np.bincount(county, weights=everybody, minlength=len(region.codes("county")))
    child = needs_by_norm(infants, area=county, people=whole, per_thousand=assume["care.child_places"])
    return {
        "day_care": elders * assume["care.day_places"] / 1000,
        "meals": elders * assume["care.meals"] / 1000,
        "child_care": child,
        "service_hall": everybody,
    }


@lru_cache(maxsize=4)
def _households(region: Region) -> pd.DataFrame:
    """Households of the counties in the last year in which all are counted; counties without are missing."""
    counties = region.codes("county")
    nothing = pd.DataFrame(np.nan, index=counties, columns=list(HOUSEHOLDS))
    if "observations" not in region.tables:
        return nothing
    seen = region["observations"]
    mine = seen[seen["variable"].isin(HOUSEHOLDS) & seen["unit"].isin(counties)]
    if mine.empty:
        return nothing
    wide = mine.pivot_table(index=["unit", "year"], columns="variable", values="value", aggfunc="first")
    wide = wide.reindex(columns=list(HOUSEHOLDS)).dropna().reset_index().sort_values("year")
    last = wide.drop_duplicates("unit", keep="last").set_index("unit")
    return last.reindex(counties)[list(HOUSEHOLDS)].astype("float64")


def alone_of(region: Region, *, assume: Assume) -> Alone:
    """Share of elders who live without children, by county, and what it rests on.

    Of a region whose census says how many households have elders and how many are of one generation it is
    worked out, within certain bounds; otherwise that of a national survey stands for all.
    """
    table = _households(region)
    usual = np.full(len(table), assume["care.alone"])
    known = table.notna().all(axis=1).to_numpy()
    if not known.any():
        return Share(usual, np.zeros_like(usual), np.ones_like(usual)), "published"
    counts = table.fillna(0.0)
    one, two, three, single, whole = (counts[name].to_numpy() for name in HOUSEHOLDS)
    found = elders_alone(one, two, three, one_generation=single, households=whole)

    def filled(values: Floats, otherwise: Floats) -> Floats:
        return np.where(known & np.isfinite(values), values, otherwise)

    value = filled(found.value, usual)
    return Share(value, filled(found.low, np.zeros_like(usual)), filled(found.high, np.ones_like(usual))), (
        "derived"
    )


def first_share(region: Region, users: str, *, assume: Assume) -> Share:
    """Share of the users of a service who come first, by village: left behind, or of low income.

    Elders: living without children, or on a subsistence allowance. Infants: parents away, or of a family on a
    subsistence allowance. Nobody comes first at a hall.
    """
    values = {name: assume[name] for name in GROUP_STANDARDS}
    return _first_share(region, users, tuple(values.items()))


GROUP_STANDARDS: Final = (
    "care.alone",
    "care.left_children",
    "care.low_income_elders",
    "care.low_income_rural",
    "care.low_income_urban",
)
"""Standards of groups."""


@remember(16)
def _first_share(region: Region, users: str, standards: tuple[tuple[str, float], ...]) -> Share:
    assume = Assume(pd.Series(dict(standards)))
    if users == "elders":
        alone, _ = alone_of(region, assume=assume)
        county = _county(region)
        poor = assume["care.low_income_elders"]
        low, high = either(alone.low[county], poor), either(alone.high[county], poor)
        return Share(either(alone.value[county], poor).value, low.low, high.high)
    rural = _residence(region) == RESIDENCES.index("rural")
    if users == "infants":
        poor_by = np.where(rural, assume["care.low_income_rural"], assume["care.low_income_urban"])
        return either(np.where(rural, assume["care.left_children"], 0.0), poor_by)
    none = np.zeros(len(rural))
    return Share(none, none, none)


def first_of(region: Region, needs: Mapping[str, Floats], service: Service, *, assume: Assume) -> Floats:
    """Persons who come first among those who need a service, by village."""
    if service not in ROOMS:
        return np.zeros_like(needs[service.key])
    return needs[service.key] * first_share(region, service.users, assume=assume).value
