"""A table of the report: cells as words, ready to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

__all__ = ["Grid", "raw"]


def raw(markup: str) -> Markup:
    """Markup of our own making, which is written as it is."""
    return Markup(markup)  # every piece of text in it was escaped where it was made


@dataclass(frozen=True)
class Grid:
    """A table with headings.

    Parameters
    ----------
    label : str
        What the table holds, for those who do not see it.
    head : sequence of str
        Headings of the columns.
    rows : sequence of sequence of str
        Cells; a row of one cell is a heading of the rows below it.
    foot : sequence of str
        The last row, with sums; its first cell spans what the others leave.
    numeric : frozenset of int
        Columns of numbers, set to the right.
    ids : sequence of str
        Identifier of each row, or none.
    sums : frozenset of int
        Rows that are sums of others.
    heads : int
        Column that names the row.
    css : str
        Class of the table.
    """

    label: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    foot: Sequence[str] = ()
    numeric: frozenset[int] = frozenset()
    ids: Sequence[str] = field(default=())
    sums: frozenset[int] = frozenset()
    heads: int = 0
    css: str = ""
