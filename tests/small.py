"""The small region of the tests, and scenarios and plans on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tongqu.contracts import Limits, Scenario, Solver
from tongqu.data import Region, load_region

TINY = Path(__file__).parent / "data" / "tiny"

EXACT = Solver(gap=1e-9, tangent_error=1e-6)


@cache
def loaded(place: Path | str = TINY) -> Region:
    """A region that tests share: its people are fitted once. Regions are frozen; change a copy."""
    return load_region(place)


def short(**changes: object) -> Scenario:
    """A scenario of three years on the small region, solved exactly."""
    content = {"name": "short", "first_year": 2026, "last_year": 2028, "solver": EXACT, **changes}
    return Scenario.model_validate(content)


def with_money(factor: float, **limits: float) -> Scenario:
    """The same with another budget."""
    return short(limits=Limits(money_factor=factor, **limits))
