"""Answer "and if not?": solve a plan's program again with a project left out, later, or a village served.

A plan of a whole region is proven to be within a gap that is larger than what one project brings. What a
change costs is therefore asked three times: of the relaxation, where it is exact; of the plans near the plan,
where both sides are solved alike; and of all plans, where bounds prove an interval.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, silent
from tongqu.engine.changes import (
    Changes,
    Village,
    changed_bounds,
    changed_program,
    changed_rights,
    force_rows,
    tied_projects,
    wrong_changes,
)
from tongqu.engine.explain import credits_of
from tongqu.engine.goals import goal_stage
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import ProgramInfeasibleError, Session, Solution, SolverError, Stop
from tongqu.engine.model import build
from tongqu.engine.nearby import NEAR_SECONDS, WHOLE, WIDTH, Search, doubted, found_by, values_at
from tongqu.engine.optimise import Plan
from tongqu.engine.search import bound_of, gap_of
from tongqu.engine.terms import Aim, Floats, Ints, Model

__all__ = ["Answer", "Changes", "Loss", "Resolver"]

Bools = npt.NDArray[np.bool_]

WIDER: Final = (1, 4)
"""Times as many starts and seconds, tried one after another until a plan is found."""
PASSES: Final = 3
"""How often a plan is bettered county by county before questions are asked."""
LEAST_GAIN: Final = 1e-9
"""Gain below which a plan is not bettered, in the goal's unit."""
DELIVERED: Final = ("starts", "indices", "served", "objective", "value")
"""What an answer says of its plan."""


@dataclass(frozen=True)
class Answer:
    """The plan that is best with the changes, as far as was found.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment by project.
    indices, served : DataFrame
        What the starts deliver: see ``Promise``.
    objective : float
        In the goal's unit, without approximation; more is better.
    bound : float
        Proven: no plan with the changes delivers more.
    relaxed : float
        The same for the relaxation, in which parts of projects can be built.
    near : float or None
        Bound of the search near the plan, in the program's figures; what it found is no worse than that by
        more than ``near - value``. None where nothing was sought near.
    value : float
        What was found, in the program's figures, which tangents make a little higher.
    seconds : float
        What it took.
    sought : array of int
        Numbers of the starts that were sought anew.
    base : Answer or None
        The best plan without the changes from which it was sought, in the same neighbourhood; None for a plan
        without changes.
    """

    changes: Changes
    starts: pd.Series
    indices: pd.DataFrame
    served: pd.DataFrame
    objective: float
    bound: float
    relaxed: float
    near: float | None
    value: float
    seconds: float
    sought: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    base: Answer | None = None


@dataclass(frozen=True)
class Loss:
    """What a change costs, in the goal's unit.

    Parameters
    ----------
    found : float
        Between the plans that were found with and without the change in the same neighbourhood of the plan.
    least, most : float
        Proven: what the best of all plans loses lies between.
    relaxed : float
        What the relaxation loses: exact there.
    """

    found: float
    least: float
    most: float
    relaxed: float


class Resolver:
    """A plan's program, kept in the solver, for questions about the plan.

    Parameters
    ----------
    inputs : Inputs
    plan : Plan
        The plan that is asked about; it keeps the limits.
    villages : iterable of (str, str)
        Units and services that will be forced; others cannot be.
    near_seconds : float
        Seconds that a search near the plan may take.
    seconds : float
        Seconds that the search among all plans may take, where the gap is not proven near the plan.

    Examples
    --------
    >>> resolver = Resolver(inputs, plan)  # doctest: +SKIP
    >>> without = resolver.with_changes(ban=["clinic:v1"])  # doctest: +SKIP
    >>> resolver.loss(without).found  # doctest: +SKIP
    7.4e-06
    """

    def __init__(
        self,
        inputs: Inputs,
        plan: Plan,
        *,
        villages: Iterable[Village] = (),
        near_seconds: float = NEAR_SECONDS,
        seconds: float | None = None,
        stop: Stop | None = None,
        progress: Progress = silent,
    ) -> None:
        self.inputs, self.plan = inputs, plan
        self.villages = tuple(dict.fromkeys(villages))
        self.search = Search(near_seconds, inputs.scenario.solver.seed, stop)
        self._stop, self._progress = stop, progress
        self._seconds = inputs.scenario.solver.seconds if seconds is None else seconds
        self._reference: Answer | None = None

    @cached_property
    def model(self) -> Model:
        """The plan's program, with a row for each village that may be forced."""
        return build(self.inputs, goal=goal_stage(self.inputs), rows=[force_rows(self.villages)])

    @cached_property
    def session(self) -> Session:
        """The program in the solver."""
        return self.model.program.session(seed=self.inputs.scenario.solver.seed)

    @cached_property
    def relaxation(self) -> Solution:
        """The relaxation without changes, with the prices of all limits."""
        return self.session.relax(stop=self._stop)

    @cached_property
    def credits(self) -> pd.DataFrame:
        """Options on offer with the places that they credit: see `credits_of`."""
        return credits_of(self.inputs, self.inputs.offer.projects["project"])

    def with_changes(
        self,
        *,
        ban: Iterable[str] = (),
        pin: Mapping[str, int] | None = None,
        delay: Mapping[str, int] | None = None,
        force: Iterable[Village] = (),
        limit: Iterable[tuple[str, int, float]] = (),
    ) -> Answer | None:
        """Give the best plan with changes; None where no plan keeps all limits with them.

        See `Changes` for what can be asked.

        Raises
        ------
        ScenarioError
            If the changes cannot be meant.
        ProgramStoppedError
            If the time was over before a plan was found, and whether there is one is not known.
        """
        changes = Changes(tuple(ban), dict(pin or {}), dict(delay or {}), tuple(force), tuple(limit))
        wrong_changes(self.model, changes, villages=self.villages)
        return self._answer(changes)

    def loss(self, answer: Answer) -> Loss:
        """What the changes of an answer cost; below 0 where they bring something, such as more of a limit."""
        reference = self.reference
        least = reference.objective - answer.bound
        base = answer.base or reference
        return Loss(
            base.objective - answer.objective,
            least if answer.changes.limit else max(least, 0.0),
            reference.bound - answer.objective,
            reference.relaxed - answer.relaxed,
        )

    @property
    def reference(self) -> Answer:
        """The best plan without changes that is known: the plan that is asked about, bettered near it."""
        if self._reference is None:
            self._reference = self._bettered(self.given)
        return self._reference

    def relaxed_with(self, changes: Changes) -> Solution | None:
        """The relaxation with changes; None where not even that keeps all limits."""
        _ = self.relaxation
        self.session.reset()
        columns, low, high = changed_bounds(self.model, changes, villages=self.villages)
        try:
            if len(columns):
                self.session.bounds(columns, low, high)
            for family, right in changed_rights(self.model, changes).items():
                self.session.rhs(family, right)
            return self.session.relax(stop=self._stop)
        except ProgramInfeasibleError:
            return None

    @cached_property
    def given(self) -> Answer:
        """The plan that is asked about, as an answer to no changes."""
        plan, constant = self.plan, self._aim.constant
        objective, relaxed = float(plan.certificate.objective), self.relaxation
        bound = min(bound_of(relaxed) + constant, float(plan.certificate.bound))
        return Answer(
            Changes(),
            plan.starts,
            plan.promised,
            plan.served,
            objective,
            max(bound, objective),
            relaxed.objective + constant,
            None,
            objective,
            0.0,
        )

    @property
    def _aim(self) -> Aim:
        aim = self.model.aim
        assert aim is not None
        return aim

    def _bettered(self, given: Answer) -> Answer:
        """Better a plan county by county: contested starts of one are sought anew, all others held."""
        began, program = time.monotonic(), self.model.program.arrays()
        values, best = values_at(self.model, given.starts), None
        for _ in range(PASSES):
            before = best
            for county in self.inputs.counties:
                free = self._doubted(self._county == county, values)
                found = self.search.among(program, values, free)
                if found is not None and (best is None or found.objective > best.objective + LEAST_GAIN):
                    values, best = found.values, found
            if best is before:
                break
        if best is None or bound_of(self.relaxation) - best.objective > self._gap:
            best, _ = self._everywhere(Changes(), best, bound=given.bound)
        if best is None:
            return given
        bound = given.bound - self._aim.constant
        answer = self._read(Changes(), best, bound=bound, relaxed=self.relaxation, began=began)
        return answer if answer.objective > given.objective else given

    def _answer(self, changes: Changes) -> Answer | None:
        began, known = time.monotonic(), values_at(self.model, self.reference.starts)
        relaxed = self.relaxed_with(changes)
        if relaxed is None:
            return None
        program, near = changed_program(self.model, changes, villages=self.villages), None
        for wider in WIDER:
            free = self._free(changes, relaxed, known, wider=wider)
            near = self.search.among(program, known, free, wider=wider)
            if near is not None:
                break
        best, bound = near, bound_of(relaxed)
        if near is not None and free[self._started].all():
            bound = min(bound, near.bound)
        if best is None or bound - best.objective > self._gap:
            best, bound = self._everywhere(changes, best, bound=bound)
        if best is None:
            return None
        answer = self._read(changes, best, bound=bound, relaxed=relaxed, near=near, began=began)
        if not changes.limit and answer.objective > self.reference.objective:
            self._reference = self._without_changes(answer, best, free)
        return replace(answer, base=self.reference, sought=np.flatnonzero(free))

    def _without_changes(self, answer: Answer, best: Solution, free: Bools) -> Answer:
        """A plan without changes that is no worse than an answer, which keeps the limits without them too."""
        kept = {name: getattr(answer, name) for name in DELIVERED}
        reference = replace(self.reference, **kept)
        found = self.search.among(self.model.program.arrays(), best.values, free)
        if found is None:
            return reference
        bound = reference.bound - self._aim.constant
        better = self._read(Changes(), found, bound=bound, relaxed=self.relaxation, began=time.monotonic())
        return better if better.objective > reference.objective else reference

    def _everywhere(
        self, changes: Changes, best: Solution | None, *, bound: float
    ) -> tuple[Solution | None, float]:
        """Search among all plans until the gap is proven."""
        self.relaxed_with(changes)
        start = None if best is None else (self._started, best.values[self._started])
        solver = self.inputs.scenario.solver
        gap = gap_of(self._aim, self.relaxation, solver=solver)
        try:
            found = self.session.search(
                gap=gap, seconds=self._seconds, start=start, stop=self._stop, progress=self._progress
            )
        except ProgramInfeasibleError:
            return None, bound
        except SolverError:
            if best is None:
                raise
            return best, bound
        bound = min(bound, found.bound)
        return (found if best is None or found.objective > best.objective else best), bound

    def _read(
        self,
        changes: Changes,
        found: Solution,
        *,
        bound: float,
        relaxed: Solution,
        began: float,
        near: Solution | None = None,
    ) -> Answer:
        """What the starts of a solution really deliver."""
        constant, made = self._aim.constant, found_by(self.model, found, keep=changes.pin)
        return Answer(
            changes,
            made.starts,
            made.indices,
            made.served,
            made.objective,
            max(bound + constant, made.objective),
            relaxed.objective + constant,
            None if near is None else near.bound + constant,
            found.objective + constant,
            time.monotonic() - began,
        )

    @cached_property
    def _gap(self) -> float:
        """The gap that is good enough: the one asked for, or that of the plan where it is larger."""
        asked = gap_of(self._aim, self.relaxation, solver=self.inputs.scenario.solver)
        return max(asked, self.plan.certificate.gap + self._aim.error)

    @cached_property
    def _started(self) -> Ints:
        return np.unique(self.model.started[self.model.started >= 0])

    @cached_property
    def _county(self) -> npt.NDArray[np.object_]:
        return self.inputs.offer.projects["county"].to_numpy(dtype=object)

    def _free(self, changes: Changes, relaxed: Solution, known: Floats, *, wider: int = 1) -> Bools:
        """Starts that are sought anew.

        Those of projects that are named or tied to them, doubted ones of the counties that a change touches,
        and those that it moves in the relaxation.
        """
        tied = tied_projects(self.inputs, changes)
        touched = set(self._county[tied]) | {family.rsplit(" ", 1)[-1] for family, _, _ in changes.limit}
        every = set(self.inputs.counties)
        near = touched & every or every
        free = self._doubted(np.isin(self._county, list(near)), known, most=WIDTH * wider)
        own = self.model.started[tied]
        free[own[own >= 0]] = True
        moved = np.abs(relaxed.values - self.relaxation.values)[self._started]
        most = np.argsort(-moved, kind="stable")[: WIDTH * wider // 2]
        free[self._started[most[moved[most] > WHOLE]]] = True
        return free

    def _doubted(self, projects: Bools, known: Floats, *, most: int = WIDTH) -> Bools:
        return doubted(self.model, self.relaxation, known, projects=projects, most=most)
