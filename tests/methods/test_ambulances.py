"""Ambulances: trial of all on tiny cases, Erlang's tables, the exact hypercube, simulation beside both."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.covering import maximal_covering
from tongqu.methods.medical import (
    busy_shares,
    coverage_gains,
    draw_calls,
    exact_hypercube,
    expected_coverage,
    hypercube,
    place_ambulances,
    run_calls,
)
from tongqu.methods.medical.queueing import corrections, states
from tongqu.methods.reach import times_from_matrix
from tongqu.methods.travel import within

seeds = st.integers(0, 10_000)
few = settings(max_examples=8)
LIMIT = 15.0


def case(seed, *, places=6, stations=3, periods=2):
    draw = np.random.default_rng(seed)
    minutes = draw.uniform(2, 40, (places, stations))
    return {
        "minutes": [minutes * factor for factor in (1.0, 1.4)[:periods]],
        "calls": draw.integers(0, 9, (places, periods)) / 10,
        "busy": draw.uniform(0.05, 0.7, periods),
        "hours": np.array([14.0, 10.0])[:periods],
    }


def placed(one, **given):
    asked = {name: one[name] for name in ("calls", "busy", "hours")} | given
    calls = asked.pop("calls")
    return place_ambulances([times_from_matrix(each) for each in one["minutes"]], calls, limit=LIMIT, **asked)


def value_of(one, plan, *, line=None):
    """Calls a day expected to be covered, by the definition: one less the chance that all near are busy."""
    whole = 0.0
    for at, minutes in enumerate(one["minutes"]):
        near = within(minutes, LIMIT).astype(int) @ plan[:, at]
        if line is None:
            chance = 1 - one["busy"][at] ** near
        else:
            chance = expected_coverage(
                near, gains=coverage_gains(plan[:, at].sum(), one["busy"][at], line=line)
            )
        whole += float((one["calls"][:, at] * one["hours"][at] * chance).sum())
    return whole


def all_plans(stations, periods, *, vehicles, room):
    singles = [
        [one for one in product(range(room + 1), repeat=stations) if sum(one) == vehicles[at]]
        for at in range(periods)
    ]
    return [np.array(one).T for one in product(*singles)]


def came(plan, vehicles):
    grown = np.maximum(np.asarray(vehicles) - np.roll(vehicles, 1), 0)
    return np.maximum(np.maximum(plan - np.roll(plan, 1, axis=1), 0).sum(axis=0) - grown, 0)


@few
@given(seeds, st.sampled_from([None, "lost", "queue"]), st.integers(0, 2), st.sampled_from([0.0, 0.3]))
def test_no_plan_of_a_tiny_case_is_better(seed, line, moves, worth):
    one, vehicles = case(seed), [3, 2]
    found = placed(one, vehicles=vehicles, room=[2, 2, 2], moves=moves, worth=worth, line=line)
    best = max(
        value_of(one, plan, line=line) - worth * came(plan, vehicles).sum()
        for plan in all_plans(3, 2, vehicles=vehicles, room=2)
        if (came(plan, vehicles) <= moves).all()
    )
    assert found.objective == pytest.approx(best, abs=1e-9)
    assert found.bound == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert found.value == pytest.approx(value_of(one, found.placed, line=line))
    assert (found.placed.sum(axis=0) == vehicles).all()
    assert (found.moves <= moves).all()
    assert (found.moves == came(found.placed, vehicles)).all()


@few
@given(seeds, st.integers(0, 2))
def test_stations_are_opened_only_as_many_as_allowed_and_the_best(seed, new):
    one, vehicles = case(seed, periods=1, stations=4), [3]
    found = placed(one, vehicles=vehicles, room=[3, 2, 2, 2], existing=[0], new=new, least=[1, 0, 0, 0])
    best = max(
        value_of(one, plan)
        for plan in all_plans(4, 1, vehicles=vehicles, room=3)
        if (plan[1:] <= 2).all() and plan[0, 0] >= 1 and (plan[1:, 0] > 0).sum() <= new
    )
    assert found.value == pytest.approx(best, abs=1e-9)
    assert found.opened.size <= new


@few
@given(seeds)
def test_more_vehicles_moves_and_idle_time_never_cover_less(seed):
    one = case(seed)
    still = placed(one, vehicles=[2, 2], moves=0).value
    assert placed(one, vehicles=[2, 2], moves=1).value >= still - 1e-9
    assert placed(one, vehicles=[3, 3], moves=0).value >= still - 1e-9
    assert placed(one | {"busy": one["busy"] / 2}, vehicles=[2, 2], moves=0).value >= still - 1e-9


@few
@given(seeds)
def test_never_busy_is_maximal_covering(seed):
    one = case(seed, places=12, stations=6, periods=1)
    found = placed(one | {"busy": [0.0]}, vehicles=[3])
    simple = maximal_covering(within(one["minutes"][0], LIMIT), one["calls"][:, 0], count=3)
    assert found.value == pytest.approx(simple.value * one["hours"][0])
    assert found.share == pytest.approx(found.value / (one["calls"][:, 0].sum() * one["hours"][0]))


def test_out_of_time_there_is_still_a_plan_and_a_bound():
    one = case(5, places=40, stations=12)
    short = placed(one, vehicles=[8, 6], seconds=1e-4, moves=1)
    long = placed(one, vehicles=[8, 6], moves=1)
    assert (short.placed.sum(axis=0) == [8, 6]).all()
    assert (short.moves <= 1).all()
    assert short.value <= long.value + 1e-9
    assert long.value <= short.bound + 1e-9
    assert long.gap <= 1e-6


def test_new_stations_with_few_bays_leave_room_for_every_vehicle():
    """Greedy would open the small one first and find no room for the rest."""
    one = case(1, places=3, stations=2, periods=1)
    found = placed(
        one | {"minutes": [np.array([[5.0, 40], [5, 40], [40, 5]])]},
        vehicles=[3], room=[1, 3], existing=[], new=1, seconds=1e-4,
    )  # fmt: skip
    assert found.placed.ravel().tolist() == [0, 3]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"vehicles": [7, 1]}, "there are more ambulances than bays"),
        ({"vehicles": [2, 2], "least": 1}, "stations are to keep more ambulances"),
        ({"vehicles": [2]}, "its shape is"),
        ({"vehicles": [2, 2], "busy": [0.2, 1.0]}, "missing or outside"),
        ({"vehicles": [2, 2], "calls": np.full((6, 2), np.nan)}, "missing or outside"),
    ],
)
def test_what_cannot_be_is_named(change, rule):
    with pytest.raises(DataError, match=rule):
        placed(case(1), room=[2, 2, 2], **change)


def test_calls_beyond_what_vehicles_can_serve_are_named():
    with pytest.raises(DataError, match="calls take more time"):
        busy_shares([3.0], minutes=60, vehicles=3)


def test_erlang_tables():
    """Erlang B of 5 lines at 3 erlang is 0.1101, Erlang C 0.2362 (tables of queueing theory)."""
    assert states(5, 3.0, line="lost")[-1] == pytest.approx(0.11005, abs=5e-6)
    assert states(5, 3.0, line="queue")[-1] == pytest.approx(0.23615, abs=5e-6)


@few
@given(st.integers(1, 30), st.floats(0.01, 0.95), st.sampled_from(["lost", "queue"]))
def test_corrected_gains_fall_and_add_up_to_somebody_free(vehicles, busy, line):
    gains = coverage_gains(vehicles, busy, line=line)
    assert (np.diff(gains) <= 1e-12).all()
    assert gains[0] == pytest.approx(1 - busy, abs=1e-9)
    load = busy * vehicles if line == "queue" else vehicles * busy / (1 - (1 - gains.sum()))
    assert states(vehicles, load, line=line)[-1] == pytest.approx(1 - gains.sum(), abs=1e-7)
    assert corrections(vehicles, busy, line=line)[0] == pytest.approx(1, abs=1e-9)


@few
@given(seeds, st.sampled_from(["lost", "queue"]), st.floats(0.5, 2.2))
def test_the_approximation_is_near_the_exact_hypercube(seed, line, load):
    """Larson (1975) found 1 to 2 per cent; here with calls of one length."""
    draw = np.random.default_rng(seed)
    minutes, calls = draw.uniform(3, 40, (8, 3)), draw.random(8) + 0.1
    calls *= load / calls.sum()
    asked = {"placed": [2, 1, 1], "limit": LIMIT, "line": line}
    exact = exact_hypercube(calls, minutes, away=60, **asked)
    near = hypercube(calls, minutes, away=np.full(minutes.shape, 60.0), **asked)
    assert near.share == pytest.approx(exact.share, abs=0.02)
    assert near.minutes == pytest.approx(exact.minutes, rel=0.03)
    assert near.all_busy == pytest.approx(exact.all_busy, abs=1e-6)
    assert near.busy == pytest.approx(exact.busy, abs=0.03)
    assert exact.answered.sum(axis=1) == pytest.approx(1 - exact.all_busy)
    work = calls.sum() * (1.0 if line == "queue" else 1 - exact.all_busy)
    assert (exact.busy * [2, 1, 1]).sum() == pytest.approx(work)


def test_the_hypercube_names_what_it_cannot_do():
    with pytest.raises(DataError, match="no ambulance reaches"):
        hypercube([1.0], [[np.inf]], placed=[1], away=[[60]], limit=9)
    with pytest.raises(DataError, match="there is no ambulance"):
        hypercube([1.0], [[5]], placed=[0], away=[[60]], limit=9)
    with pytest.raises(DataError, match="calls take more time"):
        exact_hypercube([3.0], [[5]], placed=[2], away=60, limit=9, line="queue")
    with pytest.raises(DataError, match="too many ambulances"):
        exact_hypercube([3.0], [[5]], placed=[13], away=60, limit=9)


@pytest.mark.parametrize("line", ["lost", "queue"])
def test_simulation_finds_what_the_exact_model_expects(line):
    """Exponential calls, one length for all: the state at a call's arrival is that of the hypercube."""
    draw = np.random.default_rng(7)
    minutes, calls = draw.uniform(3, 30, (6, 3)), draw.random(6)
    calls *= 1.2 / calls.sum()
    # Hardly anything of a call is the way there, so that its length is drawn from the exponential.
    calls, away = calls / 100, 6000.0
    exact = exact_hypercube(calls, minutes, placed=[1, 1, 1], away=away, limit=LIMIT, line=line)
    drawn = draw_calls(calls[:, np.newaxis], starts=[0], days=70_000, seed=2)
    asked = {"placed": np.ones((3, 1)), "after": [away - minutes], "limit": LIMIT}
    found = run_calls(drawn, [minutes], line="lost", **asked)
    if line == "lost":
        assert found.share == pytest.approx(exact.share, abs=4 * found.error)
        assert found.none_free == pytest.approx(exact.all_busy, abs=0.01)
        assert found.busy[0] == pytest.approx(exact.mean_busy, abs=0.01)
    else:
        waited = run_calls(drawn, [minutes], line="queue", **asked)
        assert waited.none_free == pytest.approx(exact.all_busy, abs=0.015)
        assert waited.busy[0] == pytest.approx(exact.mean_busy, abs=0.015)
        assert waited.none_free > found.none_free


def test_the_expected_coverage_of_a_plan_is_simulated():
    """Vehicles that move between day and night; corrected expectation within two points of simulation."""
    one = case(11, places=10, stations=4)
    calls = one["calls"] / one["calls"].sum(axis=0) * [1.6, 0.5]
    away = 60.0
    busy = busy_shares([1.6, 0.5], minutes=away, vehicles=[5, 3])
    plan = placed(one | {"calls": calls, "busy": busy}, vehicles=[5, 3], line="lost")
    drawn = draw_calls(calls, starts=[7, 21], days=600, seed=4, variation=0.5)
    after = [away - np.minimum(each, away) for each in one["minutes"]]
    found = run_calls(drawn, one["minutes"], placed=plan.placed, after=after, limit=LIMIT)
    assert found.share == pytest.approx(plan.share, abs=0.04)
    again = run_calls(drawn, one["minutes"], placed=plan.placed, after=after, limit=LIMIT)
    assert again.share == found.share
    slow = run_calls(
        drawn, one["minutes"], placed=plan.placed, after=after, limit=LIMIT, between=np.full((4, 4), 60.0)
    )
    assert slow.share <= found.share + 0.005
    assert drawn.minute.size == pytest.approx(600 * (1.6 * 14 + 0.5 * 10), rel=0.02)
    assert (np.diff(drawn.minute) >= 0).all()
    assert (found.by_place[plan.near.max(axis=1) == 0] < 0.5).all()


def test_calls_do_not_depend_on_the_plan_and_wrong_tables_are_named():
    with pytest.raises(DataError, match="do not rise"):
        draw_calls([[1.0, 1.0]], starts=[9, 7], days=2, seed=1)
    drawn = draw_calls([[1.0]], starts=[0], days=2, seed=1)
    with pytest.raises(DataError, match="shapes do not fit"):
        run_calls(drawn, [[[5.0]]], placed=[[1], [1]], after=[[[5.0]]], limit=9)
    none = run_calls(drawn, [[[np.inf]]], placed=[[1]], after=[[[0.0]]], limit=9)
    assert none.share == 0
    assert none.none_free == 1


def test_many_vehicles_that_are_hardly_ever_busy():
    """Chances too small for a number are 0, and none is missing."""
    assert np.isfinite(corrections(27, 0.03722452664048539, line="lost")).all()
    gains = coverage_gains(400, 1e-4, line="lost")
    assert np.isfinite(gains).all()
    assert (np.diff(gains) <= 0).all()
    assert gains.sum() == pytest.approx(1.0)
