"""The axis of a region: roles proposed and compared, concentration, and the sum of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, ScenarioError, silent
from tongqu.contracts import Assume, Scenario, State
from tongqu.data import Region
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.workflow.axis.compare import agreements, bases_of, differing, judged
from tongqu.workflow.axis.measures import Grounds, grounds_of
from tongqu.workflow.axis.roles import ROLES, Located, located, role_counts, score_roles, scored
from tongqu.workflow.axis.spread import concentrations, trends
from tongqu.workflow.axis.tables import (
    people_by_role,
    place_table,
    roles_counted,
    sensitivity_table,
    weight_table,
)
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.travel.answer import modelled_shares
from tongqu.workflow.travel.places import writers_of

__all__ = ["Axis", "axis", "states_of"]

PEOPLE: Final = ("people.total", "people.urban", "people.rural")
"""State variables that the axis rests on; persons by village."""

LEVELS: Final = ("town", "village")
"""Levels whose places are scored together."""

LEVEL_COLUMNS: Final = [
    "county",
    "name",
    "role",
    "count",
    "objective",
    "mean_minutes",
    "bound",
    "gap",
    "search",
]
"""Columns of `Axis.levels`."""


@dataclass(frozen=True, eq=False)
class Axis:
    """The axis of county seat, central towns and central villages in a region.

    Parameters
    ----------
    region : Region
        Where.
    scenario : str
        Name of the scenario.
    year : int
        Year that places were measured in.
    places : DataFrame
        Towns, then villages: ``unit, name, level, county, town, people, people_30`` (persons within 30
        minutes by car), ``services`` (functional index), ``jobs`` (NaN where not counted), ``growth`` (% a
        year), ``minutes_seat``; ``part_*`` (each measure that was scored, as a rank share in [0, 1]),
        ``score, rank`` (within the level), ``by_score`` (role by score), ``proposed`` (role by location),
        ``saves`` (person-minutes lost without the role, or won with one more), ``counts_for`` (role that
        its people count for: that of its town, which for a subdistrict is the seat's, or else its own),
        ``official`` (role in the plan in force, blank where none is given), ``agrees`` (missing where nothing
        can be compared) and ``reason`` (what a differing place stands out by: minutes, people or services).
    levels : DataFrame
        ``county, name, role, count, objective`` (person-minutes), ``mean_minutes, bound, gap, search``.
    agreement : DataFrame
        ``basis`` (official, rank or score), ``level, places, agree, share, kappa, error``; without the
        county seats, which are given.
    crosstab : DataFrame
        ``basis, level, proposed, other, places``.
    differ : DataFrame
        Places that differ, with the numbers behind the reason; see `tongqu.workflow.axis.compare.differing`.
    weights : DataFrame
        ``level, measure, weight, flat``: weights in use, and measures that are equal everywhere.
    sensitivity : DataFrame
        ``level, weights, changed, roles, share``: roles by score that change with equal weights, or when a
        measure is left out.
    roles : DataFrame
        ``role, places, people, people_last, share, share_last``: people of the places of each role in the
        year measured and in the last one, by ``counts_for``; every person counts once.
    concentration : DataFrame
        ``year, among, measure, value``.
    trends : DataFrame
        ``among, measure, slope, error, p, r2``, a year.
    modelled : mapping of str to float
        Share of the rows behind this that are modelled: ``positions, people, links, sites``.
    """

    region: Region
    scenario: str
    year: int
    places: pd.DataFrame
    levels: pd.DataFrame
    agreement: pd.DataFrame
    crosstab: pd.DataFrame
    differ: pd.DataFrame
    weights: pd.DataFrame
    sensitivity: pd.DataFrame
    roles: pd.DataFrame
    concentration: pd.DataFrame
    trends: pd.DataFrame
    modelled: Mapping[str, float]

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers and words."""
        proposed, last = self.places["proposed"], int(self.concentration["year"].max())
        central = self.places[proposed == "central_town"].groupby("county")["name"].agg(list)
        names = self.region["units"].set_index("unit")["name"].to_dict()
        latest = self.concentration[self.concentration["year"] == last]
        compared = self.agreement["basis"] + "." + self.agreement["level"]
        measure = latest["among"] + "." + latest["measure"]
        return {
            "region": self.region.name,
            "scenario": self.scenario,
            "year": self.year,
            "last_year": last,
            "central_towns": {names[county]: towns for county, towns in central.to_dict().items()},
            "roles": {role: int((proposed == role).sum()) for role in ROLES},
            "people_share": self.roles.set_index("role")["share"].to_dict(),
            "people_share_last": self.roles.set_index("role")["share_last"].to_dict(),
            "gap": self.levels.groupby("role")["gap"].max().to_dict(),
            "agreement": self.agreement.set_index(compared)[["share", "kappa"]].to_dict("index"),
            "differ": len(self.differ),
            "concentration": latest.set_index(measure)["value"].to_dict(),
            "modelled": dict(self.modelled),
        }


def states_of(region: Region, scenario: Scenario, *, progress: Progress = silent) -> tuple[State, ...]:
    """People in every year of a scenario, without a plan, from no more sectors than write them.

    Raises
    ------
    DataError
        If the region lacks tables that these sectors need.
    """
    sectors, assume = writers_of(PEOPLE), Assume.of(region["standards"], scenario)
    if problems := missing_tables(region, sectors):
        raise DataError(problems)
    return simulate(region, sectors, scenario=scenario, assume=assume, progress=progress)


def axis(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    year: int | None = None,
    central_towns: int = 2,
    central_villages: int | None = None,
    progress: Progress = silent,
) -> Axis:
    """Propose roles on the axis, compare them, and measure concentration.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name.
    scenario : Scenario, str or Path, optional
        Years and assumptions; the default scenario when left out. No plan is simulated.
    year : int, optional
        Year that places are measured in; the scenario's first.
    central_towns : int
        Central towns of each county beside its seat, 0 or more; no more than it has candidates.
    central_villages : int, optional
        Central villages of each county, 0 or more; one for every five rural villages when left out.
    progress : Progress
        Told where the work is.

    Returns
    -------
    Axis
        See there. County seats are those of the units table; other roles are proposals.

    Raises
    ------
    DataError
        If a county has no seat, or a place no road node.
    ScenarioError
        If the year is outside the scenario's, or a count negative.

    References
    ----------
    Christaller, W. (1933), Die zentralen Orte in Süddeutschland, Fischer. Hakimi, S. L. (1964), Operations
    Research 12, 450-459. GB 50188-2007, Standard for planning of town, 3.1.

    Examples
    --------
    >>> import tongqu
    >>> short = tongqu.Scenario(first_year=2026, last_year=2026)
    >>> found = axis("quzhou", short, central_towns=1)
    >>> found.summary()["roles"]["central_town"]
    6
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    when = chosen.first_year if year is None else year
    _require(chosen, when, counts={"central_towns": central_towns, "central_villages": central_villages})
    states = states_of(region, chosen, progress=progress)
    progress(Report("axis", done=0.0))
    grounds = grounds_of(region, states, year=when)
    counts = role_counts(grounds, central_towns=central_towns, central_villages=central_villages)
    found = located(grounds, counts)
    progress(Report("axis", done=0.8))
    return _axis(grounds, found, counts=counts, states=states, scenario=chosen.name)


def _axis(
    grounds: Grounds, found: Located, *, counts: pd.DataFrame, states: Sequence[State], scenario: str
) -> Axis:
    """All tables, once roles are proposed."""
    region, proposed = grounds.region, found.role
    scores = {level: scored(grounds, level) for level in LEVELS}
    by_score, bases = score_roles(grounds, scores, counts=counts), bases_of(grounds)
    figures, crosstab = agreements(grounds, proposed, by_score=by_score, bases=bases)
    places, differ = _compared(
        place_table(grounds, scores).assign(by_score=by_score.to_numpy()), grounds, found=found, bases=bases
    )
    counted = places.set_index("unit")["counts_for"]
    concentrated = concentrations(region, states)
    now = next(state for state in states if state.year == grounds.year)
    names = region["units"].set_index("unit")["name"]
    return Axis(
        region=region,
        scenario=scenario,
        year=grounds.year,
        places=places,
        levels=found.levels.assign(name=found.levels["county"].map(names))[LEVEL_COLUMNS],
        agreement=figures,
        crosstab=crosstab,
        differ=differ,
        weights=weight_table(scores),
        sensitivity=sensitivity_table(grounds, scores, counts=counts),
        roles=people_by_role(proposed, counted, states={"": now, "_last": states[-1]}),
        concentration=concentrated,
        trends=trends(concentrated),
        modelled=modelled_shares(region, sites=region.tables.get("sites")),
    )


def _compared(
    table: pd.DataFrame, grounds: Grounds, *, found: Located, bases: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places with their roles beside official ones, and those that differ."""
    other = judged(grounds, found.role, bases=bases)
    places = table.assign(proposed=found.role.to_numpy(), saves=found.saves.to_numpy())
    places = places.assign(
        counts_for=roles_counted(places, grounds.places["kind"]).to_numpy(),
        official=grounds.places["official"].to_numpy(),
        agrees=other["agrees"].array,
    )
    differ = differing(places.assign(other=other["other"].array), bases=bases)
    reason = differ.set_index("unit")["reason"].reindex(places["unit"], fill_value="")
    return places.assign(reason=reason.to_numpy()), differ


def _require(scenario: Scenario, year: int, *, counts: Mapping[str, int | None]) -> None:
    """A ScenarioError naming a year outside the scenario and counts below 0."""
    problems = [
        Problem(rule="a count below 0", mend="give 0 or more", column=name, value=str(count))
        for name, count in counts.items()
        if count is not None and count < 0
    ]
    if year not in scenario.years:
        mend = f"give one from {scenario.first_year} to {scenario.last_year}, or another scenario"
        problems.append(
            Problem(rule="a year outside the scenario", mend=mend, column="year", value=str(year))
        )
    if problems:
        raise ScenarioError(problems)
