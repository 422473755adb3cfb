"""Why: answers about a stored plan, their tables and files; questions that cannot be meant."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import tongqu
from tongqu.base import DataError, RunError
from tongqu.engine.explain import unserved
from tongqu.workflow.why.asked import asked_of
from why_small import ROAD, VILLAGE, asked_at, read


@pytest.fixture(scope="module")
def found(tiny_run):
    return asked_at(tiny_run.path)


def test_a_project_brings_what_its_indicators_gain_and_takes_what_its_entries_cost(found):
    row = found.tables["projects"].iloc[0]
    assert row["project"] == ROAD
    assert row["brings"] == pytest.approx(found.tables["gains"]["gain"].sum())
    assert row["takes"] == pytest.approx(found.tables["takes"]["value"].sum())
    assert row["brings"] > 0
    assert 0 <= row["later_found"] <= row["without_found"] <= row["brings"] + 1
    assert row["without_least"] <= row["without_found"] <= row["without_most"] + 1e-9


def test_people_served_are_those_of_the_places(found):
    places, served = found.tables["places"], found.tables["served"].set_index("service")
    for service, mine in places.groupby("service"):
        assert served.at[service, "people"] == pytest.approx((mine["people"] * mine["share"]).sum())
        assert served.at[service, "places"] == len(mine)
        assert served.at[service, "only"] <= served.at[service, "people"] + 1e-9
    assert set(places["unit"]) == {VILLAGE}


def test_what_changes_without_it_is_its_own_absence_first(found):
    changes = found.tables["changes"]
    mine = changes[(changes["question"] == ROAD) & (changes["case"] == "without")].set_index("project")
    assert mine.at[ROAD, "change"] == "dropped"
    assert mine.at[ROAD, "after"] is pd.NA
    people = found.tables["people"]
    lost = people[(people["question"] == ROAD) & (people["case"] == "without")]
    assert (lost.loc[lost["service"] == "graded_road", "change"] < 0).all()


def test_a_limit_is_worth_no_more_above_than_below(found):
    row = found.tables["asked_limits"].iloc[0]
    assert row["price_more"] <= row["price_less"] + 1e-6
    limits = found.tables["limits"]
    assert (limits["price"] >= 0).all()
    paid = limits[limits["limit"] == "money"]
    assert paid["used"].sum() > 0
    assert set(limits["limit"]) >= {"money", "debt", "pool", "land"}


def test_it_is_stored_with_the_run_and_read_again(found, tmp_path):
    folder = found.save(tmp_path / "why")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["kind"] == "why"
    assert manifest["run"] == found.run.id
    read = pd.read_csv(folder / "projects.csv")
    assert np.isclose(read["without_found"], found.tables["projects"]["without_found"], atol=1e-5).all()
    sheets = (
        pd.read_excel(tmp_path / "why.xlsx", sheet_name=None, engine="calamine")
        if _book(found, tmp_path)
        else {}
    )
    assert len(sheets) == len(found.tables)
    assert "去掉：损失" in sheets["项目"].columns
    assert "等级双车道公路" in set(sheets["服务人数"]["服务"])


def _book(found, folder) -> bool:
    (folder / "why.xlsx").write_bytes(found.book("zh"))
    return True


def test_what_the_plan_does_not_know_is_said_at_once(tiny_run):
    inputs, plan = read(tiny_run.path)
    villages = [("nowhere", ""), (VILLAGE, "graded_road")]
    with pytest.raises(DataError) as error:
        asked_of(
            inputs,
            plan,
            projects=["none", ROAD],
            villages=villages,
            limits=[("mony 990101", 2026, 1.0), ("pool", 1999, 2.0)],
            most=1,
        )
    assert [(one.rule, one.value) for one in error.value.problems] == [
        ("not on offer", "none"),
        ("no such place", "nowhere"),
        ("it lacks no service that a project on offer could bring", f"{VILLAGE} graded_road"),
        ("not a limit of the plan", "mony 990101,2026,1"),
        ("a year outside the plan", "pool,1999,2"),
    ]
    assert error.value.problems[3].mend.startswith("did you mean 'money 990101'? name a limit, such as ")


def test_unless_named_the_largest_projects_and_most_people_are_asked_about(tiny_run):
    inputs, plan = read(tiny_run.path)
    asked = asked_of(inputs, plan, projects=None, villages=None, limits=(), most=2)
    capital = inputs.offer.projects.set_index("project")["capital_wan"]
    rest = capital[capital.index.isin(plan.starts.index) & ~capital.index.isin(asked.projects)]
    assert capital[list(asked.projects)].min() >= rest.max()
    left = unserved(inputs, plan.starts)
    assert asked.villages[0] == (left["unit"].iloc[0], left["service"].iloc[0])
    assert len({unit for unit, _ in asked.villages}) == 2


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError):
        tongqu.why(tmp_path)
