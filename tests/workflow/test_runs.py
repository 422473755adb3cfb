"""Run folders: whole or not at all, self-contained, and re-checked to the last figure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import tongqu
from small import TINY, short
from tongqu.base import RunError
from tongqu.contracts import TABLES, check_target, open_run, run_id
from tongqu.contracts.run import file_sha256


@pytest.fixture
def copied(tiny_run, tmp_path) -> Path:
    return Path(shutil.copytree(tiny_run.path, tmp_path / "copy"))


def rehash(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][name] = file_sha256(folder / name)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_good_run_verifies_and_is_proven_again(tiny_run):
    found = tongqu.verify(tiny_run.path, prove=True)
    assert found.ok, found.problems
    checks = {"files", "id", "tables", "promise", "accounts", "limits", "floors", "choices", "certificate"}
    checks |= {"bound", "prices", "feedback", "rounds"}
    assert set(found.checks) == checks
    assert found.unproven == ()


def test_a_run_holds_every_table_and_stands_on_its_own(tiny_run):
    for name in TABLES:
        assert isinstance(tiny_run[name], pd.DataFrame), name
    assert tiny_run.region.sha256 == tongqu.load(TINY).sha256
    assert tiny_run.scenario == short()
    assert not tiny_run.region.provided, "tables of the package are stored too"


@pytest.mark.parametrize("name", ["scenario.toml", "results/accounts.parquet", "inputs/units.csv"])
def test_a_changed_file_is_found(copied, name):
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[:-1] + b" ")
    found = tongqu.verify(copied)
    assert [(problem.file, problem.rule) for problem in found.problems] == [
        (name, "the file was changed after the run")
    ]


def test_a_missing_and_an_added_file_are_found(copied):
    (copied / "results/prices.parquet").unlink()
    (copied / "notes.txt").write_text("x", encoding="utf-8")
    rules = {problem.file: problem.rule for problem in tongqu.verify(copied).problems}
    assert rules == {
        "results/prices.parquet": "the file is missing",
        "notes.txt": "the file does not belong to the run",
    }


def test_forged_figures_are_found_even_with_a_new_hash(copied):
    forged = {
        "results/decisions": "capital_wan",
        "results/outcomes": "value",
        "results/accounts": "amount",
        "results/indices": "D",
        "results/ledger": "amount",
        "results/promise": "promised",
        "offer/entries": "amount",
    }
    for table, column in forged.items():
        path = copied / f"{table}.parquet"
        frame = pd.read_parquet(path)
        frame.loc[frame.index[-1], column] = frame[column].iloc[-1] + 7.0
        frame.to_parquet(path, index=False)
        rehash(copied, f"{table}.parquet")
    assert {problem.file for problem in tongqu.verify(copied).problems} == set(forged)


def test_other_inputs_give_another_id(tiny_run):
    region, sectors = tongqu.load(TINY), tiny_run.manifest["sectors"]
    same = run_id(region, short(), engine=tiny_run.manifest["engine"], sectors=sectors)
    other = run_id(region, short(discount=0.05), engine=tiny_run.manifest["engine"], sectors=sectors)
    assert same == tiny_run.id != other


def test_the_same_inputs_give_the_same_bytes(tiny_run, tmp_path):
    again = tongqu.plan(TINY, short(), out=tmp_path / "again").run
    assert again.manifest == tiny_run.manifest


def test_a_half_written_run_is_no_run(tmp_path, copied):
    (copied / "manifest.json").unlink()
    with pytest.raises(RunError, match="is not a run"):
        tongqu.verify(copied)
    with pytest.raises(RunError, match="is not a run"):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("certificate", None),
        ("feedback", "x"),
        ("files", {"a": 1}),
        ("id", 5),
        ("certificate", {"bound": "x"}),
    ],
)
def test_a_garbled_manifest_is_said(copied, entry, value):
    manifest = json.loads((copied / "manifest.json").read_text(encoding="utf-8")) | {entry: value}
    (copied / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RunError, match=f"lacks or garbles {entry}"):
        open_run(copied)


def test_a_study_has_a_manifest_and_is_no_run(tmp_path):
    (tmp_path / "manifest.json").write_text('{"kind": "health"}', encoding="utf-8")
    with pytest.raises(RunError, match="not a run"):
        check_target(tmp_path)


def test_nothing_but_a_run_is_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(RunError, match="not a run"):
        tongqu.plan(TINY, short(), out=tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "work",
    [
        lambda run, out: tongqu.plan(TINY, run.scenario, resume=run.path, out=out),
        lambda run, _: tongqu.why(run.path),
        lambda run, _: tongqu.futures(run.path, futures=1, replan=0),
        lambda run, _: tongqu.monitor(run.path, tongqu.Actuals()),
    ],
    ids=["resume", "why", "futures", "monitor"],
)
def test_nothing_is_built_on_a_run_that_was_changed(copied, tmp_path, work):
    run = open_run(copied)
    (copied / "results" / "decisions.parquet").write_bytes(b"other")
    with pytest.raises(RunError, match="cannot be trusted") as caught:
        work(run, tmp_path / "again")
    assert [one.file for one in caught.value.problems] == ["results/decisions.parquet"]
    assert not (tmp_path / "again").exists()
