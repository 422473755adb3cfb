"""What the page of the accounts reads, and the figures by place and year that its sections share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.outlook_charts import Fan, fan
from tongqu.views.study_page import Figure, Format, Study, grid_of
from tongqu.views.words import Words

__all__ = ["LINES", "AccountsTables", "Say", "by_place", "fan_figure", "of_place", "place_names", "say_of"]

LINES: Final = ("#12394f", "#31688e", "#1f7a6d", "#8a6d10", "#9c2f1f", "#6a3d8f", "#444444")
"""Colours of lines, the whole first; lines differ in their dashes too."""


class AccountsTables(Study, Protocol):
    """What the page reads of accounts: see `tongqu.Accounts`."""

    @property
    def years(self) -> Mapping[str, int]:
        """Years ``base, until``."""

    @property
    def futures(self) -> int:
        """Futures drawn."""

    @property
    def seed(self) -> int:
        """Seed of the draws."""


@dataclass(frozen=True)
class Say:
    """How a figure is said: a factor on its values, decimals, and its unit on an axis."""

    factor: float
    digits: int
    unit: str

    def __call__(self, value: float) -> str:
        """Words of a value that has the factor already."""
        return "–" if value != value else f"{value:,.{self.digits}f}"


def say_of(name: str, words: Words) -> Say:
    """How a figure of the ranges is said, by its name."""
    if name.endswith("_wan"):
        return Say(1e-4 if words.language == "zh" else 1e-2, 1, words("economy.money_axis"))
    if name in ("debt_ratio", "self_sufficiency", "pension_of_line", "pension_of_income"):
        return Say(100.0, 1, "%")
    if name == "pensioners":
        return Say(1e-4 if words.language == "zh" else 1e-3, 1, words("outlook.people_unit"))
    if name == "income_ratio":
        return Say(1.0, 2, words("accounts.ratio_unit"))
    return Say(1.0, 0, words("accounts.yuan"))


def place_names(found: AccountsTables, words: Words) -> dict[str, str]:
    """Names of the whole and of its counties, by code, in order."""
    units = found.region["units"].set_index("unit")
    names = {found.whole: words.name(found.region.title_zh, found.region.title_en)}
    for unit in found.tables["debt"]["unit"].unique()[1:]:
        names[str(unit)] = words.name(units.at[unit, "name"], units.at[unit, "name_en"])
    return names


def of_place(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Rows of a place by year."""
    return table[table["unit"] == unit].set_index("year")


def fan_figure(
    found: AccountsTables,
    words: Words,
    *,
    name: str,
    values: pd.Series,
    target: tuple[str, float] | None = None,
    points: Sequence[tuple[int, float]] = (),
) -> Figure:
    """A figure of the whole by year inside its range, with its table.

    Parameters
    ----------
    name : str
        In the table of ranges.
    values : Series
        Of the assumed parameters, by year.
    target : (str, float), optional
        Name and value of a level.
    points : sequence of (int, float)
        Published values.
    """
    say, title = say_of(name, words), words.label("ranged", name)
    ranges = found.tables["ranges"]
    mine = ranges[(ranges["unit"] == found.whole) & (ranges["variable"] == name)].set_index("year")
    mine = mine.reindex(values.index)
    drawn = len(mine) > 0 and bool(mine["p10"].notna().all())
    data = Fan(
        [int(year) for year in values.index],
        (values * say.factor).tolist(),
        (mine["p10"] * say.factor).tolist() if drawn else [],
        (mine["p90"] * say.factor).tolist() if drawn else [],
        None if target is None else target[1] * say.factor,
        [(year, value * say.factor) for year, value in points],
    )
    svg = fan(
        data,
        label=title,
        unit=say.unit,
        words=say,
        target="" if target is None else target[0],
        published=words("outlook.published"),
        marked=[data.years[0], data.years[-1]],
    )
    table = pd.DataFrame({"year": data.years, "middle": data.middle})
    columns: dict[str, tuple[str, Format | None]] = {
        "year": (words("column.year"), str),
        "middle": (words("outlook.middle"), say),
    }
    if drawn:
        table = table.assign(p10=data.low, p90=data.high)
        columns |= {edge: (words(f"outlook.{edge}"), say) for edge in ("p10", "p90")}
    note = words("accounts.fan_note", futures=found.futures) if drawn else words("outlook.no_fan")
    return Figure(title, svg, grid_of(table, columns=columns, label=title), note=f"{say.unit} · {note}")


def by_place(
    table: pd.DataFrame, words: Words, *, names: Mapping[str, str], column: str, say: Say, label: str
) -> tuple[list[int], dict[str, list[float]], Grid]:
    """Years, values of each place, and both as a table with a column for each place."""
    wide = table.pivot_table(index="year", columns="unit", values=column, aggfunc="first", sort=False)
    wide = wide.reindex(columns=list(names)).astype("float64").sort_index() * say.factor
    shown = wide.reset_index()
    columns: dict[str, tuple[str, Format | None]] = {"year": (words("column.year"), str)}
    columns |= {unit: (name, say) for unit, name in names.items()}
    values = {unit: wide[unit].to_numpy(dtype=np.float64).tolist() for unit in names}
    return [int(year) for year in wide.index], values, grid_of(shown, columns=columns, label=label)
