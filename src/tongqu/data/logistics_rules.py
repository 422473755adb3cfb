"""Rules of parcels and farm goods: hours that can be, villages that a road reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["check_logistics"]

CARRIED: Final = ("parcels_in", "parcels_out", "goods_out_t")
"""Columns of what is to be carried."""


def check_logistics(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report hours that close before they open, places that are no villages, and villages without a road."""
    demand = tables.get("parcel_demand")
    if demand is None:
        return
    check_hours(demand, problems=problems)
    units = tables.get("units")
    if units is None or not demand.has("unit") or not units.has("unit", "level"):
        return
    level = dict(zip(units.text["unit"], units.text["level"], strict=True))
    found = demand.text["unit"].map(level)
    problems.add_rows(
        "parcels of a place that is not a village",
        at=demand.place("unit"),
        where=(found.notna() & (found != "village")).to_numpy(),
        mend="give parcels by village: share out those of towns and counties",
    )
    if not units.has("node"):
        return
    roadless = units.text["unit"][units.text["node"].isna()]
    wanted = np.zeros(len(found), dtype=bool)
    for name in CARRIED:
        if demand.has(name):
            wanted |= demand.typed[name].to_numpy(dtype=np.float64) > 0
    lost = (found == "village") & demand.text["unit"].isin(roadless)
    problems.add_rows(
        "a village with parcels but no road node",
        at=demand.place("unit"),
        where=lost.to_numpy() & wanted,
        mend="give its node in units.csv, or leave its parcels out",
    )


def check_hours(demand: Checked, *, problems: Problems) -> None:
    """Report hours that close no later than they open; a blank end is no limit."""
    if not demand.has("opens_h", "closes_h"):
        return
    opens, closes = (demand.typed[name].to_numpy(dtype=np.float64) for name in ("opens_h", "closes_h"))
    problems.add_rows(
        "a village that closes before it opens",
        at=demand.place("closes_h"),
        where=closes <= opens,
        mend="enter opens_h < closes_h, both in hours from midnight",
    )
