"""The outlook of a region, and the work that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume, Scenario
from tongqu.data import Language, Region
from tongqu.sectors.population.path import Path, path
from tongqu.workflow.outlook.files import book_of, save_tables
from tongqu.workflow.outlook.futures import draws_of, ranges_of
from tongqu.workflow.outlook.people import account_table, people_table, totals_table, units_of
from tongqu.workflow.outlook.published import nowcast_table, target_table
from tongqu.workflow.outlook.rates import calibration_table, flow_table, schedule_table
from tongqu.workflow.outlook.simulated import feedback_table, key_states
from tongqu.workflow.outlook.structure import HOLLOW, structure_table
from tongqu.workflow.outlook.villages import village_table
from tongqu.workflow.prepare import ENGINE, region_of, scenario_of, sectors_for

__all__ = ["TABLES", "Outlook", "project", "wrong_numbers"]

LATEST: Final = 2100
"""Last year that can be asked for: beyond it nothing in the rates is known."""
MOST_FUTURES: Final = 10_000
IN: Final = ("births", "arrivals", "immigrants")
OUT: Final = ("deaths", "departures", "emigrants")
NET: Final = ("reclassified", "registered")

TABLES: Final = (
    "people",
    "totals",
    "accounts",
    "ranges",
    "draws",
    "feedback",
    "flows",
    "schedules",
    "calibration",
    "villages",
    "structure",
    "nowcast",
    "targets",
)
"""Names of the tables, in the order of sheets and files."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """People, towns and villages of the years ahead, without a plan.

    Everything after the census is projected. Units are the whole (the code of the only city, else
    ``region``) and its counties.

    Parameters
    ----------
    region : Region
        Where.
    scenario : str
        Name of the scenario.
    years : mapping of str to int
        ``base`` (the census), ``first`` and ``last`` (of the scenario) and ``until``.
    futures, seed : int
        How many futures were drawn, and from which seed.
    people : DataFrame
        ``unit, year, register`` (here or elsewhere), ``residence, sex, age`` (18 groups), ``people``.
    totals : DataFrame
        ``unit, year``; persons ``people, urban, rural, aged_0_14, aged_6_14, aged_15_64, aged_65``; shares
        ``urban_share, aged_65_share, registered_share``; ``dependency_young, dependency_old`` (of people aged
        15-64); ``median_age``.
    accounts : DataFrame
        ``unit, year, residence, start, births, deaths, arrivals, departures, immigrants, emigrants,
        reclassified, registered, end, newly_registered``; start and items give the end.
    ranges : DataFrame
        ``unit, year, variable, p10, p50, p90`` over the futures.
    draws : DataFrame
        ``future`` and a column for each parameter drawn.
    feedback : DataFrame
        ``unit, year, case`` (low, value, high), ``elasticity, people, urban, people_change, urban_change``:
        how far the answer of people to services moves the last year of the scenario. Studies disagree on its
        sign, so the assumed value is 0 and this range is shown beside the others.
    flows : DataFrame
        ``origin, destination, kind, people, modelled``: persons a year in the decade of the censuses.
    schedules : DataFrame
        ``age, leaving, coming, within``.
    calibration : DataFrame
        ``unit, name, value``.
    villages : DataFrame
        See `tongqu.workflow.outlook.villages.village_table`.
    structure : DataFrame
        See `tongqu.workflow.outlook.structure.structure_table`.
    nowcast : DataFrame
        See `tongqu.workflow.outlook.published.nowcast_table`.
    targets : DataFrame
        ``unit, year, urbanization, target, gap``, per cent.
    """

    region: Region
    scenario: str
    years: Mapping[str, int]
    futures: int
    seed: int
    people: pd.DataFrame
    totals: pd.DataFrame
    accounts: pd.DataFrame
    ranges: pd.DataFrame
    draws: pd.DataFrame
    feedback: pd.DataFrame
    flows: pd.DataFrame
    schedules: pd.DataFrame
    calibration: pd.DataFrame
    villages: pd.DataFrame
    structure: pd.DataFrame
    nowcast: pd.DataFrame
    targets: pd.DataFrame

    @property
    def whole(self) -> str:
        """Code of all counties together."""
        return str(self.totals["unit"].iloc[0])

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by the names of `TABLES`."""
        return {name: getattr(self, name) for name in TABLES}

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers."""
        totals = self.totals[self.totals["unit"] == self.whole].set_index("year")
        shown = sorted(set(self.years.values()) & set(totals.index))
        figures = ("people", "urban", "urban_share", "aged_65_share", "aged_6_14", "median_age")
        rural = self.villages[self.villages["residence"] == "rural"]
        explained = self.calibration.loc[self.calibration["name"] == "explained", "value"]
        return {
            "region": self.region.name,
            "scenario": self.scenario,
            **self.years,
            "futures": self.futures,
            "seed": self.seed,
            **{
                figure: {str(year): value for year, value in totals.loc[shown, figure].to_dict().items()}
                for figure in figures
            },
            "people_peak": int(totals["people"].to_numpy().argmax()) + self.years["base"],
            "ranges_until": self._last_ranges(),
            "feedback_people": self._of_whole(self.feedback).set_index("case")["people_change"].to_dict(),
            "target_reached": self._reached(),
            "villages": self.villages["future"].value_counts().sort_index().to_dict(),
            "rural_villages": len(rural),
            "hollow_50": float((rural["young_kept"].dropna() < HOLLOW[0]).mean()),
            "explained": float(explained.iloc[0]),
            "nowcast": self.nowcast[["unit", "figure", "year", "projected", "published"]].to_dict("records"),
            "imbalance": self.imbalance,
            "modelled_villages": float(self.villages["modelled"].mean()),
        }

    def _of_whole(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["unit"] == self.whole]

    def _last_ranges(self) -> dict[str, list[float]]:
        """Quantiles of each figure of the whole in the last year."""
        mine = self._of_whole(self.ranges)
        last = mine[mine["year"] == self.years["until"]].set_index("variable")
        return {str(name): last.loc[name, ["p10", "p50", "p90"]].tolist() for name in last.index}

    @property
    def imbalance(self) -> float:
        """Largest amount, in persons, by which an account of a year does not add up."""
        items = self.accounts
        end = items["start"] + sum(items[name] for name in (*IN, *NET)) - sum(items[name] for name in OUT)
        return float((end - items["end"]).abs().max()) if len(items) else 0.0

    def _reached(self) -> int | None:
        """First year in which the whole reaches the target of urbanization; None if it never does."""
        mine = self.targets[(self.targets["unit"] == self.whole) & (self.targets["gap"] <= 0)]
        return int(mine["year"].min()) if len(mine) else None

    def save(self, folder: str | FilePath, *, force: bool = False) -> FilePath:
        """Write every table as CSV (UTF-8 with a mark, for Excel) and a ``manifest.json`` into a folder.

        The folder appears whole or not at all.

        Parameters
        ----------
        folder : str or Path
            A folder that is absent or empty.
        force : bool
            Whether an earlier outlook there may be replaced; nothing else ever is.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        RunError
            If something else is there, or an earlier outlook and not ``force``.
        """
        made = {
            "kind": "outlook",
            "engine": ENGINE,
            "region": self.region.name,
            "region_sha256": self.region.sha256,
            "scenario": self.scenario,
            "years": dict(self.years),
            "futures": self.futures,
            "seed": self.seed,
        }
        return save_tables(FilePath(folder), tables=self.tables, manifest=made, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        return book_of(self.tables, self.region, language=language)


def project(
    region: Region | str | FilePath,
    scenario: Scenario | str | FilePath | None = None,
    *,
    until: int = 2050,
    futures: int = 200,
    seed: int = 1,
    progress: Progress = silent,
) -> Outlook:
    """Project people, towns and villages, without a plan.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name.
    scenario : Scenario, str or Path, optional
        Years and assumptions; the default scenario when left out.
    until : int
        Last year of the forecast, after the census and at most 2100.
    futures : int
        Futures to draw for the ranges, 0 to 10,000.
    seed : int
        Seed of the draws, 0 or more.
    progress : Progress
        Told where the work is.

    Returns
    -------
    Outlook
        See there.

    Raises
    ------
    DataError
        If a number is out of range, or the region lacks tables that a sector needs.
    ScenarioError
        If the scenario cannot be read or names an unknown standard.

    References
    ----------
    Preston, S. H., Heuveline, P. and Guillot, M. (2001), Demography, Blackwell, chapter 6.

    Examples
    --------
    >>> found = project("quzhou", until=2030, futures=0)
    >>> found.summary()["people_peak"]
    2030
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := wrong_numbers(region, until=until, futures=futures, seed=seed):
        raise DataError(problems)
    sectors, assume = sectors_for(region), Assume.of(region["standards"], chosen)
    made = path(region, assume, until=until, progress=progress)
    units = units_of(region, made)
    draws = draws_of(region, assume, futures=futures, seed=seed)
    ranges = ranges_of(region, assume, draws, units=units, until=until, progress=progress)
    progress(Report("simulate"))
    states = key_states(region, sectors, scenario=chosen, assume=assume)
    feedback = feedback_table(
        region, sectors, scenario=chosen, assume=assume, still=states[-1], units=units, progress=progress
    )
    years = {"base": made.years[0], "first": chosen.first_year, "last": chosen.last_year, "until": until}
    villages = village_table(region, states, path=made, assume=assume)
    return Outlook(
        region=region,
        scenario=chosen.name,
        years=years,
        futures=futures,
        seed=seed,
        ranges=ranges,
        draws=draws.reset_index(),
        feedback=feedback,
        villages=villages,
        structure=structure_table(made, villages, when=years),
        **_tables(region, made, units=units),
    )


def _tables(region: Region, made: Path, *, units: list[str]) -> dict[str, pd.DataFrame]:
    """Tables that follow from the people of the counties."""
    totals, accounts = totals_table(made, units), account_table(made, units)
    return {
        "people": people_table(made, units),
        "totals": totals,
        "accounts": accounts,
        "flows": flow_table(made.calibration, units[1:]),
        "schedules": schedule_table(made.calibration),
        "calibration": calibration_table(made.calibration, whole=units[0], counties=units[1:]),
        "nowcast": nowcast_table(region, totals, accounts),
        "targets": target_table(region, totals, units=units),
    }


def wrong_numbers(region: Region, *, until: int, futures: int, seed: int) -> list[Problem]:
    """A problem for every number that is out of range; see `project`."""
    census = int(region["people"]["year"].max())
    problems = []
    if not census < until <= LATEST:
        mend = f"give a year from {census + 1} to {LATEST}"
        problems.append(
            Problem(
                rule="the last year is not after the census, or too late",
                mend=mend,
                column="until",
                value=str(until),
            )
        )
    if not 0 <= futures <= MOST_FUTURES:
        mend = f"give a number from 0 to {MOST_FUTURES}"
        problems.append(
            Problem(rule="a number of futures out of range", mend=mend, column="futures", value=str(futures))
        )
    if seed < 0:
        problems.append(
            Problem(rule="a negative seed", mend="give 0 or more", column="seed", value=str(seed))
        )
    return problems
