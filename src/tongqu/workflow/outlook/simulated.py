"""States of all sectors in few years, and how far the answer to services may move the forecast."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, silent
from tongqu.contracts import Assume, Scenario, Sector, State
from tongqu.data import Region
from tongqu.engine.simulate import simulate

__all__ = ["CASES", "feedback_table", "key_states"]

FEEDBACK: Final = "feedback.services"
CASES: Final = ("low", "value", "high")


def key_states(
    region: Region, sectors: tuple[Sector, ...], *, scenario: Scenario, assume: Assume
) -> tuple[State, State, State]:
    """States of the base year, and of the first and last year of the scenario, without a plan."""
    wanted = (region.base_year, scenario.first_year, scenario.last_year)
    years = sorted(set(wanted))
    found = dict(
        zip(years, simulate(region, sectors, scenario=scenario, assume=assume, years=years), strict=True)
    )
    base, first, last = (found[year] for year in wanted)
    return base, first, last


def feedback_table(
    region: Region,
    sectors: tuple[Sector, ...],
    *,
    scenario: Scenario,
    assume: Assume,
    still: State,
    units: list[str],
    progress: Progress = silent,
) -> pd.DataFrame:
    """``unit, year, case, elasticity, people, urban, people_change, urban_change`` in the last year.

    The same simulation at the low, the assumed and the high elasticity of coming and staying to services;
    changes are from no answer at all (0). Services act a year later, so every year is simulated.

    Parameters
    ----------
    still : State
        The last year of the scenario as `key_states` gives it; taken for the case of 0, which no service
        moves, where 0 is assumed.
    """
    bounds = region["standards"].set_index("standard")[["low", "high"]].astype("float64").loc[FEEDBACK]
    value = float(assume[FEEDBACK])
    low, high = (float(np.nan_to_num(bound, nan=value)) for bound in bounds.to_numpy())
    levels = {"low": min(low, value), "value": value, "high": max(high, value)}
    made = {0.0: still} if value == 0 else {}
    for level in dict.fromkeys([*levels.values(), 0.0]):
        if level not in made:
            changed = _with_feedback(assume, level)
            *_, made[level] = simulate(region, sectors, scenario=scenario, assume=changed, progress=progress)
    sums = {level: _by_county(region, state, units=units) for level, state in made.items()}
    parts = []
    for name in CASES:
        found = sums[levels[name]]
        difference = (found - sums[0.0]).add_suffix("_change")
        part = found.join(difference).rename_axis("unit").reset_index()
        part.insert(1, "year", scenario.last_year)
        part.insert(2, "case", name)
        part.insert(3, "elasticity", levels[name])
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _with_feedback(assume: Assume, level: float) -> Assume:
    changed = assume.values.copy()
    changed[FEEDBACK] = level
    return replace(assume, values=changed)


def _by_county(region: Region, state: State, *, units: list[str]) -> pd.DataFrame:
    """People and urban people of the whole and of each county."""
    total, urban = state["people.total"], state["people.urban"]
    county = region.county_of(total.index).to_numpy()
    sums = pd.DataFrame({"people": total.groupby(county).sum(), "urban": urban.groupby(county).sum()})
    sums = sums.reindex(units[1:], fill_value=0.0)
    return pd.concat([sums.sum().to_frame(units[0]).T, sums])
