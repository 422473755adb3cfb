"""Coordination, mean log D: scores from ledgers, subindices from scores, tangents of their logarithms."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program, Terms
from tongqu.engine.terms import NONE, Aim, Floats, Ints, Model, Score, entry_terms
from tongqu.methods.index import tangents

__all__ = ["SIDES", "add_subindices", "coordination", "promised_subindex"]

SIDES: Final = {"urban": "U", "rural": "R"}
"""Sides of the index and their subindices."""

LEAST: Final = 1e-3
"""Least subindex that the tangents cover; below it the log of a subindex means nothing."""


def add_subindices(model: Model) -> None:
    """Add the subindices of every county and year, with the scores that projects raise, once."""
    if model.indices:
        return
    inputs = model.inputs
    terms = _score_terms(model)
    for side, symbol in SIDES.items():
        names = _names(inputs, side)
        index = _subindex(model, symbol, names=names, terms=terms, cells=inputs.weights.index)
        model.indices[symbol] = index


def coordination(model: Model) -> Aim:
    """Weighted mean of log D over counties and years.

    The logarithm is replaced by tangents, and a score that may fall below the worst goalpost by a chord, both
    above the truth: the figure exceeds the plan's own by no more than the error of the aim.
    """
    add_subindices(model)
    inputs = model.inputs
    variable = [
        _logarithm(model, symbol, index=model.indices[symbol], names=_names(inputs, side))
        for side, symbol in SIDES.items()
    ]
    weight = np.tile(inputs.weights.to_numpy(dtype=np.float64) / 4, len(SIDES))
    # U and R each weigh a quarter, and the weights of counties and years add up to 1.
    error = inputs.scenario.solver.tangent_error / 2 + _chord_error(model)
    return Aim("coordination", np.concatenate(variable), weight, error=error, unit="log D")


def _names(inputs: Inputs, side: str) -> pd.Index:
    return inputs.indicators.table.index[inputs.indicators.table["side"] == side]


def _score_terms(model: Model) -> dict[str, pd.DataFrame]:
    """How much each credit and stock entry adds to each indicator: ``county, year, variable, amount``."""
    inputs = model.inputs
    table = inputs.indicators.table
    terms: dict[str, pd.DataFrame] = {}
    stock = inputs.offer.entries[inputs.offer.entries["ledger"] == "stock"]
    for name, row in table[table["origin"] == "ledger"].iterrows():
        group, _, key = str(row["numerator"]).partition(".")
        if group == "served":
            parts = [credit for credit in model.credits if len(credit) and credit["service"].iloc[0] == key]
            found = (
                pd.concat(parts) if parts else pd.DataFrame(columns=["county", "year", "variable", "people"])
            )
            found = found.rename(columns={"people": "amount"})[["county", "year", "variable", "amount"]]
        else:
            mine = stock[stock["key"] == key]
            found = entry_terms(model, mine)
            found = found.assign(county=mine["unit"].to_numpy()[found["entry"]])
        terms[str(name)] = _per_score(model, found, row)
    return {name: found for name, found in terms.items() if len(found)}


def _per_score(model: Model, found: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Divide by the baseline's denominator and the distance between the goalposts."""
    inputs = model.inputs
    county = inputs.region.county_of(inputs.region["units"]["unit"])
    sums = {}
    for position, state in enumerate(inputs.states):
        values = state[str(row["denominator"])]
        sums[position] = values.groupby(county.reindex(values.index)).sum()
    whole = pd.DataFrame(sums)
    below = whole.stack().reindex(pd.MultiIndex.from_frame(found[["county", "year"]])).to_numpy()
    scale = float(row["scale"]) / (float(row["target"]) - float(row["worst"]))
    asked = below > 0  # where nobody asks, the indicator does not count and nothing raises it
    found = found.assign(below=below)[asked]
    return found.assign(amount=found["amount"].to_numpy(dtype=np.float64) * scale / found.pop("below"))


def _subindex(
    model: Model, symbol: str, *, names: pd.Index, terms: dict[str, pd.DataFrame], cells: pd.Index
) -> Ints:
    """Subindex of every county and year: constant scores plus those that projects raise, each at most 1."""
    inputs, program = model.inputs, model.program
    found, scores = inputs.indicators, inputs.indicators.scores.reindex(cells)
    weights, values = found.weights.reindex(cells), found.values.reindex(cells)
    each = np.arange(len(cells))
    index = program.variables(symbol, len(cells), upper=1.0)
    constant = np.zeros(len(cells))
    parts = [Terms.of(each, index, 1.0)]
    for name in names:
        weight = weights[name].to_numpy()
        if name not in terms:
            constant += weight * scores[name].fillna(0.0).to_numpy()
            continue
        worst, target = found.table.loc[name, ["worst", "target"]].astype("float64")
        base = ((values[name] - worst) / (target - worst)).to_numpy()
        score = _score(weight, base, terms[name], cells=_cells(inputs, terms[name], cells=cells))
        raised = _raised(program, f"score {name}", score)
        counted = np.flatnonzero(weight > 0)
        parts.append(Terms.of(counted, raised, -weight[counted]))
        model.scores[symbol].append(score)
    program.rows(f"subindex {symbol}", Terms.join(parts), sense="<=", rhs=constant)
    model.constant[symbol] = constant
    return index


def _cells(inputs: Inputs, found: pd.DataFrame, *, cells: pd.Index) -> Ints:
    """Position of the county and year of each term."""
    place = pd.Series(np.arange(len(cells)), index=cells)
    year = np.asarray(inputs.years)[found["year"].astype(int)]
    return place.reindex(pd.MultiIndex.from_arrays([found["county"].to_numpy(), year])).to_numpy()


def _score(weight: Floats, base: Floats, found: pd.DataFrame, *, cells: Ints) -> Score:
    counted = weight[cells] > 0
    return Score(weight, np.where(weight > 0, base, 0.0), cells[counted], found[counted])


def _raised(program: Program, name: str, score: Score) -> Ints:
    """Score of an indicator that projects raise in every cell where it counts, at most 1."""
    counted = np.flatnonzero(score.weight > 0)
    row = np.full(len(score.weight), NONE)
    row[counted] = np.arange(len(counted))
    raised = program.variables(name.replace(" ", "_"), len(counted), lower=-np.inf, upper=1.0)
    slope, level = _chord(score)
    gain = -score.terms["amount"].to_numpy() * slope[score.cell]
    program.rows(
        name,
        Terms.join(
            [
                Terms.of(np.arange(len(counted)), raised, 1.0),
                Terms.of(row[score.cell], score.terms["variable"], gain),
            ]
        ),
        sense="<=",
        rhs=level[counted],
    )
    return raised


def _chord(score: Score) -> tuple[Floats, Floats]:
    """Slope of the score over the gain in each cell, and its level at no gain.

    The score is ``max(0, base + gain)``: the line itself where that cannot fall below 0. Otherwise it is
    convex, and the chord from the least to the largest gain lies above it, so the bound stays valid.
    """
    low, high = _reach(score)
    least, most = np.maximum(score.base + low, 0.0), np.maximum(score.base + high, 0.0)
    chord = np.divide(most - least, high - low, out=np.zeros(len(low)), where=high > low)
    straight = score.base + low >= 0
    return np.where(straight, 1.0, chord), np.where(straight, score.base, least - chord * low)


def _chord_error(model: Model) -> float:
    """By how much chords can raise mean log D at most: a chord is farthest off where its score reaches 0."""
    weights, total = model.inputs.weights, 0.0
    for symbol, scores in model.scores.items():
        above = np.zeros(len(weights))
        for score in scores:
            low, _ = _reach(score)
            slope, _ = _chord(score)
            above += score.weight * slope * np.maximum(-(score.base + low), 0.0)
        total += float((weights.to_numpy(dtype=np.float64) / 4 * above / _lowest(model, symbol)).sum())
    return total


def _reach(score: Score) -> tuple[Floats, Floats]:
    """By how much projects can lower and raise a score in each cell, all of them together."""
    amount = score.terms["amount"].to_numpy()
    # An entry that ends takes back what it gave: only the term of its beginning says what it can add.
    begins = (
        ~score.terms["ends"].to_numpy(dtype=bool) if "ends" in score.terms else np.ones(len(amount), bool)
    )
    low, high = (
        np.bincount(score.cell, weights=np.where(begins, part, 0.0), minlength=len(score.base))
        for part in (np.minimum(amount, 0.0), np.maximum(amount, 0.0))
    )
    return low.astype(np.float64), high.astype(np.float64)


def _fall(model: Model, symbol: str) -> Floats:
    """By how much projects can lower a subindex in each cell; nothing where nobody may be worse off."""
    total = np.zeros(len(model.constant[symbol]))
    if model.inputs.scenario.nobody_worse:
        return total
    for score in model.scores[symbol]:
        low, _ = _reach(score)
        total += score.weight * (np.clip(score.base, 0.0, 1.0) - np.clip(score.base + low, 0.0, 1.0))
    return total


def _today(model: Model, symbol: str) -> Floats:
    """A subindex without a plan, of every county and year."""
    indices = model.inputs.indicators.indices[symbol].reindex(model.inputs.weights.index)
    return indices.clip(lower=LEAST).to_numpy(dtype=np.float64)


def _lowest(model: Model, symbol: str) -> Floats:
    """The least that a subindex can be under any plan, of every county and year."""
    return np.maximum(_today(model, symbol) - _fall(model, symbol), LEAST)


def promised_subindex(model: Model, symbol: str, *, values: Floats) -> Floats:
    """Subindex of every county and year as the index defines it, at the values of a solution."""
    total = model.constant[symbol].copy()
    for score in model.scores[symbol]:
        gain = score.terms["amount"].to_numpy() * values[score.terms["variable"].to_numpy(dtype=np.int64)]
        raised = score.base + np.bincount(score.cell, weights=gain, minlength=len(total))
        total += score.weight * np.clip(raised, 0.0, 1.0)
    return total


def _logarithm(model: Model, symbol: str, *, index: Ints, names: pd.Index) -> Ints:
    """Log of a subindex, below every tangent of its possible range."""
    inputs, program = model.inputs, model.program
    low = _today(model, symbol)
    lowest = _lowest(model, symbol)
    ledger = [name for name in names if inputs.indicators.table.at[name, "origin"] == "ledger"]
    missing = (1 - inputs.indicators.scores[ledger]) * inputs.indicators.weights[ledger]
    high = np.minimum(1.0, low + missing.sum(axis=1).reindex(inputs.weights.index).to_numpy() + 1e-6)
    logs = program.variables(f"log_{symbol}", len(index), lower=-np.inf, upper=0.0)
    parts, right, rows = [], [], 0
    for cell, (a, b) in enumerate(zip(lowest, high, strict=True)):
        lines = tangents(float(a), float(max(b, a * 1.000001)), error=inputs.scenario.solver.tangent_error)
        each = np.arange(rows, rows + len(lines.points))
        rows += len(lines.points)
        parts += [
            Terms.of(each, np.full(len(each), logs[cell]), 1.0),
            Terms.of(each, np.full(len(each), index[cell]), -lines.slopes),
        ]
        right.append(lines.intercepts)
    program.rows(f"tangents {symbol}", Terms.join(parts), sense="<=", rhs=np.concatenate(right))
    return logs
