"""Accounts of the counties over many years, in one future or many, without any plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.fiscal import NewcomerCost, newcomer_cost
from tongqu.methods.public_accounts import PublicAccounts
from tongqu.sectors.finance.budget import PARAMETERS, Parameters, budget, opening_of, own_revenue
from tongqu.sectors.finance.latest import Floats, Latest, latest_of

__all__ = ["UNCERTAIN", "Path", "path"]

UNCERTAIN: Final = PARAMETERS
"""Parameters that futures draw."""


@dataclass(frozen=True, eq=False)
class Path:
    """Accounts of the counties year by year, 万元.

    Parameters
    ----------
    counties : Index
        Codes, the order of the county axis.
    years : tuple of int
        From the year after the latest accounts on.
    accounts : PublicAccounts
        Shapes ([future,] county, year).
    limit : numpy.ndarray of float
        Debt limit, shape (county,): that of the latest year, held.
    land_given : bool
        Whether land income is in the table; if not it is a share of own revenue, and the debt ratio leaves it
        out.
    newcomers : NewcomerCost or None
        For the record: public cost of new urban residents, shape ([future,] county, year). No budget holds
        it.
    """

    counties: pd.Index
    years: tuple[int, ...]
    accounts: PublicAccounts
    limit: Floats
    land_given: bool
    newcomers: NewcomerCost | None

    @property
    def debt_ratio(self) -> Floats:
        """Debt over own revenue, transfers and, where it is given, land income."""
        return self.accounts.debt_ratio(land_counted=float(self.land_given))


def path(
    region: Region,
    assume: Assume,
    *,
    until: int,
    value_added: Floats | None = None,
    pensions: Floats | None = None,
    urban_people: Floats | None = None,
    futures: Mapping[str, Floats] | None = None,
) -> Path:
    """Carry the latest accounts on to a year.

    The arrays that other sectors give cover the last n years up to ``until``, in the order of the region's
    counties, shape ([future,] county, n); n may be one more than the years of the path, the first being then
    the year of the latest accounts. Before their first year own revenue grows at its assumed rate, and
    pensions stay inside the trend of expenditure.

    Parameters
    ----------
    until : int
        Last year, after the latest accounts.
    value_added : numpy.ndarray of float, optional
        By county, any unit: own revenue follows it.
    pensions : numpy.ndarray of float, optional
        What the budget pays for pensions, 万元; the amount of the first year is taken out of the trend of
        expenditure.
    urban_people : numpy.ndarray of float, optional
        Persons; their yearly increase is that of `Path.newcomers`.
    futures : mapping of str to array of float, optional
        Values of parameters, one for each future, all of one length; the others stay as assumed.

    Raises
    ------
    DataError
        If the last year is not after the accounts, or an array does not fit the counties and years.
    """
    latest = latest_of(region)
    years = np.arange(latest.year + 1, until + 1, dtype=np.float64)
    given = {"value_added": value_added, "pensions": pensions, "urban_people": urban_people}
    _check(latest, until=until, given=given)
    values: dict[str, float | Floats] = {name: float(assume[name]) for name in PARAMETERS}
    for name, drawn in (futures or {}).items():
        values[name] = np.asarray(drawn, dtype=np.float64)[:, np.newaxis, np.newaxis]
    own = _own(latest, years=years, values=values, value_added=value_added)
    paid, paid_base = _pensions(latest, pensions, count=len(years), values=values, years=years)
    accounts = budget(
        latest,
        years=years,
        values=values,
        opening=opening_of(latest, values=values),
        own=own,
        pensions=paid,
        pensions_base=paid_base,
    )
    return Path(
        latest.counties,
        tuple(int(year) for year in years),
        accounts,
        latest.amounts["debt_limit"],
        "land_income" in latest.amounts,
        None if urban_people is None else _newcomers(urban_people, len(years), assume=assume),
    )


def _own(latest: Latest, *, years: Floats, values: Parameters, value_added: Floats | None) -> Floats:
    if value_added is None or value_added.shape[-1] <= len(years):
        return own_revenue(latest, years=years, values=values, value_added=value_added)
    longer = np.concatenate([years[:1] - 1, years])
    return own_revenue(latest, years=longer, values=values, value_added=value_added)[..., 1:]


def _pensions(
    latest: Latest, pensions: Floats | None, *, count: int, years: Floats, values: Parameters
) -> tuple[Floats | float, Floats | float]:
    """What the budget pays by year, and what of it the latest expenditure holds."""
    if pensions is None:
        return 0.0, 0.0
    base = np.minimum(pensions[..., :1], latest.amounts["expenditure"][:, np.newaxis])
    missing = count - pensions.shape[-1]
    if missing <= 0:
        return pensions[..., -missing:], base
    growth = 1.0 + np.asarray(values["growth.expenditure"])
    early = base * growth ** (years[:missing] - latest.years["expenditure"])
    shape = np.broadcast_shapes(early.shape[:-1], pensions.shape[:-1])
    parts = [np.broadcast_to(each, (*shape, each.shape[-1])) for each in (early, pensions)]
    return np.concatenate(parts, axis=-1), base


def _newcomers(urban: Floats, count: int, *, assume: Assume) -> NewcomerCost:
    came = np.maximum(np.diff(urban, axis=-1), 0.0)
    lacking = count - came.shape[-1]
    came = np.concatenate([np.zeros((*came.shape[:-1], lacking)), came], axis=-1)
    return newcomer_cost(
        came, once=assume["programme.newcomer_cost"], a_year=assume["programme.registration_cost"]
    )


def _check(latest: Latest, *, until: int, given: Mapping[str, Floats | None]) -> None:
    problems = []
    if until <= latest.year:
        problems.append(
            Problem(
                rule="the last year is not after the latest accounts",
                mend=f"give a year after {latest.year}",
                column="until",
                value=str(until),
            )
        )
    most, counties = max(until - latest.year, 0) + 1, len(latest.counties)
    for name, array in given.items():
        if array is not None and not (
            array.ndim >= 2 and array.shape[-2] == counties and 1 <= array.shape[-1] <= most
        ):
            problems.append(
                Problem(
                    rule=f"its shape is {array.shape}",
                    mend=f"give {counties} counties and at most {most} years as the last axes",
                    column=name,
                )
            )
    if problems:
        raise DataError(problems)
