"""Input-output tables as bureaus publish them: one matrix with sectors, final demand and value added."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data.cast import NOT_CODE
from tongqu.data.files import RawTable, read_table, read_workbook
from tongqu.data.io_rules import DEMAND, INCOMING, RELATIVE, TOLERANCE_WAN, VALUE
from tongqu.data.problems import Problems, suggest

__all__ = ["SUMS", "IoMatrix", "MoneyUnit", "read_io_table", "wrong_label"]

MoneyUnit: TypeAlias = Literal["万元", "亿元"]
Floats: TypeAlias = npt.NDArray[np.float64]

_WAN: Final[Mapping[str, float]] = {"万元": 1.0, "亿元": 10_000.0}
SUMS: Final = frozenset(
    (
        *("TIU", "TII", "TVA", "TI", "THC", "TC", "GCF", "TFU"),
        *("中间使用合计", "中间使用", "中间投入合计", "中间投入", "增加值合计", "总投入"),
        *("居民消费小计", "消费小计", "最终消费支出合计", "资本形成总额合计", "最终使用合计"),
    )
)
"""Headings of sums that are passed over, unless the industries have a role for them and no part is given."""
_BOOKS: Final = (".xlsx", ".xlsm", ".xls")
YEARS: Final = (1949, 2100)
"""First and last year that the table ``input_output`` takes."""
_THOUSANDS: Final = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?"
_ENOUGH: Final = 2
"""Headings and a row: less is no table."""


@dataclass(frozen=True, slots=True, eq=False)
class IoMatrix:
    """What was read of a published table.

    Parameters
    ----------
    rows : DataFrame
        ``area, year, row, column, amount_wan, modelled, source``: cells that are not nil, as the region's
        table ``input_output`` takes them.
    passed_over : tuple of str
        Headings of sums that were not read.
    unbalanced : tuple of Problem
        Rows and columns that miss their output; empty unless they were let in.
    """

    rows: pd.DataFrame
    passed_over: tuple[str, ...]
    unbalanced: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Grid:
    """The matrix with the codes of its rows and columns and where they stand in the file."""

    file: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_at: tuple[int, ...]
    heading: tuple[str, ...]
    text: pd.DataFrame


def _open(path: Path, *, sheet: str, problems: Problems) -> RawTable | None:
    """The file or the sheet as text."""
    if not path.is_file():
        problems.add("missing file", file=path.name, mend="check the path")
        return None
    if path.suffix.lower() not in _BOOKS:
        if sheet:
            mend = "leave --sheet out, or give the workbook"
            problems.add("a sheet of a file that has none", file=path.name, value=sheet, mend=mend)
            return None
        return read_table(path, file=path.name, problems=problems)
    sheets = read_workbook(path, problems=problems)
    if sheet and sheet not in sheets:
        mend = suggest(sheet, sheets) + f"name one of {', '.join(sheets)}"
        problems.add("missing sheet", file=path.name, value=sheet, mend=mend)
        return None
    return sheets[sheet] if sheet else next(iter(sheets.values()), None)


def _codes(industries: pd.DataFrame, *, prefix: str) -> dict[str, str]:
    """Code by every heading that may stand for it: code, names, and the number behind the prefix."""
    sector = industries["role"] == "sector"
    mine = industries[~sector | industries["industry"].str.startswith(prefix)]
    found: dict[str, str] = {}
    for code, role, *names in mine[["industry", "role", "name_zh", "name_en"]].itertuples(index=False):
        number = code.removeprefix(prefix) if prefix and role == "sector" else code
        for heading in (code, number, f"sec{number}", *names):
            found.setdefault(str(heading).strip().casefold(), str(code))
    return found


def _check_classification(
    raw: RawTable, industries: pd.DataFrame, *, prefix: str, problems: Problems
) -> None:
    """Report names in the file that stand for sectors of several classifications."""
    mine = industries[(industries["role"] == "sector") & industries["industry"].str.startswith(prefix)]
    names = mine.melt("industry", ["name_zh", "name_en"], value_name="name").dropna()
    names = names.assign(name=names["name"].astype("str").str.strip().str.casefold())
    names = names.drop_duplicates(["name", "industry"])
    codes = set(industries["industry"].astype("str").str.casefold())
    labels = raw.frame["0"].dropna().tolist() if "0" in raw.frame else []
    used = list(dict.fromkeys(text.strip().casefold() for text in (*labels, *raw.headings[1:])))
    names = names[names["name"].isin(set(used) - codes)]
    twice = names[names.duplicated("name", keep=False)]
    if twice.empty:
        return
    kinds = sorted({code.rpartition(".")[0] + "." for code in twice["industry"] if "." in code})
    which = f": {', '.join(kinds)}" if len(kinds) > 1 else ""
    problems.add(
        "a name of several sectors",
        file=raw.file,
        value=next(name for name in used if name in set(twice["name"])),
        mend=f"name the classification with --prefix{which}; or use codes",
    )


def _name(
    headings: Sequence[str], *, codes: Mapping[str, str], skip: frozenset[str]
) -> tuple[list[str | None], list[str], list[str]]:
    """Code of each heading (None if passed over or unknown), those passed over, and those unknown."""
    named: list[str | None] = [codes.get(text.strip().casefold()) for text in headings]
    inside = {code for code in named if code is not None}
    passed, unknown = [], []
    for at, text in enumerate(headings):
        # TC is a sum where households are given, and the only consumption where they are not.
        parts = bool(inside & {"FU101", "FU102", "FU103"})
        if text.strip() in skip and (named[at] is None or parts):
            named[at] = None
            passed.append(text)
        elif named[at] is None:
            unknown.append(text)
    return named, passed, unknown


def _grid(
    raw: RawTable, *, codes: Mapping[str, str], skip: frozenset[str], problems: Problems
) -> tuple[_Grid, list[str]]:
    """Rows and columns by code; unknown and repeated headings are problems."""
    labels = raw.frame["0"].fillna("") if "0" in raw.frame else pd.Series([], dtype="str")
    rows, passed_rows, lost_rows = _name(labels.tolist(), codes=codes, skip=skip)
    columns, passed_columns, lost_columns = _name(raw.headings[1:], codes=codes, skip=skip)
    mend = "use a code or name of industries, or name the heading in `skip`"
    for text in lost_columns:
        how = suggest(text, codes) + mend
        problems.add("an unknown heading", file=raw.file, row=1, column=text, mend=how)
    for text in dict.fromkeys(lost_rows):
        at = int(raw.rows[labels.tolist().index(text)])
        how = suggest(text, codes) + mend
        problems.add("an unknown heading", file=raw.file, row=at, value=text, mend=how)
    used_rows = [at for at, code in enumerate(rows) if code is not None]
    used_columns = [at for at, code in enumerate(columns) if code is not None]
    grid = _Grid(
        raw.file,
        tuple(str(rows[at]) for at in used_rows),
        tuple(str(columns[at]) for at in used_columns),
        tuple(int(raw.rows[at]) for at in used_rows),
        tuple(raw.headings[1:][at] for at in used_columns),
        raw.frame.iloc[used_rows, [1 + at for at in used_columns]],
    )
    for axis, names in (("row", grid.rows), ("column", grid.columns)):
        for code in dict.fromkeys(name for name in names if names.count(name) > 1):
            problems.add(
                f"a {axis} comes twice", file=raw.file, value=code, mend="keep one, or sum them up first"
            )
    return grid, [*passed_rows, *passed_columns]


def _check_sectors(grid: _Grid, role: Mapping[str, str], *, problems: Problems) -> None:
    """Report sectors with a row but no column or the other way round, and a table without needed parts."""
    down = [code for code in grid.rows if role[code] == "sector"]
    across = [code for code in grid.columns if role[code] == "sector"]
    for code in down:
        if code not in across:
            mend = f"add the column of {code}, or take its row out"
            problems.add("missing sector column", file=grid.file, column=code, mend=mend)
    for code in across:
        if code not in down:
            mend = f"add the row of {code}, or take its column out"
            problems.add("missing sector row", file=grid.file, value=code, mend=mend)
    parts = {
        "sectors": bool(down),
        "final demand": any(role[code] in DEMAND for code in grid.columns),
        "value added": any(role[code] in VALUE for code in grid.rows),
        "gross output": any(role[code] == "output" for code in grid.columns),
    }
    for part, there in parts.items():
        if not there:
            problems.add(f"no {part}", file=grid.file, mend=f"add it, headed with a code of {part}")


def _column(text: pd.Series) -> pd.Series:
    """Numbers of a column; commas may only part thousands."""
    sound = ~text.str.contains(",", regex=False, na=False) | text.str.fullmatch(_THOUSANDS, na=False)
    return pd.to_numeric(text.str.replace(",", "").where(sound), errors="coerce")


def _numbers(grid: _Grid, role: Mapping[str, str], *, problems: Problems) -> Floats:
    """The cells as numbers; what is no number, or blank where a cell counts, is a problem."""
    numbers = grid.text.apply(_column)
    values = numbers.to_numpy(np.float64, copy=True)
    sells = np.array([role[code] == "sector" for code in grid.rows])[:, np.newaxis]
    in_sector = np.array([role[code] == "sector" for code in grid.columns])[np.newaxis, :]
    counts = sells | in_sector
    written = grid.text.notna().to_numpy()
    for what, bad, mend in (
        ("not a number", written & ~np.isfinite(values), "enter a number"),
        ("missing value", ~written & counts, "enter the amount; where nothing flows enter 0"),
    ):
        for i, j in np.argwhere(bad & counts):
            value = str(grid.text.iloc[i, j]) if written[i, j] else ""
            at = grid.row_at[i]
            problems.add(what, file=grid.file, row=at, column=grid.heading[j], value=value, mend=mend)
    return np.where(counts, values, 0.0)


def _problem(rule: str, mend: str, grid: _Grid, place: tuple[int, str, str]) -> Problem:
    row, column, value = place
    return Problem(rule=rule, mend=mend, file=grid.file, row=row, column=column, value=value)


def _balance(grid: _Grid, cells: Floats, role: Mapping[str, str], *, unit: str) -> list[Problem]:
    """Rows and columns that miss their output, and negative outputs, in the unit of the file."""
    wan = _WAN[unit]
    found: list[Problem] = []
    sector_rows = [i for i, code in enumerate(grid.rows) if role[code] == "sector"]
    column_at = {code: j for j, code in enumerate(grid.columns)}
    output_at = next(j for j, code in enumerate(grid.columns) if role[code] == "output")
    sign = np.array([-1.0 if role[code] in INCOMING else 1.0 for code in grid.columns])
    sign[output_at] = 0.0
    for i in sector_rows:
        made, j = float(cells[i, output_at]), column_at[grid.rows[i]]
        allowed = TOLERANCE_WAN / wan + RELATIVE * abs(made)
        place = (grid.row_at[i], grid.heading[output_at], f"{made:.10g}")
        if made < 0:
            found.append(_problem("negative output", "enter an output of 0 or more", grid, place))
        for side, total, spot in (
            ("row", float(cells[i] @ sign), place),
            ("column", float(cells[:, j].sum()), (1, grid.heading[j], "")),
        ):
            if abs(total - made) > allowed:
                sums = f"it adds up to {total:.10g} {unit}, its output is {made:.10g}"
                rule = f"a {side} that does not add up to its output"
                found.append(_problem(rule, f"{sums}: correct a cell of the {side}", grid, spot))
    return found


def wrong_label(*, area: str, year: int) -> list[Problem]:
    """Problems if the area is no code, or the year is none that a table can have."""
    found = []
    if not area or re.search(NOT_CODE, area):
        mend = "give a code without blanks, commas and semicolons"
        found.append(Problem("not a code", mend=mend, column="area", value=area))
    if not YEARS[0] <= year <= YEARS[1]:
        mend = f"give a year from {YEARS[0]} to {YEARS[1]}"
        found.append(Problem("a year out of range", mend=mend, column="year", value=str(year)))
    return found


def read_io_table(
    path: str | Path,
    *,
    area: str,
    year: int,
    unit: MoneyUnit,
    industries: pd.DataFrame,
    source: str,
    prefix: str = "",
    sheet: str = "",
    skip: Sequence[str] = (),
    unbalanced: Literal["refuse", "keep"] = "refuse",
    modelled: bool = False,
) -> IoMatrix:
    """Rows of ``input_output`` from the matrix that a bureau publishes.

    Parameters
    ----------
    path : str or Path
        CSV or Excel: headings of columns in row 1, of rows in the first column.
    area, year
        What the table describes.
    unit : {"万元", "亿元"}
        Unit of its amounts: it must be said.
    industries : DataFrame
        The region's table ``industries``: headings are matched to its codes and names.
    source : str
        Identifier of the source.
    prefix : str
        Beginning of the codes of the classification, such as ``"cn17."``: the headings ``01`` and ``sec01``
        then stand for ``cn17.01``.
    sheet : str
        Sheet of a workbook; the first one if empty.
    skip : sequence of str
        Headings to pass over beside those of `SUMS`.
    unbalanced : {"refuse", "keep"}
        Whether a table that does not balance is refused, or returned as it is with its problems (for
        `tongqu.methods.input_output.rebalance`). Nothing is balanced here.
    modelled : bool
        What the rows say.

    Returns
    -------
    IoMatrix
        Imports and inflow are positive amounts, as the region's table wants them.

    Raises
    ------
    DataError
        With every problem: an area or a year that no table has, a sheet of a file without any, unknown
        headings, names that several classifications have, a sector without its column or row, text or
        blanks in cells, rows and columns that do not balance, negative outputs.
    """
    path, problems = Path(path), Problems()
    if unit not in _WAN:
        problems.add("an unknown unit of money", column="unit", value=unit, mend="say 万元 or 亿元")
    for one in wrong_label(area=area, year=year):
        problems.add(one.rule, column=one.column, value=one.value, mend=one.mend)
    raw = _open(path, sheet=sheet, problems=problems)
    problems.raise_any()
    if raw is None or not len(raw.rows) or len(raw.headings) < _ENOUGH:
        problems.add("the table has no rows", file=path.name, mend="give the matrix with its headings")
        problems.raise_any()
    assert raw is not None  # else there is a problem
    role = dict(zip(industries["industry"].astype(str), industries["role"].astype(str), strict=True))
    codes = _codes(industries, prefix=prefix)
    _check_classification(raw, industries, prefix=prefix, problems=problems)
    grid, passed = _grid(raw, codes=codes, skip=SUMS | frozenset(skip), problems=problems)
    _check_sectors(grid, role, problems=problems)
    if not (grid.rows and grid.columns):
        problems.raise_any()
    cells = _numbers(grid, role, problems=problems)
    problems.raise_any()
    wrong = _balance(grid, cells, role, unit=unit)
    if wrong and unbalanced == "refuse":
        raise DataError(wrong)
    i, j = np.nonzero(cells)
    rows = pd.DataFrame(
        {
            "area": area,
            "year": year,
            "row": np.array(grid.rows, dtype=object)[i],
            "column": np.array(grid.columns, dtype=object)[j],
            "amount_wan": cells[i, j] * _WAN[unit],
            "modelled": modelled,
            "source": source,
        }
    )
    return IoMatrix(rows, tuple(passed), tuple(wrong))
