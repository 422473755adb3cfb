"""Convergence over years: whether levels draw together, and whether poor places grow faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Beta", "Sigma", "Trend", "beta_convergence", "sigma_convergence", "trend"]

_LARGE: Final = float(np.finfo(np.float64).max)
_TINY: Final = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through yearly values, by ordinary least squares.

    Parameters
    ----------
    slope : float
        Change a year.
    error : float
        Its standard error; NaN with two years.
    p : float
        Two-sided p of the slope, Student's t.
    r2 : float
        Share of the variance on the line.
    """

    slope: float
    error: float
    p: float
    r2: float


def trend(values: npt.ArrayLike, years: npt.ArrayLike) -> Trend:
    """Change a year of any measure (a Gini coefficient, a primacy, a dispersion).

    Parameters
    ----------
    values : array_like of float
        Value of each year, shape (years,).
    years : array_like of float
        Years, shape (years,), at least two that differ.

    Returns
    -------
    Trend
        Errors take the years as independent, which series seldom are: read p as a hint.

    Raises
    ------
    DataError
        If a value is missing, lengths differ, or all years are the same.

    References
    ----------
    Any text on least squares, say Wooldridge, J. M. (2019), Introductory Econometrics, chapter 2.

    Examples
    --------
    >>> trend([1, 2, 4], [2010, 2011, 2012]).slope
    1.5
    """
    level = floats(values, column="values", low=-_LARGE, high=_LARGE)
    when = floats(years, column="years", low=-_LARGE, high=_LARGE)
    same = level.ndim == 1 and level.shape == when.shape
    require(same, column="years", rule="lengths differ", mend="give one year for each value")
    differ = when.size >= 2 and float(np.ptp(when)) > 0
    require(differ, column="years", rule="all are the same", mend="give two years or more")
    line = _ols(level, np.column_stack([np.ones(when.size), when - when.mean()]))
    return Trend(slope=float(line.values[1]), error=float(line.errors[1]), p=float(line.p[1]), r2=line.r2)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    values: Floats
    errors: Floats
    p: Floats
    r2: float


def _ols(y: Floats, x: Floats) -> _Line:
    """Least squares with classical standard errors; x with its column of ones."""
    freedom = y.size - x.shape[1]
    solved, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    values = np.asarray(solved, dtype=np.float64)
    require(
        int(rank) == x.shape[1],
        column="controls",
        rule="the variables cannot be told apart",
        mend="leave out those that others determine, or give more places",
    )
    rest = y - x @ values
    apart = y - y.mean()
    whole = float(apart @ apart)
    r2 = 1 - float(rest @ rest) / whole if whole > 0 else float("nan")
    if freedom <= 0:
        none = np.full(values.size, np.nan)
        return _Line(values, none, none, r2)
    spread = np.diag(np.linalg.inv(x.T @ x)) * float(rest @ rest) / freedom
    errors = np.sqrt(spread)
    ratio = np.divide(np.abs(values), errors, out=np.full(values.size, np.inf), where=errors > 0)
    return _Line(values, errors, 2 * student.sf(ratio, freedom), r2)


@dataclass(frozen=True, slots=True, eq=False)
class Sigma:
    """Dispersion of places year by year, and its trend.

    Parameters
    ----------
    cv : numpy.ndarray of float
        Coefficient of variation, shape (years,).
    log_sd : numpy.ndarray of float
        Standard deviation of logarithms, shape (years,).
    cv_trend, log_trend : Trend
        Their change a year; below 0 is sigma convergence.
    """

    cv: Floats
    log_sd: Floats
    cv_trend: Trend
    log_trend: Trend


def sigma_convergence(
    values: npt.ArrayLike, years: npt.ArrayLike, *, people: npt.ArrayLike | None = None
) -> Sigma:
    """Sigma convergence: whether the places' levels draw together.

    Parameters
    ----------
    values : array_like of float
        Value per person of each place, above 0, shape (years, places).
    years : array_like of float
        Years, shape (years,), at least two.
    people : array_like of float, optional
        Weights, shape (places,) or (years, places), 0 or more; each place counts once when left out.

    Returns
    -------
    Sigma
        Population form, divided by the number of places (or by the people).

    Raises
    ------
    DataError
        If a value is missing or not above 0, shapes differ, or nobody is there in a year.

    References
    ----------
    Barro, R. J., Sala-i-Martin, X. (1992), Convergence, Journal of Political Economy 100 (2), 223-251.

    Examples
    --------
    >>> found = sigma_convergence([[1, 3], [2, 4]], [2010, 2020])
    >>> found.cv.round(4), round(found.cv_trend.slope, 4)
    (array([0.5   , 0.3333]), -0.0167)
    """
    level = floats(values, column="values", low=_TINY, high=_LARGE)
    table = level.ndim == 2 and level.size > 0
    require(table, column="values", rule="it is no table", mend="give one row a year, one column a place")
    heads = floats(1.0 if people is None else people, column="people", low=0, high=_LARGE)
    fits = heads.shape in ((), level.shape[1:], level.shape)
    require(fits, column="people", rule="shapes differ", mend="give one weight for each place")
    heads = np.broadcast_to(heads, level.shape)
    whole = heads.sum(axis=1, keepdims=True)
    require(bool((whole > 0).all()), column="people", rule="nobody is there", mend="leave out empty years")
    share = heads / whole
    log = np.log(level)
    mean = (share * level).sum(axis=1)
    cv = np.sqrt((share * (level - mean[:, np.newaxis]) ** 2).sum(axis=1)) / mean
    centre = (share * log).sum(axis=1, keepdims=True)
    log_sd = np.sqrt((share * (log - centre) ** 2).sum(axis=1))
    return Sigma(cv=cv, log_sd=log_sd, cv_trend=trend(cv, years), log_trend=trend(log_sd, years))


@dataclass(frozen=True, slots=True, eq=False)
class Beta:
    """Beta convergence: whether poor places grow faster.

    Parameters
    ----------
    names : tuple of str
        constant, beta, and the controls.
    values, errors, p : numpy.ndarray of float
        Estimates, classical standard errors and two-sided p (Student's t), shape (names,).
    beta : float
        Coefficient of the logarithm of the first level on mean yearly growth; below 0 is convergence.
    speed : float
        Share of the distance to the steady state that is made up in a year, -ln(1 + beta years) / years;
        NaN where beta is -1 / years or less (the order turns over).
    half_life : float
        Years until half the distance is made up, ln 2 / speed; inf where there is no convergence.
    r2 : float
        Share of the variance explained.
    places : int
        Places used.
    """

    names: tuple[str, ...]
    values: Floats
    errors: Floats
    p: Floats
    beta: float
    speed: float
    half_life: float
    r2: float
    places: int


def beta_convergence(
    first: npt.ArrayLike,
    last: npt.ArrayLike,
    *,
    years: float,
    controls: Mapping[str, npt.ArrayLike] | None = None,
) -> Beta:
    """Beta convergence, unconditional or given controls: ln(last / first) / years on ln(first).

    Parameters
    ----------
    first, last : array_like of float
        Level of each place in the first and the last year, above 0, shape (places,).
    years : float
        Years between them, above 0.
    controls : mapping of str to array_like of float, optional
        Other properties of the places that their steady state depends on, shape (places,).

    Returns
    -------
    Beta
        Errors take the places as independent; `moran` of growth says whether neighbours are.

    Raises
    ------
    DataError
        If a value is missing or not above 0, lengths differ, or variables cannot be told apart.

    References
    ----------
    Barro, R. J., Sala-i-Martin, X. (1992), Journal of Political Economy 100 (2), 223-251. Baumol, W. J.
    (1986), American Economic Review 76 (5), 1072-1085.

    Examples
    --------
    >>> found = beta_convergence([1, 2, 4], [2, 3, 5], years=10)
    >>> round(found.beta, 4), round(found.speed, 4), round(found.half_life, 1)
    (-0.0339, 0.0414, 16.7)
    """
    start = floats(first, column="first", low=_TINY, high=_LARGE)
    end = floats(last, column="last", low=_TINY, high=_LARGE)
    same = start.ndim == 1 and start.shape == end.shape
    require(same, column="last", rule="lengths differ", mend="give one level for each place")
    require(
        0 < years < np.inf, column="years", rule=f"{years:g} is not above 0", mend="give the years between"
    )
    given = {
        name: floats(each, column=name, low=-_LARGE, high=_LARGE) for name, each in (controls or {}).items()
    }
    for name, each in given.items():
        require(each.shape == start.shape, column=name, rule="lengths differ", mend="give one for each place")
    columns = [np.ones(start.size), np.log(start), *given.values()]
    line = _ols((np.log(end) - np.log(start)) / years, np.column_stack(columns))
    beta = float(line.values[1])
    left = 1 + beta * years
    speed = -float(np.log(left)) / years if left > 0 else float("nan")
    return Beta(
        names=("constant", "beta", *given),
        values=line.values,
        errors=line.errors,
        p=line.p,
        beta=beta,
        speed=speed,
        half_life=float("inf") if speed <= 0 else float(np.log(2)) / speed,
        r2=line.r2,
        places=int(start.size),
    )
