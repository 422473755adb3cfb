"""Dagum's Gini: published parts, and the definition with people one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.inequality import dagum, gini

DATA = Path(__file__).parent / "published"
rows = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 4), st.sampled_from("abc")), min_size=1, max_size=12
)


def test_parts_as_published() -> None:
    """Regions of Mexico after Hanson (1998), as the PySAL package inequality prints them."""
    states = pd.read_csv(DATA / "mexico_income.csv")
    found = dagum(states["pcgdp1940"], groups=states["hanson98"])
    parts = (found.total, found.within, found.between, found.overlap)
    assert parts == pytest.approx((0.35372371, 0.05970572, 0.14066086, 0.15335713), abs=5e-9)
    assert found.groups == (1, 2, 3, 4, 5)


@given(rows)
def test_parts_by_definition(table: list[tuple[int, int, str]]) -> None:
    level = np.array([row[0] for row in table], dtype=float)
    people = np.array([row[1] for row in table])
    group = np.array([row[2] for row in table])
    if people.sum() == 0:
        with pytest.raises(DataError, match="nobody"):
            dagum(level, people, groups=group)
        return
    found = dagum(level, people, groups=group)
    each, of = np.repeat(level, people), np.repeat(group, people)
    names = sorted(set(of))
    assert found.groups == tuple(names)
    if each.sum() == 0:
        assert np.isnan([found.total, found.within, found.between, found.overlap]).all()
        return
    within = between = overlap = 0.0
    for row, one in enumerate(names):
        for column, other in enumerate(names):
            a, b = each[of == one], each[of == other]
            apart = a[:, np.newaxis] - b
            both = a.mean() + b.mean()
            if both == 0:
                assert np.isnan(found.pairs[row, column])
                continue
            pair = np.abs(apart).mean() / both
            assert found.pairs[row, column] == pytest.approx(pair, abs=1e-12)
            part = a.size * b.sum() / (each.size * each.sum())
            if one == other:
                within += pair * part
                continue
            # Gross affluence and transvariation, seen from the group with the higher mean.
            rich = apart if a.mean() >= b.mean() else -apart
            gross, across = np.maximum(rich, 0).mean(), np.maximum(-rich, 0).mean()
            share = (gross - across) / (gross + across) if gross + across else 0.0
            if gross + across:
                assert found.distance[row, column] == pytest.approx(share, abs=1e-12)
            between += pair * part * share
            overlap += pair * part * (1 - share)
    got = (found.within, found.between, found.overlap)
    assert got == pytest.approx((within, between, overlap), abs=1e-12)
    assert found.total == pytest.approx(gini(level, people), abs=1e-12)
    assert sum(got) == pytest.approx(found.total, abs=1e-15)


@given(rows, st.floats(0.01, 1000))
def test_units_order_and_splitting_do_not_matter(table: list[tuple[int, int, str]], factor: float) -> None:
    level = np.array([row[0] + 1 for row in table], dtype=float)
    people = np.array([row[1] + 1 for row in table], dtype=float)
    group = np.array([row[2] for row in table])
    plain = dagum(level, people, groups=group)
    order = np.argsort(-level, kind="stable")
    mixed = dagum(level[order] * factor, people[order] * factor, groups=group[order])
    halves = dagum(np.tile(level, 2), np.tile(people, 2) / 2, groups=np.tile(group, 2))
    for other in (mixed, halves):
        parts = (other.total, other.within, other.between, other.overlap)
        assert parts == pytest.approx((plain.total, plain.within, plain.between, plain.overlap), abs=1e-12)


def test_groups_that_do_not_overlap_and_one_group() -> None:
    found = dagum([1, 2, 8, 9], groups=["poor", "poor", "rich", "rich"])
    assert found.overlap == pytest.approx(0, abs=1e-15)
    assert found.distance[0, 1] == 1
    alone = dagum([1, 2, 8, 9], groups=["all"] * 4)
    assert alone.within == pytest.approx(gini([1, 2, 8, 9]))
    assert (alone.between, alone.overlap) == pytest.approx((0, 0), abs=1e-15)


def test_malformed() -> None:
    with pytest.raises(DataError, match="lengths differ"):
        dagum([1, 2], groups=["a"])
    with pytest.raises(DataError, match="outside"):
        dagum([1, -2], groups=["a", "b"])
    with pytest.raises(DataError, match="outside"):
        dagum([1, np.inf], groups=["a", "b"])
