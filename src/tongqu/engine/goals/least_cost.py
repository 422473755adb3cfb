"""Cost: present value of what the plan pays over its years."""

from __future__ import annotations

import numpy as np

from tongqu.engine.terms import Aim, Floats, Model, entry_terms

__all__ = ["less_cost"]


def less_cost(model: Model) -> Aim:
    """The negative of capital and running cost, in 万元 of the first year; income counts against cost.

    Cost after the last year is not in it; that it can be paid is a limit of its own.
    """
    inputs = model.inputs
    money = inputs.offer.entries[inputs.offer.entries["ledger"] == "money"]
    terms = entry_terms(model, money)
    factor = (1 + inputs.scenario.discount) ** -terms["year"].to_numpy(dtype=np.float64)
    variable = terms["variable"].to_numpy(dtype=np.int64)
    numbers, place = np.unique(variable, return_inverse=True)
    amount: Floats = np.bincount(place, weights=terms["amount"].to_numpy(dtype=np.float64) * factor).astype(
        np.float64
    )
    return Aim("cost", numbers, -amount[: len(numbers)], unit="万元", sense=-1)
