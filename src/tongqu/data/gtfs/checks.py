"""Rules that take more than one cell: those a feed must keep, and those whose breach is only told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tongqu.data.gtfs.service import days_of
from tongqu.data.gtfs.tables import Table
from tongqu.data.problems import Problems

__all__ = ["Tolerated", "check_feed", "expand_transfers", "find_tolerated"]

_COLUMNS: Final = ["rule", "file", "row", "column", "value", "mend", "lon", "lat"]
_PLATFORM: Final = 0
"""Value of ``location_type`` of a place where vehicles stop."""

_TIMED: Final = 2
_LAST_BETWEEN_STOPS: Final = 3
"""Values of ``transfer_type``: a time is needed; the last that is about stops, not about staying seated."""


class Tolerated:
    """A collector of what is tolerated: like `Problems`, with a place on the map, and never raised."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str, int, str, str, str, float, float]] = []

    def add(
        self, rule: str, *, mend: str, file: str, value: str = "", row: int = 0, column: str = ""
    ) -> None:
        """Note one thing about a file or a row."""
        self._found.append((rule, file, row, column, value, mend, np.nan, np.nan))

    def add_rows(
        self,
        rule: str,
        *,
        table: Table,
        column: str,
        where: NDArray[np.bool_],
        mend: str,
        lon: NDArray[np.float64] | None = None,
        lat: NDArray[np.float64] | None = None,
    ) -> None:
        """Note every row where a rule is broken, with its place where known."""
        for i in np.flatnonzero(where):
            text = table.text[column].iloc[i]
            value = "" if pd.isna(text) else str(text)
            place = (np.nan, np.nan) if lon is None or lat is None else (float(lon[i]), float(lat[i]))
            self._found.append((rule, table.file, int(table.rows[i]), column, value, mend, *place))

    def frame(self) -> pd.DataFrame:
        """Everything that was noted."""
        return pd.DataFrame(self._found, columns=_COLUMNS).astype({"row": np.int64})


def check_feed(tables: Mapping[str, Table], *, problems: Problems) -> None:
    """Note impossible positions, unknown services, wrong headways, and changes without their time.

    Parameters
    ----------
    tables : mapping of str to Table
        The tables that could be read.
    problems : Problems
        Where problems go.
    """
    if "stops" in tables:
        _check_positions(tables["stops"], problems=problems)
    if {"trips", "calendar", "calendar_dates"} <= tables.keys():
        known = pd.concat([tables[name].frame["service_id"] for name in ("calendar", "calendar_dates")])
        services = tables["trips"].frame["service_id"]
        lost = (services.notna() & ~services.isin(known)).to_numpy()
        mend = "correct it, or give its days in calendar.txt or calendar_dates.txt"
        problems.add_rows("no such service", at=tables["trips"].at("service_id"), where=lost, mend=mend)
    if "frequencies" in tables:
        _check_frequencies(tables["frequencies"], problems=problems)
    if "transfers" in tables:
        transfers = tables["transfers"]
        timed = transfers.frame["transfer_type"] == _TIMED
        lost = (timed & transfers.frame["min_transfer_time"].isna()).to_numpy()
        mend = "give the seconds it takes, or another transfer_type"
        at = transfers.at("min_transfer_time")
        problems.add_rows("a change of type 2 without its time", at=at, where=lost, mend=mend)


def _check_positions(stops: Table, *, problems: Problems) -> None:
    for column, most in (("stop_lat", 90), ("stop_lon", 180)):
        beyond = (stops.frame[column].abs() > most).to_numpy()
        mend = "write degrees (WGS84), latitude and longitude each in its column"
        problems.add_rows("not on the globe", at=stops.at(column), where=beyond, mend=mend)


def _check_frequencies(table: Table, *, problems: Problems) -> None:
    frame = table.frame
    early = (frame["end_time"] <= frame["start_time"]).to_numpy()
    mend = "give an end after the start; past midnight the hours go on: 24:00:00, 25:00:00"
    problems.add_rows("a window ends before it starts", at=table.at("end_time"), where=early, mend=mend)
    short = ~(frame["headway_secs"] >= 1).to_numpy() & frame["headway_secs"].notna().to_numpy()
    at = table.at("headway_secs")
    problems.add_rows("a headway below one second", at=at, where=short, mend="give the seconds between trips")
    order = frame.sort_values(["trip_id", "start_time"], kind="stable")
    twice = (order["trip_id"] == order["trip_id"].shift()) & (order["start_time"] < order["end_time"].shift())
    where = twice.reindex(frame.index).to_numpy()
    mend = "let one window of a trip end before the next starts"
    problems.add_rows("windows of one trip overlap", at=table.at("start_time"), where=where, mend=mend)


def find_tolerated(tables: Mapping[str, Table], *, tolerated: Tolerated) -> None:
    """Note what a timetable can do without: short trips, idle services, stops without a position."""
    stops = tables["stops"]
    lon, lat = (stops.frame[name].to_numpy() for name in ("stop_lon", "stop_lat"))
    nowhere = np.isnan(lon) | np.isnan(lat) | ((lon == 0) & (lat == 0))
    called = tables["stop_times"].frame["stop_id"]
    served = stops.frame["stop_id"].isin(called).to_numpy()
    tolerated.add_rows(
        "a stop without a position",
        table=stops,
        column="stop_lat",
        where=nowhere & (served | (stops.frame["location_type"] == _PLATFORM).to_numpy()),
        mend="enter its position; until then nobody can walk to it",
    )
    tolerated.add_rows(
        "vehicles call at what is no stop",
        table=stops,
        column="location_type",
        where=served & (stops.frame["location_type"] != _PLATFORM).to_numpy(),
        mend="let them call at a stop of the station",
        lon=lon,
        lat=lat,
    )
    _short_trips(tables, tolerated=tolerated)
    _idle_services(tables, tolerated=tolerated)
    transfers = tables["transfers"]
    tolerated.add_rows(
        "a change that is not between two stops",
        table=transfers,
        column="transfer_type",
        where=~_between_stops(transfers.frame),
        mend="it is left out; only changes between stops count, for all routes and trips alike",
    )


def _short_trips(tables: Mapping[str, Table], *, tolerated: Tolerated) -> None:
    trips, calls = tables["trips"], tables["stop_times"].frame
    size = trips.frame["trip_id"].map(calls["trip_id"].value_counts()).fillna(0).to_numpy()
    only = trips.frame["trip_id"].map(calls.drop_duplicates("trip_id").set_index("trip_id")["stop_id"])
    place = tables["stops"].frame.set_index("stop_id")
    lon, lat = (only.map(place[name]).to_numpy(dtype=np.float64) for name in ("stop_lon", "stop_lat"))
    tolerated.add_rows(
        "a trip with fewer than two stops",
        table=trips,
        column="trip_id",
        where=size < 2,
        mend="it is left out; give it its stops, or remove it",
        lon=lon,
        lat=lat,
    )


def _idle_services(tables: Mapping[str, Table], *, tolerated: Tolerated) -> None:
    calendar, dates = tables["calendar"], tables["calendar_dates"]
    mend = "give it days, or remove it and its trips"
    for table in (calendar, dates):
        services = table.frame["service_id"]
        days = days_of(services.drop_duplicates(), calendar=calendar.frame, calendar_dates=dates.frame)
        idle = (services.map(days) <= 0).to_numpy() & ~services.duplicated().to_numpy()
        if table is dates:
            idle &= ~services.isin(calendar.frame["service_id"]).to_numpy()
        rule = "a service that never runs"
        tolerated.add_rows(rule, table=table, column="service_id", where=idle, mend=mend)


def _between_stops(transfers: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a change is one between two stops, and for all routes and trips."""
    narrower = transfers[["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]].notna().any(axis=1)
    ends = transfers[["from_stop_id", "to_stop_id"]].notna().all(axis=1)
    return np.asarray(ends & ~narrower & (transfers["transfer_type"] <= _LAST_BETWEEN_STOPS), dtype=np.bool_)


def expand_transfers(transfers: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """Changes between stops, those of a station written out for each of its stops.

    A change that names the stops themselves comes last and so overrules that of their stations.

    Parameters
    ----------
    transfers, stops : DataFrame
        As in GTFS.

    Returns
    -------
    DataFrame
        ``from_stop_id``, ``to_stop_id``, ``transfer_type``, ``min_transfer_time``.
    """
    columns = ["from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time"]
    kept = transfers.loc[_between_stops(transfers), columns]
    inside = stops.loc[
        stops["parent_station"].notna() & (stops["location_type"] == _PLATFORM), ["stop_id", "parent_station"]
    ]
    family = pd.concat(
        [
            pd.DataFrame({"named": stops["stop_id"], "stop": stops["stop_id"], "wide": 0}),
            pd.DataFrame({"named": inside["parent_station"], "stop": inside["stop_id"], "wide": 1}),
        ]
    )
    for end in ("from", "to"):
        side: Any = family.rename(columns={"named": f"{end}_stop_id", "stop": end, "wide": f"{end}_wide"})
        kept = kept.merge(side, on=f"{end}_stop_id")
    kept = kept.assign(wide=kept["from_wide"] + kept["to_wide"]).sort_values(
        "wide", ascending=False, kind="stable"
    )
    named = kept[["from", "to", "transfer_type", "min_transfer_time"]].set_axis(columns, axis=1)
    return named.drop_duplicates(columns[:2], keep="last", ignore_index=True)
