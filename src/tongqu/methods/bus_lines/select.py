"""Which lines run, how often, and where a bus comes on demand instead: a mixed-integer program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tongqu.methods._arrays import Bools, Floats, Ints, floats, require
from tongqu.methods._milp import solve
from tongqu.methods.bus_lines.program import Asked, Program, SharedBuses

__all__ = ["STEPS", "Selection", "select_lines"]

STEPS: Final = (2, 4, 6, 8, 12)
"""Numbers of trips a day to choose from, each way."""

_NO_TIME: Final = 1
"""Status of scipy's `milp` where time ran out."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The lines that run and the villages that they serve.

    Parameters
    ----------
    trips : numpy.ndarray of int
        Trips a day of each line, 0 where it does not run, shape (lines,).
    zones : numpy.ndarray of bool
        Whether each zone has buses on demand, shape (zones,).
    village_trips : numpy.ndarray of int
        Trips a day that call within a walk of each village, of all lines, shape (villages,).
    by_line, by_zone : numpy.ndarray of bool
        Whether each village has as many trips as it needs, and whether it lies in a zone, shape (villages,).
    possible : numpy.ndarray of bool
        Whether any lines or zone could serve it, shape (villages,).
    buses : numpy.ndarray of int
        Shared buses by depot; empty without `SharedBuses`.
    cost : float
        Of lines, zones and shared buses, less what is saved at villages served by line.
    people : float
        People of the villages served.
    bound : float
        No choice can do better: of cost where all are to be served, of people where a budget is given.
    gap : float
        How far the choice may be from the best, as a share: ``|value - bound| / |value|``.
    proven : bool
        Whether the gap asked for was reached in time.
    """

    trips: Ints
    zones: Bools
    village_trips: Ints
    by_line: Bools
    by_zone: Bools
    possible: Bools
    buses: Ints
    cost: float
    people: float
    bound: float
    gap: float
    proven: bool

    @property
    def served(self) -> Bools:
        """Whether a village has a bus, shape (villages,)."""
        return self.by_line | self.by_zone


def select_lines(
    cost: npt.ArrayLike,
    covers: csr_array[Any],
    *,
    steps: Sequence[int] = STEPS,
    need: npt.ArrayLike = 4,
    people: npt.ArrayLike = 1.0,
    zones: csr_array[Any] | None = None,
    zone_cost: npt.ArrayLike = (),
    saving: npt.ArrayLike = 0.0,
    shared: SharedBuses | None = None,
    budget: float | None = None,
    gap: float = 1e-3,
    seconds: float = 60.0,
) -> Selection:
    """Lines with their trips a day, and zones, at least cost for all or for most people within a budget.

    A village is served by line if the lines within a walk of it together make as many trips as it needs; or
    it lies in a zone on demand. Without a budget every village that can be served is. With one, most people
    are, and these at least cost.

    Parameters
    ----------
    cost : array_like of float
        Cost of each line at each number of trips, shape (lines, steps).
    covers : scipy.sparse.csr_array of bool
        Shape (lines, villages).
    steps : sequence of int
        Trips a day to choose from, rising.
    need : array_like of int
        Trips that each village needs, shape (villages,) or one for all, 1 or more.
    people : array_like of float
        People of each village, shape (villages,) or one for all.
    zones : scipy.sparse.csr_array of bool, optional
        Shape (zones, villages).
    zone_cost : array_like of float
        Cost of each zone, shape (zones,).
    saving : array_like of float
        Cost saved where a village is served by line, such as school buses; shape (villages,) or one for all.
    shared : SharedBuses, optional
        Buses shared among lines; `cost` is then without them.
    budget : float, optional
        Most that may be spent.
    gap : float
        Share by which the choice may miss the best.
    seconds : float
        After so many seconds the best choice found is given, with its gap.

    Returns
    -------
    Selection
        The choice.

    Raises
    ------
    DataError
        If shapes do not fit, a number is out of its range, or no choice was found in time.

    Notes
    -----
    With ``x[l, k]`` (line ``l`` makes ``steps[k]`` trips), ``z[g]``, ``a[v]`` (served by line), ``s[v]``::

        sum over lines that cover v, k of min(steps[k], need[v]) x[l, k] >= need[v] a[v]
        a[v] + sum over zones with v of z[g] >= s[v];  sum over k of x[l, k] <= 1

    Villages with the same lines, zones and need are taken together. HiGHS solves it.

    References
    ----------
    Ceder and Wilson, Bus network design, Transportation Research Part B 20 (1986); Toregas et al., The
    location of emergency service facilities, Operations Research 19 (1971), for the covering part.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 0], [0, 1], [1, 1]], dtype=bool))
    >>> found = select_lines([[3, 5], [3, 5], [4, 7]], covers, steps=(2, 4))
    >>> found.trips, found.cost, found.village_trips
    (array([0, 0, 4]), 7.0, array([4, 4]))
    >>> select_lines([[3, 5], [3, 5], [4, 7]], covers, steps=(2, 4), people=[9, 5], budget=6).trips
    array([4, 0, 0])
    """
    asked = Asked.of(
        cost,
        covers,
        steps=steps,
        need=need,
        people=people,
        zones=zones,
        zone_cost=zone_cost,
        saving=saving,
        shared=shared,
    )
    if budget is None:
        return _choose(asked, wanted=asked.possible, budget=None, gap=gap, seconds=seconds)
    limit = float(floats(budget, column="budget"))
    most = _choose(asked, wanted=asked.possible, budget=limit, gap=gap, seconds=seconds)
    cheap = _choose(asked, wanted=most.served, budget=None, gap=gap, seconds=seconds)
    if cheap.cost > most.cost:
        return most
    off = abs(cheap.people - most.bound) / max(abs(cheap.people), 1e-9)
    return replace(cheap, bound=most.bound, gap=off, proven=most.proven)


def _choose(asked: Asked, *, wanted: Bools, budget: float | None, gap: float, seconds: float) -> Selection:
    """Serve all that are wanted, or most people among them within a budget."""
    program = Program.of(asked, wanted, budgeted=budget is not None)
    if program.size == 0:
        return _selection(asked, np.zeros(0), program, bound=0.0, proven=True, budget=budget)
    answer = solve(
        program.objective(budget is not None),
        integrality=program.integrality,
        bounds=program.bounds,
        constraints=program.constraints(budget),
        gap=gap,
        seconds=seconds,
    )
    values = answer.x
    mend = "give more seconds" if answer.status == _NO_TIME else "give a larger budget"
    require(values is not None, column="budget", rule="no choice of lines was found", mend=mend)
    assert values is not None  # else `require` has raised
    dual = answer.mip_dual_bound
    bound = float(program.objective(budget is not None) @ values if dual is None else dual)
    bound = -bound if budget is not None else bound
    return _selection(
        asked, values.astype(np.float64), program, bound=bound, proven=answer.status == 0, budget=budget
    )


def _selection(
    asked: Asked,
    values: Floats,
    program: Program,
    *,
    bound: float,
    proven: bool,
    budget: float | None,
) -> Selection:
    chosen = np.round(values).astype(np.int64)
    lines, steps = asked.cost.shape
    runs = chosen[: lines * steps].reshape(lines, steps) if values.size else np.zeros((lines, steps), int)
    open_zones = chosen[lines * steps :][: asked.zone_cost.size] > 0
    open_zones = np.resize(open_zones, asked.zone_cost.size) & bool(values.size)
    trips = runs @ asked.steps
    calls = np.asarray(trips @ asked.covers, dtype=np.int64)
    by_line = calls >= asked.need
    by_zone = np.asarray(open_zones.astype(np.int64) @ asked.zones) > 0
    buses, cost = program.depots(runs), float((runs * asked.cost).sum() + asked.zone_cost @ open_zones)
    if asked.shared is not None:
        cost += float(buses.sum() * asked.shared.cost_per_bus)
    cost -= float(asked.saving[by_line].sum())
    people = float(asked.people[by_line | by_zone].sum())
    value = people if budget is not None else cost
    # Villages that lie on the way of what runs count too: the choice may be better than was asked.
    bound = max(bound, value) if budget is not None else min(bound, value)
    off = abs(value - bound) / max(abs(value), 1e-9)
    return Selection(
        trips,
        open_zones,
        calls,
        by_line,
        by_zone,
        asked.possible,
        buses,
        cost,
        people,
        bound,
        off,
        proven,
    )
