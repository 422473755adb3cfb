"""Run the sectors year by year, without a plan or with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import (
    Assume,
    Forecast,
    Offer,
    Scenario,
    Sector,
    State,
    StateError,
    join_offers,
    working_offers,
)
from tongqu.data import Region
from tongqu.engine.registry import SectorError

__all__ = ["INTERNAL", "collect_offers", "outcomes", "run_step", "simulate"]

NO_STARTS: Final = pd.Series(dtype="int64")
NOTHING: Final = Offer()
INTERNAL: Final = ("links.", "cells.")
"""Variables that are not of places: what a sector carries from year to year, and road links."""


def simulate(
    region: Region,
    sectors: Sequence[Sector],
    *,
    scenario: Scenario,
    assume: Assume,
    offer: Offer | None = None,
    starts: pd.Series = NO_STARTS,
    years: Sequence[int] | None = None,
    progress: Progress = silent,
) -> tuple[State, ...]:
    """Simulate each year, with the projects of ``starts`` working from their opening on.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment, indexed by project of ``offer``; empty for no plan.

    Returns
    -------
    tuple of State
        One a year, holding every variable of every sector.

    Raises
    ------
    SectorError
        If a sector writes other variables than it declares, or leaves values missing.
    StateError
        If a sector reads a variable that nothing has written.
    """
    when = list(years or scenario.years)
    state = State(when[0])
    states: list[State] = []
    for number, working in enumerate(working_offers(offer or NOTHING, when, starts=starts)):
        state = state.in_year(when[number])
        for sector in sectors:
            state = state.adding(run_step(sector, region, before=state, opened=working, assume=assume))
        states.append(state)
        progress(Report("simulate", done=(number + 1) / len(when)))
    return tuple(states)


def run_step(
    sector: Sector, region: Region, *, before: State, opened: Offer, assume: Assume
) -> Mapping[str, pd.Series]:
    """What a sector writes in the year of ``before``, checked against what it declares.

    Raises
    ------
    SectorError
        If it writes other variables, or leaves values missing.
    """
    written = sector.step(region, before, opened=opened, assume=assume)
    _check_written(sector, written, year=before.year)
    return written


def _check_written(sector: Sector, written: object, *, year: int) -> None:
    if not isinstance(written, dict) or set(written) != sector.writes:
        names = set(written) if isinstance(written, dict) else set()
        different = ", ".join(sorted(names ^ sector.writes)) or "no mapping at all"
        raise SectorError(
            f"sector {sector.name} in {year}: what it writes differs from what it declares: {different}"
        )
    if _all_finite(written.values()):
        return
    empty = [name for name, values in written.items() if values.isna().any()]
    if empty:
        raise SectorError(f"sector {sector.name} in {year}: values are missing in {', '.join(sorted(empty))}")


def _all_finite(series: Iterable[pd.Series]) -> bool:
    """Whether no value is missing or infinite, told by one sum at once; False where it cannot tell."""
    arrays = [one.to_numpy() for one in series]
    if any(one.dtype != np.float64 for one in arrays):
        return False
    return not arrays or bool(np.isfinite(np.concatenate(arrays).sum()))


def collect_offers(
    region: Region,
    sectors: Sequence[Sector],
    *,
    states: Sequence[State],
    assume: Assume,
    progress: Progress = silent,
) -> Offer:
    """Ask each sector in order what it offers; each sees the offers of those before it."""
    joined = Offer()
    for number, sector in enumerate(sectors):
        made = sector.offer(region, Forecast(states, joined), assume=assume)
        joined = join_offers([joined, made]).checked(sector.name, region=region)
        progress(Report("offer", done=(number + 1) / len(sectors)))
    return joined


def outcomes(states: Sequence[State]) -> pd.DataFrame:
    """Give the states in long form: ``unit, year, variable, value``, sorted; links and cells are left out."""
    if not states:
        raise StateError("there is no state to tabulate")
    parts = []
    for state in states:
        names = [name for name in state.names if not name.startswith(INTERNAL)]
        wide = [
            state[name].rename_axis("unit").rename("value").reset_index().assign(variable=name)
            for name in names
        ]
        parts.append(pd.concat(wide, ignore_index=True).assign(year=state.year))
    together = pd.concat(parts, ignore_index=True)[["unit", "year", "variable", "value"]]
    return together.sort_values(["variable", "year", "unit"], kind="stable", ignore_index=True)
