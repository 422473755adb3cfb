"""The command ``digital``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.workflow.digital.study import TABLES

WORDS = ["digital", TINY, "--sites", "2"]


def test_it_writes_what_it_is_asked_for(call, here):
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


def test_it_says_what_python_says(call):
    content = json.loads(call(*WORDS, "--json").stdout)
    found = tongqu.digital(TINY, sites=2)
    assert content["share"] == found.figures["share"]
    assert [row["unit"] for row in content["new_sites"]] == found.tables["sites"]["unit"].tolist()
    assert content["written"] == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    wrong = ["--sites", "999", "--elevation", "none.tif", "--excel", "o.txt"]
    found = call("digital", TINY, *wrong, "--out", "made", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [one["column"] or one["file"] for one in problems] == ["sites", "--elevation", "--excel"]
    assert list(here.iterdir()) == []


def test_a_file_that_is_no_raster(call, here):
    (here / "heights.tif").write_text("mine", encoding="utf-8")
    found = call("digital", TINY, "--elevation", "heights.tif", "--page", "o.html", "--json")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["problems"][0]["rule"] == "not a readable raster"
    assert [one.name for one in here.iterdir()] == ["heights.tif"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_language(call, language):
    found = call(*WORDS, "--lang", language)
    assert ("无网络（人）" if language == "zh" else "without a network") in "".join(found.stdout.split("\n"))
    assert ("建议新建" if language == "zh" else "New stations") in found.stdout
