"""The pension and medical accounts of the counties, one year after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods.pension import (
    AGES,
    MONTHS,
    Flows,
    Fund,
    MedicalYear,
    Tiers,
    fund_year,
    medical_year,
    settled_fund,
)
from tongqu.sectors.social_security.members import coverage, eligible, rural_share, surviving
from tongqu.sectors.social_security.parameters import (
    Floats,
    Values,
    each,
    line_of,
    medical_of,
    past_schemes,
    scheme_of,
)

__all__ = ["YUAN_PER_WAN", "Year", "first_fund", "first_reserve", "fund_after", "year_of"]

YUAN_PER_WAN: Final = 10_000.0
"""元 in 万元."""


@dataclass(frozen=True, eq=False)
class Year:
    """What a year gave the counties; arrays of shape (..., county) unless said.

    Parameters
    ----------
    fund : Fund
        At the end of the year, (..., county, age), 元 and persons.
    flows : Flows
        Of the year, (..., county, age).
    medical : MedicalYear
        Medical insurance, 元.
    eligible : numpy.ndarray of float
        Persons whom no employees' scheme insures, (..., county, age).
    rural : numpy.ndarray of float
        Pensioners of the country, persons.
    raised : numpy.ndarray of float
        元 that programmes add to the basic pensions.
    line : numpy.ndarray of float
        元 a year that the pensioners would have at the low-income line.
    """

    fund: Fund
    flows: Flows
    medical: MedicalYear
    eligible: Floats
    rural: Floats
    raised: Floats
    line: Floats

    def figures(self) -> dict[str, Floats]:
        """State variables by name: money in 万元, the mean basic pension in 元 a month, persons."""
        pensioners = self.fund.pensioners.sum(axis=-1)
        contributors = self.fund.contributors.sum(axis=-1)
        flows = self.flows.totals()
        paid = flows["basic"] + flows["account_paid"] + flows["topped_up"]
        budget = flows["basic"] + flows["subsidy"] + flows["topped_up"] - self.raised
        medical = self.medical
        share = np.divide(
            self.rural, pensioners, out=np.zeros(np.shape(self.rural)), where=np.asarray(pensioners) > 0
        )
        money = {
            "pension.fund": flows["closing"],
            "pension.contributions": flows["contributions"],
            "pension.subsidy": flows["subsidy"],
            "pension.interest": flows["interest"],
            "pension.account_paid": flows["account_paid"],
            "pension.topped_up": flows["topped_up"],
            "pension.heirs": flows["heirs"],
            "pension.moved": flows["moved_in"] - flows["moved_out"],
            "pension.paid": paid,
            "pension.public_cost": budget,
            "pension.raised": self.raised,
            "pension.rural_raised": self.raised * share,
            "pension.line": self.line,
            "stock.pension": paid,
            "medical.contributions": medical.contributions,
            "medical.subsidy": medical.subsidy,
            "medical.benefits": medical.benefits,
            "medical.fund": medical.closing,
            "medical.public_cost": medical.public_cost,
        }
        people = {
            "pension.contributors": contributors,
            "pension.pensioners": pensioners,
            "pension.rural_pensioners": self.rural,
            "medical.insured": medical.insured,
        }
        found = {name: value / YUAN_PER_WAN for name, value in money.items()} | people
        shape = np.broadcast_shapes(*(value.shape for value in found.values()))
        none = np.zeros(shape)
        found["pension.basic"] = np.divide(
            flows["basic"] / MONTHS, pensioners, out=none, where=np.broadcast_to(pensioners > 0, shape)
        )
        return {name: np.array(np.broadcast_to(value, shape)) for name, value in found.items()}


def first_fund(people: Floats, values: Values, tiers: Tiers, *, year: int) -> Fund:
    """The scheme at the end of the year before the first: members as now, accounts as past rules left them.

    Last year's members are those of this year a year younger, with those who died in between.
    """
    now = eligible(people, values, year=year).sum(axis=-2) * coverage(values)
    alive = surviving(people, values, year=year)
    shape = np.broadcast_shapes(now.shape, alive.shape)
    now, alive = np.broadcast_to(now, shape), np.broadcast_to(alive, shape)
    before = np.zeros(shape)
    before[..., :-1] = now[..., 1:] / np.maximum(alive[..., :-1], 1e-9)
    return settled_fund(before, schemes=past_schemes(values, tiers, year=year - 1))


def first_reserve(people: Floats, values: Values, *, year: int) -> Floats:
    """The medical fund before the first year: some months of benefits, 元, shape (..., county)."""
    entitled = eligible(people, values, year=year).sum(axis=-2)
    spent = medical_year(entitled, medical_of(values, year=year), opening=0.0).benefits
    return np.asarray(spent * each(values, "medical.reserve") / MONTHS)


def year_of(
    people: Floats,
    values: Values,
    tiers: Tiers,
    *,
    year: int,
    fund: Fund,
    reserve: npt.ArrayLike,
    raised: npt.ArrayLike = 0.0,
) -> Year:
    """Carry the accounts through a year.

    Parameters
    ----------
    people : numpy.ndarray of float
        At its end, shape (..., register, county, residence, sex, age).
    fund, reserve : Fund and array_like of float
        Accounts and medical fund at the end of last year; 元.
    raised : array_like of float
        What programmes add to the basic pension, 元 a month, (..., county).
    """
    by_home = eligible(people, values, year=year)
    entitled = by_home.sum(axis=-2)
    after, flows = fund_year(
        fund,
        scheme_of(values, tiers, year=year, raised=raised),
        members=entitled * coverage(values),
        survive=surviving(people, values, year=year),
    )
    pensioners = after.pensioners.sum(axis=-1)
    return Year(
        after,
        flows,
        medical_year(entitled, medical_of(values, year=year), opening=reserve),
        entitled,
        (after.pensioners * rural_share(by_home)).sum(axis=-1),
        np.asarray(pensioners * np.asarray(raised, dtype=np.float64) * MONTHS),
        np.asarray(pensioners * line_of(values, year=year) * MONTHS),
    )


def fund_after(fund: Fund, values: Values, tiers: Tiers, *, people: Floats, years: range) -> Fund:
    """The scheme after years whose people nobody gave: nobody joins and nobody leaves."""
    for year in years:
        alive = surviving(people, values, year=year)
        members = np.zeros(np.broadcast_shapes(fund.members.shape, alive.shape))
        living = fund.members * alive
        members[..., 1:] = living[..., :-1]
        members[..., AGES - 1] += living[..., AGES - 1]
        fund, _ = fund_year(fund, scheme_of(values, tiers, year=year), members=members, survive=alive)
    return fund
