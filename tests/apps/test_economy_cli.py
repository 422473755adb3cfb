"""The commands ``economy``, ``accounts`` and ``import-io``: what they write and say, nothing half written."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.apps.words import say
from tongqu.workflow.accounts.study import TABLES as ACCOUNTS
from tongqu.workflow.economy.study import TABLES as ECONOMY

ECONOMIC = ["economy", TINY]
BUDGETS = ["accounts", TINY, "--until", "2030", "--futures", "4"]


@pytest.mark.parametrize(("words", "tables"), [(ECONOMIC, ECONOMY), (BUDGETS, ACCOUNTS)])
def test_it_writes_what_it_is_asked_for(call, here, words, tables):
    found = call(*words, "--out", "made", "--excel", "o.xlsx", "--page", "o.html")
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert sorted(path.name for path in here.iterdir()) == ["made", "o.html", "o.xlsx"]
    assert len(list((here / "made").iterdir())) == len(tables) + 1
    assert len(pd.read_excel(here / "o.xlsx", sheet_name=None, engine="calamine")) == len(tables)
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    before = (here / "made" / "manifest.json").read_bytes()
    assert call(*words, "--out", "made").exit_code == 4
    assert call(*words, "--page", "o.html").exit_code == 4
    assert call(*words, "--out", "made", "--page", "o.html", "--force").exit_code == 0
    assert (here / "made" / "manifest.json").read_bytes() == before


def test_it_says_what_python_says(call):
    content = json.loads(call(*BUDGETS, "--seed", "3", "--json").stdout)
    found = tongqu.accounts(TINY, until=2030, futures=4, seed=3)
    assert content["own_revenue"] == found.summary()["own_revenue"]
    assert content["ranges_until"] == found.summary()["ranges_until"]
    assert content["incomes_ratio"]["2030"] is None
    assert content["written"] == []
    content = json.loads(call(*ECONOMIC, "--json").stdout)
    assert content["value_added_wan"] == tongqu.economy(TINY).summary()["value_added_wan"]


def test_a_study_of_another_kind_is_left_alone(call, here):
    assert call(*ECONOMIC, "--out", "made").exit_code == 0
    before = sorted(path.name for path in (here / "made").iterdir())
    assert call(*BUDGETS, "--out", "made", "--force").exit_code == 4
    assert sorted(path.name for path in (here / "made").iterdir()) == before


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    (here / "file").write_text("mine", encoding="utf-8")
    words = [
        "--until",
        "1999",
        "--futures",
        "-1",
        "--seed",
        "-2",
        "--excel",
        "o.txt",
        "--page",
        "file/o.html",
    ]
    found = call("accounts", TINY, *words, "--out", "file/made", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert [problem["column"] or problem["file"] for problem in problems] == [
        "until",
        "futures",
        "seed",
        "--excel",
        "--page",
        "--out",
    ]
    found = call("economy", TINY, "--sites", "99", "--page", "o.pdf", "--json")
    assert [p["column"] or p["file"] for p in json.loads(found.stdout)["problems"]] == ["sites", "--page"]
    assert [path.name for path in here.iterdir()] == ["file"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_language(call, language):
    found = call(*BUDGETS, "--lang", language)
    assert say("pensions", language) in found.stdout
    assert say("accounts_modelled", language, share="0%", futures=4) in "".join(found.stdout.splitlines())
    found = call(*ECONOMIC, "--lang", language)
    assert ("农林牧渔业" if language == "zh" else "farming") in found.stdout
    wrong = call("accounts", TINY, "--until", "1999", "--lang", language)
    assert ("最近账目" if language == "zh" else "latest accounts") in "".join(wrong.stderr.split("\n"))


def test_import_io_of_what_is_no_table(call, here):
    (here / "bad.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    asked = ["--region", TINY, "--area", "z", "--year", "2017"]
    found = call("import-io", "bad.csv", *asked, "--json")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["problems"]
    missing = call("import-io", "none.csv", *asked, "--out", "x.txt")
    assert missing.exit_code == 2
    assert "no such file" in missing.stderr
    assert sorted(path.name for path in here.iterdir()) == ["bad.csv"]


def test_import_io_reads_back_what_a_region_has(call, here):
    region = tongqu.load(TINY)
    rows = region["input_output"]
    first = rows[["area", "year"]].iloc[0]
    mine = rows[(rows["area"] == first["area"]) & (rows["year"] == first["year"])]
    wide = mine.pivot_table(index="row", columns="column", values="amount_wan", aggfunc="sum").fillna(0.0)
    wide.to_csv(here / "table.csv")
    words = ["--region", TINY, "--area", first["area"], "--year", first["year"], "--out", "rows.csv"]
    found = call("import-io", "table.csv", *words)
    assert found.exit_code == 0, found.output
    again = pd.read_csv(here / "rows.csv", dtype={"row": str, "column": str})
    wanted = mine[mine["amount_wan"] != 0].set_index(["row", "column"])["amount_wan"].sort_index()
    read = again.set_index(["row", "column"])["amount_wan"].sort_index()
    pd.testing.assert_series_equal(read, wanted, check_dtype=False, check_index_type=False)
    assert call("import-io", "table.csv", *words).exit_code == 4


def test_import_io_refuses_a_year_and_an_area_that_cannot_be(call, here):
    (here / "table.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    found = call("import-io", "table.csv", "--region", TINY, "--area", "", "--year", "99999", "--json")
    assert found.exit_code == 2
    assert [problem["column"] for problem in json.loads(found.stdout)["problems"]] == ["area", "year"]
    assert [path.name for path in here.iterdir()] == ["table.csv"]


def test_how_much_of_the_supply_the_sites_reach_is_shown(call):
    shown = call(*ECONOMIC, "--lang", "zh").stdout
    assert "可及原料比例" in "".join(shown.split())


def test_without_jobs_no_share_is_made_up(call, here):
    shutil.copytree(TINY, here / "bare")
    (here / "bare" / "jobs.csv").unlink()
    found = call("economy", "bare", "--lang", "en")
    assert found.exit_code == 0, found.output
    assert "nan" not in found.stdout.lower().replace("finance", "")
