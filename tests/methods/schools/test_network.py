"""School networks over years: brute force on tiny ones, and what must hold of every plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.methods.reach import times_from_matrix
from tongqu.methods.schools.network import (
    Choices,
    Decisions,
    NetworkPlan,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    lawful_choices,
    moved_again,
    plan_network,
)
from tongqu.methods.schools.network import parts as parts_module
from tongqu.methods.schools.network import search as search_module
from tongqu.methods.schools.network.paths import paths_of
from tongqu.methods.schools.network.price import priced
from tongqu.methods.schools.network.program import Case, may_go

PRIMARY = StageNorm(
    name="primary",
    grades=6,
    class_size=45,
    pupils_per_teacher=19,
    teachers_per_class=1.5,
    specialists=3,
    ride=30,
)
JUNIOR = StageNorm(
    name="junior",
    grades=3,
    class_size=50,
    pupils_per_teacher=13.5,
    teachers_per_class=2.5,
    specialists=4,
    ride=40,
    boards=True,
)
PRICES = Prices(teacher=12, bed=3, relief=1, stay=2)


def tiny(seed: int, *, years: int = 3) -> tuple[Pupils, Choices, Schools, Sharing]:
    """Two schools of today, a place to build, three villages of which two have pupils who can choose."""
    rng = np.random.default_rng(seed)
    schools = Schools(
        names=("a", "b", "new"),
        stages=np.ones((3, 1), dtype=bool),
        places=[rng.integers(60, 140), rng.integers(60, 140), 120],
        today=[True, True, False],
        yearly=rng.integers(5, 60, 3),
        build=rng.integers(100, 900),
        close=rng.integers(0, 20),
        mend=[rng.integers(0, 900), 0, 0],
        mend_by=[1, -1, -1],
        step=60,
        step_cost=150,
        most_steps=1,
    )
    number = rng.integers(20, 60, (2, years)).astype(float)
    pupils = Pupils(names=("u", "v"), stage=0, number=number, school=[0, 1])
    minutes = times_from_matrix(rng.integers(3, 29, (2, 3)))
    choices = lawful_choices(
        minutes, pupils, village=[0, 1], schools=schools, stages=[PRIMARY], walk=5, bus=0.01
    )
    return pupils, choices, schools, Sharing(member=[1], lead=[0], yearly=[rng.integers(1, 40)])


def brute(case: Case) -> float:
    """Least discounted cost of all plans of a tiny network."""
    years, schools = case.years, case.schools
    weight, may = case.prices.weights(years), may_go(case) > 0
    each = [np.flatnonzero(case.choices.group == group) for group in range(len(case.pupils))]
    paths = [
        [path for path in product(rows, repeat=years) if all(may[row, t] for t, row in enumerate(path))]
        for rows in each
    ]
    today, stay = case.pupils.schools, case.prices.stay
    best = np.inf
    for together in product(*paths):
        choice = np.array(together)
        went = case.choices.school[choice]
        if moved_again(went, today, stay=stay).any():
            continue
        load = np.zeros((len(schools), years))
        np.add.at(load, (went, np.arange(years)), case.pupils.by_year)
        room = np.maximum(schools.column("places")[:, np.newaxis], case.crowded)
        for life in product(range(years + 1), repeat=len(schools)):
            is_open = _open(case, life)
            if (load[~is_open] > 0).any() or not _lasts(case, is_open):
                continue
            over = np.maximum(load - room, 0.0)
            needs = over.max(axis=1) > 0
            if (over > 60).any() or (over[:, : case.prices.lead] > 0).any():
                continue
            size = np.zeros(is_open.shape, dtype=int)
            for school in np.flatnonzero(needs):
                size[school, int(np.argmax(over[school] > 0)) :] = 1
            for begins in range(years + 1):
                shared = (np.arange(years) >= begins)[np.newaxis] & is_open[1]
                if (shared & ~is_open[0]).any():
                    continue
                made = Decisions(open=is_open, choice=choice, size=size, shared=shared)
                best = min(best, float(priced(case, made).total @ weight))
    return best


def _open(case: Case, life: tuple[int, ...]) -> np.ndarray:
    year = np.arange(case.years)
    today = case.schools.flag("today")
    return np.array(
        [year < end if old else year >= end for end, old in zip(life, today, strict=True)], dtype=bool
    )


def _lasts(case: Case, is_open: np.ndarray) -> bool:
    today, prices = case.schools.flag("today"), case.prices
    return bool(is_open[today][:, : prices.notice].all() and not is_open[~today][:, : prices.lead].any())


def checked(plan: NetworkPlan) -> NetworkPlan:
    """The plan; every hard rule holds."""
    case, made = plan.case, plan.decisions
    number = case.pupils.by_year
    has = plan.school >= 0
    group, year = np.nonzero(has)
    school = plan.school[group, year]
    assert made.open[school, year].all(), "pupils at a closed school"
    assert (may_go(case)[made.choice[group, year], year] > 0).all()
    load = plan.load.sum(axis=1)
    np.testing.assert_allclose(load.sum(axis=0), (number * has).sum(axis=0))
    added = made.size * case.schools.column("step")[:, np.newaxis]
    room = np.maximum(case.schools.column("places")[:, np.newaxis], case.crowded) + added
    assert (load <= room + 1e-6).all()
    assert not moved_again(plan.school, case.pupils.schools, stay=case.prices.stay).any()
    today = case.schools.flag("today")
    steps = np.diff(made.open.astype(int), axis=1)
    assert (steps[today] <= 0).all()
    assert (steps[~today] >= 0).all()
    assert plan.bound <= plan.total + 1e-6
    return plan


@pytest.mark.parametrize("seed", range(4))
def test_tiny_networks_are_best(seed: int) -> None:
    pupils, choices, schools, sharing = tiny(seed)
    plan = checked(
        plan_network(
            pupils, choices, schools=schools, stages=[PRIMARY], prices=PRICES, sharing=sharing, gap=0
        )
    )
    assert not plan.without.any()
    assert plan.cost == pytest.approx(brute(plan.case), rel=1e-6)
    assert plan.bound == pytest.approx(plan.cost, rel=1e-5)


def middling(seed: int = 0, *, ride: float = 30.0, villages: int = 14) -> NetworkPlan:
    """A plan for a county of some villages with both stages."""
    rng = np.random.default_rng(seed)
    home, place = rng.random((villages, 2)) * 30, rng.random((6, 2)) * 30
    minutes = np.hypot(*(home[:, np.newaxis] - place).transpose(2, 0, 1)) * 1.5 + 2
    taught = np.array([[True, False]] * 4 + [[False, True], [True, True]])
    number = rng.integers(5, 40, (2 * villages, 5)) * np.linspace(1, 0.6, 5)
    stage, village = np.repeat([0, 1], villages), np.tile(np.arange(villages), 2)
    way = np.where(taught[:, stage].T, minutes[village], np.inf)
    schools = Schools(
        names=tuple("abcdef"),
        stages=taught,
        places=[150, 150, 200, 200, 400, 500],
        yearly=25,
        close=5,
        beds=50,
        most_beds=200,
        step=45,
        step_cost=150,
        most_steps=6,
    )
    pupils = Pupils(
        names=tuple(map(str, range(2 * villages))), stage=stage, number=number, school=way.argmin(axis=1)
    )
    stages = [replace(PRIMARY, ride=ride), JUNIOR]
    choices = lawful_choices(
        times_from_matrix(minutes),
        pupils,
        village=village,
        schools=schools,
        stages=stages,
        walk=5,
        bus=0.012,
        board=0.35,
    )
    return plan_network(pupils, choices, schools=schools, stages=stages, prices=PRICES, gap=1e-4)


def test_every_pupil_once_and_relaxing_the_ride_norm_never_costs_more() -> None:
    strict, loose = checked(middling(ride=20)), checked(middling(ride=35))
    assert loose.total <= strict.total * (1 + 2e-4)
    assert loose.decisions.open[:, -1].sum() < 6, "no school was closed: the case says nothing"
    home = strict.minutes[strict.case.pupils.stages == 0][:, PRICES.relief :]
    assert np.nanmax(home) <= 20 + 1e-9, "a child beyond the norm"


def test_paths_find_what_the_whole_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = checked(middling(3, villages=8))
    monkeypatch.setattr(search_module, "SMALL", 0)
    by_paths = checked(middling(3, villages=8))
    assert whole.bound - 1e-6 <= by_paths.total <= whole.total * 1.02
    assert by_paths.bound <= whole.total + 1e-6


def test_parts_side_by_side_are_planned_as_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schools that share no village."""
    monkeypatch.setattr(parts_module, "LARGE", 1)
    schools = Schools(names=("a", "b"), stages=[[True], [True]], places=[270, 120], yearly=20)
    pupils = Pupils(names=("u", "v"), stage=0, number=[[60, 60], [30, 30]], school=[0, 1])
    ways = Choices(
        group=np.array([0, 1]),
        school=np.array([0, 1]),
        minutes=np.array([5.0, 3.0]),
        boards=np.zeros(2, dtype=bool),
        yearly=np.zeros(2),
        lawful=np.ones(2, dtype=bool),
    )
    one, two = (
        checked(plan_network(pupils, ways, schools=schools, stages=[PRIMARY], prices=PRICES, processes=count))
        for count in (1, 2)
    )
    assert one.school.tolist() == two.school.tolist() == [[0, 0], [1, 1]]
    assert (one.total, one.bound) == (two.total, two.bound)


def test_least_way_within_money() -> None:
    pupils, choices, schools, sharing = tiny(1)
    given = {"schools": schools, "stages": [PRIMARY], "prices": PRICES, "sharing": sharing}
    cheap = plan_network(pupils, choices, gap=0, **given)
    near = checked(plan_network(pupils, choices, aim="minutes", gap=0, **given))
    assert near.pupil_minutes.sum() <= cheap.pupil_minutes.sum() + 1e-6
    middle = checked(
        plan_network(pupils, choices, aim="minutes", money=(cheap.cost + near.cost) / 2, gap=0, **given)
    )
    assert middle.cost <= (cheap.cost + near.cost) / 2 + 1e-6
    with pytest.raises(DataError, match="no plan costs so little"):
        plan_network(pupils, choices, aim="minutes", money=cheap.cost * 0.9, **given)


def test_unsafe_schools_are_mended_or_closed_and_beds_suffice() -> None:
    pupils, choices, schools, _ = tiny(2)
    dear = replace(schools, mend=[1e5, 0, 0])
    plan = checked(plan_network(pupils, choices, schools=dear, stages=[PRIMARY], prices=PRICES, gap=0))
    assert not plan.decisions.open[0, 1:].any()
    plan = middling()
    boarders = np.zeros(plan.beds.shape)
    group, year = np.nonzero(plan.boards)
    np.add.at(boarders, (plan.school[group, year], year), plan.case.pupils.by_year[group, year])
    assert (boarders <= 50 + plan.beds + 1e-6).all()


def test_who_has_no_lawful_school_is_named() -> None:
    pupils = Pupils(names=("far",), stage=0, number=[[9.0, 9, 9]], school=0)
    schools = Schools(names=("a",), stages=[[True]], places=90)
    choices = lawful_choices(
        times_from_matrix([[55.0]]), pupils, village=[0], schools=schools, stages=[PRIMARY], walk=5, bus=0.01
    )
    plan = plan_network(pupils, choices, schools=schools, stages=[PRIMARY], prices=PRICES)
    assert plan.without.tolist() == [[False, True, True]], "relief lasts one year"
    assert plan.total == pytest.approx(plan.cost)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": 3}, "a stage that is not there"),
        ({"school": [0, 2]}, "pupils of a school that is closed"),
        ({"school": [0, 9]}, "a school that is not there"),
        ({"number": [[1.0, 2, 3]]}, "shapes do not fit"),
        ({"number": [[1.0, -2, 3], [1, 2, 3]]}, "missing or outside"),
    ],
)
def test_malformed_pupils(change: dict[str, object], message: str) -> None:
    pupils, choices, schools, _ = tiny(0)
    with pytest.raises(DataError, match=message):
        plan_network(replace(pupils, **change), choices, schools=schools, stages=[PRIMARY], prices=PRICES)


def test_a_school_that_does_not_teach_the_stage() -> None:
    pupils, choices, schools, _ = tiny(0)
    taught = np.array([[True, False], [False, True], [True, True]])
    with pytest.raises(DataError, match="does not teach their stage"):
        plan_network(
            pupils, choices, schools=replace(schools, stages=taught), stages=[PRIMARY, JUNIOR], prices=PRICES
        )


def test_malformed_sharing_and_prices() -> None:
    pupils, choices, schools, _ = tiny(0)
    given = {"schools": schools, "stages": [PRIMARY]}
    with pytest.raises(DataError, match="shares with itself"):
        plan_network(
            pupils, choices, prices=PRICES, sharing=Sharing(member=[1], lead=[1], yearly=[1]), **given
        )
    with pytest.raises(DataError, match="prices"):
        plan_network(pupils, choices, prices=Prices(teacher=-1), **given)


def test_paths_keep_the_rules() -> None:
    rng = np.random.default_rng(6)
    group, school = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 1])
    for _ in range(10):
        may = rng.random((5, 6)) < 0.8
        paths = paths_of(may, group, school, today=np.array([0, 1]), stay=3)
        cover = paths.cover.toarray().reshape(5, 6, -1)
        assert (cover <= may[:, :, np.newaxis]).all()
        assert (cover.sum(axis=0) <= 1).all()
        went = np.where(cover.any(axis=0), school[cover.argmax(axis=0)], -1).T
        assert not moved_again(went, np.array([0, 1])[paths.group], stay=3).any()


def test_paths_change_the_way_to_the_same_school_and_begin_late_without_one() -> None:
    """A ride is allowed for two years, boarding from the second on; who has no school waits for a place."""
    may = np.array([[True, True, False, False], [False, True, True, True], [True, True, True, True]])
    group, school = np.array([0, 0, 1]), np.array([0, 0, 0])
    found = paths_of(may, group, school, today=np.array([0, -1]), stay=3)
    taken = found.cover.toarray().T.astype(int).tolist()
    nobody = [0, 0, 0, 0]
    assert [1, 1, 0, 0, 0, 0, 1, 1, *nobody] in taken
    assert [1, 0, 0, 0, 0, 1, 1, 1, *nobody] in taken, "to board as soon as that can be"
    for year in range(4):
        assert [*nobody, *nobody, *(int(one >= year) for one in range(4))] in taken, year


def test_without_time_nothing_is_done_and_the_gap_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = search_module.Found(decisions=None, bound=-np.inf)
    monkeypatch.setattr("tongqu.methods.schools.network.parts.solve_case", lambda *_, **__: nothing)
    plan = checked(middling(villages=8))
    assert plan.decisions.open[plan.case.schools.flag("today")].all()
    assert plan.gap == 1.0
    assert (plan.school >= 0).any()
