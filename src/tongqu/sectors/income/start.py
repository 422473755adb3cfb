"""Incomes that a region publishes, spread over its counties if need be, and what they follow later on."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region
from tongqu.methods.income import SOURCES, carry, spread

__all__ = ["PUBLISHED", "SIDES", "carry_sides", "first_incomes", "published_incomes", "source_shares"]

Floats = npt.NDArray[np.float64]

SIDES: Final = ("urban", "rural")
PUBLISHED: Final = {"urban": "urban_income", "rural": "rural_income"}
"""Variables of the observations table: disposable income per resident, yuan a year."""


@lru_cache(maxsize=8)
def published_incomes(region: Region, side: str) -> tuple[pd.Series, int]:
    """Income per head of the latest year in which somebody has one, yuan by unit, and that year.

    The year is 0 and the series empty where nobody has one.
    """
    if "observations" not in region.tables:
        return pd.Series(dtype="float64"), 0
    seen = region["observations"]
    mine = seen[seen["variable"] == PUBLISHED[side]]
    if mine.empty:
        return pd.Series(dtype="float64"), 0
    year = int(mine["year"].max())
    return mine[mine["year"] == year].set_index("unit")["value"].astype("float64"), year


def source_shares(value: Callable[[str], float]) -> Floats:
    """Share of each source in income, shape (2 sides, 4 sources), each side adding up to 1.

    Parameters
    ----------
    value : callable
        Gives a standard by name; ``income.SIDE_SOURCE`` are the shares.
    """
    shares = np.array([[value(f"income.{side}_{source}") for source in SOURCES] for side in SIDES])
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def first_incomes(
    region: Region,
    *,
    year: int,
    people: dict[str, Floats],
    level: Floats,
    growth: dict[str, float],
    elasticity: float,
) -> Floats:
    """Income per head of each side and county in a year, yuan, shape (2, county).

    The latest published income grows to the year. A county without one of its own gets a share of the whole's
    that follows what is produced per head: modelled. All are 0 where nothing is published.

    Parameters
    ----------
    people : dict of str to numpy.ndarray
        People of each side by county.
    level : numpy.ndarray of float
        Value added per head by county; 0 where it is not known.
    growth : dict of str to float
        Growth of income a year by side, as a share.
    elasticity : float
        Elasticity of a county's income to its level.
    """
    counties = region.codes("county")
    known = level > 0
    relative = np.where(known, level, 1.0) if known.all() else np.ones(len(counties))
    found = np.zeros((len(SIDES), len(counties)))
    for row, side in enumerate(SIDES):
        seen, since = published_incomes(region, side)
        for city, whole in seen.reindex(region.codes("city")).dropna().items():
            mine = (region.level("county")["parent"] == city).to_numpy()
            if people[side][mine].sum() > 0:
                found[row, mine] = spread(
                    float(whole), people=people[side][mine], level=relative[mine], elasticity=elasticity
                )
        own = seen.reindex(counties)
        found[row] = np.where(own.notna(), own.fillna(0.0), found[row])
        found[row] *= (1 + growth[side]) ** (year - since)
    return found


def carry_sides(
    first: tuple[Floats, Floats],
    *,
    pay: tuple[npt.ArrayLike, npt.ArrayLike],
    farm: npt.ArrayLike,
    budget: npt.ArrayLike,
    pension: npt.ArrayLike,
    share: npt.ArrayLike,
) -> tuple[Floats, Floats]:
    """Income of town and of country by source in a later year, without what projects add.

    Parameters
    ----------
    first : tuple of numpy.ndarray
        Of the first year, town and country, shape (..., source).
    pay : tuple of array_like
        What pay of a job is over the first year's, for town and for country (they differ where it is not
        known), shape (...).
    farm, budget, pension : array_like
        Likewise farming and resident pensions per country person, and transfers of budgets.
    share : array_like
        Share of pensions in the transfers to country people.
    """
    urban = carry(first[0], wage=pay[0], business=pay[0], transfer=budget)
    part = np.asarray(share, dtype=np.float64)
    transfer = (1 - part) * np.asarray(budget) + part * np.asarray(pension)
    return urban, carry(first[1], wage=pay[1], business=farm, transfer=transfer)
