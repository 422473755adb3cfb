"""The joint plan as a mixed-integer program: order of projects, accounts, limits, floors and pins.

`build` adds the families of rows one after another; each of them can be added to another program alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import FOREVER, Floor
from tongqu.data import Level
from tongqu.engine.financing import UNIT_WAN, account_rows, limit_of
from tongqu.engine.goals import Stage, add_bounds, add_nobody_worse, check_goal, stages_of, with_extras
from tongqu.engine.inputs import Inputs, check_pins, start_bounds
from tongqu.engine.lp import Program, Terms
from tongqu.engine.orders import required_starts
from tongqu.engine.services import add_services
from tongqu.engine.terms import NONE, Aim, Floats, Ints, Model, Priced, entry_terms

__all__ = [
    "ROWS",
    "add_accounts",
    "add_floors",
    "add_order",
    "add_pins",
    "add_stock_limits",
    "aim_at",
    "build",
    "start_variables",
]

STOCK_UNIT: Final = 100.0
"""Land and staff are counted in hundreds, so that coefficients are near 1."""

STOCK_MEASURES: Final = {"land": "mu", "staff": "persons"}
"""Units of measure of the ledgers of stocks that limits bound."""


def build(
    inputs: Inputs,
    *,
    goal: Stage | None = None,
    rows: Sequence[Callable[[Model], None]] = (),
    tighter: Mapping[str, Floats] | None = None,
) -> Model:
    """Build the program of a scenario.

    Parameters
    ----------
    goal : callable, optional
        Gives what is maximised; the first aim of the scenario's objective unless given.
    rows : sequence of callable
        Add families of rows after those of every plan.
    tighter : mapping of str to array, optional
        See ``Model.tighter``.

    Raises
    ------
    ScenarioError
        If the objective, its weights, bounds or floors cannot be meant.
    """
    check_goal(inputs)
    program = Program()
    model = Model(program, inputs, start_variables(program, inputs), tighter=tighter or {})
    for add in (*ROWS, *rows):
        add(model)
    aim_at(model, (goal or stages_of(inputs)[0])(model))
    return model


def aim_at(model: Model, aim: Aim) -> None:
    """Let a program maximise an aim, with what else counts in the objective."""
    model.aim = with_extras(model, aim)
    model.program.maximise(model.aim.variable, model.aim.weight)


def start_variables(program: Program, inputs: Inputs, *, starts: pd.Series | None = None) -> Ints:
    """Add the variables "started by this year"; give their numbers, shape (projects, years).

    Parameters
    ----------
    starts : Series of int, optional
        Starts that are given: the variables are fixed to what they say.
    """
    projects, years = inputs.offer.projects, np.asarray(inputs.years)
    first, last = (bound - years[0] for bound in start_bounds(projects, inputs.years))
    column = np.arange(len(years))
    own = (column >= first[:, None]) & (column <= last[:, None])
    if starts is None:
        numbers = program.variables("started", int(own.sum()), binary=True)
    else:
        begins = projects["project"].map(starts).to_numpy(dtype=np.float64)  # NaN if not started
        fixed = (years >= begins[:, None]).astype(np.float64)[own]
        numbers = program.variables("started", len(fixed), lower=fixed, upper=fixed)
    started = np.full(own.shape, NONE, dtype=np.int64)
    started[own] = numbers
    able = last >= first
    after = (column > last[:, None]) & able[:, None]
    rows = np.nonzero(after)[0]
    started[after] = started[rows, last[rows]]
    return started


def add_order(model: Model) -> None:
    """Started stays started; required projects open no later; one project of a group."""
    now, then = model.started[:, :-1].ravel(), model.started[:, 1:].ravel()
    step = (now != NONE) & (now != then)
    rows = np.arange(int(step.sum()))
    model.program.rows(
        "stays",
        Terms.join([Terms.of(rows, now[step], 1.0), Terms.of(rows, then[step], -1.0)]),
        sense="<=",
        rhs=np.zeros(len(rows)),
    )
    _requirements(model)
    _groups(model)


def _requirements(model: Model) -> None:
    projects = model.inputs.offer.projects
    needed = model.positions(projects["requires"])
    needy = np.flatnonzero(needed >= 0)
    if needy.size == 0:
        return
    years = np.arange(len(model.inputs.years))
    mine, when = np.repeat(needy, len(years)), np.tile(years, len(needy))
    own, need = model.opened(mine, when), model.opened(needed[mine], when)
    kept = own != NONE
    rows = np.arange(int(kept.sum()))
    has = need[kept] != NONE
    terms = [Terms.of(rows, own[kept], 1.0), Terms.of(rows[has], need[kept][has], -1.0)]
    model.program.rows("requires", Terms.join(terms), sense="<=", rhs=np.zeros(len(rows)))


def _groups(model: Model) -> None:
    group = model.inputs.offer.projects["group"]
    member = np.flatnonzero((group != "").to_numpy())
    if member.size == 0:
        return
    row = pd.factorize(group.iloc[member])[0]
    last = model.started[member, -1]
    kept = last != NONE
    model.program.rows(
        "one of a group", Terms.of(row[kept], last[kept], 1.0), sense="<=", rhs=np.ones(int(row.max()) + 1)
    )


def add_accounts(model: Model) -> None:
    """Yearly accounts of each county: nothing is paid that is not there, and debt keeps its limit."""
    inputs, program = model.inputs, model.program
    years = np.arange(len(inputs.years))
    entries = inputs.offer.entries
    money = entries[entries["ledger"] == "money"]
    terms = entry_terms(model, money)
    terms["unit"] = money["unit"].to_numpy()[terms["entry"]]
    room = limit_of(inputs, "room")
    grants = []
    for county in inputs.counties:
        mine = terms[terms["unit"] == county]
        spending = Terms.of(mine["year"], mine["variable"], mine["amount"] / UNIT_WAN)
        made = account_rows(program, inputs, county, spending=spending, constant=0.0, years=years)
        grants.append(made["grant"])
        model.limits |= {f"money {county}": "money", f"debt {county}": "debt"}
        model.priced += [
            Priced(f"{limit} {county}", limit, county, key, inputs.years, UNIT_WAN, "万元")
            for limit, key in (("money", "room"), ("debt", "debt"))
        ]
        _lasting_cost(
            model,
            county,
            mine=money[money["unit"] == county],
            debt=int(made["debt"][-1]),
            room=float(room.get((county, inputs.years[-1]), 0.0)),
        )
    pool = limit_of(inputs, "pool").groupby("year").sum().reindex(inputs.years).fillna(0.0)
    together = np.concatenate(grants) if grants else np.empty(0, dtype=np.int64)
    program.rows(
        "pool", Terms.of(np.tile(years, len(grants)), together, 1.0), sense="<=", rhs=pool / UNIT_WAN
    )
    model.limits["pool"] = "pool"
    city = limit_of(inputs, "pool").index.get_level_values("unit")
    if len(city) and len(grants):
        model.priced.append(Priced("pool", "pool", str(city[0]), "pool", inputs.years, UNIT_WAN, "万元"))


def _lasting_cost(model: Model, county: str, *, mine: pd.DataFrame, debt: int, room: float) -> None:
    """What goes on costing after the last year, with interest, fits the last year's room."""
    lasting = mine[mine["until"] == FOREVER]
    variable = model.started[model.positions(lasting["project"]), -1]
    kept = variable != NONE
    terms = [
        Terms.of(np.zeros(int(kept.sum())), variable[kept], lasting["amount"].to_numpy()[kept] / UNIT_WAN),
        Terms.of([0], [debt], model.inputs.assume["rate.interest"]),
    ]
    model.program.rows(f"running {county}", Terms.join(terms), sense="<=", rhs=[room / UNIT_WAN])
    name, last = f"running {county}", model.inputs.years[-1:]
    model.limits[name] = "running"
    # The last year's room is on the right of this row too: one more 万元 of it is worth both prices.
    model.priced.append(Priced(name, "money", county, "room", last, UNIT_WAN, "万元"))


def add_stock_limits(model: Model) -> None:
    """Land taken and staff employed keep their limits in every county and year."""
    inputs = model.inputs
    entries = inputs.offer.entries
    for ledger in ("land", "staff"):
        mine = entries[entries["ledger"] == ledger]
        terms = entry_terms(model, mine)
        for name in ("unit", "key"):
            terms[name] = mine[name].to_numpy()[terms["entry"]]
        for (unit, key), part in terms.groupby(["unit", "key"], sort=True):
            limits = inputs.offer.limits
            limits = limits[(limits["ledger"] == ledger) & (limits["key"] == key)]
            limit = limits.set_index(["unit", "year"])["amount"]
            at = pd.MultiIndex.from_product([[unit], inputs.years])
            if not limit.index.isin(at).any():
                continue
            name = f"{ledger} {key} {unit}"
            model.program.rows(
                name,
                Terms.of(part["year"], part["variable"], part["amount"] / STOCK_UNIT),
                sense="<=",
                rhs=limit.reindex(at).fillna(0.0) / STOCK_UNIT,
            )
            model.limits[name] = ledger
            measure = STOCK_MEASURES[ledger]
            model.priced.append(Priced(name, ledger, str(unit), str(key), inputs.years, STOCK_UNIT, measure))


def add_floors(model: Model, *, most_short: float = 0.0) -> None:
    """Least share of the demand that is met, from a year on, in a town, a county or each county.

    Parameters
    ----------
    most_short : float
        Persons by which each floor may be missed.
    """
    inputs = model.inputs
    known = {str(credit["service"].iloc[0]): credit for credit in model.credits if len(credit)}
    for number, floor in enumerate(inputs.scenario.floors):
        if f"demand.{floor.service}" not in inputs.states[0]:
            raise ScenarioError(
                [
                    Problem(
                        rule="unknown service",
                        mend="use one of " + ", ".join(inputs.states[0].matching("demand")),
                        file="scenario",
                        column=f"floors[{number}].service",
                        value=floor.service,
                    )
                ]
            )
        credit = known.get(floor.service)
        if floor.town:
            credit = _in_town(model, credit, floor=floor)
        for place in [floor.town or floor.county] if floor.town or floor.county else inputs.counties:
            _floor(model, credit, place=str(place), number=number, most_short=most_short)


def _in_town(model: Model, credit: pd.DataFrame | None, *, floor: Floor) -> pd.DataFrame | None:
    """Credit with only the people of a town: its villages have the shares of their groups."""
    if credit is None:
        return None
    unmet = model.inputs.unmet(floor.service)
    unmet.columns = pd.RangeIndex(unmet.shape[1])
    group = model.members[floor.service]
    mine = group.index[(model.inputs.region.ancestor(group.index, level="town") == floor.town).to_numpy()]
    people = unmet.loc[mine].groupby(group[mine].to_numpy()).sum()
    held = credit["group"].isin(people.index)
    kept = credit[held]
    row, column = people.index.get_indexer(pd.Index(kept["group"])), kept["year"].to_numpy(dtype=np.int64)
    return kept.assign(people=people.to_numpy(dtype=np.float64)[row, column])


def _floor(model: Model, credit: pd.DataFrame | None, *, place: str, number: int, most_short: float) -> None:
    inputs, floor = model.inputs, model.inputs.scenario.floors[number]
    level: Level = "town" if floor.town else "county"
    asked = inputs.states[0][f"demand.{floor.service}"].index
    home = (inputs.region.ancestor(asked, level=level) == place).to_numpy()
    lacking = {}
    for position, state in enumerate(inputs.states):
        demand, served = (state[f"{group}.{floor.service}"][home].sum() for group in ("demand", "served"))
        if state.year >= floor.year and floor.share * demand > served:
            lacking[position] = floor.share * demand - served
    if not lacking:
        return
    mine = credit[credit["year"].isin(lacking)] if credit is not None else None
    if mine is not None and level == "county":
        mine = mine[mine["county"] == place]
    row = pd.Series(np.arange(len(lacking)), index=list(lacking))
    terms = Terms.of([], [], [])
    if mine is not None and len(mine):
        terms = Terms.of(row.loc[mine["year"]].to_numpy(), mine["variable"], mine["people"])
    name = f"floor {number} {floor.service} {place}"
    # A row without terms would be refused; a variable fixed at 0 keeps it, so that the conflict names it.
    nothing = model.program.variables(f"nothing_{number}_{place}", 1, upper=most_short)
    anchors = Terms.of(np.arange(len(lacking)), np.repeat(nothing, len(lacking)), 1.0)
    model.program.rows(name, Terms.join([terms, anchors]), sense=">=", rhs=list(lacking.values()))
    model.limits[name] = "floor"


def add_pins(model: Model) -> None:
    """Projects that the scenario starts in a given year, pinned or committed."""
    check_pins(model.inputs.offer, model.inputs.scenario)
    for pin in required_starts(model.inputs.scenario):
        row = int(model.positions(pd.Series([pin.project]))[0])
        position = pin.year - model.inputs.years[0]
        terms = [Terms.of([0], [model.started[row, position]], 1.0)]
        before = int(model.started[row, position - 1]) if position > 0 else NONE
        if before != NONE:
            terms.append(Terms.of([0], [before], -1.0))
        model.program.rows(f"pin {pin.project}", Terms.join(terms), sense="=", rhs=[1.0])
        model.limits[f"pin {pin.project}"] = "pin"


ROWS: Final[Sequence[Callable[[Model], None]]] = (
    add_order,
    add_accounts,
    add_stock_limits,
    add_services,
    add_floors,
    add_pins,
    add_nobody_worse,
    add_bounds,
)
"""Families of rows of every plan, in the order in which they are added."""
