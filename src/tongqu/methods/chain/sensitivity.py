"""How much a chain's value added and processing answer to each parameter, and where money adds most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, floats, require
from tongqu.methods.chain.evaluate import YUAN_PER_WAN, ChainResult, _evaluated, evaluate
from tongqu.methods.chain.stages import RANGES, Chain, Parameters, require_parameters

__all__ = ["OUTCOMES", "Investment", "returns", "sensitivities"]

OUTCOMES: Final = ("value_added", "farm_value_added", "processing_ratio", "length", "jobs")
"""What the sensitivities are given for."""
_STEP: Final = 1e-3
"""Relative step to either side. Quantities and money are of first degree in every parameter, so that their
differences are exact but for rounding whatever the step; of the two ratios they err by its square."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Investment:
    """Something that money can change in a chain.

    Parameters
    ----------
    name : str
        Its name.
    wan : float
        Cost a year in 万元, capital spread over its life and running cost, above 0.
    changes : mapping of (str, str) to float
        What is added to a parameter: (name in `Parameters`, stage) or, for shares, (``share``,
        ``start>end``).
    harvest : float
        Added to the harvest, as a share of it.
    """

    name: str
    wan: float
    changes: Mapping[tuple[str, str], float]
    harvest: float = 0.0


def sensitivities(
    chain: Chain,
    harvest: float,
    *,
    parameters: Sequence[str] = ("share", "loss", "yield_", "price", "bought"),
) -> pd.DataFrame:
    """Elasticities of a chain's outcomes to each parameter of each stage and link.

    Parameters
    ----------
    chain : Chain
        With its central values.
    harvest : float
        Tonnes a year, above 0.
    parameters : sequence of str
        Names in `Parameters`.

    Returns
    -------
    DataFrame
        Columns ``parameter, stage, outcome, elasticity``: per cent that the outcome changes when the
        parameter rises by one per cent, by central differences; links are ``start>end``. Parameters that
        are 0 are left out; an outcome of 0 has NaN. A share is moved by itself: what it gains is no longer
        sold. Where nothing is left to gain, the differences are those of its lower side.

    Raises
    ------
    DataError
        If the harvest is not above 0, or a parameter is unknown.

    Examples
    --------
    >>> from tongqu.methods.chain import make_chain
    >>> chain = make_chain(
    ...     ["field", "mill"],
    ...     [("field", "mill")],
    ...     kinds=["growing", "processing"],
    ...     actors=["farmer", "processor"],
    ...     share=[1.0],
    ...     loss=0.0,
    ...     yield_=[1.0, 0.25],
    ...     price=[1000, 8000],
    ... )
    >>> found = sensitivities(chain, 10, parameters=["price"])
    >>> found[found["outcome"] == "value_added"].round(6)[["stage", "elasticity"]].to_numpy().tolist()
    [['field', 0.0], ['mill', 1.0]]
    """
    require(harvest > 0, column="harvest", rule="there is none", mend="give tonnes above 0")
    unknown = [name for name in parameters if name not in RANGES]
    require(not unknown, column="parameters", rule=f"{unknown} unknown", mend=f"of {', '.join(RANGES)}")
    keys: list[tuple[str, str]] = []
    moved: dict[str, list[tuple[int, int]]] = {name: [] for name in RANGES}
    for name in parameters:
        for row, value in enumerate(getattr(chain.parameters, name)):
            if value != 0:
                moved[name].append((len(keys), row))
                keys.append((name, _label(chain, name, row=row)))
    steps = (-2 * _STEP, -_STEP, _STEP)
    stacked = [_stacked(chain, moved, size=len(keys), by=1 + step) for step in steps]
    low, less, more = (_outcomes(_evaluated(chain, np.array(harvest), given)) for given in stacked)
    full = _full(chain, moved, size=len(keys))
    base = _outcomes(evaluate(chain, harvest))
    table = {}
    for outcome in OUTCOMES:
        centre = float(base[outcome])
        with np.errstate(invalid="ignore", divide="ignore"):
            both = more[outcome] - less[outcome]
            below = 3 * centre - 4 * less[outcome] + low[outcome]
            rise = np.where(full, below, both) / (2 * _STEP * centre)
        table[outcome] = rise if centre != 0 else np.full(len(keys), np.nan)
    wide = pd.DataFrame(table).assign(
        parameter=[name for name, _ in keys], stage=[label for _, label in keys]
    )
    return wide.melt(id_vars=["parameter", "stage"], var_name="outcome", value_name="elasticity")


def returns(chain: Chain, harvest: float, *, investments: Sequence[Investment]) -> pd.DataFrame:
    """Value added for a yuan of each investment, each alone: where the next yuan adds most.

    Parameters
    ----------
    chain : Chain
        As it is today.
    harvest : float
        Tonnes a year.
    investments : sequence of Investment
        What money can do. They are marginal: small against the chain.

    Returns
    -------
    DataFrame
        Columns ``investment, wan, added_wan, farm_wan, per_yuan``: cost a year, gain in value added of the
        chain and of its growing, gain per yuan; the best first.

    Raises
    ------
    DataError
        If an investment costs nothing, names what the chain does not have, or makes a value impossible.

    Examples
    --------
    >>> from tongqu.methods.chain import make_chain
    >>> chain = make_chain(
    ...     ["field", "mill"],
    ...     [("field", "mill")],
    ...     kinds=["growing", "processing"],
    ...     actors=["farmer", "processor"],
    ...     share=[0.5],
    ...     loss=[0.0, 0.2],
    ...     yield_=[1.0, 0.25],
    ...     price=[1000, 8000],
    ... )
    >>> cold = Investment(name="less loss", wan=0.1, changes={("loss", "mill"): -0.1})
    >>> mill = Investment(name="more milled", wan=0.5, changes={("share", "field>mill"): 0.1})
    >>> returns(chain, 10, investments=[cold, mill])[["investment", "per_yuan"]].round(4).to_numpy().tolist()
    [['less loss', 1.0], ['more milled', 0.12]]
    """
    problems = [
        Problem(rule="it costs nothing", mend="give a cost above 0", column="wan", value=one.name)
        for one in investments
        if not one.wan > 0
    ]
    if problems:
        raise DataError(problems)
    base = evaluate(chain, harvest)
    rows = []
    for one in investments:
        given = _invested(chain, one)
        tonnes = floats(harvest * (1 + one.harvest), column="harvest", low=0)
        after = evaluate(chain, tonnes, parameters=given)
        added = float(after.added.sum() - base.added.sum())
        farm = float(after.added[0] - base.added[0])
        rows.append((one.name, one.wan, added, farm, added / one.wan))
    table = pd.DataFrame(rows, columns=["investment", "wan", "added_wan", "farm_wan", "per_yuan"])
    return table.sort_values("per_yuan", ascending=False, kind="stable", ignore_index=True)


def _label(chain: Chain, name: str, *, row: int) -> str:
    if name != "share":
        return chain.stages[row]
    return f"{chain.stages[chain.start[row]]}>{chain.stages[chain.end[row]]}"


def _stacked(chain: Chain, moved: Mapping[str, list[tuple[int, int]]], *, size: int, by: float) -> Parameters:
    """Central values repeated along a leading axis, one parameter multiplied in each row."""
    values: dict[str, Floats] = {}
    for field in fields(Parameters):
        table = np.tile(getattr(chain.parameters, field.name), (size, 1))
        for key, row in moved[field.name]:
            table[key, row] *= by
        values[field.name] = table
    return Parameters(**values)


def _full(chain: Chain, moved: Mapping[str, list[tuple[int, int]]], *, size: int) -> Bools:
    """True where the parameter cannot rise: shares of stages that send on all, and losses of all."""
    given = chain.parameters
    sent = np.bincount(chain.start, weights=given.share, minlength=len(chain.stages))
    found = np.zeros(size, dtype=np.bool_)
    for key, row in moved["share"]:
        found[key] = sent[chain.start[row]] + _STEP * given.share[row] > 1
    for key, row in moved["loss"]:
        found[key] = given.loss[row] * (1 + _STEP) > 1
    return found


def _outcomes(result: ChainResult) -> dict[str, Floats]:
    return {
        "value_added": result.added.sum(axis=-1) * YUAN_PER_WAN,
        "farm_value_added": result.added[..., 0] * YUAN_PER_WAN,
        "processing_ratio": result.processing_ratio,
        "length": result.length,
        "jobs": result.jobs.sum(axis=-1),
    }


def _invested(chain: Chain, investment: Investment) -> Parameters:
    values = {field.name: getattr(chain.parameters, field.name).copy() for field in fields(Parameters)}
    for (name, label), change in investment.changes.items():
        labels = [_label(chain, name, row=row) for row in range(len(values[name]))] if name in values else []
        known = label in labels
        require(known, column=investment.name, rule=f"no {name} of {label}", mend="name a stage or link")
        values[name][labels.index(label)] += change
    given = Parameters(**values)
    require_parameters(chain, given)
    return given
