"""An input-output table: sectors, flows, final demand, value added and output, and whether they balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats

__all__ = [
    "RELATIVE_TOLERANCE",
    "TOLERANCE",
    "DemandRole",
    "Table",
    "ValueRole",
    "aggregate",
    "check_table",
    "imbalance",
]

DemandRole: TypeAlias = Literal[
    "household",
    "government",
    "consumption",
    "capital",
    "stocks",
    "export",
    "outflow",
    "net_outflow",
    "import",
    "inflow",
    "error",
]
"""What a column of final demand is. ``consumption`` is households and government in one column,
``net_outflow`` exports and outflow less imports and inflow, ``error`` the statistical error that the bureau
publishes with the table."""

ValueRole: TypeAlias = Literal["labour", "taxes", "depreciation", "surplus", "value_added"]
"""What a row of value added is; ``value_added`` is a sum that is not divided further."""

TOLERANCE: Final = 1.0
"""Amount in the unit of the table (万元) by which a row or column may miss: published tables are rounded."""
RELATIVE_TOLERANCE: Final = 1e-6
"""Share of output by which a row or column may miss besides."""
_INCOMING: Final = ("import", "inflow")
_LISTED: Final = 20
"""Problems listed for one rule; the rest is counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """An input-output table of one place, or of many with leading axes.

    Output is the sum of a row: ``flows + sign * demand``; imports and inflow are given as positive
    amounts and count with sign -1. Output is also the sum of a column: ``flows + value_added``.

    Parameters
    ----------
    sectors : tuple of str
        Codes of the n sectors.
    flows : numpy.ndarray of float
        What the sector of the row sells to the sector of the column, shape (..., n, n), money.
    demand : numpy.ndarray of float
        Final demand, shape (..., n, k), money.
    demand_roles : tuple of DemandRole
        What each of its k columns is.
    value_added : numpy.ndarray of float
        Shape (..., m, n), money.
    value_roles : tuple of ValueRole
        What each of its m rows is.
    output : numpy.ndarray of float
        Shape (..., n), money.
    demand_names, value_names : tuple of str
        Codes of the columns and rows; the roles if not given.

    Raises
    ------
    DataError
        If shapes do not fit, a role is unknown, or a value is missing. Whether the table balances is
        `check_table`'s matter.

    Examples
    --------
    >>> table = Table(
    ...     sectors=("farms", "works"),
    ...     flows=[[150, 500], [200, 100]],
    ...     demand=[[350], [1700]],
    ...     demand_roles=("household",),
    ...     value_added=[[650, 1400]],
    ...     value_roles=("labour",),
    ...     output=[1000, 2000],
    ... )
    >>> check_table(table)
    >>> table.net_demand
    array([ 350., 1700.])
    """

    sectors: tuple[str, ...]
    flows: Floats
    demand: Floats
    demand_roles: tuple[DemandRole, ...]
    value_added: Floats
    value_roles: tuple[ValueRole, ...]
    output: Floats
    demand_names: tuple[str, ...] = field(default=())
    value_names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("flows", "demand", "value_added", "output"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        for name in ("demand", "value"):
            roles = tuple(getattr(self, f"{name}_roles"))
            object.__setattr__(self, f"{name}_roles", roles)
            object.__setattr__(self, f"{name}_names", tuple(getattr(self, f"{name}_names")) or roles)
        object.__setattr__(self, "sectors", tuple(self.sectors))
        _check_shapes(self)

    @property
    def sign(self) -> Floats:
        """+1 or, for imports and inflow, -1, for each column of final demand, shape (k,)."""
        return np.array([-1.0 if role in _INCOMING else 1.0 for role in self.demand_roles])

    @property
    def net_demand(self) -> Floats:
        """Final demand less imports and inflow, shape (..., n)."""
        return np.asarray(self.demand @ self.sign)

    def demand_of(self, *roles: DemandRole) -> Floats:
        """Sum of the columns of final demand of these roles, shape (..., n); 0 if there is none."""
        chosen = np.array([role in roles for role in self.demand_roles], dtype=bool)
        return np.asarray(self.demand[..., chosen].sum(axis=-1))

    def value_of(self, *roles: ValueRole) -> Floats:
        """Sum of the rows of value added of these roles, shape (..., n); all rows if none is named."""
        chosen = np.array([not roles or role in roles for role in self.value_roles], dtype=bool)
        return np.asarray(self.value_added[..., chosen, :].sum(axis=-2))


def _check_shapes(table: Table) -> None:
    """Raise unless the parts of a table fit one another."""
    n, k, m = len(table.sectors), len(table.demand_roles), len(table.value_roles)
    lead = table.output.shape[:-1]
    wanted: Mapping[str, tuple[int, ...]] = {
        "flows": (*lead, n, n),
        "demand": (*lead, n, k),
        "value_added": (*lead, m, n),
        "output": (*lead, n),
    }
    problems = [
        Problem(
            rule=f"shape {getattr(table, name).shape} instead of {shape}",
            mend="give one row and column for each sector, one column for each role",
            column=name,
        )
        for name, shape in wanted.items()
        if getattr(table, name).shape != shape
    ]
    problems += [
        Problem(rule="a value is missing", mend="fill it in; an empty flow is 0", column=name)
        for name in wanted
        if not np.isfinite(getattr(table, name)).all()
    ]
    known: Mapping[str, Sequence[str]] = {
        "demand_roles": get_args(DemandRole),
        "value_roles": get_args(ValueRole),
    }
    problems += [
        Problem(rule="an unknown role", mend=f"name one of {', '.join(known[name])}", column=name, value=role)
        for name in known
        for role in getattr(table, name)
        if role not in known[name]
    ]
    if len(set(table.sectors)) != n:
        problems.append(Problem(rule="a sector comes twice", mend="name each once", column="sectors"))
    if problems:
        raise DataError(problems)


def imbalance(table: Table) -> tuple[Floats, Floats]:
    """Row sums and column sums less output.

    Parameters
    ----------
    table : Table
        Any leading axes.

    Returns
    -------
    rows, columns : numpy.ndarray of float
        Shape (..., n), in the unit of the table.

    Examples
    --------
    >>> table = Table(("a",), [[1.0]], [[2.0]], ("household",), [[3.0]], ("labour",), [3.0])
    >>> imbalance(table)
    (array([0.]), array([1.]))
    """
    rows = table.flows.sum(axis=-1) + table.net_demand - table.output
    columns = table.flows.sum(axis=-2) + table.value_of() - table.output
    return np.asarray(rows), np.asarray(columns)


def _cells(where: Bools) -> list[tuple[int, ...]]:
    return [tuple(int(spot) for spot in cell) for cell in np.argwhere(where)]


def check_table(
    table: Table,
    *,
    tolerance: float = TOLERANCE,
    relative: float = RELATIVE_TOLERANCE,
    name: str = "",
) -> None:
    """Nothing if the table balances and no output is negative.

    A row or column may miss its output by ``tolerance + relative * output``. The column of statistical
    error is part of the balance. Negative flows, stocks and value added are allowed: bureaus publish them.

    Parameters
    ----------
    table : Table
        Any leading axes.
    tolerance : float
        In the unit of the table.
    relative : float
        Share of output.
    name : str
        What messages call the table.

    Raises
    ------
    DataError
        With every row and column that does not balance and every negative output. Nothing is mended:
        `rebalance` does so where it is asked for.

    Examples
    --------
    >>> wrong = Table(("a",), [[1.0]], [[9.0]], ("household",), [[2.0]], ("labour",), [3.0])
    >>> try:
    ...     check_table(wrong)
    ... except DataError as error:
    ...     print(error.problems[0].rule)
    row sum 10 is not the output 3
    """
    rows, columns = imbalance(table)
    allowed = tolerance + relative * np.abs(table.output)
    problems: list[Problem] = []
    for side, miss in (("row", rows), ("column", columns)):
        bad = _cells(np.abs(miss) > allowed)
        for cell in bad[:_LISTED]:
            output = table.output[cell]
            rule = f"{side} sum {output + miss[cell]:.10g} is not the output {output:.10g}"
            mend = f"correct a cell of that {side} by {-miss[cell]:.10g}, or ask for a balanced table"
            problems.append(Problem(rule=rule, mend=mend, file=name, column=side, value=_label(table, cell)))
        if len(bad) > _LISTED:
            rule = f"{len(bad) - _LISTED} more {side}s do not balance"
            problems.append(Problem(rule=rule, mend="mend them in the same way", file=name))
    for cell in _cells(table.output < 0)[:_LISTED]:
        rule, mend = f"negative output {table.output[cell]:.10g}", "enter an output of 0 or more"
        problems.append(Problem(rule=rule, mend=mend, file=name, column="output", value=_label(table, cell)))
    if problems:
        raise DataError(problems)


def _label(table: Table, cell: tuple[int, ...]) -> str:
    """A sector's code, behind the position of its table if there are many."""
    place = ", ".join(str(spot) for spot in cell[:-1])
    code = table.sectors[cell[-1]]
    return f"{place}: {code}" if place else code


def aggregate(table: Table, groups: Sequence[str]) -> Table:
    """The table with sectors put together.

    Parameters
    ----------
    table : Table
        Any leading axes.
    groups : sequence of str
        Group of each sector, length n; groups keep the order in which they first come.

    Returns
    -------
    Table
        Sums over the sectors of each group; it balances where the table does.

    Raises
    ------
    DataError
        If there is not one group for each sector.

    Examples
    --------
    >>> table = Table(
    ...     ("a", "b"), [[1, 2], [3, 4]], [[7], [3]], ("household",), [[6, 4]], ("labour",), [10, 10]
    ... )
    >>> aggregate(table, ["all", "all"]).flows
    array([[10.]])
    """
    if len(groups) != len(table.sectors):
        rule = f"{len(groups)} groups for {len(table.sectors)} sectors"
        raise DataError([Problem(rule=rule, mend="name one group for each sector", column="groups")])
    names = tuple(dict.fromkeys(groups))
    member: npt.NDArray[np.float64] = np.array([[float(g == name) for g in groups] for name in names])
    return Table(
        sectors=names,
        flows=member @ table.flows @ member.T,
        demand=member @ table.demand,
        demand_roles=table.demand_roles,
        value_added=table.value_added @ member.T,
        value_roles=table.value_roles,
        output=table.output @ member.T,
        demand_names=table.demand_names,
        value_names=table.value_names,
    )
