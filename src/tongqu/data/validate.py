"""Raw tables to typed tables: every rule checked over all of them, every problem raised at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from tongqu.data import rules
from tongqu.data.account_rules import check_accounts
from tongqu.data.bus_rules import check_buses
from tongqu.data.canonical import sort_by_key
from tongqu.data.cast import cast_column, check_bounds
from tongqu.data.census_rules import check_censuses, check_rates
from tongqu.data.chain_rules import check_chains
from tongqu.data.files import RawTable, read_table
from tongqu.data.headings import match_columns
from tongqu.data.io_rules import check_input_output
from tongqu.data.land_rules import check_land_use
from tongqu.data.logistics_rules import check_logistics
from tongqu.data.pension_rules import check_pension_tiers
from tongqu.data.problems import Place, Problems, suggest
from tongqu.data.rules import Bbox, Checked
from tongqu.data.site_rules import check_sites
from tongqu.data.spec import TableSpec, table_specs

__all__ = ["DEFAULT_TABLES", "check_tables", "default_sources", "finish_tables", "validate_tables"]

DEFAULT_TABLES = ("standards", "indicators", "road_classes", "pension_tiers")
"""Tables that the package provides when a region has none."""


@cache
def default_table(name: str) -> RawTable:
    """A table that the package provides."""
    path = Path(__file__).with_name("defaults") / f"{name}.csv"
    problems = Problems()
    raw = read_table(path, file=f"defaults/{name}.csv", problems=problems)
    problems.raise_any()
    assert raw is not None  # else there is a problem
    return raw


def with_defaults(
    raw: Mapping[str, RawTable], *, unread: frozenset[str]
) -> tuple[dict[str, RawTable], frozenset[str]]:
    """The tables with those of the package where the region has none, and the names of the latter."""
    absent = [
        name for name in DEFAULT_TABLES if name not in unread and not (name in raw and len(raw[name].rows))
    ]
    found = {name: default_table(name) for name in absent}
    return {**raw, **found}, frozenset(found)


def add_default_sources(sources: Checked) -> Checked:
    """The sources with those of the package behind them, where their identifiers are not taken."""
    raw = default_table("sources")
    if not sources.has("source"):
        return sources
    text = match_columns(raw, spec=sources.spec, problems=Problems())
    new = (~text["source"].isin(sources.text["source"])).to_numpy()
    blank = pd.Series([None] * int(new.sum()), dtype="str")
    names = [name for name in sources.spec.columns if name in sources.text or name in text]
    none = pd.Series([None] * len(sources.raw.rows), dtype="str")
    joined = {
        name: pd.concat(
            [sources.text.get(name, none), text[name][new] if name in text else blank], ignore_index=True
        )
        for name in names
    }
    rows = np.concatenate([sources.raw.rows, raw.rows[new]])
    return Checked(
        sources.spec, RawTable(sources.raw.file, sources.raw.headings, sources.raw.frame, rows), joined
    )


@cache
def default_sources() -> pd.DataFrame:
    """The sources of the package's tables."""
    raw, spec = default_table("sources"), table_specs()["sources"]
    problems = Problems()
    table = Checked(spec, raw, match_columns(raw, spec=spec, problems=problems))
    check_columns(table, bbox=None, problems=problems)
    problems.raise_any()
    return finish(table)


def check_columns(table: Checked, *, bbox: Bbox | None, problems: Problems) -> None:
    """Cast each column of the table and check its bounds."""
    for name, column in table.spec.columns.items():
        if table.has(name):
            table.typed[name] = cast_column(column, at=table.place(name), problems=problems)
    turned = np.zeros(len(table.raw.rows), dtype=bool)
    if bbox is not None and table.has("lon", "lat"):
        lon, lat = (table.typed[name].to_numpy(np.float64) for name in ("lon", "lat"))
        turned = rules.swapped(lon, lat, bbox=bbox)
    for name, column in table.spec.columns.items():
        if table.has(name) and column.type in ("number", "integer"):
            numbers = table.typed[name].to_numpy(np.float64)
            skip = turned & (name in ("lon", "lat"))
            check_bounds(column, at=table.place(name), numbers=numbers, skip=skip, problems=problems)


def check_across(
    tables: Mapping[str, Checked], *, bbox: Bbox | None, unread: frozenset[str], problems: Problems
) -> None:
    """The rules across rows and tables."""
    for table in tables.values():
        rules.check_keys(table, problems=problems)
        rules.check_units_of_measure(table, problems=problems)
        if bbox is not None:
            rules.check_positions(table, bbox=bbox, problems=problems)
        if "sources" in tables:
            rules.check_provenance(table, sources=tables["sources"], problems=problems)
    if "units" in tables:
        rules.check_levels(tables["units"], problems=problems)
        rules.check_roles(tables["units"], problems=problems)
    rules.check_references(tables, unread=unread, problems=problems)
    check_censuses(tables, problems=problems)
    check_rates(tables, problems=problems)
    check_chains(tables, problems=problems)
    check_input_output(tables, problems=problems)
    check_pension_tiers(tables, problems=problems)
    check_accounts(tables, problems=problems)
    check_logistics(tables, problems=problems)
    check_buses(tables, problems=problems)
    check_land_use(tables, problems=problems)
    check_sites(tables, problems=problems)


def finish(table: Checked) -> pd.DataFrame:
    """The typed table in key order, optional columns that it lacks filled with their default or missing."""
    blank = pd.Series([None] * len(table.raw.rows), dtype="str")
    columns = {}
    for name, column in table.spec.columns.items():
        at = Place(table.raw.file, name, table.raw.rows, blank)
        columns[name] = (
            table.typed[name] if name in table.typed else cast_column(column, at=at, problems=Problems())
        )
    return sort_by_key(pd.DataFrame(columns), spec=table.spec)


def finish_tables(tables: Mapping[str, Checked]) -> dict[str, pd.DataFrame]:
    """The typed tables, once no problem is left."""
    return {name: finish(table) for name, table in tables.items()}


def start(raw: RawTable, *, spec: TableSpec, problems: Problems) -> Checked:
    """A table with its columns found."""
    if spec.required and not len(raw.rows):
        problems.add("the table has no rows", file=raw.file, mend=f"fill it: {spec.meaning_en}")
    return Checked(spec, raw, match_columns(raw, spec=spec, problems=problems))


def check_tables(
    raw: Mapping[str, RawTable], *, bbox: Bbox | None, unread: frozenset[str], problems: Problems
) -> tuple[dict[str, Checked], frozenset[str]]:
    """The tables checked, and the names of those that the package provided; problems are added, not raised.

    Parameters
    ----------
    raw : mapping of str to RawTable
        The tables as written.
    bbox : tuple of float or None
        Box of the region in degrees: west, south, east, north.
    unread : frozenset of str
        Tables that are there but could not be read.
    problems : Problems
        Where problems go; only if there are none can the tables be finished.
    """
    specs = table_specs()
    for name, spec in specs.items():
        if spec.required and name not in raw and name not in unread:
            problems.add("missing table", file=f"{name}.csv", mend=f"add it: {spec.meaning_en}")
    for name in raw.keys() - specs.keys():
        mend = suggest(name, specs) + "name a table of the region"
        problems.add("unknown table", file=raw[name].file, mend=mend)
    full, provided = with_defaults(raw, unread=unread)
    tables = {
        name: start(full[name], spec=spec, problems=problems) for name, spec in specs.items() if name in full
    }
    if provided and "sources" in tables:
        tables["sources"] = add_default_sources(tables["sources"])
    for table in tables.values():
        check_columns(table, bbox=bbox, problems=problems)
    absent = {name for name, spec in specs.items() if spec.required and name not in raw}
    check_across(tables, bbox=bbox, unread=unread | absent, problems=problems)
    return tables, provided


def validate_tables(raw: Mapping[str, RawTable], *, bbox: Bbox | None = None) -> dict[str, pd.DataFrame]:
    r"""Typed tables of a region, checked against the specs and against one another.

    Parameters
    ----------
    raw : mapping of str to RawTable
        The tables as written, by table name; see `raw_table` for frames in memory.
    bbox : tuple of float, optional
        Box of the region in degrees WGS84: west, south, east, north. Without it positions are not checked.

    Returns
    -------
    dict of str to DataFrame
        Each table in key order with all columns of its spec: ``str``, ``int64``, ``float64`` or ``bool``.
        Tables that the package provides (`DEFAULT_TABLES`) are added where absent.

    Raises
    ------
    DataError
        With every problem of every table.

    Examples
    --------
    >>> import pandas as pd
    >>> from tongqu.base import DataError
    >>> from tongqu.data import raw_table
    >>> people = pd.DataFrame({"unit": ["1"], "year": ["2020"], "sex": ["femal"], "people": ["-3"]})
    >>> try:
    ...     validate_tables({"people": raw_table(people, file="people.csv")})
    ... except DataError as error:
    ...     print(*[p for p in error.problems if p.file == "people.csv" and p.row == 2], sep="\n")
    people.csv, row 2, sex = 'femal': not one of the choices; did you mean 'female'? write one of male, female
    people.csv, row 2, people = '-3': below the minimum 0; enter 0 or more (person)
    """
    problems = Problems()
    tables, _ = check_tables(raw, bbox=bbox, unread=frozenset(), problems=problems)
    problems.raise_any()
    return finish_tables(tables)
