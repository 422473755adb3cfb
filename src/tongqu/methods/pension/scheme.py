"""Rules of the resident basic pension scheme: tiers, what is paid in, from which age what is paid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, floats

__all__ = ["AGES", "DIVISORS", "FIRST_AGE", "MONTHS", "Scheme", "Tiers", "account_months", "basic_by_age"]

AGES: Final = 101
"""Single ages, 0 to 100 and more."""
MONTHS: Final = 12.0
"""Months of a year."""
FIRST_AGE: Final = 16
"""Age from which residents may join, years (the State Council's rules of 2014 for the resident scheme)."""
DIVISORS: Final = {40: 233.0, 45: 216.0, 50: 195.0, 55: 170.0, 60: 139.0, 65: 101.0, 70: 56.0}
"""Months by which the account is divided, by age at the first pension; an unofficial copy of the official
table, every fifth age of it."""
SUM: Final = 1e-6
"""By how much shares may miss 1."""
_LARGE: Final = float(np.finfo(np.float64).max)


def account_months(age: npt.ArrayLike) -> Floats:
    """Months by which an account is divided to give the monthly payment.

    Parameters
    ----------
    age : array_like of float
        Age at the first pension, years, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Months, shape of `age`: `DIVISORS`, on a straight line between its ages, level beyond its ends.

    Raises
    ------
    DataError
        If an age is missing or negative.

    Examples
    --------
    >>> account_months([60, 62.5, 80])
    array([139., 120.,  56.])
    """
    start = floats(age, column="age", low=0)
    return np.interp(start, list(DIVISORS), list(DIVISORS.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """Tiers of the yearly contribution.

    Parameters
    ----------
    contribution, subsidy : numpy.ndarray of float
        What a member pays and what government adds, 元 a year, shape (tiers,).
    share : numpy.ndarray of float
        Part of those who pay that is in the tier, (tiers,); adds up to 1.

    Raises
    ------
    DataError
        If the shapes differ, a value is missing or negative, a subsidy is above its contribution, or the
        shares do not add up to 1.

    Examples
    --------
    >>> tiers = Tiers(np.array([500.0, 1000.0]), np.array([80.0, 120.0]), np.array([0.5, 0.5]))
    >>> float(tiers.mean_contribution), float(tiers.mean_subsidy)
    (750.0, 100.0)
    """

    contribution: Floats
    subsidy: Floats
    share: Floats

    def __post_init__(self) -> None:
        paid = floats(self.contribution, column="contribution", low=0, high=_LARGE)
        given = floats(self.subsidy, column="subsidy", low=0, high=_LARGE)
        share = floats(self.share, column="share", low=0, high=1)
        found = []
        if not (paid.ndim == 1 and paid.shape == given.shape == share.shape):
            found.append(
                Problem(
                    rule=f"shapes {paid.shape}, {given.shape} and {share.shape} differ",
                    mend="give one value for each tier",
                    column="share",
                )
            )
        else:
            above = np.flatnonzero(given > paid)
            found += [
                Problem(
                    rule="the subsidy is above the contribution",
                    mend=f"enter at most {paid[row]:g}",
                    column="subsidy",
                    value=f"{given[row]:g}",
                )
                for row in above
            ]
            if abs(share.sum() - 1) > SUM:
                found.append(
                    Problem(
                        rule=f"the shares of the tiers add up to {share.sum():g}",
                        mend="let them add up to 1",
                        column="share",
                    )
                )
        if found:
            raise DataError(found)

    @property
    def mean_contribution(self) -> Floats:
        """元 a year of a member who pays."""
        return np.asarray(self.contribution @ self.share)

    @property
    def mean_subsidy(self) -> Floats:
        """元 a year that government adds for a member who pays."""
        return np.asarray(self.subsidy @ self.share)


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """Rules of one year. Every number may be an array that broadcasts with the axes before age.

    Parameters
    ----------
    contribution, subsidy : array_like of float
        元 a year that a paying member pays and government adds: means over the tiers. Accounts are in
        proportion to what is paid in, so the mean over tiers is exact for totals.
    paying : array_like of float
        Share of the members below the pension age who pay in the year.
    interest : array_like of float
        Credited to the accounts, a year.
    basic : array_like of float
        Basic pension, 元 a month.
    extras : tuple of (int, array_like of float)
        元 a month added from an age on; several add up.
    pension_age : array_like of float
        Age at the first pension, years; may have a fraction.
    brought : array_like of float
        Balance that those who join an age bring with them, as a share of the mean balance of its members.
    """

    contribution: npt.ArrayLike
    subsidy: npt.ArrayLike
    paying: npt.ArrayLike
    interest: npt.ArrayLike
    basic: npt.ArrayLike
    extras: tuple[tuple[int, npt.ArrayLike], ...] = ()
    pension_age: npt.ArrayLike = 60.0
    brought: npt.ArrayLike = 0.0


def basic_by_age(scheme: Scheme) -> Floats:
    """Basic pension by age.

    Returns
    -------
    numpy.ndarray of float
        元 a month, shape (..., `AGES`); what a person of the age gets who draws a pension.

    Examples
    --------
    >>> rules = Scheme(0, 0, 0, 0, basic=200.0, extras=((65, 5.0), (80, 20.0)))
    >>> basic_by_age(rules)[[60, 65, 79, 80]]
    array([200., 205., 205., 225.])
    """
    ages = np.arange(AGES)
    amount = np.asarray(scheme.basic, dtype=np.float64)[..., np.newaxis]
    for start, extra in scheme.extras:
        amount = amount + np.asarray(extra, dtype=np.float64)[..., np.newaxis] * (ages >= start)
    return np.asarray(np.broadcast_to(amount, (*amount.shape[:-1], AGES)))
