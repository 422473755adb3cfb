"""The commands: results, JSON, exit codes, and nothing of the user's overwritten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import tongqu
from small import TINY, short
from tongqu.apps import jobs
from tongqu.apps.output import Face
from tongqu.apps.places import require_own_demo
from tongqu.base import InfeasibleError
from tongqu.contracts import Scenario, load_scenario
from tongqu.data import load_region
from tongqu.views import report_html
from tongqu.workflow import PlanRun

COMMANDS = ("demo", "check", "diagnose", "plan", "report", "verify", "template", "export", "diff")


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def broken(folder: Path) -> Path:
    """A copy of the region with two broken rules."""
    region = Path(shutil.copytree(TINY, folder))
    for name, old, new in (
        ("people.csv", ",50,false", ",-3,false"),
        ("units.csv", ",990101002,", ",990909009,"),
    ):
        text = (region / name).read_text(encoding="utf-8")
        assert old in text
        (region / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return region


def test_the_scenario_file_says_the_same_as_the_scenario(scenario):
    assert load_scenario(scenario) == short()


def test_python_and_command_line_give_the_same_bytes(call, tiny_run, scenario, here):
    found = call("plan", TINY, "-s", scenario, "--out", "run", "--json")
    assert found.exit_code == 0, found.output
    summary = json.loads(found.stdout)
    assert summary["run"] == tiny_run.id
    assert summary["services"][0]["with"] >= summary["services"][0]["without"]
    assert files(here / "run") == files(tiny_run.path)
    for language in ("zh", "en"):
        assert call("report", "run", "--lang", language, "--out", "page.html", "--force").exit_code == 0
        page = (here / "page.html").read_text(encoding="utf-8")
        assert page == report_html(tiny_run, language=language)


@pytest.fixture
def planned(tiny_run, monkeypatch) -> list[Scenario]:
    """Plans are not made but given; what was asked for is noted."""
    asked: list[Scenario] = []

    def plan(_, scenario=None, **__):
        asked.append(scenario.scenario)
        return PlanRun(tiny_run)

    monkeypatch.setattr(tongqu, "plan", plan)
    return asked


@pytest.mark.parametrize("language", ["zh", "en"])
def test_plan_says_the_gap_in_words(call, planned, language):
    found = call("plan", TINY, "--lang", language)
    assert found.exit_code == 0, found.output
    assert {"zh": "已证明：", "en": "Proven: no plan"}[language] in found.stdout
    assert "tongqu verify " in found.stdout
    assert {"zh": "读取数据表", "en": "Read tables"}[language] in found.stderr


def test_options_override_the_scenario(call, planned, scenario):
    assert call("plan", TINY, "-s", scenario, "--gap", "0.5", "--seconds", "9", "--seed", "3").exit_code == 0
    exact = short().solver
    assert planned[0].solver == exact.model_copy(update={"gap": 0.5, "seconds": 9.0, "seed": 3})
    assert planned[0].last_year == 2028


def test_a_time_limit_is_said(call, planned, tiny_run, monkeypatch):
    monkeypatch.setitem(tiny_run.manifest["certificate"], "status", "time limit")
    assert (
        "before the gap asked for was proven (time limit, or asked to). Proven" in call("plan", TINY).stdout
    )


def test_check(call):
    found = json.loads(call("check", TINY, "--json").stdout)
    assert all(not lacks for lacks in found["sectors"].values())
    assert {row["table"] for row in found["tables"]} >= {"units", "people"}
    assert found["sha256"] == load_region(TINY).sha256
    assert "可运行" in call("check", TINY, "--lang", "zh").stdout


def test_check_lists_all_problems(call, tmp_path):
    region = broken(tmp_path / "region")
    found = call("check", region, "--json")
    assert found.exit_code == 2
    error = json.loads(found.stdout)
    assert error["error"] == "DataError"
    assert error["exit_code"] == 2
    assert {problem["file"] for problem in error["problems"]} == {"people.csv", "units.csv"}
    assert all(problem["row"] > 1 and problem["mend"] for problem in error["problems"])
    for language, words in {
        "zh": ("改法", "小于最小值 0", "退出码 2"),
        "en": ("Mend", "below", "exit code 2"),
    }.items():
        spoken = call("check", region, "--lang", language)
        assert spoken.exit_code == 2
        assert spoken.stdout == ""
        assert all(word in spoken.stderr for word in words)


def test_diagnose(call, here):
    found = call("diagnose", TINY, "--beyond", "medical_circle", "--json")
    assert found.exit_code == 0, found.output
    content = json.loads(found.stdout)
    assert content["beyond"]
    assert all(row["minutes"] > 20 for row in content["beyond"])
    assert 0 < content["served"]["medical_circle"] < 1
    spoken = call("diagnose", TINY, "--lang", "zh", "--beyond", "medical_circle").stdout
    assert "甲县" in spoken
    assert "20 分钟医疗圈" in spoken


def test_diagnose_writes_files(call, here):
    for words in (
        ("figures.csv",),
        ("villages.csv", "--beyond", "clinic"),
        ("all.xlsx", "--beyond", "clinic"),
    ):
        assert call("diagnose", TINY, "--out", *words).exit_code == 0
    assert set(pd.read_csv("figures.csv").columns) == {"sector", "unit", "variable", "value"}
    assert set(pd.read_csv("villages.csv").columns) >= {"unit", "name", "people"}
    book = pd.read_excel("all.xlsx", sheet_name=None, engine="calamine")
    assert set(book) == {"figures", "indices", "beyond"}
    assert call("diagnose", TINY, "--out", "figures.csv").exit_code == 4
    assert call("diagnose", TINY, "--out", "figures.csv", "--force").exit_code == 0
    assert call("diagnose", TINY, "--out", "figures.txt").exit_code == 2
    unknown = call("diagnose", TINY, "--beyond", "medical_cirle")
    assert unknown.exit_code == 2
    assert "medical_circle" in unknown.stderr
    assert sorted(path.name for path in here.iterdir()) == ["all.xlsx", "figures.csv", "villages.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ("--scenario", "nowhere.toml"),
        ("--gap", "-1"),
        ("--seconds", "0"),
        ("--threads", "0"),
        ("--seed", "x"),
    ],
)
def test_bad_words_leave_nothing(call, words, here):
    found = call("plan", TINY, *words, "--json")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["exit_code"] == 2
    assert list(here.iterdir()) == []


def test_bad_data_leave_nothing(call, tmp_path, here):
    found = call("plan", broken(tmp_path / "region"), "--json")
    assert found.exit_code == 2
    assert len(json.loads(found.stdout)["problems"]) == 2
    assert list(here.iterdir()) == []


def test_a_scenario_that_cannot_be_met_names_its_limits(call, scenario, here):
    floor = 'service = "graded_road"\nshare = 1.0\nyear = 2027\ncounty = "990101"\n'
    with scenario.open("a", encoding="utf-8") as file:
        file.write(f"[limits]\nmoney_factor = 0.01\n[[floors]]\n{floor}")
    found = call("plan", TINY, "-s", scenario, "--json")
    assert found.exit_code == 3
    error = json.loads(found.stdout)
    assert error["error"] == "InfeasibleError"
    assert any("floor for graded_road" in limit for limit in error["conflict"])
    assert len(error["conflict"]) == len(error["conflict_zh"])
    assert list(here.iterdir()) == []


def test_limits_that_conflict_are_named_in_the_language(call, monkeypatch):
    def plan(*_, **__):
        raise InfeasibleError(["the money of 990101 [2027]"], ["990101 的资金 [2027]"])

    monkeypatch.setattr(tongqu, "plan", plan)
    assert "the money of 990101 [2027]" in call("plan", TINY, "--lang", "en").stderr
    assert "990101 的资金 [2027]" in call("plan", TINY, "--lang", "zh").stderr


def test_verify_says_what_does_not_hold(call, tiny_run, tmp_path):
    found = call("verify", tiny_run.path, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["problems"] == []
    copy = Path(shutil.copytree(tiny_run.path, tmp_path / "copy"))
    with (copy / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n")
    found = call("verify", copy, "--json")
    assert found.exit_code == 4
    assert [problem["file"] for problem in json.loads(found.stdout)["problems"]] == ["scenario.toml"]
    assert "文件在运行完成后被改动" in call("verify", copy, "--lang", "zh").stdout
    assert call("report", copy).exit_code == 4


@pytest.mark.parametrize("left", ["nothing", "half a manifest", "no manifest"])
def test_a_half_written_run_is_no_run(call, tiny_run, tmp_path, left):
    copy = Path(shutil.copytree(tiny_run.path, tmp_path / "copy"))
    manifest = copy / "manifest.json"
    if left == "nothing":
        shutil.rmtree(copy)
    elif left == "half a manifest":
        manifest.write_bytes(manifest.read_bytes()[:500])
    else:
        manifest.unlink()
    for command in ("verify", "report"):
        found = call(command, copy, "--json")
        assert found.exit_code == 4
        assert json.loads(found.stdout)["error"] == "RunError"


def test_nothing_of_the_users_is_overwritten(call, tiny_run, scenario, here):
    Path("page.html").write_text("mine", encoding="utf-8")
    Path("folder").mkdir()
    Path("folder/notes.txt").write_text("mine", encoding="utf-8")
    before = files(here)
    for words in (
        ("report", tiny_run.path, "--out", "page.html"),
        ("report", tiny_run.path, "--out", "folder", "--force"),
        ("report", tiny_run.path, "--out", tiny_run.path / "page.html"),
        ("plan", TINY, "-s", scenario, "--out", "folder"),
        ("plan", TINY, "-s", scenario, "--out", "page.html"),
        ("demo", "--out", "folder"),
        ("demo", "--out", "page.html"),
        ("export", TINY, "folder"),
        ("export", TINY, "page.html"),
    ):
        found = call(*words, "--json")
        assert found.exit_code == 4, words
        assert json.loads(found.stdout)["error"] == "TakenError"
    assert files(here) == before
    assert call("report", tiny_run.path, "--out", "page.html", "--force").exit_code == 0


def test_demo(call, monkeypatch, here):
    made = tongqu.plan
    monkeypatch.setattr(jobs, "_load", lambda *_: load_region(TINY))
    monkeypatch.setattr(tongqu, "plan", lambda region, **words: made(region, short(), **words))
    found = call("demo", "--json", "--quiet")
    assert found.exit_code == 0, found.output
    assert found.stderr == ""
    assert json.loads(found.stdout)["reports"] == ["tongqu-demo/report.html", "tongqu-demo/report.en.html"]
    folder = here / "tongqu-demo"
    assert sorted(path.name for path in folder.iterdir()) == ["report.en.html", "report.html", "run"]
    assert 'lang="zh' in (folder / "report.html").read_text(encoding="utf-8")
    assert 'lang="en' in (folder / "report.en.html").read_text(encoding="utf-8")
    assert call("verify", "tongqu-demo").exit_code == 0
    require_own_demo(Face("en"), folder)  # an earlier demo may be replaced
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert call("demo").exit_code == 4


def test_template_export_and_diff(call, here):
    assert call("template", "t.xlsx", "--lang", "en").exit_code == 0
    blank = Path("t.xlsx").read_bytes()
    assert call("template", "t.xlsx", "--region", TINY).exit_code == 4
    assert Path("t.xlsx").read_bytes() == blank
    assert call("template", "t.docx").exit_code == 2
    assert call("template", "t.xlsx", "--region", TINY, "--force", "--json").exit_code == 0
    assert call("export", TINY, "copy").exit_code == 0
    same = call("diff", TINY, "copy", "--json")
    assert json.loads(same.stdout) == {"count": 0, "changes": []}
    text = Path("copy/people.csv").read_text(encoding="utf-8")
    Path("copy/people.csv").write_text(text.replace(",50,", ",51,", 1), encoding="utf-8")
    found = json.loads(call("diff", TINY, "copy", "--json").stdout)
    assert found["count"] == 1
    assert found["changes"][0]["after"] == "51"
    assert "51" in call("diff", TINY, "copy").stdout
    assert "天桥市" in call("check", "t.xlsx", "--lang", "zh").stdout
