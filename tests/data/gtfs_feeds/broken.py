"""The sample feed, ways to change it, and one change for every rule."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

FEEDS = Path(__file__).parents[1] / "gtfs"
SAMPLE = FEEDS / "sample_gtfs.zip"
Texts = dict[str, str]
Change = Callable[[Texts], None]


def sample_texts() -> Texts:
    with zipfile.ZipFile(SAMPLE) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def write(texts: Mapping[str, str | bytes], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def put(file: str, old: str, new: str) -> Change:
    """Replace text that is there once."""

    def change(texts: Texts) -> None:
        assert texts[file].count(old) == 1
        texts[file] = texts[file].replace(old, new)

    return change


def add(file: str, *lines: str) -> Change:
    def change(texts: Texts) -> None:
        texts[file] = "\n".join([texts[file].rstrip("\n"), *lines, ""])

    return change


def drop(*files: str) -> Change:
    def change(texts: Texts) -> None:
        for file in files:
            del texts[file]

    return change


def whole(file: str, text: str) -> Change:
    return lambda texts: texts.__setitem__(file, text)


FREQUENCY = "STBA,6:00:00,22:00:00,1800"
TRANSFERS = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"

BROKEN: dict[str, tuple[Change, str, str, int | None, str]] = {
    "no stop_times": (drop("stop_times.txt"), "missing file", "stop_times.txt", None, ""),
    "no calendar": (drop("calendar.txt", "calendar_dates.txt"), "missing file", "calendar.txt", None, ""),
    "no headings": (
        whole("routes.txt", ",,\n1,2,3\n"),
        "the first row has no headings",
        "routes.txt",
        None,
        "",
    ),
    "empty": (whole("trips.txt", " \n"), "the file is empty", "trips.txt", None, ""),
    "no rows": (
        whole("trips.txt", "route_id,service_id,trip_id\n"),
        "the file has no rows",
        "trips.txt",
        None,
        "",
    ),
    "misspelt column": (
        put("stops.txt", "stop_lat", "stop_latt"),
        "missing column",
        "stops.txt",
        None,
        "stop_lat",
    ),
    "repeated column": (
        put("stops.txt", "stop_desc", "stop_name"),
        "repeated column",
        "stops.txt",
        None,
        "stop_name",
    ),
    "ragged": (add("trips.txt", "AB,FULLW"), "2 values under 7 headings", "trips.txt", 13, ""),
    "blank key": (
        put("stop_times.txt", "STBA,6:00:00", ",6:00:00"),
        "missing value",
        "stop_times.txt",
        2,
        "trip_id",
    ),
    "stop twice": (add("stops.txt", "NANAA,again,,36,-116,,"), "duplicate key", "stops.txt", 11, "stop_id"),
    "trip twice": (add("trips.txt", "AB,FULLW,AB1,,,,"), "duplicate key", "trips.txt", 13, "trip_id"),
    "call twice": (
        add("stop_times.txt", "AB1,8:20:00,8:20:00,NANAA,2,,,,"),
        "duplicate key",
        "stop_times.txt",
        30,
        "trip_id",
    ),
    "service twice": (
        add("calendar.txt", "WE,0,0,0,0,0,1,1,20070101,20101231"),
        "duplicate key",
        "calendar.txt",
        4,
        "service_id",
    ),
    "unknown stop": (
        put("stop_times.txt", "6:20:00,BEATTY_AIRPORT", "6:20:00,BEATTY"),
        "not in stops.txt",
        "stop_times.txt",
        3,
        "stop_id",
    ),
    "unknown trip": (
        add("stop_times.txt", "ZZ,8:00:00,8:00:00,NANAA,1,,,,"),
        "not in trips.txt",
        "stop_times.txt",
        30,
        "trip_id",
    ),
    "unknown route": (add("trips.txt", "ZZ,FULLW,Z1,,,,"), "not in routes.txt", "trips.txt", 13, "route_id"),
    "unknown service": (add("trips.txt", "AB,ZZ,Z1,,,,"), "no such service", "trips.txt", 13, "service_id"),
    "unknown trip by headway": (
        add("frequencies.txt", "ZZ,6:00:00,7:00:00,600"),
        "not in trips.txt",
        "frequencies.txt",
        13,
        "trip_id",
    ),
    "unknown stop to change at": (
        whole("transfers.txt", f"{TRANSFERS}NANAA,ZZ,2,60\n"),
        "not in stops.txt",
        "transfers.txt",
        2,
        "to_stop_id",
    ),
    "not a time of day": (
        put("stop_times.txt", "STBA,6:20:00", "STBA,6.20"),
        "not a time of day",
        "stop_times.txt",
        3,
        "arrival_time",
    ),
    "61 minutes": (
        put("stop_times.txt", "STBA,6:20:00", "STBA,6:61:00"),
        "not a time of day",
        "stop_times.txt",
        3,
        "arrival_time",
    ),
    "backwards at a stop": (
        put("stop_times.txt", "CITY1,6:05:00,6:07:00", "CITY1,6:05:00,6:04:00"),
        "the time runs backwards",
        "stop_times.txt",
        5,
        "arrival_time",
    ),
    "backwards between stops": (
        put("stop_times.txt", "CITY1,6:12:00,6:14:00", "CITY1,5:12:00,6:14:00"),
        "the time runs backwards",
        "stop_times.txt",
        6,
        "arrival_time",
    ),
    "midnight written as 0": (
        put("stop_times.txt", "AAMV4,16:00:00,16:00:00", "AAMV4,0:10:00,0:10:00"),
        "the time runs backwards",
        "stop_times.txt",
        29,
        "arrival_time",
    ),
    "no time at the end": (
        put("stop_times.txt", "AAMV4,16:00:00,16:00:00", "AAMV4,,"),
        "no time at the end of a trip",
        "stop_times.txt",
        29,
        "arrival_time",
    ),
    "sequence below 0": (
        put("stop_times.txt", "STAGECOACH,1,,,,\nSTBA", "STAGECOACH,-1,,,,\nSTBA"),
        "not a whole number",
        "stop_times.txt",
        2,
        "stop_sequence",
    ),
    "latitude beyond the pole": (
        put("stops.txt", "36.425288", "364.25288"),
        "not on the globe",
        "stops.txt",
        2,
        "stop_lat",
    ),
    "longitude in words": (
        put("stops.txt", "-117.133162", "west"),
        "not a number",
        "stops.txt",
        2,
        "stop_lon",
    ),
    "day of week": (
        put("calendar.txt", "WE,0", "WE,x"),
        "not one of the choices",
        "calendar.txt",
        3,
        "monday",
    ),
    "date": (
        put("calendar_dates.txt", "20070604", "2007-06-04"),
        "not a date",
        "calendar_dates.txt",
        2,
        "date",
    ),
    "no such date": (
        put("calendar_dates.txt", "20070604", "20070631"),
        "not a date",
        "calendar_dates.txt",
        2,
        "date",
    ),
    "kind of exception": (
        put("calendar_dates.txt", "0604,2", "0604,3"),
        "not one of the choices",
        "calendar_dates.txt",
        2,
        "exception_type",
    ),
    "window backwards": (
        put("frequencies.txt", FREQUENCY, "STBA,6:00:00,6:00:00,1800"),
        "a window ends before it starts",
        "frequencies.txt",
        2,
        "end_time",
    ),
    "headway of 0": (
        put("frequencies.txt", FREQUENCY, "STBA,6:00:00,22:00:00,0"),
        "a headway below one second",
        "frequencies.txt",
        2,
        "headway_secs",
    ),
    "windows overlap": (
        add("frequencies.txt", "STBA,21:00:00,23:00:00,600"),
        "windows of one trip overlap",
        "frequencies.txt",
        13,
        "start_time",
    ),
    "change without time": (
        whole("transfers.txt", f"{TRANSFERS}NANAA,NADAV,2,\n"),
        "a change of type 2 without its time",
        "transfers.txt",
        2,
        "min_transfer_time",
    ),
}
