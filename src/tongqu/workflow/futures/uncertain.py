"""Which standards futures draw unless others are named."""

from __future__ import annotations

from typing import Final

from tongqu.workflow.accounts.run import UNCERTAIN as ACCOUNTS

__all__ = ["UNCERTAIN"]

FIXED: Final = ("rate.interest",)
"""Not drawn: bonds are issued at a rate that is fixed then."""
UNCERTAIN: Final = (
    *(name for name in ACCOUNTS if name not in FIXED),
    "logistics.growth",
    "bus.rides",
    "future.capital_cost",
    "future.running_cost",
    "future.effects",
)
"""Standards that futures draw unless others are named: people, value added, revenue, pensions, parcels and
rides, and what projects cost and bring."""
