"""Evaluate ledger entries for a plan: the one definition that model, simulation and report share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tongqu.contracts.offer import COUNTY_LEDGERS, FOREVER

__all__ = ["active_entries", "county_totals", "ledger_of", "open_projects"]


def active_entries(entries: pd.DataFrame, years: Sequence[int], *, starts: pd.Series) -> pd.DataFrame:
    """Give each entry of the started projects in each year in which it counts.

    Parameters
    ----------
    entries : DataFrame
        Columns ``project, ledger, unit, key, since, until, amount``.
    years : sequence of int
        Years of the plan.
    starts : Series of int
        Year of the first payment, indexed by project; projects that are not built are absent.

    Returns
    -------
    DataFrame
        The entries' columns and ``year``; one row an entry and year.

    Examples
    --------
    >>> entries = pd.DataFrame(
    ...     {
    ...         "project": ["p", "p"],
    ...         "ledger": "money",
    ...         "unit": "c",
    ...         "key": ["capital", "running"],
    ...         "since": [0, 1],
    ...         "until": [0, -1],
    ...         "amount": [100.0, 5.0],
    ...     }
    ... )
    >>> active_entries(entries, [2026, 2027, 2028], starts=pd.Series({"p": 2026}))[["year", "key", "amount"]]
       year      key  amount
    0  2026  capital   100.0
    1  2027  running     5.0
    2  2028  running     5.0
    """
    mine = entries[entries["project"].isin(starts.index)]
    start = mine["project"].map(starts).to_numpy(dtype=np.int64)[:, None]
    age = np.asarray(years, dtype=np.int64)[None, :] - start
    until = mine["until"].to_numpy()[:, None]
    counts = (age >= mine["since"].to_numpy()[:, None]) & ((until == FOREVER) | (age <= until))
    row, column = np.nonzero(counts)
    active = mine.iloc[row].reset_index(drop=True)
    active.insert(0, "year", np.asarray(years, dtype=np.int64)[column])
    return active


def ledger_of(entries: pd.DataFrame, years: Sequence[int], *, starts: pd.Series) -> pd.DataFrame:
    """Sum the active entries by year, ledger, unit and key.

    Returns
    -------
    DataFrame
        Columns ``year, ledger, unit, key, amount``. Only ledgers that add up are meant, those of counties;
        service credit overlaps and is never summed here.
    """
    additive = entries[entries["ledger"].isin(COUNTY_LEDGERS)]
    active = active_entries(additive, years, starts=starts)
    keys = ["year", "ledger", "unit", "key"]
    return active.groupby(keys, sort=True)["amount"].sum().reset_index()


def county_totals(entries: pd.DataFrame, *, ledger: str, key: str, counties: pd.Index) -> pd.Series:
    """Sum entries of a ledger and key by county; 0 where there are none.

    Parameters
    ----------
    entries : DataFrame
        Those that count, such as ``opened.entries`` in a sector's ``step``.

    Examples
    --------
    >>> entries = pd.DataFrame(
    ...     {"ledger": "stock", "key": ["jobs", "jobs", "beds"], "unit": "c", "amount": [2.0, 3.0, 9.0]}
    ... )
    >>> county_totals(entries, ledger="stock", key="jobs", counties=pd.Index(["c", "d"])).tolist()
    [5.0, 0.0]
    """
    mine = entries[(entries["ledger"] == ledger) & (entries["key"] == key)]
    return mine.groupby("unit")["amount"].sum().reindex(counties, fill_value=0.0).astype("float64")


def open_projects(projects: pd.DataFrame, year: int, *, starts: pd.Series) -> pd.DataFrame:
    """Give the projects that work in ``year``: those started at least ``lead`` years before."""
    begun = projects[projects["project"].isin(starts.index)]
    opens = begun["project"].map(starts).astype("int64") + begun["lead"]
    return begun.assign(opens=opens)[opens.to_numpy() <= year]
