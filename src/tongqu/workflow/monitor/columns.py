"""Tables in which a user reports what happened: columns, headings and words, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

__all__ = [
    "AGAIN",
    "FIGURE_COLUMNS",
    "HEADINGS",
    "LEVERS",
    "MONEY",
    "PROJECT_COLUMNS",
    "REQUIRED",
    "SHEETS",
    "SHOWN",
    "STATES",
    "WORDS",
    "State",
    "Table",
    "column_of",
]

State: TypeAlias = Literal["planned", "contracted", "built", "dropped"]
STATES: Final[tuple[State, ...]] = ("planned", "contracted", "built", "dropped")
"""Not begun, signed or under construction, working, given up."""

PROJECT_COLUMNS: Final[Mapping[str, str]] = {
    "project": "str",
    "state": "str",
    "start": "float64",
    "capital_wan": "float64",
    "running_wan": "float64",
    "note": "str",
}
FIGURE_COLUMNS: Final[Mapping[str, str]] = {
    "unit": "str",
    "year": "int64",
    "variable": "str",
    "value": "float64",
    "note": "str",
}
LEVERS: Final = ("own_revenue", "transfers", "expenditure", "debt_limit", "land_income", "fund_expenditure")
"""Items of accounts that the forecast is carried on from; written ``account.ITEM``."""
MONEY: Final = ("money.room", "money.grant", "money.debt")
"""Money of the plan in a county and year: own money for it, grants of the city, its debt at the end."""

HEADINGS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    # column: Chinese heading, English heading, others that are understood
    "project": ("项目编码", "project", ("项目", "code")),
    "state": ("状态", "state", ("进度", "status")),
    "start": ("实际开工年份", "start", ("开工年份", "actual start", "start year")),
    "capital_wan": ("实际投资（万元）", "capital (10 000 yuan)", ("实际投资", "capital_wan", "capital")),
    "running_wan": (
        "年运行费（万元）",
        "running cost (10 000 yuan)",
        ("年运行费", "running_wan", "running cost"),
    ),
    "note": ("说明", "note", ("原因", "why")),
    "unit": ("单位编码", "unit", ("单位", "place")),
    "year": ("年份", "year", ()),
    "variable": ("变量", "variable", ("指标",)),
    "value": ("实际值", "actual value", ("数值", "value")),
    # Shown for the reader of a template; passed over when it is read.
    "name": ("名称", "name", ()),
    "planned_start": ("计划开工年份", "planned start", ()),
    "planned_wan": ("计划投资（万元）", "planned capital (10 000 yuan)", ()),
    "planned": ("计划值", "planned value", ()),
}
SHOWN: Final = ("name", "planned_start", "planned_wan", "planned")
WORDS: Final[Mapping[State, tuple[str, ...]]] = {
    "planned": ("未开工", "计划中"),
    "contracted": ("已签约", "在建", "已签约或在建"),
    "built": ("已建成", "建成"),
    "dropped": ("取消", "已取消"),
}
SHEETS: Final = {"projects": ("项目", "projects"), "figures": ("数据", "figures")}
REQUIRED: Final = {"projects": ("project", "state"), "figures": ("unit", "year", "variable", "value")}
AGAIN: Final = "fill in the template of 'tongqu monitor RUN --template FILE'"

Table: TypeAlias = Literal["projects", "figures"]


def column_of(heading: str) -> str | None:
    """The column that a heading means."""
    plain = _plain(heading)
    for column, (chinese, english, others) in HEADINGS.items():
        if plain in {_plain(word) for word in (column, chinese, english, *others)}:
            return column
    return None


def _plain(heading: str) -> str:
    return heading.strip().removesuffix("*").strip().casefold().replace("(", "（").replace(")", "）")
