"""Catchments drawn: where each village's pupils go, schools with their classes, pupils without a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.methods.reach import Times
from tongqu.methods.schools import (
    REASONS,
    Catchments,
    Mergers,
    Parts,
    draw_catchments,
    mergers,
    split_villages,
    teachers_needed,
)
from tongqu.workflow.schools.ground import Base

__all__ = [
    "Drawn",
    "age_table",
    "catchment_table",
    "county_table",
    "drawn_of",
    "lacking_table",
    "merger_tables",
    "school_table",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEAREST: Final = 10
"""Mergers kept of each school that would close: those that save most, of the lawful and of the others."""
FULL: Final = 1e-6
"""Share by which a school may be over its places in arithmetic."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Catchments of villages, the large ones in parts.

    Parameters
    ----------
    parts : Parts
    found : Catchments
        Of the parts.
    pupils : numpy.ndarray of float
        By part and age.
    times : Times
        From the parts.
    """

    parts: Parts
    found: Catchments
    pupils: Floats
    times: Times

    @property
    def village(self) -> Ints:
        """Village of each part."""
        return self.parts.village


def drawn_of(base: Base, *, gap: float, seconds: float, seed: int, progress: Progress = silent) -> Drawn:
    """Draw catchments of least way; villages with more pupils of an age than a class go in parts."""
    progress(Report("catchments"))
    table, assume = base.pupils.to_numpy(dtype=np.float64), base.assume
    parts = split_villages(table, most=min(norm.pupils for norm in base.norms))
    times, onward = parts.times(base.times, onward=base.onward)
    pupils = parts.pupils(table)
    found = draw_catchments(
        pupils,
        times,
        stages=base.stages,
        places=base.places,
        onward=onward,
        detour=assume["catchment.detour"],
        campus=np.unique(base.schools["node"].to_numpy(), return_inverse=True)[1],
        siblings=assume["catchment.siblings"],
        together=assume["catchment.together"],
        gap=gap,
        seconds=seconds,
        seed=seed,
    )
    return Drawn(parts, found, pupils, times)


def catchment_table(base: Base, drawn: Drawn) -> pd.DataFrame:
    """A row for each village, stage and school: whom it takes from there.

    Returns
    -------
    DataFrame
        ``unit, town, county, stage, school, pupils, share`` (of the village's pupils of the stage),
        ``minutes, broken`` (whether the next village on the way goes elsewhere), ``modelled``.
    """
    found = drawn.found
    part, stage = np.nonzero(found.school >= 0)
    rows = pd.DataFrame(
        {
            "village": drawn.village[part],
            "stage": stage,
            "school": found.school[part, stage],
            "pupils": found.pupils[part, stage],
            "minutes": found.minutes[part, stage],
            "broken": found.broken[part, stage],
        }
    )
    grouped = rows.groupby(["village", "stage", "school"], sort=True)
    table = grouped.agg(
        pupils=("pupils", "sum"), minutes=("minutes", "first"), broken=("broken", "any")
    ).reset_index()
    whole = base.by_stage[table["village"], table["stage"]]
    units = base.villages.index[table["village"]]
    return pd.DataFrame(
        {
            "unit": units.astype("str"),
            "town": base.villages.loc[units, "town"].to_numpy(),
            "county": base.villages.loc[units, "county"].to_numpy(),
            "stage": [base.words[number].key for number in table["stage"]],
            "school": base.schools.index[table["school"]].astype("str"),
            "pupils": table["pupils"],
            "share": table["pupils"] / whole,
            "minutes": table["minutes"],
            "broken": table["broken"],
            "modelled": True,
        }
    )


def school_table(base: Base, drawn: Drawn) -> pd.DataFrame:
    """A row for each school.

    Returns
    -------
    DataFrame
        ``school, school_name, school_name_en, stage, unit, town, county, lon, lat, places, pupils, full``
        (share of the places), ``villages`` (whole or in part), ``classes, class_size``, ``minutes`` (mean),
        ``longest, teachers`` (needed), ``staff, closed, modelled``.
    """
    schools, found = base.schools, drawn.found
    load, size = found.load, len(base.schools)
    part, stage = np.nonzero(found.school >= 0)
    at = found.school[part, stage]
    pupils, minutes = found.pupils[part, stage], found.minutes[part, stage]
    pairs = np.unique(np.stack([at, drawn.village[part]]), axis=1)
    longest = np.zeros(size)
    np.maximum.at(longest, at, minutes)
    summed = np.bincount(at, weights=pupils * minutes, minlength=size)
    classes = np.zeros(size)
    for one, norm in zip(base.stages, base.norms, strict=True):
        classes += np.ceil(load[:, one.columns] / norm.pupils - FULL).sum(axis=1)
    total, places = load.sum(axis=1), base.places.sum(axis=1)
    some = total > 0
    return pd.DataFrame(
        {
            "school": schools.index.astype("str"),
            "school_name": schools["name"].to_numpy(),
            "school_name_en": schools["name_en"].to_numpy(),
            "stage": schools["stage"].to_numpy(),
            "unit": schools["unit"].to_numpy(),
            "town": schools["town"].to_numpy(),
            "county": schools["county"].to_numpy(),
            "lon": schools["lon"].to_numpy(),
            "lat": schools["lat"].to_numpy(),
            "places": places,
            "pupils": total,
            "full": np.divide(total, places, out=np.full(size, np.nan), where=places > 0),
            "villages": np.bincount(pairs[0], minlength=size),
            "classes": classes.astype(np.int64),
            "class_size": np.divide(total, classes, out=np.full(size, np.nan), where=classes > 0),
            "minutes": np.divide(summed, total, out=np.full(size, np.nan), where=some),
            "longest": np.where(some, longest, np.nan),
            "teachers": teachers_needed(load, stages=base.stages, norms=base.norms),
            "staff": schools["staff"].to_numpy(dtype=np.float64),
            "closed": schools["closed"].to_numpy(),
            "modelled": schools["modelled"].astype("bool").to_numpy(),
        }
    )


def age_table(base: Base, drawn: Drawn) -> pd.DataFrame:
    """Pupils, places and classes of each school by age: ``school, stage, age, pupils, places, classes``."""
    parts = []
    for word, stage, norm in zip(base.words, base.stages, base.norms, strict=True):
        mine = np.flatnonzero((base.schools["stage"] == word.key).to_numpy())
        load = drawn.found.load[mine][:, stage.columns]
        ages = np.arange(word.ages[0], word.ages[1] + 1)
        parts.append(
            pd.DataFrame(
                {
                    "school": np.repeat(base.schools.index[mine].astype("str"), ages.size),
                    "stage": word.key,
                    "age": np.tile(ages, mine.size),
                    "pupils": load.ravel(),
                    "places": base.places[mine][:, stage.columns].ravel(),
                    "classes": np.ceil(load / norm.pupils - FULL).ravel().astype(np.int64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def lacking_table(base: Base, drawn: Drawn) -> pd.DataFrame:
    """Pupils without a school, by village and stage.

    Returns
    -------
    DataFrame
        ``unit, town, county, lon, lat, stage, pupils, reason`` (no_school, too_large, no_room), ``nearest``
        (school of the stage), ``minutes`` (to it), ``limit, modelled``; the most pupils first.
    """
    found = drawn.found
    part, stage = np.nonzero((found.school < 0) & (found.pupils > 0))
    rows = pd.DataFrame(
        {
            "village": drawn.village[part],
            "stage": stage,
            "reason": found.reason[part, stage],
            "pupils": found.pupils[part, stage],
        }
    )
    rows = rows.groupby(["village", "stage", "reason"], sort=True)["pupils"].sum().reset_index()
    nearest, minutes = _nearest(base)
    units = base.villages.index[rows["village"]]
    at = (rows["village"].to_numpy(), rows["stage"].to_numpy())
    school = nearest[at]
    table = pd.DataFrame(
        {
            "unit": units.astype("str"),
            "town": base.villages.loc[units, "town"].to_numpy(),
            "county": base.villages.loc[units, "county"].to_numpy(),
            "lon": base.villages.loc[units, "lon"].to_numpy(),
            "lat": base.villages.loc[units, "lat"].to_numpy(),
            "stage": [base.words[number].key for number in rows["stage"]],
            "pupils": rows["pupils"],
            "reason": [REASONS[number] for number in rows["reason"]],
            "nearest": np.where(school >= 0, base.schools.index.to_numpy(dtype=object)[school], ""),
            "minutes": minutes[at],
            "limit": [base.stages[number].limit for number in rows["stage"]],
            "modelled": True,
        }
    )
    return table.sort_values(["pupils", "unit"], ascending=[False, True]).reset_index(drop=True)


def _nearest(base: Base) -> tuple[Ints, Floats]:
    """The nearest open school of each stage for each village, -1 where none is known, and the minutes."""
    size = (len(base.villages), len(base.stages))
    school, minutes = np.full(size, -1, dtype=np.int64), np.full(size, np.nan)
    times = base.times
    for number, stage in enumerate(base.stages):
        mine = np.flatnonzero((base.places[times.site][:, stage.columns] > 0).all(axis=1))
        order = mine[np.lexsort((times.minutes[mine], times.origin[mine]))]
        village, first = np.unique(times.origin[order], return_index=True)
        school[village, number] = times.site[order[first]]
        minutes[village, number] = times.minutes[order[first]]
    return school, minutes


def county_table(base: Base, *, tables: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    """Pupils, places and rides of the whole and of the counties by stage, where the pupils live.

    Parameters
    ----------
    tables : tuple of DataFrame
        Catchments and schools.

    Returns
    -------
    DataFrame
        ``unit, level, stage, schools, places`` (of schools there), ``pupils, placed, without, minutes``
        (mean), ``longest, classes, teachers`` (needed by schools there), ``staff`` (nan where that of a
        school is not known).
    """
    taken, schools = tables
    children = pd.DataFrame(base.by_stage, columns=[word.key for word in base.words])
    county = base.villages["county"].to_numpy()
    parts = []
    for level, codes in (("whole", [base.whole]), ("county", list(base.region.level("county").index))):
        for code in codes:
            for word in base.words:
                here = np.ones(len(county), dtype=bool) if level == "whole" else county == code
                theirs = taken[taken["stage"] == word.key]
                mine = schools[(schools["stage"] == word.key) & ~schools["closed"]]
                if level == "county":
                    theirs, mine = theirs[theirs["county"] == code], mine[mine["county"] == code]
                pupils, placed = float(children.loc[here, word.key].sum()), float(theirs["pupils"].sum())
                way = float((theirs["pupils"] * theirs["minutes"]).sum())
                parts.append(
                    {
                        "unit": str(code),
                        "level": level,
                        "stage": word.key,
                        "schools": len(mine),
                        "places": float(mine["places"].sum()),
                        "pupils": pupils,
                        "placed": placed,
                        "without": max(pupils - placed, 0.0),
                        "minutes": way / placed if placed > 0 else float("nan"),
                        "longest": float(theirs["minutes"].max()) if len(theirs) else float("nan"),
                        "classes": int(mine["classes"].sum()),
                        "teachers": float(mine["teachers"].sum()),
                        "staff": float(mine["staff"].sum(skipna=False)),
                    }
                )
    return pd.DataFrame(parts)


def merger_tables(
    base: Base, drawn: Drawn, *, progress: Progress = silent
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What mergers save and whom they cost, and village by village who pays for the best of each school.

    Returns
    -------
    DataFrame
        As `tongqu.methods.schools.Mergers.table` with codes of schools and villages, and ``stage, unit,
        town, county`` of the closing school: the ten that save most, and all that are lawful.
    DataFrame
        ``closing, receiver, unit, stage, pupils, before, after, added``.
    """
    progress(Report("mergers"))
    found = mergers(
        drawn.pupils,
        drawn.times,
        stages=base.stages,
        school=drawn.found.school,
        places=base.places,
        norms=base.norms,
        costs=base.costs,
        near=base.assume["merger.bus_beyond"],
    )
    table = found.table
    # A part of a village is no other village: count and name villages.
    village = drawn.village
    rank = table.groupby(["closing", table["verdict"] != "too_far"]).cumcount()
    table = table[(rank < NEAREST) | (table["verdict"] == "lawful")]
    best = table.assign(order=table["verdict"].map({"lawful": 0, "after_building": 1, "too_far": 2}))
    best = best.sort_values(["order", "saving", "added"], ascending=[True, False, True], kind="stable")
    best = best.drop_duplicates("closing")
    payers = _payers(base, drawn, found, best)
    counted = payers.groupby(["closing", "receiver"])["unit"].nunique()
    sites = base.schools.index.to_numpy(dtype=object)
    one = base.schools.iloc[table["closing"]]
    named = table.assign(
        closing=sites[table["closing"]],
        receiver=sites[table["receiver"]],
        payer=base.villages.index.to_numpy(dtype=object)[village[table["payer"]]],
        stage=one["stage"].to_numpy(),
        unit=one["unit"].to_numpy(),
        town=one["town"].to_numpy(),
        county=one["county"].to_numpy(),
        best=table.index.isin(best.index),
        modelled=True,
    )
    many = pd.MultiIndex.from_frame(named[["closing", "receiver"]])
    named["villages"] = counted.reindex(many).fillna(named["villages"].set_axis(many)).to_numpy()
    head = ["closing", "receiver", "stage", "unit", "town", "county", "verdict", "best"]
    rest = [column for column in named.columns if column not in head]
    return named[[*head, *rest]].reset_index(drop=True), payers


def _payers(base: Base, drawn: Drawn, found: Mergers, best: pd.DataFrame) -> pd.DataFrame:
    """Village by village who pays for some mergers."""
    units, sites = base.villages.index.to_numpy(dtype=object), base.schools.index.to_numpy(dtype=object)
    parts = []
    for closing, receiver in best[["closing", "receiver"]].itertuples(index=False):
        moves = found.moves(int(closing), int(receiver))
        rows = moves.assign(unit=units[drawn.village[moves["village"]]])
        rows = rows.groupby(["unit", "stage"], sort=True).agg(
            pupils=("pupils", "sum"),
            before=("before", "first"),
            after=("after", "first"),
            added=("added", "sum"),
        )
        parts.append(rows.reset_index().assign(closing=sites[closing], receiver=sites[receiver]))
    columns = ["closing", "receiver", "unit", "stage", "pupils", "before", "after", "added"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    table["stage"] = [base.words[number].key for number in table["stage"]]
    return table[columns]
