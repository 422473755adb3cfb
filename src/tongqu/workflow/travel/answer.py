"""An answer about travel: its table, its figures, what of them rests on modelled data, and its files."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio.raw
import shapely

from tongqu.base import DataError, Problem
from tongqu.data import Language, Region
from tongqu.workflow.travel.words import heading

__all__ = ["SUFFIXES", "Answer", "fact_words", "kind_words", "modelled_shares", "number_words"]

SUFFIXES: Final = (".csv", ".xlsx", ".geojson", ".gpkg")
"""Kinds of file that an answer is saved in."""

SHEET_ROWS: Final = 1_048_576
"""Rows of a worksheet, the heading included (Excel specifications and limits)."""

DEGREE_DIGITS: Final = 6
"""Decimals of degrees in GeoJSON: about 0.1 m (RFC 7946, section 11.2)."""

WGS84: Final = "EPSG:4326"

DECIMALS: Final = ((100.0, 0), (1.0, 1), (0.0, 3))
"""Decimals that are shown, by the least size of a number."""

YEARS_END: Final = 10_000
"""Whole numbers from here on have separators; years have none."""

NOTHING: Final = "–"
"""Stands where there is nothing to say."""

KINDS: Final = ("kind", "what")
"""Columns of kinds of site or of levels, which have words."""

NAMED: Final = {"site": "site_name", "origin": "origin_name", "target": "target_name"}
"""Columns of names by the column of the code beside them."""

LISTED: Final = ("project_name", "first_name", "second_name", "nearest_village")
"""Columns of names without the code of a place beside them."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What was asked about travel, and what was found.

    Parameters
    ----------
    question : str
        Name of the function that was asked.
    region : Region
        Where.
    asked : mapping
        What was asked for: mode, kinds, limit and so on.
    figures : mapping
        The headline figures.
    modelled : mapping of str to float
        Share of the rows behind the answer that are modelled: ``positions`` (of villages), ``people``,
        ``links``, ``sites``.
    table : DataFrame
        The main table; minutes are inf where nothing is in reach, and blank in files.
    tables : mapping of str to DataFrame
        Further tables.
    shapes : tuple of shapely.Geometry
        Area of each row of the main table in degrees (WGS84); empty where rows are no areas.
    sites : DataFrame
        Sites that were looked for: ``site, site_name, kind, lon, lat``, for the map.
    minutes : Series of float
        Minutes of each village, by unit, for the map; empty where the answer has none.
    english : mapping of str to str
        English names of what has a Chinese name in a table and no code beside it.
    """

    question: str
    region: Region
    asked: Mapping[str, Any]
    figures: Mapping[str, Any]
    modelled: Mapping[str, float]
    table: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    shapes: tuple[shapely.Geometry, ...] = ()
    sites: pd.DataFrame = field(default_factory=pd.DataFrame)
    minutes: pd.Series[float] = field(default_factory=lambda: pd.Series(dtype="float64"))
    english: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """What was asked, the headline figures, and the shares that are modelled."""
        return {
            "question": self.question,
            "region": self.region.name,
            **self.asked,
            **self.figures,
            "modelled": dict(self.modelled),
        }

    def save(self, path: str | Path, *, language: Language = "zh") -> Path:
        """Write the answer to a file; one that is there is replaced.

        Parameters
        ----------
        path : str or Path
            ``.csv`` takes the main table, ``.xlsx`` all tables and the figures, ``.geojson`` and ``.gpkg``
            the main table with areas, or with the points of the villages, in degrees (EPSG:4326).
        language : {"zh", "en"}
            Language of headings and names.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        DataError
            If the kind of file is unknown, does not suit the answer, or has too few rows for it.
        """
        target = Path(path)
        content = self.content(target.suffix.lower(), language=language)
        draft = target.with_name(f".{target.name}.{os.getpid()}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(content)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return target

    def content(self, suffix: str, *, language: Language = "zh") -> bytes:
        """The bytes of a file; see `save`."""
        if suffix not in SUFFIXES:
            mend = f"name a file that ends in {', '.join(SUFFIXES)}"
            raise DataError([Problem(rule="unknown kind of file", mend=mend, value=suffix)])
        if suffix == ".csv":
            text = self.worded(self.table, language=language).to_csv(index=False, lineterminator="\n")
            return text.encode("utf-8-sig")
        return self._book(language) if suffix == ".xlsx" else self._layer(suffix, language=language)

    def worded(self, table: pd.DataFrame, *, language: Language) -> pd.DataFrame:
        """A table of the answer with headings and names in a language, blank where nothing is in reach."""
        named = _english_names(table, self.region, english=self.english) if language == "en" else table
        shown: dict[str, Any] = {}
        for column in named.columns:
            values = named[column]
            if column in KINDS:
                values = values.map(lambda kind: kind_words(str(kind), language))
            if pd.api.types.is_bool_dtype(values):
                words = [heading("no", language), heading("yes", language)]
                values = values.map({False: words[0], True: words[1]})
            elif pd.api.types.is_float_dtype(values):
                values = values.where(np.isfinite(values)).round(4)
            shown[heading(str(column), language)] = values
        return pd.DataFrame(shown)

    def _book(self, language: Language) -> bytes:
        long = [name for name, table in self._sheets().items() if len(table) >= SHEET_ROWS]
        if long:
            mend = f"a worksheet has {SHEET_ROWS} rows: name a .csv file, or give a limit"
            raise DataError([Problem(rule="too many rows for a worksheet", mend=mend, value=", ".join(long))])
        buffer = io.BytesIO()
        with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
            for name, table in self._sheets().items():
                sheet = heading(f"table.{name}", language)
                frame = self.worded(table, language=language)
                frame.to_excel(book, sheet_name=sheet, index=False, freeze_panes=(1, 0))
            facts = pd.DataFrame(
                self.facts(language), columns=[heading("fact", language), heading("value", language)]
            )
            facts.to_excel(book, sheet_name=heading("table.facts", language), index=False)
        return buffer.getvalue()

    def _sheets(self) -> dict[str, pd.DataFrame]:
        return {self.question: self.table, **self.tables}

    def facts(self, language: Language) -> list[tuple[str, str]]:
        """What was asked, the headline figures and the modelled shares, in words."""
        rows = []
        for key, value in {**self.asked, **self.figures}.items():
            named = self.english.get(value, value) if language == "en" and isinstance(value, str) else value
            rows.append((heading(str(key), language), fact_words(named, language)))
        return rows + [
            (heading(f"modelled.{key}", language), f"{share:.1%}") for key, share in self.modelled.items()
        ]

    def _layer(self, suffix: str, *, language: Language) -> bytes:
        shapes = self.shapes or self._points()
        frame = self.worded(self.table, language=language)
        if suffix == ".geojson":
            return _geojson(frame, shapes)
        return _geopackage(frame, shapes, layer=self.question)

    def _points(self) -> tuple[shapely.Geometry, ...]:
        if "unit" not in self.table:
            mend = "name a .csv or .xlsx file"
            raise DataError(
                [Problem(rule="the answer has no places on the map", mend=mend, value=self.question)]
            )
        units = self.region["units"].set_index("unit")
        place = units.loc[self.table["unit"], ["lon", "lat"]].to_numpy(np.float64)
        return tuple(shapely.points(place))


def modelled_shares(region: Region, *, sites: pd.DataFrame | None = None) -> dict[str, float]:
    """Share of modelled rows, as the report counts them: village positions, people, links, sites.

    Parameters
    ----------
    region : Region
        Where.
    sites : DataFrame, optional
        Sites that count, with a column ``modelled``; without any no share of sites is given.

    Returns
    -------
    dict
        Shares in [0, 1]; 0 where there are no rows.
    """
    columns = region.level("village")["modelled_columns"].fillna("").astype(str)
    flags = {
        "positions": columns.map(lambda text: "lon" in text.split(";")),
        "people": region["people"]["modelled"],
        "links": region["links"]["modelled"],
    }
    if sites is not None and len(sites):
        flags["sites"] = sites["modelled"]
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in flags.items()}


def kind_words(kind: str, language: Language) -> str:
    """The words of a kind of site, of a level, or of what else stands in a column of kinds."""
    key = f"kind.{kind}"
    return kind if heading(key, language) == key else heading(key, language)


def _english_names(table: pd.DataFrame, region: Region, *, english: Mapping[str, str]) -> pd.DataFrame:
    """The table with English names, by the codes that stand beside them, where the region has them."""
    units, sites = region["units"].set_index("unit"), region["sites"].set_index("site")
    unit_name, site_name = (frame["name_en"].fillna(frame["name"]) for frame in (units, sites))
    names = {**unit_name.to_dict(), **site_name.to_dict()}
    changed: dict[str, Any] = {}
    if "unit" in table:
        some = table.loc[table["unit"].isin(units.index), "unit"]
        codes = {"name": some.to_numpy()}
        codes |= {level: region.ancestor(some, level=level).to_numpy() for level in ("town", "county")}
        for column in codes.keys() & set(table.columns):
            found = pd.Series(codes[column], index=some.index).map(names)
            changed[column] = found.reindex(table.index).fillna(table[column])
    for code, column in NAMED.items():
        if code in table and column in table:
            changed[column] = table[code].map(names).fillna(table[column])
    for column in set(LISTED) & set(table.columns):
        changed[column] = table[column].map(english).fillna(table[column])
    return table.assign(**changed)


def fact_words(value: object, language: Language) -> str:
    """A thing asked for, or a figure, in words.

    Examples
    --------
    >>> fact_words(("clinic", "county_hospital"), "zh"), fact_words(12345.678, "en")
    ('村卫生室, 县级医院', '12,346')
    """
    if isinstance(value, str):
        return kind_words(value, language) or NOTHING
    if isinstance(value, bool):
        return heading("yes" if value else "no", language)
    if isinstance(value, tuple | list):
        return ", ".join(fact_words(each, language) for each in value) or NOTHING
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {each}" for key, each in value.items()) or NOTHING
    if isinstance(value, float):
        return number_words(value)
    return f"{value:,}" if isinstance(value, int) and value >= YEARS_END else str(value)


def number_words(value: float) -> str:
    """A number with as many decimals as its size calls for; a dash where there is none.

    Examples
    --------
    >>> number_words(2296377.7), number_words(15.7043), number_words(0.3423), number_words(float("inf"))
    ('2,296,378', '15.7', '0.342', '–')
    """
    if not np.isfinite(value):
        return NOTHING
    digits = next(number for least, number in DECIMALS if abs(value) >= least)
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _geojson(frame: pd.DataFrame, shapes: tuple[shapely.Geometry, ...]) -> bytes:
    rounded = shapely.transform(np.asarray(shapes, dtype=object), lambda xy: np.round(xy, DEGREE_DIGITS))
    rows = json.loads(frame.to_json(orient="records", force_ascii=False, double_precision=6))
    features = [
        {"type": "Feature", "properties": row, "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(rows, rounded, strict=True)
    ]
    content = {"type": "FeatureCollection", "features": features}
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _geopackage(frame: pd.DataFrame, shapes: tuple[shapely.Geometry, ...], *, layer: str) -> bytes:
    kind = "Point" if all(shape.geom_type == "Point" for shape in shapes) else "MultiPolygon"
    fields = [_field(frame[column]) for column in frame.columns]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.gpkg"
        pyogrio.raw.write(
            path,
            geometry=np.asarray(shapely.to_wkb(np.asarray(shapes, dtype=object)), dtype=object),
            field_data=fields,
            fields=list(frame.columns),
            geometry_type=kind,
            crs=WGS84,
            driver="GPKG",
            layer=layer,
        )
        return path.read_bytes()


def _field(values: pd.Series[Any]) -> Any:
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy()
    return values.astype(object).where(values.notna(), None).to_numpy(dtype=object)
