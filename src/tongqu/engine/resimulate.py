"""Simulate a plan again under other standards: the same as `simulate`, at a fraction of its time.

A reference run tells which standards and which variables the step of each sector reads in each year. Under
other standards a step is run again only where one of these differs; else what it wrote stands. The steps
themselves remember what follows from the region and the working projects alone, such as travel times, since
both are the very same objects in every future.
"""

from __future__ import annotations

import gc
import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, end_with_parent, silent
from tongqu.contracts import Assume, Offer, Scenario, Sector, State, working_offers
from tongqu.data import Region
from tongqu.engine.simulate import NO_STARTS, NOTHING, run_step

__all__ = ["Again", "Reference", "Step", "Work", "reference_of", "resimulate", "states_in"]

T = TypeVar("T")
Floats = npt.NDArray[np.float64]
Amounts = Callable[[int, Offer], Floats]

BATCH: Final = 8
"""Futures that a process is given at a time."""


@dataclass(frozen=True, eq=False)
class Step:
    """What a sector read and wrote in a year.

    Parameters
    ----------
    standards : mapping of str to float
        Those that it read, with their values.
    variables : mapping of str to Series
        Likewise of the state.
    written : mapping of str to Series
        What it wrote.
    """

    standards: Mapping[str, float]
    variables: Mapping[str, pd.Series]
    written: Mapping[str, pd.Series]

    def stands(self, before: State, assume: Assume) -> bool:
        """Whether the step would read the same, so that it would write the same."""
        numbers, values = assume.numbers, before.values
        return all(values.get(name) is one for name, one in self.variables.items()) and all(
            numbers.get(name) == one for name, one in self.standards.items()
        )


@dataclass(frozen=True, eq=False)
class Reference:
    """A plan simulated once, to be simulated again under other standards.

    Parameters
    ----------
    region, sectors, assume
        What it was simulated with.
    years : tuple of int
        The years.
    opened : tuple of Offer
        The projects that work in each year, with their entries that count in it.
    states : tuple of State
        As `simulate` gives them.
    steps : tuple of tuple of Step
        Of each year and sector, in the order of both.
    """

    region: Region
    sectors: tuple[Sector, ...]
    assume: Assume
    years: tuple[int, ...]
    opened: tuple[Offer, ...]
    states: tuple[State, ...]
    steps: tuple[tuple[Step, ...], ...]

    @cached_property
    def read(self) -> frozenset[str]:
        """Variables that some step reads."""
        return frozenset(name for row in self.steps for step in row for name in step.variables)


@dataclass(frozen=True, eq=False)
class Again(Generic[T]):
    """A plan to be simulated again, and what is wanted of it.

    Parameters
    ----------
    reference : Reference
        The plan, from `reference_of`.
    keep : callable
        Makes what is kept of a future from its states, such as
        ``lambda states: indicators_of(region, states).indices``; it runs where the future does.
    amounts : callable, optional
        Amounts of the entries that count in a year, from the number of the future (its position among the
        futures) and the offer of the working projects, shape (entries,): where projects cost or bring
        something else than they offered.
    """

    reference: Reference
    keep: Callable[[tuple[State, ...]], T]
    amounts: Amounts | None = None

    def kept(self, number: int, assume: Assume) -> T:
        """What is kept of a future."""
        return self.keep(states_in(self.reference, assume, opened=self.opened(number)))

    def opened(self, number: int) -> tuple[Offer, ...] | None:
        """The projects that work in each year of a future; None where they are those of the reference."""
        if self.amounts is None:
            return None
        return tuple(
            replace(offer, entries=offer.entries.assign(amount=self.amounts(number, offer)))
            if len(offer.entries)
            else offer
            for offer in self.reference.opened
        )


@dataclass(frozen=True, eq=False)
class Work(Generic[T]):
    """Futures to be simulated: what every process is given once.

    Parameters
    ----------
    plans : sequence of Again
        All of them in each future, one after the other: what a step remembers of a future, such as the rates
        read from the censuses under its standards, is made once for all plans.
    assumes : sequence of Assume
        The standards of each future.
    """

    plans: Sequence[Again[T]]
    assumes: Sequence[Assume]

    def done(self, numbers: Sequence[int]) -> list[tuple[T, ...]]:
        """What is kept of each plan in some futures."""
        return [tuple(plan.kept(number, self.assumes[number]) for plan in self.plans) for number in numbers]


def reference_of(
    region: Region,
    sectors: Sequence[Sector],
    *,
    scenario: Scenario,
    assume: Assume,
    offer: Offer | None = None,
    starts: pd.Series = NO_STARTS,
) -> Reference:
    """Simulate a plan, and note what the step of each sector reads.

    Parameters
    ----------
    offer, starts
        As of `simulate`.

    Raises
    ------
    SectorError, StateError
        As `simulate`.
    """
    years = scenario.years
    opened = working_offers(offer or NOTHING, years, starts=starts)
    state = State(years[0])
    states, steps = [], []
    for year, working in zip(years, opened, strict=True):
        state, row = state.in_year(year), []
        for sector in sectors:
            standards, variables = _Noted(assume.numbers), _Noted(state.values)
            written = run_step(
                sector,
                region,
                before=State(year, variables),
                opened=working,
                assume=_NotedAssume(assume.values, standards),
            )
            row.append(Step(standards.seen(), variables.seen(), written))
            state = state.adding(written)
        states.append(state)
        steps.append(tuple(row))
    return Reference(region, tuple(sectors), assume, years, opened, tuple(states), tuple(steps))


def states_in(
    reference: Reference, assume: Assume, *, opened: Sequence[Offer] | None = None
) -> tuple[State, ...]:
    """The states of the plan under other standards, as `simulate` gives them.

    Parameters
    ----------
    assume : Assume
        The standards.
    opened : sequence of Offer, optional
        The projects that work in each year, where their entries differ from those of the reference.
    """
    state = State(reference.years[0])
    states = []
    for number, year in enumerate(reference.years):
        state = state.in_year(year)
        usual = reference.opened[number]
        working = usual if opened is None else opened[number]
        for sector, step in zip(reference.sectors, reference.steps[number], strict=True):
            written = step.written
            if working is not usual or not step.stands(state, assume):
                found = run_step(sector, reference.region, before=state, opened=working, assume=assume)
                written = {
                    name: _same(one, step.written[name]) if name in reference.read else one
                    for name, one in found.items()
                }
            state = state.adding(written)
        states.append(state)
    return tuple(states)


def resimulate(
    plans: Sequence[Again[T]],
    assumes: Sequence[Assume],
    *,
    processes: int = 2,
    progress: Progress = silent,
) -> list[tuple[T, ...]]:
    """Simulate plans in many futures.

    Parameters
    ----------
    plans : sequence of Again
        The plans, with what is wanted of each.
    assumes : sequence of Assume
        The standards of each future.
    processes : int
        How many processes share the futures. More than one only where the system can fork; else, and for a
        few futures, all is done here.

    Returns
    -------
    list of tuple
        What is kept of each plan in each future, in their order. It does not depend on the number of
        processes.

    Raises
    ------
    SectorError, StateError, ScenarioError
        As `simulate`, from the first future where it goes wrong.
    """
    work = Work(plans, assumes)
    batches = [range(first, min(first + BATCH, len(assumes))) for first in range(0, len(assumes), BATCH)]
    found: dict[int, list[tuple[T, ...]]] = {}
    if processes > 1 and len(batches) > 1 and "fork" in multiprocessing.get_all_start_methods():
        found = _shared(work, batches, processes=processes, progress=progress)
    else:
        for number, batch in enumerate(batches):
            found[number] = work.done(batch)
            progress(Report("resimulate", done=(number + 1) / len(batches)))
    return [one for number in range(len(batches)) for one in found[number]]


def _shared(
    work: Work[T], batches: Sequence[range], *, processes: int, progress: Progress
) -> dict[int, list[tuple[T, ...]]]:
    """The batches shared out among processes that begin as copies of this one."""
    found: dict[int, list[tuple[T, ...]]] = {}
    context = multiprocessing.get_context("fork")
    with (
        warnings.catch_warnings(),
        ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(work,)) as pool,
    ):
        # Threads of libraries sleep while the copies are made; the copies use none.
        warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*multi-threaded.*")
        futures = {pool.submit(_do, batch): number for number, batch in enumerate(batches)}
        try:
            for count, one in enumerate(as_completed(futures)):
                found[futures[one]] = one.result()
                progress(Report("resimulate", done=(count + 1) / len(batches)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


_MINE: list[Work[Any]] = []
"""The work of this process, where it is a copy made for it."""


def _begin(work: Work[Any]) -> None:
    end_with_parent()
    # What is there already is not searched for rubbish again and again; futures leave next to none.
    gc.freeze()
    gc.disable()
    _MINE[:] = [work]


def _do(batch: range) -> list[Any]:
    found = _MINE[0].done(batch)
    gc.collect()
    return found


def _same(values: pd.Series, usual: pd.Series) -> pd.Series:
    """The usual series itself where nothing differs, so that what is read from it is seen to be the same."""
    if values is usual:
        return usual
    new, old = values.to_numpy(), usual.to_numpy()
    alike = new.size == old.size > 0 and new[0] == old[0] and new[-1] == old[-1]
    if alike and np.array_equal(new, old) and values.index.equals(usual.index):
        return usual
    return values


@dataclass(frozen=True, eq=False)
class _Noted(Mapping[str, T]):
    """A mapping that notes which of its values are asked for."""

    values_: Mapping[str, T]
    names: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> T:
        found = self.values_[name]
        self.names.add(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)

    def seen(self) -> dict[str, T]:
        """What was asked for."""
        return {name: self.values_[name] for name in sorted(self.names)}


class _NotedAssume(Assume):
    """Standards that note which of them are read; who takes them all as a series reads all."""

    _values: pd.Series
    _noted: _Noted[float]

    def __init__(self, values: pd.Series, noted: _Noted[float]) -> None:
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_noted", noted)

    @property
    def values(self) -> pd.Series:
        """All standards."""
        self._noted.names.update(self._noted.values_)
        return self._values

    @property
    def numbers(self) -> Mapping[str, float]:
        """The standards by name."""
        return self._noted
