"""Tables of plans over futures: what they bring, lack and lose, what is chosen, what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data import Language
from tongqu.engine.draws import Luck, Sample
from tongqu.engine.inputs import Inputs
from tongqu.methods.influence import standardised_regression
from tongqu.methods.regret import regret_table, tail_mean
from tongqu.workflow.files import heading
from tongqu.workflow.futures.evaluate import EXPECTED, NO_PLAN, Evaluated, Replanned

__all__ = [
    "TOGETHER",
    "choice_table",
    "influence_table",
    "money_table",
    "plan_table",
    "regrets",
    "replan_table",
    "service_table",
    "shortfall_table",
]

QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
WORST: Final = 0.1
"""Share of the futures that is the worst tenth."""
REGRET: Final = {
    "expected": "regret_mean",
    "most": "regret_most",
    "worst_tenth": "regret_worst",
    "never": "regret_never",
}
"""Columns of regret, and what they are called beside columns of other tables."""
TOGETHER: Final = "all"
"""Stands for all counties together, where money is missing."""
SERVED: Final = "served."
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
LUCK: Final = ("luck.cost", "luck.effects", "luck.money")
"""Columns of the luck of a plan's projects and of years, beside the standards drawn."""


def plan_table(found: Evaluated, *, plans: Mapping[str, pd.Series], inputs: Inputs) -> pd.DataFrame:
    """What each plan brings over all futures.

    Returns
    -------
    DataFrame
        ``plan, projects, capital_wan`` (as offered), ``expected`` (mean D in the expected future), ``mean,
        p10, p50, p90, worst`` (mean D over futures; ``worst`` is the mean of the worst tenth), ``gain`` (mean
        of D over that of doing nothing in the same future, less 1), ``least`` (its lowest), ``kept`` (share
        of futures in which the money suffices), ``short_wan`` (mean money missing where it does not).
    """
    capital = inputs.offer.projects.set_index("project")["capital_wan"]
    drawn = found.outcomes[found.outcomes["future"] != EXPECTED]
    wide = drawn.pivot(index="future", columns="plan", values="d")
    short = drawn.pivot(index="future", columns="plan", values="short_wan")
    expected = found.outcomes[found.outcomes["future"] == EXPECTED].set_index("plan")["d"]
    rows = []
    for name in [NO_PLAN, *plans]:
        values, lacking = wide[name], short[name]
        gain = values / wide[NO_PLAN] - 1
        starts = plans.get(name, pd.Series(dtype="int64"))
        rows.append(
            {
                "plan": name,
                "projects": len(starts),
                "capital_wan": float(capital.reindex(starts.index).sum()),
                "expected": float(expected[name]),
                "mean": float(values.mean()),
                **{key: float(values.quantile(share)) for key, share in QUANTILES.items()},
                "worst": tail_mean(values.to_numpy(), tail=WORST),
                "gain": float(gain.mean()),
                "least": float(gain.min()),
                "kept": float((lacking == 0).mean()),
                "short_wan": float(lacking[lacking > 0].mean()) if (lacking > 0).any() else 0.0,
            }
        )
    return pd.DataFrame(rows)


def service_table(found: Evaluated) -> pd.DataFrame:
    """Share of the demand that is served in the last year: ``plan, service, expected, p10, p50, p90``."""
    names = [name for name in found.outcomes if str(name).startswith(SERVED)]
    long = found.outcomes.melt(
        id_vars=["future", "plan"], value_vars=names, var_name="service", value_name="share"
    )
    long["service"] = long["service"].str.removeprefix(SERVED)
    keys = ["plan", "service"]
    expected = long[long["future"] == EXPECTED].set_index(keys)["share"].rename("expected")
    grouped = long[long["future"] != EXPECTED].groupby(keys, sort=False)["share"]
    table = pd.DataFrame({key: grouped.quantile(share) for key, share in QUANTILES.items()})
    order = pd.MultiIndex.from_frame(long.drop_duplicates(keys)[keys])
    return table.assign(expected=expected).reindex(order).reset_index()[[*keys, "expected", *QUANTILES]]


def money_table(found: Evaluated, *, futures: int) -> pd.DataFrame:
    """Where and when money is missing: ``plan, unit, year, share`` (of futures), ``mean_wan, most_wan``.

    The means are over the futures in which it is missing. The year after the last stands for what goes on
    costing for good.
    """
    drawn = found.short[found.short["future"] != EXPECTED]
    grouped = drawn.groupby(["plan", "unit", "year"], sort=True)["short_wan"]
    table = pd.DataFrame(
        {"share": grouped.size() / max(futures, 1), "mean_wan": grouped.mean(), "most_wan": grouped.max()}
    )
    return table.reset_index()


def shortfall_table(found: Evaluated, *, plans: Mapping[str, pd.Series], inputs: Inputs) -> pd.DataFrame:
    """What each plan lacks over all years, in every county and together, over all futures.

    Returns
    -------
    DataFrame
        ``plan, unit`` (a county, or `TOGETHER`), ``kept`` (share of futures in which nothing is missing),
        ``p50_wan, worst_wan`` (median over all futures of what is missing, and mean of the worst tenth; 万元
        over all years, with a year of what goes on costing for good).
    """
    drawn = found.short[found.short["future"] != EXPECTED]
    outcomes = found.outcomes[found.outcomes["future"] != EXPECTED]
    numbers = pd.Index(outcomes["future"].unique())
    rows = []
    for name in plans:
        mine = drawn[drawn["plan"] == name]
        wide = mine.pivot_table(index="future", columns="unit", values="short_wan", aggfunc="sum")
        wide = wide.reindex(index=numbers, columns=list(inputs.counties)).fillna(0.0)
        for unit, lacking in {TOGETHER: wide.sum(axis=1), **dict(wide.items())}.items():
            rows.append(
                {
                    "plan": name,
                    "unit": str(unit),
                    "kept": float((lacking == 0).mean()),
                    "p50_wan": float(lacking.median()),
                    "worst_wan": -tail_mean(-lacking.to_numpy(), tail=WORST),
                }
            )
    columns = {"plan": "str", "unit": "str", "kept": "float64", "p50_wan": "float64", "worst_wan": "float64"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def regrets(found: Evaluated, again: Sequence[Replanned]) -> pd.DataFrame:
    """What each plan loses against the best that is known of each future, in mean log D.

    Returns
    -------
    DataFrame
        ``among`` (``all``: the futures drawn, against the best of the plans; ``replanned``: those planned
        again, against the plan made for each too), ``plan, futures`` (how many they are), ``regret_mean,
        regret_most, regret_worst`` (mean of the worst tenth), ``regret_never`` (share without regret),
        ``mean`` and ``worst_mean`` (of mean log D itself): see `tongqu.methods.regret.regret_table`.
    """
    drawn = found.outcomes[found.outcomes["future"] != EXPECTED]
    wide = drawn.pivot(index="future", columns="plan", values="log_d")[list(drawn["plan"].unique())]
    parts = [regret_table(wide).assign(among="all", futures=len(wide))]
    if again:
        best = pd.Series({one.number: one.figures["log_d"] for one in again})
        some = wide.loc[best.index]
        parts.append(regret_table(some, best=best).assign(among="replanned", futures=len(some)))
    together = pd.concat([part.reset_index() for part in parts], ignore_index=True).rename(columns=REGRET)
    return together[["among", "plan", "futures", *REGRET.values(), "mean", "worst_mean"]]


def replan_table(again: Sequence[Replanned]) -> pd.DataFrame:
    """Plans made for one future: ``future, projects, log_d, d, d_last`` (simulated there) and ``gap``."""
    rows = [
        {
            "future": one.number,
            "projects": len(one.starts),
            **{name: one.figures[name] for name in ("log_d", "d", "d_last")},
            "gap": one.gap,
        }
        for one in again
    ]
    columns = ["future", "projects", "log_d", "d", "d_last", "gap"]
    return pd.DataFrame(rows, columns=columns).astype({"future": "int64", "projects": "int64"})


def choice_table(
    inputs: Inputs, again: Sequence[Replanned], *, plans: Mapping[str, pd.Series]
) -> pd.DataFrame:
    """How often each project is chosen when a future is known, beside the plans.

    Returns
    -------
    DataFrame
        ``project, name_zh, name_en, sector, county, capital_wan, share`` (of the futures planned again in
        which it is chosen), ``first, middle, last`` (years of the start there), ``plans`` (names of the plans
        that have it) and ``standing``: ``no_regret`` (chosen in all futures), ``contested`` (in some),
        ``only_planned`` (in none, but a plan has it). Projects chosen nowhere are left out.
    """
    starts = pd.DataFrame({one.number: one.starts for one in again}, dtype="float64")
    has = pd.DataFrame(dict(plans), dtype="float64")
    known = starts.index.union(has.index)
    starts, has = starts.reindex(known), has.reindex(known)
    share = starts.notna().mean(axis=1) if len(again) else pd.Series(np.nan, index=known)
    standing = np.select([share >= 1, share > 0], ["no_regret", "contested"], "only_planned")
    projects = inputs.offer.projects.set_index("project")
    wanted = projects.loc[known, ["name_zh", "name_en", "sector", "county", "capital_wan"]]
    table = wanted.assign(
        share=share,
        first=starts.min(axis=1),
        middle=starts.median(axis=1),
        last=starts.max(axis=1),
        plans=[";".join(has.columns[row]) for row in has.notna().to_numpy()],
        standing=standing if len(again) else "",
    )
    table = table.rename_axis("project").reset_index()
    return table.sort_values(
        ["share", "capital_wan", "project"], ascending=[False, False, True], ignore_index=True
    )


def influence_table(
    found: Evaluated,
    sample: Sample,
    luck: Luck,
    *,
    plans: Mapping[str, pd.Series],
    inputs: Inputs,
) -> pd.DataFrame:
    """Which uncertain parameter moves what, by standardised regression over the futures.

    Returns
    -------
    DataFrame
        ``plan, outcome, parameter, name_zh, name_en``, ``coefficient`` (change of the outcome in its standard
        deviations for one of the parameter), ``share`` (its square: share of the variance where the fit is
        good), ``rank`` (1 is the strongest) and ``explained`` (adjusted R squared of the fit). Outcomes are
        ``log_d``, ``gain`` (over doing nothing in the same future) and ``short_wan``. Empty with too few
        futures.
    """
    drawn = found.outcomes[found.outcomes["future"] != EXPECTED]
    capital = inputs.offer.projects.set_index("project")["capital_wan"]
    none = drawn[drawn["plan"] == NO_PLAN].set_index("future")["log_d"]
    parts = []
    for name, starts in {NO_PLAN: pd.Series(dtype="int64"), **plans}.items():
        mine = drawn[drawn["plan"] == name].set_index("future")
        outcomes = {"log_d": mine["log_d"]}
        table = sample.values
        if name != NO_PLAN:
            outcomes |= {"gain": mine["log_d"] - none, "short_wan": mine["short_wan"]}
            table = table.assign(**_luck_of_plan(luck, capital.reindex(starts.index)))
        for outcome, values in outcomes.items():
            fit = standardised_regression(table.to_numpy(), values.reindex(table.index).to_numpy())
            part = pd.DataFrame(
                {
                    "plan": name,
                    "outcome": outcome,
                    "parameter": table.columns,
                    "coefficient": fit.coefficients,
                    "share": fit.coefficients**2,
                    "explained": fit.explained,
                }
            )
            part["rank"] = part["share"].rank(ascending=False, method="first")
            parts.append(part.dropna(subset=["coefficient", "explained"]))
    together = pd.concat(parts, ignore_index=True)
    ordered = together.sort_values(["plan", "outcome", "rank"], kind="stable", ignore_index=True)
    names = _names(inputs)
    for column in ("name_zh", "name_en"):
        ordered[column] = ordered["parameter"].map(names[column])
    columns = ["plan", "outcome", "parameter", "name_zh", "name_en", "coefficient", "share", "rank"]
    return ordered[[*columns, "explained"]].astype({"rank": "int64"})


def _names(inputs: Inputs) -> pd.DataFrame:
    """Names of the standards and of luck, by code."""
    standards = inputs.region["standards"].set_index("standard")[["name_zh", "name_en"]]
    luck = {
        f"name_{language}": [heading(f"parameter.{name}", language, kind="futures") for name in LUCK]
        for language in LANGUAGES
    }
    return pd.concat([standards.astype("str"), pd.DataFrame(luck, index=list(LUCK))])


def _luck_of_plan(luck: Luck, capital: pd.Series) -> dict[str, pd.Series]:
    """Luck of a plan as a whole: of its projects by their capital, and of all years alike."""
    weight = capital / capital.sum() if capital.sum() > 0 else capital * 0 + 1 / max(len(capital), 1)
    cost, effects = (table[weight.index] @ weight for table in (luck.cost, luck.effects))
    return dict(zip(LUCK, (cost, effects, luck.money.mean(axis=1)), strict=True))
