"""Industry: base fitted to what is published, steps that add up, projects of falling returns."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Forecast, Offer, Scenario, Sector, State, active_entries
from tongqu.data import Region, load_region
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import simulate
from tongqu.methods.chain import evaluate
from tongqu.sectors.industry import Industry
from tongqu.sectors.industry.base import base_of
from tongqu.sectors.industry.chains import chains_of, supply_of
from tongqu.sectors.industry.effects import EFFECTS, diversion, of_digital, of_harvest
from tongqu.sectors.industry.parameters import check_parameters
from tongqu.sectors.industry.projects import INTO, KINDS

CHANGSHAN = "330822"


@pytest.fixture(scope="module")
def quzhou() -> Region:
    return tongqu.load("quzhou")


@pytest.fixture(scope="module")
def assume(quzhou: Region) -> Assume:
    return Assume.of(quzhou["standards"], Scenario())


def sectors() -> Sequence[Sector]:
    return ordered([*load_sectors(["population", "transport"]), Industry()])


@pytest.fixture(scope="module")
def states(quzhou: Region, assume: Assume) -> tuple[State, ...]:
    return simulate(quzhou, sectors(), scenario=Scenario(last_year=2028), assume=assume)


@pytest.fixture(scope="module")
def offer(quzhou: Region, assume: Assume, states: tuple[State, ...]) -> Offer:
    made = Industry().offer(quzhou, Forecast(states, Offer()), assume=assume)
    return made.checked("industry", region=quzhou)


def test_base_meets_what_is_published(quzhou: Region, assume: Assume) -> None:
    base = base_of(quzhou, assume=assume)
    assert base.year == 2022
    np.testing.assert_allclose(base.value_added.sum(axis=0), [932_000, 8_741_000, 10_361_000])
    mine = base.counties.get_loc(CHANGSHAN)
    assert base.value_added[mine].tolist() == [91_812, 905_956, 1_008_240]
    assert not base.modelled[mine].any()
    assert base.modelled.sum() == 15
    assert (base.indirect > 0).all()
    assert (base.indirect < 0.5).all()
    assert 0.5 < base.farm_value_share < 0.7


def test_base_follows_workers_where_nothing_is_published(quzhou: Region, assume: Assume) -> None:
    base = base_of(quzhou, assume=assume)
    others = base.modelled.all(axis=1)
    farm = base.value_added[others, 0] / base.jobs[others, 0]
    np.testing.assert_allclose(farm, farm[0])


def without(region: Region, *names: str, **tables: pd.DataFrame) -> Region:
    content = {name: table for name, table in region.tables.items() if name not in names} | tables
    return Region(
        region.name, region.title_zh, region.title_en, region.base_year, region.bbox, region.crs, content
    )


def test_a_region_without_jobs_has_zeros_and_no_input_output_table_standards(
    quzhou: Region, assume: Assume
) -> None:
    bare = base_of(without(quzhou, "jobs"), assume=assume)
    assert not bare.value_added.any()
    assert not bare.jobs.any()
    plain = base_of(without(quzhou, "input_output", "observations"), assume=assume)
    np.testing.assert_allclose(
        plain.value_added[:, 0], plain.jobs[:, 0] * assume["industry.farm_productivity"]
    )
    np.testing.assert_allclose(plain.indirect, assume["industry.indirect"])
    assert plain.farm_value_share == assume["industry.farm_value_share"]


def test_counties_beyond_their_city_are_named(quzhou: Region, assume: Assume) -> None:
    seen = quzhou["observations"].copy()
    here = (seen["unit"] == CHANGSHAN) & (seen["year"] == 2022) & (seen["variable"] == "gdp_primary")
    seen.loc[here, "value"] = 1e9
    with pytest.raises(DataError, match="exceeds the city's in 2022"):
        base_of(without(quzhou, observations=seen), assume=assume)


def test_all_counties_must_add_up_to_their_city(quzhou: Region, assume: Assume) -> None:
    """Also where every county publishes its own."""
    names = ["gdp_primary", "gdp_secondary", "gdp_tertiary"]
    base = base_of(quzhou, assume=assume)
    for factor, message in ((2.0, "exceeds"), (0.5, "falls short"), (1.0, None)):
        own = pd.DataFrame(base.value_added * factor, index=base.counties, columns=names)
        rows = own.rename_axis("unit").reset_index().melt("unit", var_name="variable")
        seen = quzhou["observations"]
        other = seen[~(seen["unit"].isin(base.counties) & seen["variable"].isin(names))]
        source = str(seen["source"].iloc[0])
        more = pd.concat([other, rows.assign(year=2022, modelled=False, source=source)])
        region = without(quzhou, observations=more)
        if message is None:
            assert not base_of(region, assume=assume).modelled.any()
        else:
            with pytest.raises(DataError, match=message):
                base_of(region, assume=assume)


def test_a_county_without_jobs_is_named(quzhou: Region, assume: Assume) -> None:
    jobs = quzhou["jobs"]
    with pytest.raises(DataError, match="people but no jobs") as caught:
        base_of(without(quzhou, jobs=jobs[jobs["unit"] != "330802"]), assume=assume)
    assert [one.value for one in caught.value.problems] == ["330802"]


def test_each_county_has_its_latest_jobs(quzhou: Region, assume: Assume) -> None:
    """A later year of some counties takes nothing from the others."""
    jobs = quzhou["jobs"]
    later = jobs[(jobs["year"] == 2020) & (jobs["unit"] != "330802")].assign(year=2023)
    found = base_of(without(quzhou, jobs=pd.concat([jobs, later])), assume=assume)
    usual = base_of(quzhou, assume=assume)
    np.testing.assert_allclose(found.value_added, usual.value_added)


@pytest.mark.parametrize("take_up", [0.4, 1.0])
def test_buildings_take_no_more_than_is_sold_in_bulk(
    quzhou: Region, states: tuple[State, ...], take_up: float
) -> None:
    scenario = Scenario(assume={"industry.take_up": take_up})
    values = Assume.of(quzhou["standards"], scenario)
    made = Industry().offer(quzhou, Forecast(states, Offer()), assume=values).projects
    supply = quzhou["chain_supply"]
    for county in quzhou.level("county").index:
        bulk = 0.0
        for product, chain in chains_of(quzhou).items():
            mine = supply[(supply["unit"] == county) & (supply["product"] == product)]["output_t"].sum()
            drawn = np.isin(chain.end, chain.of_kind(*INTO.values()))
            bulk += float(evaluate(chain, mine).sold[np.unique(chain.start[drawn])].sum())
        taken = made[(made["county"] == county) & made["kind"].isin(list(INTO))]["size"].sum()
        assert 0 < taken <= bulk * (1 + 1e-9)


@pytest.mark.parametrize("take_up", [0.05, 0.4, 0.7, 1.0])
def test_many_ways_from_one_stage_take_it_once(tmp_path: Path, take_up: float) -> None:
    """Two plants, a park and a store draw on the same harvest of 20,000 t, nearly all sold in bulk."""
    target = tmp_path / "region"
    shutil.copytree(TINY, target)
    (target / "chain_products.csv").write_text(
        "product,name_zh,name_en,source\nnut,山核桃,Hickory,t:model\n", encoding="utf-8"
    )
    kinds = {"can": "processing", "wine": "processing", "dry": "deep_processing", "store": "storage"}
    stages = [
        "product,stage,name_zh,name_en,kind,actor,loss,yield,price,bought,jobs,wage,land,modelled,source"
    ]
    stages += ["nut,grove,山林,Grove,growing,farmer,0,1,2000,0.2,9,30000,0,true,t:model"]
    stages += [
        f"nut,{name},{name},{name},{kind},processor,0,1,12000,0.1,5,50000,1,true,t:model"
        for name, kind in kinds.items()
    ]
    links = ["product,upstream,stage,share,modelled,source"]
    links += [f"nut,grove,{name},0.0001,true,t:model" for name in kinds]
    supply = "unit,product,year,area_mu,output_t,modelled,source\n990101,nut,2020,9000,20000,true,t:model\n"
    (target / "chain_stages.csv").write_text("\n".join(stages) + "\n", encoding="utf-8")
    (target / "chain_links.csv").write_text("\n".join(links) + "\n", encoding="utf-8")
    (target / "chain_supply.csv").write_text(supply, encoding="utf-8")
    region = load_region(target)
    scenario = Scenario(last_year=2027, assume={"industry.take_up": take_up})
    assume = Assume.of(region["standards"], scenario)
    states = simulate(region, sectors(), scenario=scenario, assume=assume)
    made = Industry().offer(region, Forecast(states, Offer()), assume=assume).projects
    taken = made[made["kind"].isin(list(INTO))].groupby("kind")["size"].sum()
    assert set(taken.index) == set(INTO)
    bulk = 20_000 * (1 - 4 * 0.0001)
    assert taken.sum() == pytest.approx(min(4 * take_up, 1.0) * bulk)


def test_standards_that_cannot_be_are_named_together(quzhou: Region) -> None:
    wrong = {"industry.take_up": 1.2, "renewal.share": 3.0, "brand.cost": -1.0}
    assume = Assume.of(quzhou["standards"], Scenario(assume=wrong))
    with pytest.raises(ScenarioError) as caught:
        base_of(quzhou, assume=assume)
    assert {one.column for one in caught.value.problems} == {f"assume.{name}" for name in wrong}


GDP = ("gdp_primary", "gdp_secondary", "gdp_tertiary")
SECOND = "330899"


def two_cities(region: Region, *moved: str, gdp: Sequence[float] | None) -> Region:
    """Some counties in a second city, which publishes value added in 2022 or nothing."""
    units, seen = region["units"], region["observations"]
    city = units[units["level"] == "city"].assign(unit=SECOND)
    away = units.assign(parent=units["parent"].mask(units["unit"].isin(moved), SECOND))
    like = seen[(seen["unit"] == "330800") & (seen["year"] == 2022)].set_index("variable").loc[list(GDP)]
    more = like.reset_index().assign(unit=SECOND, value=gdp)[seen.columns] if gdp else seen.iloc[:0]
    return without(region, units=pd.concat([city, away]), observations=pd.concat([seen, more]))


def test_each_city_is_shared_among_its_own_counties(quzhou: Region, assume: Assume) -> None:
    moved = ["330824", "330881"]
    base = base_of(two_cities(quzhou, *moved, gdp=[1e6, 2e6, 3e6]), assume=assume)
    there = base.counties.isin(moved)
    np.testing.assert_allclose(base.value_added[there].sum(axis=0), [1e6, 2e6, 3e6])
    np.testing.assert_allclose(base.value_added[~there].sum(axis=0), [932_000, 8_741_000, 10_361_000])


def test_a_city_that_publishes_nothing_is_in_the_same_money(quzhou: Region, assume: Assume) -> None:
    """Its counties change from the reference table's prices as those of the other city do in sum."""
    moved = ["330824", "330881"]
    nothing = without(quzhou, observations=quzhou["observations"].iloc[:0])
    raw = base_of(nothing, assume=assume)
    base = base_of(two_cities(quzhou, *moved, gdp=None), assume=assume)
    there = base.counties.isin(moved)
    known = base.value_added[~there].sum() / raw.value_added[~there].sum()
    np.testing.assert_allclose(base.value_added[there], raw.value_added[there] * known)
    assert base.year == 2022


def test_unpublished_money_is_of_the_reference_table(quzhou: Region, assume: Assume) -> None:
    region = without(quzhou, observations=quzhou["observations"].iloc[:0])
    cells = region["input_output"]
    assert base_of(region, assume=assume).year == cells.loc[cells["area"] == "zhejiang", "year"].max() == 2017
    plain = without(region, "input_output")
    assert base_of(plain, assume=assume).year == region.base_year


def test_a_rest_below_nothing_is_named_though_small(quzhou: Region, assume: Assume) -> None:
    """Rounding excuses a sum over all counties only: the others would be left with nothing."""
    seen = quzhou["observations"].copy()
    here = (seen["unit"] == CHANGSHAN) & (seen["year"] == 2022) & (seen["variable"] == "gdp_primary")
    seen.loc[here, "value"] = 932_000 * 1.004
    with pytest.raises(DataError, match="exceeds the city's in 2022"):
        base_of(without(quzhou, observations=seen), assume=assume)


def test_value_added_of_a_group_in_which_nobody_works_is_named(quzhou: Region, assume: Assume) -> None:
    jobs = quzhou["jobs"]
    idle = jobs[~jobs["industry"].astype("str").isin(list("BCDE"))]
    with pytest.raises(DataError, match="nobody in the counties works") as caught:
        base_of(without(quzhou, jobs=idle), assume=assume)
    assert [(one.column, one.value) for one in caught.value.problems] == [("gdp_secondary", "330800")]


def test_a_county_that_publishes_needs_no_jobs(quzhou: Region, assume: Assume) -> None:
    jobs = quzhou["jobs"]
    base = base_of(without(quzhou, jobs=jobs[jobs["unit"] != CHANGSHAN]), assume=assume)
    usual = base_of(quzhou, assume=assume)
    np.testing.assert_allclose(base.value_added, usual.value_added)
    mine = base.counties.get_loc(CHANGSHAN)
    assert not base.jobs[mine].any()
    assert base.indirect[mine] == 0
    np.testing.assert_allclose(np.delete(base.indirect, mine), np.delete(usual.indirect, mine))


@pytest.mark.parametrize(
    "name",
    [
        "industry.farm_productivity",
        "industry.secondary_productivity",
        "industry.tertiary_productivity",
        "industry.food_output",
        "industry.indirect",
        "industry.labour_limit",
        "industry.farm_value_share",
    ],
)
def test_negative_standards_are_named(quzhou: Region, name: str) -> None:
    assume = Assume.of(quzhou["standards"], Scenario(assume={name: -1.0}))
    with pytest.raises(ScenarioError) as caught:
        base_of(quzhou, assume=assume)
    assert [one.column for one in caught.value.problems] == [f"assume.{name}"]


def test_standards_of_the_package_and_their_ends_can_be(quzhou: Region) -> None:
    table = quzhou["standards"].set_index("standard")
    for column in ("value", "low", "high"):
        check_parameters(table[column].dropna().to_dict())


def test_states_add_up(states: tuple[State, ...]) -> None:
    for state in states:
        groups = sum(state[f"value_added.{group}"] for group in ("farm", "secondary", "tertiary"))
        np.testing.assert_allclose(groups, state["value_added.total"])
        pd.testing.assert_series_equal(state["stock.value_added"], state["value_added.total"])
        pd.testing.assert_series_equal(state["jobs.total"], state["jobs.trend"])
        pd.testing.assert_series_equal(state["wages.mean"], state["wages.trend"], check_names=False)
        assert (state["stock.processing_output"] > 0).all()


def test_jobs_follow_people_of_working_age(quzhou: Region, states: tuple[State, ...]) -> None:
    first, last = states[0], states[-1]
    county = quzhou.county_of(first["people.working"].index).to_numpy()
    ratio = last["people.working"].groupby(county).sum() / first["people.working"].groupby(county).sum()
    np.testing.assert_allclose(last["jobs.total"] / first["jobs.total"], ratio)
    np.testing.assert_allclose(
        last["value_added.farm"] / first["value_added.farm"], ratio * 1.04 ** (last.year - first.year)
    )


def test_supply_is_conserved_in_every_chain(quzhou: Region) -> None:
    supply = supply_of(quzhou)
    assert not supply.duplicated(["unit", "product"]).any()
    for product, chain in chains_of(quzhou).items():
        tonnes = supply.loc[supply["product"] == product, "output_t"].to_numpy()
        found = evaluate(chain, tonnes)
        np.testing.assert_allclose(found.received[:, 0], tonnes)
        np.testing.assert_allclose(found.received, found.lost + found.used)
        sent = np.zeros_like(found.output)
        for row, start in enumerate(chain.start):
            sent[:, start] += found.link[:, row]
        np.testing.assert_allclose(found.output, sent + found.sold, atol=1e-6)
        assert (found.added >= 0).all(), product


def test_published_supply_stays_as_published(quzhou: Region) -> None:
    supply = quzhou["chain_supply"].set_index(["unit", "product"])
    assert supply.loc[(CHANGSHAN, "huyou"), "output_t"] == 140_000
    assert supply.loc[(CHANGSHAN, "huyou"), "area_mu"] == 100_000
    assert not supply.loc[(CHANGSHAN, "huyou"), "modelled"]
    assert supply.loc[(CHANGSHAN, "tea"), "output_t"] == 238
    assert supply.drop((CHANGSHAN, "huyou"))["modelled"].all()
    fruit = supply[supply.index.get_level_values("product").isin(["citrus", "huyou"])]["output_t"]
    # The city's 394 000 t, with the huyou of Changshan as of 2022.
    assert fruit.sum() - 140_000 + 116_796 == pytest.approx(394_000)


def test_offer_is_modest_and_every_kind_is_there(offer: Offer) -> None:
    assert 100 <= len(offer.projects) <= 200
    assert set(offer.projects["kind"]) == set(KINDS)
    assert (offer.projects["capital_wan"] + offer.projects["running_wan"] > 0).all()
    buildings = offer.projects["kind"].isin(["cold_store", "processing_plant", "industry_park"])
    assert (offer.projects.loc[buildings, "node"] != "").all()
    assert (offer.projects.loc[buildings, "land_mu"] > 0).all()


def gain_of(offer: Offer, key: str) -> pd.Series:
    mine = offer.entries[(offer.entries["ledger"] == "stock") & (offer.entries["key"] == key)]
    return mine.groupby("project")["amount"].sum().reindex(offer.projects["project"]).fillna(0.0)


def test_each_piece_brings_less_for_its_size_than_the_one_before(offer: Offer) -> None:
    table = offer.projects.set_index("project")
    worth = gain_of(offer, "value_added") / table["size"]
    later = table[table["requires"] != ""]
    assert len(later) > 50
    assert (worth[later.index].to_numpy() <= worth[later["requires"]].to_numpy() * (1 + 1e-9)).all()
    falls = worth[later.index].to_numpy() < worth[later["requires"]].to_numpy() * (1 - 1e-6)
    assert falls.mean() > 0.8
    same = table.loc[later["requires"], ["kind", "county", "unit"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(later[["kind", "county", "unit"]].reset_index(drop=True), same)


def test_parts_of_value_added_stay_within_it(offer: Offer) -> None:
    total = gain_of(offer, "value_added")
    parts = gain_of(offer, "farm_value_added") + gain_of(offer, "secondary_value_added")
    assert (total > 0).all()
    assert (parts <= total + 1e-6).all()


@pytest.mark.parametrize("year", [2027, 2028, 2031])
def test_entries_are_what_the_simulation_counts(
    quzhou: Region, assume: Assume, states: tuple[State, ...], offer: Offer, year: int
) -> None:
    starts = pd.Series(2026, index=offer.projects["project"])
    active = active_entries(offer.entries, [year], starts=starts).drop(columns="year")
    before = states[-1].in_year(year)
    opened = Offer(offer.projects, active)
    with_it = Industry().step(quzhou, before, opened=opened, assume=assume)
    without_it = Industry().step(quzhou, before, opened=Offer(), assume=assume)
    stock = active[active["ledger"] == "stock"]
    for key, variable in {
        "value_added": "stock.value_added",
        "farm_value_added": "stock.farm_value_added",
        "processing_output": "stock.processing_output",
        "jobs": "jobs.total",
        "farm_output": "farm.output",
    }.items():
        promised = stock[stock["key"] == key].groupby("unit")["amount"].sum()
        counted = with_it[variable] - without_it[variable]
        np.testing.assert_allclose(counted, promised.reindex(counted.index), rtol=1e-6)
    pd.testing.assert_series_equal(with_it["jobs.trend"], without_it["jobs.trend"])
    pd.testing.assert_series_equal(with_it["wages.trend"], without_it["wages.trend"])


def test_effects_spread_over_years(offer: Offer) -> None:
    some = offer.projects.loc[offer.projects["kind"] == "orchard_renewal", "project"].iloc[0]
    mine = offer.entries[(offer.entries["project"] == some) & (offer.entries["key"] == "value_added")]
    assert len(mine) == 8
    assert mine["since"].tolist() == list(range(1, 9))
    assert (mine["until"] == -1).all()


def test_effects_are_those_of_the_chain(quzhou: Region) -> None:
    for chain in chains_of(quzhou).values():
        one = of_harvest(chain)
        assert one[0] == pytest.approx(evaluate(chain, 1.0).added.sum() * 1e4)
        np.testing.assert_allclose(of_digital(chain, yield_gain=0.1, saving=0.0), 0.1 * one, rtol=1e-9)
        farm = EFFECTS.index("farm_value_added")
        for kind in ("processing", "deep_processing"):
            for lot in diversion(chain, into=kind, among=tuple(INTO.values())):
                assert lot.effects[farm] == pytest.approx(0, abs=1e-6)
                assert lot.effects[0] > 0


def test_diagnosis_names_every_county_and_chain(quzhou: Region, states: tuple[State, ...]) -> None:
    figures = Industry().diagnose(quzhou, states[0]).figures
    assert set(figures["unit"]) == set(quzhou.level("county").index)
    assert {"huyou: chain length", "processing over farm output"} <= set(figures["variable"])
    assert figures["value"].notna().all()


def test_the_small_region_runs_and_offers_nothing() -> None:
    region = load_region(TINY)
    scenario = Scenario(last_year=2027)
    assume = Assume.of(region["standards"], scenario)
    states = simulate(region, sectors(), scenario=scenario, assume=assume)
    assert Industry().offer(region, Forecast(states, Offer()), assume=assume).projects.empty
    assert states[0]["value_added.total"].notna().all()


def test_a_users_own_product_gets_projects(tmp_path: Path) -> None:
    target = tmp_path / "region"
    shutil.copytree(TINY, target)
    (target / "chain_products.csv").write_text(
        "product,name_zh,name_en,source\nnut,山核桃,Hickory,t:model\n", encoding="utf-8"
    )
    (target / "chain_stages.csv").write_text(
        "product,stage,name_zh,name_en,kind,actor,loss,yield,price,bought,jobs,wage,land,modelled,source\n"
        "nut,grove,山林,Grove,growing,farmer,0.02,1,20000,0.2,100,30000,0,true,t:model\n"
        "nut,roast,炒制,Roasting,processing,processor,0.02,0.8,50000,0.2,20,50000,3,true,t:model\n",
        encoding="utf-8",
    )
    (target / "chain_links.csv").write_text(
        "product,upstream,stage,share,modelled,source\nnut,grove,roast,0.4,true,t:model\n", encoding="utf-8"
    )
    (target / "chain_supply.csv").write_text(
        "unit,product,year,area_mu,output_t,modelled,source\n990101,nut,2020,9000,1500,true,t:model\n",
        encoding="utf-8",
    )
    region = load_region(target)
    scenario = Scenario(last_year=2027)
    assume = Assume.of(region["standards"], scenario)
    states = simulate(region, sectors(), scenario=scenario, assume=assume)
    made = (
        Industry().offer(region, Forecast(states, Offer()), assume=assume).checked("industry", region=region)
    )
    kinds = set(made.projects["kind"])
    assert {"orchard_renewal", "processing_plant"} <= kinds
    assert "cold_store" not in kinds
    assert made.projects["name_zh"].str.contains("山核桃").any()
