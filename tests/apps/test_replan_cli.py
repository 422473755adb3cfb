"""The commands ``monitor`` and ``replan``: what they write and say, nothing half written."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from monitored import begun, stored
from tongqu.contracts import open_run


@pytest.fixture(scope="module")
def run():
    return stored()


@pytest.fixture
def told(run, here):
    begun(run, until=2026).iloc[::2].to_csv(here / "told.csv", index=False)
    return "told.csv"


def test_the_template_is_written_and_read(call, run, here):
    assert call("monitor", str(run.path), "--template", "t.xlsx").exit_code == 0
    again = call("monitor", str(run.path), "--template", "t.xlsx")
    assert again.exit_code == 4
    found = call("monitor", str(run.path), "t.xlsx", "--year", "2026", "--json")
    assert json.loads(found.stdout)["begun"] == 0
    wrong = call("monitor", str(run.path), "--template", "t.doc", "--year", "1999", "--json")
    assert len(json.loads(wrong.stdout)["problems"]) == 2


def test_monitor_writes_what_it_is_asked_for(call, run, here, told):
    found = call("monitor", str(run.path), told, "--out", "m", "--excel", "m.xlsx", "--page", "m.html")
    assert found.exit_code == 0, found.output
    assert sorted(path.name for path in (here / "m").iterdir()) == [
        "figures.csv",
        "manifest.json",
        "projects.csv",
        "triggers.csv",
    ]
    assert (here / "m.html").read_text("utf-8").startswith("<!doctype html>")
    assert len(pd.read_excel(here / "m.xlsx", sheet_name=None, engine="calamine")) == 3
    assert call("monitor", str(run.path), told, "--out", "m").exit_code == 4


def test_replan_stores_a_run_with_its_journal(call, run, here, told):
    found = call(
        "replan", str(run.path), told, "--from-year", "2027", "--out", "again", "--page", "r.html", "--json"
    )
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    made = open_run(here / "again")
    assert said["run"] == made.id
    assert said["earlier"] == run.id
    assert len(said["changes"]) == said["built"] + sum(
        said[name] for name in ("kept", "moved", "dropped", "added", "contracted")
    )
    assert set(made["results/journal"]["run"]) == {run.id, made.id}
    assert (here / "r.html").is_file()
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []
    assert call("replan", str(run.path), told, "--from-year", "2026", "--out", "told.csv").exit_code == 4


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, run, here):
    (here / "bad.csv").write_text("project,state,start\nno,built,2026\nnor,finished,many\n", encoding="utf-8")
    before = {path.name for path in here.iterdir()}
    found = call("replan", str(run.path), "bad.csv", "--out", "again", "--page", "r.html", "--json")
    assert found.exit_code == 2
    rules = {one["rule"] for one in json.loads(found.stdout)["problems"]}
    assert {"unknown state", "not a number"} <= rules
    assert call("replan", str(run.path), "none.csv", "--json").exit_code == 2
    assert call("monitor", str(run.path), "--json").exit_code == 2
    assert {path.name for path in here.iterdir()} == before
    into = call("replan", str(run.path), "bad.csv", "--out", str(run.path))
    assert into.exit_code == 4


def test_both_languages(call, run, told):
    for language, word in {"zh": "到期项目", "en": "projects due"}.items():
        assert word in call("monitor", str(run.path), told, "--lang", language).stdout


def test_a_file_that_was_filled_in_is_not_replaced_by_a_blank_template(call, run, here, told):
    before = (here / told).read_bytes()
    found = call("monitor", str(run.path), told, "--template", "t.xlsx", "--force")
    assert found.exit_code == 2
    assert not (here / "t.xlsx").exists()
    assert (here / told).read_bytes() == before
