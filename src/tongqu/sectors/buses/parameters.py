"""Standards that buses depend on, and the values that they can have at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tongqu.contracts import Assume, check_limits
from tongqu.methods.bus_lines import BusCosts, ZoneRules

__all__ = ["LIMITS", "check_parameters", "line_costs_of", "zone_rules_of"]

AMOUNTS: Final = (
    "bus.cost_per_hour",
    "bus.cost_per_km",
    "bus.vehicle_cost",
    "bus.stop_cost",
    "bus.fare",
    "bus.rides",
    "on_demand.requests",
    "on_demand.cost_per_hour",
    "on_demand.cost_per_km",
    "on_demand.cost_per_request",
    "on_demand.vehicle_cost",
)
"""Costs and rates that only must not be negative."""
LIMITS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(AMOUNTS, (0.0, 1e6)),
    "bus.walk_limit": (0.0, 20_000.0),
    "bus.least_trips": (1.0, 200.0),
    "bus.factor": (1.0, 10.0),
    "bus.line_minutes": (1.0, 600.0),
    "bus.detour": (0.0, 3.0),
    "bus.layover": (0.0, 240.0),
    "bus.span": (0.5, 24.0),
    "bus.bus_hours": (0.5, 24.0),
    "bus.seats": (1.0, 300.0),
    "bus.school_riders": (0.0, 1.0),
    "bus.school_days": (0.0, 366.0),
    "bus.market_riders": (0.0, 1.0),
    "bus.market_days": (0.0, 366.0),
    "on_demand.minutes": (0.0, 300.0),
    "on_demand.dwell": (0.0, 120.0),
    "on_demand.hours": (0.5, 24.0),
    "on_demand.sharing": (1.0, 20.0),
    "on_demand.peak": (1.0, 24.0),
    "on_demand.speed": (1.0, 120.0),
}
"""Values beyond which a standard means nothing; far wider than what is likely."""


def check_parameters(values: Mapping[str, float]) -> None:
    """Nothing if every standard that is given can be; other names are passed over.

    Raises
    ------
    ScenarioError
        With every standard that is outside its limits.

    Examples
    --------
    >>> check_parameters({"bus.factor": 1.3})
    """
    check_limits(values, LIMITS)


def line_costs_of(assume: Assume) -> BusCosts:
    """Unit costs of lines; buses are paid for as capital, so owning them costs nothing more."""
    return BusCosts(
        per_hour=assume["bus.cost_per_hour"],
        per_km=assume["bus.cost_per_km"],
        span_hours=assume["bus.span"],
        layover=assume["bus.layover"],
    )


def zone_rules_of(assume: Assume) -> ZoneRules:
    """How zones on demand run; small buses are paid for as capital."""
    return ZoneRules(
        hours=assume["on_demand.hours"],
        sharing=assume["on_demand.sharing"],
        dwell=assume["on_demand.dwell"],
        peak=assume["on_demand.peak"],
        per_hour=assume["on_demand.cost_per_hour"],
        per_km=assume["on_demand.cost_per_km"],
        per_request=assume["on_demand.cost_per_request"],
        speed_kmh=assume["on_demand.speed"],
    )
