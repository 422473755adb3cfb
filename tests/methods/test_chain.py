"""Value chains: identities on random chains, a hand case, exact derivatives, pieces by brute force."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tongqu.base import DataError
from tongqu.methods.chain import (
    KINDS,
    PROCESSING,
    Chain,
    Investment,
    Parameters,
    adoption,
    adoption_steps,
    capacity_returns,
    evaluate,
    flows,
    make_chain,
    pieces,
    returns,
    sensitivities,
    spread_returns,
    taken,
)


def random_chain(seed: int) -> Chain:
    """A random chain: each stage is fed by some earlier ones; shares of a stage add up to at most 1."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 8))
    names = [f"s{row}" for row in range(count)]
    links = [
        (names[start], names[end])
        for end in range(1, count)
        for start in rng.choice(end, size=int(rng.integers(1, end + 1)), replace=False)
    ]
    share = np.zeros(len(links))
    for name in names:
        mine = [row for row, (start, _) in enumerate(links) if start == name]
        share[mine] = rng.dirichlet(np.ones(len(mine) + 1))[:-1]
    order = rng.permutation(count)
    shuffled = rng.permutation(len(links))
    per_stage = {
        "loss": rng.uniform(0, 0.5, count),
        "yield_": rng.uniform(0.1, 2, count),
        "price": rng.uniform(0, 9000, count),
        "bought": rng.uniform(0, 0.6, count),
        "jobs": rng.uniform(0, 50, count),
        "wage": rng.uniform(0, 9e4, count),
        "land": rng.uniform(0, 4, count),
    }
    kinds = ["growing", *rng.choice(KINDS[1:], size=count - 1)] if count > 1 else ["growing"]
    actors = rng.choice(["farmer", "processor", "trader", "other"], size=count)
    return make_chain(
        [names[row] for row in order],
        [links[row] for row in shuffled],
        kinds=[str(kinds[row]) for row in order],  # type: ignore[misc]
        actors=[str(actors[row]) for row in order],  # type: ignore[misc]
        share=share[shuffled],
        **{name: values[order] for name, values in per_stage.items()},
    )


@given(st.integers(0, 10**9), st.floats(0, 1e6))
def test_every_tonne_and_every_yuan_is_accounted_for(seed: int, harvest: float) -> None:
    chain = random_chain(seed)
    found = evaluate(chain, harvest)
    close = {"rtol": 1e-9, "atol": 1e-9 * (1 + harvest)}
    np.testing.assert_allclose(found.received, found.lost + found.used, **close)
    left = 1 - chain.parameters.loss
    used_below, lost_below = np.zeros_like(found.output), np.zeros_like(found.output)
    np.add.at(used_below, chain.start, found.link * left[chain.end])
    np.add.at(lost_below, chain.start, found.link * (1 - left[chain.end]))
    np.testing.assert_allclose(found.output, used_below + lost_below + found.sold, **close)
    assert (found.sold >= 0).all()
    np.testing.assert_allclose(found.added.sum(), found.sales.sum() - found.bought.sum(), **close)
    np.testing.assert_allclose(sum(found.earned(chain).values()), found.added.sum(), **close)
    if found.sales.sum() > 0:
        assert found.length >= 1 - 1e-12
        assert found.length <= len(chain.stages) + 1e-12


@given(st.integers(0, 10**9))
def test_production_length_is_fally_s(seed: int) -> None:
    chain = random_chain(seed)
    found = evaluate(chain, 50.0)
    if found.sales.sum() <= 0:
        return
    stages = np.ones(len(chain.stages))
    for stage in range(1, len(chain.stages)):
        for row in np.flatnonzero(chain.end == stage):
            start = chain.start[row]
            if found.value[stage] > 0:
                cost = found.link[row] * chain.parameters.price[start] / 1e4
                stages[stage] += cost / found.value[stage] * stages[start]
    dead = (found.value <= 0) & (found.purchases > 0)
    if not dead.any():
        mean = (found.sales * stages).sum() / found.sales.sum()
        np.testing.assert_allclose(found.production_length, mean, rtol=1e-9)


@given(st.integers(0, 10**9))
def test_the_length_is_that_of_every_way_written_out(seed: int) -> None:
    chain = random_chain(seed)
    found = evaluate(chain, 20.0)
    if found.sales.sum() <= 0:
        return
    # (stage, tonnes received by this way, stages passed)
    ways, above, below = [(0, 20.0, 1)], 0.0, 0.0
    while ways:
        stage, tonnes, passed = ways.pop()
        given_ = chain.parameters
        out = tonnes * (1 - given_.loss[stage]) * given_.yield_[stage]
        rest = 1.0
        for row in np.flatnonzero(chain.start == stage):
            rest -= given_.share[row]
            ways.append((int(chain.end[row]), out * given_.share[row], passed + 1))
        above += max(rest, 0.0) * out * given_.price[stage] * passed
        below += max(rest, 0.0) * out * given_.price[stage]
    np.testing.assert_allclose(found.length, above / below, rtol=1e-7)


def oil() -> Chain:
    """Seed, oil, brand; half of the seed is sold, a quarter of the oil."""
    return make_chain(
        ["seed", "oil", "brand"],
        [("seed", "oil"), ("oil", "brand")],
        kinds=["growing", "processing", "brand"],
        actors=["farmer", "processor", "trader"],
        share=[0.5, 0.75],
        loss=[0.1, 0.2, 0.0],
        yield_=[1.0, 0.25, 1.0],
        price=[10_000, 60_000, 100_000],
        bought=[0.2, 0.1, 0.3],
        jobs=[100, 10, 20],
        wage=[30_000, 60_000, 50_000],
        land=[0, 2, 1],
    )


def test_by_hand() -> None:
    found = evaluate(oil(), 1000)
    np.testing.assert_allclose(found.received, [1000, 450, 67.5])
    np.testing.assert_allclose(found.lost, [100, 90, 0])
    np.testing.assert_allclose(found.output, [900, 90, 67.5])
    np.testing.assert_allclose(found.sold, [450, 22.5, 67.5])
    np.testing.assert_allclose(found.value, [900, 540, 675])
    np.testing.assert_allclose(found.purchases, [0, 450, 405])
    np.testing.assert_allclose(found.added, [720, 36, 67.5])
    np.testing.assert_allclose(found.jobs, [100, 4.5, 1.35])
    np.testing.assert_allclose(found.wages, [300, 27, 6.75])
    np.testing.assert_allclose(found.land, [0, 0.9, 0.0675])
    np.testing.assert_allclose(found.processing_ratio, 540 / 900)
    np.testing.assert_allclose(found.length, (450 + 2 * 135 + 3 * 675) / 1260)
    np.testing.assert_allclose(found.production_length, 2115 / 1260)
    np.testing.assert_allclose(found.per_mu(2000), 823.5 * 1e4 / 2000)
    np.testing.assert_allclose(found.per_worker(), 823.5 * 1e4 / 105.85)
    assert {name: float(value) for name, value in found.earned(oil()).items()} == pytest.approx(
        {"farmer": 720, "processor": 36, "trader": 67.5, "other": 0}
    )


def test_leading_axes_give_what_each_case_gives_alone() -> None:
    chain, rng = random_chain(7), np.random.default_rng(3)
    harvest = rng.uniform(1, 100, (4, 3))
    price = chain.parameters.price * rng.uniform(0.5, 1.5, (4, 1, len(chain.stages)))
    many = evaluate(chain, harvest, parameters=chain.parameters.changed(price=price))
    for future, place in np.ndindex(4, 3):
        alone = chain.parameters.changed(price=price[future, 0])
        one = evaluate(chain, harvest[future, place], parameters=alone)
        np.testing.assert_allclose(many.added[future, place], one.added)
        np.testing.assert_allclose(many.length[future, place], one.length)


def test_flows_keep_tonnes_and_money() -> None:
    chain = random_chain(11)
    found = evaluate(chain, 500.0)
    table = flows(chain, found)
    out = table[table["kind"].isin(["use", "sale"])].groupby("origin")["tonnes"].sum()
    lost = np.zeros(len(chain.stages))
    np.add.at(lost, chain.start, found.link * chain.parameters.loss[chain.end])
    expected = dict(zip(chain.stages, found.output - lost, strict=True))
    assert {name: out.get(name, 0.0) for name in chain.stages} == pytest.approx(expected)
    money = (
        table[table["kind"] == "added"]["value_wan"].sum()
        + table[table["kind"] == "bought"]["value_wan"].sum()
    )
    assert money == pytest.approx(table.loc[table["kind"] == "sale", "value_wan"].sum())
    inward = table[table["kind"].isin(["use", "bought"])].groupby("target")["value_wan"].sum()
    losses = table[table["kind"] == "loss"].groupby("origin")["value_wan"].sum()
    for row, name in enumerate(chain.stages):
        spent = inward.get(name, 0.0) + losses.get(name, 0.0)
        assert spent == pytest.approx(found.purchases[row] + found.bought[row])
    with pytest.raises(DataError, match="leading axes"):
        flows(chain, evaluate(chain, [1.0, 2.0]))


@settings(max_examples=25)
@given(st.integers(0, 10**9))
def test_sensitivities_are_derivatives(seed: int) -> None:
    chain = random_chain(seed)
    table = sensitivities(chain, 30.0).set_index(["parameter", "stage", "outcome"])["elasticity"]
    base = evaluate(chain, 30.0)
    if abs(base.added.sum()) < 1e-6:
        return
    for name in ("price", "loss", "yield_"):
        for row, stage in enumerate(chain.stages):
            value = getattr(chain.parameters, name)
            if value[row] == 0:
                continue
            changed = value.copy()
            changed[row] *= 0.5
            low = evaluate(chain, 30.0, parameters=chain.parameters.changed(**{name: changed}))
            # Value added is of first degree in each parameter, so that half of it is no worse a step.
            exact = (base.added.sum() - low.added.sum()) / 0.5 / base.added.sum()
            assert table[name, stage, "value_added"] == pytest.approx(exact, rel=1e-6, abs=1e-7)


def test_prices_move_processing_in_proportion() -> None:
    table = sensitivities(oil(), 100.0).set_index(["parameter", "stage", "outcome"])["elasticity"]
    assert table["price", "oil", "processing_ratio"] == pytest.approx(1.0)
    assert table["price", "seed", "processing_ratio"] == pytest.approx(-1.0, abs=1e-5)
    assert table["share", "seed>oil", "processing_ratio"] == pytest.approx(1.0)


def test_returns_are_differences_and_ranked() -> None:
    dry = Investment(name="dry", wan=5.0, changes={("loss", "seed"): -0.05})
    mill = Investment(name="mill", wan=1.0, changes={("share", "seed>oil"): 0.1})
    plant = Investment(name="plant", wan=50.0, changes={}, harvest=0.1)
    table = returns(oil(), 1000, investments=[mill, plant, dry])
    base = evaluate(oil(), 1000).added.sum()
    assert table["per_yuan"].is_monotonic_decreasing
    rows = table.set_index("investment")
    assert rows.loc["plant", "added_wan"] == pytest.approx(0.1 * base)
    assert rows.loc["dry", "added_wan"] == pytest.approx(0.05 / 0.9 * base)
    share = np.array([0.6, 0.75])
    after = evaluate(oil(), 1000, parameters=oil().parameters.changed(share=share)).added.sum()
    assert rows.loc["mill", "added_wan"] == pytest.approx(after - base)
    for bad in (
        Investment(name="free", wan=0.0, changes={}),
        Investment(name="lost", wan=1.0, changes={("loss", "sed"): 0.1}),
        Investment(name="too far", wan=1.0, changes={("loss", "seed"): -0.5}),
        Investment(name="all", wan=1.0, changes={("share", "oil>brand"): 0.5}),
    ):
        with pytest.raises(DataError):
            returns(oil(), 1000, investments=[bad])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"links": [("a", "b"), ("b", "c"), ("c", "b")], "share": [0.5, 0.5, 0.5]}, "circle"),
        ({"links": [("a", "b")], "share": [0.5]}, "no input"),
        ({"links": [("a", "b"), ("a", "c")], "share": [0.7, 0.6]}, "add up to more than 1"),
        ({"links": [("a", "b"), ("a", "d")], "share": [0.1, 0.1]}, "not a stage"),
        ({"links": [("a", "b"), ("b", "c"), ("b", "a")], "share": [0.1, 0.1, 0.1]}, "receives goods"),
        ({"links": [("a", "b"), ("a", "b"), ("b", "c")], "share": [0.1, 0.1, 0.1]}, "comes twice"),
        ({"kinds": ["growing", "growing", "brand"]}, "stages grow"),
        ({"kinds": ["growing", "juicing", "brand"]}, "unknown"),
        ({"price": [1, -2, 3]}, "outside"),
        ({"loss": [0, 1.2, 0]}, "outside"),
        ({"yield_": [1, np.nan, 1]}, "missing"),
        ({"share": [0.5]}, "values for"),
    ],
)
def test_what_is_no_chain_is_named(changes: dict[str, object], words: str) -> None:
    content: dict[str, object] = {
        "links": [("a", "b"), ("b", "c")],
        "kinds": ["growing", "processing", "brand"],
        "actors": ["farmer", "processor", "trader"],
        "share": [0.5, 0.5],
        "loss": 0.0,
        "yield_": 1.0,
        "price": 1.0,
    } | changes
    links = content.pop("links")
    with pytest.raises(DataError, match=words):
        make_chain(["a", "b", "c"], links, **content)  # type: ignore[arg-type]


def test_parameters_with_leading_axes_are_checked_too() -> None:
    share = np.stack([oil().parameters.share, [0.5, 1.2]])
    with pytest.raises(DataError, match="share"):
        evaluate(oil(), 1.0, parameters=oil().parameters.changed(share=share))
    assert {field.name for field in fields(Parameters)} >= {"share", "land"}
    assert set(PROCESSING) <= set(KINDS)


supplies = st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 9)), min_size=1, max_size=5)


@given(supplies, st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_pieces_are_what_a_linear_program_gives(lots: list[tuple[int, int]], sizes: list[int]) -> None:
    amounts, values = np.array(lots, dtype=float).T
    curve = capacity_returns(amounts, values)
    gained = pieces(curve, sizes)
    total = 0.0
    for number in range(len(sizes)):
        capacity = sum(sizes[: number + 1])
        best = linprog(
            -values, A_ub=[np.ones(len(values))], b_ub=[capacity], bounds=[(0, a) for a in amounts]
        )
        total += gained[number]
        assert total == pytest.approx(-best.fun, abs=1e-9)
    drawn = taken(curve, sizes, supplies=len(amounts))
    np.testing.assert_allclose(drawn @ values, gained, atol=1e-9)
    assert (drawn.sum(axis=0) <= amounts + 1e-9).all()
    np.testing.assert_allclose(drawn.sum(axis=1).sum(), curve.used(sum(sizes)), atol=1e-9)


@given(supplies, st.integers(1, 6), st.integers(1, 4))
def test_no_choice_of_pieces_is_promised_more_than_it_brings(
    lots: list[tuple[int, int]], size: int, count: int
) -> None:
    amounts, values = np.array(lots, dtype=float).T
    curve = capacity_returns(amounts, values)
    gained = pieces(curve, [size] * count)
    assert (np.diff(gained) <= 1e-9).all()
    for number in range(count + 1):
        for some in combinations(range(count), number):
            brings = float(curve.at(size * number))
            assert gained[list(some)].sum() <= brings + 1e-9
    for order in permutations(range(len(amounts))):
        mixed = capacity_returns(amounts[list(order)], values[list(order)])
        np.testing.assert_allclose(pieces(mixed, [size] * count), gained)


def test_spread_returns_keep_the_whole() -> None:
    curve = spread_returns(60.0, 5.0, spread=0.4)
    third = pieces(curve, [20, 20, 20])
    assert third.sum() == pytest.approx(300)
    assert third[0] > third[1] > third[2] > 0
    np.testing.assert_allclose(pieces(spread_returns(60.0, 5.0, spread=0.0), [20, 20, 20]), 100)
    with pytest.raises(DataError):
        spread_returns(60.0, 5.0, spread=1.5)


@given(st.floats(0.5, 20), st.floats(0.5, 20), st.integers(1, 30))
def test_adoption_starts_at_nothing_and_rises_to_all(half: float, slow: float, count: int) -> None:
    curve = adoption(np.arange(200), half=half, to_nine_tenths=slow)
    assert curve[0] == 0
    assert (np.diff(curve) >= -1e-12).all()
    assert (curve <= 1).all()
    assert (adoption([-3.0, -1.0], half=half) == 0).all()
    steps = adoption_steps(count, half=half, to_nine_tenths=slow)
    assert steps.sum() == pytest.approx(1)
    assert (steps >= -1e-12).all()


def test_adoption_of_griliches() -> None:
    # Far from the start the curve is the logistic: ln(F/(1-F)) rises by ln 9 from the half to nine tenths.
    slow = adoption([50.0, 55.0], half=50, to_nine_tenths=5)
    assert slow[0] == pytest.approx(0.5, abs=1e-6)
    assert slow[1] == pytest.approx(0.9, abs=1e-6)
    with pytest.raises(DataError):
        adoption([1.0], half=0)


def test_sensitivities_of_length_where_a_stage_sends_on_everything() -> None:
    """The share cannot rise; the derivative is that of its lower side, not half of it."""
    chain = make_chain(
        ["field", "mill"],
        [("field", "mill")],
        kinds=["growing", "processing"],
        actors=["farmer", "processor"],
        share=[1.0],
        loss=[0.0, 0.1],
        yield_=[1.0, 0.25],
        price=[1000, 8000],
    )
    table = sensitivities(chain, 10, parameters=["share"]).set_index("outcome")["elasticity"]
    step = 1e-6
    less = evaluate(chain, 10, parameters=chain.parameters.changed(share=np.array([1 - step])))
    base = evaluate(chain, 10)
    for name, low, centre in (
        ("length", less.length, base.length),
        ("value_added", less.added.sum(), base.added.sum()),
        ("processing_ratio", less.processing_ratio, base.processing_ratio),
    ):
        assert table[name] == pytest.approx(float((centre - low) / step / centre), rel=1e-4), name
