"""Run the sectors year by year, without a plan or with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

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
    active_entries,
    join_offers,
    open_projects,
)
from tongqu.contracts.offer import ENTRY_COLUMNS
from tongqu.data import Region
from tongqu.engine.registry import SectorError

__all__ = ["collect_offers", "outcomes", "simulate"]

NO_STARTS: Final = pd.Series(dtype="int64")
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
    offered = offer or Offer()
    when = list(years or scenario.years)
    state = State(when[0])
    states: list[State] = []
    for number, year in enumerate(when):
        working = _working(offered, year, starts=starts)
        state = state.in_year(year)
        for sector in sectors:
            written = sector.step(region, state, opened=working, assume=assume)
            _check_written(sector, written, year=year)
            state = state.adding(written)
        states.append(state)
        progress(Report("simulate", done=(number + 1) / len(when)))
    return tuple(states)


def _working(offered: Offer, year: int, *, starts: pd.Series) -> Offer:
    """The projects that are open in a year, with those of their entries that count in it."""
    opened = offered.of(open_projects(offered.projects, year, starts=starts)["project"])
    counting = active_entries(opened.entries, [year], starts=starts)
    return replace(opened, entries=counting[list(ENTRY_COLUMNS)])


def _check_written(sector: Sector, written: object, *, year: int) -> None:
    if not isinstance(written, dict) or set(written) != sector.writes:
        names = set(written) if isinstance(written, dict) else set()
        different = ", ".join(sorted(names ^ sector.writes)) or "no mapping at all"
        raise SectorError(
            f"sector {sector.name} in {year}: what it writes differs from what it declares: {different}"
        )
    empty = [name for name, values in written.items() if values.isna().any()]
    if empty:
        raise SectorError(f"sector {sector.name} in {year}: values are missing in {', '.join(sorted(empty))}")


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
