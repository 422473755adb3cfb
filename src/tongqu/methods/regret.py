"""Plans over many futures: what is lost against the best plan of each, and what the worst futures bring."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["regret_table", "tail_mean"]

Floats = npt.NDArray[np.float64]

WORST: Final = 0.1
"""Share of the futures that is the worst tenth."""
ROUNDING: Final = 1e-9
"""Share of one future below which a part of it is none."""


def tail_mean(values: npt.ArrayLike, *, tail: float) -> float:
    """Mean of the lowest share of values, all equally likely; a value counts in part where the share ends.

    Parameters
    ----------
    values : array_like of float
        Shape (futures,), more is better.
    tail : float
        Share in (0, 1]; one below a single future stands for the worst one.

    References
    ----------
    Rockafellar, R. T. and Uryasev, S. (2002), Conditional value-at-risk for general loss distributions,
    Journal of Banking and Finance 26, 1443-1471.

    Examples
    --------
    >>> tail_mean([4.0, 1.0, 2.0, 3.0], tail=0.5), tail_mean([4.0, 1.0, 2.0, 3.0], tail=0.375)
    (1.5, 1.3333333333333333)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    wanted = max(tail * len(ordered), 1.0)
    whole = int(np.floor(wanted + ROUNDING))
    part = max(wanted - whole, 0.0)
    total = ordered[:whole].sum() + (part * ordered[whole] if part > ROUNDING else 0.0)
    return float(total / wanted)


def regret_table(values: pd.DataFrame, *, best: pd.Series | None = None) -> pd.DataFrame:
    """What each plan loses against the best of each future.

    Parameters
    ----------
    values : DataFrame
        Futures in rows, plans in columns, more is better.
    best : Series, optional
        The best that is known of a future; the best of the plans where it is not given or lower.

    Returns
    -------
    DataFrame
        By plan (index ``plan``): ``expected`` (mean regret), ``most`` (greatest), ``worst_tenth`` (mean over
        the tenth of the futures in which it is greatest), ``never`` (share of futures without regret),
        ``mean`` and ``worst_mean`` (of the values: of all futures and of the worst tenth).

    References
    ----------
    Savage, L. J. (1951), The theory of statistical decision, Journal of the American Statistical Association
    46, 55-67.

    Examples
    --------
    >>> regret_table(pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 1.0]}))[["expected", "most"]].to_numpy()
    array([[1. , 2. ],
           [0.5, 1. ]])
    """
    top = values.max(axis=1).to_numpy(dtype=np.float64)
    if best is not None:
        top = np.fmax(top, best.reindex(values.index).to_numpy(dtype=np.float64))
    lost = -values.sub(top, axis=0)
    figures = {
        "expected": lost.mean(),
        "most": lost.max(),
        "worst_tenth": lost.apply(lambda column: -tail_mean(-column.to_numpy(), tail=WORST)),
        "never": (lost <= ROUNDING).mean(),
        "mean": values.mean(),
        "worst_mean": values.apply(lambda column: tail_mean(column.to_numpy(), tail=WORST)),
    }
    return pd.DataFrame(figures).rename_axis("plan")
