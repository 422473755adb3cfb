"""Plans that break a limit or a wish, and figures made up to agree with one another, do not verify.

Every file carries its right hash here: only the figures themselves can give the forger away.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import tomli_w

import tongqu
from small import TINY, short
from tongqu.base import RunError, ScenarioError, silent
from tongqu.contracts import (
    Feedback,
    Floor,
    Pin,
    Scenario,
    clear_drafts,
    load_scenario,
    open_run,
    run_id,
    write_run,
)
from tongqu.contracts.run import file_sha256
from tongqu.data import load_region, region_files
from tongqu.engine.check import Checked, check_plan
from tongqu.engine.coordinate import mean_log
from tongqu.engine.feedback import only_round
from tongqu.engine.financing import financing
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import SolverError
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.promise import promise_of
from tongqu.engine.rules import broken_rules
from tongqu.workflow.issues import issues_of
from tongqu.workflow.prepare import sector_versions, sectors_for

# The package has functions of these names.
planning = importlib.import_module("tongqu.workflow.plan")
proofs = importlib.import_module("tongqu.workflow.proofs")

CLINIC = "clinic:990101002002"
QUICK = {"gap": 1e-3}
ONCE = {"feedback": Feedback(rounds=1)}


@pytest.fixture(scope="module")
def region():
    return load_region(TINY)


@pytest.fixture
def forged(tiny_run, tmp_path) -> Callable[[str, Callable[[pd.DataFrame], pd.DataFrame]], Path]:
    """A copy of the run with one table rewritten, and hashes to match."""

    def make(table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
        folder = tmp_path / "forged"
        if not folder.exists():
            shutil.copytree(tiny_run.path, folder)
        path = folder / f"{table}.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest["files"][f"{table}.parquet"] = file_sha256(path)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="module")
def inputs(region):
    return prepare(region, sectors_for(region), scenario=short(**ONCE))


@pytest.fixture(scope="module")
def stored(inputs):
    """The plan of the only round."""
    return optimise(inputs)


def county(rows: pd.DataFrame, item: str, *, year: int | None = None) -> pd.Series:
    mine = (rows["unit"] == "990101") & (rows["item"] == item)
    return mine if year is None else mine & (rows["year"] == year)


def more(rows: pd.DataFrame, where: pd.Series, amount: float) -> pd.DataFrame:
    assert where.any()
    return rows.assign(amount=rows["amount"].where(~where, rows["amount"] + amount))


def unpaid(rows: pd.DataFrame) -> pd.DataFrame:
    """Capital set to nothing, and what that saves up to each year put into cash."""
    bills = rows.loc[county(rows, "capital")].set_index("year")["amount"]
    saved = rows["year"].map(lambda year: float(bills[bills.index <= year].sum()))
    kept = rows["amount"].where(~county(rows, "capital"), 0.0)
    return rows.assign(amount=kept + saved.where(county(rows, "cash"), 0.0))


ACCOUNTS = {
    "room that the county does not have, and cash to match": lambda rows: more(
        more(rows, county(rows, "room", year=2026), 1000.0), county(rows, "cash"), 1000.0
    ),
    "bills that were not paid": lambda rows: unpaid(rows),
    "cash below nothing": lambda rows: more(
        more(rows, county(rows, "room", year=2026), -5000.0), county(rows, "cash"), -5000.0
    ),
    "borrowing and repaying below nothing": lambda rows: more(
        more(rows, county(rows, "borrow", year=2027), -900.0), county(rows, "repay", year=2027), -900.0
    ),
}


def test_the_stored_plan_breaks_no_rule(inputs, stored):
    assert broken_rules(inputs, stored) == []


@pytest.mark.parametrize("change", ACCOUNTS.values(), ids=ACCOUNTS.keys())
def test_accounts_that_agree_with_themselves_only(inputs, stored, change):
    problems = broken_rules(inputs, replace(stored, accounts=change(stored.accounts)))
    assert {problem.file for problem in problems} == {"results/accounts"}


def store(region, scenario: Scenario, made: Plan, *, folder: Path, inputs: Inputs):
    """A run of this plan, whatever the scenario says, every other table recomputed to agree with it."""
    settled = only_round(inputs, made, check_plan(inputs, made))
    files = {f"inputs/{name}": content for name, content in region_files(region, whole=True).items()}
    files["scenario.toml"] = tomli_w.dumps(planning._plain(scenario.model_dump(mode="json"))).encode()
    manifest = planning.manifest_of(settled, versions=sector_versions(inputs.sectors))
    return write_run(folder, files=files, tables=planning.tables_of(settled), manifest=manifest)


def test_a_promise_of_other_projects_than_those_chosen(region, inputs, stored, tmp_path):
    """Everything agrees with everything, but the starts deliver less than what is promised."""
    starts = pd.Series({CLINIC: 2026}, name="start").rename_axis("project")
    made = replace(stored, starts=starts, accounts=financing(inputs, starts))
    run = store(region, short(**ONCE), made, folder=tmp_path / "run", inputs=inputs)
    found = {(problem.file, problem.column) for problem in tongqu.verify(run.path).problems}
    assert {("results/promise", "promised"), ("manifest.json", "certificate.objective")} <= found


def test_a_bound_and_prices_that_only_solving_again_can_refute(region, inputs, stored, tmp_path):
    """A poor plan, called the best: every figure follows from the starts but the bound and the prices."""
    starts = pd.Series({CLINIC: 2026}, name="start").rename_axis("project")
    promise = promise_of(inputs, starts)
    objective = mean_log(promise.indices, inputs.weights)
    made = replace(
        stored,
        starts=starts,
        promised=promise.indices,
        served=promise.served,
        accounts=financing(inputs, starts),
        prices=stored.prices.assign(price=stored.prices["price"] * 2),
        certificate=replace(stored.certificate, objective=objective, bound=objective + 1e-7),
        stages=stored.stages.assign(value=objective, bound=objective + 1e-7),
    )
    run = store(region, short(**ONCE), made, folder=tmp_path / "run", inputs=inputs)
    assert objective < stored.certificate.objective - 1e-4
    quick = tongqu.verify(run.path)
    assert quick.ok, quick.problems
    assert quick.unproven == ("bound", "prices")
    found = tongqu.verify(run.path, prove=True)
    assert {problem.file for problem in found.problems} == {"manifest.json", "results/prices"}
    assert {"bound", "prices"} <= set(found.checks)
    assert "certificate.bound" in {problem.column for problem in found.problems}


def test_a_bound_that_cannot_be_proven_in_the_time_is_a_problem(inputs, stored, monkeypatch):
    def late(*_: object, **__: object) -> None:
        raise SolverError("the solver gave no solution: Time limit reached")

    monkeypatch.setattr(proofs, "prove", late)
    problems, left = proofs.proof_problems(inputs, stored, progress=silent)
    assert left == ("bound", "prices")
    assert "could not be proven again" in problems[0].rule


def test_a_promise_raised_together_with_its_certificate(forged):
    """Served people, U and the objective are raised in step; only the decisions stay."""

    def raised(rows: pd.DataFrame) -> pd.DataFrame:
        mine = rows["variable"] == "served.clinic"
        more = rows["promised"].where(~mine, rows["promised"] + 50.0)
        return rows.assign(promised=more, difference=rows["simulated"] - more)

    folder = forged("results/promise", raised)
    forged("results/prices", lambda rows: rows.iloc[:-1])
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name in ("objective", "bound"):
        manifest["certificate"][name] += 0.01
    manifest["certificate"] |= {"candidates": 9999, "status": "perfect"}
    manifest["scenario"]["title_en"] = "Another plan"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    found = {(problem.file, problem.column) for problem in tongqu.verify(folder).problems}
    wanted = {"certificate.objective", "certificate.candidates", "certificate.status", "scenario"}
    assert {("manifest.json", name) for name in wanted} <= found
    assert {("results/promise", "promised"), ("results/prices", "")} <= found


def test_an_only_stage_that_says_something_else_than_the_certificate(forged):
    changes = {
        "value": lambda rows: rows.assign(value=rows["value"] - 1.0),
        "unit_of_measure": lambda rows: rows.assign(unit_of_measure="share"),
        "status": lambda rows: rows.assign(status="stopped"),
        "bound": lambda rows: rows.assign(bound=rows["bound"] + 1e-4),
        "gap_asked": lambda rows: rows.assign(gap_asked=2 * rows["gap_asked"]),
    }
    folder = Path()
    for change in changes.values():
        folder = forged("results/stages", change)
    found = {(one.file, one.column) for one in tongqu.verify(folder).problems}
    assert found == {("results/stages", column) for column in changes}


def test_a_start_moved_with_its_opening(forged):
    def later(rows: pd.DataFrame) -> pd.DataFrame:
        first = rows.index == rows.index[rows["start"] == 2026][0]
        return rows.assign(start=rows["start"] + first, opens=rows["opens"] + first)

    files = {problem.file for problem in tongqu.verify(forged("results/decisions", later)).problems}
    assert "results/ledger" in files


# --- folders -----------------------------------------------------------------------------------------


def test_a_draft_left_by_a_kill_is_no_run_and_is_not_in_the_way(tiny_run, tmp_path):
    draft = tmp_path / ".run.999999.part"
    shutil.copytree(tiny_run.path, draft)
    (draft / "manifest.json").unlink()
    with pytest.raises(RunError, match="not a run"):
        open_run(draft)
    files = {"scenario.toml": (tiny_run.path / "scenario.toml").read_bytes()}
    made = {**tiny_run.manifest, "id": "x"}
    assert write_run(tmp_path / "run", files=files, tables={}, manifest=made).id == "x"


def test_drafts_of_dead_processes_go_when_a_run_starts_and_no_others(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    kept = [f".run.{os.getpid()}.part", f".other.{dead.pid}.part", ".run.notes.part", ".run.12"]
    for name in (f".run.{dead.pid}.part", *kept):
        (tmp_path / name / "results").mkdir(parents=True)
    gone = clear_drafts(tmp_path / "run")
    assert [path.name for path in gone] == [f".run.{dead.pid}.part"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    assert clear_drafts(tmp_path / "absent" / "run") == ()


def test_a_failed_write_leaves_the_earlier_run(tiny_run, tmp_path):
    folder = Path(shutil.copytree(tiny_run.path, tmp_path / "run"))
    with pytest.raises(TypeError):
        write_run(folder, files={"note": "not bytes"}, tables={}, manifest={})  # type: ignore[dict-item]
    assert open_run(folder).id == tiny_run.id
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("where", ["a file", "a folder of something else"])
def test_where_no_run_can_be_is_said_before_the_work_is_done(region, tmp_path, monkeypatch, where):
    out = tmp_path / "out"
    if where == "a file":
        out.write_text("x", encoding="utf-8")
    else:
        out.mkdir()
        (out / "thesis.txt").write_text("years of work", encoding="utf-8")

    def late(*_: object, **__: object) -> None:
        raise AssertionError("hours of work were done first")

    monkeypatch.setattr(planning, "inputs_for", late)
    with pytest.raises(RunError):
        tongqu.plan(region, short(), out=out)


def test_the_working_folder_may_hold_the_run(region, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert tongqu.plan(region, short(solver=QUICK, last_year=2026), out=".").run.id
    assert (tmp_path / "manifest.json").is_file()


def test_the_id_knows_the_region_the_scenario_and_the_solver_settings(tiny_run, region):
    engine, sectors = tiny_run.manifest["engine"], tiny_run.manifest["sectors"]

    def of(scenario: Scenario, **changed: object) -> str:
        return run_id(region, scenario, **{"engine": engine, "sectors": sectors, **changed})

    assert of(short()) == tiny_run.id
    others = [
        of(short(assume={"clinic.cost": 41})),
        of(short(banned=("x",))),
        of(short(solver={**short().solver.model_dump(), "threads": 2})),
        of(short(), engine="9.9"),
        of(short(), sectors={}),
    ]
    assert len({tiny_run.id, *others}) == 6


def test_a_scenario_survives_the_run_folder(region, tmp_path):
    scenario = short(
        solver=QUICK,
        floors=(
            Floor(service="clinic", share=0.5, year=2027),
            Floor(service="clinic", share=0.4, year=2026, county="990101"),
        ),
        pinned=(Pin(project=CLINIC, year=2026),),
        banned=("subcentre:h03",),
        assume={"clinic.cost": 30.0},
        **ONCE,
    )
    run = tongqu.plan(region, scenario, out=tmp_path / "run").run
    assert run.scenario == scenario
    assert tongqu.verify(run.path).ok


def test_a_service_that_nobody_was_promised_may_still_turn_out_served(inputs, stored):
    difference = pd.DataFrame(
        {
            "unit": ["c"],
            "year": [2026],
            "variable": ["served.clinic"],
            "promised": [0.0],
            "simulated": [5.0],
            "difference": [5.0],
        }
    )
    found = issues_of(inputs, stored, Checked((), inputs.indicators, 0.0, difference))
    assert "served.clinic" in set(found["item"])


# --- scenarios ---------------------------------------------------------------------------------------


def test_a_ban_of_what_is_not_on_offer_is_refused(region):
    with pytest.raises(ScenarioError) as caught:
        prepare(region, sectors_for(region), scenario=short(banned=("clinc:990101002002",)))
    assert caught.value.problems[0].column.startswith("banned")


@pytest.mark.parametrize(
    "text",
    [
        "set = 3",
        '[set]\n"discount.x" = 1',
        '[set]\n"floors.0.share" = 1',
        "extends = 3",
        '[assume]\n"clinic.cost" = nan',
        "[limits]\nmoney_factor = inf",
        "first_year = 2026.5",
        'banned = "clinic"',
        '[[floors]]\nservice = "clinic"\nshare = 2\nyear = 2027',
        '[[pinned]]\nproject = "p"',
        "[limits]\ncapital_share = -0.1\nland = 3",
    ],
)
def test_wrong_scenario_files_are_problems_of_the_scenario(tmp_path, text):
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert all(problem.file for problem in caught.value.problems)


def test_a_folder_is_no_scenario(tmp_path):
    with pytest.raises(ScenarioError):
        load_scenario(tmp_path)


def test_a_patch_reaches_through_several_files(tmp_path):
    for name, text in {
        "a.toml": 'name = "a"\n[limits]\nmoney_factor = 2.0\ncapital_share = 0.02\n',
        "deep/b.toml": 'extends = "../a.toml"\n[limits]\nmoney_factor = 3.0\n',
        "c.toml": 'extends = "deep/b.toml"\n[set]\n"limits.money_factor" = 4.0\n"solver.gap" = 0.01\n',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = load_scenario(tmp_path / "c.toml")
    assert (found.name, found.limits.money_factor, found.limits.capital_share) == ("a", 4.0, 0.02)
    assert found.solver.gap == 0.01


def test_a_circle_of_two_files_is_named(tmp_path):
    (tmp_path / "a.toml").write_text('extends = "b.toml"', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = "a.toml"', encoding="utf-8")
    with pytest.raises(ScenarioError, match="circle"):
        load_scenario(tmp_path / "a.toml")
