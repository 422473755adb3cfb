"""Simulating a plan again: the same as simulating it, whatever differs and however it is shared out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from small import loaded, short
from tongqu.base import ScenarioError
from tongqu.contracts import Assume, Offer, State, working_offers
from tongqu.engine.registry import load_sectors
from tongqu.engine.resimulate import Again, Reference, reference_of, resimulate, states_in
from tongqu.engine.simulate import collect_offers, simulate

SCENARIO = short()


@cache
def usual() -> tuple[Assume, Offer, pd.Series]:
    """Standards of the small region, its offer, and a plan that starts a third of it in each of two years."""
    region, sectors = loaded(), load_sectors()
    assume = Assume.of(region["standards"], SCENARIO)
    states = simulate(region, sectors, scenario=SCENARIO, assume=assume)
    offer = collect_offers(region, sectors, states=states, assume=assume)
    alone = offer.projects[(offer.projects["group"] == "") & (offer.projects["requires"] == "")]
    names = alone.groupby("sector")["project"].apply(lambda some: some.iloc[::3]).tolist()
    return assume, offer, pd.Series([2026 + at % 2 for at in range(len(names))], index=names)


@cache
def reference() -> Reference:
    assume, offer, starts = usual()
    return reference_of(
        loaded(), load_sectors(), scenario=SCENARIO, assume=assume, offer=offer, starts=starts
    )


@cache
def without() -> Reference:
    """The same without a plan."""
    return reference_of(loaded(), load_sectors(), scenario=SCENARIO, assume=usual()[0])


def simulated(assume: Assume, *, offer: Offer | None = None) -> tuple[State, ...]:
    _, own, starts = usual()
    return simulate(
        loaded(), load_sectors(), scenario=SCENARIO, assume=assume, offer=offer or own, starts=starts
    )


def changed(**values: float) -> Assume:
    found = usual()[0].values.copy()
    for name, value in values.items():
        found[name.replace("__", ".")] = value
    return Assume(found)


def drawn(seed: int, *, share: float) -> Assume:
    """Some of the standards that have a range, drawn from it."""
    standards, rng = loaded()["standards"], np.random.default_rng(seed)
    some = standards[standards["low"].notna() & (rng.random(len(standards)) < share)]
    values = usual()[0].values.copy()
    values[some["standard"]] = rng.uniform(some["low"], some["high"])
    return Assume(values)


def assert_same(found: tuple[State, ...], wanted: tuple[State, ...]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.year == other.year
        assert one.names == other.names
        for name in one.names:
            pd.testing.assert_series_equal(one[name], other[name], check_names=False, rtol=1e-12, atol=1e-12)


def test_the_reference_is_the_simulation() -> None:
    assert_same(reference().states, simulated(usual()[0]))


@pytest.mark.parametrize(("seed", "share"), [(1, 0.01), (2, 0.05), (3, 0.3), (4, 1.0)])
def test_other_standards_give_what_a_simulation_gives(seed: int, share: float) -> None:
    assume = drawn(seed, share=share)
    assert_same(states_in(reference(), assume), simulated(assume))


def test_only_what_reads_a_standard_is_run_again() -> None:
    """Transfers that grow faster change budgets, not who lives where or how land is used."""
    kept = reference().states
    found = states_in(reference(), changed(growth__transfers=0.1))
    written = {sector.name: sector.writes for sector in reference().sectors}
    for before, after in zip(kept, found, strict=True):
        made_again = {name for name in before.names if after[name] is not before[name]}
        assert made_again <= written["finance"] | written["income"]
        assert (after["account.transfers"] > before["account.transfers"]).all()
    still = states_in(reference(), usual()[0])
    assert all(a[name] is b[name] for a, b in zip(still, kept, strict=True) for name in a.names)


def test_projects_that_bring_something_else() -> None:
    _, offer, _ = usual()
    factor = {"stock": 0.7, "money": 1.3}

    def amounts(number: int, opened: Offer) -> np.ndarray:
        times = opened.entries["ledger"].map(factor).fillna(1.0) ** number
        return (opened.entries["amount"] * times).to_numpy()

    again = Again(reference(), lambda states: states, amounts)
    found = [one for (one,) in resimulate([again], [usual()[0]] * 2)]
    times = offer.entries["ledger"].map(factor).fillna(1.0)
    other = replace(offer, entries=offer.entries.assign(amount=offer.entries["amount"] * times))
    assert_same(found[0], reference().states)
    assert_same(found[1], simulated(usual()[0], offer=other))
    assert not found[1][-1]["stock.beds"].equals(found[0][-1]["stock.beds"])


def test_processes_do_not_matter() -> None:
    assumes = [changed(growth__transfers=seed / 100, elasticity__jobs=seed / 10) for seed in range(10)]

    def keep(states: tuple[State, ...]) -> float:
        return float(states[-1]["account.room"].sum() + states[-1]["people.total"].sum())

    plans = [Again(reference(), keep), Again(without(), keep)]
    alone, shared = (resimulate(plans, assumes, processes=many) for many in (1, 2))
    assert alone == shared
    assert len({one for futures in alone for one in futures}) == 20
    assert [(one,) for one, _ in alone] == resimulate(plans[:1], assumes, processes=1)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_future_that_cannot_be_is_told(processes: int) -> None:
    assumes = [usual()[0]] * 9 + [changed(births__sex_ratio=-1.0)]
    with pytest.raises(ScenarioError, match="a value that cannot be"):
        resimulate([Again(reference(), len)], assumes, processes=processes)


def test_what_works_in_a_year() -> None:
    """Projects that are open, and of their entries those that count, year by year."""
    _, offer, starts = usual()
    years = (2026, 2027, 2028, 2029)
    for year, opened in zip(years, working_offers(offer, years, starts=starts), strict=True):
        lead = offer.projects.set_index("project")["lead"]
        is_open = starts.index[starts + lead[starts.index] <= year]
        assert set(opened.projects["project"]) == set(is_open)
        entries = offer.entries[offer.entries["project"].isin(is_open)]
        age = year - entries["project"].map(starts).astype("int64")
        counts = (age >= entries["since"]) & ((entries["until"] < 0) | (age <= entries["until"]))
        pd.testing.assert_frame_equal(opened.entries, entries[counts].reset_index(drop=True))
        assert set(opened.pairs["first"]) | set(opened.pairs["second"]) <= set(is_open)
