"""Health: clinics, township hospitals, county hospitals and county medical sub-centres.

Three services: a clinic within a walk, a township-level or better facility within the medical circle, a
county-level hospital within its limit. Two stocks: beds and doctors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    cost_entries,
    county_totals,
    join_offers,
    lasting_entries,
    link_upgrades,
    only_where,
    project_table,
    yearly_limits,
)
from tongqu.data import Region
from tongqu.methods.access import gains
from tongqu.methods.roads import road_network, upgrades_of
from tongqu.methods.travel import Network, nearest, pairs_within, within

__all__ = ["Health", "sector"]


@dataclass(frozen=True)
class _Service:
    """A facility tier within minutes of people."""

    key: str
    kinds: tuple[str, ...]
    limit: str
    links: str
    people: str


LARGE: Final = ("county_hospital", "city_hospital")
"""Hospitals of county level or better."""
SERVICES: Final = (
    _Service(
        "clinic",
        ("clinic", "township_hospital", *LARGE),
        "minutes.clinic_walk",
        "links.walk_minutes",
        "people.rural",
    ),
    _Service(
        "medical_circle",
        ("township_hospital", *LARGE),
        "minutes.medical_circle",
        "links.minutes",
        "people.rural",
    ),
    _Service(
        "county_hospital",
        LARGE,
        "minutes.county_hospital",
        "links.minutes",
        "people.total",
    ),
)
BLOCKS: Final = 3
"""Expansions offered for each county hospital."""
BRANCH_DOCTORS: Final = 4
"""Doctors of a township hospital branch (assumed)."""
STOCKS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "beds": ("capacity", ("township_hospital", *LARGE)),
    "doctors": ("staff", ("clinic", "township_hospital", *LARGE)),
}
"""Column of the sites that a stock adds up, and the kinds of site that have it."""
CLINIC_M2: Final = 150
"""Land of a village clinic in m² (assumed; GB standards ask 60 m² of building)."""


@dataclass(frozen=True)
class Health:
    """Who is within reach of care, and beds and doctors."""

    name: str = "health"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "sites"})
    reads: frozenset[str] = frozenset({"links.minutes", "links.walk_minutes", "people.rural", "people.total"})
    writes: frozenset[str] = frozenset(
        {f"{group}.{service.key}" for group in ("minutes", "demand", "served") for service in SERVICES}
        | {"stock.beds", "stock.doctors"}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share of people served and people beyond, by county and service."""
        parts = []
        county = region.county_of(region.codes("village"))
        for service in SERVICES:
            demand = state[f"demand.{service.key}"].groupby(county).sum()
            served = state[f"served.{service.key}"].groupby(county).sum()
            wide = pd.DataFrame(
                {
                    f"{service.key}: within reach, %": served / demand * 100,
                    f"{service.key}: people beyond": demand - served,
                }
            ).rename_axis("unit")
            parts.append(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))
        return Findings(pd.concat(parts, ignore_index=True))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Minutes, demand and served people by village; beds and doctors by county."""
        values: dict[str, pd.Series] = {}
        for service in SERVICES:
            minutes = _reached(region, before[service.links], opened.projects, service.kinds)
            demand = before[service.people]
            values[f"minutes.{service.key}"] = minutes
            values[f"demand.{service.key}"] = demand
            near = within(minutes, assume[service.limit])
            values[f"served.{service.key}"] = only_where(demand, near)
        return values | _stocks(region, opened)

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer clinics, branches, sub-centres and hospital blocks, and credit the roads of others."""
        clinic, circle, county = SERVICES
        unserved = {s.key: _unserved(forecast, s) for s in SERVICES}
        clinics = _at_villages(region, unserved["clinic"], kind="clinic", assume=assume)
        branches = _at_villages(region, unserved["medical_circle"], kind="township_branch", assume=assume)
        centres = _subcentres(region, assume=assume)
        parts = [
            _credited(region, forecast, service=service, projects=projects, assume=assume)
            for service, projects in ((clinic, clinics), (circle, branches), (county, centres))
        ]
        parts = [_useful(part) for part in parts]
        parts.append(_branch_clinics(region, forecast, branches=parts[1].projects, assume=assume))
        return join_offers(
            [*parts, _blocks(region, assume=assume), _doctor_limits(region, forecast, assume=assume)]
        )


def _network(region: Region, minutes: pd.Series) -> Network:
    return road_network(region["nodes"], region["links"], minutes=minutes)


@remember(96)
def _reached(region: Region, links: pd.Series, projects: pd.DataFrame, kinds: tuple[str, ...]) -> pd.Series:
    """Minutes from each village to the nearest site of some kinds, of today or opened."""
    network = _network(region, links)
    sites, homes = _sites(region, projects), region.level("village")["node"]
    targets = sites.loc[sites["kind"].isin(kinds), "node"]
    found = nearest(network, targets=network.locate(targets), origins=network.locate(homes))
    return pd.Series(found.minutes, index=homes.index)


def _sites(region: Region, projects: pd.DataFrame) -> pd.DataFrame:
    """Sites of today and those that opened projects make: kind and node."""
    made = {"clinic": "clinic", "township_branch": "township_hospital", "subcentre": "county_hospital"}
    projects = projects[projects["kind"].isin(list(made))]
    new = pd.DataFrame({"kind": projects["kind"].map(made), "node": projects["node"]})
    return pd.concat([_sites_of_today(region), new.astype("str")], ignore_index=True)


@lru_cache(maxsize=4)
def _sites_of_today(region: Region) -> pd.DataFrame:
    return region["sites"][["kind", "node"]].astype("str")


def _stocks(region: Region, opened: Offer) -> dict[str, pd.Series]:
    """Beds and doctors by county: today's sites and the stock entries of opened projects."""
    counties = region.codes("county")
    return {
        f"stock.{key}": base + county_totals(opened.entries, ledger="stock", key=key, counties=counties)
        for key, base in _stocks_of_today(region).items()
    }


@remember(4)
def _stocks_of_today(region: Region) -> dict[str, pd.Series]:
    _require_stocks(region["sites"])
    counties = region.codes("county")
    values = {}
    for key, (column, kinds) in STOCKS.items():
        care = region["sites"][region["sites"]["kind"].isin(kinds)]
        county = region.county_of(care["unit"]).to_numpy()
        values[key] = care[column].groupby(county).sum().reindex(counties, fill_value=0.0)
    return values


def _require_stocks(sites: pd.DataFrame) -> None:
    """Nothing when the beds and doctors of every site are known: a blank is not 0."""
    problems = []
    for key, (column, kinds) in STOCKS.items():
        blank = sites[sites["kind"].isin(kinds) & sites[column].isna()]
        of_all = sites["kind"].value_counts()
        problems += [
            Problem(
                rule=f"no {key} given for {len(names)} of {of_all[kind]} sites of kind '{kind}'",
                mend="give the number, or an estimate of it named in modelled_columns",
                file="sites",
                column=column,
                value=", ".join(names),
            )
            for kind, names in blank.groupby("kind", observed=True)["site"]
        ]
    if problems:
        raise DataError(problems)


def _unserved(forecast: Forecast, service: _Service) -> pd.Index:
    """Villages with unmet demand in any year."""
    unmet = sum(
        (state[f"demand.{service.key}"] - state[f"served.{service.key}"] for state in forecast.states),
        start=pd.Series(0.0, index=forecast.states[0][f"demand.{service.key}"].index),
    )
    return unmet.index[unmet > 0]


def _at_villages(region: Region, villages: pd.Index, *, kind: str, assume: Assume) -> pd.DataFrame:
    """One candidate of a kind in each village."""
    units = region.level("village").loc[villages]
    words = {
        "clinic": ("新建村卫生室", "new village clinic"),
        "township_branch": ("新建卫生院分院", "new branch hospital"),
    }
    clinic = kind == "clinic"
    beds = assume["township_hospital.beds"]
    return project_table(
        {
            "project": (kind + ":" + units.index).to_numpy(),
            "name_zh": (units["name"] + words[kind][0]).to_numpy(),
            "name_en": (units["name_en"].fillna(units["name"]) + ": " + words[kind][1]).to_numpy(),
            "unit": units.index.to_numpy(),
            "town": units["parent"].to_numpy(),
            "county": region.county_of(units.index).to_numpy(),
            "node": units["node"].to_numpy(),
            "lon": units["lon"].to_numpy(),
            "lat": units["lat"].to_numpy(),
            "size": 1.0 if clinic else beds,
            "size_unit": "clinic" if clinic else "bed",
            "capital_wan": assume["clinic.cost" if clinic else "township_hospital.cost"],
            "running_wan": assume["clinic.running"] if clinic else beds * assume["hospital.running_per_bed"],
            "lead": 1,
            "land_mu": (CLINIC_M2 if clinic else beds * assume["hospital.land_per_bed"]) / M2_PER_MU,
            "modelled": True,
        },
        sector="health",
        kind=kind,
    )


def _subcentres(region: Region, *, assume: Assume) -> pd.DataFrame:
    """One candidate at each township hospital: raise it to a county-level sub-centre."""
    sites = region["sites"]
    sites = sites[sites["kind"] == "township_hospital"]
    units = region["units"].set_index("unit")
    parent = units["parent"].loc[sites["unit"]].to_numpy()
    in_village = (units["level"].loc[sites["unit"]] == "village").to_numpy()
    beds = assume["subcentre.beds"]
    return project_table(
        {
            "project": ("subcentre:" + sites["site"]).to_numpy(),
            "name_zh": (sites["name"] + "升级县域医疗次中心").to_numpy(),
            "name_en": (sites["name_en"].fillna(sites["name"]) + ": raise to medical sub-centre").to_numpy(),
            "unit": sites["unit"].to_numpy(),
            "town": np.where(in_village, parent, sites["unit"]),
            "county": region.county_of(sites["unit"]).to_numpy(),
            "node": sites["node"].to_numpy(),
            "site": sites["site"].to_numpy(),
            "lon": sites["lon"].to_numpy(),
            "lat": sites["lat"].to_numpy(),
            "size": beds,
            "size_unit": "bed",
            "capital_wan": assume["subcentre.cost"],
            "running_wan": beds * assume["hospital.running_per_bed"],
            "lead": 2,
            "land_mu": beds * assume["hospital.land_per_bed"] / M2_PER_MU,
            "modelled": True,
        },
        sector="health",
        kind="subcentre",
    )


def _credited(
    region: Region, forecast: Forecast, *, service: _Service, projects: pd.DataFrame, assume: Assume
) -> Offer:
    """Entries of candidates and of the roads offered by others, alone and in pairs."""
    network = _network(region, forecast.states[0][service.links])
    villages = region.level("village").loc[_unserved(forecast, service)]
    roads = link_upgrades(forecast.offer) if service.links == "links.minutes" else link_upgrades(Offer())
    names = roads["project"].drop_duplicates().to_numpy()
    found = gains(
        network,
        upgrades=upgrades_of(network, roads, links=region["links"]["link"]),
        origins=network.locate(villages["node"]),
        sites=network.locate(region["sites"].loc[region["sites"]["kind"].isin(service.kinds), "node"]),
        candidates=network.locate(projects["node"]),
        limit=assume[service.limit],
    )
    mine = projects.iloc[found.singles["candidate"].to_numpy()]
    credit = lasting_entries(
        mine, ledger="served", key=service.key, amount=1.0, unit=villages.index[found.singles["origin"]]
    )
    lead = forecast.offer.projects.set_index("project")["lead"]
    theirs = pd.DataFrame({"project": names[found.upgrades["upgrade"]]})
    theirs["lead"] = theirs["project"].map(lead).astype("int64")
    road_credit = lasting_entries(
        theirs, ledger="served", key=service.key, amount=1.0, unit=villages.index[found.upgrades["origin"]]
    )
    pairs = found.pairs(upgrades=names, candidates=projects["project"], origins=villages.index)
    pairs = pairs.assign(key=service.key, amount=1.0)
    entries = [cost_entries(projects), credit, road_credit, *_staff_and_stock(projects, assume=assume)]
    return Offer(projects, pd.concat(entries, ignore_index=True), pairs)


def _branch_clinics(region: Region, forecast: Forecast, *, branches: pd.DataFrame, assume: Assume) -> Offer:
    """A branch hospital also serves as the clinic of those within a walk."""
    clinic = SERVICES[0]
    network = _network(region, forecast.states[0][clinic.links])
    homes = region.level("village")["node"].loc[_unserved(forecast, clinic)]
    pairs = pairs_within(
        network,
        origins=network.locate(homes),
        targets=network.locate(branches["node"]),
        limit=assume[clinic.limit],
    )
    credit = lasting_entries(
        branches.iloc[pairs.target],
        ledger="served",
        key=clinic.key,
        amount=1.0,
        unit=homes.index[pairs.origin],
    )
    return Offer(entries=credit)


def _staff_and_stock(projects: pd.DataFrame, *, assume: Assume) -> list[pd.DataFrame]:
    """Doctors hired, and beds and doctors added, by kind of project."""
    beds = projects["size"].where(projects["kind"] != "clinic", 0.0)
    fixed = projects["kind"].map({"clinic": 1.0, "township_branch": float(BRANCH_DOCTORS)})
    doctors = fixed.fillna(beds * assume["hospital.doctors_per_bed"])
    made = [
        lasting_entries(projects, ledger=ledger, unit=projects["county"], key=key, amount=amount)
        for ledger, key, amount in (
            ("staff", "doctors", doctors),
            ("stock", "doctors", doctors),
            ("stock", "beds", beds),
        )
    ]
    return [entries[entries["amount"] > 0] for entries in made]


def _useful(offer: Offer) -> Offer:
    """Drop candidates that credit nobody and add no beds."""
    counts = offer.entries[offer.entries["ledger"].eq("served") | offer.entries["key"].eq("beds")]
    kept = offer.projects["project"].isin(counts["project"]) | offer.projects["project"].isin(
        offer.pairs["second"]
    )
    gone = offer.projects.loc[~kept, "project"]
    return Offer(
        offer.projects[kept], offer.entries[~offer.entries["project"].isin(gone)], offer.pairs, offer.limits
    )


def _blocks(region: Region, *, assume: Assume) -> Offer:
    """Expansions of the largest county hospital of each county, each after the one before."""
    sites = region["sites"]
    main = sites[sites["kind"].isin(LARGE)].sort_values(["capacity", "site"], ascending=[False, True])
    main = main.assign(county=region.county_of(main["unit"]).to_numpy()).drop_duplicates("county")
    main = main.sort_values("county")
    many = main.loc[main.index.repeat(BLOCKS)]
    number = np.tile(np.arange(1, BLOCKS + 1), len(main)).astype(str)
    site = many["site"].astype("str").to_numpy().astype(object)
    before = np.where(number == "1", "", "hospital_block:" + site + ":" + np.roll(number, 1).astype(object))
    beds = assume["hospital.block_beds"]
    projects = project_table(
        {
            "project": "hospital_block:" + site + ":" + number.astype(object),
            "name_zh": (many["name"].astype("str") + "扩建" + number + "期").to_numpy(),
            "name_en": (
                many["name_en"].fillna(many["name"]).astype("str") + ": expansion " + number
            ).to_numpy(),
            "unit": many["unit"].to_numpy(),
            "county": many["county"].to_numpy(),
            "node": many["node"].to_numpy(),
            "site": many["site"].to_numpy(),
            "lon": many["lon"].to_numpy(),
            "lat": many["lat"].to_numpy(),
            "size": beds,
            "size_unit": "bed",
            "capital_wan": beds * assume["hospital.cost_per_bed"],
            "running_wan": beds * assume["hospital.running_per_bed"],
            "lead": 2,
            "land_mu": beds * assume["hospital.land_per_bed"] / M2_PER_MU,
            "requires": before,
            "modelled": True,
        },
        sector="health",
        kind="hospital_block",
    )
    entries = [cost_entries(projects), *_staff_and_stock(projects, assume=assume)]
    return Offer(projects, pd.concat(entries, ignore_index=True))


def _doctor_limits(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    return Offer(
        limits=yearly_limits(
            region.codes("county"),
            forecast.years,
            ledger="staff",
            key="doctors",
            a_year=assume["limits.doctors_per_year"],
        )
    )


sector = Health()
