"""The outlook: identities of its tables, draws that do not reshuffle, published figures, files."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.base import DataError, RunError, ScenarioError
from tongqu.contracts import Assume, Forecast, Offer, Scenario
from tongqu.sectors.population.census import census_of
from tongqu.sectors.population.path import path, uncertain
from tongqu.sectors.relocation import sector as relocation
from tongqu.sectors.relocation.proposals import village_proposals
from tongqu.workflow.outlook.files import heading
from tongqu.workflow.outlook.futures import BATCH, RANGED, draws_of, ranges_of
from tongqu.workflow.outlook.people import measures
from tongqu.workflow.outlook.published import FIGURES, nowcast_table
from tongqu.workflow.outlook.simulated import CASES, feedback_table, key_states
from tongqu.workflow.outlook.study import TABLES
from tongqu.workflow.outlook.villages import village_table
from tongqu.workflow.prepare import sectors_for

UNTIL = 2040
PAST = ["life.gain", "migration.to_town", "hukou.register"]
"""Parameters that the reading of the past depends on too; futures do not read it again."""
ITEMS = ["births", "arrivals", "immigrants", "reclassified", "registered"]
LOSSES = ["deaths", "departures", "emigrants"]
RELOCATION = {
    "relocation.cost_per_person": 6.25,
    "relocation.take_up": 0.8,
    "relocation.most_people": 600.0,
    "relocation.persons_per_household": 2.62,
    "relocation.saving": 0.1,
    "relocation.host_land": 60.0,
    "relocation.homestead": 150.0,
    "relocation.reclaim": 0.6,
}
"""Standards of relocation for regions that lack them."""


@pytest.fixture(scope="module")
def quzhou():
    return tongqu.load("quzhou")


@pytest.fixture(scope="module")
def found(quzhou):
    return tongqu.project(quzhou, until=UNTIL, futures=30)


@pytest.fixture(scope="module")
def assume(quzhou):
    return Assume.of(quzhou["standards"], Scenario())


def test_people_add_up_to_totals(found):
    people = found.people
    by = people.groupby(["unit", "year"])["people"].sum()
    totals = found.totals.set_index(["unit", "year"])
    np.testing.assert_allclose(by.reindex(totals.index), totals["people"], rtol=1e-12)
    town = people[people["residence"] == "urban"].groupby(["unit", "year"])["people"].sum()
    np.testing.assert_allclose(town.reindex(totals.index), totals["urban"], rtol=1e-12)
    assert (people["people"] >= 0).all()
    assert people["age"].nunique() == 18
    assert set(people["register"]) == {"here", "elsewhere"}
    assert people["year"].min() == 2020
    assert people["year"].max() == UNTIL


def test_the_whole_is_the_sum_of_its_counties(found):
    totals = found.totals.set_index(["unit", "year"])
    counts = ["people", "urban", "rural", "aged_0_14", "aged_6_14", "aged_15_64", "aged_65"]
    parts = totals.drop(index=found.whole, level="unit").groupby("year")[counts].sum()
    np.testing.assert_allclose(totals.loc[found.whole, counts], parts, rtol=1e-12)
    ages = totals[["aged_0_14", "aged_15_64", "aged_65"]].sum(axis=1)
    np.testing.assert_allclose(ages, totals["people"], rtol=1e-12)


def test_the_first_year_is_the_census(found, quzhou):
    census = census_of(quzhou)
    totals = found.totals.set_index(["unit", "year"])
    counted = census.now.sum(axis=(1, 2, 3))
    given = quzhou["people"]
    given = given[(given["year"] == 2020) & given["unit"].isin(census.counties)]
    np.testing.assert_allclose(counted, given.groupby("unit")["people"].sum().reindex(census.counties))
    for county, people in zip(census.counties, counted, strict=True):
        assert totals.at[(county, 2020), "people"] == pytest.approx(people)


def test_accounts_balance_and_link_the_years(found):
    accounts = found.accounts
    end = accounts["start"] + accounts[ITEMS].sum(axis=1) - accounts[LOSSES].sum(axis=1)
    np.testing.assert_allclose(end, accounts["end"], atol=1e-6)
    assert found.imbalance == pytest.approx(float((end - accounts["end"]).abs().max()))
    assert found.summary()["imbalance"] < 1e-6
    by = accounts.set_index(["unit", "residence", "year"]).sort_index()
    for key in (("330802", "urban"), (found.whole, "rural")):
        one = by.loc[key]
        np.testing.assert_allclose(one["start"].to_numpy()[1:], one["end"].to_numpy()[:-1], rtol=1e-12)
    whole = accounts[accounts["unit"] == found.whole].groupby("year").sum(numeric_only=True)
    np.testing.assert_allclose(whole["arrivals"], whole["departures"], rtol=1e-9)
    np.testing.assert_allclose(whole["registered"], 0, atol=1e-6)
    assert (accounts["newly_registered"] >= 0).all()


def test_an_account_that_does_not_balance_is_told(found):
    broken = found.accounts.copy()
    broken.loc[3, "births"] += 7
    assert replace(found, accounts=broken).imbalance == pytest.approx(7, abs=1e-6)


def test_median_age_by_brute_force():
    rng = np.random.default_rng(4)
    people = rng.integers(0, 9, size=(2, 3, 2, 2, 18)).astype(float)
    median = measures(people)["median_age"]
    for place in range(3):
        by_age = people[:, place].sum(axis=(0, 1, 2))
        persons = np.concatenate(
            [
                5 * age + (np.arange(1000 * count) + 0.5) * 5 / (1000 * count)
                for age, count in enumerate(by_age)
                if count
            ]
        )
        assert median[1 + place] == pytest.approx(np.median(persons), abs=0.02)


def test_nobody_has_no_median_and_no_share():
    empty = measures(np.zeros((2, 1, 2, 2, 18)))
    assert np.isnan(empty["median_age"]).all()
    assert np.isnan(empty["urban_share"]).all()
    assert (empty["people"] == 0).all()


def test_draws_stay_when_there_are_more_futures_or_parameters(quzhou, assume):
    few, many = (draws_of(quzhou, assume, futures=count, seed=3) for count in (10, 25))
    pd.testing.assert_frame_equal(few, many.iloc[:10])
    pd.testing.assert_frame_equal(few, draws_of(quzhou, assume, futures=10, seed=3))
    other = draws_of(quzhou, assume, futures=10, seed=4)
    assert (few != other).all(axis=None)
    blank = quzhou["standards"].copy()
    gone = few.columns[2]
    blank.loc[blank["standard"] == gone, ["low", "high"]] = np.nan
    less = replace(quzhou, tables={**quzhou.tables, "standards": blank})
    pd.testing.assert_frame_equal(draws_of(less, assume, futures=10, seed=3), few.drop(columns=gone))


def test_draws_are_triangular(quzhou, assume):
    drawn = draws_of(quzhou, assume, futures=4000, seed=1)
    rows = uncertain(quzhou["standards"]).astype({"low": float, "value": float, "high": float})
    assert list(drawn.columns) == list(rows.index)
    assert (drawn >= rows["low"]).all(axis=None)
    assert (drawn <= rows["high"]).all(axis=None)
    mean = rows[["low", "value", "high"]].mean(axis=1)
    width = rows["high"] - rows["low"]
    assert ((drawn.mean() - mean).abs() < 0.02 * width).all()
    wide = draws_of(
        quzhou, Assume(assume.values.where(assume.values.index != "life.gain", 0.5)), futures=200, seed=1
    )
    assert wide["life.gain"].max() > 0.33
    apart = np.corrcoef(drawn.to_numpy().T) - np.eye(drawn.shape[1])
    assert np.abs(apart).max() < 0.08


def test_ranges_are_quantiles_of_single_futures(quzhou, assume):
    draws = draws_of(quzhou, assume, futures=5, seed=2).drop(columns=PAST)
    units = ["330800", *quzhou.level("county").index]
    ranges = ranges_of(quzhou, assume, draws, units=units, until=2026).set_index(["unit", "variable", "year"])
    people, births = [], []
    for row in draws.to_dict("records"):
        values = pd.concat([assume.values.drop(list(row)), pd.Series(row)])
        made = path(quzhou, Assume(values), until=2026)
        people.append(made.people[-1].sum(axis=(0, 2, 3, 4)))
        births.append(made.accounts.births[-1].sum())
    for place, county in enumerate(quzhou.level("county").index):
        wanted = np.quantile(np.array(people)[:, place], [0.1, 0.5, 0.9])
        np.testing.assert_allclose(ranges.loc[(county, "people", 2026)], wanted, rtol=1e-9)
    wanted = np.quantile(births, [0.1, 0.5, 0.9])
    np.testing.assert_allclose(ranges.loc[("330800", "births", 2026)], wanted, rtol=1e-9)


def test_batches_change_nothing(quzhou, assume, monkeypatch):
    draws = draws_of(quzhou, assume, futures=7, seed=2)
    units = ["330800", *quzhou.level("county").index]
    whole = ranges_of(quzhou, assume, draws, units=units, until=2024)
    assert len(draws) < BATCH
    monkeypatch.setattr("tongqu.workflow.outlook.futures.BATCH", 3)
    pd.testing.assert_frame_equal(whole, ranges_of(quzhou, assume, draws, units=units, until=2024))


def test_ranges_hold_the_assumed_case(found):
    assert set(found.ranges["variable"]) == set(RANGED)
    assert (found.ranges["p10"] <= found.ranges["p50"]).all()
    assert (found.ranges["p50"] <= found.ranges["p90"]).all()
    long = found.totals.melt(["unit", "year"], var_name="variable").set_index(["unit", "year", "variable"])[
        "value"
    ]
    last = found.ranges[(found.ranges["year"] == UNTIL) & (found.ranges["variable"] == "people")]
    inside = [row.p10 < long[(row.unit, row.year, row.variable)] < row.p90 for row in last.itertuples()]
    assert all(inside)
    start = found.ranges[found.ranges["year"] == 2020]
    np.testing.assert_allclose(start["p10"], start["p90"], rtol=1e-12)
    assert (found.ranges.loc[found.ranges["variable"] == "births", "year"] > 2020).all()


def test_without_futures_there_is_no_range():
    none = tongqu.project(TINY, until=2036, futures=0)
    assert none.ranges.empty
    assert none.summary()["ranges_until"] == {}
    assert next(iter(none.draws.columns)) == "future"


def test_flows_add_up(found, quzhou, assume):
    moves = path(quzhou, assume, until=2021).calibration.moves
    flows = found.flows
    assert (flows["people"] >= 0).all()
    assert flows["modelled"].all()
    out = flows[flows["kind"].isin(["inside", "leavers"])].groupby("origin")["people"].sum()
    np.testing.assert_allclose(out.reindex(quzhou.level("county").index), moves.leavers, rtol=1e-9)
    into = (
        flows[flows["kind"].isin(["inside", "newcomers", "returners"])].groupby("destination")["people"].sum()
    )
    np.testing.assert_allclose(into.reindex(quzhou.level("county").index), moves.come, rtol=1e-9, atol=1e-6)
    sums = found.schedules[["leaving", "coming", "within"]].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-9)


def test_villages_are_those_of_the_simulation(found, quzhou, assume):
    states = key_states(quzhou, sectors_for(quzhou), scenario=Scenario(), assume=assume)
    villages = found.villages.set_index("unit")
    for name, state in zip(("base", "first", "last"), states, strict=True):
        pd.testing.assert_series_equal(
            villages[f"people_{name}"], state["people.total"], check_names=False, rtol=1e-12
        )
        whole = found.totals.set_index(["unit", "year"]).at[(found.whole, state.year), "people"]
        assert villages[f"people_{name}"].sum() == pytest.approx(whole, rel=1e-9)
    last = found.totals.set_index(["unit", "year"]).loc[(slice(None), UNTIL), "people"].droplevel("year")
    by = villages.groupby("county")["people_until"].sum()
    np.testing.assert_allclose(by, last.reindex(by.index), rtol=1e-9)
    assert villages.loc[villages["residence"] == "urban", "young_kept"].isna().all()
    assert set(villages["future"]) <= {"grow", "keep", "shrink", "move"}
    assert villages["modelled"].eq(villages["modelled_people"] | villages["modelled_position"]).all()


@pytest.mark.parametrize(
    "change", [{}, {"village.few": 500.0, "village.far_county": 35.0, "relocation.most_people": 150.0}]
)
def test_proposals_are_those_of_relocation(quzhou, assume, change):
    """Who is offered a move is who the outlook says may move, no more and no fewer, small places only."""
    scenario = Scenario()
    states = key_states(quzhou, sectors_for(quzhou), scenario=scenario, assume=assume)
    known = Assume(pd.Series(RELOCATION | assume.values.to_dict() | change))
    villages = village_table(quzhou, states, path=path(quzhou, known, until=UNTIL), assume=known)
    villages = villages.set_index("unit")
    proposed = village_proposals(quzhou, *states[1:], assume=known)
    columns = ["reason", "measure", "value", "threshold", "runner_up", "close"]
    columns += ["minutes_town", "minutes_hospital", "minutes_county"]
    pd.testing.assert_frame_equal(villages[columns], proposed[columns], check_exact=True)
    assert villages["future"].equals(proposed["proposal"])
    assert villages["people_first"].equals(proposed["people"])
    offered = relocation.offer(quzhou, Forecast(states[1:], Offer()), assume=known)
    leaving = set(offered.entries.loc[offered.entries["ledger"] == "moved", "unit"])
    move = villages[(villages["future"] == "move") & (villages["people_first"] > 0)]
    small = move[move["people_first"] <= known["relocation.most_people"]]
    assert leaving
    assert leaving == set(small.index), "every place of the bundled region has a host"
    assert (len(small) < len(move)) == bool(change)


def test_structure_says_what_villages_say(found):
    table = found.structure.set_index(["measure", "year"])["value"]
    rural = found.villages[found.villages["residence"] == "rural"]
    kept = rural["young_kept"].dropna()
    assert table["hollow_50", 2035] == pytest.approx((kept < 0.5).mean())
    assert table["hollow_25", UNTIL] == pytest.approx((rural["young_kept_until"].dropna() < 0.25).mean())
    urban = found.totals[found.totals["unit"] != found.whole].pivot(
        index="year", columns="unit", values="urban"
    )
    top = urban.max(axis=1) / urban.sum(axis=1)
    assert table["share_first", 2030] == pytest.approx(top[2030])
    counties = found.totals[found.totals["unit"] != found.whole]
    now = counties[counties["year"] == 2030]["urban_share"]
    assert table["sigma_urban_share", 2030] == pytest.approx(now.std(ddof=0) / now.mean())
    beta = found.structure[found.structure["measure"] == "beta_urban_share"]
    assert beta[["since", "year"]].to_numpy().tolist() == [[2010, 2020], [2020, 2035]]


def test_nowcast_is_held_against_what_was_published(found, quzhou):
    table = found.nowcast.set_index(["unit", "figure", "year"])
    totals = found.totals.set_index(["unit", "year"])
    row = table.loc[("330800", "resident_people", 2023)]
    assert row["published"] == 2_297_000
    assert row["projected"] == totals.at[("330800", 2023), "people"]
    assert abs(row["relative"]) < 0.01
    row = table.loc[("330800", "urbanization_rate", 2024)]
    assert row["published"] == 62.1
    assert abs(row["difference"]) < 2
    row = table.loc[("330800", "added_urban_people", 2024)]
    gained = totals.at[("330800", 2024), "urban"] - totals.at[("330800", 2020), "urban"]
    assert row["projected"] == pytest.approx(gained)
    assert row["note"] == "at_least"
    assert (found.nowcast["note"][found.nowcast["figure"].isin(["births", "deaths"])] == "registered").all()
    assert set(found.nowcast["figure"]) <= set(FIGURES)
    assert (found.nowcast["year"] > 2020).all()
    bare = replace(quzhou, tables={k: v for k, v in quzhou.tables.items() if k != "observations"})
    assert nowcast_table(bare, found.totals, found.accounts).empty


def test_targets(found):
    mine = found.targets[found.targets["unit"] == found.whole].set_index("year")
    share = found.totals[found.totals["unit"] == found.whole].set_index("year")["urban_share"]
    np.testing.assert_allclose(mine["gap"], 75 - 100 * share, rtol=1e-12)
    reached = found.summary()["target_reached"]
    assert reached == (int(mine.index[mine["gap"] <= 0].min()) if (mine["gap"] <= 0).any() else None)


def test_feedback_cases(quzhou, assume):
    sectors = sectors_for(quzhou)
    units = ["330800", *quzhou.level("county").index]
    short = Scenario(first_year=2026, last_year=2029)
    *_, still = key_states(quzhou, sectors, scenario=short, assume=assume)
    table = feedback_table(quzhou, sectors, scenario=short, assume=assume, still=still, units=units)
    assert tuple(dict.fromkeys(table["case"])) == CASES
    levels = table.drop_duplicates("case").set_index("case")["elasticity"]
    assert levels["low"] < levels["value"] < levels["high"]
    assert levels["value"] == assume["feedback.services"] == 0
    by = table.set_index(["unit", "case"])["people_change"]
    assert by["330800", "value"] == 0
    assert (by.xs("low", level="case") * by.xs("high", level="case") < 0).all()
    counties = table[table["unit"] != "330800"].groupby("case")["people"].sum()
    np.testing.assert_allclose(
        counties, table[table["unit"] == "330800"].set_index("case")["people"][counties.index]
    )


def test_feedback_where_another_value_is_assumed(quzhou, assume):
    sectors = sectors_for(quzhou)
    units = ["330800", *quzhou.level("county").index]
    short = Scenario(first_year=2026, last_year=2028)
    values = assume.values.copy()
    values["feedback.services"] = 0.5
    *_, still = key_states(quzhou, sectors, scenario=short, assume=Assume(values))
    table = feedback_table(quzhou, sectors, scenario=short, assume=Assume(values), still=still, units=units)
    levels = table.drop_duplicates("case").set_index("case")["elasticity"]
    assert levels["value"] == levels["high"] == 0.5
    assert table.loc[table["case"] != "low", "people_change"].ne(0).all()


def test_a_scenario_changes_it(quzhou):
    base = tongqu.project(quzhou, until=2036, futures=0)
    fewer = tongqu.project(quzhou, Scenario(assume={"migration.coming": 0.5}), until=2036, futures=0)
    last = [one.totals.set_index(["unit", "year"]).at[("330800", 2036), "people"] for one in (base, fewer)]
    assert last[1] < last[0]


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ({"until": 2020}, ["until"]),
        ({"until": 2101}, ["until"]),
        ({"futures": -1}, ["futures"]),
        ({"futures": 10_001}, ["futures"]),
        ({"seed": -1}, ["seed"]),
        ({"until": 1999, "futures": -2, "seed": -3}, ["until", "futures", "seed"]),
    ],
)
def test_wrong_numbers_are_named_together(asked, columns):
    with pytest.raises(DataError) as error:
        tongqu.project(TINY, **asked)
    assert [problem.column for problem in error.value.problems] == columns


def test_a_wrong_scenario(tmp_path):
    with pytest.raises(ScenarioError):
        tongqu.project(TINY, tmp_path / "none.toml", futures=0)
    with pytest.raises(ScenarioError):
        tongqu.project(TINY, Scenario(assume={"migration.comming": 1.0}), futures=0)


@pytest.fixture(scope="module")
def small():
    return tongqu.project(TINY, until=2036, futures=8)


def test_saved_tables_are_the_tables(small, tmp_path):
    folder = small.save(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(f"{name}.csv" for name in TABLES), "manifest.json"]
    )
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for name, table in small.tables.items():
        read = pd.read_csv(folder / f"{name}.csv", dtype={"unit": str}, encoding="utf-8-sig")
        assert list(read.columns) == list(table.columns)
        assert len(read) == len(table)
    totals = pd.read_csv(folder / "totals.csv", dtype={"unit": str}, encoding="utf-8-sig")
    np.testing.assert_allclose(totals["people"], small.totals["people"], atol=1e-6)
    assert (folder / "people.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["seed"] == 1
    assert manifest["years"]["until"] == 2036
    again = small.save(tmp_path / "again")
    assert all((again / path.name).read_bytes() == path.read_bytes() for path in folder.iterdir())


def test_what_is_there_is_not_replaced_unasked(small, tmp_path):
    folder = small.save(tmp_path / "out")
    with pytest.raises(RunError, match="earlier outlook"):
        small.save(folder)
    small.save(folder, force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not an outlook"):
        small.save(tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"
    with pytest.raises(RunError, match="is a file"):
        small.save(tmp_path / "mine" / "notes.txt", force=True)


def test_a_broken_write_leaves_nothing(small, tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.rename", fail)
    with pytest.raises(OSError, match="disk full"):
        small.save(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("language", "sheet"), [("zh", "主要数字"), ("en", "totals")])
def test_the_workbook_has_every_table_in_words(small, language, sheet):
    book = pd.read_excel(io.BytesIO(small.book(language)), sheet_name=None, engine="calamine")
    assert len(book) == len(TABLES)
    assert sheet in book
    for name, table in small.tables.items():
        shown = book[heading(f"table.{name}", language)]
        assert len(shown) == len(table)
        if language == "zh":
            assert all(any("\u4e00" <= letter <= "\u9fff" for letter in column) for column in shown.columns)


def test_the_same_question_has_the_same_answer(small):
    again = tongqu.project(TINY, until=2036, futures=8)
    for name, table in small.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])
    assert json.dumps(again.summary()) == json.dumps(small.summary())
