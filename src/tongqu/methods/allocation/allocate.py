"""Where needed land goes: suitable cells in compact shape, demand met to the square metre, with a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.allocation._case import Case, Evaluated
from tongqu.methods.allocation._cut import Neighbours
from tongqu.methods.allocation._fill import areas_from, exact_areas, linear_areas
from tongqu.methods.allocation._prices import search_prices
from tongqu.methods.allocation._program import solve_program
from tongqu.methods.allocation.shortage import UnmetDemandError, find_shortage

__all__ = ["Allocation", "Solver", "allocate", "grid_neighbours"]

Solver = Literal["auto", "cut", "program"]
LARGEST_M, LARGEST_M2 = 1e9, 1e13
"""Beyond any region: lengths in m, areas in m² (ten times China), so that sums stay exact in float64."""
SMALL = 200
"""Free cells times classes up to which "auto" solves the integer program."""
TRIED = 6
"""Sets of cells, those of the best bounds, that are completed to allocations."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Allocation:
    """Land by cell and class.

    Parameters
    ----------
    area_m2 : numpy.ndarray of int
        m² newly built on, shape (cells, classes); each column adds up to its demand exactly.
    share : numpy.ndarray of float
        Of the room of each cell that is built on in the end, 1 for cells that were built, shape (cells,).
    suited_m2 : float
        Sum of suitability times area.
    boundary_m : float
        Boundary between what is built and what is not, old and new, m; parts count by their share.
    value, bound : float
        ``suited_m2 - boundary_weight * boundary_m``, and a value that no allocation exceeds, m².
    gap : float
        ``(bound - value) / suited_m2``: what any other allocation could gain at most, over the suitability
        of this one. Not over the value, which boundary may bring near 0; 0 where proven best.
    class_price, town_price : numpy.ndarray of float
        What a m² more of demand costs, and what a m² more of quota (or, if negative, of floor) brings, in
        units of suitability at the best bound; shapes (classes,) and (towns,); NaN from the program.
    partial : numpy.ndarray of int
        Cells of which a part only is built on, positions.
    """

    area_m2: Ints
    share: Floats
    suited_m2: float
    boundary_m: float
    value: float
    bound: float
    gap: float
    class_price: Floats
    town_price: Floats
    partial: Ints


def grid_neighbours(shape: tuple[int, int], *, width_m: float, height_m: float) -> tuple[Ints, Floats]:
    """Pairs of cells of a grid that share a side, and the lengths of the sides.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns; cells are counted along rows.
    width_m, height_m : float
        Of a cell, m.

    Returns
    -------
    pairs : numpy.ndarray of int
        Shape (pairs, 2).
    boundary_m : numpy.ndarray of float
        Shape (pairs,).

    Examples
    --------
    >>> pairs, boundary = grid_neighbours((2, 2), width_m=30, height_m=20)
    >>> pairs.tolist(), boundary.tolist()
    ([[0, 1], [2, 3], [0, 2], [1, 3]], [20.0, 20.0, 30.0, 30.0])
    """
    cell = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape)
    across = np.column_stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()])
    down = np.column_stack([cell[:-1].ravel(), cell[1:].ravel()])
    lengths = np.repeat([float(height_m), float(width_m)], [len(across), len(down)])
    return np.concatenate([across, down]), lengths


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """All cells as given, checked."""

    suitability: Floats
    room: Ints
    first: Ints
    second: Ints
    boundary: Floats
    weight: float
    built: Bools
    edge: Floats

    def free(self) -> Ints:
        """Cells that can be built on, positions."""
        return np.flatnonzero((self.room > 0) & np.isfinite(self.suitability).any(axis=1))

    def case(self, demand: Ints, town: Ints, floors: Floats, quotas: Floats) -> Case:
        """The problem on free cells: what neighbours are fixed becomes part of a cell's worth."""
        free = self.free()
        cost = self.weight * self.boundary
        place = np.full(len(self.room), -1, dtype=np.int64)
        place[free] = np.arange(len(free))
        open_cell = (place >= 0) & ~self.built  # a built cell with room left is inside whatever is added
        pull = np.zeros(len(self.room))
        for one, other in ((self.first, self.second), (self.second, self.first)):
            fixed = open_cell[one] & ~open_cell[other]
            sign = np.where(self.built[other], 1.0, -1.0)
            np.add.at(pull, one[fixed], (sign * cost)[fixed])
        beyond = self.weight * self.edge
        pull += np.where(open_cell, beyond[:, 1] - beyond[:, 0], 0.0)
        both = open_cell[self.first] & open_cell[self.second]
        near = Neighbours(place[self.first[both]], place[self.second[both]], cost[both], len(free))
        return Case(
            worth=np.nan_to_num(self.suitability[free], nan=-np.inf),
            room=self.room[free],
            pull=pull[free],
            base=float(cost[self.built[self.first] != self.built[self.second]].sum())
            + float(np.where(self.built, beyond[:, 0], beyond[:, 1]).sum()),
            neighbours=near,
            demand=demand,
            town=town[free],
            floors=floors,
            quotas=quotas,
        )

    def result(self, case: Case, area: Floats, bound: float, prices: Evaluated | None) -> Allocation:
        """The allocation on all cells."""
        whole = np.zeros(self.suitability.shape, dtype=np.int64)
        whole[self.free()] = np.rint(area).astype(np.int64)
        used = whole.sum(axis=1)
        share = np.where(self.built, 1.0, used / np.maximum(self.room, 1))
        suited = float((np.nan_to_num(self.suitability) * whole).sum())
        boundary = float(self.boundary @ np.abs(share[self.first] - share[self.second]))
        boundary += float(self.edge[:, 0] @ share + self.edge[:, 1] @ (1.0 - share))
        value = suited - self.weight * boundary
        top = max(bound, value)
        return Allocation(
            area_m2=whole,
            share=share,
            suited_m2=suited,
            boundary_m=boundary,
            value=value,
            bound=top,
            gap=0.0 if top == value else (top - value) / suited if suited else np.inf,
            class_price=np.full(len(case.demand), np.nan) if prices is None else prices.class_price,
            town_price=np.full(len(case.floors), np.nan) if prices is None else prices.town_price,
            partial=np.flatnonzero((used > 0) & (used < self.room)).astype(np.int64),
        )


def allocate(
    suitability: npt.ArrayLike,
    *,
    room_m2: npt.ArrayLike,
    demand_m2: npt.ArrayLike,
    pairs: npt.ArrayLike,
    boundary_m: npt.ArrayLike,
    boundary_weight: float,
    built: npt.ArrayLike | None = None,
    edge_m: npt.ArrayLike | None = None,
    town: npt.ArrayLike | None = None,
    floors_m2: npt.ArrayLike | None = None,
    quotas_m2: npt.ArrayLike | None = None,
    solver: Solver = "auto",
    tolerance: float = 1e-5,
    steps: int = 150,
    seconds: float = 60.0,
) -> Allocation:
    """The most suitable land in compact shape that meets every demand exactly.

    Maximises ``sum of suitability x area - boundary_weight x boundary``, the boundary being that of all
    built land together whatever its class. Cells are built on whole, but for one at which the demand ends
    and one in each town at which its floor or quota ends. At given prices of land the best set of cells is
    a minimum cut; prices are moved until supply meets demand, which gives the bound, and the sets on the
    way are completed to whole allocations, which give the value.

    Parameters
    ----------
    suitability : array_like of float
        Of each cell for each class, in [0, 1], NaN where the class may not lie, shape (cells, classes).
    room_m2 : array_like of int
        m² of each cell that can be built on, 0 for protected and excluded cells, shape (cells,).
    demand_m2 : array_like of int
        m² of each class, shape (classes,). For demand by town and class, allocate town by town.
    pairs : array_like of int
        Cells with a common boundary, each pair once, shape (pairs, 2); see `grid_neighbours`.
    boundary_m : array_like of float
        Its length, m, shape (pairs,).
    boundary_weight : float
        m² of fully suitable land that a metre of boundary counts; 0 leaves compactness out.
    built : array_like of bool, optional
        Cells that are built already, with or without room left: next to them there is no boundary, shape
        (cells,).
    edge_m : array_like of float, optional
        Boundary of each cell with what lies beyond all cells, m, shape (cells, 2): with land that is not
        built, and with land that is. Without it the region's edge costs nothing.
    town : array_like of int, optional
        Town of each cell, positions, shape (cells,); needed for what is by town.
    floors_m2, quotas_m2 : array_like of float, optional
        Least and most m² of all classes together by town (inf for none), shape (towns,).
    solver : {"auto", "cut", "program"}
        Minimum cuts, or an integer program that is exact for small cases; "auto" takes the program up to
        200 cells times classes.
    tolerance : float
        Share of the demand by which the bound may stay above the lowest that prices can give.
    steps : int
        Most prices tried.
    seconds : float
        Limit of the integer program.

    Returns
    -------
    Allocation

    Raises
    ------
    DataError
        If shapes, positions or values do not fit.
    UnmetDemandError
        If the demand does not fit into the room, floors and quotas; says what to change least.

    References
    ----------
    Picard, J.-C., Ratliff, H. D. (1975), Networks 5, 357-370 (cuts). Fisher, M. L. (1981), Management
    Science 27, 1-18 (bound from prices). Aerts, J. C. J. H. et al. (2003), Geographical Analysis 35,
    148-169 (compact land allocation as an integer program).

    Examples
    --------
    Three cells in a row of 100 m²: the best two lie apart, compactness keeps them together.

    >>> row = dict(room_m2=[100, 100, 100], demand_m2=[200], pairs=[[0, 1], [1, 2]], boundary_m=[10, 10])
    >>> allocate([[0.9], [0.7], [0.8]], **row, boundary_weight=0).area_m2.ravel().tolist()
    [100, 0, 100]
    >>> found = allocate([[0.9], [0.7], [0.8]], **row, boundary_weight=1.5)
    >>> found.area_m2.ravel().tolist(), found.boundary_m, round(found.value, 6), found.gap
    ([100, 100, 0], 10.0, 145.0, 0.0)
    """
    ground = _read(suitability, room_m2, pairs, boundary_m, boundary_weight, built, edge_m)
    demand = _whole(demand_m2, column="demand_m2")
    fits = demand.shape == (ground.suitability.shape[1],) and demand.sum() > 0
    require(fits, column="demand_m2", rule="it does not fit the classes", mend="give m² for each class")
    towns = _towns(town, floors_m2, quotas_m2, size=len(ground.room))
    case = ground.case(demand, *towns)
    short = find_shortage(case)
    if short is not None:
        raise UnmetDemandError(short)
    if solver == "program" or (solver == "auto" and case.worth.size <= SMALL):
        return ground.result(case, *_by_program(case, seconds=seconds))
    return ground.result(case, *_by_cuts(case, tolerance=tolerance, steps=steps))


def _by_cuts(case: Case, *, tolerance: float, steps: int) -> tuple[Floats, float, Evaluated | None]:
    """The best of the sets that prices give, completed, the lowest bound, and its prices."""
    tried = search_prices(case, tolerance=tolerance, steps=steps)
    best, most = None, -np.inf
    seen: set[bytes] = set()
    for one in tried:
        mark = np.packbits(one.inside).tobytes()
        if mark in seen:
            continue
        if len(seen) == TRIED:
            break
        seen.add(mark)
        area = areas_from(case, one)
        value = -np.inf if area is None else case.value(area)
        if area is not None and value > most:
            best, most = area, value
    if best is None:
        best = linear_areas(case, tried[0])
    # The program is feasible, as there is no shortage.
    return np.asarray(best), tried[0].bound, tried[0]


def _by_program(case: Case, *, seconds: float) -> tuple[Floats, float, Evaluated | None]:
    """The integer program's areas, made whole, and its bound; by cuts if time runs out before a solution."""
    found, bound = solve_program(case, seconds=seconds)
    if found is not None:
        whole = exact_areas(case, found)
        if whole is not None:
            return whole, bound, None
    area, other, prices = _by_cuts(case, tolerance=1e-5, steps=150)
    return area, min(bound, other), prices


def _read(
    suitability: npt.ArrayLike,
    room_m2: npt.ArrayLike,
    pairs: npt.ArrayLike,
    boundary_m: npt.ArrayLike,
    weight: float,
    built: npt.ArrayLike | None,
    edge_m: npt.ArrayLike | None,
) -> _Ground:
    """The cells, checked; see `allocate`."""
    suited = np.asarray(suitability, np.float64)
    require(suited.ndim == 2, column="suitability", rule="its shape is wrong", mend="give cells by classes")
    floats(suited[~np.isnan(suited)], column="suitability", low=0, high=1)
    size = len(suited)
    room = _whole(room_m2, column="room_m2")
    stands = np.zeros(size, bool) if built is None else np.asarray(built, bool)
    fits = room.shape == stands.shape == (size,)
    require(fits, column="room_m2", rule="shapes differ", mend="give one value for each cell")
    two = np.asarray(pairs, np.int64).reshape(-1, 2)
    ends = positions(two.ravel(), column="pairs", size=size).reshape(-1, 2)
    lengths = floats(boundary_m, column="boundary_m", low=0, high=LARGEST_M)
    fits = lengths.shape == (len(ends),)
    require(fits, column="boundary_m", rule="shapes differ", mend="give one length for each pair")
    ordered = np.sort(ends, axis=1)
    once = len(np.unique(ordered, axis=0)) == len(ends) and bool((ordered[:, 0] < ordered[:, 1]).all())
    require(once, column="pairs", rule="a pair is given twice or of one cell", mend="give each pair once")
    cost = float(floats(weight, column="boundary_weight", low=0, high=LARGEST_M))
    edge = np.zeros((size, 2)) if edge_m is None else floats(edge_m, column="edge_m", low=0, high=LARGEST_M)
    fits = edge.shape == (size, 2)
    require(fits, column="edge_m", rule="shapes differ", mend="give two lengths for each cell")
    return _Ground(suited, room, ends[:, 0], ends[:, 1], lengths, cost, stands, edge)


def _whole(values: npt.ArrayLike, *, column: str) -> Ints:
    """Whole numbers of m², 0 or more."""
    numbers = floats(values, column=column, low=0, high=LARGEST_M2)
    whole = bool((numbers == np.rint(numbers)).all())
    require(whole, column=column, rule="it is not in whole m²", mend="round to m²")
    return numbers.astype(np.int64)


def _towns(
    town: npt.ArrayLike | None,
    floors: npt.ArrayLike | None,
    quotas: npt.ArrayLike | None,
    *,
    size: int,
) -> tuple[Ints, Floats, Floats]:
    """Town of each cell, floors and quotas in whole m²; one town without limits if none is given."""
    limited = floors is not None or quotas is not None
    require(
        town is not None or not limited,
        column="town",
        rule="limits by town without towns",
        mend="say in which town each cell lies",
    )
    of = np.zeros(size, np.int64) if town is None else np.asarray(town)
    least = None if floors is None else np.ceil(floats(floors, column="floors_m2", low=0, high=LARGEST_M2))
    most = None if quotas is None else np.floor(floats(quotas, column="quotas_m2", low=0))
    given = [len(one) for one in (least, most) if one is not None]
    towns = given[0] if given else int(of.max(initial=0)) + 1
    place = positions(of, column="town", size=towns)
    fits = place.shape == (size,) and all(one == towns for one in given)
    require(fits, column="town", rule="shapes differ", mend="give one town a cell, one limit a town")
    low = np.zeros(towns) if least is None else least
    high = np.full(towns, np.inf) if most is None else most
    require(bool((low <= high).all()), column="floors_m2", rule="a floor above its quota", mend="lower it")
    return place, low, high
