"""Read what a user reports from files, or take it from frames: typed, with every problem and its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import RawTable, raw_table
from tongqu.data.cast import number_mend, parse_numbers
from tongqu.data.files import read_table, read_workbook
from tongqu.data.problems import Problems, suggest
from tongqu.workflow.monitor.columns import (
    AGAIN,
    FIGURE_COLUMNS,
    HEADINGS,
    MONEY,
    PROJECT_COLUMNS,
    REQUIRED,
    SHEETS,
    SHOWN,
    STATES,
    WORDS,
    Table,
    column_of,
)

__all__ = ["COUNTED", "Actuals", "frames_read", "read_actuals", "read_into"]

YEARS: Final = (1949, 2100)
SPREADSHEETS: Final = (".xlsx", ".xlsm")
COUNTED: Final = (
    *("people.", "pupils.", "served.", "demand.", "stock.", "account.", "value_added."),
    "jobs.total",
)
"""Beginnings of the names of variables that add up over places."""
NEVER_BELOW: Final = ("people.", "pupils.", "served.", "demand.", "jobs.", *MONEY)
"""Beginnings of the names of variables that cannot be below 0."""


def _empty(columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


@dataclass(frozen=True, eq=False)
class Actuals:
    """What really happened.

    Parameters
    ----------
    projects : DataFrame
        ``project, state, start, capital_wan, running_wan, note``: one row a project; state one of `STATES`;
        NaN where nothing is reported.
    figures : DataFrame
        ``unit, year, variable, value, note``: observed figures of places. A variable is a state variable such
        as ``people.total``, an item ``account.own_revenue``, one of the region's observed variables, or money
        of the plan such as ``money.room``.
    files : mapping of str to str
        What problems call each table: the file or sheet that it was read from. The index of a table that was
        read is the row there.
    """

    projects: pd.DataFrame = field(default_factory=lambda: _empty(PROJECT_COLUMNS))
    figures: pd.DataFrame = field(default_factory=lambda: _empty(FIGURE_COLUMNS))
    files: Mapping[str, str] = field(default_factory=dict)


def read_actuals(path: str | Path) -> Actuals:
    """Read actuals from a workbook, a folder of CSV files, or one CSV file with projects or figures.

    Parameters
    ----------
    path : path
        An Excel workbook with the sheets ``项目`` and ``数据`` (``projects``, ``figures``), a folder with
        ``projects.csv`` and ``figures.csv``, or one of these files; UTF-8 or GB18030, headings in Chinese or
        English.

    Raises
    ------
    DataError
        With every problem found in all tables.
    """
    problems = Problems()
    made = read_into(Path(path), problems)
    problems.raise_any()
    return made


def read_into(path: Path, problems: Problems) -> Actuals:
    """Read actuals as far as they can be read, and note what cannot: see `read_actuals`."""
    before, raws = len(problems), _raw(path, problems)
    if not raws and len(problems) == before:
        mend = "give a sheet or file with projects or figures: " + AGAIN
        problems.add("no projects and no figures", file=path.name, mend=mend)
    return _read(raws, problems)


def frames_read(given: Actuals, problems: Problems) -> Actuals:
    """Frames in memory go through the same door as files."""
    parts: dict[Table, pd.DataFrame] = {"projects": given.projects, "figures": given.figures}
    return _read({name: raw_table(frame, file=name) for name, frame in parts.items() if len(frame)}, problems)


def _read(raws: Mapping[Table, RawTable], problems: Problems) -> Actuals:
    files = {str(table): raw.file for table, raw in raws.items()}
    return Actuals(**{table: _typed(raw, table, problems) for table, raw in raws.items()}, files=files)


def _raw(path: Path, problems: Problems) -> dict[Table, RawTable]:
    if not path.exists():
        problems.add("no such file", file=str(path), mend="check the path")
        return {}
    if path.is_dir():
        parts: list[tuple[Table, RawTable | None]] = [
            (table, read_table(file, file=file.name, problems=problems))
            for table in ("projects", "figures")
            for file in (path / f"{table}.csv",)
            if file.exists()
        ]
        return {table: raw for table, raw in parts if raw is not None}
    if path.suffix.lower() in SPREADSHEETS:
        return _sheets(read_workbook(path, problems=problems), problems)
    raw = read_table(path, file=path.name, problems=problems)
    if raw is None:
        return {}
    return {"figures" if _is_figures(raw) else "projects": raw}


def _sheets(sheets: Mapping[str, RawTable], problems: Problems) -> dict[Table, RawTable]:
    """Sheets by their names; where none has a name that is known, by their headings."""
    tables: dict[str, Table] = {word: table for table, words in SHEETS.items() for word in words}  # type: ignore[misc]
    filled = {title.strip().casefold(): raw for title, raw in sheets.items() if len(raw.rows)}
    named = [(tables[title], raw) for title, raw in filled.items() if title in tables]
    meant: list[tuple[Table, RawTable]] = [
        ("figures" if _is_figures(raw) else "projects", raw)
        for raw in filled.values()
        if len({column_of(heading) for heading in raw.headings} - {None}) > 1
    ]
    found: dict[Table, RawTable] = {}
    for table, raw in named or meant:
        if table in found:
            mend = f"put the rows of it into {found[table].file}, or remove it"
            problems.add("two sheets of the same table", file=raw.file, mend=mend)
        found.setdefault(table, raw)
    return found


def _is_figures(raw: RawTable) -> bool:
    return "variable" in {column_of(heading) for heading in raw.headings}


def _typed(raw: RawTable, table: Table, problems: Problems) -> pd.DataFrame:
    """A table with its columns and types; everything that does not fit is a problem with its row."""
    kinds = PROJECT_COLUMNS if table == "projects" else FIGURE_COLUMNS
    places: dict[str, str] = {}
    for number, heading in enumerate(raw.headings):
        column = column_of(heading)
        if column in SHOWN:
            continue
        if column is None or column not in kinds:
            words = [word for name in kinds for word in HEADINGS[name][:2]]
            mend = suggest(heading, words) + "use the headings of the template"
            problems.add("unknown column", file=raw.file, column=heading, mend=mend)
        elif column in places:
            problems.add("two columns of the same meaning", file=raw.file, column=heading, mend="remove one")
        else:
            places[column] = str(number)
    for column in REQUIRED[table]:
        if column not in places:
            problems.add("missing column", file=raw.file, column=column, mend=AGAIN)
    if not set(REQUIRED[table]) <= set(places):
        return _empty(kinds)
    made: dict[str, pd.Series] = {}
    for column, kind in kinds.items():
        text = raw.frame[places[column]] if column in places else _blank(raw)
        if kind == "str":
            made[column] = text.fillna("").astype("str").reset_index(drop=True)
        else:
            made[column] = pd.Series(_numbers(text, raw, column, problems))
    frame = pd.DataFrame(made)
    if table == "projects":
        frame["state"] = _states(frame["state"], raw, problems)
    _required(frame, raw, table, problems)
    frame.index = pd.Index(raw.rows, name="row")
    return frame.astype({"year": "int64"}) if table == "figures" and not len(problems) else frame


def _blank(raw: RawTable) -> pd.Series:
    return pd.Series([None] * len(raw.rows), dtype="str")


def _numbers(text: pd.Series, raw: RawTable, column: str, problems: Problems) -> npt.NDArray[np.float64]:
    numbers, fits = parse_numbers(text.astype("str").where(text.notna()))
    wrong = text.notna().to_numpy() & ~fits
    rules = [("not a number", wrong, "")]
    if column in ("start", "year"):
        whole = fits & ((numbers != np.floor(numbers)) | (numbers < YEARS[0]) | (numbers > YEARS[1]))
        rules.append(("a year that cannot be", whole, f"give a year from {YEARS[0]} to {YEARS[1]}"))
    if column == "capital_wan":
        rules.append(("below nothing", fits & (numbers < 0), "give 0 or more"))
    for rule, where, mend in rules:
        for row in np.flatnonzero(where):
            value = text.iloc[row]
            how = mend or number_mend(str(value), required=False)
            _add(problems, rule, raw, int(row), column, value, mend=how)
    return numbers


def _states(words: pd.Series, raw: RawTable, problems: Problems) -> npt.NDArray[np.object_]:
    known: dict[str, str] = {name: name for name in STATES}
    known |= {word: name for name, others in WORDS.items() for word in others}
    found = words.str.strip().str.casefold().map(known)
    # A blank state of a template says that nothing was begun.
    found = found.where(words.str.strip() != "", "planned")
    for row in np.flatnonzero(found.isna()):
        mend = "write " + ", ".join(STATES)
        _add(problems, "unknown state", raw, int(row), "state", words.iloc[row], mend=mend)
    return found.fillna("planned").to_numpy()


def _required(frame: pd.DataFrame, raw: RawTable, table: Table, problems: Problems) -> None:
    keys = ["project"] if table == "projects" else ["unit", "year", "variable"]
    for column in REQUIRED[table]:
        values = frame[column]
        blank = values == "" if values.dtype == "str" or values.dtype == object else values.isna()
        if column == "value":  # a template row that nobody filled in says nothing
            continue
        for row in np.flatnonzero(blank):
            _add(problems, "missing value", raw, int(row), column, "", mend="fill it in, or remove the row")
    if table == "figures":
        below = frame["variable"].str.startswith(NEVER_BELOW) & (frame["value"] < 0)
        for row in np.flatnonzero(below):
            _add(
                problems,
                "below nothing",
                raw,
                int(row),
                "value",
                frame["value"].iloc[row],
                mend="give 0 or more",
            )
    for row in np.flatnonzero(frame.duplicated(keys)):
        held = [frame[key].iloc[row] for key in keys]
        value = ", ".join(f"{one:.0f}" if isinstance(one, float) else str(one) for one in held)
        _add(problems, "reported twice", raw, int(row), keys[0], value, mend="keep one of the rows")


def _add(
    problems: Problems, rule: str, raw: RawTable, row: int, column: str, value: object, *, mend: str
) -> None:
    text = "" if value is None else str(value)
    problems.add(rule, file=raw.file, row=int(raw.rows[row]), column=column, value=text, mend=mend)
