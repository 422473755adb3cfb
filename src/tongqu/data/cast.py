"""Text to typed values, a column at a time; what does not fit is reported with its row."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tongqu.data.problems import Place, Problems, suggest
from tongqu.data.spec import ColumnSpec

__all__ = ["cast_column", "check_bounds", "parse_numbers"]

Mask = NDArray[np.bool_]

NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
NOT_CODE = r"[\s,;，；]"
MANGLED = r"^[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+$|^[0-9]+\.0+$"
TRUE = ("true", "1", "是", "yes")
FALSE = ("false", "0", "否", "no")
MAX_WHOLE = 2**53
"""Whole numbers up to this one survive a spreadsheet (IEEE 754 double)."""


def matches(text: pd.Series[str], pattern: str) -> Mask:
    """True where the pattern occurs in the text; False where the text is missing."""
    # Arrow's own kernel: a tenth of the time of `Series.str`, and digits are ASCII digits only.
    found = pc.match_substring_regex(pa.array(text, pa.string()), pattern)
    return np.asarray(found.fill_null(False), dtype=bool)


def parse_numbers(text: pd.Series[str]) -> tuple[NDArray[np.float64], Mask]:
    """Numbers and where the text is one.

    Parameters
    ----------
    text : Series of str

    Returns
    -------
    numbers : array of float
        NaN where the text is missing or not a number.
    fits : array of bool

    Examples
    --------
    >>> numbers, fits = parse_numbers(pd.Series(["1.5", "many", "nan"], dtype="str"))
    >>> numbers.tolist(), fits.tolist()
    ([1.5, nan, nan], [True, False, False])
    """
    fits = matches(text, NUMBER)
    values = pc.cast(pa.array(text.where(fits), pa.string()), pa.float64())
    numbers = np.asarray(values.fill_null(math.nan), dtype=np.float64)
    return numbers, fits & np.isfinite(numbers)


def number_mend(value: str, *, required: bool) -> str:
    """What to do about text in a number."""
    plain = value.replace(",", "").replace("，", "").replace(" ", "").removesuffix("%")
    if plain != value and plain.replace(".", "", 1).isdigit():
        return f"write {plain}, without separators and signs"
    return "enter digits only" if required else "enter digits only, or leave the cell blank"


def cast_number(column: ColumnSpec, *, at: Place, problems: Problems) -> NDArray[np.float64]:
    """Numbers of a column; NaN where missing or wrong."""
    numbers, fits = parse_numbers(at.text)
    wrong = at.text.notna().to_numpy() & ~fits

    def mend(_: int, value: str) -> str:
        return number_mend(value, required=column.required)

    problems.add_rows("not a number", at=at, where=wrong, mend=mend)
    if column.type == "integer":
        part = fits & ((numbers != np.floor(numbers)) | (np.abs(numbers) > MAX_WHOLE))
        problems.add_rows("not a whole number", at=at, where=part, mend="enter a whole number")
        numbers = np.where(part, np.nan, numbers)
    return numbers


def cast_boolean(at: Place, *, problems: Problems) -> pd.Series:
    """True, False or missing."""
    text = at.text.str.casefold()
    yes, no = text.isin(TRUE), text.isin(FALSE)
    wrong = (at.text.notna() & ~yes & ~no).to_numpy()
    mend = "write true or false (or 1, 0, 是, 否, yes, no)"
    problems.add_rows("not true or false", at=at, where=wrong, mend=mend)
    return yes.astype("boolean").where(yes | no)


def check_choice(column: ColumnSpec, *, at: Place, problems: Problems) -> None:
    """Report values that are not among the choices."""
    wrong = (at.text.notna() & ~at.text.isin(column.choices)).to_numpy()
    listed = f"write one of {', '.join(column.choices)}"
    problems.add_rows(
        "not one of the choices",
        at=at,
        where=wrong,
        mend=lambda _, value: suggest(value, column.choices) + listed,
    )


def check_code(at: Place, *, problems: Problems) -> None:
    """Report codes that hold separators or that a spreadsheet turned into numbers."""
    mend = "take blanks, commas and semicolons out of the code"
    problems.add_rows("not a code", at=at, where=matches(at.text, NOT_CODE), mend=mend)
    mend = "format the column as text in the spreadsheet and enter the whole code"
    problems.add_rows("a code turned into a number", at=at, where=matches(at.text, MANGLED), mend=mend)


def plain(bound: float) -> str:
    """A bound as people write it."""
    return str(int(bound)) if bound.is_integer() else repr(bound)


def check_bounds(
    column: ColumnSpec, *, at: Place, numbers: NDArray[np.float64], skip: Mask, problems: Problems
) -> None:
    """Report numbers outside the bounds, rows in ``skip`` excepted."""
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    unit = f" ({column.unit})" if column.unit else ""
    below, above = (numbers < low) & ~skip, (numbers > high) & ~skip
    if below.any():
        mend = f"enter {plain(low)} or more{unit}"
        problems.add_rows(f"below the minimum {plain(low)}", at=at, where=below, mend=mend)
    if above.any():
        mend = f"enter {plain(high)} or less{unit}"
        problems.add_rows(f"above the maximum {plain(high)}", at=at, where=above, mend=mend)


def cast_column(column: ColumnSpec, *, at: Place, problems: Problems) -> pd.Series:
    """Typed values of one column.

    Parameters
    ----------
    column : ColumnSpec
        What the values should be.
    at : Place
        The values as written.
    problems : Problems
        Where values that do not fit go.

    Returns
    -------
    Series
        ``str`` for codes, texts and choices, ``float64`` for numbers (and for whole numbers while some
        are missing), ``int64`` and ``bool`` where complete. A blank stays missing unless the spec has
        a default.
    """
    if column.required:
        blank = at.text.isna().to_numpy()
        problems.add_rows("missing value", at=at, where=blank, mend=f"fill it in: {column.meaning_en}")
    if column.type in ("number", "integer"):
        values = pd.Series(cast_number(column, at=at, problems=problems))
        values = values.fillna(float(column.default)) if column.default else values
        whole = column.type == "integer" and values.notna().all()
        return values.astype("int64") if whole else values
    if column.type == "boolean":
        flags = cast_boolean(at, problems=problems)
        flags = flags.fillna(column.default == "true") if column.default else flags
        return flags.astype("bool") if flags.notna().all() else flags
    if column.type == "choice":
        check_choice(column, at=at, problems=problems)
    elif column.type == "code":
        check_code(at, problems=problems)
    return at.text.fillna(column.default) if column.default else at.text
