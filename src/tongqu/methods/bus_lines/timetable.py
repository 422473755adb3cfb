"""From lines and their trips a day to the tables of a GTFS feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.bus_lines.lines import Lines

__all__ = ["departures", "feed_tables"]

_BUS: Final = "3"
"""Value of ``route_type`` for buses."""
_SERVICE: Final = "daily"
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def departures(
    trips: int, *, first: float = 390.0, last: float = 1080.0, fixed: Sequence[float] = ()
) -> Floats:
    """When the trips of a day leave: spread evenly, some moved to fixed times.

    Parameters
    ----------
    trips : int
        Trips a day; a single one leaves first.
    first, last : float
        First and last departure in minutes after midnight.
    fixed : sequence of float
        Departures that must be: a trip to school, the bus of a market day. Each takes the place of the
        departure nearest to it that is still free.

    Returns
    -------
    numpy.ndarray of float
        Minutes after midnight in whole minutes, rising, shape (trips,).

    Raises
    ------
    DataError
        If the last departure comes before the first, or fixed times are more than the trips or negative.

    Examples
    --------
    >>> departures(4, first=420, last=960, fixed=[440, 990])
    array([440., 600., 780., 990.])
    """
    require(
        last >= first,
        column="last",
        rule="a period ends before it starts",
        mend="give a later last departure",
    )
    enough = len(fixed) <= trips
    mend = "let the line make as many trips as it has fixed times"
    require(enough, column="fixed", rule="more fixed times than trips", mend=mend)
    floats(fixed, column="fixed", low=0)
    times = np.round(np.linspace(first, last, trips)) if trips > 1 else np.full(trips, float(first))
    free = np.ones(trips, dtype=bool)
    for time in sorted(fixed):
        nearest = int(np.argmin(np.where(free, np.abs(times - time), np.inf)))
        times[nearest], free[nearest] = time, False
    return np.sort(times)


def feed_tables(
    lines: Lines,
    trips: npt.ArrayLike,
    *,
    stops: pd.DataFrame,
    names: pd.DataFrame,
    agency: str,
    start_date: str,
    end_date: str,
    first: float = 390.0,
    last: float = 1080.0,
    layover: float = 5.0,
    fixed: Mapping[int, Sequence[float]] | None = None,
    timezone: str = "Asia/Shanghai",
    language: str = "zh",
) -> dict[str, pd.DataFrame]:
    """The tables of a GTFS feed for lines that run every day, for `tongqu.data.gtfs.write_feed`.

    Every trip is written out. A line that is no loop goes back after a layover; its shapes follow the nodes
    that it passes.

    Parameters
    ----------
    lines : Lines
        The lines.
    trips : array_like of int
        Trips a day of each, shape (lines,); those with 0 are left out.
    stops : DataFrame
        One row a node of the network, in its order: ``stop_id, stop_name, lon, lat`` (degrees). Those where
        no line calls are left out.
    names : DataFrame
        One row a line: ``route_id, short_name, long_name``.
    agency : str
        Name of the operator.
    start_date, end_date : str
        First and last day of service, ``YYYYMMDD``.
    first, last : float
        First and last departure from the first stop in minutes after midnight.
    layover : float
        Minutes at the end before the way back.
    fixed : mapping of int to sequence of float, optional
        Departures that must be, by line; see `departures`.
    timezone : str
        Of the operator.
    language : str
        Of names, as BCP 47 has it.

    Returns
    -------
    dict of str to DataFrame
        ``agency, stops, routes, trips, stop_times, calendar, shapes, feed_info``: the columns of GTFS; times
        in seconds after midnight, which may pass 86 400.

    Raises
    ------
    DataError
        If lengths differ or a line has more fixed times than trips.

    References
    ----------
    General Transit Feed Specification, reference of the schedule format.

    Examples
    --------
    >>> from tongqu.methods.bus_lines import generate_lines
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(["h", "a"], start=["h"], end=["a"], minutes=[20])
    >>> line = generate_lines(road, km=[9], hubs=[0], ends=[1], group=[0])
    >>> places = {
    ...     "stop_id": ["h", "a"],
    ...     "stop_name": ["Seat", "Village"],
    ...     "lon": [118.9, 118.8],
    ...     "lat": [29.0, 29.1],
    ... }
    >>> made = feed_tables(
    ...     line,
    ...     [2],
    ...     stops=pd.DataFrame(places),
    ...     names=pd.DataFrame({"route_id": ["1"], "short_name": ["1"], "long_name": ["Seat - Village"]}),
    ...     agency="Buses",
    ...     start_date="20270101",
    ...     end_date="20271231",
    ... )
    >>> made["stop_times"][["trip_id", "stop_id", "arrival_time"]].iloc[:3].to_numpy().tolist()
    [['1-0-0630', 'h', 23400], ['1-0-0630', 'a', 24600], ['1-0-1800', 'h', 64800]]
    """
    number = np.asarray(trips, dtype=np.int64)
    same = number.shape == (len(lines),) and len(names) == len(lines)
    require(same, column="trips, names", rule="lengths differ", mend="give one of each for every line")
    positions(lines.node, column="stops", size=len(stops))
    floats(layover, column="layover", low=0)
    running = np.flatnonzero(number > 0)
    runs, label = lines.take(running), names.iloc[running].reset_index(drop=True)
    times = [
        departures(int(number[line]), first=first, last=last, fixed=(fixed or {}).get(int(line), ()))
        for line in running
    ]
    route = label["route_id"].astype("str").to_numpy()
    ways = _ways(runs, stops, route=route)
    tours = _tours(runs, times, layover=layover)
    trip = pd.DataFrame(tours).assign(route_id=route[tours["line"]])
    clock = trip["leave"].map(lambda minute: f"{int(minute) // 60:02d}{int(minute) % 60:02d}")
    back = trip["back"].astype("int64").astype("str")
    trip["shape_id"] = trip["route_id"] + "-" + back
    trip["trip_id"] = _distinct(trip["shape_id"] + "-" + clock)
    calls = trip.merge(ways, on="shape_id", sort=False, validate="many_to_many")
    seconds = np.round(60 * (calls["leave"] + calls["minutes"])).astype("int64")
    calls = calls.assign(arrival_time=seconds, departure_time=seconds)
    called = np.unique(runs.node)
    return _as_feed(
        stops.iloc[called],
        label,
        trip=trip.assign(
            end=stops["stop_name"].to_numpy()[
                np.where(trip["back"], runs.first[trip["line"]], runs.far[trip["line"]])
            ]
        ),
        calls=calls,
        ways=ways,
        about={
            "agency": agency,
            "timezone": timezone,
            "language": language,
            "start_date": start_date,
            "end_date": end_date,
        },
    )


def _distinct(names: pd.Series) -> pd.Series:
    """Names of trips; of those that leave in the same minute the second gets ``-2`` and so on."""
    number = names.groupby(names).cumcount() + 1
    return names.where(number == 1, names + "-" + number.astype("str"))


def _ways(runs: Lines, stops: pd.DataFrame, *, route: npt.NDArray[Any]) -> pd.DataFrame:
    """Calls of each line there, and back where it is no loop: minutes and kilometres since the start."""
    there = pd.DataFrame(
        {"line": runs.line, "back": 0, "node": runs.node, "minutes": runs.minutes, "km": runs.km}
    ).assign(sequence=np.arange(runs.node.size) - runs.ptr[runs.line])
    turn = there[~runs.loop[runs.line]]
    size = np.diff(runs.ptr)[turn["line"]]
    back = turn.assign(
        back=1,
        sequence=size - 1 - turn["sequence"],
        minutes=runs.run_minutes[turn["line"]] - turn["minutes"],
        km=runs.length_km[turn["line"]] - turn["km"],
    )
    both = pd.concat([there, back]).sort_values(["line", "back", "sequence"], ignore_index=True)
    place = stops.iloc[both["node"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "shape_id": route[both["line"]] + "-" + both["back"].astype("str").to_numpy(dtype=object),
            "stop_id": place["stop_id"].astype("str"),
            "lon": place["lon"],
            "lat": place["lat"],
            "sequence": both["sequence"],
            "minutes": both["minutes"],
            "km": both["km"].round(3),
        }
    )


def _tours(runs: Lines, times: list[Floats], *, layover: float) -> dict[str, Any]:
    """Line, direction and departure of every trip."""
    line: Ints = np.repeat(np.arange(len(runs)), [len(each) for each in times])
    leave = np.concatenate([*times, np.empty(0)])
    turns = ~runs.loop[line]
    back = leave[turns] + np.round(runs.run_minutes[line[turns]] + layover)
    return {
        "line": np.r_[line, line[turns]],
        "back": np.r_[np.zeros(line.size, dtype=bool), np.ones(int(turns.sum()), dtype=bool)],
        "leave": np.r_[leave, back],
    }


def _as_feed(
    places: pd.DataFrame,
    label: pd.DataFrame,
    *,
    trip: pd.DataFrame,
    calls: pd.DataFrame,
    ways: pd.DataFrame,
    about: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    """The tables under the names of GTFS."""
    trip = trip.sort_values("trip_id", kind="stable", ignore_index=True)
    calls = calls.sort_values(["trip_id", "sequence"], kind="stable", ignore_index=True)
    ways = ways.sort_values(["shape_id", "sequence"], kind="stable", ignore_index=True)
    return {
        "stops": pd.DataFrame(
            {
                "stop_id": places["stop_id"].astype("str"),
                "stop_name": places["stop_name"],
                "stop_lat": places["lat"],
                "stop_lon": places["lon"],
            }
        ).sort_values("stop_id", ignore_index=True),
        "routes": pd.DataFrame(
            {
                "route_id": label["route_id"].astype("str"),
                "agency_id": "1",
                "route_short_name": label["short_name"],
                "route_long_name": label["long_name"],
                "route_type": _BUS,
            }
        ).sort_values("route_id", ignore_index=True),
        "trips": pd.DataFrame(
            {
                "route_id": trip["route_id"],
                "service_id": _SERVICE,
                "trip_id": trip["trip_id"],
                "trip_headsign": trip["end"],
                "direction_id": trip["back"].astype("int64").astype("str"),
                "shape_id": trip["shape_id"],
            }
        ),
        "stop_times": pd.DataFrame(
            {
                "trip_id": calls["trip_id"],
                "arrival_time": calls["arrival_time"],
                "departure_time": calls["departure_time"],
                "stop_id": calls["stop_id"],
                "stop_sequence": calls["sequence"],
                "shape_dist_traveled": calls["km"],
            }
        ),
        "shapes": pd.DataFrame(
            {
                "shape_id": ways["shape_id"],
                "shape_pt_lat": ways["lat"],
                "shape_pt_lon": ways["lon"],
                "shape_pt_sequence": ways["sequence"],
                "shape_dist_traveled": ways["km"],
            }
        ),
        **_about(about),
    }


def _about(about: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Operator, days of service and publisher."""
    dates = {"start_date": [about["start_date"]], "end_date": [about["end_date"]]}
    operator = {
        "agency_id": "1",
        "agency_name": about["agency"],
        "agency_url": "https://example.org/",
        "agency_timezone": about["timezone"],
        "agency_lang": about["language"],
    }
    publisher = {
        "feed_publisher_name": [about["agency"]],
        "feed_publisher_url": ["https://example.org/"],
        "feed_lang": [about["language"]],
        "feed_version": ["1"],
    }
    return {
        "agency": pd.DataFrame([operator]),
        "calendar": pd.DataFrame({"service_id": [_SERVICE], **{day: [1] for day in _WEEKDAYS}, **dates}),
        "feed_info": pd.DataFrame(publisher | {f"feed_{name}": value for name, value in dates.items()}),
    }
