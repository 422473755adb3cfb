"""Bus lines: candidates against shortest ways, choices against every choice, costs and waits by hand."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tongqu.base import DataError
from tongqu.methods.bus_lines import (
    KINDS,
    BusCosts,
    DialARide,
    Lines,
    Selection,
    SharedBuses,
    ZoneRules,
    covered_by,
    departures,
    feed_tables,
    fewest_vehicles,
    fleet,
    generate_lines,
    line_costs,
    select_lines,
    service_figures,
    solve_dial_a_ride,
    square_root_trips,
    stops_in_walk,
    undominated,
    zone_costs,
)
from tongqu.methods.bus_lines.dial_a_ride import feasible
from tongqu.methods.travel import Network, build_network

PUBLISHED = Path(__file__).parent / "published"


def town(seed: int, *, size: int = 14, closed: float = 0.0) -> tuple[Network, np.ndarray]:
    """A random connected network of a town, and the length of its links."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 20, (size, 2))
    start = [*rng.integers(0, np.arange(1, size)), *rng.integers(0, size, size)]
    end = [*range(1, size), *rng.integers(0, size, size)]
    apart = [(a, b) for a, b in zip(start, end, strict=True) if a != b]
    start, end = np.array(apart).T
    km = np.hypot(*(xy[start] - xy[end]).T).round(2) + 0.1
    minutes = np.where(rng.random(km.size) < closed, np.inf, km * 2)
    return build_network(range(size), start=start, end=end, minutes=minutes), km


def made_for(network: Network, km: np.ndarray, **options: float) -> Lines:
    size = len(network.nodes)
    return generate_lines(
        network, km=km, hubs=[0], ends=np.arange(1, size), group=np.zeros(size - 1, dtype=int), **options
    )


@pytest.mark.parametrize("seed", range(4))
def test_lines_keep_their_limits(seed: int) -> None:
    network, km = town(seed)
    lines = made_for(network, km, detour=0.4, limit_minutes=300)
    away = dijkstra(network.graph, indices=0)
    assert (lines.first == 0).all()
    kind = np.array(KINDS)[lines.kind]
    direct = kind == "direct"
    assert set(lines.last[direct]) == set(range(1, len(network.nodes)))
    np.testing.assert_allclose(lines.run_minutes[direct], away[lines.last[direct]])
    detours = kind == "detour"
    assert (lines.run_minutes[detours] <= 1.4 * away[lines.last[detours]] + 1e-9).all()
    assert (lines.last[kind == "loop"] == 0).all()
    assert (lines.run_minutes[lines.loop] <= 1.4 * 2 * away.max() + 1e-9).all()
    # Every step is a link, and takes the time of the fastest.
    before, after = lines.node[:-1], lines.node[1:]
    inside = lines.line[:-1] == lines.line[1:]
    step = np.asarray(network.graph[before[inside], after[inside]]).ravel()
    np.testing.assert_allclose(step, np.diff(lines.minutes)[inside])
    assert (np.diff(lines.km)[inside] > 0).all()


def test_all_kinds_are_made_and_none_twice() -> None:
    network, km = town(1)
    lines = made_for(network, km, detour=0.6, limit_minutes=300)
    assert set(lines.kind) == {0, 1, 2}
    ways = [(int(lines.kind[i]), *lines.node[lines.line == i]) for i in range(len(lines))]
    assert len(set(ways)) == len(ways)
    assert not made_for(network, km, limit_minutes=300, loops=False).loop.any()


def test_detour_takes_the_heavier_village() -> None:
    # From 0 to 3 by 1; villages 2 and 4 lie equally far off the way, the detour limit admits one of them.
    road = build_network(
        range(5), start=[0, 1, 1, 2, 1, 4], end=[1, 3, 2, 3, 4, 3], minutes=[10, 10, 6, 6, 6, 6]
    )
    for weight, chosen in (([1, 5, 1, 1], 2), ([1, 1, 1, 5], 4)):
        lines = generate_lines(
            road,
            km=np.ones(6),
            hubs=[0],
            ends=[1, 2, 3, 4],
            group=[0] * 4,
            weight=weight,
            detour=0.15,
            loops=False,
        )
        found = lines.node[lines.line == np.flatnonzero((lines.kind == 1) & (lines.last == 3))[0]]
        assert found.tolist() == [0, 1, chosen, 3]


def test_closed_links_are_not_used() -> None:
    network, km = town(3, closed=0.5)
    lines = made_for(network, km, limit_minutes=300)
    assert np.isfinite(lines.minutes).all()
    reached = np.isfinite(dijkstra(network.graph, indices=0))
    assert 0 < len(set(lines.node)) <= reached.sum() < len(network.nodes)


def test_taking_all_lines_changes_nothing() -> None:
    network, km = town(2)
    lines = made_for(network, km, limit_minutes=300)
    back = lines.take(np.arange(len(lines))[::-1]).take(np.arange(len(lines))[::-1])
    for name in ("ptr", "node", "minutes", "km", "kind", "group"):
        np.testing.assert_array_equal(getattr(back, name), getattr(lines, name))


def test_cover_and_dominance_by_hand() -> None:
    network, km = town(0)
    lines = made_for(network, km, limit_minutes=300)
    walks = stops_in_walk(network, km=km, villages=np.arange(1, 14), limit_km=3)
    covers = covered_by(lines, walks, villages=13).toarray()
    far = dijkstra(network.with_minutes(np.arange(km.size), km).graph)[1:]
    for line in range(len(lines)):
        calls = lines.node[lines.line == line]
        np.testing.assert_array_equal(covers[line], far[:, calls].min(axis=1) <= 3.005)
    kept = undominated(lines, csr_array(covers))
    half = np.where(lines.loop, lines.run_minutes / 2, lines.run_minutes)
    for line in range(len(lines)):
        beaten = (covers[kept] >= covers[line]).all(axis=1) & (half[kept] <= half[line])
        assert beaten.any(), "what is dropped is covered by something no longer"
    for one, other in product(kept, kept):
        assert one == other or not ((covers[one] >= covers[other]).all() and half[one] < half[other])


def brute(
    cost: np.ndarray,
    covers: np.ndarray,
    *,
    steps: tuple[int, ...],
    need: np.ndarray,
    people: np.ndarray,
    zones: np.ndarray,
    zone_cost: np.ndarray,
    saving: np.ndarray,
    budget: float | None,
) -> float:
    """The best of every choice: least cost of serving all that can be, or most people within a budget."""
    trips = np.array([0, *steps])
    possible = (covers.sum(axis=0) * steps[-1] >= need) | zones.any(axis=0)
    best = np.inf if budget is None else 0.0
    price = np.c_[np.zeros(len(cost)), cost]
    for choice in product(range(len(trips)), repeat=len(cost)):
        by_line = trips[list(choice)] @ covers >= need
        base = price[np.arange(len(cost)), list(choice)].sum() - saving[by_line].sum()
        for open_zones in product((0, 1), repeat=len(zones)):
            served = by_line | (np.array(open_zones) @ zones > 0)
            total = base + np.array(open_zones) @ zone_cost
            if budget is None and served[possible].all():
                best = min(best, total)
            elif budget is not None and total <= budget + 1e-9:
                best = max(best, people[served].sum())
    return float(best)


@given(seed=st.integers(0, 10_000), budgeted=st.booleans())
@settings(max_examples=25)
def test_choice_is_the_best_of_all(seed: int, budgeted: bool) -> None:
    rng = np.random.default_rng(seed)
    lines, villages, steps = 4, 6, (2, 4)
    covers = rng.random((lines, villages)) < 0.4
    cost = np.cumsum(rng.integers(2, 9, (lines, 2)), axis=1).astype(float)
    need = rng.choice([1, 3, 4, 5], villages)
    people = rng.integers(1, 50, villages).astype(float)
    zones, zone_cost = rng.random((2, villages)) < 0.5, rng.integers(3, 20, 2).astype(float)
    saving = np.where(rng.random(villages) < 0.5, 0.0, 0.5)
    budget = float(rng.integers(1, 25)) if budgeted else None
    same = {
        "steps": steps,
        "need": need,
        "people": people,
        "zone_cost": zone_cost,
        "saving": saving,
        "budget": budget,
    }
    found = select_lines(cost, csr_array(covers), zones=csr_array(zones), gap=1e-9, **same)
    best = brute(cost, covers.astype(int), zones=zones.astype(int), **same)
    value = found.cost if budget is None else found.people
    assert value == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.gap == pytest.approx(0, abs=1e-8)
    check_choice(
        found, cost, covers, steps=steps, need=need, people=people, zone_cost=zone_cost, saving=saving
    )
    if budget is not None:
        assert found.cost <= budget + 1e-9


def check_choice(
    found: Selection,
    cost: np.ndarray,
    covers: np.ndarray,
    *,
    steps: tuple[int, ...],
    need: np.ndarray,
    people: np.ndarray,
    zone_cost: np.ndarray,
    saving: np.ndarray,
) -> None:
    """Figures of a choice follow from what it chooses."""
    np.testing.assert_array_equal(found.village_trips, found.trips @ covers)
    np.testing.assert_array_equal(found.by_line, found.village_trips >= need)
    assert found.people == pytest.approx(people[found.served].sum())
    price = np.c_[np.zeros(len(cost)), cost]
    paid = price[np.arange(len(cost)), np.searchsorted([0, *steps], found.trips)].sum()
    assert found.cost == pytest.approx(paid + zone_cost[found.zones].sum() - saving[found.by_line].sum())


def test_a_larger_budget_never_hurts_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    covers, people = rng.random((30, 60)) < 0.1, rng.integers(100, 2000, 60)
    cost = np.cumsum(rng.uniform(50, 200, (30, 3)), axis=1)
    served = [
        select_lines(cost, csr_array(covers), steps=(2, 4, 6), people=people, budget=budget, gap=0).people
        for budget in (0, 300, 1000, 3000)
    ]
    assert served == sorted(served)
    assert served[0] == 0
    assert served[1] > 0
    turn = rng.permutation(30)
    whole = [
        select_lines(cost[o], csr_array(covers[o]), steps=(2, 4, 6), gap=0).cost
        for o in (np.arange(30), turn)
    ]
    assert whole[0] == pytest.approx(whole[1])


def test_lines_of_a_depot_share_buses() -> None:
    covers = csr_array(np.eye(3, dtype=bool))
    hours = np.array([[4.0], [4.0], [5.0]])
    shared = SharedBuses(hours, depot=[0, 0, 1], hours_per_bus=8, cost_per_bus=100)
    found = select_lines([[10], [10], [10]], covers, steps=(4,), shared=shared)
    assert found.buses.tolist() == [1, 1]
    assert found.cost == 230
    # With 7 hours a bus, the first depot needs two.
    shared = SharedBuses(hours, depot=[0, 0, 1], hours_per_bus=7, cost_per_bus=100)
    assert select_lines([[10], [10], [10]], covers, steps=(4,), shared=shared).buses.tolist() == [2, 1]


def test_nobody_to_serve() -> None:
    found = select_lines(np.empty((0, 1)), csr_array((0, 2), dtype=bool), steps=(4,))
    assert (found.cost, found.people, found.possible.any(), found.proven) == (0, 0, False, True)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"steps": (4, 2)}, "trips do not rise"),
        ({"steps": (2, 4, 6)}, "shapes differ"),
        ({"need": [1, 2, 3]}, "lengths differ"),
        ({"zone_cost": [1.0]}, "shapes differ"),
        ({"shared": SharedBuses(np.ones((1, 2)), [0], 0, 1)}, "a bus never runs"),
    ],
)
def test_impossible_questions_are_named(change: dict[str, object], rule: str) -> None:
    with pytest.raises(DataError, match=rule):
        select_lines([[1.0, 2.0]], csr_array(np.ones((1, 2), dtype=bool)), **{"steps": (2, 4), **change})


def test_costs_by_hand() -> None:
    road = build_network(["h", "a", "b"], start=["h", "a", "b"], end=["a", "b", "h"], minutes=[20, 10, 25])
    lines = generate_lines(road, km=[10, 5, 12], hubs=[0], ends=[1, 2], group=[0, 0], detour=0.3)
    assert [KINDS[kind] for kind in lines.kind] == ["direct", "direct", "detour", "loop"]
    costs = BusCosts(per_hour=60, per_km=2, per_vehicle=36_500, span_hours=10, layover=5)
    found = line_costs(lines, trips=[2, 30], costs=costs)
    # To a: cycle 50 min; 2 trips take 100 min and 40 km; 30 trips 25 h of 10: 3 buses.
    assert found.hours[0].tolist() == pytest.approx([100 / 60, 25])
    assert found.vehicles[0].tolist() == [1, 3]
    assert found.yuan[0, 0] == pytest.approx(100 + 80 + 100)
    assert found.drivers[0, 1] == pytest.approx(25 * 365 / 1800)
    # The loop: 55 minutes and one layover, 27 km.
    assert found.hours[3, 0] == pytest.approx(2)
    assert found.km[3, 0] == pytest.approx(54)
    assert fleet(60, trips=12, span_hours=12) == 1


def test_square_root_rule_is_where_cost_is_least() -> None:
    riders, cycle, value, price, span = 300.0, 80.0, 12.0, 70.0, 12.0
    best = square_root_trips(riders, cycle=cycle, wait_value=value, cost_per_hour=price, span_hours=span)
    number = np.linspace(1, 60, 20_000)
    total = price * number * cycle / 60 + value * riders * span / (2 * number)
    assert best == pytest.approx(number[np.argmin(total)], abs=0.01)


def test_waits_person_by_person() -> None:
    trips, people = np.array([2, 4, 12, 0]), np.array([3, 17, 10, 20])
    found = service_figures(trips, served=trips >= 4, people=people)
    waits = np.repeat([180, 90, 30], [3, 17, 10])
    assert found.wait == pytest.approx(waits.mean())
    assert found.worst_wait == pytest.approx(np.sort(waits)[-3:].mean())
    assert found.people == pytest.approx(27 / 50)
    half = service_figures([2, 4], served=[1, 1], people=[1, 19])
    assert half.worst_wait == pytest.approx((180 + 90) / 2)
    assert np.isnan(service_figures([0], served=[0], people=[5]).wait)


def test_zone_costs_follow_requests() -> None:
    rules = ZoneRules(
        hours=10, sharing=2, dwell=1, peak=1, per_hour=50, per_km=1, per_request=0, speed_kmh=30
    )
    found = zone_costs([0, 1], zones=3, requests=[30, 60], minutes=[20, 20], rules=rules)
    # A request takes 2 * 20 / 2 + 2 = 22 minutes: 3 and 6 an hour need 66 and 132 minutes of buses.
    assert found.vehicles.tolist() == [2, 3, 1]
    assert found.yuan[0] == pytest.approx(2 * 10 * 50 + 30 * 20 / 60 * 30)
    with pytest.raises(DataError, match="a zone cannot run like this"):
        zone_costs([0], zones=1, requests=[1], minutes=[1], rules=ZoneRules(sharing=0.5))


def a2_16() -> DialARide:
    first, *rows = (PUBLISHED / "darp_a2-16.txt").read_text().splitlines()
    vehicles, _, tour, seats, ride = (float(part) for part in first.split())
    table = np.array([[float(part) for part in row.split()] for row in rows if row.strip()])
    minutes = np.hypot(*(table[:, None, 1:3] - table[None, :, 1:3]).transpose(2, 0, 1))
    return DialARide(
        minutes, table[:, 4], table[:, 3], table[:, 5], table[:, 6], seats, ride, tour, int(vehicles)
    )


def possible(problem: DialARide, route: list[int]) -> bool:
    """Whether times exist for a tour, asked of a linear program: start, every place, end."""
    places, n = [0, *route, 0], problem.requests
    size = len(places)
    service = problem.service[places]
    rows, rhs = [], []

    def row(plus: int, minus: int, most: float) -> None:
        one = np.zeros(size)
        one[plus], one[minus] = 1, -1
        rows.append(one)
        rhs.append(most)

    for k in range(1, size):
        row(k - 1, k, -service[k - 1] - problem.minutes[places[k - 1], places[k]])
        if places[k] > n:
            row(k, places.index(places[k] - n), problem.longest_ride + problem.service[places[k] - n])
    row(size - 1, 0, problem.longest_tour)
    load = np.cumsum(problem.load[places])
    bounds = list(zip(problem.earliest[places], problem.latest[places], strict=True))
    found = linprog(np.zeros(size), A_ub=np.array(rows), b_ub=rhs, bounds=bounds)
    return bool(found.status == 0 and load.max() <= problem.capacity)


def test_dial_a_ride_meets_the_published_optimum() -> None:
    problem = a2_16()
    found = solve_dial_a_ride(problem, iterations=60)
    assert found.unserved == ()
    assert sorted(place for route in found.routes for place in route) == list(range(1, 33))
    assert all(possible(problem, list(route)) for route in found.routes)
    length = sum(problem.minutes[[0, *route], [*route, 0]].sum() for route in found.routes)
    assert found.minutes == pytest.approx(length)
    assert 294.24 <= found.minutes <= 294.249 * 1.02


def test_feasible_tours_are_those_with_times() -> None:
    problem, rng, seen = a2_16(), np.random.default_rng(1), []
    between = problem.minutes.tolist()
    near = solve_dial_a_ride(problem, iterations=5).routes[0]
    for _ in range(60):
        kept = rng.choice([p for p in near if p <= 16], 4, replace=False)
        route = [p for p in near if p in kept or p - 16 in kept]
        for _ in range(int(rng.integers(0, 3))):
            i = int(rng.integers(0, len(route) - 1))
            swapped = [*route[:i], route[i + 1], route[i], *route[i + 2 :]]
            if all(swapped.index(p) < swapped.index(p + 16) for p in kept):
                route = swapped
        answer = feasible(problem, route, between=between)
        assert answer == possible(problem, route)
        seen.append(answer)
    assert 0 < sum(seen) < len(seen)


def test_fewest_vehicles_says_if_too_few() -> None:
    line = np.abs(np.subtract.outer([0.0, 1, 2, 9, 8], [0.0, 1, 2, 9, 8]))
    none = np.zeros(5)
    ask = DialARide(
        line, np.array([0, 1, 1, -1, -1]), none, none, np.array([480, 3, 3, 3, 3.0]), 1, 30, 480, 1
    )
    with pytest.raises(DataError, match="3 vehicles are not enough"):
        fewest_vehicles(ask, most=3, iterations=3)


def test_departures() -> None:
    assert departures(5, first=360, last=1080).tolist() == [360, 540, 720, 900, 1080]
    assert departures(1, first=400, last=1000, fixed=[455]).tolist() == [455]
    moved = departures(6, first=390, last=1080, fixed=[440, 1000])
    assert {440, 1000} <= set(moved)
    assert len(set(moved)) == 6
    with pytest.raises(DataError, match="more fixed times than trips"):
        departures(1, fixed=[400, 500])
    with pytest.raises(DataError, match="a period ends before it starts"):
        departures(2, first=500, last=400)


def test_feed_tables_run_every_trip_there_and_back() -> None:
    road = build_network(["h", "a", "b"], start=["h", "a", "b"], end=["a", "b", "h"], minutes=[20, 10, 25])
    lines = generate_lines(road, km=[10, 5, 12], hubs=[0], ends=[1, 2], group=[0, 0]).take([0, 1, 3])
    stops = pd.DataFrame(
        {"stop_id": [*"hab"], "stop_name": [*"HAB"], "lon": [118.0, 118.1, 118.2], "lat": 29.0}
    )
    names = pd.DataFrame({"route_id": [*"123"], "short_name": [*"123"], "long_name": [*"xyz"]})
    made = feed_tables(
        lines, [3, 0, 2], stops=stops, names=names, agency="X", start_date="20270101", end_date="20271231",
        fixed={0: [450]},
    )  # fmt: skip
    trips = made["trips"]
    assert trips["route_id"].value_counts().to_dict() == {"1": 6, "3": 2}
    assert made["stop_times"].groupby("trip_id").size()[trips["trip_id"]].tolist() == [2] * 6 + [4] * 2
    starts = made["stop_times"].drop_duplicates("trip_id").set_index("trip_id")["departure_time"] / 60
    assert starts[starts.index.str.startswith("1-0")].tolist() == [450, 735, 1080]
    assert starts[starts.index.str.startswith("1-1")].tolist() == [475, 760, 1105]
    assert made["trips"].set_index("trip_id")["trip_headsign"][["1-0-0730", "1-1-0755"]].tolist() == [
        "A",
        "H",
    ]
    shapes = made["shapes"].groupby("shape_id")["shape_dist_traveled"].max()
    assert shapes.to_dict() == {"1-0": 10, "1-1": 10, "3-0": 27}


def test_trips_of_one_minute_have_names_of_their_own() -> None:
    road = build_network(["h", "a"], start=["h"], end=["a"], minutes=[900])
    line = generate_lines(road, km=[9], hubs=[0], ends=[1], group=[0], limit_minutes=1000)
    place = {"stop_id": ["h", "a"], "stop_name": ["S", "V"], "lon": [118.9, 118.9], "lat": [29.0, 29.0]}
    made = feed_tables(
        line,
        [3],
        stops=pd.DataFrame(place),
        names=pd.DataFrame({"route_id": ["1"], "short_name": ["1"], "long_name": ["x"]}),
        agency="B",
        start_date="20270101",
        end_date="20270107",
        first=600,
        last=600,
        language="en",
    )
    assert made["trips"]["trip_id"].is_unique
    assert set(made["stop_times"]["trip_id"]) == set(made["trips"]["trip_id"])
    assert (made["stop_times"].groupby("trip_id").size() == 2).all()
    assert made["agency"]["agency_lang"].tolist() == ["en"]
    with pytest.raises(DataError, match="fixed"):
        departures(2, fixed=[-5])
