"""Standards that industry depends on, and the values that they can have at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tongqu.contracts import check_limits

__all__ = ["LIMITS", "check_parameters"]

SHARES: Final = (
    "industry.take_up",
    "industry.spread",
    "industry.rural_wages",
    "renewal.share",
    "renewal.public",
    "cold_store.public",
    "plant.public",
    "park.public",
    "digital_farming.ceiling",
    "digital_farming.saving",
    "digital_farming.public",
    "brand.ceiling",
    "brand.farm_share",
    "income.labour_share",
)
"""Parts of a whole."""
AMOUNTS: Final = (
    "industry.farm_productivity",
    "industry.secondary_productivity",
    "industry.tertiary_productivity",
    "industry.food_output",
    "industry.indirect",
    "industry.haul",
    "industry.labour_limit",
    "industry.labour_minutes",
    "renewal.cost",
    "cold_store.cost",
    "plant.capital",
    "park.capital",
    "digital_farming.cost",
    "brand.cost",
)
"""Costs, minutes and ratios that only must not be negative."""
LIMITS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(SHARES, (0.0, 1.0)),
    **dict.fromkeys(AMOUNTS, (0.0, 1e6)),
    **dict.fromkeys((f"growth.productivity_{one}" for one in ("farm", "secondary", "tertiary")), (-0.5, 0.5)),
    **dict.fromkeys(("renewal.half", "digital_farming.half", "brand.half", "capacity.half"), (0.1, 50.0)),
    "industry.farm_value_share": (0.01, 1.0),
    "cold_store.turns": (0.1, 100.0),
    "renewal.yield_gain": (0.0, 10.0),
    "digital_farming.yield_gain": (0.0, 10.0),
    "brand.premium": (0.0, 10.0),
    "industry.jobs_expansion": (0.0, 1e6),
}
"""Values beyond which a standard means nothing; far wider than what is likely."""


def check_parameters(values: Mapping[str, float]) -> None:
    """Nothing if every standard that is given can be; other names are passed over.

    Raises
    ------
    ScenarioError
        With every standard that is missing or outside its limits.

    Examples
    --------
    >>> check_parameters({"industry.take_up": 0.4})
    """
    check_limits(values, LIMITS)
