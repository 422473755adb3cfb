"""Standards that land depends on, and the values that they can have at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import Assume, limit_problems
from tongqu.methods.land import OPEN, Norm

__all__ = ["LIMITS", "check_parameters", "city_norm", "mix"]

SHARES: Final = (
    "land.farmland_floor",
    "land.farmland_reserve",
    *(f"land.take_{name}" for name in OPEN),
    "land.reclaim_farmland",
    "land.clear_idle",
    "land.clear_scattered",
    "land.resettle",
    "land.reuse_share",
)
"""Parts of a whole."""
AMOUNTS: Final = (
    "land.city_low",
    "land.city_high",
    "land.city_fall",
    "land.city_rise",
    "land.new_urban",
    "land.farm_yield",
    "land.clear_cost",
    "land.reuse_cost",
    "land.reuse_income",
    "land.reuse_value",
    "land.quota_price",
)
"""What only must not be negative."""
LIMITS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(SHARES, (0.0, 1.0)),
    **dict.fromkeys(AMOUNTS, (0.0, 1e6)),
    "land.sale_block": (1.0, 1e6),
}
"""Values beyond which a standard means nothing; far wider than what is likely."""
POOL: Final = ("land.clear_idle", "land.reuse_share")
"""Shares of the same idle homesteads."""


def check_parameters(values: Mapping[str, float]) -> None:
    """Nothing if every standard that is given can be; other names are passed over.

    Raises
    ------
    ScenarioError
        With every standard outside its limits, shares of new construction land that are all 0, and idle
        homesteads that are cleared and let at once.

    Examples
    --------
    >>> check_parameters({"land.new_urban": 80})
    """
    problems = limit_problems(values, LIMITS)
    shares = [f"land.take_{name}" for name in OPEN]
    if all(name in values and not np.any(values[name]) for name in shares):
        problems.append(
            Problem(
                rule="shares of new construction land that are all 0",
                mend="give one of them a value above 0",
                file="scenario",
                column=f"assume.{shares[0]}",
                value="0",
            )
        )
    both = sum(float(values[name]) for name in POOL) if all(name in values for name in POOL) else 0.0
    if both > 1:
        problems.append(
            Problem(
                rule="more idle homesteads are cleared and let than there are",
                mend="lower land.clear_idle or land.reuse_share to 1 together",
                file="scenario",
                column=f"assume.{POOL[0]}",
                value=f"{both:g}",
            )
        )
    if problems:
        raise ScenarioError(problems)


def mix(assume: Assume) -> npt.NDArray[np.float64]:
    """Shares of new construction land by class of `OPEN`, adding up to 1."""
    shares = np.array([assume[f"land.take_{name}"] for name in OPEN])
    return np.asarray(shares / shares.sum())


def city_norm(assume: Assume) -> Norm:
    """The norm of urban construction land a person that is in force."""
    low, high, fall, rise = (assume[f"land.city_{name}"] for name in ("low", "high", "fall", "rise"))
    return Norm(low, max(low, high), fall, rise, "standards land.city_*")
