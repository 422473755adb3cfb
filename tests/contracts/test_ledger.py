"""Entries of a ledger and key: whose they are and how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tongqu.contracts import amounts_of, county_totals, entries_of

ENTRIES = pd.DataFrame(
    {
        "project": ["p", "q", "p", "r"],
        "ledger": ["room", "room", "served", "room"],
        "unit": ["a", "b", "a", "a"],
        "key": ["beds", "beds", "beds", "meals"],
        "since": 0,
        "until": -1,
        "amount": [3.0, 4.0, 1.0, 9.0],
    }
)


def test_amounts_are_those_of_the_entries_and_names_stay_while_numbers_change() -> None:
    named, amount = amounts_of(ENTRIES, ledger="room", key="beds")
    frame = entries_of(ENTRIES, ledger="room", key="beds")
    assert named.project.tolist() == frame["project"].tolist() == ["p", "q"]
    assert named.unit.tolist() == frame["unit"].tolist()
    assert amount.tolist() == frame["amount"].tolist()
    other = ENTRIES.assign(amount=ENTRIES["amount"] * 2)
    again, double = amounts_of(other, ledger="room", key="beds")
    assert again is named
    assert double.tolist() == [6.0, 8.0]
    nobody, nothing = amounts_of(ENTRIES, ledger="moved", key="beds")
    assert nobody.project.empty
    assert nothing.size == 0


def test_totals_count_only_the_entries_that_are_asked_for() -> None:
    counties = pd.Index(["b", "a"])
    assert county_totals(ENTRIES, ledger="room", key="beds", counties=counties).tolist() == [4.0, 3.0]
    where = np.array([True, False, True, True])
    some = county_totals(ENTRIES, ledger="room", key="beds", counties=counties, where=where)
    assert some.tolist() == [0.0, 3.0]
