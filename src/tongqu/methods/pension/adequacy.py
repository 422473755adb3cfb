"""How many a pension scheme covers and what its pensions are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats
from tongqu.methods.pension.fund import Flows, Fund
from tongqu.methods.pension.scheme import MONTHS

__all__ = ["Adequacy", "adequacy", "coverage_by_age"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Adequacy:
    """What the mean pension is worth; shapes (...); NaN where nobody draws one.

    Parameters
    ----------
    pension : numpy.ndarray of float
        Basic and account pension, 元 a month and pensioner.
    of_line, of_income : numpy.ndarray of float
        The pension over the low-income line, and over the mean income of a rural person.
    """

    pension: Floats
    of_line: Floats
    of_income: Floats


def adequacy(
    flows: Flows, *, pensioners: npt.ArrayLike, line: npt.ArrayLike, income: npt.ArrayLike
) -> Adequacy:
    """The mean pension against the low-income line and rural income.

    Parameters
    ----------
    flows : Flows
        Of the year.
    pensioners : array_like of float
        Persons by age, (..., ages).
    line : array_like of float
        Low-income line, 元 a month and person, above 0, (...).
    income : array_like of float
        Rural disposable income, 元 a year and person, above 0, (...).

    Returns
    -------
    Adequacy

    Raises
    ------
    DataError
        If a number is missing, the persons are negative, or line or income is not above 0.

    Examples
    --------
    >>> from tongqu.methods.pension.fund import empty_fund, fund_year
    >>> from tongqu.methods.pension.scheme import AGES, Scheme
    >>> people = np.eye(AGES)[70] * 4
    >>> fund, flows = fund_year(
    ...     empty_fund(), Scheme(0, 0, 0, 0, basic=250), members=people, survive=np.ones(AGES)
    ... )
    >>> found = adequacy(flows, pensioners=fund.pensioners, line=1000.0, income=30_000.0)
    >>> float(found.pension), float(found.of_line), float(found.of_income)
    (250.0, 0.25, 0.1)
    """
    persons = floats(pensioners, column="pensioners", low=0, high=_LARGE).sum(axis=-1)
    tiny = float(np.finfo(np.float64).tiny)
    least = floats(line, column="line", low=tiny, high=_LARGE)
    yearly = floats(income, column="income", low=tiny, high=_LARGE)
    pension = _ratio(flows.paid.sum(axis=-1), persons) / MONTHS
    return Adequacy(pension, np.asarray(pension / least), np.asarray(pension * MONTHS / yearly))


def coverage_by_age(fund: Fund, *, eligible: npt.ArrayLike) -> Floats:
    """Members over those who may be members.

    Parameters
    ----------
    fund : Fund
        At the end of a year.
    eligible : array_like of float
        Persons by age, (..., ages), 0 or more.

    Returns
    -------
    numpy.ndarray of float
        (..., ages); NaN where nobody is eligible.

    Raises
    ------
    DataError
        If the eligible are missing or negative.

    Examples
    --------
    >>> from tongqu.methods.pension.fund import settled_fund
    >>> from tongqu.methods.pension.scheme import AGES, Scheme
    >>> fund = settled_fund(np.full(AGES, 9.0), schemes=[Scheme(500, 80, 1, 0, basic=200)])
    >>> float(coverage_by_age(fund, eligible=np.full(AGES, 10.0))[30])
    0.9
    """
    persons = floats(eligible, column="eligible", low=0, high=_LARGE)
    return _ratio(fund.members, persons)


def _ratio(part: Floats, whole: Floats) -> Floats:
    none = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    return np.asarray(np.divide(part, whole, out=none, where=whole > 0))
