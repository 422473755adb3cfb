"""The same numbers as the packages of PySAL, recorded by `tools/record_peers.py` with their versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.sparse import csr_array

from tongqu.methods.convergence import (
    contiguity,
    local_moran,
    markov,
    moran,
    quantile_classes,
    row_standardised,
)
from tongqu.methods.inequality import dagum, gini, theil

Table = npt.NDArray[np.float64]
DATA = Path(__file__).parent / "published"
PEERS: dict[str, Any] = json.loads((DATA / "peers.json").read_text(encoding="utf-8"))
STATES = PEERS["states"]
CLOSE = 1e-9


def incomes() -> pd.DataFrame:
    return pd.read_csv(DATA / "us_income.csv").iloc[:, 2:]


def weights() -> csr_array[Any]:
    column = pd.read_csv(DATA / "us_income.csv")["neighbours"]
    return row_standardised(contiguity([[int(spot) for spot in text.split()] for text in column]))


def compare_inequality(level: pd.Series[float], groups: npt.ArrayLike, peer: dict[str, float]) -> None:
    parts = theil(level, groups=groups)
    assert gini(level) == pytest.approx(peer["gini"], abs=CLOSE)
    assert dagum(level, groups=groups).total == pytest.approx(peer["gini"], abs=CLOSE)
    assert parts.total == pytest.approx(peer["theil"], abs=CLOSE)
    assert parts.between == pytest.approx(peer["between"], abs=CLOSE)
    assert parts.within == pytest.approx(peer["within"], abs=CLOSE)


def test_versions_are_recorded() -> None:
    assert {"esda", "giddy", "inequality", "libpysal", "mapclassify"} <= set(PEERS["versions"])


def test_inequality_of_regions_of_mexico() -> None:
    table = pd.read_csv(DATA / "mexico_income.csv")
    compare_inequality(table["pcgdp1940"], table["hanson98"], PEERS["mexico_1940"])


@pytest.mark.parametrize("year", STATES["inequality"])
def test_inequality_of_states(year: str) -> None:
    compare_inequality(incomes()[year], STATES["thirds_of_1929"], STATES["inequality"][year])


@pytest.mark.parametrize("year", STATES["moran"])
def test_moran(year: str) -> None:
    peer = STATES["moran"][year]
    found = moran(incomes()[year], weights(), permutations=0)
    for name in ("i", "expected", "variance_normal", "variance_random", "p_normal", "p_random"):
        assert getattr(found, name) == pytest.approx(peer[name], abs=CLOSE), name


@pytest.mark.parametrize("year", STATES["moran"])
def test_local_moran(year: str) -> None:
    """esda divides by the variance over n - 1, Tongqu (as Anselin 1995) over n: its mean is the global I."""
    peer = STATES["moran"][year]
    found = local_moran(incomes()[year], weights(), permutations=0)
    size = len(incomes())
    np.testing.assert_allclose(found.i * (size - 1) / size, peer["local"], atol=CLOSE)
    assert found.quadrant.tolist() == peer["quadrant"]


@pytest.mark.parametrize("peer", STATES["markov"], ids=lambda peer: str(peer["count"]))
def test_markov(peer: dict[str, Any]) -> None:
    found = markov(quantile_classes(incomes(), count=peer["count"]), count=peer["count"])
    assert found.counts.tolist() == peer["counts"]
    np.testing.assert_allclose(found.probabilities, peer["probabilities"], atol=CLOSE)
    np.testing.assert_allclose(found.steady, peer["steady"], atol=CLOSE)
    assert found.mobility == pytest.approx(peer["mobility"], abs=CLOSE)


def test_moves_between_quadrants() -> None:
    table = incomes()
    quadrants = [local_moran(table[year], weights(), permutations=0).quadrant for year in table]
    found = markov(np.transpose(quadrants) - 1, count=4)
    assert found.counts.tolist() == STATES["quadrants"]["counts"]
    np.testing.assert_allclose(found.steady, STATES["quadrants"]["steady"], atol=CLOSE)
