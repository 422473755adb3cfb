"""Gravity models: published estimates, an independent regression, margins, scale, futures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.interaction import (
    Constraint,
    Deterrence,
    Form,
    Lever,
    attraction_flows,
    closeness,
    doubly_flows,
    fit_gravity,
    production_flows,
    pulls,
    unconstrained_flows,
)

Table = npt.NDArray[np.float64]
DATA = Path(__file__).parent / "published"
seeds = st.integers(0, 10_000)


def austria() -> tuple[Table, Table, Table]:
    """Observed flows, distances (inf within a state), fitted flows as published."""
    rows = pd.read_csv(DATA / "austria_migration.csv")
    tables = [rows.pivot(index="origin", columns="destination", values=name) for name in rows.columns[2:]]
    flow, distance, fitted = (table.to_numpy() for table in tables)
    return np.nan_to_num(flow), np.where(np.isnan(distance), np.inf, distance), np.nan_to_num(fitted)


def world(seed: int, *, origins: int = 5, destinations: int = 4, futures: int = 1) -> dict[str, Any]:
    """Costs with pairs that have no way, and margins that some flows over the others have."""
    rng = np.random.default_rng(seed)
    cost = rng.uniform(1, 60, (origins, destinations))
    cost[rng.random(cost.shape) < 0.3] = np.inf
    flows = rng.integers(1, 50, (futures, *cost.shape)) * np.isfinite(cost)
    flows[:, rng.random(origins) < 0.2] = 0
    flows[:, :, rng.random(destinations) < 0.2] = 0
    return {"cost": cost, "leave": flows.sum(axis=2), "arrive": flows.sum(axis=1), "seen": flows}


def dense_poisson(y: Table, x: Table) -> tuple[Table, Table]:
    """Poisson regression by iteratively reweighted least squares on a full design."""
    mean = y + 0.1
    for _ in range(200):
        response = np.log(mean) + (y - mean) / mean
        normal = x.T @ (mean[:, np.newaxis] * x)
        value = np.linalg.pinv(normal) @ (x.T @ (mean * response))
        mean = np.exp(x @ value)
    return value, np.sqrt(np.diag(np.linalg.pinv(x.T @ (mean[:, np.newaxis] * x))))


def test_doubly_constrained_estimate_as_published() -> None:
    flow, distance, fitted = austria()
    found = fit_gravity(flow, distance, constraint="doubly")
    assert found.values == pytest.approx([0.00791533], abs=5e-9)
    np.testing.assert_allclose(found.flows, fitted, atol=1e-3)
    balanced = doubly_flows(
        distance, Deterrence(beta=0.00791533), leave=flow.sum(axis=1), arrive=flow.sum(axis=0)
    )
    np.testing.assert_allclose(balanced.flows, fitted, rtol=1e-5)


def test_mean_cost_is_kept() -> None:
    flow, distance, _ = austria()
    some = np.isfinite(distance)
    for constraint in ("unconstrained", "production", "attraction", "doubly"):
        found = fit_gravity(flow, distance, constraint=constraint)
        assert found.flows[some] @ distance[some] == pytest.approx(flow[some] @ distance[some], rel=1e-9)


@pytest.mark.parametrize("form", ["exponential", "power", "combined"])
@pytest.mark.parametrize("constraint", ["unconstrained", "production", "attraction", "doubly"])
def test_estimates_equal_a_regression_with_dummies(constraint: Constraint, form: Form) -> None:
    flow, distance, _ = austria()
    some = np.isfinite(distance)
    at, to = np.nonzero(some)
    size = len(flow)
    out, into = flow.sum(axis=1), flow.sum(axis=0)
    border = (np.arange(size) < 3)[:, np.newaxis] != (np.arange(size) < 3)
    columns = {"alpha": -np.log(distance[some]), "beta": -distance[some]}
    columns.pop({"exponential": "alpha", "power": "beta"}.get(form, ""), None)
    push = {"people out": out} if constraint in ("unconstrained", "attraction") else None
    pull = {"people in": into} if constraint in ("unconstrained", "production") else None
    columns |= {name: np.log(values)[at] for name, values in (push or {}).items()}
    columns |= {name: np.log(values)[to] for name, values in (pull or {}).items()}
    columns["border"] = border[some]
    dummies = [np.ones((at.size, 1))]
    dummies += [np.eye(size)[at]] if constraint in ("production", "doubly") else []
    dummies += [np.eye(size)[to]] if constraint in ("attraction", "doubly") else []
    design = np.column_stack([*columns.values(), *dummies]).astype(float)
    value, error = dense_poisson(flow[some], design)
    found = fit_gravity(
        flow, distance, constraint=constraint, form=form, push=push, pull=pull, rules={"border": border}
    )
    assert found.names == tuple(columns)
    np.testing.assert_allclose(found.values, value[: len(columns)], rtol=1e-6)
    np.testing.assert_allclose(found.errors, error[: len(columns)], rtol=1e-5)
    fixed = np.linalg.matrix_rank(np.column_stack(dummies))
    pearson = np.sum((flow[some] - found.flows[some]) ** 2 / found.flows[some])
    assert found.dispersion == pytest.approx(pearson / (at.size - fixed - len(columns)))


def test_known_parameters_are_recovered() -> None:
    rng = np.random.default_rng(5)
    cost = rng.uniform(5, 90, (25, 25))
    jobs, wage, rule = rng.uniform(1, 9, 25), rng.uniform(2, 4, 25), rng.integers(0, 2, 25)
    mean = 400 * (jobs**0.8 * wage**1.5 * np.exp(-0.6 * rule)) * np.exp(-0.04 * cost)
    found = fit_gravity(
        rng.poisson(mean),
        cost,
        constraint="production",
        pull={"jobs": jobs, "wage": wage},
        rules={"hukou": rule},
    )
    true = np.array([0.04, 0.8, 1.5, -0.6])
    assert (np.abs(found.values - true) < 4 * found.errors).all()
    assert found.dispersion == pytest.approx(1, abs=0.2)
    assert found.closeness.r2 > 0.99


@given(seeds)
def test_doubly_constrained_flows_keep_both_margins(seed: int) -> None:
    given_ = world(seed, futures=3)
    if given_["leave"].sum(axis=1).min() == 0:
        return
    beta = np.random.default_rng(seed).uniform(0, 0.1, 3)
    leave, arrive = given_["leave"], given_["arrive"]
    found = doubly_flows(given_["cost"], Deterrence(beta=beta), leave=leave, arrive=arrive)
    assert (np.abs(found.flows.sum(axis=2) - leave) <= 1e-9 * leave).all()
    assert (np.abs(found.flows.sum(axis=1) - arrive) <= 1e-9 * arrive).all()
    assert (found.flows[:, ~np.isfinite(given_["cost"])] == 0).all()
    with np.errstate(invalid="ignore"):
        factors = found.log_out[:, :, np.newaxis] + found.log_in[:, np.newaxis, :]
        log = factors + np.log(leave[:, :, np.newaxis] * arrive[:, np.newaxis, :] + 1e-300)
        again = np.exp(log - beta[:, np.newaxis, np.newaxis] * given_["cost"])
    np.testing.assert_allclose(np.nan_to_num(again), found.flows, rtol=1e-8, atol=1e-12)
    for future in range(3):
        alone = doubly_flows(
            given_["cost"], Deterrence(beta=beta[future]), leave=leave[future], arrive=arrive[future]
        )
        np.testing.assert_allclose(alone.flows, found.flows[future], rtol=1e-7, atol=1e-9)


@given(seeds, st.floats(0.01, 100))
def test_units_and_names_do_not_matter(seed: int, factor: float) -> None:
    given_ = world(seed)
    if given_["seen"].sum() == 0:
        return
    cost, leave, arrive = given_["cost"], given_["leave"][0], given_["arrive"][0]
    plain = doubly_flows(cost, Deterrence(beta=0.05, alpha=0.5), leave=leave, arrive=arrive).flows
    deterrence = Deterrence(beta=0.05 / factor, alpha=0.5)
    scaled = doubly_flows(cost * factor, deterrence, leave=leave * factor, arrive=arrive * factor).flows
    np.testing.assert_allclose(scaled, plain * factor, rtol=1e-6, atol=1e-9 * factor)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(leave.size), rng.permutation(arrive.size)
    mixed = doubly_flows(
        cost[np.ix_(rows, columns)],
        Deterrence(beta=0.05, alpha=0.5),
        leave=leave[rows],
        arrive=arrive[columns],
    ).flows
    np.testing.assert_allclose(mixed, plain[np.ix_(rows, columns)], rtol=1e-6, atol=1e-9)


@given(seeds)
def test_one_margin(seed: int) -> None:
    given_ = world(seed)
    rng = np.random.default_rng(seed)
    cost, leave = given_["cost"], given_["leave"][0]
    pull = rng.uniform(0, 5, cost.shape[1]) * (rng.random(cost.shape[1]) < 0.7)
    found = production_flows(cost, Deterrence(beta=0.05), leave=leave, pull=pull)
    np.testing.assert_allclose(found.flows.sum(axis=1) + found.stranded, leave, rtol=1e-12)
    weight = pull * np.exp(-0.05 * cost)
    whole = weight.sum(axis=1)
    np.testing.assert_array_equal(found.stranded, np.where(whole > 0, 0, leave))
    plain = leave[:, np.newaxis] * weight / np.where(whole > 0, whole, 1)[:, np.newaxis]
    np.testing.assert_allclose(found.flows, plain, rtol=1e-9)
    balance = np.exp(-found.log_out, where=whole > 0, out=np.zeros(whole.size))
    np.testing.assert_allclose(balance, whole, rtol=1e-9)
    turned = attraction_flows(cost.T, Deterrence(beta=0.05), push=pull, arrive=leave)
    np.testing.assert_allclose(turned.flows.T, found.flows, rtol=1e-12)
    np.testing.assert_array_equal(turned.stranded, found.stranded)


@given(seeds)
def test_unconstrained_flows(seed: int) -> None:
    given_ = world(seed)
    rng = np.random.default_rng(seed)
    cost = given_["cost"]
    push, pull = rng.uniform(0, 9, cost.shape[0]), rng.uniform(0, 9, cost.shape[1])
    plain = push[:, np.newaxis] * pull * np.exp(-0.1 * cost) * np.where(np.isfinite(cost), cost, 1) ** -0.7
    deterrence = Deterrence(beta=0.1, alpha=0.7)
    found = unconstrained_flows(cost, deterrence, push=push, pull=pull)
    np.testing.assert_allclose(found.flows, plain, rtol=1e-9)
    if plain.sum() > 0:
        totals = unconstrained_flows(cost, deterrence, push=push, pull=pull, total=[10, 1000]).flows
        np.testing.assert_allclose(totals, plain / plain.sum() * [[[10]], [[1000]]], rtol=1e-9)


def test_far_places_do_not_vanish() -> None:
    cost = [[100_000.0, 100_001.0], [200_000.0, 200_003.0]]
    found = production_flows(cost, Deterrence(beta=1.0), leave=[1, 1], pull=[1, 1]).flows
    np.testing.assert_allclose(found[:, 1] / found[:, 0], np.exp([-1, -3]), rtol=1e-9)
    both = doubly_flows(cost, Deterrence(beta=1.0), leave=[4, 2], arrive=[3, 3]).flows
    assert both[0, 0] * both[1, 1] / both[0, 1] / both[1, 0] == pytest.approx(np.exp(-2))


def test_closeness_brute() -> None:
    rng = np.random.default_rng(3)
    seen, said = rng.integers(0, 9, (4, 5)).astype(float), rng.uniform(0, 9, (4, 5))
    used = rng.random((4, 5)) < 0.8
    said[0, 0] = seen[0, 0] = 0
    used[0, 0] = True
    pairs = [(seen[i, j], said[i, j]) for i in range(4) for j in range(5) if used[i, j]]
    found = closeness(seen, said, open_pair=used)
    mean = sum(a for a, _ in pairs) / len(pairs)
    assert found.srmse == pytest.approx((sum((a - b) ** 2 for a, b in pairs) / len(pairs)) ** 0.5 / mean)
    assert found.r2 == pytest.approx(np.corrcoef(*np.transpose(pairs))[0, 1] ** 2)
    share = [2 * min(a, b) / (a + b) if a + b else 1 for a, b in pairs]
    assert found.sorensen == pytest.approx(np.mean(share))
    assert found.common == pytest.approx(2 * sum(map(min, pairs)) / sum(map(sum, pairs)))
    same = closeness(seen, seen, open_pair=used)
    assert (same.srmse, same.sorensen, same.common) == (0, 1, 1)
    assert same.r2 == pytest.approx(1)


@given(seeds)
def test_pulls_multiply(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base, jobs, homes = rng.uniform(0, 9, 4), rng.uniform(0.5, 2, (3, 4)), rng.uniform(0.5, 2, 4)
    power = rng.uniform(-1, 2, 3)
    levers = [Lever("jobs", jobs, power), Lever("housing", homes, 0.3)]
    found = pulls(base, levers)
    for future in range(3):
        plain = base * jobs[future] ** power[future] * homes**0.3
        np.testing.assert_allclose(found[future], plain, rtol=1e-12)
    np.testing.assert_allclose(pulls(base, levers[::-1]), found, rtol=1e-12)
    np.testing.assert_array_equal(pulls(base, [Lever("none", np.ones(4), power)])[0], base)


COST = [[1.0, 2.0], [2.0, 1.0]]
NO_SHORTCUT = [[1.0, np.inf], [1.0, 1.0]]
NO_WAY = [[1.0, np.inf], [1.0, np.inf]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Deterrence(alpha=1)([0, 1]), "0 under a power"),
        (lambda: Deterrence(beta=np.nan)([0, 1]), "beta"),
        (lambda: Deterrence()([-1]), "outside"),
        (lambda: doubly_flows(COST, Deterrence(), leave=[1, 2], arrive=[1, 1]), "do not arrive"),
        (lambda: doubly_flows(COST, Deterrence(), leave=[1, 2, 3], arrive=[3, 3]), "shape is wrong"),
        (lambda: doubly_flows(NO_WAY, Deterrence(), leave=[1, 1], arrive=[1, 1]), r"places 1 \(counted"),
        (lambda: doubly_flows(NO_SHORTCUT, Deterrence(), leave=[3, 1], arrive=[2, 2]), "origin 0"),
        (lambda: production_flows([1, 2], Deterrence(), leave=[1], pull=[1, 2]), "no table"),
        (lambda: production_flows(COST, Deterrence(), leave=[-1, 2], pull=[1, 1]), "leave: 1 of 2"),
        (lambda: unconstrained_flows(COST, Deterrence(), push=[0, 0], pull=[1, 1], total=5), "no pair"),
        (lambda: Deterrence(beta=[1, 2])(np.ones((3, 2, 2))), "futures differ"),
        (
            lambda: production_flows(COST, Deterrence(beta=[1, 2]), leave=np.ones((3, 2)), pull=[1, 1]),
            "futures differ",
        ),
        (
            lambda: doubly_flows(COST, Deterrence(), leave=np.ones((3, 2)), arrive=np.ones((2, 2))),
            "futures differ",
        ),
        (
            lambda: unconstrained_flows(COST, Deterrence([1, 2]), push=[1, 1], pull=[1, 1], total=[1, 2, 3]),
            "futures differ",
        ),
        (lambda: pulls([1, 2], [Lever("jobs", np.ones((3, 2)), [1, 2])]), "futures differ"),
        (lambda: pulls([1, 2], [Lever("a", 1, 1), Lever("a", 1, 1)]), "comes twice"),
        (lambda: pulls([1, 2], [Lever("jobs", [0, 1], 1)]), "jobs"),
        (lambda: pulls([1, 2], [Lever("jobs", [1, 1, 1], 1)]), "shape is wrong"),
        (lambda: fit_gravity(COST, NO_WAY, constraint="doubly"), r"\(0, 1\), \(1, 1\)"),
        (lambda: fit_gravity(COST, [[1, 2]], constraint="doubly"), "shapes differ"),
        (lambda: fit_gravity(np.zeros((2, 2)), COST, constraint="doubly"), "nobody moves"),
        (lambda: fit_gravity(COST, COST, constraint="none"), "unknown"),  # type: ignore[arg-type]
        (lambda: fit_gravity(COST, COST, constraint="doubly", push={"a": [1, 2]}), "margins of this side"),
        (
            lambda: fit_gravity(COST, COST, constraint="unconstrained", push={"a": [1, 2], "b": [1, 4]}),
            "told apart",
        ),
        (lambda: fit_gravity(COST, COST, constraint="production", pull={"jobs": [0, 2]}), "jobs"),
        (lambda: fit_gravity(COST, COST, constraint="production", rules={"r": [1, 2, 3]}), "shape"),
        (lambda: fit_gravity(COST, [[1, 1], [1, 1]], constraint="production"), "told apart"),
        (lambda: closeness([[1]], [[1, 2]], open_pair=[[True]]), "shapes differ"),
    ],
)
def test_malformed(call: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        call()


def test_an_estimate_without_end_is_refused() -> None:
    flows = [[0.0, 9.0, 0.0], [0.0, 0.0, 9.0], [9.0, 0.0, 0.0]]
    cost = [[9.0, 1.0, 9.0], [9.0, 9.0, 1.0], [1.0, 9.0, 9.0]]
    with pytest.raises(DataError, match=r"no greatest value|told apart"):
        fit_gravity(flows, cost, constraint="doubly")
