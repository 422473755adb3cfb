"""The command ``health``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import small
import tongqu
from small import TINY
from tongqu.workflow.health.study import TABLES

WORDS = ["health", TINY, "--days", "14", "--iterations", "5"]


@pytest.fixture(scope="module")
def found():
    return tongqu.health(small.loaded(), days=14, iterations=5)


@pytest.fixture
def done(monkeypatch, found):
    """The study is made once: what the command writes and says is tested here."""
    asked: list[dict[str, int]] = []

    def health(region, scenario, *, progress, **numbers):
        asked.append(numbers)
        return found

    monkeypatch.setattr(tongqu, "load", lambda _, progress: found.region)
    monkeypatch.setattr(tongqu, "health", health)
    return asked


def test_it_writes_what_it_is_asked_for(call, here, done):
    found = call(*WORDS, "--new", "2", "--out", "made", "--excel", "o.xlsx", "--page", "o.html")
    assert found.exit_code == 0, found.output
    assert done == [{"new": 2, "days": 14, "iterations": 5, "seed": 1}]
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert call(*WORDS, "--out", "made").exit_code == 4
    assert call(*WORDS, "--out", "made", "--force").exit_code == 0


def test_it_says_what_python_says(call, done, found):
    content = json.loads(call(*WORDS, "--json").stdout)
    assert content["inside_day"] == found.figures["inside_day"]
    assert content["ambulance_corrected"] == found.figures["ambulance_corrected"]
    assert len(content["circle"]) == len(found.tables["circle"])
    assert content["written"] == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    wrong = ["--new", "99", "--days", "1", "--iterations", "0", "--excel", "o.txt"]
    found = call("health", TINY, *wrong, "--out", "made", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [one["column"] or one["file"] for one in problems] == ["new", "days", "iterations", "--excel"]
    assert list(here.iterdir()) == []


def test_the_language(call, done):
    for language, words in {
        "zh": ("乡镇级", "急救方案比较", "含推算值"),
        "en": ("township tier", "Ambulance plans", "modelled values"),
    }.items():
        said = "".join(call(*WORDS, "--lang", language).stdout.split("\n"))
        assert all(word in said for word in words)
