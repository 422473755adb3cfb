"""The program against every combination of starts, evaluated in plain Python."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from small import TINY, short
from tongqu.contracts import Limits
from tongqu.data import load_region
from tongqu.engine.financing import financing
from tongqu.engine.inputs import Inputs, prepare
from tongqu.engine.lp import SolverError
from tongqu.engine.optimise import optimise
from tongqu.engine.registry import load_sectors

CASES = [
    (
        1.0,
        [
            "clinic:990101002002",
            "clinic:990102002002",
            "village_road:990101002002",
            "primary_school:990101002002",
        ],
    ),
    (
        0.4,
        ["village_road:990102002002", "township_branch:990102002002", "clinic:990102002002", "subcentre:h04"],
    ),
    (2.5, ["subcentre:h05", "hospital_block:h02:1", "hospital_block:h02:2", "township_branch:990102002001"]),
    (
        1.5,
        [
            "primary_school:990102002002",
            "junior_school:990102002002",
            "village_road:990102002002",
            "subcentre:h03",
        ],
    ),
]


@pytest.fixture(scope="module")
def region():
    return load_region(TINY)


def few(region, factor: float, names: list[str]) -> Inputs:
    scenario = short(limits=Limits(money_factor=factor, capital_share=0.06, city_pool_wan=150))
    inputs = prepare(region, load_sectors(), scenario=scenario)
    offer = inputs.offer.of(names)
    assert len(offer.projects) == len(names), sorted(inputs.offer.projects["project"])
    return replace(inputs, offer=offer)


@pytest.mark.parametrize(("factor", "names"), CASES)
def test_no_combination_of_starts_does_better(region, factor, names):
    inputs = few(region, factor, names)
    best, chosen, refused = -math.inf, None, 0
    options = [[None, *range(2026, 2028 - int(lead) + 1)] for lead in inputs.offer.projects["lead"]]
    for years in itertools.product(*options):
        pairs = zip(inputs.offer.projects["project"], years, strict=True)
        starts = {project: year for project, year in pairs if year is not None}
        value = objective(inputs, starts)
        if value <= best:
            continue
        if allowed(inputs, starts):
            best, chosen = value, starts
        else:
            refused += 1
    plan = optimise(inputs)
    assert refused > 0 or chosen, "no limit binds and nothing is built: the case decides nothing"
    assert plan.certificate.objective == pytest.approx(best, abs=2e-6), (chosen, dict(plan.starts))
    assert plan.certificate.bound >= best - 1e-9
    assert allowed(inputs, {str(k): int(v) for k, v in plan.starts.items()})


def opens(inputs: Inputs, starts: dict[str, int]) -> dict[str, int]:
    lead = inputs.offer.projects.set_index("project")["lead"]
    return {project: year + int(lead[project]) for project, year in starts.items()}


def allowed(inputs: Inputs, starts: dict[str, int]) -> bool:
    """Order, groups, land, staff, yearly money and lasting cost, one by one."""
    projects = inputs.offer.projects.set_index("project")
    opened = opens(inputs, starts)
    for project in starts:
        need = projects["requires"][project]
        if need in projects.index and opened.get(need, 9999) > opened[project]:
            return False
    groups = [projects["group"][project] for project in starts if projects["group"][project]]
    if len(groups) != len(set(groups)):
        return False
    entries = inputs.offer.entries.to_dict("records")
    limits = inputs.offer.limits.to_dict("records")
    for limit in limits:
        if limit["ledger"] not in ("land", "staff"):
            continue
        used = sum(
            amount(entry, starts, limit["year"])
            for entry in entries
            if (entry["ledger"], entry["unit"], entry["key"])
            == (limit["ledger"], limit["unit"], limit["key"])
        )
        if used > limit["amount"] + 1e-6:
            return False
    try:
        accounts = financing(inputs, pd.Series(starts, dtype="int64"))
    except SolverError:
        return False
    last = accounts[accounts["year"] == 2028].set_index(["unit", "item"])["amount"]
    for county in inputs.counties:
        lasting = sum(
            entry["amount"]
            for entry in entries
            if entry["ledger"] == "money"
            and entry["key"] == "running"
            and entry["unit"] == county
            and entry["project"] in starts
        )
        room = next(
            limit["amount"]
            for limit in limits
            if (limit["key"], limit["unit"], limit["year"]) == ("room", county, 2028)
        )
        if lasting + 0.03 * last[county, "debt"] > room + 1e-6:
            return False
    return True


def amount(entry: dict, starts: dict[str, int], year: int) -> float:
    if entry["project"] not in starts:
        return 0.0
    age = year - starts[entry["project"]]
    return entry["amount"] if age >= entry["since"] and (entry["until"] < 0 or age <= entry["until"]) else 0.0


def objective(inputs: Inputs, starts: dict[str, int]) -> float:
    """Weighted mean of log D, from the entries and the baseline alone."""
    table, total = inputs.indicators.table, 0.0
    county_of = inputs.region.county_of(inputs.states[0]["people.total"].index)
    for state in inputs.states:
        for county in inputs.counties:
            home = county_of.index[county_of == county]
            sides = {"urban": 0.0, "rural": 0.0}
            for name, row in table.iterrows():
                score = inputs.indicators.scores.loc[(county, state.year), name]
                if row["origin"] == "ledger":
                    value = inputs.indicators.values.loc[(county, state.year), name]
                    below = state[row["denominator"]]
                    below = below[below.index.isin([*home, county])].sum()
                    value += (
                        row["scale"] * gain(inputs, starts, state, row["numerator"], home, county) / below
                    )
                    score = min(1.0, (value - row["worst"]) / (row["target"] - row["worst"]))
                sides[row["side"]] += row["weight"] * score
            total += inputs.weights[county, state.year] * math.log(sides["urban"] * sides["rural"]) / 4
    return total


def gain(inputs: Inputs, starts: dict[str, int], state, numerator: str, home: pd.Index, county: str) -> float:
    group, _, key = numerator.partition(".")
    entries = inputs.offer.entries.to_dict("records")
    if group == "stock":
        return sum(
            amount(entry, starts, state.year)
            for entry in entries
            if (entry["ledger"], entry["key"], entry["unit"]) == ("stock", key, county)
        )
    unmet = (state[f"demand.{key}"] - state[f"served.{key}"])[home]
    opened = {project for project, year in opens(inputs, starts).items() if year <= state.year}
    credit = {
        (entry["unit"], entry["project"])
        for entry in entries
        if entry["ledger"] == "served" and entry["key"] == key and entry["project"] in opened
    }
    both = {
        pair["unit"]
        for pair in inputs.offer.pairs.to_dict("records")
        if pair["key"] == key and {pair["first"], pair["second"]} <= opened
    }
    rooms = {
        entry["project"]: entry["amount"]
        for entry in entries
        if entry["ledger"] == "room" and entry["key"] == key
    }
    if rooms:
        return most_placed(unmet, [(unit, project) for unit, project in credit if unit in home], rooms)
    return float(unmet[[unit for unit in home if unit in both or any(unit == u for u, _ in credit)]].sum())


def most_placed(unmet: pd.Series, links: list[tuple[str, str]], rooms: dict[str, float]) -> float:
    """Most people that can be placed, as a flow problem of its own."""
    if not links:
        return 0.0
    units, projects = sorted({unit for unit, _ in links}), sorted({project for _, project in links})
    rows = np.zeros((len(units) + len(projects), len(links)))
    for column, (unit, project) in enumerate(links):
        rows[units.index(unit), column] = 1
        rows[len(units) + projects.index(project), column] = 1
    right = [*(float(unmet[unit]) for unit in units), *(rooms[project] for project in projects)]
    return -float(linprog(-np.ones(len(links)), A_ub=rows, b_ub=right).fun)
