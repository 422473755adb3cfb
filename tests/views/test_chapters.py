"""Chapters of bureaus: their figures are the stored ones; they stand only where the run plans for them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu import open_run
from tongqu.contracts import Run, project_table
from tongqu.views import report_html
from tongqu.views.tables import Figures, figures_of
from tongqu.views.tables.bureaus import bureaus_of
from tongqu.views.tables.medical import medical_of
from tongqu.views.tables.priority import priority_of
from tongqu.views.tables.reach import NEW, NOBODY, NONE, PARTLY, WHOLLY, Reach
from tongqu.views.tables.schools import schools_of
from tongqu.views.tables.stored import read_run
from tongqu.views.words import Words

NEWER = ("results/school_moves", "results/reach")
"""Tables that runs of earlier versions do not have."""


def chapters(html: str) -> list[str]:
    return re.findall(r'<section id="(\w+)" class="wide chapter">', html)


def copied(run: Run, folder: Path) -> Path:
    return Path(shutil.copytree(run.path, folder / "run"))


def replaced(folder: Path, table: str, content: pd.DataFrame) -> None:
    content.to_parquet(folder / f"{table}.parquet", index=False)


def test_sums_of_counties_are_those_of_the_services(figures: Figures):
    county = figures.stored.county_of(figures.stored.cube.villages)
    for bureau in figures.bureaus.values():
        sums = bureau.sums(county)
        for name in bureau.plain:
            for key in ("demand", "base", "plan"):
                got = sums.loc[name][key].reindex(list(figures.stored.counties)).fillna(0.0)
                want = figures.services.counties.loc[name][key]
                assert got.to_numpy() == pytest.approx(want.to_numpy()), (name, key)


def test_money_and_staff_are_those_of_the_projects(run: Run, figures: Figures):
    decisions, last = run["results/decisions"], figures.stored.last
    for sector, bureau in figures.bureaus.items():
        rows = decisions[decisions["sector"] == sector]
        assert bureau.kinds["count"].sum() == len(rows)
        in_time = rows["opens"] <= last
        assert bureau.opens.to_numpy().sum() == in_time.sum()
        parts = rows["lead"].clip(lower=1)
        paid = (rows["capital_wan"] * (last + 1 - rows["start"]).clip(upper=parts) / parts).sum()
        assert bureau.money["capital"].sum() == pytest.approx(paid)
        assert bureau.money["running"].iloc[-1] == pytest.approx(rows.loc[in_time, "running_wan"].sum())
        assert bureau.kinds["capital"].sum() == pytest.approx(rows["capital_wan"].sum())
        used = bureau.staff_counties["used"].sum()
        assert used == pytest.approx(bureau.staff["used"].fillna(0.0).iloc[-1])


def test_people_served_more_are_the_simulated_difference(run: Run, figures: Figures):
    table = run["results/outcomes"]
    for bureau in figures.bureaus.values():
        for name in bureau.added.index:
            mine = table[table["variable"] == f"served.{name}"]
            by = mine.groupby(["case", "year"])["value"].sum()
            want = by["plan"] - by["base"]
            assert bureau.added.loc[name].to_numpy() == pytest.approx(want.to_numpy(), abs=1e-6)


def test_pupils_and_places(run: Run, figures: Figures):
    found = schools_of(figures.stored, figures.bureaus["education"])
    outcomes = run["results/outcomes"]
    last = outcomes[(outcomes["case"] == "plan") & (outcomes["year"] == figures.stored.last)]
    for stage in ("primary", "junior"):
        every = last.loc[last["variable"] == f"pupils.{stage}", "value"].sum()
        assert found.pupils.loc[stage].iloc[:, -1].sum() == pytest.approx(every)
    sites = run.region["sites"]
    today = sites.loc[sites["kind"] == "primary_school", "capacity"].sum()
    assert found.places.loc["primary"].iloc[0] == pytest.approx(today)
    assert found.places.loc["nursery"].isna().all(), "the region lists no kindergarten"
    assert (
        found.teachers.loc["primary", "have"] == sites.loc[sites["kind"] == "primary_school", "staff"].sum()
    )


def test_beds_for_a_thousand_people_are_those_of_the_indicator(figures: Figures):
    found = medical_of(figures.stored, figures.bureaus["health"])
    table = figures.coordination.indicators
    for what in ("beds", "doctors"):
        for case in ("base", "plan"):
            want = table.loc[f"{what}_per_1000", f"value_{case}"]
            assert found.norms.loc[(what, ""), case] == pytest.approx(want), (what, case)


def test_states_of_villages_on_a_map():
    demand = np.array([0.0, 10.0, 10.0, 10.0, 10.0])
    base, plan = np.array([0.0, 10.0, 4.0, 0.0, 0.0]), np.array([0.0, 10.0, 10.0, 5.0, 0.0])
    reach = Reach(demand, base, demand, base, plan, demand, demand, 20.0)
    assert reach.state("base").tolist() == [NOBODY, WHOLLY, PARTLY, NONE, NONE]
    assert reach.state("plan").tolist() == [NOBODY, WHOLLY, NEW, PARTLY, NONE]


def test_chapters_stand_where_services_are_asked_for(reports: dict[str, str]):
    for html in reports.values():
        assert chapters(html) == ["education", "health"], "nobody asks for care: the region lists no site"


def test_each_pair_of_maps_has_a_table(figures: Figures, reports: dict[str, str]):
    villages = len(figures.stored.cube.villages)
    for language, html in reports.items():
        words = Words(language)  # type: ignore[arg-type]
        for sector in ("education", "health"):
            chapter = re.search(rf'<section id="{sector}".*?</section>', html, flags=re.S)
            assert chapter
            pictures = len(re.findall(r'<svg class="small-map', chapter[0]))
            twin = chapter[0].split(f"<summary>{words('chapter.twin')}</summary>")[1].split("</table>")[0]
            sums = re.findall(r'<tr class="sum">(.*?)</tr>', twin)
            assert pictures == 2 * len(sums) > 0
            for row in sums:
                numbers = [int(n.replace(",", "")) for n in re.findall(r'<td class="n">([\d,]+)</td>', row)]
                assert sum(numbers[3:]) == villages
            assert f"<code>{figures.stored.run.id}</code>" in chapter[0]


def test_a_run_of_one_bureau_has_its_chapter_only(run: Run, tmp_path: Path):
    folder = copied(run, tmp_path)
    scenario = folder / "scenario.toml"
    text = scenario.read_text(encoding="utf-8").replace("sectors = []", 'sectors = ["education"]')
    assert 'sectors = ["education"]' in text
    scenario.write_text(text, encoding="utf-8", newline="\n")
    html = report_html(open_run(folder), language="en")
    assert chapters(html) == ["education"]
    assert '<a href="#education">' in html
    assert '<a href="#health">' not in html


def test_a_run_of_an_earlier_version_is_reported_without_what_it_lacks(run: Run, tmp_path: Path):
    folder = copied(run, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in NEWER:
        (folder / f"{name}.parquet").unlink()
        del manifest["files"][f"{name}.parquet"]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    add_merger(folder, moves=False)
    html = report_html(open_run(folder), language="en")
    assert chapters(html) == ["education", "health"]
    assert Words("en")("chapter.moves_unknown") in html


def add_merger(folder: Path, *, moves: bool) -> None:
    """A merger of the school p02, which 30 children of two villages leave, 10 of them without a place."""
    decisions = pd.read_parquet(folder / "results" / "decisions.parquet")
    row = project_table(
        {
            "project": ["primary_merge:p02"],
            "name_zh": ["甲并入乙"],
            "name_en": ["A merges into B"],
            "unit": "990101002001",
            "county": "990101",
            "site": "p02",
            "size": 25.0,
            "size_unit": "pupil",
            "running_wan": -40.0,
            "capital_wan": 20.0,
            "lead": 1,
        },
        sector="education",
        kind="primary_merge",
    ).assign(start=2026, opens=2027)
    replaced(folder, "results/decisions", pd.concat([decisions, row], ignore_index=True))
    if moves:
        table = pd.DataFrame(
            {
                "project": "primary_merge:p02",
                "unit": ["990101002001", "990101002002"],
                "year": 2027,
                "children": [20.0, 10.0],
                "placed": [20.0, 0.0],
                "minutes_before": [0.0, 9.0],
                "minutes_after": [12.0, np.nan],
            }
        )
        replaced(folder, "results/school_moves", table)


def test_a_merger_says_what_it_saves_and_whom_it_costs(run: Run, tmp_path: Path):
    folder = copied(run, tmp_path)
    add_merger(folder, moves=True)
    stored = read_run(open_run(folder))
    found = schools_of(stored, bureaus_of(stored)["education"])
    row = found.mergers.loc["primary_merge:p02"]
    assert row[["saving", "capital", "children", "placed", "longer"]].tolist() == [
        40.0,
        20.0,
        30.0,
        20.0,
        20.0,
    ]
    assert row[["before", "after", "longest"]].tolist() == [0.0, 12.0, 12.0], "of those who find a place"
    assert row["pays"] == "990101002001"
    closed = run.region["sites"].set_index("site").loc["p02", "capacity"]
    places = found.places.loc["primary"]
    assert places[2026] - places[2027] == pytest.approx(closed)
    html = report_html(open_run(folder), language="en")
    assert Words("en")("chapter.unplaced_said", children="10") in html


@pytest.fixture(scope="module")
def cared(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The run with people who ask for meals: 10 in each village, 4 of them first; and two floors."""
    folder = copied(run, tmp_path_factory.mktemp("cared"))
    outcomes = pd.read_parquet(folder / "results" / "outcomes.parquet")
    values = {
        ("demand.meals", "base"): 10.0,
        ("demand.meals", "plan"): 10.0,
        ("served.meals", "base"): 2.0,
        ("served.meals", "plan"): 6.0,
        ("demand.meals_priority", "base"): 4.0,
        ("demand.meals_priority", "plan"): 4.0,
        ("served.meals_priority", "base"): 2.0,
        ("served.meals_priority", "plan"): 4.0,
    }
    for (variable, case), value in values.items():
        outcomes.loc[(outcomes["variable"] == variable) & (outcomes["case"] == case), "value"] = value
    replaced(folder, "results/outcomes", outcomes)
    scenario = folder / "scenario.toml"
    text = scenario.read_text(encoding="utf-8").replace("floors = []\n", "")
    text = text.replace("[goal.services]", "[goal.services]\nmeals_priority = 2.0")
    text += '\n[[floors]]\nservice = "meals_priority"\nshare = 0.9\nyear = 2028\n'
    text += '\n[[floors]]\nservice = "meals"\nshare = 0.7\nyear = 2028\ntown = "990101002"\n'
    scenario.write_text(text, encoding="utf-8", newline="\n")
    return figures_of(open_run(folder))


def test_those_who_come_first(cared: Figures):
    found = priority_of(cared.stored, cared.bureaus["care"])
    villages = len(cared.stored.cube.villages)
    row = found.groups.loc["meals_priority"]
    assert row[["demand", "first"]].tolist() == [10.0 * villages, 4.0 * villages]
    assert row[["base", "plan", "all", "weight"]].tolist() == pytest.approx([0.5, 1.0, 0.6, 2.0])
    assert found.floors["reached"].tolist() == pytest.approx([1.0, 0.6])
    assert set(found.standards["standard"]) == {
        *("care.alone", "care.left_children", "care.low_income_elders"),
        *("care.low_income_rural", "care.low_income_urban"),
    }


def test_the_chapter_on_care_says_floors_kept_and_missed(cared: Figures):
    html = report_html(cared.stored.run, language="en")
    assert chapters(html) == ["education", "health", "care"]
    chapter = html.split('<section id="care"')[1].split("</section>")[0]
    words = Words("en")
    floors = chapter.split(f"<h3>{words('chapter.floors')}</h3>")[1].split("</table>")[0]
    said = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)[-1] for row in re.findall(r"<tr>.*?</tr>", floors)[1:]
    ]
    assert said == [words("floor_state.kept"), words("floor_state.missed")]
    assert words.label("service", "meals_priority") in chapter
    assert "meals_priority" not in chapter
