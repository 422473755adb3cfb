"""The land of one year: what grew, what projects took and what was cleared, conserved class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.base.units import M2_PER_MU
from tongqu.contracts import Assume, Offer, State, county_totals, entries_of, values_at
from tongqu.data import Region
from tongqu.methods.land import BUILT, CLASSES, OPEN, convert, take
from tongqu.sectors.land.base import COLUMNS, Base, built_class, urban_people
from tongqu.sectors.land.parameters import mix

__all__ = ["CELLS", "CLEARED", "QUOTA_SALE", "Carried", "carried", "land_in", "quota_in", "room_to_take"]

Floats = npt.NDArray[np.float64]

CELLS: Final = "cells.land"
"""Land that towns grew over without a plan, mu by county, and the first year that was simulated."""
CLEARED: Final = "land.cleared"
"""Mu that moves of villages have cleared, by county."""
RELOCATION: Final = "relocation"
"""Sector that `CLEARED` counts."""
QUOTA_SALE: Final = "quota_sale"
"""Kind of project that takes quota but no land: others build elsewhere."""
AT: Final = {name: position for position, name in enumerate(CLASSES)}
REPLACES: Final = ("other_green", "other")
"""Land that is reclaimed to replace farmland that towns grow over, in this order."""
TOLERANCE: Final = 0.01
"""Mu by which a plan may pass the quota: the solver's tolerance."""


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What is kept from year to year: mu that towns grew over, by county, and the first year."""

    grown: Floats
    first: int

    def series(self) -> pd.Series:
        """The variable that holds it."""
        return pd.Series(np.append(self.grown, float(self.first)))


def carried(region: Region, base: Base, before: State, *, assume: Assume) -> Carried:
    """Land that towns have grown over by the year of ``before``, which never shrinks again."""
    now = urban_people(before["people.urban"], region=region, counties=base.counties.index)
    grown = np.maximum(now - base.urban, 0.0) * assume["land.new_urban"] / M2_PER_MU
    grown = np.minimum(grown, room_to_take(base.counties).sum(axis=1))
    if CELLS in before:
        kept = before[CELLS].to_numpy(dtype=np.float64)
        if int(kept[-1]) <= before.year:
            return Carried(np.maximum(kept[:-1], grown), int(kept[-1]))
    return Carried(grown, before.year)


def room_to_take(land: pd.DataFrame) -> Floats:
    """Mu of each class of `OPEN` that can be built on: never basic farmland; shape (places, 5)."""
    room = _columns(land, OPEN).copy()
    room[:, OPEN.index("farmland")] -= _columns(land, ("basic_farmland",))[:, 0]
    return np.asarray(np.maximum(room, 0.0))


@remember(16)
def _columns(land: pd.DataFrame, names: tuple[str, ...]) -> Floats:
    """Columns of a table of land; it must not be written to."""
    return land[list(names)].to_numpy(dtype=np.float64)


def land_in(
    region: Region, base: Base, before: State, *, opened: Offer, grown: Floats, assume: Assume
) -> dict[str, Floats]:
    """Mu of every class in `COLUMNS`, with what the opened projects take and clear; shape (county,).

    Raises
    ------
    DataError
        If projects take more than there is of what can be built on, or clear more than the village land.
    """
    land, counties = base.counties, base.counties.index
    built, room = _built(region, opened, counties=counties).copy(), room_to_take(land)
    # Towns grow only over what projects leave.
    grown = np.minimum(grown, np.maximum(room.sum(axis=1) - built.sum(axis=1), 0.0))
    built[:, BUILT.index("urban")] += grown
    whole = built.sum(axis=1)
    taken = take(whole, room=room, mix=mix(assume))
    share = np.divide(built, whole[:, np.newaxis], out=np.zeros_like(built), where=whole[:, np.newaxis] > 0)
    moved = np.zeros((len(land), len(CLASSES), len(CLASSES)))
    for row, name in enumerate(OPEN):
        for column, target in enumerate(BUILT):
            moved[:, AT[name], AT[target]] = taken[:, row] * share[:, column]
    by_growth = np.divide(grown, whole, out=np.zeros(len(land)), where=whole > 0)
    _replace(moved, land, wanted=taken[:, OPEN.index("farmland")] * by_growth)
    cleared = _cleared(before, opened, counties=counties)
    moved[:, AT["rural"], AT["farmland"]] += cleared * assume["land.reclaim_farmland"]
    moved[:, AT["rural"], AT["forest"]] += cleared * (1 - assume["land.reclaim_farmland"])
    basic, idle = _columns(land, ("basic_farmland", "idle_homestead")).T
    area = convert(_columns(land, CLASSES), moved=moved, basic=basic)
    let = county_totals(opened.entries, ledger="land", key="idle_homestead", counties=counties)
    idle = np.minimum(np.maximum(idle + let, 0.0), area[:, AT["rural"]])
    parts = dict(zip(CLASSES, area.T, strict=True)) | {"basic_farmland": basic, "idle_homestead": idle}
    return {name: np.array(parts[name]) for name in COLUMNS}


def quota_in(before: State, opened: Offer, *, counties: pd.Index, first: int, assume: Assume) -> pd.Series:
    """Construction quota left in mu by county: allotted since the first year, less what projects took net."""
    allotted = assume["limits.land_mu_per_year"] * (before.year - first + 1)
    used = county_totals(opened.entries, ledger="land", key="construction", counties=counties)
    left = allotted - used
    return pd.Series(np.where((left < 0) & (left > -TOLERANCE), 0.0, left), index=counties)


@remember(48)
def _really(taken: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Entries of construction land that is really built on or cleared, with the sector of the project."""
    sold = projects.loc[projects["kind"] == QUOTA_SALE, "project"]
    mine = taken[~taken["project"].isin(sold)]
    return mine.assign(sector=mine["project"].map(projects.set_index("project")["sector"]).to_numpy())


def _built(region: Region, opened: Offer, *, counties: pd.Index) -> Floats:
    """Mu that projects build on by county and class of `BUILT`; it must not be written to."""
    taken = entries_of(opened.entries, ledger="land", key="construction")
    return _built_on(region, taken, opened.projects, counties)


@remember(48)
def _built_on(region: Region, taken: pd.DataFrame, projects: pd.DataFrame, counties: pd.Index) -> Floats:
    mine = _really(taken, projects)
    mine = mine[mine["amount"] > 0]
    found = np.zeros((len(counties), len(BUILT)))
    if mine.empty:
        return found
    kind = built_class(region, projects).reindex(mine["project"]).to_numpy()
    sums = mine["amount"].groupby([mine["unit"].to_numpy(), kind]).sum().unstack(fill_value=0)
    return sums.reindex(index=counties, columns=list(BUILT), fill_value=0.0).to_numpy(dtype=np.float64)


def _cleared(before: State, opened: Offer, *, counties: pd.Index) -> Floats:
    """Mu of village land that is cleared and reclaimed, net of new plots, by county."""
    taken = entries_of(opened.entries, ledger="land", key="construction")
    moves = np.zeros(len(counties))
    counted = CLEARED in before
    if counted:
        moves = values_at(before[CLEARED], counties, otherwise=0.0)
    return np.asarray(moves - _freed(taken, opened.projects, counties, counted))


@remember(48)
def _freed(taken: pd.DataFrame, projects: pd.DataFrame, counties: pd.Index, moves: bool) -> Floats:
    """Mu that entries clear, less than 0; without moves of villages if these are counted by themselves."""
    mine = _really(taken, projects)
    freed = mine[mine["amount"] < 0]
    if moves:
        freed = freed[freed["sector"] != RELOCATION]
    sums = freed.groupby("unit")["amount"].sum().reindex(counties, fill_value=0.0)
    return sums.to_numpy(dtype=np.float64)


def _replace(moved: Floats, land: pd.DataFrame, *, wanted: Floats) -> None:
    """Reclaim other land for the farmland that towns grow over, as far as there is any (占补平衡)."""
    left = wanted
    for name in REPLACES:
        free = _columns(land, (name,))[:, 0] - moved[:, AT[name]].sum(axis=1)
        part = np.minimum(left, np.maximum(free, 0.0))
        moved[:, AT[name], AT["farmland"]] += part
        left = left - part
