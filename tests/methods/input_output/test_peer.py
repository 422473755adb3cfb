"""The same numbers as pymrio on the published table, recorded by `tools/record_input_output.py`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tongqu.methods.input_output import (
    Table,
    allocation_coefficients,
    ghosh,
    leontief,
    multipliers,
    technical_coefficients,
)

PEER = json.loads((Path(__file__).parent / "pymrio.json").read_text(encoding="utf-8"))


def test_pymrio_finds_the_same(zhejiang: Table) -> None:
    a = technical_coefficients(zhejiang.flows, zhejiang.output)
    inverse = leontief(a)
    np.testing.assert_allclose(a, PEER["coefficients"], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(inverse.sum(axis=0), PEER["leontief_columns"], rtol=1e-9)
    supply = ghosh(allocation_coefficients(zhejiang.flows, zhejiang.output))
    np.testing.assert_allclose(supply.sum(axis=1), PEER["ghosh_rows"], rtol=1e-9)
    np.testing.assert_allclose(inverse @ zhejiang.net_demand, PEER["output"], rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(zhejiang.output, PEER["output"], rtol=1e-9, atol=1e-3)
    made = np.where(zhejiang.output > 0, zhejiang.output, 1.0)
    found = multipliers(a, income=zhejiang.value_of("labour") / made)
    np.testing.assert_allclose(found.income, PEER["income"], rtol=1e-9)
