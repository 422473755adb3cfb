"""Cells of a table for whoever writes them out."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["by_key", "part", "records"]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table by column.

    Examples
    --------
    >>> records(pd.DataFrame({"a": [1, 2]}))
    [{'a': 1}, {'a': 2}]
    """
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def part(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Rows under a key of the first level, named by the other level."""
    return table.loc[[key]].droplevel(0)


def by_key(table: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    """Rows of a table by what names them.

    Examples
    --------
    >>> by_key(pd.DataFrame({"a": [1, 2]}, index=["x", "y"]))
    {'x': {'a': 1}, 'y': {'a': 2}}
    """
    return dict(zip(table.index.to_list(), records(table), strict=True))
