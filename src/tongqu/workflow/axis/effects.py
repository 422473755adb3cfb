"""The axis under several scenarios: whether it concentrates people or spreads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tongqu.base import Problem, Progress, ScenarioError, silent
from tongqu.contracts import Scenario, State
from tongqu.data import Region
from tongqu.workflow.axis.spread import concentrations
from tongqu.workflow.axis.study import axis, states_of
from tongqu.workflow.axis.tables import people_by_role
from tongqu.workflow.prepare import region_of

__all__ = ["AxisEffects", "axis_effects"]


@dataclass(frozen=True, eq=False)
class AxisEffects:
    """Concentration and people by role at the last year of several scenarios.

    Parameters
    ----------
    region : Region
        Where.
    base : str
        The first scenario; its roles hold in all, and differences are from it.
    year : int
        The last year, the same in all.
    concentration : DataFrame
        ``scenario, among, measure, value, difference``, measures as in `Axis.concentration`.
    roles : DataFrame
        ``scenario, role, places, people, share, difference`` (persons); a blank role is none.
    counties : DataFrame
        ``scenario, county, name, people, urban, difference`` (persons, of ``people``).
    """

    region: Region
    base: str
    year: int
    concentration: pd.DataFrame
    roles: pd.DataFrame
    counties: pd.DataFrame

    def summary(self) -> dict[str, Any]:
        """For each scenario the central city's share of urban people, and the share of people by role."""
        shares = self.concentration[self.concentration["among"] == "central_city"]
        central = shares[shares["measure"] == "share"].set_index("scenario")["value"]
        roles = self.roles.pivot(index="scenario", columns="role", values="share")
        names = list(dict.fromkeys(self.roles["scenario"]))
        return {
            "region": self.region.name,
            "base": self.base,
            "year": self.year,
            "central_city_share": {name: float(central[name]) for name in names if name in central},
            "people_share": {name: roles.loc[name].to_dict() for name in names},
        }


def axis_effects(
    region: Region | str | Path,
    scenarios: Mapping[str, Scenario],
    *,
    central_towns: int = 2,
    central_villages: int | None = None,
    progress: Progress = silent,
) -> AxisEffects:
    """Compare concentration and people by role at the last year of several scenarios.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name.
    scenarios : mapping of str to Scenario
        Scenarios by the name they are shown with, the base first: say ``base``, one that strengthens the
        centre and one that spreads. What differs between them is up to them; they share the last year.
    central_towns, central_villages : int
        As in `axis`; roles are those proposed in the first year of the base, and stay.
    progress : Progress
        Told where the work is.

    Returns
    -------
    AxisEffects
        Differences are from the base, so the base's are 0.

    Raises
    ------
    DataError
        If a county has no seat, or a place no road node.
    ScenarioError
        If there is no scenario, or their last years differ.

    Examples
    --------
    >>> import tongqu
    >>> base = tongqu.Scenario(first_year=2026, last_year=2027)
    >>> found = axis_effects("quzhou", {"base": base, "again": base})
    >>> float(found.roles["difference"].abs().max())
    0.0
    """
    _require_scenarios(scenarios)
    region = region_of(region, progress=progress)
    base, *_ = scenarios
    proposed = axis(
        region,
        scenarios[base],
        central_towns=central_towns,
        central_villages=central_villages,
        progress=progress,
    ).places.set_index("unit")
    last = {name: states_of(region, scenario, progress=progress)[-1] for name, scenario in scenarios.items()}
    return AxisEffects(
        region=region,
        base=base,
        year=scenarios[base].last_year,
        concentration=_set_against(
            {name: concentrations(region, [state]).drop(columns="year") for name, state in last.items()},
            base=base,
            keys=["among", "measure"],
            value="value",
        ),
        roles=_set_against(
            {
                name: people_by_role(proposed["proposed"], proposed["counts_for"], states={"": state})
                for name, state in last.items()
            },
            base=base,
            keys=["role"],
            value="people",
        ),
        counties=_set_against(
            {name: _by_county(region, state) for name, state in last.items()},
            base=base,
            keys=["county"],
            value="people",
        ),
    )


def _require_scenarios(scenarios: Mapping[str, Scenario]) -> None:
    if not scenarios:
        mend = "give one or more, the base first"
        raise ScenarioError([Problem(rule="there is no scenario", mend=mend, column="scenarios")])
    base = next(iter(scenarios.values()))
    problems = [
        Problem(
            rule="the last years differ",
            mend=f"give it the last year of the first scenario, {base.last_year}",
            column=name,
            value=str(scenario.last_year),
        )
        for name, scenario in scenarios.items()
        if scenario.last_year != base.last_year
    ]
    if problems:
        raise ScenarioError(problems)


def _by_county(region: Region, state: State) -> pd.DataFrame:
    """People and urban people of each county."""
    total, urban = state["people.total"], state["people.urban"]
    county = region.county_of(total.index).to_numpy()
    sums = pd.DataFrame({"people": total.groupby(county).sum(), "urban": urban.groupby(county).sum()})
    names = region["units"].set_index("unit")["name"]
    table = sums.rename_axis("county").reset_index()
    table.insert(1, "name", table["county"].map(names))
    return table


def _set_against(
    tables: Mapping[str, pd.DataFrame], *, base: str, keys: list[str], value: str
) -> pd.DataFrame:
    """The scenarios' tables below one another, with the difference of a column from the base's."""
    first = tables[base].set_index(keys)[value]
    parts = []
    for name, table in tables.items():
        own = table.set_index(keys)
        part = own.assign(difference=own[value] - first.reindex(own.index)).reset_index()
        part.insert(0, "scenario", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
