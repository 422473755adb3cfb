"""Plan, simulate, make the inputs again, plan again: until promise and simulation agree.

A round ends with a simulation of its plan. Where a headline figure is off by more than the scenario allows,
the inputs are made again at this plan (`tongqu.engine.refresh`), where its promise is what was simulated. If
the plan is proven to be within the gap there too, it stays; otherwise another one is sought, from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from tongqu.base import InfeasibleError, Progress, Report, silent
from tongqu.engine.certificate import Certificate, certificate_of
from tongqu.engine.check import Checked, check_plan, same_starts
from tongqu.engine.coordinate import mean_log
from tongqu.engine.financing import financing
from tongqu.engine.goals import GOALS, extra_at, goal_stage, missed, stages_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import SolverError, Stop
from tongqu.engine.model import build
from tongqu.engine.optimise import Plan, measure_table, optimise
from tongqu.engine.prices import prices_of
from tongqu.engine.promise import baseline_measures, delivered
from tongqu.engine.refresh import money_offered, refresh
from tongqu.engine.rules import broken_rules
from tongqu.engine.search import bound_of, gap_of, start_values
from tongqu.engine.terms import Model

__all__ = [
    "ENDS",
    "FIGURES",
    "Ending",
    "Round",
    "Settled",
    "figures_of",
    "judged",
    "only_round",
    "settle",
]

Ending = Literal["agrees", "cycle", "rounds", "stopped", "infeasible"]

ENDS: Final[tuple[Ending, ...]] = ("agrees", "cycle", "rounds", "stopped", "infeasible")
"""How the rounds can end: promise and simulation agree; a plan came back that was there before; no rounds are
left; somebody or the clock stopped the solver; no plan keeps the limits once money is what was simulated."""

FIGURES: Final = ("figure", "unit", "year", "promised", "simulated", "difference", "agrees")
"""Columns of the headline figures of a round."""

SMALL: Final = 1e-6
"""Difference of a headline figure that means nothing, whatever its size: persons, 万元, parts of an index."""


@dataclass(frozen=True)
class Round:
    """A plan, the inputs that it was made from, and its simulation.

    Parameters
    ----------
    number : int
        From 1 on.
    figures : DataFrame
        Headline figures, columns ``FIGURES``.
    """

    number: int
    inputs: Inputs
    plan: Plan
    checked: Checked
    figures: pd.DataFrame

    @property
    def agrees(self) -> bool:
        """Whether every headline figure agrees."""
        return bool(self.figures["agrees"].all())


@dataclass(frozen=True)
class Settled:
    """All rounds.

    Parameters
    ----------
    best : Round
        The plan that counts: of those whose promise agrees, or of all where none does, the one that simulates
        best.
    starts : DataFrame
        ``round, project, start``: the plan of every round; round 0 is the one that the inputs of round 1 were
        made again from, if any.
    figures : DataFrame
        Headline figures of every round, ``round`` and the columns ``FIGURES``.
    end : str
        See ``ENDS``.
    rounds : int
        How many were made.
    """

    best: Round
    starts: pd.DataFrame
    figures: pd.DataFrame
    end: Ending
    rounds: int


def settle(
    base: Inputs,
    *,
    start: pd.Series | None = None,
    after: pd.Series | None = None,
    bound: float | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Settled:
    """Plan until promise and simulation agree, as often as the scenario allows.

    Parameters
    ----------
    base : Inputs
        Those of the baseline.
    start : Series of int, optional
        Starts of a plan to begin with.
    after : Series of int, optional
        Starts of a plan at which the inputs of the first round are made again; those of the baseline are used
        unless given.
    bound : float, optional
        A bound that was proven before for the inputs of the first round.
    stop : Stop, optional
        Ends the search and the rounds; the best so far is kept.

    Raises
    ------
    InfeasibleError
        If no plan keeps the limits in the first round.
    SolverError
        If the time was over before any plan was found.
    """
    limit = base.scenario.feedback.rounds
    inputs = base if after is None else refresh(base, after, progress=progress)
    chosen: list[tuple[int, pd.Series]] = [] if after is None else [(0, after)]
    tables: list[pd.DataFrame] = []
    best: Round | None = None
    end: Ending | None = None
    while end is None:
        number = len(tables) + 1
        progress(Report("build", done=(number - 1) / limit))
        try:
            plan = _planned(inputs, start=start, stop=stop, progress=progress)
        except (InfeasibleError, SolverError) as error:
            if best is None:
                raise
            end = "infeasible" if isinstance(error, InfeasibleError) else "stopped"
            break
        if bound is not None and number == 1:
            plan = _bounded(inputs, plan, bound)
        plan = _against(plan, base)
        checked = check_plan(inputs, plan, progress=progress)
        one = Round(number, inputs, plan, checked, figures_of(inputs, plan, checked))
        end = _end(one, earlier=[starts for _, starts in chosen], limit=limit, stop=stop)
        chosen.append((number, plan.starts))
        best = one if best is None or _rank(one) > _rank(best) else best
        tables.append(one.figures.assign(round=number))
        if end is None:
            inputs, start = refresh(base, plan.starts, progress=progress), plan.starts
    assert best is not None
    figures = pd.concat(tables, ignore_index=True)[["round", *FIGURES]]
    return Settled(best, _starts_table(chosen), figures, end, len(tables))


def only_round(inputs: Inputs, plan: Plan, checked: Checked) -> Settled:
    """A plan and its simulation as the only round there was."""
    figures = figures_of(inputs, plan, checked)
    one = Round(1, inputs, plan, checked, figures)
    end: Ending = "agrees" if one.agrees else "rounds"
    return Settled(
        one, _starts_table([(1, plan.starts)]), figures.assign(round=1)[["round", *FIGURES]], end, 1
    )


def _end(one: Round, *, earlier: Sequence[pd.Series], limit: int, stop: Stop | None) -> Ending | None:
    """How the rounds end with this one, if they do."""
    if one.agrees:
        return "agrees"
    if any(same_starts(one.plan.starts, starts) for starts in earlier):
        return "cycle"
    if (stop is not None and stop.asked) or one.plan.certificate.status == "stopped":
        return "stopped"
    return "rounds" if one.number >= limit else None


def _rank(made: Round) -> tuple[bool, float]:
    return made.agrees, made.checked.objective


def _starts_table(chosen: Sequence[tuple[int, pd.Series]]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"round": number, "project": starts.index, "start": starts.to_numpy()})
        for number, starts in chosen
    ]
    together = pd.concat(parts, ignore_index=True)
    kinds = {"round": "int64", "project": "str", "start": "int64"}
    return together.astype(kinds).sort_values(["round", "project"], ignore_index=True)


def _planned(inputs: Inputs, *, start: pd.Series | None, stop: Stop | None, progress: Progress) -> Plan:
    """The plan that the inputs were made again from while it is within the gap, else the best found."""
    known = inputs.refreshed
    if known is None or start is None or not same_starts(start, known.starts):
        return optimise(inputs, start=start, stop=stop, progress=progress)
    model = build(inputs, goal=goal_stage(inputs))
    kept = _kept(inputs, model, start)
    if kept is None:
        return optimise(inputs, start=start, stop=stop, progress=progress)
    try:
        progress(Report("relax"))
        relaxed = model.program.relaxed(stop=stop)
    except SolverError:
        return optimise(inputs, start=start, stop=stop, progress=progress)
    assert model.aim is not None
    gap, bound = gap_of(model.aim, relaxed, solver=inputs.scenario.solver), bound_of(relaxed)
    certificate = kept.certificate
    least = max(bound + model.aim.constant, certificate.objective)
    if least - certificate.objective <= gap:
        certificate = replace(certificate, bound=least)
        return replace(_proven(kept, certificate, gap=gap), prices=prices_of(model, relaxed))
    found = optimise(inputs, start=start, begun=(model, relaxed), stop=stop, progress=progress)
    if found.certificate.bound - certificate.objective > max(gap, found.certificate.gap):
        return found
    bound, status = found.certificate.bound, found.certificate.status
    certificate = replace(certificate, bound=max(bound, certificate.objective), status=status)
    return replace(_proven(kept, certificate, gap=gap), prices=found.prices)


def _kept(inputs: Inputs, model: Model, starts: pd.Series) -> Plan | None:
    """The given plan at these inputs, its bound still open, if it keeps every rule."""
    if len(stages_of(inputs)) > 1:  # how good it is is not one figure
        return None
    promise, measures = delivered(inputs, starts)
    if missed(model, promise.indices, measures=measures):
        return None
    try:
        accounts = financing(inputs, starts)
    except SolverError:
        return None
    goal = GOALS[inputs.scenario.objective]
    aim, baseline = model.aims[goal], baseline_measures(inputs)
    extra = extra_at(model, *start_values(model, starts))
    certificate = certificate_of(
        inputs,
        aim,
        objective=aim.sense * float(measures[goal]) + extra,
        bound=np.inf,
        baseline=float(baseline[goal]),
        status="optimal",
        size=model.program.size,
        extra=extra,
    )
    plan = Plan(
        starts,
        promise.indices,
        promise.served,
        accounts,
        pd.DataFrame(),
        certificate,
        measure_table(measures, baseline),
    )
    return None if broken_rules(inputs, plan) else plan


def _proven(kept: Plan, certificate: Certificate, *, gap: float) -> Plan:
    """The plan with its certificate, and the only stage to match."""
    unit = kept.measures.set_index("measure").at[GOALS[certificate.goal], "unit_of_measure"]
    row = (
        1,
        GOALS[certificate.goal],
        certificate.objective,
        certificate.bound,
        gap,
        certificate.status,
        unit,
    )
    columns = ["stage", "name", "value", "bound", "gap_asked", "status", "unit_of_measure"]
    return replace(kept, certificate=certificate, stages=pd.DataFrame([row], columns=columns))


def _bounded(inputs: Inputs, plan: Plan, bound: float) -> Plan:
    """The plan with the better of two bounds."""
    certificate = plan.certificate
    least = max(min(certificate.bound, bound), certificate.objective)
    return plan.bounded(least, alone=len(stages_of(inputs)) == 1)


def _against(plan: Plan, base: Inputs) -> Plan:
    """The plan beside the years without any: those of the baseline, whatever its inputs were made from."""
    measures, goal = baseline_measures(base), GOALS[base.scenario.objective]
    value = 0.0 - float(measures[goal]) if goal == "cost" else float(measures[goal])
    table = plan.measures
    if len(table):
        table = table.assign(baseline=measures.reindex(table["measure"]).to_numpy())
    return replace(plan, certificate=replace(plan.certificate, baseline=value), measures=table)


# --- headline figures ---------------------------------------------------------------------------------


def figures_of(inputs: Inputs, plan: Plan, checked: Checked) -> pd.DataFrame:
    """Give the headline figures of a plan as promised and as simulated.

    They are D of the region (weighted geometric mean over counties and years), U, R and D of each county in
    the last year, people served by service in the region in the last year, own money of each county over all
    years, its new debt limit in the last year, and the measure of the objective where that is another one.

    Returns
    -------
    DataFrame
        Columns ``FIGURES``; ``agrees`` says whether the difference is within the scenario's share of the
        larger of the two. ``unit`` is blank for the region, ``year`` the last for a sum or mean of years.
    """
    last = inputs.years[-1]
    promised = float(np.exp(mean_log(plan.promised, inputs.weights)))
    simulated = float(np.exp(mean_log(checked.indicators.indices, inputs.weights)))
    whole = pd.DataFrame([("D", "", last, promised, simulated)], columns=list(FIGURES[:5]))
    found = checked.difference[checked.difference["year"] == last].rename(columns={"variable": "figure"})
    served = found[found["figure"].str.startswith("served.")]
    served = served.groupby("figure", sort=True)[["promised", "simulated"]].sum().reset_index()
    parts = [
        whole,
        found[found["figure"].isin(["U", "R", "D"])],
        served.assign(unit="", year=last),
        _money(inputs, checked),
        _goal(inputs, checked),
    ]
    table = pd.concat([part[list(FIGURES[:5])] for part in parts if len(part)], ignore_index=True)
    return judged(table, tolerance=inputs.scenario.feedback.tolerance)[list(FIGURES)]


def judged(table: pd.DataFrame, *, tolerance: float) -> pd.DataFrame:
    """Give the figures with their difference, and whether it is within a share of the larger of the two.

    Examples
    --------
    >>> figures = pd.DataFrame({"promised": [100.0, 100.0], "simulated": [101.0, 103.0]})
    >>> judged(figures, tolerance=0.02)["agrees"].tolist()
    [True, False]
    """
    size = table[["promised", "simulated"]].abs().max(axis=1)
    difference = table["simulated"] - table["promised"]
    agrees = difference.abs() <= np.maximum(tolerance * size, SMALL)
    return table.assign(difference=difference, agrees=agrees.to_numpy(dtype=bool))


def _goal(inputs: Inputs, checked: Checked) -> pd.DataFrame:
    """The measure of the objective, unless D says it already or it follows from the ledger."""
    goal = GOALS[inputs.scenario.objective]
    if goal in ("coordination", "cost"):
        return pd.DataFrame()
    mine = checked.measures[checked.measures["measure"] == goal]
    return mine.rename(columns={"measure": "figure"}).assign(unit="", year=inputs.years[-1])


def _money(inputs: Inputs, checked: Checked) -> pd.DataFrame:
    """Own money over all years and new debt at the end, by county, as limits had them and as simulated."""
    limits = inputs.offer.limits
    mine = limits[(limits["ledger"] == "money") & limits["key"].isin(["room", "debt"])]
    promised = mine.set_index(["unit", "key", "year"])["amount"]
    seen = inputs.states if inputs.refreshed is None else inputs.refreshed.simulated
    more = money_offered(inputs, checked.states).sub(money_offered(inputs, seen), fill_value=0.0)
    both = pd.DataFrame({"promised": promised})
    both["simulated"] = promised + more.reindex(promised.index).fillna(0.0)
    both = both.reset_index()
    rooms = both[both["key"] == "room"].groupby("unit", sort=True)[["promised", "simulated"]].sum()
    debts = both[(both["key"] == "debt") & (both["year"] == inputs.years[-1])].set_index("unit")
    parts = [
        part[["promised", "simulated"]].reset_index().assign(figure=f"money.{key}", year=inputs.years[-1])
        for key, part in (("room", rooms), ("debt", debts))
    ]
    return pd.concat(parts, ignore_index=True)
