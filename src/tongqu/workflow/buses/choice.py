"""Which lines would run and where a bus would come on demand, for all villages or within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tongqu.base import Progress, Report
from tongqu.contracts import Assume
from tongqu.methods.bus_lines import (
    DAYS,
    STEPS,
    LineCosts,
    Lines,
    Selection,
    ZoneCosts,
    line_costs,
    select_lines,
    zone_costs,
)
from tongqu.sectors.buses.parameters import line_costs_of, zone_rules_of
from tongqu.sectors.buses.plan import near_lines, walks_of
from tongqu.sectors.buses.riders import minutes_to_seat, riders_of
from tongqu.workflow.buses.service import Service

__all__ = ["YUAN_PER_WAN", "Candidates", "Choice", "candidates_of", "choices"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

YUAN_PER_WAN: Final = 10_000.0
SHARES: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
"""Shares of what serving all costs, for which the curve is solved too."""
GAP: Final = 1e-3
"""Share by which a choice may miss the best."""
SECONDS: Final = 6.0
"""Longest search for one point of the curve; it takes less than one in the bundled region."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Lines and zones that may be chosen; amounts are a year's.

    Parameters
    ----------
    lines : Lines
        Over node positions; a line's group is the position of its town.
    covers : scipy.sparse.csr_array of bool
        Villages without a bus that each line would reach, shape (lines, villages).
    steps : tuple of int
        Trips a day to choose from.
    costs : LineCosts
        Shape (lines, steps), a day.
    zones : scipy.sparse.csr_array of bool
        Shape (zones, villages).
    zone_town : numpy.ndarray of int
        Town of each zone.
    zone_costs : ZoneCosts
        A day.
    pupils, market : numpy.ndarray of float
        Riders of buses of their own today in each village, on a day of school or market.
    saving : numpy.ndarray of float
        Yuan a year saved where a line takes both, shape (villages,).
    fares : numpy.ndarray of float
        Yuan a year that riders of a line pay, shape (villages,).
    zone_fares : numpy.ndarray of float
        Yuan a day that those who ask pay, shape (zones,).
    """

    lines: Lines
    covers: csr_array[Any]
    steps: tuple[int, ...]
    costs: LineCosts
    zones: csr_array[Any]
    zone_town: Ints
    zone_costs: ZoneCosts
    pupils: Floats
    market: Floats
    saving: Floats
    fares: Floats
    zone_fares: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A budget and what was chosen within it.

    Parameters
    ----------
    budget_wan : float
        万元 of public money a year; NaN where all that can be are to be served.
    found : Selection
        Costs in 万元 a year: running, less fares and what is saved.
    chosen : bool
        Whether the tables show this one.
    """

    budget_wan: float
    found: Selection
    chosen: bool


def candidates_of(service: Service, *, assume: Assume) -> Candidates:
    """Lines from town seats over roads that a bus can use, and zones of towns for small buses on any road."""
    ground = service.ground
    near = near_lines(
        ground,
        service.wanted,
        people=service.people,
        walks=walks_of(ground, assume=assume),
        assume=assume,
    )
    lines, covers = near.lines, near.covers
    least = int(np.ceil(assume["bus.least_trips"]))
    steps = (*(step for step in STEPS if step < least), least)
    minutes = minutes_to_seat(ground)
    riders = riders_of(service.people, minutes=minutes, trips=least, assume=assume)
    reached = np.asarray(covers.sum(axis=0)) > 0
    zones, town = _zones(service, minutes, reached=reached, limit=assume["on_demand.minutes"])
    zone, village = zones.tocoo().coords
    riding = zone_costs(
        zone,
        zones=town.size,
        requests=service.people[village] * assume["on_demand.requests"],
        minutes=minutes[village],
        rules=zone_rules_of(assume),
    )
    return Candidates(
        lines=lines,
        covers=covers,
        steps=steps,
        costs=line_costs(lines, trips=list(steps), costs=line_costs_of(assume)),
        zones=zones,
        zone_town=town,
        zone_costs=riding,
        pupils=riders.pupils,
        market=riders.market,
        saving=riders.saving,
        fares=riders.fares,
        zone_fares=riding.requests * assume["bus.fare"],
    )


def _zones(service: Service, minutes: Floats, *, reached: Bools, limit: float) -> tuple[csr_array[Any], Ints]:
    """Two zones a town where they differ: all near villages without a bus, and those off all lines."""
    town, near = service.ground.town, service.wanted & (minutes <= limit)
    rows: list[int] = []
    columns: list[int] = []
    owner: list[int] = []
    for number in np.unique(town[near]):
        every = np.flatnonzero(near & (town == number))
        beyond = every[~reached[every]]
        for part in [every, beyond] if 0 < beyond.size < every.size else [every]:
            rows += [len(owner)] * part.size
            columns += part.tolist()
            owner.append(int(number))
    made: csr_array[Any] = csr_array(
        (np.ones(len(rows), dtype=np.bool_), (rows, columns)), shape=(len(owner), town.size)
    )
    return made, np.array(owner, dtype=np.int64)


def choices(
    service: Service, found: Candidates, *, budget_wan: float | None, progress: Progress
) -> list[Choice]:
    """Choices along the curve, the cheapest first: all that can be served, shares of its cost, the budget."""
    progress(Report("bus_lines", done=0.0))
    every = _select(service, found, budget=None)
    budgets = {float(share * max(every.cost, 0.0)): False for share in (0.0, *SHARES)}
    if budget_wan is not None:
        budgets[float(budget_wan)] = True
    made = [Choice(np.nan, every, budget_wan is None)]
    for number, (budget, chosen) in enumerate(sorted(budgets.items())):
        made.append(Choice(budget, _select(service, found, budget=budget), chosen))
        progress(Report("bus_lines", done=(number + 2) / (len(budgets) + 1)))
    return sorted(made, key=lambda one: (one.found.cost, np.isnan(one.budget_wan)))


def _select(service: Service, found: Candidates, *, budget: float | None) -> Selection:
    a_year = DAYS / YUAN_PER_WAN
    return select_lines(
        found.costs.yuan * a_year,
        found.covers,
        steps=found.steps,
        need=service.need,
        people=service.people,
        zones=found.zones,
        zone_cost=np.maximum(found.zone_costs.yuan - found.zone_fares, 0.0) * a_year,
        saving=(found.saving + found.fares) / YUAN_PER_WAN,
        budget=budget,
        gap=GAP,
        seconds=SECONDS,
    )
