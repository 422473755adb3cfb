"""What the reader of a plan must know: modelled data, indicators left out, promise against simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from tongqu.data import Level
from tongqu.engine.check import Checked
from tongqu.engine.feedback import Ending, Settled
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan

__all__ = ["feedback_issues", "issues_of"]

DERIVED: Final = (
    (
        "value_added.total",
        "各县增加值、就业与报酬：未公布的县按从业人员结构与上级地区劳动生产率推算，并与已公布总数衔接，不是统计数",
        "value added, jobs and pay of counties: where a county publishes none they are modelled from its "
        "workers and the productivity of the larger area, fitted to published totals; they are no statistics",
    ),
    (
        "income.rural",
        "各县城乡收入：只公布全市数，分县值按人均增加值推算，以后年份为推算值",
        "incomes of counties: published for the whole only, spread by value added per head and carried on; "
        "modelled",
    ),
    (
        "pension.paid",
        "城乡居民养老与医保账户：没有公布数据，参保、待遇和余额均按假设推算",
        "resident pensions and medical insurance: no published figures; members, benefits and balances are "
        "modelled from assumptions",
    ),
)
"""Figures that sectors model and no table holds: state variable, in Chinese, in English."""


COLUMNS: Final = ["topic", "item", "detail_zh", "detail_en"]

ENDINGS: Final[Mapping[Ending, tuple[str, str]]] = {
    "agrees": (
        "承诺与模拟在第 {rounds} 轮一致（相对差不超过 {share}）",
        "promise and simulation agree in round {rounds} (within {share})",
    ),
    "cycle": (
        "第 {rounds} 轮回到了更早的方案，承诺与模拟仍有差别；采用第 {best} 轮（模拟结果最好）的方案",
        "round {rounds} came back to an earlier plan, and promise and simulation still differ; the plan is "
        "that of round {best}, which simulates best",
    ),
    "rounds": (
        "{rounds} 轮之后承诺与模拟仍有差别；采用第 {best} 轮（模拟结果最好）的方案",
        "promise and simulation still differ after round {rounds}; the plan is that of round {best}, which "
        "simulates best",
    ),
    "stopped": (
        "求解在第 {rounds} 轮停止，承诺与模拟仍有差别；采用第 {best} 轮的方案",
        "the solver was stopped in round {rounds}, and promise and simulation still differ; the plan is that "
        "of round {best}",
    ),
    "infeasible": (
        "按模拟的资金重新规划时没有可行方案；采用第 {best} 轮（模拟结果最好）的方案",
        "no plan keeps the limits once inputs are made again from the simulation; the plan is that of round "
        "{best}, which simulates best",
    ),
}
"""How the rounds ended, in Chinese and English."""

WORSE: Final = 1e-6
"""Part of an index up to which a county is no worse than without a plan: rounding."""


def issues_of(inputs: Inputs, made: Plan, checked: Checked) -> pd.DataFrame:
    """Give the issues: columns ``topic, item, detail_zh, detail_en``."""
    rows = [
        *_modelled(inputs),
        *_derived(inputs),
        *_left_out(inputs),
        *_not_counted(inputs),
        *_assumed(inputs),
        *_idle(inputs),
        *_difference(checked),
        *_status(made),
        *_robust(inputs),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def feedback_issues(settled: Settled) -> pd.DataFrame:
    """Give the issues of planning again after simulation: how it ended, and wishes that simulation misses."""
    inputs = settled.best.inputs
    share = f"{inputs.scenario.feedback.tolerance:.1%}"
    said = tuple(
        text.format(rounds=settled.rounds, best=settled.best.number, share=share)
        for text in ENDINGS[settled.end]
    )
    rows = [("feedback", settled.end, *said)]
    off = settled.best.figures[~settled.best.figures["agrees"]]
    if len(off):
        names = ", ".join(dict.fromkeys(off["figure"]))
        rows.append(
            (
                "feedback",
                "differs",
                f"仍有差别的主要数字：{names}",
                f"headline figures that still differ: {names}",
            )
        )
    rows += _worse(settled) + _missed(settled)
    return pd.DataFrame(rows, columns=COLUMNS)


def _worse(settled: Settled) -> list[tuple[str, str, str, str]]:
    """Counties whose U or R the simulation shows below that without a plan."""
    inputs = settled.best.inputs
    if not inputs.scenario.nobody_worse:
        return []
    before, after = inputs.baseline.indices, settled.best.checked.indicators.indices
    fall = (before[["U", "R"]] - after[["U", "R"]].reindex(before.index)).max(axis=1)
    fall = fall[fall > WORSE]
    if fall.empty:
        return []
    counties, most = fall.index.get_level_values("unit").nunique(), float(fall.max())
    return [
        (
            "nobody worse",
            "simulation",
            f"模拟中有 {counties} 个县在某些年份的 U 或 R 低于无规划时，最多低 {most:.4f}",
            f"in the simulation U or R of {counties} counties lies below that without a plan in some year, "
            f"by up to {most:.4f}",
        )
    ]


def _missed(settled: Settled) -> list[tuple[str, str, str, str]]:
    """Floors that hold by the promise and are missed in the simulation, in their worst year."""
    inputs, rows = settled.best.inputs, []
    for number, floor in enumerate(inputs.scenario.floors):
        level: Level = "town" if floor.town else "county"
        place, short = floor.town or floor.county, 0.0
        for state in settled.best.checked.states:
            demand, served = state[f"demand.{floor.service}"], state[f"served.{floor.service}"]
            if state.year < floor.year:
                continue
            lack = (
                (floor.share * demand - served)
                .groupby(inputs.region.ancestor(demand.index, level=level).to_numpy())
                .sum()
            )
            short = max(short, float((lack[lack.index == place] if place else lack).max()))
        if short >= 1.0:
            rows.append(
                (
                    "floor",
                    f"floors[{number}]",
                    f"服务底线（{floor.service}）在模拟中最多差 {short:.0f} 人",
                    f"the floor for {floor.service} is missed by up to {short:.0f} persons in the simulation",
                )
            )
    return rows


def _robust(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    """A wish for several futures, which this plan does not follow."""
    if inputs.scenario.robust.futures == 0:
        return []
    return [
        (
            "not used",
            "robust",
            "本方案只针对预期未来；情景中的 robust 用于多种未来的分析（tongqu futures）",
            "this plan is made for the expected future alone; the scenario's key robust is for the study of "
            "futures (tongqu futures)",
        )
    ]


def _modelled(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    """Share of modelled rows of every table that says so."""
    rows = []
    for name, table in inputs.region.tables.items():
        if "modelled" not in table or table.empty:
            continue
        count, share = int(table["modelled"].sum()), float(table["modelled"].mean())
        if count:
            rows.append(
                (
                    "modelled",
                    name,
                    f"{len(table)} 行中 {count} 行含推算值（{share:.1%}）",
                    f"{count} of {len(table)} rows hold modelled values ({share:.1%})",
                )
            )
    return rows


def _derived(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    """Figures that sectors model, where the region has them."""
    state = inputs.states[0]
    return [
        ("derived", name, chinese, english)
        for name, chinese, english in DERIVED
        if name in state and state[name].any()
    ]


def _left_out(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    table = inputs.region["indicators"]
    zh, en = (dict(zip(table["indicator"], table[name], strict=True)) for name in ("name_zh", "name_en"))
    return [
        (
            "left out",
            name,
            f"{zh[name]}：缺分县数据，各县均不计，权重由同支柱其余指标分担（整个支柱缺数据时由其他支柱分担）",
            f"{en[name]}: a county lacks data, so it is left out for all; its weight goes to its pillar, "
            "or to the other pillars where a whole pillar lacks data",
        )
        for name in inputs.indicators.left_out
    ]


def _not_counted(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    """Indicators that are about nobody in some counties."""
    table, units = inputs.region["indicators"], inputs.region["units"]
    zh, en = (dict(zip(table["indicator"], table[name], strict=True)) for name in ("name_zh", "name_en"))
    place = dict(zip(units["unit"], units["name"], strict=True))
    rows = []
    for name, counties in inputs.indicators.not_counted.items():
        names = [place[county] for county in counties]
        rows.append(
            (
                "not counted",
                name,
                f"{zh[name]}：{'、'.join(names)}的分母为零，在该处不计，权重由同支柱其余指标分担",
                f"{en[name]}: its denominator is 0 in {', '.join(names)}; it does not count there, "
                "its weight goes to its pillar",
            )
        )
    return rows


def _idle(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    """Candidates that could change nothing."""
    if not inputs.idle:
        return []
    count, left = len(inputs.idle), len(inputs.offer.projects)
    return [
        (
            "idle",
            "projects",
            f"另有 {count} 个候选项目不服务有需要的人、也不改变任何数字，未参与优化（参与优化 {left} 个）",
            f"{count} more candidates serve nobody in need and change no figure: they were not considered "
            f"({left} were)",
        )
    ]


def _assumed(inputs: Inputs) -> list[tuple[str, str, str, str]]:
    standards = inputs.region["standards"]
    assumed = int((standards["status"] == "assumed").sum())
    return [
        (
            "assumed",
            "standards",
            f"{len(standards)} 项标准与参数中 {assumed} 项为假设值",
            f"{assumed} of {len(standards)} standards and parameters are assumptions",
        )
    ]


def _difference(checked: Checked) -> list[tuple[str, str, str, str]]:
    found = checked.difference
    rows = []
    for name, part in found.groupby("variable", sort=True):
        promised, simulated = float(part["promised"].sum()), float(part["simulated"].sum())
        if abs(simulated - promised) > 1e-6 * max(1.0, abs(promised)):
            share = simulated / promised - 1 if promised else 1.0
            rows.append(
                (
                    "promise",
                    str(name),
                    f"模拟与承诺相差 {share:+.3%}",
                    f"simulation differs from the promise by {share:+.3%}",
                )
            )
    return rows


def _status(made: Plan) -> list[tuple[str, str, str, str]]:
    if made.certificate.status == "optimal":
        return []
    return [
        (
            "stopped",
            "time limit",
            f"到时限停止，已证明差距 {made.certificate.gap:.4f}",
            f"stopped by the time limit; proven gap {made.certificate.gap:.4f}",
        )
    ]
