"""The economy: sums that agree, identities of tables and chains, changes that can be redone, files."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.base import DataError, RunError
from tongqu.contracts import Assume, Scenario
from tongqu.methods.chain import Investment, evaluate, returns
from tongqu.methods.input_output import leontief, regional_multipliers
from tongqu.sectors.industry.chains import chains_of, supply_of
from tongqu.sectors.industry.places import ROAD_MINUTES, road_minutes
from tongqu.sectors.industry.reference import reference_of
from tongqu.views.economy_charts import goods_flows, money_flows
from tongqu.workflow.economy.ground import (
    effective_workers,
    ground_of,
    local_tables,
    places_with_value,
)
from tongqu.workflow.economy.places import _candidates
from tongqu.workflow.economy.study import TABLES

GROUPS = {"gdp_primary": "A", "gdp_secondary": "BCDE", "gdp_tertiary": "FGHIJKLMNOPQRST"}


@pytest.fixture(scope="module")
def quzhou():
    return tongqu.load("quzhou")


@pytest.fixture(scope="module")
def found(quzhou):
    return tongqu.economy(quzhou)


def test_value_added_of_groups_is_what_is_published(quzhou, found):
    seen = quzhou["observations"]
    table = found.structure.set_index(["unit", "section"])
    compared = 0
    for unit in found.structure["unit"].unique():
        for variable, sections in GROUPS.items():
            mine = seen[
                (seen["unit"] == unit) & (seen["year"] == found.year) & (seen["variable"] == variable)
            ]
            rows = table.loc[[(unit, section) for section in sections]]
            if len(mine):
                assert rows["value_added_wan"].sum() == pytest.approx(float(mine["value"].iloc[0]), rel=1e-9)
            assert bool(rows["modelled"].any()) == (not len(mine))
            compared += len(mine)
    assert compared == 6


def test_the_whole_is_the_sum_of_its_counties(found):
    for table, keys, sums in (
        (found.structure, ["section"], ["value_added_wan", "jobs"]),
        (found.chain_summary, ["product"], ["area_mu", "harvest_t", "added_wan", "jobs", "farmer_wan"]),
    ):
        whole = table[table["unit"] == found.whole].set_index(keys)[sums]
        parts = table[table["unit"] != found.whole].groupby(keys)[sums].sum()
        np.testing.assert_allclose(parts.reindex(whole.index), whole, rtol=1e-9)


def test_tables_of_places_balance_and_agree_with_the_structure(found):
    io_rows, parts = found.io, found.structure.groupby("unit")["value_added_wan"].sum()
    sectors = set(found.multipliers["industry"])
    for unit, rows in io_rows.groupby("unit"):
        inner = rows[rows["row"].isin(sectors)]
        added = rows[~rows["row"].isin(sectors)]
        output = found.linkages[found.linkages["unit"] == unit].set_index("industry")["output_wan"]
        sold = inner.groupby("row")["amount_wan"].sum().reindex(output.index, fill_value=0.0)
        np.testing.assert_allclose(sold, output, atol=30)  # cells below half a 万元 are not listed
        assert added["amount_wan"].sum() == pytest.approx(parts[unit], rel=1e-4)
        bought = inner[inner["column"].isin(sectors)].groupby("column")["amount_wan"].sum()
        made = added.groupby("column")["amount_wan"].sum()
        total = bought.add(made, fill_value=0.0).reindex(output.index, fill_value=0.0)
        np.testing.assert_allclose(total, output, atol=30)
        assert (
            rows["local_wan"].dropna() <= rows.loc[rows["local_wan"].notna(), "amount_wan"] + 1e-6
        ).mean() > 0.99


def test_multipliers_follow_from_the_listed_table(found):
    unit = found.whole
    rows = found.io[found.io["unit"] == unit]
    output = found.linkages[found.linkages["unit"] == unit].set_index("industry")["output_wan"]
    wide = rows.pivot_table(index="row", columns="column", values="local_wan", aggfunc="sum")
    own = wide.reindex(index=output.index, columns=output.index).fillna(0.0).to_numpy()
    made = output.to_numpy()
    coefficients = np.divide(own, made, out=np.zeros_like(own), where=made > 0)
    mine = found.multipliers[found.multipliers["unit"] == unit].set_index("industry")["output"]
    large = made > 1e5
    np.testing.assert_allclose(leontief(coefficients).sum(axis=0)[large], mine[large], rtol=1e-3)


def test_multipliers_linkages_and_extraction_are_in_range(found):
    table = found.multipliers
    assert (table["output"] >= 1 - 1e-9).all()
    assert (table["output_2"] >= table["output"] - 1e-9).all()
    assert (table["jobs_2"] >= table["jobs"] - 1e-9).all()
    links = found.linkages.groupby("unit")[["backward_index", "forward_index"]].mean()
    np.testing.assert_allclose(links, 1.0)
    key = found.linkages["quadrant"] == "key"
    both = (found.linkages["backward_index"] > 1) & (found.linkages["forward_index"] > 1)
    assert (key == both).all()
    wide = found.extraction.pivot_table(index=["unit", "industry"], columns="variant", values="loss_wan")
    assert (wide["full"] >= wide[["purchases", "sales"]].max(axis=1) - 1e-6).all()
    assert found.extraction["share"].between(0, 1).all()


def test_published_tables_are_checked_and_an_unbalanced_one_is_told(found):
    assert found.balance["balanced"].all()
    assert set(found.balance["area"]) == {"zhejiang", "china"}
    assert found.reference == "zhejiang 2017"


def test_chains_conserve_goods_and_money(found):
    table = found.chains
    used = table["received_t"] - table["lost_t"]
    assert (used >= -1e-9).all()
    np.testing.assert_allclose(
        table["added_wan"], table["value_wan"] - table["purchases_wan"] - table["bought_wan"], atol=1e-6
    )
    sums = table.groupby(["unit", "product"])[["added_wan", "sales_wan", "bought_wan"]].sum()
    np.testing.assert_allclose(sums["added_wan"], sums["sales_wan"] - sums["bought_wan"], atol=1e-6)
    earned = found.chain_summary.set_index(["unit", "product"])
    who = earned[["farmer_wan", "processor_wan", "trader_wan", "other_wan"]].sum(axis=1)
    np.testing.assert_allclose(who, earned["added_wan"], atol=1e-6)


@pytest.mark.parametrize("product", ["citrus", "huyou", "tea", "camellia_oil"])
def test_the_money_of_the_diagram_goes_out_as_it_comes_in(found, product):
    flows = found.flows[found.flows["product"] == product]
    stages = found.chains[(found.chains["product"] == product) & (found.chains["unit"] == found.whole)]
    money = money_flows(flows, stages)
    into, out = money.groupby("to")["amount"].sum(), money.groupby("from")["amount"].sum()
    value = stages.set_index("stage")
    for stage in value.index:
        assert into.get(stage, 0.0) == pytest.approx(value.at[stage, "value_wan"], rel=1e-6)
        if value.at[stage, "added_wan"] >= 0:
            assert out.get(stage, 0.0) == pytest.approx(into.get(stage, 0.0), rel=1e-6)
    goods = goods_flows(flows, stages)
    arrives = goods.groupby("to")["amount"].sum()
    first = value.index[value["kind"] == "growing"][0]
    for stage in value.index.drop(first):
        assert arrives[stage] == pytest.approx(value.at[stage, "received_t"], rel=1e-6)
    assert arrives["loss"] == pytest.approx(value["lost_t"].sum(), rel=1e-6)


def test_a_change_is_what_the_chain_gives_when_it_is_made(quzhou, found):
    chain, supply = chains_of(quzhou)["citrus"], supply_of(quzhou)
    tonnes = float(supply.loc[supply["product"] == "citrus", "output_t"].sum())
    row = found.next_yuan[(found.next_yuan["product"] == "citrus") & (found.next_yuan["change"] == "harvest")]
    more = float(evaluate(chain, tonnes * 1.01).added.sum() - evaluate(chain, tonnes).added.sum())
    assert float(row["added_wan"].iloc[0]) == pytest.approx(more)
    one = Investment(name="x", wan=1.0, changes={("loss", "growing"): -0.01})
    wanted = float(returns(chain, tonnes, investments=[one])["added_wan"].iloc[0])
    loss = found.next_yuan[
        (found.next_yuan["product"] == "citrus")
        & (found.next_yuan["change"] == "loss")
        & (found.next_yuan["investment"] == "growing")
    ]
    assert float(loss["added_wan"].iloc[0]) == pytest.approx(wanted)
    each = found.next_yuan.groupby("product")["added_wan"]
    assert all(values.is_monotonic_decreasing for _, values in each)


def test_sites_take_supply_that_is_there(quzhou, found):
    supply = supply_of(quzhou).groupby("product")["output_t"].sum()
    taken = found.sites.groupby("product")["supply_t"].sum()
    assert (taken <= supply + 1e-6).all()
    np.testing.assert_allclose(taken, found.sites.groupby("product")["reached"].first() * supply)
    assert found.sites.groupby("product").size().eq(3).all()
    assert set(found.sites["unit"]) <= set(quzhou.level("town").index)
    assert not found.sites.duplicated(["product", "unit"]).any()
    assert len(tongqu.economy(quzhou, sites=1).sites) == 4


def test_a_scenario_counts(quzhou, found):
    fewer = tongqu.economy(quzhou, Scenario(assume={"industry.labour_minutes": 200.0}), sites=1)
    assert fewer.scenario == "base"
    assert set(fewer.sites["unit"]) != set(found.sites[found.sites["rank"] == 1]["unit"])


def test_a_region_without_chains_or_input_output():
    region = tongqu.load(TINY)
    gone = ("chain_products", "chain_stages", "chain_links", "chain_supply", "input_output", "industries")
    bare = replace(region, tables={name: region[name] for name in region.tables if name not in gone})
    found = tongqu.economy(bare)
    assert set(found.tables) == set(TABLES)
    empty = {"chains", "chain_summary", "flows", "sensitivities", "next_yuan", "sites", "io", "multipliers"}
    empty |= {"linkages", "extraction", "balance", "quotients"}
    assert {name for name, table in found.tables.items() if table.empty} == empty
    said = found.summary()
    assert said["chains"] == {}
    assert said["reference"] == ""
    assert said["value_added_wan"] > 0


@pytest.mark.parametrize("sites", [0, 21])
def test_wrong_numbers(sites):
    with pytest.raises(DataError, match="number of sites"):
        tongqu.economy(TINY, sites=sites)


def test_saved_tables_are_the_tables(found, tmp_path):
    folder = found.save(tmp_path / "made")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["kind"] == "economy"
    assert sorted(manifest["files"]) == sorted(f"{name}.csv" for name in TABLES)
    again = pd.read_csv(folder / "multipliers.csv", dtype={"unit": str})
    pd.testing.assert_frame_equal(again, found.multipliers, rtol=1e-4, atol=1e-6, check_dtype=False)
    with pytest.raises(RunError, match="earlier economy"):
        found.save(folder)
    found.save(folder, force=True)
    outlook = tmp_path / "other"
    outlook.mkdir()
    (outlook / "manifest.json").write_text('{"kind": "outlook"}', encoding="utf-8")
    with pytest.raises(RunError, match="not an economy"):
        found.save(outlook, force=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_speaks_the_language(found, language):
    book = pd.read_excel(io.BytesIO(found.book(language)), sheet_name=None, engine="calamine")
    assert len(book) == len(TABLES)
    for sheet, table in book.items():
        for column in table.columns:
            assert "_" not in column, (sheet, column)
            assert column.isascii() == (language == "en"), (sheet, column)
    stages = book["产业链环节" if language == "zh" else "chains"]
    assert ("果园" in str(stages)) or ("Growing" in str(stages)) or len(stages) > 10


def changed(region, **tables):
    return replace(region, tables={name: region[name] for name in region.tables} | tables)


def ground_with(region):
    assume = Assume.of(region["standards"], Scenario())
    reference = reference_of(region)
    return ground_of(region, assume=assume, reference=reference), reference


def test_tables_of_places_are_in_one_money(quzhou, found):
    ground, reference = ground_with(quzhou)
    each = reference.by_section / np.maximum(reference.workers * reference.expansion, 1e-9)
    money = ground.value_added[0].sum() / (ground.jobs[0] * each)[reference.workers > 0].sum()
    local = local_tables(ground, reference)
    # The whole has the reference's consumption by people, in the money of its own year.
    for role in ("household", "government"):
        spent = local.table.demand_of(role).sum(axis=-1)
        wanted = reference.table.demand_of(role).sum() * ground.people / reference.people * money
        np.testing.assert_allclose(spent, wanted, rtol=1e-9)
    np.testing.assert_allclose(local.table.value_of().sum(axis=-1), ground.value_added.sum(axis=1), rtol=1e-9)
    output = local.table.output[0]
    mean = float(regional_multipliers(local).output[0] @ output / output.sum())
    assert mean == pytest.approx(1.157, abs=5e-4)
    # Money of the region alone, be it worth a tenth, moves tables in proportion and no multiplier.
    small = replace(ground, value_added=ground.value_added / 10)
    less = local_tables(small, reference)
    np.testing.assert_allclose(less.table.flows * 10, local.table.flows, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(less.coefficients, local.coefficients, rtol=1e-9, atol=1e-15)


def test_quotients_that_the_tables_use_are_listed(quzhou, found):
    ground, reference = ground_with(quzhou)
    known = reference.workers > 0
    used = effective_workers(ground, reference)[:, known]
    listed = found.quotients["value_slq"].to_numpy().reshape(used.shape)
    parent = reference.workers[known]
    wanted = used / used.sum(axis=1, keepdims=True) / (parent / parent.sum())
    np.testing.assert_allclose(listed, wanted, rtol=1e-9)
    assert not np.allclose(listed, found.quotients["slq"].to_numpy().reshape(used.shape))


def test_only_a_larger_area_is_borrowed_from(quzhou, found):
    jobs = quzhou["jobs"]
    mine = jobs[jobs["unit"].isin(quzhou.level("county").index)]
    mine = mine[mine["year"] == mine["year"].max()].groupby(mine["industry"].astype("str"))["workers"].sum()
    larger = quzhou["reference_jobs"].query("area == 'zhejiang'")
    own = larger.assign(area="quzhou", people=2_276_184.0)
    own = own.assign(workers=own["section"].astype("str").map(mine).fillna(0).astype(own["workers"].dtype))
    cells = quzhou["input_output"].query("area == 'zhejiang' and year == 2017")
    cells = cells.assign(area="quzhou", amount_wan=cells["amount_wan"] * 0.0267)
    region = changed(
        quzhou,
        reference_jobs=pd.concat([quzhou["reference_jobs"], own], ignore_index=True),
        input_output=pd.concat([quzhou["input_output"], cells], ignore_index=True),
    )
    assert reference_of(region).area == "zhejiang"
    ground, reference = ground_with(region)
    assert local_tables(ground, reference).table.output.shape[0] == len(ground.units)


def test_each_county_counts_in_its_latest_year(quzhou):
    jobs = quzhou["jobs"]
    newer = jobs[jobs["unit"] != "330802"]
    newer = newer[newer["year"] == newer["year"].max()].assign(year=2023)
    region = changed(quzhou, jobs=pd.concat([jobs, newer], ignore_index=True))
    before, _ = ground_with(quzhou)
    after, _ = ground_with(region)
    np.testing.assert_allclose(after.jobs, before.jobs)
    np.testing.assert_allclose(after.value_added, before.value_added)


def test_a_place_without_value_added_takes_nothing_from_the_others(quzhou):
    ground, _ = ground_with(quzhou)
    none = replace(ground, value_added=ground.value_added * (np.arange(len(ground.units)) != 2)[:, None])
    assert places_with_value(none).units == (*ground.units[:2], *ground.units[3:])
    assert places_with_value(ground).units == ground.units


def test_no_site_is_where_no_truck_can_go(quzhou):
    """Of three towns with supply one has no way to the others: it would serve itself in 0 minutes."""
    minutes = np.array([[0.0, 30.0, np.inf], [30.0, 0.0, np.inf], [np.inf, np.inf, 0.0]])
    assert _candidates(minutes, np.array([1.0, 1.0, 50.0])).tolist() == [0, 1]
    assert _candidates(minutes, np.array([1.0, 0.0, 50.0])).tolist() == [1]
    assert _candidates(np.where(np.eye(3) > 0, 0.0, np.inf), np.ones(3)).tolist() == [0, 1, 2]


def test_without_supply_there_are_no_sites(quzhou):
    none = changed(quzhou, chain_supply=quzhou["chain_supply"].assign(output_t=0.0))
    assert tongqu.economy(none).sites.empty


def test_lesser_roads_count_minutes(quzhou):
    towns = quzhou.level("town")
    seats = towns["seat"].map(quzhou.level("village")["node"]).fillna(towns["node"])
    counted = road_minutes(quzhou, seats)
    assert set(counted) <= {0.0, *ROAD_MINUTES.values()}
    links = quzhou["links"].assign(**{"class": "village"})
    assert set(road_minutes(changed(quzhou, links=links), seats)) <= {0.0, ROAD_MINUTES["village"]}
    assert (road_minutes(changed(quzhou, links=links), seats) > 0).any()


@pytest.mark.filterwarnings("error")
def test_a_region_without_jobs_says_so():
    region = tongqu.load(TINY)
    kept = {name: region[name] for name in region.tables if name != "jobs"}
    said = tongqu.economy(replace(region, tables=kept)).summary()
    assert np.isnan(said["modelled_value_added"])
