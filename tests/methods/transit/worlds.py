"""Random small worlds, with ties, loops, overtaking, times past midnight, headways and forbidden changes."""

from __future__ import annotations

from hypothesis import strategies as st

from methods.transit.brute import Trip, World

MINUTE = 60
HOUR = 60 * MINUTE


@st.composite
def trips(draw: st.DrawFn, stops: int, base: int) -> Trip:
    route = draw(st.lists(st.integers(0, stops - 1), min_size=2, max_size=5))
    time = base + draw(st.integers(0, 60)) * MINUTE
    calls = []
    for stop in route:
        arrive = time + draw(st.integers(0, 12)) * MINUTE
        time = arrive + draw(st.sampled_from([0, 0, 1, 7])) * MINUTE
        calls.append((stop, arrive, time, draw(st.integers(0, 7)) > 0, draw(st.integers(0, 7)) > 0))
    return Trip(calls)


@st.composite
def windows(draw: st.DrawFn, base: int) -> list[tuple[int, int, int, bool]]:
    start, found = base, []
    for _ in range(draw(st.integers(1, 2))):
        start += draw(st.integers(0, 20)) * MINUTE
        end = start + draw(st.integers(1, 40)) * MINUTE
        found.append(
            (start, end, draw(st.integers(1, 31)) * 30 + draw(st.integers(0, 1)), draw(st.booleans()))
        )
        start = end
    return found


@st.composite
def worlds(draw: st.DrawFn, *, headways: bool = True) -> World:
    stops, base = draw(st.integers(2, 6)), draw(st.sampled_from([7 * HOUR, 24 * HOUR - 30 * MINUTE]))
    stop = st.integers(0, stops - 1)
    walk = st.integers(0, 15).map(lambda minutes: minutes * MINUTE)
    made = draw(st.lists(trips(stops, base), min_size=2, max_size=9))
    for trip in list(made):
        if draw(st.integers(0, 2)) == 0:  # the same way again, a bit later, and it may overtake
            later, step = draw(st.integers(0, 20)) * MINUTE, draw(st.sampled_from([-2, 0, 1])) * MINUTE
            slack = [max(0, i * step) for i in range(len(trip.calls))]
            copies = [
                (s, a + later + x, d + later + x, on, off)
                for (s, a, d, on, off), x in zip(trip.calls, slack, strict=True)
            ]
            made.append(Trip(copies))
    for trip in made:
        if headways and draw(st.integers(0, 3)) == 0:
            trip.windows = draw(windows(base))
    pairs = st.dictionaries(st.tuples(stop, stop), walk, max_size=5)
    told = st.tuples(stop, stop, st.integers(0, 3), walk)
    origins, destinations = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    near = st.dictionaries(stop, walk, min_size=1, max_size=2)
    alone = st.sampled_from([float("inf"), float("inf"), float("inf"), 45 * MINUTE])
    return World(
        stops=stops,
        trips=made,
        base=base,
        paths=draw(pairs),
        change=draw(st.sampled_from([0, 0, 2 * MINUTE])),
        transfers=draw(st.lists(told, max_size=3, unique_by=lambda row: row[:2])),
        access=[draw(near) for _ in range(origins)],
        egress=[draw(near) for _ in range(destinations)],
        direct=[[draw(alone) for _ in range(destinations)] for _ in range(origins)],
    )


def waits() -> st.SearchStrategy[int]:
    """Seconds after the base of a world at which one leaves."""
    return st.integers(-10, 60).map(lambda minutes: minutes * MINUTE)
