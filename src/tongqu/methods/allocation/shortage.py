"""Demand for land that does not fit: how much of it, why, and the least change that makes it fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import linprog

from tongqu.base.errors import InfeasibleError
from tongqu.methods._arrays import Floats
from tongqu.methods.allocation._case import Case

__all__ = ["Shortage", "UnmetDemandError", "find_shortage"]

DEAR: Final = 1000.0
"""How much dearer a m² of unmet demand is than one of quota, when quotas may be raised."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shortage:
    """What does not fit.

    Parameters
    ----------
    unmet_m2 : numpy.ndarray of float
        Demand that is left unmet when room, quotas and floors are kept, the least in all, shape (classes,).
    no_room_m2 : numpy.ndarray of float
        The part of it that would be left even without quotas, for want of land, shape (classes,).
    quota_more_m2 : numpy.ndarray of float
        What quotas must be raised by, the least in all, to meet the rest, shape (towns,).
    floor_less_m2 : numpy.ndarray of float
        What floors must be lowered by, the least in all, shape (towns,).
    """

    unmet_m2: Floats
    no_room_m2: Floats
    quota_more_m2: Floats
    floor_less_m2: Floats

    def lines(self) -> tuple[list[str], list[str]]:
        """Each limit to relax and by how much, in English and Chinese; classes and towns from 0."""
        english, chinese = [], []
        for kind in np.flatnonzero(self.unmet_m2):
            unmet, lost = int(self.unmet_m2[kind]), int(self.no_room_m2[kind])
            english.append(
                f"demand of class {kind}: {unmet} m² do not fit, {lost} m² of them for want of land"
            )
            chinese.append(f"第 {kind} 类用地需求：{unmet} 平方米无法安排，其中 {lost} 平方米因可用土地不足")
        for town in np.flatnonzero(self.quota_more_m2):
            more = int(self.quota_more_m2[town])
            english.append(f"quota of town {town}: raise it by {more} m² instead of leaving demand unmet")
            chinese.append(f"第 {town} 个乡镇的指标上限：上调 {more} 平方米即可不留缺口")
        for town in np.flatnonzero(self.floor_less_m2):
            less = int(self.floor_less_m2[town])
            english.append(f"floor of town {town}: lower it by {less} m²")
            chinese.append(f"第 {town} 个乡镇的下限：下调 {less} 平方米")
        return english, chinese


class UnmetDemandError(InfeasibleError):
    """Demand for land does not fit into room, quotas and floors; ``shortage`` says what to change least."""

    def __init__(self, shortage: Shortage) -> None:
        self.shortage = shortage
        super().__init__(*shortage.lines())


def find_shortage(case: Case) -> Shortage | None:
    """What of the demand does not fit, or None if all does.

    Cells of one town that take the same classes are one supply, so the programs are small.

    Parameters
    ----------
    case : Case
    """
    kept = _least_change(case, quotas_soft=False)
    if kept is None:
        return None
    unmet, _, floor_less = kept
    freed = _least_change(case, quotas_soft=True)
    no_room, quota_more = (freed[0], freed[1]) if freed is not None else (np.zeros_like(unmet),) * 2
    return Shortage(unmet_m2=unmet, no_room_m2=no_room, quota_more_m2=quota_more, floor_less_m2=floor_less)


def _least_change(case: Case, *, quotas_soft: bool) -> tuple[Floats, Floats, Floats] | None:
    """Unmet demand, quotas raised and floors lowered that let the rest fit; None if nothing has to change."""
    allowed = np.isfinite(case.worth)
    keys = np.column_stack([case.town, allowed])
    groups, member = np.unique(keys, axis=0, return_inverse=True)
    supply = np.bincount(member.ravel(), case.room, minlength=len(groups))
    group, kind = np.nonzero(groups[:, 1:])
    town = groups[group, 0].astype(np.int64)
    classes, towns, columns = len(case.demand), len(case.floors), np.arange(len(group))
    ones = np.ones(len(group))

    def sums(row: npt.NDArray[np.integer], rows: int) -> Any:
        return sp.csr_array((ones, (row, columns)), shape=(rows, len(group)))

    eye_k, eye_t, none = sp.eye_array(classes), sp.eye_array(towns), sp.csr_array
    by_town = sums(town, towns)
    quotas = np.minimum(case.quotas, float(case.room.sum()))
    # Columns: areas by group and class, unmet by class, quota more and floor less by town.
    parts: Any = [
        [sums(group, len(groups)), none((len(groups), classes)), none((len(groups), 2 * towns))],
        [by_town, None, sp.hstack([-eye_t, none((towns, towns))])],
        [-by_town, None, sp.hstack([none((towns, towns)), -eye_t])],
    ]
    above: Any = sp.block_array(parts)
    equal: Any = sp.hstack([sums(kind, classes), eye_k, none((classes, 2 * towns))])
    dear = DEAR if quotas_soft else 1.0
    cost = np.concatenate([0 * ones, np.full(classes, dear), np.ones(towns), np.full(towns, dear)])
    high = np.full(len(cost), np.inf)
    if not quotas_soft:
        high[len(group) + classes : len(group) + classes + towns] = 0.0
    bounds: Any = np.column_stack([np.zeros(len(cost)), high])
    solved = linprog(
        cost,
        A_ub=above,
        b_ub=np.concatenate([supply, quotas, -case.floors]),
        A_eq=equal,
        b_eq=case.demand.astype(np.float64),
        bounds=bounds,
        method="highs-ds",
    )
    change = np.rint(np.asarray(solved.x)[len(group) :])
    if not change.any():
        return None
    unmet, more, less = np.split(change, [classes, classes + towns])
    return unmet, more, less
