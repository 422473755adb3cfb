"""The command line: results, JSON, exit codes, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from small import TINY
from tongqu.apps.cli import app
from tongqu.apps.words import catalogue
from tongqu.contracts import open_run
from tongqu.views import report_html

COMMANDS = ("demo", "check", "diagnose", "plan", "report", "verify", "template", "export", "diff")
SHORT = 'name = "short"\nfirst_year = 2026\nlast_year = 2028\n[solver]\ngap = 1e-9\ntangent_error = 1e-6\n'


@pytest.fixture
def scenario(tmp_path) -> Path:
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    return path


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    found = call(command, "--help")
    assert found.exit_code == 0
    assert f"Example: tongqu {command}" in found.stdout


def test_python_and_command_line_give_the_same_bytes(tiny_run, scenario, tmp_path):
    found = call("plan", TINY, "-s", scenario, "--out", tmp_path / "run", "--json", "--quiet")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["run"] == tiny_run.id
    ours, theirs = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "run", tiny_run.path)
    )
    assert ours == theirs
    page = tmp_path / "page.html"
    assert call("report", tmp_path / "run", "--lang", "en", "--out", page, "--quiet").exit_code == 0
    assert page.read_text(encoding="utf-8") == report_html(open_run(tiny_run.path), language="en")


def test_check_and_diagnose(tmp_path):
    found = json.loads(call("check", TINY, "--json", "--quiet").stdout)
    assert all(not lacks for lacks in found["sectors"].values())
    out = tmp_path / "figures.csv"
    found = call("diagnose", TINY, "--beyond", "medical_circle", "--json", "--quiet", "--out", out)
    assert found.exit_code == 0, found.output
    beyond = json.loads(found.stdout)["beyond"]
    assert beyond
    assert all(row["minutes"] > 20 for row in beyond)
    assert "minutes to county seat" in out.read_text(encoding="utf-8-sig")
    assert "甲县" in call("diagnose", TINY, "--quiet", "--lang", "zh").stdout


@pytest.mark.parametrize("case", ["negative_people", "orphan_parent"])
def test_bad_input_leaves_nothing(case, tmp_path):
    region = Path(shutil.copytree(TINY, tmp_path / "region"))
    name, old, new = {
        "negative_people": ("people.csv", ",50,false", ",-3,false"),
        "orphan_parent": ("units.csv", ",990101002,", ",990909009,"),
    }[case]
    text = (region / name).read_text(encoding="utf-8")
    assert old in text
    (region / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = call("plan", region, "--out", tmp_path / "run", "--json", "--quiet")
    assert found.exit_code == 2
    problem = json.loads(found.stdout)["problems"][0]
    assert problem["file"] == name
    assert problem["row"] > 1
    assert problem["mend"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["region"]


def test_a_scenario_that_cannot_be_met_names_its_limits(scenario, tmp_path):
    scenario.write_text(
        SHORT + '[limits]\nmoney_factor = 0.01\n[[floors]]\nservice = "graded_road"\nshare = 1.0\n'
        'year = 2027\ncounty = "990101"\n',
        encoding="utf-8",
    )
    found = call("plan", TINY, "-s", scenario, "--out", tmp_path / "run", "--json", "--quiet")
    assert found.exit_code == 3
    assert any("floor for graded_road" in limit for limit in json.loads(found.stdout)["conflict"])
    spoken = call("plan", TINY, "-s", scenario, "--out", tmp_path / "run", "--quiet", "--lang", "zh")
    assert "服务底线" in spoken.output
    assert not (tmp_path / "run").exists()


def test_verify_says_what_does_not_hold(tiny_run, tmp_path):
    assert call("verify", tiny_run.path, "--quiet").exit_code == 0
    copy = Path(shutil.copytree(tiny_run.path, tmp_path / "copy"))
    (copy / "scenario.toml").write_text("", encoding="utf-8")
    assert call("verify", copy, "--quiet").exit_code == 4
    assert call("verify", tmp_path, "--quiet").exit_code == 4


def test_a_report_is_not_overwritten_unasked(tiny_run, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("mine", encoding="utf-8")
    assert call("report", tiny_run.path, "--out", page, "--quiet").exit_code == 4
    assert page.read_text(encoding="utf-8") == "mine"
    assert call("report", tiny_run.path, "--out", page, "--quiet", "--force").exit_code == 0


def test_template_export_and_diff(tmp_path):
    assert call("template", tmp_path / "t.xlsx", "--lang", "en").exit_code == 0
    assert call("export", TINY, tmp_path / "copy").exit_code == 0
    assert json.loads(call("diff", TINY, tmp_path / "copy", "--json").stdout)["count"] == 0


@pytest.mark.parametrize("wait", [2.0, 4.5])
def test_killing_a_plan_leaves_no_run_that_verifies(scenario, tmp_path, wait):
    words = [
        sys.executable,
        "-c",
        "from tongqu.apps.cli import main; main()",
        "plan",
        str(TINY),
        "-s",
        str(scenario),
        "--out",
        str(tmp_path / "run"),
        "--quiet",
    ]
    process = subprocess.Popen(
        words, env={**os.environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(wait)
    process.kill()
    process.wait()
    if not (tmp_path / "run").exists():  # the rest of a write under another name is no run either
        for left in [path for path in tmp_path.iterdir() if path.is_dir()]:
            assert call("verify", left, "--quiet").exit_code == 4
        assert call("verify", tmp_path / "run", "--quiet").exit_code == 4
    else:
        assert call("verify", tmp_path / "run", "--quiet").exit_code == 0


def test_a_run_broken_off_while_writing_is_no_run(tiny_run, scenario, tmp_path, monkeypatch):
    """The process dies after some files are on disk: what is there does not verify."""
    code = (
        "import os, pandas as pd\nold, count = pd.DataFrame.to_parquet, [0]\n"
        "def to_parquet(self, *a, **k):\n    count[0] += 1\n    old(self, *a, **k)\n"
        "    if count[0] == 5: os._exit(9)\npd.DataFrame.to_parquet = to_parquet\n"
        "from tongqu.apps.cli import main\nmain()\n"
    )
    words = [
        sys.executable,
        "-c",
        code,
        "plan",
        str(TINY),
        "-s",
        str(scenario),
        "--out",
        str(tmp_path / "run"),
        "--quiet",
    ]
    assert subprocess.run(words, check=False, stdout=subprocess.DEVNULL).returncode == 9
    assert not (tmp_path / "run").exists()
    left = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert left, "it did write something"
    assert all(call("verify", path, "--quiet").exit_code == 4 for path in left)


def test_every_word_is_there():
    for key, row in catalogue().items():
        assert row["zh"], key
        assert row["en"], key
