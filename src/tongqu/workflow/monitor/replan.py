"""Make a plan again from a year on: what is built and contracted stays, and changed promises have a price."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, ScenarioError, silent
from tongqu.contracts import Draft, Run, Scenario, check_target, whole_run, write_run
from tongqu.engine.keeping import promises_lost
from tongqu.engine.lp import Stop
from tongqu.workflow.monitor.actuals import planned_figures
from tongqu.workflow.monitor.beside import Monitoring, monitor
from tongqu.workflow.monitor.journal import JOURNAL, earlier_rows, rows_of, with_rows
from tongqu.workflow.monitor.orders import earlier_decisions, region_with, scenario_with
from tongqu.workflow.monitor.reading import Actuals
from tongqu.workflow.plan import plan
from tongqu.workflow.prepare import draft_of

__all__ = ["PRICE_SHARE", "Replanned", "replan"]

Fact = TypeVar("Fact")

PRICE_SHARE: Final = 0.05
"""Share of what the earlier plan gains over no plan that is lost if all its promises are dropped (assumed).
Where some are built or given up, those that are left count by their share of the capital."""
ACTUALS: Final = {"projects": "results/actual_projects", "figures": "results/actual_figures"}
"""Tables of a run that was made again: what was planned beside what happened."""
STARTED: Final = ("kept", "moved", "dropped", "added", "built", "contracted")


@dataclass(frozen=True, eq=False)
class Replanned:
    """A plan made again and stored.

    Parameters
    ----------
    run : Run
        The new run, with ``results/journal``, ``results/actual_projects`` and ``results/actual_figures``.
    earlier : Run
        The plan that it follows.
    monitoring : Monitoring
        What was reported.
    """

    run: Run
    earlier: Run
    monitoring: Monitoring

    @cached_property
    def journal(self) -> pd.DataFrame:
        """Every decision of every plan so far: see `tongqu.workflow.monitor.journal`."""
        return self.run[JOURNAL]

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The journal's rows of this plan: what became of each project."""
        mine = self.journal[(self.journal["run"] == self.run.id) & self.journal["change"].isin(STARTED)]
        last = self.journal["number"] > len(self.journal) - self.run.manifest["replan"]["rows"]
        found: pd.DataFrame = mine[last.reindex(mine.index)].reset_index(drop=True)
        return found

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers."""
        counts = self.changes["change"].value_counts()
        made = self.run.manifest["replan"]
        return {
            "run": self.run.id,
            "path": str(self.run.path),
            "earlier": self.earlier.id,
            "from_year": made["from_year"],
            "price": made["price"],
            **{name: int(counts.get(name, 0)) for name in STARTED},
            "loss": float(self.changes["loss"].sum()),
            **self.run.certificate,
        }


def replan(
    run: Run | str | Path,
    actuals: Actuals | str | Path | Monitoring,
    *,
    from_year: int | None = None,
    price: float | None = None,
    scenario: Scenario | str | Path | None = None,
    out: str | Path = "tongqu-replan",
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Replanned:
    """Make a stored plan again from a year on, and store it with the journal of decisions.

    The years of the plan stay. Projects built or contracted keep their start and have their known cost,
    nothing else starts before ``from_year``, past money is as it was, and figures that the forecast can
    follow move the baseline.

    Parameters
    ----------
    run : Run or path
        The plan so far.
    actuals : Actuals, path or Monitoring
        What happened: see `read_actuals`.
    from_year : int, optional
        First year that is decided again; the one after the last known year unless given.
    price : float, optional
        What is lost if all promises that are left are dropped, in the unit of the objective (mean log D).
        Unless given, `PRICE_SHARE` of what the earlier plan gains over no plan, times their share of its
        capital.
    scenario : Scenario or path, optional
        Limits and wishes from now on; those of the run unless given. Its years must be those of the run. What
        is known stays: commitments, reported costs, past money, and what was given up.
    out : path
        Run folder; it appears only when everything is done.
    stop : Stop, optional
        Asked from another thread, the best plan so far is stored, with a valid bound.

    Raises
    ------
    DataError
        If the actuals or the scenario break rules: one report of all.
    InfeasibleError
        If commitments and limits exclude one another: names them.

    Examples
    --------
    >>> import tongqu
    >>> made = tongqu.replan("tongqu-demo/run", "actuals.xlsx", from_year=2028)  # doctest: +SKIP
    >>> made.changes["change"].value_counts()  # doctest: +SKIP
    """
    folder = check_target(Path(out))
    earlier = actuals.run if isinstance(actuals, Monitoring) else whole_run(run)
    draft, problems = _drafted(earlier, scenario)
    problems += _wrong_words(draft, earlier.scenario, from_year=from_year, price=price)
    found = _monitored(earlier, actuals, problems, progress=progress)
    if problems or draft.scenario is None:
        raise ScenarioError(problems)
    asked = draft.scenario if scenario is None else _with_past(draft.scenario, earlier)
    cost = _price(found) if price is None else price
    wish = scenario_with(
        found, asked, from_year=found.year + 1 if from_year is None else from_year, price=cost
    )
    region = region_with(found)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        made = plan(region, wish, out=part, resume=earlier, stop=stop, progress=progress).run
        progress(Report("store"))
        return _stored(made, folder, found=found, wish=wish)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _price(found: Monitoring) -> float:
    certificate, table = found.run.certificate, found.projects[found.projects["planned_start"].notna()]
    gain = float(certificate["objective"]) - float(certificate["baseline"])
    capital, left = table["planned_wan"].clip(lower=0.0), table["state"] == "planned"
    total = float(capital.sum())
    share = float(capital[left].sum()) / total if total > 0 else float(left.mean()) if len(left) else 0.0
    return max(gain, 0.0) * PRICE_SHARE * share


def _monitored(
    earlier: Run, actuals: Actuals | str | Path | Monitoring, problems: list[Problem], *, progress: Progress
) -> Monitoring:
    """What was reported beside the plan; what is wrong with it goes into one report with other problems."""
    if isinstance(actuals, Monitoring):
        return actuals
    try:
        return monitor(earlier, actuals, progress=progress)
    except DataError as error:
        raise DataError([*problems, *error.problems]) from None


def _drafted(earlier: Run, scenario: Scenario | str | Path | None) -> tuple[Draft, list[Problem]]:
    """The scenario as far as it can be read, that of the earlier plan where it cannot, and what is wrong."""
    try:
        draft = Draft(earlier.scenario) if scenario is None else draft_of(scenario)
    except ScenarioError as error:
        return Draft(earlier.scenario), list(error.problems)
    return draft, list(draft.report())


def _wrong_words(
    draft: Draft, earlier: Scenario, *, from_year: int | None, price: float | None
) -> list[Problem]:
    """What cannot be asked of a plan, before anything is read."""
    problems = []
    years = (earlier.first_year, earlier.last_year)
    if from_year is not None and not earlier.decided_from <= from_year <= earlier.last_year:
        mend = f"give a year from {earlier.decided_from} to {earlier.last_year}"
        problems.append(
            Problem("not a year of the plan", mend=mend, column="from_year", value=str(from_year))
        )
    if price is not None and not 0 <= price < float("inf"):
        problems.append(
            Problem("a price below nothing", mend="give 0 or more", column="price", value=str(price))
        )
    given = draft.scenario
    if given is not None and (given.first_year, given.last_year) != years:
        mend = f"give {years[0]} to {years[1]}: the years stay, from_year says what is open"
        value = f"{given.first_year} to {given.last_year}"
        problems.append(Problem("other years than the run's", mend=mend, file=draft.file, value=value))
    return problems


def _with_past(scenario: Scenario, earlier: Run) -> Scenario:
    """A scenario given anew, with what is known by now: commitments, costs, past money, what was given up."""
    before = earlier.scenario
    facts = {
        "committed": _joined(scenario.committed, before.committed, key=lambda one: one.project),
        "edits": _joined(scenario.edits, before.edits, key=lambda one: one.project),
        "booked": _joined(scenario.booked, before.booked, key=lambda one: (one.county, one.year)),
    }
    rows = earlier_rows(earlier)
    last = rows[rows["change"].isin(STARTED)].drop_duplicates("project", keep="last")
    gone = last.loc[last["reason"] == "given_up", "project"]
    asked = {pin.project for pin in scenario.pinned} | {one.project for one in scenario.committed}
    banned = dict.fromkeys([*scenario.banned, *(str(name) for name in gone if name not in asked)])
    return scenario.model_copy(update={**facts, "banned": tuple(banned), "from_year": before.from_year})


def _joined(new: Sequence[Fact], old: Sequence[Fact], *, key: Callable[[Fact], object]) -> tuple[Fact, ...]:
    """What is given anew, and of the earlier what is not."""
    known = {key(one) for one in new}
    return (*new, *(one for one in old if key(one) not in known))


def _stored(made: Run, folder: Path, *, found: Monitoring, wish: Scenario) -> Replanned:
    """The new run with its journal and with what was reported, as a whole."""
    earlier = found.run
    before, after = earlier_decisions(earlier), earlier_decisions(made)
    given_up = found.projects[found.projects["state"] == "dropped"].set_index("project")["note"]
    rows = rows_of(
        before,
        after,
        scenario=wish,
        losses=_losses(made, wish),
        dropped={str(name): str(why) for name, why in given_up.items()},
        offered=made["offer/projects"]["project"],
    )
    journal = with_rows(earlier_rows(earlier), rows, run=made.id, earlier_run=earlier.id)
    files = {name: (made.path / name).read_bytes() for name in made.manifest["files"]}
    figures = found.figures.assign(again=planned_figures(made, found.figures))
    tables = {
        JOURNAL: journal,
        ACTUALS["projects"]: found.projects,
        ACTUALS["figures"]: figures,
    }
    manifest = {name: value for name, value in made.manifest.items() if name != "files"}
    manifest["replan"] = {
        "earlier": earlier.id,
        "from_year": wish.decided_from,
        "price": wish.keeping.price,
        "known_until": found.year,
        "rows": len(rows),
    }
    run = write_run(folder, files=files, tables=tables, manifest=manifest)
    return Replanned(run, earlier, found)


def _losses(made: Run, wish: Scenario) -> dict[str, float]:
    """What each promise that was changed has cost, in the unit of the objective."""
    starts = made["results/decisions"].set_index("project")["start"]
    lost = promises_lost(made["offer/projects"], wish, starts=starts)
    return {
        str(name): float(loss) for name, loss in zip(lost["project"], lost["loss"], strict=True) if loss > 0
    }
