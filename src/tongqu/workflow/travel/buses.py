"""By bus: minutes from villages to the nearest target, from a timetable or a table of lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from tongqu.base import DataError, Progress, Report, silent
from tongqu.data import Region
from tongqu.data.gtfs import Feed, read_feed
from tongqu.data.problems import Problems
from tongqu.methods.transit import (
    Timetable,
    Walks,
    WindowTimes,
    footpaths_by_air,
    headway_timetable,
    make_timetable,
    make_walks,
    seconds_of,
    walks_by_air,
    window_times,
)
from tongqu.methods.travel import great_circle_km, nearest, pairs_within
from tongqu.workflow.prepare import region_of
from tongqu.workflow.travel.answer import Answer, modelled_shares
from tongqu.workflow.travel.lines import read_lines
from tongqu.workflow.travel.places import (
    HOSPITALS,
    Ground,
    Names,
    ask_choice,
    ask_group,
    ask_number,
    ground_of,
    named_places,
    sites_among,
)
from tongqu.workflow.travel.times import as_words, minutes_figures

__all__ = ["CHANGE_WALK", "DETOUR", "WALK_LIMIT", "Walk", "bus"]

Walk: TypeAlias = Literal["air", "roads"]
"""Whether one walks as the crow flies times a detour, or along the roads."""

DETOUR: Final = 1.3
"""Metres walked for each metre as the crow flies (assumed)."""

WALK_LIMIT: Final = 15.0
"""Minutes of the longest walk to or from a stop (assumed: 1.25 km at 5 km/h)."""

CHANGE_WALK: Final = 6.0
"""Minutes of the longest walk between two stops when changing (assumed: 500 m at 5 km/h)."""

TRANSFERS: Final = 2
"""Most changes between vehicles (assumed)."""

USUAL_DAY: Final = "tuesday"
"""Day of the week whose usual services count where no date is given."""

PERCENTILES: Final = (5.0, 50.0, 95.0)
"""Percentiles over the departures, unless others are asked for."""

MIDDLE: Final = 50.0
"""Percentile that the figures and the map show, or the one asked for that is nearest."""


def bus(
    region: Region | str | Path,
    feed: Feed | pd.DataFrame | str | Path,
    *,
    date: dt.date | str | None = None,
    after: str = "07:00",
    before: str = "09:00",
    targets: Names = HOSPITALS,
    walk: Walk = "air",
    walk_limit: float = WALK_LIMIT,
    transfers: int = TRANSFERS,
    percentiles: Sequence[float] = PERCENTILES,
    group: str = "people.total",
    progress: Progress = silent,
) -> Answer:
    """Minutes by bus and on foot from every village to whichever target is reached first.

    Somebody leaves in every minute from `after` to `before`. Percentile 50 is what half of these departures
    keep to, waiting at the first stop included. Walking all the way counts up to twice `walk_limit`.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    feed : Feed, DataFrame, str or Path
        A GTFS archive or folder, or a table of lines (a CSV or Excel file; see
        `tongqu.workflow.travel.lines.read_lines`), which runs every day, both ways.
    date : date or str, optional
        Day of the timetable, ``YYYY-MM-DD``; the usual Tuesday of the feed when left out.
    after, before : str
        First and last departure from the village, ``HH:MM``.
    targets : str or sequence of str
        Kinds of site, levels, or ids, as in `matrix`.
    walk : {"air", "roads"}
        How one walks to and from stops: straight, times a detour; or along the roads of the region.
    walk_limit : float
        Minutes of the longest walk to or from a stop.
    transfers : int
        Most changes between vehicles.
    percentiles : sequence of float
        Each in (0, 100].
    group : str
        State variable that counts the people.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: ``unit, name, town, county, people, walk_minutes`` (to the nearest stop), ``p5, p50, p95``
        (minutes by percentile; infinite where fewer departures arrive), ``arrive`` (share of departures that
        do), ``rides`` and ``waiting`` (means), ``modelled``. ``tables["far_stops"]``: stops that no village
        is within a walk of. ``tables["problems"]``: what was tolerated in the feed.

    Raises
    ------
    DataError
        With every problem of the feed, of names, times and dates; or if no trip runs on the date, or no stop
        is within a walk of any village.

    Examples
    --------
    >>> import pandas as pd
    >>> import tongqu
    >>> line = {"line": "1", "stop": ["330824109", "330824"], "run_minutes": [0, 50]}
    >>> times = {"first": ["06:30", None], "last": ["17:30", None], "headway": ["30", None]}
    >>> found = tongqu.travel.bus("quzhou", pd.DataFrame(line | times), targets="330824")
    >>> table = found.table.set_index("unit")
    >>> table.loc["330824109218", ["p5", "p50", "p95"]].round(1).tolist()
    [65.0, 65.0, 65.0]
    """
    place, problems = region_of(region, progress=progress), Problems()
    goals = named_places(targets, place, column="targets", problems=problems)
    ask_group(group, problems)
    ask_number(walk_limit, column="walk_limit", problems=problems)
    ask_number(transfers, column="transfers", problems=problems)
    ask_choice(walk, ("air", "roads"), column="walk", rule="unknown way to walk", problems=problems)
    window, day = _ask_window(after, before, problems=problems), _ask_date(date, problems)
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode="walk", group=group)
    kmh = float(place["standards"].set_index("standard")["value"]["speed.walk"])
    service = _service(feed, region=place, day=day, kmh=kmh)
    feet = _Feet(ground, goals, stops=service.stops, kmh=kmh, limit=walk_limit)
    access, egress, direct = feet.by_air() if walk == "air" else feet.by_roads()
    _require_near(access, service)
    found = window_times(
        service.timetable,
        access=access,
        egress=egress,
        first=window[0],
        last=window[1],
        max_transfers=transfers,
        percentiles=percentiles,
        direct=direct,
    )
    middle = found.minutes[int(np.argmin(np.abs(np.asarray(percentiles) - MIDDLE))), :, 0]
    far = _far_stops(ground, service.stops, access)
    return Answer(
        question="bus",
        region=place,
        asked={
            "targets": as_words(targets),
            "feed": service.name,
            "date": service.day,
            "after": after,
            "before": before,
            "walk": walk,
            "walk_limit": walk_limit,
            "transfers": transfers,
            **ground.asked,
        },
        figures={
            **minutes_figures(ground, middle),
            **_stop_figures(ground, access),
            "stops": len(service.stops),
            "stops_far": len(far),
            "trips": service.trips,
            "feed_problems": len(service.problems),
        },
        modelled=modelled_shares(place, sites=sites_among(place, goals)),
        table=_by_village(ground, access, found=found),
        tables={"far_stops": far, "problems": service.problems},
        sites=goals.rename(columns={"id": "site", "name": "site_name", "what": "kind"}),
        minutes=ground.by_unit(middle),
        english=_english(place),
    )


def _by_village(ground: Ground, access: Walks, *, found: WindowTimes) -> pd.DataFrame:
    """The villages with the walk to the nearest stop, percentiles, rides and waiting."""
    columns = {f"p{name:g}": found.minutes[i, :, 0] for i, name in enumerate(found.percentiles)}
    return ground.table(
        walk_minutes=_walk_minutes(access),
        **columns,
        arrive=found.share[:, 0],
        rides=found.rides[:, 0],
        waiting=found.waiting[:, 0],
    )


def _walk_minutes(access: Walks) -> npt.NDArray[np.float64]:
    """Minutes of each place to the nearest stop; infinite without one."""
    near = np.full(len(access), np.inf)
    np.minimum.at(near, np.repeat(np.arange(len(access)), np.diff(access.ptr)), access.seconds / 60)
    return near


def _stop_figures(ground: Ground, access: Walks) -> dict[str, float | int]:
    lost = ~np.isfinite(_walk_minutes(access))
    return {
        "villages_without_stop": int(lost.sum()),
        "people_without_stop": float(ground.people[lost].sum()),
    }


def _require_near(access: Walks, service: _Service) -> None:
    if not access.stop.size:
        problems = Problems()
        mend = "take a timetable of this region, or allow a longer walk"
        problems.add("no stop is within a walk of any village", mend=mend, column="feed", value=service.name)
        problems.raise_any()


def _english(region: Region) -> dict[str, str]:
    villages = region.level("village")
    return dict(zip(villages["name"], villages["name_en"].fillna(villages["name"]), strict=True))


def _ask_time(text: str, *, column: str, problems: Problems) -> int:
    try:
        return seconds_of(text)
    except DataError as error:
        problems.add("not a time of day", mend="write HH:MM, such as 07:30", column=column, value=text)
        return -len(error.problems)


def _ask_window(after: str, before: str, *, problems: Problems) -> tuple[int, int]:
    """Seconds after midnight of the first and the last departure; notes what is no window."""
    first, last = (
        _ask_time(text, column=name, problems=problems)
        for name, text in (("after", after), ("before", before))
    )
    if 0 <= last < first:
        problems.add("the window has no departure", mend="give a later end", column="before", value=before)
    return first, last


def _ask_date(date: dt.date | str | None, problems: Problems) -> dt.date | None:
    if date is None or isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        problems.add("not a date", mend="write YYYY-MM-DD, such as 2026-05-12", column="date", value=date)
        return None


@dataclass(frozen=True, eq=False)
class _Service:
    """The buses of a day."""

    name: str
    day: str
    timetable: Timetable
    stops: pd.DataFrame
    trips: int
    problems: pd.DataFrame


_LINES_SUFFIXES: Final = (".csv", ".xlsx")


def _service(
    feed: Feed | pd.DataFrame | str | Path, *, region: Region, day: dt.date | None, kmh: float
) -> _Service:
    if isinstance(feed, Feed):
        return _timetabled(feed, day=day, kmh=kmh)
    if isinstance(feed, pd.DataFrame) or Path(feed).suffix.lower() in _LINES_SUFFIXES:
        return _by_headway(feed, region=region, kmh=kmh)
    return _timetabled(read_feed(feed), day=day, kmh=kmh)


def _timetabled(feed: Feed, *, day: dt.date | None, kmh: float) -> _Service:
    date = day or feed.usual_date(USUAL_DAY)
    trips = feed.on(date)
    if trips.empty:
        problems = Problems()
        mend = "choose another date"
        problems.add("no trip runs on this date", mend=mend, file=feed.report.source, value=str(date))
        problems.raise_any()
    stops = feed.stops[["stop_id", "stop_name", "stop_lon", "stop_lat"]].reset_index(drop=True)
    timetable = make_timetable(
        stops["stop_id"],
        feed.stop_times,
        trips=trips,
        frequencies=feed.frequencies,
        transfers=feed.transfers,
        footpaths=_footpaths(stops, kmh),
    )
    return _Service(feed.report.source, str(date), timetable, stops, len(trips), feed.report.problems)


def _by_headway(feed: pd.DataFrame | str | Path, *, region: Region, kmh: float) -> _Service:
    found = read_lines(feed, region=region)
    timetable = headway_timetable(
        found.lines,
        found.periods,
        both_ways=True,
        stops=found.stops["stop_id"],
        footpaths=_footpaths(found.stops, kmh),
    )
    name = "lines" if isinstance(feed, pd.DataFrame) else Path(feed).name
    trips = int(found.lines["line"].nunique())
    return _Service(name, "", timetable, found.stops, trips, pd.DataFrame())


def _footpaths(stops: pd.DataFrame, kmh: float) -> pd.DataFrame:
    return footpaths_by_air(
        stops["stop_id"],
        lon=stops["stop_lon"],
        lat=stops["stop_lat"],
        speed_kmh=kmh,
        detour=DETOUR,
        limit_minutes=CHANGE_WALK,
    )


@dataclass(frozen=True, eq=False)
class _Feet:
    """Walks from villages to stops, from stops to targets (all as one destination), and all the way."""

    ground: Ground
    goals: pd.DataFrame
    stops: pd.DataFrame
    kmh: float
    limit: float

    def by_air(self) -> tuple[Walks, Walks, npt.NDArray[np.float64]]:
        """Straight, times a detour."""
        homes, goals = self.ground.homes, self.goals
        access, egress = (
            walks_by_air(
                lon=places["lon"],
                lat=places["lat"],
                stop_lon=self.stops["stop_lon"],
                stop_lat=self.stops["stop_lat"],
                speed_kmh=self.kmh,
                detour=DETOUR,
                limit_minutes=self.limit,
            )
            for places in (homes, goals)
        )
        ends = _one_place(egress.stop, minutes=egress.seconds / 60)
        km = great_circle_km(
            lon1=homes["lon"].to_numpy()[:, np.newaxis],
            lat1=homes["lat"].to_numpy()[:, np.newaxis],
            lon2=goals["lon"].to_numpy(),
            lat2=goals["lat"].to_numpy(),
        )
        return access, ends, self._whole_way(km.min(axis=1) * DETOUR / self.kmh * 60)

    def by_roads(self) -> tuple[Walks, Walks, npt.NDArray[np.float64]]:
        """Along the roads, and straight from the nearest node to the stop."""
        network, spots = self.ground.network, self.ground.spots
        node, off = self._nearest_nodes()
        goals = network.locate(self.goals["node"])
        sides = []
        for start in (spots, goals):
            pairs = pairs_within(network, origins=start, targets=node, limit=self.limit)
            minutes = pairs.minutes + off[pairs.target]
            kept = minutes <= self.limit
            sides.append((pairs.origin[kept], pairs.target[kept], minutes[kept]))
        access = make_walks(*sides[0][:2], minutes=sides[0][2], places=len(spots))
        ends = _one_place(sides[1][1], minutes=sides[1][2])
        return access, ends, self._whole_way(nearest(network, targets=goals, origins=spots).minutes)

    def _whole_way(self, minutes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(minutes <= 2 * self.limit, minutes, np.inf)[:, np.newaxis]

    def _nearest_nodes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Node nearest to each stop, and minutes from it; infinite for a stop without a position."""
        nodes = self.ground.region["nodes"]
        known = self.stops[["stop_lon", "stop_lat"]].notna().all(axis=1).to_numpy()
        at, km = _nearest_of(self.stops[known], nodes["lon"].to_numpy(), lat=nodes["lat"].to_numpy())
        node, off = np.zeros(known.size, dtype=np.int64), np.full(known.size, np.inf)
        node[known], off[known] = at, km * DETOUR / self.kmh * 60
        return node, off


def _one_place(stop: npt.NDArray[Any], *, minutes: npt.NDArray[np.float64]) -> Walks:
    """Walks from stops to whichever target is near, as those of one place."""
    return make_walks(np.zeros(stop.size, dtype=np.int64), stop, minutes=minutes, places=1)


def _nearest_of(
    stops: pd.DataFrame, lon: npt.NDArray[np.float64], *, lat: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The place nearest to each stop, and km to it."""
    x, y = stops["stop_lon"].to_numpy(np.float64), stops["stop_lat"].to_numpy(np.float64)
    tree: cKDTree[Any] = cKDTree(_sphere(lon, lat))
    at = np.asarray(tree.query(_sphere(x, y))[1], dtype=np.int64)
    return at, great_circle_km(lon1=x, lat1=y, lon2=lon[at], lat2=lat[at])


def _sphere(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    one, two = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(two) * np.cos(one), np.cos(two) * np.sin(one), np.sin(two)])


def _far_stops(ground: Ground, stops: pd.DataFrame, access: Walks) -> pd.DataFrame:
    """Stops that no village is within a walk of, the farthest first, with the village nearest to each."""
    reached = np.zeros(len(stops), dtype=np.bool_)
    reached[access.stop] = True
    far = stops[~reached & stops[["stop_lon", "stop_lat"]].notna().all(axis=1).to_numpy()]
    homes = ground.homes
    at, km = _nearest_of(far, homes["lon"].to_numpy(), lat=homes["lat"].to_numpy())
    table = far.rename(columns={"stop_id": "stop", "stop_lon": "lon", "stop_lat": "lat"})
    table = table.assign(nearest_village=homes["name"].to_numpy()[at], km=km)
    return table.sort_values(["km", "stop"], ascending=[False, True], ignore_index=True)
