"""Stages of school, and the schools of a stage today and with what was opened and closed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.queue import Queue, queue_of
from tongqu.methods.roads import road_network
from tongqu.methods.sums import group_sums
from tongqu.methods.travel import nearest, pairs_within

__all__ = [
    "NURSERY",
    "PLACED",
    "RIDDEN",
    "SENIOR",
    "SENIOR_KINDS",
    "STAGES",
    "Near",
    "Stage",
    "boarded",
    "car_limit",
    "has_direct_bus",
    "known",
    "near",
    "require_places",
    "ridden",
    "schools",
    "senior_room",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Stage:
    """A stage of school.

    Parameters
    ----------
    key : str
        Name in state variables and services.
    kind : str
        Kind of site.
    new_places : int
        Places of a new school; 0 where none is offered.
    zh : str
        Name in Chinese.
    """

    key: str
    kind: str
    new_places: int
    zh: str

    @property
    def ride(self) -> str:
        """Service: a ride within the norm."""
        return f"{self.key}_ride"

    @property
    def place(self) -> str:
        """Service: a place within the norm."""
        return f"{self.key}_place"


NURSERY: Final = Stage("nursery", "kindergarten", 2 * 30, "幼儿园")
PRIMARY: Final = Stage("primary", "primary_school", 4 * 30, "小学")
JUNIOR: Final = Stage("junior", "junior_school", 6 * 50, "初中")
SENIOR: Final = Stage("senior", "senior_school", 0, "高中")
SENIOR_KINDS: Final = ("senior_school", "vocational_school")
"""Kinds of site that pupils of 15 to 17 go to."""
RIDDEN: Final = (PRIMARY, JUNIOR)
"""Stages of compulsory school, to which there is a norm for the ride. A new rural primary school is a
non-complete one of 4 classes of 30, a new junior one has 6 of 50, a village kindergarten 2 of 30."""
PLACED: Final = (NURSERY, PRIMARY, JUNIOR)
"""Stages with places near home; senior schools take boarders from the whole county."""
STAGES: Final = (*PLACED, SENIOR)


def car_limit(stage: Stage, assume: Assume, *, direct: bool = False) -> float:
    """Minutes by car that make the ride norm of a stage by school bus, or by a direct one."""
    return (
        assume[f"minutes.{stage.key}_ride"] / assume["factor.direct_bus" if direct else "factor.school_bus"]
    )


@remember(4)
def require_places(region: Region) -> None:
    """Nothing when the places of every school are known: a blank is not 0."""
    sites = region["sites"]
    kinds = [*(stage.kind for stage in PLACED), *SENIOR_KINDS]
    blank = sites[sites["kind"].isin(kinds) & sites["capacity"].isna()]
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


def schools(region: Region, projects: pd.DataFrame, *, stage: Stage) -> pd.DataFrame:
    """Schools of a stage, today less closed ones and opened: site or project, node, places, boarding."""
    today = _schools_of_today(region, stage)
    closed = projects.loc[projects["kind"] == f"{stage.key}_merge", "site"]
    kinds = (f"{stage.key}_school", f"{stage.key}_classes")
    mine = projects[projects["kind"].isin(kinds)]
    new = mine[["project", "node", "size"]].astype({"project": "str", "node": "str", "size": "float64"})
    new = new.rename(columns={"project": "site", "size": "capacity"})
    homes = projects[projects["kind"] == f"{stage.key}_boarding"]
    beds = pd.DataFrame({"node": homes["node"].astype("str"), "boarding": homes["size"].astype("float64")})
    parts = [today[~today["site"].isin(closed)], new, beds]
    together = pd.concat(parts, ignore_index=True)[["site", "node", "capacity", "boarding"]]
    return together.fillna({"capacity": 0.0, "boarding": 0.0})


@lru_cache(maxsize=16)
def known(region: Region, stage: Stage) -> bool:
    """Whether the region lists schools of a stage, where not every region does: no site is not 0 places."""
    kinds = SENIOR_KINDS if stage is SENIOR else (stage.kind,)
    return stage in RIDDEN or bool(region["sites"]["kind"].isin(kinds).any())


@lru_cache(maxsize=16)
def _schools_of_today(region: Region, stage: Stage) -> pd.DataFrame:
    sites = region["sites"]
    today = sites.loc[sites["kind"] == stage.kind, ["site", "node", "capacity"]]
    known = sites.loc[today.index, "boarding"] if "boarding" in sites else pd.Series(0.0, index=today.index)
    today = today.assign(boarding=known.astype("float64").fillna(0.0))
    return today.astype({"site": "str", "node": "str", "capacity": "float64"})


@remember(64)
def ridden(region: Region, links: pd.Series, projects: pd.DataFrame, stage: Stage) -> pd.Series:
    """Minutes by car from each village to the nearest school of a stage."""
    network = road_network(region["nodes"], region["links"], minutes=links)
    homes = region.level("village")["node"]
    sites = schools(region, projects, stage=stage)
    at = sites.loc[sites["capacity"] > 0, "node"]
    found = nearest(network, targets=network.locate(at), origins=network.locate(homes))
    return pd.Series(found.minutes, index=homes.index)


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Villages and schools within minutes of each other, the shortest ride first, and places."""

    queue: Queue
    places: Floats

    def served(self, pupils: Floats) -> Floats:
        """Pupils of each village who get a place, the nearer first; ``pupils`` of each village."""
        return pupils - self.queue.serve(pupils, room=self.places).unplaced


@remember(64)
def near(
    region: Region, links: pd.Series, projects: pd.DataFrame, stage: Stage, limit: float, column: str
) -> Near:
    """Villages within minutes of schools by car, with places from a column: ``capacity`` or ``boarding``."""
    network = road_network(region["nodes"], region["links"], minutes=links)
    sites = schools(region, projects, stage=stage)
    sites = sites[sites[column] > 0]
    homes = network.locate(region.level("village")["node"])
    found = pairs_within(network, origins=homes, targets=network.locate(sites["node"]), limit=limit)
    size = {"origins": len(homes), "sites": len(sites)}
    queue = queue_of(found.origin, found.target, minutes=found.minutes, **size)
    return Near(queue, sites[column].to_numpy())


def boarded(
    region: Region, links: pd.Series, projects: pd.DataFrame, *, far: Floats, assume: Assume
) -> Floats:
    """Junior pupils too far from a school who board at one within the norm for the weekly way, by village."""
    limit = assume["minutes.boarder_ride"] / assume["factor.school_bus"]
    homes = near(region, links, projects, JUNIOR, limit, "boarding")
    return homes.served(far)


@remember(64)
def has_direct_bus(region: Region, projects: pd.DataFrame) -> Bools:
    """Whether each village is of a town whose pupils have direct school buses, shape (villages,)."""
    towns = projects.loc[projects["kind"] == "school_bus", "town"]
    return np.asarray(region.level("village")["parent"].isin(towns).to_numpy(), dtype=np.bool_)


@remember(64)
def senior_room(region: Region, projects: pd.DataFrame) -> Floats:
    """Places of senior and vocational schools of each county, today and opened, shape (counties,)."""
    counties, sites = region.codes("county"), region["sites"]
    today = sites[sites["kind"].isin(SENIOR_KINDS)]
    new = projects[projects["kind"] == "senior_classes"]
    at = [counties.get_indexer(pd.Index(of)) for of in (region.county_of(today["unit"]), new["county"])]
    places = [part.to_numpy(dtype=np.float64) for part in (today["capacity"], new["size"])]
    return group_sums(np.concatenate(at).astype(np.int64), np.concatenate(places), size=len(counties))
