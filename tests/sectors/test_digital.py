"""Digital: who has a network, what is offered for the rest, and what depends on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from small import loaded
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Forecast, Offer, Scenario, State
from tongqu.data import Region
from tongqu.engine.coordinate import indicators_of
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import simulate
from tongqu.methods.backhaul import cover_with_backhaul
from tongqu.methods.radio import coverage_probability
from tongqu.sectors.digital import Digital
from tongqu.sectors.digital.coverage import links_between, relief_in, stations_of, today
from tongqu.sectors.digital.parameters import budget_table, radio_of
from tongqu.sectors.digital.projects import BATCHES, MOST_SITES, candidates_of, fibre_nodes, roads_of
from tongqu.sectors.industry import Industry

SHANGWU = "990101002002"
"""A village of the small region without fibre and far from both stations."""


def assumed(region: Region, **changes: float) -> Assume:
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return Assume.of(region["standards"], Scenario(assume=dotted))


def simulated(region: Region, *, assume: Assume, opened: Offer | None = None) -> State:
    sectors = ordered([*load_sectors(["population"]), Digital()])
    starts = pd.Series(dtype="int64")
    if opened is not None:
        starts = pd.Series(2026, index=pd.Index(opened.projects["project"]))
    return simulate(
        region, sectors, scenario=Scenario(last_year=2028), assume=assume, offer=opened, starts=starts
    )[-1]


def with_tables(region: Region, **tables: pd.DataFrame | None) -> Region:
    content = {**region.tables, **tables}
    return replace(region, tables={name: table for name, table in content.items() if table is not None})


@pytest.fixture(scope="module")
def tiny() -> Region:
    return loaded()


@pytest.fixture(scope="module")
def quzhou() -> Region:
    return loaded("quzhou")


@pytest.fixture(scope="module")
def offer(quzhou: Region) -> Offer:
    assume = assumed(quzhou)
    state = simulated(quzhou, assume=assume)
    made = Digital().offer(quzhou, Forecast([state], Offer()), assume=assume)
    return made.checked("digital", region=quzhou)


def test_fibre_or_coverage_serves_and_nothing_else(tiny: Region) -> None:
    assume = assumed(tiny)
    state = simulated(tiny, assume=assume)
    now = today(tiny, assume=assume)
    fibre = tiny["village_broadband"].set_index("unit")["fibre"]
    assert now.fibre.equals(fibre.astype(bool).reindex(now.fibre.index))
    assert now.covered[["990101001001", "990102001001"]].all()
    assert not now.served[SHANGWU]
    rural = state["people.rural"]
    expected = rural.where(fibre | now.covered, 0.0)
    pd.testing.assert_series_equal(state["served.network"], expected, check_names=False)
    assert (state["served.network"] <= state["demand.network"]).all()
    assert state["stock.base_stations"].tolist() == [3.0, 2.0]
    np.testing.assert_allclose(state["digital.energy"], np.array([3, 2]) * 3.5 * 8.76)


def test_coverage_follows_the_link_budget(tiny: Region) -> None:
    """A lower target or thinner walls cover farther, a higher frequency or rate less far."""
    base = radio_of(assumed(tiny)).radius_m
    assert radio_of(assumed(tiny, network__rate_up=0.5)).radius_m > base
    assert radio_of(assumed(tiny, network__building_loss=0)).radius_m > base
    assert radio_of(assumed(tiny, network__probability=0.8)).radius_m > base
    assert radio_of(assumed(tiny, network__frequency=2.6)).radius_m < base
    assert radio_of(assumed(tiny, network__rate_down=1000)).radius_m == 0
    radio = radio_of(assumed(tiny))
    places = pd.DataFrame({"lon": [119.1, 119.1, 119.3], "lat": [29.2, 29.21, 29.2]})
    found = links_between(places.iloc[:1], places, radio=radio, relief=None)
    assert found["place"].tolist() == [0, 1]
    expected = coverage_probability(
        [500, found["km"][1] * 1000], bearable_db=radio.bearable_db, setting=radio.setting
    )
    np.testing.assert_allclose(found["probability"], expected)
    assert found["covered"].all()


def test_a_hill_given_in_detail_takes_coverage_away(tiny: Region) -> None:
    spots = pd.DataFrame({"lon": [119.2, 119.212], "lat": [29.3, 29.3]})
    lon, lat = (each.ravel() for each in np.meshgrid(np.linspace(119.19, 119.22, 61), [29.29, 29.31]))
    hill = np.where(np.abs(lon - 119.206) < 0.001, 150.0, 0.0)
    table = pd.DataFrame({"lon": lon, "lat": lat, "elevation_m": hill, "source": "t:relief"})
    radio = radio_of(assumed(tiny))
    relief = relief_in(with_tables(tiny, elevation=table))
    flat = links_between(spots.iloc[:1], spots, radio=radio, relief=None)
    seen = links_between(spots.iloc[:1], spots, radio=radio, relief=relief)
    assert flat["covered"].tolist() == [True, True]
    assert seen["covered"].tolist() == [True, False]
    assert seen["terrain_db"][1] > 20
    scattered = with_tables(tiny, elevation=table.iloc[:-1])
    assert relief_in(scattered) is None
    assert relief_in(with_tables(tiny, elevation=None)) is None


def test_projects_bring_what_they_promise(tiny: Region) -> None:
    assume = assumed(tiny)
    before = simulated(tiny, assume=assume)
    made = Digital().offer(tiny, Forecast([before], Offer()), assume=assume).checked("digital", region=tiny)
    every = simulated(tiny, assume=assume, opened=made)
    pd.testing.assert_series_equal(every["served.network"], every["demand.network"], check_names=False)
    added = made.entries.loc[made.entries["key"] == "base_stations"].groupby("unit")["amount"].sum()
    np.testing.assert_allclose(every["stock.base_stations"], before["stock.base_stations"] + added)
    fibre = made.projects[made.projects["kind"] == "fibre"]
    assert fibre["project"].str.startswith("fibre:").all()
    only = simulated(tiny, assume=assume, opened=made.of(fibre["project"]))
    assert only["stock.base_stations"].equals(before["stock.base_stations"])
    pd.testing.assert_series_equal(only["served.network"], only["demand.network"], check_names=False)


def test_money_of_a_station_by_hand(tiny: Region) -> None:
    """A mast at 40, fibre along the road at 5 a km; a third of it public; energy and upkeep every year."""
    assume = assumed(tiny)
    unserved = candidates_of(tiny, assume=assume)
    at = unserved.villages.get_loc(SHANGWU)
    full = 40 + 5 * unserved.fibre_km[at]
    assert unserved.fibre_km[at] > 0
    assert unserved.cost_wan[at] == pytest.approx(full)
    made = Digital().offer(tiny, Forecast([simulated(tiny, assume=assume)], Offer()), assume=assume)
    project = made.projects.set_index("project").loc[f"base_station:{SHANGWU}"]
    assert project["capital_wan"] == pytest.approx(0.35 * full)
    assert project["running_wan"] == pytest.approx(0.35 * (2 + 0.03 * full))


def test_quzhou_offers_few_projects_that_each_help_somebody(quzhou: Region, offer: Offer) -> None:
    kinds = offer.projects["kind"].value_counts()
    assert set(kinds.index) == {"base_station", "fibre", "base_stations"}
    assert kinds["base_station"] <= MOST_SITES
    assert kinds["base_stations"] == BATCHES * 6
    assert len(offer.projects) <= 250
    now = today(quzhou, assume=assumed(quzhou))
    served = offer.entries[offer.entries["ledger"] == "served"]
    assert not now.served[served["unit"]].any()
    helped = set(served["project"])
    assert set(offer.projects.loc[offer.projects["kind"] != "base_stations", "project"]) == helped
    assert offer.projects["modelled"].all()
    assert (offer.projects[["capital_wan", "running_wan"]] > 0).all().all()


def test_quzhou_reaches_the_target_of_stations(quzhou: Region, offer: Offer) -> None:
    assume = assumed(quzhou)
    people = simulated(quzhou, assume=assume)["people.total"]
    total = people.groupby(quzhou.county_of(people.index).to_numpy()).sum()
    more = offer.projects[offer.projects["kind"] == "base_stations"].groupby("county")["size"].sum()
    after = (today(quzhou, assume=assume).stations + more) / total * 10_000
    assert (after >= 26).all()
    assert (after < 26.5).all()


def test_everything_of_quzhou_is_modelled(quzhou: Region) -> None:
    assert stations_of(quzhou)["modelled"].all()
    assert quzhou["village_broadband"]["modelled"].all()
    assert quzhou.source_kind("model:digital") == "modelled"
    towns = quzhou["units"].loc[quzhou["units"]["level"] == "town", "seat"]
    assert towns.isin(stations_of(quzhou)["unit"]).all()


def test_coverage_and_sites_within_a_budget(quzhou: Region) -> None:
    assume = assumed(quzhou)
    radio, villages = radio_of(assume), quzhou.level("village")
    links = links_between(stations_of(quzhou), villages, radio=radio, relief=relief_in(quzhou))
    covered = today(quzhou, assume=assume).covered
    best = links.groupby("place")["probability"].max().reindex(np.arange(len(villages)), fill_value=0.0)
    np.testing.assert_array_equal(covered.to_numpy(), best.to_numpy() >= radio.probability)
    people = simulated(quzhou, assume=assume)["people.rural"]
    unserved = candidates_of(quzhou, assume=assume)
    found = cover_with_backhaul(
        unserved.covers,
        people[unserved.villages],
        costs=np.full(len(unserved.villages), assume["base_station.cost"]),
        budget=2000,
        roads=roads_of(quzhou),
        roots=fibre_nodes(quzhou, assume=assume),
        nodes=pd.Index(quzhou["nodes"]["node"]).get_indexer(villages.loc[unserved.villages, "node"]),
        per_km=assume["fibre.cost"],
    )
    stations = found.covering.sites.size * assume["base_station.cost"]
    assert found.covering.cost == pytest.approx(stations + found.tree.km * assume["fibre.cost"])
    assert found.covering.cost <= 2000
    assert found.covering.gap < 0.05
    lines = budget_table(radio)
    assert lines.loc["radius", "up"] < lines.loc["radius", "down"]


def test_a_region_of_which_nothing_is_known_leaves_the_indicators_out(tiny: Region) -> None:
    sites = tiny["sites"]
    bare = with_tables(tiny, village_broadband=None, sites=sites[sites["kind"] != "base_station"])
    assume = assumed(bare)
    sectors = load_sectors(["population", "digital"])
    states = simulate(bare, sectors, scenario=Scenario(last_year=2026), assume=assume)
    assert {"network", "base_stations_5g"} <= set(indicators_of(bare, states).left_out)
    assert {"network", "base_stations_5g"}.isdisjoint(
        indicators_of(
            tiny, simulate(tiny, sectors, scenario=Scenario(last_year=2026), assume=assume)
        ).left_out
    )
    assert Digital().offer(bare, Forecast(states, Offer()), assume=assume).projects.empty
    assert np.isfinite(Digital().diagnose(tiny, simulated(tiny, assume=assume)).figures["value"]).all()


def test_a_standard_that_cannot_be_is_named(tiny: Region) -> None:
    with pytest.raises(ScenarioError, match=r"network\.probability"):
        simulated(tiny, assume=assumed(tiny, network__probability=1.2))


def test_digital_farming_is_taken_up_where_there_is_a_network(tiny: Region) -> None:
    """Half the people with a network: half the area and half the effect; without the variables as before."""
    assume = assumed(tiny)
    supply = tiny["chain_supply"]
    supply[["area_mu", "output_t"]] *= 1000
    wide = with_tables(tiny, chain_supply=supply)
    sectors = ordered([*load_sectors(["population", "transport"]), Industry()])
    # More supply changes no people: those of the small region are known already.
    state = simulate(tiny, sectors, scenario=Scenario(last_year=2026), assume=assume)[0]

    def digital(**given: pd.Series) -> pd.DataFrame:
        made = Industry().offer(wide, Forecast([state.adding(given)], Offer()), assume=assume)
        projects = made.projects.set_index("project")
        amount = made.entries[(made.entries["ledger"] == "stock") & (made.entries["key"] == "value_added")]
        total = amount.groupby("project")["amount"].sum()
        return projects.assign(value_added=total)[["kind", "size", "capital_wan", "value_added"]]

    people = state["people.rural"]
    whole = digital()
    same = digital(**{"demand.network": people, "served.network": people})
    pd.testing.assert_frame_equal(whole, same)
    unknown = digital(**{"demand.network": people * 0, "served.network": people * 0})
    pd.testing.assert_frame_equal(whole, unknown)
    half = digital(**{"demand.network": people, "served.network": people / 2})
    others = whole[whole["kind"] != "digital_farming"]
    pd.testing.assert_frame_equal(others, half.loc[others.index])
    mine = whole.index[whole["kind"] == "digital_farming"]
    assert len(mine) == 2
    numbers = ["size", "capital_wan", "value_added"]
    np.testing.assert_allclose(half.loc[mine, numbers], whole.loc[mine, numbers] / 2)
    none = digital(**{"demand.network": people, "served.network": people * 0})
    assert "digital_farming" not in set(none["kind"])


def test_every_project_has_a_place_on_the_road(offer: Offer) -> None:
    assert (offer.projects["node"] != "").all()


def test_a_village_off_the_road_is_named(tiny: Region) -> None:
    units = tiny["units"]
    bare = with_tables(tiny, units=units.assign(node=units["node"].where(units["unit"] != SHANGWU)))
    with pytest.raises(DataError, match=f"the village {SHANGWU} has no road node"):
        candidates_of(bare, assume=assumed(bare))


def test_without_fibre_anywhere_stations_are_offered_by_relay(tiny: Region) -> None:
    sites, fibre = tiny["sites"], tiny["village_broadband"]
    bare = with_tables(
        tiny, sites=sites[sites["kind"] != "base_station"], village_broadband=fibre.assign(fibre=False)
    )
    assume = assumed(bare)
    unserved = candidates_of(bare, assume=assume)
    assert np.isinf(unserved.fibre_km).all()
    assert (unserved.cost_wan == assume["base_station.cost"]).all()
    made = Digital().offer(bare, Forecast([simulated(bare, assume=assume)], Offer()), assume=assume)
    assert set(made.projects["kind"]) == {"base_station", "base_stations"}
