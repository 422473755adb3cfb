"""How a chosen plan is paid: own room first, then grants and debt, with the least debt over the years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import FOREVER, ledger_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program, Terms

__all__ = ["ITEMS", "UNIT_WAN", "account_rows", "financing", "lasting_cost", "limit_of"]

ITEMS: Final = ("cash", "borrow", "repay", "debt", "grant")
"""Flows and stocks of a county that are chosen; the rest follows from the plan and the forecast."""

UNIT_WAN: Final = 1000.0
"""The program counts money in units of 1000 万元, so that its coefficients are near 1."""

SLACK_WAN: Final = 1.0
"""万元 by which the debt limit may be passed in financing: the tolerance that the plan was found with."""

GRANT_WEIGHT: Final = 1e-3
"""Weight of a grant against debt: granted money is spared, but never at the price of debt."""


def financing(inputs: Inputs, starts: pd.Series) -> pd.DataFrame:
    """Give the yearly accounts of a plan with the least sum of debt, then of grants.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment by project.

    Returns
    -------
    DataFrame
        ``unit, year, item, amount`` in 万元: capital, running, room, grant, borrow, repay, interest,
        cash, debt.

    Raises
    ------
    SolverError
        If the plan cannot be paid inside its limits.
    """
    years = np.arange(len(inputs.years))
    spent = ledger_of(inputs.offer.entries, inputs.years, starts=starts)
    spent = spent[spent["ledger"] == "money"].rename(columns={"key": "item"})
    program = Program()
    found: dict[str, Mapping[str, np.ndarray]] = {}
    for county in inputs.counties:
        cost = (
            spent[spent["unit"] == county]
            .groupby("year")["amount"]
            .sum()
            .reindex(inputs.years, fill_value=0.0)
        )
        found[county] = _county_rows(program, inputs, county, cost=cost, years=years)
        room = float(limit_of(inputs, "room").get((county, inputs.years[-1]), 0.0))
        program.rows(
            f"running {county}",
            Terms.of([0], found[county]["debt"][-1:], inputs.assume["rate.interest"]),
            sense="<=",
            rhs=[(room - lasting_cost(inputs, county, starts=starts) + SLACK_WAN) / UNIT_WAN],
        )
    pool = limit_of(inputs, "pool").groupby("year").sum().reindex(inputs.years, fill_value=0.0)
    grants = [numbers["grant"] for numbers in found.values()]
    program.rows(
        "pool",
        Terms.of(np.tile(years, len(grants)), np.concatenate(grants), 1.0),
        sense="<=",
        rhs=pool / UNIT_WAN,
    )
    debts = np.concatenate([numbers["debt"] for numbers in found.values()])
    program.maximise(
        np.concatenate([debts, *grants]),
        np.concatenate([-np.ones(len(debts)), np.full(len(grants) * len(years), -GRANT_WEIGHT)]),
    )
    solution = program.relaxed(exact=True)
    return _table(inputs, spent[["unit", "year", "item", "amount"]], found, values=solution.values)


def lasting_cost(inputs: Inputs, county: str, *, starts: pd.Series) -> float:
    """What the started projects of a county go on costing for good, 万元 a year."""
    entries = inputs.offer.entries
    mine = entries[
        (entries["ledger"] == "money") & (entries["unit"] == county) & (entries["until"] == FOREVER)
    ]
    return float(mine.loc[mine["project"].isin(starts.index), "amount"].sum())


def limit_of(inputs: Inputs, key: str) -> pd.Series:
    """A money limit, indexed by unit and year."""
    limits = inputs.offer.limits
    mine = limits[(limits["ledger"] == "money") & (limits["key"] == key)]
    return mine.set_index(["unit", "year"])["amount"]


def account_rows(
    program: Program,
    inputs: Inputs,
    county: str,
    *,
    spending: Terms,
    constant: np.ndarray | float,
    years: np.ndarray,
    slack_wan: float = 0.0,
) -> dict[str, np.ndarray]:
    """Add a county's balance, debt and debt limit.

    ``spending`` (in units of ``UNIT_WAN``) and ``constant`` (in 万元) are what the plan costs; ``slack_wan``
    is added to the debt limit.
    """
    at = pd.MultiIndex.from_product([[county], inputs.years])
    rate = inputs.assume["rate.interest"]
    made = {item: program.variables(f"{item}_{county}", len(years)) for item in ITEMS}
    balance = [
        spending,
        Terms.of(years, made["cash"], 1.0),
        Terms.of(years, made["borrow"], -1.0),
        Terms.of(years, made["repay"], 1.0),
        Terms.of(years, made["grant"], -1.0),
        Terms.of(years[1:], made["cash"][:-1], -1.0),
        Terms.of(years[1:], made["debt"][:-1], rate),
    ]
    room = limit_of(inputs, "room").reindex(at).fillna(0.0).to_numpy()
    program.rows(f"money {county}", Terms.join(balance), sense="=", rhs=(room - constant) / UNIT_WAN)
    roll = [
        Terms.of(years, made["debt"], 1.0),
        Terms.of(years, made["borrow"], -1.0),
        Terms.of(years, made["repay"], 1.0),
        Terms.of(years[1:], made["debt"][:-1], -1.0),
    ]
    program.rows(f"debt roll {county}", Terms.join(roll), sense="=", rhs=np.zeros(len(years)))
    program.rows(
        f"debt {county}",
        Terms.of(years, made["debt"], 1.0),
        sense="<=",
        rhs=(limit_of(inputs, "debt").reindex(at).fillna(0.0).to_numpy() + slack_wan) / UNIT_WAN,
    )
    return made


def _county_rows(
    program: Program, inputs: Inputs, county: str, *, cost: pd.Series, years: np.ndarray
) -> dict[str, np.ndarray]:
    spending = Terms.of([], [], [])
    return account_rows(
        program,
        inputs,
        county,
        spending=spending,
        constant=cost.to_numpy(),
        years=years,
        slack_wan=SLACK_WAN,
    )


def _table(
    inputs: Inputs, spent: pd.DataFrame, found: Mapping[str, Mapping[str, np.ndarray]], *, values: np.ndarray
) -> pd.DataFrame:
    room = limit_of(inputs, "room").rename("amount").reset_index().assign(item="room")
    parts = [spent, room[["unit", "year", "item", "amount"]]]
    rate = inputs.assume["rate.interest"]
    for county, numbers in found.items():
        flows = {item: np.round(np.maximum(values[numbers[item]], 0.0) * UNIT_WAN, 4) for item in ITEMS}
        flows["interest"] = np.concatenate([[0.0], flows["debt"][:-1]]) * rate
        parts += [
            pd.DataFrame({"unit": county, "year": list(inputs.years), "item": item, "amount": amount})
            for item, amount in flows.items()
        ]
    together = pd.concat(parts, ignore_index=True)
    return together.sort_values(["unit", "year", "item"], kind="stable", ignore_index=True)
