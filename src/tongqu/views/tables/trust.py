"""What the figures rest on: modelled rows, assumptions, limits, promise and simulation, certificate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.views.tables.stored import Stored

__all__ = ["Certificate", "Trust", "trust_of"]

INDICES: Final = ("U", "R", "D")
"""Promised variables that are indices: their mean is shown, not their sum."""


@dataclass(frozen=True)
class Certificate:
    """What was proven. Logs are of D; shares are of D.

    Parameters
    ----------
    baseline, objective, simulated, bound : float
        Mean log D without a plan, as promised, as simulated, and the proven upper bound of the promise.
    gap : float
        ``bound - objective``, in log D.
    gap_share, gap_simulated_share : float
        By how much any plan could be above this one's promise, and above its simulation: ``exp(gap) - 1``.
    gap_asked, tangent_error : float
        In log D.
    status, solver : str
        How the search ended, and with which solver.
    rows, variables, candidates : int
        Size of the model.
    seconds : float
        Time limit.
    threads, seed : int
        How the solver ran.
    """

    baseline: float
    objective: float
    simulated: float
    bound: float
    gap: float
    gap_share: float
    gap_simulated_share: float
    gap_asked: float
    tangent_error: float
    status: str
    solver: str
    rows: int
    variables: int
    candidates: int
    seconds: float
    threads: int
    seed: int


@dataclass(frozen=True)
class Trust:
    """What the figures rest on.

    Parameters
    ----------
    modelled : DataFrame
        By table of the region with such a column: ``rows``, ``modelled`` (rows with modelled values),
        ``share``.
    positions : float
        Share of villages whose position is modelled.
    standards : DataFrame
        Norms and parameters in force: the region's table, with ``changed`` where the scenario set another
        value.
    limits : dict of str to float
        Limits of the scenario by name.
    promise : DataFrame
        By variable: ``promised, simulated`` (sums over counties and years, means of indices) and
        ``difference``, a share of what was promised.
    issues : DataFrame
        As stored: ``topic, item, detail_zh, detail_en``.
    sources : DataFrame
        Sources of the region.
    certificate : Certificate
        What was proven.
    """

    modelled: pd.DataFrame
    positions: float
    standards: pd.DataFrame
    limits: dict[str, float]
    promise: pd.DataFrame
    issues: pd.DataFrame
    sources: pd.DataFrame
    certificate: Certificate


def trust_of(stored: Stored) -> Trust:
    """Give what the figures rest on.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    region, scenario = stored.run.region, stored.run.scenario
    standards = region["standards"]
    changed = standards["standard"].map(dict(scenario.assume))
    standards = standards.assign(changed=changed.notna(), value=changed.fillna(standards["value"]))
    return Trust(
        modelled=_modelled(stored),
        positions=_positions(stored),
        standards=standards,
        limits={str(key): float(value) for key, value in scenario.limits.model_dump().items()},
        promise=_promise(stored),
        issues=stored.run["results/issues"],
        sources=region["sources"],
        certificate=_certificate(stored),
    )


def _modelled(stored: Stored) -> pd.DataFrame:
    region = stored.run.region
    rows = {
        name: {"rows": len(table), "modelled": int(table["modelled"].sum())}
        for name, table in region.tables.items()
        if "modelled" in table and len(table)
    }
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["rows", "modelled"])
    return found.assign(share=found["modelled"] / found["rows"])


def _positions(stored: Stored) -> float:
    villages = stored.units[stored.units["level"] == "village"]
    if villages.empty or "modelled_columns" not in villages:
        return 0.0
    columns = villages["modelled_columns"].fillna("").astype(str)
    return float(columns.map(lambda text: "lon" in text.split(";")).mean())


def _promise(stored: Stored) -> pd.DataFrame:
    by = stored.run["results/promise"].groupby("variable")[["promised", "simulated"]]
    table, mean = by.sum(), by.mean()
    index = table.index.isin(INDICES)
    table[index] = mean[index]
    ratio = table["simulated"] / table["promised"].where(table["promised"] != 0) - 1
    return table.assign(difference=ratio.fillna(0.0))


def _certificate(stored: Stored) -> Certificate:
    found, solver = stored.run.certificate, stored.run.manifest["solver"]
    return Certificate(
        baseline=float(found["baseline"]),
        objective=float(found["objective"]),
        simulated=float(found["simulated"]),
        bound=float(found["bound"]),
        gap=float(found["gap"]),
        gap_share=math.expm1(found["gap"]),
        gap_simulated_share=math.expm1(max(0.0, found["bound"] - found["simulated"])),
        gap_asked=float(found["gap_asked"]),
        tangent_error=float(found["tangent_error"]),
        status=str(found["status"]),
        solver=str(found["solver"]),
        rows=int(found["rows"]),
        variables=int(found["variables"]),
        candidates=int(found["candidates"]),
        seconds=float(solver["seconds"]),
        threads=int(solver["threads"]),
        seed=int(solver["seed"]),
    )
