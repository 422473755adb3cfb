"""The solver's face: conflicts, bounds, duals, silence, determinism."""

from __future__ import annotations

import numpy as np
import pytest

from tongqu.engine.lp import Program, SolverError, Terms


def knapsack(size: int = 40, *, seed: int = 1) -> Program:
    rng = np.random.default_rng(seed)
    program = Program()
    x = program.variables("x", size, binary=True)
    for number in range(5):
        weight = rng.integers(1, 60, size).astype(float)
        program.rows(
            f"limit {number}", Terms.of(np.zeros(size), x, weight), sense="<=", rhs=[weight.sum() / 3]
        )
    program.maximise(x, rng.integers(1, 60, size).astype(float))
    return program


def test_a_conflict_names_only_what_is_needed():
    program = Program()
    x = program.variables("x", 2, binary=True)
    program.rows("budget", Terms.of([0, 0], x, [2.0, 3.0]), sense="<=", rhs=[4.0])
    program.rows("spare", Terms.of([0], x[:1], 1.0), sense="<=", rhs=[1.0])
    program.rows("floor", Terms.of([0, 0], x, 1.0), sense=">=", rhs=[2.0])
    program.maximise(x, [1.0, 1.0])
    assert set(program.conflict(["spare", "budget", "floor"])) == {"budget", "floor"}
    with pytest.raises(SolverError, match="nfeasible"):
        program.solve(gap=1e-6)


def test_a_conflict_of_whole_numbers_only():
    program = Program()
    x = program.variables("x", 1, binary=True)
    program.rows("low", Terms.of([0], x, 1.0), sense=">=", rhs=[0.4])
    program.rows("high", Terms.of([0], x, 1.0), sense="<=", rhs=[0.6])
    program.maximise(x, [1.0])
    assert set(program.conflict(["low", "high"])) == {"low", "high"}


def test_no_conflict_where_there_is_none():
    assert knapsack().conflict(["limit 0", "limit 1"]) == ()


def test_a_row_that_cannot_hold_is_refused_and_an_idle_one_left_out():
    program = Program()
    program.variables("x", 1)
    with pytest.raises(SolverError, match="no terms"):
        program.rows("floor", Terms.of([], [], []), sense=">=", rhs=[1.0])
    program.rows("idle", Terms.of([], [], []), sense="<=", rhs=[1.0])
    assert program.size == (0, 1)


def test_duals_are_gains_per_unit_of_the_right_hand_side():
    program = Program()
    x = program.variables("x", 2, upper=10.0)
    program.rows("money", Terms.of([0, 0], x, [1.0, 2.0]), sense="<=", rhs=[8.0])
    program.maximise(x, [1.0, 3.0])
    solution = program.relaxed(exact=True)
    assert solution.objective == pytest.approx(12.0)
    assert abs(solution.duals["money"][0]) == pytest.approx(1.5)


def test_the_bound_is_valid_when_stopped_early():
    exact = knapsack(60).solve(gap=1e-6)
    loose = knapsack(60).solve(gap=60.0)
    assert loose.objective <= exact.objective + 1e-9 <= loose.bound + 1e-6


def test_the_same_seed_gives_the_same_answer_and_nothing_is_printed(capfd):
    first, second = (knapsack().solve(gap=1.0, seed=3) for _ in range(2))
    assert np.array_equal(first.values, second.values)
    assert (first.objective, first.bound) == (second.objective, second.bound)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_progress_streams_best_and_bound():
    seen = []
    knapsack(80).solve(gap=1e-6, progress=seen.append)
    assert all(report.bound >= report.best - 1e-6 for report in seen)
