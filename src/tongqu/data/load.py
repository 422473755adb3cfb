"""Regions from folders, workbooks, frames in memory, and the package itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tongqu.base.errors import DataError, Problem
from tongqu.base.progress import Progress, Report, silent
from tongqu.data.files import RawTable, raw_table, read_table, read_workbook
from tongqu.data.header import NEUTRAL, Header, check_header, read_header, sheet_header
from tongqu.data.headings import match_title
from tongqu.data.layers import Layer
from tongqu.data.problems import Problems, nearest, suggest
from tongqu.data.region import Region
from tongqu.data.rules import Bbox, Checked
from tongqu.data.spec import table_specs
from tongqu.data.validate import check_tables, finish_tables

__all__ = ["bundled_regions", "load_region", "make_region"]

REGION_SHEETS = ("region", "区域")
OTHER_SHEETS = (*REGION_SHEETS, "readme", "说明")
WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True)
class RawRegion:
    """What was read of a region: its header, its tables, and the names of those that could not be read."""

    header: Header
    tables: Mapping[str, RawTable]
    unread: frozenset[str] = frozenset()
    layers: Mapping[str, Layer] = field(default_factory=dict)


def bundled_folder() -> Path:
    """The folder of the regions that come with the package."""
    return Path(__file__).resolve().parents[1] / "regions"


def bundled_regions() -> tuple[str, ...]:
    """Names of the regions that come with the package.

    Examples
    --------
    >>> isinstance(bundled_regions(), tuple)
    True
    """
    return tuple(sorted(path.parent.name for path in bundled_folder().glob("*/region.toml")))


def table_file(folder: Path, *, table: str, header: Header, problems: Problems) -> str | None:
    """File of a table within the folder, or None if it has none; two are a problem."""
    if table in header.files:
        return header.files[table]
    present = [name for name in (f"{table}.csv", f"{table}.parquet") if (folder / name).exists()]
    if len(present) > 1:
        problems.add("two files for one table", file=present[1], mend=f"remove {present[0]} or {present[1]}")
    return present[0] if present else None


def check_strays(folder: Path, *, taken: set[str], problems: Problems) -> None:
    """Report files whose names look like a mistyped table: they would be passed over in silence."""
    specs = table_specs()
    for path in sorted([*folder.glob("*.csv"), *folder.glob("*.parquet")]):
        close = nearest(path.stem, specs) if path.name not in taken and path.stem not in specs else None
        if close is not None:
            mend = f"rename it to {close}{path.suffix}, or give it a name unlike a table's"
            problems.add("not a table of the region", file=path.name, mend=mend)


def read_folder(folder: Path, *, problems: Problems, progress: Progress) -> RawRegion:
    """A region's folder."""
    header, specs = read_header(folder, problems=problems), table_specs()
    tables, taken, unread = dict[str, RawTable](), set[str](), set[str]()
    for done, table in enumerate(specs):
        progress(Report("read", done=done / len(specs)))
        file = table_file(folder, table=table, header=header, problems=problems)
        if file is None:
            # Without a header nobody knows where the table is: do not call it missing.
            unread |= {table} if header is NEUTRAL else set()
            continue
        taken.add(file)
        raw = read_table(folder / file, file=file, problems=problems) if file else None
        if raw is None:
            unread.add(table)
        else:
            tables[table] = raw
    check_strays(folder, taken=taken, problems=problems)
    layers = find_layers(header, folder=folder, problems=problems)
    return RawRegion(header, tables, frozenset(unread), layers)


def sort_sheets(sheets: Mapping[str, RawTable], *, problems: Problems) -> dict[str, RawTable]:
    """Sheets by table; notes and blank optional sheets are left out, mistyped table names reported."""
    specs, found = table_specs(), dict[str, RawTable]()
    names = [name for spec in specs.values() for name in (spec.name, spec.title_zh)]
    for title, raw in sheets.items():
        table = match_title(title, specs)
        if table is None:
            close = None if title.casefold() in OTHER_SHEETS else nearest(title, names)
            if close is not None:
                mend = f"rename the sheet to {close}, or give it a name unlike a table's"
                problems.add("not a table of the region", file=raw.file, mend=mend)
        elif table in found:
            mend = f"two sheets stand for {table}: remove one of them"
            problems.add("two sheets for one table", file=raw.file, mend=mend)
        elif len(raw.rows) or specs[table].required:
            found[table] = raw
    return found


def read_book(path: Path, *, problems: Problems, progress: Progress) -> RawRegion:
    """A workbook that was made from the template."""
    progress(Report("read"))
    sheets = read_workbook(path, problems=problems)
    problems.raise_any()  # nothing to check if the workbook itself cannot be read
    about = next((raw for title, raw in sheets.items() if title.casefold() in REGION_SHEETS), None)
    if about is None:
        problems.add("missing sheet", file=path.name, mend="add the sheet 'region' of the template")
    header = NEUTRAL if about is None else sheet_header(about, problems=problems)
    return RawRegion(header, sort_sheets(sheets, problems=problems))


def check_base_year(people: Checked, *, base_year: int, problems: Problems) -> None:
    """Report a base year without people."""
    known = people.has("year") and len(people.raw.rows) and base_year
    if known and not (people.typed["year"] == base_year).any():
        mend = f"add the people of {base_year}, or change the base year"
        problems.add("no people in the base year", file=people.raw.file, column="year", mend=mend)


def check_layer_sources(layers: Iterable[Layer], *, sources: Checked, problems: Problems) -> None:
    """Report layers whose source is not in the table of sources."""
    known = set(sources.text["source"].dropna()) if sources.has("source") else set()
    for layer in layers:
        if known and layer.source not in known:
            mend = suggest(layer.source, known) + "correct it, or add it to sources"
            column = f"layers.{layer.name}.source"
            problems.add("not in sources", file="region.toml", column=column, value=layer.source, mend=mend)


def find_layers(header: Header, *, folder: Path, problems: Problems) -> dict[str, Layer]:
    """The layers; a file that is not there is a problem."""
    layers = {}
    for name, entry in header.layers.items():
        path = folder / entry.path
        if not path.is_file():
            mend = f"put the file there, or take layers.{name} out of region.toml"
            problems.add("missing file", file=entry.path, mend=mend)
        layers[name] = Layer(name, path, entry.source, entry.role, entry.path)
    return layers


def build(raw: RawRegion, *, problems: Problems) -> Region:
    """The region, if nothing is wrong with it."""
    header = raw.header
    checked, provided = check_tables(raw.tables, bbox=header.bbox, unread=raw.unread, problems=problems)
    if "people" in checked:
        check_base_year(checked["people"], base_year=header.base_year, problems=problems)
    if "sources" in checked:
        check_layer_sources(raw.layers.values(), sources=checked["sources"], problems=problems)
    problems.raise_any()
    return Region(
        name=header.name,
        title_zh=header.title_zh,
        title_en=header.title_en,
        base_year=header.base_year,
        bbox=header.bbox,
        crs=header.crs,
        tables=finish_tables(checked),
        layers=raw.layers,
        provided=provided,
        files=header.files,
    )


def make_region(
    frames: Mapping[str, pd.DataFrame],
    *,
    name: str,
    title_zh: str,
    title_en: str,
    base_year: int,
    bbox: Bbox,
    crs: str = "",
    layers: Iterable[Layer] = (),
) -> Region:
    """A region from frames in memory, validated like files.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables by name, columns as in the table specs; values typed or text.
    name, title_zh, title_en, base_year, bbox, crs
        As in `Region`; a blank ``crs`` means the local CGCS2000 3-degree zone.
    layers : iterable of Layer
        Map layers.

    Raises
    ------
    DataError
        With every problem found.

    Examples
    --------
    >>> from_source = {"modelled": [True], "source": ["sketch"]}
    >>> frames = {
    ...     "units": {"unit": ["1"], "name": ["甲村"], "level": ["village"], "lon": [119.2], "lat": [29.1]},
    ...     "people": {"unit": ["1"], "year": [2020], "sex": ["female"], "age": ["0"], "people": [12]},
    ...     "nodes": {"node": ["a"], "lon": [119.2], "lat": [29.1]},
    ...     "links": {
    ...         "link": ["l"],
    ...         "from_node": ["a"],
    ...         "to_node": ["a"],
    ...         "class": ["county"],
    ...         "length_km": [1],
    ...     },
    ... }
    >>> tables = {name: pd.DataFrame(columns | from_source) for name, columns in frames.items()}
    >>> tables["sources"] = pd.DataFrame(
    ...     {"source": ["sketch"], "title": ["Sketch"], "kind": ["modelled"], "licence": ["CC0-1.0"]}
    ... )
    >>> region = make_region(
    ...     tables, name="sketch", title_zh="草图", title_en="Sketch", base_year=2020, bbox=(119, 29, 120, 30)
    ... )
    >>> region.crs, int(region["people"]["people"].sum()), region.level("village").index.to_list()
    ('EPSG:4549', 12, ['1'])
    """
    problems = Problems()
    values = {"name": name, "title_zh": title_zh, "title_en": title_en, "base_year": base_year}
    header = check_header(values | {"bbox": list(bbox), "crs": crs}, file="region", problems=problems)
    tables = {table: raw_table(frame, file=table) for table, frame in frames.items()}
    raw = RawRegion(header, tables, layers={layer.name: layer for layer in layers})
    return build(raw, problems=problems)


def locate(place: str | Path) -> Path:
    """The folder or workbook that a path or the name of a bundled region stands for."""
    if isinstance(place, str) and place in bundled_regions():
        return bundled_folder() / place
    path = Path(place)
    if path.is_dir() or (path.is_file() and path.suffix.lower() in WORKBOOKS):
        return path
    names = bundled_regions()
    kinds = "give a folder with region.toml, an .xlsx workbook made from the template"
    mend = suggest(str(place), names) + f"{kinds}, or one of the bundled regions: {', '.join(names)}"
    raise DataError([Problem(rule="no such region", mend=mend, file=str(place))])


def load_region(place: str | Path, *, progress: Progress = silent) -> Region:
    """A region, read and validated.

    Parameters
    ----------
    place : str or Path
        A folder with ``region.toml`` and table files, a workbook made from the template, or the name
        of a region that comes with the package (write ``./name`` for a folder of the same name).
    progress : callable
        Told the stages ``read`` and ``validate``.

    Raises
    ------
    DataError
        With every problem found: file, row, column, value, rule and mend.

    Examples
    --------
    >>> from tongqu.base import DataError
    >>> try:
    ...     load_region("atlantis")
    ... except DataError as error:
    ...     print(error.problems[0].rule)
    no such region
    """
    path, problems = locate(place), Problems()
    read = read_folder if path.is_dir() else read_book
    raw = read(path, problems=problems, progress=progress)
    progress(Report("validate"))
    return build(raw, problems=problems)
