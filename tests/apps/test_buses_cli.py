"""The command ``buses``: what it writes and says, nothing half written."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.workflow.buses.study import TABLES

WORDS = ["buses", TINY]


def test_it_writes_what_it_is_asked_for(call, here):
    files = ["--out", "made", "--excel", "o.xlsx", "--page", "o.html", "--gtfs", "o.zip"]
    found = call(*WORDS, *files)
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in files[1::2])
    assert sorted(path.name for path in here.iterdir()) == ["made", "o.html", "o.xlsx", "o.zip"]
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    before = (here / "o.zip").read_bytes()
    for option, name in zip(files[::2], files[1::2], strict=True):
        assert call(*WORDS, option, name).exit_code == 4
    assert call(*WORDS, "--gtfs", "o.zip", "--force").exit_code == 0
    assert (here / "o.zip").read_bytes() == before
    travel = call("travel", "bus", TINY, "--feed", "o.zip", "--to", "towns", "--json")
    assert travel.exit_code == 0, travel.output


def test_it_says_what_python_says(call):
    content = json.loads(call(*WORDS, "--budget", "25", "--least-trips", "6", "--json").stdout)
    found = tongqu.buses(TINY, budget_wan=25, least_trips=6)
    assert content["net_wan"] == found.summary()["net_wan"]
    assert content["least_trips"] == 6
    assert len(content["choice"]) == len(found.tables["choice"])
    assert content["written"] == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    words = ["--least-trips", "99", "--budget", "-1", "--gtfs", "o.txt", "--page", "o.pdf", "--out", "made"]
    found = call(*WORDS, *words, "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [one["column"] or one["file"] for one in problems] == [
        "least_trips",
        "budget_wan",
        "--gtfs",
        "--page",
    ]
    assert list(here.iterdir()) == []
    # No line runs for no money: there is nothing for a feed, so no file of the rest is written either.
    found = call(*WORDS, "--budget", "0", "--gtfs", "o.zip", "--page", "o.html")
    assert found.exit_code == 2
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_language(call, here, language):
    if language == "zh":
        found = call(*WORDS, "--lang", language)
        assert "投入与覆盖" in found.stdout
        assert "行政村数" in "".join(found.stdout.split())
    shutil.copytree(TINY, here / "bare")
    (here / "bare" / "village_buses.csv").unlink()
    wrong = call("buses", "bare", "--lang", language)
    assert wrong.exit_code == 2
    assert ("没有公交服务数据" if language == "zh" else "no bus service") in "".join(wrong.stderr.split("\n"))
    told = call("buses", "--lang", language, "--help").stdout
    assert ("年净补贴上限" if language == "zh" else "Public money a year") in told
