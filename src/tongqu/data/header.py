"""What a region says about itself in ``region.toml``, or in the region sheet of a workbook."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

import tomli_w

from tongqu.base.errors import DataError
from tongqu.data.cast import NUMBER
from tongqu.data.crs import local_crs
from tongqu.data.files import RawTable
from tongqu.data.layers import LAYER_ROLES, LayerRole
from tongqu.data.problems import Problems, suggest
from tongqu.data.rules import Bbox
from tongqu.data.spec import table_specs

__all__ = [
    "BOX_KEYS",
    "NEUTRAL",
    "Header",
    "LayerEntry",
    "check_header",
    "header_toml",
    "header_values",
    "read_header",
    "sheet_header",
]

FILE = "region.toml"
BOX_KEYS = ("lon_min", "lat_min", "lon_max", "lat_max")
TEXTS = ("name", "title_zh", "title_en")
KNOWN = (*TEXTS, "base_year", "bbox", "crs", "files", "layers")
FIRST_YEAR, LAST_YEAR = 1949, 2100


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One layer as ``region.toml`` lists it."""

    path: str
    source: str
    role: LayerRole


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of ``region.toml``; see `Region` for their meaning."""

    name: str
    title_zh: str
    title_en: str
    base_year: int
    bbox: Bbox
    crs: str
    files: Mapping[str, str] = field(default_factory=dict)
    layers: Mapping[str, LayerEntry] = field(default_factory=dict)


WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)
NEUTRAL = Header("", "", "", 0, WORLD, "")
"""What stands for a header that cannot be read, so that the tables can still be checked."""


class Reader:
    """Reads fields one by one and notes what is wrong with them."""

    def __init__(self, values: Mapping[str, object], *, file: str, problems: Problems) -> None:
        self.values, self.file, self.problems = values, file, problems

    def wrong(self, key: str, *, rule: str, mend: str) -> None:
        """Note what is wrong with a field."""
        value = self.values.get(key)
        self.problems.add(
            rule, file=self.file, column=key, value="" if value is None else str(value), mend=mend
        )

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.values.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(
            key, rule="missing value" if value in (None, "") else "not text", mend=f'write {key} = "..."'
        )
        return ""

    def year(self) -> int:
        """The base year; 0 if it is wrong."""
        value = self.values.get("base_year")
        if isinstance(value, int) and not isinstance(value, bool) and FIRST_YEAR <= value <= LAST_YEAR:
            return value
        rule = "missing value" if value in (None, "") else "not a year"
        self.wrong("base_year", rule=rule, mend=f"write a year from {FIRST_YEAR} to {LAST_YEAR}")
        return 0

    def box(self) -> Bbox:
        """The box; `WORLD` if it is wrong."""
        value = self.values.get("bbox")
        numbers = value if isinstance(value, list) else []
        real = [
            v for v in numbers if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)
        ]
        if len(numbers) == len(real) == len(BOX_KEYS):
            west, south, east, north = (float(v) for v in real)
            if -180 <= west < east <= 180 and -90 <= south < north <= 90:
                return west, south, east, north
        mend = f"give {', '.join(BOX_KEYS)} in degrees, the smaller first"
        self.wrong("bbox", rule="missing value" if value is None else "not a box", mend=mend)
        return WORLD

    def crs(self, bbox: Bbox) -> str:
        """The projected system; the local one if none is given."""
        value = self.values.get("crs")
        if value in (None, ""):
            if bbox is WORLD:  # the box is wrong, which has been said
                return ""
            try:
                return f"EPSG:{local_crs((bbox[0] + bbox[2]) / 2)}"
            except DataError:
                self.wrong(
                    "crs", rule="missing value", mend='name a projected system in metres, as "EPSG:32633"'
                )
                return ""
        if isinstance(value, str) and re.fullmatch(r"EPSG:[0-9]{4,6}", value.strip()):
            return value.strip()
        self.wrong("crs", rule="not an EPSG code", mend='write it as "EPSG:4549"')
        return ""

    def table(self, key: str) -> Mapping[str, object]:
        """A section; empty if there is none."""
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return cast(Mapping[str, object], value)
        self.wrong(key, rule="not a table", mend=f"write it as a section [{key}]")
        return {}

    def unknown_keys(self) -> None:
        """Note fields that nobody reads."""
        for key in self.values:
            if key not in KNOWN:
                self.wrong(key, rule="unknown key", mend=suggest(key, KNOWN) + "correct it, or remove it")


def inner_path(value: object) -> str | None:
    """A path that stays within the region's folder, or None."""
    if not isinstance(value, str) or not value or "\\" in value or ":" in value:
        return None
    path = PurePosixPath(value)
    return None if path.is_absolute() or ".." in path.parts else str(path)


def read_files(reader: Reader) -> dict[str, str]:
    """Paths of the table files that are not at their usual place; blank where a path is wrong."""
    specs, found = table_specs(), {}
    for table, value in reader.table("files").items():
        path = inner_path(value)
        at = f"files.{table}"
        if table not in specs:
            mend = suggest(table, specs) + "name a table of the region"
            reader.problems.add("unknown table", file=reader.file, column=at, mend=mend)
        elif path is None or PurePosixPath(path).suffix not in (".csv", ".parquet"):
            mend = "give a .csv or .parquet file within the region's folder, with forward slashes"
            reader.problems.add("not a table file", file=reader.file, column=at, value=str(value), mend=mend)
            found[table] = ""
        else:
            found[table] = path
    return found


def read_layers(reader: Reader) -> dict[str, LayerEntry]:
    """The layers that the region lists."""
    found = {}
    for name, entry in reader.table("layers").items():
        fields = entry if isinstance(entry, dict) else {}
        path, source, role = inner_path(fields.get("path")), fields.get("source"), fields.get("role")
        if (
            path
            and isinstance(source, str)
            and role in LAYER_ROLES
            and fields.keys() == {"path", "source", "role"}
        ):
            found[name] = LayerEntry(path, source, cast(LayerRole, role))
            continue
        mend = f"give path (within the folder), source, and role (one of {', '.join(LAYER_ROLES)})"
        reader.problems.add(
            "not a layer", file=reader.file, column=f"layers.{name}", value=str(entry), mend=mend
        )
    return found


def check_header(values: Mapping[str, object], *, file: str, problems: Problems) -> Header:
    """The fields checked; where one is wrong, a neutral value that breaks no other rule."""
    reader = Reader(values, file=file, problems=problems)
    reader.unknown_keys()
    name, title_zh, title_en = (reader.text(key) for key in TEXTS)
    if name and not re.fullmatch(r"[\w-]+", name):
        reader.wrong("name", rule="not a name", mend="use letters, digits, - and _ only")
    year, bbox = reader.year(), reader.box()
    return Header(
        name,
        title_zh,
        title_en,
        year,
        bbox,
        reader.crs(bbox),
        files=read_files(reader),
        layers=read_layers(reader),
    )


def read_toml(folder: Path, *, problems: Problems) -> dict[str, object] | None:
    """Content of ``region.toml``; None if it cannot be read."""
    try:
        return tomllib.loads((folder / FILE).read_text("utf-8-sig"))
    except FileNotFoundError:
        books = sorted(folder.glob("*.xlsx"))
        mend = (
            f"load {books[0].name} itself, or add region.toml"
            if books
            else f"add it, with {', '.join(KNOWN[:5])}"
        )
        problems.add("missing file", file=FILE, mend=mend)
    except OSError as error:
        problems.add(
            f"the file cannot be read ({error.strerror})", file=FILE, mend="check that you may read it"
        )
    except UnicodeDecodeError:
        problems.add("not UTF-8", file=FILE, mend="save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        problems.add("not TOML", file=FILE, value=str(error), mend="correct the line that is named")
    return None


def read_header(folder: Path, *, problems: Problems) -> Header:
    """The header of a region's folder; neutral where it cannot be read."""
    values = read_toml(folder, problems=problems)
    return NEUTRAL if values is None else check_header(values, file=FILE, problems=problems)


def sheet_header(raw: RawTable, *, problems: Problems) -> Header:
    """The header from the region sheet of a workbook: keys in the first column, values in the second."""
    if raw.frame.shape[1] < 2:
        mend = "put the keys into column A and the values into column B"
        problems.add("missing column", file=raw.file, row=1, mend=mend)
        return NEUTRAL
    texts = dict(zip(raw.frame["0"].fillna(""), raw.frame["1"].fillna(""), strict=True))
    values: dict[str, object] = {key: text for key, text in texts.items() if key and key not in BOX_KEYS}
    if re.fullmatch(r"[0-9]{1,4}", texts.get("base_year", "")):
        values["base_year"] = int(texts["base_year"])
    box = [texts.get(key, "") for key in BOX_KEYS]
    if any(box):
        values["bbox"] = [float(text) if re.match(NUMBER, text) else text for text in box]
    return check_header(values, file=raw.file, problems=problems)


def header_values(header: Header) -> dict[str, object]:
    """The fields as ``region.toml`` has them."""
    values: dict[str, object] = {
        "name": header.name,
        "title_zh": header.title_zh,
        "title_en": header.title_en,
        "base_year": header.base_year,
        "bbox": list(header.bbox),
        "crs": header.crs,
    }
    if header.files:
        values["files"] = dict(sorted(header.files.items()))
    if header.layers:
        values["layers"] = {
            name: {"path": entry.path, "source": entry.source, "role": entry.role}
            for name, entry in sorted(header.layers.items())
        }
    return values


def header_toml(header: Header) -> str:
    """Text of ``region.toml``."""
    return tomli_w.dumps(header_values(header))
