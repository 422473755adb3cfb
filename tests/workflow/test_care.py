"""The study of care: tables that agree with one another and with the sector, and what closes the gap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from care_small import SITES, cared, halls_only, with_sites
from small import loaded
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Offer, Scenario
from tongqu.sectors.care import Care
from tongqu.workflow.care.ground import ground_of
from tongqu.workflow.care.study import TABLES
from tongqu.workflow.files import heading

SUMS = ["need", "served", "beyond", "no_room"]


@pytest.fixture(scope="module")
def found():
    return tongqu.care(cared())


@pytest.fixture(scope="module")
def ground():
    return ground_of(cared(), Scenario())


def test_levels_add_up_to_the_villages(found):
    needs, villages = found.tables["needs"], found.tables["villages"]
    whole = needs[needs["level"] == "whole"].set_index(["service", "among"])
    for level in ("county", "town"):
        mine = needs[needs["level"] == level].groupby(["service", "among"])[SUMS].sum()
        pd.testing.assert_frame_equal(mine.sort_index(), whole[SUMS].sort_index(), rtol=1e-9)
    by = villages.groupby("service")[[*SUMS, "first", "served_first"]].sum()
    for service in found.figures["services"]:
        row = whole.loc[(service, "all")]
        assert row[SUMS].tolist() == pytest.approx(by.loc[service, SUMS].tolist())
        assert row["served"] + row["beyond"] + row["no_room"] == pytest.approx(row["need"])
        assert found.figures[f"{service}_share"] == pytest.approx(row["share"])
    first = whole.xs("first", level="among")
    np.testing.assert_allclose(first["served"], by.loc[first.index, "served_first"])
    np.testing.assert_allclose(first[["served", "beyond", "no_room"]].sum(axis=1), first["need"])


def test_villages_say_what_the_sector_says(found, ground):
    villages = found.tables["villages"]
    state = Care().step(cared(), ground.state, opened=Offer(), assume=ground.assume)
    for service in found.figures["services"]:
        mine = villages[villages["service"] == service].set_index("unit")
        for name, column in ((f"demand.{service}", "need"), (f"served.{service}", "served")):
            pd.testing.assert_series_equal(state[name], mine[column], check_names=False)
        if service != "service_hall":
            np.testing.assert_allclose(state[f"served.{service}_priority"], mine["served_first"])
        limit = ground.assume[f"minutes.{service}"]
        assert (mine.loc[mine["beyond"] > 0, "minutes"] > limit - 1e-9).all()
        assert (mine["reason"] == "").equals((mine["need"] - mine["served"]) < 1e-6)


def test_sites_are_filled_with_those_who_are_served(found):
    sites, needs = found.tables["sites"], found.tables["needs"]
    assert sites["site"].tolist() == [site for site, *_ in SITES]
    whole = needs[(needs["level"] == "whole") & (needs["among"] == "all")].set_index("service")
    for service, mine in sites.groupby("service"):
        assert mine["filled"].sum() == pytest.approx(whole.at[service, "served"])
        assert mine["places"].sum() == whole.at[service, "places"]
        needed = whole.at[service, "need"] * (5 / 10_000 if service == "service_hall" else 1)
        assert whole.at[service, "places_needed"] == pytest.approx(needed)
        assert whole.at[service, "places_lacking"] == pytest.approx(max(needed - mine["places"].sum(), 0))
    room = sites[sites["service"] != "service_hall"]
    assert (room["filled"] <= room["places"] + 1e-9).all()
    assert sites.loc[sites["service"] == "service_hall", "use"].isna().all()


def test_works_bring_a_place_to_everybody(found, ground):
    works, plans = found.tables["works"], found.tables["plans"].set_index(["service", "aim"])
    for service, one in ground.services.items():
        mine = works[works["service"] == service]
        plan = plans.loc[(service, "all")]
        lacking = one.need.sum() - one.placed.served.sum()
        assert mine["added"].sum() + plan["unreached"] == pytest.approx(lacking)
        assert mine["capital_wan"].sum() == pytest.approx(plan["capital_wan"])
        assert (mine["kind"] == "new").sum() == plan["sites"]
        assert plan["bound_wan"] <= plan["capital_wan"]
        assert plan["gap"] == pytest.approx(1 - plan["bound_wan"] / plan["capital_wan"])
        assert (mine["first"] <= mine["added"] + 1e-9).all()
    new = works[(works["service"] == "meals") & (works["kind"] == "new")]
    assert new["capital_wan"].tolist() == pytest.approx((8 + np.ceil(new["added"]) * 0.05).tolist())
    assert pd.isna(plans.at[("service_hall", "all"), "places"])


def test_sites_that_the_works_name_serve_whom_they_say(found):
    """The new sites built, with ample room, leave nobody beyond the limit."""
    works = found.tables["works"]
    new = works[(works["kind"] == "new") & (works["service"] != "service_hall")]
    kinds = {"day_care": "day_care", "meals": "meal_point", "child_care": "child_care"}
    rows = tuple(
        (f"z{number}", kinds[row["service"]], str(row["unit"]), 1000.0)
        for number, row in enumerate(new.to_dict("records"))
    )
    built = tongqu.care(with_sites(cared(), rows)).tables["villages"]
    mine = built[built["service"] != "service_hall"]
    assert mine["beyond"].sum() == 0


def test_the_curve_rises_to_everybody_whom_a_site_reaches(found):
    for _, mine in found.tables["choice"].groupby("service"):
        assert mine["gained"].is_monotonic_increasing
        assert (mine["bound"] >= mine["gained"] - 1e-9).all()
        assert mine["share"].iloc[-1] == pytest.approx(1)


def test_floors_are_those_of_the_scenario(found):
    floors, plans = found.tables["floors"], found.tables["plans"]
    assert (floors["met"] == (floors["served"] >= 0.8 * floors["first"] - 1e-6)).all()
    assert (floors["share_then"] >= np.minimum(0.8, floors["share_then"])).all()
    assert (floors["share_then"] >= floors["share"] - 1e-9).all()
    assert floors.groupby("service")["sites"].sum().to_dict() == {
        row["service"]: row["sites"] for row in plans[plans["aim"] == "floor"].to_dict("records")
    }
    none = tongqu.care(cared(), Scenario(assume={"care.floor": 0.0}))
    mine = none.tables["plans"].query("aim == 'floor'")
    assert (mine["capital_wan"] == 0).all()
    assert none.tables["floors"]["met"].all()
    assert (mine["sites"] == 0).all()


def test_groups_lie_between_their_bounds(found):
    groups = found.tables["groups"]
    assert (groups["low"] <= groups["share"] + 1e-9).all()
    assert (groups["share"] <= groups["high"] + 1e-9).all()
    assert set(groups["basis"]) == {"published", "assumed"}  # the small region counts no households
    whole = groups[groups["level"] == "whole"].set_index("among")
    assert whole.at["elders_first", "people"] == pytest.approx(
        found.tables["villages"].query("service == 'meals'")["first"].sum() / 0.08
    )


def test_a_service_without_sites_is_left_out():
    found = tongqu.care(halls_only())
    assert found.figures["services"] == ["service_hall"]
    assert found.tables["floors"].empty
    assert found.tables["groups"].empty
    assert set(found.tables["plans"]["aim"]) == {"all"}


def test_all_that_is_wrong_is_in_one_report():
    with pytest.raises(DataError) as caught:
        tongqu.care(loaded(), Scenario(assume={"care.floor": 2.0, "minutes.meals": 0.0}))
    assert [problem.column or problem.rule for problem in caught.value.problems] == [
        "nothing is known of care in the region",
        "assume.minutes.meals",
        "assume.care.floor",
    ]
    region = cared()
    sites = region["sites"]
    blank = replace(
        region,
        tables={
            **{name: table for name, table in region.tables.items() if name != "people"},
            "sites": sites.assign(capacity=sites["capacity"].mask(sites["kind"] == "child_care")),
        },
    )
    with pytest.raises(DataError) as caught:
        tongqu.care(blank)
    assert {problem.rule.split(" ")[0] for problem in caught.value.problems} == {"sector", "no"}
    with pytest.raises(ScenarioError, match=r"care\.floor"):
        tongqu.care(region, Scenario(assume={"care.floor": 2.0}))


def test_it_is_written_and_every_column_and_value_has_words(found, tmp_path):
    folder = found.save(tmp_path / "care")
    assert sorted(path.stem for path in folder.glob("*.csv")) == sorted(TABLES)
    for language in ("zh", "en"):
        for name, table in found.tables.items():
            assert heading(f"table.{name}", language, kind="care") != f"table.{name}"
            for column in table.columns:
                assert heading(column, language, kind="care") != column or language == "en", column
            for column in {"service", "among", "kind", "reason", "aim", "basis", "level"} & set(table):
                for value in set(table[column]) - {""}:
                    assert heading(f"{column}.{value}", language, kind="care") != f"{column}.{value}"
