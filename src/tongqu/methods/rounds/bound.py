"""What rounds cannot cost less than, by ways and loads alone: cheap, valid, not tight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree

from tongqu.methods._arrays import Floats
from tongqu.methods.rounds.stops import Stops, Vehicle, Ways

__all__ = ["lower_bound"]


def lower_bound(stops: Stops, ways: Mapping[str, Ways], *, vehicles: Sequence[Vehicle]) -> float:
    """Yuan a day that rounds to all these stops cannot go below.

    The way costs at least the larger of (a) a shortest spanning tree, as rounds join all stops to the depot,
    and (b) the radial bound: every vehicle goes out and back for each full load, 2 sum r_i q_i / Q. Service
    takes its minutes, and full loads need at least so many vehicles. The radial bound supposes that no detour
    is shorter than the way itself, which holds for shortest ways.

    Parameters
    ----------
    stops : Stops
        All of them are served.
    ways : mapping of str to Ways
        Checked, with the depot first.
    vehicles : sequence of Vehicle
        The cheapest of each kind of cost counts.

    References
    ----------
    Haimovich, M., Rinnooy Kan, A. H. G. (1985), Bounds and heuristics for capacitated routing problems,
    Mathematics of Operations Research 10, 527-542.

    Examples
    --------
    >>> stops = Stops(names=("a", "b"), parcels_in=[6, 6])
    >>> line = np.abs(np.subtract.outer([0.0, 4, 5], [0.0, 4, 5]))
    >>> lower_bound(stops, {"road": Ways(line, line)}, vehicles=[Vehicle(name="v", parcels=6, per_km=1)])
    18.0
    """
    if len(stops) == 0:
        return 0.0
    edge = _edges(ways, vehicles=vehicles)
    edge = np.minimum(edge, edge.T)
    # A tree needs positive weights to tell an edge of no length from no edge.
    tree = float(minimum_spanning_tree(edge + 1e-9).sum()) - 1e-9 * len(stops)
    load = np.maximum(stops.load_in, stops.load_out)
    room = np.array([max(v.parcels for v in vehicles), max(v.kg for v in vehicles)])
    radial = float((2 * edge[0, 1:] @ (load / room)).max())
    trips = max(v.reloads + 1 for v in vehicles)
    needed = max(1.0, np.ceil(float((load.sum(axis=0) / room).max()) / trips - 1e-9))
    per_minute = min(v.per_minute for v in vehicles)
    service = float(stops.column("service").sum()) * per_minute
    return max(tree, radial, 0.0) + service + float(needed) * min(v.per_day for v in vehicles)


def _edges(ways: Mapping[str, Ways], *, vehicles: Sequence[Vehicle]) -> Floats:
    """Least yuan of going from one place to another with any vehicle."""
    each = [np.where(np.isfinite(ways[v.ways].minutes), _yuan(ways[v.ways], v), np.inf) for v in vehicles]
    return np.asarray(np.min(each, axis=0), dtype=np.float64)


def _yuan(ways: Ways, vehicle: Vehicle) -> Floats:
    km, minutes = (np.nan_to_num(each, posinf=0.0) for each in (ways.km, ways.minutes))
    return np.asarray(km * vehicle.per_km + minutes * vehicle.per_minute, dtype=np.float64)
