"""The individual accounts of a pension scheme, one year at a time, by single age.

Arrays end with the age axis, ages 0 to 100 and more; every axis before it (futures, counties) is free and
broadcasts. Money is in yuan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.pension.scheme import AGES, FIRST_AGE, MONTHS, Scheme, account_months, basic_by_age

__all__ = ["Flows", "Fund", "empty_fund", "fund_imbalance", "fund_year", "settled_fund"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Fund:
    """What the scheme knows at the end of a year, by age; shapes (..., `AGES`).

    Parameters
    ----------
    contributors, pensioners : numpy.ndarray of float
        Members below and from the pension age, persons.
    saving, paying_out : numpy.ndarray of float
        Accounts of the contributors and of the pensioners, 元.
    due : numpy.ndarray of float
        What the pensioners are owed on their accounts while they live, 元 a year.
    """

    contributors: Floats
    pensioners: Floats
    saving: Floats
    paying_out: Floats
    due: Floats

    @property
    def members(self) -> Floats:
        """Persons, (..., `AGES`)."""
        return np.asarray(self.contributors + self.pensioners)

    @property
    def balance(self) -> Floats:
        """All accounts, 元, (..., `AGES`)."""
        return np.asarray(self.saving + self.paying_out)


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What happened in a year, by the age at its end; shapes (..., `AGES`); 元 and persons.

    ``opening + moved_in - moved_out - heirs + contributions + subsidy + interest - account_paid = closing``
    for every age, and ``opening_members - died - left + joined = closing_members``.

    Parameters
    ----------
    opening, closing : numpy.ndarray of float
        Accounts of the cohort at the end of last year and of this.
    moved_in, moved_out : numpy.ndarray of float
        Accounts that came with those who joined, and went with those who left.
    heirs : numpy.ndarray of float
        Accounts of the dead, paid to their heirs.
    contributions, subsidy, interest : numpy.ndarray of float
        Paid in by members and by government, and credited.
    account_paid : numpy.ndarray of float
        Pensions out of the accounts.
    topped_up : numpy.ndarray of float
        Account pensions after the account is empty: the fund's own money pays on, for life.
    basic : numpy.ndarray of float
        Basic pensions, out of budgets.
    opening_members, closing_members, died, left, joined, retired : numpy.ndarray of float
        Persons.
    """

    opening: Floats
    moved_in: Floats
    moved_out: Floats
    heirs: Floats
    contributions: Floats
    subsidy: Floats
    interest: Floats
    account_paid: Floats
    topped_up: Floats
    basic: Floats
    closing: Floats
    opening_members: Floats
    died: Floats
    left: Floats
    joined: Floats
    retired: Floats
    closing_members: Floats

    @property
    def paid(self) -> Floats:
        """Basic and account pensions together, 元, (..., `AGES`)."""
        return np.asarray(self.basic + self.account_paid + self.topped_up)

    @property
    def public_cost(self) -> Floats:
        """What budgets pay: basic pensions, subsidies and what empty accounts owe, 元, (..., `AGES`)."""
        return np.asarray(self.basic + self.subsidy + self.topped_up)

    def totals(self) -> dict[str, Floats]:
        """Sums over ages by name, each of the shape before the age axis."""
        return {field.name: np.asarray(getattr(self, field.name).sum(axis=-1)) for field in fields(self)}


def empty_fund(shape: tuple[int, ...] = ()) -> Fund:
    """A scheme without members; arrays of ``(*shape, AGES)``."""
    return Fund(*(np.zeros((*shape, AGES)) for _ in fields(Fund)))


def fund_imbalance(flows: Flows) -> Floats:
    """By how much money and persons of a year do not add up: the larger of both, by age.

    Examples
    --------
    >>> rules = Scheme(500, 80, 1, 0.02, basic=200)
    >>> _, flows = fund_year(empty_fund(), rules, members=np.full(AGES, 10.0), survive=np.ones(AGES))
    >>> bool(fund_imbalance(flows).max() < 1e-9)
    True
    """
    money = flows.opening + flows.moved_in + flows.contributions + flows.subsidy + flows.interest
    money = money - flows.moved_out - flows.heirs - flows.account_paid - flows.closing
    persons = flows.opening_members + flows.joined - flows.died - flows.left - flows.closing_members
    return np.maximum(np.abs(money), np.abs(persons))


def fund_year(
    fund: Fund, scheme: Scheme, *, members: npt.ArrayLike, survive: npt.ArrayLike
) -> tuple[Fund, Flows]:
    """Carry a scheme through one year.

    In this order: members die and their accounts go to heirs; all are a year older; members leave with their
    accounts or join with what `brought` of the scheme says, so that `members` are there; those past the
    pension age draw their account over `account_months` a month from then on; contributors pay in; pensions
    are paid. Interest is a year's on what is left of the opening accounts and half a year's on what is paid
    in and out. Pensions are those of twelve months to the pensioners at the end of the year: who died in it
    would have drawn about as much as who began in it does not.

    Parameters
    ----------
    fund : Fund
        At the end of last year.
    scheme : Scheme
        Rules of the year.
    members : array_like of float
        Members at the end of the year, persons, shape (..., `AGES`), 0 or more.
    survive : array_like of float
        Share of the people of each age who live to the end of the year, (..., `AGES`).

    Returns
    -------
    tuple of Fund and Flows
        At the end of the year, and what happened.

    Raises
    ------
    DataError
        If members or shares are missing or cannot be, or have another number of ages.

    Examples
    --------
    A hundred members aged 59 with 13 900 yuan each reach 60; the account pays 100 yuan a month.

    >>> old = np.zeros(AGES)
    >>> old[59] = 100.0
    >>> start = Fund(old, 0 * old, 13_900 * old, 0 * old, 0 * old)
    >>> rules = Scheme(500, 80, 1, interest=0.0, basic=200)
    >>> after, flows = fund_year(start, rules, members=np.roll(old, 1), survive=np.ones(AGES))
    >>> float(flows.account_paid[60]), float(flows.basic[60]), float(after.paying_out[60])
    (120000.0, 240000.0, 1270000.0)
    """
    wanted = _by_age(members, column="members", high=_LARGE)
    alive = _by_age(survive, column="survive", high=1.0)
    aged = Fund(*(_aged(alive * getattr(fund, field.name)) for field in fields(Fund)))
    opening, before = _aged(fund.balance), _aged(fund.members)
    here, joined, left, moved_in, moved_out = _moved(aged, wanted, brought=_each(scheme.brought))
    here, retired = _retired(here, scheme)
    paid_in = here.contributors * _each(scheme.paying)
    contributions, subsidy = paid_in * _each(scheme.contribution), paid_in * _each(scheme.subsidy)
    half, rate = 1 + _each(scheme.interest) / 2, _each(scheme.interest)
    account_paid = np.minimum(here.due, here.paying_out * (1 + rate) / half)
    saving = here.saving * (1 + rate) + (contributions + subsidy) * half
    paying_out = np.maximum(here.paying_out * (1 + rate) - account_paid * half, 0.0)
    after = replace(here, saving=saving, paying_out=paying_out)
    flows = Flows(
        opening,
        moved_in,
        moved_out,
        opening - aged.balance,
        contributions,
        subsidy,
        rate * here.balance + (half - 1) * (contributions + subsidy - account_paid),
        account_paid,
        here.due - account_paid,
        here.pensioners * basic_by_age(scheme) * MONTHS,
        after.balance,
        before,
        before - aged.members,
        left,
        joined,
        retired,
        after.members,
    )
    return after, flows


def settled_fund(members: npt.ArrayLike, *, schemes: Sequence[Scheme]) -> Fund:
    """A scheme as past years would have left it to each of its members.

    Everybody is taken to have been a member since age `FIRST_AGE` or since the scheme began, whichever is
    later, and to have lived: each has the account that the rules of those years give at the age.

    Parameters
    ----------
    members : array_like of float
        Members at the end of the last of those years, persons, (..., `AGES`).
    schemes : sequence of Scheme
        Rules of the years since the scheme began, the earliest first; at least one.

    Returns
    -------
    Fund

    Raises
    ------
    DataError
        If members are missing or negative, or there is no year.

    Examples
    --------
    >>> rules = Scheme(500, 100, 1, interest=0.0, basic=200)
    >>> fund = settled_fund(np.full(AGES, 2.0), schemes=[rules] * 10)
    >>> float(fund.saving[40]), float(fund.saving[20]), float(fund.paying_out[75])
    (12000.0, 6000.0, 0.0)
    """
    persons = _by_age(members, column="members", high=_LARGE)
    require(len(schemes) > 0, column="schemes", rule="there is no year", mend="give the rules of one or more")
    each = np.zeros(AGES)
    each[FIRST_AGE:] = 1.0
    fund = empty_fund()
    for scheme in schemes:
        fund, _ = fund_year(fund, replace(scheme, brought=0.0), members=each, survive=np.ones(AGES))
    part = fund.pensioners + (1 - each) * _pensioner_share(schemes[-1].pension_age)
    saving, paying_out, due = (persons * value for value in (fund.saving, fund.paying_out, fund.due))
    return Fund(persons * (1 - part), persons * part, saving, paying_out, due)


def _by_age(values: npt.ArrayLike, *, column: str, high: float) -> Floats:
    found = floats(values, column=column, low=0, high=high)
    require(
        found.shape[-1:] == (AGES,),
        column=column,
        rule=f"the shape {found.shape} does not end with {AGES} ages",
        mend="give one value for each age from 0 to 100 and more",
    )
    return found


def _each(value: npt.ArrayLike) -> Floats:
    """A number of the scheme with an axis for the age."""
    return np.asarray(value, dtype=np.float64)[..., np.newaxis]


def _aged(values: Floats) -> Floats:
    """Values of each age a year later; the two last ages are together."""
    older = np.empty_like(values)
    older[..., 0] = 0.0
    older[..., 1:] = values[..., :-1]
    older[..., -1] += values[..., -1]
    return older


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part over whole; 0 where there is no whole."""
    none = np.zeros(np.broadcast_shapes(part.shape, whole.shape))
    return np.divide(part, whole, out=none, where=whole > 0)


def _moved(aged: Fund, wanted: Floats, *, brought: Floats) -> tuple[Fund, Floats, Floats, Floats, Floats]:
    """The scheme once members have left or joined; who did, and the accounts that went and came."""
    alive = aged.members
    kept = np.minimum(_ratio(wanted, alive), 1.0)
    here = Fund(*(getattr(aged, field.name) * kept for field in fields(Fund)))
    joined = np.maximum(wanted - alive, 0.0)
    moved_in = brought * joined * _ratio(here.balance, here.members)
    moved_out = aged.balance - here.balance
    here = replace(here, contributors=here.contributors + joined, saving=here.saving + moved_in)
    return here, joined, alive * (1 - kept), moved_in, moved_out


def _pensioner_share(pension_age: npt.ArrayLike) -> Floats:
    """Share of each age that is past the pension age, birthdays being even over the year; (..., `AGES`)."""
    return np.clip(np.arange(AGES) + 1.0 - _each(pension_age), 0.0, 1.0)


def _retired(here: Fund, scheme: Scheme) -> tuple[Fund, Floats]:
    """The scheme once all who are past the pension age draw their pension, and how many began to."""
    begins = np.asarray(scheme.pension_age, dtype=np.float64)
    due_to_be = here.members * _pensioner_share(begins)
    retired = np.clip(due_to_be - here.pensioners, 0.0, here.contributors)
    part = _ratio(retired, here.contributors)
    moved = here.saving * part
    # Who begins at the pension age turned it within the year; who joins later begins at the age of joining.
    start = np.maximum(_each(begins), np.arange(AGES) - 1.0)
    after = Fund(
        here.contributors - retired,
        here.pensioners + retired,
        here.saving - moved,
        here.paying_out + moved,
        here.due + moved * (MONTHS / account_months(np.maximum(start, 0.0))),
    )
    return after, retired
