"""Coefficients, inverses, multipliers and extraction: published numbers, identities, brute force."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.data import Region
from tongqu.data.io_rules import DEMAND, VALUE
from tongqu.methods.input_output import (
    DemandRole,
    Table,
    ValueRole,
    Variant,
    aggregate,
    allocation_coefficients,
    check_table,
    domestic_coefficients,
    domestic_share,
    extract,
    ghosh,
    household_coefficients,
    imbalance,
    leontief,
    linkages,
    multipliers,
    table_of,
    tables_in,
    technical_coefficients,
)

FLOWS = np.array([[150.0, 500], [200, 100]])
OUTPUT = np.array([1000.0, 2000])
A = FLOWS / OUTPUT
DEMAND_2 = np.array([350.0, 1700])
VARIANTS: tuple[Variant, ...] = ("purchases", "sales", "full")

# Columns that sum to less than 1: an economy that works.
economies = arrays(np.float64, (4, 4), elements=st.floats(0, 0.24))
demands = arrays(np.float64, (4,), elements=st.floats(0.1, 100))


def test_the_example_of_miller_and_blair() -> None:
    assert technical_coefficients(FLOWS, OUTPUT) == pytest.approx(A)
    inverse = leontief(A)
    expected = np.array([[1.25412541, 0.330033], [0.2640264, 1.12211221]])
    np.testing.assert_allclose(inverse, expected, atol=5e-9)
    np.testing.assert_allclose(inverse @ [600, 1500], [1247.52, 1841.58], atol=0.005)
    supply = ghosh(allocation_coefficients(FLOWS, OUTPUT))
    np.testing.assert_allclose(supply, [[1.25412541, 0.66006601], [0.1320132, 1.12211221]], atol=5e-9)


def test_extraction_of_miller_and_blair() -> None:
    assert extract(A, demand=DEMAND_2, variant="purchases").total[0] == pytest.approx(413.158, abs=5e-4)
    assert extract(A, demand=DEMAND_2, variant="full").total[0] == pytest.approx(1210.526, abs=5e-4)


def without(coefficients: np.ndarray, demand: np.ndarray, sector: int, variant: Variant) -> np.ndarray:
    """Output with one sector extracted, by inverting the changed matrix."""
    changed, wanted = coefficients.copy(), demand.copy()
    if variant in ("purchases", "full"):
        changed[:, sector] = 0
    if variant in ("sales", "full"):
        changed[sector] = 0
    if variant == "full":
        wanted[sector] = 0
    return np.asarray(np.linalg.solve(np.eye(len(demand)) - changed, wanted))


@given(economies, demands, st.sampled_from(VARIANTS))
def test_one_inverse_gives_every_extraction(a: np.ndarray, f: np.ndarray, variant: Variant) -> None:
    found = extract(a, demand=f, variant=variant)
    whole = leontief(a) @ f
    for sector in range(4):
        left = without(a, f, sector, variant)
        np.testing.assert_allclose(found.loss[:, sector], whole - left, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.total, found.loss.sum(axis=0))
    assert (found.total <= extract(a, demand=f, variant="full").total + 1e-9).all()


@given(economies, demands)
def test_multipliers_reproduce_final_demand(a: np.ndarray, f: np.ndarray) -> None:
    income, jobs = np.array([0.1, 0.2, 0.02, 0.0]), np.array([3.0, 0, 1, 2])
    found = multipliers(a, income=income, jobs=jobs)
    x = np.linalg.solve(np.eye(4) - a, f)
    assert found.output @ f == pytest.approx(x.sum())
    assert found.income @ f == pytest.approx(income @ x)
    assert found.jobs is not None
    assert found.jobs @ f == pytest.approx(jobs @ x)
    assert np.isnan(found.income_ratio[3])
    assert found.output_2 is None


@given(economies)
def test_value_added_multipliers_are_one(a: np.ndarray) -> None:
    # Without imports every unit of final demand ends as value added.
    assert multipliers(a, income=1 - a.sum(axis=0)).income == pytest.approx(np.ones(4))


@given(economies, arrays(np.float64, (4,), elements=st.floats(0.01, 0.2)))
def test_type_two_is_the_limit_of_rounds_of_spending(a: np.ndarray, spent: np.ndarray) -> None:
    income = 0.5 * (1 - a.sum(axis=0))
    found = multipliers(a, income=income, consumption=spent)
    inverse, total = np.linalg.inv(np.eye(4) - a), np.zeros((4, 4))
    demand = np.eye(4)
    for _ in range(200):
        made = inverse @ demand
        total += made
        demand = np.outer(spent, income @ made)
    assert found.output_2 is not None
    np.testing.assert_allclose(found.output_2, total.sum(axis=0), rtol=1e-6)
    assert (found.output_2 >= found.output).all()
    # The ratio of type II to type I income is the same for all sectors (Miller and Blair 2009, 6.2).
    assert found.income_2 is not None
    ratio = found.income_2 / found.income
    np.testing.assert_allclose(ratio, ratio[0])


@given(economies, demands)
def test_linkages_have_mean_one_and_ghosh_is_similar(a: np.ndarray, f: np.ndarray) -> None:
    x = np.linalg.solve(np.eye(4) - a, f)
    allocation = a * x / x[:, None]
    found = linkages(a, allocation=allocation)
    assert found.backward_index.mean() == pytest.approx(1)
    assert found.forward_index.mean() == pytest.approx(1)
    np.testing.assert_allclose(ghosh(allocation), leontief(a) * x / x[:, None], rtol=1e-7, atol=1e-9)


def test_batches_equal_one_at_a_time() -> None:
    many = np.stack([A, A * 0.5, A.T])
    found = multipliers(many, income=np.full((3, 2), 0.2), consumption=np.full((3, 2), 0.3))
    for at in range(3):
        one = multipliers(many[at], income=[0.2, 0.2], consumption=[0.3, 0.3])
        assert one.output_2 is not None
        assert found.output_2 is not None
        np.testing.assert_allclose(found.output_2[at], one.output_2)


@pytest.mark.parametrize("wrong", [[[0.6, 0.7], [0.7, 0.6]], [[1.0]], [[1.2]]])
def test_an_economy_that_cannot_work_is_refused(wrong: list[list[float]]) -> None:
    with pytest.raises(DataError, match="uses up more than it makes"):
        leontief(wrong)


def test_roles_are_the_same_in_data_and_methods() -> None:
    assert set(get_args(DemandRole)) == set(DEMAND)
    assert set(get_args(ValueRole)) == set(VALUE)


def test_every_bundled_table_balances(quzhou: Region) -> None:
    rows, industries = quzhou["input_output"], quzhou["industries"]
    assert tables_in(rows) == [
        ("china", 2017),
        ("china", 2020),
        ("zhejiang", 2002),
        ("zhejiang", 2007),
        ("zhejiang", 2012),
        ("zhejiang", 2017),
    ]
    for area, year in tables_in(rows):
        table = table_of(rows, industries=industries, area=area, year=year)
        check_table(table)
        assert len(table.sectors) == 42
        share = domestic_share(table)
        assert ((share >= 0) & (share <= 1)).all()
        income, consumption = household_coefficients(table)
        found = multipliers(domestic_coefficients(table), income=income, consumption=consumption)
        assert found.output_2 is not None
        made = table.output > 0
        assert (found.output[made] > 0.99).all()
        assert (found.output_2 >= found.output - 1e-9).all()


def test_totals_are_the_published_ones(quzhou: Region, zhejiang: Table) -> None:
    # Total output of the row of outputs and value added of the row of sums in the published table, 万元.
    assert zhejiang.output.sum() == 1_524_285_939
    assert zhejiang.value_of().sum() == 524_402_734
    # The order of sectors is that of 2017: construction is 27 and sells to investment.
    industries = quzhou["industries"].set_index("industry")
    code = industries.index[(industries["name_en"] == "Construction")].tolist()
    assert "cn17.27" in code
    assert "cn12.28" in code
    building = zhejiang.sectors.index("cn17.27")
    assert zhejiang.demand_of("capital")[building] / zhejiang.output[building] > 0.7


def test_common_sectors_make_tables_comparable(quzhou: Region, zhejiang: Table) -> None:
    rows, industries = quzhou["input_output"], quzhou["industries"].set_index("industry")
    common = [
        aggregate(table, industries.loc[list(table.sectors), "common"].tolist())
        for table in (
            table_of(rows, industries=quzhou["industries"], area="zhejiang", year=year)
            for year in (2002, 2007, 2012, 2017)
        )
    ]
    assert len({tuple(sorted(table.sectors)) for table in common}) == 1
    assert common[-1].output.sum() == pytest.approx(zhejiang.output.sum())
    for table in common:
        check_table(table)
        # Shape of an economy: construction builds, agriculture is no builder.
        assert (
            table.demand_of("capital")[table.sectors.index("construction")]
            > 0.5 * table.output[table.sectors.index("construction")]
        )


def test_imports_in_proportion(zhejiang: Table) -> None:
    # Inside use from inside plus what goes out is output: the share reproduces the balance.
    share = domestic_share(zhejiang)
    inside = zhejiang.flows.sum(axis=1) + zhejiang.demand_of(
        "household", "government", "capital", "stocks", "error"
    )
    out = zhejiang.demand_of("export", "outflow")
    sound = (share > 0) & (share < 1)
    np.testing.assert_allclose((share * inside + out)[sound], zhejiang.output[sound], rtol=1e-9)
    assert sound.sum() >= 35


def test_every_cell_of_imbalance_is_named(zhejiang: Table) -> None:
    flows, output = zhejiang.flows.copy(), zhejiang.output.copy()
    flows[3, 5] += 50
    output[9] = -output[9]
    broken = replace(zhejiang, flows=flows, output=output)
    with pytest.raises(DataError) as caught:
        check_table(broken, name="zhejiang 2017")
    named = {(problem.column, problem.value) for problem in caught.value.problems}
    assert named == {
        ("row", "cn17.04"),
        ("column", "cn17.06"),
        ("row", "cn17.10"),
        ("column", "cn17.10"),
        ("output", "cn17.10"),
    }
    assert all(problem.file == "zhejiang 2017" for problem in caught.value.problems)
    check_table(replace(zhejiang, output=zhejiang.output + 0.5))  # rounding


def test_all_problems_of_a_table_come_together() -> None:
    with pytest.raises(DataError) as caught:
        Table(("a", "a"), [[1.0, 2], [3, np.nan]], [[1.0]], ("house",), [[1.0, 2]], ("labour",), [1.0, 2])  # type: ignore[arg-type]
    rules = [problem.rule for problem in caught.value.problems]
    assert len(rules) == 4


def test_an_error_column_is_part_of_the_balance() -> None:
    table = Table(
        sectors=("a",),
        flows=np.array([[1.0]]),
        demand=np.array([[5.0, 4.0]]),
        demand_roles=("household", "error"),
        value_added=np.array([[9.0]]),
        value_roles=("labour",),
        output=np.array([10.0]),
    )
    rows, columns = imbalance(table)
    assert rows == pytest.approx(0)
    assert columns == pytest.approx(0)
    check_table(table)
