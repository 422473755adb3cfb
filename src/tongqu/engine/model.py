"""The joint plan as a mixed-integer program: order of projects, accounts, limits, floors and pins."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import FOREVER
from tongqu.engine.financing import UNIT_WAN, account_rows, limit_of
from tongqu.engine.inputs import Inputs, check_pins, start_bounds
from tongqu.engine.lp import Program, Terms
from tongqu.engine.objective import add_objective
from tongqu.engine.services import add_services
from tongqu.engine.terms import NONE, Ints, Model, entry_terms

__all__ = ["build", "start_variables"]

STOCK_UNIT: Final = 100.0
"""Land and staff are counted in hundreds, so that coefficients are near 1."""


def build(inputs: Inputs) -> Model:
    """Build the program of a scenario."""
    program = Program()
    model = Model(program, inputs, start_variables(program, inputs))
    _order(model)
    _accounts(model)
    _stock_limits(model)
    add_services(model)
    _floors(model)
    _pins(model)
    add_objective(model)
    return model


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


def _order(model: Model) -> None:
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


def _accounts(model: Model) -> None:
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
    model.limits[f"running {county}"] = "running"


def _stock_limits(model: Model) -> None:
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


def _floors(model: Model) -> None:
    """Least share of the demand that is met, from a year on."""
    inputs = model.inputs
    known = {credit["service"].iloc[0]: credit for credit in model.credits if len(credit)}
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
        for county in [floor.county] if floor.county else inputs.counties:
            _floor(model, known.get(floor.service), county=str(county), number=number)


def _floor(model: Model, credit: pd.DataFrame | None, *, county: str, number: int) -> None:
    inputs, floor = model.inputs, model.inputs.scenario.floors[number]
    home = inputs.region.county_of(inputs.states[0][f"demand.{floor.service}"].index) == county
    lacking = {}
    for position, state in enumerate(inputs.states):
        demand, served = (state[f"{group}.{floor.service}"][home].sum() for group in ("demand", "served"))
        if state.year >= floor.year and floor.share * demand > served:
            lacking[position] = floor.share * demand - served
    if not lacking:
        return
    mine = credit[(credit["county"] == county) & credit["year"].isin(lacking)] if credit is not None else None
    row = pd.Series(np.arange(len(lacking)), index=list(lacking))
    terms = Terms.of([], [], [])
    if mine is not None and len(mine):
        terms = Terms.of(row.loc[mine["year"]].to_numpy(), mine["variable"], mine["people"])
    name = f"floor {number} {floor.service} {county}"
    # A row without terms would be refused; a variable fixed at 0 keeps it, so that the conflict names it.
    nothing = model.program.variables(f"nothing_{number}_{county}", 1, upper=0.0)
    anchors = Terms.of(np.arange(len(lacking)), np.repeat(nothing, len(lacking)), 1.0)
    model.program.rows(name, Terms.join([terms, anchors]), sense=">=", rhs=list(lacking.values()))
    model.limits[name] = "floor"


def _pins(model: Model) -> None:
    """Projects that the scenario starts in a given year."""
    check_pins(model.inputs.offer, model.inputs.scenario)
    for pin in model.inputs.scenario.pinned:
        row = int(model.positions(pd.Series([pin.project]))[0])
        position = pin.year - model.inputs.years[0]
        terms = [Terms.of([0], [model.started[row, position]], 1.0)]
        before = int(model.started[row, position - 1]) if position > 0 else NONE
        if before != NONE:
            terms.append(Terms.of([0], [before], -1.0))
        model.program.rows(f"pin {pin.project}", Terms.join(terms), sense="=", rhs=[1.0])
        model.limits[f"pin {pin.project}"] = "pin"
