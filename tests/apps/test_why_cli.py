"""The command ``why``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pytest

from tongqu.apps import why_jobs
from why_small import ROAD, VILLAGE, asked_at


@pytest.fixture
def asked(monkeypatch, tiny_run):
    """The command is given the answers that are there already; what it asks for is kept."""
    seen: dict[str, object] = {}

    def ask(run, **options):
        seen.update(options, run=run)
        return asked_at(tiny_run.path)

    monkeypatch.setattr(why_jobs, "ask", ask)
    return seen


def test_it_writes_what_it_is_asked_for(call, here, asked, tiny_run):
    words = [
        "--project",
        ROAD,
        "--village",
        VILLAGE,
        "--service",
        "clinic",
        "--limit",
        "money 990101, 2026, 20",
    ]
    found = call("why", tiny_run.path, *words, "--out", "made", "--excel", "o.xlsx", "--page", "o.html")
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert f"Run {tiny_run.id}; losses in millionths of D" in found.stdout
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert asked["projects"] == (ROAD,)
    assert asked["villages"] == [(VILLAGE, "clinic")]
    assert asked["limits"] == [("money 990101", 2026, 20.0)]
    assert call("why", tiny_run.path, "--out", "made").exit_code == 4


def test_it_says_what_python_says(call, asked, tiny_run):
    content = json.loads(call("why", tiny_run.path, "--json").stdout)
    made = asked_at(tiny_run.path)
    assert content["run"] == tiny_run.id
    assert content["projects"][0]["project"] == made.tables["projects"]["project"].iloc[0]
    assert content["written"] == []
    assert asked["projects"] is None


def test_only_limits_ask_about_no_project_and_no_village(call, asked, tiny_run):
    assert call("why", tiny_run.path, "--limits").exit_code == 0
    assert (asked["projects"], asked["villages"]) == ((), [])


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here, tiny_run):
    wrong = [
        "--most",
        "0",
        "--limit",
        "money",
        "--limit",
        "pool,2026,-1",
        "--excel",
        "o.txt",
        "--service",
        "clinic",
    ]
    found = call("why", tiny_run.path, *wrong, "--json")
    assert found.exit_code == 2
    said = [(one["file"], one["value"]) for one in json.loads(found.stdout)["problems"]]
    assert [name for name, _ in said] == ["--limit", "--limit", "--most", "--service", "--excel"]
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(("language", "word"), [("zh", "增加量"), ("en", "how much more")])
def test_its_help_says_how_a_limit_is_written(call, monkeypatch, language, word):
    monkeypatch.setenv("TONGQU_LANG", language)
    assert word in call("why", "--help").stdout
