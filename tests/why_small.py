"""Answers about the plan of the small region that tests share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tongqu.base import silent
from tongqu.contracts import open_run
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan
from tongqu.workflow.why import Why, study, why
from tongqu.workflow.why.asked import read_plan

ROAD = "village_road:990101002002"
VILLAGE = "990101002002"


@cache
def read(path: Path) -> tuple[Inputs, Plan]:
    """The inputs of a run and its plan, read once."""
    return read_plan(open_run(path), progress=silent)


@cache
def asked_at(path: Path) -> Why:
    """One road, one village with one service, one limit: asked once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "read_plan", lambda run, progress: read(run.path))
        return why(
            open_run(path),
            projects=[ROAD],
            villages=[(VILLAGE, "county_hospital")],
            limits=[("money 990101", 2026, 20.0)],
        )
