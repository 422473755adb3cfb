"""Least and greatest values of other measures, and no county worse than without a plan."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.engine.goals.aims import aim_of
from tongqu.engine.goals.coordination import add_subindices
from tongqu.engine.lp import Terms
from tongqu.engine.terms import Floats, Ints, Model

__all__ = ["KEPT", "add_bounds", "add_nobody_worse", "baseline_subindex", "missed"]

KEPT: Final = 1e-6
"""By how much a bound may be missed: the solver's tolerance on its row, with some room; a share of
sums of money."""


def add_bounds(model: Model) -> None:
    """Keep the scenario's bounds of other measures, each a limit ``bound N measure``.

    A figure that the program has too high, such as mean log D with tangents, is bounded as the program has
    it: no plan that keeps the bound is lost. See ``Model.tighter`` for plans that only seem to keep it.
    """
    for number, bound in enumerate(model.inputs.scenario.bounds):
        aim = aim_of(model, bound.measure)
        least = bound.least if aim.sense > 0 else -bound.most if bound.most is not None else None
        if least is None:
            continue
        name = f"bound {number} {bound.measure}"
        scale = max(1.0, float(np.abs(aim.weight).max(initial=0.0)))
        more = float(model.tighter.get(name, np.zeros(1))[0])
        nothing = model.program.variables(f"nothing_bound_{number}", 1, upper=0.0)
        terms = [
            Terms.of(np.zeros(len(aim.variable)), aim.variable, aim.weight / scale),
            Terms.of([0], nothing, 1.0),
        ]
        right = [(least + more - aim.constant) / scale]
        model.program.rows(name, Terms.join(terms), sense=">=", rhs=right)
        model.limits[name] = "bound"


def add_nobody_worse(model: Model) -> None:
    """Keep U and R of each county and year at least at what they are without a plan: ``worse U county``.

    Rows exist only where a project on offer could lower a subindex.
    """
    if not model.inputs.scenario.nobody_worse:
        return
    add_subindices(model)
    unit = model.inputs.weights.index.get_level_values("unit")
    for symbol, index in model.indices.items():
        base = baseline_subindex(model, symbol)
        cells = _can_fall(model, symbol)
        for county in dict.fromkeys(unit[cells]):
            mine = cells[unit[cells] == county]
            name = f"worse {symbol} {county}"
            more = model.tighter.get(name, np.zeros(len(mine)))
            terms = Terms.of(np.arange(len(mine)), index[mine], 1.0)
            model.program.rows(name, terms, sense=">=", rhs=base[mine] + more)
            model.limits[name] = "worse"


def missed(model: Model, indices: pd.DataFrame, *, measures: pd.Series) -> dict[str, Floats]:
    """By how much a plan really misses rows of ``bound`` and ``worse`` that it keeps as the program counts.

    Parameters
    ----------
    indices : DataFrame
        Subindices ``U, R`` that the plan delivers, in the order of the inputs' weights.
    measures : Series
        Its measures, by measure.
    """
    found: dict[str, Floats] = {}
    for name, kind in model.limits.items():
        words = name.split(" ")
        if kind == "bound":
            bound = model.inputs.scenario.bounds[int(words[1])]
            value = float(measures[bound.measure])
            least = bound.least if bound.least is not None else -np.inf
            most = bound.most if bound.most is not None else np.inf
            scale = max(1.0, abs(value))
            short = np.array([max(least - value, value - most) / scale])
        elif kind == "worse":
            base, cells = baseline_subindex(model, words[1]), _can_fall(model, words[1])
            unit = model.inputs.weights.index.get_level_values("unit")
            mine = cells[unit[cells] == words[2]]
            short, scale = base[mine] - indices[words[1]].to_numpy()[mine], 1.0
        else:
            continue
        if (short > KEPT).any():
            found[name] = np.where(short > KEPT, short * scale + KEPT, 0.0)
    return found


def baseline_subindex(model: Model, symbol: str) -> Floats:
    """Subindex of every county and year without a plan, as the program counts it."""
    total = model.constant[symbol].copy()
    for score in model.scores[symbol]:
        total += score.weight * np.clip(score.base, 0.0, 1.0)
    return total


def _can_fall(model: Model, symbol: str) -> Ints:
    """Cells in which an entry lowers a score; one that ends only takes back what it gave."""
    found = [np.empty(0, dtype=np.int64)]
    for score in model.scores[symbol]:
        lowers = score.terms["amount"].to_numpy(dtype=np.float64) < 0
        if "ends" in score.terms:
            lowers &= ~score.terms["ends"].to_numpy(dtype=bool)
        found.append(score.cell[lowers])
    return np.unique(np.concatenate(found))
