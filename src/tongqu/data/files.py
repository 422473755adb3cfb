"""Table files as they are: CSV, Parquet and Excel sheets read to text, every blank missing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook

from tongqu.data.problems import Problems

__all__ = ["RawTable", "raw_table", "read_table", "read_workbook"]

EMPTY = "the file is empty"
SAVE_AGAIN = "save it again from the program that made it"


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as written: every value is text, every blank is missing.

    Parameters
    ----------
    file : str
        File, or file and sheet, as a user knows it.
    headings : tuple of str
        Headings as written, one for each column of the frame.
    frame : DataFrame of str
        The values; columns are numbered "0", "1", ...
    rows : array of int
        Row number of each row as a spreadsheet shows it (the heading is row 1).
    """

    file: str
    headings: tuple[str, ...]
    frame: pd.DataFrame
    rows: NDArray[np.int64]


def tidy(values: Any) -> Any:
    """Text of an Arrow column: trimmed, line ends as LF, blanks and NaN missing."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    text = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    text = pc.replace_substring_regex(text, r"\r\n?", "\n")
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def assemble(
    columns: Sequence[Any], *, headings: Sequence[str], file: str, skipped: Sequence[int] = ()
) -> RawTable:
    """A raw table from Arrow columns; rows and unnamed columns without any value are left out.

    Rows count from 2, the heading being row 1, over those that were skipped while reading.
    """
    texts = [tidy(column) for column in columns]
    used = [i for i, text in enumerate(texts) if headings[i].strip() or text.null_count < len(text)]
    frame = pa.table({str(i): texts[i] for i in used}).to_pandas()
    rows = np.arange(2, 2 + len(frame) + len(skipped), dtype=np.int64)
    rows = rows[~np.isin(rows, skipped)]
    filled = np.zeros(len(frame), dtype=bool)
    for name in frame:
        filled |= frame[name].notna().to_numpy()
    frame = frame[filled].reset_index(drop=True)
    return RawTable(file, tuple(headings[i].strip() for i in used), frame.astype("str"), rows[filled])


def raw_table(frame: pd.DataFrame, *, file: str) -> RawTable:
    """A frame in memory as a raw table, so that it can be validated like a file.

    Parameters
    ----------
    frame : DataFrame
        Columns named or headed as in the table spec; the index is ignored.
    file : str
        What problems call it.

    Examples
    --------
    >>> raw_table(pd.DataFrame({"year": [2020, 2021]}), file="made").frame["0"].to_list()
    ['2020', '2021']
    """
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return assemble(table.columns, headings=[str(name) for name in frame], file=file)


def decode(content: bytes) -> str | None:
    """Text of a file in UTF-8 (with or without a mark) or GB18030; None if it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def read_csv(content: bytes, *, file: str, problems: Problems) -> RawTable | None:
    """A CSV file as a raw table; None if it cannot be read."""
    text = decode(content)
    if text is None or "\0" in text:
        problems.add("neither UTF-8 nor GB18030", file=file, mend="save it as CSV in UTF-8")
        return None
    headings = next(csv.reader(io.StringIO(text, newline="")), [])
    if not any(heading.strip() for heading in headings):
        problems.add("the first row has no headings", file=file, mend="put the headings into row 1")
        return None

    skipped: list[int] = []

    def ragged(row: Any) -> str:
        skipped.append(row.number)
        if row.text.strip():
            mend = "give each row one value per heading; put a value that has a comma in double quotes"
            rule = f"{row.actual_columns} values under {row.expected_columns} headings"
            problems.add(rule, file=file, row=row.number, mend=mend)
        return "skip"

    names = [str(i) for i in range(len(headings))]
    try:
        table = parse_csv(f"{text}\n".encode(), names=names, ragged=ragged)
    except pa.ArrowInvalid as error:
        problems.add("not a readable CSV file", file=file, value=str(error), mend=SAVE_AGAIN)
        return None
    return assemble(table.columns, headings=headings, file=file, skipped=skipped)


def parse_csv(content: bytes, *, names: Sequence[str], ragged: Callable[[Any], str]) -> Any:
    """Arrow table of text columns from UTF-8 text whose first row is a heading."""
    return pyarrow.csv.read_csv(
        pa.BufferReader(content),
        # One block and one thread, so that Arrow knows the number of a ragged row.
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, skip_rows_after_names=1, use_threads=False, block_size=len(content) + 1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=ragged
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def read_parquet(content: bytes, *, file: str, problems: Problems) -> RawTable | None:
    """A Parquet file as a raw table; None if it cannot be read."""
    try:
        table = pyarrow.parquet.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError):
        problems.add("not a whole Parquet file", file=file, mend=f"copy it again, or {SAVE_AGAIN}")
        return None
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    for name in nested:
        problems.add("a column of lists or records", file=file, column=name, mend="keep one value in a cell")
    if nested:
        return None
    return assemble(table.columns, headings=table.column_names, file=file)


def read_table(path: Path, *, file: str, problems: Problems) -> RawTable | None:
    """One table file as a raw table; what stops it from being read goes to the problems.

    Parameters
    ----------
    path : Path
        A ``.csv`` file in UTF-8 or GB18030, or a ``.parquet`` file.
    file : str
        What problems call it.
    problems : Problems
        Where problems go.

    Returns
    -------
    RawTable or None
        None if the file cannot be read.
    """
    if path.is_dir():
        problems.add("a folder where a file should be", file=file, mend="put a table file in its place")
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        rule = f"the file cannot be read ({error.strerror})"
        problems.add(rule, file=file, mend="check that it is there and that you may read it")
        return None
    if not content.strip():
        problems.add(
            EMPTY, file=file, mend="fill it from the template, or remove it if the table is optional"
        )
        return None
    read = read_parquet if path.suffix == ".parquet" else read_csv
    return read(content, file=file, problems=problems)


def cell_text(value: object) -> str:
    """Text of one Excel cell: whole numbers without a decimal point."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def sheet_table(cells: Sequence[Sequence[object]], *, file: str) -> RawTable:
    """One Excel sheet as a raw table; a star behind a heading marks a required column and is dropped."""
    headings = [cell_text(value).strip().removesuffix("*") for value in cells[0]] if cells else []
    columns = [pa.array([cell_text(row[i]) for row in cells[1:]], pa.string()) for i in range(len(headings))]
    return assemble(columns, headings=headings, file=file)


def read_workbook(path: Path, *, problems: Problems) -> Mapping[str, RawTable]:
    """All sheets of an Excel workbook as raw tables by sheet name.

    Parameters
    ----------
    path : Path
        The workbook.
    problems : Problems
        Where problems go; a workbook that cannot be read has no sheets.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except (CalamineError, OSError):
        problems.add("not a readable Excel workbook", file=path.name, mend=f"copy it again, or {SAVE_AGAIN}")
        return {}
    return {name: sheet_table(cells, file=f"{path.name}, sheet {name}") for name, cells in sheets.items()}
