"""Futures of plans: drawn, simulated, planned again, and what follows for the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Progress, silent
from tongqu.contracts import Scenario, whole_run
from tongqu.data import Region
from tongqu.engine.draws import Luck, Sample, luck_of, sample_of
from tongqu.engine.inputs import Inputs
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
from tongqu.workflow.futures.sources import (
    MAIN,
    ROBUST,
    check_plans,
    inputs_of,
    is_run,
    starts_of,
    taken_names,
    wrong_numbers,
)
from tongqu.workflow.futures.stored import WISHES, wishes_of
from tongqu.workflow.futures.tables import (
    TOGETHER,
    choice_table,
    influence_table,
    money_table,
    plan_table,
    regrets,
    replan_table,
    service_table,
    shortfall_table,
)
from tongqu.workflow.futures.uncertain import UNCERTAIN
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "futures"]

KIND: Final[Kind] = "futures"

TABLES: Final = (
    "plans",
    "services",
    "shortfalls",
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
        Tables ``plans, services, shortfalls, money, regret, choices, replans, influence`` (see
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
    problems = wrong_numbers(futures=futures, replan=replan, seed=seed, processes=processes)
    if problems := [*problems, *taken_names(list(plans or {}))]:
        raise DataError(problems)
    run = whole_run(source) if is_run(source) else None  # type: ignore[arg-type]
    inputs, main = inputs_of(source, scenario, run=run, progress=progress)
    names = UNCERTAIN if uncertain is None else uncertain
    chosen, proven = {MAIN: main}, None
    if run is None and inputs.scenario.robust.futures:
        made = robust(inputs, uncertain=names, start=main, progress=progress)
        chosen[ROBUST], proven = made.plan.starts, made.figures()
    chosen |= {name: starts_of(one) for name, one in (plans or {}).items()}
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
        "shortfalls": shortfall_table(found, plans=plans, inputs=inputs),
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
        made_from={WISHES: wishes_of(inputs.scenario)},
        figures=_figures(tables, sample, futures=drawn["future"].nunique(), replanned=len(again)),
    )


def _figures(
    tables: Mapping[str, pd.DataFrame], sample: Sample, *, futures: int, replanned: int
) -> dict[str, Any]:
    """Headline figures."""
    rows = tables["plans"].set_index("plan").to_dict("index")
    lacks = tables["shortfalls"]
    whole = lacks[lacks["unit"] == TOGETHER].set_index("plan").to_dict("index")[MAIN]
    standing = tables["choices"]["standing"].value_counts()
    influence = tables["influence"]
    strongest = influence[(influence["plan"] == MAIN) & (influence["rank"] == 1)].set_index("outcome")
    return {
        "futures": futures,
        "replanned": replanned,
        "seed": sample.seed,
        "drawn": len(sample.values.columns),
        "shortfall": {name: float(whole[name]) for name in ("kept", "p50_wan", "worst_wan")},
        "plan": {str(name): float(value) for name, value in rows[MAIN].items()},
        "none": {name: float(rows[NO_PLAN][name]) for name in ("expected", "mean", "worst")},
        "standing": {name: int(standing.get(name, 0)) for name in ("no_regret", "contested", "only_planned")},
        "strongest": {
            str(outcome): {"parameter": row["parameter"], "explained": float(row["explained"])}
            for outcome, row in strongest.iterrows()
        },
    }
