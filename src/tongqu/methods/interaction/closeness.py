"""How close modelled flows come to observed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import floats, require

__all__ = ["Closeness", "closeness"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close modelled flows come to observed ones.

    Parameters
    ----------
    srmse : float
        Root mean square error over the mean observed flow; 0 is perfect.
    r2 : float
        Squared correlation; NaN where one side does not vary.
    sorensen : float
        Mean over the pairs of 2 min / sum, in [0, 1]; pairs with 0 on both sides count as 1.
    common : float
        Common part of the flows: 2 sum of min / both sums, in [0, 1]; large flows count more.
    pairs : int
        Pairs compared.

    References
    ----------
    Knudsen, D. C., Fotheringham, A. S. (1986), Matrix comparison, goodness-of-fit, and spatial interaction
    modeling, International Regional Science Review 10, 127-147. Lenormand, M., Huet, S., Gargiulo, F.,
    Deffuant, G. (2012), A universal model of commuting networks, PLOS ONE 7 (10), e45985.
    """

    srmse: float
    r2: float
    sorensen: float
    common: float
    pairs: int


def closeness(observed: npt.ArrayLike, modelled: npt.ArrayLike, *, open_pair: npt.ArrayLike) -> Closeness:
    """How close modelled flows come to observed ones.

    Parameters
    ----------
    observed, modelled : array_like of float
        People of each pair, shape (origins, destinations), 0 or more.
    open_pair : array_like of bool
        Pairs to compare, same shape.

    Returns
    -------
    Closeness
        Four measures.

    Raises
    ------
    DataError
        If a flow is missing or negative, shapes differ, or nobody was observed.

    References
    ----------
    As `Closeness`.

    Examples
    --------
    >>> found = closeness([[0, 6], [2, 0]], [[0, 4], [4, 0]], open_pair=[[False, True], [True, False]])
    >>> found.srmse, round(found.sorensen, 4), found.common
    (0.5, 0.7333, 0.75)
    """
    seen = floats(observed, column="observed", low=0, high=_LARGE)
    said = floats(modelled, column="modelled", low=0, high=_LARGE)
    used = np.asarray(open_pair, dtype=np.bool_)
    same = seen.shape == said.shape == used.shape
    require(same, column="modelled", rule="shapes differ", mend="give one flow for each pair")
    seen, said = seen[used], said[used]
    require(bool(seen.sum() > 0), column="observed", rule="nobody moves", mend="give observed flows")
    both = seen + said
    shared = np.divide(2 * np.minimum(seen, said), both, out=np.ones(both.size), where=both > 0)
    spread = float(np.std(seen) * np.std(said))
    across = float(np.mean((seen - seen.mean()) * (said - said.mean())))
    return Closeness(
        srmse=float(np.sqrt(np.mean((seen - said) ** 2)) / seen.mean()),
        r2=(across / spread) ** 2 if spread > 0 else float("nan"),
        sorensen=float(shared.mean()),
        common=float(2 * np.minimum(seen, said).sum() / both.sum()),
        pairs=int(used.sum()),
    )
