"""Buses and digital networks: what is opened serves what it was credited for, no more and no less."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.contracts import Assume, Offer, Scenario, Sector, State
from tongqu.data import Region, load_region
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.sectors.buses import Buses
from tongqu.sectors.digital import Digital

SERVICES = {"bus": Buses(), "network": Digital()}


def offered(region: Region) -> tuple[State, Offer, Assume]:
    assume = Assume.of(region["standards"], Scenario())
    sectors = ordered(load_sectors(["population", "transport", "buses", "digital"]))
    states = simulate(region, sectors, scenario=Scenario(last_year=2026), assume=assume)
    return states[0], collect_offers(region, sectors, states=states, assume=assume), assume


def served(region: Region, before: State, opened: Offer, *, sector: Sector, assume: Assume) -> State:
    return before.adding(sector.step(region, before, opened=opened, assume=assume))


def openings(offer: Offer, *, singles: int, seed: int) -> list[list[str]]:
    """Every project alone or some of them, random sets, and all."""
    mine = offer.projects.loc[offer.projects["sector"].isin(["buses", "digital"]), "project"].tolist()
    luck = np.random.default_rng(seed)
    alone = luck.choice(mine, min(singles, len(mine)), replace=False)
    sets = [luck.choice(mine, luck.integers(2, len(mine)), replace=False).tolist() for _ in range(8)]
    return [*([one] for one in alone), *sets, mine]


@pytest.mark.parametrize(("name", "singles"), [("tiny", 99), ("quzhou", 10)])
def test_what_opens_serves_what_was_promised(name: str, singles: int) -> None:
    region = load_region(TINY) if name == "tiny" else tongqu.load("quzhou")
    before, offer, assume = offered(region)
    sites = offer.projects.set_index("project")
    for chosen in openings(offer, singles=singles, seed=7):
        opened = offer.of(chosen)
        entries = opened.entries
        for key, sector in SERVICES.items():
            after = served(region, before, opened, sector=sector, assume=assume)
            credit = entries[(entries["ledger"] == "served") & (entries["key"] == key)]
            share = credit.groupby("unit")["amount"].sum().clip(upper=1.0)
            had, asked = before[f"served.{key}"], before[f"demand.{key}"]
            promise = had + (asked - had) * share.reindex(asked.index, fill_value=0.0)
            pd.testing.assert_series_equal(after[f"served.{key}"], promise, check_names=False)
        added = sites.loc[chosen, ["county", "size", "kind"]]
        added = added[added["kind"].isin(["base_station", "base_stations"])].groupby("county")["size"].sum()
        stock = served(region, before, opened, sector=Digital(), assume=assume)["stock.base_stations"]
        grown = stock - before["stock.base_stations"]
        pd.testing.assert_series_equal(
            grown, added.reindex(grown.index, fill_value=0.0), check_names=False, check_index_type=False
        )
