"""Record what PySAL's spopt finds for small problems of location, for the tests that compare.

Needs a package that Tongqu does not: `pip install spopt`, in an environment of its own.
`python tools/record_locations.py` writes `tests/methods/published/locations.json`, with the version.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pulp
from spopt.locate import LSCP, MCLP, PCenter, PMedian

FILE: Final = Path(__file__).resolve().parents[1] / "tests" / "methods" / "published" / "locations.json"
CASES: Final = ((1, 2, 25), (2, 3, 20), (3, 4, 18))
"""Seed, sites to choose, radius."""
PLACES, CANDIDATES, MOST_MINUTES, MOST_PEOPLE = 24, 12, 90, 100


def case(seed: int, *, count: int, radius: int) -> dict[str, Any]:
    """Places and candidates on a square, and what four models of location find for them."""
    rng = np.random.default_rng(seed)
    spots = rng.random((PLACES, 2))
    sites = spots[:CANDIDATES] + rng.normal(0, 0.05, (CANDIDATES, 2))
    away = np.hypot(*(spots[:, np.newaxis] - sites[np.newaxis]).transpose(2, 0, 1))
    minutes = np.round(away * MOST_MINUTES).astype(int)
    people = rng.integers(1, MOST_PEOPLE, PLACES)
    whole = max(radius, int(minutes.min(axis=1).max()))
    solver = pulp.PULP_CBC_CMD(msg=False)
    median = PMedian.from_cost_matrix(minutes, people, p_facilities=count).solve(solver)
    centre = PCenter.from_cost_matrix(minutes, p_facilities=count).solve(solver)
    most = MCLP.from_cost_matrix(minutes, people, service_radius=radius, p_facilities=count).solve(solver)
    fewest = LSCP.from_cost_matrix(minutes, service_radius=whole).solve(solver)
    return {
        "minutes": minutes.tolist(),
        "people": people.tolist(),
        "count": count,
        "radius": radius,
        "whole_radius": whole,
        "median": float(median.problem.objective.value()),
        "centre": float(centre.problem.objective.value()),
        "covered": float(most.problem.objective.value()),
        "fewest": float(fewest.problem.objective.value()),
    }


def main() -> None:
    """Write the file."""
    found = {
        "version": version("spopt"),
        "cases": [case(seed, count=count, radius=radius) for seed, count, radius in CASES],
    }
    FILE.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
