"""What one more unit of each limit would bring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tongqu.engine.goals import GOALS
from tongqu.engine.lp import Solution
from tongqu.engine.terms import Model

__all__ = ["prices_of"]


def prices_of(model: Model, relaxed: Solution) -> pd.DataFrame:
    """What one more unit of each limit of money, debt, land and staff adds to the goal, from the duals.

    Parameters
    ----------
    relaxed : Solution
        Relaxation of the model's program.
    """
    unit = "" if model.aim is None else model.aims[GOALS[model.inputs.scenario.objective]].unit
    columns = ["limit", "unit", "key", "year", "unit_of_measure", "price"]
    rows = []
    for one in model.priced:
        if one.family not in model.program.families:
            continue
        years = [one.years[position] for position in model.program.row_labels(one.family)]
        worth = np.abs(relaxed.duals[one.family]) / one.divisor
        measure = f"{unit}/{one.unit_of_measure}"
        rows += [
            (one.limit, one.unit, one.key, year, measure, price)
            for year, price in zip(years, worth, strict=True)
        ]
    table = pd.DataFrame(rows, columns=columns)
    table = table.groupby(columns[:-1], sort=True)["price"].sum().reset_index()
    return table[["limit", "unit", "key", "year", "price", "unit_of_measure"]]
