"""Random offers, and a judge of every combination of starts in plain Python that shares no code with them.

Money is judged by a small program of its own, room by the least cut, everything else by loops.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from engine.hand import COUNTIES, COUNTY, INDICATORS, VILLAGES, hand_made, offer_of, projects_of
from tongqu.contracts import Floor, Pin
from tongqu.engine.inputs import Inputs

YEARS = (2026, 2027, 2028)
RATE = 0.03
Starts = dict[str, int]


def draw(
    seed: int,
    *,
    beds: float = 3.0,
    count: int = 5,
    years: Sequence[int] = YEARS,
    merger: bool = False,
    **wishes: object,
) -> Inputs:
    """Projects with every kind of tie between them, and limits that bind now and then.

    ``merger`` lets one project close beds; ``wishes`` are keys of the scenario, drawn unless given.
    """
    rng = np.random.default_rng(seed)
    names = [f"p{number}" for number in range(count)]
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
    rows[int(rng.integers(min(3, count)))]["group"] = "either"
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
    if merger:
        name, county = rows[0]["project"], rows[0]["county"]
        effects = [effect for effect in effects if (effect[0], effect[1]) != (name, "stock")]
        effects.append((name, "stock", county, "beds", -4.0))
    limits = [("money", "990100", "pool", year, float(rng.uniform(0, 80))) for year in years]
    for county in COUNTIES:
        debt = float(rng.uniform(0, 150))
        land, nurses = float(rng.uniform(5, 25)), float(rng.uniform(2, 8))
        for number, year in enumerate(years, start=1):
            limits += [
                ("money", county, "room", year, float(rng.uniform(40, 220))),
                ("money", county, "debt", year, debt),
                ("land", county, "construction", year, land * number),
                ("staff", county, "nurses", year, nurses * number),
            ]
    pairs = []
    for _ in range(2):
        first, second = (names[int(k)] for k in rng.choice(count, size=2, replace=False))
        pairs.append((first, second, str(rng.choice(list(COUNTY))), "walk", 1.0))
    needs = {
        (service, home, year): float(rng.uniform(0, 150))
        for service in ("walk", "place")
        for home in COUNTY
        for year in years
    }
    weight = rng.uniform(0.5, 2, len(COUNTIES) * len(years))
    index = pd.MultiIndex.from_product([COUNTIES, years], names=["unit", "year"])
    if seed % 4 == 1 and not wishes:
        share = float(rng.uniform(0.3, 0.75))
        wishes["floors"] = (Floor(service="walk", share=share, year=2027, county=COUNTIES[seed % 2]),)
    if seed % 4 == 2 and not wishes:
        row = next(row for row in rows if row["lead"] < 2)
        able = range(row.get("earliest", 2026), min(row.get("latest", 2028), 2028 - row["lead"]) + 1)
        wishes["pinned"] = (Pin(project=row["project"], year=able[-1]),)
    return hand_made(
        offer_of(projects_of(rows), effects=effects, more=more, pairs=pairs, limits=limits),
        years=years,
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
        self.inputs, self.years = inputs, list(inputs.years)
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
        choices = [[None, *self.years] for _ in self.projects]
        return [
            {name: year for name, year in zip(self.projects, years, strict=True) if year is not None}
            for years in itertools.product(*choices)
        ]

    def works(self, name: str, starts: Starts, year: int) -> bool:
        return name in starts and starts[name] + self.projects[name]["lead"] <= year

    def objective(self, starts: Starts) -> float:
        return sum(
            self.weight[county, year] * math.log(math.prod(self.sides(starts, county, year))) / 4
            for county in COUNTIES
            for year in self.years
        )

    def sides(self, starts: Starts, county: str, year: int) -> tuple[float, float]:
        """U and R."""
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
        return sides["urban"], sides["rural"]

    def coverage(self, starts: Starts) -> float:
        """Years weigh by the discount, services by the scenario's weights."""
        rate, given = self.inputs.scenario.discount, self.inputs.scenario.goal.services
        total = weight = 0.0
        for key in ("walk", "place"):
            for number, year in enumerate(self.years):
                one = given.get(key, 1.0) / (1 + rate) ** number
                asked = sum(self.demand[key, home, year] for home in COUNTY)
                lacking = sum(self.unmet[key, home, year] for home in COUNTY)
                more = sum(self.added(key, county, starts, year) for county in COUNTIES)
                total += one * (asked - lacking + more) / asked
                weight += one
        return total / weight

    def cost(self, starts: Starts) -> float:
        """万元 of the first year."""
        rate = self.inputs.scenario.discount
        return sum(
            self.sum(starts, "money", county, year) / (1 + rate) ** number
            for number, year in enumerate(self.years)
            for county in COUNTIES
        )

    def worst_mean(self, starts: Starts) -> float:
        """Mean share of the part of the people that is served least: a linear program over placings."""
        tail = self.inputs.scenario.goal.worst_share
        homes, share, rows, right, flows = self._shares(starts)
        part, width = 1 / len(homes), len(flows) + 1 + len(homes)
        for number, home in enumerate(homes):  # level - below <= share
            row = np.zeros(width)
            row[: len(flows)] = -share[home][1]
            row[len(flows)], row[len(flows) + 1 + number] = 1, -1
            rows.append(row)
            right.append(share[home][0])
        gain = np.zeros(width)
        gain[len(flows)], gain[len(flows) + 1 :] = 1, -part / tail
        wide = [np.concatenate([row, np.zeros(width - len(row))]) for row in rows]
        found = linprog(-gain, A_ub=np.array(wide), b_ub=right, bounds=[(0, 1)] * width)
        return -float(found.fun)

    def shortfalls(self, starts: Starts) -> tuple[float, ...]:
        """Mean shortfall below each level, lowest first, each the least while those before are held."""
        levels = self.inputs.scenario.goal.levels
        homes, share, rows, right, flows = self._shares(starts)
        found: list[float] = []
        for number in range(1, levels + 1):
            level, width = number / levels, len(flows) + len(homes)
            mine, limit = list(rows), list(right)
            for position, home in enumerate(homes):
                row = np.zeros(width)
                row[: len(flows)], row[len(flows) + position] = -share[home][1], -1
                mine.append(row)
                limit.append(share[home][0] - level)
            wide = [np.concatenate([row, np.zeros(width - len(row))]) for row in mine]
            lost = np.concatenate([np.zeros(len(flows)), np.full(len(homes), 1 / len(homes))])
            solved = linprog(lost, A_ub=np.array(wide), b_ub=limit, bounds=[(0, 1)] * width)
            found.append(float(solved.fun))
            if not flows:
                continue
            # What is reached at this level is held for the next ones, in variables of its own.
            wide.append(lost)
            limit.append(float(solved.fun) + 1e-9)
            rows, right = wide, limit
            flows = [*flows, *[("", 0)] * len(homes)]
            share = {
                home: (base, np.concatenate([more, np.zeros(len(homes))]))
                for home, (base, more) in share.items()
            }
        return tuple(found)

    def _shares(self, starts: Starts):
        """Homes, their share of services as a number and terms of flows, rows and limits of flows, flows.

        Homes whose options for places are the same have the same share of their unmet demand placed.
        """
        year, given = self.years[-1], self.inputs.scenario.goal.services
        weight = {key: given.get(key, 1.0) for key in ("walk", "place")}
        whole = sum(weight.values())
        pool_of = {row["project"]: row["unit"] for row in self.entries if row["ledger"] == "room"}
        room: Counter[str] = Counter()
        for row in self.entries:
            if row["ledger"] == "room" and self.works(row["project"], starts, year):
                room[row["unit"]] += row["amount"]
        options: dict[str, set[str]] = {}
        for row in self.entries:
            if (row["ledger"], row["key"]) == ("served", "place") and self.unmet_ever("place", row["unit"]):
                options.setdefault(row["unit"], set()).add(row["project"])
        groups = sorted({(COUNTY[home], *sorted(names)) for home, names in options.items()})
        flows = [
            (group, pool)
            for group in groups
            for pool in sorted({pool_of[name] for name in group[1:] if self.works(name, starts, year)})
        ]
        members = {
            group: [home for home in options if (COUNTY[home], *sorted(options[home])) == group]
            for group in groups
        }
        rows, right = [], []
        for group in groups:
            rows.append(np.array([float(one == group) for one, _ in flows]))
            right.append(1.0)
        for pool in room:
            people = [sum(self.unmet["place", home, year] for home in members[group]) for group, _ in flows]
            rows.append(np.array([many * (to == pool) for many, (_, to) in zip(people, flows, strict=True)]))
            right.append(room[pool])
        share = {}
        for home in COUNTY:
            base = sum(
                weight[key] * (1 - self.unmet[key, home, year] / self.demand[key, home, year])
                for key in weight
            )
            credit = self.added_at("walk", home, starts, year) / self.demand["walk", home, year]
            lacking = self.unmet["place", home, year] / self.demand["place", home, year]
            more = np.array([lacking * weight["place"] * (home in members[group]) for group, _ in flows])
            share[home] = ((base + weight["walk"] * credit) / whole, more / whole)
        return list(COUNTY), share, rows, right, flows

    def unmet_ever(self, key: str, home: str) -> bool:
        return any(self.unmet[key, home, year] > 0 for year in self.years)

    def added(self, key: str, county: str, starts: Starts, year: int) -> float:
        if key == "place":
            return self.placed(county, starts, year)
        return sum(self.added_at(key, home, starts, year) for home in VILLAGES[county])

    def added_at(self, key: str, home: str, starts: Starts, year: int) -> float:
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
        return min(1.0, credit) * self.unmet[key, home, year]

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
        for reason in ("time", "order", "group", "pin", "floor", "land", "staff", "worse", "bound", "money"):
            if not getattr(self, f"_{reason}")(starts):
                return reason
        return ""

    def _time(self, starts: Starts) -> bool:
        for name, year in starts.items():
            row = self.projects[name]
            if (
                year + row["lead"] > self.years[-1]
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
            for year in self.years:
                homes = VILLAGES[floor.county]
                demand = sum(self.demand[floor.service, home, year] for home in homes)
                served = demand - sum(self.unmet[floor.service, home, year] for home in homes)
                served += self.added(floor.service, floor.county, starts, year)
                if year >= floor.year and served < floor.share * demand - 1e-6:
                    return False
        return True

    def _worse(self, starts: Starts) -> bool:
        if not self.inputs.scenario.nobody_worse:
            return True
        return all(
            now >= before - 1e-6
            for county in COUNTIES
            for year in self.years
            for now, before in zip(
                self.sides(starts, county, year), self.sides({}, county, year), strict=True
            )
        )

    def measure(self, name: str, starts: Starts) -> float:
        kinds = {
            "coordination": self.objective,
            "coverage": self.coverage,
            "worst-off": self.worst_mean,
            "cost": self.cost,
        }
        return kinds[name](starts)

    def _bound(self, starts: Starts) -> bool:
        for bound in self.inputs.scenario.bounds:
            value = self.measure(bound.measure, starts)
            if bound.least is not None and value < bound.least - 2e-6:
                return False
            if bound.most is not None and value > bound.most + 2e-6 * abs(value):
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
            for year in self.years
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
        width = 2 * len(self.years)  # debt and grant of each year, county after county
        rows, right, bounds = [], [], []
        for position, county in enumerate(COUNTIES):
            bounds += [(0, self.limit["money", county, "debt", year]) for year in self.years]
            bounds += [(0, None)] * len(self.years)
            cash, owed = np.zeros(width * len(COUNTIES)), 0.0
            for number, year in enumerate(self.years):
                cash = cash.copy()
                debt, grant = position * width + number, position * width + len(self.years) + number
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
            last[position * width + len(self.years) - 1] = RATE
            rows.append(last)
            right.append(self.limit["money", county, "room", self.years[-1]] - lasting)
        for number, year in enumerate(self.years):
            pool = np.zeros(width * len(COUNTIES))
            pool[[position * width + len(self.years) + number for position in range(len(COUNTIES))]] = 1
            rows.append(pool)
            right.append(self.limit["money", "990100", "pool", year])
        found = linprog(np.zeros(len(bounds)), A_ub=np.array(rows), b_ub=np.array(right), bounds=bounds)
        return found.status == 0
