"""Which whole numbers may be held: near a relaxation, near an earlier answer, or by reduced costs."""

from __future__ import annotations

from typing import Final

import numpy as np

from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.parts import Floats, Ints

__all__ = ["SETTLED", "held_by_cost", "held_near", "held_unmoved"]

SETTLED: Final = 0.1
"""Distance from 0 or 1 up to which a relaxed whole number is taken as that number."""

MOVED: Final = 1e-3
"""Change of a relaxed value from which on it has moved."""


def held_near(numbers: Numbers, relaxed: Floats, *, settled: float) -> tuple[Ints, Floats]:
    """Give the whole numbers that a relaxation settles, and what they are held at.

    Parameters
    ----------
    relaxed : array
        Values of the relaxation.
    settled : float
        Distance from a whole number up to which a value is taken as that number.
    """
    whole = np.flatnonzero(numbers.whole)
    value = relaxed[whole]
    held = np.round(value)
    kept = (np.abs(value - held) <= settled) & _inside(numbers, whole, held)
    return whole[kept], held[kept]


def held_unmoved(numbers: Numbers, relaxed: Floats, *, before: Floats, best: Floats) -> tuple[Ints, Floats]:
    """Give the whole numbers that a change does not move, and what an earlier answer had them at.

    Parameters
    ----------
    relaxed, before : array
        Values of the relaxation now, and when the earlier answer was found.
    best : array
        The earlier answer.
    """
    whole = np.flatnonzero(numbers.whole)
    held = np.round(best[whole])
    kept = (np.abs(relaxed[whole] - before[whole]) <= MOVED) & _inside(numbers, whole, held)
    return whole[kept], held[kept]


def held_by_cost(
    numbers: Numbers, relaxed: Floats, *, reduced: Floats, bound: float, best: float
) -> tuple[Ints, Floats]:
    """Give the whole numbers that no better answer moves from their bound, and that bound.

    A solution that has such a variable one away from its bound is worth at most ``bound - |reduced cost|``;
    where that is below the best known answer, nothing better is lost by holding the variable.

    Parameters
    ----------
    reduced : array
        Reduced costs of the relaxation, gain per unit more of the variable.
    bound, best : float
        Value of the relaxation, with its error, and of the best known answer.

    References
    ----------
    Dantzig, G., Fulkerson, R. and Johnson, S. (1954), Solution of a large-scale traveling-salesman problem,
    Operations Research 2, 393-410.
    """
    whole = np.flatnonzero(numbers.whole)
    value, cost = relaxed[whole], reduced[whole]
    low, high = numbers.lower[whole], numbers.upper[whole]
    lost = bound - np.abs(cost) < best
    at_low, at_high = lost & (cost < 0) & np.isfinite(low), lost & (cost > 0) & np.isfinite(high)
    kept = at_low | at_high
    held = np.where(at_low, low, high)
    kept &= np.abs(value - held) <= MOVED
    return whole[kept], held[kept]


def _inside(numbers: Numbers, whole: Ints, held: Floats) -> np.ndarray:
    return (numbers.lower[whole] <= held) & (held <= numbers.upper[whole])
