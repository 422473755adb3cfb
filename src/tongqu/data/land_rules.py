"""Rules of land use: classes make up the area of a place, parts fit their whole, towns their county."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["AREA_SHARE", "check_land_use"]

PARTS: Final[Mapping[str, str]] = {"basic_farmland": "farmland", "idle_homestead": "rural"}
"""Classes that are part of another, and that other; they are not added to the area."""
AREA_SHARE: Final = 0.01
"""Share of its area by which the classes of a place may miss it: outlines and land surveys measure apart."""
ROUNDING: Final = 0.5
"""Mu by which a rounded area may be off."""
MU_PER_KM2: Final = 1e6 / M2_PER_MU
KEY: Final = ["unit", "year", "class"]


def check_land_use(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report classes that are missing, parts above their whole, and areas that do not add up."""
    land = tables.get("land_use")
    if land is None or not land.has(*KEY, "area_mu"):
        return
    frame = pd.DataFrame(
        {
            "unit": land.text["unit"].to_numpy(),
            "year": land.typed["year"].to_numpy(),
            "class": land.text["class"].to_numpy(),
            "area": land.typed["area_mu"].astype("float64").to_numpy(),
        }
    )
    whole = frame.notna().all(axis="columns") & ~frame.duplicated(KEY)
    choices = land.spec.columns["class"].choices
    known = frame[whole & frame["class"].isin(choices)]
    if known.empty:
        return
    wide = known.pivot(index=["unit", "year"], columns="class", values="area").reindex(columns=list(choices))
    # A class whose area cannot be read is there: its row is reported already.
    rows = frame[frame[KEY].notna().all(axis="columns") & frame["class"].isin(choices)]
    given = pd.crosstab([rows["unit"], rows["year"]], rows["class"]).reindex(columns=list(choices))
    check_classes(land, given.where(given > 0), problems=problems)
    check_parts(land, frame, wide=wide, problems=problems)
    units = tables.get("units")
    full = wide.dropna()
    if units is None or not units.has("unit", "parent") or full.empty:
        return
    own = full[[name for name in choices if name not in PARTS]].sum(axis=1)
    if units.has("area_km2"):
        check_areas(land, known, own=own, units=units, problems=problems)
    check_sums(land, known, full=full, units=units, problems=problems)


def check_classes(land: Checked, wide: pd.DataFrame, *, problems: Problems) -> None:
    """Report places that lack a class of which others are given."""
    lacking = wide.isna()
    for place in lacking.index[lacking.any(axis=1)]:
        unit, year = str(place[0]), int(place[1])
        names = ", ".join(str(name) for name in lacking.columns[lacking.loc[place].to_numpy(dtype=bool)])
        problems.add(
            f"{unit} has no {names} in {year}",
            mend="give every class of a place, 0 where there is none",
            file=land.place("class").file,
            column="class",
            value=unit,
        )


def check_parts(land: Checked, frame: pd.DataFrame, *, wide: pd.DataFrame, problems: Problems) -> None:
    """Report basic farmland above farmland, and idle homesteads above rural land."""
    of = frame["class"].map(PARTS)
    places = pd.MultiIndex.from_frame(frame[["unit", "year"]])
    total = np.full(len(frame), np.nan)
    for name in set(PARTS.values()):
        mine = (of == name).to_numpy()
        total[mine] = wide[name].reindex(places[mine]).to_numpy()
    above = frame["area"].to_numpy() > total + ROUNDING

    def mend(position: int, _: str) -> str:
        row = frame.iloc[position]
        return (
            f"{of.iloc[position]} of {row['unit']} in {int(row['year'])} is {total[position]:.0f} mu: "
            "correct one of them"
        )

    problems.add_rows(
        "a class above the one that it is part of", at=land.place("area_mu"), where=above, mend=mend
    )


def check_areas(
    land: Checked, known: pd.DataFrame, *, own: pd.Series, units: Checked, problems: Problems
) -> None:
    """Report places whose classes do not sum to their area, at their first row."""
    area = pd.Series(units.typed["area_km2"].to_numpy(np.float64), index=units.text["unit"]) * MU_PER_KM2
    area = area[~area.index.duplicated() & area.notna()]
    given = pd.Series(area.reindex(own.index.get_level_values("unit")).to_numpy(), index=own.index)
    off = (own - given).abs() > np.maximum(given * AREA_SHARE, ROUNDING)
    sums = own[off].to_dict()

    def words(unit: str, year: int) -> str:
        return (
            f"they are {sums[unit, year]:.0f} mu together, the area is {given[unit, year]:.0f} mu: "
            "correct the classes, or area_km2 of units"
        )

    _at_first(land, known, off=off, rule="classes do not sum to the area", words=words, problems=problems)


def check_sums(
    land: Checked, known: pd.DataFrame, *, full: pd.DataFrame, units: Checked, problems: Problems
) -> None:
    """Report places that do not equal the places below them, class by class, where all of these are given."""
    tree = pd.DataFrame({"unit": units.text["unit"], "parent": units.text["parent"]}).dropna()
    tree = tree[~tree["unit"].duplicated()]
    below = full.reset_index().merge(tree, on="unit")
    sums = below.groupby(["parent", "year"])[list(full.columns)].sum()
    count = below.groupby(["parent", "year"]).size()
    children = tree.groupby("parent").size()
    complete = count.index[(count == children.reindex(count.index.get_level_values("parent")).to_numpy())]
    both = [place for place in complete if place in full.index]
    if not both:
        return
    rows = pd.MultiIndex.from_tuples(both, names=["unit", "year"])
    gap = (full.loc[rows] - sums.loc[both].set_axis(rows)).abs()
    slack = ROUNDING * (count.loc[both].to_numpy() + 1)
    off = (gap > slack[:, np.newaxis]).any(axis=1)
    worst = gap.idxmax(axis=1)

    def words(unit: str, year: int) -> str:
        place, name = (unit, year), str(worst[unit, year])
        below_, own = sums[name], full[name]
        return (
            f"{name} of the places below is {float(below_[place]):.0f} mu together, "
            f"its own is {float(own[place]):.0f} mu: correct one of them"
        )

    rule = "the places below do not add up to it"
    _at_first(land, known, off=off, rule=rule, words=words, problems=problems)


def _at_first(
    land: Checked,
    known: pd.DataFrame,
    *,
    off: pd.Series,
    rule: str,
    words: Callable[[str, int], str],
    problems: Problems,
) -> None:
    """One problem for each place and year that is off, at the first of its rows."""
    first = known.drop_duplicates(["unit", "year"])
    place = pd.MultiIndex.from_frame(first[["unit", "year"]])
    wrong = off.reindex(place).fillna(False).to_numpy(dtype=bool)
    where = np.zeros(len(land.raw.rows), dtype=bool)
    where[first.index[wrong]] = True
    at = land.place("unit")
    names = dict(zip(first.index.tolist(), place.tolist(), strict=True))

    def mend(position: int, _: str) -> str:
        unit, year = names[position]
        return words(unit, year)

    problems.add_rows(rule, at=at, where=where, mend=mend)
