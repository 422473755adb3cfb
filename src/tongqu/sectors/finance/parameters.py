"""Standards that budgets, debt and incomes depend on, and the values that they can have at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import limit_problems

__all__ = ["LIMITS", "check_parameters"]

_SHARE: Final = (0.0, 1.0)
_GROWTH: Final = (-0.99, 0.99)
_ELASTICITY: Final = (-5.0, 5.0)
_SIDES: Final = ("urban", "rural")
_SOURCES: Final = ("wage", "business", "property", "transfer")

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "growth.own_revenue": _GROWTH,
    "growth.transfers": _GROWTH,
    "growth.expenditure": _GROWTH,
    "growth.land_income": _GROWTH,
    "growth.income_urban": _GROWTH,
    "growth.income_rural": _GROWTH,
    "growth.productivity_farm": _GROWTH,
    "growth.productivity_secondary": _GROWTH,
    "growth.productivity_tertiary": _GROWTH,
    "elasticity.revenue": _ELASTICITY,
    "elasticity.income_county": _ELASTICITY,
    "rate.interest": (0.0, 1.0),
    "debt.warning": (1.0, 1000.0),
    "accounts.tax_share": _SHARE,
    "accounts.land_share": (0.0, 100.0),
    "accounts.general_share": _SHARE,
    "accounts.debt_issue": _SHARE,
    "income.labour_share": _SHARE,
    "income.pension_in_transfers": _SHARE,
    **{f"income.{side}_{source}": _SHARE for side in _SIDES for source in _SOURCES},
}
"""Values beyond which a parameter means nothing; far wider than what is likely."""


def check_parameters(values: Mapping[str, npt.ArrayLike]) -> None:
    """Nothing if every parameter that is given can be.

    Parameters
    ----------
    values : mapping of str to array_like
        Parameters by name: a number, or one for each future; other names are passed over.

    Raises
    ------
    ScenarioError
        With every parameter outside its limits, and every side whose shares of income are all 0.

    Examples
    --------
    >>> check_parameters({"accounts.tax_share": 0.7})
    """
    problems = limit_problems(values, LIMITS)
    for side in _SIDES:
        names = [f"income.{side}_{source}" for source in _SOURCES]
        if all(name in values and not np.any(values[name]) for name in names):
            problems.append(
                Problem(
                    rule="shares of income that are all 0",
                    mend="give one of them a value above 0",
                    file="scenario",
                    column=f"assume.{names[0]}",
                    value="0",
                )
            )
    if problems:
        raise ScenarioError(problems)
