"""What the promise does not need is not built, and nothing promised is lost."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hand import VILLAGES, hand_made, offer_of, plenty, projects_of
from small import TINY, with_money
from tongqu.data import load_region
from tongqu.engine.check import check_plan
from tongqu.engine.inputs import service_sums
from tongqu.engine.needs import idle_projects
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.prune import needed_starts
from tongqu.engine.registry import load_sectors


@pytest.fixture(scope="module")
def inputs():
    return prepare(load_region(TINY), load_sectors(), scenario=with_money(6.0))


def test_a_second_clinic_for_the_same_village_goes_and_the_earlier_stays(inputs):
    entries = inputs.offer.entries
    twin = "clinic:990101002002"
    copy = entries[entries["project"] == "clinic:990102002002"]
    copy = copy.assign(unit=copy["unit"].where(copy["ledger"] != "served", "990101002002"))
    copy = copy[copy["ledger"] != "stock"]
    rest = entries[
        (entries["project"] != "clinic:990102002002")
        & ((entries["project"] != twin) | (entries["ledger"] != "stock"))
    ]
    other = replace(inputs, offer=replace(inputs.offer, entries=pd.concat([rest, copy], ignore_index=True)))
    both = {twin: 2026, "clinic:990102002002": 2027}
    assert needed_starts(other, pd.Series(both)).to_dict() == {twin: 2026}
    late = {twin: 2027, "clinic:990102002002": 2026}
    assert needed_starts(other, pd.Series(late)).to_dict() == {"clinic:990102002002": 2026}


def test_dropping_changes_no_service(inputs):
    plan = optimise(inputs)
    everything = plan.starts.copy()
    for project in inputs.offer.projects["project"]:
        if inputs.offer.projects.set_index("project")["kind"][project] == "village_road":
            everything[project] = 2026
    fewer = needed_starts(inputs, everything)
    served = [
        service_sums(inputs.region, check_plan(inputs, replace(plan, starts=starts)).states)["served"]
        for starts in (everything, fewer)
    ]
    assert served[0].to_numpy() == pytest.approx(served[1].to_numpy())
    assert set(fewer.index) <= set(everything.index)


HOMES = VILLAGES["990101"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_dropping_changes_no_promised_figure(data):
    """Shares of any size, pairs, leads, land that is freed: the promise of what is kept is that of all."""
    names = [f"p{number}" for number in range(5)]
    rows = [
        {
            "project": name,
            "county": "990101",
            "capital_wan": float(number),
            "lead": data.draw(st.integers(0, 1)),
        }
        for number, name in enumerate(names)
    ]
    share = st.sampled_from([0.3, 0.5, 0.7, 1.0])
    effects = [
        (name, "served", home, "walk", data.draw(share))
        for name in names
        for home in data.draw(st.lists(st.sampled_from(HOMES[:3]), unique=True, max_size=2))
    ]
    pairs = [
        (first, second, data.draw(st.sampled_from(HOMES[:3])), "walk", data.draw(share))
        for first, second in data.draw(st.lists(st.sampled_from([("p0", "p1"), ("p2", "p4")]), unique=True))
    ]
    inputs = hand_made(
        offer_of(projects_of(rows), effects=effects, pairs=pairs, limits=plenty((2026, 2027, 2028))),
        needs={("walk", HOMES[0], 2026): 0.0},
    )
    starts = {name: data.draw(st.integers(2026, 2027)) for name in names}
    kept = set(needed_starts(inputs, pd.Series(starts)).index)
    opens = {name: starts[name] + row["lead"] for name, row in zip(names, rows, strict=True)}
    options = [((name, name), home, amount) for name, _, home, _, amount in effects]
    options += [((first, second), home, amount) for first, second, home, _, amount in pairs]
    whole = credited(options, opens, kept=set(names))
    assert credited(options, opens, kept=kept) == pytest.approx(whole)
    for name in kept:
        assert sum(credited(options, opens, kept=kept - {name})) < sum(whole) - 1e-6, "it could go too"


def credited(options, opens, *, kept) -> list[float]:
    """Share of each home and year in need that is credited; nobody at the first home needs any in 2026."""
    return [
        min(
            1.0,
            sum(
                amount
                for both, place, amount in options
                if place == home and kept.issuperset(both) and max(opens[name] for name in both) <= year
            ),
        )
        for home in HOMES[:3]
        for year in (2026, 2027, 2028)
        if (home, year) != (HOMES[0], 2026)
    ]


def test_candidates_that_could_change_nothing_are_named():
    """Nobody at home 1 lacks anything; who is required, paired, pinned, frees or shares a room stays."""
    names = ("good", "idle", "needed", "partner", "frees", "beds", "wanted", "annex", "hall", "chain", "end")
    rows = [{"project": name, "county": "990101", "capital_wan": 1.0} for name in names]
    rows[names.index("good")]["requires"] = "needed"
    rows[names.index("needed")]["requires"] = "chain"
    rows[names.index("end")]["requires"] = "idle"
    full, lacking = HOMES[:2]
    effects = [
        ("good", "served", lacking, "walk", 1.0),
        ("idle", "served", full, "walk", 1.0),
        ("beds", "stock", "990101", "beds", 1.0),
        ("hall", "served", lacking, "place", 1.0),
        ("hall", "room", lacking, "place", 9.0),
        ("annex", "room", lacking, "place", 9.0),
    ]
    offer = offer_of(
        projects_of(rows),
        effects=effects,
        more=[("frees", "land", "990101", "construction", 0, -1, -2.0)],
        pairs=[("partner", "good", lacking, "walk", 1.0), ("end", "idle", full, "walk", 1.0)],
    )
    inputs = hand_made(offer, needs={("walk", full, year): 0.0 for year in (2026, 2027, 2028)})
    assert idle_projects(inputs.offer, inputs.states, wanted=["wanted"]) == ["idle", "end"]


def test_the_bundled_rules_leave_no_idle_candidate_in_the_program(inputs):
    left = idle_projects(inputs.offer, inputs.states)
    assert left == []
    assert set(inputs.idle).isdisjoint(inputs.offer.projects["project"])
