"""Tables from rows: what a region's frames hold, as the arrays that the methods take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, get_args

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats
from tongqu.methods.input_output.table import DemandRole, Table, ValueRole

__all__ = ["section_jobs", "table_of", "tables_in"]

_SECTOR: Final = "sector"


def tables_in(rows: pd.DataFrame) -> list[tuple[str, int]]:
    """Area and year of every table in the rows.

    Parameters
    ----------
    rows : DataFrame
        With ``area`` and ``year``.

    Examples
    --------
    >>> tables_in(pd.DataFrame({"area": ["z", "z", "c"], "year": [2017, 2012, 2020]}))
    [('c', 2020), ('z', 2012), ('z', 2017)]
    """
    pairs = rows[["area", "year"]].drop_duplicates().sort_values(["area", "year"])
    return [(str(area), int(year)) for area, year in pairs.itertuples(index=False)]


def _lacking(rule: str, *, mend: str, value: str) -> DataError:
    return DataError([Problem(rule=rule, mend=mend, column="input_output", value=value)])


def table_of(rows: pd.DataFrame, *, industries: pd.DataFrame, area: str, year: int) -> Table:
    """One table as arrays, sectors in the order of their codes; cells that are not listed are 0.

    Parameters
    ----------
    rows : DataFrame
        Columns ``area, year, row, column, amount_wan``: flows, final demand, value added and, in the
        column ``output``, gross output. Without one, output is the sum of the row.
    industries : DataFrame
        Columns ``industry`` and ``role``: ``sector``, ``output``, a `DemandRole` or a `ValueRole`.
    area : str
        Whose table.
    year : int
        Of which year.

    Returns
    -------
    Table
        In 万元; not checked (see `check_table`).

    Raises
    ------
    DataError
        If there is no such table, or a code is not among the industries.

    Examples
    --------
    >>> industries = pd.DataFrame({"industry": ["1", "h", "w"], "role": ["sector", "household", "labour"]})
    >>> cells = [("1", "1", 2.0), ("1", "h", 8.0), ("w", "1", 8.0)]
    >>> rows = pd.DataFrame(cells, columns=["row", "column", "amount_wan"]).assign(area="z", year=2017)
    >>> table_of(rows, industries=industries, area="z", year=2017).output
    array([10.])
    """
    mine = rows[(rows["area"] == area) & (rows["year"] == year)]
    if not len(mine):
        known = ", ".join(f"{name} {when}" for name, when in tables_in(rows))
        mend = f"ask for one of {known}" if known else "add the table"
        raise _lacking("no such input-output table", mend=mend, value=f"{area} {year}")
    role = industries.drop_duplicates("industry").set_index("industry")["role"]
    lost = sorted((set(mine["row"]) | set(mine["column"])) - set(role.index))
    if lost:
        raise _lacking("not in industries", mend="add the codes to industries", value=", ".join(lost[:5]))
    across, down = mine["column"].map(role), mine["row"].map(role)
    sectors = sorted({*mine.loc[down == _SECTOR, "row"], *mine.loc[across == _SECTOR, "column"]})
    demands = sorted(mine.loc[across.isin(get_args(DemandRole)), "column"].unique())
    values = sorted(mine.loc[down.isin(get_args(ValueRole)), "row"].unique())
    row_at = {code: at for at, code in enumerate([*sectors, *values])}
    column_at = {code: at for at, code in enumerate([*sectors, *demands])}
    cells = np.zeros((len(row_at), len(column_at)))
    i, j = mine["row"].map(row_at), mine["column"].map(column_at)
    known_cell = (i.notna() & j.notna()).to_numpy()
    np.add.at(
        cells,
        (i[known_cell].to_numpy(int), j[known_cell].to_numpy(int)),
        mine.loc[known_cell, "amount_wan"].to_numpy(float),
    )
    n = len(sectors)
    draft = Table(
        sectors=tuple(sectors),
        flows=cells[:n, :n],
        demand=cells[:n, n:],
        demand_roles=tuple(role[demands]),
        value_added=cells[n:, :n],
        value_roles=tuple(role[values]),
        output=np.zeros(n),
        demand_names=tuple(demands),
        value_names=tuple(values),
    )
    made = mine[(across == "output").to_numpy()]
    if len(made):
        output = made.set_index("row")["amount_wan"].reindex(sectors).fillna(0.0).to_numpy(float)
    else:
        output = draft.flows.sum(axis=1) + draft.net_demand
    return replace(draft, output=output)


def section_jobs(rows: pd.DataFrame, *, area: str, year: int, sections: Sequence[str]) -> Floats:
    """Workers by section of a reference area.

    Parameters
    ----------
    rows : DataFrame
        Columns ``area, year, section, workers``.
    area, year
        Whose, and when.
    sections : sequence of str
        Letters, in the order wanted.

    Returns
    -------
    numpy.ndarray of float
        Shape (number of sections,), persons as counted; 0 for a section that is not listed.

    Raises
    ------
    DataError
        If nothing is listed for that area and year.

    Examples
    --------
    >>> rows = pd.DataFrame({"area": ["z"], "year": [2020], "section": ["A"], "workers": [5]})
    >>> section_jobs(rows, area="z", year=2020, sections=["A", "B"])
    array([5., 0.])
    """
    mine = rows[(rows["area"] == area) & (rows["year"] == year)]
    if not len(mine):
        mend = "ask for another area or year, or add the workers to reference_jobs"
        problem = Problem(rule="no workers of that area and year", mend=mend, value=f"{area} {year}")
        raise DataError([problem])
    workers = mine.groupby("section")["workers"].sum().reindex(list(sections)).fillna(0)
    return np.asarray(workers, dtype=np.float64)
