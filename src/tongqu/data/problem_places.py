"""Where on the map the problems of a region are, as far as its own tables can still be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely

from tongqu.base.errors import DataError, Problem
from tongqu.base.progress import silent
from tongqu.data.crs import local_crs
from tongqu.data.header import NEUTRAL
from tongqu.data.headings import match_columns, match_title
from tongqu.data.layers import Layer
from tongqu.data.load import RawRegion, locate, read_book, read_folder
from tongqu.data.problems import Problems
from tongqu.data.region import Region
from tongqu.data.rules import Bbox
from tongqu.data.spec import TableSpec, table_specs

__all__ = ["PLACE_COLUMNS", "LocatedProblems", "locate_problems"]

PLACE_COLUMNS: Final = (
    "number",
    "table",
    "file",
    "row",
    "column",
    "value",
    "rule",
    "mend",
    "unit",
    "name",
    "name_en",
    "lon",
    "lat",
)
"""Columns of the located problems."""

NEAR_DEG: Final = 5.0
"""Degrees from the middle of its units within which a place counts where the region's box cannot be read."""

LOCATED: Final = ("units", "sites", "nodes")
"""Tables whose rows have a position, in the order in which a row that refers to several is placed."""

BELONGING: Final = ("parent", "seat")
"""Columns of units that name another unit: not where the unit itself is."""


@dataclass(frozen=True, eq=False)
class LocatedProblems:
    """Problems with their places.

    Parameters
    ----------
    table : DataFrame
        One row for each problem in the order given, columns `PLACE_COLUMNS`: ``number`` counts from 1,
        ``table`` is the name of the table (blank for none), ``row`` is missing for a whole file, ``unit`` is
        the code that the row names, ``lon`` and ``lat`` are degrees, missing where there is no place.
    sketch : Region or None
        What can be drawn below: readable units, outlines and water. Not validated; its only table is
        ``units``. None where no position can be read.
    titles : tuple of str
        Chinese and English name of the region as far as it says them, else the name of its file.
    """

    table: pd.DataFrame
    sketch: Region | None
    titles: tuple[str, str]


def locate_problems(place: str | Path, problems: Sequence[Problem]) -> LocatedProblems:
    """The problems of a region, each with the place that its row names.

    The region is read again, leniently: whatever cannot be read has no place. A row is placed by its own
    position, or by the unit, site or road node that it refers to. A problem of no single row whose rule
    begins with the code of a unit is placed there.

    Parameters
    ----------
    place : str or Path
        Folder, workbook or bundled region, as for `load_region`.
    problems : sequence of Problem
        What `load_region` raised.

    Raises
    ------
    DataError
        If there is no such region.

    Examples
    --------
    >>> wrong = Problem("below the minimum 0", mend="enter 0 or more", file="units.csv", row=2)
    >>> found = locate_problems("quzhou", [wrong])
    >>> found.table[["number", "table", "name_en"]].to_dict("records")
    [{'number': 1, 'table': 'units', 'name_en': 'Quzhou'}]
    """
    path = locate(place)
    read = read_folder if path.is_dir() else read_book
    try:
        raw = read(path, problems=Problems(), progress=silent)
    except DataError:  # a workbook that cannot be opened
        raw = RawRegion(NEUTRAL, {})
    known = _Known(raw)
    rows = [known.row(number, problem) for number, problem in enumerate(problems, start=1)]
    table = pd.DataFrame(rows, columns=list(PLACE_COLUMNS)).astype(
        {"row": "Int64", "lon": float, "lat": float}
    )
    header = raw.header
    zh, en = header.title_zh or header.title_en, header.title_en or header.title_zh
    return LocatedProblems(table, known.sketch(table), (zh or path.name, en or path.name))


@dataclass(frozen=True, eq=False)
class _Known:
    """What can be read of a region's places."""

    raw: RawRegion
    texts: dict[str, pd.DataFrame] = field(default_factory=dict)

    def text(self, table: str) -> pd.DataFrame:
        """Columns of a table as written; empty if it cannot be read."""
        if table not in self.texts:
            raw = self.raw.tables.get(table)
            found = {} if raw is None else match_columns(raw, spec=table_specs()[table], problems=Problems())
            self.texts[table] = pd.DataFrame(found)
        return self.texts[table]

    @cached_property
    def box(self) -> Bbox:
        """Where places may be: the region's box, or about the middle of its units."""
        header = self.raw.header
        if header.bbox != NEUTRAL.bbox:
            return header.bbox
        places = _degrees(self.text("units")).dropna()
        places = places[places["lon"].between(-180, 180) & places["lat"].between(-90, 90)]
        if places.empty:
            return header.bbox
        lon, lat = (float(places[name].median()) for name in ("lon", "lat"))
        return lon - NEAR_DEG, lat - NEAR_DEG, lon + NEAR_DEG, lat + NEAR_DEG

    def position(self, table: str) -> pd.DataFrame:
        """Degrees of each row of a table, missing where they cannot be."""
        west, south, east, north = self.box
        places = _degrees(self.text(table))
        inside = places["lon"].between(west, east) & places["lat"].between(south, north)
        return places.where(inside)

    @cached_property
    def positions(self) -> Mapping[str, Mapping[str, tuple[float, float]]]:
        """Of each table with positions those by code; of a code that comes twice the first."""
        found = {}
        for table in LOCATED:
            (key,) = table_specs()[table].key
            text, places = self.text(table), self.position(table)
            if key not in text:
                found[table] = dict[str, tuple[float, float]]()
                continue
            whole = text[key].notna() & places["lon"].notna() & ~text[key].duplicated()
            pairs = zip(places.loc[whole, "lon"], places.loc[whole, "lat"], strict=True)
            found[table] = dict(zip(text.loc[whole, key], pairs, strict=True))
        return found

    @cached_property
    def names(self) -> Mapping[str, tuple[str, str]]:
        """Chinese and English name by unit."""
        text = self.text("units")
        if "unit" not in text:
            return {}
        blank = pd.Series("", index=text.index)
        both = [text.get(name, blank).fillna("") for name in ("name", "name_en")]
        return dict(zip(text["unit"], zip(*both, strict=True), strict=True))

    def row(self, number: int, problem: Problem) -> tuple[object, ...]:
        """A problem as a row of the result."""
        table = self.table_of(problem.file)
        unit, name, name_en, lon, lat = self.place(problem, table)
        said = (problem.column, problem.value, problem.rule, problem.mend)
        return number, table, problem.file, problem.row, *said, unit, name, name_en, lon, lat

    def table_of(self, file: str) -> str:
        """The table that a file stands for; blank if it stands for none."""
        for name, raw in self.raw.tables.items():
            if raw.file == file:
                return name
        sheet = file.rpartition(", sheet ")[2] if ", sheet " in file else Path(file).stem
        return match_title(sheet, table_specs()) or ""

    def place(self, problem: Problem, table: str) -> tuple[str, str, str, float, float]:
        """Unit, its names, and degrees of a problem."""
        nowhere = (np.nan, np.nan)
        raw = self.raw.tables.get(table)
        if problem.row is None or raw is None:
            unit = problem.rule.partition(" ")[0]
            if problem.row is None and unit in self.names:
                return unit, *self.names[unit], *self.positions["units"].get(unit, nowhere)
            return "", "", "", *nowhere
        at = np.flatnonzero(raw.rows == problem.row)
        if not len(at):  # the heading, or a row that could not be read
            return "", "", "", *nowhere
        text = self.text(table).iloc[int(at[0])].dropna()
        values = {str(name): str(value) for name, value in text.items()}
        unit = values.get("unit", "")
        own = (values.get("name", ""), values.get("name_en", ""))
        lon, lat = self.own(table, int(at[0])) or self.referred(values, spec=table_specs()[table]) or nowhere
        named = table in LOCATED and any(own)
        return unit, *(own if named else self.names.get(unit, ("", ""))), lon, lat

    def own(self, table: str, at: int) -> tuple[float, float] | None:
        """The position that stands in the row itself."""
        if table not in LOCATED:
            return None
        lon, lat = self.position(table).iloc[at]
        return (float(lon), float(lat)) if lon == lon and lat == lat else None

    def referred(self, values: Mapping[str, str], *, spec: TableSpec) -> tuple[float, float] | None:
        """The position of the unit, site or node that the row names."""
        for table in LOCATED:
            for name, column in spec.columns.items():
                refers = column.refers_to is not None and column.refers_to[0] == table
                if refers and not (spec.name == "units" and name in BELONGING):
                    found = self.positions[table].get(values.get(name, ""))
                    if found is not None:
                        return found
        return None

    def sketch(self, problems: pd.DataFrame) -> Region | None:
        """The readable units and layers as a region that maps can draw; None without any position."""
        positions, names = self.positions["units"], self.names
        levels = self.text("units")
        level = dict(zip(levels["unit"], levels["level"], strict=True)) if "level" in levels else {}
        rows = [(unit, *names[unit], level.get(unit), lon, lat) for unit, (lon, lat) in positions.items()]
        # Rows without a level are no places of the region: they only widen the picture to every mark.
        marked = problems[["lon", "lat"]].dropna().drop_duplicates()
        rows += [("", "", "", None, lon, lat) for lon, lat in marked.itertuples(index=False)]
        layers = {name: layer for name, layer in self.raw.layers.items() if self.drawable(layer)}
        if not rows and not any(layer.role == "outline" for layer in layers.values()):
            return None
        units = pd.DataFrame(rows, columns=["unit", "name", "name_en", "level", "lon", "lat"])
        units = units.astype({"unit": "str", "name": "str", "name_en": "str", "level": "str"})
        units = units.astype({"lon": float, "lat": float})
        header = self.raw.header
        middle = float(units["lon"].median()) if rows else (header.bbox[0] + header.bbox[2]) / 2
        return Region(
            name=header.name,
            title_zh=header.title_zh,
            title_en=header.title_en,
            base_year=header.base_year,
            bbox=self.box,
            crs=f"EPSG:{_picture_crs(middle)}",
            tables={"units": units},
            layers=layers,
        )

    def drawable(self, layer: Layer) -> bool:
        """Whether a layer can be read and lies where the region is; an outline must be of sound areas."""
        try:
            shapes = [shape for shape in layer.geometry if shape is not None]
        except DataError:
            return False
        if not shapes or any(shape.is_empty for shape in shapes):
            return False
        if layer.role == "outline" and not all(s.is_valid and "Polygon" in s.geom_type for s in shapes):
            return False
        west, south, east, north = shapely.total_bounds(shapes)
        box = self.box
        near = west > box[0] - NEAR_DEG and south > box[1] - NEAR_DEG
        near = near and east < box[2] + NEAR_DEG and north < box[3] + NEAR_DEG
        return bool(near and -180 <= west <= east <= 180 and -90 < south <= north < 90)


def _degrees(text: pd.DataFrame) -> pd.DataFrame:
    """The columns ``lon`` and ``lat`` as numbers; missing where they are none."""
    none = pd.Series(np.nan, index=text.index)
    return pd.DataFrame(
        {name: pd.to_numeric(text.get(name, none), errors="coerce").astype(float) for name in ("lon", "lat")}
    )


def _picture_crs(lon: float) -> int:
    """A system in metres for the picture: the local zone, or UTM outside China."""
    try:
        return local_crs(lon)
    except DataError:
        return 32601 + int((lon + 180) // 6) % 60
