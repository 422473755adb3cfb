"""Whether proposed roles agree with given ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Floats, require

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How far two sets of roles agree.

    Parameters
    ----------
    table : pandas.DataFrame
        Places by proposed role (rows) and official role (columns), roles in the given order.
    share : float
        Share of places with the same role.
    kappa : float
        Cohen's kappa: agreement beyond chance, 1 is full, 0 chance; NaN where chance alone gives full
        agreement.
    error : float
        Its standard error for a given kappa (not for the test against 0).
    weights : {"none", "linear", "quadratic"}
        How disagreement counts.
    differ : numpy.ndarray of int
        Places with different roles, positions.
    """

    table: pd.DataFrame
    share: float
    kappa: float
    error: float
    weights: Literal["none", "linear", "quadratic"]
    differ: npt.NDArray[np.int64]


def agreement(
    proposed: npt.ArrayLike,
    official: npt.ArrayLike,
    *,
    order: Sequence[str | int],
    weights: Literal["none", "linear", "quadratic"] = "none",
) -> Agreement:
    """Proposed against official roles: table, share of agreement, Cohen's kappa.

    Parameters
    ----------
    proposed, official : array_like
        Role of each place, shape (places,), each one of `order`.
    order : sequence of str or int
        All roles, the highest first.
    weights : {"none", "linear", "quadratic"}
        Whether every disagreement counts alike, or with the (squared) number of steps between the roles.

    Returns
    -------
    Agreement
        Symmetric in the two, but for the table.

    Raises
    ------
    DataError
        If there is no place, lengths differ, a role is not in `order` or comes twice there.

    References
    ----------
    Cohen, J. (1960), A coefficient of agreement for nominal scales, Educational and Psychological
    Measurement 20, 37-46. Standard error: Fleiss, J. L., Cohen, J., Everitt, B. S. (1969), Large sample
    standard errors of kappa and weighted kappa, Psychological Bulletin 72, 323-327.

    Examples
    --------
    >>> found = agreement(["town", "town", "", ""], ["town", "", "", ""], order=["town", ""])
    >>> found.share, found.kappa, found.differ
    (0.75, 0.5, array([1]))
    """
    rows, columns = np.asarray(proposed), np.asarray(official)
    same = rows.ndim == 1 and rows.shape == columns.shape and rows.size > 0
    require(same, column="official", rule="lengths differ", mend="give one role for each place")
    known = pd.Index(list(order))
    require(known.is_unique, column="order", rule="a role comes twice", mend="give each role once")
    at, to = known.get_indexer(pd.Index(rows)), known.get_indexer(pd.Index(columns))
    for spots, values, column in ((at, rows, "proposed"), (to, columns, "official")):
        strange = sorted({str(value) for value in values[spots < 0]})
        require(not strange, column=column, rule=f"unknown roles: {strange}", mend="name them in the order")
    size = len(known)
    table = np.zeros((size, size), dtype=np.int64)
    np.add.at(table, (at, to), 1)
    kappa, error = _kappa(table / rows.size, _credit(size, weights=weights), count=rows.size)
    return Agreement(
        table=pd.DataFrame(table, index=known.rename("proposed"), columns=known.rename("official")),
        share=float(np.trace(table) / rows.size),
        kappa=kappa,
        error=error,
        weights=weights,
        differ=np.flatnonzero(at != to).astype(np.int64),
    )


def _credit(size: int, *, weights: Literal["none", "linear", "quadratic"]) -> Floats:
    """Credit for each pair of roles, 1 when they are the same."""
    known = weights in ("none", "linear", "quadratic")
    require(known, column="weights", rule=f"{weights} is unknown", mend="none, linear or quadratic")
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    if weights == "none":
        return np.eye(size)
    return np.asarray(1 - (apart if weights == "linear" else apart**2))


def _kappa(part: Floats, credit: Floats, *, count: int) -> tuple[float, float]:
    """Kappa, and its standard error by formula (13) of Fleiss, Cohen and Everitt (1969)."""
    rows, columns = part.sum(axis=1), part.sum(axis=0)
    seen = float((part * credit).sum())
    chance = float(rows @ credit @ columns)
    if 1 - chance < 1e-12:
        return float("nan"), float("nan")
    kappa = (seen - chance) / (1 - chance)
    mean = (credit @ columns)[:, np.newaxis] + (rows @ credit)[np.newaxis, :]
    inner = (part * (credit * (1 - chance) - mean * (1 - seen)) ** 2).sum()
    variance = (inner - (seen * chance - 2 * chance + seen) ** 2) / (count * (1 - chance) ** 4)
    return float(kappa), float(np.sqrt(max(float(variance), 0.0)))
