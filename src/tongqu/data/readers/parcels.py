"""Land parcels of a survey: read from a GIS layer, checked with positions, added up by town and class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from tongqu.base.units import M2_PER_MU
from tongqu.data.crs import named_to_wgs84, to_local
from tongqu.data.problems import Problems
from tongqu.data.readers.gis import read_layer, systems_like
from tongqu.data.readers.parcel_findings import FINDING_COLUMNS, Notes
from tongqu.data.readers.parcel_words import (
    find_classes,
    finding_texts,
    parcel_columns,
    parcel_texts,
    says_yes,
)
from tongqu.data.region import Region
from tongqu.data.spec import Language, table_specs

__all__ = ["FINDING_COLUMNS", "Parcels", "read_parcels"]

Objects: TypeAlias = npt.NDArray[np.object_]
Text: TypeAlias = "pd.Series[str]"
UnitLevel = Literal["town", "county"]

POLYGON, MULTI_POLYGON = 3, 6
"""Types of geometry by shapely's numbers."""
CODE_DIGITS: Final = {"town": 9, "county": 6}
"""Digits of division codes (NBS)."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Parcels:
    """Parcels of a layer, and what was found in them.

    Parameters
    ----------
    parcels : DataFrame
        Columns ``parcel, unit, class, area_mu, basic_farmland, idle_homestead, lon, lat``, one row for each
        polygon that is counted.
    geometry : numpy.ndarray of Polygon or MultiPolygon
        Their outlines in the region's system, made valid, shape (parcels,).
    findings : DataFrame
        Columns of `FINDING_COLUMNS`, one row for each place, for a map: the middle of an overlap or of a
        parcel in degrees WGS84.
    land_use : DataFrame
        Rows of the table land_use, every class of each place:
        ``unit, year, class, area_mu, modelled, modelled_columns, source``.
        Overlaps are counted in both parcels until they are mended.
    """

    parcels: pd.DataFrame
    geometry: Objects
    findings: pd.DataFrame
    land_use: pd.DataFrame

    def count(self, finding: str) -> int:
        """How often something was found."""
        return int((self.findings["finding"] == finding).sum())

    def table(self, language: Language) -> pd.DataFrame:
        """The findings in words, with ``mend``.

        Parameters
        ----------
        language : {"zh", "en"}
        """
        texts = finding_texts()
        names, values = self.findings["finding"], self.findings["value"]
        if language == "zh":
            values = values.str.replace(r" mu$", " 亩", regex=True).str.replace(
                r" m²$", " 平方米", regex=True
            )
        return self.findings.assign(
            finding=names.map(texts[language]).astype("str"),
            value=values.astype("str"),
            mend=names.map(texts[f"mend_{language}"]).astype("str"),
        )


def read_parcels(
    path: str | Path,
    *,
    region: Region,
    year: int,
    source: str,
    level: UnitLevel = "town",
    columns: Mapping[str, str] | None = None,
    classes: Mapping[str, str] | None = None,
    crs: str = "",
    layer: str | None = None,
    encoding: str | None = None,
) -> Parcels:
    """Land parcels of a GeoPackage, shape file or GeoJSON, by town and class.

    Areas are those of the region's projected zone; 110 km from its central meridian they are 0.03 % more
    than on the ellipsoid.

    Parameters
    ----------
    path : str or Path
    region : Region
        Whose towns the parcels belong to.
    year : int
        Of the survey.
    source : str
        Identifier in the region's sources.
    level : {"town", "county"}
        Units of `land_use`; longer codes of villages are cut to it.
    columns : mapping of str to str, optional
        The file's column for ``parcel, class, unit, within`` (城镇村属性码), ``basic`` (permanent basic
        farmland) and ``idle`` (idle homestead); those not named are recognised by usual headings.
    classes : mapping of str to str, optional
        Class of the table land_use by the file's own words.
    crs : str
        System of a file that names none.
    layer, encoding : str, optional
        As in `read_lines`.

    Returns
    -------
    Parcels

    Raises
    ------
    DataError
        If the file cannot be read, names no coordinate system, has no column of classes or of units, or no
        parcel that counts.
    """
    path, problems = Path(path), Problems()
    read = read_layer(path, layer=layer or _polygon_layer(path, problems=problems), encoding=encoding)
    found = parcel_columns(read, columns=columns, file=path.name, problems=problems)
    named = crs or read.crs
    if not named:
        x, y = shapely.get_coordinates(read.geometry).T
        likely = f"give `crs`; by its coordinates it may be {systems_like(x, y)}" if len(x) else "give `crs`"
        problems.add("the file does not name its coordinate system", file=path.name, mend=likely)
    problems.raise_any()
    geometry = _to_region(read.geometry, crs=named, epsg=region.epsg, file=path.name, problems=problems)
    problems.raise_any()
    return _gather(
        geometry,
        parcel_texts(read, found),
        region=region,
        level=level,
        classes=classes,
        made=(year, source, path.name),
        problems=problems,
    )


def _polygon_layer(path: Path, *, problems: Problems) -> str | None:
    """The only layer of polygons; None where the file says nothing, which reading will report."""
    try:
        listed = pyogrio.list_layers(path) if path.exists() else []
    except pyogrio.errors.DataSourceError:
        return None
    names = [str(name) for name, kind in listed if kind is not None and "Polygon" in str(kind)]
    if len(names) > 1:
        mend = f"name one of them as layer: {', '.join(names)}"
        problems.add("several layers of polygons", file=path.name, mend=mend)
        problems.raise_any()
    return names[0] if names else None


def _to_region(geometry: Objects, *, crs: str, epsg: int, file: str, problems: Problems) -> Objects:
    """Outlines in the region's system."""

    def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        lon, lat = named_to_wgs84(*xy.T, crs=crs)
        wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
        if wrong.any():
            first = int(wrong.argmax())
            value = f"{xy[first, 0]:.10g}, {xy[first, 1]:.10g} in {crs}"
            mend = f"give the right `crs`; by its coordinates it may be {systems_like(*xy.T)}"
            problems.add("parcels in the wrong coordinate system", file=file, value=value, mend=mend)
            return xy
        return np.column_stack(to_local(lon, lat, epsg=epsg))

    return np.asarray(shapely.transform(shapely.force_2d(geometry), move), dtype=object)


def _gather(
    geometry: Objects,
    texts: pd.DataFrame,
    *,
    region: Region,
    level: UnitLevel,
    classes: Mapping[str, str] | None,
    made: tuple[int, str, str],
    problems: Problems,
) -> Parcels:
    """Parcels, findings and rows of the table from outlines and texts."""
    year, source, file = made
    geometry, polygon, notes = _mended(geometry, texts["parcel"], epsg=region.epsg)
    if not polygon.any():
        problems.add("the layer has no areas", file=file, mend="give a layer of polygons")
        problems.raise_any()
    kind, by_code = find_classes(texts, classes=classes)
    unit = _units(texts["unit"], region=region, level=level)
    notes.add("unknown_class", polygon & (kind == "").to_numpy(), value=texts["class"].to_numpy(object))
    notes.add("no_town", polygon & (unit == "").to_numpy(), value=texts["unit"].to_numpy(object))
    west, south, east, north = region.bbox
    outside = ~((notes.lon >= west) & (notes.lon <= east) & (notes.lat >= south) & (notes.lat <= north))
    notes.add("outside", polygon & outside)
    counted = polygon & ~shapely.is_empty(geometry) & ~outside & ((kind != "") & (unit != "")).to_numpy()
    notes.add("settlement_by_code", counted & by_code)
    if not counted.any():
        mend = "look at classes, codes of towns and the coordinate system: nothing fits the region"
        problems.add("no parcel counts", file=file, mend=mend)
        problems.raise_any()
    frame = pd.DataFrame(
        {
            "parcel": texts["parcel"],
            "unit": unit,
            "class": kind,
            "area_mu": shapely.area(geometry) / M2_PER_MU,
            "basic_farmland": says_yes(texts["basic"]) & (kind == "farmland"),
            "idle_homestead": says_yes(texts["idle"]) & (kind == "rural"),
            "lon": notes.lon,
            "lat": notes.lat,
        }
    )[counted].reset_index(drop=True)
    shapes = geometry[counted]
    notes.add_overlaps(shapes, frame)
    notes.add_areas(frame, region=region, level=level)
    return Parcels(
        parcels=frame,
        geometry=shapes,
        findings=notes.frame(),
        land_use=_rows(frame, year=year, source=source),
    )


def _mended(given: Objects, parcel: Text, *, epsg: int) -> tuple[Objects, npt.NDArray[np.bool_], Notes]:
    """Outlines made valid, which of them are areas, and notes on those that were not."""
    polygon = np.isin(shapely.get_type_id(given), (POLYGON, MULTI_POLYGON)) & ~shapely.is_empty(given)
    broken = polygon & ~shapely.is_valid(given)
    reasons = np.full(len(given), "", dtype=object)
    reasons[broken] = shapely.is_valid_reason(given[broken])
    geometry = given.copy()
    geometry[broken] = shapely.make_valid(given[broken], method="structure", keep_collapsed=False)
    notes = Notes(geometry, given, parcel, epsg=epsg)
    notes.add("not_polygon", ~polygon)
    notes.add("invalid", broken, value=reasons)
    return geometry, polygon, notes


def _units(text: Text, *, region: Region, level: UnitLevel) -> Text:
    """Unit of each parcel, blank where the region has none of that code."""
    known = set(region.level(level).index)
    digits = CODE_DIGITS[level]

    def of(value: str) -> str:
        code = value.removesuffix(".0")
        return next((one for one in (code, code[:digits]) if one in known), "")

    return text.map({value: of(value) for value in text.unique()}).astype("str")


def _rows(frame: pd.DataFrame, *, year: int, source: str) -> pd.DataFrame:
    """Rows of the table land_use with every class of each place: 0 where there is no parcel of it."""
    parts = [frame[["unit", "class", "area_mu"]]]
    for name in ("basic_farmland", "idle_homestead"):
        part = frame.loc[frame[name], ["unit", "area_mu"]]
        parts.append(part.assign(**{"class": name}))
    sums = pd.concat(parts).groupby(["unit", "class"])["area_mu"].sum()
    choices = table_specs()["land_use"].columns["class"].choices
    every = pd.MultiIndex.from_product([sorted(frame["unit"].unique()), choices], names=["unit", "class"])
    rows = sums.reindex(every, fill_value=0.0).reset_index()
    return pd.DataFrame(
        {
            "unit": rows["unit"].astype("str"),
            "year": year,
            "class": rows["class"].astype("str"),
            "area_mu": rows["area_mu"],
            "modelled": False,
            "modelled_columns": pd.Series([""] * len(rows), dtype="str"),
            "source": source,
        }
    )
