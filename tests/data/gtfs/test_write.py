"""Feeds written: read back as they were, the same bytes again, sound for gtfs_kit, and nothing half done."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data.gtfs import read_feed, write_feed
from tongqu.data.gtfs.spec import columns_of
from tongqu.methods.bus_lines import feed_tables, generate_lines
from tongqu.methods.travel import build_network

SAMPLE = Path(__file__).parent / "sample_gtfs.zip"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    road = build_network(
        ["h", "a", "b", "c"],
        start=["h", "a", "b", "h"],
        end=["a", "b", "h", "c"],
        minutes=[20.3, 10, 25, 31.7],
    )
    lines = generate_lines(road, km=[10, 5.1234, 12, 20], hubs=[0], ends=[1, 2, 3], group=[0, 0, 0])
    stops = pd.DataFrame(
        {
            "stop_id": ["h", "a", "b", "c"],
            "stop_name": ['县城,"总站"', "甲村", "乙村", "丙村"],
            "lon": [118.87, 118.9, 118.95, 118.8],
            "lat": [28.95, 28.97, 28.99, 29.0],
        }
    )
    number = np.arange(len(lines)).astype(str)
    names = pd.DataFrame({"route_id": "r" + number.astype(object), "short_name": number, "long_name": "村线"})
    return feed_tables(
        lines,
        np.arange(len(lines)) % 3 * 2 + 2,
        stops=stops,
        names=names,
        agency="衢州公交",
        start_date="20270101",
        end_date="20271231",
        last=23.9 * 60,
    )


def test_what_is_written_is_read_back(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "lines.zip", tables)
    assert feed.report.counts == {}
    for name, columns in columns_of().items():
        if name not in tables:
            assert getattr(feed, name).empty
            continue
        read = getattr(feed, name)
        for column in columns:
            if column.name not in tables[name]:
                continue
            given, back = tables[name][column.name].reset_index(drop=True), read[column.name]
            if column.kind == "date":
                assert back.dt.strftime("%Y%m%d").tolist() == given.tolist()
            elif column.kind == "text":
                assert back.astype("str").tolist() == given.astype("str").tolist()
            else:
                np.testing.assert_array_equal(back.to_numpy(np.float64), given.to_numpy(np.float64))
    assert feed.stop_times["arrival_time"].max() > 24 * 3600
    assert len(feed.weekday("tuesday")) > len(tables["trips"]) - 1  # those past midnight come twice


def test_the_text_of_the_files(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_feed(tmp_path / "lines.zip", tables)
    with zipfile.ZipFile(tmp_path / "lines.zip") as archive:
        texts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert list(texts) == [
        f"{name}.txt"
        for name in ("agency", "stops", "routes", "trips", "stop_times", "calendar", "shapes", "feed_info")
    ]
    assert '"县城,""总站""",28.95,118.87' in texts["stops.txt"]
    assert ",24:" in texts["stop_times.txt"]
    assert ",20270101,20271231" in texts["calendar.txt"]


def test_the_same_tables_give_the_same_bytes(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    write_feed(one, tables)
    write_feed(other, dict(reversed(tables.items())))
    assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.zip", "other.zip"]


def test_gtfs_kit_finds_it_sound(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_feed(tmp_path / "lines.zip", tables)
    with warnings.catch_warnings():
        # Only while its plotting libraries are imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        import gtfs_kit
    feed = gtfs_kit.read_feed(tmp_path / "lines.zip", dist_units="km")
    quality = feed.assess_quality().set_index("indicator")["value"]
    assert quality["assessment"] == "good feed"
    assert (quality.drop("assessment").astype(float) == 0).all()
    clean = feed.clean()
    for name, table in tables.items():
        assert len(getattr(clean, name)) == len(table)
    stats = feed.compute_trip_stats()
    assert set(stats["trip_id"]) == set(tables["trips"]["trip_id"])
    longest = tables["stop_times"].groupby("trip_id")["shape_dist_traveled"].max()
    np.testing.assert_allclose(stats.set_index("trip_id")["distance"], longest[stats["trip_id"]], atol=1e-6)


def test_a_feed_that_was_read_can_be_written(tmp_path: Path) -> None:
    feed = read_feed(SAMPLE)
    names = ("agency", "stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies")
    tables = {name: getattr(feed, name) for name in names}
    tables["agency"] = tables["agency"].assign(agency_url="https://example.org/")
    tables["stop_times"] = tables["stop_times"].drop(columns="interpolated")
    again = write_feed(tmp_path / "again.zip", tables)
    for name in names[1:]:
        shared = [column for column in tables[name] if column in getattr(again, name)]
        pd.testing.assert_frame_equal(
            getattr(again, name)[shared], tables[name][shared].reset_index(drop=True), check_dtype=False
        )
    when = feed.usual_date("tuesday")
    assert again.on(when)["trip_id"].tolist() == feed.on(when)["trip_id"].tolist()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"stop": pd.DataFrame()}, "not a file of GTFS that Tongqu writes"),
        ({"agency": pd.DataFrame()}, "the file has no rows"),
        ({"calendar": pd.DataFrame()}, "the file has no rows"),
        ({"agency": pd.DataFrame({"agency_name": ["x"], "agency_url": ["y"]})}, "missing column"),
    ],
)
def test_tables_that_are_no_feed(
    change: dict[str, pd.DataFrame], rule: str, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        write_feed(tmp_path / "no.zip", {**tables, **change})
    assert rule in [problem.rule for problem in caught.value.problems]
    assert list(tmp_path.iterdir()) == []


def test_a_feed_that_cannot_be_read_is_not_left(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    old = write_feed(tmp_path / "feed.zip", tables)
    wrong = tables["stop_times"].assign(stop_id="nowhere")
    with pytest.raises(DataError, match=r"not in stops\.txt"):
        write_feed(tmp_path / "feed.zip", {**tables, "stop_times": wrong})
    assert [path.name for path in tmp_path.iterdir()] == ["feed.zip"]
    assert len(read_feed(tmp_path / "feed.zip").trips) == len(old.trips)


def test_odd_names_and_stops_at_one_place(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    """Quotes and signs come back as they were; GTFS allows neither line breaks nor tabs in a value."""
    names = ['甲,"乙"\n丙', "a\r\nb\tc", '"', "=1+1"]
    stops = tables["stops"].assign(stop_name=names, stop_lat=29.0, stop_lon=118.9)
    feed = write_feed(tmp_path / "odd.zip", {**tables, "stops": stops})
    assert feed.stops["stop_name"].tolist() == ['甲,"乙" 丙', "a b c", '"', "=1+1"]
    assert len(feed.stops) == len(stops)
