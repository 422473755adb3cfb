from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.modes import Mode, directed_network, mode_minutes
from tongqu.methods.travel import minutes_matrix

LINKS = st.lists(
    st.tuples(
        st.floats(0.01, 50),
        st.floats(0.01, 90),
        st.integers(1, 6),
        st.sampled_from([np.nan, 3.0, 10.0, 49.0]),
    ),
    min_size=1,
    max_size=8,
)


@given(LINKS)
def test_a_heavier_slower_mode_is_never_faster(rows: list[tuple[float, float, int, float]]) -> None:
    km, minutes, rank, weight = (np.array(column) for column in zip(*rows, strict=True))
    ask = {"km": km, "minutes": minutes, "rank": rank, "max_weight_t": weight}
    car = mode_minutes(Mode(name="car", moves="car", top_kmh=120), **ask)
    van = mode_minutes(Mode(name="van", moves="freight", top_kmh=90, time_factor=1.1, weight_t=4.5), **ask)
    truck = mode_minutes(
        Mode(name="truck", moves="freight", top_kmh=80, time_factor=1.2, weight_t=31, lowest_rank=5), **ask
    )
    assert (car <= van).all()
    assert (van <= truck).all()
    assert (np.isinf(van) == (weight < 4.5)).all()
    assert (np.isinf(truck) == ((weight < 31) | (rank == 6))).all()
    assert (car[np.isfinite(car)] >= (km / 120 * 60)[np.isfinite(car)] - 1e-9).all()


def test_no_access_closes_a_link_and_a_low_bridge_too() -> None:
    bus = Mode(name="bus", moves="car", height_m=3.2)
    found = mode_minutes(
        bus, km=[1, 1, 1], minutes=[2, 2, 2], allowed=[True, False, True], max_height_m=[4, 4, 3]
    )
    assert found.tolist() == [2, np.inf, np.inf]


@given(st.integers(2, 6), st.data())
def test_directed_links_keep_their_direction(size: int, data: st.DataObject) -> None:
    times = st.one_of(st.integers(0, 40).map(float), st.just(np.inf))
    count = data.draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    start, end = (np.array([data.draw(node) for _ in range(count)]) for _ in range(2))
    onward, back = (np.array([data.draw(times) for _ in range(count)]) for _ in range(2))
    network = directed_network(np.arange(size), start=start, end=end, onward=onward, back=back)
    whole = np.full((size, size), np.inf)
    np.fill_diagonal(whole, 0)
    np.minimum.at(whole, (start, end), onward)
    np.minimum.at(whole, (end, start), back)
    for k in range(size):
        whole = np.minimum(whole, whole[:, [k]] + whole[k])
    every = np.arange(size)
    np.testing.assert_array_equal(minutes_matrix(network, origins=every, targets=every), whole)


def test_malformed_links() -> None:
    mode = Mode(name="car", moves="car")
    with pytest.raises(DataError, match="lengths differ"):
        mode_minutes(mode, km=[1, 2], minutes=[1])
    with pytest.raises(DataError, match="outside"):
        mode_minutes(mode, km=[-1], minutes=[1])
    with pytest.raises(DataError, match="lengths differ"):
        directed_network([1, 2], start=[1], end=[2], onward=[1], back=[1, 2])
    with pytest.raises(DataError, match="lengths differ"):
        mode_minutes(mode, km=[1, 2], minutes=[1, 2], rank=[1, 2, 3])
