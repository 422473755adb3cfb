"""The commands ``project`` and ``axis``: what they write and say, wrong words, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.apps.words import say
from tongqu.workflow.outlook.study import TABLES

PROJECT = ["project", TINY, "--until", "2036", "--futures", "6"]


def test_project_writes_what_it_is_asked_for(call, here):
    found = call(*PROJECT, "--out", "made", "--excel", "o.xlsx", "--page", "o.html")
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert "Tianqiao" in found.stdout
    assert "6 futures" in found.stdout
    assert sorted(path.name for path in here.iterdir()) == ["made", "o.html", "o.xlsx"]
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")


def test_project_says_what_python_says(call):
    content = json.loads(call(*PROJECT, "--seed", "3", "--json").stdout)
    found = tongqu.project(TINY, until=2036, futures=6, seed=3)
    assert content["people"] == found.summary()["people"]
    assert content["ranges_until"] == found.summary()["ranges_until"]
    assert content["written"] == []
    assert len(content["totals"]) == len(found.totals)
    other = json.loads(call(*PROJECT, "--seed", "4", "--json").stdout)
    assert other["ranges_until"] != content["ranges_until"]


def test_a_scenario_counts(call, tmp_path):
    file = tmp_path / "less.toml"
    file.write_text(
        'first_year = 2026\nlast_year = 2028\n[assume]\n"fertility.change" = 0.65\n', encoding="utf-8"
    )
    base = json.loads(call(*PROJECT, "--json").stdout)
    less = json.loads(call(*PROJECT, "--scenario", file, "--json").stdout)
    assert less["last"] == 2028
    assert less["people"]["2036"] < base["people"]["2036"]


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    (here / "file").write_text("mine", encoding="utf-8")
    words = [
        "--until",
        "1999",
        "--futures",
        "-1",
        "--seed",
        "-2",
        "--excel",
        "o.txt",
        "--page",
        "file/o.html",
    ]
    found = call("project", TINY, *words, "--out", "file/made", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [problem["column"] or problem["file"] for problem in problems] == [
        "until",
        "futures",
        "seed",
        "--excel",
        "--page",
        "--out",
    ]
    assert [path.name for path in here.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--until", "2101"], "too late"),
        (["--futures", "10001"], "number of futures"),
        (["--scenario", "none.toml"], "no such scenario file"),
        (["--until", "soon"], "--until"),
        (["--page", "o.pdf"], "unknown kind of file"),
    ],
)
def test_wrong_words(call, here, words, text):
    found = call("project", TINY, *words, "--out", "made")
    assert found.exit_code == 2
    assert text in found.stderr
    assert list(here.iterdir()) == []


def test_what_is_there_is_not_replaced_unasked(call, here):
    assert call(*PROJECT, "--out", "made", "--page", "o.html").exit_code == 0
    before = (here / "made" / "manifest.json").read_bytes()
    (here / "o.html").write_text("mine", encoding="utf-8")
    assert call(*PROJECT, "--page", "o.html").exit_code == 4
    assert call(*PROJECT, "--out", "made").exit_code == 4
    assert (here / "o.html").read_text("utf-8") == "mine"
    (here / "other").mkdir()
    (here / "other" / "notes.txt").write_text("mine", encoding="utf-8")
    assert call(*PROJECT, "--out", "other", "--force").exit_code == 4
    assert call(*PROJECT, "--seed", "2", "--out", "made", "--page", "o.html", "--force").exit_code == 0
    assert (here / "made" / "manifest.json").read_bytes() != before
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_language(call, language):
    found = call(*PROJECT, "--lang", language)
    assert say("proposal", language) in found.stdout
    assert say("range_note", language, futures=6)[:12] in found.stdout
    wrong = call("project", TINY, "--until", "1999", "--lang", language)
    assert ("普查年" if language == "zh" else "not after the census") in "".join(wrong.stderr.split("\n"))


def test_axis(call, here):
    found = call("axis", TINY, "--towns", "1", "--out", "axis.xlsx")
    assert found.exit_code == 0, found.output
    assert "Written: axis.xlsx" in found.stdout
    assert "places" in pd.read_excel(here / "axis.xlsx", sheet_name=None, engine="calamine")
    assert call("axis", TINY, "--out", "axis.csv", "--lang", "zh").exit_code == 0
    table = pd.read_csv(here / "axis.csv", encoding="utf-8-sig")
    assert "建议角色" in table.columns
    assert len(table) == len(tongqu.axis(TINY).places)
    content = json.loads(call("axis", TINY, "--towns", "1", "--json").stdout)
    wanted = tongqu.axis(TINY, central_towns=1).summary()
    assert content["roles"] == wanted["roles"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--towns", "-1"], 2, "a count below 0"),
        (["--out", "axis.pdf"], 2, "unknown kind of file"),
        (["--scenario", "none.toml"], 2, "no such scenario file"),
    ],
)
def test_wrong_words_of_axis(call, here, words, code, text):
    found = call("axis", TINY, *words)
    assert found.exit_code == code
    assert text in found.stderr
    assert list(here.iterdir()) == []
