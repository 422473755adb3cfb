"""Income of town and country by source: carried on by what drives each source, and the gap taken apart."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["SOURCES", "carry", "change_effects", "gap_parts", "ratio_effects", "spread"]

SOURCES: Final = ("wage", "business", "property", "transfer")
"""Sources of disposable income, as household surveys of the National Bureau of Statistics name them: wages,
net business income, net property income, net transfers."""

_TINY: Final = float(np.finfo(np.float64).tiny)
_LARGE: Final = float(np.finfo(np.float64).max)


def carry(
    first: npt.ArrayLike, *, wage: npt.ArrayLike, business: npt.ArrayLike, transfer: npt.ArrayLike
) -> Floats:
    """Income by source of a later year: each source times its index; property follows wages and business.

    Parameters
    ----------
    first : array_like of float
        Income per head of the first year by `SOURCES`, shape (..., 4), 0 or more.
    wage, business, transfer : array_like of float
        What drives the source over its level in the first year, 0 or more, shapes that broadcast to (...).

    Returns
    -------
    numpy.ndarray of float
        Income per head by `SOURCES`, shape (..., 4), in the unit of `first`.

    Raises
    ------
    DataError
        If an amount is missing or negative.

    Examples
    --------
    >>> carry([60.0, 20.0, 8.0, 12.0], wage=1.1, business=1.3, transfer=1.0)
    array([66. , 26. ,  9.2, 12. ])
    """
    start = floats(first, column="first", low=0, high=_LARGE)
    drivers = {"wage": wage, "business": business, "transfer": transfer}
    by = {name: floats(value, column=name, low=0, high=_LARGE) for name, value in drivers.items()}
    earned, made = start[..., 0] * by["wage"], start[..., 1] * by["business"]
    before = start[..., 0] + start[..., 1]
    grown = np.divide(earned + made, before, out=np.ones(np.shape(earned + made)), where=before > 0)
    parts = np.broadcast_arrays(earned, made, start[..., 2] * grown, start[..., 3] * by["transfer"])
    return np.stack(parts, axis=-1)


def gap_parts(urban: npt.ArrayLike, rural: npt.ArrayLike) -> Floats:
    """How much each source adds to the distance between urban and rural income per head.

    Parameters
    ----------
    urban, rural : array_like of float
        Income per head by source, shape (..., sources), 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Urban minus rural by source, in the same unit; their sum is the whole distance.

    Raises
    ------
    DataError
        If an amount is missing or negative.

    Examples
    --------
    >>> gap_parts([33.0, 7.0, 8.0, 9.0], [19.0, 8.0, 1.0, 4.0])
    array([14., -1.,  7.,  5.])
    """
    high, low = (
        floats(value, column=name, low=0, high=_LARGE) for name, value in (("urban", urban), ("rural", rural))
    )
    return np.asarray(high - low)


def _log_mean(one: Floats, other: Floats) -> Floats:
    """Logarithmic mean; the number itself where both are the same, 0 where one of them is 0."""
    both = (one > 0) & (other > 0)
    a, b = np.where(both, one, 1.0), np.where(both, other, 1.0)
    logs = np.log(a) - np.log(b)
    near = np.abs(logs) < 1e-9
    mean = np.where(near, (a + b) / 2, (a - b) / np.where(near, 1.0, logs))
    return np.where(both, mean, 0.0)


def change_effects(before: npt.ArrayLike, after: npt.ArrayLike) -> Floats:
    """How much each part of a sum adds to the change of the sum's logarithm.

    The additive logarithmic mean Divisia index: part i adds L(after_i, before_i) / L(sum after, sum before)
    times ln(after_i / before_i), with L the logarithmic mean. The parts add up to ln(sum after / sum before)
    exactly.

    Parameters
    ----------
    before, after : array_like of float
        Parts of the sum, shape (..., parts), above 0 in both years or 0 in both.

    Returns
    -------
    numpy.ndarray of float
        Log points, shape (..., parts).

    Raises
    ------
    DataError
        If an amount is missing or negative, a sum is 0, or a part is 0 in one year only.

    References
    ----------
    Ang, B. W. (2005), The LMDI approach to decomposition analysis, Energy Policy 33(7).

    Examples
    --------
    >>> effects = change_effects([60.0, 40.0], [72.0, 40.0])
    >>> effects.round(4), float(effects.sum().round(4)), float(np.log(1.12).round(4))
    (array([0.1133, 0.    ]), 0.1133, 0.1133)
    """
    old, new = np.broadcast_arrays(
        floats(before, column="before", low=0, high=_LARGE), floats(after, column="after", low=0, high=_LARGE)
    )
    require(
        bool(((old > 0) == (new > 0)).all()),
        column="after",
        rule="a part is 0 in one year only",
        mend="merge it with another part, whose change then holds it",
    )
    sums = [
        floats(part.sum(axis=-1), column=name, low=_TINY, high=_LARGE)
        for name, part in (("before", old), ("after", new))
    ]
    weight = _log_mean(new, old) / _log_mean(sums[1], sums[0])[..., np.newaxis]
    some = old > 0
    logs = np.log(np.where(some, new, 1.0)) - np.log(np.where(some, old, 1.0))
    return np.asarray(weight * logs)


def ratio_effects(
    *,
    urban_before: npt.ArrayLike,
    urban_after: npt.ArrayLike,
    rural_before: npt.ArrayLike,
    rural_after: npt.ArrayLike,
) -> tuple[Floats, Floats]:
    """How much each source on each side adds to the change of the urban to rural income ratio.

    Parameters
    ----------
    urban_before, urban_after, rural_before, rural_after : array_like of float
        Income per head by source, shape (..., sources); see `change_effects`.

    Returns
    -------
    tuple of numpy.ndarray of float
        Log points that urban and that rural sources add, (..., sources) each: what lifts urban income widens
        the ratio, what lifts rural income narrows it. Both together are ln(ratio after / ratio before).

    Raises
    ------
    DataError
        As `change_effects`.

    Examples
    --------
    >>> up, down = ratio_effects(
    ...     urban_before=[50.0], urban_after=[55.0], rural_before=[25.0], rural_after=[30.0]
    ... )
    >>> round(float(np.exp(up.sum() + down.sum())), 4), round(55 / 30 / (50 / 25), 4)
    (0.9167, 0.9167)
    """
    return change_effects(urban_before, urban_after), -change_effects(rural_before, rural_after)


def spread(
    mean: npt.ArrayLike, *, people: npt.ArrayLike, level: npt.ArrayLike, elasticity: npt.ArrayLike
) -> Floats:
    """A region's income per head spread over its counties, richer where more value is added per head.

    Parameters
    ----------
    mean : array_like of float
        Income per head of the region, shape (...).
    people : array_like of float
        People of each county, shape (..., county), 0 or more, some above 0.
    level : array_like of float
        What tells how rich a county is, such as value added per head, above 0, shape (..., county).
    elasticity : array_like of float
        Per cent that income is higher where the level is one per cent higher, shape (...); 0 spreads nothing.

    Returns
    -------
    numpy.ndarray of float
        Income per head by county, (..., county); its mean over people is `mean`.

    Raises
    ------
    DataError
        If an amount is missing or negative, a level is not above 0, or there is nobody.

    Examples
    --------
    >>> found = spread(30.0, people=[1.0, 3.0], level=[2.0, 1.0], elasticity=0.5)
    >>> found.round(3), float((found @ [1, 3] / 4).round(6))
    (array([38.445, 27.185]), 30.0)
    """
    heads = floats(people, column="people", low=0, high=_LARGE)
    total = floats(heads.sum(axis=-1, keepdims=True), column="people", low=_TINY, high=_LARGE)
    power = floats(elasticity, column="elasticity", low=-10, high=10)[..., np.newaxis]
    relative = floats(level, column="level", low=_TINY, high=_LARGE) ** power
    whole = floats(mean, column="mean", low=0, high=_LARGE)[..., np.newaxis]
    return np.asarray(whole * relative * total / (heads * relative).sum(axis=-1, keepdims=True))
