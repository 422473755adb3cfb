"""The one text form of typed values: what is saved, hashed and compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tongqu.data.spec import TableSpec

__all__ = ["canonical_csv", "canonical_text", "csv_lines", "join_key", "sort_by_key"]

MAX_WHOLE = 2**53


def number_text(value: float) -> str | None:
    """Shortest text that reads back as the same number; None if it is missing.

    Examples
    --------
    >>> number_text(12.0), number_text(0.1), number_text(-0.0), number_text(float("nan"))
    ('12', '0.1', '0', None)
    """
    if value != value:
        return None
    return str(int(value)) if value.is_integer() and abs(value) <= MAX_WHOLE else repr(value)


def column_text(values: pd.Series) -> pd.Series[str]:
    """Canonical text of a typed column; missing where the value is."""
    if values.dtype == "float64":
        return pd.Series([number_text(value) for value in values.to_list()], dtype="str")
    if values.dtype == "int64":
        return pd.Series(pc.cast(pa.array(values.to_numpy()), pa.string()).to_pandas(), dtype="str")
    if values.dtype == "bool":
        return pd.Series(np.where(values.to_numpy(), "true", "false"), dtype="str")
    if values.dtype == "boolean":
        return values.map({True: "true", False: "false"}).astype("str")
    return values


def canonical_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Every value of a table as its canonical text; columns without any value are left out.

    Parameters
    ----------
    frame : DataFrame
        A validated table.

    Examples
    --------
    >>> canonical_text(pd.DataFrame({"year": [2020], "share": [0.50]})).iloc[0].to_list()
    ['2020', '0.5']
    """
    numbered = frame.reset_index(drop=True)
    texts = {str(name): column_text(numbered[name]) for name in numbered}
    return pd.DataFrame({name: text for name, text in texts.items() if len(text) == 0 or text.notna().any()})


def canonical_csv(frame: pd.DataFrame) -> bytes:
    r"""A table as CSV: UTF-8, LF, quotes only where needed, numbers in their shortest form.

    Parameters
    ----------
    frame : DataFrame
        A validated table.

    Examples
    --------
    >>> canonical_csv(pd.DataFrame({"name": ["a", "b, c"], "people": [1.0, 2.5]}))
    b'name,people\na,1\n"b, c",2.5\n'
    """
    texts = canonical_text(frame)
    return "\n".join([",".join(str(name) for name in texts), *csv_lines(texts), ""]).encode()


def csv_lines(texts: pd.DataFrame) -> list[str]:
    """Each row of canonical text as one record of CSV.

    Examples
    --------
    >>> csv_lines(pd.DataFrame({"name": ["a", "b, c"], "people": ["1", None]}, dtype="str"))
    ['a,1', '"b, c",']
    """
    cells = [quote(pa.array(texts[name], pa.string())) for name in texts]
    return list(pc.binary_join_element_wise(*cells, ",").to_pylist()) if cells else []


def join_key(texts: pd.DataFrame, *, spec: TableSpec) -> pd.Index[str]:
    """The key of each row of canonical text, its parts joined with semicolons."""
    parts = [pa.array(texts[name], pa.string()) for name in spec.key]
    key: pd.Series[str] = pc.binary_join_element_wise(*parts, ";").to_pandas()
    return pd.Index(key, name="key", dtype="str")


def quote(text: pa.Array) -> pa.Array:
    """CSV cells: blank where missing, in quotes where the text needs them."""
    text = text.fill_null("")
    special = pc.match_substring_regex(text, '[,"\\n]')
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
    return pc.if_else(special, quoted, text)


def sort_by_key(frame: pd.DataFrame, *, spec: TableSpec) -> pd.DataFrame:
    """The table in the order of its key: codes by character, choices in the order of the spec.

    Parameters
    ----------
    frame : DataFrame
        A typed table.
    spec : TableSpec
        Which columns are its key.
    """
    ranks = []
    for name in reversed(spec.key):
        choices = spec.columns[name].choices
        if choices:
            ranks.append(pd.Categorical(frame[name], categories=choices).codes)
        else:
            ranks.append(pd.factorize(frame[name], sort=True)[0])
    return frame.iloc[np.lexsort(ranks)].reset_index(drop=True)
