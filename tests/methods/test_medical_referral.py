"""Demand, referral and how full sites are: nobody is lost, hand-worked cases, unknown stays unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.medical import care_demand, refer, utilisation

seeds = st.integers(0, 100_000)


def case(seed: int) -> dict[str, Any]:
    """Three levels of 4, 3 and 2 sites; some places and sites have nowhere to go."""
    rng = np.random.default_rng(seed)
    level_of = np.repeat([0, 1, 2], [4, 3, 2])
    spots = [np.flatnonzero(level_of == level) for level in range(3)]
    site_of = np.stack([rng.choice(np.append(these, -1), 6) for these in spots])
    refers = np.full(9, -1)
    refers[:4] = rng.choice(np.append(spots[1], [7, -1]), 4)
    refers[4:7] = rng.choice(np.append(spots[2], -1), 3)
    up = rng.random((3, 2))
    up[2] = 0
    return {
        "demand": rng.integers(0, 50, (3, 6, 2)).astype(float),
        "site_of": site_of,
        "level_of": level_of,
        "refers_to": refers,
        "up": up,
    }


@given(seeds)
def test_every_case_is_treated_once_at_first_or_named(seed: int) -> None:
    given = case(seed)
    found = refer(**given)
    assert found.first.sum() + found.unmet.sum() == pytest.approx(given["demand"].sum())
    nowhere = (given["site_of"] < 0)[::-1].cumprod(axis=0)[::-1] > 0
    assert (found.unmet == np.where(nowhere, given["demand"].sum(axis=2), 0)).all()
    assert not ((found.passed > 0) & (found.unmet > 0)).any()
    assert found.referred.sum() == pytest.approx(found.cases.sum())


@given(seeds)
def test_shares_go_on_from_all_that_come(seed: int) -> None:
    given = case(seed)
    found = refer(**given)
    came = found.first + found.referred
    going = (came * given["up"][given["level_of"]]).sum(axis=1)
    out = np.bincount(found.start, found.cases, minlength=9)
    assert out + found.stranded == pytest.approx(going)
    assert np.bincount(found.end, found.cases, minlength=9) == pytest.approx(found.referred.sum(axis=1))
    assert (given["refers_to"][found.start] == found.end).all()
    assert (found.stranded[given["refers_to"] >= 0] == 0).all()


def test_a_chain_of_three_levels_by_hand() -> None:
    found = refer(
        [[[1000.0]], [[100.0]], [[10.0]]],
        site_of=[[0], [1], [2]],
        level_of=[0, 1, 2],
        refers_to=[1, 2, -1],
        up=[0.2, 0.1, 0.0],
    )
    # 1000; 100 and 200 from below; 10 and a tenth of 300.
    assert found.load.tolist() == [1000.0, 300.0, 40.0]
    assert found.cases.tolist() == [200.0, 30.0]


def test_old_people_ask_for_more() -> None:
    rates = [[5.0, 12.0], [0.08, 0.3]]
    young, old = care_demand([[100, 0], [0, 100]], rates).sum(axis=2).T
    assert (old > young).all()
    assert care_demand([[100, 50]], rates).sum() == pytest.approx(100 * 5.08 + 50 * 12.3)


def test_unknown_is_not_empty() -> None:
    found = utilisation([100, 100, np.nan, 0, 10], [np.nan, 2, 1, 0, 0], per_unit=[50, 100, 1, 1, 1])
    assert np.isnan(found[[0, 2]]).all()
    assert found[[1, 3, 4]].tolist() == [0.5, 0.0, np.inf]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"demand": [[1.0]]}, "shapes do not fit"),
        ({"demand": [[[-1.0]], [[1.0]]]}, "missing or outside"),
        ({"site_of": [[0]]}, "shapes do not fit"),
        ({"site_of": [[2], [1]]}, "outside -1..1"),
        ({"site_of": [[1], [1]]}, "not of the level"),
        ({"level_of": [0, 2]}, "outside 0..1"),
        ({"refers_to": [0, -1]}, "not of a higher level"),
        ({"up": [0.1]}, "shapes do not fit"),
        ({"up": [1.1, 0]}, "missing or outside"),
        ({"up": [0.1, 0.1]}, "highest level refers on"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], match: str) -> None:
    good: dict[str, Any] = {
        "demand": [[[1.0]], [[1.0]]],
        "site_of": [[0], [1]],
        "level_of": [0, 1],
        "refers_to": [1, -1],
        "up": [0.1, 0.0],
    }
    assert refer(**good).load.tolist() == [1.0, 1.1]
    with pytest.raises(DataError, match=match):
        refer(**good | changes)


def test_bad_rates_and_beds_are_named() -> None:
    with pytest.raises(DataError, match="shapes do not fit"):
        care_demand([[1, 2]], [[1.0]])
    with pytest.raises(DataError, match="missing or outside"):
        care_demand([[1]], [[np.nan]])
    with pytest.raises(DataError, match="shapes do not fit"):
        utilisation([1.0], [1.0, 2.0], per_unit=1)
    with pytest.raises(DataError, match="missing or outside"):
        utilisation([-1.0], [1.0], per_unit=1)
