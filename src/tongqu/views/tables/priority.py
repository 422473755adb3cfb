"""Those who come first: how many they are, who of them is served, their weights and floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import PRIORITY
from tongqu.views.tables.bureaus import Bureau
from tongqu.views.tables.reach import share_of
from tongqu.views.tables.services import standards_of
from tongqu.views.tables.stored import Stored

__all__ = ["GROUPS", "Priority", "priority_of"]

GROUPS: Final = (
    "care.alone",
    "care.left_children",
    "care.low_income_elders",
    "care.low_income_rural",
    "care.low_income_urban",
)
"""Standards that say who comes first."""
NORM: Final = "care.day_places"
"""Places of day care for 1000 elders."""


@dataclass(frozen=True)
class Priority:
    """Figures of the chapter on care besides those that every bureau has.

    Parameters
    ----------
    groups : DataFrame
        By service: ``demand`` of all, ``first`` (those of them who come first), ``base`` and ``plan`` (share
        of these served without and with the plan), ``all`` (share of all served with the plan), ``weight``
        in the objective, NaN where it is not weighed.
    standards : DataFrame
        The standards that say who comes first, as in the region's table, with the values in force.
    floors : DataFrame
        Floors of the scenario for services of care: ``service, place`` ("" for every county), ``share,
        year, reached`` (the least share of any place and year that it asks for, as simulated).
    elders : DataFrame
        By county: people of 60 and over in the first and the last year, ``first`` and ``last``; empty where
        the norm is none.
    """

    groups: pd.DataFrame
    standards: pd.DataFrame
    floors: pd.DataFrame
    elders: pd.DataFrame


def priority_of(stored: Stored, bureau: Bureau) -> Priority:
    """Give groups, standards, floors and elders."""
    table = stored.run.region["standards"]
    table = table[table["standard"].isin(GROUPS)]
    values = table["standard"].map(standards_of(stored))
    return Priority(
        groups=_groups(stored, bureau),
        standards=table.assign(value=values),
        floors=_floors(stored, bureau),
        elders=_elders(stored, bureau),
    )


def _groups(stored: Stored, bureau: Bureau) -> pd.DataFrame:
    scenario = stored.run.scenario
    rows = {}
    for name, first in bureau.reach.items():
        whole = bureau.reach.get(name.removesuffix(PRIORITY))
        if not name.endswith(PRIORITY) or whole is None:
            continue
        sums = {key: float(getattr(first, key).sum()) for key in ("demand", "base", "plan")}
        rows[name] = {
            "demand": float(whole.demand.sum()),
            "first": sums["demand"],
            "base": float(share_of(sums["base"], sums["demand"])),
            "plan": float(share_of(sums["plan"], sums["demand"])),
            "all": float(share_of(whole.plan.sum(), whole.demand.sum())),
            "weight": float(scenario.goal.services.get(name, np.nan)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _floors(stored: Stored, bureau: Bureau) -> pd.DataFrame:
    villages = list(stored.cube.villages)
    county = pd.Series(stored.county_of(villages), index=villages)
    town = stored.units["parent"].reindex(villages)
    rows = []
    for floor in stored.run.scenario.floors:
        if floor.service not in bureau.reach:
            continue
        area = town if floor.town else county
        place = floor.town or floor.county
        demand, served = (
            pd.DataFrame(stored.cube.of("plan", f"{group}.{floor.service}"), index=villages)
            .groupby(area)
            .sum()
            for group in ("demand", "served")
        )
        share = pd.DataFrame(share_of(served, demand), index=demand.index, columns=list(stored.years))
        share = share.loc[[place]] if place else share
        asked = share.loc[:, [year for year in stored.years if year >= floor.year]].to_numpy()
        known = asked[~np.isnan(asked)]
        rows.append((floor.service, place, floor.share, floor.year, known.min() if known.size else np.nan))
    return pd.DataFrame(rows, columns=["service", "place", "share", "year", "reached"])


def _elders(stored: Stored, bureau: Bureau) -> pd.DataFrame:
    """Elders follow from the need of day care, which is so many places for 1000 of them."""
    norm = standards_of(stored).get(NORM, 0.0)
    if "day_care" not in bureau.reach or norm <= 0:
        return pd.DataFrame(columns=["first", "last"])
    one = bureau.reach["day_care"]
    county = stored.county_of(stored.cube.villages)
    table = pd.DataFrame({"first": one.first_demand, "last": one.demand}) / norm * 1000
    return table.groupby(county).sum().reindex(list(stored.counties))
