"""Tables of speeds, surfaces and slopes, and the minutes that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.data import load_region
from tongqu.data.readers import (
    Roads,
    grade_factor,
    road_speeds,
    slope_factors,
    surface_factors,
    tobler_kmh,
    with_speeds,
)
from tongqu.data.readers.tables import class_names, finding_words, headings

PRINCIPAL = ["motorway", "trunk", "primary", "secondary", "tertiary", "unclassified"]


def test_every_number_has_a_status_and_a_source() -> None:
    speeds, surfaces, slopes = road_speeds(), surface_factors(), slope_factors()
    assert set(speeds["status"]) == {"found", "assumed"}
    assert (speeds["source"] != "").all()
    assert ((speeds["design_source"] != "") == speeds["design_kmh_min"].notna()).all()
    assert (surfaces["factor_source"] != "").all()
    assert ((surfaces["cap_source"] != "") == surfaces["cap_kmh"].notna()).all()
    assert (slopes["source"] != "").all()
    for table in (speeds, surfaces):
        assert (table[["name_zh", "name_en"]] != "").all(axis=None)
        assert table.index.is_unique


def test_classes_and_speeds_are_those_of_the_region() -> None:
    """The principal tags have the speed of their class in the default table of road classes."""
    classes = load_region("quzhou")["road_classes"].set_index("class")["speed_kmh"]
    rows = road_speeds().loc[PRINCIPAL]
    assert rows["car_kmh"].tolist() == classes[rows["class"]].tolist()
    known = {*classes.index, "ferry", ""}
    assert set(road_speeds()["class"]) <= known


def test_links_are_no_faster_than_their_road() -> None:
    speeds = road_speeds()["car_kmh"]
    for kind in PRINCIPAL[:5]:
        assert speeds[f"{kind}_link"] < speeds[kind]


def test_slope_classes_leave_no_gap() -> None:
    table = slope_factors()
    assert table["grade_max"].tolist()[:-1] == table["grade_min"].tolist()[1:]
    assert (table["grade_min"].iloc[0], table["grade_max"].iloc[-1]) == (-1, 1)
    assert grade_factor(0.0) == 1
    assert (table["car_factor"] <= 1).all()


def test_words_for_classes_and_headings() -> None:
    assert set(class_names()) <= set(road_speeds().index)
    assert not headings().duplicated("heading").any()
    words = finding_words()
    assert set(words["kind"]) == {"read", "left_out", "problem"}
    assert (words[["en", "zh"]] != "").all(axis=None)
    problems = words[words["kind"] == "problem"]
    assert (problems[["mend_en", "mend_zh"]] != "").all(axis=None)


def test_tobler_published() -> None:
    """Sample values of the function: 5.04 km/h on the flat, 6 km/h at -2.86 degrees, 2.80 at -15."""
    slope = np.tan(np.radians([0, -2.8624, -15, 5, 10, 30]))
    assert tobler_kmh(slope).round(2).tolist() == [5.04, 6.0, 2.80, 3.71, 2.72, 0.67]


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_steeper_is_never_faster_uphill(one: float, other: float) -> None:
    low, high = sorted((max(one, 0), max(other, 0)))
    assert grade_factor(high) <= grade_factor(low)
    assert tobler_kmh(high) <= tobler_kmh(low)


def test_minutes_are_length_by_speed(helsinki: Roads) -> None:
    links = helsinki.links[helsinki.links["car"]]
    np.testing.assert_allclose(links["minutes_forward"], links["length_km"] / links["speed_kmh_forward"] * 60)
    two_way = links[~links["oneway"]]
    np.testing.assert_allclose(
        two_way["minutes_backward"], two_way["length_km"] / two_way["speed_kmh_backward"] * 60
    )
    assert links.loc[links["oneway"], "minutes_backward"].isna().all()
    assert helsinki.links.loc[~helsinki.links["car"], "minutes_forward"].isna().all()
    high = helsinki.nodes.set_index("node")["elevation_m"].notna()
    level = ~(helsinki.links["from_node"].map(high) & helsinki.links["to_node"].map(high))
    walk = helsinki.links[helsinki.links["walk"] & level]
    np.testing.assert_allclose(walk["walk_minutes_forward"], walk["length_km"] / tobler_kmh(0.0) * 60)
    assert (links["speed_from"] != "").all()
    report = helsinki.report
    assert sum(report.count(f"speed_{name}") for name in ("given", "limit", "class")) == len(links)


def test_own_tables(helsinki: Roads) -> None:
    table = road_speeds()
    table["car_kmh"] = 36.0
    slow = with_speeds(helsinki, table=table).links
    changed = slow[(slow["speed_from"] == "class") & ~slow["surface"].isin(surface_factors().index)]
    assert (changed["speed_kmh_forward"] == 36).all()
    same = slow[slow["speed_from"] == "limit"]
    pd.testing.assert_series_equal(same["minutes_forward"], helsinki.links.loc[same.index, "minutes_forward"])
    assert road_speeds().loc["primary", "car_kmh"] == 60  # the package's table is not touched


def test_surface_only_slows(helsinki: Roads) -> None:
    bare = surface_factors().assign(car_factor=1.0, cap_kmh=np.inf)
    free = with_speeds(helsinki, surfaces=bare).links
    cars = free["car"]
    assert (free.loc[cars, "minutes_forward"] <= helsinki.links.loc[cars, "minutes_forward"] + 1e-12).all()
    assert free.loc[cars, "minutes_forward"].sum() == pytest.approx(
        helsinki.links.loc[cars, "minutes_forward"].sum(), rel=0.1
    )
