"""What an order sets off: multipliers, linkages and hypothetical extraction.

Every function takes arrays with any leading axes (places, futures) and works on them at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.input_output.model import close_households, ghosh, leontief, square

__all__ = ["Extraction", "Linkages", "Multipliers", "Variant", "extract", "linkages", "multipliers"]

Variant: TypeAlias = Literal["purchases", "sales", "full"]
"""What a sector stops doing when it is extracted: buying from local sectors (its column), selling to them
(its row; final buyers are still served), or everything (row, column and final demand)."""


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """What a unit of final demand for each sector's product sets off, shape (..., n) each.

    Parameters
    ----------
    output, output_2 : numpy.ndarray of float
        Output of all sectors per unit of final demand; ``_2`` (type II) with households spending what they
        earn, None if no consumption was given.
    income, income_2 : numpy.ndarray of float
        Labour income per unit of final demand.
    jobs, jobs_2 : numpy.ndarray of float or None
        Jobs per unit of final demand, None if no jobs were given.
    income_ratio, jobs_ratio, income_ratio_2, jobs_ratio_2 : numpy.ndarray of float or None
        The same over the sector's own direct income or jobs; NaN where these are 0.
    """

    output: Floats
    income: Floats
    income_ratio: Floats
    jobs: Floats | None = None
    jobs_ratio: Floats | None = None
    output_2: Floats | None = None
    income_2: Floats | None = None
    income_ratio_2: Floats | None = None
    jobs_2: Floats | None = None
    jobs_ratio_2: Floats | None = None


def _effect(per_output: Floats, inverse: Floats) -> Floats:
    """Total effect for a unit of final demand for each sector."""
    return np.asarray((per_output[..., np.newaxis, :] @ inverse)[..., 0, :])


def _ratio(effect: Floats, direct: Floats) -> Floats:
    return np.asarray(np.where(direct != 0, effect / np.where(direct != 0, direct, 1.0), np.nan))


def multipliers(
    coefficients: npt.ArrayLike,
    *,
    income: npt.ArrayLike,
    jobs: npt.ArrayLike | None = None,
    consumption: npt.ArrayLike | None = None,
) -> Multipliers:
    """Output, income and job multipliers, type I and, with consumption, type II.

    Parameters
    ----------
    coefficients : array_like of float
        Domestic (or technical) coefficients, shape (..., n, n).
    income : array_like of float
        Labour income per unit of output, shape (..., n).
    jobs : array_like of float, optional
        Jobs per unit of output, shape (..., n).
    consumption : array_like of float, optional
        Households' purchases from each sector per unit of income, shape (..., n).

    Returns
    -------
    Multipliers
        Type II output counts the n sectors, not the households' row.

    Raises
    ------
    DataError
        If shapes do not fit, or the economy uses up more than it makes (with or without households).

    References
    ----------
    Miller and Blair 2009, ch. 6.

    Examples
    --------
    >>> found = multipliers([[0.15, 0.25], [0.2, 0.05]], income=[0.3, 0.25], consumption=[0.1, 0.6])
    >>> found.output.round(3), found.output_2.round(3)
    (array([1.518, 1.452]), array([2.14 , 1.985]))
    """
    inner = square(coefficients, column="coefficients")
    n, ones = inner.shape[-1], np.ones(inner.shape[-1])
    earned = floats(income, column="income", low=-np.finfo(float).max, high=np.finfo(float).max)
    worked = None if jobs is None else floats(jobs, column="jobs", low=0, high=np.finfo(float).max)
    inverse = leontief(inner)
    gain = _effect(earned, inverse)
    work = None if worked is None else _effect(worked, inverse)
    work_ratio = None if work is None or worked is None else _ratio(work, worked)
    first = Multipliers(_effect(ones, inverse), gain, _ratio(gain, earned), work, work_ratio)
    if consumption is None:
        return first
    closed = close_households(inner, income=earned, consumption=consumption)
    wider = leontief(closed)[..., :n, :n]
    gain_2 = _effect(earned, wider)
    work_2 = None if worked is None else _effect(worked, wider)
    return Multipliers(
        output=first.output,
        income=first.income,
        income_ratio=first.income_ratio,
        jobs=work,
        jobs_ratio=work_ratio,
        output_2=_effect(ones, wider),
        income_2=gain_2,
        income_ratio_2=_ratio(gain_2, earned),
        jobs_2=work_2,
        jobs_ratio_2=None if work_2 is None or worked is None else _ratio(work_2, worked),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Linkages:
    """How strongly each sector pulls on its suppliers and pushes its buyers, shape (..., n) each.

    Parameters
    ----------
    backward, forward : numpy.ndarray of float
        Column sums of the Leontief inverse and row sums of the Ghosh inverse.
    backward_index, forward_index : numpy.ndarray of float
        The same over their mean: above 1 is stronger than the mean sector.
    """

    backward: Floats
    forward: Floats
    backward_index: Floats
    forward_index: Floats


def linkages(coefficients: npt.ArrayLike, *, allocation: npt.ArrayLike) -> Linkages:
    """Backward linkages by Leontief, forward linkages by Ghosh.

    Parameters
    ----------
    coefficients : array_like of float
        Shape (..., n, n).
    allocation : array_like of float
        Shape (..., n, n), of the same flows (domestic with domestic).

    Returns
    -------
    Linkages
        Means of the indices are 1.

    Raises
    ------
    DataError
        As `leontief`.

    References
    ----------
    Rasmussen, P. N. (1956). Studies in Inter-sectoral Relations. Miller and Blair 2009, ch. 12.

    Examples
    --------
    >>> linkages([[0.15, 0.25], [0.2, 0.05]], allocation=[[0.15, 0.5], [0.1, 0.05]]).backward_index.round(4)
    array([1.0222, 0.9778])
    """
    back = leontief(coefficients).sum(axis=-2)
    ahead = ghosh(allocation).sum(axis=-1)
    return Linkages(
        backward=np.asarray(back),
        forward=np.asarray(ahead),
        backward_index=np.asarray(back / back.mean(axis=-1, keepdims=True)),
        forward_index=np.asarray(ahead / ahead.mean(axis=-1, keepdims=True)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Extraction:
    """Output lost when one sector at a time is taken out.

    Parameters
    ----------
    variant : Variant
        What the sector stops doing.
    loss : numpy.ndarray of float
        Output lost by sector i when sector j is taken out, shape (..., i, j), money.
    total : numpy.ndarray of float
        Sum over i, shape (..., j).
    """

    variant: Variant
    loss: Floats
    total: Floats


def extract(coefficients: npt.ArrayLike, *, demand: npt.ArrayLike, variant: Variant) -> Extraction:
    """Hypothetical extraction of every sector in turn.

    All n extractions follow from one inverse: with L the Leontief inverse, x = L f and column L_j, the
    losses are (L_j - e_j) x_j / L_jj (purchases), L_j (x_j - f_j) / L_jj (sales), L_j x_j / L_jj (full).

    Parameters
    ----------
    coefficients : array_like of float
        Domestic coefficients, shape (..., n, n).
    demand : array_like of float
        Final demand met by the place, shape (..., n), money.
    variant : {"purchases", "sales", "full"}
        See `Variant`; the published names differ, so every result names it.

    Returns
    -------
    Extraction
        In the unit of demand.

    Raises
    ------
    DataError
        If the variant is unknown, or as `leontief`.

    References
    ----------
    Dietzenbacher, E., van der Linden, J. A. (1997). Sectoral and spatial linkages in the EC production
    structure. Journal of Regional Science 37(2). Miller and Blair 2009, ch. 12.

    Examples
    --------
    >>> extract([[0.15, 0.25], [0.2, 0.05]], demand=[350, 1700], variant="full").total.round(3)
    array([1210.526, 2588.235])
    """
    inner = square(coefficients, column="coefficients")
    known = variant in ("purchases", "sales", "full")
    require(known, column="variant", rule="unknown", mend="give purchases, sales or full")
    wanted = floats(demand, column="demand", low=-np.finfo(float).max, high=np.finfo(float).max)
    inverse = leontief(inner)
    output = (inverse @ wanted[..., np.newaxis])[..., 0]
    own = np.diagonal(inverse, axis1=-2, axis2=-1)
    moved = output - wanted if variant == "sales" else output
    column = inverse - np.eye(inner.shape[-1]) if variant == "purchases" else inverse
    loss = column * (moved / own)[..., np.newaxis, :]
    return Extraction(variant, np.asarray(loss), np.asarray(loss.sum(axis=-2)))
