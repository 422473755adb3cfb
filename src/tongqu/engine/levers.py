"""By how much each limit of a scenario can give way: a lever on its rows, in the limit's own unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Relaxation
from tongqu.contracts import Scenario
from tongqu.contracts.offer import LIMIT_COLUMNS
from tongqu.data import Level
from tongqu.engine.financing import UNIT_WAN
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Numbers
from tongqu.engine.terms import Floats, Ints, Model

__all__ = ["FLOWS", "Lever", "levers_of", "relaxed_inputs", "row_years"]

STOCKS: Final = ("land", "staff")
FLOWS: Final = ("money", "pool", "running")
"""Limits that are there anew each year; of the others, more in one year is more in all that follow."""

MONEY: Final = ("money", "debt", "pool", "running")


@dataclass(frozen=True)
class Lever:
    """Rows of a limit that give way together, and by how much for one unit of the limit.

    Parameters
    ----------
    family : str
        Name of the limit in the model; of a floor, the name without the place.
    kind, unit, key : str
        Kind of the limit, place, and what it is about.
    year : int or None
        The year that gives way; None where all years of the limit do, and for a pin.
    rows : array of int
        Numbers of the rows in the program.
    slack : array
        Added to the left side of each row for one unit more of the limit.
    size : float
        The limit as it is, in its unit; what a relaxation is compared with.
    most : float
        The most that it can give way, in its unit.
    """

    family: str
    kind: str
    unit: str
    key: str
    year: int | None
    rows: Ints
    slack: Floats
    size: float
    most: float
    unit_of_measure: str

    @property
    def step(self) -> float:
        """What counts as giving way by the whole limit; one unit for a limit of 0."""
        return abs(self.size) or 1.0


def levers_of(model: Model) -> list[Lever]:
    """Give levers of all limits: of money for each year and for all years, of any other limit one."""
    numbers = model.program.arrays()
    floors: dict[int, list[str]] = {}
    found: list[Lever] = []
    for name, kind in model.limits.items():
        if name not in model.program.families:
            continue
        if kind == "floor":
            floors.setdefault(int(name.split(" ")[1]), []).append(name)
        elif kind == "pin":
            found.append(_pin(model, name))
        elif kind == "bound":
            found.append(_bound(model, name))
        elif kind == "worse":
            found.append(_worse(model, name, numbers))
        else:
            found += _of_family(model, name, kind, numbers)
    return found + [_floor(model, number, names) for number, names in floors.items()]


def row_years(model: Model, name: str) -> list[int | None]:
    """Year of each row of a limit; None where a row is about no single year."""
    kind, years = model.limits[name], model.inputs.years
    labels = model.program.row_labels(name)
    if kind == "floor":
        number, place = int(name.split(" ")[1]), name.split(" ")[-1]
        lacking = list(_demand(model, number, place))
        return [lacking[label] for label in labels]
    if kind == "worse":
        return [year for _, year in _cells(model, name)]
    if kind == "running":
        return [years[-1]]
    if kind in ("pin", "bound"):
        return [None for _ in labels]
    return [years[label] for label in labels]


def relaxed_inputs(inputs: Inputs, relaxation: Relaxation) -> Inputs:
    """Give the inputs with a limit relaxed as said: the plan that was impossible is possible with them.

    A limit that no county's U or R may fall is dropped for all, since a scenario has no other word for it.
    """
    kind = relaxation.kind
    if kind in (*MONEY, *STOCKS):
        return replace(inputs, offer=replace(inputs.offer, limits=_raised(inputs, relaxation)))
    return replace(inputs, scenario=_changed(inputs.scenario, relaxation))


def _of_family(model: Model, name: str, kind: str, numbers: Numbers) -> Iterator[Lever]:
    """Levers of a limit of money, debt, land or staff: of all years together, and of flows each year too."""
    priced = {one.family: one for one in model.priced}
    words = name.split(" ")
    divisor, unit_of_measure = UNIT_WAN, "万元"
    if kind in STOCKS:
        divisor, unit_of_measure = priced[name].divisor, priced[name].unit_of_measure
    unit = _city(model.inputs) if kind == "pool" else words[-1]
    key = words[1] if kind in STOCKS else {"money": "room", "running": "room"}.get(kind, kind)

    def lever(year: int | None, rows: Ints, size: float) -> Lever:
        slack = np.full(len(rows), -1.0 / divisor)
        return Lever(name, kind, unit, key, year, rows, slack, size, np.inf, unit_of_measure)

    own = model.program.row_numbers(name)
    sizes = numbers.row_upper[own] * divisor
    if kind in FLOWS:
        for row, size, year in zip(own, sizes, row_years(model, name), strict=True):
            last = year == model.inputs.years[-1]
            rows = np.concatenate([[row], _same_room(model, unit, kind=kind) if last else []])
            yield lever(year, rows.astype(np.int64), float(size))
    if kind != "running":
        yield lever(None, np.concatenate([own, _same_room(model, unit, kind=kind)]), float(sizes.mean()))


def _same_room(model: Model, unit: str, *, kind: str) -> Ints:
    """The other row in which the last year's money stands: it also bounds what goes on costing."""
    other = {"money": f"running {unit}", "running": f"money {unit}"}.get(kind, "")
    if other not in model.program.families:
        return np.empty(0, dtype=np.int64)
    return model.program.row_numbers(other)[-1:]


def _worse(model: Model, name: str, numbers: Numbers) -> Lever:
    _, symbol, unit = name.split(" ")
    rows = model.program.row_numbers(name)
    size = float(numbers.row_lower[rows].mean())
    return Lever(name, "worse", unit, symbol, None, rows, np.ones(len(rows)), size, np.inf, "index")


def _pin(model: Model, name: str) -> Lever:
    """A pin has given way wholly or not at all; which later year would do is tried out."""
    rows = model.program.row_numbers(name)
    return Lever(name, "pin", "", name.removeprefix("pin "), None, rows, np.ones(1), 1.0, 1.0, "years")


def _bound(model: Model, name: str) -> Lever:
    number, measure = int(name.split(" ")[1]), name.split(" ")[2]
    bound, aim = model.inputs.scenario.bounds[number], model.aims[measure]
    size = bound.least if aim.sense > 0 else bound.most
    scale = max(1.0, float(np.abs(aim.weight).max(initial=0.0)))
    rows = model.program.row_numbers(name)
    return Lever(
        name, "bound", "", measure, None, rows, np.array([1.0 / scale]), float(size or 0.0), np.inf, aim.unit
    )


def _floor(model: Model, number: int, names: list[str]) -> Lever:
    """A floor gives way in all its places and years together, by its share of the demand."""
    floor = model.inputs.scenario.floors[number]
    rows, slack = [], []
    for name in names:
        demand = list(_demand(model, number, name.split(" ")[-1]).values())
        rows.append(model.program.row_numbers(name))
        slack.append(np.array([demand[label] for label in model.program.row_labels(name)]))
    return Lever(
        f"floor {number} {floor.service}",
        "floor",
        floor.town or floor.county,
        floor.service,
        None,
        np.concatenate(rows),
        np.concatenate(slack),
        floor.share,
        floor.share,
        "share",
    )


def _demand(model: Model, number: int, place: str) -> dict[int, float]:
    """Demand in the years in which a floor is not met without a plan, in the order of the floor's rows."""
    inputs, floor = model.inputs, model.inputs.scenario.floors[number]
    asked = inputs.states[0][f"demand.{floor.service}"].index
    level: Level = "town" if floor.town else "county"
    home = (inputs.region.ancestor(asked, level=level) == place).to_numpy()
    found = {}
    for state in inputs.states:
        demand, served = (
            float(state[f"{group}.{floor.service}"][home].sum()) for group in ("demand", "served")
        )
        if state.year >= floor.year and floor.share * demand > served:
            found[state.year] = demand
    return found


def _cells(model: Model, name: str) -> list[tuple[str, int]]:
    """County and year of each row that keeps a subindex from falling: the variable of the row says it."""
    symbol = name.split(" ")[1]
    table = model.program.arrays().table
    place = {int(variable): cell for cell, variable in enumerate(model.indices[symbol])}
    cells = model.inputs.weights.index
    found = []
    for row in model.program.row_numbers(name):
        inside = table.indices[table.indptr[row] : table.indptr[row + 1]]
        found.append(next(cells[place[int(each)]] for each in inside if int(each) in place))
    return [(str(unit), int(year)) for unit, year in found]


def _city(inputs: Inputs) -> str:
    limits = inputs.offer.limits
    pool = limits[(limits["ledger"] == "money") & (limits["key"] == "pool")]
    return str(pool["unit"].iloc[0]) if len(pool) else str(inputs.region.level("city").index[0])


def _raised(inputs: Inputs, relaxation: Relaxation) -> pd.DataFrame:
    """Limits of the offer with one of them raised."""
    limits = inputs.offer.limits
    ledger = "money" if relaxation.kind in MONEY else relaxation.kind
    years = inputs.years if relaxation.year is None else (relaxation.year,)
    rows = [(ledger, relaxation.unit, relaxation.key, year, relaxation.amount) for year in years]
    more = pd.DataFrame(rows, columns=list(LIMIT_COLUMNS)).astype(dict(LIMIT_COLUMNS))
    keys = list(LIMIT_COLUMNS)[:-1]
    together = pd.concat([limits, more], ignore_index=True)
    return together.groupby(keys, sort=False)["amount"].sum().reset_index()


def _changed(scenario: Scenario, relaxation: Relaxation) -> Scenario:
    """The scenario with a floor lowered, a pin moved or dropped, a bound moved."""
    amount = relaxation.amount
    if relaxation.kind == "worse":
        return scenario.model_copy(update={"nobody_worse": False})
    if relaxation.kind == "pin":
        pins = [pin for pin in scenario.pinned if pin.project != relaxation.key]
        if relaxation.year is not None:
            moved = next(pin for pin in scenario.pinned if pin.project == relaxation.key)
            pins.append(moved.model_copy(update={"year": relaxation.year}))
        return scenario.model_copy(update={"pinned": tuple(pins)})
    number = relaxation.number
    if relaxation.kind == "floor":
        floors = list(scenario.floors)
        share = max(floors[number].share - amount, 0.0)
        floors[number] = floors[number].model_copy(update={"share": share})
        return scenario.model_copy(update={"floors": tuple(floors)})
    bounds = list(scenario.bounds)
    bound = bounds[number]
    if bound.least is not None and bound.measure != "cost":
        bounds[number] = bound.model_copy(update={"least": bound.least - amount})
    elif bound.most is not None:
        bounds[number] = bound.model_copy(update={"most": bound.most + amount})
    return scenario.model_copy(update={"bounds": tuple(bounds)})
