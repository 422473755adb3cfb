"""Mergers: by hand, pair by pair, and malformed input."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.methods.reach import Times, times_from_matrix
from tongqu.methods.schools import ClassNorm, SchoolCosts, Stage, draw_catchments, mergers, teachers_needed

STAGES = [Stage("primary", (0, 2), 30.0), Stage("junior", (3, 4), 40.0)]
NORMS = [ClassNorm(45, 1.8, 19), ClassNorm(50, 2.5, 13.5)]
COSTS = SchoolCosts(teacher=15, school=20, place=0.1, extension=3, bus=30, bus_year=12, seats=20)
NEAR = 8.0


def case(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(1, 60, (12, 5))
    minutes[rng.random((12, 5)) < 0.1] = np.inf
    places = np.repeat([[90, 100], [45, 0], [0, 50], [45, 50], [90, 0]], [3, 2], axis=1).astype(float)
    return {
        "pupils": rng.integers(0, 9, (12, 5)).astype(float),
        "minutes": minutes,
        "times": times_from_matrix(minutes),
        "places": places,
    }


def teachers(load: np.ndarray) -> int:
    total = 0
    for stage, norm in zip(STAGES, NORMS, strict=True):
        mine = load[stage.columns]
        classes = sum(ceil(each / norm.pupils) for each in mine)
        total += ceil(max(classes * norm.teachers_per_class, mine.sum() / norm.pupils_per_teacher) - 1e-9)
    return total


@pytest.mark.parametrize("seed", range(3))
def test_every_pair_by_hand(seed: int) -> None:
    given = case(seed)
    pupils, minutes, times, places = (given[name] for name in ("pupils", "minutes", "times", "places"))
    school = draw_catchments(pupils, times, stages=STAGES, places=places).school
    found = mergers(
        pupils, times, stages=STAGES, school=school, places=places, norms=NORMS, costs=COSTS, near=NEAR
    )
    rows = {(row["closing"], row["receiver"]): row for row in found.table.to_dict("records")}
    load = np.zeros_like(places)
    for village, stage in np.argwhere(school >= 0):
        load[school[village, stage], STAGES[stage].columns] += pupils[village, STAGES[stage].columns]
    listed = set()
    for one in range(5):
        units = [(v, s) for v, s in np.argwhere(school == one) if pupils[v, STAGES[s].columns].sum() > 0]
        for two in range(5):
            takes = all((places[two, STAGES[s].columns] > 0).all() for _, s in units)
            known = all(np.isfinite(minutes[v, two]) for v, _ in units)
            if one == two or not units or not takes or not known:
                continue
            listed.add((one, two))
            row = rows[one, two]
            many = {(v, s): pupils[v, STAGES[s].columns].sum() for v, s in units}
            assert row["pupils"] == pytest.approx(sum(many.values()))
            added = sum(n * (minutes[v, two] - minutes[v, one]) for (v, _), n in many.items())
            assert row["added"] == pytest.approx(added)
            assert row["longest"] == pytest.approx(max(minutes[v, two] for v, _ in units))
            beyond = sum(n for (v, s), n in many.items() if minutes[v, two] > STAGES[s].limit)
            assert row["beyond"] == pytest.approx(beyond)
            riders = sum(n for (v, _), n in many.items() if minutes[v, two] > NEAR >= minutes[v, one])
            buses = ceil(riders / COSTS.seats)
            assert (row["riders"], row["buses"]) == pytest.approx((riders, buses))
            saved = teachers(load[one]) + teachers(load[two]) - teachers(load[one] + load[two])
            assert row["teachers_saved"] == saved
            short = 0.0
            for s in {s for _, s in units}:
                over = (load[one] + load[two] - places[two])[STAGES[s].columns]
                short += sum(ceil(max(each, 0) / NORMS[s].pupils) * NORMS[s].pupils for each in over)
            assert row["short"] == short
            saving = saved * 15 + 20 + (places[one].sum() - short) * 0.1 - buses * 12
            assert row["saving"] == pytest.approx(saving)
            assert row["one_off"] == pytest.approx(short * 3 + buses * 30)
            says = "too_far" if beyond else "after_building" if short else "lawful"
            assert row["verdict"] == says
            moves = found.moves(one, two)
            assert moves["added"].sum() == pytest.approx(added)
            assert moves.groupby("village")["added"].sum().max() == pytest.approx(row["payer_minutes"])
    assert set(rows) == listed
    assert listed
    assert found.table["saving"].is_monotonic_decreasing


def test_a_lawful_closure_strands_nobody() -> None:
    given = case(1)
    given["minutes"] = np.minimum(given["minutes"], 60) / 2
    pupils, times, places = given["pupils"], times_from_matrix(given["minutes"]), given["places"]
    school = draw_catchments(pupils, times, stages=STAGES, places=places).school
    found = mergers(
        pupils, times, stages=STAGES, school=school, places=places, norms=NORMS, costs=COSTS, near=NEAR
    )
    lawful = found.table[found.table["verdict"] == "lawful"]
    assert len(lawful)
    for row in lawful.to_dict("records"):
        after = np.where(school == row["closing"], row["receiver"], school)
        load = np.zeros_like(places)
        for village, stage in np.argwhere(after >= 0):
            ages = STAGES[stage].columns
            load[after[village, stage], ages] += pupils[village, ages]
            if school[village, stage] == row["closing"] and pupils[village, ages].sum() > 0:
                assert given["minutes"][village, row["receiver"]] <= STAGES[stage].limit
        assert (load[row["receiver"]] <= places[row["receiver"]] + 1e-9).all()
        assert (after >= 0).sum() == (school >= 0).sum()


def test_a_longer_norm_never_makes_a_merger_unlawful() -> None:
    given = case(2)
    pupils, times, places = given["pupils"], given["times"], given["places"]
    school = draw_catchments(pupils, times, stages=STAGES, places=places).school
    many = []
    for factor in (1.0, 1.3, 2.0):
        longer = [Stage(one.name, one.ages, one.limit * factor) for one in STAGES]
        found = mergers(
            pupils, times, stages=longer, school=school, places=places, norms=NORMS, costs=COSTS, near=NEAR
        )
        many.append(int((found.table["verdict"] != "too_far").sum()))
    assert many == sorted(many)


def test_teachers_by_class_and_by_pupils() -> None:
    small, large = np.full((1, 5), 3.0), np.array([[90.0, 90.0, 90.0, 0, 0]])
    assert teachers_needed(small, stages=STAGES, norms=NORMS).tolist() == [ceil(3 * 1.8) + ceil(2 * 2.5)]
    assert teachers_needed(large, stages=STAGES, norms=NORMS).tolist() == [ceil(270 / 19)]


def test_nothing_to_merge() -> None:
    nowhere = Times(np.empty(0, int), np.empty(0, int), np.empty(0), 1, 2)
    found = mergers(
        [[1, 1, 1, 1, 1]],
        nowhere,
        stages=STAGES,
        school=[[-1, -1]],
        places=np.ones((2, 5)),
        norms=NORMS,
        costs=COSTS,
        near=NEAR,
    )
    assert found.table.empty
    assert "saving" in found.table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"school": [[0, 9]]}, "a school that is not there"),
        ({"school": [[0]]}, "its shape is (1, 1), not (1, 2)"),
        ({"school": [[1, 0]]}, "no way is known from 1 villages"),
        ({"norms": NORMS[:1]}, "its shape is (1,), not (2,)"),
        ({"norms": [ClassNorm(0, 1, 1), NORMS[1]]}, "a cost or norm is missing or out of range"),
        ({"costs": SchoolCosts(15, -1, 0.1, 3, 30, 12, 20)}, "a cost or norm is missing or out of range"),
        ({"costs": SchoolCosts(15, 1, 0.1, 3, 30, 12, 0)}, "a cost or norm is missing or out of range"),
        ({"near": -1.0}, "a cost or norm is missing or out of range"),
        ({"pupils": [[1, 1, 1, 1, float("nan")]]}, "missing or outside"),
        ({"places": [[1, 1, 1, 1, 1]]}, "its shape is (1, 5), not (2, 5)"),
    ],
)
def test_malformed(change: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {
        "pupils": [[1, 1, 1, 1, 1]],
        "stages": STAGES,
        "school": [[0, 0]],
        "places": np.ones((2, 5)),
        "norms": NORMS,
        "costs": COSTS,
        "near": NEAR,
    }
    given = good | change
    with pytest.raises(DataError) as caught:
        mergers(given.pop("pupils"), times_from_matrix([[5, np.inf]]), **given)
    assert said in str(caught.value)
