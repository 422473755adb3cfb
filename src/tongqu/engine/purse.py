"""Money that is missing: what it takes to pay for a plan, against what a future has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import FOREVER
from tongqu.engine.financing import UNIT_WAN, account_rows
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program, Session, Terms

__all__ = ["Purse"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHORT_WAN: Final = 2.0
"""万元 of a county and year below which money is not short: the tolerance of accounts."""
LATER: Final = 1e-3
"""How much less a year later is minded: money is short when it is missing, not before."""


@dataclass(frozen=True, eq=False)
class Purse:
    """What it takes to pay for a plan, kept ready for the costs and the money of many futures.

    Parameters
    ----------
    session : Session
        The accounts of all counties, with a variable for the money that is missing in each year.
    starts : Series of int
        Year of the first payment by project.
    short : mapping of str to array of int
        Numbers of these variables by county: one a year, and one for what goes on costing for good.
    """

    session: Session
    starts: pd.Series
    short: Mapping[str, Ints]

    @classmethod
    def of(cls, inputs: Inputs, starts: pd.Series) -> Purse:
        """Make the accounts of a plan; interest is that of the inputs in every future."""
        years = np.arange(len(inputs.years))
        program, short, grants = Program(), {}, []
        for county in inputs.counties:
            short[str(county)] = lacking = program.variables(f"short_{county}", len(years) + 1)
            spending = Terms.of(years, lacking[:-1], -1.0)
            made = account_rows(program, inputs, county, spending=spending, constant=0.0, years=years)
            grants.append(made["grant"])
            lasting = Terms.of(
                [0, 0], [made["debt"][-1], lacking[-1]], [inputs.assume["rate.interest"], -1.0]
            )
            program.rows(f"running {county}", lasting, sense="<=", rhs=[0.0])
        together = Terms.of(np.tile(years, len(grants)), np.concatenate(grants), 1.0)
        program.rows("pool", together, sense="<=", rhs=np.zeros(len(years)))
        sooner = 1 + LATER * np.arange(len(years), -1, -1)
        program.maximise(np.concatenate(list(short.values())), np.tile(-sooner, len(short)))
        return cls(program.session(), starts, short)

    def missing(self, inputs: Inputs) -> pd.DataFrame:
        """The least money that is missing in a future, whatever debt and grants its limits allow.

        Parameters
        ----------
        inputs : Inputs
            Of the future: its offer says what things cost, its limits what money there is.

        Returns
        -------
        DataFrame
            ``unit, year, short_wan``, rows with money missing only; the year after the last one stands for
            what goes on costing for good and is not covered by the last year's money.
        """
        paid, lasting = self._payments(inputs)
        room, debt = (_cells(inputs, key) for key in ("room", "debt"))
        for row, county in enumerate(self.short):
            self.session.rhs(f"money {county}", (room[row] - paid[row]) / UNIT_WAN)
            self.session.rhs(f"debt {county}", debt[row] / UNIT_WAN)
            self.session.rhs(f"running {county}", [(room[row, -1] - lasting[row]) / UNIT_WAN])
        self.session.rhs("pool", _pool(inputs) / UNIT_WAN)
        values = self.session.relax().values
        years = [*inputs.years, inputs.years[-1] + 1]
        found = np.stack([values[numbers] for numbers in self.short.values()])
        table = pd.DataFrame(
            {
                "unit": np.repeat(list(self.short), len(years)),
                "year": np.tile(years, len(self.short)),
                "short_wan": np.maximum(found, 0.0).ravel() * UNIT_WAN,
            }
        )
        return table[table["short_wan"] > SHORT_WAN].reset_index(drop=True)

    def _payments(self, inputs: Inputs) -> tuple[Floats, Floats]:
        """What the plan costs by county and year, and what it goes on costing for good by county; 万元."""
        entries = inputs.offer.entries
        since, until = (entries[name].to_numpy(dtype=np.int64).tobytes() for name in ("since", "until"))
        texts = (entries["project"], entries["ledger"], entries["unit"])
        counties, years = inputs.counties, inputs.years
        found = _positions(texts, since, until, self.starts, counties, years)
        amount = entries["amount"].to_numpy(dtype=np.float64)
        paid = _sums(found.cells, amount[found.rows], size=len(counties) * len(years))
        lasting = _sums(found.lasting_counties, amount[found.lasting], size=len(counties))
        return paid.reshape(len(counties), -1), lasting


@dataclass(frozen=True, eq=False)
class _Positions:
    """Entries that are paid, once for each year, with the cell of county and year; and those without end."""

    rows: Ints
    cells: Ints
    lasting: Ints
    lasting_counties: Ints


@remember(8)
def _positions(
    texts: tuple[pd.Series, pd.Series, pd.Series],
    since: bytes,
    until: bytes,
    starts: pd.Series,
    counties: pd.Index,
    years: tuple[int, ...],
) -> _Positions:
    project, ledger, unit = texts
    start = project.map(starts).to_numpy(dtype=np.float64)
    county = np.asarray(counties.get_indexer(pd.Index(unit)), dtype=np.int64)
    mine = (ledger == "money").to_numpy(dtype=np.bool_) & np.isfinite(start) & (county >= 0)
    age = np.asarray(years)[np.newaxis, :] - np.where(mine, start, 0)[:, np.newaxis]
    first, last = (np.frombuffer(one, dtype=np.int64)[:, np.newaxis] for one in (since, until))
    counts = mine[:, np.newaxis] & (age >= first) & ((last == FOREVER) | (age <= last))
    row, year = np.nonzero(counts)
    lasting = np.flatnonzero(mine & (last[:, 0] == FOREVER))
    return _Positions(row, county[row] * len(years) + year, lasting, county[lasting])


def _sums(cells: Ints, amount: Floats, *, size: int) -> Floats:
    return np.asarray(np.bincount(cells, amount, minlength=size), dtype=np.float64)


def _pool(inputs: Inputs) -> Floats:
    """The city's grants, shape (year,)."""
    limits = inputs.offer.limits
    mine = ((limits["ledger"] == "money") & (limits["key"] == "pool")).to_numpy(dtype=np.bool_)
    year = pd.Index(inputs.years).get_indexer(pd.Index(limits["year"].to_numpy()[mine]))
    amount = limits["amount"].to_numpy(dtype=np.float64)[mine]
    return _sums(np.asarray(year[year >= 0], dtype=np.int64), amount[year >= 0], size=len(inputs.years))


def _cells(inputs: Inputs, key: str) -> Floats:
    """A limit of money, shape (county, year); 0 where none is given."""
    limits = inputs.offer.limits
    years = limits["year"].to_numpy(dtype=np.int64).tobytes()
    texts = (limits["ledger"], limits["unit"], limits["key"])
    rows, cells = _limit_cells(texts, years, key, inputs.counties, inputs.years)
    found = np.zeros(len(inputs.counties) * len(inputs.years))
    found[cells] = limits["amount"].to_numpy(dtype=np.float64)[rows]
    return found.reshape(len(inputs.counties), -1)


@remember(16)
def _limit_cells(
    texts: tuple[pd.Series, pd.Series, pd.Series],
    when: bytes,
    key: str,
    counties: pd.Index,
    years: tuple[int, ...],
) -> tuple[Ints, Ints]:
    """Rows of the limits that are of a key, and their cells of county and year."""
    ledger, unit, keys = texts
    year = pd.Index(years).get_indexer(pd.Index(np.frombuffer(when, dtype=np.int64)))
    county = counties.get_indexer(pd.Index(unit))
    mine = ((ledger == "money") & (keys == key)).to_numpy(dtype=np.bool_) & (county >= 0) & (year >= 0)
    rows = np.flatnonzero(mine)
    return rows, np.asarray(county[rows] * len(years) + year[rows], dtype=np.int64)
