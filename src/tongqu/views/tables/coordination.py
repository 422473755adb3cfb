"""Coordination of town and country: indices, obstacles, indicators, and the worst-off tenth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.methods.coordination import lag
from tongqu.methods.inequality import worst_tenth_mean
from tongqu.views.tables.stored import CASES, Case, Stored

__all__ = ["Coordination", "coordination_of"]

OBSTACLES: Final = 3
"""Obstacles named for each side of a county."""


@dataclass(frozen=True)
class Coordination:
    """Indices and indicators, without (``base``) and with the plan (``plan``).

    Parameters
    ----------
    indices : DataFrame
        ``U, R, C, T, D`` indexed by case, unit, year.
    years : DataFrame
        Mean D of all counties by year (geometric, weighted by people): columns ``base, plan``.
    lags : Series
        Side that lags with the plan in the last year by county: urban, rural or none.
    obstacles : DataFrame
        With the plan in the last year: ``unit, side, indicator, degree``; the degrees of a side add up to 1.
    indicators : DataFrame
        By indicator: the region's table and, in the last year, ``value_base, value_plan`` (of all counties
        together where simulated, else the mean weighted by people), ``score_base, score_plan`` (mean over
        the counties in which it counts, weighted by people), ``weight`` in its side (mean over counties,
        weighted by people) and ``lowest``, the county with the least score
        with the plan.
    scores : DataFrame
        By indicator (rows) and county (columns): score with the plan in the last year.
    left_out : DataFrame
        Indicators left out, from the region's table.
    worst_tenth : dict of str to float
        Mean share of services met where the worst-off tenth of people live, by case.
    decline : str
        Indicator that takes most from D between first and last year without the plan; "" if D does not fall.
    """

    indices: pd.DataFrame
    years: pd.DataFrame
    lags: pd.Series
    obstacles: pd.DataFrame
    indicators: pd.DataFrame
    scores: pd.DataFrame
    left_out: pd.DataFrame
    worst_tenth: dict[Case, float]
    decline: str

    def cell(self, case: Case, *, unit: str, year: int) -> dict[str, float]:
        """U, R, C, T and D of a county in a year."""
        row = self.indices.loc[[(case, unit, year)]].iloc[0]
        return {str(key): float(value) for key, value in row.items()}


def coordination_of(stored: Stored) -> Coordination:
    """Give the indices, obstacles and indicators.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    stored_values = stored.run["results/indicators"]
    names = stored.run.region["indicators"].set_index("indicator")
    people = stored.weights.xs(stored.last, level="year")
    people = people / people.sum()
    years = _mean_d(stored)
    falls = bool(years["base"].iloc[-1] < years["base"].iloc[0])
    last = stored_values[stored_values["year"] == stored.last]
    plan = last[last["case"] == "plan"]
    return Coordination(
        indices=stored.indices,
        years=years,
        lags=_lags(stored),
        obstacles=_obstacles(stored, names["side"]),
        indicators=_whole(_indicators(last, names, people=people), stored.totals),
        scores=plan.pivot_table(index="indicator", columns="unit", values="score")[list(stored.counties)],
        left_out=names.loc[[name for name in names.index if name in stored.run.manifest["left_out"]]],
        worst_tenth={case: _worst_tenth(stored, case) for case in CASES},
        decline=_decline(stored, stored_values, people=people) if falls else "",
    )


def _mean_d(stored: Stored) -> pd.DataFrame:
    """Geometric mean of D over counties by year, weighted as in the objective."""
    weight = stored.weights.rename("weight")
    columns = {}
    for case in CASES:
        log_d = np.log(stored.indices.xs(case, level="case")["D"])
        table = pd.DataFrame({"log": log_d, "weight": weight})
        by = (table["log"] * table["weight"]).groupby(level="year").sum()
        columns[case] = np.exp(by / table["weight"].groupby(level="year").sum())
    return pd.DataFrame(columns)


def _lags(stored: Stored) -> pd.Series:
    mine = stored.indices.loc["plan"].xs(stored.last, level="year").loc[list(stored.counties)]
    return pd.Series(lag(mine["U"].to_numpy(), mine["R"].to_numpy()), index=mine.index)


def _obstacles(stored: Stored, side: pd.Series) -> pd.DataFrame:
    table = stored.run["results/obstacles"]
    mine = table[(table["case"] == "plan") & (table["year"] == stored.last) & (table["degree"] > 0)]
    mine = mine.assign(side=mine["indicator"].map(side))
    ordered = mine.sort_values(["unit", "side", "degree", "indicator"], ascending=[True, True, False, True])
    return ordered.groupby(["unit", "side"]).head(OBSTACLES)[["unit", "side", "indicator", "degree"]]


def _indicators(last: pd.DataFrame, names: pd.DataFrame, *, people: pd.Series) -> pd.DataFrame:
    found = {}
    for column in ("value", "score"):
        for case in CASES:
            mine = last[last["case"] == case]
            wide = mine.pivot_table(index="unit", columns="indicator", values=column)
            # Over the counties in which the indicator counts.
            whole = wide.notna().mul(people, axis=0).sum()
            found[f"{column}_{case}"] = wide.mul(people, axis=0).sum() / whole
            if (column, case) == ("score", "plan"):
                found["lowest"] = wide.idxmin()
    weights = last[last["case"] == "plan"].pivot(index="unit", columns="indicator", values="weight")
    weight = weights.mul(people, axis=0).sum().rename("weight")
    table = names.drop(columns="weight", errors="ignore").join(pd.DataFrame(found), how="inner").join(weight)
    return table.sort_values(["side", "pillar"], ascending=[False, True], kind="stable")


def _whole(table: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Replace means by the ratio of sums over all counties where both sums were simulated."""
    table = table.copy()
    for name, row in table[table["origin"] != "observed"].iterrows():
        if row["numerator"] in totals.index and row["denominator"] in totals.index:
            ratio = totals.loc[row["numerator"]] / totals.loc[row["denominator"]] * float(row["scale"])
            for case in CASES:
                table.loc[name, f"value_{case}"] = float(ratio[case])
    return table


def _worst_tenth(stored: Stored, case: Case) -> float:
    """Mean share of services met where the worst-off tenth of people live, in the last year."""
    cube = stored.cube
    shares = []
    for _, variable in [key for key in cube.values if key[0] == case and key[1].startswith("served.")]:
        demand = cube.last(case, variable.replace("served.", "demand.", 1))
        shares.append(
            np.divide(cube.last(case, variable), demand, out=np.full(demand.shape, np.nan), where=demand > 0)
        )
    table = np.clip(np.stack(shares), 0.0, 1.0)
    known = ~np.isnan(table)
    mean = np.where(known, table, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    people = cube.last(case, "people.total")
    kept = known.any(axis=0) & (people > 0)
    return float(worst_tenth_mean(mean[kept], people[kept], worst="low"))


def _decline(stored: Stored, table: pd.DataFrame, *, people: pd.Series) -> str:
    """Indicator that takes most from log D without the plan: weight times change over the side's index."""
    base = table[(table["case"] == "base") & table["year"].isin([stored.first, stored.last])]
    wide = base.pivot_table(index=["unit", "indicator", "side"], columns="year", values="score")
    change = (wide[stored.last] - wide[stored.first]).rename("change").reset_index()
    weight = base[base["year"] == stored.last].set_index(["unit", "indicator"])["weight"]
    index = stored.indices.loc["base"].xs(stored.first, level="year")
    level = {"urban": index["U"], "rural": index["R"]}
    share = [people[u] / level[s][u] for u, s in zip(change["unit"], change["side"], strict=True)]
    weights = weight.reindex(pd.MultiIndex.from_frame(change[["unit", "indicator"]])).to_numpy()
    effect = change["change"] * weights * np.asarray(share)
    return str(effect.groupby(change["indicator"]).sum().idxmin())
