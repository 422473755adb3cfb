"""Inputs made again from the simulation of a plan, so that at this plan promise and simulation are the same.

Two things are put right. People: whom the plan brings and moves is simulated alone, and sectors offer again
what they would then offer. Everything else that the linear promise cannot know: each figure gets the
difference between simulation and promise at this plan as a constant, and money is what the simulation leaves
of it. Slopes stay those of the ledgers, so that what a project adds is still seen.

References
----------
Marchetti, A., Chachuat, B., Bonvin, D. (2009), Modifier-adaptation methodology for real-time optimization,
Industrial & Engineering Chemistry Research 48 (13), 6022-6033: constants only, their order zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, silent
from tongqu.contracts import Forecast, Offer, State, ledger_of
from tongqu.engine.coordinate import indicators_of, with_values
from tongqu.engine.inputs import Inputs, Refreshed
from tongqu.engine.lp import Program
from tongqu.engine.model import start_variables
from tongqu.engine.promise import promise_of
from tongqu.engine.services import add_services
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.engine.terms import Model

__all__ = ["MOVING", "money_offered", "moving_starts", "offered_again", "refresh"]

MOVING: Final = ("moved", "arrive", "register")
"""Ledgers of people: what a project enters there changes whom other projects can serve."""

MONEY_KEYS: Final = ["unit", "key", "year"]

SAME: Final = ("lead", "requires", "group")
"""What must stay for entries of one offer to take the place of another's of the same project."""


def refresh(base: Inputs, starts: pd.Series, *, progress: Progress = silent) -> Inputs:
    """Make inputs again from the simulation of a plan.

    Parameters
    ----------
    base : Inputs
        Those of the baseline.
    starts : Series of int
        The plan: year of the first payment by project.

    Returns
    -------
    Inputs
        A function of the baseline and this plan alone, whatever came before. The promise of the same plan is
        what its simulation with the new offers shows: U, R and D of every county and year, people served by
        service, and money.
    """
    if base.refreshed is not None:
        raise ValueError("inputs are made again from those of the baseline")
    moving = moving_starts(base.offer, starts)
    people, offer = base.states, base.offer
    if len(moving):
        people = _simulated(base, offer=base.offer, starts=moving, progress=progress)
        offer = offered_again(base, people, moving=moving, progress=progress)
    simulated = _simulated(base, offer=offer, starts=starts, progress=progress)
    offer = replace(offer, limits=_limits(base, simulated))
    needs = _needs(base.states, people, emptied=_emptied(base.offer, moving))
    made = replace(
        base,
        states=simulated,
        offer=offer,
        refreshed=Refreshed(starts, simulated, needs, base.states, base.indicators),
    )
    return _settled(made, starts)


def moving_starts(offer: Offer, starts: pd.Series) -> pd.Series:
    """Starts of the projects that bring people, move them, or get them registered."""
    entries = offer.entries
    moving = entries.loc[entries["ledger"].isin(MOVING), "project"]
    return starts[starts.index.isin(moving)]


def _simulated(base: Inputs, *, offer: Offer, starts: pd.Series, progress: Progress) -> tuple[State, ...]:
    return simulate(
        base.region,
        base.sectors,
        scenario=base.scenario,
        assume=base.assume,
        offer=offer,
        starts=starts,
        progress=progress,
    )


def offered_again(
    base: Inputs, people: Sequence[State], *, moving: pd.Series, progress: Progress = silent
) -> Offer:
    """Give the candidates as sectors would offer them if the plan's people were there; limits stay.

    A candidate stays as it was where the sectors no longer offer it or offer it otherwise (lead, requirement,
    group), where the plan moves people by it, and where the scenario knows better what it costs. There are
    neither more nor fewer candidates than before.

    Parameters
    ----------
    people : sequence of State
        Each year with the people whom the plan brings and moves, and with nothing else of it.
    moving : Series of int
        Starts of the projects that do so.
    """
    fresh = collect_offers(base.region, base.sectors, states=people, assume=base.assume, progress=progress)
    scenario, old = base.scenario, base.offer
    ordered = [*(one.project for one in scenario.edits), *(one.project for one in scenario.committed)]
    known = {*ordered, *moving.index}
    was = old.projects.set_index("project", drop=False)
    now = fresh.projects.set_index("project", drop=False)
    both = was.index[was.index.isin(now.index) & ~was.index.isin(list(known))]
    alike = (was.loc[both, list(SAME)] == now.loc[both, list(SAME)]).all(axis=1)
    again = both[alike.to_numpy()]
    years = was.loc[again, ["earliest", "latest"]]
    rows = pd.concat([was[~was.index.isin(again)], now.loc[again].assign(**years)])
    return Offer(
        rows.loc[was.index].reset_index(drop=True),
        _joined(old.entries, fresh.entries, again, columns=["project"]),
        _joined(old.pairs, fresh.pairs, again, columns=["first", "second"]),
        old.limits,
    ).checked("as offered again", region=base.region)


def _joined(old: pd.DataFrame, fresh: pd.DataFrame, again: pd.Index, *, columns: list[str]) -> pd.DataFrame:
    """Rows of the old table but for those whose projects are offered again, and the fresh ones of these."""
    kept, taken = (
        np.logical_and.reduce([table[name].isin(again).to_numpy() for name in columns])
        for table in (old, fresh)
    )
    parts = [part for part in (old[~kept], fresh[taken]) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else old.iloc[:0]


def _emptied(offer: Offer, moving: pd.Series) -> pd.Index:
    """Units whose people the plan moves."""
    entries = offer.entries
    mine = (entries["ledger"] == "moved") & entries["project"].isin(moving.index)
    units: pd.Index = pd.Index(list(dict.fromkeys(entries.loc[mine, "unit"])), dtype="str")
    return units


def _needs(base: Sequence[State], people: Sequence[State], *, emptied: pd.Index) -> tuple[State, ...]:
    """Demand and served with the plan's people; as without a plan in units that they leave."""
    made = []
    for without, state in zip(base, people, strict=True):
        values = {}
        for service in state.matching("served"):
            for name in (f"demand.{service}", f"served.{service}"):
                value = state[name].astype("float64")
                left = value.index.isin(emptied)
                values[name] = value.where(~left, without[name].reindex(value.index)) if left.any() else value
        made.append(State(state.year, values))
    return tuple(made)


# --- money -------------------------------------------------------------------------------------------


def money_offered(base: Inputs, states: Sequence[State]) -> pd.Series:
    """Money limits that sectors without projects give in simulated years, by unit, key and year; 万元."""
    busy = set(base.offer.projects["sector"])
    parts = [
        sector.offer(base.region, Forecast(states, base.offer), assume=base.assume).limits
        for sector in base.sectors
        if sector.name not in busy
    ]
    parts = [part[part["ledger"] == "money"] for part in parts if len(part)]
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], [], []], names=MONEY_KEYS)
        return pd.Series(index=empty, name="amount", dtype="float64")
    return pd.concat(parts).set_index(MONEY_KEYS)["amount"].astype("float64")


def _limits(base: Inputs, simulated: Sequence[State]) -> pd.DataFrame:
    """Limits of the baseline, those of money changed by what the plan's simulation changes."""
    limits = base.offer.limits
    more = money_offered(base, simulated).sub(money_offered(base, base.states), fill_value=0.0)
    # What is past has been booked: a plan changes no money of it.
    more = more[more.index.get_level_values("year") >= base.scenario.decided_from]
    added = more.reindex(pd.MultiIndex.from_frame(limits[MONEY_KEYS])).fillna(0.0).to_numpy()
    added = np.where(limits["ledger"] == "money", added, 0.0)
    return limits.assign(
        amount=np.where(added == 0.0, limits["amount"], np.maximum(limits["amount"] + added, 0.0))
    )


# --- what the promise adds, taken off the simulation --------------------------------------------------


def _settled(made: Inputs, starts: pd.Series) -> Inputs:
    """Take what the plan promises off its simulation: what is left is what projects add to."""
    added = promise_of(made, starts).served
    credit = _by_unit(made, starts, added=added)
    states = tuple(_less(state, credit, year=number) for number, state in enumerate(made.states))
    found = indicators_of(made.region, made.states)
    gains = _gains(made, found.values, table=found.table, added=added, starts=starts)
    return replace(made, states=states, indicators=with_values(found, found.values - gains))


def _less(state: State, credit: Mapping[str, pd.DataFrame], *, year: int) -> State:
    served = {}
    for service, people in credit.items():
        value = state[f"served.{service}"].astype("float64")
        served[f"served.{service}"] = value - people.iloc[:, year].reindex(value.index).fillna(0.0)
    return state.adding(served)


def _by_unit(made: Inputs, starts: pd.Series, *, added: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """People whom the plan promises to serve, by service: units in rows, years in columns.

    A unit gets its group's share. Where places are counted, who gets them is open: sums of counties are then
    made to agree with those that are promised.
    """
    program = Program()
    model = Model(program, made, start_variables(program, made, starts=starts))
    add_services(model)
    if not any(len(credit) for credit in model.credits):
        return {}
    variable = np.concatenate([credit["variable"].to_numpy(dtype=np.int64) for credit in model.credits])
    people = np.concatenate([credit["people"].to_numpy(dtype=np.float64) for credit in model.credits])
    program.maximise(variable, people)
    values = program.relaxed(exact=True).values
    promised = added.assign(year=added["year"] - made.years[0]).set_index(["service", "unit", "year"])[
        "added"
    ]
    found = {}
    for credit in (credit for credit in model.credits if len(credit)):
        service = str(credit["service"].iloc[0])
        share = credit.assign(share=values[credit["variable"].to_numpy(dtype=np.int64)])
        wide = share.pivot_table(index="group", columns="year", values="share", aggfunc="sum", fill_value=0.0)
        unmet, group = made.unmet(service), model.members[service]
        mine = wide.reindex(index=group.to_numpy(), columns=range(len(made.years)), fill_value=0.0)
        persons = pd.DataFrame(mine.to_numpy() * unmet.loc[group.index].to_numpy(), index=group.index)
        county = made.region.county_of(persons.index).to_numpy()
        sums = persons.groupby(county).transform("sum")
        wanted = promised.loc[service].unstack("year").reindex(index=county, columns=persons.columns)
        ratio = np.divide(
            wanted.fillna(0.0).to_numpy(),
            sums.to_numpy(),
            out=np.zeros(persons.shape),
            where=sums.to_numpy() > 0,
        )
        found[service] = persons * ratio
    return found


def _gains(
    made: Inputs, values: pd.DataFrame, *, table: pd.DataFrame, added: pd.DataFrame, starts: pd.Series
) -> pd.DataFrame:
    """What the plan's ledgers add to the values of indicators, in the rows and columns of ``values``."""
    stock = ledger_of(made.offer.entries, made.years, starts=starts)
    stock = stock[stock["ledger"] == "stock"]
    keys = ["key", "unit", "year"]
    persons = {
        "served": added.rename(columns={"service": "key", "added": "amount"}).set_index(keys)["amount"],
        "stock": stock.set_index(keys)["amount"],
    }
    gains = pd.DataFrame(0.0, index=values.index, columns=values.columns)
    for name, row in table[table["origin"] == "ledger"].iterrows():
        group, _, key = str(row["numerator"]).partition(".")
        if group not in persons or key not in persons[group].index.get_level_values("key"):
            continue
        more = persons[group].loc[key].reindex(values.index).fillna(0.0)
        below = _county_sums(made, str(row["denominator"])).reindex(values.index)
        gains[name] = np.where(below > 0, more * float(row["scale"]) / below.where(below > 0), 0.0)
    return gains


def _county_sums(made: Inputs, name: str) -> pd.Series:
    """Sum of a state variable by county and year."""
    sums = {}
    for state in made.states:
        value = state[name]
        sums[state.year] = value.groupby(made.region.county_of(value.index).to_numpy()).sum()
    by_county: pd.Series = pd.concat(sums, names=["year", "unit"])
    return by_county.swaplevel()
