"""Land parcels of a survey: read from a GIS layer, checked with positions, added up by town and class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from tongqu.base.units import M2_PER_MU
from tongqu.data.crs import named_to_wgs84, to_local, to_wgs84
from tongqu.data.headings import fold
from tongqu.data.problems import Problems, suggest
from tongqu.data.readers.gis import Layer, raw_values, read_layer, systems_like
from tongqu.data.region import Region
from tongqu.data.spec import Language, package_rows

__all__ = ["FINDING_COLUMNS", "Parcels", "land_code_classes", "read_parcels"]

Objects: TypeAlias = npt.NDArray[np.object_]
Text: TypeAlias = "pd.Series[str]"
UnitLevel = Literal["town", "county"]

FINDING_COLUMNS = ("finding", "parcel", "other", "unit", "lon", "lat", "area_mu", "value")
POLYGON, MULTI_POLYGON = 3, 6
"""Types of geometry by shapely's numbers."""
OVERLAP_M2: Final = 1.0
"""Overlaps from this area on are reported: survey outlines are given to 0.1 m or so."""
AREA_SHARE: Final = 0.02
"""Difference of parcels and town from which it is reported, of the town's area. Assumed."""
CODE_DIGITS: Final = {"town": 9, "county": 6}
"""Digits of division codes (NBS)."""
SETTLEMENT: Final = {"201": "urban", "202": "urban", "203": "rural", "204": "transport", "205": "transport"}
"""Class of construction land by 城镇村属性码 of the third national land survey: city, town, village, mining,
scenic and special land; a letter behind it is left out."""
YES: Final = frozenset(("yes", "true", "1", "是", "y", "t"))


@cache
def land_codes() -> pd.DataFrame:
    """Codes of land surveys, indexed by code: ``name_zh, class, settlement, source``."""
    return pd.DataFrame(package_rows("defaults/land_codes.csv"), dtype="str").set_index("code")


@cache
def words() -> pd.DataFrame:
    """Words for classes and headings: ``kind, name, word``."""
    return pd.DataFrame(package_rows("defaults/land_words.csv"), dtype="str")


@cache
def finding_texts() -> pd.DataFrame:
    """What a report on parcels can say, indexed by finding: ``kind, en, zh, mend_en, mend_zh``."""
    return pd.DataFrame(package_rows("defaults/parcel_findings.csv"), dtype="str").set_index("finding")


def land_code_classes() -> Mapping[str, str]:
    """Class of the table land_use by code of GB/T 21010-2017 and of the third national land survey.

    References
    ----------
    GB/T 21010-2017 土地利用现状分类. Codes of the survey that differ (00, 05H1, 0508, 08H1, 08H2) are in too.

    Examples
    --------
    >>> classes = land_code_classes()
    >>> classes["0101"], classes["0702"], classes["1003"]
    ('farmland', 'rural', 'transport')
    """
    return {str(code): str(kind) for code, kind in land_codes()["class"].items()}


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
        Rows of the table land_use: ``unit, year, class, area_mu, modelled, modelled_columns, source``.
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
        names = self.findings["finding"]
        return self.findings.assign(
            finding=names.map(texts[language]).astype("str"),
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
    found = _columns(read, columns=columns, file=path.name, problems=problems)
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
        _texts(read, found),
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


def _columns(
    read: Layer, *, columns: Mapping[str, str] | None, file: str, problems: Problems
) -> dict[str, int]:
    """Position of each column that the reader knows."""
    names = [str(name) for name in read.values.columns]
    place = {fold(name): position for position, name in reversed(list(enumerate(names)))}
    known = words()[words()["kind"] == "heading"]
    wanted = list(dict.fromkeys(known["name"]))
    found: dict[str, int] = {}
    for column, heading in (columns or {}).items():
        if column not in wanted:
            mend = suggest(column, wanted) + f"name one of {', '.join(wanted)}"
            problems.add("no such column of parcels", file=file, column=column, mend=mend)
        elif fold(heading) not in place:
            mend = suggest(heading, names) + f"the file has {', '.join(names) or 'no columns'}"
            problems.add("the file lacks the column", file=file, column=column, value=heading, mend=mend)
        else:
            found[column] = place[fold(heading)]
    for name, word in zip(known["name"], known["word"], strict=True):
        if name not in found and fold(word) in place and place[fold(word)] not in found.values():
            found[str(name)] = place[fold(word)]
    for column, what in (("class", "classes of land"), ("unit", "codes of towns")):
        if column not in found and column not in (columns or {}):
            mend = f"name it in `columns`: the file has {', '.join(names) or 'no columns'}"
            problems.add(f"no column with {what}", file=file, column=column, mend=mend)
    return found


def _texts(read: Layer, found: Mapping[str, int]) -> pd.DataFrame:
    """Text of the columns found, blank where there is none; parcels without id are called by their row."""
    raw = raw_values(read.values)
    names = ("parcel", "class", "unit", "within", "basic", "idle")
    size = len(read.geometry)
    frame = pd.DataFrame(
        {name: raw[found[name]].fillna("") if name in found else "" for name in names}, index=range(size)
    ).astype("str")
    row = pd.Series(np.arange(1, size + 1).astype(str), dtype="str")
    return frame.assign(parcel=frame["parcel"].where(frame["parcel"] != "", row))


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
    notes = _Notes(geometry, texts["parcel"], epsg=region.epsg)
    polygon = np.isin(shapely.get_type_id(geometry), (POLYGON, MULTI_POLYGON)) & ~shapely.is_empty(geometry)
    notes.add("not_polygon", ~polygon)
    broken = polygon & ~shapely.is_valid(geometry)
    reasons = np.full(len(geometry), "", dtype=object)
    reasons[broken] = shapely.is_valid_reason(geometry[broken])
    notes.add("invalid", broken, value=reasons)
    geometry = geometry.copy()
    geometry[broken] = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
    kind, by_code = _classes(texts, classes=classes)
    unit = _units(texts["unit"], region=region, level=level)
    notes.add("unknown_class", polygon & (kind == "").to_numpy(), value=texts["class"].to_numpy(object))
    notes.add("no_town", polygon & (unit == "").to_numpy(), value=texts["unit"].to_numpy(object))
    west, south, east, north = region.bbox
    outside = ~((notes.lon >= west) & (notes.lon <= east) & (notes.lat >= south) & (notes.lat <= north))
    notes.add("outside", polygon & outside)
    counted = polygon & ~outside & ((kind != "") & (unit != "")).to_numpy()
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
            "basic_farmland": _flag(texts["basic"]) & (kind == "farmland"),
            "idle_homestead": _flag(texts["idle"]) & (kind == "rural"),
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


class _Notes:
    """Findings as they come up."""

    def __init__(self, geometry: Objects, parcel: Text, *, epsg: int) -> None:
        self.parcel, self.epsg = parcel.to_numpy(object), epsg
        self.area = np.nan_to_num(shapely.area(geometry)) / M2_PER_MU
        self.lon, self.lat = self.middle(geometry)
        self.frames: list[pd.DataFrame] = []

    def middle(self, geometry: Objects) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Degrees of the middle of each; NaN where there is none."""
        point = shapely.centroid(geometry)
        east, north = shapely.get_x(point), shapely.get_y(point)
        lon, lat = np.full(len(geometry), np.nan), np.full(len(geometry), np.nan)
        known = np.isfinite(east)
        lon[known], lat[known] = to_wgs84(east[known], north[known], epsg=self.epsg)
        return lon, lat

    def add(self, finding: str, where: npt.NDArray[np.bool_], *, value: Objects | None = None) -> None:
        """Parcels of the file in which something was found."""
        if where.any():
            part = {
                "finding": finding,
                "parcel": self.parcel[where],
                "lon": self.lon[where],
                "lat": self.lat[where],
                "area_mu": self.area[where],
                "value": "" if value is None else value[where],
            }
            self.frames.append(pd.DataFrame(part))

    def add_overlaps(self, shapes: Objects, frame: pd.DataFrame) -> None:
        """Pairs of counted parcels that overlap, with the area and middle of the overlap."""
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        once = first < second
        first, second = first[once], second[once]
        both = shapely.intersection(shapes[first], shapes[second])
        area = shapely.area(both)
        real = area >= OVERLAP_M2
        if not real.any():
            return
        lon, lat = self.middle(both[real])
        names, units = frame["parcel"].to_numpy(object), frame["unit"].to_numpy(object)
        part = {
            "finding": "overlap",
            "parcel": names[first[real]],
            "other": names[second[real]],
            "unit": units[first[real]],
            "lon": lon,
            "lat": lat,
            "area_mu": area[real] / M2_PER_MU,
            "value": [f"{size:.0f} m²" for size in area[real]],
        }
        self.frames.append(pd.DataFrame(part))

    def add_areas(self, frame: pd.DataFrame, *, region: Region, level: UnitLevel) -> None:
        """Units with an area that their parcels do not add up to."""
        units = region.level(level)
        known = units["area_km2"] * 1e6 / M2_PER_MU
        sums = frame.groupby("unit")["area_mu"].sum()
        both = known.reindex(sums.index)
        differ = (sums - both).abs() > AREA_SHARE * both  # an area that is not known is NaN: no finding
        if differ.any():
            names = sums.index[differ]
            part = {
                "finding": "area_differs",
                "unit": names,
                "lon": units["lon"].reindex(names).to_numpy(),
                "lat": units["lat"].reindex(names).to_numpy(),
                "area_mu": (sums - both)[differ].to_numpy(),
                "value": [f"{sums[name]:.0f} / {both[name]:.0f}" for name in names],
            }
            self.frames.append(pd.DataFrame(part))

    def frame(self) -> pd.DataFrame:
        """All findings, blanks as empty text."""
        text = [name for name in FINDING_COLUMNS if name not in ("lon", "lat", "area_mu")]
        types = dict.fromkeys(text, "str") | dict.fromkeys(("lon", "lat", "area_mu"), "float64")
        if not self.frames:
            return pd.DataFrame(columns=list(FINDING_COLUMNS)).astype(types)
        whole = pd.concat(self.frames, ignore_index=True).reindex(columns=list(FINDING_COLUMNS))
        return whole.astype(types).fillna(dict.fromkeys(text, ""))


def _classes(texts: pd.DataFrame, *, classes: Mapping[str, str] | None) -> tuple[Text, npt.NDArray[np.bool_]]:
    """Class of each parcel, blank where not known, and where urban or rural rests on the code alone."""
    codes = land_codes()
    own = words()[words()["kind"] == "class"]
    table = {fold(str(name)): str(code) for code, name in codes["name_zh"].items()}
    table |= {fold(str(code)): str(code) for code in codes.index}
    given = {fold(word): name for name, word in zip(own["name"], own["word"], strict=True)}
    given |= {fold(word): name for word, name in (classes or {}).items()}

    def code_of(value: str) -> str:
        text = fold(value).removesuffix(".0")
        tries = (text, text.zfill(4) if text.isdigit() and len(text) == 3 else text, text.removesuffix("k"))
        return next((table[one] for one in tries if one in table), "")

    text = texts["class"]
    coded = text.map({value: code_of(value) for value in text.unique()}).astype("str")
    by_word = text.map({value: given.get(fold(value), "") for value in text.unique()}).astype("str")
    kind = by_word.where(by_word != "", coded.map(codes["class"]).fillna("")).astype("str")
    settled = (coded.map(codes["settlement"]) == "yes") & (by_word == "")
    within = texts["within"].str.slice(0, 3).map(SETTLEMENT)
    kind = kind.where(~settled | within.isna(), within).astype("str")
    basic = kind == "basic_farmland"
    texts.loc[basic, "basic"] = "yes"
    idle = kind == "idle_homestead"
    texts.loc[idle, "idle"] = "yes"
    kind = kind.mask(basic, "farmland").mask(idle, "rural").astype("str")
    return kind, (settled & within.isna()).to_numpy(bool)


def _units(text: Text, *, region: Region, level: UnitLevel) -> Text:
    """Unit of each parcel, blank where the region has none of that code."""
    known = set(region.level(level).index)
    digits = CODE_DIGITS[level]

    def of(value: str) -> str:
        code = value.removesuffix(".0")
        return next((one for one in (code, code[:digits]) if one in known), "")

    return text.map({value: of(value) for value in text.unique()}).astype("str")


def _flag(text: Text) -> pd.Series[bool]:
    """Where the text says yes."""
    return text.str.casefold().isin(YES)


def _rows(frame: pd.DataFrame, *, year: int, source: str) -> pd.DataFrame:
    """Rows of the table land_use."""
    parts = [frame[["unit", "class", "area_mu"]]]
    for name in ("basic_farmland", "idle_homestead"):
        part = frame.loc[frame[name], ["unit", "area_mu"]]
        parts.append(part.assign(**{"class": name}))
    sums = pd.concat(parts).groupby(["unit", "class"], as_index=False)["area_mu"].sum()
    return pd.DataFrame(
        {
            "unit": sums["unit"],
            "year": year,
            "class": sums["class"],
            "area_mu": sums["area_mu"],
            "modelled": False,
            "modelled_columns": pd.Series([""] * len(sums), dtype="str"),
            "source": source,
        }
    )
