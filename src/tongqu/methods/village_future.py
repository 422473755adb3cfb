"""The future of every village as a proposal with its reason: grow, keep, shrink or move.

Rules are tried in a written order; the first that holds proposes. Each rule compares measures of a village
with named thresholds, so a proposal can be argued with figures and changed by changing a figure. It is a
proposal to talk about, not a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods.village_figures import VillageFigures, measures_of, wrong_figures
from tongqu.methods.village_rules import (
    PROPOSALS,
    RULES,
    Condition,
    Proposal,
    Rule,
    Thresholds,
    wrong_rules,
    wrong_thresholds,
)

__all__ = [
    "CLOSE",
    "PROPOSALS",
    "RULES",
    "Condition",
    "Proposal",
    "Rule",
    "Thresholds",
    "VillageFigures",
    "proposal_sensitivity",
    "village_future",
]

CLOSE: Final = 0.1
"""Share of a threshold within which a proposal is a close call."""
ROUNDING: Final = 1e-9
"""Share of a threshold by which rounding may err."""


def village_future(
    figures: VillageFigures, *, thresholds: Thresholds | None = None, rules: Sequence[Rule] = RULES
) -> pd.DataFrame:
    """A proposal for every village, the rule that made it, and the figures behind it.

    Parameters
    ----------
    figures : VillageFigures
        What the rules look at.
    thresholds : Thresholds, optional
        Where they draw their lines; the defaults unless given.
    rules : sequence of Rule
        Tried in order; the last must hold for everybody.

    Returns
    -------
    DataFrame
        One row a village in the order given: ``village, proposal, reason, measure, value, threshold,
        runner_up, close``. ``reason`` is the rule that proposes. ``measure, value, threshold`` are of its
        condition that is nearest to its threshold; of the last rule, of the condition that keeps the
        village from the rule that it comes nearest to. ``runner_up`` is the first other rule that holds or
        is missed by no more than a tenth. ``close`` marks villages whose proposal could be another if
        every threshold moved by up to a tenth.

    Raises
    ------
    DataError
        With every figure that is missing or impossible, every threshold that is not a positive number, and
        every rule that cannot be tried.

    References
    ----------
    Strategic plan for rural revitalization 2018-2022 (乡村振兴战略规划), chapter 9: classes of villages.

    Examples
    --------
    >>> figures = VillageFigures(
    ...     village=["low", "high"],
    ...     years=10,
    ...     people=[500, 120],
    ...     people_later=[400, 80],
    ...     old=[0.3, 0.4],
    ...     old_later=[0.38, 0.55],
    ...     young_kept=[0.7, 0.4],
    ...     minutes_town=[10, 45],
    ...     minutes_hospital=[12, 45],
    ...     minutes_county=[30, 80],
    ...     urban=[False, False],
    ...     in_reach=[[True], [False]],
    ...     elevation_m=[120, 750],
    ...     hazard=[False, False],
    ... )
    >>> village_future(figures)[["village", "proposal", "reason"]].values.tolist()
    [['low', 'keep', 'nothing_else'], ['high', 'move', 'high_and_far']]
    """
    lines = thresholds or Thresholds()
    arrays = _checked(figures, lines=lines, rules=rules)
    tried = [_tried(rule, arrays, lines=lines) for rule in rules]
    holds, sure, may = (np.array([getattr(one, name) for one in tried]) for name in ("holds", "sure", "may"))
    decided, number = holds.argmax(axis=0), np.arange(len(rules))[:, None]
    proposals = np.array([rule.proposal for rule in rules])
    codes = np.array([rule.code for rule in rules])
    possible = may & (number <= sure.argmax(axis=0))
    others = may & (number != decided)
    return pd.DataFrame(
        {
            "village": np.asarray(figures.village).astype(str),
            "proposal": proposals[decided],
            "reason": codes[decided],
            **_evidence(tried, rules, decided=decided, arrays=arrays, lines=lines),
            "runner_up": np.where(others.any(axis=0), codes[others.argmax(axis=0)], ""),
            "close": (possible & (proposals[:, None] != proposals[decided])).any(axis=0),
        }
    )


def proposal_sensitivity(
    figures: VillageFigures,
    *,
    thresholds: Thresholds | None = None,
    rules: Sequence[Rule] = RULES,
    step: float = CLOSE,
) -> pd.DataFrame:
    """Share of villages whose proposal changes when one threshold moves, each threshold in turn.

    Parameters
    ----------
    step : float
        Share by which each threshold is lowered and raised, in (0, 1).

    Returns
    -------
    DataFrame
        One row a threshold that the rules use: ``threshold, unit, value, lowered, raised``, the last two
        the shares of villages that get another proposal, in [0, 1]; NaN where there is no village.

    Raises
    ------
    DataError
        As `village_future`, and if the step is not between 0 and 1.
    """
    if not 0 < step < 1:
        raise DataError(
            [Problem(rule="the step is not between 0 and 1", mend="give a share such as 0.1", column="step")]
        )
    lines = thresholds or Thresholds()
    base = village_future(figures, thresholds=lines, rules=rules)["proposal"]
    used = {condition.threshold for rule in rules for condition in rule.conditions}
    rows = []
    for name, unit in ((one.name, one.metadata["unit"]) for one in fields(Thresholds) if one.name in used):
        value = float(getattr(lines, name))
        changed = [
            _share_changed(figures, base, lines=replace(lines, **{name: value * factor}), rules=rules)
            for factor in (1 - step, 1 + step)
        ]
        rows.append((name, unit, value, *changed))
    return pd.DataFrame(rows, columns=["threshold", "unit", "value", "lowered", "raised"])


def _share_changed(
    figures: VillageFigures, base: pd.Series, *, lines: Thresholds, rules: Sequence[Rule]
) -> float:
    other = village_future(figures, thresholds=lines, rules=rules)["proposal"]
    return float((other != base).mean())


@dataclass(frozen=True, eq=False)
class _Tried:
    """A rule tried on every village, arrays of shape (villages,).

    ``sure`` holds with every threshold moved against it by a tenth, ``may`` with every one moved its way;
    ``spot`` is the condition that tells most: the nearest to its threshold where the rule holds, the most
    missed where it does not, -1 for a rule without conditions; ``worst`` is how far that one is missed.
    """

    holds: Bools
    sure: Bools
    may: Bools
    spot: Ints
    worst: Floats


def _tried(rule: Rule, arrays: dict[str, Floats], *, lines: Thresholds) -> _Tried:
    size = len(arrays["people_later"])
    if not rule.conditions:
        always = np.ones(size, dtype=np.bool_)
        return _Tried(always, always, always, spot=np.full(size, -1), worst=np.full(size, np.inf))
    slack = np.array([_slack(condition, arrays, lines=lines) for condition in rule.conditions])
    marks = np.array([not condition.threshold for condition in rule.conditions])[:, None]
    # A mark is set or not: no threshold of it can move, so it is never nearly set and never nearly unset.
    slack = np.where(marks, np.where(slack >= 0, np.inf, -np.inf), slack)
    edge = CLOSE + ROUNDING
    holds, sure, may = (np.asarray(np.all(slack >= line, axis=0)) for line in (0.0, edge, -edge))
    # Of marks alone the last one tells most: that a place is rural goes before what makes it special.
    spot = len(slack) - 1 - slack[::-1].argmin(axis=0)
    worst = np.maximum(-slack.min(axis=0), 0.0)
    return _Tried(holds, sure, may, spot=spot, worst=worst)


def _slack(condition: Condition, arrays: dict[str, Floats], *, lines: Thresholds) -> Floats:
    """How far a measure lies on the right side of a threshold, as a share of it; never where unknown."""
    values = arrays[condition.measure]
    line = _line(condition, lines)
    gap = (values - line) / line if condition.sense == ">=" else (line - values) / line
    return np.where(np.isnan(values), -np.inf, gap)


def _evidence(
    tried: Sequence[_Tried],
    rules: Sequence[Rule],
    *,
    decided: Ints,
    arrays: dict[str, Floats],
    lines: Thresholds,
) -> dict[str, npt.NDArray[Any]]:
    """The measure, value and threshold that tell most about each village's proposal.

    Of the last rule, which holds for everybody, they are those of the rule that is missed by the least.
    """
    worst = np.array([one.worst for one in tried])
    last = decided == len(rules) - 1
    told = np.where(last, worst.argmin(axis=0), decided)
    measure = np.full(len(told), "", dtype=object)
    value, line = np.full(len(told), np.nan), np.full(len(told), np.nan)
    for number, rule in enumerate(rules):
        for spot, condition in enumerate(rule.conditions):
            mine = (told == number) & (tried[number].spot == spot)
            mine &= ~last | np.isfinite(tried[number].worst)
            measure[mine] = condition.measure
            value[mine] = arrays[condition.measure][mine]
            line[mine] = _line(condition, lines)
    return {"measure": measure.astype(str), "value": value, "threshold": line}


def _line(condition: Condition, lines: Thresholds) -> float:
    return float(getattr(lines, condition.threshold)) if condition.threshold else 1.0


def _checked(figures: VillageFigures, *, lines: Thresholds, rules: Sequence[Rule]) -> dict[str, Floats]:
    """The measures of every village by name, after all checks."""
    problems = [*wrong_figures(figures), *wrong_thresholds(lines)]
    if problems:
        raise DataError(problems)
    measures = measures_of(figures)
    problems = wrong_rules(rules, measures=measures)
    if problems:
        raise DataError(problems)
    return measures
