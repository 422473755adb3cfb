"""The plan of a region's schools: on the tiny region, every rule that a bureau would check by hand."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.workflow.schools_plan import TABLES, schools_plan
from tongqu.workflow.study import FieldStudy

TINY = "tests/data/tiny"


@pytest.fixture(scope="module")
def found() -> FieldStudy:
    return schools_plan(TINY, seconds=30)


def test_every_pupil_is_at_a_school_or_named(found: FieldStudy) -> None:
    schools, costs, without = (found.tables[name] for name in ("schools", "costs", "without"))
    placed = schools.groupby("year")["pupils"].sum()
    left = without.groupby("year")["pupils"].sum().reindex(placed.index, fill_value=0.0)
    np.testing.assert_allclose(placed + left, costs.set_index("year")["pupils"])
    np.testing.assert_allclose(left, costs.set_index("year")["without"])
    assert found.figures["gap"] <= 0.005
    assert found.figures["bound"] <= found.figures["total"] + 1e-6
    assert found.figures["total"] >= found.figures["cost_wan"] - 1e-6


def test_no_pupils_at_closed_schools_and_places_hold(found: FieldStudy) -> None:
    schools = found.tables["schools"]
    closed = schools[~schools["state"].isin(["open", "joined"])]
    assert len(closed)
    assert (closed["pupils"] == 0).all()
    assert (schools["pupils"] <= schools["places"] + 1e-6).all()
    joined = schools[schools["state"] == "joined"]
    leads = schools.set_index(["school", "year"])["state"]
    assert (leads.loc[list(zip(joined["lead"], joined["year"], strict=True))] == "open").all()


def test_moves_are_lawful_and_nobody_is_moved_again_soon(found: FieldStudy) -> None:
    moves = found.tables["moves"]
    assert len(moves)
    day = moves[~moves["boards"]]
    limit = day["stage"].map({"primary": 30.0, "junior": 40.0})
    assert (day["minutes_after"] <= limit + 1e-6).all()
    gaps = moves.sort_values("year").groupby(["unit", "stage", "from_school"])["year"].diff().dropna()
    assert (gaps >= 6).all()


def test_costs_add_up_and_projects_explain_them(found: FieldStudy) -> None:
    costs, projects = found.tables["costs"], found.tables["projects"]
    parts = ["teachers", "running", "rides", "boarding", "sharing", "closing", "buildings"]
    np.testing.assert_allclose(costs[parts].sum(axis=1), costs["total"])
    built = projects[projects["kind"].isin(["build", "extend", "board", "mend"])]
    by_year = built.groupby("year")["cost_wan"].sum().reindex(costs["year"], fill_value=0.0)
    np.testing.assert_allclose(by_year, costs["capital"], atol=1e-6)
    weight = 1.03 ** -np.arange(len(costs))
    assert found.figures["cost_wan"] == pytest.approx(float(costs["total"] @ weight))


def test_teachers_by_county_meet_the_need(found: FieldStudy) -> None:
    teachers = found.tables["teachers"]
    np.testing.assert_allclose(teachers["staff"] + teachers["short"], teachers["needed"] + teachers["spare"])
    assert (teachers["short"] <= 1e-6).all(), "recruits are not limited"
    first = teachers[teachers["year"] == teachers["year"].min()]
    assert (first["assumed"] == 1).all(), "ages of teachers are not known in the tiny region"


def test_files_and_book(found: FieldStudy, tmp_path: Path) -> None:
    folder = found.save(tmp_path / "plan")
    assert {path.stem for path in folder.glob("*.csv")} == set(TABLES)
    back = pd.read_csv(folder / "costs.csv")
    np.testing.assert_allclose(back["total"], found.tables["costs"]["total"], atol=1e-5)
    book = pd.read_excel(BytesIO(found.book("en")), sheet_name=None, engine="calamine")
    assert len(book) >= len(TABLES)


def test_one_county_alone() -> None:
    one = schools_plan(TINY, county="990102", seconds=20)
    assert set(one.tables["schools"]["county"]) == {"990102"}
    assert one.summary()["pupils"] < 700


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"county": "110000"}, "no county of the region"),
        ({"gap": 2}, "a number out of range"),
        ({"money": 1.0}, "no plan costs so little"),
    ],
)
def test_wrong_questions(change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        schools_plan(TINY, **({"seconds": 20} | change))
