"""The program of a network of care in levels: variables, rows, and what a choice costs."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tongqu.base import TongquError
from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods.hubs._program import Program

__all__ = ["Case", "Chosen", "Tier", "solve_case"]

WHOLE_LINKS = 1_000
"""Links of places up to which a program with limits is solved at once."""
_OPEN = 0.5
"""Value of a 0-1 variable from which on it is 1."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tier:
    """A level as checked arrays: of its links (`start` to `fixed`), then of the sites."""

    row: int
    start: Ints
    site: Ints
    per_person: Floats
    fixed: Floats
    opening: Floats
    treating: Floats
    capacity: Floats
    least: Floats
    referred: float
    pinned: Bools
    barred: Bools
    most: int
    fewer: bool

    def with_own(self, start: Ints, site: Ints) -> Tier:
        """With free links of its own where they are not listed."""
        size = self.opening.size
        new = ~np.isin(start * size + site, self.start * size + self.site)
        free = np.zeros(int(new.sum()))
        return replace(
            self,
            start=np.append(self.start, start[new]),
            site=np.append(self.site, site[new]),
            per_person=np.append(self.per_person, free),
            fixed=np.append(self.fixed, free),
        )

    def only(self, kept: Bools) -> Tier:
        """With some of its links."""
        parts = (self.start[kept], self.site[kept], self.per_person[kept], self.fixed[kept])
        return replace(self, start=parts[0], site=parts[1], per_person=parts[2], fixed=parts[3])


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Sites of each level, link of each place and of each site (positions in the tiers, -1: none), bound."""

    opened: Bools
    site_of: Ints
    refers_to: Ints
    link_of: tuple[Ints, ...]
    bound: float


@dataclass(frozen=True, eq=False)
class Case:
    """People, sites and levels; sites that cannot refer on are left out of the links."""

    people: Floats
    home: Ints
    tiers: tuple[Tier, ...]
    unserved: float | None
    usable: Bools
    """Whether a site may hold a level: not barred, holds all below, and can refer to all above."""
    pinned: Bools

    @classmethod
    def of(cls, people: Floats, *, home: Ints, tiers: tuple[Tier, ...], unserved: float | None) -> Case:
        """The case without links that lead nowhere."""
        usable = _usable(tiers)
        own = np.flatnonzero(home >= 0)
        made = []
        for tier in tiers:
            at = np.flatnonzero(usable[tier.row]) if tier.row else own
            tier = tier.with_own(at, at if tier.row else home[own])
            kept = usable[tier.row][tier.site]
            made.append(tier.only(kept & usable[tier.row - 1][tier.start] if tier.row else kept))
        pinned = np.stack([tier.pinned for tier in tiers])
        pinned = np.logical_or.accumulate(pinned[::-1], axis=0)[::-1]
        return cls(people, home, tuple(made), unserved, usable, pinned)

    @property
    def reached(self) -> Bools:
        """Whether each place has a link."""
        return np.isin(np.arange(self.people.size), self.tiers[0].start)

    @cached_property
    def columns(self) -> tuple[tuple[Ints, ...], tuple[Ints, ...], tuple[Ints, ...], Ints]:
        """Positions of links used, sites open and flows by level (none at the first), and places unserved."""
        links = [tier.start.size for tier in self.tiers]
        sites = [tier.opening.size for tier in self.tiers]
        lost = 0 if self.unserved is None else self.people.size
        ends = np.cumsum([0, *links, *sites, *links[1:], lost])
        parts = [np.arange(first, last, dtype=np.int64) for first, last in pairwise(ends.tolist())]
        depth = len(self.tiers)
        none = np.empty(0, dtype=np.int64)
        flows = (none, *parts[2 * depth : -1])
        return tuple(parts[:depth]), tuple(parts[depth : 2 * depth]), flows, parts[-1]

    @cached_property
    def limited(self) -> bool:
        """Whether some site's load has a limit: else places follow the open sites of themselves."""
        return any(bool(np.isfinite(t.capacity).any() or (t.least > 0).any()) for t in self.tiers)

    @cached_property
    def most_load(self) -> Floats:
        """People that can come to each site of each level at most, shape (levels, sites)."""
        found = np.zeros((len(self.tiers), self.usable.shape[1]))
        below = self.people
        for tier in self.tiers:
            sums = np.bincount(tier.site, tier.referred * below[tier.start], minlength=self.usable.shape[1])
            below = found[tier.row] = np.minimum(np.minimum(sums, tier.capacity), self.people.sum())
        return found

    def loads(self, chosen: Chosen) -> Floats:
        """People treated by level and site, shape (levels, sites)."""
        found = np.zeros(chosen.opened.shape)
        below = self.people
        for tier, link in zip(self.tiers, chosen.link_of, strict=True):
            used = link[link >= 0]
            coming = tier.referred * below[tier.start[used]]
            found[tier.row] = np.bincount(tier.site[used], coming, minlength=self.usable.shape[1])
            below = found[tier.row]
        return found

    def costs(self, chosen: Chosen) -> tuple[float, float, float, float]:
        """Cost of open sites, of people treated, of links, of people who go to none."""
        load = self.loads(chosen)
        opening = treating = ways = 0.0
        below = self.people
        for tier, link in zip(self.tiers, chosen.link_of, strict=True):
            used = link[link >= 0]
            coming = tier.referred * below[tier.start[used]]
            opening += float(tier.opening[chosen.opened[tier.row]].sum())
            treating += float(tier.treating @ load[tier.row])
            ways += float(tier.per_person[used] @ coming + tier.fixed[used].sum())
            below = load[tier.row]
        missed = float(self.people[chosen.site_of < 0].sum()) * (self.unserved or 0.0)
        return opening, treating, ways, missed

    def objective(self) -> Floats:
        """Cost of each variable."""
        links, sites, flows, lost = self.columns
        cost = np.zeros(sum(part.size for part in (*links, *sites, *flows, lost)))
        for tier in self.tiers:
            each = tier.per_person + tier.treating[tier.site]
            cost[links[tier.row]] = tier.fixed
            cost[sites[tier.row]] = tier.opening
            if tier.row:
                cost[flows[tier.row]] = each
            else:
                cost[links[0]] += each * tier.referred * self.people[tier.start]
        if lost.size:
            cost[lost] = self.people * (self.unserved or 0.0)
        return cost

    def integer(self) -> Floats:
        """1 for the variables that are 0 or 1."""
        links, sites, _, _ = self.columns
        whole = np.zeros(self.objective().size)
        for tier in self.tiers:
            whole[sites[tier.row]] = 1.0
            whole[links[tier.row]] = float(tier.row > 0 or self.limited)
        return whole

    def program(self) -> Program:
        """All rows."""
        program = Program(self.objective().size)
        self._add_places(program)
        for tier in self.tiers:
            self._add_sites(program, tier)
            self._add_limits(program, tier)
            if tier.row:
                self._add_flows(program, tier)
        return program

    def _add_places(self, program: Program) -> None:
        """Each place goes to one site, its own where that is open."""
        links, sites, _, lost = self.columns
        first, count = self.tiers[0], self.people.size
        terms: list[tuple[Ints, Ints, npt.ArrayLike]] = [(first.start, links[0], 1.0)]
        if lost.size:
            terms.append((np.arange(count), lost, 1.0))
        program.add(count, terms=terms, low=1.0, high=1.0)
        own = np.flatnonzero(self.home[first.start] == first.site)
        row = np.arange(own.size)
        opens = sites[0][first.site[own]]
        program.add(own.size, terms=[(row, links[0][own], 1.0), (row, opens, -1.0)], low=0.0, high=0.0)

    def _add_sites(self, program: Program, tier: Tier) -> None:
        """Nobody at a closed site; each open site below refers on, to itself if it can; nested levels."""
        links, sites, _, _ = self.columns
        here, opens = links[tier.row], sites[tier.row]
        row = np.arange(here.size)
        program.add(here.size, terms=[(row, here, 1.0), (row, opens[tier.site], -1.0)], high=0.0)
        every = np.arange(opens.size)
        barred = ~self.usable[tier.row]
        program.add(
            opens.size,
            terms=[(every, opens, 1.0)],
            low=self.pinned[tier.row],
            high=np.where(barred, 0.0, 1.0),
        )
        if not tier.row:
            return
        under = sites[tier.row - 1]
        program.add(opens.size, terms=[(tier.start, here, 1.0), (every, under, -1.0)], low=0.0, high=0.0)
        program.add(opens.size, terms=[(every, opens, 1.0), (every, under, -1.0)], high=0.0)
        own = np.flatnonzero(tier.start == tier.site)
        row = np.arange(own.size)
        terms: list[tuple[Ints, Ints, npt.ArrayLike]] = [
            (row, here[own], 1.0),
            (row, opens[tier.site[own]], -1.0),
        ]
        program.add(own.size, terms=terms, low=0.0, high=0.0)

    def _add_limits(self, program: Program, tier: Tier) -> None:
        """Capacity and least load of open sites; how many may be open."""
        _, sites, _, _ = self.columns
        opens, every = sites[tier.row], np.arange(tier.opening.size)
        comes = self._coming(tier, row=tier.site)
        room = np.isfinite(tier.capacity)
        if room.any():
            top = np.minimum(tier.capacity, self.people.sum())
            program.add(every.size, terms=[comes, (every, opens, -top)], high=np.where(room, 0.0, np.inf))
        if (tier.least > 0).any():
            program.add(every.size, terms=[comes, (every, opens, -tier.least)], low=0.0)
        zero = np.zeros(every.size, dtype=np.int64)
        if tier.most < every.size:
            program.add(1, terms=[(zero, opens, 1.0)], high=float(tier.most))
        if tier.fewer and tier.row:
            terms: list[tuple[Ints, Ints, npt.ArrayLike]] = [
                (zero, opens, 1.0),
                (zero, sites[tier.row - 1], -1.0),
            ]
            program.add(1, terms=terms, high=-1.0)
        elif tier.fewer:
            program.add(1, terms=[(zero, opens, 1.0)], high=float(self.people.size - 1))

    def _coming(self, tier: Tier, *, row: Ints) -> tuple[Ints, Ints, Floats]:
        """Terms of the people on each link, added up in rows."""
        links, _, flows, _ = self.columns
        if tier.row:
            return row, flows[tier.row], np.ones(row.size)
        return row, links[0], tier.referred * self.people[tier.start]

    def _add_flows(self, program: Program, tier: Tier) -> None:
        """What is treated below goes on, in its share, along the one link in use."""
        links, _, flows, _ = self.columns
        under = self.tiers[tier.row - 1]
        row, column, factor = self._coming(under, row=under.site)
        terms: list[tuple[Ints, Ints, npt.ArrayLike]] = [
            (tier.start, flows[tier.row], 1.0),
            (row, column, -tier.referred * factor),
        ]
        program.add(tier.opening.size, terms=terms, low=0.0, high=0.0)
        most = tier.referred * self.most_load[tier.row - 1][tier.start]
        row = np.arange(tier.start.size)
        program.add(row.size, terms=[(row, flows[tier.row], 1.0), (row, links[tier.row], -most)], high=0.0)


def solve_case(case: Case, *, gap: float, seconds: float, nodes: int | None) -> Chosen:
    """The best choice found and its bound.

    Large cases with limits are first solved with places that may be split between sites, which proves a bound
    and says which sites to open; then places go whole to these. Only where the two lie too far apart is the
    whole program solved as well.

    Raises
    ------
    TongquError
        If no choice keeps all limits, or none was found in time.
    """
    first, bound = None, -np.inf
    began = time.monotonic()
    if case.limited and case.tiers[0].start.size > WHOLE_LINKS:
        first, bound = _in_steps(case, gap=gap / 2, seconds=seconds / 3, nodes=nodes)
        if first is not None and _near(case, first, bound, gap=gap):
            return replace(first, bound=bound)
    left = max(seconds - (time.monotonic() - began), 1.0)
    try:
        answer = case.program().solve(
            case.objective(), integer=case.integer(), seconds=left, gap=gap, nodes=nodes
        )
    except TongquError:
        if first is not None:
            return replace(first, bound=bound)
        raise TongquError(
            "health network: no network keeps all limits, or none was found in time; give more capacity,"
            " a lower least load, wider windows, or more seconds"
        ) from None
    found = _chosen(case, answer.values)
    best = found if first is None or sum(case.costs(found)) <= sum(case.costs(first)) else first
    return replace(best, bound=max(answer.bound, bound))


def _in_steps(case: Case, *, gap: float, seconds: float, nodes: int | None) -> tuple[Chosen | None, float]:
    """A choice in two steps, None where the second finds none, and the bound that the first proves."""
    links, sites, _, _ = case.columns
    split = case.integer()
    split[links[0]] = 0.0
    try:
        loose = case.program().solve(case.objective(), integer=split, seconds=seconds, gap=gap, nodes=nodes)
    except TongquError:
        return None, -np.inf
    opens = np.concatenate(sites)
    held = np.round(loose.values[opens])
    program = case.program()
    program.add(opens.size, terms=[(np.arange(opens.size), opens, 1.0)], low=held, high=held)
    try:
        answer = program.solve(
            case.objective(), integer=case.integer(), seconds=seconds, gap=gap, nodes=nodes
        )
    except TongquError:
        return None, loose.bound
    return _chosen(case, answer.values), loose.bound


def _near(case: Case, chosen: Chosen, bound: float, *, gap: float) -> bool:
    total = sum(case.costs(chosen))
    return total - bound <= gap * total


def _chosen(case: Case, values: Floats) -> Chosen:
    """The choice that values of the variables say; without a bound."""
    links, sites, _, _ = case.columns
    opened = np.stack([values[part] > _OPEN for part in sites])
    size = opened.shape[1]
    link_of = tuple(
        _used(tier.start, values[links[tier.row]], size=size if tier.row else case.people.size)
        for tier in case.tiers
    )
    # A position of -1 picks the last of the sites: the added -1.
    ends = [np.append(tier.site, -1)[link] for tier, link in zip(case.tiers, link_of, strict=True)]
    refers = np.stack(ends[1:]) if len(ends) > 1 else np.empty((0, size), dtype=np.int64)
    return Chosen(opened, ends[0], refers, link_of, -np.inf)


def _used(start: Ints, value: Floats, *, size: int) -> Ints:
    """The link with the largest value of each start, -1 where their sum is below half.

    Without limits equally good links may share a start: then one of them takes it whole.
    """
    found = np.full(size, -1, dtype=np.int64)
    order = np.argsort(value, kind="stable")
    found[start[order]] = order
    total = np.bincount(start, value, minlength=size)
    return np.where(total > _OPEN, found, -1).astype(np.int64)


def _usable(tiers: tuple[Tier, ...]) -> Bools:
    """Sites that may hold each level, shape (levels, sites)."""
    usable = ~np.stack([tier.barred for tier in tiers])
    while True:
        before = usable.copy()
        for tier in tiers[1:]:
            usable[tier.row] &= usable[tier.row - 1]
            onward = usable[tier.row].copy()
            onward[tier.start[usable[tier.row][tier.site]]] = True
            usable[tier.row - 1] &= onward
        if np.array_equal(usable, before):
            return usable
