"""Record what pymrio finds on the published table of Zhejiang 2017, for the test that compares.

Needs a package that Tongqu does not: `pip install pymrio`, in an environment of its own.
`python tools/record_input_output.py` writes `tests/methods/input_output/pymrio.json`, with the version; the
input is `data-raw/quzhou/io/zhejiang_2017.csv`. pymrio is LGPL-3.0; nothing of it is copied.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pymrio

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "data-raw" / "quzhou" / "io" / "zhejiang_2017.csv"
TARGET = ROOT / "tests" / "methods" / "input_output" / "pymrio.json"


def main() -> None:
    """Compute and write."""
    wide = pd.read_csv(SOURCE, index_col="sec")
    sectors = [name for name in wide.index if name.startswith("sec")]
    flows, output = wide.loc[sectors, sectors], wide.loc[sectors, "GO"]
    technical = pymrio.calc_A(flows, output)
    inverse = pymrio.calc_L(technical)
    allocation = pymrio.calc_B(flows, output)
    supply = pymrio.calc_G(allocation)
    demand = output - flows.sum(axis=1)
    labour = wide.loc["VA001", sectors]
    factor = pymrio.calc_S(labour.to_frame().T, output)
    found = {
        "version": version("pymrio"),
        "coefficients": technical.to_numpy().tolist(),
        "leontief_columns": inverse.sum(axis=0).tolist(),
        "ghosh_rows": supply.sum(axis=1).tolist(),
        "output": np.ravel(pymrio.calc_x_from_L(inverse, demand)).tolist(),
        "income": pymrio.calc_M(factor, inverse).to_numpy()[0].tolist(),
    }
    TARGET.write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
