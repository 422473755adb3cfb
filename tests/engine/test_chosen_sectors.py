"""A scenario that lets some sectors choose, and the others only be simulated."""

from __future__ import annotations

import pytest

from small import loaded, short
from tongqu.base import ScenarioError
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors


def test_one_sector_alone_plans_with_its_own_projects_only():
    inputs = prepare(loaded(), load_sectors(), scenario=short(sectors=("health",)))
    assert set(inputs.offer.projects["sector"]) == {"health"}
    whole = prepare(loaded(), load_sectors(), scenario=short())
    assert inputs.states[0]["served.bus"].equals(whole.states[0]["served.bus"]), "the others are simulated"


def test_unknown_sectors_and_pins_of_others_are_told_together():
    pin = {"project": "clinic:990101002002", "year": 2026}
    with pytest.raises(ScenarioError) as error:
        prepare(loaded(), load_sectors(), scenario=short(sectors=("educaton", "transport"), pinned=(pin,)))
    told = {problem.column: problem for problem in error.value.problems}
    assert "did you mean 'education'" in told["sectors[0]"].mend
    assert told["pinned[0]"].rule == "its sector is left out"
