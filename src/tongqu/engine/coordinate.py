"""How well town and country fit: indicators, subindices and coordination degree by county and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.contracts import Scenario, State
from tongqu.data import Region
from tongqu.methods.coordination import coordination, obstacles
from tongqu.methods.index import pillar_weights, score

__all__ = ["Indicators", "indicators_of", "mean_log", "weights_of"]

FLOOR = 1e-6
"""Least value of a subindex, so that its logarithm exists."""


@dataclass(frozen=True)
class Indicators:
    """Indicator values, scores and indices.

    Parameters
    ----------
    table : DataFrame
        The indicators used, indexed by indicator, with the column ``weight`` adding up to 1 a side.
    values, scores : DataFrame
        One row a county and year (index ``unit, year``), one column an indicator; scores in [0, 1].
    indices : DataFrame
        The same rows, columns ``U, R, C, T, D``.
    left_out : tuple of str
        Indicators without data for at least one county; their weight went to others of their pillar.
    """

    table: pd.DataFrame
    values: pd.DataFrame
    scores: pd.DataFrame
    indices: pd.DataFrame
    left_out: tuple[str, ...]

    def obstacles(self) -> pd.DataFrame:
        """Share of each indicator in what a county's side lacks, in the rows and columns of ``scores``."""
        parts = []
        for side in ("urban", "rural"):
            names = self.table.index[self.table["side"] == side]
            degrees = obstacles(
                self.scores[names].to_numpy(), weights=self.table.loc[names, "weight"].to_numpy()
            )
            parts.append(pd.DataFrame(degrees, index=self.scores.index, columns=names))
        return pd.concat(parts, axis=1)


def indicators_of(region: Region, states: Sequence[State]) -> Indicators:
    """Evaluate the region's indicators in every county and simulated year."""
    table = region["indicators"].set_index("indicator")
    counties = region.level("county").index
    county = region.county_of(region["units"]["unit"])
    observed = _observed(region, counties)
    columns = {}
    for name, row in table.iterrows():
        if row["origin"] == "observed":
            one = _ratio(observed.get(row["numerator"]), observed.get(row["denominator"]), row, counties)
            columns[name] = pd.concat([one] * len(states), keys=[state.year for state in states])
        else:
            columns[name] = pd.concat(
                [_simulated(state, row, county=county, counties=counties) for state in states],
                keys=[state.year for state in states],
            )
    values = pd.DataFrame(columns).rename_axis(["year", "unit"]).swaplevel().sort_index()
    return _scored(table, values)


def _observed(region: Region, counties: pd.Index) -> dict[str, pd.Series]:
    """Latest value of each observed variable in each county; missing where a county has none."""
    seen = region["observations"]
    mine = seen[seen["unit"].isin(counties)].sort_values("year")
    latest = mine.drop_duplicates(["unit", "variable"], keep="last")
    wide = latest.pivot_table(index="unit", columns="variable", values="value").reindex(counties)
    return {str(name): wide[name] for name in wide.columns}


def _ratio(
    numerator: pd.Series | None, denominator: pd.Series | None, row: pd.Series, counties: pd.Index
) -> pd.Series:
    if numerator is None or (denominator is None and not pd.isna(row["denominator"])):
        return pd.Series(np.nan, index=counties)
    scale = float(row["scale"])
    if denominator is None:
        return pd.Series(numerator * scale)
    return pd.Series(numerator / denominator.where(denominator > 0) * scale)


def _simulated(state: State, row: pd.Series, *, county: pd.Series, counties: pd.Index) -> pd.Series:
    def of_county(name: str | float) -> pd.Series | None:
        if not isinstance(name, str) or name not in state:
            return None
        values = state[name]
        return values.groupby(county.reindex(values.index)).sum().reindex(counties)

    return _ratio(of_county(row["numerator"]), of_county(row["denominator"]), row, counties)


def _scored(table: pd.DataFrame, values: pd.DataFrame) -> Indicators:
    gone = tuple(str(name) for name in values.columns[values.isna().any()])
    table = table.drop(index=list(gone))
    values = values[list(table.index)]
    parts = []
    for side in ("urban", "rural"):
        mine = table[table["side"] == side]
        inside = mine["weight"].fillna(1.0).to_numpy(dtype=np.float64)
        parts.append(pd.Series(pillar_weights(list(mine["pillar"]), inside=inside), index=mine.index))
    table = table.assign(weight=pd.concat(parts).reindex(table.index))
    scores = pd.DataFrame(
        score(values.to_numpy(), worst=table["worst"].to_numpy(), target=table["target"].to_numpy()),
        index=values.index,
        columns=values.columns,
    )
    weighted = scores * table["weight"]
    u = weighted[table.index[table["side"] == "urban"]].sum(axis=1).clip(FLOOR, 1.0)
    r = weighted[table.index[table["side"] == "rural"]].sum(axis=1).clip(FLOOR, 1.0)
    found = coordination(u.to_numpy(), r.to_numpy())
    indices = pd.DataFrame(
        {"U": found.u, "R": found.r, "C": found.c, "T": found.t, "D": found.d}, index=scores.index
    )
    return Indicators(table, values, scores, indices, gone)


def weights_of(region: Region, states: Sequence[State], *, scenario: Scenario) -> pd.Series:
    """Weight of each county and year in the objective: people times discount factor, adding up to 1."""
    parts = []
    for state in states:
        people = state["people.total"]
        of_county = people.groupby(region.county_of(people.index)).sum()
        parts.append(
            of_county / of_county.sum() / (1 + scenario.discount) ** (state.year - scenario.first_year)
        )
    weight = pd.concat(parts, keys=[state.year for state in states]).rename_axis(["year", "unit"])
    shares = pd.Series(weight / weight.sum())
    return shares.swaplevel().sort_index()


def mean_log(indices: pd.DataFrame, weights: pd.Series) -> float:
    """Weighted mean of log D over counties and years: the objective, ``log(U R) / 4``."""
    log_d = (np.log(indices["U"]) + np.log(indices["R"])) / 4
    return float((log_d * weights.reindex(indices.index)).sum())
