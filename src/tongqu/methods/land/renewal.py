"""Village land put to use again: consolidation, and idle homesteads withdrawn or let."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats
from tongqu.methods.land.quota import LinkedQuota, linked_quota

__all__ = ["Consolidation", "Reuse", "consolidation", "homestead_reuse"]

MOST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Consolidation:
    """Scattered and idle village land cleared and reclaimed.

    Parameters
    ----------
    idle, lived_in : numpy.ndarray
        Mu cleared of each.
    quota : LinkedQuota
        What it balances, builds anew and saves.
    farmland : numpy.ndarray
        Mu of farmland won; the rest of the land freed becomes forest.
    cost_wan : numpy.ndarray
        万元 once.
    cost_per_saved : numpy.ndarray
        万元 for each mu of quota saved; infinite where none is.
    """

    idle: Floats
    lived_in: Floats
    quota: LinkedQuota
    farmland: Floats
    cost_wan: Floats
    cost_per_saved: Floats


def consolidation(
    rural: npt.ArrayLike,
    *,
    idle: npt.ArrayLike,
    idle_share: float,
    scattered_share: float,
    resettle: float,
    farmland_share: float,
    cost: float,
) -> Consolidation:
    """Clear part of the idle homesteads and of the scattered village land that is lived in.

    Parameters
    ----------
    rural, idle : array_like of float
        Village land, and idle homesteads in it, mu; shape (places,).
    idle_share, scattered_share : float
        Share of the idle, and of the rest, that is cleared, in [0, 1].
    resettle : float
        Land of the new plots for each mu of lived-in land that is cleared, in [0, 1].
    farmland_share : float
        Share of the land saved that becomes farmland, in [0, 1].
    cost : float
        万元 for each mu cleared: compensation, clearing, reclaiming and new plots.

    Returns
    -------
    Consolidation

    Raises
    ------
    DataError
        If a number is missing or out of range, or there is more idle than village land.

    Examples
    --------
    >>> found = consolidation(
    ...     [1000], idle=[100], idle_share=0.5, scattered_share=0.1, resettle=0.5, farmland_share=0.8, cost=18
    ... )
    >>> found.quota.balanced, found.quota.saved, found.cost_wan
    (array([140.]), array([95.]), array([2520.]))
    >>> found.farmland.round(6), found.cost_per_saved.round(2)
    (array([76.]), array([26.53]))
    """
    whole = floats(rural, column="rural", low=0, high=MOST)
    empty = floats(idle, column="idle", low=0, high=float(whole.max(initial=0.0)))
    shares = [
        float(floats(value, column=name, low=0, high=1))
        for name, value in (
            ("idle_share", idle_share),
            ("scattered_share", scattered_share),
            ("farmland_share", farmland_share),
        )
    ]
    price = float(floats(cost, column="cost", low=0, high=MOST))
    gone, moved = empty * shares[0], np.maximum(whole - empty, 0.0) * shares[1]
    quota = linked_quota(gone, lived_in=moved, resettle=resettle)
    paid = quota.balanced * price
    each = np.divide(paid, quota.saved, out=np.full(paid.shape, np.inf), where=quota.saved > 0)
    return Consolidation(gone, moved, quota, quota.saved * shares[2], paid, each)


@dataclass(frozen=True, slots=True, eq=False)
class Reuse:
    """Idle homesteads that are let: mu, public cost once in 万元, and what they bring in 万元 a year."""

    area: Floats
    cost_wan: Floats
    income_wan: Floats
    value_added_wan: Floats


def homestead_reuse(
    idle: npt.ArrayLike, *, share: float, cost: float, income: float, value_added: float
) -> Reuse:
    """Let part of the idle homesteads to guests, old people or small business.

    Parameters
    ----------
    idle : array_like of float
        Idle homesteads, mu, 0 or more.
    share : float
        Share that is let, in [0, 1].
    cost : float
        Public cost, 万元 a mu once.
    income, value_added : float
        Income of country people, and value added, 万元 a mu and year.

    Returns
    -------
    Reuse

    Raises
    ------
    DataError
        If a number is missing or out of range.

    Examples
    --------
    >>> homestead_reuse([200], share=0.25, cost=10, income=2, value_added=4).income_wan
    array([100.])
    """
    empty = floats(idle, column="idle", low=0, high=MOST)
    part = float(floats(share, column="share", low=0, high=1))
    each = [
        float(floats(value, column=name, low=0, high=MOST))
        for name, value in (("cost", cost), ("income", income), ("value_added", value_added))
    ]
    area = empty * part
    return Reuse(area, area * each[0], area * each[1], area * each[2])
