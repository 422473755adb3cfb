"""Rules for the future of villages: what they compare, in which order, and where they draw their lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from tongqu.base import Problem

__all__ = [
    "PROPOSALS",
    "RULES",
    "Condition",
    "Proposal",
    "Rule",
    "Thresholds",
    "wrong_rules",
    "wrong_thresholds",
]

Proposal: TypeAlias = Literal["grow", "keep", "shrink", "move"]

PROPOSALS: Final[dict[Proposal, str]] = {"grow": "集聚提升", "keep": "保留", "shrink": "收缩", "move": "搬迁"}
"""Proposals and what they are called in Chinese."""


def _threshold(value: float, unit: str, *, source: str = "assumed") -> Any:
    return field(default=value, metadata={"unit": unit, "source": source})


@dataclass(frozen=True)
class Thresholds:
    """Where the rules draw their lines, positive numbers.

    All but `high_m` and `hospital` are assumed; unit and source are in the metadata of each field.

    Parameters
    ----------
    high_m : float
        Height above sea level from which a place is high up, in metres.
    far_county, far_town, near_county : float
        Minutes to the county seat or town seat from which a village is far; up to which it is near.
    few, handful, some, many : float
        Persons in the later year: up to `few` or `handful` a village is small, from `some` or `many` large.
    reach_share : float
        Share of the services asked about that must be within reach, in (0, 1].
    hospital : float
        Minutes to a township-level hospital within which a village can grow.
    little_loss, loss : float
        Yearly loss of people up to which a village can grow, and from which it shrinks, in per cent.
    young_loss : float
        Yearly loss of people aged 20-44 from which a village shrinks, in per cent.
    old, old_mostly : float
        Share aged 65 or more in the later year from which a village is old, or mostly old.
    old_rise : float
        Yearly rise of that share from which a village ages fast, in percentage points.

    Examples
    --------
    >>> Thresholds(few=300).few
    300
    """

    high_m: float = _threshold(500.0, "m", source="relocation policy of Chun'an county, secondary")
    far_county: float = _threshold(45.0, "min")
    far_town: float = _threshold(30.0, "min")
    near_county: float = _threshold(15.0, "min")
    hospital: float = _threshold(20.0, "min", source="practice of Quzhou: 20-minute medical circle")
    few: float = _threshold(300.0, "person")
    handful: float = _threshold(100.0, "person")
    some: float = _threshold(300.0, "person")
    many: float = _threshold(800.0, "person")
    reach_share: float = _threshold(0.8, "ratio")
    little_loss: float = _threshold(1.5, "%/year")
    loss: float = _threshold(2.5, "%/year")
    young_loss: float = _threshold(4.0, "%/year")
    old: float = _threshold(0.45, "ratio")
    old_mostly: float = _threshold(0.5, "ratio")
    old_rise: float = _threshold(1.6, "%/year")


@dataclass(frozen=True)
class Condition:
    """A measure compared with a threshold; without one, a mark that must be set.

    Parameters
    ----------
    measure : str
        Name of the measure.
    sense : {">=", "<="}
        How it is compared.
    threshold : str
        Field of `Thresholds`; blank for a mark.
    """

    measure: str
    sense: Literal[">=", "<="] = ">="
    threshold: str = ""


@dataclass(frozen=True)
class Rule:
    """A proposal and the conditions that must all hold for it."""

    code: str
    proposal: Proposal
    conditions: tuple[Condition, ...] = ()


RURAL: Final = Condition("rural")
FEW: Final = Condition("people_later", "<=", "few")
FAR: Final = Condition("minutes_county", ">=", "far_county")

RULES: Final = (
    Rule("hazard", "move", (RURAL, Condition("hazard"))),
    Rule("high_and_far", "move", (RURAL, Condition("elevation_m", ">=", "high_m"), FAR, FEW)),
    Rule("few_and_far", "move", (RURAL, FEW, FAR, Condition("minutes_town", ">=", "far_town"))),
    Rule(
        "emptied",
        "move",
        (
            RURAL,
            Condition("people_later", "<=", "handful"),
            Condition("people_loss", ">=", "loss"),
            Condition("old_later", ">=", "old_mostly"),
        ),
    ),
    Rule("town", "grow", (Condition("urban"), Condition("people_loss", "<=", "little_loss"))),
    Rule("town_losing", "keep", (Condition("urban"),)),
    Rule(
        "near_seat",
        "grow",
        (
            Condition("minutes_county", "<=", "near_county"),
            Condition("people_later", ">=", "some"),
            Condition("people_loss", "<=", "little_loss"),
        ),
    ),
    Rule(
        "centre",
        "grow",
        (
            Condition("people_later", ">=", "many"),
            Condition("reach_share", ">=", "reach_share"),
            Condition("minutes_hospital", "<=", "hospital"),
            Condition("people_loss", "<=", "loss"),
        ),
    ),
    Rule("losing_people", "shrink", (Condition("people_loss", ">=", "loss"), FEW)),
    Rule(
        "losing_young",
        "shrink",
        (Condition("young_loss", ">=", "young_loss"), Condition("old_later", ">=", "old")),
    ),
    Rule(
        "ageing",
        "shrink",
        (Condition("old_later", ">=", "old_mostly"), Condition("old_rise", ">=", "old_rise")),
    ),
    Rule("small_and_far", "shrink", (FEW, FAR)),
    Rule("nothing_else", "keep"),
)
"""The rules in the order in which they are tried; the last holds for everybody."""


def wrong_thresholds(lines: Thresholds) -> list[Problem]:
    """Thresholds that are not positive numbers, a problem each."""
    return [
        Problem(
            rule="a threshold is not a positive number",
            mend="enter a number above 0",
            column=one.name,
            value=str(getattr(lines, one.name)),
        )
        for one in fields(Thresholds)
        if not 0 < getattr(lines, one.name) < np.inf
    ]


def wrong_rules(rules: Sequence[Rule], *, measures: Iterable[str]) -> list[Problem]:
    """Rules that cannot be tried: unknown measures or thresholds, or an end that leaves somebody out."""
    problems = []
    if not rules or rules[-1].conditions:
        mend = "end with a rule without conditions"
        problems.append(Problem(rule="the last rule does not hold for everybody", mend=mend, column="rules"))
    names, known = {one.name for one in fields(Thresholds)} | {""}, list(measures)
    problems += [
        Problem(
            rule=f"rule {rule.code!r} names an unknown measure or threshold",
            mend=f"measures are {', '.join(known)}",
            column="rules",
            value=f"{condition.measure} {condition.sense} {condition.threshold}".strip(),
        )
        for rule in rules
        for condition in rule.conditions
        if condition.measure not in known or condition.threshold not in names
    ]
    return problems
