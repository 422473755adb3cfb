"""The price of changing what an earlier plan promised, as part of the objective.

A promise counts by its share of the capital of all promises. A project that starts when promised, or before,
keeps the whole of it; each year of delay loses an equal part, and one that never starts loses all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tongqu.contracts import Scenario
from tongqu.engine.inputs import Inputs
from tongqu.engine.terms import NONE, Aim, Model

__all__ = ["keeping_aim", "keeping_loss", "promises_lost"]


def keeping_aim(model: Model) -> Aim | None:
    """What is lost by changed promises, negative, in the unit of the goal; None where nothing is priced.

    A promise of ``p`` is worth ``sum(started[t] for t >= p) / (years from p on)`` of itself.
    """
    inputs = model.inputs
    price, shares = inputs.scenario.keeping.price, _shares(inputs.offer.projects, inputs.scenario)
    if price == 0 or shares.empty:
        return None
    years = np.asarray(inputs.years)
    row = model.positions(shares["project"])
    left = (years[None, :] >= shares["year"].to_numpy()[:, None]) & (row >= 0)[:, None]
    weight = price * shares["share"].to_numpy() / shares["left"].to_numpy()
    number = model.started[row]
    used = left & (number != NONE)
    promise, _ = np.nonzero(used)
    # After the last year in which a project may start, one variable stands for all years.
    variable, place = np.unique(number[used], return_inverse=True)
    worth = np.zeros(len(variable))
    np.add.at(worth, place, weight[promise])
    return Aim("keeping", variable, worth, constant=-price * float(shares["share"].sum()))


def keeping_loss(inputs: Inputs, starts: pd.Series) -> float:
    """What starts lose by promises that they change, in the unit of the goal."""
    return float(promises_lost(inputs.offer.projects, inputs.scenario, starts=starts)["loss"].sum())


def promises_lost(projects: pd.DataFrame, scenario: Scenario, *, starts: pd.Series) -> pd.DataFrame:
    """Each promise with what is left of it.

    Parameters
    ----------
    projects : DataFrame
        Projects on offer, ``project, capital_wan``.
    starts : Series of int
        Year of the first payment, indexed by project.

    Returns
    -------
    DataFrame
        Columns ``project, year, share, kept, loss``: its share of the capital, the kept part in [0, 1], and
        what is lost in the unit of the goal.
    """
    shares = _shares(projects, scenario)
    start = shares["project"].map(starts).to_numpy(dtype=np.float64)  # NaN if it is not started
    late = np.clip(start - shares["year"].to_numpy(), 0.0, None) / shares["left"].to_numpy()
    kept = np.where(np.isnan(start), 0.0, 1.0 - np.minimum(late, 1.0))
    loss = scenario.keeping.price * shares["share"] * (1.0 - kept)
    return shares[["project", "year", "share"]].assign(kept=kept, loss=loss)


def _shares(projects: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Promises of projects on offer: ``project, year, share`` of the capital, ``left`` years from it on.

    A promise of what is not on offer, or of a year after the plan, is lost whatever is chosen: it counts for
    nothing.
    """
    rows = [(one.project, one.year) for one in scenario.keeping.promises]
    table = pd.DataFrame(rows, columns=["project", "year"]).astype({"project": "str", "year": "int64"})
    capital = projects.set_index("project")["capital_wan"]
    known = table["project"].isin(capital.index) & (table["year"] <= scenario.last_year)
    table = table[known].drop_duplicates("project").reset_index(drop=True)
    cost = table["project"].map(capital).to_numpy(dtype=np.float64).clip(min=0.0)
    total = cost.sum()
    share = cost / total if total > 0 else np.full(len(table), 1.0 / max(len(table), 1))
    first = table["year"].clip(lower=scenario.first_year)
    return table.assign(year=first, share=share, left=scenario.last_year - first + 1)
