"""Pupils, places and teachers by stage, and what each merger saves and whom it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.tables.bureaus import Bureau
from tongqu.views.tables.reach import optional
from tongqu.views.tables.services import standards_of
from tongqu.views.tables.stored import Stored

__all__ = ["STAGES", "Schools", "schools_of"]

STAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "nursery": ("kindergarten",),
    "primary": ("primary_school",),
    "junior": ("junior_school",),
    "senior": ("senior_school", "vocational_school"),
}
"""Stages of school and their kinds of site."""
MERGERS: Final = ("primary_merge", "junior_merge")
SAVES: Final = 0.05
"""Minutes by which a ride is longer if it counts as longer."""


@dataclass(frozen=True)
class Schools:
    """Figures of the chapter on education besides those that every bureau has.

    Parameters
    ----------
    pupils : DataFrame
        By stage and ``country``, ``town`` (rows) and year (columns): children of the age, with the plan.
    places : DataFrame
        By stage (rows) and year (columns): places of today's schools that are open, and of opened ones.
    teachers : DataFrame
        By stage: ``have`` today, ``norm`` pupils a teacher, ``first`` and ``last`` (needed in the first and
        last year), ``plan`` (needed by the plan's schools less what mergers free); NaN where unknown.
    mergers : DataFrame
        Indexed by project: ``opens, county, size`` (pupils that the merger was offered for), ``saving`` and
        ``capital`` in 万元, ``teachers`` freed and ``land`` freed in mu; and if the run says who moves,
        ``children, placed, villages, longer`` (children whose ride gets longer), ``before, after`` (mean
        minutes of all), ``longest`` and ``pays`` (the village with most child-minutes more).
    moves : DataFrame or None
        As stored: children whose school closes, by merger and village. None for runs that do not say.
    """

    pupils: pd.DataFrame
    places: pd.DataFrame
    teachers: pd.DataFrame
    mergers: pd.DataFrame
    moves: pd.DataFrame | None


def schools_of(stored: Stored, bureau: Bureau) -> Schools:
    """Give pupils, places, teachers and mergers.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    moves = optional(stored, "results/school_moves")
    entries = stored.run["offer/entries"]
    entries = entries[entries["project"].isin(bureau.rows["project"])]
    stages = [stage for stage in STAGES if f"pupils.{stage}" in stored.cube]
    return Schools(
        pupils=_pupils(stored, stages),
        places=_places(stored, bureau.rows, stages),
        teachers=_teachers(stored, bureau.rows, entries, stages=stages),
        mergers=_mergers(bureau.rows, entries, moves),
        moves=moves,
    )


def _pupils(stored: Stored, stages: Sequence[str]) -> pd.DataFrame:
    rows = {}
    for stage in stages:
        every = np.nansum(stored.cube.of("plan", f"pupils.{stage}"), axis=0)
        rural = f"pupils.rural_{stage}"
        country = np.nansum(stored.cube.of("plan", rural), axis=0) if rural in stored.cube else every * np.nan
        rows[stage, "country"], rows[stage, "town"] = country, every - country
    index = pd.MultiIndex.from_tuples(list(rows), names=["stage", "where"])
    return pd.DataFrame(list(rows.values()), index=index, columns=list(stored.years))


def _places(stored: Stored, rows: pd.DataFrame, stages: Sequence[str]) -> pd.DataFrame:
    sites = stored.run.region["sites"]
    years = np.asarray(stored.years)
    found = {}
    for stage in stages:
        mine = sites[sites["kind"].isin(STAGES[stage])]
        if mine.empty or mine["capacity"].isna().any():  # nothing is known of the stage
            found[stage] = np.full(len(years), np.nan)
            continue
        places = np.full(len(years), float(mine["capacity"].sum()))
        made = rows[rows["kind"].isin((f"{stage}_school", f"{stage}_classes"))]
        places += _from(made["opens"], made["size"], years=years)
        closed = rows[rows["kind"] == f"{stage}_merge"]
        seats = mine.set_index("site")["capacity"].reindex(closed["site"]).fillna(0.0)
        found[stage] = places - _from(closed["opens"], seats, years=years)
    return pd.DataFrame.from_dict(found, orient="index", columns=list(stored.years))


def _from(opens: pd.Series, amounts: pd.Series, *, years: np.ndarray) -> np.ndarray:
    """Sum of the amounts that count from their year on, by year."""
    counts = opens.to_numpy(dtype=np.int64)[:, np.newaxis] <= years
    return np.asarray((counts * amounts.to_numpy(dtype=np.float64)[:, np.newaxis]).sum(axis=0))


def _teachers(
    stored: Stored, rows: pd.DataFrame, entries: pd.DataFrame, *, stages: Sequence[str]
) -> pd.DataFrame:
    """Teachers by stage; a region whose sites lack their staff says nothing of how many there are."""
    sites, standards = stored.run.region["sites"], standards_of(stored)
    usual = standards.get("pupils.per_teacher", np.nan)
    staff = entries[(entries["ledger"] == "staff") & (entries["key"] == "teachers")]
    kind = rows.drop_duplicates("project").set_index("project")["kind"]
    by_kind = staff["amount"].groupby(staff["project"].map(kind).astype("str")).sum()
    found = {}
    for stage in stages:
        mine = sites.loc[sites["kind"].isin(STAGES[stage]), "staff"]
        norm = standards.get(f"merger.pupils_per_teacher_{stage}", usual)
        pupils = stored.cube.of("plan", f"pupils.{stage}")
        if stage == "senior":
            pupils = pupils * standards.get("senior.enrolment", 1.0)
        found[stage] = {
            "have": float(mine.sum()) if len(mine) and mine.notna().all() else np.nan,
            "norm": norm,
            "first": float(np.nansum(pupils[:, 0])) / norm,
            "last": float(np.nansum(pupils[:, -1])) / norm,
            "plan": float(by_kind[by_kind.index.str.startswith(f"{stage}_")].sum()),
        }
    return pd.DataFrame.from_dict(found, orient="index")


def _mergers(rows: pd.DataFrame, entries: pd.DataFrame, moves: pd.DataFrame | None) -> pd.DataFrame:
    mine = rows[rows["kind"].isin(MERGERS)].drop_duplicates("project").set_index("project")
    entries = entries[entries["project"].isin(mine.index)]
    freed = (
        -entries.pivot_table(index="project", columns="ledger", values="amount", aggfunc="sum")
        .reindex(index=mine.index, columns=["staff", "land"])
        .fillna(0.0)
    )
    table = pd.DataFrame(
        {
            "name_zh": mine["name_zh"],
            "name_en": mine["name_en"],
            "opens": mine["opens"],
            "county": mine["county"],
            "size": mine["size"],
            "saving": -mine["running_wan"],
            "capital": mine["capital_wan"],
            "teachers": freed["staff"],
            "land": freed["land"],
        }
    )
    table = table if moves is None else table.join(_paid(moves))
    return table.sort_values(["opens", "county", "name_zh"], kind="stable")


def _paid(moves: pd.DataFrame) -> pd.DataFrame:
    """What the children of each merger pay."""
    more = moves["minutes_after"] - moves["minutes_before"]
    known = moves["minutes_after"].notna()
    counted = moves.assign(
        weight=moves["children"].where(known, 0.0),
        before=moves["children"].where(known, 0.0) * moves["minutes_before"],
        after=(moves["children"] * moves["minutes_after"]).fillna(0.0),
        longer=moves["children"].where(more > SAVES, 0.0),
        paid=(moves["children"] * more).fillna(0.0),
    )
    groups = counted.groupby("project")
    sums = groups[["children", "placed", "longer", "weight", "before", "after"]].sum()
    most = counted.loc[groups["paid"].idxmax()].set_index("project")
    return pd.DataFrame(
        {
            "children": sums["children"],
            "placed": sums["placed"],
            "villages": groups.size(),
            "longer": sums["longer"],
            "before": sums["before"] / sums["weight"].where(sums["weight"] > 0),
            "after": sums["after"] / sums["weight"].where(sums["weight"] > 0),
            "longest": groups["minutes_after"].max(),
            "pays": most["unit"].where(most["paid"] > SAVES, ""),
        }
    )
