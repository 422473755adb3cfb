"""Needed land by town and class in blocks that are not too small: an exact integer program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods._milp import solve
from tongqu.methods.allocation._case import Case
from tongqu.methods.allocation._cut import Neighbours
from tongqu.methods.allocation.shortage import UnmetDemandError, find_shortage

__all__ = ["Blocks", "allocate_blocks"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Blocks:
    """Land by town and class.

    Parameters
    ----------
    area_m2 : numpy.ndarray of int
        m², 0 or at least the smallest block, shape (towns, classes).
    value, bound : float
        Sum of suitability times area, and what no allocation exceeds, m².
    gap : float
        ``(bound - value) / bound``.
    """

    area_m2: Ints
    value: float
    bound: float
    gap: float


def allocate_blocks(
    suitability: npt.ArrayLike,
    *,
    room_m2: npt.ArrayLike,
    demand_m2: npt.ArrayLike,
    least_m2: float = 0.0,
    floors_m2: npt.ArrayLike | None = None,
    quotas_m2: npt.ArrayLike | None = None,
    gap: float = 1e-6,
    seconds: float = 60.0,
) -> Blocks:
    """The most suitable towns for needed land, each class met exactly and in blocks of a least size.

    Parameters
    ----------
    suitability : array_like of float
        In [0, 1], NaN where a class may not lie, shape (towns, classes).
    room_m2 : array_like of int
        m² that can be built on, shape (towns,).
    demand_m2 : array_like of int
        m², shape (classes,).
    least_m2 : float
        Smallest block of a class in a town, m².
    floors_m2, quotas_m2 : array_like of float, optional
        Least and most m² of all classes together, shape (towns,).
    gap : float
        Relative gap at which the solver may stop.
    seconds : float
        Limit of time.

    Returns
    -------
    Blocks

    Raises
    ------
    DataError
        If shapes or values do not fit, or no division into such blocks exists or is found in time.
    UnmetDemandError
        If the demand does not fit into room, floors and quotas, whatever the blocks.

    Examples
    --------
    Without a least size the second town would take what the first has no room for:

    >>> found = allocate_blocks([[0.9], [0.8], [0.7]], room_m2=[60, 60, 100], demand_m2=[100], least_m2=45)
    >>> found.area_m2.ravel().tolist(), found.gap
    ([55, 45, 0], 0.0)
    """
    suited = np.asarray(suitability, np.float64)
    require(suited.ndim == 2, column="suitability", rule="its shape is wrong", mend="give towns by classes")
    floats(suited[~np.isnan(suited)], column="suitability", low=0, high=1)
    towns, classes = suited.shape
    room = floats(room_m2, column="room_m2", low=0, high=1e13)
    demand = floats(demand_m2, column="demand_m2", low=0, high=1e13)
    least = float(floats(least_m2, column="least_m2", low=0, high=1e13))
    floors = np.zeros(towns) if floors_m2 is None else floats(floors_m2, column="floors_m2", low=0)
    quotas = np.full(towns, np.inf) if quotas_m2 is None else floats(quotas_m2, column="quotas_m2", low=0)
    fits = room.shape == floors.shape == quotas.shape == (towns,) and demand.shape == (classes,)
    require(fits, column="room_m2", rule="shapes differ", mend="give one value for each town and class")
    whole = all(bool((one == np.rint(one)).all()) for one in (room, demand))
    require(whole, column="demand_m2", rule="it is not in whole m²", mend="round to m²")
    floors, quotas = np.ceil(floors), np.floor(quotas)
    short = find_shortage(_without_blocks(suited, room, demand, floors, quotas))
    if short is not None:
        raise UnmetDemandError(short)
    top = np.floor(np.minimum(room, quotas))
    area, bound = _solve(suited, top, demand, floors, least=np.ceil(least), gap=gap, seconds=seconds)
    require(
        area is not None,
        column="least_m2",
        rule="no division into blocks of this size is found",
        mend="allow smaller blocks, or give more time",
    )
    assert area is not None
    value = float((np.nan_to_num(suited) * area).sum())
    limit = max(bound, value)
    return Blocks(area_m2=area, value=value, bound=limit, gap=(limit - value) / limit if limit else 0.0)


def _without_blocks(suited: Floats, room: Floats, demand: Floats, floors: Floats, quotas: Floats) -> Case:
    """The same problem with any areas, for the search of a shortage."""
    nothing = np.zeros(0, np.int64)
    return Case(
        worth=np.nan_to_num(suited, nan=-np.inf),
        room=room.astype(np.int64),
        pull=np.zeros(len(room)),
        base=0.0,
        neighbours=Neighbours(nothing, nothing, np.zeros(0), len(room)),
        demand=demand.astype(np.int64),
        town=np.arange(len(room), dtype=np.int64),
        floors=floors,
        quotas=quotas,
    )


def _solve(
    suited: Floats, top: Floats, demand: Floats, floors: Floats, *, least: float, gap: float, seconds: float
) -> tuple[Ints | None, float]:
    """Areas in whole m² and a bound; None if there are none."""
    town, kind = np.nonzero(~np.isnan(suited))
    used, columns = len(town), np.arange(len(town))
    ones = np.ones(used)
    by_town = sp.csr_array((ones, (town, columns)), shape=(len(top), used))
    by_class: Any = sp.csr_array((ones, (kind, columns)), shape=(len(demand), used))
    most = np.minimum(top[town], demand[kind])
    eye, none = sp.eye_array(used), sp.csr_array
    rows: Any = sp.block_array(
        [
            [by_town, none((len(top), used))],
            [by_class, None],
            [eye, sp.diags_array(-most)],
            [eye, sp.diags_array(np.full(used, -least))],
        ],
        format="csr",
    )
    low = np.concatenate([floors, demand, np.full(used, -np.inf), np.zeros(used)])
    high = np.concatenate([top, demand, np.zeros(used), np.full(used, np.inf)])
    cost = np.concatenate([-suited[town, kind], np.zeros(used)])
    solved = solve(
        cost,
        integrality=np.repeat([0, 1], used),
        bounds=Bounds(0.0, np.concatenate([most, ones])),
        constraints=LinearConstraint(rows, low, high),
        gap=gap,
        seconds=seconds,
    )
    if solved.x is None:
        return None, np.inf
    opened = np.rint(solved.x[used:])
    # With the blocks fixed the rest is a flow between whole numbers: whole at a vertex.
    blocks: Any = np.column_stack([least * opened, most * opened])
    both: Any = sp.vstack([by_town, -by_town])
    exact = linprog(
        cost[:used],
        A_ub=both,
        b_ub=np.concatenate([top, -floors]),
        A_eq=by_class,
        b_eq=demand,
        bounds=blocks,
        method="highs-ds",
    )
    if exact.x is None:
        return None, np.inf
    area = np.zeros(suited.shape, np.int64)
    area[town, kind] = np.rint(exact.x).astype(np.int64)
    return area, -float(solved.mip_dual_bound)
