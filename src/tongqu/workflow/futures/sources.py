"""What is asked of futures: the run or the region, the plans and how many; and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume, Offer, Run, Scenario, whole_run
from tongqu.data import Region, bundled_regions
from tongqu.data.problems import suggest
from tongqu.engine.coordinate import indicators_of, weights_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.simulate import simulate
from tongqu.workflow.futures.evaluate import NO_PLAN
from tongqu.workflow.prepare import region_of, scenario_of, sectors_for

__all__ = [
    "MAIN",
    "MOST_FUTURES",
    "MOST_REPLANNED",
    "ROBUST",
    "check_plans",
    "inputs_of",
    "is_run",
    "starts_of",
    "starts_of_run",
    "stored_inputs",
    "taken_names",
    "wrong_numbers",
]

MOST_FUTURES: Final = 10_000
MOST_REPLANNED: Final = 50
MOST_PROCESSES: Final = 64
MAIN: Final = "plan"
"""Name of the plan of a run, or of the one made first."""
ROBUST: Final = "robust"
"""Name of the plan made for several futures at once, where the scenario asks for one."""
TAKEN: Final = (MAIN, ROBUST, NO_PLAN)
"""Names that further plans may not have."""


def is_run(source: object) -> bool:
    """Whether something names a folder that holds a run."""
    if not isinstance(source, str | Path):
        return False
    folder = Path(source)
    return any((folder / part / "manifest.json").is_file() for part in (".", "run"))


def wrong_numbers(*, futures: int, replan: int, seed: int, processes: int = 1) -> list[Problem]:
    """A problem for every number that is out of range; see `futures`."""
    problems = []
    if not 1 <= futures <= MOST_FUTURES:
        mend = f"give a number from 1 to {MOST_FUTURES}"
        problems.append(
            Problem(rule="a number of futures out of range", mend=mend, column="futures", value=str(futures))
        )
    most = min(MOST_REPLANNED, futures) if futures >= 1 else MOST_REPLANNED
    if not 0 <= replan <= most:
        mend = f"give a number from 0 to {most}"
        problems.append(
            Problem(rule="a number of futures out of range", mend=mend, column="replan", value=str(replan))
        )
    if seed < 0:
        problems.append(
            Problem(rule="a negative seed", mend="give 0 or more", column="seed", value=str(seed))
        )
    if not 1 <= processes <= MOST_PROCESSES:
        mend = f"give a number from 1 to {MOST_PROCESSES}"
        problems.append(
            Problem(rule="a number out of range", mend=mend, column="processes", value=str(processes))
        )
    return problems


def inputs_of(
    source: Region | str | Path,
    scenario: Scenario | str | Path | None,
    *,
    run: Run | None,
    progress: Progress,
) -> tuple[Inputs, pd.Series]:
    """What plans are made from, and the first plan: that of the run, or one made now."""
    if run is not None:
        if scenario is not None:
            rule, mend = "a run has a scenario of its own", "leave the scenario out, or name a region"
            raise DataError([Problem(rule=rule, mend=mend, column="scenario")])
        return stored_inputs(run, progress=progress), starts_of_run(run)
    region = _region(source, progress=progress)
    inputs = prepare(region, sectors_for(region), scenario=scenario_of(scenario), progress=progress)
    progress(Report("build"))
    return inputs, optimise(inputs, progress=progress).starts


def _region(source: Region | str | Path, *, progress: Progress) -> Region:
    """The region, which could also have been a run: so it is said where there is neither."""
    names = bundled_regions()
    if isinstance(source, str | Path) and not Path(source).exists() and str(source) not in names:
        kinds = "give the folder of a run or of a region, a region's workbook, or a bundled region"
        mend = suggest(str(source), names) + f"{kinds}: {', '.join(names)}"
        raise DataError([Problem(rule="neither a run nor a region", mend=mend, file=str(source))])
    return region_of(source, progress=progress)


def stored_inputs(run: Run, *, progress: Progress = silent) -> Inputs:
    """What the plan of a run was made from: its own offer, and the years without a plan simulated again."""
    region, scenario, sectors = run.region, run.scenario, sectors_for(run.region)
    assume = Assume.of(region["standards"], scenario)
    states = simulate(region, sectors, scenario=scenario, assume=assume, progress=progress)
    offer = Offer(*(run[f"offer/{table}"] for table in ("projects", "entries", "pairs", "limits")))
    weights = weights_of(region, states, scenario=scenario)
    return Inputs(region, scenario, assume, sectors, states, offer, indicators_of(region, states), weights)


def starts_of(plan: str | Path | pd.Series) -> pd.Series:
    """Year of the first payment by project, of a run or as given."""
    return plan.astype("int64") if isinstance(plan, pd.Series) else starts_of_run(whole_run(plan))


def starts_of_run(run: Run) -> pd.Series:
    """Year of the first payment by project of a run's plan."""
    decisions = run["results/decisions"].drop_duplicates("project")
    return decisions.set_index("project")["start"].astype("int64")


def taken_names(plans: Collection[str]) -> list[Problem]:
    """A problem for every name that a further plan may not have, or that two have."""
    mend = "choose another name"
    counts = Counter(plans)
    return [
        Problem(rule="the name is taken", mend=mend, column="plans", value=name)
        for name, count in counts.items()
        if name in TAKEN or count > 1
    ]


def check_plans(inputs: Inputs, plans: Mapping[str, pd.Series]) -> None:
    """Every project of every plan is on offer and starts within the years."""
    known, years = set(inputs.offer.projects["project"]), inputs.years
    problems = []
    for name, starts in plans.items():
        for project, year in starts.items():
            if project not in known:
                rule, mend = "not on offer", "name a project on offer in the region and years of the run"
            elif year > years[-1]:
                rule, mend = "it starts after the plan", f"give a year up to {years[-1]}"
            else:
                continue
            value = f"{name}: {project} {year}"
            problems.append(Problem(rule=rule, mend=mend, column="plans", value=value))
    if problems:
        raise DataError(problems)
