"""What one more tonne or yuan brings along a chain: the effects that projects are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods.chain import PROCESSING, YUAN_PER_WAN, Chain, ChainResult, Parameters, evaluate

__all__ = ["EFFECTS", "Diversion", "diversion", "of_digital", "of_harvest"]

Floats = npt.NDArray[np.float64]

EFFECTS: Final = (
    "value_added",
    "farm_value_added",
    "secondary_value_added",
    "processing_output",
    "farm_output",
    "jobs",
    "farm_jobs",
    "wages",
    "land",
)
"""Value added, that of growing and of processing, output of processing and growing, 元 a year; workers and
those of growing; wages of workers who do not grow, 元; construction land, mu."""
_STEP: Final = 1e-3
"""Part of a flow that is moved; results are of first degree in it, so that its size does not matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Diversion:
    """Goods sold in bulk that a new plant or store could take.

    Parameters
    ----------
    tonnes : float
        That the stage sells in bulk, per tonne harvested.
    effects : numpy.ndarray of float
        Of one tonne that goes down the link instead, shape (effects,), in the order of `EFFECTS`.
    value : float
        Output of the kinds of stage asked for per tonne diverted, 元.
    most : float
        Largest share of `tonnes` for this way, so that all ways together take no more than there is.
    """

    tonnes: float
    effects: Floats
    value: float
    most: float


def _vector(chain: Chain, result: ChainResult) -> Floats:
    """Effects of a chain as a whole, in the order of `EFFECTS`."""
    processing = chain.of_kind(*PROCESSING)
    return np.array(
        [
            result.added.sum() * YUAN_PER_WAN,
            result.added[0] * YUAN_PER_WAN,
            result.added[processing].sum() * YUAN_PER_WAN,
            result.value[processing].sum() * YUAN_PER_WAN,
            result.value[0] * YUAN_PER_WAN,
            result.jobs.sum(),
            result.jobs[0],
            result.wages[1:].sum() * YUAN_PER_WAN,
            result.land.sum(),
        ]
    )


def of_harvest(chain: Chain) -> Floats:
    """Effects of one more tonne harvested, shape (effects,)."""
    return _vector(chain, evaluate(chain, 1.0))


def of_digital(chain: Chain, *, yield_gain: float, saving: float) -> Floats:
    """Effects on a tonne harvested of a higher yield and fewer bought inputs in growing, shape (effects,).

    The saving is of what the chain buys for today's harvest; the workers of the orchard pick the gain too.
    """
    bought = chain.parameters.bought.copy()
    bought[0] *= 1 - saving
    after = evaluate(chain, 1 + yield_gain, parameters=chain.parameters.changed(bought=bought))
    return _vector(chain, after) - of_harvest(chain)


def diversion(chain: Chain, *, into: str, among: Sequence[str]) -> list[Diversion]:
    """What goes down each link into stages of a kind could grow by, and what a tonne of it brings.

    ``among`` are all kinds that may draw on the same goods.
    """
    before = evaluate(chain, 1.0)
    found = []
    for link in np.flatnonzero(np.isin(chain.end, chain.of_kind(into))):
        start = chain.start[link]
        tonnes = float(before.sold[start])
        moved = min(_STEP, tonnes)
        if moved <= 0:
            continue
        share = chain.parameters.share.copy()
        share[link] += moved / before.output[start]
        given: Parameters = chain.parameters.changed(share=np.minimum(share, 1.0))
        after = evaluate(chain, 1.0, parameters=given)
        made = (after.value - before.value)[chain.of_kind(into)].sum() * YUAN_PER_WAN / moved
        effects = (_vector(chain, after) - _vector(chain, before)) / moved
        ways = ((chain.start == start) & np.isin(chain.end, chain.of_kind(*among))).sum()
        found.append(Diversion(tonnes, effects, float(made), 1.0 / float(max(ways, 1))))
    return found
