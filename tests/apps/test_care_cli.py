"""The command ``care``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import tongqu
from care_small import cared
from small import TINY
from tongqu.workflow.care.study import TABLES


@pytest.fixture
def region(monkeypatch):
    """The command takes the region that is loaded already."""
    monkeypatch.setattr(tongqu, "load", lambda _, progress: cared())
    return cared()


def test_it_writes_what_it_is_asked_for_and_says_what_python_says(call, here, region):
    found = call("care", TINY, "-o", "made", "--excel", "o.xlsx", "--page", "o.html", "--json")
    assert found.exit_code == 0, found.output
    content = json.loads(found.stdout)
    assert content["written"] == ["made", "o.xlsx", "o.html"]
    assert content["meals_share"] == tongqu.care(region).figures["meals_share"]
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    sheets = pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")
    assert len(sheets) == len(TABLES)
    assert set(sheets["what closes the gap"]["aim"]) == {"everybody", "the floor of those who come first"}
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert call("care", TINY, "-o", "made").exit_code == 4


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    found = call("care", TINY, "--excel", "o.txt", "--page", "o.md", "-o", "made", "--json")
    assert found.exit_code == 2
    assert [one["file"] for one in json.loads(found.stdout)["problems"]] == ["--excel", "--page"]
    assert list(here.iterdir()) == []


def test_it_speaks_chinese(call, region):
    said = call("care", TINY, "--lang", "zh").stdout
    assert all(word in said for word in ("标准需求", "全部补齐", "优先保障底线"))
