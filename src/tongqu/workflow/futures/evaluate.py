"""Plans simulated in every future, and plans made again in some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import InfeasibleError, Progress, Report, silent
from tongqu.contracts import Assume, Offer, State
from tongqu.engine.draws import Luck, Sample, factors_in
from tongqu.engine.futures import ACCOUNTS, baseline_in, figures_of, inputs_in, limits_in, offer_in
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import optimise
from tongqu.engine.purse import Purse
from tongqu.engine.resimulate import Again, Reference, reference_of, resimulate

__all__ = ["EXPECTED", "NO_PLAN", "Evaluated", "Replanned", "evaluated", "kept_of", "replanned"]

Floats = npt.NDArray[np.float64]

NOTHING: Final = pd.Series(dtype="int64")
NO_PLAN: Final = "none"
"""Name of doing nothing, which is always among the plans."""
EXPECTED: Final = 0
"""Number of the future in which everything is as assumed."""


@dataclass(frozen=True)
class Evaluated:
    """What plans bring and lack.

    Parameters
    ----------
    outcomes : DataFrame
        ``future, plan``, the figures of `tongqu.engine.futures.figures_of`, and ``short_wan`` (money missing
        over all counties and years). Future 0 is the expected one.
    short : DataFrame
        ``future, plan, unit, year, short_wan``, rows with money missing only.
    """

    outcomes: pd.DataFrame
    short: pd.DataFrame


@dataclass(frozen=True)
class Replanned:
    """A plan made for one future as if it were known.

    Parameters
    ----------
    number : int
        The future.
    starts : Series of int
        Year of the first payment by project.
    figures : mapping of str to float
        As simulated in that future.
    gap : float
        How much better another plan could be there at most, as promised.
    """

    number: int
    starts: pd.Series
    figures: Mapping[str, float]
    gap: float


def evaluated(
    inputs: Inputs,
    sample: Sample,
    luck: Luck,
    *,
    plans: Mapping[str, pd.Series],
    processes: int = 2,
    progress: Progress = silent,
) -> Evaluated:
    """Simulate every plan, and doing nothing, in the expected future and in every one drawn.

    Parameters
    ----------
    plans : mapping of str to Series of int
        Year of the first payment by project, by name of the plan.
    processes : int
        How many processes share the futures; the result does not depend on it.
    """
    numbers = (EXPECTED, *sample.futures)
    assumes = [_assume(inputs, sample, number) for number in numbers]
    still = Again(_reference(inputs, NOTHING), partial(kept_of, inputs, accounts=True))
    keep = partial(kept_of, inputs, accounts=False)
    made = [
        Again(_reference(inputs, starts), keep, partial(_amounts, luck, numbers, assumes))
        for starts in plans.values()
    ]
    found = resimulate([still, *made], assumes, processes=processes, progress=progress)
    rows: list[dict[str, object]] = []
    limits = []
    for number, ((figures, accounts), *_) in zip(numbers, found, strict=True):
        rows.append({"future": number, "plan": NO_PLAN, **figures, "short_wan": 0.0})
        limits.append(_limits(inputs, sample, luck, number=number, accounts=accounts))
    parts = []
    for place, (name, starts) in enumerate(plans.items(), start=1):
        purse, mine = Purse.of(inputs, starts), inputs.offer.of(starts.index)
        for number, kept, limit in zip(numbers, found, limits, strict=True):
            offer = replace(_offer(inputs, sample, luck, offer=mine, number=number), limits=limit)
            short = purse.missing(replace(inputs, offer=offer))
            parts.append(short.assign(future=number, plan=name))
            missing = float(short["short_wan"].sum())
            rows.append({"future": number, "plan": name, **kept[place][0], "short_wan": missing})
    outcomes = pd.DataFrame(rows)
    order = {name: place for place, name in enumerate([NO_PLAN, *plans])}
    outcomes = outcomes.sort_values(
        ["future", "plan"], key=lambda column: column.map(order) if column.name == "plan" else column
    )
    filled = [part for part in parts if len(part)]
    columns = {"future": "int64", "plan": "str", "unit": "str", "year": "int64", "short_wan": "float64"}
    short = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({name: [] for name in columns})
    return Evaluated(outcomes.reset_index(drop=True), short[list(columns)].astype(columns))


def kept_of(
    inputs: Inputs, states: tuple[State, ...], *, accounts: bool
) -> tuple[dict[str, float], list[dict[str, pd.Series]]]:
    """Headline figures, and the accounts of each year where they are wanted."""
    kept = [
        {name: state[name] for name in state.names if name.startswith(ACCOUNTS)} if accounts else {}
        for state in states
    ]
    return figures_of(inputs, states), kept


def _limits(
    inputs: Inputs, sample: Sample, luck: Luck, *, number: int, accounts: Sequence[Mapping[str, pd.Series]]
) -> pd.DataFrame:
    """Limits of a future, from its accounts without a plan."""
    if number == EXPECTED:
        return inputs.offer.limits
    states = [State(year, values) for year, values in zip(inputs.years, accounts, strict=True)]
    return limits_in(inputs, luck, number=number, assume=sample.assume(number, inputs.assume), states=states)


def _offer(inputs: Inputs, sample: Sample, luck: Luck, *, offer: Offer, number: int) -> Offer:
    if number == EXPECTED:
        return offer
    return offer_in(offer, luck, number=number, assume=sample.assume(number, inputs.assume))


def _assume(inputs: Inputs, sample: Sample, number: int) -> Assume:
    return inputs.assume if number == EXPECTED else sample.assume(number, inputs.assume)


def _reference(inputs: Inputs, starts: pd.Series) -> Reference:
    """A plan simulated in the expected future."""
    return reference_of(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=inputs.offer.of(starts.index),
        starts=starts,
    )


def _amounts(
    luck: Luck, numbers: Sequence[int], assumes: Sequence[Assume], position: int, offer: Offer
) -> Floats:
    """Amounts of entries in a future."""
    amount, number = offer.entries["amount"].to_numpy(dtype=np.float64), numbers[position]
    if number == EXPECTED:
        return amount
    return amount * factors_in(offer.entries, luck, number=number, assume=assumes[position])


def replanned(
    inputs: Inputs,
    sample: Sample,
    luck: Luck,
    *,
    numbers: Sequence[int],
    start: pd.Series | None = None,
    progress: Progress = silent,
) -> tuple[list[Replanned], tuple[int, ...]]:
    """Make a plan for each of some futures as if it were known from the start.

    Returns
    -------
    tuple of list of Replanned and tuple of int
        The plans, and the futures in which no plan keeps all limits.

    Parameters
    ----------
    numbers : sequence of int
        The futures.
    start : Series of int, optional
        Starts of a plan to begin each search with.
    """
    made, impossible = [], []
    for done, number in enumerate(numbers, start=1):
        states = baseline_in(inputs, sample, number=number)
        here = inputs_in(inputs, sample, luck, number=number, states=states)
        progress(Report("futures", done=(done - 1) / len(numbers)))
        try:
            plan = optimise(here, start=start, progress=progress)
        except InfeasibleError:
            impossible.append(number)
            continue
        numbers, assumes = [number], [_assume(inputs, sample, number)]
        again = Again(
            _reference(inputs, plan.starts),
            partial(figures_of, inputs),
            partial(_amounts, luck, numbers, assumes),
        )
        ((figures,),) = resimulate([again], assumes, processes=1)
        made.append(Replanned(number, plan.starts, figures, plan.certificate.gap))
    return made, tuple(impossible)
