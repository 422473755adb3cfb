"""One file of a feed as a typed table: its columns, their values, its keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tongqu.data.files import RawTable
from tongqu.data.gtfs.spec import Column
from tongqu.data.problems import Place, Problems, suggest

__all__ = ["Table", "blank_table", "check_references", "typed_table"]

_TIME: Final = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
_DATE: Final = re.compile(r"\d{8}")
_RULES: Final = {
    "number": ("not a number", "write a number with a point and no unit"),
    "count": ("not a whole number", "write a whole number, 0 or more"),
    "time": ("not a time of day", "write HH:MM:SS, past midnight 24:00:00 and later"),
    "date": ("not a date", "write YYYYMMDD"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A file of a feed: typed values, the text that was written, and the rows as a spreadsheet shows them.

    Times are seconds after midnight and dates are timestamps; blanks are missing values.
    """

    file: str
    frame: pd.DataFrame
    text: pd.DataFrame
    rows: NDArray[np.int64]

    def at(self, column: str) -> Place:
        """Where the values of a column stand."""
        return Place(self.file, column, self.rows, self.text[column])


def blank_table(name: str, columns: tuple[Column, ...]) -> Table:
    """The table of a file that is not there."""
    text = pd.DataFrame({column.name: pd.Series(dtype="str") for column in columns})
    frame = pd.DataFrame({column.name: _parse(text[column.name], column)[0] for column in columns})
    return Table(f"{name}.txt", frame, text, np.empty(0, dtype=np.int64))


def typed_table(
    raw: RawTable, columns: tuple[Column, ...], *, problems: Problems
) -> tuple[Table | None, tuple[str, ...]]:
    """The table and the headings that are not read; None if a column is missing or comes twice."""
    place: dict[str, str] = {}
    for position, heading in enumerate(raw.headings):
        if heading in place:
            problems.add("repeated column", file=raw.file, column=heading, mend="remove one of the two")
        place.setdefault(heading, str(position))
    known = {column.name for column in columns}
    missing = [column.name for column in columns if column.needed and column.name not in place]
    for name in missing:
        mend = suggest(name, set(place) - known) + f"add the column {name}"
        problems.add("missing column", file=raw.file, column=name, mend=mend)
    unread = tuple(f"{raw.file}: {heading}" for heading in place if heading not in known)
    if missing or len(place) < len(raw.headings):
        return None, unread
    blank = pd.Series(np.nan, index=raw.frame.index, dtype="str")
    text = pd.DataFrame({column.name: raw.frame.get(place.get(column.name, ""), blank) for column in columns})
    values = dict[str, Any]()
    for column in columns:
        at = Place(raw.file, column.name, raw.rows, text[column.name])
        values[column.name], wrong = _parse(text[column.name], column)
        if column.needed == "filled":
            missed = text[column.name].isna().to_numpy()
            problems.add_rows("missing value", at=at, where=missed, mend="fill it in")
        if wrong.any():
            rule, mend = _rule(column)
            problems.add_rows(rule, at=at, where=wrong, mend=mend)
    table = Table(raw.file, pd.DataFrame(values, index=raw.frame.index), text, raw.rows)
    _check_key(table, [column.name for column in columns if column.key], problems=problems)
    return table, unread


def _rule(column: Column) -> tuple[str, str]:
    """What is wrong with a text that is no value of the column, and how to mend it."""
    return _RULES.get(column.kind, ("not one of the choices", f"write one of {', '.join(column.choices)}"))


def _parse(text: pd.Series[str], column: Column) -> tuple[pd.Series[Any], NDArray[np.bool_]]:
    """Values of a column, and where a text is none."""
    filled = text.notna().to_numpy()
    if column.kind == "text":
        return text, np.zeros(len(text), dtype=np.bool_)
    if column.kind == "choice":
        values = text.fillna(column.choices[0])
        return (
            pd.to_numeric(values, errors="coerce"),
            filled & ~text.isin(column.choices).to_numpy(dtype=np.bool_),
        )
    if column.kind in ("time", "date"):
        # Few different texts: read each once.
        code, distinct = pd.factorize(text)
        read = _seconds if column.kind == "time" else _day
        found = pd.Series([read(str(each)) for each in distinct], dtype=_DTYPE[column.kind])
        taken = found.reindex(code).set_axis(text.index)
        return taken, filled & taken.isna().to_numpy()
    number = pd.to_numeric(text, errors="coerce").astype(np.float64)
    good = np.isfinite(number.to_numpy())
    if column.kind == "count":
        with np.errstate(invalid="ignore"):
            good &= (number >= 0).to_numpy() & (number == np.floor(number)).to_numpy()
    return number.where(good), filled & ~good


_DTYPE: Final = {"time": "float64", "date": "datetime64[s]"}


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        return np.nan
    hours, minutes, seconds = (int(part) for part in found.groups())
    return 3600.0 * hours + 60 * minutes + seconds


def _day(text: str) -> Any:
    return pd.to_datetime(text, format="%Y%m%d", errors="coerce") if _DATE.fullmatch(text) else pd.NaT


def _check_key(table: Table, key: list[str], *, problems: Problems) -> None:
    if not key:
        return
    whole = table.frame[key].notna().all(axis=1).to_numpy()
    again = table.frame.duplicated(key).to_numpy() & whole
    if not again.any():
        return
    first = table.frame[key].assign(row=table.rows)[whole].groupby(key, sort=False)["row"].transform("first")

    def mend(position: int, _: str) -> str:
        row = first.loc[table.frame.index[position]]
        return f"row {row} has the same {', '.join(key)}: remove one of them or correct it"

    problems.add_rows("duplicate key", at=table.at(key[0]), where=again, mend=mend)


def check_references(
    tables: Mapping[str, Table], columns: Mapping[str, tuple[Column, ...]], *, problems: Problems
) -> None:
    """Note values that name a row which is not there.

    Parameters
    ----------
    tables : mapping of str to Table
        The tables that could be read; a reference to another table is not checked.
    columns : mapping of str to tuple of Column
        Their columns.
    problems : Problems
        Where problems go.
    """
    for name, table in tables.items():
        for column in columns[name]:
            target, _, key = column.refers_to.partition(".")
            if target not in tables:
                continue
            values = table.frame[column.name]
            lost = values.notna() & ~values.isin(tables[target].frame[key])
            mend = f"correct it, or give its row in {target}.txt"
            problems.add_rows(
                f"not in {target}.txt", at=table.at(column.name), where=lost.to_numpy(), mend=mend
            )
