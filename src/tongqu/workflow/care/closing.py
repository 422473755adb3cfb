"""What would close the gap at least cost: new sites for who is beyond, more places where there is no room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from tongqu.methods.care import FloorCover, cover_with_floors
from tongqu.methods.covering import covers_of, maximal_covering
from tongqu.methods.roads import road_network
from tongqu.methods.travel import pairs_within
from tongqu.sectors.care.parameters import HALL, ROOMS
from tongqu.workflow.care.ground import Ground, Standing
from tongqu.workflow.care.tables import TINY

__all__ = ["Closing", "closing_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

POINTS: Final = 6
"""Numbers of sites that the curve of a service has."""
SECONDS: Final = 20.0
"""Time limit of an integer program; what it has by then comes with its gap."""


@dataclass(frozen=True, eq=False)
class Closing:
    """What closes the gap.

    Parameters
    ----------
    works : DataFrame
        ``service, kind`` (new: a new site; more: more places at a site that stands), ``unit, town, county,
        lon, lat, added`` (persons served by it), ``first`` (those of them who come first), ``capital_wan,
        running_wan, modelled``.
    plans : DataFrame
        ``service, aim`` (all: everybody; floor: those who come first, up to the floor of every town),
        ``sites`` (new ones), ``places`` (new ones, at them or at those that stand; missing for a hall),
        ``capital_wan, running_wan, bound_wan`` (no choice costs less capital), ``gap``, ``unreached``
        (persons whom no candidate reaches), ``towns_short`` (where the floor cannot be met).
    choice : DataFrame
        ``service, sites, gained`` (weighted persons beyond whom so many sites reach), ``bound, gap, share``
        (of all beyond).
    floors : DataFrame
        ``unit`` (town), ``county, service, first, reached, served, share, floor, met, lacking`` (persons to
        the floor), ``sites`` (new ones of the plan for floors), ``share_then``.
    """

    works: pd.DataFrame
    plans: pd.DataFrame
    choice: pd.DataFrame
    floors: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Case:
    """A service, its candidates and what they cost."""

    ground: Ground
    one: Standing
    covers: csr_array[Any]
    """Which village (column) has which village (row) within the limit; both are all villages."""
    site_wan: float
    place_wan: float
    site_running: float
    place_running: float
    weight: Floats
    """Needs beyond the limit, those who come first counted more."""


def closing_of(ground: Ground) -> Closing:
    """What closes the gap of each service, and what meets the floor of those who come first."""
    works, plans, curves, floors = [], [], [], []
    for one in ground.services.values():
        case = _case(ground, one)
        cover = _cover_all(case)
        work = _works(case, cover)
        works.append(work)
        plans.append(_all_plan(case, cover, work))
        curves.append(_curve(case, len(cover.sites)))
        if one.service in ROOMS:
            found, table = _floors(case)
            floors.append(table)
            plans.append(_floor_plan(case, found, table))
    return Closing(
        works=pd.concat(works, ignore_index=True),
        plans=pd.DataFrame(plans),
        choice=pd.concat(curves, ignore_index=True),
        floors=pd.concat(floors, ignore_index=True)
        if floors
        else pd.DataFrame({name: [] for name in FLOORS}),
    )


FLOORS: Final = (
    "unit",
    "county",
    "service",
    "first",
    "reached",
    "served",
    "share",
    "floor",
    "met",
    "lacking",
    "sites",
    "share_then",
)
"""Columns of floors."""


def _case(ground: Ground, one: Standing) -> _Case:
    prices = ground.assume
    hall = one.service is HALL
    prefix = "hall_point" if hall else one.service.kind
    share = np.divide(one.first, one.need, out=np.zeros_like(one.need), where=one.need > 0)
    return _Case(
        ground,
        one,
        covers=_covers(ground, one),
        site_wan=prices[f"{prefix}.cost"],
        place_wan=0.0 if hall else prices[f"{prefix}.cost_per_place"],
        site_running=prices[f"{prefix}.running"],
        place_running=0.0 if hall else prices[f"{prefix}.running_per_place"],
        weight=one.placed.beyond * (1 + (prices["care.weight_priority"] - 1) * share),
    )


def _covers(ground: Ground, one: Standing) -> csr_array[Any]:
    """Villages within the limit of each other; a point of the hall is walked to."""
    region, homes = ground.region, ground.villages["node"]
    links = ground.state["links.walk_minutes" if one.service is HALL else one.service.links]
    at = np.flatnonzero(homes.notna().to_numpy())
    size = len(homes)
    lacking = at[one.placed.beyond[at] > TINY]
    if lacking.size == 0:
        return covers_of(lacking, lacking, places=size, candidates=size)
    network = road_network(region["nodes"], region["links"], minutes=links)
    node = network.locate(homes.iloc[at])
    where = np.searchsorted(at, lacking)
    pairs = pairs_within(network, origins=node[where], targets=node, limit=one.limit)
    return covers_of(lacking[pairs.origin], at[pairs.target], places=size, candidates=size)


def _reachable(case: _Case) -> Ints:
    """Villages beyond the limit that some candidate reaches."""
    return np.flatnonzero(np.diff(case.covers.indptr) > 0)


def _cover_all(case: _Case) -> FloorCover:
    """The cheapest sites that reach everybody whom some candidate reaches: each village is its own area."""
    rows = _reachable(case)
    return cover_with_floors(
        csr_array(case.covers[rows]),
        case.one.placed.beyond[rows],
        area=np.arange(rows.size),
        floor=np.ones(rows.size),
        costs=_site_costs(case),
        seconds=SECONDS,
    )


def _site_costs(case: _Case) -> Floats:
    return np.full(case.covers.shape[1], max(case.site_wan, TINY))


def _works(case: _Case, cover: FloorCover) -> pd.DataFrame:
    """New sites with who goes to each, and the places that sites that stand lack."""
    ground, one = case.ground, case.one
    found = one.placed
    rows = _reachable(case)
    chosen = csr_array(case.covers[:, cover.sites])[rows]
    own = np.asarray(chosen.argmax(axis=1)).ravel() if cover.sites.size else np.empty(0, dtype=np.int64)
    first = _first_beyond(one)
    size = cover.sites.size
    villages = ground.villages.iloc[cover.sites]
    new = pd.DataFrame(
        {
            "kind": "new",
            "unit": villages.index.to_numpy(),
            "lon": villages["lon"].to_numpy(),
            "lat": villages["lat"].to_numpy(),
            "added": np.bincount(own, weights=found.beyond[rows], minlength=size)[:size],
            "first": np.bincount(own, weights=first[rows], minlength=size)[:size],
            "capital_wan": case.site_wan,
            "running_wan": case.site_running,
        }
    )
    near = found.no_room > TINY
    ahead = np.minimum(found.no_room, np.maximum(one.first - first - found.served_first, 0.0))
    count = len(one.sites)
    more = pd.DataFrame(
        {
            "kind": "more",
            "unit": one.sites["unit"].to_numpy(),
            "lon": one.sites["lon"].to_numpy(),
            "lat": one.sites["lat"].to_numpy(),
            "added": np.bincount(one.site[near], weights=found.no_room[near], minlength=count),
            "first": np.bincount(one.site[near], weights=ahead[near], minlength=count),
            "capital_wan": 0.0,
            "running_wan": 0.0,
        }
    )
    table = pd.concat([new, more[more["added"] > TINY]], ignore_index=True)
    places = np.ceil(table["added"] - TINY) if one.service in ROOMS else table["added"] * 0.0
    table = table.assign(
        service=one.service.key,
        town=ground.region.ancestor(table["unit"], level="town").to_numpy(),
        county=ground.region.county_of(table["unit"]).to_numpy(),
        capital_wan=table["capital_wan"] + places * case.place_wan,
        running_wan=table["running_wan"] + places * case.place_running,
        modelled=True,
    )
    table = table.sort_values(["kind", "added", "unit"], ascending=[False, False, True], ignore_index=True)
    return table[
        [
            "service",
            "kind",
            "unit",
            "town",
            "county",
            "lon",
            "lat",
            "added",
            "first",
            "capital_wan",
            "running_wan",
            "modelled",
        ]
    ]


def _first_beyond(one: Standing) -> Floats:
    """Those who come first and have no site in reach, by village."""
    return np.where(one.placed.beyond > 0, one.first, 0.0)


def _all_plan(case: _Case, cover: FloorCover, work: pd.DataFrame) -> dict[str, Any]:
    capital, added = float(work["capital_wan"].sum()), float(work["added"].sum())
    bound = min(cover.bound + added * case.place_wan, capital)
    beyond = case.one.placed.beyond
    lost = beyond.sum() - beyond[_reachable(case)].sum()
    return {
        "service": case.one.service.key,
        "aim": "all",
        "sites": len(cover.sites),
        "places": float(np.ceil(work["added"] - TINY).sum()) if case.one.service in ROOMS else np.nan,
        "capital_wan": capital,
        "running_wan": float(work["running_wan"].sum()),
        "bound_wan": bound,
        "gap": (capital - bound) / capital if capital > 0 else 0.0,
        "unreached": float(lost) if lost > TINY else 0.0,
        "towns_short": 0,
    }


def _curve(case: _Case, most: int) -> pd.DataFrame:
    """Weighted people beyond whom so many new sites bring within the limit, and the most that could be."""
    counts = sorted({round(most * step / POINTS) for step in range(1, POINTS + 1)} - {0})
    total = float(case.weight.sum())
    rows = [(0, 0.0, 0.0, 0.0, 0.0)]
    for count in counts:
        found = maximal_covering(case.covers, case.weight, count=count, seconds=SECONDS)
        rows.append((count, found.value, found.bound, found.gap, found.value / total if total > 0 else 0.0))
    table = pd.DataFrame(rows, columns=["sites", "gained", "bound", "gap", "share"])
    table.insert(0, "service", case.one.service.key)
    return table


def _floors(case: _Case) -> tuple[FloorCover, pd.DataFrame]:
    """Those who come first in every town: within reach of a site up to the floor, at least cost."""
    ground, one = case.ground, case.one
    towns = pd.Index(sorted(ground.villages["town"].unique()))
    area = towns.get_indexer(pd.Index(ground.villages["town"])).astype(np.int64)
    floor = ground.assume["care.floor"]
    reached = np.where(one.placed.beyond > 0, 0.0, one.first)
    found = cover_with_floors(
        case.covers,
        one.first,
        area=area,
        floor=np.full(len(towns), floor),
        served=reached,
        costs=_site_costs(case),
        seconds=SECONDS,
    )

    def by(values: Floats) -> Floats:
        return np.bincount(area, weights=values, minlength=len(towns)).astype(np.float64)

    first, served = by(one.first), by(one.placed.served_first)
    share = np.divide(served, first, out=np.full(len(towns), np.nan), where=first > 0)
    table = pd.DataFrame(
        {
            "unit": towns,
            "county": ground.region.county_of(towns).to_numpy(),
            "service": one.service.key,
            "first": first,
            "reached": by(reached),
            "served": served,
            "share": share,
            "floor": floor,
            "met": served >= floor * first - TINY,
            "lacking": np.maximum(floor * first - served, 0.0),
            "sites": np.bincount(area[found.sites], minlength=len(towns)),
            # Where nobody comes first there is no share, now or then.
            "share_then": np.maximum(share, np.fmin(found.share, floor)),
        }
    )
    return found, table[list(FLOORS)]


def _floor_plan(case: _Case, found: FloorCover, floors: pd.DataFrame) -> dict[str, Any]:
    """What the floors cost: the new sites, and places for those who lack one up to the floor."""
    asked = np.minimum(floors["floor"], found.asked) * floors["first"] - floors["served"]
    lacking = asked.clip(lower=0.0)
    places = float(np.ceil(lacking - TINY).sum())
    capital = found.cost + places * case.place_wan
    bound = min(found.bound + float(lacking.sum()) * case.place_wan, capital)
    return {
        "service": case.one.service.key,
        "aim": "floor",
        "sites": len(found.sites),
        "places": places,
        "capital_wan": capital,
        "running_wan": len(found.sites) * case.site_running + places * case.place_running,
        "bound_wan": bound,
        "gap": (capital - bound) / capital if capital > 0 else 0.0,
        "unreached": 0.0,
        "towns_short": len(found.short),
    }
