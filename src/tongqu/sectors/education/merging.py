"""Small schools that can be merged into another one without harm to any child.

A school is offered for closing only where every village that it serves, or that has it as the nearest, has
one and the same other school within the ride norm, with room for all of its pupils from that year on. All
mergers on offer can be made together and in any years: a school that takes others in is never closed, and its
room is counted down. Nor is one closed that lies nearer than it to a village of theirs: children go to the
nearest school with room, and would move there first, and then again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.contracts import Assume, Forecast, Offer, cost_entries, lasting_entries, project_table
from tongqu.data import Region
from tongqu.methods.access import assign_to_room
from tongqu.methods.roads import road_network
from tongqu.methods.travel import minutes_matrix, within
from tongqu.sectors.education.stages import Stage, car_limit

__all__ = ["mergers"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAD: Final = 1
"""Years from the decision to the move of the pupils."""
GRADES: Final = {"primary": 6, "junior": 3}
"""Years of a stage: a school has at least a class for each (Compulsory Education Law, 6-3)."""


@dataclass(frozen=True)
class _Use:
    """Schools of a stage and who uses them from a year on; minutes and placed are (villages, schools).

    ``placed`` are pupils with the most of each village from that year on; ``users`` villages that are placed
    at a school or have it as the nearest.
    """

    minutes: Floats
    placed: Floats
    users: Bools
    room: Floats

    @property
    def enrolled(self) -> Floats:
        """Pupils of each school, shape (schools,)."""
        return np.asarray(self.placed.sum(axis=0))


def mergers(region: Region, forecast: Forecast, *, stage: Stage, assume: Assume) -> Offer:
    """Offer each merger that saves money and leaves every child a ride and a place within the norms."""
    sites = region["sites"]
    sites = sites[sites["kind"] == stage.kind].sort_values("site")
    if len(sites) < 2:
        return Offer()
    uses = _uses(region, forecast, sites, stage=stage, assume=assume)
    found = _matched(uses, limit=car_limit(stage, assume), assume=assume)
    if found.empty:
        return Offer()
    return _offer(region, sites, uses, found, years=forecast.years, stage=stage, assume=assume)


def _uses(
    region: Region, forecast: Forecast, sites: pd.DataFrame, *, stage: Stage, assume: Assume
) -> list[_Use]:
    """Who uses which school from each year on, with the most pupils of that year and all later ones."""
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    villages = region.level("village")
    minutes = minutes_matrix(
        network, origins=network.locate(villages["node"]), targets=network.locate(sites["node"])
    )
    room = sites["capacity"].to_numpy(dtype=np.float64)
    home, at = np.nonzero(within(minutes, car_limit(stage, assume)))
    order = np.lexsort((at, home, minutes[home, at]))
    home, at = home[order], at[order]
    demand = np.stack([state[f"demand.{stage.place}"].to_numpy() for state in forecast.states])
    nearest = minutes.argmin(axis=1)
    found = []
    for pupils in np.maximum.accumulate(demand[::-1])[::-1]:
        placed = np.zeros(minutes.shape)
        placed[home, at] = assign_to_room(
            home, at, minutes=minutes[home, at], demand=pupils, room=room
        ).placed
        users = placed > 0
        some = np.flatnonzero(pupils > 0)
        users[some, nearest[some]] = True
        found.append(_Use(minutes, placed, users, room))
    return found


def _matched(uses: list[_Use], *, limit: float, assume: Assume) -> pd.DataFrame:
    """Mergers that can all be made together, as early as each can be, the largest saving of a year first.

    Columns ``year`` (position), ``closes``, ``takes`` (positions of schools), ``saving`` 万元 a year.
    """
    schools = uses[0].room.size
    keeps, closed = np.zeros(schools, dtype=np.bool_), np.zeros(schools, dtype=np.bool_)
    taken, rows = np.zeros(schools), []
    for year, use in enumerate(uses):
        fits, more = _receivers(use, limit=limit)
        saved, pupils = _saving(use, assume=assume), use.enrolled
        spare = use.room - pupils - taken
        small = (pupils <= assume["merge.most_pupils"]) & (use.room > 0) & (saved > 0)
        for school in np.argsort(-saved, kind="stable"):
            if not small[school] or keeps[school] or closed[school]:
                continue
            on_the_way = _nearer(use, int(school), limit=limit)
            able = fits[school] & ~closed & (spare >= pupils[school]) & ~(on_the_way & closed).any(axis=1)
            if not able.any():
                continue
            takes = int(np.where(able, more[school], np.inf).argmin())
            spare[takes] -= pupils[school]
            taken[takes] += pupils[school]
            keeps |= on_the_way[takes]
            keeps[takes], closed[school] = True, True
            rows.append((year, int(school), takes, float(saved[school])))
    return pd.DataFrame(rows, columns=["year", "closes", "takes", "saving"])


def _receivers(use: _Use, *, limit: float) -> tuple[Bools, Floats]:
    """Whether each school could send all who use it to each other one, and the pupil-minutes more by car."""
    near = within(use.minutes, limit).astype(np.float64)
    whole = use.users.T.astype(np.float64) @ near >= use.users.sum(axis=0)[:, np.newaxis]
    np.fill_diagonal(whole, val=False)
    finite = np.where(np.isfinite(use.minutes), use.minutes, 0.0)
    more = use.placed.T @ finite - (use.placed * finite).sum(axis=0)[:, np.newaxis]
    return whole, np.asarray(more)


def _nearer(use: _Use, school: int, *, limit: float) -> Bools:
    """Which schools children of a closed one may go to before each school that takes them in.

    Shape (schools that take them in, schools): within the norm and no farther from some village that uses the
    closed one.
    """
    ways = use.minutes[use.users[:, school]]
    nearer = (ways[:, np.newaxis, :] <= ways[:, :, np.newaxis]) & within(ways, limit)[:, np.newaxis, :]
    found = np.asarray(nearer.any(axis=0))
    found[:, school] = False
    np.fill_diagonal(found, val=False)
    return found


def _saving(use: _Use, *, assume: Assume) -> Floats:
    """万元 saved a year by closing each school: places that no pupil needs, less the buses of its pupils."""
    idle = np.maximum(use.room - use.enrolled, 0.0) * assume["school.running_per_place"]
    bus = assume["school_bus.running"] / (assume["school_bus.seats"] * assume["school_bus.rounds"])
    return np.asarray(idle - use.enrolled * bus)


def _offer(
    region: Region,
    sites: pd.DataFrame,
    uses: list[_Use],
    found: pd.DataFrame,
    *,
    years: Sequence[int],
    stage: Stage,
    assume: Assume,
) -> Offer:
    own, host = sites.iloc[found["closes"]], sites.iloc[found["takes"]]
    room = uses[0].room[found["closes"]]
    most = np.stack([use.enrolled for use in uses])[found["year"], :]
    pupils = most[np.arange(len(found)), found["closes"]]
    units = region["units"].set_index("unit").loc[own["unit"]]
    site = own["site"].astype("str").to_numpy().astype(object)
    zh, en = (
        [frame["name"].astype("str").to_numpy().astype(object) for frame in (own, host)],
        [
            frame["name_en"].fillna(frame["name"]).astype("str").to_numpy().astype(object)
            for frame in (own, host)
        ],
    )
    projects = project_table(
        {
            "project": f"{stage.key}_merge:" + site,
            "name_zh": zh[0] + "并入" + zh[1],
            "name_en": en[0] + " merges into " + en[1],
            "unit": own["unit"].to_numpy(),
            "town": units["parent"].where(units["level"] == "village", units.index.to_series()).to_numpy(),
            "county": region.county_of(own["unit"]).to_numpy(),
            "node": own["node"].to_numpy(),
            "site": site,
            "lon": own["lon"].to_numpy(),
            "lat": own["lat"].to_numpy(),
            "size": np.ceil(pupils),
            "size_unit": "pupil",
            "capital_wan": assume["merge.one_off"],
            "running_wan": -found["saving"].to_numpy(),
            "lead": LEAD,
            "earliest": np.asarray(years)[found["year"]] - LEAD,
            "group": f"{stage.key}_classes:" + site,
            "modelled": True,
        },
        sector="education",
        kind=f"{stage.key}_merge",
    )
    freed = lasting_entries(
        projects,
        ledger="land",
        unit=projects["county"],
        key="construction",
        amount=-room * assume["school.land_per_pupil"] * assume["merge.land_freed"] / M2_PER_MU,
    )
    staff = lasting_entries(
        projects,
        ledger="staff",
        unit=projects["county"],
        key="teachers",
        amount=-_teachers_freed(most, found, stage=stage, assume=assume),
    )
    entries = [part[part["amount"] != 0] for part in (freed, staff)]
    return Offer(projects, pd.concat([cost_entries(projects), *entries], ignore_index=True))


def _teachers_freed(most: Floats, found: pd.DataFrame, *, stage: Stage, assume: Assume) -> Floats:
    """Teachers that classes no longer need: those of the closed school less those that the other one adds.

    ``most`` are the pupils of all schools from each merger's first year on, shape (mergers, schools).
    """
    size, grades = assume[f"pupils.per_class_{stage.key}"], float(GRADES[stage.key])

    def classes(pupils: Floats) -> Floats:
        return np.asarray(np.maximum(grades, np.ceil(pupils / size)))

    row = np.arange(len(found))
    moved, before = most[row, found["closes"]], most[row, found["takes"]]
    saved = classes(moved) - (classes(before + moved) - classes(before))
    return np.asarray(np.maximum(saved, 0.0) * assume[f"merger.class_teachers_{stage.key}"])
