"""The command ``frontier``: what it writes and says, nothing half written."""

from __future__ import annotations

import json
from functools import cache

import pandas as pd
import pytest

from small import TINY, loaded, short
from tongqu.apps import frontier_jobs
from tongqu.workflow.frontier import TABLES, frontier

WORDS = ["frontier", TINY, "--first", "coverage", "--second", "cost", "--points", "2"]


@cache
def study():
    """Made once: two points on the small region."""
    scenario = short(last_year=2027, solver={"gap": 1e-4, "tangent_error": 1e-4})
    return frontier(loaded(), scenario, first="coverage", second="cost", points=2)


@pytest.fixture
def asked(monkeypatch):
    """The command is given the study that is made already; what it asks for is kept."""
    seen: dict[str, object] = {}

    def made(*words: object, **options: object):
        seen.update(options, scenario=words[1])
        return study()

    monkeypatch.setattr(frontier_jobs.tongqu, "frontier", made)
    return seen


def test_it_writes_what_it_is_asked_for(call, here, asked):
    limits = ["--gap", "0.002", "--seconds", "60", "--processes", "2"]
    found = call(*WORDS, *limits, "--out", "made", "--excel", "o.xlsx", "--page", "o.html", "--lang", "en")
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert (asked["first"], asked["second"], asked["points"]) == ("coverage", "cost", 2)
    assert (asked["gap"], asked["seconds"], asked["processes"]) == (0.002, 60.0, 2)
    assert call(*WORDS, "--out", "made").exit_code == 4


def test_it_says_what_python_says(call, asked):
    content = json.loads(call(*WORDS, "--json").stdout)
    points = study().tables["points"]
    assert [row["first"] for row in content["table"]] == list(points["first"])
    assert [row["bound"] for row in content["table"]] == list(points["bound"])
    assert content["written"] == []
    assert (asked["gap"], asked["seconds"]) == (None, None)


def test_the_language(call, asked):
    for language, words in {"zh": ("取舍", "界已证明"), "en": ("against", "the bound is proven")}.items():
        said = "".join(call(*WORDS, "--lang", language).stdout.split("\n"))
        assert all(word in said for word in words), said


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    words = ["--second", "coordination", "--points", "1", "--gap", "0", "--seconds", "-5", "--processes", "3"]
    found = call("frontier", TINY, *words, "--excel", "o.txt", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    said = [one["column"] or one["file"] for one in problems]
    assert said == ["second", "points", "processes", "gap", "seconds", "--excel"]
    assert list(here.iterdir()) == []
