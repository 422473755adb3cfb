"""The program against every combination of starts: random offers, judged in plain Python that shares no code.

Money is judged by a small program of its own, room by the least cut, everything else by loops.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from engine.hand import COUNTIES, COUNTY, INDICATORS, VILLAGES, hand_made, offer_of, projects_of
from tongqu.base import InfeasibleError
from tongqu.contracts import Floor, Pin
from tongqu.engine.financing import financing
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan, optimise

YEARS = (2026, 2027, 2028)
SEEDS = range(12)
RATE = 0.03
Starts = dict[str, int]


def draw(seed: int, *, beds: float = 3.0) -> Inputs:
    """Five projects with every kind of tie between them, and limits that bind now and then."""
    rng = np.random.default_rng(seed)
    names = [f"p{number}" for number in range(5)]
    rows = []
    for number, name in enumerate(names):
        lead = int(rng.choice([0, 1, 1, 2]))
        row = {
            "project": name,
            "lead": lead,
            "county": COUNTIES[int(rng.integers(2))],
            "capital_wan": float(rng.uniform(50, 400)),
            "running_wan": float(rng.uniform(1, 30)),
            "land_mu": float(rng.uniform(0, 20)),
        }
        if number and rng.random() < 0.35:
            row["requires"] = names[int(rng.integers(number))]
        if number > 2 and rng.random() < 0.5:
            row["group"] = "either"
        if rng.random() < 0.25:
            row["earliest"] = 2027
        if rng.random() < 0.25:
            row["latest"] = 2027
        rows.append(row)
    rows[int(rng.integers(3))]["group"] = "either"
    effects, more = [], []
    for row in rows:
        name, county, homes = row["project"], row["county"], VILLAGES[row["county"]]
        chosen = rng.choice(homes, size=int(rng.integers(1, 4)), replace=False)
        effects += [
            (name, "served", str(home), "walk", float(rng.choice([1.0, 1.0, 0.6]))) for home in chosen
        ]
        if rng.random() < 0.6:
            chosen = rng.choice(homes, size=2, replace=False)
            effects += [(name, "served", str(home), "place", 1.0) for home in chosen]
            effects.append((name, "room", homes[int(rng.integers(2))], "place", float(rng.uniform(20, 150))))
        if rng.random() < 0.5:
            effects.append((name, "stock", county, "beds", float(rng.uniform(1, 16))))
        effects.append((name, "staff", county, "nurses", float(rng.uniform(0, 6))))
        if rng.random() < 0.4:  # a subsidy in the year after the opening only
            lead = row["lead"]
            more.append((name, "money", county, "running", lead + 1, lead + 1, float(rng.uniform(5, 60))))
    limits = [("money", "990100", "pool", year, float(rng.uniform(0, 80))) for year in YEARS]
    for county in COUNTIES:
        debt = float(rng.uniform(0, 150))
        land, nurses = float(rng.uniform(5, 25)), float(rng.uniform(2, 8))
        for number, year in enumerate(YEARS, start=1):
            limits += [
                ("money", county, "room", year, float(rng.uniform(40, 220))),
                ("money", county, "debt", year, debt),
                ("land", county, "construction", year, land * number),
                ("staff", county, "nurses", year, nurses * number),
            ]
    pairs = []
    for _ in range(2):
        first, second = (names[int(k)] for k in rng.choice(5, size=2, replace=False))
        pairs.append((first, second, str(rng.choice(list(COUNTY))), "walk", 1.0))
    needs = {
        (service, home, year): float(rng.uniform(0, 150))
        for service in ("walk", "place")
        for home in COUNTY
        for year in YEARS
    }
    weight = rng.uniform(0.5, 2, 6)
    index = pd.MultiIndex.from_product([COUNTIES, YEARS], names=["unit", "year"])
    wishes: dict[str, object] = {}
    if seed % 4 == 1:
        share = float(rng.uniform(0.3, 0.75))
        wishes["floors"] = (Floor(service="walk", share=share, year=2027, county=COUNTIES[seed % 2]),)
    if seed % 4 == 2:
        row = next(row for row in rows if row["lead"] < 2)
        able = range(row.get("earliest", 2026), min(row.get("latest", 2028), 2028 - row["lead"]) + 1)
        wishes["pinned"] = (Pin(project=row["project"], year=able[-1]),)
    return hand_made(
        offer_of(projects_of(rows), effects=effects, more=more, pairs=pairs, limits=limits),
        beds=beds,
        solver={"gap": 1e-9, "tangent_error": 1e-5},
        needs=needs,
        interest=RATE,
        weights=pd.Series(weight / weight.sum(), index=index),
        **wishes,
    )


class Judge:
    """Everything about a combination of starts, from the tables alone."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.projects = {row["project"]: row for row in inputs.offer.projects.to_dict("records")}
        self.entries = inputs.offer.entries.to_dict("records")
        self.pairs = inputs.offer.pairs.to_dict("records")
        self.limit = {
            (row["ledger"], row["unit"], row["key"], row["year"]): row["amount"]
            for row in inputs.offer.limits.to_dict("records")
        }
        self.table = {row[0]: row for row in INDICATORS}
        self.value = inputs.indicators.values.to_dict("index")
        self.weight = inputs.weights.to_dict()
        self.demand = {
            (key, home, state.year): float(state[f"demand.{key}"][home])
            for state in inputs.states
            for key in ("walk", "place")
            for home in COUNTY
        }
        self.unmet = {
            (key, home, state.year): self.demand[key, home, state.year] - float(state[f"served.{key}"][home])
            for state in inputs.states
            for key in ("walk", "place")
            for home in COUNTY
        }

    def all_starts(self) -> list[Starts]:
        choices = [[None, *YEARS] for _ in self.projects]
        return [
            {name: year for name, year in zip(self.projects, years, strict=True) if year is not None}
            for years in itertools.product(*choices)
        ]

    def works(self, name: str, starts: Starts, year: int) -> bool:
        return name in starts and starts[name] + self.projects[name]["lead"] <= year

    def objective(self, starts: Starts) -> float:
        total = 0.0
        for county in COUNTIES:
            for year in YEARS:
                sides = {"urban": 0.0, "rural": 0.0}
                for name, (_, side, _, _, _, scale, worst, target, share) in self.table.items():
                    value = self.value[county, year][name]
                    if name in ("walk", "place"):
                        below = sum(self.demand[name, home, year] for home in VILLAGES[county])
                        value += scale * self.added(name, county, starts, year) / below
                    if name == "beds":
                        more = sum(
                            entry["amount"]
                            for entry in self.entries
                            if (entry["ledger"], entry["unit"]) == ("stock", county)
                            and self.works(entry["project"], starts, year)
                        )
                        value += scale * more / 4000.0
                    sides[side] += share * min(1.0, max(0.0, (value - worst) / (target - worst)))
                total += self.weight[county, year] * math.log(sides["urban"] * sides["rural"]) / 4
        return total

    def added(self, key: str, county: str, starts: Starts, year: int) -> float:
        if key == "place":
            return self.placed(county, starts, year)
        people = 0.0
        for home in VILLAGES[county]:
            credit = sum(
                entry["amount"]
                for entry in self.entries
                if (entry["ledger"], entry["key"], entry["unit"]) == ("served", key, home)
                and self.works(entry["project"], starts, year)
            )
            credit += sum(
                pair["amount"]
                for pair in self.pairs
                if (pair["key"], pair["unit"]) == (key, home)
                and self.works(pair["first"], starts, year)
                and self.works(pair["second"], starts, year)
            )
            people += min(1.0, credit) * self.unmet[key, home, year]
        return people

    def placed(self, county: str, starts: Starts, year: int) -> float:
        """Least cut between homes and rooms: for every set of rooms, those outside bound their homes."""
        room: Counter[str] = Counter()
        pool_of = {}
        for entry in self.entries:
            if entry["ledger"] == "room":
                pool_of[entry["project"]] = entry["unit"]
                if self.works(entry["project"], starts, year):
                    room[entry["unit"]] += entry["amount"]
        reach = {
            (entry["unit"], pool_of[entry["project"]])
            for entry in self.entries
            if (entry["ledger"], entry["key"]) == ("served", "place")
            and self.works(entry["project"], starts, year)
        }
        homes, pools = VILLAGES[county], sorted(room)
        best = math.inf
        for kept in itertools.product([False, True], repeat=len(pools)):
            cut = {pool for pool, paid in zip(pools, kept, strict=True) if paid}
            crossing = sum(
                self.unmet["place", home, year]
                for home in homes
                if any((home, pool) in reach for pool in pools if pool not in cut)
            )
            best = min(best, sum(room[pool] for pool in cut) + crossing)
        return best

    def refused(self, starts: Starts) -> str:
        """Why a combination is not allowed; empty when it is."""
        for reason in ("time", "order", "group", "pin", "floor", "land", "staff", "money"):
            if not getattr(self, f"_{reason}")(starts):
                return reason
        return ""

    def _time(self, starts: Starts) -> bool:
        for name, year in starts.items():
            row = self.projects[name]
            if (
                year + row["lead"] > YEARS[-1]
                or year < row["earliest"]
                or (row["latest"] and year > row["latest"])
            ):
                return False
        return True

    def _order(self, starts: Starts) -> bool:
        for name, year in starts.items():
            need = self.projects[name]["requires"]
            opens = year + self.projects[name]["lead"]
            if need and not self.works(need, starts, opens):
                return False
        return True

    def _group(self, starts: Starts) -> bool:
        return sum(self.projects[name]["group"] == "either" for name in starts) <= 1

    def _pin(self, starts: Starts) -> bool:
        return all(starts.get(pin.project) == pin.year for pin in self.inputs.scenario.pinned)

    def _floor(self, starts: Starts) -> bool:
        for floor in self.inputs.scenario.floors:
            for year in YEARS:
                homes = VILLAGES[floor.county]
                demand = sum(self.demand[floor.service, home, year] for home in homes)
                served = demand - sum(self.unmet[floor.service, home, year] for home in homes)
                served += self.added(floor.service, floor.county, starts, year)
                if year >= floor.year and served < floor.share * demand - 1e-6:
                    return False
        return True

    def _land(self, starts: Starts) -> bool:
        return self._kept(starts, "land", "construction")

    def _staff(self, starts: Starts) -> bool:
        return self._kept(starts, "staff", "nurses")

    def _kept(self, starts: Starts, ledger: str, key: str) -> bool:
        return all(
            self.sum(starts, ledger, county, year) <= self.limit[ledger, county, key, year] + 1e-6
            for county in COUNTIES
            for year in YEARS
        )

    def sum(self, starts: Starts, ledger: str, county: str, year: int) -> float:
        total = 0.0
        for entry in self.entries:
            if (entry["ledger"], entry["unit"]) == (ledger, county) and entry["project"] in starts:
                age = year - starts[entry["project"]]
                if age >= entry["since"] and (entry["until"] < 0 or age <= entry["until"]):
                    total += entry["amount"]
        return total

    def _money(self, starts: Starts) -> bool:
        """Debt and grants of every year are free; cash follows and may not be negative."""
        width = 2 * len(YEARS)  # debt and grant of each year, county after county
        rows, right, bounds = [], [], []
        for position, county in enumerate(COUNTIES):
            bounds += [(0, self.limit["money", county, "debt", year]) for year in YEARS]
            bounds += [(0, None)] * len(YEARS)
            cash, owed = np.zeros(width * len(COUNTIES)), 0.0
            for number, year in enumerate(YEARS):
                cash = cash.copy()
                debt, grant = position * width + number, position * width + len(YEARS) + number
                cash[debt] += 1
                cash[grant] += 1
                if number:
                    cash[debt - 1] -= 1 + RATE
                owed += self.limit["money", county, "room", year] - self.sum(starts, "money", county, year)
                rows.append(-cash)
                right.append(owed)
            lasting = sum(
                entry["amount"]
                for entry in self.entries
                if (entry["ledger"], entry["unit"], entry["until"]) == ("money", county, -1)
                and entry["project"] in starts
            )
            last = np.zeros(width * len(COUNTIES))
            last[position * width + len(YEARS) - 1] = RATE
            rows.append(last)
            right.append(self.limit["money", county, "room", YEARS[-1]] - lasting)
        for number, year in enumerate(YEARS):
            pool = np.zeros(width * len(COUNTIES))
            pool[[position * width + len(YEARS) + number for position in range(len(COUNTIES))]] = 1
            rows.append(pool)
            right.append(self.limit["money", "990100", "pool", year])
        found = linprog(np.zeros(len(bounds)), A_ub=np.array(rows), b_ub=np.array(right), bounds=bounds)
        return found.status == 0


@cache
def judged(seed: int) -> tuple[Inputs, Judge, float | None, Starts, Counter[str]]:
    """The best allowed combination, and why better ones were refused."""
    inputs = draw(seed)
    judge = Judge(inputs)
    ranked = sorted(
        ((judge.objective(starts), starts) for starts in judge.all_starts() if judge._time(starts)),
        key=lambda pair: -pair[0],
    )
    why: Counter[str] = Counter()
    for value, starts in ranked:
        reason = judge.refused(starts)
        if not reason:
            return inputs, judge, value, starts, why
        why[reason] += 1
    return inputs, judge, None, {}, why


def answer(inputs: Inputs) -> Plan | None:
    try:
        return optimise(inputs)
    except InfeasibleError:
        return None


@pytest.mark.parametrize("seed", SEEDS)
def test_no_combination_does_better(seed):
    inputs, judge, best, chosen, _ = judged(seed)
    plan = answer(inputs)
    assert (plan is None) == (best is None), (best, chosen)
    if plan is None or best is None:
        return
    starts = {str(name): int(year) for name, year in plan.starts.items()}
    slack = inputs.scenario.solver.tangent_error / 2 + 1e-8
    assert judge.refused(starts) == ""
    assert judge.objective(starts) == pytest.approx(best, abs=slack), (starts, chosen)
    assert plan.certificate.objective == pytest.approx(judge.objective(starts), abs=1e-6)
    assert plan.certificate.bound >= best - 1e-8
    assert plan.certificate.gap <= slack + 1e-7
    promised = plan.served.set_index(["service", "unit", "year"])["added"]
    for (service, county, year), added in promised.items():
        assert added == pytest.approx(judge.added(service, county, starts, year), abs=0.01)


@pytest.mark.parametrize("seed", [0, 3, 8, 11])
def test_below_the_worst_goalpost_the_promise_is_true_and_the_bound_holds(seed):
    inputs = draw(seed, beds=1.2)
    judge, plan = Judge(inputs), optimise(inputs)
    allowed = [starts for starts in judge.all_starts() if judge._time(starts) and not judge.refused(starts)]
    best = max(judge.objective(starts) for starts in allowed)
    starts = {str(name): int(year) for name, year in plan.starts.items()}
    assert judge.refused(starts) == ""
    assert plan.certificate.objective == pytest.approx(judge.objective(starts), abs=1e-6)
    assert plan.certificate.objective <= best + 1e-8 <= plan.certificate.bound + 2e-8


def test_every_limit_decides_somewhere():
    reasons: Counter[str] = Counter()
    for seed in SEEDS:
        reasons.update(judged(seed)[4])
    assert set(reasons) == {"order", "group", "pin", "floor", "land", "staff", "money"}
    assert any(judged(seed)[2] is None for seed in SEEDS), "no case is infeasible"
    assert sum(len(judged(seed)[3]) >= 2 for seed in SEEDS) >= 5, "too few cases build anything"


@pytest.mark.parametrize("seed", SEEDS)
def test_accounts_pay_the_plan_to_the_yuan(seed):
    inputs, judge, best, chosen, _ = judged(seed)
    if best is None:
        pytest.skip("nothing is allowed")
    accounts = financing(inputs, pd.Series(chosen, dtype="int64"))
    keys = ["unit", "year"]
    wide = accounts.pivot_table(index=keys, columns="item", values="amount", aggfunc="sum", fill_value=0.0)
    for county in COUNTIES:
        cash = debt = 0.0
        for year in YEARS:
            row = wide.loc[(county, year)]
            cost = judge.sum(chosen, "money", county, year)
            assert row.get("capital", 0.0) + row.get("running", 0.0) == pytest.approx(cost, abs=1e-6)
            assert row["interest"] == pytest.approx(RATE * debt, abs=0.01)
            cash += row["room"] + row["grant"] + row["borrow"] - row["repay"] - row["interest"] - cost
            debt += row["borrow"] - row["repay"]
            assert (row["cash"], row["debt"]) == (
                pytest.approx(cash, abs=0.01),
                pytest.approx(debt, abs=0.01),
            )
            assert row[["cash", "debt", "borrow", "repay", "grant"]].min() >= 0
            assert row["debt"] <= judge.limit["money", county, "debt", year] + 1.01
    given = wide["grant"].groupby(level="year").sum()
    assert all(given[year] <= judge.limit["money", "990100", "pool", year] + 0.01 for year in YEARS)
