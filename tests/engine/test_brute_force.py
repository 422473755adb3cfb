"""The program against every combination of starts, evaluated in plain Python."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from small import TINY, short
from tongqu.contracts import Limits
from tongqu.data import load_region
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
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
    options = [[None, *range(2026, 2028 - int(lead) + 1)] for lead in inputs.offer.projects["lead"]]
    every = [
        {project: year for project, year in zip(inputs.offer.projects["project"], years, strict=True) if year}
        for years in itertools.product(*options)
    ]
    plain = Plain(inputs)
    ranked = sorted(every, key=lambda starts: -plain.objective(starts))
    refused = next(number for number, starts in enumerate(ranked) if plain.allowed(starts))
    chosen = ranked[refused]
    best = plain.objective(chosen)
    plan = optimise(inputs)
    assert refused > 0 or chosen, "no limit binds and nothing is built: the case decides nothing"
    assert plan.certificate.objective == pytest.approx(best, abs=2e-6), (chosen, dict(plan.starts))
    assert plan.certificate.bound >= best - 1e-9
    assert plain.allowed({str(k): int(v) for k, v in plan.starts.items()})


class Plain:
    """The inputs as plain lists and numbers, and what a combination of starts is worth and costs."""

    def __init__(self, inputs: Inputs) -> None:
        self.years, self.counties = list(inputs.years), list(inputs.counties)
        self.rate = inputs.assume["rate.interest"]
        self.projects = inputs.offer.projects.set_index("project").to_dict("index")
        self.entries = inputs.offer.entries.to_dict("records")
        self.pairs = inputs.offer.pairs.to_dict("records")
        self.limits = inputs.offer.limits.to_dict("records")
        self.indicators = inputs.indicators.table.to_dict("index")
        self.values = inputs.indicators.values.to_dict("index")
        self.scores = inputs.indicators.scores.to_dict("index")
        self.weights = inputs.weights.to_dict()
        county_of = inputs.region.county_of(inputs.states[0]["people.total"].index)
        self.homes = {county: list(county_of.index[county_of == county]) for county in self.counties}
        self.states = {
            state.year: {name: state[name].to_dict() for name in state.names} for state in inputs.states
        }
        self.cells: dict[tuple, float] = {}

    def works(self, project: str, starts: dict[str, int], year: int) -> bool:
        return project in starts and starts[project] + self.projects[project]["lead"] <= year

    def objective(self, starts: dict[str, int]) -> float:
        """Weighted mean of log D; a county and year depend on what has begun by then only."""
        total = 0.0
        for year in self.years:
            begun = {project: first for project, first in starts.items() if first <= year}
            for county in self.counties:
                key = (frozenset(begun.items()), year, county)
                if key not in self.cells:
                    self.cells[key] = self.log_d(begun, county, year)
                total += self.weights[county, year] * self.cells[key]
        return total

    def log_d(self, starts: dict[str, int], county: str, year: int) -> float:
        sides = {"urban": 0.0, "rural": 0.0}
        for name, row in self.indicators.items():
            score = self.scores[county, year][name]
            if row["origin"] == "ledger":
                below = self.states[year][row["denominator"]]
                people = sum(below.get(unit, 0.0) for unit in (*self.homes[county], county))
                value = self.values[county, year][name]
                value += row["scale"] * self.gain(row["numerator"], starts, county, year) / people
                score = max(0.0, min(1.0, (value - row["worst"]) / (row["target"] - row["worst"])))
            sides[row["side"]] += row["weight"] * score
        return math.log(sides["urban"] * sides["rural"]) / 4

    def gain(self, numerator: str, starts: dict[str, int], county: str, year: int) -> float:
        group, _, key = numerator.partition(".")
        mine = [entry for entry in self.entries if entry["key"] == key]
        if group == "stock":
            return sum(
                amount(entry, starts, year)
                for entry in mine
                if (entry["ledger"], entry["unit"]) == ("stock", county)
            )
        demand, served = (self.states[year][f"{word}.{key}"] for word in ("demand", "served"))
        unmet = {unit: demand[unit] - served[unit] for unit in self.homes[county]}
        credit = [
            (entry["unit"], entry["project"])
            for entry in mine
            if entry["ledger"] == "served"
            and entry["unit"] in unmet
            and self.works(entry["project"], starts, year)
        ]
        both = [
            pair["unit"]
            for pair in self.pairs
            if pair["key"] == key
            and self.works(pair["first"], starts, year)
            and self.works(pair["second"], starts, year)
        ]
        rooms = {entry["project"]: entry["amount"] for entry in mine if entry["ledger"] == "room"}
        if rooms:
            return most_placed(unmet, credit, rooms)
        reached = {unit for unit, _ in credit} | set(both)
        return sum(people for unit, people in unmet.items() if unit in reached)

    def allowed(self, starts: dict[str, int]) -> bool:
        """Order, groups, land, staff, yearly money and lasting cost, one by one."""
        for project, first in starts.items():
            need = self.projects[project]["requires"]
            opens = first + self.projects[project]["lead"]
            if need in self.projects and not self.works(need, starts, opens):
                return False
        groups = [self.projects[project]["group"] for project in starts if self.projects[project]["group"]]
        if len(groups) != len(set(groups)):
            return False
        for limit in self.limits:
            place = (limit["ledger"], limit["unit"], limit["key"])
            if limit["ledger"] in ("land", "staff"):
                used = sum(
                    amount(entry, starts, limit["year"])
                    for entry in self.entries
                    if (entry["ledger"], entry["unit"], entry["key"]) == place
                )
                if used > limit["amount"] + 1e-6:
                    return False
        return self.payable(starts)

    def payable(self, starts: dict[str, int]) -> bool:
        """Whether debts and grants keep cash from falling below 0, and the last room pays what lasts."""
        money = {
            (limit["key"], limit["unit"], limit["year"]): limit["amount"]
            for limit in self.limits
            if limit["ledger"] == "money"
        }
        span, width = len(self.years), 2 * len(self.years) * len(self.counties)
        rows, right, bounds = [], [], []
        for position, county in enumerate(self.counties):
            debt, grant = 2 * span * position, 2 * span * position + span
            bounds += [*((0.0, money["debt", county, year]) for year in self.years), *[(0.0, None)] * span]
            mine = [entry for entry in self.entries if (entry["ledger"], entry["unit"]) == ("money", county)]
            cash, saved = np.zeros(width), 0.0
            for number, year in enumerate(self.years):
                cash = cash.copy()
                cash[[debt + number, grant + number]] += 1
                if number:
                    cash[debt + number - 1] -= 1 + self.rate
                saved += money["room", county, year] - sum(amount(entry, starts, year) for entry in mine)
                rows.append(-cash)
                right.append(saved)
            lasting = sum(
                entry["amount"] for entry in mine if entry["until"] < 0 and entry["project"] in starts
            )
            rows.append(np.eye(1, width, debt + span - 1)[0] * self.rate)
            right.append(money["room", county, self.years[-1]] - lasting)
        for number, year in enumerate(self.years):
            rows.append(
                sum(np.eye(1, width, (2 * k + 1) * span + number)[0] for k in range(len(self.counties)))
            )
            right.append(money["pool", "990100", year])
        return linprog(np.zeros(width), A_ub=np.array(rows), b_ub=np.array(right), bounds=bounds).status == 0


def amount(entry: dict, starts: dict[str, int], year: int) -> float:
    if entry["project"] not in starts:
        return 0.0
    age = year - starts[entry["project"]]
    return entry["amount"] if age >= entry["since"] and (entry["until"] < 0 or age <= entry["until"]) else 0.0


def most_placed(unmet: dict[str, float], links: list[tuple[str, str]], rooms: dict[str, float]) -> float:
    """Most people that can be placed, as a flow problem of its own."""
    if not links:
        return 0.0
    units, projects = sorted({unit for unit, _ in links}), sorted({project for _, project in links})
    rows = np.zeros((len(units) + len(projects), len(links)))
    for column, (unit, project) in enumerate(links):
        rows[units.index(unit), column] = 1
        rows[len(units) + projects.index(project), column] = 1
    right = [*(unmet[unit] for unit in units), *(rooms[project] for project in projects)]
    return -float(linprog(-np.ones(len(links)), A_ub=rows, b_ub=right).fun)
