"""What more projects add to mean log D, given what is chosen: counted project by project, nothing is solved.

Only for ranking. Where places are counted, people are placed as projects come, and never moved again; so
what is counted may lie below what `tongqu.engine.promise` gives for the same starts, never above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import FOREVER
from tongqu.engine.coordinate import FLOOR
from tongqu.engine.goals import SIDES
from tongqu.engine.inputs import Inputs
from tongqu.engine.terms import Floats, Ints

__all__ = ["Worth"]

WORSE: Final = 1e-9
"""By how much a subindex may lie below what it is without a plan: rounding."""


@dataclass(frozen=True)
class _Indicator:
    """An indicator that projects raise; arrays of shape (counties, years).

    ``base`` is its score before projects, not cut at 0 and 1; ``factor`` the score of one more person or
    unit of the numerator; ``weight`` its weight in the subindex.
    """

    side: int
    weight: Floats
    base: Floats
    factor: Floats


@dataclass(frozen=True)
class _Credit:
    """What a project, or a pair of projects, credits of one service: positions of units, and shares."""

    service: str
    unit: Ints
    amount: Floats
    partner: int


@dataclass(frozen=True)
class _Stock:
    """What a project adds to one stock."""

    numerator: str
    county: Ints
    since: Ints
    until: Ints
    amount: Floats


class Worth:
    """What is promised already, and what more projects would add."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs, self.span = inputs, len(inputs.years)
        projects = inputs.offer.projects
        self.number: dict[str, int] = {str(name): row for row, name in enumerate(projects["project"])}
        self._lead = projects["lead"].to_numpy(dtype=np.int64)
        self._counties = pd.Index(inputs.counties)
        self._cells = pd.MultiIndex.from_product([self._counties, inputs.years])
        self._weight = self._grid(inputs.weights) / 4
        self._level = np.stack([self._grid(inputs.indicators.indices[symbol]) for symbol in SIDES.values()])
        self._least = np.stack([self._grid(inputs.baseline.indices[symbol]) for symbol in SIDES.values()])
        self._indicators = _indicators(inputs, self._grid)
        self._gain = {
            name: np.zeros(self._weight.shape) for names in self._indicators.values() for name in names
        }
        self._services(inputs)
        self._stocks = self._stock_entries(inputs)

    def added(self, starts: Mapping[int, int], chosen: Mapping[int, int]) -> float:
        """What projects add to mean log D if they start in these years (positions) besides those chosen."""
        level = self._with(starts, chosen)[0]
        return float((self._weight * np.log(np.maximum(level, FLOOR) / np.maximum(self._level, FLOOR))).sum())

    def nobody_worse(self, starts: Mapping[int, int], chosen: Mapping[int, int]) -> bool:
        """Whether U and R stay at least what they are without a plan; always where that is not asked for."""
        if not self._inputs.scenario.nobody_worse:
            return True
        level = self._with(starts, chosen)[0]
        return bool((level >= np.minimum(self._least, self._level) - WORSE).all())

    def take(self, starts: Mapping[int, int], chosen: Mapping[int, int]) -> None:
        """Count these projects as chosen."""
        self._level, self._gain, credit, filled = self._with(starts, chosen)
        for (service, unit), share in credit.items():
            self._credited[service][unit] += share
        for number, people in filled.items():
            self._filled[number] = people

    def _grid(self, values: pd.Series) -> Floats:
        found = values.reindex(self._cells).to_numpy(dtype=np.float64)
        return found.reshape(len(self._counties), self.span)

    def _services(self, inputs: Inputs) -> None:
        """Unmet demand, what is credited of it, and who credits what."""
        entries, pairs = inputs.offer.entries, inputs.offer.pairs
        served = entries[entries["ledger"] == "served"]
        rooms = entries[entries["ledger"] == "room"]
        services = sorted(set(served["key"]) | set(pairs["key"]))
        unmet = {service: inputs.unmet(service) for service in services}
        self._unmet = {service: table.to_numpy(dtype=np.float64) for service, table in unmet.items()}
        self._credited = {service: np.zeros(table.shape) for service, table in self._unmet.items()}
        self._home = {
            service: self._counties.get_indexer(inputs.region.county_of(table.index).to_numpy())
            for service, table in unmet.items()
        }
        self._room = {
            (self.number[str(project)], str(key)): float(amount)
            for project, key, amount in zip(rooms["project"], rooms["key"], rooms["amount"], strict=True)
        }
        self._filled: dict[int, Floats] = {}
        self._credits: dict[int, list[_Credit]] = {}
        self.partners: dict[int, list[int]] = {}
        both = pd.concat([pairs, pairs.rename(columns={"first": "second", "second": "first"})])
        single = served.assign(first=served["project"], second="")
        columns = ["first", "second", "key", "unit", "amount"]
        for (first, second, key), part in pd.concat([single[columns], both[columns]]).groupby(columns[:3]):
            unit = unmet[str(key)].index.get_indexer(pd.Index(part["unit"]))
            known = unit >= 0
            number, partner = self.number[str(first)], self.number.get(str(second), -1)
            credit = _Credit(str(key), unit[known], part["amount"].to_numpy()[known], partner)
            self._credits.setdefault(number, []).append(credit)
            if partner >= 0:
                self.partners.setdefault(partner, []).append(number)

    def _stock_entries(self, inputs: Inputs) -> dict[int, list[_Stock]]:
        entries = inputs.offer.entries
        numerator = "stock." + entries["key"].astype(str)
        mine = entries[(entries["ledger"] == "stock") & numerator.isin(list(self._indicators))]
        found: dict[int, list[_Stock]] = {}
        for (project, key), part in mine.groupby(["project", "key"], sort=True):
            county = self._counties.get_indexer(part["unit"])
            ages = (part[name].to_numpy() for name in ("since", "until", "amount"))
            found.setdefault(self.number[str(project)], []).append(_Stock(f"stock.{key}", county, *ages))
        return found

    def _with(
        self, starts: Mapping[int, int], chosen: Mapping[int, int]
    ) -> tuple[Floats, dict[str, Floats], dict[tuple[str, int], Floats], dict[int, Floats]]:
        """Subindices, gains of indicators, new credit of units and people in rooms, with these too."""
        more: dict[str, Floats] = {}
        credit: dict[tuple[str, int], Floats] = {}
        filled: dict[int, Floats] = {}
        done: set[tuple[int, int, str]] = set()  # pairs whose projects both come now count once
        built = {**chosen, **starts}
        for number, start in starts.items():
            for stock in self._stocks.get(number, []):
                self._add_stock(stock, start, more=more)
            for one in self._credits.get(number, []):
                if one.partner >= 0 and (
                    one.partner not in built or (one.partner, number, one.service) in done
                ):
                    continue
                opens = start + int(self._lead[number])
                if one.partner >= 0:
                    opens = max(opens, built[one.partner] + int(self._lead[one.partner]))
                    done.add((number, one.partner, one.service))
                self._add_credit(number, one, opens=opens, more=more, credit=credit, filled=filled)
        level, gain = self._level.copy(), self._gain
        changed = {numerator: add for numerator, add in more.items() if numerator in self._indicators}
        if changed:
            gain = dict(gain)
        for numerator, add in changed.items():
            for name, raised in self._indicators[numerator].items():
                before = raised.base + gain[name]
                after = before + add * raised.factor
                rise = np.clip(after, 0.0, 1.0) - np.clip(before, 0.0, 1.0)
                level[raised.side] += raised.weight * rise
                gain[name] = gain[name] + add * raised.factor
        return level, gain, credit, filled

    def _add_stock(self, stock: _Stock, start: int, *, more: dict[str, Floats]) -> None:
        age = np.arange(self.span) - start
        forever = stock.until == FOREVER
        counts = (age >= stock.since[:, None]) & (forever[:, None] | (age <= stock.until[:, None]))
        add = more.setdefault(stock.numerator, np.zeros(self._weight.shape))
        np.add.at(add, stock.county, counts * stock.amount[:, None])

    def _add_credit(
        self,
        number: int,
        one: _Credit,
        *,
        opens: int,
        more: dict[str, Floats],
        credit: dict[tuple[str, int], Floats],
        filled: dict[int, Floats],
    ) -> None:
        if opens >= self.span or not len(one.unit):
            return
        works = np.arange(self.span) >= opens
        unmet = self._unmet[one.service][one.unit]
        before = self._credited[one.service][one.unit].copy()
        for row, unit in enumerate(one.unit):
            if (new := credit.get((one.service, int(unit)))) is not None:
                before[row] += new
        share = one.amount[:, None] * works
        people = unmet * (np.minimum(before + share, 1.0) - np.minimum(before, 1.0))
        room = self._room.get((number, one.service))
        if room is not None:
            taken = filled.get(number, self._filled.get(number, np.zeros(self.span)))
            left = np.maximum(room - taken, 0.0)  # what rounding leaves of a full room is none
            asked = people.sum(axis=0)
            part = np.divide(left, asked, out=np.ones(self.span), where=asked > left)
            people = people * part
            share = np.divide(people, unmet, out=np.zeros_like(unmet), where=unmet > 0)
            filled[number] = taken + people.sum(axis=0)
        for row, unit in enumerate(one.unit):
            key = (one.service, int(unit))
            credit[key] = credit.get(key, 0.0) + share[row]
        add = more.setdefault(f"served.{one.service}", np.zeros(self._weight.shape))
        np.add.at(add, self._home[one.service][one.unit], people)


def _indicators(inputs: Inputs, grid: object) -> dict[str, dict[str, _Indicator]]:
    """Indicators that projects raise, by numerator and name."""
    assert callable(grid)
    found, cells = inputs.indicators, {side: number for number, side in enumerate(SIDES)}
    county = inputs.region.county_of(inputs.region["units"]["unit"])
    made: dict[str, dict[str, _Indicator]] = {}
    table = found.table[found.table["origin"] == "ledger"]
    for name, row in table.iterrows():
        worst, target = float(row["worst"]), float(row["target"])
        sums = {}
        for state in inputs.states:
            values = state[str(row["denominator"])]
            sums[state.year] = values.groupby(county.reindex(values.index)).sum()
        below = grid(pd.DataFrame(sums).stack())
        base = (grid(found.values[name]) - worst) / (target - worst)
        weight = np.nan_to_num(grid(found.weights[name]))
        counted = (weight > 0) & (below > 0)
        factor = np.divide(
            float(row["scale"]) / (target - worst), below, out=np.zeros_like(below), where=counted
        )
        one = _Indicator(cells[str(row["side"])], weight, np.where(weight > 0, base, 0.0), factor)
        made.setdefault(str(row["numerator"]), {})[str(name)] = one
    return made
