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
from tongqu.sectors.social_security import path as security
from tongqu.sectors.social_security.cohorts import cohort_table as present_values
from tongqu.sectors.social_security.members import SEXES
from tongqu.sectors.social_security.parameters import LIMITS
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
COHORT: Final = {
    "sex": "sex",
    "entry_age": "age",
    "contributions": "contributions_yuan",
    "subsidies": "subsidies_yuan",
    "account_pension": "account_pension_yuan",
    "topped_up": "topped_up_yuan",
    "basic_pension": "basic_yuan",
    "heirs": "heirs_yuan",
    "net_transfer": "net_transfer_yuan",
    "internal_rate": "internal_rate",
}
"""Columns of the cohorts by those of the sector's table."""
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

    Those of `tongqu.sectors.social_security.cohorts.cohort_table`.

    Returns
    -------
    DataFrame
        ``sex, age, contributions_yuan, subsidies_yuan, account_pension_yuan, topped_up_yuan, basic_yuan,
        heirs_yuan, net_transfer_yuan, internal_rate``: real, discounted at ``pension.discount``.
    """
    parts = [
        present_values(region, assume, year=year, entry_ages=ENTRIES, sex=sex).assign(sex=sex)
        for sex in SEXES
    ]
    return pd.concat(parts, ignore_index=True).rename(columns=COHORT)[list(COHORT.values())]
