"""Planned against actual, a plan made again from a year on, and the journal of decisions."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest

import monitored
from monitored import BRANCH, CLINIC, HERE, SCHOOL, THERE, begun
from small import with_money
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Edit, Run
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import simulate
from tongqu.workflow.monitor import (
    Actuals,
    actuals_template,
    journal_problems,
    monitor,
    read_actuals,
    replan,
    replayed,
)
from tongqu.workflow.monitor.orders import region_with
from tongqu.workflow.monitor.replan import _with_past
from tongqu.workflow.verify import verify


@pytest.fixture(scope="module")
def run() -> Run:
    return monitored.stored()


@pytest.fixture(scope="module")
def same():
    return monitored.same()


@pytest.fixture(scope="module")
def reported() -> Actuals:
    return monitored.reported()


@pytest.fixture(scope="module")
def again():
    return monitored.again()


def test_a_plan_that_went_as_planned_stays_as_it_is(run, same):
    assert not same.monitoring.replan
    # What is added gains nothing: the objective is the same.
    assert set(same.changes["change"]) <= {"built", "kept", "added"}
    before, after = (one["results/decisions"].set_index("project")["start"] for one in (run, same.run))
    pd.testing.assert_series_equal(after.reindex(before.index), before, check_dtype=False)
    certificate = same.run.certificate
    assert certificate["extra"] == 0
    assert certificate["objective"] == pytest.approx(run.certificate["objective"], abs=1e-6)
    assert same.summary()["loss"] == 0


def test_what_happened_stands_beside_the_plan(run, reported):
    found = monitor(run, reported)
    table = found.projects.set_index("project")
    assert table.loc[[CLINIC, SCHOOL, BRANCH], "finding"].tolist() == ["dropped", "late", "dearer"]
    assert table.at[BRANCH, "over_share"] == pytest.approx(0.3)
    assert table.at[SCHOOL, "late_years"] == 1
    figures = found.figures.set_index(["variable", "unit"])
    assert figures["follows"].to_dict() == {
        ("account.own_revenue", HERE): "accounts",
        ("account.own_revenue", THERE): "accounts",
        ("money.room", HERE): "money",
        ("people.total", THERE): "nothing",
    }
    people = run["results/outcomes"].query("case == 'plan' and variable == 'people.total' and year == 2026")
    mine = people[people["unit"].str.startswith(THERE)]["value"].sum()
    assert figures.at[("people.total", THERE), "planned"] == pytest.approx(mine)
    assert "figure_not_followed" in set(found.triggers["trigger"])
    assert found.summary()["replan"]
    assert found.year == 2026
    silent = monitor(run, Actuals(projects=begun(run, until=2026).iloc[1:]))
    assert silent.projects["finding"].tolist().count("not_begun") == 1


def test_made_again_the_past_stays_and_the_future_is_open(same, again, reported):
    starts = again.run["results/decisions"].set_index("project")["start"]
    committed = reported.projects[reported.projects["state"] != "dropped"].set_index("project")["start"]
    assert (starts.reindex(committed.index) == committed).all()
    assert starts[~starts.index.isin(committed.index)].min() >= 2027
    assert CLINIC not in starts.index
    wish = again.run.scenario
    assert wish.years == same.run.scenario.years
    assert wish.from_year == 2027
    assert CLINIC in wish.banned
    money = again.run["results/ledger"].query("ledger == 'money' and key == 'capital' and unit == @THERE")
    before = same.run["results/ledger"].query("ledger == 'money' and key == 'capital' and unit == @THERE")
    spent, planned = (part.set_index("year")["amount"].get(2026, 0.0) for part in (money, before))
    assert spent != planned
    assert again.run.manifest["replan"]["earlier"] == same.run.id


def test_figures_move_the_baseline_where_it_can_follow(again):
    table = again.run["results/actual_figures"].set_index(["variable", "unit"])
    revenue = table.loc["account.own_revenue"]
    assert revenue["again"].tolist() == pytest.approx([4000.0, 4000.0])
    assert table.at[("people.total", THERE), "again"] != pytest.approx(1000.0)
    room = again.run["results/accounts"].query("item == 'room' and unit == @HERE and year == 2026")
    assert room["amount"].iloc[0] >= 55.0
    source = again.run.region["accounts"].query("year == 2026")
    assert not source["modelled"].any()
    assert set(source["source"]) == {"actuals"}
    between = again.run.region["accounts"].query("year == 2025 and source == 'actuals:between'")
    assert between["modelled"].all()


def test_revenue_of_a_later_past_year_is_met_and_followed(run):
    rows = [(unit, 2027, "account.own_revenue", 4000.0) for unit in (HERE, THERE)]
    told = Actuals(figures=pd.DataFrame(rows, columns=["unit", "year", "variable", "value"]))
    region, scenario = region_with(monitor(run, told)), run.scenario
    sectors = [one for one in load_sectors() if one.name in ("population", "industry", "finance")]
    assume = Assume.of(region["standards"], scenario)
    states = simulate(region, sectors, scenario=scenario, assume=assume)
    own = {state.year: state["account.own_revenue"] for state in states}
    assert own[2027].tolist() == pytest.approx([4000.0, 4000.0])
    added = [states[number]["value_added.total"] for number in (1, 2)]
    grown = (added[1] / added[0]).reindex(own[2028].index) ** assume["elasticity.revenue"]
    assert (own[2028] / own[2027]).tolist() == pytest.approx(grown.tolist())


def test_the_journal_keeps_every_earlier_row_and_leads_to_the_plan(run, same, again):
    first, second = same.journal, again.journal
    pd.testing.assert_frame_equal(second.iloc[: len(first)], first)
    assert second["number"].tolist() == list(range(1, len(second) + 1))
    assert list(dict.fromkeys(second["run"])) == [run.id, same.run.id, again.run.id]
    assert (
        replayed(second).to_dict() == again.run["results/decisions"].set_index("project")["start"].to_dict()
    )
    clinic = second[(second["project"] == CLINIC) & (second["run"] == again.run.id)].set_index("change")
    assert clinic.at["dropped", "reason"] == "given_up"
    assert clinic.at["dropped", "why"] == "no doctor was found"
    assert "banned" in clinic.index
    assert not journal_problems(again.run)
    assert not journal_problems(run)
    lost = again.changes.loc[again.changes["loss"] > 0, "change"]
    assert set(lost) <= {"moved", "dropped"}
    assert again.run.certificate["extra"] == pytest.approx(-again.changes["loss"].sum(), abs=1e-9)


def test_a_plan_made_again_verifies_like_any_other(again):
    assert [str(problem) for problem in verify(again.run.path).problems] == []


def test_a_journal_that_was_changed_is_found(again, tmp_path, monkeypatch):
    table = again.journal.copy()
    last = table[table["change"] == "built"].index[-1]
    table.loc[last, "after"] = 2028.0
    monkeypatch.setattr(Run, "__getitem__", _instead({"results/journal": table.iloc[:-1]}, Run.__getitem__))
    assert len(journal_problems(replace(again.run))) >= 1


def _instead(tables, usual):
    return lambda self, name: tables[name] if name in tables else usual(self, name)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_is_read_as_it_was_filled_in(run, tmp_path, language):
    file = tmp_path / "t.xlsx"
    file.write_bytes(actuals_template(run, language=language))
    found = read_actuals(file)
    assert set(found.projects["project"]) == set(run["results/decisions"]["project"])
    assert set(found.projects["state"]) == {"planned"}
    assert set(found.figures["unit"]) == {HERE, THERE}
    assert found.figures["value"].isna().all()
    assert monitor(run, file, year=2026).summary()["figures"] == 0


def test_tables_in_chinese_and_in_gb18030_and_folders(run, tmp_path):
    words = f"项目编码,状态,实际开工年份,实际投资（万元）\n{CLINIC},已建成,2026,44\n{SCHOOL},取消,,\n"
    (tmp_path / "p.csv").write_bytes(words.encode("gb18030"))
    found = read_actuals(tmp_path / "p.csv").projects
    assert found["state"].tolist() == ["built", "dropped"]
    assert found["capital_wan"].tolist()[0] == 44
    folder = tmp_path / "told"
    folder.mkdir()
    (folder / "projects.csv").write_text(f"project,state\n{CLINIC},built\n", encoding="utf-8")
    (folder / "figures.csv").write_text(
        f"unit,year,variable,value\n{HERE},2026,people.total,5\n", encoding="utf-8"
    )
    both = monitor(run, folder)
    assert both.projects.set_index("project").at[CLINIC, "start"] == 2026
    assert len(both.figures) == 1


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("project,state,colour\na,built,red\n", "unknown column"),
        ("project,项目编码,state\na,a,built\n", "two columns of the same meaning"),
        ("project\na\n", "missing column"),
        ("project,state\na,finished\n", "unknown state"),
        ("project,state,start\na,built,many\n", "not a number"),
        ("project,state,start\na,built,2026.5\n", "a year that cannot be"),
        ("project,state,capital_wan\na,built,-4\n", "below nothing"),
        ("project,state\na,built\na,built\n", "reported twice"),
        ("project,state\n,built\n", "missing value"),
        ("unit,year,variable,value\n,2026,people.total,4\n", "missing value"),
    ],
)
def test_wrong_tables_are_reported_with_their_rows(tmp_path, words, rule):
    (tmp_path / "a.csv").write_text(words, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_actuals(tmp_path / "a.csv")
    assert rule in {problem.rule for problem in error.value.problems}
    assert all(problem.file == "a.csv" for problem in error.value.problems)


def test_no_file_and_an_empty_folder_are_reported(tmp_path):
    for place, rule in ((tmp_path / "no.csv", "no such file"), (tmp_path, "no projects and no figures")):
        with pytest.raises(DataError) as error:
            read_actuals(place)
        assert [problem.rule for problem in error.value.problems] == [rule]


def test_everything_that_does_not_fit_the_run_is_in_one_report(run):
    projects = pd.DataFrame({"project": ["clinic:no", "clinic:990101001001"], "state": ["built", "built"]})
    rows = [
        ("no", 2026, "people.total", 1.0),
        (HERE, 2026, "people.many", 1.0),
        (HERE, 1999, "people.total", 1),
    ]
    figures = pd.DataFrame(rows, columns=["unit", "year", "variable", "value"])
    with pytest.raises(DataError) as error:
        monitor(run, Actuals(projects, figures))
    rules = [problem.rule for problem in error.value.problems]
    assert rules[0] == "not on offer in the run"
    assert rules.count("the plan has no such figure") == 2
    assert rules.count("not in units") == 1
    places = [(problem.file, problem.row) for problem in error.value.problems]
    assert places == [("projects", 2), ("projects", 3), ("figures", 2), ("figures", 3), ("figures", 4)]


def test_years_prices_and_scenarios_that_cannot_be(run, same, tmp_path):
    told = Actuals(projects=begun(run, until=2026))
    with pytest.raises(DataError, match="not a year of the plan"):
        monitor(run, told, year=2035)
    early = told.projects.assign(start=2028)
    with pytest.raises(DataError, match="built, but it starts in a year to come"):
        monitor(run, Actuals(early), year=2026)
    other = with_money(6.0).model_copy(update={"last_year": 2040})
    wrong = ("not a year of the plan", "a price below nothing", "other years than the run's")
    with pytest.raises(ScenarioError) as error:
        replan(run, told, from_year=2040, price=-1.0, scenario=other, out=tmp_path / "no")
    assert tuple(one.rule for one in error.value.problems) == wrong
    with pytest.raises(DataError) as both:
        replan(run, Actuals(told.projects.assign(state="done")), price=-1.0, out=tmp_path / "no")
    assert {one.rule for one in both.value.problems} == {"a price below nothing", "unknown state"}
    nowhere = tmp_path / "nowhere.toml"
    with pytest.raises(DataError) as files:
        replan(run, Actuals(told.projects.assign(state="done")), scenario=nowhere, out=tmp_path / "no")
    assert {one.rule for one in files.value.problems} == {"no such scenario file", "unknown state"}
    assert not (tmp_path / "no").exists()


def test_a_debt_limit_below_the_debt_is_refused_before_anything_is_made(run, tmp_path):
    rows = [(unit, 2024, "account.debt_limit", 1.0) for unit in (HERE, THERE)]
    figures = pd.DataFrame(rows, columns=["unit", "year", "variable", "value"])
    with pytest.raises(DataError):
        replan(run, Actuals(figures=figures), out=tmp_path / "no")


def test_tables_are_saved_and_made_a_workbook(run, reported, tmp_path):
    found = monitor(run, reported)
    saved = pd.read_csv(found.save(tmp_path / "m") / "projects.csv", encoding="utf-8-sig")
    assert len(saved) == len(found.projects)
    sheets = pd.read_excel(io.BytesIO(found.book("zh")), sheet_name=None, engine="calamine")
    assert list(sheets) == ["项目", "数据", "触发事项"]


def test_what_cannot_be_read_and_what_the_run_does_not_know_are_in_one_report(run, tmp_path):
    rows = [
        "project,state,start,capital_wan",
        f"{CLINIC},finished,2026,-5",
        f'{SCHOOL},built,2026年,"1,040"',
        "no:such,dropped,,",
    ]
    (tmp_path / "projects.csv").write_text("\n".join(rows), encoding="utf-8")
    figures = [
        "unit,year,variable,value",
        f"{HERE},2026,money.room,-50",
        f"{HERE},2026,people.total,-5",
        f"{HERE},2026,account.own_revenue,1",
        f"{HERE},2026,account.own_revenue,2",
        "nowhere,2026,people.total,5",
        f"{HERE},,people.total,5",
    ]
    (tmp_path / "figures.csv").write_text("\n".join(figures), encoding="utf-8")
    with pytest.raises(DataError) as error:
        monitor(run, tmp_path)
    said = [(one.rule, one.value) for one in error.value.problems]
    assert sorted(said) == sorted(
        [
            ("unknown state", "finished"),
            ("below nothing", "-5"),
            ("not a number", "2026年"),
            ("not a number", "1,040"),
            ("not on offer in the run", "no:such"),
            ("below nothing", "-50.0"),
            ("below nothing", "-5.0"),
            ("reported twice", f"{HERE}, 2026, account.own_revenue"),
            ("not in units", "nowhere"),
            ("missing value", ""),
        ]
    )
    assert "write 1040, without separators and signs" in {one.mend for one in error.value.problems}


def test_what_was_built_before_the_plan_is_known_and_what_is_built_after_it_is_refused(run):
    table = pd.DataFrame({"project": [CLINIC], "state": ["built"], "start": [2015]})
    found = monitor(run, Actuals(projects=table))
    assert found.year == 2026
    assert found.projects.set_index("project").at[CLINIC, "finding"] == "early"
    with pytest.raises(DataError) as error:
        monitor(run, Actuals(projects=table.assign(start=2036)))
    assert [(one.column, one.value) for one in error.value.problems] == [("start", f"{CLINIC} in 2036")]


def test_a_workbook_with_other_sheet_names_is_read_by_its_headings(run, tmp_path):
    projects = pd.DataFrame({"项目编码": [CLINIC], "状态": ["建成"], "实际开工年份": [2026]})
    notes = pd.DataFrame({"备注": ["三月报"]})
    for name, sheets in {"one": ["Sheet1"], "two": ["项目", "projects"]}.items():
        with pd.ExcelWriter(tmp_path / f"{name}.xlsx") as book:
            for sheet in sheets:
                projects.to_excel(book, sheet_name=sheet, index=False)
            notes.to_excel(book, sheet_name="说明", index=False)
    assert read_actuals(tmp_path / "one.xlsx").projects["project"].tolist() == [CLINIC]
    with pytest.raises(DataError, match="two sheets of the same table"):
        read_actuals(tmp_path / "two.xlsx")


def test_a_scenario_given_anew_keeps_what_is_known_and_not_what_was_wished(again):
    before = again.run.scenario
    assert before.committed
    assert before.booked
    edited = before.model_copy(update={"edits": (Edit(project=BRANCH, running_wan=7.0),)})
    earlier = replace(again.run, manifest={**again.run.manifest})
    vars(earlier)["scenario"] = edited
    made = _with_past(with_money(9.0), earlier)
    assert (made.committed, made.booked, made.edits) == (before.committed, before.booked, edited.edits)
    assert made.banned == (CLINIC,)
    assert (made.limits.money_factor, made.from_year) == (9.0, before.from_year)
    fresh = _with_past(with_money(9.0, city_pool_wan=1.0).model_copy(update={"banned": ("x",)}), earlier)
    assert fresh.banned == ("x", CLINIC)
