"""A scenario: years, limits, wishes and assumptions. TOML; strict; may extend another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tongqu.base import Problem, ScenarioError
from tongqu.data.problems import suggest

__all__ = [
    "Assume",
    "Booked",
    "Bound",
    "Commitment",
    "Edit",
    "Feedback",
    "Floor",
    "Goal",
    "Keeping",
    "Limits",
    "Measure",
    "Objective",
    "Pin",
    "Promised",
    "Robust",
    "Scenario",
    "Solver",
    "unknown_standards",
]

Share = Annotated[float, Field(ge=0, le=1)]
Objective = Literal["coordination", "coverage", "worst-off", "least-cost"]
Measure = Literal["coordination", "coverage", "worst-off", "cost"]
"""What a plan can be bounded by: mean log D, mean share served, that of the worst-off tenth, 万元 today."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Floor(_Strict):
    """At least ``share`` of the demand for a service is met from ``year`` on, in a town or a county."""

    service: str
    share: Share
    year: int
    county: str = ""
    town: str = ""


class Pin(_Strict):
    """A project that must be started in ``year``; why is kept in the ledger of decisions."""

    project: str
    year: int
    why: str = ""


class Commitment(_Strict):
    """A project that is built or contracted: it starts in ``year``, whatever the plan would choose.

    A commitment may lie before the first year of the plan. Costs that became known replace those offered.
    """

    project: str
    year: int
    status: Literal["built", "contracted"]
    capital_wan: Annotated[float, Field(ge=0)] | None = None
    why: str = ""


class Booked(_Strict):
    """Money of a county in a past year as it was, 万元: it is not chosen again."""

    county: str
    year: int
    room_wan: Annotated[float, Field(ge=0)] | None = None
    """Own money that there was for the plan; what the forecast says unless given."""
    grant_wan: Annotated[float, Field(ge=0)] = 0.0
    debt_wan: Annotated[float, Field(ge=0)] = 0.0
    """Debt of the plan at the end of the year."""


class Edit(_Strict):
    """What the user knows better of a project than the offer does; what is not given stays."""

    project: str
    capital_wan: Annotated[float, Field(ge=0)] | None = None
    running_wan: float | None = None
    earliest: int | None = None
    latest: int | None = None
    why: str = ""


class Bound(_Strict):
    """A least or greatest value of another objective, in that objective's own unit."""

    measure: Measure
    least: float | None = None
    most: float | None = None


class Goal(_Strict):
    """How coverage and the worst-off are weighed."""

    services: Mapping[str, Annotated[float, Field(ge=0)]] = {}
    """Weight of each service; 1 for a service that is not named, 0 leaves it out."""
    worst_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the people whose villages are served least that the measure ``worst-off`` is the mean of."""
    levels: Annotated[int, Field(ge=1, le=50)] = 10
    """Levels between nothing and everything by which the lexicographic order tells villages apart."""


class Promised(_Strict):
    """A start that an earlier plan promised."""

    project: str
    year: int


class Keeping(_Strict):
    """The price of changing what an earlier plan promised."""

    promises: tuple[Promised, ...] = ()
    price: Annotated[float, Field(ge=0)] = 0.0
    """What is lost if all promises are dropped, in mean log D. A promise counts by its share of the capital,
    a delay by its share of the years that were left."""


class Feedback(_Strict):
    """How often a plan is simulated and made again until promise and simulation agree."""

    rounds: Annotated[int, Field(ge=1, le=20)] = 5
    tolerance: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Relative difference of headline figures up to which they agree."""


class Robust(_Strict):
    """A plan for several futures at once; with 0 futures it is made for the expected one."""

    futures: Annotated[int, Field(ge=0, le=50)] = 0
    tail_weight: Share = 0.5
    """Weight of the worst futures against the mean of all."""
    tail: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the futures that are the worst."""
    seed: Annotated[int, Field(ge=0)] = 1


class Limits(_Strict):
    """What the plan may use. Money in 万元, land in mu, staff in persons; county figures unless stated."""

    capital_share: Share = 0.01
    """Share of own revenue and transfers that may go into this plan in a year."""
    money_factor: Annotated[float, Field(gt=0)] = 1.0
    """Multiplies every source of money; used for sweeps."""
    city_pool_wan: Annotated[float, Field(ge=0)] = 10_000.0
    """Money of the city in a year that it may grant to any county."""
    new_debt_share: Share = 0.25
    """Share of the room under the debt limit that this plan may use over its years."""
    land_mu_per_year: Annotated[float, Field(ge=0)] = 120.0
    """New construction land for these sectors in a county and year."""
    doctors_per_year: Annotated[float, Field(ge=0)] = 60.0
    """Additional doctors that a county can hire in a year."""
    teachers_per_year: Annotated[float, Field(ge=0)] = 60.0
    """Additional teachers that a county can hire in a year."""


class Solver(_Strict):
    """How the optimiser works. ``gap`` is absolute, in mean log D."""

    gap: Annotated[float, Field(gt=0)] = 0.001
    seconds: Annotated[float, Field(gt=0)] = 600.0
    threads: Annotated[int, Field(ge=1)] = 1
    seed: Annotated[int, Field(ge=0)] = 1
    tangent_error: Annotated[float, Field(gt=0, le=0.01)] = 0.0001


class Scenario(_Strict):
    """Everything a plan depends on besides the region.

    Examples
    --------
    >>> scenario = Scenario(name="short", first_year=2026, last_year=2028)
    >>> scenario.years
    (2026, 2027, 2028)
    """

    name: str = "base"
    title_zh: str = "基准方案"
    title_en: str = "Base plan"
    first_year: int = 2026
    last_year: int = 2035
    from_year: int | None = None
    """First year in which anything may start that is not committed; the years before it are past.
    The plan's first year unless given."""
    discount: Annotated[float, Field(ge=0, le=0.2)] = 0.03
    objective: Objective = "coordination"
    goal: Goal = Goal()
    limits: Limits = Limits()
    floors: tuple[Floor, ...] = ()
    bounds: tuple[Bound, ...] = ()
    nobody_worse: bool = True
    """Whether no county's U or R may fall below what it is without a plan, in any year."""
    sectors: tuple[str, ...] = ()
    """Sectors whose projects may be chosen, all unless given; the others are simulated all the same."""
    pinned: tuple[Pin, ...] = ()
    banned: tuple[str, ...] = ()
    committed: tuple[Commitment, ...] = ()
    booked: tuple[Booked, ...] = ()
    edits: tuple[Edit, ...] = ()
    keeping: Keeping = Keeping()
    feedback: Feedback = Feedback()
    robust: Robust = Robust()
    assume: Mapping[str, float] = {}
    solver: Solver = Solver()

    @model_validator(mode="after")
    def _years_in_order(self) -> Scenario:
        if self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} is before first_year {self.first_year}")
        if not self.first_year <= self.decided_from <= self.last_year:
            raise ValueError(f"from_year {self.from_year} is not a year of the plan")
        return self

    @property
    def decided_from(self) -> int:
        """First year that the plan decides on: what lies before is past."""
        return self.first_year if self.from_year is None else self.from_year

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the plan."""
        return tuple(range(self.first_year, self.last_year + 1))


@dataclass(frozen=True)
class Assume:
    """Standards and parameters in force: the region's table with the scenario's changes.

    Examples
    --------
    >>> assume = Assume(pd.Series({"minutes.clinic": 15.0}))
    >>> assume["minutes.clinic"]
    15.0
    """

    values: pd.Series

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """The values by name."""
        found = zip(self.values.index, self.values.to_numpy(dtype=np.float64).tolist(), strict=True)
        return {str(name): value for name, value in found}

    def __getitem__(self, name: str) -> float:
        try:
            return self.numbers[name]
        except KeyError:
            problem = Problem(
                rule=f"there is no standard {name!r}", mend="add it to the table standards", file="standards"
            )
            raise ScenarioError([problem]) from None

    @classmethod
    def of(cls, standards: pd.DataFrame, scenario: Scenario) -> Assume:
        """Put a scenario's changes over a table of standards, and add its limits as ``limits.*``.

        Raises
        ------
        ScenarioError
            If a change names a standard that the table does not have.
        """
        if problems := unknown_standards(standards, scenario):
            raise ScenarioError(problems)
        values = standards.set_index("standard")["value"].astype("float64")
        limits = {f"limits.{name}": value for name, value in scenario.limits.model_dump().items()}
        together: dict[str, float] = {str(name): value for name, value in values.items()}
        return cls(pd.Series(together | dict(scenario.assume) | limits, dtype="float64"))


def unknown_standards(standards: pd.DataFrame, scenario: Scenario) -> list[Problem]:
    """Changes of standards that the table does not have."""
    known = set(standards["standard"])
    return [
        Problem(
            rule="unknown standard",
            mend=suggest(name, known) + "use a name from the table standards",
            file="scenario",
            column="assume",
            value=name,
        )
        for name in scenario.assume
        if name not in known
    ]
