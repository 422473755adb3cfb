"""What the promise does not need is not built, and nothing promised is lost."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from small import TINY, with_money
from tongqu.data import load_region
from tongqu.engine.check import check_plan
from tongqu.engine.inputs import prepare, service_sums
from tongqu.engine.optimise import optimise
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
