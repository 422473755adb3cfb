"""The future of villages by rules, and who lives where after moves."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.relocation import relocate
from tongqu.methods.village_figures import measures_of
from tongqu.methods.village_future import (
    CLOSE,
    PROPOSALS,
    RULES,
    Condition,
    Rule,
    Thresholds,
    VillageFigures,
    proposal_sensitivity,
    village_future,
)

PAGE = Path(__file__).parents[2] / "docs" / "methods" / "village-future.md"

PLAIN: dict[str, object] = {
    "village": "v",
    "people": 600.0,
    "people_later": 550.0,
    "old": 0.25,
    "old_later": 0.3,
    "young_kept": 0.8,
    "minutes_town": 10.0,
    "minutes_hospital": 10.0,
    "minutes_county": 25.0,
    "urban": False,
    "in_reach": [True, True],
    "elevation_m": 100.0,
    "hazard": False,
}
"""A village of which nothing is said: it is kept."""


def figures(*rows: dict[str, object], years: float = 10.0) -> VillageFigures:
    full = [{**PLAIN, "village": f"v{number}", **row} for number, row in enumerate(rows)]
    columns = {name: np.array([row[name] for row in full]) for name in PLAIN}
    return VillageFigures(years=years, **columns)


def reason_of(**changes: object) -> str:
    return str(village_future(figures(changes))["reason"].iloc[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "nothing_else"),
        ({"hazard": True}, "hazard"),
        ({"elevation_m": 500.0, "minutes_county": 45.0, "people_later": 300.0}, "high_and_far"),
        ({"minutes_town": 30.0, "minutes_county": 45.0, "people_later": 300.0}, "few_and_far"),
        ({"people": 200.0, "people_later": 100.0, "old": 0.4, "old_later": 0.5}, "emptied"),
        ({"urban": True}, "town"),
        ({"urban": True, "people": 900.0}, "town_losing"),
        ({"minutes_county": 15.0}, "near_seat"),
        ({"people": 850.0, "people_later": 800.0}, "centre"),
        ({"people": 600.0, "people_later": 300.0}, "losing_people"),
        ({"young_kept": 0.66, "old": 0.35, "old_later": 0.45}, "losing_young"),
        ({"old": 0.33, "old_later": 0.5}, "ageing"),
        ({"minutes_county": 45.0, "people_later": 300.0, "people": 310.0}, "small_and_far"),
    ],
)
def test_each_rule_at_its_threshold(changes: dict[str, object], reason: str) -> None:
    assert reason_of(**changes) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hazard": True, "urban": True}, "town"),
        ({"elevation_m": 499.9, "minutes_county": 45.0, "people_later": 300.0}, "losing_people"),
        ({"elevation_m": np.nan, "minutes_county": 80.0}, "nothing_else"),
        (
            {"minutes_town": np.nan, "minutes_county": 80.0, "people": 310.0, "people_later": 300.0},
            "small_and_far",
        ),
        ({"young_kept": np.nan, "old_later": 0.44}, "nothing_else"),
        ({"people": 0.0, "people_later": 0.0, "old": 0.0, "old_later": 0.0}, "nothing_else"),
        ({"people": 850.0, "people_later": 800.0, "in_reach": [True, False]}, "nothing_else"),
        ({"people": 850.0, "people_later": 800.0, "minutes_hospital": np.inf}, "nothing_else"),
        ({"minutes_town": np.inf, "minutes_county": np.inf, "people_later": 299.0}, "few_and_far"),
    ],
)
def test_what_is_missed_or_unknown_is_no_reason(changes: dict[str, object], reason: str) -> None:
    assert reason_of(**changes) == reason


def test_evidence_by_hand() -> None:
    table = village_future(
        figures(
            {"minutes_town": 60.0, "minutes_county": 46.0, "people_later": 200.0, "people": 210.0},
            {"hazard": True},
            {"minutes_county": 25.0, "people_later": 560.0},
            {"minutes_county": 16.0},
        )
    ).set_index("village")
    far = table.loc["v0"]
    assert (far["measure"], far["value"], far["threshold"]) == ("minutes_county", 46.0, 45.0)
    assert (far["runner_up"], bool(far["close"])) == ("small_and_far", True)
    danger = table.loc["v1"]
    assert (danger["measure"], danger["value"], danger["threshold"], bool(danger["close"])) == (
        "hazard",
        1.0,
        1.0,
        False,
    )
    # 560 of 800 people is missed by 30 %, 25 of 15 minutes by two thirds: the centre is nearer.
    kept = table.loc["v2"]
    assert (kept["measure"], kept["value"], kept["threshold"]) == ("people_later", 560.0, 800.0)
    assert (kept["runner_up"], bool(kept["close"])) == ("", False)
    near = table.loc["v3"]
    assert (near["proposal"], near["measure"], near["runner_up"], bool(near["close"])) == (
        "keep",
        "minutes_county",
        "near_seat",
        True,
    )


def test_losses_are_those_of_a_year() -> None:
    measures = measures_of(
        figures({"people": 100.0, "people_later": 81.0, "old": 0.2, "old_later": 0.26}, years=2)
    )
    assert measures["people_loss"][0] == pytest.approx(10.0)
    assert measures["old_rise"][0] == pytest.approx(3.0)
    gained = measures_of(figures({"people": 100.0, "people_later": 121.0}, years=2))
    assert gained["people_loss"][0] == pytest.approx(-10.0)


def village() -> st.SearchStrategy[dict[str, object]]:
    share = st.floats(0.0, 1.0)
    return st.fixed_dictionaries(
        {
            "people": st.floats(0.0, 2000.0),
            "people_later": st.floats(0.0, 2000.0),
            "old": share,
            "old_later": share,
            "young_kept": st.one_of(st.floats(0.0, 1.5), st.just(np.nan)),
            "minutes_town": st.one_of(st.floats(0.0, 90.0), st.just(np.inf), st.just(np.nan)),
            "minutes_hospital": st.floats(0.0, 60.0),
            "minutes_county": st.floats(0.0, 90.0),
            "urban": st.booleans(),
            "in_reach": st.lists(st.booleans(), min_size=2, max_size=2),
            "elevation_m": st.one_of(st.floats(0.0, 1000.0), st.just(np.nan)),
            "hazard": st.booleans(),
        }
    )


VILLAGES = st.lists(village(), min_size=1, max_size=8)


def by_hand(given_figures: VillageFigures, lines: Thresholds) -> list[tuple[str, str]]:
    """The rules tried one by one in plain Python."""
    measures = measures_of(given_figures)
    found = []
    for number in range(len(measures["urban"])):
        for rule in RULES:
            holds = True
            for condition in rule.conditions:
                value = measures[condition.measure][number]
                line = getattr(lines, condition.threshold) if condition.threshold else 1.0
                # As shares of the threshold, like the rules themselves: at the last digit they may differ.
                holds &= (value - line) / line >= 0 if condition.sense == ">=" else (line - value) / line >= 0
            if holds:
                found.append((rule.proposal, rule.code))
                break
    return found


@settings(deadline=None, max_examples=150)
@given(rows=VILLAGES, factor=st.floats(0.5, 1.5))
def test_same_as_one_by_one(rows: list[dict[str, object]], factor: float) -> None:
    lines = Thresholds(**{one.name: one.default * factor for one in fields(Thresholds)})
    table = village_future(figures(*rows), thresholds=lines)
    assert list(zip(table["proposal"], table["reason"], strict=True)) == by_hand(figures(*rows), lines)
    assert set(table["proposal"]) <= set(PROPOSALS)
    assert (table["runner_up"] != table["reason"]).all()


@settings(deadline=None, max_examples=150)
@given(rows=VILLAGES, data=st.data())
def test_who_is_no_close_call_stays_under_any_thresholds_within_a_tenth(
    rows: list[dict[str, object]], data: st.DataObject
) -> None:
    base = village_future(figures(*rows))
    factors = data.draw(
        st.fixed_dictionaries(
            {one.name: st.sampled_from((1 - CLOSE, 1.0, 1 + CLOSE)) for one in fields(Thresholds)}
        )
    )
    lines = Thresholds(**{one.name: one.default * factors[one.name] for one in fields(Thresholds)})
    other = village_future(figures(*rows), thresholds=lines)
    changed = base["proposal"] != other["proposal"]
    assert not (changed & ~base["close"]).any()


@settings(deadline=None, max_examples=50)
@given(rows=VILLAGES)
def test_each_village_is_judged_by_itself(rows: list[dict[str, object]]) -> None:
    together = village_future(figures(*rows)).drop(columns="village")
    alone = [village_future(figures(row)).drop(columns="village").iloc[0].tolist() for row in rows]
    for left, right in zip(together.itertuples(index=False), alone, strict=True):
        assert [str(value) for value in left] == [str(value) for value in right]


def test_sensitivity_by_hand() -> None:
    # 810 people: with a line of 880 no centre any more; 730: one with 720. The third is far from both.
    many = [{"people": 900.0, "people_later": later} for later in (810.0, 730.0, 600.0, 500.0)]
    found = proposal_sensitivity(figures(*many)).set_index("threshold")
    assert found.loc["many", ["lowered", "raised"]].tolist() == [0.25, 0.25]
    assert found.loc["high_m", ["lowered", "raised"]].tolist() == [0.0, 0.0]
    assert found.loc["many", "value"] == 800.0
    assert list(found.index) == [one.name for one in fields(Thresholds)]


def test_sensitivity_of_own_rules_names_only_what_they_use() -> None:
    rules = (Rule("big", "grow", (Condition("people_later", ">=", "many"),)), Rule("rest", "keep"))
    found = proposal_sensitivity(figures({}), rules=rules)
    assert found["threshold"].tolist() == ["many"]
    with pytest.raises(DataError, match="step"):
        proposal_sensitivity(figures({}), step=1.0)


def test_no_village_and_rules_without_conditions() -> None:
    assert village_future(figures({}), rules=(Rule("rest", "keep"),))["measure"].tolist() == [""]
    empty = VillageFigures(
        years=1.0, **{name: np.empty((0, 1) if name == "in_reach" else 0, dtype=bool) for name in PLAIN}
    )
    assert len(village_future(empty)) == 0


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"people": [np.nan]}, "people"),
        ({"people_later": [-1.0]}, "people_later"),
        ({"people": [np.inf]}, "people"),
        ({"old_later": [1.2]}, "old_later"),
        ({"minutes_county": [np.nan]}, "minutes_county"),
        ({"minutes_town": [-1.0]}, "minutes_town"),
        ({"elevation_m": [9999.0]}, "elevation_m"),
        ({"urban": [0.5]}, "urban"),
        ({"hazard": [True, False]}, "hazard"),
        ({"in_reach": [True]}, "in_reach"),
        ({"in_reach": np.empty((1, 0), dtype=bool)}, "in_reach"),
        ({"years": 0.0}, "years"),
        ({"years": np.nan}, "years"),
    ],
)
def test_impossible_figures_are_refused(changes: dict[str, object], column: str) -> None:
    with pytest.raises(DataError) as error:
        village_future(replace(figures({}), **changes))
    assert column in [problem.column for problem in error.value.problems]


def test_all_problems_come_at_once() -> None:
    bad = replace(figures({}, {}), people=[1.0, -1.0], old=[2.0, 0.1], village=["a", "a"])
    with pytest.raises(DataError) as error:
        village_future(bad, thresholds=Thresholds(few=0.0, loss=np.nan))
    assert [problem.column for problem in error.value.problems] == ["village", "people", "old", "few", "loss"]


@pytest.mark.parametrize(
    "rules",
    [
        (),
        RULES[:-1],
        (Rule("odd", "keep", (Condition("wealth", ">=", "few"),)), Rule("rest", "keep")),
        (Rule("odd", "keep", (Condition("people_later", ">=", "lots"),)), Rule("rest", "keep")),
    ],
)
def test_rules_that_cannot_be_tried_are_refused(rules: tuple[Rule, ...]) -> None:
    with pytest.raises(DataError):
        village_future(figures({}), rules=rules)


def test_every_threshold_has_unit_and_source_and_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for one in fields(Thresholds):
        assert one.metadata["unit"]
        assert one.metadata["source"]
        assert f"| `{one.name}` | {one.default:g} " in text
    for number, rule in enumerate(RULES, start=1):
        assert f"| {number} | `{rule.code}` | {rule.proposal} " in text
    used = {condition.threshold for rule in RULES for condition in rule.conditions} - {""}
    assert used == {one.name for one in fields(Thresholds)}


MOVES = st.integers(2, 8).flatmap(
    lambda places: st.tuples(
        st.lists(st.lists(st.floats(0.0, 1e6), min_size=3, max_size=3), min_size=places, max_size=places),
        st.lists(
            st.tuples(
                st.integers(0, places // 2 - 1), st.integers(places // 2, places - 1), st.floats(0.01, 0.25)
            ),
            max_size=4,
        ),
    )
)


@settings(deadline=None)
@given(drawn=MOVES)
def test_nobody_is_lost_by_moving(drawn: tuple[list[list[float]], list[tuple[int, int, float]]]) -> None:
    people, moves = np.array(drawn[0]), drawn[1]
    leave, host, share = (
        [move[part] for move in moves] if moves else np.empty(0, dtype=np.int64) for part in range(3)
    )
    after = relocate(people, leave=leave, host=host, share=share)
    assert after.sum(axis=0) == pytest.approx(people.sum(axis=0), rel=1e-12)
    assert (after >= 0).all()
    plain = people.copy()
    for start, end, part in moves:
        for column in range(3):
            plain[start, column] -= part * people[start, column]
            plain[end, column] += part * people[start, column]
    assert after == pytest.approx(plain, rel=1e-9, abs=1e-6)
    backwards = relocate(people, leave=leave[::-1], host=host[::-1], share=share[::-1])
    assert backwards == pytest.approx(after, rel=1e-12)


def test_everybody_leaves_in_parts_without_a_rest() -> None:
    after = relocate([10.0, 0.0, 0.0], leave=[0, 0], host=[1, 2], share=[0.3, 0.7])
    assert after.tolist() == [0.0, 3.0, 7.0]
    assert relocate(np.ones((3, 2, 4)), leave=[2], host=[0], share=[0.5]).shape == (3, 2, 4)


@pytest.mark.parametrize(
    ("leave", "host", "share", "rule"),
    [
        ([0, 1], [1, 2], [0.5, 0.5], "people go to a place that people leave"),
        ([0], [0], [0.5], "people go to a place that people leave"),
        ([0, 0], [1, 2], [0.6, 0.5], "more than everybody leaves one place"),
        ([0], [1], [0.0], "a share is 0"),
        ([0], [1], [1.5], "1 of 1 values are missing or outside [0, 1]"),
        ([0], [1], [np.nan], "1 of 1 values are missing or outside [0, 1]"),
        ([0], [3], [0.5], "a position is outside 0..2"),
        ([-1], [2], [0.5], "a position is outside 0..2"),
        ([0, 1], [2], [0.5], "leave, host and share differ in length"),
    ],
)
def test_impossible_moves_are_refused(
    leave: list[int], host: list[int], share: list[float], rule: str
) -> None:
    with pytest.raises(DataError) as error:
        relocate([1.0, 2.0, 3.0], leave=leave, host=host, share=share)
    assert rule in [problem.rule for problem in error.value.problems]


def test_people_are_counts() -> None:
    for people in ([-1.0, 2.0], [np.nan, 2.0], [np.inf, 2.0], 5.0):
        with pytest.raises(DataError):
            relocate(people, leave=[0], host=[1], share=[0.5])
