"""What an offer may hold: the contract of ledgers, projects, pairs and limits is checked at the door."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small import TINY
from tongqu.contracts import (
    FOREVER,
    Offer,
    OfferError,
    State,
    StateError,
    active_entries,
    cost_entries,
    join_offers,
    lasting_entries,
    link_upgrades,
    open_projects,
    project_table,
    yearly_limits,
)
from tongqu.data import load_region

YEARS = tuple(range(2026, 2032))


def offer(**columns: object) -> Offer:
    projects = project_table(
        {"project": ["a", "b"], "county": "c1", "capital_wan": 10.0, "lead": 1, **columns},
        sector="s",
        kind="k",
    )
    served = lasting_entries(projects, ledger="served", unit="v1", key="walk", amount=1.0)
    return Offer(projects, pd.concat([cost_entries(projects), served], ignore_index=True))


LIMITS = {"ledger": ["money"], "unit": "c1", "key": "room", "year": 2026, "amount": 1.0}


def with_entries(**columns: object) -> Offer:
    made = offer()
    return replace(made, entries=made.entries.assign(**columns))


def test_a_sound_offer_passes_unchanged():
    made = offer()
    checked = made.checked("s")
    pd.testing.assert_frame_equal(checked.projects, made.projects)
    pd.testing.assert_frame_equal(checked.entries, made.entries)


@pytest.mark.parametrize(
    "made",
    [
        replace(
            offer(),
            pairs=pd.DataFrame({"first": ["a"], "second": ["z"], "unit": "v", "key": "k", "amount": 1.0}),
        ),
        replace(
            offer(),
            pairs=pd.DataFrame({"first": ["a"], "second": ["b"], "unit": "v", "key": "k", "amount": np.nan}),
        ),
        offer(requires=["", "z"]),
        offer(requires=["b", "a"]),
        offer(lead=-1),
        with_entries(amount=np.inf),
        replace(offer(), entries=offer().entries.assign(since=-1)),
        replace(
            offer(),
            entries=offer().entries.assign(
                amount=lambda rows: rows["amount"].where(rows["ledger"] != "served", 3.0)
            ),
        ),
        replace(
            offer(),
            entries=offer().entries.assign(
                amount=lambda rows: rows["amount"].where(rows["ledger"] != "served", -1.0)
            ),
        ),
        replace(
            offer(),
            entries=offer().entries.assign(
                until=lambda rows: rows["until"].where(rows["ledger"] != "served", 2)
            ),
        ),
        replace(
            offer(),
            entries=offer().entries.assign(
                since=lambda rows: rows["since"].where(rows["ledger"] != "served", 0)
            ),
        ),
        offer(requires=["a", ""]),
        with_entries(key="taxi"),
        replace(offer(), limits=pd.DataFrame(LIMITS).assign(key="purse")),
        replace(offer(), limits=pd.DataFrame(LIMITS).assign(ledger="gold")),
        replace(offer(), limits=pd.concat([pd.DataFrame(LIMITS)] * 2)),
        with_entries(ledger="room", amount=-1.0),
        replace(offer(), entries=offer().entries.assign(since=5, until=3)),
        replace(
            offer(),
            pairs=pd.DataFrame({"first": ["a"], "second": ["b"], "unit": "v", "key": "k", "amount": 2.0}),
        ),
        replace(
            offer(), entries=pd.concat([offer().entries, offer().entries.iloc[-1:].assign(ledger="room")])
        ),
    ],
    ids=[
        "pair of an unknown project",
        "pair without amount",
        "requires the unknown",
        "requires in a circle",
        "negative lead",
        "infinite amount",
        "before the start",
        "serves more than all",
        "serves less than nobody",
        "service that ends",
        "service before the opening",
        "requires itself",
        "money for an unknown purpose",
        "money from an unknown source",
        "limit of an unknown ledger",
        "limit given twice",
        "room below nothing",
        "ends before it begins",
        "pair that serves more than all",
        "credit without room where places are counted",
    ],
)
def test_what_the_ledgers_cannot_hold_is_refused(made):
    with pytest.raises(OfferError, match="sector s"):
        made.checked("s")


def test_projects_in_a_circle_are_named_once():
    projects = project_table(
        {"project": list("abcdef"), "requires": ["b", "c", "a", "a", "", "e"]}, sector="s", kind="k"
    )
    with pytest.raises(OfferError) as caught:
        Offer(projects).checked("s")
    assert str(caught.value) == "sector s: projects require one another in a circle: a, b, c"


def test_places_that_the_region_does_not_have_are_refused():
    """An entry of money for no county would cost nothing, credit for no village serve nobody."""
    region = load_region(TINY)
    projects = project_table(
        {"project": ["a"], "county": "990101", "capital_wan": 10.0}, sector="s", kind="k"
    )
    served = lasting_entries(projects, ledger="served", unit="990101001001", key="walk", amount=1.0)
    good = Offer(projects, pd.concat([cost_entries(projects), served], ignore_index=True))
    assert len(good.checked("s", region=region).entries) == 2
    wrong = replace(
        good,
        entries=good.entries.assign(unit=["990109", "nowhere"]),
        limits=pd.DataFrame(LIMITS).assign(unit="elsewhere"),
    )
    wrong.checked("s")
    with pytest.raises(OfferError) as caught:
        wrong.checked("s", region=region)
    assert all(name in str(caught.value) for name in ("'990109'", "'nowhere'", "'elsewhere'"))


def test_every_problem_is_named_at_once():
    made = offer(requires=["", "z"])
    bad = replace(made, entries=made.entries.assign(ledger="gold", project="y"))
    with pytest.raises(OfferError) as caught:
        bad.checked("s")
    assert all(word in str(caught.value) for word in ("'gold'", "'y'", "'z'"))


def test_a_table_that_lacks_a_column_names_it():
    with pytest.raises(OfferError, match="lacks the columns county, lead"):
        replace(offer(), projects=offer().projects.drop(columns=["county", "lead"])).checked("s")


def test_joining_keeps_the_order_and_nothing_else():
    first = offer()
    second = Offer(
        first.projects.assign(project=["x", "y"]),
        first.entries.assign(project=first.entries["project"].map({"a": "x", "b": "y"})),
    )
    joined = join_offers([first, second])
    assert list(joined.projects["project"]) == ["a", "b", "x", "y"]
    assert len(joined.entries) == 2 * len(first.entries)
    assert join_offers([]).projects.empty
    kept = joined.of(["y", "a"])
    assert list(kept.projects["project"]) == ["a", "y"]
    assert set(kept.entries["project"]) == {"a", "y"}


AMOUNT = st.one_of(st.just(0.0), st.floats(0.01, 1e6))


@settings(max_examples=80, deadline=None)
@given(
    lead=st.integers(0, 4),
    start=st.integers(2026, 2031),
    capital=AMOUNT,
    running=AMOUNT,
    land=AMOUNT,
)
def test_costs_are_paid_once_and_last(lead, start, capital, running, land):
    projects = project_table(
        {
            "project": ["a"],
            "county": "c1",
            "capital_wan": capital,
            "running_wan": running,
            "land_mu": land,
            "lead": lead,
        },
        sector="s",
        kind="k",
    )
    years = range(2026, 2040)
    active = active_entries(cost_entries(projects), years, starts=pd.Series({"a": start}))
    paid = active[active["key"] == "capital"].set_index("year")["amount"]
    assert paid.sum() == pytest.approx(capital)
    if capital:
        assert list(paid.index) == list(range(start, start + max(lead, 1)))
        assert np.allclose(paid, capital / max(lead, 1))
    for key, amount, since in (("running", running, lead), ("construction", land, 0)):
        found = active[active["key"] == key].set_index("year")["amount"].to_dict()
        assert found == (dict.fromkeys(range(start + since, 2040), amount) if amount else {})


ENTRY = st.tuples(
    st.sampled_from("abcd"),
    st.integers(0, 3),
    st.one_of(st.just(FOREVER), st.integers(0, 5)),
    st.floats(-9, 9),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ENTRY, max_size=15), st.dictionaries(st.sampled_from("abcdz"), st.sampled_from(YEARS)))
def test_active_entries_are_those_of_a_slow_reading(rows, starts):
    entries = pd.DataFrame(
        [
            (project, "money", "c", f"k{number}", since, until, amount)
            for number, (project, since, until, amount) in enumerate(rows)
        ],
        columns=["project", "ledger", "unit", "key", "since", "until", "amount"],
    ).astype({"since": "int64", "until": "int64", "amount": "float64"})
    active = active_entries(entries, YEARS, starts=pd.Series(starts, dtype="int64"))
    slow = []
    for number, (project, since, until, amount) in enumerate(rows):
        for year in YEARS:
            if project in starts:
                age = year - starts[project]
                if age >= since and (until == FOREVER or age <= until):
                    slow.append((year, f"k{number}", amount))
    assert sorted(zip(active["year"], active["key"], active["amount"], strict=True)) == sorted(slow)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=7, max_size=7), st.data())
def test_required_links_come_along_the_whole_chain(parents, data):
    """Project k may require one before it; each has a link or two of its own."""
    names = [f"p{number}" for number in range(7)]
    requires = [
        "",
        *(names[parent] if parent < number else "" for number, parent in enumerate(parents[1:], start=1)),
    ]
    links = [data.draw(st.lists(st.sampled_from("wxyz"), unique=True, min_size=1, max_size=2)) for _ in names]
    projects = project_table({"project": names, "requires": requires}, sector="s", kind="k")
    rows = [
        (name, "link", "", link, 0, FOREVER, float(10 * number + ord(link)))
        for number, (name, mine) in enumerate(zip(names, links, strict=True))
        for link in mine
    ]
    entries = pd.DataFrame(rows, columns=["project", "ledger", "unit", "key", "since", "until", "amount"])
    found = link_upgrades(Offer(projects, entries)).set_index(["project", "link"])["minutes"].to_dict()
    slow: dict[tuple[str, str], float] = {}
    for name in names:
        current = name
        while current:
            for project, _, _, link, _, _, minutes in rows:
                if project == current:
                    slow[name, link] = min(slow.get((name, link), np.inf), minutes)
            current = requires[names.index(current)]
    assert found == slow


def test_open_projects_and_limits_by_year():
    projects = project_table({"project": ["a", "b"], "lead": [0, 2]}, sector="s", kind="k")
    starts = pd.Series({"a": 2027, "b": 2026})
    opened = [list(open_projects(projects, year, starts=starts)["project"]) for year in (2026, 2027, 2028)]
    assert opened == [[], ["a"], ["a", "b"]]
    limits = yearly_limits(["c", "d"], [2026, 2028], ledger="land", key="construction", a_year=4.0)
    assert limits.groupby("unit")["amount"].apply(list).to_dict() == {"c": [4.0, 12.0], "d": [4.0, 12.0]}


def test_a_state_says_what_it_has_and_is_not_changed_by_its_successor():
    before = State(2026, {"a.x": pd.Series({"v": 1.0})})
    after = before.in_year(2027).adding({"a.x": pd.Series({"v": 2.0}), "b.y": pd.Series({"v": 3.0})})
    assert (before.year, before["a.x"]["v"], after.year, after["a.x"]["v"]) == (2026, 1.0, 2027, 2.0)
    assert after.matching("b") == ("y",)
    assert after.keeping(["b.y"]).names == ("b.y",)
    with pytest.raises(StateError, match=r"2027 has no variable 'c\.z'; it has a\.x, b\.y"):
        after["c.z"]
