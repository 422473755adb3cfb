"""What other rules of the resident pension scheme would do, and what a cohort pays in and gets out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.pension import AGES, cohort_value, lifetime
from tongqu.methods.people import Sex, china_table, single_years, survival
from tongqu.sectors.social_security import path as security
from tongqu.sectors.social_security.parameters import LIMITS, PARAMETERS, Values, scheme_of, tiers_of
from tongqu.workflow.accounts.figures import MONTHS, YUAN_PER_WAN, with_whole
from tongqu.workflow.accounts.run import Run

__all__ = ["CASES", "ENTRIES", "cohort_table", "what_if_table"]

Floats = npt.NDArray[np.float64]

CASES: Final[dict[str, dict[str, tuple[str, float]]]] = {
    "as_is": {},
    "tiers_up": {"pension.tier_factor": ("times", 1.5)},
    "subsidy_up": {"pension.subsidy_factor": ("times", 1.5)},
    "basic_up": {"pension.basic": ("plus", 50.0)},
    "age_63": {"pension.age_target": ("at_least", 63.0)},
    "age_65": {"pension.age_target": ("at_least", 65.0)},
}
"""Rules that are changed: contributions or subsidies by half, basic pension by 50 元 a month, pension age."""
ENTRIES: Final = (16, 25, 35, 45, 55)
"""Ages of joining."""
SEXES: Final[tuple[Sex, Sex]] = ("male", "female")
LIFE_YEAR: Final = 2020
"""Year that ``life.e0_male`` and ``life.e0_female`` stand for."""
FIGURES: Final = ("pension.paid", "pension.public_cost", "pension.fund", "pension.pensioners", "pension.line")


def what_if_table(
    region: Region, assume: Assume, run: Run, *, units: Sequence[str], years: Sequence[int]
) -> pd.DataFrame:
    """Pensions under other rules, all else as it is.

    ``unit, year, case`` (see `CASES`), ``pensioners, pension_yuan_month, pension_of_line, public_cost_wan,
    cost_change_wan`` (the public cost less that of ``as_is``) and ``fund_wan``.

    Parameters
    ----------
    years : sequence of int
        Years listed; all are reckoned.
    """
    rows = [run.years.index(year) for year in years]
    index = pd.MultiIndex.from_product([list(years), list(units)], names=["year", "unit"])
    parts, base = [], np.zeros(0)
    for case, changes in CASES.items():
        figures = run.pension
        if changes:
            changed = _changed(assume, changes)
            figures = security.path(region, changed, people=run.cells, years=run.years).figures
        found = {name: with_whole(figures[name])[rows] for name in FIGURES}
        cost = found["pension.public_cost"].ravel()
        base = base if base.size else cost
        paid, heads, line = (found[f"pension.{name}"].ravel() for name in ("paid", "pensioners", "line"))
        parts.append(
            index.to_frame(index=False).assign(
                case=case,
                pensioners=heads,
                pension_yuan_month=_over(paid * YUAN_PER_WAN / MONTHS, heads),
                pension_of_line=_over(paid, line),
                public_cost_wan=cost,
                cost_change_wan=cost - base,
                fund_wan=found["pension.fund"].ravel(),
            )
        )
    table = pd.concat(parts, ignore_index=True)
    columns = ["unit", "year", "case", *table.columns.drop(["unit", "year", "case"])]
    return table[columns]


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def _changed(assume: Assume, changes: dict[str, tuple[str, float]]) -> Assume:
    values = assume.values.copy()
    for name, (how, amount) in changes.items():
        now = float(values[name])
        new = {"times": now * amount, "plus": now + amount, "at_least": max(now, amount)}[how]
        values[name] = min(max(new, LIMITS[name][0]), LIMITS[name][1])
    return replace(assume, values=values)


def cohort_table(region: Region, assume: Assume, *, year: int) -> pd.DataFrame:
    """Present values of one who joins in a year, 元 at joining, by sex and age.

    Returns
    -------
    DataFrame
        ``sex, age, contributions_yuan, subsidies_yuan, account_pension_yuan, topped_up_yuan, basic_yuan,
        heirs_yuan, net_transfer_yuan, internal_rate``: real, discounted at ``pension.discount``. Deaths are
        those of the year of joining for life; contributions count the share of years in which members pay.
    """
    values: Values = {name: float(assume[name]) for name in PARAMETERS}
    tiers = tiers_of(region)
    rules = [scheme_of(values, tiers, year=year + later) for later in range(AGES)]
    rows = []
    for sex in SEXES:
        e0 = float(assume[f"life.e0_{sex}"]) + float(assume["life.gain"]) * (year - LIFE_YEAR)
        alive = survival(single_years(china_table(np.array([e0]), sex=sex))).ages[0]
        for age in ENTRIES:
            life = lifetime(rules[: AGES - age], entry_age=age, survive=alive)
            found = cohort_value(life, rate=float(assume["pension.discount"]))
            names = ("contributions", "subsidies", "account_pension", "topped_up", "basic_pension", "heirs")
            worth = [
                float(np.ravel(getattr(found, name))[0]) for name in (*names, "net_transfer", "internal_rate")
            ]
            rows.append((sex, age, *worth))
    columns = [
        "sex",
        "age",
        "contributions_yuan",
        "subsidies_yuan",
        "account_pension_yuan",
        "topped_up_yuan",
        "basic_yuan",
        "heirs_yuan",
        "net_transfer_yuan",
        "internal_rate",
    ]
    return pd.DataFrame(rows, columns=columns)
