"""The command ``schools``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import small
import tongqu
from small import TINY
from tongqu.apps.schools_cli import schools_app
from tongqu.workflow.schools import schools
from tongqu.workflow.schools.study import TABLES


@pytest.fixture(scope="module")
def region():
    return small.loaded()


@pytest.fixture
def loaded(monkeypatch, region):
    """The command takes the region that is loaded already: fitting its people takes longest."""
    monkeypatch.setattr(tongqu, "load", lambda _, progress: region)
    return region


def ask(*words: object):
    return CliRunner().invoke(schools_app, [str(word) for word in (TINY, *words)])


def test_it_writes_what_it_is_asked_for(here, loaded):
    found = ask("--out", "made", "--excel", "o.xlsx", "--page", "o.html", "--sheets", "sheets")
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html", "sheets"))
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in (here / "sheets").iterdir()) == [
        "j01.html", "j02.html", "p01.html", "p02.html", "p03.html",
    ]  # fmt: skip
    assert ask("--sheets", "sheets").exit_code == 4
    assert ask("--sheets", "sheets", "--force").exit_code == 0
    assert ask("--out", "made").exit_code == 4


def test_it_says_what_python_says(loaded, here):
    (here / "mine.csv").write_text("unit,stage,school\n990101001001,primary,p02\n", encoding="utf-8")
    content = json.loads(ask("--catchments", "mine.csv", "--close", "p02", "--json").stdout)
    mine = pd.DataFrame({"unit": ["990101001001"], "stage": ["primary"], "school": ["p02"]})
    found = schools(loaded, catchments=mine, close=["p02"])
    assert content["faults"] == found.figures["faults"]
    assert content["faults"]["closed"] == 1
    assert content["closed"] == 1
    assert content["written"] == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(here):
    found = ask("--gap", "-1", "--seconds", "0", "--seed", "-1", "--page", "o.pdf", "--out", "made", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [one["column"] or one["file"] for one in problems] == ["gap", "seconds", "seed", "--page"]
    assert list(here.iterdir()) == []
