"""The limits of the joint plan in words, for conflicts and reports."""

from __future__ import annotations

from typing import Final

from tongqu.engine.terms import Model

__all__ = ["limit_words"]

WORDS: Final = {
    "money": ("the yearly money of {unit}", "{unit}当年可用资金"),
    "debt": ("the debt limit of {unit}", "{unit}债务限额"),
    "running": (
        "running cost and interest after the last year within the yearly money of {unit}",
        "{unit}期末运行费与利息不超过当年可用资金",
    ),
    "pool": ("the money of the city for its counties", "市级统筹资金"),
    "land": ("{key} of {unit}", "{unit}{key}"),
    "staff": ("additional {key} of {unit}", "{unit}新增人员（{key}）"),
    "floor": ("the floor for {key} in {unit}", "{unit}服务底线（{key}）"),
    "pin": ("the pinned project {key}", "指定项目 {key}"),
    "worse": ("{key} of {unit} no lower than without a plan", "{unit}{key}不低于无规划时"),
    "bound": ("the bound of the measure {key}", "指标界限（{key}）"),
}
"""Limits in words; each is a family of rows of the model."""

MEASURE_WORDS: Final = {
    "coordination": ("mean log D", "协调度 D 的平均对数"),
    "coverage": ("mean share served", "平均服务覆盖率"),
    "worst-off": ("mean share of the worst-off", "最弱人群平均覆盖率"),
    "cost": ("present value of cost", "成本现值"),
}
"""Measures in words."""

LAND_WORDS: Final = {
    "construction": ("construction land", "新增建设用地"),
    "farmland": ("farmland above its floor and reserve", "耕地保有量与占补平衡"),
    "linked": ("saved quota that can be sold", "增减挂钩节余指标"),
    "open": ("open land that can be built on", "可建设的未利用地与农用地"),
    "village": ("village land that can be cleared", "可拆旧复垦的村庄用地"),
}
"""Keys of the land ledger in words."""


def limit_words(model: Model, name: str) -> tuple[str, str]:
    """Say a limit in English and in Chinese, with the names of places."""
    kind = model.limits[name]
    rest = name.removeprefix(f"{kind} ")
    english, chinese = WORDS[kind]
    if kind == "bound":
        return _bound_words(model, number=int(rest.split(" ")[0]))
    if kind == "pin":
        return english.format(key=rest), chinese.format(key=rest)
    *words, unit = rest.split(" ")
    units = model.inputs.region["units"]
    place = dict(zip(units["unit"], units["name"], strict=True)).get(unit, unit)
    key = words[-1] if words else ""
    keys = LAND_WORDS.get(key, (key, key)) if kind == "land" else (key, key)
    said = tuple(
        text.format(key=word, unit=place) for text, word in zip((english, chinese), keys, strict=True)
    )
    if kind == "floor":
        floor = model.inputs.scenario.floors[int(words[0])]
        return (
            f"{said[0]}: {floor.share:.0%} from {floor.year} on",
            f"{said[1]}：{floor.year} 年起 {floor.share:.0%}",
        )
    return said[0], said[1]


def _bound_words(model: Model, *, number: int) -> tuple[str, str]:
    bound = model.inputs.scenario.bounds[number]
    english, chinese = WORDS["bound"]
    name, name_zh = MEASURE_WORDS[bound.measure]
    parts = [("at least", "不低于", bound.least), ("at most", "不高于", bound.most)]
    said = [(en, zh, value) for en, zh, value in parts if value is not None]
    return (
        english.format(key=name) + ": " + ", ".join(f"{en} {value:g}" for en, _, value in said),
        chinese.format(key=name_zh) + "：" + "，".join(f"{zh} {value:g}" for _, zh, value in said),
    )
