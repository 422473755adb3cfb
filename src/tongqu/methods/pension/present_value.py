"""What a cohort pays into a pension scheme and gets out of it, as present values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.pension.fund import empty_fund, fund_year
from tongqu.methods.pension.scheme import AGES, Scheme

__all__ = [
    "CohortValue",
    "Lifetime",
    "Timing",
    "cohort_value",
    "discount_factors",
    "internal_rate",
    "lifetime",
    "present_value",
]

Timing: TypeAlias = Literal["start", "middle", "end"]

LOWEST_RATE: Final = -0.5
HIGHEST_RATE: Final = 1.0
"""Rates of return a year between which one is sought."""
_STEPS: Final = 60
"""Halvings of the search: the interval shrinks below what a float tells apart."""
_LARGE: Final = float(np.finfo(np.float64).max)


def discount_factors(years: int, *, rate: npt.ArrayLike, timing: Timing = "middle") -> Floats:
    """Worth today of one yuan in each year.

    In the middle of a year money earns half a year's simple interest until its end, as the accounts credit
    it: `(1 + rate / 2) / (1 + rate)^(t + 1)`; at the start `(1 + rate)^-t`, at the end `(1 + rate)^-(t + 1)`.

    Parameters
    ----------
    years : int
        How many years, 0 or more; the first begins today.
    rate : array_like of float
        Discount rate a year, above -1, shape (...).
    timing : {"start", "middle", "end"}
        When in the year money flows.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., years).

    Raises
    ------
    DataError
        If the rate is not above -1, or the timing is unknown.

    Examples
    --------
    >>> discount_factors(3, rate=0.1, timing="end").round(4)
    array([0.9091, 0.8264, 0.7513])
    """
    known = timing in ("start", "middle", "end")
    require(known, column="timing", rule=f"{timing} is unknown", mend="start, middle or end")
    require(years >= 0, column="years", rule=f"{years} is negative", mend="give 0 or more")
    lowest = float(np.nextafter(-1.0, 0.0))
    each = floats(rate, column="rate", low=lowest, high=_LARGE)[..., np.newaxis]
    t = np.arange(years)
    if timing == "start":
        return np.asarray((1 + each) ** -t.astype(np.float64))
    end = (1 + each) ** -(t + 1.0)
    return np.asarray(end if timing == "end" else (1 + each / 2) * end)


def present_value(flows: npt.ArrayLike, *, rate: npt.ArrayLike, timing: Timing = "middle") -> Floats:
    """Worth today of yearly flows.

    Parameters
    ----------
    flows : array_like of float
        元 of each year, shape (..., years).
    rate : array_like of float
        Discount rate a year, above -1; broadcasts with the axes before the years.
    timing : {"start", "middle", "end"}
        When in the year money flows.

    Returns
    -------
    numpy.ndarray of float
        元, shape (...).

    Raises
    ------
    DataError
        If a flow is missing or a rate cannot be.

    Examples
    --------
    An annuity of 100 yuan at the end of ten years at 3 %: `100 (1 - 1.03^-10) / 0.03`.

    >>> float(present_value([100.0] * 10, rate=0.03, timing="end").round(2))
    853.02
    """
    amounts = floats(flows, column="flows", low=-_LARGE, high=_LARGE)
    return np.asarray((amounts * discount_factors(amounts.shape[-1], rate=rate, timing=timing)).sum(axis=-1))


@dataclass(frozen=True, slots=True, eq=False)
class Lifetime:
    """Expected flows of one member from the year of joining on, 元 a year, shape (..., years).

    Parameters
    ----------
    contributions, subsidies : numpy.ndarray of float
        Paid in by the member and by government.
    account_pension, topped_up, basic_pension : numpy.ndarray of float
        Out of the account; by the fund after the account is empty; out of budgets.
    heirs : numpy.ndarray of float
        Balance at death; at the start of the year, all else in its middle.
    alive : numpy.ndarray of float
        Chance to live at the end of the year.
    left_over : numpy.ndarray of float
        In the account at the end of the last year, 元, (...).
    """

    contributions: Floats
    subsidies: Floats
    account_pension: Floats
    topped_up: Floats
    basic_pension: Floats
    heirs: Floats
    alive: Floats
    left_over: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CohortValue:
    """Present values of one member at joining, 元, shape (...).

    Parameters
    ----------
    contributions, subsidies, account_pension, topped_up, basic_pension, heirs : numpy.ndarray of float
        As in `Lifetime`.
    net_transfer : numpy.ndarray of float
        Pensions and what heirs get, less the member's own contributions.
    internal_rate : numpy.ndarray of float
        Rate of return on the own contributions, a year; NaN where none is between -50 % and 100 %.
    """

    contributions: Floats
    subsidies: Floats
    account_pension: Floats
    topped_up: Floats
    basic_pension: Floats
    heirs: Floats
    net_transfer: Floats
    internal_rate: Floats


def lifetime(schemes: Sequence[Scheme], *, entry_age: int, survive: npt.ArrayLike) -> Lifetime:
    """Expected flows of one who joins at an age and stays for life.

    Parameters
    ----------
    schemes : sequence of Scheme
        Rules of the years from joining on: as many years are reckoned. Take them until nobody lives.
    entry_age : int
        Age at the end of the first year, 0 to 99.
    survive : array_like of float
        Share of each age that lives through a year, shape (..., `AGES`), as `methods.people.survival` gives.

    Returns
    -------
    Lifetime

    Raises
    ------
    DataError
        If the age or a share cannot be, or there is no year.

    Examples
    --------
    >>> found = lifetime([Scheme(500, 80, 1, 0.0, basic=200)] * 3, entry_age=58, survive=np.ones(AGES))
    >>> found.contributions.tolist(), found.basic_pension.tolist()
    ([500.0, 500.0, 0.0], [0.0, 0.0, 2400.0])
    """
    fits = 0 <= entry_age < AGES - 1
    require(fits, column="entry_age", rule=f"{entry_age} is outside 0 to {AGES - 2}", mend="give another age")
    require(len(schemes) > 0, column="schemes", rule="there is no year", mend="give the rules of one or more")
    shares = floats(survive, column="survive", low=0, high=1)
    members = np.zeros(shares.shape)
    members[..., entry_age] = 1.0
    fund, years = empty_fund(), []
    for scheme in schemes:
        fund, flows = fund_year(fund, scheme, members=members, survive=shares)
        years.append(flows.totals())
        alive = members * shares
        members = np.concatenate([np.zeros_like(alive[..., :1]), alive[..., :-1]], axis=-1)
        members[..., -1] += alive[..., -1]
    shape = np.broadcast_shapes(*(np.shape(value) for year in years for value in year.values()))

    def series(name: str) -> Floats:
        return np.stack([np.broadcast_to(year[name], shape) for year in years], axis=-1)

    return Lifetime(
        contributions=series("contributions"),
        subsidies=series("subsidy"),
        account_pension=series("account_paid"),
        topped_up=series("topped_up"),
        basic_pension=series("basic"),
        heirs=series("heirs"),
        alive=series("closing_members"),
        left_over=np.asarray(fund.balance.sum(axis=-1)),
    )


def internal_rate(middle: npt.ArrayLike, *, start: npt.ArrayLike = 0.0) -> Floats:
    """The discount rate at which yearly flows are worth nothing.

    Parameters
    ----------
    middle : array_like of float
        Net receipts in the middle of each year, 元, shape (..., years): first paid in, later got out.
    start : array_like of float
        Those at the start of each year, of a shape that broadcasts with `middle`.

    Returns
    -------
    numpy.ndarray of float
        A year, shape (...); NaN where the worth has the same sign at -50 % and at 100 %.

    Raises
    ------
    DataError
        If a flow is missing.

    Examples
    --------
    >>> float(internal_rate([-100.0, 110.0]).round(6))
    0.1
    """
    inside = floats(middle, column="middle", low=-_LARGE, high=_LARGE)
    first = floats(start, column="start", low=-_LARGE, high=_LARGE)
    inside, first = np.broadcast_arrays(inside, first)

    def worth(rate: Floats) -> Floats:
        return present_value(inside, rate=rate) + present_value(first, rate=rate, timing="start")

    shape = inside.shape[:-1]
    low, high = np.full(shape, LOWEST_RATE), np.full(shape, HIGHEST_RATE)
    below, above = np.sign(worth(low)), np.sign(worth(high))
    for _ in range(_STEPS):
        mid = (low + high) / 2
        same = np.sign(worth(mid)) == below
        low, high = np.where(same, mid, low), np.where(same, high, mid)
    return np.asarray(np.where(below * above < 0, (low + high) / 2, np.nan))


def cohort_value(life: Lifetime, *, rate: npt.ArrayLike) -> CohortValue:
    """Present values of one member at joining.

    Parameters
    ----------
    life : Lifetime
        Expected flows.
    rate : array_like of float
        Discount rate a year, above -1; broadcasts with the axes before the years.

    Returns
    -------
    CohortValue

    Raises
    ------
    DataError
        If a rate cannot be.

    References
    ----------
    Bowers, N. L., Gerber, H. U., Hickman, J. C., Jones, D. A., Nesbitt, C. J. (1997), Actuarial Mathematics,
    2nd edition, Society of Actuaries, chapters 4 and 5.

    Examples
    --------
    >>> life = lifetime([Scheme(500, 80, 1, 0.0, basic=200)] * 3, entry_age=58, survive=np.ones(AGES))
    >>> value = cohort_value(life, rate=0.0)
    >>> float(value.contributions), float(value.subsidies), float(value.basic_pension)
    (1000.0, 160.0, 2400.0)
    """
    names = ("contributions", "subsidies", "account_pension", "topped_up", "basic_pension")
    worth = {name: present_value(getattr(life, name), rate=rate) for name in names}
    heirs = present_value(life.heirs, rate=rate, timing="start")
    pensions = worth["account_pension"] + worth["topped_up"] + worth["basic_pension"]
    received = life.account_pension + life.topped_up + life.basic_pension - life.contributions
    return CohortValue(
        **worth,
        heirs=heirs,
        net_transfer=pensions + heirs - worth["contributions"],
        internal_rate=internal_rate(received, start=life.heirs),
    )
