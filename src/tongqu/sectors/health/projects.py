"""What health offers: clinics, branches, sub-centres and hospital blocks."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Forecast,
    Offer,
    cost_entries,
    lasting_entries,
    link_upgrades,
    project_table,
    yearly_limits,
)
from tongqu.data import Region
from tongqu.methods.access import gains
from tongqu.methods.roads import upgrades_of
from tongqu.methods.travel import pairs_within
from tongqu.sectors.health.reach import LARGE, SERVICES, Service, network_of

__all__ = [
    "at_villages",
    "blocks",
    "branch_clinics",
    "credited",
    "doctor_limits",
    "subcentres",
    "unserved",
    "useful",
]

BLOCKS: Final = 3
"""Expansions offered for each county hospital."""
BRANCH_DOCTORS: Final = 4
"""Doctors of a township hospital branch (assumed)."""
CLINIC_M2: Final = 150
"""Land of a village clinic in m² (assumed; GB standards ask 60 m² of building)."""


def unserved(forecast: Forecast, service: Service) -> pd.Index:
    """Villages with unmet demand in any year."""
    unmet = sum(
        (state[f"demand.{service.key}"] - state[f"served.{service.key}"] for state in forecast.states),
        start=pd.Series(0.0, index=forecast.states[0][f"demand.{service.key}"].index),
    )
    return unmet.index[unmet > 0]


def at_villages(region: Region, villages: pd.Index, *, kind: str, assume: Assume) -> pd.DataFrame:
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


def subcentres(region: Region, *, assume: Assume) -> pd.DataFrame:
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


def credited(
    region: Region, forecast: Forecast, *, service: Service, projects: pd.DataFrame, assume: Assume
) -> Offer:
    """Entries of candidates and of the roads offered by others, alone and in pairs."""
    network = network_of(region, forecast.states[0][service.links])
    villages = region.level("village").loc[unserved(forecast, service)]
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


def branch_clinics(region: Region, forecast: Forecast, *, branches: pd.DataFrame, assume: Assume) -> Offer:
    """A branch hospital also serves as the clinic of those within a walk."""
    clinic = SERVICES[0]
    network = network_of(region, forecast.states[0][clinic.links])
    homes = region.level("village")["node"].loc[unserved(forecast, clinic)]
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


def useful(offer: Offer) -> Offer:
    """Drop candidates that credit nobody and add no beds."""
    counts = offer.entries[offer.entries["ledger"].eq("served") | offer.entries["key"].eq("beds")]
    kept = offer.projects["project"].isin(counts["project"]) | offer.projects["project"].isin(
        offer.pairs["second"]
    )
    gone = offer.projects.loc[~kept, "project"]
    return Offer(
        offer.projects[kept], offer.entries[~offer.entries["project"].isin(gone)], offer.pairs, offer.limits
    )


def blocks(region: Region, *, assume: Assume) -> Offer:
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


def doctor_limits(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Doctors that can be hired in each county and year."""
    return Offer(
        limits=yearly_limits(
            region.codes("county"),
            forecast.years,
            ledger="staff",
            key="doctors",
            a_year=assume["limits.doctors_per_year"],
        )
    )
