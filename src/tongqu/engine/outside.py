"""What would have to come from outside for a village that a plan leaves out to be served in the best plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import active_entries
from tongqu.engine.lp import ProgramStoppedError
from tongqu.engine.prices import prices_of
from tongqu.engine.resolve import Answer, Resolver

__all__ = ["Outside", "new_options", "outside_money"]

CLOSE: Final = 0.1
"""Share of what is enough by which it may exceed what is not."""
TRIES: Final = 6
"""Most questions to the solver for one village."""
SAME: Final = 1e-9
"""Difference of the goal that means nothing, in its unit."""


@dataclass(frozen=True)
class Outside:
    """Money from outside with which a village is served in a plan as good as the best without.

    Parameters
    ----------
    starts : Series of int
        The projects that serve the village and are not in the plan, with their years.
    cost_wan : float
        What they cost within the plan's years, 万元.
    enough_wan, short_wan : float
        With the first they are chosen, with the second they are not: found by solving again with each. NaN
        for the first where not even all of the cost is enough.
    tries : int
        How often it was solved.
    """

    starts: pd.Series
    cost_wan: float
    enough_wan: float
    short_wan: float
    tries: int


def new_options(resolver: Resolver, answer: Answer) -> pd.Series:
    """Projects of an answer that serve its forced villages and are not in the plan, with what they require.

    Returns
    -------
    Series of int
        Year of the first payment, indexed by project.
    """
    inputs, starts = resolver.inputs, answer.starts
    new = set(starts.index) - set((answer.base or resolver.reference).starts.index)
    wanted = pd.MultiIndex.from_tuples(list(answer.changes.force), names=["unit", "service"])
    credit = resolver.credits
    mine = credit[pd.MultiIndex.from_frame(credit[["unit", "service"]]).isin(wanted)]
    both = mine["first"].isin(starts.index) & mine["second"].isin(starts.index)
    names = (set(mine.loc[both, "first"]) | set(mine.loc[both, "second"])) & new
    needs = inputs.offer.projects.set_index("project")["requires"].to_dict()
    while more := ({needs[name] for name in names} & new) - names:
        names |= more
    return starts[starts.index.isin(names)]


def outside_money(resolver: Resolver, answer: Answer) -> Outside | None:
    """Find the least share of the cost of a village's projects that has to come from outside.

    The projects start as in the answer that forces them in; the money comes in the years in which they cost
    it. The share is found by halving, each step a search near the plan, until what is enough and what is not
    lie within a tenth.

    Parameters
    ----------
    answer : Answer
        To a village forced in.

    Returns
    -------
    Outside or None
        None where nothing new is built for the village, or the loss is none.
    """
    starts, loss = new_options(resolver, answer), resolver.loss(answer).found
    flows = _flows(resolver, starts)
    cost = float(flows["amount"].sum())
    if starts.empty or loss <= SAME or cost <= 0:
        return None
    low, high, tries = 0.0, np.nan, 0
    share = _guess(resolver, flows, loss)
    while tries < TRIES and not (high - low <= CLOSE * high):
        tries += 1
        if _chosen(resolver, answer, starts, flows, share=share):
            high = share
        elif share >= 1.0:
            low = 1.0
            break
        else:
            low = share
        share = min(1.0, 2 * low) if np.isnan(high) else (low + high) / 2
    return Outside(starts, cost, high * cost, low * cost, tries)


def _flows(resolver: Resolver, starts: pd.Series) -> pd.DataFrame:
    """What projects cost by county and year: ``unit, year, amount``."""
    entries = resolver.inputs.offer.entries
    money = active_entries(entries[entries["ledger"] == "money"], resolver.inputs.years, starts=starts)
    return money.groupby(["unit", "year"])["amount"].sum().reset_index()


def _guess(resolver: Resolver, flows: pd.DataFrame, loss: float) -> float:
    """The share of the cost that would be worth the loss at the prices of the relaxation."""
    prices = prices_of(resolver.model, resolver.relaxation)
    price = prices[prices["limit"] == "money"].set_index(["unit", "year"])["price"]
    at = pd.MultiIndex.from_frame(flows[["unit", "year"]])
    worth = float(flows["amount"].to_numpy() @ price.reindex(at).fillna(0.0).to_numpy())
    return min(1.0, max(loss / worth, 1 / 64)) if worth > 0 else 1.0


def _chosen(
    resolver: Resolver, answer: Answer, starts: pd.Series, flows: pd.DataFrame, *, share: float
) -> bool:
    """Whether a plan with the projects is as good as the best without, if so much comes from outside."""
    pin = {str(name): int(year) for name, year in starts.items()}
    limit = [
        (f"money {unit}", int(year), share * float(amount))
        for unit, year, amount in zip(flows["unit"], flows["year"], flows["amount"], strict=True)
    ]
    try:
        found = resolver.with_changes(pin=pin, limit=limit)
    except ProgramStoppedError:
        return False
    return found is not None and found.objective >= (answer.base or resolver.reference).objective - SAME
