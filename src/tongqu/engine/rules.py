"""Whether a plan keeps the rules that its program has: accounts, limits, floors, order and wishes.

Nothing is solved: accounts are followed year by year, and everything else is counted from the entries.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem
from tongqu.contracts import ledger_of
from tongqu.engine.financing import lasting_cost, limit_of
from tongqu.engine.inputs import Inputs, start_bounds
from tongqu.engine.optimise import Plan
from tongqu.engine.orders import required_starts
from tongqu.engine.promise import missed_floors, missed_goals

__all__ = ["broken_rules"]

MEND: Final = "make the run again"

MONEY_TOLERANCE: Final = 2.0
"""万元 by which an account may be off: the solver's tolerance on the sums of a county."""

STOCK_TOLERANCE: Final = 0.01
"""Mu or persons by which land, staff and floors may be off: the solver's tolerance on a county's sums."""

ACCOUNT_ITEMS: Final = (
    *("room", "grant", "borrow", "repay", "interest", "capital", "running"),
    *("cash", "debt"),
)
"""Items of an account: flows, then stocks."""

PAID: Final = ("capital", "running")
"""Items that follow from the ledger."""


def broken_rules(inputs: Inputs, plan: Plan) -> list[Problem]:
    """Say which rules a plan breaks, however it was found.

    Parameters
    ----------
    plan : Plan
        Starts, accounts and people newly served; its certificate, prices and indices are not looked at.
    """
    used = ledger_of(inputs.offer.entries, inputs.years, starts=plan.starts)
    return [
        *_accounts(inputs, plan, used=used),
        *_money_limits(inputs, plan),
        *_stock_limits(inputs, used),
        *_lasting(inputs, plan),
        *_choices(inputs, plan),
        *_floors(inputs, plan),
        *_goals(inputs, plan),
    ]


def _accounts(inputs: Inputs, plan: Plan, *, used: pd.DataFrame) -> list[Problem]:
    """Cash and debt of every county roll forward to the yuan, and nothing is negative."""
    wide = plan.accounts.pivot_table(index=["unit", "year"], columns="item", values="amount", aggfunc="sum")
    every = pd.MultiIndex.from_product([inputs.counties, inputs.years], names=["unit", "year"])
    strange = not wide.index.isin(every).all() or not set(wide.columns) <= set(ACCOUNT_ITEMS)
    wide = wide.reindex(index=every, columns=list(ACCOUNT_ITEMS)).fillna(0.0)
    before = wide.groupby(level="unit")[["cash", "debt"]].shift(fill_value=0.0)
    gained = wide[["room", "grant", "borrow"]].sum(axis=1)
    paid = wide[["repay", "interest", "capital", "running"]].sum(axis=1)
    rolled = {
        "cash": before["cash"] + gained - paid,
        "debt": before["debt"] + wide["borrow"] - wide["repay"],
    }
    found = []
    for item, wanted in rolled.items():
        off = (wanted - wide[item]).abs()
        rule = f"{item} does not follow from the year before by {off.max():.2f} 万元"
        found.append((item, rule, off))
    for item, wanted in _bills(inputs, used, debt_before=before["debt"]).items():
        off = (wide[item] - wanted).abs()
        found.append((item, f"it is not what the ledger or the offer says, by {off.max():.2f} 万元", off))
    # What is paid may be below nothing: some projects save money, or bring some in.
    below = wide.drop(columns=list(PAID)).min(axis=1)
    found.append(("", f"an item is below nothing: {below.min():.2f} 万元", -below))
    problems = [
        Problem(rule=rule, mend=MEND, file="results/accounts", column=item, value=str(off.idxmax()))
        for item, rule, off in found
        if (off > MONEY_TOLERANCE).any()
    ]
    if strange:
        rule = "it has counties, years or items that are not of this plan"
        problems.append(Problem(rule=rule, mend=MEND, file="results/accounts"))
    return problems


def _bills(inputs: Inputs, used: pd.DataFrame, *, debt_before: pd.Series) -> dict[str, pd.Series]:
    """What is paid by the ledger, the room by the offer, and the interest on what was owed."""
    money = used[used["ledger"] == "money"].set_index(["key", "unit", "year"])["amount"]
    bills = {
        item: money.reindex(pd.MultiIndex.from_tuples([(item, *cell) for cell in debt_before.index]))
        for item in ("capital", "running")
    }
    wanted = {item: pd.Series(bill.to_numpy(), index=debt_before.index) for item, bill in bills.items()}
    wanted["room"] = limit_of(inputs, "room").reindex(debt_before.index)
    return {
        **{item: amount.fillna(0.0) for item, amount in wanted.items()},
        "interest": debt_before * inputs.assume["rate.interest"],
    }


def _money_limits(inputs: Inputs, plan: Plan) -> list[Problem]:
    """Debt keeps the limit of each county, and all grants together the city's pool."""
    accounts = plan.accounts
    debt = accounts[accounts["item"] == "debt"].set_index(["unit", "year"])["amount"]
    over = debt - limit_of(inputs, "debt").reindex(debt.index).fillna(0.0)
    problems = []
    if (over > MONEY_TOLERANCE).any():
        rule = f"a limit is exceeded by {over.max():.3f}"
        problems.append(
            Problem(rule=rule, mend=MEND, file="results/accounts", column="debt", value=str(over.idxmax()))
        )
    grants = accounts[accounts["item"] == "grant"].groupby("year")["amount"].sum()
    pool = limit_of(inputs, "pool").groupby("year").sum()
    over = grants - pool.reindex(grants.index).fillna(0.0)
    if (over > MONEY_TOLERANCE).any():
        rule, year = "grants exceed the city's pool", str(over.idxmax())
        problems.append(Problem(rule=rule, mend=MEND, file="results/accounts", column="grant", value=year))
    return problems


def _stock_limits(inputs: Inputs, used: pd.DataFrame) -> list[Problem]:
    """Land and staff keep their limits; what has a limit in some year has none to use in the others."""
    place, keys = ["ledger", "unit", "key"], ["ledger", "unit", "key", "year"]
    limits = inputs.offer.limits[inputs.offer.limits["year"].isin(inputs.years)]
    mine = used[used["ledger"].isin(["land", "staff"])]
    limited = pd.MultiIndex.from_frame(mine[place]).isin(pd.MultiIndex.from_frame(limits[place]))
    taken = mine[limited].set_index(keys)["amount"]
    over = taken - limits.set_index(keys)["amount"].reindex(taken.index).fillna(0.0)
    if not (over > STOCK_TOLERANCE).any():
        return []
    rule = f"a limit is exceeded by {over.max():.3f}"
    return [Problem(rule=rule, mend=MEND, file="results/ledger", value=str(over.idxmax()))]


def _lasting(inputs: Inputs, plan: Plan) -> list[Problem]:
    """What goes on costing after the last year, with interest, fits the last year's room."""
    last, accounts = inputs.years[-1], plan.accounts
    owed = accounts[(accounts["item"] == "debt") & (accounts["year"] == last)].groupby("unit")["amount"].sum()
    room = limit_of(inputs, "room")
    problems = []
    for county in inputs.counties:
        interest = inputs.assume["rate.interest"] * float(owed.get(county, 0.0))
        over = lasting_cost(inputs, county, starts=plan.starts) + interest
        over -= float(room.get((county, last), 0.0))
        if over > MONEY_TOLERANCE:
            rule = f"what goes on costing exceeds the yearly money by {over:.2f} 万元"
            problems.append(Problem(rule=rule, mend=MEND, file="results/decisions", value=str(county)))
    return problems


def _choices(inputs: Inputs, plan: Plan) -> list[Problem]:
    """Starts lie where they may; requirements, groups, pins and bans of the scenario are kept."""
    scenario, projects = inputs.scenario, inputs.offer.projects
    starts = {str(name): int(year) for name, year in plan.starts.items()}
    chosen = projects[projects["project"].isin(starts)].set_index("project", drop=False)
    start = chosen["project"].map(starts).astype("int64")
    opens = start + chosen["lead"]
    needy = chosen[chosen["requires"] != ""]
    needed = opens.reindex(needy["requires"]).to_numpy(dtype=np.float64)  # NaN if it is not chosen
    late = ~(needed <= opens[needy.index].to_numpy())
    wrong = [(name, "what it requires does not open in time") for name in needy.index[late]]
    twice = chosen.loc[(chosen["group"] != "") & chosen["group"].duplicated(), "group"]
    wrong += [(group, "two projects of one group") for group in twice.unique()]
    first, last = start_bounds(chosen, inputs.years)
    outside = chosen.index[(start < first) | (start > last)]
    wrong += [(name, "starts or opens outside the plan") for name in outside]
    wrong += [
        (pin.project, "does not start when the scenario says")
        for pin in required_starts(scenario)
        if starts.get(pin.project) != pin.year
    ]
    wrong += [
        (name, "is banned by the scenario" if name in scenario.banned else "not on offer")
        for name in starts
        if name not in chosen.index
    ]
    return [Problem(rule=rule, mend=MEND, file="results/decisions", value=str(name)) for name, rule in wrong]


def _floors(inputs: Inputs, plan: Plan) -> list[Problem]:
    """The scenario's floors hold with what the starts deliver."""
    return [
        Problem(
            rule=f"the floor is missed by {short:.2f} persons in {year}",
            mend=MEND,
            file="results/promise",
            column=f"floors[{number}]",
            value=unit,
        )
        for number, unit, year, short in missed_floors(inputs, plan.served, starts=plan.starts)
        if short > STOCK_TOLERANCE
    ]


def _goals(inputs: Inputs, plan: Plan) -> list[Problem]:
    """Bounds of measures hold, and no county is worse than without a plan."""
    return [
        Problem(
            rule=f"it is missed by {short:.6g}",
            mend=MEND,
            file="results/promise",
            column=name.split(" ")[0],
            value=name,
        )
        for name, short in missed_goals(inputs, plan.starts).items()
    ]
