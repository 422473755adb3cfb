"""Errors: one place, exit codes, JSON, and processes that are stopped half-way."""

from __future__ import annotations

import json
import signal
import sys

import pytest
from rich.table import Table

import tongqu
from small import TINY
from tongqu.apps.output import Face, plain
from tongqu.base import Problem

KILLED_AT = ("Collect candidate projects", "Store the run")


@pytest.fixture
def scenario(scenario):
    """Of one round: what is stopped half-way need not agree with itself."""
    scenario.write_text(scenario.read_text("utf-8") + "[feedback]\nrounds = 1\n", "utf-8")
    return scenario


def read_until(process, stage: str) -> None:
    for line in process.stderr:
        if line.startswith(stage):
            return
    raise AssertionError(f"there was no {stage!r}")


def raising(error: BaseException):
    def work(*_, **__):
        raise error

    return work


def test_unexpected_errors(call, monkeypatch):
    monkeypatch.setattr(tongqu, "verify", raising(ZeroDivisionError("by [zero]")))
    found = call("verify", "x")
    assert found.exit_code == 70
    assert "ZeroDivisionError: by [zero]" in found.stderr
    assert "Traceback" not in found.stderr
    assert "Traceback" in call("verify", "x", "--debug").stderr
    error = json.loads(call("verify", "x", "--json").stdout)
    assert error == {
        "problems": [],
        "error": "ZeroDivisionError",
        "message": "by [zero]",
        "exit_code": 70,
    }


def test_files_that_cannot_be_written(call, monkeypatch):
    monkeypatch.setattr(tongqu, "verify", raising(PermissionError(13, "Permission denied", "there")))
    found = call("verify", "x")
    assert found.exit_code == 1
    assert "there: Permission denied" in found.stderr


def test_a_closed_pipe_is_no_error_of_ours(call, monkeypatch):
    monkeypatch.setattr(tongqu, "verify", raising(BrokenPipeError(32, "Broken pipe")))
    assert call("verify", "x").exit_code == 1


def test_interrupted_in_this_process(call, monkeypatch):
    monkeypatch.setattr(tongqu, "verify", raising(KeyboardInterrupt()))
    assert call("verify", "x").exit_code == 130
    assert json.loads(call("verify", "x", "--json").stdout)["exit_code"] == 130


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_leaves_nothing(start, scenario, here):
    process = start("plan", TINY, "-s", scenario)
    read_until(process, "Build the joint model")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("stage", KILLED_AT)
def test_killing_a_plan_leaves_no_run_that_verifies(call, start, scenario, here, stage):
    process = start("plan", TINY, "-s", scenario)
    read_until(process, stage)
    process.kill()
    process.communicate()
    left = [path for path in here.iterdir() if (path / "manifest.json").exists()]
    if stage != "Store the run":  # there the kill may come too late
        assert left == []
    assert all(call("verify", path).exit_code == 0 for path in left)
    others = [path for path in here.iterdir() if path not in left] + [here / "nowhere"]
    assert all(call("verify", path).exit_code == 4 for path in others)


def test_killing_a_plan_while_it_writes(call, start, scenario, here):
    """The process dies when some files are on disk: what is there does not verify."""
    before = (
        "import os, signal, pandas as pd\nold, count = pd.DataFrame.to_parquet, [0]\n"
        "def to_parquet(self, *a, **k):\n    count[0] += 1\n    old(self, *a, **k)\n"
        "    if count[0] == 5: os.kill(os.getpid(), signal.SIGTERM)\n"
        "pd.DataFrame.to_parquet = to_parquet\n"
    )
    process = start("plan", TINY, "-s", scenario, "--out", "run", "--quiet", before=before)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (here / "run").exists()
    left = list(here.iterdir())
    assert left, "it did write something"
    assert all(call("verify", path).exit_code == 4 for path in left)


def test_a_process_of_its_own(start):
    process = start("verify", "nowhere", "--json", "--quiet")
    out, err = process.communicate(timeout=60)
    assert process.returncode == json.loads(out)["exit_code"] == 4
    assert err == ""


def test_a_terminal_that_cannot_show_chinese(start, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    process = start("verify", "nowhere", "--lang", "zh", "--quiet")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "\\u" in err


def test_long_lists_of_problems_are_cut():
    problems = [Problem("too many", mend="fewer", row=number) for number in range(1000)]
    table = Face("en").problems(problems)
    assert isinstance(table, Table)
    assert table.row_count == 200
    assert table.caption == "800 more; --json lists all"


def test_plain_values():
    import numpy as np
    import pandas as pd

    values = {
        "a": np.float64("nan"),
        "b": [np.int32(3), float("inf")],
        "c": pd.NA,
        "d": True,
        "e": None,
        5: np.bool_(1),
    }
    found = plain(values)
    assert found == {"a": None, "b": [3, None], "c": None, "d": True, "e": None, "5": True}
    json.dumps(found, allow_nan=False)
