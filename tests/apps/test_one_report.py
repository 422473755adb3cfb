"""A scenario with many kinds of fault is told all of them at once, before anything is solved or written."""

from __future__ import annotations

import json
import re

import pytest

from small import TINY, loaded, short
from tongqu.apps.problems import problem_words
from tongqu.base import Problem, ScenarioError
from tongqu.engine.prepare import prepare
from tongqu.workflow.prepare import sectors_for

TEXT = """
name = "ten"
first_year = 2026
last_year = 2028
from_year = 2028
colour = "red"
banned = ["clinic:990101002002", "no:such"]

[goal]
services = { clinik = 1.0 }

[[floors]]
service = "clinic"
share = 1.5
year = 2027

[[floors]]
service = "clinic"
share = 0.5
year = 2027
town = "nowhere"

[[bounds]]
measure = "joy"
least = 0.5

[[pinned]]
project = "clinic:990101002002"
year = 2028

[[pinned]]
project = "township_branch:990102002001"
year = 2035

[[committed]]
project = "village_road:990101002002"
year = 2040
status = "contracted"

[[edits]]
project = "parcel"

[[booked]]
county = "990101"
year = 2026

[keeping]
promises = [{ project = "a", year = 2027 }, { project = "a", year = 2028 }]

[robust]
tail = 0

[assume]
"clinic.kost" = 5
"""

WRONG = {
    "goal.services": "clinik",
    "floors[0].share": "1.5",
    "floors[1].town": "nowhere",
    "bounds[0].measure": "joy",
    "pinned[0]": "clinic:990101002002 in 2028",
    "pinned[1]": "township_branch:990102002001 in 2035",
    "banned": "no:such",
    "committed[0]": "village_road:990101002002 in 2040",
    "booked[0]": "990101 in 2027",
    "edits[0].project": "parcel",
    "keeping.promises[1].project": "a",
    "robust.tail": "0",
    "assume": "clinic.kost",
    "colour": "red",
}
"""In the order of the keys; numbers are those of the file although the first floor cannot be read."""


def test_every_kind_of_fault_is_in_one_report_and_nothing_is_written(call, here, tmp_path):
    (tmp_path / "ten.toml").write_text(TEXT, encoding="utf-8")
    found = call("plan", TINY, "-s", tmp_path / "ten.toml", "--out", "run", "--json")
    assert found.exit_code == 2
    problems = [Problem(**one) for one in json.loads(found.stdout)["problems"]]
    assert {one.column: one.value for one in problems} == WRONG
    assert [one.column for one in problems] == list(WRONG)
    for one in problems:
        assert one.file == "ten.toml"
        assert one.rule
        assert one.mend
        assert all(re.search(r"[\u4e00-\u9fff]", words) for words in problem_words(one, "zh")), one
    assert list(here.iterdir()) == []


def test_wrong_options_are_told_with_what_is_wrong_in_the_file(call, here, tmp_path):
    (tmp_path / "me.toml").write_text("colour = 1", encoding="utf-8")
    words = ["-s", tmp_path / "me.toml", "--gap", "-1", "--objective", "joy", "--json"]
    problems = json.loads(call("plan", TINY, *words).stdout)["problems"]
    assert [(one["file"], one["value"]) for one in problems] == [
        ("--gap", "-1.0"),
        ("--objective", "joy"),
        ("me.toml", "1"),
    ]
    assert list(here.iterdir()) == []


def test_a_place_below_a_file_is_refused_before_the_work(call, here):
    (here / "file").write_text("mine", encoding="utf-8")
    found = call("plan", TINY, "--out", "file/run", "--json")
    assert found.exit_code == 2
    assert [one["file"] for one in json.loads(found.stdout)["problems"]] == ["--out"]
    assert (here / "file").read_text(encoding="utf-8") == "mine"


def test_pins_that_exclude_one_another_are_told_before_the_solver():
    pins = {
        "clinik:990101002002": 2027,
        "jobs:990101:2": 2026,
        "jobs:990101:1": 2027,
        "hospital_block:h01:2": 2026,
    }
    pinned = [{"project": name, "year": year} for name, year in pins.items()]
    wish = short(pinned=pinned, banned=["hospital_block:h01:1"])
    with pytest.raises(ScenarioError) as error:
        prepare(loaded(), sectors_for(loaded()), scenario=wish)
    assert {one.column: one.rule for one in error.value.problems} == {
        "pinned[0]": "not on offer",
        "pinned[1]": "it opens before jobs:990101:1, which it requires",
        "pinned[3]": "it requires hospital_block:h01:1, which is banned",
    }
    assert error.value.problems[0].mend == "did you mean 'clinic:990101002002'? name a project on offer"


def test_the_nearest_name_is_offered():
    floors = [
        {"service": "clinik", "share": 0.5, "year": 2027},
        {"service": "bus", "share": 0.5, "year": 2027},
    ]
    floors[1]["town"] = "9901020011"
    wish = short(goal={"services": {"meal": 1.0}}, floors=floors, assume={"clinic.kost": 5.0})
    with pytest.raises(ScenarioError) as error:
        prepare(loaded(), sectors_for(loaded()), scenario=wish)
    meant = {"goal.services": "meals", "floors[0].service": "clinic", "floors[1].town": "990102001"}
    meant["assume"] = "clinic.cost"
    for problem in error.value.problems:
        assert problem.mend.startswith(f"did you mean '{meant.pop(problem.column)}'? ")
    assert not meant
