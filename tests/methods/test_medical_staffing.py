"""Staff of a medical community: trial of all postings, whole persons, pools, unknown staff, bad input."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.medical import Driver, pool_of, post_staff, staff_needed
from tongqu.methods.reach import times_from_matrix

seeds = st.integers(0, 100_000)


def case(seed: int, sites: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    minutes = rng.integers(1, 60, (sites, sites)).astype(float)
    minutes[rng.random(minutes.shape) < 0.15] = np.inf
    have = rng.integers(0, 4, sites).astype(float)
    have[rng.random(sites) < 0.1] = np.nan
    return {
        "have": have,
        "need": np.round(rng.random(sites) * 4, 2),
        "minutes": minutes,
        "community": rng.integers(-1, 2, sites),
        "limit": 50.0,
    }


def trial(task: dict[str, Any]) -> tuple[float, float]:
    """Most persons that can be posted, and the least person-minutes for so many."""
    gap = task["have"] - np.ceil(task["need"])
    group = task["community"]
    ways = [
        (start, end, task["minutes"][start, end])
        for start, end in product(range(len(gap)), repeat=2)
        if gap[start] > 0
        and gap[end] < 0
        and group[start] == group[end] >= 0
        and task["minutes"][start, end] <= task["limit"]
    ]
    best = (0.0, 0.0)
    tops = [range(int(min(gap[start], -gap[end])) + 1) for start, end, _ in ways]
    for many in product(*tops):
        out, into = np.zeros(len(gap)), np.zeros(len(gap))
        for (start, end, _), persons in zip(ways, many, strict=True):
            out[start] += persons
            into[end] += persons
        known = ~np.isnan(gap)
        if (out[known] > np.maximum(gap, 0)[known]).any() or (into[known] > np.maximum(-gap, 0)[known]).any():
            continue
        cost = sum(persons * way[2] for way, persons in zip(ways, many, strict=True))
        best = max(best, (float(sum(many)), -float(cost)))
    return best[0], -best[1]


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_no_posting_is_better(seed: int) -> None:
    task = case(seed)
    found = post_staff(
        task["have"],
        task["need"],
        times=times_from_matrix(task["minutes"]),
        community=task["community"],
        limit=task["limit"],
    )
    most, least = trial(task)
    assert found.persons.sum() == most
    assert found.person_minutes == pytest.approx(least)
    assert (found.persons == found.persons.round()).all()
    assert (np.isnan(found.unfilled) == np.isnan(task["have"])).all()
    group = task["community"]
    assert (group[found.start] == group[found.end]).all()


@given(seeds)
def test_the_pool_adds_up(seed: int) -> None:
    task = case(seed, sites=9)
    found = pool_of(task["have"], task["need"], community=task["community"], communities=2)
    assert (found.have - found.need).tolist() == pytest.approx((found.spare - found.short).tolist())
    assert (found.need_pooled <= found.need).all()
    assert (found.lacking <= found.short).all()
    unknown = np.isnan(task["have"]) & (task["community"] >= 0)
    assert found.unknown.sum() == unknown.sum()
    assert found.sites.sum() == (task["community"] >= 0).sum()
    far = times_from_matrix(np.ones((9, 9)))
    posted = post_staff(task["have"], task["need"], times=far, community=task["community"])
    # With every way open, a posting fills all that the pool holds.
    left = np.bincount(
        task["community"] + 1, np.nan_to_num(posted.unfilled), minlength=3
    )[1:]  # fmt: skip
    assert left.tolist() == pytest.approx(found.lacking.tolist())


def test_the_greatest_norm_counts() -> None:
    beds, people = Driver([100, 10], 2.5), Driver([20_000, 20_000], 1000)
    assert staff_needed([beds, people]).tolist() == [40.0, 20.0]
    assert staff_needed([people], least=[0, 25]).tolist() == [20.0, 25.0]
    assert np.isnan(staff_needed([Driver([np.nan], 1.0), Driver([5.0], 1.0)])).all()


def test_noise_does_not_hire() -> None:
    third = 0.1 + 0.2  # a digit above 0.3
    need = staff_needed([Driver([third * 10], 1.0)])
    assert pool_of([3], need, community=[0], communities=1).short.tolist() == [0.0]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: staff_needed([]), "there is none"),
        (lambda: staff_needed([Driver([1.0], 0.0)]), "it is 0"),
        (lambda: staff_needed([Driver([-1.0], 1.0)]), "missing or outside"),
        (lambda: staff_needed([Driver([1.0], 1.0), Driver([1.0, 2.0], 1.0)]), "shapes do not fit"),
        (lambda: staff_needed([Driver([1.0], 1.0)], least=[1, 2]), "shapes do not fit"),
        (lambda: pool_of([1.0], [1.0, 2.0], community=[0], communities=1), "shapes do not fit"),
        (lambda: pool_of([1.0], [1.0], community=[1], communities=1), "outside -1..0"),
        (lambda: pool_of([-1.0], [1.0], community=[0], communities=1), "missing or outside"),
        (
            lambda: post_staff([1.0], [1.0], times=times_from_matrix(np.ones((2, 2))), community=[0]),
            "every site to every site",
        ),
    ],
)
def test_bad_input_is_named(call: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        call()
