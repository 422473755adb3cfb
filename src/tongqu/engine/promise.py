"""What starts deliver by the ledgers: people served, U, R and D, and the floors that they miss.

The promise of a plan is this, whoever found the starts: the optimiser's answer is read back through it, and
so is a stored plan that is verified.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.engine.inputs import Inputs, service_sums
from tongqu.engine.lp import Program
from tongqu.engine.model import start_variables
from tongqu.engine.objective import add_objective, promised_subindex
from tongqu.engine.services import add_services
from tongqu.engine.terms import Floats, Model

__all__ = ["Promise", "missed_floors", "promise_of"]


@dataclass(frozen=True)
class Promise:
    """What starts deliver.

    Parameters
    ----------
    indices : DataFrame
        Subindices ``U, R, D`` by unit and year, with the true logarithm's arguments: nothing is approximated.
    served : DataFrame
        People newly served: ``unit, year, service, added``, summed by county.
    """

    indices: pd.DataFrame
    served: pd.DataFrame


def promise_of(inputs: Inputs, starts: pd.Series) -> Promise:
    """Give what the starts deliver: the most people that open projects credit and have room for.

    Money, land, staff and order play no part: whether the starts keep their limits is checked elsewhere.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment, indexed by project.
    """
    program = Program()
    model = Model(program, inputs, start_variables(program, inputs, starts=starts))
    add_services(model)
    add_objective(model)
    # Credits of different services, counties and years bound one another in no row once the starts are
    # fixed, so the greatest sum is the greatest of each.
    served = [credit["variable"].to_numpy(dtype=np.int64) for credit in model.credits]
    people = [credit["people"].to_numpy(dtype=np.float64) for credit in model.credits]
    index = program.numbers("U")
    program.maximise(np.concatenate([*served, index]), np.concatenate([*people, np.ones(len(index))]))
    values = program.relaxed(exact=True).values
    return Promise(_indices(model, values), _served(model, values))


def missed_floors(inputs: Inputs, served: pd.DataFrame) -> list[tuple[int, str, int, float]]:
    """Floors of the scenario that are missed: number of the floor, county, year, persons short.

    Parameters
    ----------
    served : DataFrame
        People newly served, as in ``Promise``.
    """
    keys = ["unit", "year", "service"]
    sums = (
        service_sums(inputs.region, inputs.states).merge(served, on=keys, how="left").fillna({"added": 0.0})
    )
    missed = []
    for number, floor in enumerate(inputs.scenario.floors):
        mine = sums[(sums["service"] == floor.service) & (sums["year"] >= floor.year)]
        mine = mine[mine["unit"] == floor.county] if floor.county else mine
        short = floor.share * mine["demand"] - mine["served"] - mine["added"]
        rows = zip(mine["unit"], mine["year"], short, strict=True)
        missed += [(number, str(unit), int(year), float(lack)) for unit, year, lack in rows if lack > 0]
    return missed


def _indices(model: Model, values: Floats) -> pd.DataFrame:
    u, r = (np.clip(promised_subindex(model, symbol, values=values), 1e-6, 1.0) for symbol in ("U", "R"))
    return pd.DataFrame({"U": u, "R": r, "D": (u * r) ** 0.25}, index=model.inputs.weights.index)


def _served(model: Model, values: Floats) -> pd.DataFrame:
    years = np.asarray(model.inputs.years)
    parts = [
        pd.DataFrame(
            {
                "unit": credit["county"].to_numpy(),
                "year": years[credit["year"].to_numpy(dtype=int)],
                "service": credit["service"].to_numpy(),
                "added": values[credit["variable"].to_numpy(dtype=int)] * credit["people"].to_numpy(),
            }
        )
        for credit in model.credits
        if len(credit)
    ]
    if not parts:
        kinds = {"unit": "str", "year": "int64", "service": "str", "added": "float64"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    together = pd.concat(parts, ignore_index=True)
    return together.groupby(["unit", "year", "service"], sort=True)["added"].sum().reset_index()
