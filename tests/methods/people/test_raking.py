"""Shares of a part fitted to its total: raking of a table of two rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.people import rake_shares

FEW = st.floats(0.0, 1e4).map(lambda people: 0.0 if people < 1e-3 else people)


@st.composite
def towns_and_country(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of each age that live in towns, people by age, and the urban share, of some counties."""
    counties, ages = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    shares = draw(arrays(np.float64, (counties, ages), elements=st.floats(0, 1).map(lambda x: round(x, 3))))
    people = draw(arrays(np.float64, (counties, ages), elements=FEW))
    return shares, people, draw(arrays(np.float64, counties, elements=st.floats(0.01, 0.99)))


@given(towns_and_country())
def test_raking_keeps_the_people_of_each_age_and_the_total(drawn):
    shares, people, share = drawn
    total = people.sum(axis=1)
    found = rake_shares(shares, people=people, total=share * total)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[shares == 0] == 0).all()
    assert (found[shares == 1] == 1).all()
    mixed = (shares > 0) & (shares < 1)
    fixed, free = (people * (shares == 1)).sum(axis=1), (people * mixed).sum(axis=1)
    wanted = np.clip(share * total, fixed, fixed + free)
    assert (people * found).sum(axis=1) == pytest.approx(wanted, rel=1e-9, abs=1e-9 * max(1.0, total.max()))


def test_raking_is_iterative_proportional_fitting():
    rng = np.random.default_rng(4)
    seed = rng.uniform(1, 100, size=(2, 18))
    people, share = rng.uniform(10, 1000, size=18), 0.7
    table = seed.copy()
    for _ in range(2000):
        table *= people / table.sum(axis=0)
        table *= (np.array([share, 1 - share]) * people.sum() / table.sum(axis=1))[:, None]
    found = rake_shares(seed[0] / seed.sum(axis=0), people=people, total=share * people.sum())
    assert found * people == pytest.approx(table[0], rel=1e-9)


@pytest.mark.parametrize(
    ("shares", "people", "total"),
    [
        ([1.2], [1.0], 1.0),
        ([0.5], [-1.0], 1.0),
        ([0.5], [1.0], -1.0),
        ([0.5, 0.5], [1.0], 1.0),
        ([0.5], [1.0], [1.0]),
    ],
)
def test_what_cannot_be_raked_is_refused(shares, people, total):
    with pytest.raises(DataError):
        rake_shares(shares, people=people, total=total)
