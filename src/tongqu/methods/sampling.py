"""Numbers between 0 and 1 for many futures, each name with a random stream of its own.

Luck belongs to a name (a parameter, a project, a county and year), not to the order in which things are asked
for: another plan, one more parameter or a dropped project changes nothing for the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

__all__ = ["latin", "normal", "spread", "stream", "triangular"]

Floats = npt.NDArray[np.float64]


def stream(name: str, *, seed: int) -> np.random.Generator:
    """The random stream of a name.

    References
    ----------
    L'Ecuyer, P., Munger, D., Oreshkin, B. and Simard, R. (2017), Random numbers for parallel computers:
    requirements and methods, Mathematics and Computers in Simulation 135, 3-17.

    Examples
    --------
    >>> stream("a", seed=1).random() == stream("a", seed=1).random() != stream("b", seed=1).random()
    True
    """
    return np.random.default_rng([seed, *name.encode()])


def latin(names: Sequence[str], *, futures: int, seed: int) -> Floats:
    """A Latin hypercube: of each name one value in every n-th part of [0, 1), in an order of its own.

    Parameters
    ----------
    names : sequence of str
        One column each; a column depends on its name, the seed and the number of futures only.
    futures, seed : int
        Number of rows n, and the seed, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Shape (futures, names), in [0, 1).

    References
    ----------
    McKay, M. D., Beckman, R. J. and Conover, W. J. (1979), A comparison of three methods for selecting values
    of input variables in the analysis of output from a computer code, Technometrics 21, 239-245.

    Examples
    --------
    >>> np.sort(np.floor(latin(["a", "b"], futures=4, seed=1) * 4), axis=0).T.astype(int).tolist()
    [[0, 1, 2, 3], [0, 1, 2, 3]]
    """
    found = np.empty((futures, len(names)))
    for column, name in enumerate(names):
        own = stream(name, seed=seed)
        found[:, column] = (own.permutation(futures) + own.random(futures)) / max(futures, 1)
    return found


def normal(names: Sequence[str], *, futures: int, seed: int) -> Floats:
    """Standard normal values of each name, spread evenly over the futures: shape (futures, names)."""
    return np.asarray(ndtri(np.clip(latin(names, futures=futures, seed=seed), 1e-12, 1 - 1e-12)))


def triangular(share: npt.ArrayLike, *, low: float, mode: float, high: float) -> Floats:
    """Quantiles of the triangular distribution; all ``mode`` where it has no width.

    Parameters
    ----------
    share : array_like
        Probabilities in [0, 1], any shape.
    low, mode, high : float
        In ascending order, one unit.

    Examples
    --------
    >>> triangular([0.0, 0.25, 1.0], low=0.0, mode=2.0, high=8.0).tolist()
    [0.0, 2.0, 8.0]
    """
    part = np.asarray(share, dtype=np.float64)
    if high <= low:
        return np.full(part.shape, mode)
    width, left, right = high - low, mode - low, high - mode
    below = low + np.sqrt(part * width * left)
    above = high - np.sqrt((1 - part) * width * right)
    return np.where(part * width <= left, below, above)


def spread(values: npt.ArrayLike, *, deviation: float) -> Floats:
    """Positive factors with mean 1 from standard normal values; their logarithm has the deviation given.

    Examples
    --------
    >>> spread([0.0, 1.0], deviation=0.0).tolist()
    [1.0, 1.0]
    """
    return np.asarray(np.exp(deviation * np.asarray(values, dtype=np.float64) - deviation**2 / 2))
