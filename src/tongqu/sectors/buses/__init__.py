"""Buses: who has a bus, and lines, more trips and buses on demand as projects."""

from tongqu.sectors.buses.ground import Ground, Today, ground_of, today_of
from tongqu.sectors.buses.plan import BusPlan, plan_buses
from tongqu.sectors.buses.sector import Buses, sector

__all__ = [
    "BusPlan",
    "Buses",
    "Ground",
    "Today",
    "ground_of",
    "plan_buses",
    "sector",
    "today_of",
]
