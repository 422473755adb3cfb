"""Futures: what is drawn in each, the inputs of a plan in a future, and what a plan brings and lacks there.

A future is the table of standards with other values, and luck that belongs to single projects and years: what
a project costs and brings over what was offered, and what a county has to spend in a year over its trend.
Projects, their codes and whom they serve stay those of the offer, so that plans and futures compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume, Forecast, Offer, State, ledger_of
from tongqu.engine.coordinate import indicators_of, mean_log
from tongqu.engine.financing import UNIT_WAN, account_rows, lasting_cost, limit_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program, Session, Terms
from tongqu.engine.simulate import simulate
from tongqu.methods.sampling import latin, normal, spread, triangular

__all__ = [
    "ACCOUNTS",
    "Luck",
    "Purse",
    "Sample",
    "baseline_in",
    "factors_in",
    "figures_of",
    "inputs_in",
    "limits_in",
    "luck_of",
    "offer_in",
    "sample_of",
    "sampled_inputs",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CAPITAL: Final = "future.capital_cost"
RUNNING: Final = "future.running_cost"
EFFECTS: Final = "future.effects"
OWN_COST: Final = "future.project_cost"
OWN_EFFECTS: Final = "future.project_effects"
YEAR_MONEY: Final = "future.year_money"

ACCOUNTS: Final = "account."
"""Variables of the sector that says what counties have to spend."""

MONEY_CELLS: Final = ["unit", "key", "year"]
"""Columns that say which limit of money is meant."""

SHORT_WAN: Final = 2.0
"""万元 of a county and year below which money is not short: the tolerance of accounts."""
LATER: Final = 1e-3
"""How much less a year later is minded: money is short when it is missing, not before."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Values of uncertain standards in every future.

    Parameters
    ----------
    seed : int
        Seed of the draws.
    values : DataFrame
        A row for each future (index ``future``, from 1 on), a column for each standard.
    """

    seed: int
    values: pd.DataFrame

    @property
    def futures(self) -> tuple[int, ...]:
        """Numbers of the futures, from 1 on."""
        return tuple(int(number) for number in self.values.index)

    def assume(self, number: int, base: Assume) -> Assume:
        """The standards in force in a future: those drawn over those assumed."""
        drawn = self.values.loc[number]
        return Assume(pd.Series({**base.values.to_dict(), **drawn.to_dict()}, dtype="float64"))


def sample_of(
    standards: pd.DataFrame, assume: Assume, *, names: Sequence[str], futures: int, seed: int
) -> Sample:
    """Draw the standards that have a range, by a Latin hypercube.

    Each is triangular between its low and high value, the assumed value its mode; one outside them widens
    them. The draws of one standard do not depend on which others are drawn.

    Parameters
    ----------
    standards : DataFrame
        With ``standard, low, high``.
    names : sequence of str
        Standards to draw; those without a range keep the assumed value.
    futures, seed : int
        How many futures, and the seed, both 0 or more.

    Raises
    ------
    DataError
        If a name is not a standard.
    """
    unique = list(dict.fromkeys(names))
    known = standards.set_index("standard")[["low", "high"]].astype("float64")
    strange = [name for name in unique if name not in known.index]
    if strange:
        raise DataError(
            [
                Problem(
                    rule="unknown standard",
                    mend="use a name from the table standards",
                    column="uncertain",
                    value=name,
                )
                for name in strange
            ]
        )
    ranged = known.loc[unique].dropna()
    share = latin(list(ranged.index), futures=futures, seed=seed)
    columns = {}
    for position, (name, row) in enumerate(ranged.iterrows()):
        mode = assume[str(name)]
        columns[str(name)] = triangular(
            share[:, position],
            low=min(float(row["low"]), mode),
            mode=mode,
            high=max(float(row["high"]), mode),
        )
    return Sample(seed, pd.DataFrame(columns, index=pd.RangeIndex(1, futures + 1, name="future")))


@dataclass(frozen=True, eq=False)
class Luck:
    """Factors of single projects and years over what was offered, in every future.

    Parameters
    ----------
    cost, effects : DataFrame
        Factor on a project's capital cost, and on what it adds to stocks: futures in rows, projects in
        columns.
    money : DataFrame
        Factor on the own money of a county: futures in rows, columns ``(unit, year)``.
    """

    cost: pd.DataFrame
    effects: pd.DataFrame
    money: pd.DataFrame


def luck_of(sample: Sample, inputs: Inputs) -> Luck:
    """Draw the luck of every project on offer, and of every county and year.

    A project's luck depends on its code and the seed only, that of a year on its county, the year and the
    seed: another plan meets the same luck.
    """
    assume, index = inputs.assume, sample.values.index
    projects = [str(name) for name in inputs.offer.projects["project"]]
    cells = pd.MultiIndex.from_product([inputs.counties, inputs.years], names=["unit", "year"])

    def factors(kind: str, names: Sequence[str], spreading: str) -> Floats:
        own = [f"{kind}:{name}" for name in names]
        drawn = normal(own, futures=len(index), seed=sample.seed)
        return spread(drawn, deviation=assume[spreading])

    return Luck(
        pd.DataFrame(factors("cost", projects, OWN_COST), index=index, columns=projects),
        pd.DataFrame(factors("effects", projects, OWN_EFFECTS), index=index, columns=projects),
        pd.DataFrame(
            factors("money", [f"{unit}:{year}" for unit, year in cells], YEAR_MONEY),
            index=index,
            columns=cells,
        ),
    )


def factors_in(entries: pd.DataFrame, luck: Luck, *, number: int, assume: Assume) -> Floats:
    """What the amount of each entry is multiplied by in a future, shape (entries,).

    Capital and running cost, and what is added to stocks, turn out otherwise than offered; whom a project
    serves, what land and staff it takes and when it opens do not.
    """
    capital = ((entries["ledger"] == "money") & (entries["key"] == "capital")).to_numpy()
    running = (entries["ledger"] == "money").to_numpy() & ~capital
    stock = (entries["ledger"] == "stock").to_numpy()
    factor = np.ones(len(entries))
    project = luck.cost.columns.get_indexer(pd.Index(entries["project"]))
    factor[capital] = assume[CAPITAL] * luck.cost.loc[number].to_numpy()[project[capital]]
    factor[running] = assume[RUNNING]
    factor[stock] = assume[EFFECTS] * luck.effects.loc[number].to_numpy()[project[stock]]
    return factor


def offer_in(offer: Offer, luck: Luck, *, number: int, assume: Assume) -> Offer:
    """The offer as it turns out in a future: other costs and effects of the same projects."""
    factor = factors_in(offer.entries, luck, number=number, assume=assume)
    return replace(offer, entries=offer.entries.assign(amount=offer.entries["amount"] * factor))


def baseline_in(inputs: Inputs, sample: Sample, *, number: int) -> tuple[State, ...]:
    """Each year of a future without a plan."""
    return simulate(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=sample.assume(number, inputs.assume),
    )


def inputs_in(
    inputs: Inputs, sample: Sample, luck: Luck, *, number: int, states: tuple[State, ...]
) -> Inputs:
    """What a plan is made from in a future: its baseline, its costs and effects, its money.

    Counties and years weigh as in the expected future, so that futures compare.

    Parameters
    ----------
    states : tuple of State
        Of the future without a plan, as `baseline_in` gives them.
    """
    assume = sample.assume(number, inputs.assume)
    offer = offer_in(inputs.offer, luck, number=number, assume=assume)
    limits = limits_in(inputs, luck, number=number, assume=assume, states=states)
    # Bonds are issued at a rate that is fixed then, so that of the expected future stays.
    rate = pd.Series({"rate.interest": inputs.assume["rate.interest"]})
    kept = Assume(pd.Series({**assume.values.to_dict(), **rate.to_dict()}, dtype="float64"))
    return replace(
        inputs,
        assume=kept,
        states=states,
        offer=replace(offer, limits=limits),
        indicators=indicators_of(inputs.region, states) if inputs.sectors else inputs.indicators,
        refreshed=None,
    )


def limits_in(
    inputs: Inputs, luck: Luck, *, number: int, assume: Assume, states: Sequence[State]
) -> pd.DataFrame:
    """Limits of a future: money changes by what the accounts without a plan change, the rest stays.

    Parameters
    ----------
    states : sequence of State
        Of the future without a plan; their accounts are enough.
    """
    limits = inputs.offer.limits
    at = pd.MultiIndex.from_frame(limits[MONEY_CELLS])
    money = (limits["ledger"] == "money").to_numpy()
    there = _accounted(inputs, states, assume=assume)
    here = _accounted(inputs, inputs.base_states, assume=inputs.assume)
    more = there.sub(here, fill_value=0.0).reindex(at).fillna(0.0).to_numpy(dtype=np.float64)
    amount = limits["amount"].to_numpy(dtype=np.float64) + np.where(money, more, 0.0)
    own = money & (limits["key"] == "room").to_numpy()
    cells = pd.MultiIndex.from_frame(limits.loc[own, ["unit", "year"]])
    amount[own] *= luck.money.loc[number].reindex(cells).fillna(1.0).to_numpy(dtype=np.float64)
    changed = own | (money & (more != 0))
    return limits.assign(amount=np.where(changed, np.maximum(amount, 0.0), limits["amount"]))


def _accounted(inputs: Inputs, states: Sequence[State], *, assume: Assume) -> pd.Series:
    """Money that the sector which keeps the accounts says there is, by unit, key and year; 万元."""
    parts = [
        sector.offer(inputs.region, Forecast(states, Offer()), assume=assume).limits
        for sector in inputs.sectors
        if any(name.startswith(ACCOUNTS) for name in sector.writes)
    ]
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], [], []], names=MONEY_CELLS)
        return pd.Series(index=empty, dtype="float64")
    together = pd.concat(parts, ignore_index=True)
    return together[together["ledger"] == "money"].set_index(MONEY_CELLS)["amount"].astype("float64")


def figures_of(inputs: Inputs, states: Sequence[State]) -> dict[str, float]:
    """Headline figures of simulated years: what futures and plans are compared by.

    Returns
    -------
    dict of str to float
        ``log_d`` (mean log D over counties and years, weighted as in the expected future), ``d`` (its
        exponential, a mean D), ``d_last`` (mean D of the last year), ``d_least`` (lowest D of a county in the
        last year), and ``served.NAME`` (share of the region's demand for a service that is served in the last
        year; a service that nobody asks for is absent).
    """
    indices = indicators_of(inputs.region, states).indices
    last, log_d = states[-1], mean_log(indices, inputs.weights)
    final = indices[indices.index.get_level_values("year") == last.year]
    weight = inputs.weights.reindex(final.index)
    found = {
        "log_d": log_d,
        "d": float(np.exp(log_d)),
        "d_last": float(np.exp(mean_log(final, weight / weight.sum()))),
        "d_least": float(final["D"].min()),
    }
    for service in last.matching("served"):
        asked = float(last[f"demand.{service}"].sum())
        if asked > 0:
            found[f"served.{service}"] = float(last[f"served.{service}"].sum()) / asked
    return found


@dataclass(frozen=True, eq=False)
class Purse:
    """What it takes to pay for a plan, kept ready for the costs and the money of many futures.

    Parameters
    ----------
    session : Session
        The accounts of all counties, with a variable for the money that is missing in each year.
    starts : Series of int
        Year of the first payment by project.
    short : mapping of str to array of int
        Numbers of these variables by county: one a year, and one for what goes on costing for good.
    """

    session: Session
    starts: pd.Series
    short: Mapping[str, Ints]

    @classmethod
    def of(cls, inputs: Inputs, starts: pd.Series) -> Purse:
        """Make the accounts of a plan; interest is that of the inputs in every future."""
        years = np.arange(len(inputs.years))
        program, short, grants = Program(), {}, []
        for county in inputs.counties:
            short[str(county)] = lacking = program.variables(f"short_{county}", len(years) + 1)
            spending = Terms.of(years, lacking[:-1], -1.0)
            made = account_rows(program, inputs, county, spending=spending, constant=0.0, years=years)
            grants.append(made["grant"])
            lasting = Terms.of(
                [0, 0], [made["debt"][-1], lacking[-1]], [inputs.assume["rate.interest"], -1.0]
            )
            program.rows(f"running {county}", lasting, sense="<=", rhs=[0.0])
        together = Terms.of(np.tile(years, len(grants)), np.concatenate(grants), 1.0)
        program.rows("pool", together, sense="<=", rhs=np.zeros(len(years)))
        sooner = 1 + LATER * np.arange(len(years), -1, -1)
        program.maximise(np.concatenate(list(short.values())), np.tile(-sooner, len(short)))
        return cls(program.session(), starts, short)

    def missing(self, inputs: Inputs) -> pd.DataFrame:
        """The least money that is missing in a future, whatever debt and grants its limits allow.

        Parameters
        ----------
        inputs : Inputs
            Of the future: its offer says what things cost, its limits what money there is.

        Returns
        -------
        DataFrame
            ``unit, year, short_wan``, rows with money missing only; the year after the last one stands for
            what goes on costing for good and is not covered by the last year's money.
        """
        at = pd.MultiIndex.from_product([inputs.counties, inputs.years])
        spent = ledger_of(inputs.offer.entries, inputs.years, starts=self.starts)
        cost = spent[spent["ledger"] == "money"].groupby(["unit", "year"])["amount"].sum()
        paid = cost.reindex(at).fillna(0.0).to_numpy().reshape(len(self.short), -1)
        room, debt = (
            limit_of(inputs, key).reindex(at).fillna(0.0).to_numpy().reshape(len(self.short), -1)
            for key in ("room", "debt")
        )
        for row, county in enumerate(self.short):
            self.session.rhs(f"money {county}", (room[row] - paid[row]) / UNIT_WAN)
            self.session.rhs(f"debt {county}", debt[row] / UNIT_WAN)
            left = room[row, -1] - lasting_cost(inputs, county, starts=self.starts)
            self.session.rhs(f"running {county}", [left / UNIT_WAN])
        pool = limit_of(inputs, "pool").groupby("year").sum().reindex(inputs.years, fill_value=0.0)
        self.session.rhs("pool", pool / UNIT_WAN)
        values = self.session.relax().values
        years = [*inputs.years, inputs.years[-1] + 1]
        found = np.stack([values[numbers] for numbers in self.short.values()])
        table = pd.DataFrame(
            {
                "unit": np.repeat(list(self.short), len(years)),
                "year": np.tile(years, len(self.short)),
                "short_wan": np.maximum(found, 0.0).ravel() * UNIT_WAN,
            }
        )
        return table[table["short_wan"] > SHORT_WAN].reset_index(drop=True)


def sampled_inputs(
    inputs: Inputs, sample: Sample, *, numbers: Sequence[int] | None = None, progress: Progress = silent
) -> tuple[Inputs, ...]:
    """What a plan is made from in each future, in order; only some of them where they are named."""
    luck, chosen = luck_of(sample, inputs), list(sample.futures if numbers is None else numbers)
    made = []
    for done, number in enumerate(chosen, start=1):
        states = baseline_in(inputs, sample, number=number)
        made.append(inputs_in(inputs, sample, luck, number=number, states=states))
        progress(Report("futures", done=done / len(chosen)))
    return tuple(made)
