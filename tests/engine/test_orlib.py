"""Instances of OR-Library in the model language of the joint plan: the published optima are reached."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from tongqu.engine.lp import Program, Terms

ORLIB = Path(__file__).parents[1] / "data" / "orlib"


def knapsacks() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """Profits, weights, capacities and optimum of each instance."""
    numbers = np.array(ORLIB.joinpath("mknap1.txt").read_text().split(), dtype=float)
    at, found = 1, []  # the first number says how many instances the whole file has
    for _ in range(3):
        items, rows, optimum = int(numbers[at]), int(numbers[at + 1]), float(numbers[at + 2])
        parts = np.split(numbers[at + 3 :], np.cumsum([items, items * rows, rows]))
        found.append((parts[0], parts[1].reshape(rows, items), parts[2], optimum))
        at += 3 + items + items * rows + rows
    return found


@pytest.mark.parametrize("number", range(3))
def test_multi_dimensional_knapsacks(number):
    profit, weight, capacity, optimum = knapsacks()[number]
    assert [one[3] for one in knapsacks()] == [3800.0, 8706.1, 4015.0]
    program = Program()
    x = program.variables("x", len(profit), binary=True)
    row, item = np.nonzero(weight)
    program.rows("capacity", Terms.of(row, x[item], weight[row, item]), sense="<=", rhs=capacity)
    program.maximise(x, profit)
    by_solver, by_search = (
        program.solve(gap=1e-6),
        program.search(program.relaxed(), gap=1e-6),
    )
    for found in (by_solver, by_search, program.session().search(gap=1e-6)):
        assert found.objective == pytest.approx(optimum)
        assert found.bound == pytest.approx(optimum, abs=1e-3)


def distances(number: int, nodes: int) -> np.ndarray:
    """Shortest paths of an instance."""
    length = np.zeros((nodes, nodes))
    for first, second, cost in np.loadtxt(ORLIB / f"pmed{number}.txt", skiprows=1, dtype=int):
        length[first - 1, second - 1] = length[second - 1, first - 1] = cost
    return shortest_path(csr_array(length), directed=False)


@pytest.mark.parametrize(("number", "optimum"), [(1, 5819), (2, 4093), (3, 4250)])
def test_p_median(number, optimum):
    """In the radius form: who is still far from every open place beyond each radius.

    García, S., Labbé, M. and Marín, A. (2011), Solving large p-median problems with a radius formulation,
    INFORMS Journal on Computing 23, 546-556.
    """
    nodes, _, p = (int(one) for one in ORLIB.joinpath(f"pmed{number}.txt").read_text().split()[:3])
    distance = distances(number, nodes)
    program = Program()
    place = program.variables("open", nodes, binary=True)
    program.rows("p", Terms.of(np.zeros(nodes), place, 1.0), sense="=", rhs=[float(p)])
    # The p - 1 places that are farthest away never matter: one of the others is open.
    radius = [np.unique(np.sort(row)[: nodes - p + 1]) for row in distance]
    steps = np.concatenate([np.diff(one) for one in radius])
    far = program.variables("far", len(steps), upper=1.0)
    node = np.repeat(np.arange(nodes), [len(one) - 1 for one in radius])
    inner = np.concatenate([one[:-1] for one in radius])
    row, near = np.nonzero(distance[node] == inner[:, None])
    before = np.flatnonzero(node[1:] == node[:-1]) + 1
    terms = [
        Terms.of(row, place[near], 1.0),
        Terms.of(np.arange(len(steps)), far, 1.0),
        Terms.of(before, far[before - 1], -1.0),
    ]
    right = np.ones(len(steps))
    right[before] = 0.0
    program.rows("near or far", Terms.join(terms), sense=">=", rhs=right)
    program.maximise(far, -steps)
    found = program.session().search(gap=0.99)
    assert found.objective == pytest.approx(-optimum)
    assert found.bound < -optimum + 1  # lengths are whole numbers: nothing shorter exists
    assert found.values[place].sum() == pytest.approx(p)
