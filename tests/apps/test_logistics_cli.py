"""The command ``logistics``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import small
import tongqu
from small import TINY
from tongqu.workflow.logistics.study import TABLES

WORDS = ["logistics", TINY, "--iterations", "5"]


@pytest.fixture(scope="module")
def region():
    return small.loaded()


@pytest.fixture
def loaded(monkeypatch, region):
    """The command takes the region that is loaded already: fitting its people takes longest."""
    monkeypatch.setattr(tongqu, "load", lambda _, progress: region)
    return region


def test_it_writes_what_it_is_asked_for(call, here, loaded):
    found = call(*WORDS, "--out", "made", "--excel", "o.xlsx", "--page", "o.html")
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    before = (here / "made" / "manifest.json").read_bytes()
    assert call(*WORDS, "--out", "made").exit_code == 4
    assert call(*WORDS, "--out", "made", "--force").exit_code == 0
    assert (here / "made" / "manifest.json").read_bytes() == before


def test_it_says_what_python_says(call, loaded):
    content = json.loads(call(*WORDS, "--seed", "3", "--json").stdout)
    found = tongqu.logistics(loaded, iterations=5, seed=3)
    assert content["yuan_per_parcel"] == found.figures["yuan_per_parcel"]
    lacking = found.tables["unserved"]
    assert [row["reason"] for row in content["unserved_villages"]] == lacking["reason"].tolist()
    assert content["written"] == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    wrong = ["--vans", "0", "--iterations", "0", "--seed", "-1", "--page", "o.pdf"]
    found = call("logistics", TINY, *wrong, "--out", "made", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [one["column"] or one["file"] for one in problems] == ["vans", "iterations", "seed", "--page"]
    assert list(here.iterdir()) == []


def test_the_language(call, loaded):
    for language, words in {
        "zh": ("客货邮融合", "开点模型"),
        "en": ("separate vans", "Opening model"),
    }.items():
        said = "".join(call(*WORDS, "--lang", language).stdout.split("\n"))
        assert all(word in said for word in words)
