from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.fairness import access_palma, concentration, lorenz, palma, shortfall
from tongqu.methods.inequality import gini, quantile, theil, worst_tenth_mean
from tongqu.methods.reach import cumulative, times_from_pairs
from tongqu.methods.travel import Pairs

PUBLISHED = Path(__file__).parent / "published"
Array = npt.NDArray[np.float64]
Rows = list[tuple[int, int, int]]
places = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=10
).filter(lambda rows: sum(people for _, people, _ in rows) > 0)
FIVE = ["89a88cdb57bffff", "89a88cdb597ffff", "89a88cdb5b3ffff", "89a88cdb5cfffff", "89a88cd909bffff"]


@pytest.fixture(scope="module")
def zones() -> pd.DataFrame:
    """Jobs within 30 minutes of each zone of Belo Horizonte, with people and income."""
    table = pd.read_csv(PUBLISHED / "belo_horizonte_zones.csv")
    pairs = pd.read_parquet(PUBLISHED / "belo_horizonte_30_minutes.parquet")
    near = Pairs(*(pairs[name].to_numpy(np.int64) for name in ("origin", "site")), pairs["tenths"] / 10)
    times = times_from_pairs(near, origins=len(table), sites=len(table))
    return table.assign(access=cumulative(times, table["jobs"], limit=30)).set_index("id", drop=False)


def columns(rows: Rows) -> tuple[Array, Array, Array]:
    level, people, income = np.array(rows, dtype=float).T
    return level, people, income


def one_by_one(rows: Rows, *, parts: int = 10) -> tuple[Array, Array]:
    """Value of every tenth of a person, by income; people of equal income have their mean."""
    table = pd.DataFrame(rows, columns=["value", "people", "income"]).astype(float)
    table = table[table["people"] > 0]
    table["amount"] = table["value"] * table["people"]
    grouped = table.groupby("income")[["amount", "people"]].sum()
    heads = grouped["people"].astype(int).to_numpy() * parts
    mean = (grouped["amount"] / grouped["people"]).to_numpy()
    return np.repeat(mean, heads), np.repeat(np.arange(heads.size), heads)


def test_belo_horizonte_as_published(zones: pd.DataFrame) -> None:
    access, people, income = (zones[name] for name in ("access", "population", "income_per_capita"))
    assert gini(access, people) == pytest.approx(0.4715251, abs=5e-8)
    assert access_palma(access, people, income=income, edge="whole") == pytest.approx(3.800465, abs=5e-7)
    assert access_palma(access, people, income=income) == pytest.approx(3.7793, abs=5e-5)  # computed
    poor = [shortfall(access, people, line=50_000, order=order) for order in (0, 1, 2)]
    np.testing.assert_allclose(poor, [0.3923817, 0.1776241, 0.1010123], atol=5e-8)
    decile = zones["income_decile"].fillna(0)
    found = theil(access, people, groups=decile)
    assert (found.total, found.between, found.within) == pytest.approx(
        (0.3616631, 0.1280753, 0.2335878), abs=5e-8
    )


def test_concentration_as_published(zones: pd.DataFrame) -> None:
    """The package ranks equal incomes in table order, here they share a rank; its bounds are of all zones."""
    living = zones[zones["population"] > 0]
    order = living.sort_values("income_per_capita", kind="stable")
    bounds = (float(zones["access"].min()), float(zones["access"].max()))
    found = concentration(order["access"], order["population"], income=np.arange(len(order)), bounds=bounds)
    assert found == pytest.approx(0.3346494, abs=5e-8)
    shared = concentration(
        living["access"], living["population"], income=living["income_per_capita"], bounds=bounds
    )
    assert shared == pytest.approx(found, abs=5e-5)


def test_five_zones_as_published(zones: pd.DataFrame) -> None:
    five = zones.loc[FIVE]
    access, people, income = (five[name] for name in ("access", "population", "income_per_capita"))
    assert gini(access, people) == pytest.approx(0.1386, abs=5e-5)
    assert concentration(access, people, income=income) == pytest.approx(-0.0248, abs=5e-5)
    living = access[people > 0]
    bounds = (float(living.min()), float(living.max()))
    assert concentration(access, people, income=income, bounds=bounds) == pytest.approx(-0.1314, abs=5e-5)
    found = [shortfall(access, people, line=100_000, order=order) for order in (0, 1, 2)]
    np.testing.assert_allclose(found, [1, 0.5588, 0.3256], atol=5e-5)
    # The package takes the quantiles of income from all zones, the access from the five.
    all_living = zones[zones["population"] > 0]
    low, high = quantile(all_living["income_per_capita"], all_living["population"], q=[0.4, 0.9])
    poor, rich = (income <= low).to_numpy(), (income > high).to_numpy()
    ratio = np.average(access[rich], weights=people[rich]) / np.average(access[poor], weights=people[poor])
    assert ratio == pytest.approx(1.0911, abs=5e-5)
    assert np.isnan(access_palma(access, people, income=income, edge="whole"))  # a 38 % zone is the richest


def test_theil_as_published() -> None:
    table = pd.read_csv(PUBLISHED / "mexico_income.csv")
    found = theil(table["pcgdp1940"], groups=table["hanson98"])
    assert found.total == pytest.approx(0.20894344, abs=5e-9)
    assert found.between == pytest.approx(0.0345889, abs=5e-8)
    assert found.within == pytest.approx(0.17435454, abs=5e-9)


@given(places)
def test_palma_equals_people_one_by_one(rows: Rows) -> None:
    level, people, income = columns(rows)
    each, _ = one_by_one(rows)
    tenth, fourth = each.size // 10, each.size * 4 // 10
    rich, poor = each[-tenth:].mean(), each[:fourth].mean()
    found = access_palma(level, people, income=income)
    if poor > 0:
        assert found == pytest.approx(rich / poor)
    else:
        assert np.isnan(found) if rich == 0 else found == np.inf
    own = np.sort(np.repeat(level, people.astype(int) * 10))
    rich, poor = own[-tenth:].sum(), own[:fourth].sum()
    if poor > 0:
        assert palma(level, people) == pytest.approx(rich / poor)


@given(places)
def test_concentration_equals_people_one_by_one(rows: Rows) -> None:
    level, people, income = columns(rows)
    each, group = one_by_one(rows, parts=1)
    rank = pd.Series(group).rank().to_numpy() / each.size - 0.5 / each.size
    found = concentration(level, people, income=income)
    if each.mean() > 0:
        plain = 2 * np.mean((each - each.mean()) * (rank - 0.5)) / each.mean()
        assert found == pytest.approx(plain, abs=1e-12)
        assert abs(found) <= gini(level, people) + 1e-12
        assert concentration(level, people, income=level) == pytest.approx(gini(level, people), abs=1e-12)
        corrected = concentration(level, people, income=income, bounds=(0, 30))
        assert corrected == pytest.approx(4 * each.mean() / 30 * found, abs=1e-12)
        assert concentration(level, people, income=-income) == pytest.approx(-found, abs=1e-12)
    else:
        assert np.isnan(found)


@given(places)
def test_lorenz_area_is_the_index(rows: Rows) -> None:
    level, people, income = columns(rows)
    if level @ people > 0:
        for by, index in ((None, gini(level, people)), (income, concentration(level, people, income=income))):
            curve = lorenz(level, people, by=by)
            area = np.sum(np.diff(curve.people) * (curve.value[1:] + curve.value[:-1]) / 2)
            assert 1 - 2 * area == pytest.approx(index, abs=1e-12)
            assert curve.people[[0, -1]].tolist() == curve.value[[0, -1]].tolist() == [0, 1]
        curve = lorenz(level, people)
        assert (curve.value <= curve.people + 1e-12).all()


@given(places, st.sampled_from([0.0, 1.0, 2.0]))
def test_shortfall_equals_people_one_by_one(rows: Rows, order: float) -> None:
    level, people, _ = columns(rows)
    each = np.repeat(level, people.astype(int))
    for worst, gap in (("low", (10 - each) / 10), ("high", (each - 10) / 10)):
        plain = np.where(gap > 0, np.abs(gap) ** order, 0).mean()
        assert shortfall(level, people, line=10, order=order, worst=worst) == pytest.approx(plain)  # type: ignore[arg-type]


@given(places, st.lists(st.integers(0, 2), min_size=10, max_size=10))
def test_theil_splits(rows: Rows, groups: list[int]) -> None:
    level, people, _ = columns(rows)
    group = np.array(groups[: level.size])
    found = theil(level, people, groups=group)
    if level @ people == 0:
        assert np.isnan(found.total)
        return
    within = 0.0
    for each in np.unique(group):
        part = group == each
        if (level * people)[part].sum() > 0:
            inner = theil(level[part], people[part], groups=np.zeros(part.sum())).total
            within += (level * people)[part].sum() / (level @ people) * inner
    assert found.within == pytest.approx(within, abs=1e-12)
    assert -1e-12 <= found.between <= found.total + 1e-12


@given(places)
def test_places_without_people_do_not_count(rows: Rows) -> None:
    level, people, income = columns(rows)
    more = [np.append(each, value) for each, value in ((level, np.nan), (people, 0), (income, np.nan))]
    for measure in (access_palma, concentration):
        left = measure(level, people, income=income)
        right = measure(more[0], more[1], income=more[2])
        assert left == right or (np.isnan(left) and np.isnan(right))
    assert shortfall(more[0], more[1], line=9) == shortfall(level, people, line=9)


def test_by_hand() -> None:
    assert palma([0, 0, 5], [2, 2, 1]) == np.inf
    assert palma([0, 0], [2, 2]) != palma([0, 0], [2, 2])
    assert access_palma([1, 3], [1, 1], income=[5, 5]) == 1  # equal incomes are one place
    assert access_palma([2, 6], [3, 7], income=[1, 2]) == 6 / ((3 * 2 + 1 * 6) / 4)
    assert shortfall([10, np.inf], [3, 1], line=20, order=0, worst="high") == 0.25
    # The worst-served tenth of 20 people is two: one with 1, and one of the two with 5.
    assert worst_tenth_mean([5, 1, 9], [2, 1, 17], worst="low") == 3


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: palma([1, np.nan]), "missing or outside"),
        (lambda: palma([1, 2], [0, 0]), "nobody is there"),
        (lambda: palma([1, 2], [1]), "lengths differ"),
        (lambda: palma([1, 2], [1, -1]), "missing or outside"),
        (lambda: access_palma([1, 2], income=[1, np.nan]), "missing or outside"),
        (lambda: concentration([1, 2], income=[1, 2], bounds=(0, 1)), "a value is outside"),
        (lambda: shortfall([1], line=0), "no line"),
        (lambda: shortfall([1], line=1, order=-1), "below 0"),
        (lambda: shortfall([np.inf], line=1, worst="high"), "missing or outside"),
        (lambda: lorenz([0, 0]), "all are 0"),
        (lambda: theil([1, 2], groups=["a"]), "lengths differ"),
        (lambda: theil([1, np.inf], groups=["a", "a"]), "missing or outside"),
    ],
)
def test_errors(wrong: Callable[[], object], text: str) -> None:
    with pytest.raises(DataError, match=text):
        wrong()
