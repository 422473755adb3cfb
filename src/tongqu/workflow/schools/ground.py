"""What a study of schools stands on: pupils by age, schools with their places, rides, the next village."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tongqu.base import DataError, Problem, Progress, silent
from tongqu.contracts import Assume, Scenario, State, check_limits
from tongqu.data import Region
from tongqu.data.problems import suggest
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.methods.network import Network
from tongqu.methods.reach import Times, times_from_pairs
from tongqu.methods.roads import road_network
from tongqu.methods.schools import ClassNorm, SchoolCosts, Stage
from tongqu.methods.travel import Pairs, pairs_within
from tongqu.sectors.population import pupils_by_age
from tongqu.workflow.travel.places import writers_of

__all__ = ["KINDS", "STAGES", "WHOLE", "Base", "StageWords", "base_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
BEYOND: Final = 1.5
"""Rides are known up to this many times the longest limit: what a merger would ask for is seen."""
STATE: Final = ("links.minutes", "pupils.primary", "pupils.junior")
"""State variables that the study rests on."""


@dataclass(frozen=True, slots=True)
class StageWords:
    """A stage of school that has catchments: its kind of site, ages, and the standards it is measured by."""

    key: str
    kind: str
    ages: tuple[int, int]
    ride: str
    per_class: str


STAGES: Final = (
    StageWords("nursery", "kindergarten", (3, 5), "minutes.nursery_ride", "pupils.per_class_nursery"),
    StageWords("primary", "primary_school", (6, 11), "minutes.primary_ride", "pupils.per_class_primary"),
    StageWords("junior", "junior_school", (12, 14), "minutes.junior_ride", "pupils.per_class_junior"),
)
"""Senior and vocational schools take pupils of the whole county by examination: they have no catchments."""
KINDS: Final[Mapping[str, StageWords]] = {stage.kind: stage for stage in STAGES}

LIMITS: Final = {
    "catchment.detour": (0.0, 60.0),
    "catchment.together": (0.0, 60.0),
    "catchment.siblings": (0.0, 1.0),
    "merger.bus_beyond": (0.0, 120.0),
    "school_bus.seats": (1.0, 1000.0),
    "school_bus.rounds": (1.0, 10.0),
    "factor.school_bus": (0.1, 10.0),
    **{stage.ride: (0.1, 600.0) for stage in STAGES},
    **{stage.per_class: (1.0, 200.0) for stage in STAGES},
    **{f"merger.pupils_per_teacher_{stage.key}": (1.0, 200.0) for stage in STAGES},
}
"""Values beyond which a standard of the study means nothing."""


@dataclass(frozen=True, eq=False)
class Base:
    """What the study stands on.

    Parameters
    ----------
    region : Region
    assume : Assume
    whole : str
        Code of all counties together.
    year : int
        The scenario's first year.
    villages : DataFrame
        The units' columns of the villages with ``town`` and ``county``, by unit.
    pupils : DataFrame
        Children by village and single age of the stages that have schools.
    schools : DataFrame
        Sites of these stages by site: the sites' columns with ``stage``, ``town``, ``county``, ``closed``.
    stages : sequence of Stage
        With positions of ages among the columns of `pupils`, and ride limits.
    words : sequence of StageWords
        The same stages with their names.
    places : numpy.ndarray of float
        Places by school and age, as the children of the county are spread; shape (schools, ages).
    times : Times
        Ride minutes by school bus from villages to schools.
    onward : numpy.ndarray of int
        The next village on the way, of each pair of the times, -1 where there is none.
    """

    region: Region
    assume: Assume
    whole: str
    year: int
    villages: pd.DataFrame
    pupils: pd.DataFrame
    schools: pd.DataFrame
    stages: Sequence[Stage]
    words: Sequence[StageWords]
    places: Floats
    times: Times
    onward: Ints

    @property
    def by_stage(self) -> Floats:
        """Pupils by village and stage."""
        table = self.pupils.to_numpy(dtype=np.float64)
        return np.stack([table[:, stage.columns].sum(axis=1) for stage in self.stages], axis=1)

    @property
    def norms(self) -> list[ClassNorm]:
        """Of each stage what classes and teachers are measured by."""
        assume = self.assume
        return [
            ClassNorm(
                assume[word.per_class],
                assume[f"merger.class_teachers_{word.key}"],
                assume[f"merger.pupils_per_teacher_{word.key}"],
            )
            for word in self.words
        ]

    @property
    def costs(self) -> SchoolCosts:
        """Costs of schools, 万元."""
        assume = self.assume
        return SchoolCosts(
            teacher=assume["merger.teacher_cost"],
            school=assume["merger.school_running"],
            place=assume["merger.upkeep"],
            extension=assume["school.area_per_pupil"] * assume["school.cost_per_m2"],
            bus=assume["school_bus.cost"],
            bus_year=assume["school_bus.running"],
            seats=assume["school_bus.seats"] * assume["school_bus.rounds"],
        )


def base_of(
    region: Region, scenario: Scenario, *, close: Sequence[str] = (), progress: Progress = silent
) -> Base:
    """What the study stands on.

    Parameters
    ----------
    close : sequence of str
        Sites of schools that are taken as closed: they have no places.

    Raises
    ------
    DataError
        If the region lacks tables or schools, the places of a school are not known, or a site to be closed
        is no school of the region.
    ScenarioError
        If a standard is outside its limits.
    """
    assume = Assume.of(region["standards"], scenario)
    check_limits({str(name): float(value) for name, value in assume.values.items()}, LIMITS)
    sectors = writers_of(STATE)
    if problems := missing_tables(region, sectors):
        raise DataError(problems)
    schools = _schools(region, close=close)
    one = scenario.model_copy(update={"last_year": scenario.first_year})
    state = simulate(region, sectors, scenario=one, assume=assume, progress=progress)[0]
    words = [stage for stage in STAGES if (schools["stage"] == stage.key).any()]
    ages = [age for stage in words for age in range(stage.ages[0], stage.ages[1] + 1)]
    pupils = pupils_by_age(region, state, assume=assume, ages=ages)
    stages = [
        Stage(word.key, (ages.index(word.ages[0]), ages.index(word.ages[1])), assume[word.ride])
        for word in words
    ]
    places = _places(region, schools, pupils, stages=stages)
    units = region.level("village")
    villages = units.assign(
        town=region.ancestor(units.index, level="town").to_numpy(),
        county=region.county_of(units.index).to_numpy(),
    )
    times, onward = _rides(region, state, villages, schools, stages=stages, assume=assume)
    city = region.level("city").index
    whole = str(city[0]) if len(city) == 1 else WHOLE
    return Base(
        region, assume, whole, state.year, villages, pupils, schools, stages, words, places, times, onward
    )


def _places(
    region: Region, schools: pd.DataFrame, pupils: pd.DataFrame, *, stages: Sequence[Stage]
) -> Floats:
    """Places by school and age: the capacity, spread over the ages as the children of the county are.

    A school gives its rooms to the years that have the pupils; no room stays empty in one year while another
    is turned away.
    """
    county = pupils.groupby(region.county_of(pupils.index).to_numpy()).sum()
    local = county.reindex(schools["county"]).to_numpy(dtype=np.float64)
    places = np.zeros((len(schools), pupils.shape[1]))
    for stage in stages:
        mine = np.flatnonzero(((schools["stage"] == stage.name) & ~schools["closed"]).to_numpy())
        here = np.nan_to_num(local[mine][:, stage.columns])
        total = here.sum(axis=1, keepdims=True)
        even = np.full(here.shape, 1.0 / here.shape[1])
        parts = np.divide(here, total, out=even, where=total > 0)
        capacity = schools["capacity"].to_numpy(dtype=np.float64)[mine]
        places[mine, stage.columns] = capacity[:, np.newaxis] * parts
    return places


def _schools(region: Region, *, close: Sequence[str]) -> pd.DataFrame:
    sites = region["sites"]
    schools = sites[sites["kind"].isin(list(KINDS))].astype({"site": "str", "node": "str"})
    schools = schools.assign(stage=[KINDS[str(kind)].key for kind in schools["kind"]]).set_index("site")
    problems = []
    if schools.empty:
        mend = "add sites of the kinds primary_school or junior_school"
        problems.append(
            Problem("nothing is known of the schools of the region", mend=mend, value=region.name)
        )
    blank = schools[schools["capacity"].isna()]
    if len(blank):
        problems.append(
            Problem(
                f"no places given for {len(blank)} of {len(schools)} schools",
                mend="give the number, or an estimate of it named in modelled_columns",
                file="sites",
                column="capacity",
                value=", ".join(blank.index[:5]),
            )
        )
    unknown = [site for site in close if site not in schools.index]
    problems += [
        Problem(
            "no school of the region",
            mend=suggest(site, schools.index) + "use a code of the table sites",
            column="close",
            value=site,
        )
        for site in unknown
    ]
    if problems:
        raise DataError(problems)
    units = region["units"].set_index("unit")
    at = units.loc[schools["unit"]]
    town = at["parent"].where(at["level"] == "village", at.index.to_series())
    return schools.assign(
        town=town.astype("str").to_numpy(),
        county=region.county_of(schools["unit"]).to_numpy(),
        closed=schools.index.isin(list(close)),
    )


def _rides(
    region: Region,
    state: State,
    villages: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    stages: Sequence[Stage],
    assume: Assume,
) -> tuple[Times, Ints]:
    """Ride minutes of villages to schools, and the next village on each way."""
    network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
    homes, doors = network.locate(villages["node"]), network.locate(schools["node"])
    slower = assume["factor.school_bus"]
    reach = BEYOND * max(stage.limit for stage in stages) / slower
    near = pairs_within(network, origins=homes, targets=doors, limit=reach)
    # One and the same search gives minutes and ways: float32 minutes of the other would not order them.
    onward, minutes = _onward(network, homes=homes, doors=doors, reach=reach, near=near)
    times = times_from_pairs(
        Pairs(near.origin, near.target, minutes * slower), origins=len(villages), sites=len(schools)
    )
    order = np.lexsort((near.target, near.origin))
    order = order[np.isfinite(minutes[order])]
    return times, onward[order]


def _onward(network: Network, *, homes: Ints, doors: Ints, reach: float, near: Pairs) -> tuple[Ints, Floats]:
    """For each pair the next village on the shortest way to the school, and the minutes of the way."""
    reverse = csr_array(network.graph.T)
    size = reverse.shape[0]
    # Of several villages at one node the lower one is on the way of the next.
    order = np.argsort(homes, kind="stable")
    lead, before = np.full(size, -1, dtype=np.int64), np.full(homes.size, -1, dtype=np.int64)
    last = np.append(np.diff(homes[order]) != 0, True)
    lead[homes[order][last]] = order[last]
    before[order[1:]] = np.where(np.diff(homes[order]) == 0, order[:-1], -1)
    onward, minutes = np.full(near.origin.size, -1, dtype=np.int64), np.full(near.origin.size, np.inf)
    by_target = np.argsort(near.target, kind="stable")
    ends = np.searchsorted(near.target[by_target], np.arange(doors.size + 1))
    # A little farther than the search of pairs, whose minutes are rounded.
    search: Any = dijkstra  # its types know no single node
    found: dict[int, tuple[Floats, Ints]] = {}
    for door in np.unique(doors):
        found[int(door)] = search(
            reverse, indices=int(door), limit=reach * 1.001 + 0.01, return_predecessors=True
        )
    for school, door in enumerate(doors):
        distance, toward = found[int(door)]
        mine = by_target[ends[school] : ends[school + 1]]
        village = near.origin[mine]
        minutes[mine] = distance[homes[village]]
        at = np.maximum(toward[homes[village]].astype(np.int64), -1)  # scipy's -9999 is no way
        for _ in range(size):
            moving = (at >= 0) & (lead[at] < 0)
            if not moving.any():
                break
            at = np.where(moving, np.maximum(toward[at], -1), at)
        ahead = np.where(at >= 0, lead[at], -1)
        onward[mine] = np.where(before[village] >= 0, before[village], ahead)
    return onward, minutes
