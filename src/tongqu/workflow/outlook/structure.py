"""How people are spread by year: between counties, among villages, and whether counties draw together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from tongqu.methods.convergence import beta_convergence, sigma_convergence
from tongqu.methods.inequality import gini, theil
from tongqu.methods.settlement import concentration
from tongqu.sectors.population.census import GAP, Floats
from tongqu.sectors.population.path import Path

__all__ = ["HOLLOW", "structure_table"]

HOLLOW: Final = (0.5, 0.25)
"""Shares of the base year's young people below which a rural village counts as hollowing."""
FEWEST: Final = 3
"""Counties from which on a line through them says something."""


def structure_table(path: Path, villages: pd.DataFrame, *, when: Mapping[str, int]) -> pd.DataFrame:
    """``year, since, among, measure, value``.

    Parameters
    ----------
    path : Path
        People of the counties.
    villages : DataFrame
        See `village_table`.
    when : mapping of str to int
        Years that the columns of ``villages`` stand for: ``base, first, last, until``.

    Returns
    -------
    DataFrame
        Among ``counties``, by year: ``theil_urban_share`` and ``theil_old_share`` (people-weighted),
        ``share_first``, ``primacy``, ``herfindahl`` and ``gini`` of urban people, ``sigma_urban_share``
        (coefficient of variation). ``beta_urban_share`` holds from ``since`` to ``year`` (below 0 is
        convergence). Among ``villages``: ``gini_people``; among ``rural_villages``: ``hollow_50`` and
        ``hollow_25``, shares of those with people aged 20-44 in the base year that keep less than that
        percentage of them. ``since`` is missing where a value is of one year.
    """
    rows = [*_counties(path), *_beta(path, last=when["last"]), *_villages(villages, when=when)]
    table = pd.DataFrame(rows, columns=["year", "since", "among", "measure", "value"])
    return table.astype({"since": "Int64"}).sort_values(
        ["among", "measure", "year"], kind="stable", ignore_index=True
    )


Row = tuple[int, int | None, str, str, float]


def _counties(path: Path) -> list[Row]:
    by = path.people.sum(axis=(1, 4))
    total, urban, old = by.sum(axis=(-2, -1)), by[:, :, 0].sum(axis=-1), by[..., 13:].sum(axis=(-2, -1))
    if total.shape[1] < 2 or not (urban.sum(axis=1) > 0).all():
        return []
    spread = concentration(urban)
    share, aged = (np.divide(part, total, out=np.zeros_like(total), where=total > 0) for part in (urban, old))
    each = np.arange(total.shape[1])
    found: dict[str, Floats] = {
        "theil_urban_share": np.array(
            [theil(row, people, groups=each).total for row, people in zip(share, total, strict=True)]
        ),
        "theil_old_share": np.array(
            [theil(row, people, groups=each).total for row, people in zip(aged, total, strict=True)]
        ),
        "share_first": spread.share_first,
        "primacy": spread.primacy,
        "herfindahl": spread.herfindahl,
        "gini": spread.gini,
    }
    if (share > 0).all() and len(path.years) > 1:
        found["sigma_urban_share"] = sigma_convergence(share, path.years).cv
    return [
        (year, None, "counties", name, float(value))
        for name, values in found.items()
        for year, value in zip(path.years, values, strict=True)
    ]


def _beta(path: Path, *, last: int) -> list[Row]:
    """Whether urban shares of counties drew together since the census before, and do so to the last year."""
    census = path.census
    shares = {census.year: _urban_share(census.now)}
    if census.before is not None:
        shares[census.year - GAP] = _urban_share(census.before)
    if last in path.years and last > census.year:
        people = path.people[path.years.index(last)].sum(axis=0)
        shares[last] = _urban_share(people)
    years = sorted(shares)
    rows: list[Row] = []
    for since, year in pairwise(years):
        start, end = shares[since], shares[year]
        good = len(start) >= FEWEST and (start > 0).all() and (end > 0).all() and np.ptp(start) > 0
        if good:
            beta = beta_convergence(start, end, years=year - since).beta
            rows.append((year, since, "counties", "beta_urban_share", beta))
    return rows


def _urban_share(people: Floats) -> Floats:
    """Share of urban people, of people of shape (county, residence, sex, age)."""
    total = people.sum(axis=(1, 2, 3))
    return np.asarray(
        np.divide(people[:, 0].sum(axis=(1, 2)), total, out=np.zeros_like(total), where=total > 0)
    )


def _villages(villages: pd.DataFrame, *, when: Mapping[str, int]) -> list[Row]:
    rows: list[Row] = [
        (year, None, "villages", "gini_people", gini(villages[f"people_{name}"]))
        for name, year in when.items()
    ]
    kept = {"last": villages["young_kept"], "until": villages["young_kept_until"]}
    rural = villages["residence"] == "rural"
    for name, values in kept.items():
        known = values[rural].dropna()
        rows += [
            (
                when[name],
                when["base"],
                "rural_villages",
                f"hollow_{line * 100:.0f}",
                float((known < line).mean()),
            )
            for line in HOLLOW
        ]
    return list(dict.fromkeys(rows))
