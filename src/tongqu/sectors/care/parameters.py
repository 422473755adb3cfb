"""The services of care, and the limits of what their standards can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tongqu.contracts import Assume, check_limits

__all__ = ["HALL", "LIMITS", "ROOMS", "SERVICES", "Mode", "Service", "check_parameters"]

Mode: TypeAlias = Literal["walk", "ride"]


@dataclass(frozen=True)
class Service:
    """A service that people reach at sites.

    Parameters
    ----------
    key : str
        Name in state variables and ledgers.
    kind : str
        Kind of the sites.
    mode : {"walk", "ride"}
        How people get there.
    users : str
        Who uses it: ``elders`` (60 and over), ``infants`` (under three) or ``people``.
    room : bool
        Whether places are counted.
    """

    key: str
    kind: str
    mode: Mode
    users: str
    room: bool = True

    @property
    def first(self) -> str:
        """Name of the same service of those who come first: left behind or of low income."""
        return f"{self.key}_priority"

    @property
    def limit(self) -> str:
        """Standard of the most minutes."""
        return f"minutes.{self.key}"

    @property
    def links(self) -> str:
        """State variable of the minutes of links."""
        return "links.walk_minutes" if self.mode == "walk" else "links.minutes"


SERVICES: Final = (
    Service("day_care", "day_care", "ride", "elders"),
    Service("meals", "meal_point", "walk", "elders"),
    Service("child_care", "child_care", "ride", "infants"),
    Service("service_hall", "service_hall", "ride", "people", room=False),
)
ROOMS: Final = SERVICES[:3]
"""Services whose places are counted."""
HALL: Final = SERVICES[3]

SHARE: Final = (0.0, 1.0)
LIMITS: Final[dict[str, tuple[float, float]]] = {
    **{service.limit: (1.0, 240.0) for service in SERVICES},
    "care.day_places": (0.0, 1000.0),
    "care.meals": (0.0, 1000.0),
    "care.child_places": (0.0, 1000.0),
    "care.counters": (0.0, 1000.0),
    "care.alone": SHARE,
    "care.left_children": SHARE,
    "care.low_income_rural": SHARE,
    "care.low_income_urban": SHARE,
    "care.low_income_elders": SHARE,
    "care.weight_priority": (1.0, 100.0),
    "care.floor": SHARE,
    "care.carers_per_year": (0.0, 1e6),
    "day_care.least": (1.0, 1000.0),
    "day_care.most": (1.0, 1000.0),
    "child_care.least": (1.0, 1000.0),
    "child_care.most": (1.0, 1000.0),
    **{
        f"{kind}.{name}": (0.0, 1e4)
        for kind in ("day_care", "meal_point", "child_care")
        for name in ("cost_per_place", "running_per_place", "land_per_place", "carers_per_place")
    },
    **{
        f"{kind}.{name}": (0.0, 1e5)
        for kind in ("day_care", "meal_point", "child_care", "hall_point", "mobile_hall")
        for name in ("cost", "running", "land")
    },
    "mobile_hall.share": (0.01, 1.0),
}
"""Values beyond which a standard means nothing; far wider than what is likely."""


def check_parameters(assume: Assume) -> None:
    """Nothing if every standard of care that is given can be.

    Raises
    ------
    ScenarioError
        With every standard that cannot.
    """
    check_limits(assume.numbers, LIMITS)
