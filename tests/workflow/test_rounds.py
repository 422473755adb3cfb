"""Rounds in a run: stored, re-checked, taken up again."""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import tongqu
from small import TINY, short
from tongqu.base import RunError, silent
from tongqu.contracts import OPTIONAL, TABLES, Feedback, Run, Solver, open_run
from tongqu.data import load_region
from tongqu.engine.check import same_starts
from tongqu.workflow.issues import feedback_issues
from tongqu.workflow.prepare import sector_versions
from tongqu.workflow.stored import base_inputs_of, inputs_of, plan_of, refreshed_at, starts_of_round

planning = importlib.import_module("tongqu.workflow.plan")
verifying = importlib.import_module("tongqu.workflow.verify")


@pytest.fixture(scope="module")
def base(tiny_run):
    return base_inputs_of(tiny_run)


@pytest.fixture(scope="module")
def settled(tiny_run, base):
    inputs = inputs_of(tiny_run, base=base)
    return verifying._settled(tiny_run, inputs, plan_of(tiny_run, inputs), progress=silent)


def changed(run: Run, **feedback: object) -> Run:
    """The run with another account of its rounds."""
    return Run(run.path, {**run.manifest, "feedback": {**run.manifest["feedback"], **feedback}})


def test_a_run_holds_its_rounds_and_the_plan_is_of_the_one_named(tiny_run):
    stated = tiny_run.manifest["feedback"]
    assert (stated["end"], stated["rounds"], stated["round"]) == ("agrees", 2, 2)
    rounds, starts = tiny_run["results/rounds"], tiny_run["results/decisions"].set_index("project")["start"]
    assert same_starts(starts_of_round(rounds, 2), starts)
    assert same_starts(refreshed_at(tiny_run), starts_of_round(rounds, 1))
    figures = tiny_run["results/convergence"]
    assert figures.groupby("round")["agrees"].all().tolist() == [False, True]
    measures = tiny_run["results/measures"].set_index("measure")
    assert measures.at["coordination", "simulated"] == pytest.approx(tiny_run.certificate["simulated"])
    assert set(TABLES) == {f"{path.parent.name}/{path.stem}" for path in tiny_run.path.rglob("*/*.parquet")}


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"end": "cycle"}, "feedback.end"),
        ({"end": "rounds"}, "feedback.end"),
        ({"end": "perfect"}, "feedback.end"),
        ({"rounds": 3}, "feedback.rounds"),
    ],
)
def test_another_end_than_the_figures_show_is_found(tiny_run, settled, wrong, column):
    assert verifying._feedback(tiny_run, settled) == []
    assert column in {one.column for one in verifying._feedback(changed(tiny_run, **wrong), settled)}


def test_a_plan_of_another_round_is_found(tiny_run, settled):
    rounds = settled.starts[(settled.starts["round"] != 2) | (settled.starts.index % 2 == 0)]
    problems = verifying._feedback(tiny_run, replace(settled, starts=rounds))
    assert {one.column for one in problems} == {"feedback.round"}
    first = replace(settled, best=replace(settled.best, number=1))
    assert "feedback.round" in {one.column for one in verifying._feedback(tiny_run, first)}


def test_forged_figures_of_the_plan_are_found_and_those_of_earlier_rounds_when_proven(
    tiny_run, base, settled
):
    fresh = planning.tables_of(settled)["results/convergence"]
    stored = tiny_run["results/convergence"]
    check = {"name": "results/convergence", "tolerance": verifying.PROMISE_TOLERANCE}
    assert verifying._compare(stored, fresh, **check) == []
    second = stored.assign(promised=stored["promised"] + (stored["round"] == 2))
    assert {one.column for one in verifying._compare(second, fresh, **check)} == {"promised"}
    assert verifying._earlier_rounds(settled, base, progress=silent) == []
    more = settled.figures["simulated"] + (settled.figures["round"] == 1)
    forged = replace(settled, figures=settled.figures.assign(simulated=more))
    problems = verifying._earlier_rounds(forged, base, progress=silent)
    assert "simulated" in {one.column for one in problems}


def test_what_was_not_made_again_is_said(tiny_run, tmp_path):
    assert verifying._left(tiny_run) == (verifying.ROUNDS,)
    folder = Path(shutil.copytree(tiny_run.path, tmp_path / "run"))
    name = next(name for name in OPTIONAL if name != "results/journal")
    pd.DataFrame({"project": ["p"]}).to_parquet(folder / f"{name}.parquet")
    assert verifying._left(open_run(folder)) == (verifying.ROUNDS, name)


def test_a_run_that_does_not_name_its_round_is_refused(tiny_run):
    with pytest.raises(RunError, match="round"):
        refreshed_at(Run(tiny_run.path, {**tiny_run.manifest, "feedback": {}}))


def test_a_run_is_taken_up_where_it_ended_and_keeps_the_better_bound(
    tiny_run, settled, tmp_path, monkeypatch
):
    asked = {}

    def fake(inputs, **given):
        asked.update(given)
        return replace(settled, starts=pd.concat([settled.starts.assign(round=0), settled.starts]))

    monkeypatch.setattr(planning, "settle", fake)
    made = tongqu.plan(
        TINY, short(solver=Solver(gap=1e-4, tangent_error=1e-6)), out=tmp_path, resume=tiny_run
    )
    decided = starts_of_round(tiny_run["results/rounds"], 2)
    assert same_starts(asked["start"], decided)
    assert same_starts(asked["after"], starts_of_round(tiny_run["results/rounds"], 1))
    assert asked["bound"] == tiny_run.certificate["bound"]
    assert made.run.manifest["feedback"]["resumed"] == tiny_run.id
    assert made.run.manifest["feedback"]["after"]


def test_of_a_run_of_another_scenario_only_the_decisions_are_taken(tiny_run):
    region, versions = load_region(TINY), sector_versions(verifying.base_inputs_of(tiny_run).sectors)
    same = planning._begin(tiny_run, region, short(feedback=Feedback(rounds=9)), versions=versions)
    other = planning._begin(tiny_run, region, short(discount=0.05), versions=versions)
    assert same.bound is not None
    assert same.after is not None
    assert (other.bound, other.after) == (None, None)
    assert same_starts(other.start, same.start)


def test_how_the_rounds_ended_and_what_simulation_misses_is_an_issue(settled):
    found = feedback_issues(settled)
    assert found["item"].tolist()[:1] == ["agrees"]
    off = settled.best.figures.assign(agrees=settled.best.figures["figure"] != "served.clinic")
    worse = settled.best.checked.indicators.indices * 0.9
    checked = replace(settled.best.checked, indicators=SimpleNamespace(indices=worse))
    best = replace(settled.best, figures=off, checked=checked)
    rows = feedback_issues(replace(settled, best=best, end="cycle")).set_index("item")
    assert "served.clinic" in rows.at["differs", "detail_en"]
    assert "2 counties" in rows.at["simulation", "detail_en"]


def test_what_is_stored_of_the_rounds_is_plain(tiny_run):
    stated = json.loads((tiny_run.path / "manifest.json").read_text(encoding="utf-8"))["feedback"]
    assert set(stated) == {"end", "rounds", "round", "after"}
