"""Rounds put behind one another: trips of several vehicles of a type that one of them can make."""

from __future__ import annotations

import pyvrp

__all__ = ["merged"]


def merged(data: pyvrp.ProblemData, found: pyvrp.Solution) -> pyvrp.Solution:
    """The solution with rounds of vehicles that reload joined where one vehicle can make both.

    PyVRP moves stops between rounds, but seldom a whole trip; where a day's use of a vehicle costs much, its
    rounds are many and short. Longest rounds come first; each takes the others while it stays feasible and
    the sum gets cheaper (a vehicle less to pay against more waiting).

    Parameters
    ----------
    data : pyvrp.ProblemData
        With one depot.
    found : pyvrp.Solution
        Feasible.

    Returns
    -------
    pyvrp.Solution
        `found` itself where nothing can be joined.
    """
    types = data.vehicle_types()
    open_ = sorted(found.routes(), key=lambda route: route.duration(), reverse=True)
    done: list[pyvrp.Route] = []
    while open_:
        route = open_.pop(0)
        if types[route.vehicle_type()].reload_depots:
            route, open_ = _grown(data, route, open_)
        done.append(route)
    return found if len(done) == len(found.routes()) else pyvrp.Solution(data, done)


def _grown(
    data: pyvrp.ProblemData, route: pyvrp.Route, others: list[pyvrp.Route]
) -> tuple[pyvrp.Route, list[pyvrp.Route]]:
    """The round with as many of the others behind or before it as fit, and those that are left."""
    left = []
    for other in others:
        joined = _joined(data, route, other) if other.vehicle_type() == route.vehicle_type() else None
        if joined is None:
            left.append(other)
        else:
            route = joined
    return route, left


def _joined(data: pyvrp.ProblemData, one: pyvrp.Route, other: pyvrp.Route) -> pyvrp.Route | None:
    """Both rounds by one vehicle, the cheaper order; None where it cannot be or does not pay."""
    kind = data.vehicle_type(one.vehicle_type())
    if one.num_trips() + other.num_trips() > kind.max_reloads + 1:
        return None
    reload = pyvrp.Activity(pyvrp.ActivityType.DEPOT, kind.reload_depots[0])
    best, least = None, _cost(one) + _cost(other)
    for first, second in ((one, other), (other, one)):
        made = pyvrp.Route(data, [*_visits(first), reload, *_visits(second)], one.vehicle_type())
        if made.is_feasible() and _cost(made) < least:
            best, least = made, _cost(made)
    return best


def _visits(route: pyvrp.Route) -> list[pyvrp.Activity]:
    """What is done between the first and the last depot."""
    return [pyvrp.Activity(one.type, one.idx) for one in route][1:-1]


def _cost(route: pyvrp.Route) -> int:
    return route.distance_cost() + route.duration_cost() + route.fixed_vehicle_cost()
