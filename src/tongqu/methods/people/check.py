"""What is wrong with the rates of a year, all of it at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods.people.rates import Rates

__all__ = ["rate_problems"]

_SUMS: Final = 1e-9
"""By how much shares may miss a sum of 1."""
_BIRTHS: Final = 1.0
"""Most births a year per woman of an age."""


def rate_problems(rates: Rates, *, shape: tuple[int, ...]) -> None:
    """Nothing if the rates can be and fit people of a shape.

    Parameters
    ----------
    rates : Rates
        Of one year.
    shape : tuple of int
        Of the people: (..., region, residence, sex, age).

    Raises
    ------
    DataError
        Naming every rate that is missing, negative, above 1 or of a shape that does not fit, shares that do
        not add up to 1, leavers without a destination or with two, and a register without its axis.

    Examples
    --------
    >>> from tongqu.methods.people import Rates, Survival
    >>> rate_problems(Rates(Survival(np.array(1.0), np.ones(3)), fertility=0.0), shape=(1, 2, 2, 3))
    """
    places, cells, movers = shape[:-2], shape[:-1], shape
    if rates.register is not None and len(shape) > 4:
        movers = (*shape[:-5], 1, *shape[-4:])
    found: list[Problem] = []
    bounded: tuple[tuple[str, npt.ArrayLike | None, tuple[int, ...], float], ...] = (
        ("survival.ages", rates.survival.ages, shape, 1.0),
        ("survival.births", rates.survival.births, cells, 1.0),
        ("fertility", rates.fertility, (*places, shape[-1]), _BIRTHS),
        ("boys", rates.boys, places, 1.0),
        ("leaving", rates.leaving, shape, 1.0),
        ("emigration", rates.emigration, shape, 1.0),
        ("immigration", rates.immigration, shape, float(np.finfo(np.float64).max)),
        ("urbanise", rates.urbanise, shape[:-3], 1.0),
        ("pull", rates.pull, movers, 1.0),
        ("routes", rates.routes, (*movers[:-4], *[shape[-4] * shape[-3]] * 2), 1.0),
        ("register", rates.register, (*shape[:-5], *shape[-4:-2]), 1.0),
    )
    for column, values, whole, high in bounded:
        if values is not None:
            found += _bounds(np.asarray(values, dtype=np.float64), column=column, shape=whole, high=high)
    found += _destinations(rates, shape=shape)
    if rates.register is not None and (len(shape) < 5 or shape[-5] != 2):
        found.append(
            Problem(
                column="register",
                rule="people have no axis of two registers",
                mend="put registered here, elsewhere before the region",
            )
        )
    if found:
        raise DataError(found)


def _bounds(
    values: npt.NDArray[np.float64], *, column: str, shape: tuple[int, ...], high: float
) -> list[Problem]:
    try:
        fits = np.broadcast_shapes(values.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        rule = f"its shape {values.shape} does not broadcast to {shape}"
        return [Problem(column=column, rule=rule, mend="give one value for each cell, or one for all")]
    bad = np.flatnonzero(~((values >= 0) & (values <= high)))
    if not bad.size:
        return []
    return [
        Problem(
            column=column,
            value=f"{values.reshape(-1)[bad[0]]:g}",
            rule=f"{bad.size} of {values.size} values are missing or outside [0, {high:g}]",
            mend=f"mend the values at positions {', '.join(map(str, bad[:5]))} (counted from 0)",
        )
    ]


def _destinations(rates: Rates, *, shape: tuple[int, ...]) -> list[Problem]:
    given = (rates.routes is not None) + (rates.pull is not None)
    if given != (rates.leaving is not None):
        rule = f"{given} destinations for {'leavers' if rates.leaving is not None else 'nobody who leaves'}"
        return [Problem(column="leaving", rule=rule, mend="give leaving with routes or with pull, not both")]
    found = []
    if rates.pull is not None:
        pull = np.asarray(rates.pull, dtype=np.float64)
        fits = pull.ndim >= 4 and pull.shape[-4:-2] == shape[-4:-2]
        if not fits or (np.abs(pull.sum(axis=(-4, -3)) - 1) > _SUMS).any():
            rule = "it does not add up to 1 over region and residence"
            found.append(Problem(column="pull", rule=rule, mend="divide it by its sum"))
    if rates.routes is not None:
        routes = np.asarray(rates.routes, dtype=np.float64)
        if routes.ndim < 2 or (np.abs(routes.sum(axis=-1) - 1) > _SUMS).any():
            found.append(
                Problem(column="routes", rule="a row does not add up to 1", mend="divide rows by their sums")
            )
    return found
