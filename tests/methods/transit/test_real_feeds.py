"""Real feeds: Cairns against a scan of all connections in time, and the headways of the sample feed."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.data.gtfs import Feed, read_feed
from tongqu.methods.transit import (
    Timetable,
    footpaths_by_air,
    journey,
    make_timetable,
    make_walks,
    seconds_of,
    travel_times,
    walks_by_air,
    window_times,
)

FEEDS = Path(__file__).parents[2] / "data" / "gtfs"
ON_FOOT = {"speed_kmh": 4.8, "detour": 1.3, "limit_minutes": 6}
DAYS = (dt.date(2014, 5, 27), dt.date(2014, 5, 31))
Key = tuple[int, int]


@pytest.fixture(scope="module")
def cairns() -> Feed:
    return read_feed(FEEDS / "cairns_gtfs.zip")


def footpaths(feed: Feed) -> pd.DataFrame:
    stops = feed.stops
    return footpaths_by_air(stops["stop_id"], lon=stops["stop_lon"], lat=stops["stop_lat"], **ON_FOOT)


def timetable(feed: Feed, date: dt.date) -> Timetable:
    return make_timetable(
        feed.stops["stop_id"],
        feed.stop_times,
        trips=feed.on(date),
        footpaths=footpaths(feed),
        change_minutes=1,
    )


class Scan:
    """Earliest arrivals by looking at every hop of every vehicle in the order of departure."""

    def __init__(self, feed: Feed, date: dt.date) -> None:
        shift = feed.on(date).groupby("trip_id")["shift_seconds"].apply(list).to_dict()
        calls = feed.stop_times[feed.stop_times["trip_id"].isin(shift)]
        self.hops: list[tuple[int, int, str, str, Key, int, bool, bool]] = []
        for number, (trip, rows) in enumerate(calls.groupby("trip_id")):
            for moved in shift[trip]:
                for i, (a, b) in enumerate(pairwise(rows.itertuples())):
                    leave, arrive = a.departure_time + moved, b.arrival_time + moved
                    allowed = a.pickup_type != 1, b.drop_off_type != 1
                    self.hops.append((leave, arrive, a.stop_id, b.stop_id, (number, moved), i, *allowed))
        self.hops.sort(key=lambda hop: hop[0])
        self.paths: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in footpaths(feed).itertuples():
            self.paths[row.from_stop_id].append((row.to_stop_id, math.ceil(60 * row.minutes - 1e-6)))

    def from_stop(self, origin: str, depart: int) -> dict[str, float]:
        ready, rode = defaultdict(lambda: math.inf, {origin: depart}), defaultdict(lambda: math.inf)
        boarded: dict[Key, int] = {}
        for time, group in groupby((hop for hop in self.hops if hop[0] >= depart), key=lambda hop: hop[0]):
            hops, changed = list(group), True
            while changed:  # hops that take no time may stand in any order
                changed = False
                for _, arrive, start, end, trip, i, on, off in hops:
                    if on and ready[start] <= time and i < boarded.get(trip, math.inf):
                        changed, boarded[trip] = True, i
                    if off and boarded.get(trip, math.inf) <= i and arrive < rode[end]:
                        changed, rode[end] = True, arrive
                        ready[end] = min(ready[end], arrive + 60)
                        for other, seconds in self.paths[end]:
                            ready[other] = min(ready[other], arrive + seconds)
        return rode


@pytest.mark.parametrize("date", DAYS)
def test_cairns_equals_a_scan_of_all_connections(cairns: Feed, date: dt.date) -> None:
    table, scan = timetable(cairns, date), Scan(cairns, date)
    every = np.arange(len(table.stops))
    ends = make_walks(every, every, minutes=np.zeros(every.size), places=every.size)
    origins = every[:: every.size // 5]
    starts = make_walks(np.arange(origins.size), origins, minutes=np.zeros(origins.size), places=origins.size)
    for depart in map(seconds_of, ("00:05", "07:10", "16:42", "23:20")):
        found = travel_times(table, access=starts, egress=ends, depart=depart, max_transfers=9)
        for row, origin in enumerate(origins):
            rode = scan.from_stop(str(table.stops[origin]), depart)
            wanted = [rode[str(stop)] for stop in table.stops]
            np.testing.assert_array_equal(np.round(60 * found.minutes[row] + depart), wanted)


def test_cairns_window_is_its_departures(cairns: Feed) -> None:
    table, stops = timetable(cairns, DAYS[0]), cairns.stops.iloc[::40]
    places = {"lon": stops["stop_lon"] + 0.001, "lat": stops["stop_lat"]}
    to_stops = {"stop_lon": cairns.stops["stop_lon"], "stop_lat": cairns.stops["stop_lat"]}
    walks = walks_by_air(**places, **to_stops, speed_kmh=4.8, detour=1.3, limit_minutes=12)
    ask = {"access": walks, "egress": walks, "max_transfers": 2}
    first, last = seconds_of("07:00"), seconds_of("07:20")
    window = window_times(table, **ask, first=first, last=last)
    single = [travel_times(table, **ask, depart=depart) for depart in range(first, last + 1, 60)]
    minutes = np.array([one.minutes for one in single])
    wanted = np.percentile(minutes, (5, 50, 95), axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(window.minutes, wanted)
    np.testing.assert_allclose(window.share, np.isfinite(minutes).mean(axis=0))


def test_cairns_legs(cairns: Feed) -> None:
    table = timetable(cairns, DAYS[0])
    every = np.arange(len(table.stops))
    ends = make_walks(every, every, minutes=np.zeros(every.size), places=every.size)
    ask = {"access": ends, "egress": ends, "depart": seconds_of("07:10"), "max_transfers": 3}
    found = travel_times(table, **ask)
    assert set(np.unique(found.rides)) >= {-1, 1, 2, 3}
    for rides in (1, 2, 3):
        origin, destination = (int(one[0]) for one in np.nonzero(found.rides == rides))
        legs = journey(table, **ask, origin=origin, destination=destination)
        assert (legs["kind"] == "ride").sum() == rides
        assert legs["arrive"].iloc[-1] == ask["depart"] + round(60 * found.minutes[origin, destination])
        assert legs["route"].isin(cairns.routes["route_id"]).sum() == rides


@pytest.fixture(scope="module", params=["sample_gtfs.zip", "sample_gtfs_2.zip"])
def sample(request: pytest.FixtureRequest) -> Feed:
    return read_feed(FEEDS / request.param)


def test_headways_of_the_sample_feed(sample: Feed) -> None:
    """STBA leaves the hotel for the airport every 30 minutes from 6:00 to before 22:00 and takes 20."""
    ask = {"trips": sample.weekday("tuesday"), "frequencies": sample.frequencies}
    expected = make_timetable(sample.stops["stop_id"], sample.stop_times, **ask)
    scheduled = make_timetable(sample.stops["stop_id"], sample.stop_times, **ask, waiting="scheduled")
    hotel, airport = (
        make_walks([0], expected.locate([stop]), minutes=[0], places=1)
        for stop in ("STAGECOACH", "BEATTY_AIRPORT")
    )

    def minutes(table: Timetable, time: str) -> float:
        ends = {"access": hotel, "egress": airport}
        return float(travel_times(table, **ends, depart=seconds_of(time), max_transfers=0).minutes[0, 0])

    times = ("05:50", "06:00", "06:10", "21:30", "21:31", "22:00")
    assert [minutes(scheduled, time) for time in times] == [30, 20, 40, 20, math.inf, math.inf]
    assert [minutes(expected, time) for time in times] == [45, 35, 35, 35, 35, math.inf]
    # 32 departures of STBA, and per direction of CITY 4 + 12 + 12 + 18 + 6; four trips of their own.
    assert scheduled.trip.size == 32 + 2 * (4 + 12 + 12 + 18 + 6) + 4
