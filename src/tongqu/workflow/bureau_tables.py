"""What the report's chapters for bureaus need and no other table of a run holds.

Who pays for a merger of schools, village by village, and the way to hospitals of the city.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.sectors.education.stages import RIDDEN, Near, Stage, car_limit, has_direct_bus, near, schools
from tongqu.sectors.health.reach import reached

__all__ = ["REACH_COLUMNS", "SCHOOL_MOVE_COLUMNS", "reach_of", "school_moves"]

Floats = npt.NDArray[np.float64]

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
    open_yet = opened[~opened["project"].isin(mergers["project"])]
    at = near(region, state["links.minutes"], open_yet, stage, car_limit(stage, assume), "capacity")
    names = schools(region, open_yet, stage=stage).query("capacity > 0")["site"]
    closing = names.isin(mergers["site"]).to_numpy()
    pupils = state[f"demand.{stage.place}"].to_numpy(dtype=np.float64)
    before = _children(at, pupils)
    after = _children(Near(at.queue, np.where(closing, 0.0, at.places)), pupils)
    more = np.where(closing, 0.0, np.maximum(after - before, 0.0))
    gone = before[:, closing]
    home, which = np.nonzero(gone > LEAST)
    ways = np.zeros(before.shape)
    ways[at.queue.origin, at.queue.site] = at.queue.minutes
    taken, leaving = more.sum(axis=1), gone.sum(axis=1)
    mean = np.divide((more * ways).sum(axis=1), taken, out=np.full(taken.size, np.nan), where=taken > LEAST)
    share = np.divide(np.minimum(taken, leaving), leaving, out=np.zeros(taken.size), where=leaving > 0)
    villages = region.level("village")
    factor = np.where(
        has_direct_bus(region, opened), assume["factor.direct_bus"], assume["factor.school_bus"]
    )
    name = mergers.set_index("site")["project"].reindex(names[closing]).to_numpy()
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


def _children(at: Near, pupils: Floats) -> Floats:
    """Children of each village at each school, shape (villages, schools)."""
    found = np.zeros((pupils.size, at.places.size))
    found[at.queue.origin, at.queue.site], _ = at.queue.placed(pupils, room=at.places)
    return found


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
