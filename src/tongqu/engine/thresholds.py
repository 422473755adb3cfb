"""How far a single number would have to move for a village that is left out to be served in the best plan.

Two numbers, each with all else as it is: people in the village who lack the service, and the cost of the
projects that would serve it. (Money from outside is the third, see `tongqu.engine.outside`.) What is enough
and what is not are both found by solving again near the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import State, active_entries
from tongqu.engine.changes import Village, changed_program, force_rows
from tongqu.engine.coordinate import Indicators, with_values
from tongqu.engine.goals import goal_stage
from tongqu.engine.inputs import Inputs
from tongqu.engine.model import build
from tongqu.engine.nearby import Delivered, delivered, found_by, values_at
from tongqu.engine.outside import Outside, new_options
from tongqu.engine.resolve import Answer, Resolver

__all__ = ["Threshold", "cheaper", "cost_threshold", "more_people", "people_threshold"]

CLOSE: Final = 0.1
"""Share of what is enough by which it may exceed what is not."""
AIMED: Final = (0.04, -0.03)
"""Where to ask beside the root of a straight line, as a share of it: above, and below once that is enough."""
TRIES: Final = 6
"""Most questions to the solver for one number."""
MOST_TIMES: Final = 50.0
"""Times the people left out up to which more people are tried."""
SAME: Final = 1e-9
"""Difference of the goal that means nothing, in its unit."""
WHOLE: Final = 1e-6
"""Share of what the best option credits by which a village may be short and still be served."""


@dataclass(frozen=True)
class Threshold:
    """A number that would have to move so far.

    Parameters
    ----------
    enough, short : float
        With the first the village is served in the best plan, with the second it is not: found by solving
        again with each. NaN for the first where nothing tried was enough, 0 for the second where less was not
        tried.
    tries : int
        How often it was solved.
    """

    enough: float
    short: float
    tries: int


def people_threshold(resolver: Resolver, answer: Answer) -> Threshold | None:
    """Find how many people more who lack the service would have a village served.

    Parameters
    ----------
    answer : Answer
        To one village forced in.

    Returns
    -------
    Threshold or None
        In persons. None where the village costs nobody anything.
    """
    (unit, service), *_ = answer.changes.force
    left, loss = float(resolver.inputs.unmet(service).iloc[:, -1].get(unit, 0.0)), resolver.loss(answer).found
    if loss <= SAME or left <= 0:
        return None

    def at(more: float) -> float:
        return _loss(resolver, answer, more_people(resolver.inputs, (unit, service), more))

    return _bracket(loss, at, first=left, most=MOST_TIMES * left)


def cost_threshold(resolver: Resolver, answer: Answer, outside: Outside | None) -> Threshold | None:
    """Find by how much the cost of the projects that would serve a village has to fall for it to be served.

    What they cost falls in every year in the same proportion, capital and running cost alike; what they bring
    in does not.

    Parameters
    ----------
    answer : Answer
        To one village forced in.
    outside : Outside or None
        What would have to come from outside, which is near.

    Returns
    -------
    Threshold or None
        In 万元 within the plan's years. None where nothing new is built for it, or it costs nobody anything.
    """
    starts, loss = new_options(resolver, answer), resolver.loss(answer).found
    cost = _cost(resolver.inputs, starts)
    if starts.empty or loss <= SAME or cost <= 0:
        return None

    def at(share: float) -> float:
        return _loss(resolver, answer, cheaper(resolver.inputs, starts.index, share=share))

    first = 0.5
    if outside is not None:
        known = outside.enough_wan if np.isfinite(outside.enough_wan) else cost
        first = min(1.0, float(known) / cost)
    found = _bracket(loss, at, first=first, most=1.0)
    return Threshold(found.enough * cost, found.short * cost, found.tries)


def more_people(inputs: Inputs, village: Village, more: float) -> Inputs:
    """Give inputs with more people in a village who lack a service, in every year; all else as it is.

    Indicators that are shares of the demand fall as the demand grows, with and without a plan.
    """
    unit, service = village
    name = f"demand.{service}"
    county = str(inputs.region.county_of(pd.Index([unit])).iloc[0])

    def grown(states: Iterable[State]) -> tuple[State, ...]:
        return tuple(
            State(one.year, {**one.values, name: one[name].add(pd.Series({unit: more}), fill_value=0.0)})
            for one in states
        )

    def diluted(found: Indicators, states: Iterable[State]) -> Indicators:
        values = found.values.copy()
        for state in states:
            asked = state[name]
            whole = float(asked[(inputs.region.county_of(asked.index) == county).to_numpy()].sum())
            mine = found.table.index[(found.table["denominator"] == name).to_numpy()]
            if whole > 0:
                values.loc[(county, state.year), mine] *= whole / (whole + more)
        return with_values(found, values)

    refreshed = inputs.refreshed
    if refreshed is not None:
        refreshed = replace(
            refreshed,
            needs=grown(refreshed.needs),
            states=grown(refreshed.states),
            indicators=diluted(refreshed.indicators, refreshed.states),
        )
    return replace(
        inputs,
        states=grown(inputs.states),
        indicators=diluted(inputs.indicators, inputs.states),
        refreshed=refreshed,
    )


def cheaper(inputs: Inputs, projects: Iterable[str], *, share: float) -> Inputs:
    """Give inputs in which projects cost a share less in every year; what they bring in stays."""
    names, offer = list(projects), inputs.offer
    entries = offer.entries
    paid = (entries["ledger"] == "money") & entries["project"].isin(names) & (entries["amount"] > 0)
    amount = entries["amount"].where(~paid, entries["amount"] * (1.0 - share))
    table = offer.projects
    costs = {
        name: table[name].where(
            ~(table["project"].isin(names) & (table[name] > 0)), table[name] * (1.0 - share)
        )
        for name in ("capital_wan", "running_wan")
    }
    made = replace(offer, entries=entries.assign(amount=amount), projects=table.assign(**costs))
    return replace(inputs, offer=made)


def _cost(inputs: Inputs, starts: pd.Series) -> float:
    """What projects cost within the plan's years, 万元."""
    entries = inputs.offer.entries
    money = entries[(entries["ledger"] == "money") & (entries["amount"] > 0)]
    return float(active_entries(money, inputs.years, starts=starts)["amount"].sum())


def _loss(resolver: Resolver, answer: Answer, inputs: Inputs) -> float:
    """What serving the village costs in other inputs with the same candidates; NaN where no plan was found.

    0 or less where a plan with it is as good as the best without. The plans sought are those near the answer,
    among the starts that it had sought.
    """
    villages, base = answer.changes.force, answer.base or resolver.reference
    model = build(inputs, goal=goal_stage(inputs), rows=[force_rows(villages)])
    program = changed_program(model, answer.changes, villages=villages)
    known = values_at(model, answer.starts)
    free = np.zeros(len(known), dtype=bool)
    # Starts are the first variables of every program, so that their numbers stay.
    free[answer.sought] = True
    found = resolver.search.among(program, known, free)
    if found is None:
        return float("nan")
    served, without = found_by(model, found), delivered(model, base.starts)
    if served.objective < without.objective - SAME:
        return without.objective - served.objective
    other = resolver.search.among(model.program.arrays(), values_at(model, served.starts), free)
    best = served if other is None else found_by(model, other)
    return 0.0 if _serves(resolver, best, villages) else best.objective - served.objective


def _serves(resolver: Resolver, plan: Delivered, villages: Iterable[Village]) -> bool:
    """Whether a plan credits villages as much as their best option does."""
    inputs, credit = resolver.inputs, resolver.credits
    lead = inputs.offer.projects.set_index("project")["lead"].reindex(plan.starts.index)
    works = plan.starts.index[(plan.starts + lead <= inputs.years[-1]).to_numpy()]
    for unit, service in villages:
        mine = credit[(credit["unit"] == unit) & (credit["service"] == service)]
        there = mine["first"].isin(works) & mine["second"].isin(works)
        if mine.loc[there, "amount"].sum() < min(mine["amount"].max(), 1.0) - WHOLE:
            return False
    return True


def _bracket(loss: float, at: Callable[[float], float], *, first: float, most: float) -> Threshold:
    """Close in on the least number with which nothing is lost.

    Parameters
    ----------
    loss : float
        What is lost as it is, above 0; it falls as the number grows, about along a straight line.
    at : callable
        What is lost with a number; NaN where no plan with it is known.
    first, most : float
        Where to begin, and the largest number.
    """
    low, high, root, tries, asked = 0.0, np.nan, np.nan, 0, min(first, most)
    while tries < TRIES and not (high - low <= CLOSE * high) and low < most:
        tries += 1
        found = at(asked)
        if np.isnan(found):  # with so much no plan keeps the limits, or none was found in the time
            most = asked
        elif found <= SAME:
            high = asked
        else:
            low = max(low, asked)
            root = asked * loss / (loss - found) if found < loss else np.nan
        asked = (low + most) / 2 if np.isnan(found) else _next(low, high, root, most=most)
    return Threshold(float(high), float(low), tries)


def _next(low: float, high: float, root: float, *, most: float) -> float:
    """Where to ask next: beside the root of the straight line, or in the middle."""
    if np.isnan(high):
        aimed = 2 * low if np.isnan(root) else min(root * (1 + AIMED[0]), 8 * low)
        return min(max(aimed, 1.05 * low), most)
    for beside in AIMED:
        if low < root * (1 + beside) < high * (1 - CLOSE / 4):
            return root * (1 + beside)
    return (low + high) / 2
