"""The frontier of two measures on the small region: tables, files, page, wrong requests."""

from __future__ import annotations

import numpy as np
import pytest

from small import loaded, short
from tongqu.base import DataError
from tongqu.views.frontier_html import frontier_html
from tongqu.workflow.frontier import TABLES, frontier


@pytest.fixture(scope="module")
def found():
    scenario = short(last_year=2027, solver={"gap": 1e-5, "tangent_error": 1e-4})
    return frontier(loaded(), scenario, first="coverage", second="cost", points=3)


def test_tables_say_what_the_points_are(found):
    assert tuple(found.tables) == TABLES
    points, measures, chosen = (found.tables[name] for name in TABLES)
    assert len(points) >= 2
    assert (np.diff(points["second"]) < 0).all(), "from dear to cheap"
    assert (np.diff(points["first"]) < 0).all()
    assert (points["bound"] >= points["first"]).all()
    wide = measures.pivot(index="point", columns="measure", values="value")
    assert list(wide.index) == [0, *points["point"]]
    assert np.allclose(wide.loc[points["point"], "cost"], points["second"])
    assert (wide["coverage"] >= wide.loc[0, "coverage"] - 1e-9).all()
    counted = chosen["point"].value_counts().reindex(points["point"]).fillna(0)
    assert list(counted) == list(points["projects"])


def test_it_is_written_and_shown(found, tmp_path):
    folder = found.save(tmp_path / "made")
    assert {path.name for path in folder.iterdir()} == {*(f"{name}.csv" for name in TABLES), "manifest.json"}
    assert found.book("zh").startswith(b"PK")
    for language in ("zh", "en"):
        page = frontier_html(found, language=language)
        assert page.count("<figure>") == page.count('<details class="twin">') == 1
        assert "http://" not in page.replace("http://www.w3.org", "")


def test_what_cannot_be_asked_is_told_at_once():
    with pytest.raises(DataError) as caught:
        frontier("no such place", first="cost", second="cost", points=1, processes=9)
    assert [problem.column for problem in caught.value.problems] == ["second", "points", "processes"]
    with pytest.raises(DataError) as endless:
        frontier("no such place", gap=float("inf"), seconds=float("nan"))
    assert [problem.column for problem in endless.value.problems] == ["gap", "seconds"]
