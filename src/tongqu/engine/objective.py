"""Mean log D: scores from ledgers, subindices from scores, tangents of their logarithms."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.engine.lp import Terms
from tongqu.engine.terms import Floats, Ints, Model, Score, entry_terms
from tongqu.methods.index import tangents

__all__ = ["add_objective", "promised_subindex"]

LEAST: Final = 1e-3
"""Least subindex that the tangents cover; below it the log of a subindex means nothing."""


def add_objective(model: Model) -> None:
    """Mean log D: scores from ledgers, subindices from scores, tangents of their logarithms."""
    inputs = model.inputs
    cells = inputs.weights.index
    terms = _score_terms(model)
    weight, variable = [], []
    for side, symbol in (("urban", "U"), ("rural", "R")):
        names = inputs.indicators.table.index[inputs.indicators.table["side"] == side]
        index = _subindex(model, symbol, names=names, terms=terms, cells=cells)
        variable.append(_logarithm(model, symbol, index=index, names=names))
        weight.append(inputs.weights.to_numpy() / 4)
    # U and R each weigh a quarter, and the weights of counties and years add up to 1.
    model.tangent_error = inputs.scenario.solver.tangent_error / 2
    model.program.maximise(np.concatenate(variable), np.concatenate(weight))


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
    return found.assign(amount=found["amount"].to_numpy(dtype=np.float64) * scale / below)


def _subindex(
    model: Model, symbol: str, *, names: pd.Index, terms: dict[str, pd.DataFrame], cells: pd.Index
) -> Ints:
    """Subindex of every county and year: constant scores plus those that projects raise, each at most 1."""
    inputs, program = model.inputs, model.program
    table, scores, values = inputs.indicators.table, inputs.indicators.scores, inputs.indicators.values
    place = pd.Series(np.arange(len(cells)), index=cells)
    each = np.arange(len(cells))
    index = program.variables(symbol, len(cells), upper=1.0)
    constant = np.zeros(len(cells))
    parts = [Terms.of(each, index, 1.0)]
    for name in names:
        row = table.loc[name]
        weight, worst, target = (float(row[column]) for column in ("weight", "worst", "target"))
        if name not in terms:
            constant += weight * scores[name].reindex(cells).to_numpy()
            continue
        base = (values[name].reindex(cells).to_numpy() - worst) / (target - worst)
        raised = program.variables(f"score_{name}", len(cells), lower=-np.inf, upper=1.0)
        found = terms[name]
        code = pd.MultiIndex.from_arrays(
            [found["county"], np.asarray(inputs.years)[found["year"].astype(int)]]
        )
        cell = place.reindex(code).to_numpy()
        slope = _slope(base, cell, amount=found["amount"].to_numpy())
        program.rows(
            f"score {name}",
            Terms.join(
                [
                    Terms.of(each, raised, 1.0),
                    Terms.of(cell, found["variable"], -found["amount"] * slope[cell]),
                ]
            ),
            sense="<=",
            rhs=np.maximum(base, 0.0),
        )
        model.scores[symbol].append(Score(weight, base, cell, found))
        parts.append(Terms.of(each, raised, -weight))
    program.rows(f"subindex {symbol}", Terms.join(parts), sense="<=", rhs=constant)
    model.constant[symbol] = constant
    return index


def _slope(base: Floats, cell: Ints, *, amount: Floats) -> Floats:
    """Slope of the score over the gain in each cell: 1, or less where the baseline is below the worst value.

    There the score is ``max(0, base + gain)``, which is convex; the chord from no gain to the largest
    gain lies above it, so the bound stays valid.
    """
    most = np.bincount(cell, weights=np.maximum(amount, 0.0), minlength=len(base))
    chord = np.divide(base + most, most, out=np.zeros(len(base)), where=most > 0)
    return np.where(base >= 0, 1.0, np.maximum(chord, 0.0))


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
    low = inputs.indicators.indices[symbol].reindex(inputs.weights.index).clip(lower=LEAST).to_numpy()
    ledger = [name for name in names if inputs.indicators.table.at[name, "origin"] == "ledger"]
    missing = (1 - inputs.indicators.scores[ledger]).mul(inputs.indicators.table.loc[ledger, "weight"])
    high = np.minimum(1.0, low + missing.sum(axis=1).reindex(inputs.weights.index).to_numpy() + 1e-6)
    logs = program.variables(f"log_{symbol}", len(index), lower=-np.inf, upper=0.0)
    parts, right, rows = [], [], 0
    for cell, (a, b) in enumerate(zip(low, high, strict=True)):
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
