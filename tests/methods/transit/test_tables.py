"""Timetables from tables, walks, headways, a school's week: small cases by hand, and what is refused."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tongqu.methods.transit
from tongqu.base import DataError
from tongqu.methods.transit import (
    clock,
    footpaths_by_air,
    headway_timetable,
    journey,
    make_timetable,
    make_walks,
    school_week,
    seconds_of,
    travel_times,
    walks_by_air,
    window_times,
)
from tongqu.methods.travel import great_circle_km

PACKAGE = "tongqu.methods.transit"
MODULES = [
    f"tongqu.methods.transit.{each.name}" for each in pkgutil.iter_modules(tongqu.methods.transit.__path__)
]
LINES = pd.DataFrame({"line": "1", "stop_id": ["a", "b", "c"], "minutes": [0, 10, 20.5]})
PERIODS = pd.DataFrame(
    {"line": ["1", "1"], "first": ["06:00", "08:00"], "last": ["07:40", "25:00"], "headway": [20, 60]}
)
SECOND = PERIODS.assign(line="2")
NORMS = {"norm_minutes": 9, "boarder_norm_minutes": 9}
CALLS = pd.DataFrame(
    {
        "trip_id": ["x", "x", "y", "y"],
        "stop_id": ["a", "b", "a", "b"],
        "stop_sequence": [1, 2, 1, 2],
        "arrival_time": [0, 60, 600, 660],
        "departure_time": [0, 60, 600, 660],
    }
)


@pytest.mark.parametrize("name", [PACKAGE, *MODULES])
def test_all_is_exact(name: str) -> None:
    module = importlib.import_module(name)
    made = {key: one for key, one in vars(module).items() if inspect.isclass(one) or inspect.isfunction(one)}
    own = {key for key, one in made.items() if one.__module__ == name}
    assert {key for key in own if key[0] != "_"} <= set(module.__all__)
    assert all(hasattr(module, key) for key in module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)


@given(st.integers(0, 10**6))
def test_clock_and_seconds(seconds: int) -> None:
    assert seconds_of(clock(seconds)) == seconds


def minutes(table: Any, start: str, end: str, depart: str) -> float:
    walks = [make_walks([0], table.locate([stop]), minutes=[0], places=1) for stop in (start, end)]
    ask = {"depart": seconds_of(depart), "max_transfers": 0}
    return float(travel_times(table, access=walks[0], egress=walks[1], **ask).minutes[0, 0])


def test_lines_by_headway_both_ways() -> None:
    table = headway_timetable(LINES, PERIODS, both_ways=True, waiting="scheduled")
    assert table.trip.size == 2 * (6 + 18)
    assert table.patterns == 2
    assert [minutes(table, "a", "c", time) for time in ("05:50", "07:40", "07:41", "25:00")] == [
        40.5,
        30.5,
        49.5,
        30.5,
    ]
    assert math.isinf(minutes(table, "a", "c", "25:01"))
    assert minutes(table, "c", "a", "06:00") == 30.5
    assert minutes(table, "b", "a", "06:20:30") == 10
    one_way = headway_timetable(LINES, PERIODS, both_ways=False)
    assert math.isinf(minutes(one_way, "c", "a", "06:00"))
    # 10 minutes before the middle period ends the wait is half of 20, after it half of 60.
    assert [minutes(one_way, "a", "c", time) for time in ("07:30", "08:30")] == [40.5, 60.5]


def test_expected_waits_are_the_mean_over_offsets() -> None:
    period = pd.DataFrame({"line": ["1"], "first": ["06:00"], "last": ["12:00"], "headway": [20]})
    scheduled = [
        headway_timetable(LINES, period, both_ways=False, waiting="scheduled", offset=n / 20)
        for n in range(20)
    ]
    mean = np.mean([minutes(table, "a", "c", "08:07") for table in scheduled])
    expected = minutes(headway_timetable(LINES, period, both_ways=False), "a", "c", "08:07")
    assert expected == pytest.approx(mean, abs=0.51)  # departures stand at whole minutes


def test_transfers_overrule_footpaths() -> None:
    paths = pd.DataFrame(
        {"from_stop_id": ["a", "a", "b"], "to_stop_id": ["b", "b", "a"], "minutes": [5, 4, 3]}
    )
    told = pd.DataFrame(
        {
            "from_stop_id": ["a", "b", "c", "a"],
            "to_stop_id": ["b", "a", "a", "a"],
            "transfer_type": [2, 3, 1, 2],
            "min_transfer_time": [90, np.nan, np.nan, 45],
        }
    )
    table = make_timetable(["a", "b", "c"], CALLS, footpaths=paths, transfers=told, change_minutes=1)
    assert table.walk_ptr.tolist() == [0, 1, 1, 2]
    assert table.walk_stop.tolist() == [1, 0]
    assert table.walk_seconds.tolist() == [90, 0]
    assert table.change_seconds.tolist() == [45, 60, 60]


def test_patterns_hold_trips_that_do_not_overtake() -> None:
    table = make_timetable(
        ["a", "b"], CALLS.assign(arrival_time=[0, 900, 600, 660], departure_time=[0, 900, 600, 660])
    )
    assert table.patterns == 2
    assert make_timetable(["a", "b"], CALLS).patterns == 1
    closed = make_timetable(["a", "b"], CALLS.assign(pickup_type=[0, 0, 1, 0]))
    assert closed.patterns == 2
    lone = make_timetable(["a", "b"], CALLS.iloc[:3])
    assert lone.trip.tolist() == ["x"]
    named = make_timetable(
        ["a", "b"], CALLS, trips=pd.DataFrame({"trip_id": ["y", "z"], "route_id": ["R", "S"]})
    )
    assert (named.trip.tolist(), named.route.tolist()) == (["y"], ["R"])


def table_with(**changes: Any) -> Any:
    options = {name: changes.pop(name) for name in list(changes) if name not in CALLS}
    return make_timetable(options.pop("stops", ["a", "b"]), CALLS.assign(**changes), **options)


def frequencies(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"trip_id": ["x"], "start_time": [0], "end_time": [600], "headway_secs": [60]} | changes
    )


def by_headway(**changes: Any) -> Any:
    tables = {"lines": LINES, "periods": PERIODS} | changes
    return headway_timetable(tables["lines"], tables["periods"], both_ways=True)


REFUSED = {
    "a stop comes twice": lambda: table_with(stops=["a", "b", "b"]),
    "no such stop: q": lambda: table_with(stop_id=["a", "q", "a", "b"]),
    "columns are missing: stop_id": lambda: make_timetable(["a"], CALLS.drop(columns="stop_id")),
    "times run backwards in 1 trips: x": lambda: table_with(arrival_time=[0, -60, 600, 660]),
    "1 values are no whole numbers": lambda: table_with(arrival_time=[0, 60.5, 600, 660]),
    "1 values are missing": lambda: table_with(trip_id=["x", "x", None, "y"]),
    "a time is out of range": lambda: table_with(
        arrival_time=[-(2**29), 2**30 - 2, 600, 660],
        departure_time=[-(2**29), 2**30 - 2, 600, 660],
        frequencies=frequencies(start_time=[2**30 - 99], end_time=[2**30 - 2], exact_times=[1]),
    ),
    "a window ends before it starts": lambda: table_with(frequencies=frequencies(end_time=[0])),
    "a headway is not above 0": lambda: table_with(frequencies=frequencies(headway_secs=[0])),
    "1 is no share": lambda: table_with(offset=1),
    "'never' is no rule": lambda: table_with(waiting="never"),
    "it names a stop that is not there": lambda: table_with(
        footpaths=pd.DataFrame({"from_stop_id": ["a"], "to_stop_id": ["q"], "minutes": [1]})
    ),
    "a time to change is negative": lambda: table_with(
        transfers=pd.DataFrame(
            {"from_stop_id": ["a"], "to_stop_id": ["b"], "transfer_type": [2], "min_transfer_time": [-1]}
        )
    ),
    "no such stop: z": lambda: make_timetable(["a", "b"], CALLS).locate(["a", "z"]),
    "'7.30' is no time of day": lambda: seconds_of("7.30"),
    "fewer than two stops: 1": lambda: by_headway(lines=LINES.iloc[:1]),
    "in one of the two tables only: 2": lambda: by_headway(
        periods=pd.concat([PERIODS, PERIODS.assign(line="2")])
    ),
    "a name is taken: 1 back": lambda: by_headway(
        lines=pd.concat([LINES, LINES.assign(line="1 back")]),
        periods=pd.concat([PERIODS, PERIODS.assign(line="1 back")]),
    ),
    r"outside \[0.0166667, 1": lambda: by_headway(periods=PERIODS.assign(headway=1e300)),
    "lon, lat: lengths differ": lambda: near(lon=[0, 1]),
    "stops: lengths differ": lambda: footpaths_by_air(
        ["a"], lon=[0, 0], lat=[0, 0], speed_kmh=5, detour=1, limit_minutes=1
    ),
    "a period ends before it starts": lambda: by_headway(periods=PERIODS.assign(last="05:00")),
    "lengths differ": lambda: make_walks([0, 0], [1], minutes=[1, 1], places=1),
    "a walk names no stop of the timetable": lambda: travel_times(
        make_timetable(["a", "b"], CALLS),
        access=make_walks([0], [2], minutes=[0], places=1),
        egress=make_walks([0], [1], minutes=[0], places=1),
        depart=0,
        max_transfers=0,
    ),
    "the window has no departure": lambda: asked(first=60, last=0),
    "0 is no percentile": lambda: asked(percentiles=(0, 50)),
    "-1 is no number of changes": lambda: asked(max_transfers=-1),
    r"its shape is \(2,\)": lambda: asked(direct=[1, 2]),
    "0 is no speed": lambda: near(speed_kmh=0),
    "0.9 is no detour": lambda: near(detour=0.9),
    "inf is no limit": lambda: near(limit_minutes=math.inf),
    "8 school days": lambda: school_week([0], out=[[1]], back=[[1]], **NORMS, days=8),
    "give a row": lambda: school_week([0], out=[1], back=[1], **NORMS),
    "give one school": lambda: school_week([0, 0], out=[[1]], back=[[1]], **NORMS),
    r"its shape is \(1, 2\)": lambda: school_week([0], out=[[1]], back=[[1, 2]], **NORMS),
}


def asked(**changes: Any) -> Any:
    ends = make_walks([0], [0], minutes=[0], places=1)
    ask = {"access": ends, "egress": ends, "first": 0, "last": 60, "max_transfers": 0} | changes
    return window_times(make_timetable(["a", "b"], CALLS), **ask)


def near(**changes: Any) -> Any:
    return walks_by_air(
        **{
            "lon": [0],
            "lat": [0],
            "stop_lon": [0],
            "stop_lat": [0],
            "speed_kmh": 5,
            "detour": 1,
            "limit_minutes": 9,
        }
        | changes
    )


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_refused(sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        REFUSED[sentence]()


def test_out_of_reach_has_no_legs() -> None:
    table = make_timetable(["a", "b"], CALLS)
    ends = make_walks([0], [0], minutes=[0], places=1)
    legs = journey(table, access=ends, egress=ends, origin=0, destination=0, depart=900, max_transfers=1)
    assert legs.empty
    assert {"kind", "trip", "wait_minutes"} <= set(legs.columns)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 60))
def test_walks_by_air_are_all_pairs_within_the_limit(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    lon, lat = 118 + rng.random((2, 12)) / 20
    lon[3] = np.nan
    walks = walks_by_air(
        lon=lon[:5], lat=lat[:5], stop_lon=lon, stop_lat=lat, speed_kmh=4.8, detour=1.3, limit_minutes=limit
    )
    wanted = great_circle_km(lon1=lon[:5, None], lat1=lat[:5, None], lon2=lon, lat2=lat) * 1.3 / 4.8 * 60
    place, stop = np.nonzero(wanted <= limit)
    assert np.array_equal(np.repeat(np.arange(5), np.diff(walks.ptr)), place)
    assert np.array_equal(walks.stop, stop)
    assert np.array_equal(walks.seconds, np.ceil(60 * wanted[place, stop] - 1e-6).clip(0))
    ids = [f"s{i}" for i in range(12)]
    paths = footpaths_by_air(ids, lon=lon, lat=lat, speed_kmh=4.8, detour=1.3, limit_minutes=limit)
    assert (paths["from_stop_id"] != paths["to_stop_id"]).all()
    back = paths.rename(columns={"from_stop_id": "to_stop_id", "to_stop_id": "from_stop_id"})
    both = paths.merge(back, on=["from_stop_id", "to_stop_id"])
    assert len(both) == len(paths)
    np.testing.assert_allclose(both["minutes_x"], both["minutes_y"])


@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
def test_a_week_is_its_ways(seed: int, days: int) -> None:
    rng = np.random.default_rng(seed)
    out, back, sunday, monday, friday = (rng.integers(0, 90, (6, 3)).astype(float) for _ in range(5))
    out[0], friday[1] = np.inf, np.inf
    school = rng.integers(0, 3, 6)
    ask = {"norm_minutes": 40, "boarder_norm_minutes": 60, "days": days}
    week = school_week(school, out=out, back=back, sunday=sunday, monday=monday, friday=friday, **ask)
    for village, s in enumerate(school):
        ways = [out[village, s], back[village, s]] * days
        once = [min(sunday[village, s], monday[village, s]), friday[village, s]]
        assert week.daily_minutes[village] == sum(ways)
        assert week.boarder_minutes[village] == sum(once)
        assert week.daily_keeps[village] == (max(ways) <= 40)
        assert week.boarder_keeps[village] == (max(once) <= 60)
        assert week.on_monday[village] == (monday[village, s] < sunday[village, s])
        assert week.saved_minutes[village] == week.daily_minutes[village] - week.boarder_minutes[village]
    plain = school_week(school, out=out, back=back, **ask)
    np.testing.assert_allclose(plain.daily_minutes, days * plain.boarder_minutes)
    assert plain.on_monday[1:].all()
