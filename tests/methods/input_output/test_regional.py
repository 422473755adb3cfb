"""Quotients by hand, regional tables as identities, and the speed of all places at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.data import Region
from tongqu.methods.input_output import (
    Quotient,
    Table,
    check_table,
    cilq,
    domestic_coefficients,
    domestic_share,
    extract,
    leontief,
    regional_multipliers,
    regional_table,
    section_jobs,
    size_factor,
    slq,
    split_sections,
    technical_coefficients,
    trade_coefficients,
)

QUOTIENTS: tuple[Quotient, ...] = ("SLQ", "CILQ", "FLQ", "AFLQ")
LETTERS = list("ABCDEFGHIJKLMNOPQRS")
counts = arrays(np.float64, (3,), elements=st.integers(0, 500).map(float))


def test_quotients_by_hand() -> None:
    place, parent = [30.0, 10, 0], [100.0, 100, 200]
    # Shares 0.75 0.25 0 over 0.25 0.25 0.5.
    assert slq(place, parent) == pytest.approx([3, 1, 0])
    assert cilq(place, parent) == pytest.approx(np.array([[3, 3, 1], [1 / 3, 1, 1], [0, 0, 0]]))
    size = np.log2(1 + 40 / 400) ** 0.3
    assert size_factor(place, parent) == pytest.approx(size)
    assert size == pytest.approx(0.5514, abs=5e-5)
    flegg = np.array([[1, 1, size], [size / 3, size, size], [0, 0, 0]])
    assert trade_coefficients(place, parent) == pytest.approx(flegg)
    # log2(1 + 3) = 2 for the buyer that is three times as strong.
    assert trade_coefficients(place, parent, quotient="AFLQ") == pytest.approx(flegg * [2, 1, 1])
    assert trade_coefficients(place, parent, quotient="CILQ")[1] == pytest.approx([1 / 3, 1, 1])
    assert trade_coefficients(place, parent, quotient="SLQ")[0] == pytest.approx([1, 1, 1])


@given(counts, st.floats(0, 0.9))
def test_a_part_never_supplies_more_than_all(place: np.ndarray, delta: float) -> None:
    parent = np.array([600.0, 700, 800])
    place[0] += 1
    for quotient in QUOTIENTS[:3]:
        found = trade_coefficients(place, parent, quotient=quotient, delta=delta)
        assert ((found >= 0) & (found <= 1)).all()
    larger = trade_coefficients(place, parent, delta=delta)
    smaller = trade_coefficients(place, parent, delta=min(delta + 0.05, 0.99))
    assert (smaller <= larger + 1e-12).all()


@pytest.mark.parametrize(
    ("place", "parent", "rule"),
    [
        ([1, 1], [0, 5], "it lacks a sector"),
        ([0, 0], [5, 5], "all values are 0"),
        ([9, 9], [5, 5], "larger than its parent"),
        ([1], [5, 5], "other sectors"),
        ([-1, 2], [5, 5], "outside"),
    ],
)
def test_jobs_that_cannot_be(place: list[float], parent: list[float], rule: str) -> None:
    with pytest.raises(DataError, match=rule):
        trade_coefficients(place, parent)


def places(quzhou: Region, zhejiang: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Jobs of the counties and the city, of the province, and shares of people."""
    industries = quzhou["industries"].set_index("industry")
    sections = industries.loc[list(zhejiang.sectors), "section"].tolist()
    jobs = quzhou["jobs"]
    wide = (
        jobs[jobs["year"] == 2020]
        .pivot_table(index="unit", columns="industry", values="workers")
        .reindex(columns=LETTERS)
        .fillna(0)
    )
    reference = quzhou["reference_jobs"]
    whole = section_jobs(reference, area="zhejiang", year=2020, sections=LETTERS)
    labour = zhejiang.value_of("labour")
    split = {"sections": LETTERS, "sectors": sections, "weights": labour}
    people = quzhou["people"]
    total = people[people["year"] == 2020].groupby("unit")["people"].sum().reindex(wide.index)
    province = reference.loc[(reference["area"] == "zhejiang") & (reference["year"] == 2020), "people"].iloc[
        0
    ]
    mine = split_sections(wide.to_numpy(), **split)  # type: ignore[arg-type]
    return mine, split_sections(whole, **split), (total / province).to_numpy()  # type: ignore[arg-type]


@pytest.mark.parametrize("quotient", QUOTIENTS)
def test_regional_tables_balance(quzhou: Region, zhejiang: Table, quotient: Quotient) -> None:
    jobs, whole, people = places(quzhou, zhejiang)
    known = np.linspace(1e6, 2e7, len(jobs))
    found = regional_table(
        zhejiang,
        jobs=jobs,
        parent_jobs=whole,
        people_share=people,
        value_added=known,
        quotient=quotient,
    )
    check_table(found.table)
    np.testing.assert_allclose(found.table.value_of().sum(axis=-1), known)
    assert (found.outflow >= -1e-6).all()
    assert (found.inflow >= -1e-6).all()
    net = found.table.demand_of("net_outflow")
    np.testing.assert_allclose(found.outflow - found.inflow, net, atol=1e-6 * known.max())
    # Own use, own supply of final demand and outflow make up output.
    final = found.table.net_demand - net
    made = (found.coefficients * found.table.output[..., None, :]).sum(-1) + found.supply * final
    np.testing.assert_allclose(made + found.outflow, found.table.output, atol=1e-6 * known.max())
    solved = leontief(found.coefficients) @ (found.supply * final + found.outflow)[..., None]
    np.testing.assert_allclose(solved[..., 0], found.table.output, atol=1e-5 * known.max())
    assert (found.capped <= 1).all()
    assert found.quotient == quotient


def test_counties_leak_more_than_the_province(quzhou: Region, zhejiang: Table) -> None:
    jobs, whole, people = places(quzhou, zhejiang)
    found = regional_multipliers(regional_table(zhejiang, jobs=jobs, parent_jobs=whole, people_share=people))
    province = leontief(domestic_coefficients(zhejiang)).sum(axis=0)
    there = jobs.sum(axis=0) > 0
    assert (found.output[:, there] <= province[there] + 1e-9).all()
    assert (found.output[:, there] >= 1 - 1e-9).all()
    assert found.output_2 is not None
    assert (found.output_2[:, there] >= found.output[:, there]).all()
    assert found.jobs is not None
    assert (found.jobs >= 0).all()


def test_the_whole_parent_gives_the_parent_back(zhejiang: Table) -> None:
    jobs = zhejiang.output / 10
    found = regional_table(zhejiang, jobs=jobs, parent_jobs=jobs, people_share=1.0)
    np.testing.assert_allclose(found.table.output, zhejiang.output)
    np.testing.assert_allclose(found.table.flows, zhejiang.flows, atol=1e-3)
    np.testing.assert_allclose(
        found.coefficients, domestic_coefficients(zhejiang) * found.capped[:, None], atol=1e-12
    )
    full = technical_coefficients(zhejiang.flows, zhejiang.output)
    assert (found.coefficients <= full * domestic_share(zhejiang)[:, None] + 1e-12).all()


@pytest.mark.parametrize("at", [0, 2, 6])
def test_many_places_equal_one_at_a_time(quzhou: Region, zhejiang: Table, at: int) -> None:
    jobs, whole, people = places(quzhou, zhejiang)
    assert len(jobs) == 7
    every = regional_table(zhejiang, jobs=jobs, parent_jobs=whole, people_share=people)
    one = regional_table(zhejiang, jobs=jobs[at], parent_jobs=whole, people_share=people[at])
    np.testing.assert_allclose(every.coefficients[at], one.coefficients)
    np.testing.assert_allclose(every.table.demand[at], one.table.demand)
    for variant in ("purchases", "sales", "full"):
        many = extract(every.coefficients, demand=every.outflow, variant=variant)
        single = extract(one.coefficients, demand=one.outflow, variant=variant)
        np.testing.assert_allclose(many.total[at], single.total)


def test_split_keeps_workers_and_names_what_is_missing() -> None:
    split = split_sections([[10, 6], [0, 3]], sections=["A", "C"], sectors=["A", "C", "C"], weights=[1, 1, 3])
    assert split.sum(axis=1) == pytest.approx([16, 3])
    with pytest.raises(DataError, match="has no weight"):
        split_sections([1, 1], sections=["A", "C"], sectors=["A", "C"], weights=[1, 0])
    with pytest.raises(DataError, match="no workers given"):
        split_sections([1.0], sections=["A"], sectors=["A", "C"], weights=[1, 1])
