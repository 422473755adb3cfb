from __future__ import annotations

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.methods.people import check_census, check_places


def test_a_census_that_cannot_be_is_told_row_by_row() -> None:
    groups = np.full((6, 2, 3), 10.0)
    groups[1, 0, 0] = np.nan
    groups[2, 1, 2] = -1
    groups[3, 1] = 0
    groups[4, 0, 0] = 11
    with pytest.raises(DataError) as caught:
        check_census(groups, total=[60, 60, 49, 30, 60, 60], names=["a", "b", "c", "d", "e", "a"])
    told = {(problem.row, problem.value, problem.rule.split()[-1]) for problem in caught.value.problems}
    assert told == {
        (3, "b", "empty"),
        (4, "c", "negative"),
        (5, "d", "people"),
        (6, "e", "total"),
        (2, "a", "twice"),
        (7, "a", "twice"),
    }
    assert all(problem.mend for problem in caught.value.problems)


def test_a_missing_sex() -> None:
    with pytest.raises(DataError, match="two sexes"):
        check_census(np.ones((2, 1, 3)), total=[3, 3], names=["a", "b"])


def test_places_of_one_census_only_are_named() -> None:
    check_places(["a", "b"], np.array(["b", "a"]))
    with pytest.raises(DataError) as caught:
        check_places(["a", "b", "c"], ["c", "d"])
    assert [(problem.row, problem.value) for problem in caught.value.problems] == [
        (2, "a"),
        (3, "b"),
        (3, "d"),
    ]
    assert "second census only" in caught.value.problems[2].rule
