"""Search among the solutions that share most whole numbers with a known one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tongqu.engine.lp import highs
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.parts import Floats, Solution, SolverError, Stop

__all__ = ["search_among"]


def search_among(
    numbers: Numbers,
    known: Floats,
    *,
    free: npt.NDArray[np.bool_],
    gap: float,
    seconds: float,
    seed: int = 0,
    stop: Stop | None = None,
) -> Solution | None:
    """Maximise with the whole numbers held at a known solution but for some that are free.

    Parameters
    ----------
    numbers : Numbers
        The program.
    known : array
        A value for every variable; it need not keep the rows. What the bounds exclude is not held.
    free : array of bool
        Variables that are sought anew; of others only whole numbers are held.
    gap : float
        Absolute gap of the restricted program at which the search ends, in the objective's unit.

    Returns
    -------
    Solution or None
        Its bound is that of the restricted program. None where nothing was found in the time.

    Examples
    --------
    >>> from tongqu.engine.lp import Program, Terms
    >>> program = Program()
    >>> x = program.variables("x", 3, binary=True)
    >>> program.rows("budget", Terms.of([0, 0, 0], x, [2.0, 3.0, 4.0]), sense="<=", rhs=[6.0])
    >>> program.maximise(x, [2.0, 3.0, 4.5])
    >>> free = np.array([False, True, True])
    >>> search_among(program.arrays(), np.zeros(3), free=free, gap=1e-6, seconds=9.0).objective
    4.5
    """
    value = np.round(known)
    inside = (numbers.lower <= value) & (value <= numbers.upper)
    held = np.flatnonzero(numbers.whole & ~free & inside)
    solver = highs.load(numbers, seed=seed)
    highs.change_columns(solver, held, lower=value[held], upper=value[held])
    highs.search_until(solver, gap=gap, seconds=seconds, scale=numbers.scale)
    # What is left is small: the simplex method is faster on it than the interior point.
    solver.setOptionValue("mip_lp_solver", "choose")
    whole = np.flatnonzero(numbers.whole & inside)
    highs.hint(solver, (whole, value[whole]))
    with highs.listening(solver, scale=numbers.scale, stop=stop):
        solver.run()
    try:
        return highs.answer(solver, scale=numbers.scale, mixed=bool(numbers.whole.any()))
    except SolverError:
        return None
