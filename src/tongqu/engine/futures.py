"""Futures: the inputs of a plan in a future, and what a plan brings there.

A future is the table of standards with other values, and luck that belongs to single projects and years: what
a project costs and brings over what was offered, and what a county has to spend in a year over its trend.
Projects, their codes and whom they serve stay those of the offer, so that plans and futures compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, remember, silent
from tongqu.contracts import Assume, Forecast, Offer, Sector, State
from tongqu.data import Region
from tongqu.engine.coordinate import indicators_of, mean_log
from tongqu.engine.draws import Luck, Sample, factors_in, luck_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.simulate import NOTHING, simulate

__all__ = [
    "ACCOUNTS",
    "baseline_in",
    "figures_of",
    "inputs_in",
    "limits_in",
    "offer_in",
    "sampled_inputs",
]

Ints = npt.NDArray[np.int64]

ACCOUNTS: Final = "account."
"""Variables of the sector that says what counties have to spend."""

MONEY_CELLS: Final = ["unit", "key", "year"]
"""Columns that say which limit of money is meant."""


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
    money = _money_of(limits["ledger"], limits["unit"], limits["key"], limits["year"].to_numpy().tobytes())
    here = _usual(inputs.region, inputs.sectors, inputs.base_states, inputs.assume)
    there = _accounted(inputs.region, inputs.sectors, states, assume)
    if there.index.equals(here.index):
        at = _places(here.index, money.cells)
        change = np.append(there.to_numpy() - here.to_numpy(), 0.0)[at]
    else:
        change = there.sub(here, fill_value=0.0).reindex(money.cells).fillna(0.0).to_numpy()
    amount = limits["amount"].to_numpy(dtype=np.float64).copy()
    more = np.zeros(len(limits))
    more[money.rows] = np.nan_to_num(change, nan=0.0)
    amount += more
    lucky = np.append(luck.money.loc[number].to_numpy(dtype=np.float64), 1.0)
    amount[money.own] *= lucky[_places(luck.money.columns, money.own_cells)]
    changed = more != 0
    changed[money.own] = True
    return limits.assign(amount=np.where(changed, np.maximum(amount, 0.0), limits["amount"]))


@dataclass(frozen=True, eq=False)
class _Money:
    """Rows of limits that are of money, and of a county's own money, with the cells that they are about."""

    rows: Ints
    cells: pd.MultiIndex
    own: Ints
    own_cells: pd.MultiIndex


@remember(4)
def _money_of(ledger: pd.Series, unit: pd.Series, key: pd.Series, years: bytes) -> _Money:
    limits = pd.DataFrame({"unit": unit, "key": key, "year": np.frombuffer(years, dtype=np.int64)})
    rows = np.flatnonzero((ledger == "money").to_numpy(dtype=np.bool_))
    own = rows[(key == "room").to_numpy(dtype=np.bool_)[rows]]
    cells, own_cells = limits.iloc[rows], limits.iloc[own]
    return _Money(
        rows,
        pd.MultiIndex.from_frame(cells[MONEY_CELLS]),
        own,
        pd.MultiIndex.from_frame(own_cells[["unit", "year"]]),
    )


@remember(4)
def _places(index: pd.Index, wanted: pd.Index) -> Ints:
    """Where cells stand in an index; -1, the last place, where they do not."""
    return np.asarray(index.get_indexer(wanted), dtype=np.int64)


@remember(2)
def _usual(
    region: Region, sectors: tuple[Sector, ...], states: tuple[State, ...], assume: Assume
) -> pd.Series:
    """The accounts of the expected future."""
    return _accounted(region, sectors, states, assume)


def _accounted(
    region: Region, sectors: Sequence[Sector], states: Sequence[State], assume: Assume
) -> pd.Series:
    """Money that the sector which keeps the accounts says there is, by unit, key and year; 万元."""
    parts = [
        sector.offer(region, Forecast(states, NOTHING), assume=assume).limits
        for sector in sectors
        if any(name.startswith(ACCOUNTS) for name in sector.writes)
    ]
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], [], []], names=MONEY_CELLS)
        return pd.Series(index=empty, dtype="float64")
    together = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
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
