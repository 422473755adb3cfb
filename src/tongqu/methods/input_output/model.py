"""Coefficients and inverses of input-output tables.

Every function takes arrays with any leading axes (places, futures) and works on them at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.input_output.table import Table

__all__ = [
    "allocation_coefficients",
    "close_households",
    "domestic_coefficients",
    "domestic_share",
    "ghosh",
    "household_coefficients",
    "leontief",
    "square",
    "technical_coefficients",
]

_ROUNDING: Final = -1e-9
"""Elements of an inverse of non-negative coefficients below this are not rounding but nonsense."""


def square(values: npt.ArrayLike, *, column: str) -> Floats:
    """The values as square matrices of finite numbers, shape (..., n, n).

    Parameters
    ----------
    values : array_like of float
        Any leading axes.
    column : str
        Name of the argument, for the message.

    Raises
    ------
    DataError
        If they are not square or a value is missing.

    Examples
    --------
    >>> square([[1, 2], [3, 4]], column="flows").shape
    (2, 2)
    """
    array = np.asarray(values, dtype=np.float64)
    square = array.ndim >= 2 and array.shape[-1] == array.shape[-2]
    require(square, column=column, rule="it is not square", mend="give one row and column for each sector")
    require(
        bool(np.isfinite(array).all()), column=column, rule="a value is missing", mend="fill it in; nil is 0"
    )
    return array


def technical_coefficients(flows: npt.ArrayLike, output: npt.ArrayLike) -> Floats:
    """Purchases per unit of output of the buying sector, a_ij = z_ij / x_j.

    Parameters
    ----------
    flows : array_like of float
        Shape (..., n, n), money.
    output : array_like of float
        Shape (..., n), money, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n, n); 0 in the column of a sector without output.

    Raises
    ------
    DataError
        If flows are not square, or an output is missing or negative.

    Examples
    --------
    >>> technical_coefficients([[150, 500], [200, 100]], [1000, 2000])
    array([[0.15, 0.25],
           [0.2 , 0.05]])
    """
    array = square(flows, column="flows")
    made = floats(output, column="output", low=0, high=np.finfo(float).max)[..., np.newaxis, :]
    return np.asarray(np.where(made > 0, array / np.where(made > 0, made, 1.0), 0.0))


def allocation_coefficients(flows: npt.ArrayLike, output: npt.ArrayLike) -> Floats:
    """Sales per unit of output of the selling sector, b_ij = z_ij / x_i; as `technical_coefficients`.

    Examples
    --------
    >>> allocation_coefficients([[150, 500], [200, 100]], [1000, 2000])
    array([[0.15, 0.5 ],
           [0.1 , 0.05]])
    """
    array = square(flows, column="flows")
    made = floats(output, column="output", low=0, high=np.finfo(float).max)[..., :, np.newaxis]
    return np.asarray(np.where(made > 0, array / np.where(made > 0, made, 1.0), 0.0))


def domestic_share(table: Table) -> Floats:
    """Share of each product's use inside the place that the place makes itself.

    Imports and inflow are taken to serve all inside uses in proportion (no published split):
    ``1 - incoming / (output + incoming - outgoing)``. A table with net outflow only gives its negative
    cells as incoming, so cross-hauling is not seen and the shares are too high. Where more comes in than
    is used inside (goods in transit), the share is 0, the lowest that the balance allows.

    Parameters
    ----------
    table : Table
        Any leading axes.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n), in [0, 1]; 1 for a product that nobody inside uses.

    Examples
    --------
    >>> table = Table(
    ...     ("a",), [[2.0]], [[4, 6, 2.0]], ("household", "export", "import"), [[8.0]], ("labour",), [10.0]
    ... )
    >>> domestic_share(table)  # 2 of 6 used come from outside
    array([0.66666667])
    """
    net = table.demand_of("net_outflow")
    incoming = table.demand_of("import", "inflow") + np.maximum(-net, 0)
    outgoing = table.demand_of("export", "outflow") + np.maximum(net, 0)
    used = table.output + incoming - outgoing
    share = 1 - incoming / np.where(used > 0, used, 1.0)
    unused = np.where(incoming > 0, 0.0, 1.0)
    return np.asarray(np.where(used > 0, np.clip(share, 0.0, 1.0), unused), dtype=np.float64)


def domestic_coefficients(table: Table) -> Floats:
    """Purchases from sectors of the same place per unit of output, shape (..., n, n).

    `technical_coefficients` times the `domestic_share` of each row.

    Examples
    --------
    >>> table = Table(
    ...     ("a",), [[2.0]], [[4, 6, 2.0]], ("household", "export", "import"), [[8.0]], ("labour",), [10.0]
    ... )
    >>> domestic_coefficients(table).round(4)
    array([[0.1333]])
    """
    total = technical_coefficients(table.flows, table.output)
    return np.asarray(domestic_share(table)[..., :, np.newaxis] * total)


def _inverse(coefficients: Floats, *, column: str) -> Floats:
    """(I - A)^-1, provided that the economy can make more than it uses up."""
    mend = "check the columns: a sector may not buy more than it makes"
    try:
        inverse = np.linalg.inv(np.eye(coefficients.shape[-1]) - coefficients)
    except np.linalg.LinAlgError:
        inverse = np.full(coefficients.shape, np.nan)
    workable = bool(np.isfinite(inverse).all())
    if workable and (coefficients >= 0).all():
        # Hawkins and Simon 1949: non-negative coefficients work if and only if the inverse is non-negative.
        workable = bool((inverse >= _ROUNDING).all())
    require(workable, column=column, rule="the economy uses up more than it makes", mend=mend)
    return np.asarray(inverse, dtype=np.float64)


def leontief(coefficients: npt.ArrayLike) -> Floats:
    """Output needed, directly and indirectly, for a unit of final demand: L = (I - A)^-1.

    Parameters
    ----------
    coefficients : array_like of float
        Technical or domestic coefficients A, shape (..., n, n).

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n, n); element (i, j) is the output of i for a unit of final demand for j.

    Raises
    ------
    DataError
        If A is not square, or the economy uses up more than it makes.

    References
    ----------
    Miller, R. E., Blair, P. D. (2009). Input-Output Analysis, 2nd ed., ch. 2. Cambridge University Press.

    Examples
    --------
    >>> leontief([[0.15, 0.25], [0.2, 0.05]]).round(4)
    array([[1.2541, 0.33  ],
           [0.264 , 1.1221]])
    """
    return _inverse(square(coefficients, column="coefficients"), column="coefficients")


def ghosh(allocation: npt.ArrayLike) -> Floats:
    """Output that a unit of value added of a sector reaches along its sales: G = (I - B)^-1.

    Parameters
    ----------
    allocation : array_like of float
        `allocation_coefficients` B, shape (..., n, n).

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n, n).

    Raises
    ------
    DataError
        As `leontief`.

    References
    ----------
    Ghosh, A. (1958). Input-output approach in an allocation system. Economica 25(97).
    Dietzenbacher, E. (1997): read it as a price model. Used here for forward linkages only.

    Examples
    --------
    >>> ghosh([[0.15, 0.5], [0.1, 0.05]]).round(4)
    array([[1.2541, 0.6601],
           [0.132 , 1.1221]])
    """
    return _inverse(square(allocation, column="allocation"), column="allocation")


def close_households(
    coefficients: npt.ArrayLike, *, income: npt.ArrayLike, consumption: npt.ArrayLike
) -> Floats:
    """Coefficients with households as one more sector, last.

    Parameters
    ----------
    coefficients : array_like of float
        Shape (..., n, n).
    income : array_like of float
        Labour income per unit of output, shape (..., n).
    consumption : array_like of float
        Households' purchases from each sector per unit of their income, shape (..., n).

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n + 1, n + 1).

    Examples
    --------
    >>> close_households([[0.2]], income=[0.5], consumption=[0.6])
    array([[0.2, 0.6],
           [0.5, 0. ]])
    """
    inner = square(coefficients, column="coefficients")
    earned = np.asarray(income, dtype=np.float64)[..., np.newaxis, :]
    spent = np.asarray(consumption, dtype=np.float64)[..., :, np.newaxis]
    lead = np.broadcast_shapes(inner.shape[:-2], earned.shape[:-2], spent.shape[:-2])
    n = inner.shape[-1]
    closed = np.zeros((*lead, n + 1, n + 1))
    closed[..., :n, :n], closed[..., n:, :n], closed[..., :n, n:] = inner, earned, spent
    return closed


def household_coefficients(table: Table) -> tuple[Floats, Floats]:
    """Labour income per output, and households' domestic purchases per labour income.

    A table with one column for households and government together (role ``consumption``) counts all of it
    as households': type II multipliers are then too high.

    Parameters
    ----------
    table : Table
        Any leading axes; needs a row ``labour`` and a column ``household`` or ``consumption``.

    Returns
    -------
    income, consumption : numpy.ndarray of float
        Shape (..., n) each.

    Raises
    ------
    DataError
        If the table has no such row or column, or no labour income.

    Examples
    --------
    >>> table = Table(("a",), [[2.0]], [[8.0]], ("household",), [[8.0]], ("labour",), [10.0])
    >>> household_coefficients(table)
    (array([0.8]), array([1.]))
    """
    require(
        "labour" in table.value_roles,
        column="value_roles",
        rule="no row of labour income",
        mend="give the compensation of employees the role 'labour'",
    )
    split = "household" in table.demand_roles
    require(
        split or "consumption" in table.demand_roles,
        column="demand_roles",
        rule="no column of household consumption",
        mend="give it the role 'household'",
    )
    labour = table.value_of("labour")
    total = labour.sum(axis=-1, keepdims=True)
    require(bool((total > 0).all()), column="value_added", rule="no labour income", mend="fill in the row")
    bought = table.demand_of("household") if split else table.demand_of("consumption")
    made = np.where(table.output > 0, table.output, 1.0)
    return np.asarray(labour / made), np.asarray(domestic_share(table) * bought / total)
