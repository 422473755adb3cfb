"""How well town and country fit: indicators, subindices and coordination degree by county and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Scenario, State
from tongqu.data import Region
from tongqu.methods.coordination import coordination, obstacles
from tongqu.methods.index import pillar_weights, score

__all__ = ["Indicators", "indicators_of", "mean_log", "weights_of"]

FLOOR = 1e-6
"""Least value of a subindex, so that its logarithm exists."""

SIDES: Final = ("urban", "rural")
"""Sides of the index: U is that of the first, R that of the second."""


@dataclass(frozen=True)
class Indicators:
    """Indicator values, scores and indices.

    Parameters
    ----------
    table : DataFrame
        The indicators used, indexed by indicator, with the column ``weight`` adding up to 1 a side: what an
        indicator weighs in a county where all of them count.
    values, scores : DataFrame
        One row a county and year (index ``unit, year``), one column an indicator; scores in [0, 1]. NaN in
        all years of a county where an indicator does not count.
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

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Weight of each indicator in the rows and columns of ``scores``; 0 where it does not count.

        What an indicator that does not count in a county would weigh goes to the others of its pillar there,
        or to the other pillars of its side where none of its pillar counts.
        """
        return _county_weights(self.table, self.scores)

    @property
    def not_counted(self) -> dict[str, tuple[str, ...]]:
        """Counties in which an indicator does not count, by indicator: there is nobody whom it is about."""
        absent = self.scores.isna().groupby(level="unit").any()
        return {
            str(name): tuple(str(unit) for unit in absent.index[absent[name]])
            for name in absent.columns[absent.any()]
        }

    def obstacles(self) -> pd.DataFrame:
        """Share of each indicator in what a county's side lacks, in the rows and columns of ``scores``."""
        parts = []
        for side in SIDES:
            names = self.table.index[self.table["side"] == side]
            degrees = obstacles(self.scores[names].to_numpy(), weights=self.weights[names].to_numpy())
            parts.append(pd.DataFrame(degrees, index=self.scores.index, columns=names))
        return pd.concat(parts, axis=1)


def _county_weights(table: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    counted = scores.notna().to_numpy()
    whole = np.broadcast_to(table["weight"].to_numpy(dtype=np.float64), counted.shape)
    weights = np.where(counted, whole, 0.0)
    side, pillar = table["side"].to_numpy(), table["pillar"].to_numpy()
    for one in SIDES:
        kept = np.zeros(len(scores))
        for name in dict.fromkeys(pillar[side == one]):
            mine = (side == one) & (pillar == name)
            full, left = whole[:, mine].sum(axis=1), weights[:, mine].sum(axis=1)
            weights[:, mine] *= np.divide(full, left, out=np.zeros(len(scores)), where=left > 0)[:, None]
            kept += np.where(left > 0, full, 0.0)
        total = whole[:, side == one].sum(axis=1)
        lost = ~np.isclose(kept, total)
        weights[np.ix_(lost, side == one)] *= (total[lost] / kept[lost])[:, None]
    return pd.DataFrame(weights, index=scores.index, columns=scores.columns)


def indicators_of(region: Region, states: Sequence[State]) -> Indicators:
    """Evaluate the region's indicators in every county and simulated year.

    An indicator for which a county has no data is left out for all counties. Where the denominator of an
    indicator is 0 in a county in some year, there is nobody whom it is about: it does not count in that
    county, in any year, so that years compare.

    Raises
    ------
    DataError
        If no indicator of a side counts in some county.
    """
    table = region["indicators"].set_index("indicator")
    counties = region.level("county").index
    county = region.county_of(region["units"]["unit"])
    seen = _observed(region, counties)
    values, counts = {}, {}
    for name, row in table.iterrows():
        if row["origin"] == "observed":
            parts = [_observed_ratio(seen, row, counties=counties)] * len(states)
        else:
            parts = [_simulated(state, row, county=county, counties=counties) for state in states]
        both = pd.concat(parts, keys=[state.year for state in states])
        values[name], counts[name] = both["value"], both["counts"]
    return _scored(table, *(_by_county(columns) for columns in (values, counts)))


def _by_county(columns: dict[object, pd.Series]) -> pd.DataFrame:
    return pd.DataFrame(columns).rename_axis(["year", "unit"]).swaplevel().sort_index()


def _observed(region: Region, counties: pd.Index) -> pd.DataFrame:
    """Observed variables in columns, counties and years in rows, sorted."""
    seen = region["observations"]
    mine = seen[seen["unit"].isin(counties)].drop_duplicates(["unit", "variable", "year"], keep="last")
    return mine.pivot(index=["unit", "year"], columns="variable", values="value").sort_index()


def _observed_ratio(seen: pd.DataFrame, row: pd.Series, *, counties: pd.Index) -> pd.DataFrame:
    """Ratio in the latest year in which a county has both numbers: those of two years do not compare."""
    names = [row[column] for column in ("numerator", "denominator") if isinstance(row[column], str)]
    if not set(names) <= set(seen.columns):
        return _ratio(None, None, row, counties=counties)
    latest = seen[names].dropna().groupby(level="unit").last().reindex(counties)
    return _ratio(latest[names[0]], latest[names[-1]], row, counties=counties)


def _ratio(
    numerator: pd.Series | None, denominator: pd.Series | None, row: pd.Series, *, counties: pd.Index
) -> pd.DataFrame:
    """Columns ``value`` and ``counts``, which is False where the denominator is 0; NaN is missing data."""
    divided = isinstance(row["denominator"], str)
    if numerator is None or (divided and denominator is None):
        return pd.DataFrame({"value": np.nan, "counts": True}, index=counties)
    scale = float(row["scale"])
    if not divided or denominator is None:
        return pd.DataFrame({"value": numerator * scale, "counts": True}, index=counties)
    value = numerator / denominator.where(denominator > 0) * scale
    return pd.DataFrame({"value": value, "counts": ~(denominator <= 0)}, index=counties)


def _simulated(state: State, row: pd.Series, *, county: pd.Series, counties: pd.Index) -> pd.DataFrame:
    def of_county(name: str | float) -> pd.Series | None:
        if not isinstance(name, str) or name not in state:
            return None
        values = state[name]
        return values.groupby(county.reindex(values.index)).sum().reindex(counties)

    return _ratio(of_county(row["numerator"]), of_county(row["denominator"]), row, counties=counties)


def _scored(table: pd.DataFrame, values: pd.DataFrame, counts: pd.DataFrame) -> Indicators:
    counts = counts.groupby(level="unit").transform("all")
    lacking = (values.isna() & counts).any() | ~counts.any()
    gone = tuple(str(name) for name in values.columns[lacking])
    table = table.drop(index=list(gone))
    values = values.where(counts)[list(table.index)]
    _require_both_sides(table, values)
    parts = []
    for side in SIDES:
        mine = table[table["side"] == side]
        inside = mine["weight"].fillna(1.0).to_numpy(dtype=np.float64)
        parts.append(pd.Series(pillar_weights(list(mine["pillar"]), inside=inside), index=mine.index))
    table = table.assign(weight=pd.concat(parts).reindex(table.index))
    scores = pd.DataFrame(
        score(values.to_numpy(), worst=table["worst"].to_numpy(), target=table["target"].to_numpy()),
        index=values.index,
        columns=values.columns,
    )
    weighted = scores * _county_weights(table, scores)
    u, r = (weighted[table.index[table["side"] == side]].sum(axis=1).clip(FLOOR, 1.0) for side in SIDES)
    found = coordination(u.to_numpy(), r.to_numpy())
    indices = pd.DataFrame(
        {"U": found.u, "R": found.r, "C": found.c, "T": found.t, "D": found.d}, index=scores.index
    )
    return Indicators(table, values, scores, indices, gone)


def _require_both_sides(table: pd.DataFrame, values: pd.DataFrame) -> None:
    problems = []
    for side in SIDES:
        known = values[table.index[table["side"] == side]].notna().any(axis=1)
        units = sorted(set(values.index.get_level_values("unit")[~known]))
        problems += [
            Problem(
                rule=f"no {side} indicator counts in this county",
                mend="add data for it, or an indicator that it has data for",
                file="indicators",
                column="unit",
                value=str(unit),
            )
            for unit in units
        ]
    if problems:
        raise DataError(problems)


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
