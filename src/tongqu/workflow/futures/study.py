"""Futures of plans: drawn, simulated, planned again, and what follows for the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Offer, Run, Scenario, whole_run
from tongqu.data import Region
from tongqu.engine.futures import Luck, Sample, luck_of, sample_of
from tongqu.engine.inputs import Inputs, prepare
from tongqu.engine.optimise import optimise
from tongqu.workflow.files import Kind
from tongqu.workflow.futures.evaluate import (
    EXPECTED,
    NO_PLAN,
    Evaluated,
    Replanned,
    evaluated,
    replanned,
)
from tongqu.workflow.futures.robust import robust
from tongqu.workflow.futures.tables import (
    choice_table,
    influence_table,
    money_table,
    plan_table,
    regrets,
    replan_table,
    service_table,
)
from tongqu.workflow.futures.uncertain import UNCERTAIN
from tongqu.workflow.prepare import region_of, scenario_of, sectors_for
from tongqu.workflow.study import FieldStudy

__all__ = [
    "MOST_FUTURES",
    "MOST_REPLANNED",
    "TABLES",
    "check_plans",
    "futures",
    "is_run",
    "wrong_numbers",
]

KIND: Final[Kind] = "futures"
MOST_FUTURES: Final = 10_000
MOST_REPLANNED: Final = 50
MAIN: Final = "plan"
"""Name of the plan of a run, or of the one made first."""
ROBUST: Final = "robust"
"""Name of the plan made for several futures at once, where the scenario asks for one."""
PRINTED: Final = 10
"""Problems of plans that are said at most."""

TABLES: Final = (
    "plans",
    "services",
    "money",
    "regret",
    "choices",
    "replans",
    "influence",
    "outcomes",
    "draws",
)
"""Names of the tables, in the order of sheets and files."""


def futures(
    source: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    plans: Mapping[str, str | Path | pd.Series] | None = None,
    futures: int = 200,
    replan: int = 8,
    seed: int = 1,
    uncertain: Sequence[str] | None = None,
    processes: int = 2,
    progress: Progress = silent,
) -> FieldStudy:
    """Say what plans are worth when costs, money and people turn out otherwise than assumed.

    Futures are drawn by a Latin hypercube; every plan, and doing nothing, is simulated in each; in some of
    them a plan is made again as if the future were known. Candidates, their codes and whom they serve are
    those of the expected future.

    Parameters
    ----------
    source : Region, str or Path
        A run folder, whose region, scenario and plan are taken; or a region, its folder or a bundled name,
        for which a plan is made first, and another one for several futures at once where the scenario's
        ``robust`` asks for it.
    scenario : Scenario, str or Path, optional
        The default scenario when left out; not with a run.
    plans : mapping of str to run folder or Series of int, optional
        Other plans by name: runs of the same region and years, or starts by project.
    futures : int
        Futures to draw, 1 to 10,000.
    replan : int
        Futures in which a plan is made again, 0 to 50; each takes as long as a plan.
    seed : int
        Seed of the draws, 0 or more.
    uncertain : sequence of str, optional
        Standards to draw, by name; `UNCERTAIN` when left out. One that only offers read changes nothing here:
        what projects cost and bring over their offer is drawn by ``future.capital_cost``,
        ``future.running_cost`` and ``future.effects``.
    processes : int
        How many processes share the simulations; the result does not depend on it.

    Returns
    -------
    FieldStudy
        Tables ``plans, services, money, regret, choices, replans, influence`` (see
        `tongqu.workflow.futures.tables`), ``outcomes`` (see
        `tongqu.workflow.futures.evaluate.Evaluated`) and ``draws``.

    Raises
    ------
    DataError
        If a number is out of range, a standard is unknown, or a plan has projects that are not on offer.
    InfeasibleError
        If no plan keeps the limits of the expected future, or none those of all futures of ``robust``.

    References
    ----------
    Lempert, R. J., Popper, S. W. and Bankes, S. C. (2003), Shaping the next one hundred years, RAND.

    Examples
    --------
    >>> import tongqu
    >>> made = tongqu.futures("tongqu-demo/run", futures=50, replan=4)  # doctest: +SKIP
    >>> made.figures["plan"]["kept"] <= 1  # doctest: +SKIP
    True
    """
    if problems := wrong_numbers(futures=futures, replan=replan, seed=seed):
        raise DataError(problems)
    run = whole_run(source) if is_run(source) else None  # type: ignore[arg-type]
    inputs, main = _inputs(source, scenario, run=run, progress=progress)
    names = UNCERTAIN if uncertain is None else uncertain
    chosen, proven = {MAIN: main}, None
    if run is None and inputs.scenario.robust.futures:
        made = robust(inputs, uncertain=names, start=main, progress=progress)
        chosen[ROBUST], proven = made.plan.starts, made.figures()
    chosen |= {name: _starts_of(one) for name, one in (plans or {}).items()}
    check_plans(inputs, chosen)
    sample = sample_of(
        inputs.region["standards"],
        inputs.assume,
        names=names,
        futures=futures,
        seed=seed,
    )
    luck = luck_of(sample, inputs)
    found = evaluated(inputs, sample, luck, plans=chosen, processes=processes, progress=progress)
    numbers = sample.futures[:replan]
    again, impossible = replanned(inputs, sample, luck, numbers=numbers, start=main, progress=progress)
    study = _study(inputs, sample, luck, found=found, again=again, plans=chosen)
    more = {"infeasible": list(impossible), "robust": proven}
    return replace(study, figures={**study.figures, **more})


def is_run(source: object) -> bool:
    """Whether something names a folder that holds a run."""
    if not isinstance(source, str | Path):
        return False
    folder = Path(source)
    return any((folder / part / "manifest.json").is_file() for part in (".", "run"))


def wrong_numbers(*, futures: int, replan: int, seed: int) -> list[Problem]:
    """A problem for every number that is out of range; see `futures`."""
    problems = []
    if not 1 <= futures <= MOST_FUTURES:
        mend = f"give a number from 1 to {MOST_FUTURES}"
        problems.append(
            Problem(rule="a number of futures out of range", mend=mend, column="futures", value=str(futures))
        )
    most = min(MOST_REPLANNED, max(futures, 0))
    if not 0 <= replan <= most:
        mend = f"give a number from 0 to {most}"
        problems.append(
            Problem(rule="a number of futures out of range", mend=mend, column="replan", value=str(replan))
        )
    if seed < 0:
        problems.append(
            Problem(rule="a negative seed", mend="give 0 or more", column="seed", value=str(seed))
        )
    return problems


def _inputs(
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
        inputs = prepare(run.region, sectors_for(run.region), scenario=run.scenario, progress=progress)
        offer = Offer(*(run[f"offer/{table}"] for table in ("projects", "entries", "pairs", "limits")))
        return replace(inputs, offer=offer), _starts_of_run(run)
    region = region_of(source, progress=progress)
    inputs = prepare(region, sectors_for(region), scenario=scenario_of(scenario), progress=progress)
    progress(Report("build"))
    return inputs, optimise(inputs, progress=progress).starts


def _starts_of(plan: str | Path | pd.Series) -> pd.Series:
    return plan.astype("int64") if isinstance(plan, pd.Series) else _starts_of_run(whole_run(plan))


def _starts_of_run(run: Run) -> pd.Series:
    decisions = run["results/decisions"].drop_duplicates("project")
    return decisions.set_index("project")["start"].astype("int64")


def check_plans(inputs: Inputs, plans: Mapping[str, pd.Series]) -> None:
    """Names are free, and every project of every plan is on offer and starts within the years."""
    known, years = set(inputs.offer.projects["project"]), inputs.years
    problems = []
    if NO_PLAN in plans:
        mend = "choose another name"
        problems.append(Problem(rule="the name is taken", mend=mend, column="plans", value=NO_PLAN))
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
        raise DataError(problems[:PRINTED])


def _study(
    inputs: Inputs,
    sample: Sample,
    luck: Luck,
    *,
    found: Evaluated,
    again: Sequence[Replanned],
    plans: Mapping[str, pd.Series],
) -> FieldStudy:
    region, cities = inputs.region, inputs.region.level("city").index
    drawn = found.outcomes[found.outcomes["future"] != EXPECTED]
    tables = {
        "plans": plan_table(found, plans=plans, inputs=inputs),
        "services": service_table(found),
        "money": money_table(found, futures=len(sample.futures)),
        "regret": regrets(found, again),
        "choices": choice_table(inputs, again, plans=plans),
        "replans": replan_table(again),
        "influence": influence_table(found, sample, luck, plans=plans, inputs=inputs),
        "outcomes": found.outcomes,
        "draws": sample.values.reset_index(),
    }
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=inputs.scenario.name,
        whole=str(cities[0]) if len(cities) == 1 else "region",
        year=inputs.years[-1],
        tables={name: tables[name] for name in TABLES},
        figures=_figures(tables, sample, futures=drawn["future"].nunique(), replanned=len(again)),
    )


def _figures(
    tables: Mapping[str, pd.DataFrame], sample: Sample, *, futures: int, replanned: int
) -> dict[str, Any]:
    """Headline figures."""
    rows = tables["plans"].set_index("plan").to_dict("index")
    standing = tables["choices"]["standing"].value_counts()
    influence = tables["influence"]
    strongest = influence[(influence["plan"] == MAIN) & (influence["rank"] == 1)].set_index("outcome")
    return {
        "futures": futures,
        "replanned": replanned,
        "seed": sample.seed,
        "drawn": len(sample.values.columns),
        "plan": {str(name): float(value) for name, value in rows[MAIN].items()},
        "none": {name: float(rows[NO_PLAN][name]) for name in ("expected", "mean", "worst")},
        "standing": {name: int(standing.get(name, 0)) for name in ("no_regret", "contested", "only_planned")},
        "strongest": {
            str(outcome): {"parameter": row["parameter"], "explained": float(row["explained"])}
            for outcome, row in strongest.iterrows()
        },
    }
