"""What may be asked of a plan besides its scenario, as bounds and right-hand sides of its program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.engine.explain import credits_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Terms
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.terms import NONE, Floats, Ints, Model

__all__ = [
    "Changes",
    "Village",
    "changed_bounds",
    "changed_program",
    "changed_rights",
    "force_rows",
    "tied_projects",
    "wrong_changes",
]

Village = tuple[str, str]
"""A unit and a service."""

FORCED: Final = "forced"
"""Family of variables and rows of units that may be forced."""

SHORT: Final = 1e-6
"""Share by which a forced unit may be short of what an option credits: the solver's tolerance."""

STOCKS: Final = ("land", "staff")
"""Kinds of limits that add up over the years: what is left of one year is there in the next."""


@dataclass(frozen=True)
class Changes:
    """What is asked for besides the scenario.

    Parameters
    ----------
    ban : tuple of str
        Projects that are not built.
    pin : mapping of str to int
        Projects that start in a year.
    delay : mapping of str to int
        Projects that start in that year or later, if at all.
    force : tuple of (str, str)
        Units and services: the unit is credited in the last year as much as its best option credits alone.
    limit : tuple of (str, int, float)
        Family of rows of a limit, such as ``money 330802`` or ``staff doctors 330802``, year, and how much
        more of it there is, in its own unit. Land and staff are there from that year on.

    Examples
    --------
    >>> Changes(ban=("a",), delay={"b": 2027}).projects
    ('a', 'b')
    """

    ban: tuple[str, ...] = ()
    pin: Mapping[str, int] = field(default_factory=dict)
    delay: Mapping[str, int] = field(default_factory=dict)
    force: tuple[Village, ...] = ()
    limit: tuple[tuple[str, int, float], ...] = ()

    @property
    def projects(self) -> tuple[str, ...]:
        """Projects that are named."""
        return (*self.ban, *self.pin, *self.delay)


def wrong_changes(model: Model, changes: Changes, *, villages: Sequence[Village]) -> None:
    """Refuse changes that cannot be meant.

    Raises
    ------
    ScenarioError
        With every project that is not on offer or cannot start then, every unit that was not named before,
        every limit that the plan does not have, every year outside the plan.
    """
    known, years = set(model.inputs.offer.projects["project"]), model.inputs.years
    found = [("not on offer", name) for name in changes.projects if name not in known]
    for name, year in changes.pin.items():
        if name in known and not _can_start(model, name, year):
            found.append(("cannot start then", f"{name} in {year}"))
    found += [("a unit that was not named", " ".join(one)) for one in changes.force if one not in villages]
    for family, year, _ in changes.limit:
        if family not in model.limits or family not in {one.family for one in model.priced}:
            found.append(("not a limit of the plan", family))
        elif year not in years:
            found.append(("a year outside the plan", str(year)))
    if found:
        mend = "name what the plan has, by its codes"
        raise ScenarioError([Problem(rule, mend=mend, value=value) for rule, value in found])


def _can_start(model: Model, project: str, year: int) -> bool:
    at = year - model.inputs.years[0]
    own = _own(model, project)
    if not 0 <= at < len(own) or own[at] == NONE:
        return False
    return at == 0 or own[at] != own[at - 1]


def force_rows(villages: Sequence[Village]) -> Callable[[Model], None]:
    """Give what adds a variable for each unit and service that may be forced.

    It is no more than what the unit is credited in the last year. People of a group are placed one for
    another, so all that a group is placed may be those of one unit.
    """

    def add(model: Model) -> None:
        if not villages:
            return
        forced = model.program.variables(FORCED, len(villages), upper=1.0)
        terms = [Terms.of(np.arange(len(forced)), forced, 1.0)]
        terms += [part for row, one in enumerate(villages) for part in _credit_of(model, one, row=row)]
        model.program.rows(FORCED, Terms.join(terms), sense="<=", rhs=np.zeros(len(forced)))

    return add


def _credit_of(model: Model, village: Village, *, row: int) -> list[Terms]:
    """What a unit is credited in the last year, as terms of a row."""
    unit, service = village
    group = model.members[service].get(unit) if service in model.members else None
    mine = [credit for credit in model.credits if len(credit) and credit["service"].iloc[0] == service]
    inputs = model.inputs
    if group is None or not mine:
        return []
    credit = mine[0][(mine[0]["group"] == group) & (mine[0]["year"] == len(inputs.years) - 1)]
    need = float(inputs.unmet(service).iloc[:, -1].get(unit, 0.0))
    if credit.empty or need <= 0:
        return []
    rooms = inputs.offer.entries
    placed = ((rooms["ledger"] == "room") & (rooms["key"] == service)).any()
    share = credit["people"].to_numpy(dtype=np.float64) / need if placed else np.ones(len(credit))
    return [Terms.of(np.full(len(credit), row), credit["variable"], -share)]


def _best_credit(inputs: Inputs, villages: Iterable[Village]) -> Floats:
    """Share that the best option of each unit credits it alone; 1 where nothing on offer credits it."""
    every = credits_of(inputs, inputs.offer.projects["project"])
    best = every.groupby(["unit", "service"])["amount"].max().clip(upper=1.0)
    wanted = pd.MultiIndex.from_tuples(list(villages), names=["unit", "service"])
    return np.asarray(best.reindex(wanted).fillna(1.0), dtype=np.float64)


def changed_bounds(
    model: Model, changes: Changes, *, villages: Sequence[Village]
) -> tuple[Ints, Floats, Floats]:
    """Variables that get other bounds, and those bounds.

    Parameters
    ----------
    villages : sequence of (str, str)
        As `force_rows` was given them.
    """
    numbers, years = model.program.arrays(), model.inputs.years
    low, high = numbers.lower.copy(), numbers.upper.copy()
    never = dict.fromkeys(changes.ban, years[-1] + 1)
    for name, year in (*never.items(), *changes.delay.items(), *changes.pin.items()):
        before = _own(model, name)[: max(year - years[0], 0)]
        high[before[before != NONE]] = 0.0
    for name, year in changes.pin.items():
        low[_own(model, name)[year - years[0]]] = 1.0
    if changes.force:
        forced = model.program.numbers(FORCED)[[villages.index(one) for one in changes.force]]
        low[forced] = _best_credit(model.inputs, changes.force) - SHORT
    touched = np.flatnonzero((low != numbers.lower) | (high != numbers.upper))
    return touched, low[touched], high[touched]


def changed_rights(model: Model, changes: Changes) -> dict[str, Floats]:
    """Right-hand sides of the families whose limits change."""
    divisors = {one.family: one.divisor for one in model.priced}
    last = len(model.inputs.years) - 1
    rights: dict[str, Floats] = {}

    def add(family: str, positions: Iterable[int], more: float) -> None:
        if family not in rights:
            rights[family] = _right(model, family)
        rights[family][list(positions)] += more / divisors[family]

    for family, year, more in changes.limit:
        kind, at = model.limits[family], year - model.inputs.years[0]
        add(family, range(at, last + 1) if kind in STOCKS else [at], more)
        running = family.replace("money", "running", 1)
        if kind == "money" and at == last and running in model.program.families:
            add(running, [0], more)  # what goes on costing has to fit the last year's money
    return rights


def _right(model: Model, family: str) -> Floats:
    """The right-hand side of a family as it was made; 0 for rows that were left out."""
    program, numbers = model.program, model.program.arrays()
    rows, labels = program.row_numbers(family), program.row_labels(family)
    whole = np.zeros(max(int(labels.max()) + 1, len(model.inputs.years)))
    whole[labels] = numbers.row_upper[rows]
    return whole


def changed_program(model: Model, changes: Changes, *, villages: Sequence[Village]) -> Numbers:
    """The program with changes, in plain arrays."""
    program, numbers = model.program, model.program.arrays()
    columns, low, high = changed_bounds(model, changes, villages=villages)
    lower, upper = numbers.lower.copy(), numbers.upper.copy()
    lower[columns], upper[columns] = low, high
    row_lower, row_upper = numbers.row_lower.copy(), numbers.row_upper.copy()
    for family, right in changed_rights(model, changes).items():
        rows, values = program.row_numbers(family), right[program.row_labels(family)]
        row_lower[rows] = np.where(np.isfinite(row_lower[rows]), values, -np.inf)
        row_upper[rows] = np.where(np.isfinite(row_upper[rows]), values, np.inf)
    return replace(numbers, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)


def tied_projects(inputs: Inputs, changes: Changes) -> npt.NDArray[np.bool_]:
    """Projects that changes name and options of the units that they force, with all that is tied to them.

    Tied are what a project requires, what requires it, and the others of its group.
    """
    every = credits_of(inputs, inputs.offer.projects["project"]) if changes.force else None
    names = set(changes.projects)
    if every is not None:
        wanted = pd.MultiIndex.from_tuples(list(changes.force), names=["unit", "service"])
        mine = every[pd.MultiIndex.from_frame(every[["unit", "service"]]).isin(wanted)]
        names |= set(mine["first"]) | set(mine["second"])
    projects = inputs.offer.projects
    name, group, needed = (projects[column] for column in ("project", "group", "requires"))
    found = name.isin(list(names)).to_numpy()
    while True:
        more = found | name.isin(needed[found]).to_numpy() | needed.isin(name[found]).to_numpy()
        more |= group.isin(set(group[found]) - {""}).to_numpy()
        if (more == found).all():
            return found
        found = more


def _own(model: Model, project: str) -> Ints:
    """Variables of a project by position of the year."""
    row = int(model.positions(pd.Series([project]))[0])
    return np.asarray(model.started[row], dtype=np.int64)
