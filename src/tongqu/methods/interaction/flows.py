"""Flows between places by the family of spatial interaction models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.interaction._futures import require_futures
from tongqu.methods.interaction.deterrence import Deterrence

__all__ = [
    "Flows",
    "attraction_flows",
    "doubly_flows",
    "production_flows",
    "unconstrained_flows",
]

_LARGE: Final = float(np.finfo(np.float64).max)

_MARGIN: Final = 1e-9
"""Share of a margin by which a flow's row or column sum may miss it; also of the two totals."""

_ROUNDS: Final = 20_000
"""Rounds of proportional fitting after which margins count as out of reach."""

_RUNAWAY: Final = 1e150
"""Balancing factor beyond which fitting runs away: some flows would have to be 0 where there is a way."""

_SHOWN: Final = 5
"""Places that a message names."""


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Flows between places.

    Parameters
    ----------
    flows : numpy.ndarray of float
        People of each pair, shape (..., origins, destinations).
    stranded : numpy.ndarray of float
        People asked for who find no pair with a weight above 0, shape (..., origins) under a production
        constraint, (..., destinations) under an attraction constraint, else empty. They are not in `flows`.
    log_out, log_in : numpy.ndarray of float
        Logarithms of Wilson's balancing factors A and B, shape (..., origins) and (..., destinations); 0
        where a side is not constrained, -inf where a margin is 0 or stranded.
    """

    flows: Floats
    stranded: Floats
    log_out: Floats
    log_in: Floats


def unconstrained_flows(
    cost: npt.ArrayLike,
    deterrence: Deterrence,
    *,
    push: npt.ArrayLike,
    pull: npt.ArrayLike,
    total: npt.ArrayLike | None = None,
) -> Flows:
    """Flows in proportion to push, pull and deterrence: T = k V W f(c).

    Parameters
    ----------
    cost : array_like of float
        Cost of each pair, shape (..., origins, destinations), 0 or more; inf where there is no way.
    deterrence : Deterrence
        How cost deters.
    push, pull : array_like of float
        What sends people off and draws them, shapes (..., origins) and (..., destinations), 0 or more.
    total : array_like of float, optional
        People who move, one number or one for each future; k is 1 when left out.

    Returns
    -------
    Flows
        Nobody is stranded; flows are 0 where no weight is above 0.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, or a total has no pair to go to.

    References
    ----------
    Wilson, A. G. (1971), Environment and Planning 3, 1-32.

    Examples
    --------
    >>> cost = [[0, 10], [10, 0]]
    >>> unconstrained_flows(cost, Deterrence(), push=[1, 3], pull=[1, 1], total=80).flows
    array([[10., 10.],
           [30., 30.]])
    """
    log = _pairs(deterrence.log(cost))
    sent = _side(push, log=log, axis=-2, column="push")
    drawn = _side(pull, log=log, axis=-1, column="pull")
    require_futures(log.shape[:-2], sent.shape[:-1], drawn.shape[:-1], column="pull")
    log = log + _log(sent)[..., :, np.newaxis] + _log(drawn)[..., np.newaxis, :]
    none = np.zeros((*log.shape[:-2], 0))
    zero = np.zeros(log.shape[:-1]), np.zeros(log.shape[:-2] + log.shape[-1:])
    if total is None:
        return Flows(np.exp(log), none, *zero)
    wanted = floats(total, column="total", low=0, high=_LARGE)[..., np.newaxis, np.newaxis]
    require_futures(log.shape[:-2], wanted.shape[:-2], column="total")
    peak = log.max(axis=(-2, -1), keepdims=True)
    raw = np.exp(log - np.where(np.isfinite(peak), peak, 0.0))
    whole = raw.sum(axis=(-2, -1), keepdims=True)
    reached = bool(((whole > 0) | (wanted == 0)).all())
    require(reached, column="total", rule="no pair has a weight above 0", mend="give it 0, or a way to go")
    return Flows(np.asarray(raw * (wanted / np.where(whole > 0, whole, 1.0))), none, *zero)


def production_flows(
    cost: npt.ArrayLike, deterrence: Deterrence, *, leave: npt.ArrayLike, pull: npt.ArrayLike
) -> Flows:
    """Flows of given numbers who leave each origin: T = A O W f(c).

    Parameters
    ----------
    cost : array_like of float
        Cost of each pair, shape (..., origins, destinations), 0 or more; inf where there is no way.
    deterrence : Deterrence
        How cost deters.
    leave : array_like of float
        People who leave, shape (..., origins), 0 or more.
    pull : array_like of float
        What draws people, shape (..., destinations), 0 or more.

    Returns
    -------
    Flows
        Rows sum to `leave` less the stranded.

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    References
    ----------
    Wilson, A. G. (1971), Environment and Planning 3, 1-32. -log_out / beta is the accessibility in units of
    cost: Williams, H. C. W. L. (1977), Environment and Planning A 9, 285-344.

    Examples
    --------
    >>> production_flows([[0, 10], [10, 0]], Deterrence(), leave=[40, 10], pull=[1, 3]).flows
    array([[10. , 30. ],
           [ 2.5,  7.5]])
    """
    log = _pairs(deterrence.log(cost))
    out = _side(leave, log=log, axis=-2, column="leave")
    drawn = _side(pull, log=log, axis=-1, column="pull")
    require_futures(log.shape[:-2], out.shape[:-1], drawn.shape[:-1], column="pull")
    log = log + _log(drawn)[..., np.newaxis, :]
    flows, stranded, factor = _shared(log, out, axis=-1)
    return Flows(flows, stranded, factor, np.zeros(log.shape[:-2] + log.shape[-1:]))


def attraction_flows(
    cost: npt.ArrayLike, deterrence: Deterrence, *, push: npt.ArrayLike, arrive: npt.ArrayLike
) -> Flows:
    """Flows of given numbers who arrive at each destination: T = B V D f(c).

    Parameters
    ----------
    cost : array_like of float
        Cost of each pair, shape (..., origins, destinations), 0 or more; inf where there is no way.
    deterrence : Deterrence
        How cost deters.
    push : array_like of float
        What sends people off, shape (..., origins), 0 or more.
    arrive : array_like of float
        People who arrive, shape (..., destinations), 0 or more.

    Returns
    -------
    Flows
        Columns sum to `arrive` less the stranded.

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    References
    ----------
    Wilson, A. G. (1971), Environment and Planning 3, 1-32.

    Examples
    --------
    >>> attraction_flows([[0, 10], [10, 0]], Deterrence(), push=[1, 3], arrive=[40, 10]).flows
    array([[10. ,  2.5],
           [30. ,  7.5]])
    """
    log = _pairs(deterrence.log(cost))
    sent = _side(push, log=log, axis=-2, column="push")
    into = _side(arrive, log=log, axis=-1, column="arrive")
    require_futures(log.shape[:-2], sent.shape[:-1], into.shape[:-1], column="arrive")
    log = log + _log(sent)[..., :, np.newaxis]
    flows, stranded, factor = _shared(log, into, axis=-2)
    return Flows(flows, stranded, np.zeros(log.shape[:-1]), factor)


def doubly_flows(
    cost: npt.ArrayLike, deterrence: Deterrence, *, leave: npt.ArrayLike, arrive: npt.ArrayLike
) -> Flows:
    """Flows between given numbers who leave and who arrive: T = A O B D f(c).

    The balancing factors are found by iterative proportional fitting until every row and column holds to
    1e-9 of its margin.

    Parameters
    ----------
    cost : array_like of float
        Cost of each pair, shape (..., origins, destinations), 0 or more; inf where there is no way.
    deterrence : Deterrence
        How cost deters.
    leave, arrive : array_like of float
        People who leave and arrive, shapes (..., origins) and (..., destinations), 0 or more, of equal sum.

    Returns
    -------
    Flows
        Nobody is stranded. A margin of 0 gives a row or column of zeros. The factors are defined up to one
        constant for each future.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes or sums do not fit, or no flows over the pairs that there
        are have these margins.

    References
    ----------
    Wilson, A. G. (1971), Environment and Planning 3, 1-32. Deming, W. E., Stephan, F. F. (1940), Annals of
    Mathematical Statistics 11, 427-444.

    Examples
    --------
    >>> doubly_flows([[1, 1], [1, np.inf]], Deterrence(0.1), leave=[6, 4], arrive=[7, 3]).flows.round(6)
    array([[3., 3.],
           [4., 0.]])
    """
    log = _pairs(deterrence.log(cost))
    out = _side(leave, log=log, axis=-2, column="leave")
    into = _side(arrive, log=log, axis=-1, column="arrive")
    require_futures(log.shape[:-2], out.shape[:-1], into.shape[:-1], column="arrive")
    sent, drawn = out.sum(axis=-1), into.sum(axis=-1)
    equal = bool((np.abs(sent - drawn) <= _MARGIN * np.maximum(sent, drawn)).all())
    require(equal, column="arrive", rule="as many do not arrive as leave", mend="scale one side to the other")
    # The two sums may differ in their last digits, which proportional fitting could not settle.
    into = into * np.divide(sent, drawn, out=np.ones_like(sent), where=drawn > 0)[..., np.newaxis]
    return _balance(log, out, into)


def _balance(log: Floats, out: Floats, into: Floats) -> Flows:
    """Flows with both margins by proportional fitting; a DataError when they are out of reach."""
    open_pair = np.isfinite(log) & (out > 0)[..., :, np.newaxis] & (into > 0)[..., np.newaxis, :]
    _require_ways(open_pair.any(axis=-1) | (out <= 0), column="leave")
    _require_ways(open_pair.any(axis=-2) | (into <= 0), column="arrive")
    log = np.where(open_pair, log, -np.inf)
    row = _peak(log, axis=-1)
    column = _peak(log - row, axis=-2)
    weight = np.exp(log - row - column)
    right = np.ones(into.shape)
    miss = np.full(out.shape, np.inf)
    for _ in range(_ROUNDS):
        left = _ratio(out, (weight @ right[..., np.newaxis])[..., 0])
        right = _ratio(into, (left[..., np.newaxis, :] @ weight)[..., 0, :])
        if max(left.max(), right.max()) > _RUNAWAY:
            break
        flows = left[..., :, np.newaxis] * weight * right[..., np.newaxis, :]
        miss = np.abs(flows.sum(axis=-1) - out)
        if (miss <= _MARGIN / 2 * out).all():
            none = np.zeros((*log.shape[:-2], 0))
            log_out = _log(_ratio(left, out)) - row[..., 0]
            return Flows(flows, none, log_out, _log(_ratio(right, into)) - column[..., 0, :])
    raise _missed(miss, out)


def _peak(log: Floats, *, axis: int) -> Floats:
    """Greatest logarithm along an axis, 0 where there is none: what keeps the weights from vanishing."""
    peak = log.max(axis=axis, keepdims=True, initial=-np.inf)
    return np.asarray(np.where(np.isfinite(peak), peak, 0.0))


def _missed(miss: Floats, out: Floats) -> DataError:
    share = np.max(_ratio(miss, out).reshape(-1, out.shape[-1]), axis=0)
    worst = np.argsort(-share, kind="stable")[:_SHOWN]
    return DataError(
        [
            Problem(
                rule="no flows over the ways there are have these margins, or only just",
                mend=f"origin {origin} (counted from 0) misses {share[origin]:.2g} of its margin: "
                "open a way, or mend the margins",
                column="leave",
            )
            for origin in worst[share[worst] > _MARGIN / 2]
        ]
    )


def _require_ways(fine: npt.NDArray[np.bool_], *, column: str) -> None:
    bad = np.flatnonzero(~fine.reshape(-1, fine.shape[-1]).all(axis=0))
    where = ", ".join(map(str, bad[:_SHOWN]))
    require(
        bad.size == 0,
        column=column,
        rule=f"{bad.size} places have people but no way to the other side",
        mend=f"open a way for, or give 0 to, the places {where} (counted from 0)",
    )


def _shared(log: Floats, amount: Floats, *, axis: int) -> tuple[Floats, Floats, Floats]:
    """Amounts shared out along an axis by weight; who is stranded; logarithms of the balancing factors."""
    peak = log.max(axis=axis, keepdims=True, initial=-np.inf)
    somewhere = np.isfinite(peak)
    weight = np.exp(log - np.where(somewhere, peak, 0.0))
    whole = weight.sum(axis=axis, keepdims=True)
    share = weight / np.where(somewhere, whole, 1.0)
    flows = share * np.expand_dims(amount, axis)
    open_side = np.squeeze(somewhere, axis)
    factor = -np.squeeze(np.log(np.where(somewhere, whole, 1.0)) + np.where(somewhere, peak, 0.0), axis)
    stranded = np.where(open_side, 0.0, np.broadcast_to(amount, open_side.shape))
    return flows, stranded, np.where(open_side, factor, -np.inf)


def _pairs(log: Floats) -> Floats:
    require(
        log.ndim >= 2 and log.size > 0,
        column="cost",
        rule="it is no table of origins and destinations",
        mend="give one cost for each pair",
    )
    return log


def _side(values: npt.ArrayLike, *, log: Floats, axis: int, column: str) -> Floats:
    """Values of one side, with the futures of the pairs."""
    side = floats(values, column=column, low=0, high=_LARGE)
    fits = side.ndim >= 1 and side.shape[-1] == log.shape[axis]
    require(fits, column=column, rule="its shape is wrong", mend=f"give {log.shape[axis]} values a future")
    return side


def _ratio(over: Floats, under: Floats) -> Floats:
    """Ratio of two arrays, 0 where the second is 0."""
    shape = np.broadcast_shapes(over.shape, under.shape)
    zero = np.zeros(shape)
    return np.asarray(np.divide(over, under, out=zero, where=np.broadcast_to(under > 0, shape)))


def _log(values: Floats) -> Floats:
    """Natural logarithm, -inf at 0."""
    return np.asarray(np.log(values, out=np.full(values.shape, -np.inf), where=values > 0))
