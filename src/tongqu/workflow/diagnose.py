"""Diagnose: how things stand in a region now, by sector, and how town and country fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Assume, Scenario, State
from tongqu.data import Region
from tongqu.engine.coordinate import Indicators, indicators_of
from tongqu.engine.simulate import simulate
from tongqu.workflow.prepare import region_of, scenario_of, sectors_for

__all__ = ["Diagnosis", "diagnose"]


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Parameters
    ----------
    figures : DataFrame
        ``sector, unit, variable, value``.
    state : State
        Every state variable in the year diagnosed.
    indicators : Indicators
        Values, scores and indices by county.
    """

    region: Region
    year: int
    figures: pd.DataFrame
    state: State
    indicators: Indicators

    def beyond(self, service: str) -> pd.DataFrame:
        """Villages without a service: ``unit, name, people, minutes``, most people first."""
        lacking = self.state[f"demand.{service}"] - self.state[f"served.{service}"]
        lacking = lacking[lacking > 0].rename("people")
        names = self.region["units"].set_index("unit")["name"]
        table = lacking.to_frame().assign(name=names.reindex(lacking.index))
        if f"minutes.{service}" in self.state:
            table["minutes"] = self.state[f"minutes.{service}"].reindex(lacking.index)
        table = table.rename_axis("unit").reset_index()
        return table.sort_values(["people", "unit"], ascending=[False, True], ignore_index=True)

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers; a share of nobody is NaN."""
        indices = self.indicators.indices.reset_index("year", drop=True)
        served = {}
        for service in self.state.matching("served"):
            demand = float(self.state[f"demand.{service}"].sum())
            met = float(self.state[f"served.{service}"].sum())
            served[service] = met / demand if demand > 0 else math.nan
        return {
            "region": self.region.name,
            "year": self.year,
            "people": float(self.state["people.total"].sum()),
            "served": served,
            "coordination": indices["D"].to_dict(),
            "left_out": list(self.indicators.left_out),
        }


def diagnose(
    region: Region | str | Path, scenario: Scenario | str | Path | None = None, *, progress: Progress = silent
) -> Diagnosis:
    """Diagnose a region in the first year of a scenario (the default scenario's, unless given)."""
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    sectors = sectors_for(region)
    assume = Assume.of(region["standards"], chosen)
    states = simulate(
        region, sectors, scenario=chosen, assume=assume, years=[chosen.first_year], progress=progress
    )
    progress(Report("diagnose"))
    parts = [sector.diagnose(region, states[0]).figures.assign(sector=sector.name) for sector in sectors]
    figures = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return Diagnosis(
        region,
        chosen.first_year,
        figures[["sector", "unit", "variable", "value"]],
        states[0],
        indicators_of(region, states),
    )
