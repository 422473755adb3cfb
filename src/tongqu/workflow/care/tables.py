"""Tables of what there is: needs against places, villages, sites, groups that come first, floors by town."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.care import Share, either
from tongqu.sectors.care.parameters import HALL, ROOMS
from tongqu.sectors.care.people import alone_of
from tongqu.workflow.care.ground import Ground, Standing

__all__ = ["TINY", "group_table", "modelled_of", "need_table", "site_table", "village_table"]

Floats = npt.NDArray[np.float64]

TINY: Final = 1e-6
"""Persons below which nobody is meant."""
NEEDS: Final = (
    "users",
    "need",
    "served",
    "beyond",
    "no_room",
    "share",
    "places_needed",
    "places",
    "places_lacking",
    "filled",
    "modelled_share",
)
"""Figures of needs, after ``unit, level, service, among``."""

PER_COUNTERS: Final = 10_000.0
"""Persons that counters of a hall are counted for."""
GROUPS: Final = ("unit", "level", "among", "users", "people", "share", "low", "high", "basis")
"""Columns of groups."""


def modelled_of(standing: Standing) -> npt.NDArray[np.bool_]:
    """Whether what is said of each village rests on a site that is not observed; also where there is none."""
    flags = np.append(standing.sites["modelled"].to_numpy(dtype=np.bool_), True)
    return np.asarray(flags[standing.site], dtype=np.bool_)


def village_table(ground: Ground) -> pd.DataFrame:
    """Every village and service: who needs it, who is served, and why the others are not.

    Returns
    -------
    DataFrame
        ``unit, town, county, service, users, need, first`` (who come first among those in need), ``minutes``
        (to the nearest site; missing without one), ``nearest`` (that site), ``served, served_first, beyond,
        no_room`` (persons), ``share``, ``reason`` (beyond, no_room or both; blank where all are served),
        ``modelled``.
    """
    return pd.concat([_villages(ground, one) for one in ground.services.values()], ignore_index=True)


def _villages(ground: Ground, one: Standing) -> pd.DataFrame:
    found = one.placed
    names = np.append(one.sites.index.astype("str").to_numpy(dtype=object), "")
    short = np.where(found.beyond > 0, "beyond", np.where(found.no_room > TINY, "no_room", ""))
    return pd.DataFrame(
        {
            "unit": ground.villages.index.to_numpy(),
            "town": ground.villages["town"].to_numpy(),
            "county": ground.villages["county"].to_numpy(),
            "service": one.service.key,
            "users": one.users,
            "need": one.need,
            "first": one.first,
            "minutes": np.where(np.isfinite(one.minutes), one.minutes, np.nan),
            "nearest": names[one.site],
            "served": found.served,
            "served_first": found.served_first,
            "beyond": found.beyond,
            "no_room": found.no_room,
            "share": _share(found.served, one.need),
            "reason": short,
            "modelled": modelled_of(one),
        }
    )


def _share(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return found


def need_table(ground: Ground, villages: pd.DataFrame) -> pd.DataFrame:
    """Needs against places: the whole, counties, then towns; all who need a service and who come first.

    Returns
    -------
    DataFrame
        ``unit, level, service, among`` (all or first), ``users, need, served, beyond`` (no site within the
        limit), ``no_room`` (a site, but no place), ``share``, ``places_needed`` (by the norm; counters of a
        hall), ``places`` (of the sites there), ``places_lacking`` (to the norm), ``filled`` (places
        used there), ``modelled_share`` (of the need). Those who come first have no places of their own.
    """
    first = villages["need"].where(villages["need"] > 0)
    part = (villages["first"] / first).fillna(0.0)
    everybody = villages.assign(among="all", guessed=villages["need"].where(villages["modelled"], 0.0))
    ahead = villages.assign(
        among="first",
        users=np.nan,
        need=villages["first"],
        served=villages["served_first"],
        beyond=villages["beyond"] * part,
        guessed=villages["first"].where(villages["modelled"], 0.0),
    )
    ahead = ahead.assign(no_room=(ahead["need"] - ahead["served"] - ahead["beyond"]).clip(lower=0.0))
    rooms = [service.key for service in ROOMS]
    both = pd.concat([everybody, ahead[ahead["service"].isin(rooms)]], ignore_index=True)
    sums = ["users", "need", "served", "beyond", "no_room", "guessed"]
    places = _places(ground)
    parts = []
    for level in ("whole", "county", "town"):
        key = both[level] if level != "whole" else pd.Series(ground.whole, index=both.index)
        table = both.groupby([key, both["service"], both["among"]], sort=False)[sums].sum(min_count=1)
        table = table.rename_axis(["unit", "service", "among"]).reset_index()
        parts.append(table.assign(level=level))
    table = pd.concat(parts, ignore_index=True).merge(
        places, on=["unit", "service", "among", "level"], how="left"
    )
    own = table["among"] == "all"
    table[["places", "filled"]] = table[["places", "filled"]].fillna(0.0).where(own)
    need = table["need"].where(table["need"] > 0)
    counters = table["need"] * (ground.assume["care.counters"] / PER_COUNTERS)
    table = table.assign(
        share=table["served"] / need,
        modelled_share=table["guessed"] / need,
        places_needed=counters.where(table["service"] == HALL.key, table["need"]).where(own),
    )
    table = table.assign(places_lacking=(table["places_needed"] - table["places"]).clip(lower=0.0))
    return table[["unit", "level", "service", "among", *NEEDS]]


def _places(ground: Ground) -> pd.DataFrame:
    sites = site_table(ground)
    parts = []
    for level in ("whole", "county", "town"):
        key = sites[level] if level != "whole" else pd.Series(ground.whole, index=sites.index)
        sums = sites.groupby([key, sites["service"]])[["places", "filled"]].sum()
        parts.append(sums.rename_axis(["unit", "service"]).reset_index().assign(level=level))
    return pd.concat(parts, ignore_index=True).assign(among="all")


def site_table(ground: Ground) -> pd.DataFrame:
    """Every site: places and how many of them are used.

    Returns
    -------
    DataFrame
        ``site, service, unit, town, county, lon, lat, places`` (counters of a hall; missing where they are
        not known), ``filled`` (persons; of a hall those for whom it is the nearest within the limit),
        ``use`` (share of the places), ``modelled``.
    """
    parts = []
    for one in ground.services.values():
        sites, hall = one.sites, one.service is HALL
        places = sites["capacity"].to_numpy(dtype=np.float64)
        parts.append(
            pd.DataFrame(
                {
                    "site": sites.index.astype("str"),
                    "service": one.service.key,
                    "unit": sites["unit"].to_numpy(),
                    "town": ground.region.ancestor(sites["unit"], level="town").to_numpy(),
                    "county": ground.region.county_of(sites["unit"]).to_numpy(),
                    "lon": sites["lon"].to_numpy(),
                    "lat": sites["lat"].to_numpy(),
                    "places": places,
                    "filled": one.placed.filled[: len(sites)],
                    "use": np.nan if hall else _share(one.placed.filled[: len(sites)], places),
                    "modelled": sites["modelled"].to_numpy(dtype=np.bool_),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def group_table(ground: Ground) -> pd.DataFrame:
    """Who comes first: shares of elders and infants by county, between what they lie, and what they rest on.

    Returns
    -------
    DataFrame
        ``unit, level, among`` (elders_alone, elders_allowance, elders_first, infants_left, infants_allowance,
        infants_first), ``users`` (all elders or infants), ``share, low, high, people``, ``basis`` (derived:
        from counts of the region; published: of the nation; assumed). No share is observed. Bounds are what
        the counts allow, or the range of the standard in proportion.
    """
    assume, villages = ground.assume, ground.villages
    rural = (villages["residence"] != "urban").to_numpy()
    county = ground.region.county_numbers(villages.index)
    alone, basis = alone_of(ground.region, assume=assume)
    poor = np.full(len(villages), assume["care.low_income_elders"])
    left = np.where(rural, assume["care.left_children"], 0.0)
    allowance = np.where(rural, assume["care.low_income_rural"], assume["care.low_income_urban"])
    mine = Share(alone.value[county], alone.low[county], alone.high[county])
    poor_old = _ranged(ground, poor, "care.low_income_elders")
    away = _ranged(ground, left, "care.left_children")
    poor_young = _ranged(ground, allowance, "care.low_income_rural")
    sets: list[tuple[str, str, Share, str]] = [
        ("elders", "elders_alone", mine, basis),
        ("elders", "elders_allowance", poor_old, "published"),
        ("elders", "elders_first", _union(mine, poor_old), basis),
        ("infants", "infants_left", away, "assumed"),
        ("infants", "infants_allowance", poor_young, "published"),
        ("infants", "infants_first", _union(away, poor_young), "assumed"),
    ]
    users = {one.service.users: one.users for one in ground.services.values()}
    rows = []
    for who, among, share, rests in sets:
        if who not in users:
            continue
        heads = users[who]
        table = pd.DataFrame(
            {
                "users": heads,
                "people": heads * share.value,
                "low": heads * share.low,
                "high": heads * share.high,
            }
        )
        whole = table.sum().to_frame(ground.whole).T.assign(level="whole")
        by = table.groupby(villages["county"].to_numpy()).sum().assign(level="county")
        rows.append(pd.concat([whole, by]).rename_axis("unit").reset_index().assign(among=among, basis=rests))
    if not rows:
        return pd.DataFrame({name: [] for name in GROUPS})
    found = pd.concat(rows, ignore_index=True)
    total = found["users"].where(found["users"] > 0)
    found = found.assign(share=found["people"] / total, low=found["low"] / total, high=found["high"] / total)
    return found[list(GROUPS)]


def _ranged(ground: Ground, value: Floats, standard: str) -> Share:
    """A share with the range of its standard, in proportion to the value in force."""
    table = ground.region["standards"].set_index("standard").loc[[standard], ["value", "low", "high"]]
    middle, low, high = table.to_numpy(dtype=np.float64)[0].tolist()
    if not (np.isfinite([low, high]).all() and middle > 0):
        return Share(value, value, value)
    least, most = min(low / middle, 1.0), max(high / middle, 1.0)
    return Share(value, np.minimum(value * least, 1.0), np.minimum(value * most, 1.0))


def _union(one: Share, other: Share) -> Share:
    """In one group or the other, as wide as what is known of both."""
    return Share(
        either(one.value, other.value).value,
        either(one.low, other.low).low,
        either(one.high, other.high).high,
    )
