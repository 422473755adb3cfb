"""Ledger entries against a slow evaluation, and the checks of offers."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.contracts import (
    Offer,
    OfferError,
    join_offers,
    ledger_of,
    link_upgrades,
    open_projects,
    project_table,
)

YEARS = (2026, 2027, 2028, 2029)
ENTRY = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["money", "land", "served"]),
    st.sampled_from("uv"),
    st.integers(0, 3),
    st.integers(-1, 4),
    st.floats(-100, 100),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ENTRY, max_size=12), st.dictionaries(st.sampled_from("abc"), st.sampled_from(YEARS)))
def test_the_ledger_adds_up_what_is_active(rows, starts):
    entries = pd.DataFrame(
        [(*row[:3], "k", *row[3:]) for row in rows],
        columns=["project", "ledger", "unit", "key", "since", "until", "amount"],
    )
    found = ledger_of(
        entries.astype({"since": "int64", "until": "int64", "amount": "float64"}),
        YEARS,
        starts=pd.Series(starts, dtype="int64"),
    )
    slow: dict[tuple, float] = {}
    for project, ledger, unit, since, until, amount in rows:
        for year in YEARS:
            age = year - starts.get(project, 9999)
            if project in starts and ledger != "served" and age >= since and (until == -1 or age <= until):
                slow[year, ledger, unit, "k"] = slow.get((year, ledger, unit, "k"), 0.0) + amount
    fast = found.set_index(["year", "ledger", "unit", "key"])["amount"].to_dict()
    assert fast == pytest.approx(slow)


def offer(**entry) -> Offer:
    projects = project_table({"project": ["a", "b", "c"], "requires": ["", "a", "b"]}, sector="s", kind="k")
    rows = pd.DataFrame(
        {
            "project": ["a", "b", "c"],
            "ledger": "link",
            "unit": "",
            "key": ["l1", "l2", "l1"],
            "since": 0,
            "until": -1,
            "amount": [4.0, 5.0, 3.0],
        }
    )
    return Offer(projects, rows.assign(**entry))


def test_required_projects_lend_their_links():
    found = link_upgrades(offer()).set_index(["project", "link"])["minutes"].to_dict()
    assert found == {("a", "l1"): 4.0, ("b", "l1"): 4.0, ("b", "l2"): 5.0, ("c", "l1"): 3.0, ("c", "l2"): 5.0}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"ledger": "gold"}, "unknown ledger 'gold'"),
        ({"project": "z"}, "is not offered"),
        ({"amount": None}, "is missing"),
    ],
)
def test_wrong_entries_are_refused(entry, words):
    with pytest.raises(OfferError, match=words):
        offer(**entry).checked("s")


def test_a_project_offered_twice_is_refused():
    with pytest.raises(OfferError, match="offered twice"):
        join_offers([offer(), offer()]).checked("s")


def test_projects_open_after_their_lead():
    projects = project_table({"project": ["a", "b"], "lead": [0, 2]}, sector="s", kind="k")
    starts = pd.Series({"a": 2026, "b": 2026})
    assert list(open_projects(projects, 2026, starts=starts)["project"]) == ["a"]
    assert list(open_projects(projects, 2028, starts=starts)["project"]) == ["a", "b"]
