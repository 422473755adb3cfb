"""From the latest accounts to those of later years: one definition for the sector and for many futures.

Arrays have the axes ([future,] county, year); a parameter is one number or has an axis of futures in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tongqu.methods.public_accounts import Flows, Opening, PublicAccounts, elastic, settle
from tongqu.sectors.finance.latest import Floats, Latest
from tongqu.sectors.finance.parameters import check_parameters

__all__ = ["PARAMETERS", "Parameters", "budget", "opening_of", "own_revenue"]

Parameters = Mapping[str, "float | Floats"]

PARAMETERS: Final = (
    "growth.own_revenue",
    "growth.transfers",
    "growth.expenditure",
    "growth.land_income",
    "elasticity.revenue",
    "rate.interest",
    "accounts.tax_share",
    "accounts.land_share",
    "accounts.general_share",
    "accounts.debt_issue",
)
"""Standards that the accounts rest on."""
GENERAL: Final = {"debt": "general_debt_limit", "debt_limit": "general_debt"}
"""Share that stands in for one that is not given."""


def own_revenue(
    latest: Latest, *, years: Floats, values: Parameters, value_added: Floats | None = None
) -> Floats:
    """Own revenue of each year, 万元.

    It grows at the assumed rate until the first year of ``value_added`` and follows value added from then on;
    a county whose value added is 0 in that year keeps the assumed rate.

    Parameters
    ----------
    years : numpy.ndarray of float
        Consecutive years, shape (year,).
    value_added : numpy.ndarray of float, optional
        Of the last n of these years, any unit, shape ([future,] county, n).

    Raises
    ------
    ScenarioError
        If a parameter cannot be.
    """
    check_parameters(values)
    grown = _grown(latest, "own_revenue", years=years, rate=values["growth.own_revenue"])
    if value_added is None:
        return grown
    first = len(years) - value_added.shape[-1]
    base = value_added[..., :1]
    known = (base > 0) & (value_added > 0)
    ratio = np.where(known, value_added / np.where(base > 0, base, 1.0), 1.0)
    followed = elastic(grown[..., first : first + 1], ratio=ratio, elasticity=values["elasticity.revenue"])
    later = np.where(known, followed, grown[..., first:])
    before = np.broadcast_to(grown[..., :first], (*later.shape[:-1], first))
    return np.concatenate([before, later], axis=-1)


def opening_of(latest: Latest, *, values: Parameters) -> Opening:
    """Stocks at the end of the latest year, 万元."""
    general, special = _debts(latest, "debt", values=values)
    return Opening(
        general_debt=general[..., 0],
        special_debt=special[..., 0],
        carry_over=latest.amounts.get("carry_over", np.zeros(len(latest.counties))),
    )


def budget(
    latest: Latest,
    *,
    years: Floats,
    values: Parameters,
    opening: Opening,
    own: Floats,
    pensions: Floats | float = 0.0,
    pensions_base: Floats | float = 0.0,
    running: Floats | float = 0.0,
) -> PublicAccounts:
    """Accounts of ``years``, 万元.

    Expenditure apart from pensions grows at the assumed rate. It holds the interest on the general debt of
    the latest year, as published expenditure does; interest on later debt comes on top.

    Parameters
    ----------
    opening : Opening
        Stocks at the start of the first of the years.
    own : numpy.ndarray of float
        Own revenue, shape ([future,] county, year).
    pensions, pensions_base : numpy.ndarray of float
        What the budget pays for pensions by year, and in the latest year of expenditure, shape (county, 1).
    running : numpy.ndarray of float
        Running costs of what a plan has built; below 0 where its projects save more than they cost, which
        lowers the expenditure of today.
    """
    trend = _grown(
        latest, "expenditure", years=years, rate=values["growth.expenditure"], without=pensions_base
    )
    rate = values["rate.interest"]
    general, special = _debts(latest, "debt", values=values)
    rooms = _rooms(latest, opening, values=values)
    tax = own * _part(latest, "tax_revenue", values["accounts.tax_share"])
    land = _land(latest, years=years, values=values)
    flows = Flows(
        tax_revenue=tax,
        non_tax_revenue=np.maximum(own - tax, 0.0),
        transfers=_grown(latest, "transfers", years=years, rate=values["growth.transfers"]),
        services=np.maximum(trend - rate * general + np.minimum(running, 0.0), 0.0),
        pensions=pensions,
        running=np.maximum(running, 0.0),
        general_issue=_issued(rooms[0], years=years, values=values),
        special_issue=_issued(rooms[1], years=years, values=values),
        land_income=land,
        land_use=_land_use(latest, years=years, values=values, interest=rate * special),
    )
    return settle(opening=opening, flows=flows, general_rate=rate, special_rate=rate)


def _grown(
    latest: Latest, item: str, *, years: Floats, rate: float | Floats, without: Floats | float = 0.0
) -> Floats:
    base = np.maximum(latest.amounts[item][:, np.newaxis] - without, 0.0)
    return np.asarray(base * (1.0 + np.asarray(rate)) ** (years - latest.years[item]))


def _part(latest: Latest, part: str, assumed: float | Floats) -> Floats:
    """Share of a part by county, as given or as assumed."""
    if part in latest.shares:
        return np.asarray(latest.shares[part][:, np.newaxis])
    return np.asarray(assumed + np.zeros((len(latest.counties), 1)))


def _debts(latest: Latest, item: str, *, values: Parameters) -> tuple[Floats, Floats]:
    """General and special part of the debt or of its limit; where one share is given it is that of both."""
    whole = latest.amounts[item][:, np.newaxis]
    own, other = f"general_{item}", GENERAL[item]
    part = own if own in latest.shares else other
    general = whole * _part(latest, part, values["accounts.general_share"])
    return np.asarray(general), np.asarray(whole - general)


def _land(latest: Latest, *, years: Floats, values: Parameters) -> Floats:
    rate = values["growth.land_income"]
    if "land_income" in latest.amounts:
        return _grown(latest, "land_income", years=years, rate=rate)
    flat = _grown(latest, "own_revenue", years=years, rate=0.0) * values["accounts.land_share"]
    return np.asarray(flat * (1.0 + np.asarray(rate)) ** (years - latest.years["own_revenue"]))


def _land_use(latest: Latest, *, years: Floats, values: Parameters, interest: Floats) -> Floats | None:
    """What the funds spend apart from interest; None where no fund expenditure is given."""
    if "fund_expenditure" not in latest.amounts:
        return None
    spent = _grown(latest, "fund_expenditure", years=years, rate=values["growth.land_income"])
    return np.asarray(np.maximum(spent - interest, 0.0))


def _rooms(latest: Latest, opening: Opening, *, values: Parameters) -> tuple[Floats, Floats]:
    """What is left under the general and the special limit; together no more than under the whole limit."""
    limits = _debts(latest, "debt_limit", values=values)
    stocks = (opening.general_debt, opening.special_debt)
    debts = [np.asarray(debt, dtype=np.float64)[..., np.newaxis] for debt in stocks]
    general, special = (np.maximum(limit - debt, 0.0) for limit, debt in zip(limits, debts, strict=True))
    apart = general + special
    whole = np.maximum(limits[0] + limits[1] - debts[0] - debts[1], 0.0)
    part = np.divide(np.minimum(whole, apart), apart, out=np.zeros_like(apart), where=apart > 0)
    return np.asarray(general * part), np.asarray(special * part)


def _issued(room: Floats, *, years: Floats, values: Parameters) -> Floats:
    """Bonds of each year: the same share of what is left under the limit at its start."""
    share = np.asarray(values["accounts.debt_issue"])
    return np.asarray(share * room * (1.0 - share) ** (years - years[0]))
