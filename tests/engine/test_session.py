"""Searches that stop, start, resume and are re-solved; blocks of programs that fall apart."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tongqu.engine.lp import Program, ProgramInfeasibleError, ProgramStoppedError, Stop, Terms
from tongqu.engine.lp.blocks import ByBlocks


def knapsacks(
    size: int, *, rows: int = 5, seed: int = 1, rhs: np.ndarray | None = None
) -> tuple[Program, np.ndarray, np.ndarray]:
    """A program with several budgets; its variables and what each is worth."""
    rng = np.random.default_rng(seed)
    program = Program()
    x = program.variables("x", size, binary=True)
    weight = rng.integers(1, 60, (rows, size)).astype(float)
    row, item = np.nonzero(weight)
    right = weight.sum(axis=1) / 3 if rhs is None else rhs
    program.rows("budget", Terms.of(row, x[item], weight[row, item]), sense="<=", rhs=right)
    worth = rng.integers(1, 60, size).astype(float)
    program.maximise(x, worth)
    return program, x, worth


def test_stop_keeps_the_best_and_a_valid_bound():
    program, _, _ = knapsacks(60, rows=25)
    stop, seen = Stop(), []

    def once(report):
        seen.append(report)
        stop.now()

    found = program.solve(gap=1e-9, seconds=60, stop=stop, progress=once)
    assert found.status == "stopped"
    assert found.gap > 0
    assert found.bound >= program.search(program.relaxed(), gap=5.0).objective
    assert seen


def test_stop_from_another_thread():
    program, _, _ = knapsacks(90, rows=40)
    stop = Stop()
    timer = threading.Timer(0.3, stop.now)
    timer.start()
    found = program.solve(gap=1e-9, seconds=60, stop=stop)
    timer.join()
    assert found.status in ("stopped", "optimal")
    assert found.objective <= found.bound + 1e-9


def test_stop_before_anything_was_found():
    program, _, _ = knapsacks(30)
    stop = Stop()
    stop.now()
    with pytest.raises(ProgramStoppedError):
        program.session().relax(stop=stop)
    stop.clear()
    assert program.session().relax(stop=stop).objective > 0


def test_a_start_of_some_variables_is_completed():
    program, x, worth = knapsacks(40)
    best = program.solve(gap=1e-6)
    half = np.arange(20)
    start = (x[half], best.values[half])
    assert program.solve(gap=1e-6, start=start).objective == pytest.approx(best.objective)
    relaxed = program.relaxed()
    assert program.search(relaxed, gap=1e-6, start=start).objective == pytest.approx(best.objective)
    # At a gap that everything proves, the start itself comes back.
    loose = program.search(relaxed, gap=worth.sum(), start=best.values)
    assert loose.objective == pytest.approx(best.objective)


def test_a_start_that_keeps_no_row_does_no_harm():
    program, x, _ = knapsacks(30)
    best = program.solve(gap=1e-6)
    found = program.search(program.relaxed(), gap=1e-6, start=(x, np.ones(len(x))))
    assert found.objective == pytest.approx(best.objective)


@pytest.mark.parametrize("seed", range(4))
def test_every_answer_of_a_session_is_that_of_a_new_program(seed):
    rng = np.random.default_rng(seed)
    program, x, _ = knapsacks(25, rows=4, seed=seed)
    session = program.session(seed=seed)
    session.search(gap=1e-6)
    for _ in range(3):
        session.reset()
        fixed = rng.choice(len(x), 2, replace=False)
        at = rng.integers(0, 2, 2).astype(float)
        rhs = rng.integers(150, 400, 4).astype(float)
        session.bounds(x[fixed], at, at)
        session.rhs("budget", rhs)
        other, y, _ = knapsacks(25, rows=4, seed=seed, rhs=rhs)
        for number, value in zip(fixed, at, strict=True):
            other.rows(f"fixed {number}", Terms.of([0], y[[number]], 1.0), sense="=", rhs=[value])
        found = session.search(gap=1e-6)
        assert found.status == "optimal"
        assert found.objective == pytest.approx(other.solve(gap=1e-6).objective)
        assert found.objective - 1e-6 <= found.bound <= session.relax().objective + 1e-3
    session.reset()
    assert session.search(gap=1e-6).objective == pytest.approx(program.solve(gap=1e-6).objective)


def test_another_objective_and_back():
    program, x, worth = knapsacks(25)
    session = program.session()
    first = session.search(gap=1e-6).objective
    session.weights(x, np.ones(len(x)))
    count = session.search(gap=1e-6)
    assert count.objective == pytest.approx(count.values.sum())
    assert count.values @ worth <= first + 1e-6
    session.weights(x, worth)
    assert session.search(gap=1e-6).objective == pytest.approx(first)


def test_an_infeasible_change_is_said_and_undone():
    program, x, _ = knapsacks(20)
    session = program.session()
    first = session.search(gap=1e-6).objective
    session.bounds(x, 1.0, 1.0)
    with pytest.raises(ProgramInfeasibleError):
        session.search(gap=1e-6)
    session.reset()
    assert session.search(gap=1e-6).objective == pytest.approx(first)


def test_a_search_goes_on_where_it_stopped():
    program, _, _ = knapsacks(50, rows=15)
    session = program.session()
    loose = session.search(gap=20.0)
    close = session.search(gap=1e-6)
    assert close.bound <= loose.bound
    assert close.objective >= loose.objective
    assert close.objective == pytest.approx(program.solve(gap=1e-6).objective)


def apart(count: int, *, seed: int) -> tuple[Program, np.ndarray]:
    """Counties that share only a pool."""
    rng = np.random.default_rng(seed)
    program = Program()
    numbers, worth, pooled = [], [], []
    for county in range(count):
        x = program.variables(f"x{county}", 8, binary=True)
        weight = rng.integers(2, 30, 8).astype(float)
        own = Terms.of(np.zeros(8), x, weight)
        program.rows(f"own {county}", own, sense="<=", rhs=[weight.sum() * 0.7])
        numbers.append(x)
        worth.append(rng.integers(1, 40, 8).astype(float))
        pooled.append(weight)
    together, total = np.concatenate(numbers), np.concatenate(pooled)
    program.rows(
        "pool", Terms.of(np.zeros(len(together)), together, total), sense="<=", rhs=[total.sum() * 0.4]
    )
    program.maximise(together, np.concatenate(worth))
    return program, together


@pytest.mark.parametrize("seed", range(3))
def test_blocks_bound_and_answer(seed):
    program, _ = apart(3, seed=seed)
    numbers, found = program.arrays(), program.blocks(coupling=["pool"])
    assert len(found.blocks) == 3
    assert sorted(np.concatenate([block.variables for block in found.blocks])) == list(range(24))
    best, relaxed = program.solve(gap=1e-6), program.relaxed()
    by_blocks = ByBlocks(numbers, found.of_size(numbers), 1e-6, np.inf)
    for price in (0.0, 0.5, float(relaxed.duals["pool"][0]), 3.0):
        assert by_blocks.bound(np.array([price])) >= best.objective - 1e-6
    assert by_blocks.bound(relaxed.duals["pool"]) <= relaxed.objective + 1e-6
    answer = by_blocks.answer(relaxed.values)
    assert answer is not None
    used = numbers.table @ answer.values
    assert (used <= numbers.row_upper + 1e-6).all()
    assert (used >= numbers.row_lower - 1e-6).all()
    assert answer.objective <= best.objective + 1e-6
    whole = program.search(relaxed, gap=1e-6, coupling=["pool"])
    assert whole.objective == pytest.approx(best.objective)
    assert whole.bound >= best.objective - 1e-6


def test_one_block_where_nothing_falls_apart():
    program, _, _ = knapsacks(10)
    assert len(program.blocks(coupling=["nothing"]).blocks) == 1
    assert program.search(program.relaxed(), gap=1e-6, coupling=["nothing"]).status == "optimal"


@pytest.mark.parametrize("seed", range(6))
def test_a_row_at_its_price_bounds_whoever_keeps_it(seed: int) -> None:
    """What rounding finds at the price of a level is worth no more than duality says, wherever it ends."""
    program, x, worth = knapsacks(12, rows=2, seed=seed)
    care = np.random.default_rng(seed + 100).integers(1, 20, 12).astype(float)
    level = 0.3 * care.sum()
    program.rows("level", Terms.of(np.zeros(12, dtype=int), x, care), sense=">=", rhs=[level])
    session = program.session()
    relaxed = session.relax()
    price = -relaxed.duals["level"][0]
    assert price >= 0
    found = session.priced("level", gap=1e-6, seconds=10.0, settled=0.0)
    assert found is not None
    reached = float(care @ found.values[x])
    assert found.objective == pytest.approx(worth @ found.values[x] + price * reached)
    # The best of all choices at that price, and so of all that reach as much.
    assert found.objective - price * level <= relaxed.objective + 1e-6
    assert session.search(gap=1e-9).objective <= relaxed.objective + 1e-6, "the row holds again"
