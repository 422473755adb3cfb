"""What the report's chapters for bureaus need and no other table of a run holds.

Who pays for a merger of schools, village by village, and the way to hospitals of the city.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.methods.access import assign_to_room
from tongqu.methods.roads import road_network
from tongqu.methods.travel import pairs_within
from tongqu.sectors.education.stages import RIDDEN, Stage, car_limit, direct_towns
from tongqu.sectors.health.reach import reached

__all__ = ["REACH_COLUMNS", "SCHOOL_MOVE_COLUMNS", "reach_of", "school_moves"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SCHOOL_MOVE_COLUMNS: Final[Mapping[str, str]] = {
    "project": "str",
    "unit": "str",
    "year": "int64",
    "children": "float64",
    "placed": "float64",
    "minutes_before": "float64",
    "minutes_after": "float64",
}
REACH_COLUMNS: Final[Mapping[str, str]] = {
    "case": "str",
    "unit": "str",
    "year": "int64",
    "tier": "str",
    "minutes": "float64",
}
TIERS: Final[Mapping[str, tuple[str, ...]]] = {"city_hospital": ("city_hospital",)}
"""Tiers of care that no service counts, and the kinds of site that they are."""
LEAST: Final = 1e-6
"""Children below this are what adding floating numbers leaves."""


def school_moves(
    region: Region, states: Sequence[State], decisions: pd.DataFrame, *, assume: Assume
) -> pd.DataFrame:
    """Give the children whose school closes, by merger and village, and their ride now and then.

    Who goes where is simulated twice as the sector does it (the nearest school with room, the nearer first),
    in the year in which a merger opens: with the schools that close in this year, and without them.
    Everything else is as planned.

    Parameters
    ----------
    states : sequence of State
        Each year with the plan.
    decisions : DataFrame
        Chosen projects, with ``opens``.

    Returns
    -------
    DataFrame
        `SCHOOL_MOVE_COLUMNS`: ``children`` of a village at the school that closes, those of them ``placed``
        afterwards, and minutes by school bus before and after. After is the mean over the schools that take
        more children of the village than before; NaN where none does.
    """
    parts = []
    for stage in RIDDEN:
        mergers = decisions[decisions["kind"] == f"{stage.key}_merge"]
        for state in states:
            mine = mergers[mergers["opens"] == state.year]
            if len(mine):
                opened = decisions[decisions["opens"] <= state.year]
                parts.append(_moves(region, state, stage, opened=opened, mergers=mine, assume=assume))
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in SCHOOL_MOVE_COLUMNS.items()})
    kept = [part for part in parts if len(part)]
    if not kept:
        return empty
    together = pd.concat(kept, ignore_index=True).astype(dict(SCHOOL_MOVE_COLUMNS))
    return together.sort_values(["project", "unit"], ignore_index=True)


@dataclass(frozen=True)
class _Seats:
    """Children by village and school, and minutes by car between them where they are within the norm."""

    children: Floats
    minutes: Floats


def _moves(
    region: Region,
    state: State,
    stage: Stage,
    *,
    opened: pd.DataFrame,
    mergers: pd.DataFrame,
    assume: Assume,
) -> pd.DataFrame:
    """Children of the schools that close in a year."""
    schools = _schools(region, opened, stage, year=state.year)
    closing = schools["school"].isin(mergers["site"]).to_numpy()
    pupils = state[f"demand.{stage.place}"].to_numpy(dtype=np.float64)
    room = schools["capacity"].to_numpy(dtype=np.float64)
    at = _within(region, state, schools, limit=car_limit(stage, assume))
    before = _seated(at, pupils=pupils, room=room)
    after = _seated(at, pupils=pupils, room=np.where(closing, 0.0, room))
    more = np.where(closing, 0.0, np.maximum(after.children - before.children, 0.0))
    gone = before.children[:, closing]
    home, which = np.nonzero(gone > LEAST)
    ways = np.where(np.isfinite(before.minutes), before.minutes, 0.0)
    taken = more.sum(axis=1)
    mean = np.divide((more * ways).sum(axis=1), taken, out=np.full(taken.size, np.nan), where=taken > LEAST)
    leaving = gone.sum(axis=1)
    share = np.divide(np.minimum(taken, leaving), leaving, out=np.zeros(taken.size), where=leaving > 0)
    villages = region.level("village")
    direct = villages["parent"].isin(direct_towns(opened)).to_numpy()
    factor = np.where(direct, assume["factor.direct_bus"], assume["factor.school_bus"])
    name = mergers.set_index("site")["project"].reindex(schools.loc[closing, "school"]).to_numpy()
    return pd.DataFrame(
        {
            "project": name[which],
            "unit": villages.index[home],
            "year": state.year,
            "children": gone[home, which],
            "placed": gone[home, which] * share[home],
            "minutes_before": ways[:, closing][home, which] * factor[home],
            "minutes_after": mean[home] * factor[home],
        }
    )


def _schools(region: Region, opened: pd.DataFrame, stage: Stage, *, year: int) -> pd.DataFrame:
    """Schools of a stage with places: of today and opened, those that closed before the year left out."""
    sites = region["sites"]
    today = sites.loc[sites["kind"] == stage.kind, ["site", "node", "capacity"]]
    closed = opened[(opened["kind"] == f"{stage.key}_merge") & (opened["opens"] < year)]
    today = today[~today["site"].isin(closed["site"])].rename(columns={"site": "school"})
    made = opened[opened["kind"].isin((f"{stage.key}_school", f"{stage.key}_classes"))]
    new = made[["project", "node", "size"]].rename(columns={"project": "school", "size": "capacity"})
    together = pd.concat([today, new.astype({"school": "str"})], ignore_index=True)
    return together[together["capacity"] > 0].reset_index(drop=True)


def _within(
    region: Region, state: State, schools: pd.DataFrame, *, limit: float
) -> tuple[Ints, Ints, Floats]:
    """Villages, schools and minutes by car of all that are within the norm of each other."""
    network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
    homes = network.locate(region.level("village")["node"])
    pairs = pairs_within(network, origins=homes, targets=network.locate(schools["node"]), limit=limit)
    order = np.lexsort((pairs.target, pairs.origin, pairs.minutes))
    return pairs.origin[order], pairs.target[order], pairs.minutes[order]


def _seated(at: tuple[Ints, Ints, Floats], *, pupils: Floats, room: Floats) -> _Seats:
    home, school, minutes = at
    found = assign_to_room(home, school, minutes=minutes, demand=pupils, room=room)
    children, ways = np.zeros((pupils.size, room.size)), np.full((pupils.size, room.size), np.inf)
    children[home, school], ways[home, school] = found.placed, minutes
    return _Seats(children, ways)


def reach_of(
    region: Region, cases: Mapping[str, Sequence[State]], decisions: pd.DataFrame, *, health: bool
) -> pd.DataFrame:
    """Give the minutes to tiers of care that no service counts, in the first and the last year.

    Parameters
    ----------
    cases : mapping of str to sequence of State
        States of every year without (``base``) and with the plan (``plan``).
    decisions : DataFrame
        Chosen projects, with ``opens``.
    health : bool
        Whether the run has the sector of health; the table is empty otherwise.

    Returns
    -------
    DataFrame
        `REACH_COLUMNS`; a tier of which the region has no site is left out.
    """
    parts = []
    tiers = {tier: kinds for tier, kinds in TIERS.items() if region["sites"]["kind"].isin(kinds).any()}
    for tier, kinds in tiers.items() if health else ():
        for case, states in cases.items():
            for state in {states[0].year: states[0], states[-1].year: states[-1]}.values():
                opened = decisions[(decisions["opens"] <= state.year) & (case == "plan")]
                minutes = reached(region, state["links.minutes"], opened, kinds)
                part = minutes.rename("minutes").rename_axis("unit").reset_index()
                parts.append(part.assign(case=case, year=state.year, tier=tier))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in REACH_COLUMNS.items()})
    together = pd.concat(parts, ignore_index=True)[list(REACH_COLUMNS)].astype(dict(REACH_COLUMNS))
    return together.sort_values(["tier", "case", "year", "unit"], ignore_index=True)
