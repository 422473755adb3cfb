"""How well town and country fit: indicators, subindices and coordination degree by county and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.contracts import Scenario, State
from tongqu.data import Region
from tongqu.methods.coordination import coordination, obstacles
from tongqu.methods.index import pillar_weights, score

__all__ = ["Indicators", "indicators_of", "mean_log", "weights_of", "with_values"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

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
    weights = _cell_weights(table, counted.tobytes(), counted.shape)
    return pd.DataFrame(weights, index=scores.index, columns=scores.columns)


@remember(16)
def _cell_weights(table: pd.DataFrame, cells: bytes, shape: tuple[int, int]) -> Floats:
    """Weights of the indicators where each counts; ``cells`` are those that do, as bytes of booleans."""
    counted = np.frombuffer(cells, dtype=np.bool_).reshape(shape)
    whole = np.broadcast_to(table["weight"].to_numpy(dtype=np.float64), counted.shape)
    weights = np.where(counted, whole, 0.0)
    side, pillar = table["side"].to_numpy(), table["pillar"].to_numpy()
    for one in SIDES:
        kept = np.zeros(len(counted))
        for name in dict.fromkeys(pillar[side == one]):
            mine = (side == one) & (pillar == name)
            full, left = whole[:, mine].sum(axis=1), weights[:, mine].sum(axis=1)
            weights[:, mine] *= np.divide(full, left, out=np.zeros(len(counted)), where=left > 0)[:, None]
            kept += np.where(left > 0, full, 0.0)
        total = whole[:, side == one].sum(axis=1)
        lost = ~np.isclose(kept, total)
        weights[np.ix_(lost, side == one)] *= (total[lost] / kept[lost])[:, None]
    return weights


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
    table, seen = _table(region), _seen(region)
    sums = _CountySums(region, states)
    years = tuple(state.year for state in states)
    shape = (len(states), len(region.codes("county")), len(table))
    values, counts = np.empty(shape), np.empty(shape, dtype=np.bool_)
    for column, row in enumerate(_rows(region)):
        if row.origin == "observed":
            value, counted = seen[str(row.Index)]
        else:
            above, below = sums.of(row.numerator), sums.of(row.denominator)
            value, counted = _ratio(above, below, row, shape=shape[:2])
        values[..., column], counts[..., column] = value, counted
    rows, order = _county_years(region, years)
    frames = [
        pd.DataFrame(cells.reshape(-1, len(table))[order], index=rows, columns=table.index.rename(None))
        for cells in (values, counts)
    ]
    return _scored(table, *frames)


@remember(4)
def _table(region: Region) -> pd.DataFrame:
    return region["indicators"].set_index("indicator")


@remember(4)
def _rows(region: Region) -> tuple[Any, ...]:
    """The rows of the indicators, one by one."""
    return tuple(_table(region).itertuples())


@remember(8)
def _county_years(region: Region, years: tuple[int, ...]) -> tuple[pd.MultiIndex, Ints]:
    """Counties and years in order, and where each stands when all counties of a year come together."""
    counties = region.codes("county")
    names = ["unit", "year"]
    given = pd.MultiIndex.from_arrays([np.tile(counties, len(years)), np.repeat(years, len(counties))])
    frame = given.set_names(names).to_frame(index=False).sort_values(names, kind="stable")
    frame = frame.astype({"unit": counties.dtype, "year": "int64"})
    return pd.MultiIndex.from_frame(frame), frame.index.to_numpy()


@remember(4)
def _seen(region: Region) -> dict[str, tuple[Floats, Bools]]:
    """Values of the observed indicators by county, and whether they count: the same in all years."""
    counties, table = region.codes("county"), _table(region)
    observed = table[table["origin"] == "observed"]
    seen = _observed(region, counties)
    return {str(row.Index): _observed_ratio(seen, row, counties=counties) for row in observed.itertuples()}


def _observed(region: Region, counties: pd.Index) -> pd.DataFrame:
    """Observed variables in columns, counties and years in rows, sorted."""
    seen = region["observations"]
    mine = seen[seen["unit"].isin(counties)].drop_duplicates(["unit", "variable", "year"], keep="last")
    return mine.pivot(index=["unit", "year"], columns="variable", values="value").sort_index()


def _observed_ratio(seen: pd.DataFrame, row: Any, *, counties: pd.Index) -> tuple[Floats, Bools]:
    """Ratio in the latest year in which a county has both numbers: those of two years do not compare."""
    names = [name for name in (row.numerator, row.denominator) if isinstance(name, str)]
    if not set(names) <= set(seen.columns):
        return _ratio(None, None, row, shape=counties.shape)
    latest = seen[names].dropna().groupby(level="unit").last().reindex(counties)
    above, below = (latest[name].to_numpy(dtype=np.float64) for name in (names[0], names[-1]))
    return _ratio(above, below, row, shape=counties.shape)


def _ratio(
    numerator: Floats | None, denominator: Floats | None, row: Any, *, shape: tuple[int, ...]
) -> tuple[Floats, Bools]:
    """Values, and whether they count, which they do not where the denominator is 0; NaN is missing data."""
    divided = isinstance(row.denominator, str)
    always = np.ones(shape, dtype=np.bool_)
    if numerator is None or (divided and denominator is None):
        return np.full(shape, np.nan), always
    scale = float(row.scale)
    if not divided or denominator is None:
        return numerator * scale, always
    some = denominator > 0
    value = np.divide(numerator, denominator, out=np.full(shape, np.nan), where=some) * scale
    return value, ~(denominator <= 0)


@dataclass(frozen=True, eq=False)
class _CountySums:
    """Variables of states summed by county, each once; missing where a county has no place in one."""

    region: Region
    states: Sequence[State]
    found: dict[str, Floats | None] = field(default_factory=dict)

    def of(self, name: object) -> Floats | None:
        """The sums, shape (years, counties); None where no state has such a variable."""
        if not isinstance(name, str):
            return None
        if name not in self.found:
            self.found[name] = self._sums(name)
        return self.found[name]

    def _sums(self, name: str) -> Floats | None:
        # Loaded late: it compiles, and who only reads a stored run needs no compiler.
        from tongqu.methods.sums import row_sums

        given = {row: state[name] for row, state in enumerate(self.states) if name in state}
        if not given:
            return None
        size = len(self.region.codes("county"))
        places = [_county_numbers(self.region, one.index) for one in given.values()]
        values = [one.to_numpy(dtype=np.float64) for one in given.values()]
        sums = row_sums(tuple(number for number, _ in places), values, size=size)
        found = np.full((len(self.states), size), np.nan)
        found[list(given)] = np.where([present for _, present in places], sums, np.nan)
        return found


@remember(64)
def _county_numbers(region: Region, index: pd.Index) -> tuple[Ints, Bools]:
    """Position of the county of each place, -1 where there is none, and which counties have a place."""
    counties = region.codes("county")
    county = region.county_of(region["units"]["unit"]).reindex(index)
    number = np.asarray(counties.get_indexer(pd.Index(county)), dtype=np.int64)
    return number, np.isin(np.arange(len(counties)), number)


def _scored(table: pd.DataFrame, values: pd.DataFrame, counts: pd.DataFrame) -> Indicators:
    always = _in_all_years(values.index, counts.to_numpy())
    lacking = (np.isnan(values.to_numpy()) & always).any(axis=0) | ~always.any(axis=0)
    gone = tuple(str(name) for name in values.columns[lacking])
    kept = np.where(always, values.to_numpy(), np.nan)[:, ~lacking]
    table = _weighted(table, gone)
    values = pd.DataFrame(kept, index=values.index, columns=values.columns[~lacking])
    _require_both_sides(table, values)
    return _indexed(table, values, left_out=gone)


def _in_all_years(rows: pd.Index, counts: Bools) -> Bools:
    """Whether an indicator counts in all years of a county, in the rows and columns of ``counts``."""
    unit = rows.codes[0] if isinstance(rows, pd.MultiIndex) else np.zeros(len(rows), dtype=np.int64)
    never = np.zeros((int(np.max(unit, initial=-1)) + 1, counts.shape[1]), dtype=np.bool_)
    np.logical_or.at(never, unit, ~counts)
    return np.asarray(~never[unit])


@remember(8)
def _weighted(table: pd.DataFrame, gone: tuple[str, ...]) -> pd.DataFrame:
    """The indicators that are used, with their weight."""
    table = table.drop(index=list(gone))
    parts = []
    for side in SIDES:
        mine = table[table["side"] == side]
        inside = mine["weight"].fillna(1.0).to_numpy(dtype=np.float64)
        parts.append(pd.Series(pillar_weights(list(mine["pillar"]), inside=inside), index=mine.index))
    return table.assign(weight=pd.concat(parts).reindex(table.index))


def with_values(found: Indicators, values: pd.DataFrame) -> Indicators:
    """Give the same indicators with other values: scores and indices follow, weights stay.

    Parameters
    ----------
    values : DataFrame
        In the rows and columns of ``found.values``, NaN in the same cells.
    """
    return _indexed(found.table, values, left_out=found.left_out)


def _indexed(table: pd.DataFrame, values: pd.DataFrame, *, left_out: tuple[str, ...]) -> Indicators:
    """Scores and indices of values, with the weights of the table."""
    scores = pd.DataFrame(
        score(values.to_numpy(), worst=table["worst"].to_numpy(), target=table["target"].to_numpy()),
        index=values.index,
        columns=values.columns,
    )
    weighted = scores.to_numpy() * _county_weights(table, scores).to_numpy()
    of_side = table["side"].to_numpy()
    u, r = (np.clip(np.nansum(weighted[:, of_side == side], axis=1), FLOOR, 1.0) for side in SIDES)
    found = coordination(u, r)
    indices = pd.DataFrame(
        {"U": found.u, "R": found.r, "C": found.c, "T": found.t, "D": found.d}, index=scores.index
    )
    return Indicators(table, values, scores, indices, left_out)


def _require_both_sides(table: pd.DataFrame, values: pd.DataFrame) -> None:
    problems = []
    of_side, given = table["side"].to_numpy(), ~np.isnan(values.to_numpy())
    for side in SIDES:
        known = given[:, of_side == side].any(axis=1)
        units = [] if known.all() else sorted(set(values.index.get_level_values("unit")[~known]))
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
