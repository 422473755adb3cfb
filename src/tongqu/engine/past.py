"""The past of a plan that is made again: what was begun used what it used, and money was what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem
from tongqu.contracts import Booked, Offer, Scenario, ledger_of

__all__ = ["settle_past", "wrong_bookings"]

SLACK_WAN: Final = 1.0
"""万元 that past debt may lie above what was booked, so that the solver's tolerance breaks nothing."""


def settle_past(offer: Offer, scenario: Scenario, *, starts: pd.Series, interest: float) -> Offer:
    """Give the offer with limits that fit what lies behind.

    Land and staff: projects older than the plan used quotas of their own years, so that limits are raised by
    what they use; where what was begun within the plan uses more than its limit, the limit is what it uses.

    Money of past years: own money and grants as booked are together the room, the city has nothing more to
    give, and debt is at most what was booked. Where that does not pay what was begun, the room is raised by
    what lacks: somebody has paid it.

    Parameters
    ----------
    starts : Series of int
        Starts of all commitments, in years of the plan.
    interest : float
        Interest on debt, a share a year.
    """
    begun = {one.project for one in scenario.committed if one.year < scenario.decided_from}
    older = {one.project for one in scenario.committed if one.year < scenario.first_year}
    mine = starts[starts.index.isin(list(begun))]
    limits = _stocks(offer, scenario, begun=mine, older=mine[mine.index.isin(list(older))])
    past = range(scenario.first_year, scenario.decided_from)
    if len(past):
        spent = ledger_of(offer.entries, list(past), starts=mine)
        limits = _money(limits, scenario, spent=spent[spent["ledger"] == "money"], interest=interest)
    return replace(offer, limits=limits)


def wrong_bookings(offer: Offer, scenario: Scenario) -> list[Problem]:
    """Booked money of a place or year that it cannot be of."""
    money = offer.limits[(offer.limits["ledger"] == "money") & (offer.limits["key"] == "room")]
    counties = set(money["unit"])
    problems, seen = [], set()
    for number, one in enumerate(scenario.booked):
        rule = ""
        if one.county not in counties:
            rule = "not a county of the region"
        elif not scenario.first_year <= one.year < scenario.decided_from:
            rule = "not a past year of the plan"
        elif (one.county, one.year) in seen:
            rule = "booked twice"
        seen.add((one.county, one.year))
        if rule:
            problems.append(
                Problem(
                    rule=rule,
                    mend="book each county once for each year from first_year until from_year",
                    file="scenario",
                    column=f"booked[{number}]",
                    value=f"{one.county} in {one.year}",
                )
            )
    return problems


def _stocks(offer: Offer, scenario: Scenario, *, begun: pd.Series, older: pd.Series) -> pd.DataFrame:
    """Limits with room for the land and staff that begun projects use."""
    limits = offer.limits
    if begun.empty:
        return limits
    keys = ["ledger", "unit", "key", "year"]
    mine = limits["ledger"].isin(["land", "staff"]).to_numpy()
    at = pd.MultiIndex.from_frame(limits.loc[mine, keys])

    def used(starts: pd.Series) -> np.ndarray:
        found = ledger_of(offer.entries, scenario.years, starts=starts).set_index(keys)["amount"]
        return found.reindex(at).fillna(0.0).to_numpy(dtype=np.float64)

    before = np.maximum(used(older), 0.0)
    amount = limits["amount"].to_numpy(dtype=np.float64).copy()
    amount[mine] = np.maximum(amount[mine] + before, used(begun))
    return limits.assign(amount=amount)


def _money(limits: pd.DataFrame, scenario: Scenario, *, spent: pd.DataFrame, interest: float) -> pd.DataFrame:
    """Limits of money with those of past years as they were."""
    past = [year for year in scenario.years if year < scenario.decided_from]
    table = limits.set_index(["ledger", "key", "unit", "year"])["amount"].copy()
    booked = {(one.county, one.year): one for one in scenario.booked}
    paid = spent.groupby(["unit", "year"])["amount"].sum()
    room = limits[(limits["ledger"] == "money") & (limits["key"] == "room")]
    for county in room["unit"].unique():
        cash = debt = 0.0
        for year in past:
            one = booked.get((county, year), Booked(county=county, year=year))
            own = (
                one.room_wan if one.room_wan is not None else table.get(("money", "room", county, year), 0.0)
            )
            there = float(own) + one.grant_wan
            cash += there - float(paid.get((county, year), 0.0)) + one.debt_wan - debt * (1 + interest)
            lacking, debt = max(-cash, 0.0), one.debt_wan
            cash += lacking
            table["money", "room", county, year] = there + lacking
            table["money", "debt", county, year] = debt + SLACK_WAN if debt else 0.0
    pool = table.index[
        (table.index.get_level_values("ledger") == "money")
        & (table.index.get_level_values("key") == "pool")
        & table.index.get_level_values("year").isin(past)
    ]
    table[pool] = 0.0
    return table.reset_index()[list(limits.columns)]
