"""The frontier between two measures, against every combination of starts of small random offers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.judge import Judge, Starts
from engine.test_goals import allowed, small
from tongqu.base import ScenarioError
from tongqu.engine.frontier import frontier

PAIRS = [
    (31, ("cost", "coordination")),
    (29, ("worst-off", "cost")),
]
NEAR = 3e-5


def sense(measure: str) -> int:
    return -1 if measure == "cost" else 1


def figures(judge: Judge, starts: Starts, pair: tuple[str, str]) -> np.ndarray:
    return np.array([sense(name) * judge.measure(name, starts) for name in pair])


@pytest.mark.parametrize(("seed", "pair"), PAIRS)
def test_points_are_true_not_dominated_and_bounded(seed, pair):
    inputs = small(seed)
    judge = Judge(inputs)
    found = frontier(inputs, first=pair[0], second=pair[1], points=4)
    every = np.array([figures(judge, starts, pair) for starts in allowed(judge)])
    mine = np.array([figures(judge, dict(point.starts), pair) for point in found])
    room = NEAR * np.maximum(1.0, np.abs(every).max(axis=0))
    assert len(found) >= 2, "the case decides nothing"
    assert np.abs(mine[0, 0] - every[:, 0].max()) <= room[0], "the first end is the best of the first"
    assert np.abs(mine[-1, 1] - every[:, 1].max()) <= room[1], "the other end is the best of the second"
    for point, row in zip(found, mine, strict=True):
        said = [sense(name) * point.measures[name] for name in pair]
        np.testing.assert_allclose(said, row, atol=1e-5, rtol=1e-6)
        assert not ((every >= row - room).all(axis=1) & (every > row + 3 * room).any(axis=1)).any()
        able = every[every[:, 1] >= sense(pair[1]) * point.level - room[1], 0]
        inside = every[every[:, 1] >= sense(pair[1]) * point.level + room[1], 0]
        assert row[0] >= able.max() - 3 * room[0]
        assert sense(pair[0]) * point.bound >= inside.max(initial=-np.inf) - 1e-6 * abs(row[0])
    assert (np.diff(mine[:, 1]) > 0).all()
    assert (np.diff(mine[:, 0]) < 0).all()


def test_two_processes_give_the_same():
    inputs = small(23)
    one, two = (
        frontier(inputs, first="coverage", second="cost", points=4, processes=number) for number in (1, 2)
    )
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a.measures, b.measures, rtol=1e-6, atol=1e-6)


def test_measures_and_points_are_checked_before_anything_is_solved():
    with pytest.raises(ScenarioError) as caught:
        frontier(small(4), first="cost", second="cost", points=1)
    assert [problem.column for problem in caught.value.problems] == ["second", "points"]
