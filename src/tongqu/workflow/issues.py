"""What the reader of a plan must know: modelled data, indicators left out, promise against simulation."""

from __future__ import annotations

from typing import Final

import pandas as pd

from tongqu.engine.check import Checked
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan

__all__ = ["issues_of"]

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
    ]
    return pd.DataFrame(rows, columns=["topic", "item", "detail_zh", "detail_en"])


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
