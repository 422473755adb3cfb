"""Passengers, freight and mail together: parcels ride on buses that run anyway, vans bring the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, Ints, floats, require
from tongqu.methods.rounds.plan import Rounds, plan_rounds
from tongqu.methods.rounds.stops import Stops, Vehicle, Ways

__all__ = ["Buses", "Joint", "joint_rounds"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Buses:
    """Bus lines that take freight.

    Parameters
    ----------
    line : array_like of int
        Line that passes each stop, -1 for none, shape (stops,).
    trips : array_like of float
        Trips a day there (and as many back) of each line, shape (lines,).
    parcels, kg : float
        What a trip can carry beside its passengers.
    per_parcel, per_tonne : float
        Yuan that the bus company is paid and handing over costs.
    per_line : float
        Yuan a day of a line that takes freight: racks, boxes, insurance.
    """

    line: npt.ArrayLike
    trips: npt.ArrayLike
    parcels: float = np.inf
    kg: float = np.inf
    per_parcel: float = 0.0
    per_tonne: float = 0.0
    per_line: float = 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Joint:
    """Joint service beside separate vans.

    Parameters
    ----------
    by_bus : numpy.ndarray of int
        Stops that buses serve, positions.
    bus_yuan : float
        Yuan a day for what they carry.
    vans : Rounds
        For the other stops; its positions are those of `left`.
    left : numpy.ndarray of int
        Stops that vans serve, positions.
    separate : Rounds
        All stops by van.
    yuan, saving : float
        Yuan a day of the joint service, and by how much it is below the separate one.
    per_parcel, per_tonne : float
        Yuan a parcel and a tonne carried jointly; each takes the whole cost; nan where nothing is carried.
    """

    by_bus: Ints
    bus_yuan: float
    vans: Rounds
    left: Ints
    separate: Rounds
    yuan: float
    saving: float
    per_parcel: float
    per_tonne: float


def joint_rounds(
    stops: Stops,
    ways: Ways | Mapping[str, Ways],
    *,
    buses: Buses,
    vehicles: Sequence[Vehicle],
    iterations: int = 300,
    seed: int = 1,
    leave_out: bool = False,
) -> Joint:
    """Compare buses that take freight, with vans for the rest, with vans for all.

    A line takes whole stops while their parcels and kg fit into its trips, each way for itself, those
    farthest from the depot first: they save a van the longest way. A stop that is taken in part would
    still need the van. Windows do not bind the bus: the keeper of the point takes over what it brings.

    Parameters
    ----------
    stops, ways, vehicles, iterations, seed, leave_out
        As in `plan_rounds`.
    buses : Buses
        Lines with their trips and room.

    Returns
    -------
    Joint
        Both services with their costs. Where buses cost more than they save, `saving` is negative.

    Raises
    ------
    DataError
        As `plan_rounds`; or if a stop names a line that is not there.

    Examples
    --------
    >>> stops = Stops(names=("a", "b", "c"), parcels_in=[40, 30, 60], service=5)
    >>> line = np.abs(np.subtract.outer([0.0, 10, 14, -8], [0.0, 10, 14, -8]))
    >>> van = Vehicle(name="van", parcels=100, per_km=1.0, per_day=50)
    >>> buses = Buses(line=[0, 0, -1], trips=[4], parcels=15, per_parcel=0.3)
    >>> found = joint_rounds(stops, Ways(line * 1.5, line), buses=buses, vehicles=[van], iterations=50)
    >>> found.by_bus.tolist(), found.bus_yuan, found.yuan, found.separate.yuan
    ([1], 9.0, 95.0, 144.0)
    """
    separate = plan_rounds(
        stops, ways, vehicles=vehicles, iterations=iterations, seed=seed, leave_out=leave_out
    )
    named = {"road": ways} if isinstance(ways, Ways) else ways
    far = np.min([np.asarray(named[one.ways].minutes)[0, 1:] for one in vehicles], axis=0)
    taken = _taken(stops, buses, far=far)
    rest = np.flatnonzero(~taken)
    vans = plan_rounds(
        stops.of(rest),
        {name: way.of(rest) for name, way in named.items()},
        vehicles=vehicles,
        iterations=iterations,
        seed=seed,
        leave_out=leave_out,
    )
    by_bus = np.flatnonzero(taken)
    load = (stops.load_in + stops.load_out)[by_bus].sum(axis=0)
    lines = len(np.unique(np.asarray(buses.line)[by_bus]))
    bus_yuan = float(load[0] * buses.per_parcel + load[1] / 1000 * buses.per_tonne + lines * buses.per_line)
    yuan, parcels, kg = bus_yuan + vans.yuan, float(load[0]) + vans.parcels, float(load[1]) + vans.kg
    return Joint(
        by_bus=by_bus,
        bus_yuan=bus_yuan,
        vans=vans,
        left=rest,
        separate=separate,
        yuan=yuan,
        saving=separate.yuan - yuan,
        per_parcel=yuan / parcels if parcels > 0 else float("nan"),
        per_tonne=yuan / kg * 1000 if kg > 0 else float("nan"),
    )


def _taken(stops: Stops, buses: Buses, *, far: Floats) -> Bools:
    """Stops that the lines take, whole ones, the farthest first, while there is room both ways."""
    trips = floats(np.ravel(buses.trips), column="trips", low=0, high=_LARGE)
    line = np.broadcast_to(np.asarray(buses.line, dtype=np.int64), (len(stops),))
    known = bool(((line >= -1) & (line < len(trips))).all())
    require(known, column="line", rule="a stop names a line that is not there", mend="give its trips too")
    goes, comes = stops.load_in, stops.load_out
    taken: Bools = np.zeros(len(stops), dtype=np.bool_)
    carried = ((goes > 0) | (comes > 0)).any(axis=1) & np.isfinite(far)
    room = np.array([buses.parcels, buses.kg])
    # Trips without room must not count as 0 times without limit.
    left = [np.where(trips[:, np.newaxis] > 0, trips[:, np.newaxis], 0.0) * np.minimum(room, 1e12)] * 2
    out, back = left[0].copy(), left[1].copy()
    for stop in np.argsort(-far, kind="stable"):
        at = line[stop]
        if at < 0 or not carried[stop]:
            continue
        if (goes[stop] <= out[at]).all() and (comes[stop] <= back[at]).all():
            taken[stop] = True
            out[at] -= goes[stop]
            back[at] -= comes[stop]
    return taken
