"""Standards that logistics depends on, and the values that they can have at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import Assume, limit_problems
from tongqu.methods.rounds import Vehicle

__all__ = ["LIMITS", "MINUTES_PER_HOUR", "check_parameters", "truck_of", "van_of"]

MINUTES_PER_HOUR: Final = 60.0
SHARES: Final = (
    "logistics.parcels_out",
    "logistics.goods_share",
    "station.public",
    "cold_station.public",
    "joint_line.tonne_saving",
    "joint_line.public",
)
"""Parts of a whole."""
AMOUNTS: Final = (
    "logistics.walk_limit",
    "logistics.parcels_per_person",
    "logistics.parcel_kg",
    "logistics.sorting",
    "logistics.station_handling",
    "logistics.automatic_saving",
    "logistics.overflow",
    "logistics.point_fee",
    "logistics.loading",
    "logistics.stop_minutes",
    "logistics.haul",
    "logistics.local",
    "logistics.dwell",
    "logistics.field_dwell",
    "logistics.cooling",
    "logistics.price",
    *(f"van.{one}" for one in ("cost_per_km", "cost_per_hour", "cost_per_day")),
    *(f"truck.{one}" for one in ("cost_per_km", "cost_per_hour", "cost_per_trip")),
    *(f"parcel_point.{one}" for one in ("cost", "running", "land")),
    *(f"station.{one}" for one in ("cost", "capacity_cost", "land")),
    *(f"cold_station.{one}" for one in ("cost", "land")),
    *(f"joint_line.{one}" for one in ("trips", "kg", "fee", "cost", "running", "land")),
)
"""Costs, times and amounts that only must not be negative."""
LIMITS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(SHARES, (0.0, 1.0)),
    **dict.fromkeys(AMOUNTS, (0.0, 1e6)),
    **dict.fromkeys(("van.parcels", "van.kg", "truck.parcels", "truck.kg"), (1.0, 1e6)),
    **dict.fromkeys(("logistics.loss_ambient", "logistics.loss_cooled"), (0.0, 0.9)),
    "logistics.growth": (-0.5, 0.5),
    "logistics.peak": (1.0, 2.0),
    "van.shift": (1.0, 24.0),
    "van.reloads": (0.0, 20.0),
    "logistics.fill": (0.1, 1.0),
    **dict.fromkeys(("logistics.opens", "logistics.closes", "logistics.starts"), (0.0, 24.0)),
    "cold_station.turns": (0.1, 400.0),
}
"""Values beyond which a standard means nothing; far wider than what is likely."""


def check_parameters(values: Mapping[str, float]) -> None:
    """Nothing if every standard that is given can be; other names are passed over.

    Raises
    ------
    ScenarioError
        With every standard that is outside its limits, and if points close before they open.

    Examples
    --------
    >>> check_parameters({"van.kg": 1000.0})
    """
    problems = limit_problems(values, LIMITS)
    opens, closes = (values.get(f"logistics.{name}") for name in ("opens", "closes"))
    if opens is not None and closes is not None and opens >= closes:
        problems.append(
            Problem(
                rule="points that close before they open",
                mend="give logistics.opens below logistics.closes",
                file="scenario",
                column="assume.logistics.opens",
                value=f"{opens:g}",
            )
        )
    if problems:
        raise ScenarioError(problems)


def van_of(assume: Assume) -> Vehicle:
    """The van that goes from a station to its points.

    Examples
    --------
    >>> import tongqu
    >>> from tongqu.contracts import Assume, Scenario
    >>> van_of(Assume.of(tongqu.load("quzhou")["standards"], Scenario())).shift
    480.0
    """
    return Vehicle(
        name="van",
        parcels=assume["van.parcels"],
        kg=assume["van.kg"],
        per_km=assume["van.cost_per_km"],
        per_minute=assume["van.cost_per_hour"] / MINUTES_PER_HOUR,
        per_day=assume["van.cost_per_day"],
        starts=assume["logistics.starts"] * MINUTES_PER_HOUR,
        shift=assume["van.shift"] * MINUTES_PER_HOUR,
        reloads=round(assume["van.reloads"]),
    )


def truck_of(assume: Assume) -> Vehicle:
    """The truck that goes from the county's centre to a station; its day is one trip."""
    return Vehicle(
        name="truck",
        parcels=assume["truck.parcels"],
        kg=assume["truck.kg"],
        per_km=assume["truck.cost_per_km"],
        per_minute=assume["truck.cost_per_hour"] / MINUTES_PER_HOUR,
        per_day=assume["truck.cost_per_trip"],
    )
