"""What starts deliver by the ledgers: people served, U, R and D, every measure, and what they miss.

The promise of a plan is this, whoever found the starts: the optimiser's answer is read back through it, and
so is a stored plan that is verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import remember
from tongqu.contracts.scenario import Measure
from tongqu.engine.coordinate import mean_log
from tongqu.engine.goals import (
    add_bounds,
    add_nobody_worse,
    add_subindices,
    aim_of,
    coverage,
    missed,
    promised_subindex,
    villages_of,
    worst_mean,
)
from tongqu.engine.inputs import Inputs, service_sums
from tongqu.engine.lp import Program
from tongqu.engine.model import add_floors, start_variables
from tongqu.engine.services import add_services
from tongqu.engine.terms import Floats, Model

__all__ = [
    "UNITS",
    "Promise",
    "baseline_measures",
    "delivered",
    "measures_of",
    "missed_floors",
    "missed_goals",
    "promise_of",
]

UNITS: Final[Mapping[Measure, str]] = {
    "coordination": "log D",
    "coverage": "share",
    "worst-off": "share",
    "cost": "万元",
}
"""Units of measure of the measures."""


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
    return delivered(inputs, starts)[0]


def _promised(model: Model) -> Promise:
    add_subindices(model)
    program = model.program
    # Credits of different services, counties and years bound one another in no row once the starts are
    # fixed, so the greatest sum is the greatest of each.
    served = [credit["variable"].to_numpy(dtype=np.int64) for credit in model.credits]
    people = [credit["people"].to_numpy(dtype=np.float64) for credit in model.credits]
    index = program.numbers("U")
    program.maximise(np.concatenate([*served, index]), np.concatenate([*people, np.ones(len(index))]))
    values = program.relaxed(exact=True).values
    return Promise(_indices(model, values), _served(model, values))


@remember(2)
def delivered(inputs: Inputs, starts: pd.Series) -> tuple[Promise, pd.Series]:
    """Give what the starts deliver and every measure of it: see `promise_of` and `measures_of`.

    The last answers are kept: a plan is read back, checked and held against the rules one after the other.
    """
    model = _fixed(inputs, starts)
    promise = _promised(model)
    return promise, _measured(model, starts, promise=promise)


def missed_goals(inputs: Inputs, starts: pd.Series) -> dict[str, float]:
    """Bounds of measures, and subindices without a plan, that the starts miss: the limit and by how much.

    The names are those of the program: ``bound N measure`` and ``worse U county``.
    """
    model = _fixed(inputs, starts)
    add_subindices(model)
    add_nobody_worse(model)
    add_bounds(model)
    if not model.limits:
        return {}
    promise, measures = delivered(inputs, starts)
    found = missed(model, promise.indices, measures=measures)
    return {name: float(short.max()) for name, short in found.items()}


def _fixed(inputs: Inputs, starts: pd.Series) -> Model:
    """The program of the services with given starts."""
    program = Program()
    model = Model(program, inputs, start_variables(program, inputs, starts=starts))
    add_services(model)
    return model


def measures_of(inputs: Inputs, starts: pd.Series) -> pd.Series:
    """Every measure of what the starts deliver, in its own unit, indexed by measure.

    Who is placed in rooms is open as long as most are placed. Each measure is the greatest that placing
    allows, and one way of placing reaches all of them: any way can be completed to one that places most
    without taking anybody out (people who can be placed together form a polymatroid).
    """
    return delivered(inputs, starts)[1]


def _measured(model: Model, starts: pd.Series, *, promise: Promise) -> pd.Series:
    inputs = model.inputs
    aim = aim_of(model, "worst-off")
    model.program.maximise(aim.variable, aim.weight)
    worst = aim.at(model.program.relaxed(exact=True).values)
    cost = aim_of(model, "cost")
    return pd.Series(
        {
            "coordination": mean_log(promise.indices, inputs.weights),
            "coverage": coverage(inputs, served=promise.served),
            "worst-off": worst,
            "cost": 0.0 - cost.at(_values(model, starts)),
        },
        name="value",
    ).rename_axis("measure")


def baseline_measures(inputs: Inputs) -> pd.Series:
    """Every measure without a plan, as `measures_of` gives it."""
    bare = replace(inputs, states=inputs.base_states, indicators=inputs.baseline, refreshed=None)
    villages = villages_of(bare)
    return pd.Series(
        {
            "coordination": mean_log(bare.indicators.indices, inputs.weights),
            "coverage": coverage(bare),
            "worst-off": worst_mean(villages.people, villages.base, tail=inputs.scenario.goal.worst_share),
            "cost": 0.0,
        },
        name="value",
    ).rename_axis("measure")


def missed_floors(
    inputs: Inputs, served: pd.DataFrame, *, starts: pd.Series | None = None
) -> list[tuple[int, str, int, float]]:
    """Floors of the scenario that are missed: number of the floor, county or town, year, persons short.

    Parameters
    ----------
    served : DataFrame
        People newly served, as in ``Promise``.
    starts : Series of int, optional
        The starts that deliver it; floors of towns are looked at only if they are given.
    """
    keys = ["unit", "year", "service"]
    sums = (
        service_sums(inputs.region, inputs.states).merge(served, on=keys, how="left").fillna({"added": 0.0})
    )
    missed = []
    for number, floor in enumerate(inputs.scenario.floors):
        if floor.town:
            continue
        mine = sums[(sums["service"] == floor.service) & (sums["year"] >= floor.year)]
        mine = mine[mine["unit"] == floor.county] if floor.county else mine
        short = floor.share * mine["demand"] - mine["served"] - mine["added"]
        rows = zip(mine["unit"], mine["year"], short, strict=True)
        missed += [(number, str(unit), int(year), float(lack)) for unit, year, lack in rows if lack > 0]
    towns = any(floor.town for floor in inputs.scenario.floors)
    return missed if starts is None or not towns else [*missed, *_missed_in_towns(inputs, starts)]


def _missed_in_towns(inputs: Inputs, starts: pd.Series) -> list[tuple[int, str, int, float]]:
    """Persons short in towns, in the worst year of each floor, if people are placed for the floors' sake."""
    model = _fixed(inputs, starts)
    add_floors(model, most_short=np.inf)
    names = [name for name, kind in model.limits.items() if kind == "floor"]
    if not names:
        return []
    words = [name.split(" ") for name in names]
    numbers = np.concatenate([model.program.numbers(f"nothing_{word[1]}_{word[-1]}") for word in words])
    model.program.maximise(numbers, -np.ones(len(numbers)))
    short = model.program.relaxed(exact=True).values[numbers]
    floors = inputs.scenario.floors
    return [
        (int(word[1]), word[-1], floors[int(word[1])].year, float(lack))
        for word, lack in zip(words, short, strict=True)
        if lack > 0 and floors[int(word[1])].town
    ]


def _values(model: Model, starts: pd.Series) -> Floats:
    """Values of the variables that say what has started; 0 for every other."""
    values = np.zeros(model.program.size[1])
    begins = model.inputs.offer.projects["project"].map(starts).to_numpy(dtype=np.float64)
    on = np.asarray(model.inputs.years) >= begins[:, None]
    there = model.started >= 0
    values[model.started[there]] = on[there]
    return values


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
