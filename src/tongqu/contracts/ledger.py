"""Evaluate ledger entries for a plan: the one definition that model, simulation and report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts.offer import COUNTY_LEDGERS, ENTRY_COLUMNS, FOREVER, Offer

__all__ = [
    "EntryNames",
    "active_entries",
    "amounts_of",
    "county_totals",
    "credited",
    "entries_of",
    "ledger_of",
    "open_projects",
    "working_offers",
]

Ints = npt.NDArray[np.int64]

NUMBERS: Final = ("since", "until", "amount")
"""Columns of entries that are not texts."""


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


def county_totals(
    entries: pd.DataFrame,
    *,
    ledger: str,
    key: str,
    counties: pd.Index,
    where: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.float64]:
    """Sum entries of a ledger and key by county, shape (counties,); 0 where there are none.

    Parameters
    ----------
    entries : DataFrame
        Those that count, such as ``opened.entries`` in a sector's ``step``; it must not change any more.
    where : numpy.ndarray of bool, optional
        Which of the entries count, shape (entries,), all unless given; it must not change any more.

    Examples
    --------
    >>> entries = pd.DataFrame(
    ...     {"ledger": "stock", "key": ["jobs", "jobs", "beds"], "unit": "c", "amount": [2.0, 3.0, 9.0]}
    ... )
    >>> county_totals(entries, ledger="stock", key="jobs", counties=pd.Index(["c", "d"])).tolist()
    [5.0, 0.0]
    """
    table = _table(entries)
    rows, county = _of_counties(table.texts, counties, ledger, key, where)
    amount = table.numbers["amount"][rows]
    return np.bincount(county, amount, minlength=len(counties) + 1)[:-1].astype(np.float64, copy=False)


@dataclass(frozen=True, eq=False)
class _Texts:
    """The columns of entries that are texts: the same object for all entries that differ in numbers only."""

    columns: Mapping[str, pd.Series]

    def rows(self, ledger: str, key: str | None) -> Ints:
        """Positions of the entries of a ledger and key, or of a ledger (key None)."""
        return self._rows.get((ledger, key), np.empty(0, dtype=np.int64))

    @cached_property
    def _rows(self) -> dict[tuple[str, str | None], Ints]:
        """All of them at once: a year's entries are asked for dozens."""
        ledger, names = pd.factorize(self.columns["ledger"])
        key, words = pd.factorize(self.columns["key"])
        size = max(len(words), 1)
        found: dict[tuple[str, str | None], Ints] = {
            (str(names[number // size]), str(words[number % size])): rows
            for number, rows in _parted(ledger * size + key)
        }
        return found | {(str(names[number]), None): rows for number, rows in _parted(ledger)}


@dataclass(frozen=True, eq=False)
class _Table:
    """Entries in two halves."""

    texts: _Texts
    numbers: Mapping[str, npt.NDArray[np.generic]]


@remember(64)
def _table(entries: pd.DataFrame) -> _Table:
    names = tuple(str(name) for name in entries if name not in NUMBERS)
    texts = _texts(names, tuple(entries[name] for name in names))
    return _Table(texts, {name: entries[name].to_numpy() for name in NUMBERS if name in entries})


@remember(48)
def _texts(names: tuple[str, ...], columns: tuple[pd.Series, ...]) -> _Texts:
    return _Texts(dict(zip(names, columns, strict=True)))


def _parted(number: Ints) -> list[tuple[int, Ints]]:
    """Positions of each number that comes, in order."""
    order = np.argsort(number, kind="stable")
    cuts = np.flatnonzero(np.diff(number[order]))
    return [(int(number[rows[0]]), rows) for rows in np.split(order, cuts + 1) if rows.size]


@remember(1024)
def _of_counties(
    texts: _Texts, counties: pd.Index, ledger: str, key: str, where: npt.NDArray[np.bool_] | None
) -> tuple[Ints, Ints]:
    """Positions of the entries of a ledger and key, and of their counties; other places come last."""
    rows = texts.rows(ledger, key)
    if where is not None:
        rows = rows[where[rows]]
    county = np.asarray(counties.get_indexer(pd.Index(texts.columns["unit"].take(rows))), dtype=np.int64)
    return rows, np.where(county < 0, len(counties), county)


def entries_of(entries: pd.DataFrame, *, ledger: str, key: str | None = None) -> pd.DataFrame:
    """The entries of a ledger, all or those of one key, in their order, numbered anew.

    Entries of the same content give the same frame, so that what follows from it need not be made again.

    Parameters
    ----------
    entries : DataFrame
        Such as ``opened.entries`` in a sector's ``step``; it must not change any more.

    Examples
    --------
    >>> entries = pd.DataFrame({"ledger": "served", "key": ["bus", "clinic", "bus"], "unit": ["a", "b", "c"]})
    >>> entries_of(entries, ledger="served", key="bus")["unit"].tolist()
    ['a', 'c']
    """
    table = _table(entries)
    rows = table.texts.rows(ledger, key)
    numbers = tuple((name, one.dtype.str, one[rows].tobytes()) for name, one in table.numbers.items())
    return _part(table.texts, numbers, ledger, key)


@remember(512)
def _part(
    texts: _Texts, numbers: tuple[tuple[str, str, bytes], ...], ledger: str, key: str | None
) -> pd.DataFrame:
    rows = texts.rows(ledger, key)
    found: dict[str, npt.ArrayLike] = {name: each.take(rows).array for name, each in texts.columns.items()}
    found |= {name: np.frombuffer(content, dtype=kind) for name, kind, content in numbers}
    return pd.DataFrame(found, index=pd.RangeIndex(len(rows)))


@dataclass(frozen=True, slots=True, eq=False)
class EntryNames:
    """Whose some entries are, and where: the same object for entries that differ in numbers only.

    Parameters
    ----------
    project, unit : Series of str
        Of each entry, shape (entries,).
    """

    project: pd.Series
    unit: pd.Series


def amounts_of(entries: pd.DataFrame, *, ledger: str, key: str) -> tuple[EntryNames, npt.NDArray[np.float64]]:
    """Whose the entries of a ledger and key are, and their amounts, shape (entries,), in their order.

    Quicker than `entries_of` where a future gives entries other amounts: what follows from the first part is
    not made again.

    Parameters
    ----------
    entries : DataFrame
        Such as ``opened.entries`` in a sector's ``step``; it must not change any more.

    Examples
    --------
    >>> entries = pd.DataFrame(
    ...     {
    ...         "project": ["p", "q"],
    ...         "ledger": "room",
    ...         "key": ["beds", "meals"],
    ...         "unit": "a",
    ...         "amount": [2.0, 9.0],
    ...     }
    ... )
    >>> named, amount = amounts_of(entries, ledger="room", key="meals")
    >>> named.project.tolist(), amount.tolist()
    (['q'], [9.0])
    """
    table = _table(entries)
    amount = table.numbers["amount"][table.texts.rows(ledger, key)]
    return _named(table.texts, ledger, key), amount.astype(np.float64, copy=False)


@remember(512)
def _named(texts: _Texts, ledger: str, key: str) -> EntryNames:
    rows = texts.rows(ledger, key)
    project, unit = (texts.columns[name].take(rows).reset_index(drop=True) for name in ("project", "unit"))
    return EntryNames(project, unit)


def credited(entries: pd.DataFrame, *, service: str, units: pd.Index) -> npt.NDArray[np.bool_]:
    """Whether each place is credited a service by some entry; it must not be written to.

    Parameters
    ----------
    entries : DataFrame
        Such as ``opened.entries`` in a sector's ``step``; it must not change any more.

    Examples
    --------
    >>> entries = pd.DataFrame({"ledger": "served", "key": ["bus", "clinic"], "unit": ["a", "b"]})
    >>> credited(entries, service="bus", units=pd.Index(["a", "b"])).tolist()
    [True, False]
    """
    return _credited(_table(entries).texts, service, units)


@remember(1024)
def _credited(texts: _Texts, service: str, units: pd.Index) -> npt.NDArray[np.bool_]:
    places = texts.columns["unit"].take(texts.rows("served", service))
    return np.asarray(units.isin(places), dtype=np.bool_)


def open_projects(projects: pd.DataFrame, year: int, *, starts: pd.Series) -> pd.DataFrame:
    """Give the projects that work in ``year``: those started at least ``lead`` years before."""
    begun = projects[projects["project"].isin(starts.index)]
    opens = begun["project"].map(starts).astype("int64") + begun["lead"]
    return begun.assign(opens=opens)[opens.to_numpy() <= year]


def working_offers(offered: Offer, years: Sequence[int], *, starts: pd.Series) -> tuple[Offer, ...]:
    """Give the projects that are open in each year, with those of their entries that count in it.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment, indexed by project; projects that are not built are absent.

    Returns
    -------
    tuple of Offer
        One a year. A year in which nothing works yet has the same offer as the others like it.

    Examples
    --------
    >>> from tongqu.contracts import project_table
    >>> projects = project_table({"project": ["p"], "lead": 1}, sector="s", kind="k")
    >>> working = working_offers(Offer(projects), [2026, 2027], starts=pd.Series({"p": 2026}))
    >>> [len(offer.projects) for offer in working]
    [0, 1]
    """
    begun = offered.of(starts.index)
    opens = open_projects(begun.projects, np.iinfo(np.int64).max, starts=starts)["opens"].to_numpy()
    of = pd.Index(begun.projects["project"])
    owner = of.get_indexer(pd.Index(begun.entries["project"]))
    ends = [of.get_indexer(pd.Index(begun.pairs[name])) for name in ("first", "second")]
    start = starts.reindex(of).to_numpy(dtype=np.int64)[owner]
    since, until = (begun.entries[name].to_numpy(dtype=np.int64) for name in ("since", "until"))
    entries = begun.entries[list(ENTRY_COLUMNS)]
    nothing: Offer | None = None
    made = []
    for year in years:
        is_open = opens <= year
        if not is_open.any():
            nothing = nothing or begun.of([])
            made.append(nothing)
            continue
        age = year - start
        counts = is_open[owner] & (age >= since) & ((until == FOREVER) | (age <= until))
        made.append(
            Offer(
                begun.projects[is_open],
                entries.take(np.flatnonzero(counts)).reset_index(drop=True),
                begun.pairs[is_open[ends[0]] & is_open[ends[1]]],
                begun.limits,
            )
        )
    return tuple(made)
