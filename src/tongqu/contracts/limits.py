"""Values that standards can have at all: one check for every sector."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tongqu.base import Problem, ScenarioError

__all__ = ["check_limits", "limit_problems"]


def limit_problems(
    values: Mapping[str, npt.ArrayLike], limits: Mapping[str, tuple[float, float]]
) -> list[Problem]:
    """One problem for each standard that is missing or outside its limits; those not given are passed over.

    Parameters
    ----------
    values : mapping of str to array_like
        Standards by name: a number, or one for each future.
    limits : mapping of str to tuple of float
        Least and greatest value by name.

    Examples
    --------
    >>> [problem.column for problem in limit_problems({"rate": 2.0, "age": 60.0}, {"rate": (0.0, 1.0)})]
    ['assume.rate']
    """
    problems = []
    for name, (low, high) in limits.items():
        if name not in values:
            continue
        value: object = values[name]
        if type(value) is float and low <= value <= high:  # most are single numbers: no array for them
            continue
        found = np.asarray(values[name], dtype=np.float64).ravel()
        wrong = found[~((found >= low) & (found <= high))]
        if wrong.size:
            problems.append(
                Problem(
                    rule="a value that cannot be",
                    mend=f"give one from {low:g} to {high:g}",
                    file="scenario",
                    column=f"assume.{name}",
                    value=f"{wrong[0]:g}",
                )
            )
    return problems


def check_limits(values: Mapping[str, npt.ArrayLike], limits: Mapping[str, tuple[float, float]]) -> None:
    """Nothing if every standard that is given is within its limits; see `limit_problems`.

    Raises
    ------
    ScenarioError
        With every standard that is not.
    """
    if problems := limit_problems(values, limits):
        raise ScenarioError(problems)
