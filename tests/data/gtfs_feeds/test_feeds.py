"""Feeds that are whole, feeds that break a rule each, and feeds with what is tolerated."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import io
import pkgutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tongqu.data.gtfs
from data.gtfs_feeds.broken import (
    BROKEN,
    FEEDS,
    FREQUENCY,
    SAMPLE,
    TRANSFERS,
    Change,
    Texts,
    add,
    drop,
    put,
    sample_texts,
    whole,
    write,
)
from tongqu.base import DataError, Problem
from tongqu.data.gtfs import Feed, read_feed
from tongqu.data.gtfs.service import WEEKDAYS, days_of, services_on
from tongqu.data.gtfs.spec import columns_of

PACKAGE = "tongqu.data.gtfs"
MODULES = [f"{PACKAGE}.{each.name}" for each in pkgutil.iter_modules(tongqu.data.gtfs.__path__)]


def broken(change: Change, folder: Path) -> tuple[Problem, ...]:
    texts = sample_texts()
    change(texts)
    with pytest.raises(DataError) as caught:
        read_feed(write(texts, folder / "feed"))
    return caught.value.problems


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_named_where_it_is_broken(case: str, tmp_path: Path) -> None:
    change, rule, file, row, column = BROKEN[case]
    found = broken(change, tmp_path)
    assert (rule, file, row, column) in {(one.rule, one.file, one.row, one.column) for one in found}
    assert all(one.mend for one in found)


def test_all_problems_are_raised_at_once(tmp_path: Path) -> None:
    names = ["misspelt column", "no such date", "headway of 0", "trip twice", "61 minutes"]

    def change(texts: Texts) -> None:
        for name in names:
            BROKEN[name][0](texts)

    assert {one.rule for one in broken(change, tmp_path)} >= {BROKEN[name][1] for name in names}


def test_a_duplicate_names_the_row_it_repeats(tmp_path: Path) -> None:
    (problem,) = broken(BROKEN["call twice"][0], tmp_path)
    assert problem.mend.startswith("row 15 has the same trip_id, stop_sequence")


def test_neither_utf8_nor_gb18030(tmp_path: Path) -> None:
    texts: dict[str, str | bytes] = {**sample_texts(), "routes.txt": b"route_id,route_type\n\xff\xff,3\n"}
    with pytest.raises(DataError) as caught:
        read_feed(write(texts, tmp_path / "feed"))
    assert {one.rule for one in caught.value.problems} == {"neither UTF-8 nor GB18030"}


def test_a_truncated_archive(tmp_path: Path) -> None:
    content = (FEEDS / "cairns_gtfs.zip").read_bytes()
    damaged = bytearray(content)
    damaged[len(content) // 3] ^= 0xFF
    for name, part in {"half": content[: len(content) // 2], "damaged": bytes(damaged), "none": b""}.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(part)
        with pytest.raises(DataError, match="not a whole zip archive"):
            read_feed(path)


def same(one: Feed, other: Feed) -> None:
    for name in ("stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_zip_folder_mark_and_inner_folder_are_alike(tmp_path: Path) -> None:
    feed, texts = read_feed(SAMPLE), sample_texts()
    same(feed, read_feed(write(texts, tmp_path / "plain")))
    marked = {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in texts.items()}
    same(feed, read_feed(write(marked, tmp_path / "marked")))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"feed/{name}", text)
    (tmp_path / "inner.zip").write_bytes(content.getvalue())
    same(feed, read_feed(tmp_path / "inner.zip"))


def test_gb18030_is_read_and_told(tmp_path: Path) -> None:
    texts: dict[str, str | bytes] = dict(sample_texts())
    texts["stops.txt"] = (
        str(texts["stops.txt"]).replace("Nye County Airport (Demo)", "衢州机场").encode("gb18030")
    )
    feed = read_feed(write(texts, tmp_path / "feed"))
    assert "衢州机场" in set(feed.stops["stop_name"])
    assert feed.report.counts == {"the file is in GB18030": 1}


def tolerated(folder: Path, *changes: Change) -> Feed:
    texts = sample_texts()
    for change in changes:
        change(texts)
    return read_feed(write(texts, folder / "feed"))


def test_the_report_of_a_whole_feed() -> None:
    report = read_feed(SAMPLE).report
    assert report.problems.empty
    assert report.interpolated == 0
    assert report.rows["stop_times"] == 28
    assert {"fare_rules.txt", "stops.txt: zone_id"} <= set(report.ignored)


def test_what_is_tolerated_is_told_with_its_place(tmp_path: Path) -> None:
    feed = tolerated(
        tmp_path,
        drop("agency.txt"),
        add("trips.txt", "AB,FULLW,LONE,,,,", "AB,IDLE,NONE,,,,"),
        add("stop_times.txt", "LONE,8:00:00,8:00:00,NANAA,1,,,,"),
        add("calendar.txt", "IDLE,0,0,0,0,0,0,0,20070101,20101231"),
        add("calendar_dates.txt", "GONE,20080101,2"),
        put("stops.txt", "36.425288,-117.133162", "0,0"),
        put("stops.txt", "36.868446", ""),
        whole("transfers.txt", f"{TRANSFERS}NANAA,NADAV,4,\n,NADAV,2,60\n"),
        whole("pathways.txt", "pathway_id\n"),
    )
    assert feed.report.counts == {
        "missing file": 1,
        "a trip with fewer than two stops": 2,
        "a service that never runs": 2,
        "a stop without a position": 2,
        "a change that is not between two stops": 2,
    }
    assert "pathways.txt" in feed.report.ignored
    problems = feed.report.problems
    lone = problems[problems["value"] == "LONE"].iloc[0]
    assert (lone["file"], lone["row"], lone["lon"], lone["lat"]) == ("trips.txt", 13, -116.761472, 36.914944)
    assert feed.stops["stop_lon"].isna().sum() == 1
    assert not feed.weekday("monday")["trip_id"].isin(["LONE", "NONE"]).any()


def test_blank_times_run_evenly_between_those_known(tmp_path: Path) -> None:
    city = [("6:00:00", "STAGECOACH", ""), ("", "NANAA", ""), ("", "NADAV", ""), ("6:31:00", "DADAN", "")]
    far = [("8:00:00", "NANAA", "0"), ("", "NADAV", "9"), ("", "DADAN", "3"), ("8:30:00", "EMSI", "10")]
    near = [("9:00:00", "NANAA", "1"), ("", "NADAV", "7"), ("9:20:00", "DADAN", "9")]
    rows = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled"]
    for trip, calls in {"CITY1": city, "AB1": far, "AB2": near}.items():
        rows += [f"{trip},{time},{time},{stop},{5 * i},{km}" for i, (time, stop, km) in enumerate(calls)]
    feed = tolerated(tmp_path, whole("stop_times.txt", "\n".join([*rows[:1], *reversed(rows[1:])]) + "\n"))
    calls = feed.stop_times.set_index("trip_id")["arrival_time"]
    minutes = {trip: (calls[trip] / 60).round(2).tolist() for trip in ("CITY1", "AB1", "AB2")}
    assert minutes["CITY1"] == [360, 370.33, 380.67, 391]  # no distance: by stops
    assert minutes["AB1"] == [480, 490, 500, 510]  # a distance that falls back: by stops
    assert minutes["AB2"] == [540, 555, 560]
    assert feed.report.interpolated == 5
    assert feed.stop_times["interpolated"].sum() == 5


def test_one_of_two_times_stands_for_both(tmp_path: Path) -> None:
    feed = tolerated(tmp_path, put("stop_times.txt", "STBA,6:20:00,6:20:00", "STBA,6:20:00,"))
    last = feed.stop_times[feed.stop_times["trip_id"] == "STBA"].iloc[-1]
    assert last["departure_time"] == 6 * 3600 + 20 * 60
    assert feed.report.interpolated == 0


def test_changes_of_a_station_hold_for_its_stops(tmp_path: Path) -> None:
    stops = (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "S,Station,36.9,-116.7,1,\nA,Bay A,36.9,-116.7,0,S\nB,Bay B,36.9,-116.7,,S\n"
    )
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "AB1,8:00:00,8:00:00,A,1\nAB1,8:10:00,8:10:00,B,2\n"
    )
    feed = tolerated(
        tmp_path,
        whole("stops.txt", stops),
        whole("stop_times.txt", times),
        whole("transfers.txt", f"{TRANSFERS}A,B,2,30\nS,S,2,120\n"),
    )
    seconds = feed.transfers.set_index(["from_stop_id", "to_stop_id"])["min_transfer_time"]
    assert seconds["A", "B"] == 30
    assert seconds["B", "A"] == seconds["A", "A"] == 120


def test_days_of_service() -> None:
    feed = read_feed(SAMPLE)
    assert set(feed.on(dt.date(2007, 6, 2))["service_id"]) == {"FULLW", "WE"}
    assert feed.on(dt.date(2007, 6, 4)).empty  # an exception takes FULLW away
    assert feed.usual_date("monday") == dt.date(2007, 1, 1)
    assert len(feed.weekday("saturday")) == 11
    for date in (dt.date(2006, 12, 31), dt.date(2011, 1, 1)):
        with pytest.raises(DataError, match="outside the feed's calendar"):
            feed.on(date)
    with pytest.raises(DataError, match="did you mean 'tuesday'"):
        feed.weekday("tusday")


def test_trips_past_midnight_run_on_into_the_next_day(tmp_path: Path) -> None:
    feed = tolerated(
        tmp_path,
        put("stop_times.txt", "AAMV4,15:00:00,15:00:00", "AAMV4,23:30:00,23:30:00"),
        put("stop_times.txt", "AAMV4,16:00:00,16:00:00", "AAMV4,25:10:00,25:10:00"),
        put("frequencies.txt", FREQUENCY, "STBA,6:00:00,24:00:00,1800"),
    )
    monday = feed.on(dt.date(2007, 1, 8))
    assert dict(
        zip(*monday.loc[monday["shift_seconds"] < 0, ["trip_id", "shift_seconds"]].T.to_numpy(), strict=True)
    ) == {
        "STBA": -86400,
        "AAMV4": -86400,
    }  # WE runs on Sunday
    assert feed.on(dt.date(2007, 1, 10)).query("shift_seconds < 0")["trip_id"].tolist() == ["STBA"]


def test_cairns() -> None:
    feed = read_feed(FEEDS / "cairns_gtfs.zip")
    assert feed.report.interpolated == 65
    assert feed.report.problems.empty
    assert feed.usual_date("tuesday") == dt.date(2014, 5, 27)
    assert feed.usual_date("friday") == dt.date(2014, 5, 30)
    assert feed.weekday("tuesday")["shift_seconds"].value_counts().to_dict() == {0: 622, -86400: 5}
    assert (feed.stop_times.groupby("trip_id")["arrival_time"].diff().dropna() >= 0).all()


DAY = dt.date(2026, 1, 1)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.booleans(), min_size=7, max_size=7),
    st.integers(0, 9),
    st.integers(-3, 20),
    st.dictionaries(st.integers(0, 32), st.sampled_from([1, 2]), max_size=4),
)
def test_days_are_counted_as_they_come(
    week: list[bool], start: int, length: int, exceptions: dict[int, int]
) -> None:
    def day(n: int) -> pd.Timestamp:
        return pd.Timestamp(DAY + dt.timedelta(days=n))

    row = dict(zip(WEEKDAYS, map(int, week), strict=True))
    calendar = pd.DataFrame(
        [{"service_id": "S", **row, "start_date": day(start), "end_date": day(start + length)}]
    )
    dates = pd.DataFrame(
        [("S", day(n), kind) for n, kind in exceptions.items()],
        columns=["service_id", "date", "exception_type"],
    ).astype({"date": "datetime64[s]"})
    tables = {"calendar": calendar, "calendar_dates": dates}
    running = [services_on(day(n).date(), **tables) for n in range(33)]
    assert days_of(pd.Series(["S"]), **tables).tolist() == [sum("S" in each for each in running)]


def test_the_columns_read_are_those_used() -> None:
    kinds = {column.kind for columns in columns_of().values() for column in columns}
    assert kinds == {"text", "number", "count", "choice", "time", "date"}
    assert all(column.choices for each in columns_of().values() for column in each if column.kind == "choice")


@pytest.mark.parametrize("name", [PACKAGE, *MODULES])
def test_all_is_exact(name: str) -> None:
    module = importlib.import_module(name)
    made = {key: one for key, one in vars(module).items() if inspect.isclass(one) or inspect.isfunction(one)}
    own = {key for key, one in made.items() if one.__module__ == name and key[0] != "_"}
    assert own <= set(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, key) for key in module.__all__)
