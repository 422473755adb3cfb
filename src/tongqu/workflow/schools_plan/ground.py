"""What a plan of schools stands on: groups of pupils by year, schools and places to build, norms, prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, Progress, silent
from tongqu.contracts import Scenario, State
from tongqu.data import Region
from tongqu.engine.simulate import simulate
from tongqu.methods.reach import Times, times_from_pairs
from tongqu.methods.roads import road_network
from tongqu.methods.schools import (
    Choices,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    lawful_choices,
)
from tongqu.methods.travel import Pairs, pairs_within
from tongqu.sectors.population import pupils_by_age
from tongqu.workflow.schools.draw import drawn_of
from tongqu.workflow.schools.ground import STATE, Base, base_of
from tongqu.workflow.travel.places import writers_of

__all__ = ["Ground", "ground_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRAWN_GAP: Final = 0.05
"""How near to best the catchments of today have to be: they are where the plan begins, not its answer."""
NEAREST: Final = 5
"""Nearest schools of today, and as many places to build, that a group may go to."""
LEADS: Final = 2
"""Nearest larger schools of its stage that a small one may join."""
MOST_CLASSES: Final = 12
"""Classes that a school can be extended by: the larger of the two sizes that the joint plan offers."""
MOST_BEDS: Final = 300
"""Boarding places that can be added at a school."""
NEW_CLASSES: Final = 1
"""Classes to a grade of a school that is newly built."""
LEAST_PUPILS: Final = 20.0
"""Pupils of a stage beyond the norm in a town for whom a new school is a choice."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What the plan stands on.

    Parameters
    ----------
    base : Base
        Of the study of schools, of one county or all.
    years : tuple of int
    sites : DataFrame
        Schools of today and places to build, in the order of `schools`: ``site, name, name_en, county,
        town, stage, lon, lat, staff, over_50, modelled``.
    village : numpy.ndarray of int
        Village of each group, a position in ``base.villages``.
    stages : tuple of StageNorm
    schools : Schools
    pupils : Pupils
    choices : Choices
    sharing : Sharing
    prices : Prices
    between : Times
        Minutes by car from school to school.
    unknown_beds : int
        Schools of stages that board whose boarding places are not known: taken as none.
    """

    base: Base
    years: tuple[int, ...]
    sites: pd.DataFrame
    village: Ints
    stages: tuple[StageNorm, ...]
    schools: Schools
    pupils: Pupils
    choices: Choices
    sharing: Sharing
    prices: Prices
    between: Times
    unknown_beds: int


def ground_of(
    region: Region, scenario: Scenario, *, county: str | None, seconds: float, progress: Progress = silent
) -> Ground:
    """What the plan stands on.

    Parameters
    ----------
    county : str, optional
        Code of one county; all of them when left out.
    seconds : float
        For drawing the catchments of today.

    Raises
    ------
    DataError
        If nothing is known of the schools, or the county is none of the region.
    """
    base = _own(base_of(region, scenario, progress=progress))
    if county is not None:
        if county not in set(base.villages["county"]):
            raise DataError(
                [Problem("no county of the region", mend="use a code of the table units", value=county)]
            )
        base = _within(base, county)
    states = simulate(region, writers_of(STATE), scenario=scenario, assume=base.assume, progress=progress)
    drawn = drawn_of(base, gap=DRAWN_GAP, seconds=seconds, seed=1, progress=progress)
    stages = _stages(base)
    number = _numbers(base, states, drawn.parts.village, drawn.parts.share)
    count = len(drawn.parts.village)
    at = np.tile(np.arange(count), len(stages))
    stage = np.repeat(np.arange(len(stages)), count)
    by_group = number.transpose(1, 0, 2).reshape(len(at), -1)
    some = by_group.sum(axis=1) > 0
    at, stage, by_group = at[some], stage[some], by_group[some]
    village = drawn.parts.village[at]
    today = _today(base, drawn.found.school[at, stage], village, stage)
    sites = _sites(base)
    new = _new_sites(base, by_group[:, 0], village, stage, stages)
    times, between = _times(base, states[0], new)
    sites = pd.concat([sites, new], ignore_index=True)
    schools = _schools(base, sites, len(new))
    names = base.villages.index[village].astype("str").to_numpy() + "/"
    pupils = Pupils(
        names=tuple(names + np.array([one.name for one in stages])[stage]),
        stage=stage,
        number=by_group,
        school=today,
    )
    prices = _prices(base, scenario)
    return Ground(
        base=base,
        years=tuple(state.year for state in states),
        sites=sites,
        village=village,
        stages=stages,
        schools=schools,
        pupils=pupils,
        choices=lawful_choices(
            times,
            pupils,
            village=village,
            schools=schools,
            stages=stages,
            walk=base.assume["merger.bus_beyond"],
            bus=_bus(base),
            board=base.assume["boarding.running"],
            nearest=NEAREST,
        ),
        sharing=_sharing(base, schools, between),
        prices=prices,
        between=between,
        unknown_beds=int((base.schools["stage"].eq("junior") & base.schools["boarding"].isna()).sum()),
    )


def _own(base: Base) -> Base:
    """The base with pairs of one county only: compulsory schooling is run by counties."""
    home, place = base.villages["county"].to_numpy(), base.schools["county"].to_numpy()
    kept = home[base.times.origin] == place[base.times.site]
    times = base.times
    mine = Times(times.origin[kept], times.site[kept], times.minutes[kept], times.origins, times.sites)
    return replace(base, times=mine, onward=base.onward[kept])


def _within(base: Base, county: str) -> Base:
    """The base of one county."""
    homes = (base.villages["county"] == county).to_numpy()
    places = (base.schools["county"] == county).to_numpy()
    times = base.times
    kept = homes[times.origin] & places[times.site]
    row, column = np.cumsum(homes) - 1, np.cumsum(places) - 1
    ahead = base.onward[kept]
    inside = np.where((ahead >= 0) & homes[np.maximum(ahead, 0)], row[np.maximum(ahead, 0)], -1)
    return replace(
        base,
        villages=base.villages[homes],
        pupils=base.pupils[homes],
        schools=base.schools[places],
        places=base.places[places],
        times=Times(
            row[times.origin[kept]],
            column[times.site[kept]],
            times.minutes[kept],
            int(homes.sum()),
            int(places.sum()),
        ),
        onward=inside,
    )


def _stages(base: Base) -> tuple[StageNorm, ...]:
    """Norms of the stages; pupils of the junior stage are old enough to board."""
    return tuple(
        StageNorm(
            name=word.key,
            grades=word.ages[1] - word.ages[0] + 1,
            class_size=norm.pupils,
            pupils_per_teacher=norm.pupils_per_teacher,
            teachers_per_class=norm.teachers_per_class,
            specialists=base.assume[f"plan.specialists_{word.key}"],
            ride=stage.limit,
            boards=word.key == "junior",
        )
        for word, norm, stage in zip(base.words, base.norms, base.stages, strict=True)
    )


def _numbers(base: Base, states: Sequence[State], village: Ints, share: Floats) -> Floats:
    """Pupils by part, stage and year."""
    ages = [int(age) for age in base.pupils.columns]
    years = []
    for state in states:
        table = pupils_by_age(base.region, state, assume=base.assume, ages=ages)
        values = table.loc[base.villages.index].to_numpy(dtype=np.float64)[village] * share[:, np.newaxis]
        years.append(np.stack([values[:, stage.columns].sum(axis=1) for stage in base.stages], axis=1))
    return np.stack(years, axis=2)


def _today(base: Base, school: Ints, village: Ints, stage: Ints) -> Ints:
    """School of each group today: its catchment, else the nearest of the stage, too full as it may be."""
    times, keys = base.times, np.array([word.key for word in base.words])
    order = np.lexsort((times.minutes, times.origin))
    pairs = pd.DataFrame(
        {
            "village": times.origin[order],
            "stage": base.schools["stage"].to_numpy()[times.site[order]],
            "site": times.site[order],
        }
    ).drop_duplicates(["village", "stage"])
    near = pairs.set_index(["village", "stage"])["site"]
    asked = pd.MultiIndex.from_arrays([village, keys[stage]])
    found = near.reindex(asked).fillna(-1).to_numpy(dtype=np.int64)
    return np.where(school >= 0, school, found)


def _sites(base: Base) -> pd.DataFrame:
    schools = base.schools
    return pd.DataFrame(
        {
            "site": schools.index.astype("str"),
            "name": schools["name"].to_numpy(),
            "name_en": schools["name_en"].to_numpy(),
            "county": schools["county"].to_numpy(),
            "town": schools["town"].to_numpy(),
            "stage": schools["stage"].to_numpy(),
            "node": schools["node"].to_numpy(),
            "lon": schools["lon"].to_numpy(dtype=np.float64),
            "lat": schools["lat"].to_numpy(dtype=np.float64),
            "staff": schools["staff"].to_numpy(dtype=np.float64),
            "over_50": schools["staff_over_50"].to_numpy(dtype=np.float64),
            "modelled": schools["modelled"].to_numpy(dtype=bool),
        }
    )


def _new_sites(
    base: Base, number: Floats, village: Ints, stage: Ints, stages: Sequence[StageNorm]
) -> pd.DataFrame:
    """A place to build in each town where pupils have no school within the norm: where most of them live."""
    keys = np.array([one.name for one in stages])
    norm = np.array([one.ride for one in stages])
    times, kind = base.times, base.schools["stage"].to_numpy()
    reached = np.zeros((len(base.villages), len(stages)), dtype=bool)
    for position, key in enumerate(keys):
        good = (kind[times.site] == key) & (times.minutes <= norm[position])
        reached[times.origin[good], position] = True
    beyond = pd.DataFrame({"village": village, "stage": stage, "pupils": number})
    beyond = beyond[~reached[village, stage]]
    beyond = beyond.groupby(["village", "stage"])[["pupils"]].sum().reset_index()
    beyond["town"] = base.villages["town"].to_numpy()[beyond["village"]]
    total = beyond.groupby(["town", "stage"])["pupils"].transform("sum")
    most = beyond[total >= LEAST_PUPILS].sort_values(["pupils", "village"], ascending=[False, True])
    most = most.drop_duplicates(["town", "stage"]).sort_values(["town", "stage"])
    units = base.villages.iloc[most["village"]]
    key = keys[most["stage"].to_numpy(dtype=np.int64)] if len(most) else np.empty(0, dtype=object)
    return pd.DataFrame(
        {
            "site": [f"new:{one}:{unit}" for one, unit in zip(key, units.index, strict=True)],
            "name": units["name"].to_numpy(),
            "name_en": units["name_en"].to_numpy(),
            "county": units["county"].to_numpy(),
            "town": units["town"].to_numpy(),
            "stage": key,
            "node": units["node"].astype("str").to_numpy(),
            "lon": units["lon"].to_numpy(dtype=np.float64),
            "lat": units["lat"].to_numpy(dtype=np.float64),
            "staff": 0.0,
            "over_50": 0.0,
            "modelled": True,
        }
    )


def _times(base: Base, state: State, new: pd.DataFrame) -> tuple[Times, Times]:
    """Rides of villages to schools and places to build; minutes by car between schools."""
    region, assume = base.region, base.assume
    network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
    slower = assume["factor.school_bus"]
    homes, spots = network.locate(base.villages["node"]), network.locate(new["node"])
    limit = max(stage.limit for stage in base.stages) / slower
    more = pairs_within(network, origins=homes, targets=spots, limit=limit)
    same = base.villages["county"].to_numpy()[more.origin] == new["county"].to_numpy()[more.target]
    joined = Pairs(
        np.concatenate([base.times.origin, more.origin[same]]),
        np.concatenate([base.times.site, more.target[same] + len(base.schools)]),
        np.concatenate([base.times.minutes, more.minutes[same] * slower]),
    )
    count = len(base.schools) + len(new)
    doors = network.locate(pd.concat([base.schools["node"], new["node"]], ignore_index=True))
    near = pairs_within(network, origins=doors, targets=doors, limit=assume["community.commute"])
    county = np.concatenate([base.schools["county"].to_numpy(), new["county"].to_numpy()])
    kept = county[near.origin] == county[near.target]
    pairs = Pairs(near.origin[kept], near.target[kept], near.minutes[kept])
    return (
        times_from_pairs(joined, origins=len(base.villages), sites=count),
        times_from_pairs(pairs, origins=count, sites=count),
    )


def _schools(base: Base, sites: pd.DataFrame, new: int) -> Schools:
    assume, schools = base.assume, base.schools
    words = {word.key: word for word in base.words}
    stage = sites["stage"].to_numpy()
    size = np.array([assume[words[key].per_class] for key in stage])
    grades = np.array([words[key].ages[1] - words[key].ages[0] + 1 for key in stage])
    today = np.arange(len(sites)) < len(sites) - new
    places = np.where(today, 0.0, NEW_CLASSES * size * grades)
    places[: len(schools)] = schools["capacity"].to_numpy(dtype=np.float64)
    per_place = assume["school.area_per_pupil"] * assume["school.cost_per_m2"]
    grade = np.full(len(sites), "", dtype=object)
    grade[: len(schools)] = schools["condition"].fillna("").astype("str").to_numpy()
    share = np.select([grade == "C", grade == "D"], [assume["school.mend_share_c"], 1.0], 0.0)
    beds = np.zeros(len(sites))
    beds[: len(schools)] = schools["boarding"].fillna(0.0).to_numpy(dtype=np.float64)
    junior = stage == "junior"
    return Schools(
        names=tuple(sites["site"]),
        stages=stage[:, np.newaxis] == np.array(list(words))[np.newaxis],
        places=places,
        today=today,
        yearly=assume["merger.school_running"] + assume["merger.upkeep"] * places,
        build=places * per_place,
        close=assume["merge.one_off"],
        mend=places * per_place * share,
        mend_by=np.where(share > 0, round(assume["school.mend_years"]), -1),
        beds=beds,
        most_beds=np.where(junior, MOST_BEDS, 0),
        step=size,
        step_cost=size * per_place,
        most_steps=MOST_CLASSES,
    )


def _bus(base: Base) -> float:
    """Cost of a rider, year and minute, 万元: a seat's share of a bus, at half the longest ride."""
    assume = base.assume
    seats = assume["school_bus.seats"] * assume["school_bus.rounds"]
    yearly = assume["school_bus.running"] + assume["school_bus.cost"] / assume["school_bus.life"]
    return yearly / seats / (max(stage.limit for stage in base.stages) / 2)


def _sharing(base: Base, schools: Schools, between: Times) -> Sharing:
    """Small schools with the nearest larger ones of their stage within the way of a teacher."""
    places, taught = schools.column("places"), schools.taught
    today = schools.flag("today")
    stage = taught.argmax(axis=1)
    middle = np.array(
        [
            np.median(places[today & (stage == one)]) if (today & (stage == one)).any() else 0.0
            for one in range(taught.shape[1])
        ]
    )
    small = places < middle[stage]
    member, lead = between.origin, between.site
    good = small[member] & ~small[lead] & (stage[member] == stage[lead]) & today[lead]
    order = np.lexsort((between.minutes[good], member[good]))
    member, lead = member[good][order], lead[good][order]
    first = np.searchsorted(member, member)
    kept = np.arange(len(member)) - first < LEADS
    yearly = np.full(int(kept.sum()), base.assume["community.running"])
    return Sharing(member=member[kept], lead=lead[kept], yearly=yearly)


def _prices(base: Base, scenario: Scenario) -> Prices:
    assume = base.assume
    return Prices(
        teacher=assume["merger.teacher_cost"],
        bed=assume["boarding.area"] * assume["school.cost_per_m2"],
        discount=scenario.discount,
        life=assume["school.life"],
    )
