"""Cold chain: what is lost on each leg from field to market, warm or cooled, and what cooling is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Cooling", "Leg", "Legs", "Regime", "cooling_value", "kept_share", "legs_of"]

Regime: TypeAlias = Literal["ambient", "cooled"]
"""At the temperature of the air, or held at that of the cold chain."""

HOUR: Final = 60.0
"""Minutes of an hour."""
KG: Final = 1000.0
_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg from field to market: on the road, in a store, at a platform.

    Parameters
    ----------
    name : str
        What it is called.
    minutes : float
        How long goods are on it.
    regime : {"ambient", "cooled"}
        At which temperature.
    yuan_per_tonne : float
        Haulage, handling or storage, without cooling.
    cooling_per_tonne_hour : float
        What holding it cool costs more, yuan a tonne and hour.
    """

    name: str
    minutes: float
    regime: Regime = "ambient"
    yuan_per_tonne: float = 0.0
    cooling_per_tonne_hour: float = 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Legs:
    """What each leg keeps and costs; arrays of shape (legs,).

    Parameters
    ----------
    names : tuple of str
    kept : numpy.ndarray of float
        Share of what sets out in the field that is left after each leg.
    lost : numpy.ndarray of float
        Share of what sets out in the field that is lost on each leg.
    yuan_per_tonne : numpy.ndarray of float
        Cost of each leg for a tonne that enters it.
    loss : float
        Share lost over all.
    yuan : float
        Cost over all legs of a tonne that sets out.
    yuan_delivered : float
        The same of a tonne that arrives; inf where nothing does.
    """

    names: tuple[str, ...]
    kept: Floats
    lost: Floats
    yuan_per_tonne: Floats
    loss: float
    yuan: float
    yuan_delivered: float


def kept_share(
    minutes: npt.ArrayLike, *, ambient: npt.ArrayLike, cooled: npt.ArrayLike, cold: npt.ArrayLike
) -> Floats:
    """Share of goods that is left after some time, first-order decay.

    Parameters
    ----------
    minutes : array_like of float
        Time, any shape, 0 or more.
    ambient, cooled : array_like of float
        Share lost in the first hour without and with cooling, in [0, 1), broadcast.
    cold : array_like of float
        Share of the goods that is cooled, in [0, 1], broadcast.

    Returns
    -------
    numpy.ndarray of float
        ``(1 - rate) ** hours``, the mean of the warm and the cooled part.

    Raises
    ------
    DataError
        If a value is missing or out of range.

    References
    ----------
    First-order decay of quality: Labuza, T. P. (1982), Shelf-life dating of foods. As share lost:
    Osvald, A., Stirn, L. Z. (2008), A vehicle routing algorithm for the distribution of fresh vegetables and
    similar perishable food, Journal of Food Engineering 85, 285-295.

    Examples
    --------
    >>> kept_share([0, 60, 120], ambient=0.1, cooled=0.0, cold=0.5).round(3).tolist()
    [1.0, 0.95, 0.905]
    """
    hours = floats(minutes, column="minutes", low=0, high=_LARGE) / HOUR
    warm, cool = (
        floats(rate, column=name, low=0, high=np.nextafter(1.0, 0.0))
        for rate, name in ((ambient, "ambient"), (cooled, "cooled"))
    )
    part = floats(cold, column="cold", low=0, high=1)
    return np.asarray(part * (1 - cool) ** hours + (1 - part) * (1 - warm) ** hours, dtype=np.float64)


def legs_of(legs: Sequence[Leg], *, ambient: float, cooled: float) -> Legs:
    """Loss and cost of goods that pass legs one after the other.

    Parameters
    ----------
    legs : sequence of Leg
        In order.
    ambient, cooled : float
        Share lost in an hour without and with cooling, in [0, 1).

    Returns
    -------
    Legs

    Raises
    ------
    DataError
        If a value is missing or out of range, or there is no leg.

    Examples
    --------
    >>> warm = [
    ...     Leg(name="field to station", minutes=90, yuan_per_tonne=40),
    ...     Leg(name="to county", minutes=60),
    ... ]
    >>> found = legs_of(warm, ambient=0.02, cooled=0.002)
    >>> round(found.loss, 4), found.yuan, round(found.yuan_delivered, 2)
    (0.0493, 40.0, 42.07)
    """
    require(len(legs) > 0, column="legs", rule="there is none", mend="give one leg or more")
    minutes = np.array([leg.minutes for leg in legs])
    cold = np.array([float(leg.regime == "cooled") for leg in legs])
    each = kept_share(minutes, ambient=ambient, cooled=cooled, cold=cold)
    kept: Floats = np.asarray(np.cumprod(each), dtype=np.float64)
    before = np.concatenate([[1.0], kept[:-1]])
    cost = np.array([leg.yuan_per_tonne for leg in legs])
    cost = cost + cold * minutes / HOUR * np.array([leg.cooling_per_tonne_hour for leg in legs])
    cost = floats(cost, column="yuan_per_tonne", low=0, high=_LARGE)
    yuan = float(before @ cost)
    return Legs(
        names=tuple(leg.name for leg in legs),
        kept=kept,
        lost=before - kept,
        yuan_per_tonne=cost,
        loss=float(1 - kept[-1]),
        yuan=yuan,
        yuan_delivered=yuan / float(kept[-1]) if kept[-1] > 0 else float("inf"),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cooling:
    """What cooling some legs brings.

    Parameters
    ----------
    saved : float
        Tonnes a year that arrive more than before.
    value, cost, net : float
        Yuan a year: of what is saved, of the legs over those before, and the difference.
    """

    saved: float
    value: float
    cost: float
    net: float


def cooling_value(
    before: Sequence[Leg],
    after: Sequence[Leg],
    *,
    tonnes: float,
    yuan_per_kg: float,
    ambient: float,
    cooled: float,
) -> Cooling:
    """Compare legs before and after some are cooled.

    Parameters
    ----------
    before, after : sequence of Leg
        The ways compared.
    tonnes : float
        That set out in a year.
    yuan_per_kg : float
        Price of what arrives.
    ambient, cooled : float
        Share lost in an hour without and with cooling.

    Returns
    -------
    Cooling

    Raises
    ------
    DataError
        As `legs_of`; or if tonnes or price are negative.

    Examples
    --------
    >>> warm = [Leg(name="dwell", minutes=480), Leg(name="to county", minutes=60)]
    >>> cold = [
    ...     Leg(name="dwell", minutes=480, regime="cooled", cooling_per_tonne_hour=2),
    ...     Leg(name="to county", minutes=60),
    ... ]
    >>> found = cooling_value(warm, cold, tonnes=1000, yuan_per_kg=4, ambient=0.01, cooled=0.001)
    >>> round(found.saved, 1), round(found.value), found.cost, round(found.net)
    (68.6, 274362, 16000.0, 258362)
    """
    amount = float(floats(tonnes, column="tonnes", low=0, high=_LARGE))
    price = float(floats(yuan_per_kg, column="yuan_per_kg", low=0, high=_LARGE))
    one, other = (legs_of(each, ambient=ambient, cooled=cooled) for each in (before, after))
    saved = (one.loss - other.loss) * amount
    value, cost = saved * price * KG, (other.yuan - one.yuan) * amount
    return Cooling(saved=saved, value=value, cost=cost, net=value - cost)
