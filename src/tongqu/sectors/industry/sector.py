"""Industry: what each county makes, with whom and at what pay, and projects along the value chains.

Value added and jobs of farming, industry and services start from what is published or modelled of the
counties, grow with productivity and follow the people of working age. Projects add what their entries say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import (
    FOREVER,
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    cost_entries,
    county_totals,
    project_table,
)
from tongqu.data import Region
from tongqu.methods.chain import YUAN_PER_WAN, adoption_steps, evaluate
from tongqu.methods.sums import group_sums
from tongqu.sectors.industry.base import GROUPS, Base, base_of
from tongqu.sectors.industry.chains import chains_of, supply_of
from tongqu.sectors.industry.effects import EFFECTS
from tongqu.sectors.industry.places import Towns, towns_of
from tongqu.sectors.industry.projects import HALF, KINDS, Piece, all_pieces, names_of

__all__ = ["Industry", "sector"]

Floats = npt.NDArray[np.float64]

CELLS: Final = "cells.industry"
"""People of working age of each county in the year of the base, and the first year that was simulated."""
KEYS: Final = (
    "value_added",
    "farm_value_added",
    "secondary_value_added",
    "processing_output",
    "farm_output",
    "jobs",
    "farm_jobs",
    "rural_income",
)
"""Stocks that projects add to: money in 万元 a year, jobs in persons."""

WORKING: Final = tuple(f"{age}-{age + 4}" for age in range(20, 60, 5))
"""Age groups that ``people.working`` counts."""
FROM_KIND: Final = {"size_unit": 2, "lead": 4}
"""Columns of the projects that follow from the kind, and where `KINDS` has them."""


@dataclass(frozen=True)
class Industry:
    """Value added, jobs and pay by county; money in 万元 of the base's prices, pay in 元 a year."""

    name: str = "industry"
    tables: frozenset[str] = frozenset({"units", "people", "nodes", "links"})
    reads: frozenset[str] = frozenset(
        {"links.minutes", "people.rural", "people.working", "demand.network", "served.network"}
    )
    writes: frozenset[str] = frozenset(
        {
            *(f"value_added.{group}" for group in ("total", *GROUPS)),
            "farm.output",
            "jobs.total",
            "jobs.farm",
            "jobs.trend",
            "wages.mean",
            "wages.trend",
            "stock.value_added",
            "stock.farm_value_added",
            "stock.processing_output",
            CELLS,
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Value added per worker, processing against farming, and each chain of a county."""
        ratio = _ratio(state["stock.processing_output"], state["farm.output"])
        wide = pd.DataFrame(
            {
                "value added per worker, yuan": _ratio(
                    state["value_added.total"] * YUAN_PER_WAN, state["jobs.total"]
                ),
                "value added per farm worker, yuan": _ratio(
                    state["value_added.farm"] * YUAN_PER_WAN, state["jobs.farm"]
                ),
                "processing over farm output": ratio,
            }
        ).rename_axis("unit")
        general = wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value")
        return Findings(pd.concat([general, _chain_figures(region)], ignore_index=True))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Value added, jobs and pay of the year of ``before``."""
        base = base_of(region, assume=assume)
        working = _working(region, before)
        first, since = _first(region, before, working, year=base.year)
        follows = np.divide(working, first, out=np.ones_like(first), where=first > 0)[:, np.newaxis]
        growth = 1 + np.array([assume[f"growth.productivity_{group}"] for group in GROUPS])
        trend = base.value_added * growth ** (before.year - base.year) * follows
        jobs = base.jobs * follows
        added = {
            key: county_totals(opened.entries, ledger="stock", key=key, counties=base.counties)
            for key in KEYS
        }
        value = trend + _by_group(added)
        written = {
            "value_added.total": value.sum(axis=1),
            **{f"value_added.{group}": value[:, row] for row, group in enumerate(GROUPS)},
            "farm.output": trend[:, 0] / base.farm_value_share + added["farm_output"],
            "jobs.total": jobs.sum(axis=1) + added["jobs"],
            "jobs.farm": jobs[:, 0] + added["farm_jobs"],
            "jobs.trend": jobs.sum(axis=1),
            "stock.value_added": value.sum(axis=1),
            "stock.farm_value_added": value[:, 0],
            "stock.processing_output": trend[:, 1] * base.processing_share + added["processing_output"],
        }
        share = assume["income.labour_share"] * YUAN_PER_WAN
        written["wages.mean"] = _over(written["value_added.total"] * share, written["jobs.total"])
        written["wages.trend"] = _over(trend.sum(axis=1) * share, written["jobs.trend"])
        values = {name: pd.Series(column, index=base.counties) for name, column in written.items()}
        return values | {CELLS: pd.Series(np.append(first, float(since)))}

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer orchards, stores, plants, parks, digital farming and brands, in pieces of falling returns."""
        if supply_of(region).empty:
            return Offer()
        towns = towns_of(region, forecast.states[0])
        networked = _networked(region, forecast.states[0])
        found = all_pieces(region, towns, assume=assume, networked=networked)
        if not found:
            return Offer()
        projects = _projects(region, towns, found)
        base = base_of(region, assume=assume)
        effects = _effects(found, base=base, assume=assume)
        entries = _stock_entries(projects, found, effects=effects, assume=assume)
        return Offer(projects, pd.concat([cost_entries(projects), entries], ignore_index=True))


def _over(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below > 0)


def _networked(region: Region, state: State) -> pd.Series | None:
    """Share of rural people with a network by county; None where nobody has written it.

    A county of which nothing is known is left out.
    """
    if "demand.network" not in state or "served.network" not in state:
        return None
    county = region.county_of(state["demand.network"].index).to_numpy()
    demand, served = (state[f"{name}.network"].groupby(county).sum() for name in ("demand", "served"))
    return _ratio(served, demand).dropna()


def _working(region: Region, state: State) -> Floats:
    """People of working age by county."""
    people = state["people.working"]
    counties = region.codes("county")
    return group_sums(region.county_numbers(people.index), people.to_numpy(), size=len(counties))


def _first(region: Region, before: State, working: Floats, *, year: int) -> tuple[Floats, int]:
    """People of working age in the year of the base, and the first year that was simulated.

    Between the census and the first year their number is taken to change by one factor a year.
    """
    if CELLS in before:
        kept = before[CELLS].to_numpy(dtype=np.float64)
        if int(kept[-1]) < before.year:
            return kept[:-1], int(kept[-1])
    counted, years = _counted(region), before.year - region.base_year
    known = (counted > 0) & (working > 0)
    if years <= 0 or not known.any():
        return working, before.year
    yearly = np.divide(working, counted, out=np.ones_like(working), where=known) ** (1 / years)
    return np.where(known, counted * yearly ** (year - region.base_year), working), before.year


@lru_cache(maxsize=4)
def _counted(region: Region) -> Floats:
    """People of working age by county as the people of the base year have them."""
    people, counties = region["people"], region.codes("county")
    mine = people[(people["year"] == region.base_year) & people["age"].isin(WORKING)]
    villages = mine[mine["unit"].isin(region.codes("village"))]
    sums = villages.groupby(region.county_of(villages["unit"]).to_numpy())["people"].sum()
    return sums.reindex(counties, fill_value=0.0).to_numpy(dtype=np.float64)


def _by_group(added: Mapping[str, Floats]) -> Floats:
    """Value added by projects in farming, industry and services, shape (counties, 3)."""
    farm, secondary = added["farm_value_added"], added["secondary_value_added"]
    return np.stack([farm, secondary, added["value_added"] - farm - secondary], axis=1)


def _chain_figures(region: Region) -> pd.DataFrame:
    """Figures of each chain in each county that has supply."""
    supply, rows = supply_of(region), []
    for product, chain in chains_of(region).items():
        mine = supply[supply["product"] == product]
        found = evaluate(chain, mine["output_t"].to_numpy(dtype=np.float64))
        figures = {
            "value added, 10 000 yuan": found.added.sum(axis=-1),
            "value added per mu, yuan": found.per_mu(mine["area_mu"].to_numpy(dtype=np.float64)),
            "value added per worker, yuan": found.per_worker(),
            "chain length": found.length,
            "processing over farm output": found.processing_ratio,
        }
        rows += [
            pd.DataFrame({"unit": mine["unit"], "variable": f"{product}: {name}", "value": value})
            for name, value in figures.items()
        ]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["unit", "variable", "value"])


def _key(piece: Piece) -> str:
    return ":".join(part for part in (piece.kind, piece.county, piece.product) if part)


def _projects(region: Region, towns: Towns, found: list[Piece]) -> pd.DataFrame:
    """The projects table; a piece requires the one before it."""
    counties, products = region.level("county"), region["chain_products"].set_index("product")
    names = [names_of(piece, counties=counties, products=products, towns=towns.table) for piece in found]
    key = [f"{_key(piece)}:{piece.number}" for piece in found]
    before = [f"{_key(piece)}:{piece.number - 1}" for piece in found]
    county, town = [piece.county for piece in found], np.array([piece.town for piece in found])
    site, around = towns.table.reindex(town), counties.loc[county, ["lon", "lat"]]
    place = {name: site[name].fillna(pd.Series(around[name].to_numpy(), index=site.index)) for name in around}
    stands = town != ""
    seat = region["units"].set_index("unit")["node"].reindex(counties.loc[county, "seat"])
    node = np.where(stands, site["node"].fillna("").to_numpy(), seat.fillna("").to_numpy())
    table = project_table(
        {
            "project": key,
            "name_zh": [zh for zh, _ in names],
            "name_en": [en for _, en in names],
            "unit": np.where(stands, town, county),
            "town": town,
            "county": county,
            "node": node,
            "lon": place["lon"].to_numpy(),
            "lat": place["lat"].to_numpy(),
            "size": [piece.size for piece in found],
            "capital_wan": [piece.capital_wan for piece in found],
            "running_wan": [piece.running_wan for piece in found],
            "land_mu": np.where(stands, [piece.effects[EFFECTS.index("land")] for piece in found], 0.0),
            "requires": [one if one in set(key) else "" for one in before],
            "modelled": True,
        },
        sector=sector.name,
        kind="",
    )
    kind = pd.Series([piece.kind for piece in found])
    words = {name: kind.map({each: KINDS[each][at] for each in KINDS}) for name, at in FROM_KIND.items()}
    return table.assign(kind=kind, **words)


def _effects(found: list[Piece], *, base: Base, assume: Assume) -> dict[str, Floats]:
    """What each project adds to each stock at full work, 万元 or persons, shape (projects,)."""
    table = dict(zip(EFFECTS, np.array([piece.effects for piece in found]).T, strict=True))
    money = ("value_added", "farm_value_added", "secondary_value_added", "processing_output", "farm_output")
    effects = {key: table[key] / YUAN_PER_WAN for key in money}
    effects |= {key: table[key] for key in ("jobs", "farm_jobs")}
    indirect = pd.Series(base.indirect, index=base.counties)[[piece.county for piece in found]].to_numpy()
    effects["value_added"] = effects["value_added"] + effects["secondary_value_added"] * indirect
    wages = table["wages"] / YUAN_PER_WAN * assume["industry.rural_wages"]
    effects["rural_income"] = effects["farm_value_added"] + wages
    return effects


def _stock_entries(
    projects: pd.DataFrame, found: list[Piece], *, effects: Mapping[str, Floats], assume: Assume
) -> pd.DataFrame:
    """Entries by year since the start, as the effects spread; each lasts."""
    parts = []
    for kind in KINDS:
        rows = np.array([row for row, piece in enumerate(found) if piece.kind == kind], dtype=np.int64)
        if not rows.size:
            continue
        half = assume[HALF.get(kind, "capacity.half")]
        steps = adoption_steps(int(np.ceil(2 * half)), half=half)
        mine = projects.iloc[rows]
        since = np.arange(len(steps)) + KINDS[kind][4]
        for key in KEYS:
            amount = effects[key][rows][:, np.newaxis] * steps
            parts.append(
                pd.DataFrame(
                    {
                        "project": np.repeat(mine["project"].to_numpy(), len(steps)),
                        "ledger": "stock",
                        "unit": np.repeat(mine["county"].to_numpy(), len(steps)),
                        "key": key,
                        "since": np.tile(since, len(mine)),
                        "until": FOREVER,
                        "amount": amount.ravel(),
                    }
                )
            )
    table = pd.concat(parts, ignore_index=True)
    return table[table["amount"] != 0]


sector = Industry()
