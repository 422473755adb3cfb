from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tongqu.methods.reach
from tongqu.base import DataError
from tongqu.methods.reach import (
    CONSERVING,
    BoundedGaussian,
    Exponential,
    Gaussian,
    Impedance,
    Linear,
    Logistic,
    Power,
    Steps,
    Tier,
    Times,
    Variant,
    Within,
    cumulative,
    cumulative_interval,
    floating,
    gravity,
    minutes_to_enough,
    nearest_mean,
    tiered,
    times_from_matrix,
    times_from_pairs,
)
from tongqu.methods.travel import Pairs

PUBLISHED = Path(__file__).parent / "published"
Array = npt.NDArray[np.float64]
Case = tuple[Array, Array, Array]
IMPEDANCES: list[Impedance] = [
    Within(30),
    Steps((10, 20, 30), (1, 0.68, 0.22)),
    Exponential(0.1),
    Power(1.5, floor=2),
    Gaussian(12),
    BoundedGaussian(40),
    Linear(40),
    Logistic(20, 5),
]
VARIANTS: tuple[Variant, ...] = get_args(Variant)


@pytest.fixture(scope="module")
def zones() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / "belo_horizonte_zones.csv")


@pytest.fixture(scope="module")
def half_hour(zones: pd.DataFrame) -> Times:
    pairs = pd.read_parquet(PUBLISHED / "belo_horizonte_30_minutes.parquet")
    near = Pairs(
        pairs["origin"].to_numpy(np.int64),
        pairs["site"].to_numpy(np.int64),
        pairs["tenths"].to_numpy(np.float64) / 10,
    )
    return times_from_pairs(near, origins=len(zones), sites=len(zones))


def five_zones(zones: pd.DataFrame) -> tuple[Times, pd.DataFrame]:
    long = pd.read_csv(PUBLISHED / "belo_horizonte_five_zones.csv")
    order = ["57bffff", "597ffff", "5b3ffff", "5cfffff"]
    ids = [f"89a88cdb{end}" for end in order] + ["89a88cd909bffff"]
    square = long.pivot_table(index="from_id", columns="to_id", values="travel_time").loc[ids, ids]
    return times_from_matrix(square), zones.set_index("id").loc[ids]


def test_two_step_and_balanced_as_published(zones: pd.DataFrame) -> None:
    times, five = five_zones(zones)
    published: dict[Variant, list[float]] = {
        "2SFCA": [0.0152, 0.1491, 0.1491, 0.1068, 0],
        "balanced": [0.0094, 0.1993, 0.1993, 0.1147, 0],
    }
    for variant, values in published.items():
        found = floating(
            times, five["population"], supply=five["jobs"], variant=variant, impedance=Within(45)
        )
        np.testing.assert_array_equal(found.per_person.round(4), values)


def test_availability_as_published() -> None:
    toy = times_from_matrix([[15, 30, 100], [30, 15, 100], [100, 100, 15]])
    found = floating(
        toy,
        [50_000, 150_000, 10_000],
        supply=[100_000, 100_000, 10_000],
        variant="availability",
        impedance=Exponential(0.1),
    )
    np.testing.assert_array_equal(found.places.round(), [66_833, 133_203, 9_963])


def test_cumulative_and_nearest_as_published(zones: pd.DataFrame, half_hour: Times) -> None:
    jobs = cumulative(half_hour, zones["jobs"], limit=30)
    people = cumulative(half_hour.swapped(), zones["population"], limit=30)
    school = minutes_to_enough(half_hour, zones["schools"], enough=1)
    assert jobs[:6].tolist() == [14561, 29452, 16647, 10700, 6669, 37029]
    assert people[:6].tolist() == [11053, 31903, 12488, 14474, 15053, 69582]
    assert school[:6].tolist() == [29, 24, 28, np.inf, np.inf, 17]  # published: 33 and 32 beyond 30


def peer(times: Times, people: Array, supply: Array) -> Any:
    """The same input for the PySAL package access."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from access import Access

        return Access(
            demand_df=pd.DataFrame({"id": np.arange(times.origins), "people": people}),
            demand_index="id",
            demand_value="people",
            supply_df=pd.DataFrame({"id": np.arange(times.sites), "supply": supply}),
            supply_index="id",
            supply_value=["supply"],
            cost_df=pd.DataFrame({"origin": times.origin, "dest": times.site, "cost": times.minutes}),
            cost_origin="origin",
            cost_dest="dest",
            cost_name="cost",
        )


def same_as_peer(times: Times, people: Array, supply: Array) -> None:
    package = peer(times, people, supply)
    zone = {10: 1.0, 20: 0.68, 30: 0.22}
    steps = Steps(tuple(zone), tuple(zone.values()))

    def ours(variant: Variant, impedance: Impedance) -> Array:
        return floating(
            times, people, supply=supply, variant=variant, impedance=impedance, limit=30
        ).per_person

    def theirs(method: str, **options: Any) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = getattr(package, method)(name=method, max_cost=30, **options)
        return np.asarray(table.iloc[:, 0].reindex(range(times.origins)).fillna(0), dtype=float)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from access import weights
    step, bell = weights.step_fn(zone), weights.gaussian(20)
    close = {"rtol": 1e-10, "atol": 1e-15}
    np.testing.assert_allclose(ours("2SFCA", Within(30)), theirs("two_stage_fca"), **close)
    np.testing.assert_allclose(
        ours("E2SFCA", steps), theirs("enhanced_two_stage_fca", weight_fn=step), **close
    )
    np.testing.assert_allclose(ours("3SFCA", steps), theirs("three_stage_fca", weight_fn=step), **close)
    np.testing.assert_allclose(
        gravity(times.upto(30), supply, impedance=Gaussian(20)),
        theirs("weighted_catchment", weight_fn=bell),
        **close,
    )


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_pysal_package(seed: int) -> None:
    draw = np.random.default_rng(seed)
    minutes = draw.integers(1, 60, (30, 7)).astype(float)
    times = times_from_matrix(minutes)
    same_as_peer(times, draw.integers(1, 500, 30).astype(float), draw.integers(0, 50, 7).astype(float))


def test_equal_to_the_pysal_package_in_belo_horizonte(zones: pd.DataFrame, half_hour: Times) -> None:
    people = zones["population"].to_numpy(float) + 1.0  # the package divides by 0 where nobody is
    same_as_peer(half_hour, people, zones["jobs"].to_numpy(float))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Minutes (some out of reach), people (some none) and supply (some none)."""
    origins, sites = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    time = st.one_of(st.integers(0, 60).map(float), st.just(np.inf))
    row = st.lists(time, min_size=sites, max_size=sites)
    minutes = draw(st.lists(row, min_size=origins, max_size=origins))
    many = st.integers(0, 900).map(float)
    people = draw(st.lists(many, min_size=origins, max_size=origins))
    supply = draw(st.lists(many, min_size=sites, max_size=sites))
    return np.array(minutes), np.array(people), np.array(supply)


def impedance_for(variant: Variant) -> Impedance:
    return Within(30) if variant == "2SFCA" else Exponential(0.1)


def by_hand(case: Case, *, variant: Variant, f: Callable[[float], float]) -> list[float]:
    """The formulas of the papers, word for word, with loops."""
    minutes, people, supply = case
    homes, sites = range(people.size), range(supply.size)
    w = [[f(minutes[i][j]) if np.isfinite(minutes[i][j]) else 0.0 for j in sites] for i in homes]
    row = [sum(w[i]) for i in homes]
    column = [sum(w[i][j] for i in homes) for j in sites]
    g = [[w[i][j] / row[i] if row[i] else 0.0 for j in sites] for i in homes]
    ask = {"balanced": g, "3SFCA": [[g[i][j] * w[i][j] for j in sites] for i in homes]}.get(variant, w)
    ratio = []
    for j in sites:
        demand = sum(people[i] * ask[i][j] for i in homes)
        ratio.append(supply[j] / demand if demand else 0.0)
    result = []
    for i in homes:
        total = 0.0
        for j in sites:
            give = {
                "M2SFCA": w[i][j] * w[i][j],
                "3SFCA": g[i][j] * w[i][j],
                "balanced": w[i][j] / column[j] if column[j] else 0.0,
            }.get(variant, w[i][j])
            total += give * ratio[j]
        result.append(total)
    return result


@given(cases(), st.sampled_from(VARIANTS))
def test_every_variant_equals_its_formula(case: Case, variant: Variant) -> None:
    minutes, people, supply = case
    impedance = impedance_for(variant)
    found = floating(times_from_matrix(minutes), people, supply=supply, variant=variant, impedance=impedance)
    plain = by_hand(case, variant=variant, f=lambda t: float(impedance(t)))
    np.testing.assert_allclose(found.per_person, plain, rtol=1e-9)
    assert (found.variant, found.impedance) == (variant, impedance)


@given(cases(), st.sampled_from(VARIANTS), st.sampled_from(IMPEDANCES))
def test_what_is_conserved(case: Case, variant: Variant, impedance: Impedance) -> None:
    minutes, people, supply = case
    impedance = Within(30) if variant == "2SFCA" else impedance
    times = times_from_matrix(minutes)
    found = floating(times, people, supply=supply, variant=variant, impedance=impedance)
    given_out = supply.sum() - found.unused
    np.testing.assert_allclose(found.places, people * found.per_person)
    if variant in CONSERVING:
        np.testing.assert_allclose(found.places.sum(), given_out, rtol=1e-9)
    if variant == "M2SFCA":
        assert found.places.sum() <= given_out * (1 + 1e-9)
    if variant == "balanced":
        reaches = times.by_origin(impedance(times.minutes)) > 0
        np.testing.assert_allclose(found.demand.sum(), people[reaches].sum(), rtol=1e-9)
        level = np.divide(supply, found.demand, out=np.zeros(supply.size), where=found.demand > 0)
        np.testing.assert_allclose(found.per_person.sum(), level.sum(), rtol=1e-9)
    none = found.per_person == 0
    assert found.beyond <= people[none].sum()


@given(cases(), st.sampled_from([0.5, 1.0, 2.0]))
def test_availability_hands_out_all_that_is_reached(case: Case, alpha: float) -> None:
    minutes, people, supply = case
    times = times_from_matrix(minutes)
    found = floating(
        times, people, supply=supply, variant="availability", impedance=Exponential(0.1), alpha=alpha
    )
    np.testing.assert_allclose(found.places.sum() + found.unused, supply.sum(), rtol=1e-9)
    if alpha == 1:
        enhanced = floating(times, people, supply=supply, variant="E2SFCA", impedance=Exponential(0.1))
        np.testing.assert_array_equal(found.per_person, enhanced.per_person)


def test_what_is_left_out_is_named() -> None:
    times = times_from_matrix([[5, np.inf], [np.inf, np.inf], [5, 10]])
    found = floating(times, [10, 7, 0], supply=[4, 3], variant="E2SFCA", impedance=Linear(20))
    assert (found.unused, found.beyond) == (3, 7)
    far = floating(times, [10, 7, 2], supply=[4, 3], variant="E2SFCA", impedance=Exponential(60))
    assert far.unused == 3
    assert np.isfinite(far.per_person).all()
    tilted = floating(
        times, [10, 7, 0], supply=[4, 3], variant="availability", impedance=Linear(20), alpha=0.5
    )
    assert np.isnan(tilted.per_person[2])
    assert tilted.places[2] == 0


@given(cases(), st.randoms())
def test_pairs_in_any_order_equal_the_matrix(case: Case, random: Any) -> None:
    minutes, people, supply = case
    origin, site = np.nonzero(np.isfinite(minutes))
    order = list(range(origin.size))
    random.shuffle(order)
    order = np.array(order, dtype=int)
    pairs = Pairs(origin[order], site[order], minutes[origin, site][order])
    left = times_from_pairs(pairs, origins=people.size, sites=supply.size)
    right = times_from_matrix(minutes)
    np.testing.assert_array_equal(left.minutes, right.minutes)
    np.testing.assert_array_equal(left.site, right.site)
    np.testing.assert_array_equal(left.swapped().swapped().origin, right.origin)


@given(cases(), st.integers(0, 40), st.integers(0, 20), st.sampled_from([0.1, 0.5, 1.0, 3.0]))
def test_interval_is_the_mean_of_its_limits(case: Case, low: int, more: int, step: float) -> None:
    minutes, _, supply = case
    times = times_from_matrix(minutes)
    limits, limit = [], float(low)
    while limit <= low + more + 1e-9:
        limits.append(limit)
        limit = low + step * len(limits)
    plain = np.mean([cumulative(times, supply, limit=each) for each in limits], axis=0)
    found = cumulative_interval(times, supply, low=low, high=low + more, step=step)
    np.testing.assert_allclose(found, plain, rtol=1e-9)


@given(cases(), st.integers(1, 5), st.integers(0, 900))
def test_nearest_and_enough_by_sorting(case: Case, k: int, wanted: int) -> None:
    minutes, people, supply = case
    times = times_from_matrix(minutes)
    means, enough = [], []
    for row in minutes:
        near = np.sort(row)[:k]
        means.append(near.mean() if near.size == k else np.inf)
        reached, answer = 0.0, 0.0 if wanted == 0 else np.inf
        for j in np.argsort(row, kind="stable"):
            reached += supply[j]
            if reached >= wanted > 0 and np.isfinite(row[j]):
                answer = row[j]
                break
        enough.append(answer)
    np.testing.assert_allclose(nearest_mean(times, k=k), means)
    np.testing.assert_array_equal(minutes_to_enough(times, supply, enough=wanted), enough)
    own = minutes_to_enough(times, supply, enough=people)
    for i, count in enumerate(people):
        assert own[i] == minutes_to_enough(times, supply, enough=count)[i]


def test_decimal_supplies_add_up_to_enough() -> None:
    assert minutes_to_enough(times_from_matrix([[1, 2, 3]]), [0.1] * 3, enough=0.3) == 3


@pytest.mark.parametrize("impedance", IMPEDANCES, ids=repr)
def test_impedance_falls_from_one(impedance: Impedance) -> None:
    weight = impedance(np.append(np.linspace(0, 300, 601), np.inf))
    assert weight[0] == pytest.approx(1, abs=1e-12)
    assert (np.diff(weight) <= 1e-12).all()
    assert weight[-1] == 0
    assert isinstance(impedance, Impedance)


def test_impedance_by_hand() -> None:
    assert Logistic(30, 1e-3)([29.9, 30.1]).round(9).tolist() == [1, 0]
    # 1 + exp(-2 pi / sqrt 3) over 1 + exp(2 pi / sqrt 3), written out
    assert Logistic(20, 10)(40) == pytest.approx((1 + np.exp(-3.6275987)) / (1 + np.exp(3.6275987)))
    assert Power(2, floor=3)([1, 3, 6]).tolist() == [1, 1, 0.25]
    assert Steps((5,), (0.5,))([5, 5.1]).tolist() == [0.5, 0]


def test_tiers_by_hand() -> None:
    minutes = np.array([[5.0, 40.0, 50.0], [20.0, 10.0, 30.0], [np.inf, 8.0, 25.0]])
    times = times_from_matrix(minutes)
    people = np.array([[30.0, 20.0], [40.0, 10.0], [5.0, 5.0]])
    clinic = Tier("clinic", np.array([40.0, 30, 0]), np.array([1.0, 2.0]), Within(15), weight=3)
    county = Tier("county", np.array([0, 0, 6.0]), np.array([0.1, 0.2]), Linear(60), limit=30, enough=0.5)
    found = tiered(times, people, tiers=[clinic, county], variant="E2SFCA")
    # clinic: origin 0 alone at site 0 asks 70; origins 1 and 2 at site 1 ask 60 + 15
    first = np.array([40 / 70, 30 / 75, 30 / 75])
    # county: origins 1 and 2 with weights 1/2 and 7/12 ask 6 and 1.5
    ratio = 6 / (6 / 2 + 1.5 * 7 / 12)
    second = np.array([0, ratio / 2, ratio * 7 / 12])
    np.testing.assert_allclose(found.tiers[0].per_person, first)
    np.testing.assert_allclose(found.tiers[1].per_person, second)
    met = np.minimum(np.stack([first, second / 0.5]), 1)
    np.testing.assert_allclose(found.met, met)
    np.testing.assert_allclose(found.combined, (3 * met[0] + met[1]) / 4)
    assert found.weakest.tolist() == [1, 0, 0]
    assert found.names == ("clinic", "county")


def test_a_site_without_supply_in_a_tier_attracts_nobody() -> None:
    times = times_from_matrix([[5.0, 5.0]])
    tier = Tier("one", np.array([10.0, 0.0]), np.ones(1), Exponential(0.1))
    found = tiered(times, [10], tiers=[tier], variant="balanced")
    assert found.tiers[0].per_person.tolist() == [1]


TIMES = times_from_matrix([[5.0, 20.0]])
TIER = Tier("one", np.ones(2), np.ones(1), Linear(30))


def fca(**changes: Any) -> object:
    usual = {"supply": [1, 1], "variant": "E2SFCA", "impedance": Linear(30)}
    return floating(TIMES, changes.pop("people", [10]), **{**usual, **changes})


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: times_from_matrix([1, 2]), "dimensions"),
        (lambda: times_from_matrix([[np.nan]]), "missing or outside"),
        (
            lambda: times_from_pairs(
                Pairs(np.zeros(2, int), np.zeros(2, int), np.ones(2)), origins=1, sites=1
            ),
            "a pair comes twice",
        ),
        (
            lambda: times_from_pairs(
                Pairs(np.zeros(2, int), np.zeros(2, int), np.ones(1)), origins=1, sites=1
            ),
            "lengths differ",
        ),
        (lambda: fca(people=[1, 2]), "its shape is"),
        (lambda: fca(people=[-1]), "missing or outside"),
        (lambda: fca(supply=[1, np.nan]), "missing or outside"),
        (lambda: fca(variant="4SFCA"), "unknown"),
        (lambda: fca(variant="2SFCA"), "2SFCA knows only"),
        (lambda: fca(alpha=2), "does not fit"),
        (lambda: fca(variant="availability", alpha=0), "does not fit"),
        (lambda: fca(limit=-1), "no limit"),
        (lambda: Exponential(0)([1]), "not above 0"),
        (lambda: Steps((5, 3), (1, 0.5))([1]), "do not rise"),
        (lambda: Steps((5,), (1, 0.5))([1]), "lengths differ"),
        (lambda: Steps((5, 9), (0.5, 1))([1]), "inner zone"),
        (lambda: Linear(10)([-1]), "missing or outside"),
        (lambda: cumulative_interval(TIMES, [1, 1], low=9, high=3), "no interval"),
        (lambda: nearest_mean(TIMES, k=0), "no number of sites"),
        (lambda: minutes_to_enough(TIMES, [1, 1], enough=[1, 2]), "shape is wrong"),
        (lambda: tiered(TIMES, [1], tiers=[], variant="E2SFCA"), "there is none"),
        (lambda: tiered(TIMES, [1], tiers=[TIER, TIER], variant="E2SFCA"), "comes twice"),
        (lambda: tiered(TIMES, [[1, 2]], tiers=[TIER], variant="E2SFCA"), "do not fit"),
    ],
)
def test_errors(wrong: Callable[[], object], text: str) -> None:
    with pytest.raises(DataError, match=text):
        wrong()


def test_all_of_the_package_is_exact() -> None:
    package = tongqu.methods.reach
    inner: set[str] = set()
    for each in pkgutil.iter_modules(package.__path__):
        inner |= set(importlib.import_module(f"{package.__name__}.{each.name}").__all__)
    assert set(package.__all__) == inner
