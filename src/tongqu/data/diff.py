"""What differs between two regions, cell by cell."""

from __future__ import annotations

import pandas as pd

from tongqu.data.canonical import canonical_text, csv_lines, join_key
from tongqu.data.header import header_values
from tongqu.data.region import Region
from tongqu.data.save import region_header
from tongqu.data.spec import TableSpec, table_specs

__all__ = ["diff_regions"]

COLUMNS = ["table", "key", "column", "before", "after"]
WHOLE_ROW = "*"


def keyed(frame: pd.DataFrame, *, spec: TableSpec) -> pd.DataFrame:
    """Canonical text of a table, indexed by its key joined with semicolons."""
    text = canonical_text(frame).reindex(columns=list(spec.columns)).astype("str")
    return text.set_index(join_key(text, spec=spec))


def tidy(table: str, *, key: pd.Index, column: str, before: object, after: object) -> pd.DataFrame:
    """Differences of one column, or of whole rows, in the columns of the result."""
    values = {"table": table, "key": key, "column": column, "before": before, "after": after}
    return pd.DataFrame(values, index=range(len(key))).astype("str")


def diff_table(table: str, *, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Differences between two keyed tables: rows removed, rows added, cells changed."""
    gone = before[~before.index.isin(after.index)]
    new = after[~after.index.isin(before.index)]
    both = before.index[before.index.isin(after.index)]
    old_cells, new_cells = before.loc[both], after.loc[both]
    parts = [
        tidy(table, key=gone.index, column=WHOLE_ROW, before=csv_lines(gone), after=None),
        tidy(table, key=new.index, column=WHOLE_ROW, before=None, after=csv_lines(new)),
    ]
    for name in before:
        old, fresh = old_cells[name], new_cells[name]
        changed = ~((old == fresh) | (old.isna() & fresh.isna()))
        parts.append(
            tidy(
                table,
                key=both[changed],
                column=str(name),
                before=old[changed].array,
                after=fresh[changed].array,
            )
        )
    return pd.concat(parts, ignore_index=True)


def headers(region: Region) -> pd.DataFrame:
    """The fields of a region that are in no table, keyed."""
    values = header_values(region_header(region))
    fields = {key: str(value) for key, value in values.items() if key not in ("files", "layers")}
    return pd.DataFrame({"value": fields}, dtype="str")


def layers(region: Region) -> pd.DataFrame:
    """The layers of a region, keyed."""
    rows = {name: (layer.source, layer.role, layer.sha256) for name, layer in region.layers.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["source", "role", "sha256"]).astype("str")


def diff_regions(before: Region, after: Region) -> pd.DataFrame:
    """What differs between two regions; empty exactly if their ``sha256`` is the same.

    Parameters
    ----------
    before, after : Region

    Returns
    -------
    DataFrame of str
        One row per difference: ``table`` ("region" for the fields of ``region.toml``, "layers" for
        layers), ``key`` (key of the row, its parts joined with semicolons), ``column``, ``before`` and
        ``after`` (missing where there is no value). A row added or removed as a whole has ``column``
        "*", and its values in the order of the spec as one line of CSV.
    """
    parts = [
        diff_table("region", before=headers(before), after=headers(after)),
        diff_table("layers", before=layers(before), after=layers(after)),
    ]
    for name, spec in table_specs().items():
        blank = pd.DataFrame({column: pd.Series(dtype="str") for column in spec.columns})
        old, new = (keyed(r.tables.get(name, blank), spec=spec) for r in (before, after))
        if not old.equals(new):
            parts.append(diff_table(name, before=old, after=new))
    return pd.concat(parts, ignore_index=True)[COLUMNS]
