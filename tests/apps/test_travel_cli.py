"""The commands on travel: what they write and say, wrong words, and the word on compiling."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pandas as pd
import pytest
import typer

import tongqu
from small import TINY
from tongqu.apps.travel_cli import travel_app
from tongqu.apps.words import catalogue, say

BUILT = typer.main.get_command(travel_app)
COMMANDS = sorted(BUILT.commands)

LINES = """line,stop,run_minutes,first,last,headway
1,990102002001,0,06:30,17:30,30
1,990101001001,40,,,
"""


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text(LINES, encoding="utf-8")
    return path


ASKED = {
    "nearest": ["--kind", "township_hospital", "--few", "2", "--mode", "walk", "--limit", "90"],
    "matrix": ["--from", "towns", "--to", "county_hospital", "--to", "n11", "--wide"],
    "isochrones": ["--kind", "county_hospital", "--limit", "10", "--limit", "20", "--width", "200"],
    "access": [
        "--limit",
        "30",
        "--variant",
        "E2SFCA",
        "--impedance",
        "steps",
        "--capacity",
        "staff",
        "--line",
        "2",
    ],
    "catchments": [
        *("--kind", "primary_school", "--people", "pupils.primary", "--limit", "30"),
        *("--split", "--rule", "least_minutes"),
    ],
    "what-if": [
        *("--limit", "20", "--faster", "l10=county", "--faster", "l11=9"),
        *("--new", "n04, n11, 6, township", "--site", "990102002002"),
    ],
    "score": ["--kind", "county_hospital", "--limit", "25", "--alone"],
    "bus": [
        "--to",
        "county_hospital",
        "--after",
        "07:00",
        "--before",
        "08:00",
        "--walk",
        "roads",
        "--transfers",
        "0",
    ],
}


def asked(command: str, lines: object) -> list[object]:
    more = ["--feed", lines, "--date", "2026-05-12", "--walk-limit", "20"] if command == "bus" else []
    return ["travel", command, TINY, *ASKED[command], *more]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command(call, here, lines, command):
    words = asked(command, lines)
    page = [] if command == "matrix" else ["--map", "map.html"]
    found = call(*words, "--out", "out.xlsx", *page)
    assert found.exit_code == 0, found.output
    assert "Written: out.xlsx" in found.stdout
    assert "Roads modelled" in found.stdout
    assert len(pd.read_excel(here / "out.xlsx", sheet_name=None, engine="calamine")) >= 2
    again = call(*words, "--json", "--lang", "zh")
    content = json.loads(again.stdout)
    assert content["region"] == "tiny"
    assert 0 < content["modelled"]["links"] < 1
    assert content["rows"]


def test_the_command_says_what_python_says(call):
    content = json.loads(call("travel", "nearest", TINY, "--kind", "clinic", "--json").stdout)
    found = tongqu.travel.nearest(TINY, "clinic")
    assert [row["minutes"] for row in content["rows"]] == found.table["minutes"].tolist()
    assert content["mean_minutes"] == found.figures["mean_minutes"]


def test_what_is_there_is_not_replaced_unasked(call, here):
    words = ["travel", "nearest", TINY, "--out", "out.csv", "--map", "map.html"]
    (here / "map.html").write_text("mine", encoding="utf-8")
    assert call(*words).exit_code == 4
    assert [path.name for path in here.iterdir()] == ["map.html"]
    assert call(*words, "--force").exit_code == 0
    assert (here / "map.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_language_of_files(call, here):
    words = ["travel", "nearest", TINY, "--out", "out.csv", "--force"]
    for language, heading in (("zh", "村居"), ("en", "Village")):
        call(*words, "--lang", language)
        assert heading in (here / "out.csv").read_text("utf-8-sig").partition("\n")[0]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nearest", TINY, "--kind", "hospital", "--mode", "bike"], "unknown mode"),
        (["nearest", TINY, "--out", "out.pdf"], "unknown kind of file"),
        (["nearest", TINY, "--map", "map.png"], "unknown kind of file"),
        (["what-if", TINY, "--limit", "20", "--faster", "l10"], "not a link and its class"),
        (["what-if", TINY, "--limit", "20", "--new", "n01,n02,far,township"], "not a new road"),
        (["bus", TINY, "--feed", "none.csv"], "cannot be read"),
        (["bus", TINY, "--feed", "none.zip"], "no such feed"),
        (["access", TINY], "--limit"),
    ],
)
def test_wrong_words(call, here, words, text):
    found = call("travel", *words)
    assert found.exit_code == 2
    assert text in found.stderr
    assert list(here.iterdir()) == []
    assert json.loads(call("travel", *words, "--json").stdout)["exit_code"] == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_complete_and_its_example_is_right(call, command, monkeypatch):
    built = BUILT.commands[command]
    for one in built.params:
        assert {f"help.{command}.{one.name}", f"help.{one.name}"} & set(catalogue()), one.name
    words = built.epilog.split()
    assert words[:3] == ["tongqu", "travel", command]
    with built.make_context(command, words[3:]):
        pass
    for language in ("zh", "en"):
        monkeypatch.setenv("TONGQU_LANG", language)
        text = " ".join(call("travel", command, "--help").stdout.split())
        assert say(f"help.{command}", language)[:10] in text
        assert f"tongqu travel {command} quzhou" in text


def test_help_of_all(call, monkeypatch):
    for language in ("zh", "en"):
        monkeypatch.setenv("TONGQU_LANG", language)
        text = call("travel", "--help").stdout
        assert all(command in text for command in COMMANDS)
        assert say("help.travel", language)[:10] in text
    assert "nearest" in call("travel").output


def test_the_first_use_says_that_it_compiles(tmp_path):
    """Once, where nothing is compiled yet, and not again."""
    code = "from tongqu.apps.cli import main; main()"
    words = ["travel", "matrix", str(TINY), "--from", "towns", "--to", "counties", "--json"]
    said = []
    for _ in range(2):
        found = subprocess.run(
            [sys.executable, "-c", code, *words],
            env={**os.environ, "TONGQU_LANG": "en", "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        said.append(found.stderr.count(say("compiling", "en")))
        assert json.loads(found.stdout)["pairs"] == 8
    assert said == [1, 0]
