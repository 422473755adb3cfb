"""A plan as it is often made: projects ranked by benefit per cost, each built as early as it can be paid.

It decides on one project at a time, looks at no other to come, and takes nothing back. It is a rival that
the joint plan is measured against, and a plan to begin a search with.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import FOREVER
from tongqu.engine.financing import limit_of
from tongqu.engine.inputs import Inputs, start_bounds
from tongqu.engine.orders import required_starts
from tongqu.engine.terms import Floats, Ints
from tongqu.engine.worth import Worth

__all__ = ["greedy_starts"]

LEAST_WAN: Final = 1e-6
"""万元 from which a project counts as costing something."""
SAME: Final = 1e-9
"""Share by which a benefit may have fallen while its project still keeps its place in the ranking."""
ROOM_LEFT: Final = 1e-6
"""万元, mu or persons by which a limit may be passed: rounding."""

Starts = dict[int, int]
"""Position of the first year by position of the project."""


def greedy_starts(inputs: Inputs) -> pd.Series:
    """Give the starts of a plan made by benefit per cost.

    The benefit of a project is the mean log D that it adds to what is chosen already, if it starts as early
    as it may; its cost is the present value of what it costs in the years of the plan. What it requires is
    taken with it. The best ratio starts in the first year in which money, land and staff allow it, in that
    and in all later years, and no county's U or R falls below what it is without a plan; a project that fits
    in no year is dropped. Own money pays first, then grants of the city, then debt.

    Floors and bounds of other measures are not looked at: whoever ranks by benefit per cost does not.
    """
    worth, limits = Worth(inputs), _Limits(inputs)
    chosen: Starts = {}
    fixed = {pin.project: pin.year - inputs.years[0] for pin in required_starts(inputs.scenario)}
    for project, year in fixed.items():
        position = worth.number[project]
        chosen[position] = year
        worth.take({position: year}, chosen)
        limits.take({position: year})
    ranking = _Ranking(inputs, worth)
    ranking.fill(chosen)
    while (bundle := ranking.best(chosen)) is not None:
        starts = _fitting(bundle, ranking=ranking, worth=worth, limits=limits, chosen=chosen)
        if starts is None:
            ranking.drop(bundle[-1])
            continue
        worth.take(starts, chosen)
        limits.take(starts)
        chosen |= starts
        ranking.chosen(starts, chosen)
    names = inputs.offer.projects["project"].to_numpy()
    years = {str(names[position]): inputs.years[0] + year for position, year in sorted(chosen.items())}
    return pd.Series(years, name="start", dtype="int64").rename_axis("project")


def _fitting(
    bundle: list[int], *, ranking: _Ranking, worth: Worth, limits: _Limits, chosen: Starts
) -> Starts | None:
    """Earliest starts of a bundle that keep all limits and leave no county worse."""
    seen: set[tuple[int, ...]] = set()
    for year in range(worth.span):
        starts = ranking.starts(bundle, year, chosen)
        if starts is None:
            break
        key = tuple(starts.values())
        if key not in seen and limits.hold(starts) and worth.nobody_worse(starts, chosen):
            return starts
        seen.add(key)
    return None


class _Ranking:
    """Candidates by benefit per cost, looked at again when they come up."""

    def __init__(self, inputs: Inputs, worth: Worth) -> None:
        projects = inputs.offer.projects
        self._worth = worth
        first, last = (bound - inputs.years[0] for bound in start_bounds(projects, inputs.years))
        self._first, self._last = first, last
        self._lead = projects["lead"].to_numpy(dtype=np.int64)
        self._needs = np.array([worth.number.get(name, -1) for name in projects["requires"]])
        self._group = projects["group"].to_numpy(dtype=object)
        self._taken: set[str] = set()
        self._gone: set[int] = set()
        self._cost = _present_value(inputs)
        self._heap: list[tuple[float, int]] = []
        self._partners = worth.partners
        self._dependents: dict[int, list[int]] = {}
        for position, need in enumerate(self._needs):
            if need >= 0:
                self._dependents.setdefault(int(need), []).append(position)

    def fill(self, chosen: Starts) -> None:
        """Rank every candidate."""
        self._taken |= {str(self._group[position]) for position in chosen} - {""}
        self._heap = [(-self._ratio(number, chosen), number) for number in range(len(self._lead))]
        heapq.heapify(self._heap)

    def best(self, chosen: Starts) -> list[int] | None:
        """The candidate of the best ratio after what it requires; None where none is worth anything."""
        while self._heap:
            before, number = heapq.heappop(self._heap)
            if number in chosen or number in self._gone:
                continue
            ratio = self._ratio(number, chosen)
            if ratio <= 0:
                continue
            if self._heap and ratio < -self._heap[0][0] * (1 - SAME) and ratio < -before:
                heapq.heappush(self._heap, (-ratio, number))
                continue
            return self._bundle(number, chosen)
        return None

    def drop(self, number: int) -> None:
        """Look at a candidate no more."""
        self._gone.add(number)

    def chosen(self, starts: Starts, chosen: Starts) -> None:
        """Rank again what the new projects make possible or worth more."""
        self._taken |= {str(self._group[number]) for number in starts} - {""}
        for number in starts:
            for other in {*self._dependents.get(number, []), *self._partners.get(number, [])}:
                if other not in chosen and other not in self._gone:
                    heapq.heappush(self._heap, (-self._ratio(other, chosen), other))

    def starts(self, bundle: list[int], year: int, chosen: Starts) -> Starts | None:
        """Starts of a bundle from a year on, each after what it requires; None where one is too late."""
        made: Starts = {}
        for number in bundle:
            start, need = max(year, int(self._first[number])), int(self._needs[number])
            if need >= 0:
                opens = (chosen | made)[need] + int(self._lead[need])
                start = max(start, opens - int(self._lead[number]))
            if start > self._last[number]:
                return None
            made[number] = start
        return made

    def _bundle(self, number: int, chosen: Starts) -> list[int]:
        """A candidate after all that it requires and that is not chosen."""
        chain = [number]
        while (need := int(self._needs[chain[-1]])) >= 0 and need not in chosen:
            chain.append(need)
        return chain[::-1]

    def _ratio(self, number: int, chosen: Starts) -> float:
        """Benefit per cost; endless for what costs nothing, 0 for what cannot be chosen or brings nothing."""
        bundle = self._bundle(number, chosen)
        groups = [str(self._group[one]) for one in bundle if self._group[one] != ""]
        excluded = len(set(groups)) < len(groups) or not self._taken.isdisjoint(groups)
        if excluded or not self._gone.isdisjoint(bundle):
            return 0.0
        starts = self.starts(bundle, 0, chosen)
        if starts is None:
            return 0.0
        benefit = self._worth.added(starts, chosen)
        cost = float(self._cost[bundle].sum())
        if benefit < 0 or (benefit == 0 and cost >= -LEAST_WAN):
            return 0.0
        return np.inf if cost <= LEAST_WAN else benefit / cost


def _present_value(inputs: Inputs) -> Floats:
    """Cost of each project in the years of the plan if it starts in the first, discounted, 万元."""
    entries, span = inputs.offer.entries, len(inputs.years)
    money = entries[entries["ledger"] == "money"]
    factor = (1 + inputs.scenario.discount) ** -np.arange(span, dtype=np.float64)
    total = np.concatenate([[0.0], np.cumsum(factor)])
    since = np.minimum(money["since"].to_numpy(), span)
    until = np.where(money["until"] == FOREVER, span - 1, np.minimum(money["until"], span - 1))
    value = money["amount"].to_numpy() * (total[np.maximum(until + 1, since)] - total[since])
    row = pd.Index(inputs.offer.projects["project"]).get_indexer(money["project"])
    return np.bincount(row, weights=value, minlength=len(inputs.offer.projects)).astype(np.float64)


@dataclass(frozen=True)
class _Use:
    """Entries of one project that use limits: rows of the table of limits, ages, amounts."""

    row: Ints
    since: Ints
    until: Ints
    amount: Floats


class _Limits:
    """Money, land and staff that are left, county by county."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs, self._span = inputs, len(inputs.years)
        self._rate = inputs.assume["rate.interest"]
        counties, years = list(inputs.counties), list(inputs.years)
        self._room, self._most_debt = (
            limit_of(inputs, key).unstack("year").reindex(counties, columns=years).fillna(0.0).to_numpy()
            for key in ("room", "debt")
        )
        self._pool = limit_of(inputs, "pool").groupby("year").sum().reindex(years).fillna(0.0).to_numpy()
        self._spent = np.zeros_like(self._room)
        self._lasting = np.zeros(len(counties))
        entries, limits = inputs.offer.entries, inputs.offer.limits
        stocks = limits[limits["ledger"].isin(["land", "staff"]) & limits["year"].isin(years)]
        keys = ["ledger", "unit", "key"]
        wide = stocks.pivot(index=keys, columns="year", values="amount").reindex(columns=years).fillna(0.0)
        self._most = wide.to_numpy(dtype=np.float64)
        self._used = np.zeros_like(self._most)
        place = pd.MultiIndex.from_frame(entries[keys])
        stock = wide.index.get_indexer(place) if len(wide) else np.full(len(entries), -1)
        money = np.where(entries["ledger"] == "money", pd.Index(counties).get_indexer(entries["unit"]), -1)
        row = np.where(money >= 0, money, np.where(stock >= 0, stock + len(counties), -1))
        mine = entries[row >= 0].assign(row=row[row >= 0])
        number = pd.Index(inputs.offer.projects["project"]).get_indexer(mine["project"])
        self._uses = {
            int(key): _Use(*(part[name].to_numpy() for name in ("row", "since", "until", "amount")))
            for key, part in mine.groupby(number)
        }

    def hold(self, starts: Starts) -> bool:
        """Whether the limits hold with these projects too."""
        spent, used, lasting = self._with(starts)
        changed = (used != self._used).any(axis=1)
        if (used[changed] > self._most[changed] + ROOM_LEFT).any():
            return False
        return self._payable(spent, lasting)

    def take(self, starts: Starts) -> None:
        """Count these projects as built."""
        self._spent, self._used, self._lasting = self._with(starts)

    def _with(self, starts: Starts) -> tuple[Floats, Floats, Floats]:
        counties = len(self._room)
        both = np.concatenate([self._spent, self._used])
        lasting = self._lasting.copy()
        for number, start in starts.items():
            if (use := self._uses.get(number)) is None:
                continue
            age = np.arange(self._span) - start
            forever = use.until == FOREVER
            counts = (age >= use.since[:, None]) & (forever[:, None] | (age <= use.until[:, None]))
            np.add.at(both, use.row, counts * use.amount[:, None])
            paid = forever & (use.row < counties)
            np.add.at(lasting, use.row[paid], use.amount[paid])
        return both[:counties], both[counties:], lasting

    def _payable(self, spent: Floats, lasting: Floats) -> bool:
        """Whether own money, then grants, then debt pay everything, year by year."""
        cash, debt = np.zeros(len(spent)), np.zeros(len(spent))
        for year in range(self._span):
            cash += self._room[:, year] - spent[:, year] - self._rate * debt
            lacking = np.maximum(-cash, 0.0)
            total = float(lacking.sum())
            granted = lacking * min(1.0, self._pool[year] / total) if total > 0 else lacking
            borrowed = lacking - granted
            repaid = np.minimum(debt, np.maximum(cash, 0.0))
            cash, debt = np.maximum(cash, 0.0) - repaid, debt + borrowed - repaid
            if (debt > self._most_debt[:, year] + ROOM_LEFT).any():
                return False
        return bool((lasting + self._rate * debt <= self._room[:, -1] + ROOM_LEFT).all())
