"""Ranges: the same forecast under parameters that nobody knows, drawn independently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.sectors.population.census import Floats
from tongqu.sectors.population.path import UNCERTAIN, path
from tongqu.workflow.draws import drawn
from tongqu.workflow.outlook.people import in_order, measures

__all__ = ["RANGED", "draws_of", "ranges_of"]

RANGED: Final = (
    "people",
    "urban",
    "urban_share",
    "aged_0_14",
    "aged_6_14",
    "aged_15_64",
    "aged_65",
    "aged_65_share",
    "births",
)
"""Figures with a range."""
QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
BATCH: Final = 250
"""Futures carried on at a time, so that memory does not grow with their number."""


def draws_of(region: Region, assume: Assume, *, futures: int, seed: int) -> pd.DataFrame:
    """Values of the uncertain parameters, one column each and a row for each future: see `drawn`.

    The past is read once, with the assumed values; draws concern the years ahead.
    """
    return drawn(region["standards"], assume, names=UNCERTAIN, futures=futures, seed=seed)


def ranges_of(
    region: Region,
    assume: Assume,
    draws: pd.DataFrame,
    *,
    units: Sequence[str],
    until: int,
    progress: Progress = silent,
) -> pd.DataFrame:
    """``unit, year, variable, p10, p50, p90`` over the futures; empty without any.

    Quantiles are of each figure, year and unit on its own: no single future need run along one of them.
    """
    columns = ["unit", "year", "variable", *QUANTILES]
    if draws.empty:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in columns}).astype(
            {"unit": "str", "year": "int64", "variable": "str"}
        )
    parts: list[Floats] = []
    years: Sequence[int] = ()
    for first in range(0, len(draws), BATCH):
        some = draws.iloc[first : first + BATCH]
        made = path(region, assume, until=until, futures={str(name): some[name].to_numpy() for name in some})
        years, found = made.years, measures(made.people)
        births = made.accounts.births.sum(axis=(2, 4, 5))
        born = np.concatenate([births.sum(axis=-1, keepdims=True), births], axis=-1)
        found["births"] = np.concatenate([np.full_like(born[:1], np.nan), born])
        parts.append(np.stack([found[name] for name in RANGED]))
        progress(Report("futures", done=min(first + BATCH, len(draws)) / len(draws)))
    return _quantiles(np.concatenate(parts, axis=2), years=years, units=units)


def _quantiles(values: Floats, *, years: Sequence[int], units: Sequence[str]) -> pd.DataFrame:
    """Quantiles of values of shape (variable, year, future, unit); births have none in the first year."""
    edges = np.quantile(values, list(QUANTILES.values()), axis=2)
    index = pd.MultiIndex.from_product([RANGED, years, units], names=["variable", "year", "unit"])
    table = pd.DataFrame(
        {name: edge.ravel() for name, edge in zip(QUANTILES, edges, strict=True)}, index=index
    )
    return in_order(table.dropna().reset_index()[["unit", "year", "variable", *QUANTILES]], units)
