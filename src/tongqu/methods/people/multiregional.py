"""The multiregional matrix projection of Rogers and Willekens, in steps as wide as an age group.

Matrices are (to, from): column j says what happens to those who live in region j. The axis of ages stands
before them. No sexes: births are of both, per person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Growth", "growth_matrix", "leslie_matrix", "project_groups", "transition"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What carries people one step forward.

    Parameters
    ----------
    births : numpy.ndarray of float
        Children of the first group in region i at the end per person of each age in region j at the start,
        shape (..., ages, regions, regions).
    survivors : numpy.ndarray of float
        Share of people of each age but the last in region j who are in region i, one group older, shape
        (..., ages - 1, regions, regions).
    """

    births: Floats
    survivors: Floats


def transition(deaths: npt.ArrayLike, *, moves: npt.ArrayLike, width: float) -> Floats:
    """Probabilities to live in region i at the end of an age, of those in region j at its start.

    `P = (I + n/2 M)^-1 (I - n/2 M)`: `M` has the death and departure rates of region j on its diagonal, and
    minus the rates from j to i off it.

    Parameters
    ----------
    deaths : array_like of float
        Death rates a year, shape (..., ages, regions).
    moves : array_like of float
        Migration rates a year, shape (..., ages, regions, regions): to, from; the diagonal is not read.
    width : float
        Years of an age group, above 0.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., ages, regions, regions).

    Raises
    ------
    DataError
        If a rate is missing or negative, or so high that a probability would be negative.

    References
    ----------
    Willekens, F., Rogers, A. (1978), Spatial Population Analysis: Methods and Computer Programs, IIASA
    RR-78-18 (option 3).

    Examples
    --------
    >>> transition([[0.01, 0.02]], moves=[[[0, 0.01], [0.03, 0]]], width=5).round(4)
    array([[[0.8211, 0.0424],
            [0.1271, 0.8634]]])
    """
    m = _rate_matrix(deaths, moves)
    require(width > 0, column="width", rule="it is not above 0", mend="give the years of a group")
    eye = np.eye(m.shape[-1])
    found = np.linalg.solve(eye + width / 2 * m, eye - width / 2 * m)
    bad = int((found < 0).sum())
    require(
        bad == 0,
        column="deaths",
        rule=f"{bad} probabilities are negative",
        mend="lower the rates or the width",
    )
    return np.asarray(found)


def _rate_matrix(deaths: npt.ArrayLike, moves: npt.ArrayLike) -> Floats:
    dying = floats(deaths, column="deaths", low=0, high=_LARGE)
    moving = floats(moves, column="moves", low=0, high=_LARGE)
    fits = moving.shape == (*dying.shape, *dying.shape[-1:])
    require(fits, column="moves", rule=f"shape {moving.shape} for {dying.shape}", mend="give to, from by age")
    eye = np.eye(dying.shape[-1])
    apart = moving * (1 - eye)
    return np.asarray(eye * (dying + apart.sum(axis=-2))[..., np.newaxis, :] - apart)


def growth_matrix(
    deaths: npt.ArrayLike, *, moves: npt.ArrayLike, births: npt.ArrayLike, width: float = 5.0
) -> Growth:
    """What carries people one step of a group's width forward.

    With `P` of `transition` and `M` of the open age: `S(x) = (P(x + n) + I) P(x) (P(x) + I)^-1`; into the
    open age `2/n M(z)^-1 P(z - n) (P(z - n) + I)^-1`; children
    `n/4 (P(0) + I) (F(x) + F(x + n) S(x))`. Nobody of the open age is carried on, as in the source.

    Parameters
    ----------
    deaths, moves : array_like of float
        As `transition`; the last age is open, its rates allow leaving or dying in every region.
    births : array_like of float
        Births a year per person, shape (..., ages, regions).
    width : float
        Years of a step and an age group.

    Returns
    -------
    Growth

    Raises
    ------
    DataError
        If a rate cannot be, or nobody ever dies in the open age.

    References
    ----------
    As `transition`.

    Examples
    --------
    >>> rates = np.full((3, 1), 0.02)
    >>> found = growth_matrix(rates, moves=np.zeros((3, 1, 1)), births=[[0], [0.1], [0]])
    >>> found.survivors[:, 0, 0].round(4), found.births[:, 0, 0].round(4)
    (array([0.9048, 9.5   ]), array([0.2154, 0.2381, 0.    ]))
    """
    m = _rate_matrix(deaths, moves)
    fertile = floats(births, column="births", low=0, high=_LARGE)
    require(fertile.shape == m.shape[:-1], column="births", rule="shapes differ", mend="give ages, regions")
    closed = transition(
        np.asarray(deaths, dtype=np.float64)[..., :-1, :],
        moves=np.asarray(moves, dtype=np.float64)[..., :-1, :, :],
        width=width,
    )
    eye = np.eye(m.shape[-1])
    dies = np.linalg.matrix_rank(m[..., -1, :, :]) == m.shape[-1]
    require(
        bool(np.all(dies)), column="deaths", rule="nobody dies in the open age", mend="give its death rate"
    )
    before = np.linalg.inv(closed + eye)
    survivors = np.empty_like(m[..., :-1, :, :])
    survivors[..., :-1, :, :] = (
        (closed[..., 1:, :, :] + eye) @ closed[..., :-1, :, :] @ before[..., :-1, :, :]
    )
    last = np.linalg.inv(m[..., -1, :, :]) * (2 / width)
    survivors[..., -1, :, :] = last @ closed[..., -1, :, :] @ before[..., -1, :, :]
    rates = eye * fertile[..., np.newaxis, :]
    later = np.zeros_like(rates)
    later[..., :-1, :, :] = rates[..., 1:, :, :] @ survivors
    children = width / 4 * (closed[..., :1, :, :] + eye) @ (rates + later)
    return Growth(children, survivors)


def project_groups(people: npt.ArrayLike, growth: Growth, *, steps: int) -> Floats:
    """People by age group and region, step by step.

    Parameters
    ----------
    people : array_like of float
        Shape (..., ages, regions).
    growth : Growth
        Of the same ages and regions.
    steps : int
        Number of steps, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Shape (steps + 1, ..., ages, regions).

    Raises
    ------
    DataError
        If people are missing or negative, or do not fit.

    Examples
    --------
    >>> rates = np.full((3, 1), 0.02)
    >>> growth = growth_matrix(rates, moves=np.zeros((3, 1, 1)), births=[[0], [0.1], [0]])
    >>> project_groups([[100], [100], [10]], growth, steps=1)[1, :, 0].round(2)
    array([ 45.35,  90.48, 950.  ])
    """
    require(steps >= 0, column="steps", rule="it is negative", mend="give 0 or more")
    now = floats(people, column="people", low=0, high=_LARGE)
    fits = now.shape[-2:] == growth.births.shape[-3:-1]
    require(fits, column="people", rule=f"shape {now.shape} does not fit", mend="end it with ages, regions")
    stages = [now]
    for _ in range(steps):
        old = stages[-1]
        older = (growth.survivors @ old[..., :-1, :, np.newaxis])[..., 0]
        young = (growth.births @ old[..., np.newaxis])[..., 0].sum(axis=-2, keepdims=True)
        stages.append(np.concatenate([young, older], axis=-2))
    return np.stack(stages)


def leslie_matrix(growth: Growth) -> Floats:
    """The growth of all ages and regions as one matrix.

    Parameters
    ----------
    growth : Growth
        Of one population, shape (ages, regions, regions).

    Returns
    -------
    numpy.ndarray of float
        Shape (ages x regions, ages x regions); its largest eigenvalue is the stable growth of a step.

    Raises
    ------
    DataError
        If there are axes before the ages.

    Examples
    --------
    >>> rates = np.full((3, 1), 0.02)
    >>> growth = growth_matrix(rates, moves=np.zeros((3, 1, 1)), births=[[0], [0.1], [0]])
    >>> leslie_matrix(growth).round(2)
    array([[0.22, 0.24, 0.  ],
           [0.9 , 0.  , 0.  ],
           [0. , 9.5 , 0.  ]])
    """
    ages, regions = growth.births.shape[0], growth.births.shape[-1]
    require(growth.births.ndim == 3, column="growth", rule="it has more axes", mend="give one population")
    blocks = np.zeros((ages, regions, ages, regions))
    blocks[0] = growth.births.transpose(1, 0, 2)
    blocks[np.arange(1, ages), :, np.arange(ages - 1), :] = growth.survivors
    return blocks.reshape(ages * regions, ages * regions)
