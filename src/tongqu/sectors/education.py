"""Education: a place in a primary and a junior school, and a ride to it within the norm.

Two services at each level: the ride of rural pupils to the nearest school, and a place for every pupil in a
school within the norm, the nearer pupils first. Rides go by school bus, slower than a car by a factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    cost_entries,
    join_offers,
    lasting_entries,
    link_upgrades,
    only_where,
    project_table,
    yearly_limits,
)
from tongqu.data import Region
from tongqu.methods.access import assign_to_room, gains
from tongqu.methods.roads import road_network, upgrades_of
from tongqu.methods.travel import Network, Pairs, nearest, pairs_within, within

__all__ = ["Education", "sector"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Level:
    """A level of school."""

    key: str
    kind: str
    new_places: int
    zh: str

    @property
    def ride(self) -> str:
        return f"{self.key}_ride"

    @property
    def place(self) -> str:
        return f"{self.key}_place"


LEVELS: Final = (
    _Level("primary", "primary_school", 4 * 30, "小学"),
    _Level("junior", "junior_school", 6 * 50, "初中"),
)
"""A new rural primary school is a non-complete one of 4 classes of 30; a new junior one has
6 classes of 50."""
EXTENSIONS: Final = (6, 12)
"""Classes added by the two sizes of extension offered for a school."""
NEAREST: Final = 3
"""New places are credited to pupils for whom they are among this many nearest places offered."""
LEAST_PUPILS: Final = 1.0
"""Villages with fewer pupils unmet than this are left to the simulation."""


@dataclass(frozen=True)
class Education:
    """Pupils with a place, and rural pupils with a ride within the norm."""

    name: str = "education"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "sites"})
    reads: frozenset[str] = frozenset(
        {"links.minutes"} | {f"pupils.{rural}{level.key}" for level in LEVELS for rural in ("", "rural_")}
    )
    writes: frozenset[str] = frozenset(
        {
            f"{group}.{key}"
            for group in ("demand", "served")
            for level in LEVELS
            for key in (level.ride, level.place)
        }
        | {f"minutes.{level.ride}" for level in LEVELS}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share of pupils with a ride and with a place by county, and pupils without."""
        county = region.county_of(region.codes("village"))
        parts = []
        for key in (key for level in LEVELS for key in (level.ride, level.place)):
            demand = state[f"demand.{key}"].groupby(county).sum()
            served = state[f"served.{key}"].groupby(county).sum()
            wide = pd.DataFrame(
                {f"{key}: served, %": served / demand * 100, f"{key}: pupils without": demand - served}
            ).rename_axis("unit")
            parts.append(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))
        return Findings(pd.concat(parts, ignore_index=True))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Rides and places by village with the opened schools and extensions."""
        _require_places(region)
        links, projects = before["links.minutes"], opened.projects
        values: dict[str, pd.Series] = {}
        for level in LEVELS:
            limit = _car_limit(level, assume)
            minutes = _ridden(region, links, projects, level)
            ride = minutes * assume["factor.school_bus"]
            rural, pupils = before[f"pupils.rural_{level.key}"], before[f"pupils.{level.key}"]
            values[f"minutes.{level.ride}"] = ride
            values[f"demand.{level.ride}"] = rural
            values[f"served.{level.ride}"] = only_where(rural, within(minutes, limit))
            values[f"demand.{level.place}"] = pupils
            near = _near(region, links, projects, level, limit)
            values[f"served.{level.place}"] = pupils - near.unplaced(pupils)
        return values

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer new schools and extensions, and credit the roads of others."""
        parts = [
            part
            for level in LEVELS
            for part in (
                _new_schools(region, forecast, level=level, assume=assume),
                _extensions(region, forecast, level=level, assume=assume),
            )
        ]
        teachers = yearly_limits(
            region.codes("county"),
            forecast.years,
            ledger="staff",
            key="teachers",
            a_year=assume["limits.teachers_per_year"],
        )
        return join_offers([*parts, Offer(limits=teachers)])


def _car_limit(level: _Level, assume: Assume) -> float:
    """Minutes by car that make the ride norm by school bus."""
    return assume[f"minutes.{level.key}_ride"] / assume["factor.school_bus"]


@remember(4)
def _require_places(region: Region) -> None:
    """Nothing when the places of every school are known: a blank is not 0."""
    sites = region["sites"]
    blank = sites[sites["kind"].isin([level.kind for level in LEVELS]) & sites["capacity"].isna()]
    of_all = sites["kind"].value_counts()
    problems = [
        Problem(
            rule=f"no places given for {len(names)} of {of_all[kind]} sites of kind '{kind}'",
            mend="give the number, or an estimate of it named in modelled_columns",
            file="sites",
            column="capacity",
            value=", ".join(names),
        )
        for kind, names in blank.groupby("kind", observed=True)["site"]
    ]
    if problems:
        raise DataError(problems)


def _schools(region: Region, projects: pd.DataFrame, *, level: _Level) -> pd.DataFrame:
    """Node and places of the schools of a level, today's and opened."""
    today = _schools_of_today(region, level)
    kinds = (f"{level.key}_school", f"{level.key}_classes")
    mine = projects[projects["kind"].isin(kinds)]
    new = pd.DataFrame({"node": mine["node"].astype("str"), "capacity": mine["size"].astype("float64")})
    return pd.concat([today, new], ignore_index=True)


@lru_cache(maxsize=8)
def _schools_of_today(region: Region, level: _Level) -> pd.DataFrame:
    sites = region["sites"]
    today = sites.loc[sites["kind"] == level.kind, ["node", "capacity"]]
    return today.astype({"node": "str", "capacity": "float64"})


@remember(64)
def _ridden(region: Region, links: pd.Series, projects: pd.DataFrame, level: _Level) -> pd.Series:
    """Minutes by car from each village to the nearest school of a level."""
    network = road_network(region["nodes"], region["links"], minutes=links)
    homes = region.level("village")["node"]
    sites = _schools(region, projects, level=level)
    found = nearest(network, targets=network.locate(sites["node"]), origins=network.locate(homes))
    return pd.Series(found.minutes, index=homes.index)


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Villages and schools within the norm of each other, the shortest ride first, and places."""

    pairs: Pairs
    places: Floats

    def unplaced(self, pupils: pd.Series) -> Floats:
        """Pupils of each village without a place, shape (villages,)."""
        found = assign_to_room(
            self.pairs.origin,
            self.pairs.target,
            minutes=self.pairs.minutes,
            demand=pupils.to_numpy(),
            room=self.places,
        )
        return found.unplaced


@remember(64)
def _near(region: Region, links: pd.Series, projects: pd.DataFrame, level: _Level, limit: float) -> _Near:
    network = road_network(region["nodes"], region["links"], minutes=links)
    sites = _schools(region, projects, level=level)
    homes = network.locate(region.level("village")["node"])
    pairs = pairs_within(network, origins=homes, targets=network.locate(sites["node"]), limit=limit)
    order = np.lexsort((pairs.target, pairs.origin, pairs.minutes))
    sorted_pairs = Pairs(pairs.origin[order], pairs.target[order], pairs.minutes[order])
    return _Near(sorted_pairs, sites["capacity"].to_numpy())


def _unmet(forecast: Forecast, key: str) -> pd.Series:
    """Most pupils without the service in any year, by village."""
    years = [state[f"demand.{key}"] - state[f"served.{key}"] for state in forecast.states]
    return pd.concat(years, axis=1).max(axis=1)


def _new_schools(region: Region, forecast: Forecast, *, level: _Level, assume: Assume) -> Offer:
    """A new school in each village whose pupils ride too long."""
    unmet = _unmet(forecast, level.ride)
    villages = region.level("village").loc[unmet.index[unmet > 0]]
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    projects = _school_table(region, villages, level=level, assume=assume)
    roads = link_upgrades(forecast.offer)
    names = roads["project"].drop_duplicates().to_numpy()
    sites = _schools(region, Offer().projects, level=level)
    found = gains(
        network,
        upgrades=upgrades_of(network, roads, links=region["links"]["link"]),
        origins=network.locate(villages["node"]),
        sites=network.locate(sites["node"]),
        candidates=network.locate(projects["node"]),
        limit=_car_limit(level, assume),
    )
    mine = projects.iloc[found.singles["candidate"].to_numpy()]
    ride = lasting_entries(
        mine, ledger="served", key=level.ride, amount=1.0, unit=villages.index[found.singles["origin"]]
    )
    lead = forecast.offer.projects.set_index("project")["lead"]
    theirs = pd.DataFrame({"project": names[found.upgrades["upgrade"]]})
    theirs["lead"] = theirs["project"].map(lead).astype("int64")
    by_road = lasting_entries(
        theirs, ledger="served", key=level.ride, amount=1.0, unit=villages.index[found.upgrades["origin"]]
    )
    pairs = found.pairs(upgrades=names, candidates=projects["project"], origins=villages.index)
    pairs = pairs.assign(key=level.ride, amount=1.0)
    places = _place_entries(region, network, forecast, projects=projects, level=level, assume=assume)
    entries = [cost_entries(projects), ride, by_road, places, _teachers(projects, assume)]
    return Offer(projects, pd.concat(entries, ignore_index=True), pairs)


def _school_table(region: Region, villages: pd.DataFrame, *, level: _Level, assume: Assume) -> pd.DataFrame:
    places = float(level.new_places)
    return project_table(
        {
            "project": (f"{level.key}_school:" + villages.index).to_numpy(),
            "name_zh": (villages["name"] + "新建" + level.zh).to_numpy(),
            "name_en": (
                villages["name_en"].fillna(villages["name"]) + f": new {level.key} school"
            ).to_numpy(),
            "unit": villages.index.to_numpy(),
            "town": villages["parent"].to_numpy(),
            "county": region.county_of(villages.index).to_numpy(),
            "node": villages["node"].to_numpy(),
            "lon": villages["lon"].to_numpy(),
            "lat": villages["lat"].to_numpy(),
            **_school_costs(np.full(len(villages), places), assume),
            "modelled": True,
        },
        sector="education",
        kind=f"{level.key}_school",
    )


def _school_costs(places: np.ndarray, assume: Assume) -> dict[str, Any]:
    area = places * assume["school.area_per_pupil"]
    return {
        "size": places,
        "size_unit": "place",
        "capital_wan": area * assume["school.cost_per_m2"],
        "running_wan": places * assume["school.running_per_place"],
        "lead": 2,
        "land_mu": places * assume["school.land_per_pupil"] / M2_PER_MU,
    }


def _extensions(region: Region, forecast: Forecast, *, level: _Level, assume: Assume) -> Offer:
    """Two sizes of extension at each school that pupils without a place can reach."""
    sites = region["sites"]
    sites = sites[sites["kind"] == level.kind]
    many = sites.loc[sites.index.repeat(len(EXTENSIONS))]
    classes = np.tile(np.asarray(EXTENSIONS, dtype=float), len(sites))
    units = region["units"].set_index("unit").loc[many["unit"]]
    site = many["site"].astype("str").to_numpy().astype(object)
    label = classes.astype(int).astype(str).astype(object)
    projects = project_table(
        {
            "project": f"{level.key}_classes:" + site + ":" + label,
            "name_zh": many["name"].to_numpy().astype(object) + "扩建" + label + "班",
            "name_en": many["name_en"].fillna(many["name"]).to_numpy().astype(object)
            + ": "
            + label
            + " more classes",
            "unit": many["unit"].to_numpy(),
            "town": units["parent"].where(units["level"] == "village", units.index.to_series()).to_numpy(),
            "county": region.county_of(many["unit"]).to_numpy(),
            "node": many["node"].to_numpy(),
            "site": many["site"].to_numpy(),
            "lon": many["lon"].to_numpy(),
            "lat": many["lat"].to_numpy(),
            **_school_costs(classes * assume[f"pupils.per_class_{level.key}"], assume),
            "group": f"{level.key}_classes:" + site,
            "modelled": True,
        },
        sector="education",
        kind=f"{level.key}_classes",
    )
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    places = _place_entries(region, network, forecast, projects=projects, level=level, assume=assume)
    useful = projects[projects["project"].isin(places["project"])]
    places = places[places["project"].isin(useful["project"])]
    return Offer(
        useful, pd.concat([cost_entries(useful), places, _teachers(useful, assume)], ignore_index=True)
    )


def _place_entries(
    region: Region,
    network: Network,
    forecast: Forecast,
    *,
    projects: pd.DataFrame,
    level: _Level,
    assume: Assume,
) -> pd.DataFrame:
    """Credit to the villages in reach that lack places, and the room that bounds it."""
    unmet = _unmet(forecast, level.place)
    homes = region.level("village")["node"].loc[unmet.index[unmet >= LEAST_PUPILS]]
    spots = projects["node"].drop_duplicates()
    pairs = pairs_within(
        network, origins=network.locate(homes), targets=network.locate(spots), limit=_car_limit(level, assume)
    )
    near = pd.DataFrame(
        {"unit": homes.index[pairs.origin], "node": spots.to_numpy()[pairs.target], "minutes": pairs.minutes}
    ).sort_values(["unit", "minutes", "node"], kind="stable")
    near = near[near.groupby("unit").cumcount() < NEAREST]
    able = projects.merge(near, on="node", suffixes=("_project", ""))
    credit = lasting_entries(able, ledger="served", key=level.place, amount=1.0, unit=able["unit"])
    able = projects[projects["project"].isin(credit["project"])]
    room = lasting_entries(able, ledger="room", unit=able["unit"], key=level.place, amount=able["size"])
    return pd.concat([credit, room], ignore_index=True)


def _teachers(projects: pd.DataFrame, assume: Assume) -> pd.DataFrame:
    return lasting_entries(
        projects,
        ledger="staff",
        unit=projects["county"],
        key="teachers",
        amount=projects["size"] / assume["pupils.per_teacher"],
    )


sector = Education()
