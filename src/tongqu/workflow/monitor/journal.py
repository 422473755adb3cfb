"""The ledger of decisions: every decision of every plan of a region, with its reason and the run of its plan.

Rows are only added. A plan that is made again keeps the rows before it as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem
from tongqu.contracts import Run, Scenario

__all__ = [
    "CHANGES",
    "JOURNAL",
    "JOURNAL_COLUMNS",
    "earlier_rows",
    "journal_problems",
    "replayed",
    "rows_of",
    "with_rows",
]

JOURNAL: Final = "results/journal"
"""Name of the table in a run."""

JOURNAL_COLUMNS: Final[Mapping[str, str]] = {
    "number": "int64",
    "run": "str",
    "earlier": "str",
    "from_year": "int64",
    "project": "str",
    "change": "str",
    "before": "float64",
    "after": "float64",
    "before_wan": "float64",
    "after_wan": "float64",
    "loss": "float64",
    "reason": "str",
    "why": "str",
}
"""``before`` and ``after`` are years of the start, NaN where there is none; ``loss`` is what the changed
promise cost in the objective; ``why`` is in the words of the user."""

CHANGES: Final = (
    *("added", "kept", "moved", "dropped"),
    *("built", "contracted", "pinned", "banned", "edited"),
)
DECIDED: Final = ("added", "kept", "moved", "dropped", "built", "contracted")
"""Changes after which a project has the start in ``after``, or none."""


def earlier_rows(run: Run) -> pd.DataFrame:
    """The journal of a run; the first plan's decisions are its first rows."""
    if (run.path / f"{JOURNAL}.parquet").is_file():
        return run[JOURNAL]
    decisions = run["results/decisions"].set_index("project")
    none = pd.DataFrame({"start": pd.Series(dtype="int64"), "capital_wan": pd.Series(dtype="float64")})
    made = rows_of(none, decisions, scenario=run.scenario, losses={}, dropped={})
    return _numbered(made.assign(run=run.id, earlier=""), before=0)


def rows_of(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    scenario: Scenario,
    losses: Mapping[str, float],
    dropped: Mapping[str, str],
    offered: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Rows of one plan: what became of every earlier decision, new decisions, and the user's orders.

    Parameters
    ----------
    before, after : DataFrame
        Decisions of the earlier plan and of this one: ``start, capital_wan``, indexed by project.
    losses : mapping of str to float
        What each changed promise cost in the objective.
    dropped : mapping of str to str
        Projects that the user gave up, and why.
    offered : iterable of str, optional
        Projects on offer now; all unless given.
    """
    committed = {one.project: one for one in scenario.committed}
    names = [*before.index, *after.index.difference(before.index)]
    on_offer = set(names if offered is None else offered)
    rows = []
    for name in names:
        old, new = (
            float(frame["start"].get(name, np.nan)) if len(frame) else np.nan for frame in (before, after)
        )
        costs = [
            float(frame["capital_wan"].get(name, np.nan)) if len(frame) else np.nan
            for frame in (before, after)
        ]
        change, reason = _change(old, new, from_year=scenario.decided_from)
        why = ""
        if name in committed:
            change, reason, why = committed[name].status, "reported", committed[name].why
        elif name in dropped:
            reason, why = "given_up", dropped[name]
        elif change == "dropped" and name not in on_offer:
            reason = "not_offered"
        rows.append((name, change, old, new, *costs, losses.get(name, 0.0), reason, why))
    rows += _orders(scenario, after=after)
    columns = [
        "project",
        "change",
        "before",
        "after",
        "before_wan",
        "after_wan",
        "loss",
        "reason",
        "why",
    ]
    return pd.DataFrame(rows, columns=columns).assign(from_year=scenario.decided_from)


def _change(old: float, new: float, *, from_year: int) -> tuple[str, str]:
    """What became of a decision that nobody has ordered, and why."""
    if np.isnan(old):
        return "added", "better"
    if np.isnan(new):
        return "dropped", "not_begun" if old < from_year else "better"
    if old == new:
        return "kept", "promised"
    return "moved", "not_begun" if old < from_year else "better"


def _orders(scenario: Scenario, *, after: pd.DataFrame) -> list[tuple[object, ...]]:
    """Pins, bans and edits of the scenario."""
    nan, starts = np.nan, after["start"].to_dict() if len(after) else {}
    rows: list[tuple[object, ...]] = [
        (pin.project, "pinned", nan, float(pin.year), nan, nan, 0.0, "ordered", pin.why)
        for pin in scenario.pinned
    ]
    rows += [(name, "banned", nan, nan, nan, nan, 0.0, "ordered", "") for name in scenario.banned]
    rows += [
        (
            edit.project,
            "edited",
            nan,
            float(starts.get(edit.project, nan)),
            nan,
            nan if edit.capital_wan is None else edit.capital_wan,
            0.0,
            "ordered",
            edit.why,
        )
        for edit in scenario.edits
    ]
    return rows


def _numbered(rows: pd.DataFrame, *, before: int) -> pd.DataFrame:
    numbered = rows.assign(number=np.arange(before + 1, before + 1 + len(rows)))
    return numbered[list(JOURNAL_COLUMNS)].astype(dict(JOURNAL_COLUMNS))


def with_rows(earlier: pd.DataFrame, rows: pd.DataFrame, *, run: str, earlier_run: str) -> pd.DataFrame:
    """The journal with the rows of a new plan at its end."""
    made = _numbered(rows.assign(run=run, earlier=earlier_run), before=len(earlier))
    return pd.concat([earlier, made], ignore_index=True)


def replayed(journal: pd.DataFrame) -> pd.Series:
    """The starts that follow from a journal: each project's last decision; NaN drops out.

    Examples
    --------
    >>> rows = {"project": ["a", "b", "a"], "change": ["added", "added", "moved"]}
    >>> replayed(pd.DataFrame(rows | {"after": [2026.0, 2027.0, 2029.0]})).to_dict()
    {'a': 2029, 'b': 2027}
    """
    decided = journal[journal["change"].isin(DECIDED)]
    last = decided.drop_duplicates("project", keep="last").set_index("project")["after"]
    return last.dropna().astype("int64").sort_index()


def journal_problems(run: Run) -> list[Problem]:
    """Whether the journal of a run leads to its decisions, and its last rows are the run's own."""
    if not (run.path / f"{JOURNAL}.parquet").is_file():
        return []
    journal = run[JOURNAL]
    decided = run["results/decisions"].set_index("project")["start"].astype("int64").sort_index()
    problems = []
    if not replayed(journal).rename("start").rename_axis("project").equals(decided.rename_axis("project")):
        rule = "the journal does not lead to the run's decisions"
        problems.append(Problem(rule, mend="make the run again", file=JOURNAL))
    if (len(journal) and journal["run"].iloc[-1] != run.id) or not journal["number"].is_monotonic_increasing:
        rule = "the journal does not end with this run"
        problems.append(Problem(rule, mend="make the run again", file=JOURNAL, value=run.id))
    return problems
