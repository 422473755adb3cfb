"""Whether arrays agree in their number of futures."""

from __future__ import annotations

import numpy as np

from tongqu.methods._arrays import require

__all__ = ["require_futures"]


def require_futures(*shapes: tuple[int, ...], column: str) -> None:
    """Nothing when the dimensions of the futures go together.

    Parameters
    ----------
    *shapes : tuple of int
        Those dimensions of each array.
    column : str
        Name of the argument, for the message.

    Raises
    ------
    DataError
        If they do not.
    """
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        fits = False
    else:
        fits = True
    require(
        fits, column=column, rule="the numbers of futures differ", mend="give one, or one for each future"
    )
