"""The circle of each tier by time of day, villages one by one, and what roads and facilities would add."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Forecast, Offer, link_upgrades
from tongqu.methods.medical import Circle, CircleTier, Gains, circle_by_time, circle_gains
from tongqu.methods.reach import Times
from tongqu.methods.roads import upgrades_of
from tongqu.sectors.transport import sector as transport
from tongqu.workflow.health.ground import PERIODS, TIERS, Base, Tier, levels_of

__all__ = ["DAY", "circle_of", "circle_table", "clinic_times", "gain_tables", "open_hours"]

DAY: Final = list(PERIODS["period"]).index("day")
"""Position of the daytime among the times of the day."""
GAINING: Final = {"township": "rural", "county": "people"}
"""Tiers that roads and facilities are tried for, and who counts."""
NO_DUTY: Final = (0.0, 24.0)
"""Hours of sites that never close."""


def circle_of(base: Base) -> dict[str, Circle]:
    """The circle of each tier in each period, by the people who count for it.

    Returns
    -------
    dict of str to Circle
        One tier each; sites are positions in `Base.of_tier`.
    """
    found = {}
    speeds = base.speeds
    for tier in TIERS:
        sites = base.of_tier(tier)
        if sites.empty:
            continue
        asked = CircleTier(
            name=tier.key,
            times=base.times(tier, slowest=float(speeds.min())),
            limit=base.assume[tier.limit],
            speed=1.0 if tier.walk else speeds,
            open=open_hours(base, sites),
        )
        found[tier.key] = circle_by_time([asked], base.villages[tier.people], hours=base.hours)
    return found


def open_hours(base: Base, sites: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each site is open in the middle of each period, shape (sites, periods)."""
    middle = (PERIODS["starts"] + PERIODS["hours"] / 2).to_numpy(dtype=np.float64) % 24.0
    hours = {
        kind: (base.assume[f"{kind}.opens"], base.assume[f"{kind}.closes"])
        for kind in ("clinic", "township_hospital")
    }
    opens, closes = (
        np.array([hours.get(kind, NO_DUTY)[side] for kind in sites["kind"]])[:, np.newaxis] for side in (0, 1)
    )
    return np.asarray((opens <= middle) & (middle < closes))


def circle_table(base: Base, circles: dict[str, Circle]) -> pd.DataFrame:
    """People inside the circle by place, tier and time of day.

    Returns
    -------
    DataFrame
        ``unit, level`` (whole, county), ``kind`` (tier), ``case`` (time of day; ``whole_day`` the mean over
        its hours, ``always`` inside at any time), ``limit, speed, people, inside, beyond, share``.
    """
    rows = []
    for tier in TIERS:
        if tier.key not in circles:
            continue
        people = base.villages[tier.people].to_numpy(dtype=np.float64)
        inside = circles[tier.key].inside[0]
        cases: dict[str, npt.NDArray[np.float64]] = dict(
            zip(PERIODS["period"], inside.astype(np.float64), strict=True)
        )
        cases["whole_day"] = base.hours @ inside / base.hours.sum()
        cases["always"] = inside.all(axis=0).astype(np.float64)
        speed = dict(zip(PERIODS["period"], np.ones(4) if tier.walk else base.speeds, strict=True))
        for code, mine in levels_of(base).items():
            chosen = mine.to_numpy()
            whole = float(people[chosen].sum())
            for case, share in cases.items():
                within = float((people * share)[chosen].sum())
                rows.append(
                    {
                        "unit": code,
                        "level": "whole" if code == base.whole else "county",
                        "kind": tier.key,
                        "case": case,
                        "limit": base.assume[tier.limit],
                        "speed": speed.get(case, np.nan),
                        "people": whole,
                        "inside": within,
                        "beyond": whole - within,
                        "share": within / whole if whole > 0 else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def clinic_times(base: Base) -> tuple[pd.DataFrame, Times]:
    """Clinics of any tier, and minutes on foot from villages to them up to the limit."""
    tier = TIERS[0]
    return base.of_tier(tier), base.times(tier)


def gain_tables(base: Base, circles: dict[str, Circle]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each road and each facility would bring inside in daytime, and how pairs of them act together.

    Roads are those that the transport sector offers; facilities are a branch hospital in a village beyond
    the township tier, and a sub-centre at a township hospital for the county tier.

    Returns
    -------
    tuple of DataFrame
        Alone: ``kind`` (tier), ``measure`` (road, facility), ``project`` (of a road), ``unit, county,
        villages, people, modelled``; and pairs: ``kind, project, origin`` (unit of the road),
        ``destination`` (unit of the facility), ``road_people, facility_people, people, interaction,
        modelled``. Those with most people first; what brings nobody is left out.
    """
    alone: list[pd.DataFrame] = []
    pairs: list[pd.DataFrame] = []
    offer = transport.offer(base.region, Forecast((base.state,), Offer()), assume=base.assume)
    faster = link_upgrades(offer)
    roads = offer.projects.set_index("project").loc[faster["project"].drop_duplicates()]
    changes = upgrades_of(base.road, faster, links=base.region["links"]["link"])
    for tier in TIERS:
        if tier.key not in circles or tier.key not in GAINING:
            continue
        spots = _facilities(base, tier, circles[tier.key])
        found = circle_gains(
            base.road,
            sites=base.of_tier(tier)["spot"],
            origins=base.villages["spot"],
            people=base.villages[GAINING[tier.key]],
            roads=changes,
            facilities=spots["spot"],
            limit=base.assume[tier.limit],
        )
        alone.append(_alone(found, roads, spots, tier=tier))
        pairs.append(_pairs(found, roads, spots, tier=tier))
    return _joined(alone, ALONE), _joined(pairs, PAIRS)


ALONE: Final = ("kind", "measure", "project", "unit", "county", "villages", "people", "modelled")
"""Columns of measures alone."""
PAIRS: Final = (
    "kind",
    "project",
    "origin",
    "destination",
    "county",
    "road_people",
    "facility_people",
    "people",
    "interaction",
    "modelled",
)
"""Columns of pairs."""


def _joined(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(parts, ignore_index=True)[list(columns)]


def _facilities(base: Base, tier: Tier, circle: Circle) -> pd.DataFrame:
    """Where a facility of the tier may open: ``unit, county, spot, modelled``."""
    if tier.key == "county":
        sites = base.sites[base.sites["kind"] == "township_hospital"]
        return sites[["unit", "county", "spot", "modelled"]].reset_index(drop=True)
    beyond = ~circle.inside[0, DAY] & (base.villages[tier.people].to_numpy(np.float64) > 0)
    mine: pd.DataFrame = base.villages[beyond].rename_axis("unit").reset_index()
    return mine[["unit", "county", "spot", "modelled"]]


def _alone(found: Gains, roads: pd.DataFrame, spots: pd.DataFrame, *, tier: Tier) -> pd.DataFrame:
    kept = found.alone[found.alone["people"] > 0]
    change = kept["change"].to_numpy()
    names = np.concatenate([roads.index.to_numpy(), np.full(len(spots), "")])
    both = {
        name: np.concatenate([roads[name].to_numpy(), spots[name].to_numpy()])[change]
        for name in ("unit", "county", "modelled")
    }
    table = pd.DataFrame(
        {
            "kind": tier.key,
            "measure": np.where(change < len(roads), "road", "facility"),
            "project": names[change],
            **both,
            "villages": kept["places"].to_numpy(dtype=np.int64),
            "people": kept["people"].to_numpy(),
        }
    )
    return table.sort_values(["people", "unit"], ascending=[False, True], ignore_index=True)


def _pairs(found: Gains, roads: pd.DataFrame, spots: pd.DataFrame, *, tier: Tier) -> pd.DataFrame:
    mine = found.pairs
    road, facility = roads.iloc[mine["road"]], spots.iloc[mine["facility"]]
    return pd.DataFrame(
        {
            "kind": tier.key,
            "project": road.index.to_numpy(),
            "origin": road["unit"].to_numpy(),
            "destination": facility["unit"].to_numpy(),
            "county": facility["county"].to_numpy(),
            "road_people": mine["road_people"].to_numpy(),
            "facility_people": mine["facility_people"].to_numpy(),
            "people": mine["people"].to_numpy(),
            "interaction": mine["interaction"].to_numpy(),
            "modelled": road["modelled"].to_numpy(dtype=np.bool_)
            | facility["modelled"].to_numpy(dtype=np.bool_),
        }
    )
