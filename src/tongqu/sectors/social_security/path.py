"""Pension and medical accounts of the counties over many years, in one future or many, without any plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.pension import Fund, Tiers
from tongqu.sectors.social_security.account import first_fund, first_reserve, year_of
from tongqu.sectors.social_security.parameters import (
    PARAMETERS,
    Floats,
    Values,
    check_parameters,
    tiers_of,
)

__all__ = ["UNCERTAIN", "Path", "path"]

UNCERTAIN: Final = (
    "life.gain",
    "pension.basic_growth",
    "pension.interest",
    "pension.paying",
    "pension.tier_growth",
    "pension.coverage",
    "pension.rural_employee",
    "pension.urban_employee",
    "medical.benefit_growth",
    "medical.contribution_growth",
)
"""Parameters that futures draw: those on which cost and funds rest, and which nobody knows."""
CHUNK: Final = 50
"""Futures reckoned together, so that a year's arrays stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Path:
    """Accounts of the counties year by year.

    Parameters
    ----------
    counties : Index
        Codes, the order of the county axis.
    years : tuple of int
        Years.
    figures : mapping of str to numpy.ndarray of float
        By the names of the state variables, shape (year, [future,] county); money in 万元.
    """

    counties: pd.Index
    years: tuple[int, ...]
    figures: Mapping[str, Floats]


def path(
    region: Region,
    assume: Assume,
    *,
    people: Iterable[Floats],
    years: Sequence[int],
    futures: Mapping[str, Floats] | None = None,
    progress: Progress = silent,
) -> Path:
    """Carry the accounts along a path of people.

    Parameters
    ----------
    people : iterable of numpy.ndarray of float
        Of each year, shape ([future,] register, county, residence, sex, age); a generator keeps memory small.
    years : sequence of int
        Years, one after the other, as many as there are arrays.
    futures : mapping of str to array of float, optional
        Values of parameters, one for each future, all of one length; the others stay as assumed.

    Raises
    ------
    DataError
        If years are missing between the first and the last, or the arrays are fewer or of other counties.
    ScenarioError
        If a parameter cannot be.
    """
    when, counties = tuple(years), region.codes("county")
    if not when or when != tuple(range(when[0], when[0] + len(when))):
        raise DataError([Problem(rule="the years have gaps", mend="give each year once", column="years")])
    values = {name: float(assume[name]) for name in PARAMETERS} | dict(futures or {})
    check_parameters(values)
    count = len(next(iter(futures.values()))) if futures else None
    chunks = [slice(None)] if count is None else [slice(k, k + CHUNK) for k in range(0, count, CHUNK)]
    kept: list[dict[str, Floats]] = []
    last: list[tuple[Fund, Floats]] = []
    tiers = tiers_of(region)
    for number, (year, cells) in enumerate(zip(when, people, strict=False)):
        _check_cells(cells, counties=len(counties), futures=count)
        parts, last = _year(cells, values, tiers, year=year, chunks=chunks, last=last)
        kept.append(_joined(parts, shape=(len(counties),) if count is None else (count, len(counties))))
        progress(Report("project", done=(number + 1) / len(when)))
    if len(kept) < len(when):
        raise DataError(
            [
                Problem(
                    rule=f"people of {len(kept)} of {len(when)} years",
                    mend="give one array a year",
                    column="people",
                )
            ]
        )
    return Path(counties, when, {name: np.stack([one[name] for one in kept]) for name in kept[0]})


def _year(
    cells: Floats,
    values: Values,
    tiers: Tiers,
    *,
    year: int,
    chunks: list[slice],
    last: list[tuple[Fund, Floats]],
) -> tuple[list[dict[str, Floats]], list[tuple[Fund, Floats]]]:
    """Figures of a year and what stands at its end, chunk by chunk."""
    parts, after = [], []
    for number, chunk in enumerate(chunks):
        mine = {
            name: value if np.ndim(value) == 0 else np.asarray(value)[chunk] for name, value in values.items()
        }
        people = cells[chunk] if cells.ndim > 5 else cells
        fund, reserve = (
            last[number]
            if last
            else (first_fund(people, mine, tiers, year=year), first_reserve(people, mine, year=year))
        )
        found = year_of(people, mine, tiers, year=year, fund=fund, reserve=reserve)
        parts.append(found.figures())
        after.append((found.fund, found.medical.closing))
    return parts, after


def _joined(parts: list[dict[str, Floats]], *, shape: tuple[int, ...]) -> dict[str, Floats]:
    """Figures of all futures; what is the same in each is repeated."""
    joined = {}
    for name in parts[0]:
        values = [part[name] for part in parts]
        same = values[0].ndim < len(shape)
        joined[name] = np.broadcast_to(values[0], shape) if same else np.concatenate(values)
    return joined


def _check_cells(cells: Floats, *, counties: int, futures: int | None) -> None:
    fits = cells.shape[-5:] == (2, counties, 2, 2, 101) and cells.ndim in (5, 6)
    if not fits or (cells.ndim == 6 and cells.shape[0] != futures):
        raise DataError(
            [
                Problem(
                    rule=f"people of the shape {cells.shape}",
                    mend="give register, county, residence, sex and age, after the futures of the parameters",
                    column="people",
                )
            ]
        )
