"""Prices of land at which demand and supply meet: the dual of the allocation, by cutting planes."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import linprog

from tongqu.methods._arrays import Floats
from tongqu.methods.allocation._case import Case, Evaluated
from tongqu.methods.allocation._cut import best_set

__all__ = ["search_prices"]

FIRST_RADIUS: Final = 0.1
"""Half width of the box of prices that the first steps stay in, in units of suitability."""
LOW: Final = -1e6
"""Stands for -inf in sums with areas of 0."""


class _Dual:
    """The dual function: its value and a plane that lies below it at given prices."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.classes = len(case.demand)
        self.capped = np.flatnonzero(np.isfinite(case.quotas))
        self.floored = np.flatnonzero(case.floors > 0)
        self.right = np.concatenate([case.demand, case.quotas[self.capped], -case.floors[self.floored]])
        self.low = np.concatenate(
            [np.full(self.classes, -np.inf), np.zeros(len(self.capped) + len(self.floored))]
        )
        self.worth = np.maximum(case.worth, LOW)

    def split(self, price: Floats) -> tuple[Floats, Floats]:
        """Prices of classes and of towns."""
        town = np.zeros(len(self.case.floors))
        ends = np.split(price, [self.classes, self.classes + len(self.capped)])
        town[self.capped] += ends[1]
        town[self.floored] -= ends[2]
        return ends[0], town

    def __call__(self, price: Floats) -> tuple[Evaluated, float, Floats]:
        """What is built at the prices, and height at price 0 and slopes of a plane below the dual."""
        case = self.case
        class_price, town_price = self.split(price)
        net = self.worth - class_price
        chosen = net.argmax(axis=1)
        each = np.arange(len(chosen))
        whole = case.room * (net[each, chosen] - town_price[case.town]) + case.pull
        inside, bound = best_set(whole, case.neighbours)
        used = case.room * inside
        by_class = np.bincount(chosen, used, minlength=self.classes)
        by_town = case.by_town(used)
        slope = self.right - np.concatenate([by_class, by_town[self.capped], -by_town[self.floored]])
        share = inside.astype(np.float64)
        height = float(self.worth[each, chosen] @ used + case.pull @ share) - case.neighbours.boundary(share)
        found = Evaluated(float(bound + price @ self.right) - case.base, inside, class_price, town_price)
        return found, height - case.base, slope


def _first_price(case: Case) -> float:
    """The price at which the best cells hold just the demand when boundaries cost nothing."""
    best = case.worth.max(axis=1)
    order = np.argsort(-best, kind="stable")
    reach = np.searchsorted(np.cumsum(case.room[order]), case.total)
    return float(best[order[min(int(reach), len(order) - 1)]])


def search_prices(case: Case, *, tolerance: float, steps: int) -> list[Evaluated]:
    """Prices tried, those with the lowest bound first.

    Parameters
    ----------
    case : Case
        Feasible.
    tolerance : float
        The search ends when the bound can fall no further than this share of the demand.
    steps : int
        Most prices tried.

    References
    ----------
    Kelley, J. E. (1960), Journal of SIAM 8, 703-712. Marsten, R. E., Hogan, W. W., Blankenship, J. W.
    (1975), The boxstep method, Operations Research 23, 389-405.
    """
    dual = _Dual(case)
    scale = float(case.total)
    price = np.zeros(len(dual.right))
    price[: dual.classes] = _first_price(case)
    found, height, slope = dual(price)
    tried, heights, slopes = [found], [height / scale], [slope / scale]
    centre, lowest, radius = price, found.bound, FIRST_RADIUS
    for _ in range(steps - 1):
        price, floor, at_edge = _lowest_plane(
            np.array(heights), np.array(slopes), centre=centre, radius=radius, low=dual.low
        )
        expected = lowest / scale - floor
        if expected <= tolerance:
            if not at_edge:
                break
            radius *= 4.0
            if radius > 1e3:  # the lowest point of the planes has no end that matters
                break
            continue
        found, height, slope = dual(price)
        tried.append(found)
        heights.append(height / scale)
        slopes.append(slope / scale)
        if found.bound < lowest - 0.1 * expected * scale:
            radius *= 2.0 if at_edge else 1.0
        elif len(price) > 1:
            radius = max(radius * 0.8, 1e-4)
        if found.bound < lowest:
            centre, lowest = price, found.bound
    return sorted(tried, key=lambda one: one.bound)


def _lowest_plane(
    heights: Floats, slopes: Floats, *, centre: Floats, radius: float, low: Floats
) -> tuple[Floats, float, bool]:
    """The prices in the box where the highest plane is lowest, its height there, and if at the box's edge."""
    left, right = np.maximum(centre - radius, low), centre + radius
    size = len(centre)
    cost = np.zeros(size + 1)
    cost[-1] = 1.0
    solved = linprog(
        cost,
        A_ub=np.column_stack([slopes, np.full(len(slopes), -1.0)]),
        b_ub=-heights,
        bounds=[*zip(left, right, strict=True), (None, None)],
        method="highs",
    )
    if solved.x is None:
        return centre, -np.inf, False
    price = np.asarray(solved.x[:-1])
    edge = ((price <= left + 1e-12) & (left > low)) | (price >= right - 1e-12)
    return price, float(solved.x[-1]), bool(edge.any())
