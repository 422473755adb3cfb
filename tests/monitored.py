"""A stored plan that several tests monitor and make again; of one round, so that its inputs give it again."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from small import TINY, with_money
from tongqu.contracts import Feedback, Run
from tongqu.workflow.monitor import Actuals, Replanned, replan
from tongqu.workflow.plan import plan

__all__ = ["BRANCH", "CLINIC", "HERE", "SCHOOL", "THERE", "again", "begun", "reported", "same", "stored"]

HERE, THERE = "990101", "990102"
CLINIC, SCHOOL, BRANCH = (
    "clinic:990101002002",
    "primary_school:990102002001",
    "township_branch:990102002001",
)


@cache
def _place() -> Path:
    """A folder that goes when the tests are over."""
    place = Path(tempfile.mkdtemp(prefix="tongqu-monitored-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@cache
def stored() -> Run:
    """The plan, made once."""
    scenario = with_money(6.0).model_copy(update={"feedback": Feedback(rounds=1)})
    return plan(TINY, scenario, out=_place() / "run").run


def begun(run: Run, *, until: int) -> pd.DataFrame:
    """Everything that was to start by a year, built as planned."""
    table = run["results/decisions"]
    table = table[table["start"] <= until]
    return pd.DataFrame({"project": table["project"], "state": "built", "start": table["start"]})


@cache
def same() -> Replanned:
    """Made again with nothing but what was planned."""
    told = Actuals(projects=begun(stored(), until=2026))
    return replan(stored(), told, out=_place() / "same")


def reported() -> Actuals:
    """A clinic given up, a school late, a branch dearer, another revenue, and people that nothing follows."""
    table = begun(stored(), until=2026).set_index("project")
    table.loc[CLINIC, "state"] = "dropped"
    table.loc[SCHOOL, ["state", "start"]] = ["contracted", 2027]
    planned = stored()["results/decisions"].set_index("project")["capital_wan"]
    table.loc[BRANCH, "capital_wan"] = planned[BRANCH] * 1.3
    table["note"] = np.where(table.index == CLINIC, "no doctor was found", "")
    figures = [(unit, 2026, "account.own_revenue", 4000.0) for unit in (HERE, THERE)]
    figures += [(THERE, 2026, "people.total", 1000.0), (HERE, 2026, "money.room", 55.0)]
    columns = ["unit", "year", "variable", "value"]
    return Actuals(table.reset_index(), pd.DataFrame(figures, columns=columns))


@cache
def again() -> Replanned:
    """Made again a second time, with what was reported."""
    return replan(same().run, reported(), out=_place() / "again")
