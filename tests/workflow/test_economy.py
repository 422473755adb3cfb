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
from tongqu.contracts import Scenario
from tongqu.methods.chain import Investment, evaluate, returns
from tongqu.methods.input_output import leontief
from tongqu.sectors.industry.chains import chains_of, supply_of
from tongqu.views.economy_charts import goods_flows, money_flows
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
