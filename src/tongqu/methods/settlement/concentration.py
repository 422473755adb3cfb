"""How unevenly people sit among settlements: primacy, rank and size, Herfindahl, Gini."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.inequality import gini

__all__ = ["Concentration", "RankMethod", "RankSize", "concentration", "rank_size"]

RankMethod: TypeAlias = Literal["rank", "rank - 1/2"]
"""Plain least squares, or the correction of Gabaix and Ibragimov for its bias in small samples."""

_LARGE: Final = float(np.finfo(np.float64).max)

_FEWEST: Final = 3
"""Places that a line through rank and size needs at least."""

_OTHERS: Final = 3
"""Places below the first that the four-city index sets it against."""


@dataclass(frozen=True, slots=True)
class RankSize:
    """Rank and size of places: ln(rank - shift) = constant - exponent ln(size).

    Parameters
    ----------
    exponent : float
        1 is Zipf's law; the smaller, the more uneven.
    error : float
        Its standard error, exponent sqrt(2 / places). That of ordinary least squares is far too small.
    constant, r2 : float
        Of the line.
    zipf_p : float
        Two-sided p that the exponent is 1, by the normal law.
    q : float
        Slope of ln(size) on ln(rank), positive: the rank-size dimension of Chinese studies; the larger, the
        more uneven.
    places : int
        Places used, those of the largest that were asked for with somebody there.
    empty : int
        Places without people among those asked for, left out.
    method : RankMethod
        How the exponent was estimated.
    """

    exponent: float
    error: float
    constant: float
    r2: float
    zipf_p: float
    q: float
    places: int
    empty: int
    method: RankMethod


def rank_size(
    sizes: npt.ArrayLike, *, method: RankMethod = "rank - 1/2", largest: int | None = None
) -> RankSize:
    """Rank-size line (Zipf's law) of places.

    Parameters
    ----------
    sizes : array_like of float
        People of each place, shape (places,), 0 or more.
    method : {"rank - 1/2", "rank"}
        Whether 1/2 is taken off the ranks before least squares.
    largest : int, optional
        How many of the largest places to use; all when left out.

    Returns
    -------
    RankSize
        Ties keep ranks in a row. NaN exponents where all sizes are equal.

    Raises
    ------
    DataError
        If a size is missing or negative, or fewer than 3 places have people.

    References
    ----------
    Gabaix, X., Ibragimov, R. (2011), Rank - 1/2: A simple way to improve the OLS estimation of tail
    exponents, Journal of Business & Economic Statistics 29 (1), 24-39. Zipf, G. K. (1949), Human Behavior
    and the Principle of Least Effort, Addison-Wesley.

    Examples
    --------
    >>> found = rank_size([120, 60, 40, 30, 24], method="rank")
    >>> round(found.exponent, 6), round(found.error, 4), round(found.q, 6)
    (1.0, 0.6325, 1.0)
    """
    people = floats(sizes, column="sizes", low=0, high=_LARGE)
    require(people.ndim == 1, column="sizes", rule="it is no list", mend="give one size for each place")
    known = method in ("rank", "rank - 1/2")
    require(known, column="method", rule=f"{method} is unknown", mend="rank or rank - 1/2")
    asked = np.sort(people)[::-1][:largest]
    some = asked[asked > 0]
    enough = some.size >= _FEWEST
    require(enough, column="sizes", rule=f"only {some.size} places have people", mend="give 3 or more")
    rank = np.arange(1, some.size + 1)
    shift = 0.5 if method == "rank - 1/2" else 0.0
    size = np.log(some)
    slope, constant, r2 = _line(size, np.log(rank - shift))
    error = abs(slope) * float(np.sqrt(2 / some.size))
    return RankSize(
        exponent=-slope,
        error=error,
        constant=constant,
        r2=r2,
        zipf_p=float(2 * norm.sf(abs(-slope - 1) / error)) if error > 0 else float("nan"),
        q=-_line(np.log(rank), size)[0],
        places=int(some.size),
        empty=int(asked.size - some.size),
        method=method,
    )


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Slope, constant and R² by least squares; NaN where x does not vary."""
    apart, height = x - x.mean(), y - y.mean()
    spread = float(apart @ apart)
    if spread <= 1e-24 * x.size * (1 + float(x @ x)):
        return float("nan"), float("nan"), float("nan")
    slope = float(apart @ height) / spread
    whole = float(height @ height)
    r2 = slope * float(apart @ height) / whole if whole > 0 else float("nan")
    return slope, float(y.mean() - slope * x.mean()), r2


@dataclass(frozen=True, slots=True, eq=False)
class Concentration:
    """How concentrated people are among places; arrays of the futures or years given, shape (...).

    Parameters
    ----------
    first : numpy.ndarray of int
        Position of the largest place.
    share_first : numpy.ndarray of float
        Share of people in it.
    primacy : numpy.ndarray of float
        The largest over the second; inf where only one has people.
    primacy_four : numpy.ndarray of float
        The largest over the sum of the next three; NaN with fewer than four places.
    herfindahl : numpy.ndarray of float
        Sum of squared shares, from 1 / places to 1.
    gini : numpy.ndarray of float
        Gini coefficient of the sizes of places, each place counting once.
    exponent, exponent_error : numpy.ndarray of float
        Rank-size exponent (rank - 1/2) and its standard error; NaN with fewer than 3 places with people.
    """

    first: Ints
    share_first: Floats
    primacy: Floats
    primacy_four: Floats
    herfindahl: Floats
    gini: Floats
    exponent: Floats
    exponent_error: Floats


def concentration(sizes: npt.ArrayLike, *, largest: int | None = None) -> Concentration:
    """Concentration of people among places, year by year or future by future.

    Parameters
    ----------
    sizes : array_like of float
        People of each place, shape (..., places), 0 or more; dimensions before are years or futures.
    largest : int, optional
        How many of the largest places the rank-size line uses; all when left out.

    Returns
    -------
    Concentration
        Arrays of shape (...). `tongqu.methods.convergence.trend` says how they change over years.

    Raises
    ------
    DataError
        If a size is missing or negative, fewer than 2 places are given, or nobody is anywhere in a year.

    References
    ----------
    Jefferson, M. (1939), The law of the primate city, Geographical Review 29 (2), 226-232. Herfindahl, O. C.
    (1950), Concentration in the steel industry, Columbia University.

    Examples
    --------
    >>> found = concentration([[60, 30, 10, 0], [70, 20, 10, 0]])
    >>> found.share_first, found.primacy, found.herfindahl.round(4)
    (array([0.6, 0.7]), array([2. , 3.5]), array([0.46, 0.54]))
    """
    people = floats(sizes, column="sizes", low=0, high=_LARGE)
    some = people.ndim >= 1 and people.shape[-1] >= 2
    require(some, column="sizes", rule="it has fewer than 2 places", mend="give one size for each place")
    whole = people.sum(axis=-1)
    require(bool((whole > 0).all()), column="sizes", rule="nobody is there", mend="leave out empty years")
    ranked = -np.sort(-people, axis=-1)
    next_three = ranked[..., 1 : 1 + _OTHERS].sum(axis=-1)
    four = people.shape[-1] > _OTHERS
    rows = people.reshape(-1, people.shape[-1])
    lines = np.array([_exponent(row, largest=largest) for row in rows]).reshape(*whole.shape, 2)
    return Concentration(
        first=np.asarray(people.argmax(axis=-1), dtype=np.int64),
        share_first=np.asarray(ranked[..., 0] / whole),
        primacy=_over(ranked[..., 0], ranked[..., 1]),
        primacy_four=_over(ranked[..., 0], next_three) if four else np.full(whole.shape, np.nan),
        herfindahl=np.asarray(((people / whole[..., np.newaxis]) ** 2).sum(axis=-1)),
        gini=np.array([gini(row) for row in rows]).reshape(whole.shape),
        exponent=lines[..., 0],
        exponent_error=lines[..., 1],
    )


def _over(first: Floats, others: Floats) -> Floats:
    """The first over the others, inf where these are 0."""
    above, below = np.asarray(first), np.asarray(others)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.inf), where=below > 0))


def _exponent(people: Floats, *, largest: int | None) -> tuple[float, float]:
    if (np.sort(people)[::-1][:largest] > 0).sum() < _FEWEST:
        return float("nan"), float("nan")
    line = rank_size(people, largest=largest)
    return line.exponent, line.error
