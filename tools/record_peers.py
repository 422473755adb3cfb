"""Record what the packages of PySAL find, for the tests that compare.

Needs packages that Tongqu does not: `pip install esda giddy inequality libpysal`, in an environment of their
own. `python tools/record_peers.py` writes `tests/methods/published/peers.json`, with the versions; the inputs
are the tables of incomes that lie beside it.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from esda.moran import Moran, Moran_Local
from giddy.markov import LISA_Markov, Markov
from giddy.mobility import markov_mobility
from inequality.gini import Gini
from inequality.theil import Theil, TheilD
from libpysal.weights import W
from mapclassify import Quantiles

FOLDER: Final = Path(__file__).resolve().parents[1] / "tests" / "methods" / "published"
PACKAGES: Final = ("esda", "giddy", "inequality", "libpysal", "mapclassify")
COUNTS: Final = (3, 4, 5, 7)
"""Numbers of income classes."""


def inequality(values: pd.Series[float], groups: pd.Series[Any]) -> dict[str, float]:
    """Gini and Theil's T, and what of T is between and within groups."""
    level = values.to_numpy(dtype=float)
    parts = TheilD(level, groups.to_numpy())
    return {
        "gini": float(Gini(level.copy()).g),
        "theil": float(Theil(level).T),
        "between": float(np.ravel(parts.bg)[0]),
        "within": float(np.ravel(parts.wg)[0]),
    }


def correlation(values: pd.Series[float], weights: W) -> dict[str, Any]:
    """Moran's I of all places and of each."""
    level = values.to_numpy(dtype=float)
    whole = Moran(level, weights, transformation="r", permutations=0)
    local = Moran_Local(level, weights, transformation="r", permutations=0)
    return {
        "i": float(whole.I),
        "expected": float(whole.EI),
        "variance_normal": float(whole.VI_norm),
        "variance_random": float(whole.VI_rand),
        "p_normal": float(whole.p_norm),
        "p_random": float(whole.p_rand),
        "local": local.Is.tolist(),
        "quadrant": local.q.tolist(),
    }


def moves(incomes: pd.DataFrame, count: int) -> dict[str, Any]:
    """Moves between the quantile classes of each year."""
    classes = np.array([Quantiles(incomes[year].to_numpy(dtype=float), k=count).yb for year in incomes]).T
    found = Markov(classes, summary=False)
    return {
        "count": count,
        "counts": found.transitions.tolist(),
        "probabilities": found.p.tolist(),
        "steady": np.ravel(found.steady_state).tolist(),
        "mobility": float(markov_mobility(found.p, measure="P")),
    }


def quadrant_moves(incomes: pd.DataFrame, weights: W) -> dict[str, Any]:
    """Moves between the quadrants of the Moran scatter plot."""
    found = LISA_Markov(incomes.to_numpy(dtype=float), weights)
    return {"counts": found.transitions.tolist(), "steady": np.ravel(found.steady_state).tolist()}


def main() -> None:
    states = pd.read_csv(FOLDER / "us_income.csv")
    mexico = pd.read_csv(FOLDER / "mexico_income.csv")
    incomes = states.iloc[:, 2:]
    weights = W({row: [int(spot) for spot in text.split()] for row, text in enumerate(states["neighbours"])})
    weights.transform = "r"
    thirds = pd.Series(Quantiles(incomes["1929"].to_numpy(dtype=float), k=3).yb)
    decades = [str(year) for year in incomes if str(year).endswith("9")]
    record = {
        "versions": {name: version(name) for name in PACKAGES},
        "mexico_1940": inequality(mexico["pcgdp1940"], mexico["hanson98"]),
        "states": {
            "thirds_of_1929": thirds.tolist(),
            "inequality": {year: inequality(incomes[year], thirds) for year in decades},
            "moran": {year: correlation(incomes[year], weights) for year in decades},
            "markov": [moves(incomes, count) for count in COUNTS],
            "quadrants": quadrant_moves(incomes, weights),
        },
    }
    text = json.dumps(record, indent=1)
    (FOLDER / "peers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
