"""Concentration of people among towns, and of urban people among counties and in the central city."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import State
from tongqu.data import Region
from tongqu.methods.convergence import trend
from tongqu.methods.settlement import concentration

__all__ = ["MEASURES", "central_city", "concentrations", "trends"]

MEASURES: Final = (
    "share_first",
    "primacy",
    "primacy_four",
    "herfindahl",
    "gini",
    "exponent",
    "exponent_error",
)
"""What is measured among places, by the names of `tongqu.methods.settlement.Concentration`."""

DISTRICT: Final = "区"
"""Kind of the counties that together are the central city of a prefecture-level city (市辖区)."""

FEWEST_YEARS: Final = 3
"""Years that a trend needs, so that its error can be told."""


def central_city(region: Region) -> pd.Index[str]:
    """The counties that are the central city: its districts, or else the county of the city's seat."""
    counties = region.level("county")
    districts: pd.Index[str] = counties.index[counties["kind"].fillna("").eq(DISTRICT)]
    if len(districts):
        return districts
    seats = region.level("city")["seat"].dropna()
    found: pd.Index[str] = pd.Index(region.county_of(seats).dropna().unique())
    return found


def concentrations(region: Region, states: Sequence[State]) -> pd.DataFrame:
    """Concentration in each year: ``year, among, measure, value``.

    Parameters
    ----------
    region : Region
        Where.
    states : sequence of State
        One a year.

    Returns
    -------
    DataFrame
        ``among`` is ``towns`` (all their people), ``counties`` (their urban people), with the measures of
        `MEASURES`, or ``central_city``: ``share`` of the region's urban people there, and ``primacy``, its
        urban people over those of the largest other county. What needs more places than there are is left
        out.
    """
    total = pd.DataFrame({state.year: state["people.total"] for state in states}).T
    urban = pd.DataFrame({state.year: state["people.urban"] for state in states}).T
    town = region.ancestor(total.columns, level="town").to_numpy()
    county = region.county_of(urban.columns).to_numpy()
    towns, counties = total.T.groupby(town).sum().T, urban.T.groupby(county).sum().T
    parts = [_among("towns", towns), _among("counties", counties)]
    parts.append(_central(counties, central_city(region)))
    long = pd.concat(parts, ignore_index=True)
    return long.sort_values(["among", "measure", "year"], ignore_index=True)


def _among(name: str, people: pd.DataFrame) -> pd.DataFrame:
    if people.shape[1] < 2 or not (people.sum(axis="columns") > 0).all():
        return _long(name, {}, years=people.index)
    found = concentration(people.to_numpy(np.float64))
    return _long(name, {measure: getattr(found, measure) for measure in MEASURES}, years=people.index)


def _central(counties: pd.DataFrame, city: pd.Index[str]) -> pd.DataFrame:
    inside = counties.columns.isin(city)
    own, others = counties.loc[:, inside].sum(axis="columns"), counties.loc[:, ~inside]
    if not inside.any() or inside.all() or not (others.max(axis="columns") > 0).all():
        return _long("central_city", {}, years=counties.index)
    figures = {"share": own / counties.sum(axis="columns"), "primacy": own / others.max(axis="columns")}
    return _long(
        "central_city", {name: each.to_numpy() for name, each in figures.items()}, years=counties.index
    )


def _long(name: str, figures: dict[str, npt.NDArray[np.float64]], *, years: pd.Index[int]) -> pd.DataFrame:
    wide = pd.DataFrame(figures, index=years).rename_axis(index="year", columns="measure")
    long = wide.reset_index().melt(id_vars="year") if figures else pd.DataFrame()
    columns = {"year": "int64", "among": "str", "measure": "str", "value": "float64"}
    return long.assign(among=name).reindex(columns=list(columns)).astype(columns)


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Change a year of every measure: ``among, measure, slope, error, p, r2``; empty below three years.

    The years are one projection, no sample: read the error as how straight the path is.
    """
    columns = ["among", "measure", "slope", "error", "p", "r2"]
    rows = []
    for (among, measure), part in table[table["measure"] != "exponent_error"].groupby(["among", "measure"]):
        if len(part) >= FEWEST_YEARS and np.isfinite(part["value"]).all():
            found = trend(part["value"].to_numpy(), part["year"].to_numpy())
            rows.append([among, measure, found.slope, found.error, found.p, found.r2])
    return pd.DataFrame(rows, columns=columns)
