"""Values of uncertain parameters for many futures, each from a random stream of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tongqu.contracts import Assume

__all__ = ["drawn"]


def drawn(
    standards: pd.DataFrame, assume: Assume, *, names: Sequence[str], futures: int, seed: int
) -> pd.DataFrame:
    """One column for each parameter that has a range, and a row for each future.

    Each is triangular between its low and high value, the assumed value its mode; one outside them widens
    them. Each has a stream of its own, seeded by the seed and its name, so that another parameter or more
    futures change no value.

    Parameters
    ----------
    standards : DataFrame
        With ``standard, low, high``.
    names : sequence of str
        Parameters; those without a range are left out.
    futures, seed : int
        How many rows, and the seed, both 0 or more.

    References
    ----------
    L'Ecuyer, P., Munger, D., Oreshkin, B. and Simard, R. (2017), Random numbers for parallel computers:
    requirements and methods, with emphasis on GPUs, Mathematics and Computers in Simulation 135, 3-17.
    """
    known = standards.set_index("standard")[["low", "high"]].astype("float64").dropna()
    columns = {}
    for name in dict.fromkeys(names):
        if name not in known.index:
            continue
        mode = float(assume[name])
        low, high = min(float(known.at[name, "low"]), mode), max(float(known.at[name, "high"]), mode)  # type: ignore[arg-type]
        stream = np.random.default_rng([seed, *name.encode()])
        columns[name] = (
            stream.triangular(low, mode, high, size=futures) if high > low else np.full(futures, mode)
        )
    return pd.DataFrame(columns, index=pd.RangeIndex(1, futures + 1, name="future"))
