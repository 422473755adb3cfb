"""What the counties can afford every year, what old age costs, and how far incomes are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, ScenarioError, silent
from tongqu.contracts import Assume, Scenario
from tongqu.data import Language, Region
from tongqu.methods.public_accounts import imbalance
from tongqu.sectors.finance.parameters import check_parameters as check_finance
from tongqu.sectors.population.parameters import check_parameters as check_people
from tongqu.sectors.social_security.parameters import check_parameters as check_pensions
from tongqu.workflow.accounts.figures import figures_of, quantiles
from tongqu.workflow.accounts.pensions import cohort_table, what_if_table
from tongqu.workflow.accounts.run import UNCERTAIN, Floats, carried, first_year
from tongqu.workflow.accounts.tables import (
    budget_table,
    debt_table,
    income_part_table,
    income_table,
    newcomer_table,
    pension_table,
    published_table,
)
from tongqu.workflow.draws import drawn
from tongqu.workflow.files import Kind, book_of, save_tables
from tongqu.workflow.prepare import ENGINE, region_of, scenario_of

__all__ = ["TABLES", "Accounts", "accounts", "wrong_numbers"]

KIND: Final[Kind] = "accounts"
WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
LATEST: Final = 2100
"""Last year that can be asked for: beyond it nothing in the rates is known."""
MOST_FUTURES: Final = 10_000
BATCH: Final = 250
"""Futures carried on at a time, so that memory does not grow with their number."""

TABLES: Final = (
    "budgets",
    "debt",
    "published",
    "pension",
    "what_if",
    "cohorts",
    "incomes",
    "income_parts",
    "newcomers",
    "ranges",
    "draws",
)
"""Names of the tables, in the order of sheets and files."""


@dataclass(frozen=True, eq=False)
class Accounts:
    """Budgets, debt, pensions and incomes of the years ahead, without a plan.

    Everything after the latest accounts is projected. Units are the whole (the code of the only city, else
    ``region``) and its counties. Money in 万元 of constant prices where not said otherwise.

    Parameters
    ----------
    region : Region
        Where.
    scenario : str
        Name of the scenario.
    whole : str
        Code of all counties together.
    years : mapping of str to int
        ``base`` (the latest accounts, or the census where it is later) and ``until``.
    futures, seed : int
        How many futures were drawn, and from which seed.
    imbalance_wan : float
        Largest amount by which an identity of the budgets fails.
    fund_imbalance_wan : float
        The same for the individual accounts of the pension scheme.
    modelled : float
        Share of the rows of the table ``accounts`` that are modelled.
    budgets, debt, published, pension, incomes, income_parts, newcomers : DataFrame
        See `tongqu.workflow.accounts.tables`.
    what_if, cohorts : DataFrame
        See `tongqu.workflow.accounts.pensions`.
    ranges : DataFrame
        See `tongqu.workflow.accounts.figures.quantiles`.
    draws : DataFrame
        ``future`` and a column for each parameter drawn.
    """

    region: Region
    scenario: str
    whole: str
    years: Mapping[str, int]
    futures: int
    seed: int
    imbalance_wan: float
    fund_imbalance_wan: float
    modelled: float
    budgets: pd.DataFrame
    debt: pd.DataFrame
    published: pd.DataFrame
    pension: pd.DataFrame
    what_if: pd.DataFrame
    cohorts: pd.DataFrame
    incomes: pd.DataFrame
    income_parts: pd.DataFrame
    newcomers: pd.DataFrame
    ranges: pd.DataFrame
    draws: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by the names of `TABLES`."""
        return {name: getattr(self, name) for name in TABLES}

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers, by year where they have one."""
        shown = sorted({self.years["base"] + 1, *self.years.values()})
        found: dict[str, Any] = {
            "region": self.region.name,
            "scenario": self.scenario,
            **self.years,
            "futures": self.futures,
            "seed": self.seed,
        }
        picked = {
            "budgets": ("own_revenue", "expenditure", "shortfall", "self_sufficiency"),
            "debt": ("ratio",),
            "pension": ("pensioners", "pension_yuan_month", "pension_of_line", "public_cost_wan"),
            "incomes": ("urban_yuan", "rural_yuan", "ratio"),
        }
        for table, names in picked.items():
            mine = self._of_whole(self.tables[table])
            if table == "budgets":
                mine = mine[~mine["opening"]]
            mine = mine.set_index("year")
            for name in names:
                key = {"ratio": f"{table}_ratio"}.get(name, name)
                values = mine[name].astype("float64")
                found[key] = {str(year): float(values[year]) for year in shown if year in values.index}
        last = self._of_whole(self.ranges)
        last = last[last["year"] == self.years["until"]].set_index("variable")
        return found | {
            "income_target": float(self.incomes["target"].iloc[0]),
            "bands": self.debt.groupby("band").size().sort_index().to_dict(),
            "ranges_until": {
                str(name): last.loc[name, ["p10", "p50", "p90"]].tolist() for name in last.index
            },
            "imbalance_wan": self.imbalance_wan,
            "fund_imbalance_wan": self.fund_imbalance_wan,
            "modelled_accounts": self.modelled,
        }

    def _of_whole(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["unit"] == self.whole]

    def save(self, folder: str | FilePath, *, force: bool = False) -> FilePath:
        """Write every table as CSV (UTF-8 with a mark, for Excel) and a ``manifest.json`` into a folder.

        The folder appears whole or not at all.

        Parameters
        ----------
        folder : str or Path
            A folder that is absent or empty.
        force : bool
            Whether earlier accounts there may be replaced; nothing else ever is.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        RunError
            If something else is there, or earlier accounts and not ``force``.
        """
        made = {
            "engine": ENGINE,
            "region": self.region.name,
            "region_sha256": self.region.sha256,
            "scenario": self.scenario,
            "years": dict(self.years),
            "futures": self.futures,
            "seed": self.seed,
        }
        return save_tables(FilePath(folder), kind=KIND, tables=self.tables, manifest=made, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        standards = self.region["standards"].set_index("standard")[f"name_{language}"]
        shown = self.tables | {"draws": self.draws.rename(columns=standards.to_dict())}
        return book_of(shown, self.region, kind=KIND, language=language)


def accounts(
    region: Region | str | FilePath,
    scenario: Scenario | str | FilePath | None = None,
    *,
    until: int = 2050,
    futures: int = 200,
    seed: int = 1,
    progress: Progress = silent,
) -> Accounts:
    """Carry budgets, debt, pensions and incomes on, without a plan.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name.
    scenario : Scenario, str or Path, optional
        Assumptions; the default scenario when left out.
    until : int
        Last year, after the latest accounts and at most 2100.
    futures : int
        Futures to draw for the ranges, 0 to 10,000.
    seed : int
        Seed of the draws, 0 or more.
    progress : Progress
        Told where the work is.

    Returns
    -------
    Accounts
        See there.

    Raises
    ------
    DataError
        If a number is out of range, or the accounts lack an item.
    ScenarioError
        If the scenario cannot be read, or names an unknown standard or one with a value that cannot be.

    Examples
    --------
    >>> found = accounts("quzhou", until=2030, futures=0)
    >>> found.imbalance_wan < 1e-4, found.years["base"]
    (True, 2024)
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := wrong_numbers(region, until=until, futures=futures, seed=seed):
        raise DataError(problems)
    assume = Assume.of(region["standards"], chosen)
    check_assumed(assume)
    run = carried(region, assume, until=until, progress=progress)
    cities = region.level("city").index
    units = [str(cities[0]) if len(cities) == 1 else WHOLE, *(str(code) for code in run.counties)]
    draws = drawn(region["standards"], assume, names=UNCERTAIN, futures=futures, seed=seed)
    pension, start = pension_table(run, units), run.years[0]
    return Accounts(
        region=region,
        scenario=chosen.name,
        whole=units[0],
        years={"base": start, "until": until},
        futures=futures,
        seed=seed,
        imbalance_wan=imbalance(run.finance.accounts),
        fund_imbalance_wan=_fund_imbalance(pension),
        modelled=float(region["accounts"]["modelled"].mean()),
        budgets=budget_table(run, units),
        debt=debt_table(run, units, assume=assume),
        published=published_table(region, assume),
        pension=pension,
        what_if=what_if_table(region, assume, run, units=units, years=_listed(run.years)),
        cohorts=cohort_table(region, assume, year=start + 1),
        incomes=income_table(run, units, region=region),
        income_parts=income_part_table(run, units),
        newcomers=newcomer_table(run, units, region=region, assume=assume),
        ranges=_ranges(
            region, assume, draws, units=units, first=run.incomes[0], until=until, progress=progress
        ),
        draws=draws.reset_index(),
    )


def _listed(years: tuple[int, ...]) -> list[int]:
    """Every fifth year, and the last."""
    return [year for year in years if year % 5 == 0 or year == years[-1]]


def _fund_imbalance(pension: pd.DataFrame) -> float:
    """Largest amount by which opening and flows of the individual accounts miss the closing balance."""
    into = pension[["contributions_wan", "subsidy_wan", "interest_wan", "moved_wan"]].sum(axis=1)
    out = pension[["account_paid_wan", "heirs_wan"]].sum(axis=1)
    before = pension.groupby("unit", sort=False)["fund_wan"].shift()
    gap = (before + into - out - pension["fund_wan"]).abs()
    return float(gap.max()) if gap.notna().any() else 0.0


def _ranges(
    region: Region,
    assume: Assume,
    draws: pd.DataFrame,
    *,
    units: list[str],
    first: Floats,
    until: int,
    progress: Progress,
) -> pd.DataFrame:
    parts, years = [], range(first_year(region), until + 1)
    for at in range(0, len(draws), BATCH):
        some = draws.iloc[at : at + BATCH]
        values = {str(name): some[name].to_numpy() for name in some}
        parts.append(figures_of(carried(region, assume, until=until, futures=values, first_income=first)))
        progress(Report("futures", done=min(at + BATCH, len(draws)) / len(draws)))
    return quantiles(parts, years=list(years), units=units)


def check_assumed(assume: Assume) -> None:
    """Nothing if every parameter of pensions, people, budgets and incomes can be.

    Raises
    ------
    ScenarioError
        With every parameter that cannot be, once.
    """
    values = {str(name): float(value) for name, value in assume.values.items()}
    problems: dict[str, Problem] = {}
    for check in (check_pensions, check_people, check_finance):
        try:
            check(values)
        except ScenarioError as error:
            for problem in error.problems:
                problems.setdefault(problem.column, problem)
    if problems:
        raise ScenarioError(list(problems.values()))


def wrong_numbers(region: Region, *, until: int, futures: int, seed: int) -> list[Problem]:
    """A problem for every number that is out of range; see `accounts`."""
    start = first_year(region)
    problems = []
    if not start < until <= LATEST:
        mend = f"give a year from {start + 1} to {LATEST}"
        rule = "the last year is not after the latest accounts, or too late"
        problems.append(Problem(rule, mend=mend, column="until", value=str(until)))
    if not 0 <= futures <= MOST_FUTURES:
        mend = f"give a number from 0 to {MOST_FUTURES}"
        rule = "a number of futures out of range"
        problems.append(Problem(rule, mend=mend, column="futures", value=str(futures)))
    if seed < 0:
        problems.append(Problem("a negative seed", mend="give 0 or more", column="seed", value=str(seed)))
    return problems
