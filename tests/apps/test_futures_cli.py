"""The command ``futures``: what it writes and says, nothing half written."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

import futures_small
from small import TINY
from tongqu.apps import futures_jobs, why_jobs
from tongqu.workflow.futures.stored import WISHES, wishes_of
from tongqu.workflow.futures.study import TABLES
from why_small import asked_at

WORDS = ["futures", TINY, "--futures", "10", "--replan", "1"]


@pytest.fixture
def asked(monkeypatch):
    """The command is given the study that is made already; what it asks for is kept."""
    seen: dict[str, object] = {}

    def study(*words: object, **options: object):
        seen.update(options, source=words[0])
        return futures_small.study()

    monkeypatch.setattr(futures_jobs, "study_futures", study)
    return seen


def test_it_writes_what_it_is_asked_for(call, here, asked):
    found = call(
        *WORDS, "--out", "made", "--excel", "o.xlsx", "--page", "o.html", "--uncertain", "hukou.register"
    )
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    sheets = pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")
    assert len(sheets) == len(TABLES)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert (asked["futures"], asked["replan"], asked["uncertain"]) == (10, 1, ("hukou.register",))
    assert call(*WORDS, "--out", "made").exit_code == 4


def test_it_says_what_python_says(call, asked):
    content = json.loads(call(*WORDS, "--json").stdout)
    figures = futures_small.study().figures
    assert content["plan"]["kept"] == figures["plan"]["kept"]
    assert [row["plan"] for row in content["plans"]] == ["none", "plan", "robust"]
    assert content["robust"]["bound"] >= content["robust"]["objective"]
    assert content["written"] == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    wrong = ["--futures", "0", "--replan", "99", "--seed", "-1", "--plan", "other", "--plan", "x=nowhere"]
    found = call("futures", TINY, *wrong, "--excel", "o.txt", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    said = [one["column"] or one["file"] for one in problems]
    assert said == ["futures", "replan", "seed", "--plan", "--plan", "--excel"]
    assert list(here.iterdir()) == []


def test_where_nothing_is_a_run_is_asked_for_as_well(call, here):
    found = call("futures", "nowhere", "--lang", "en")
    assert found.exit_code == 2
    assert "neither a run nor a region" in " ".join(found.output.split())


def test_the_language(call, asked):
    for language, words in {
        "zh": ("种未来中的方案", "稳健方案", "都选的项目"),
        "en": ("plans in 10 futures", "robust", "projects are chosen in all"),
    }.items():
        said = "".join(call(*WORDS, "--lang", language).stdout.split("\n"))
        assert all(word in said for word in words), said


def test_it_says_whether_the_money_suffices_and_what_to_do(call, asked):
    said = call(*WORDS, "--lang", "en").stdout
    lacks = futures_small.study().figures["shortfall"]
    words = " ".join(said.split())
    assert f"In {lacks['kept']:.0%} of 10 futures the plan can be paid" in words
    assert "limits.money_factor to 0.9 for a reserve" in words
    content = json.loads(call(*WORDS, "--json").stdout)
    assert content["shortfall"]["kept"] == content["plan"]["kept"]
    assert {row["plan"] for row in content["shortfalls"]} == {"plan", "robust"}


def test_why_reads_the_shares_of_stored_futures(call, here, tiny_run, monkeypatch):
    seen: dict[str, object] = {}

    def ask(run, **options):
        seen.update(options)
        return asked_at(tiny_run.path)

    monkeypatch.setattr(why_jobs, "ask", ask)
    made_from = {WISHES: wishes_of(tiny_run.scenario)}
    replace(futures_small.study(), made_from=made_from).save(here / "futures")
    assert call("why", tiny_run.path, "--futures", "futures").exit_code == 0
    choices = futures_small.study().tables["choices"].set_index("project")["share"]
    assert seen["futures"].reindex(choices.index).tolist() == pytest.approx(choices.tolist())
    found = call("why", tiny_run.path, "--futures", "nowhere", "--most", "0", "--json")
    said = [one["file"] for one in json.loads(found.stdout)["problems"]]
    assert said == ["--most", "nowhere"]
