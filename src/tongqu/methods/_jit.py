"""Compiled kernels: numba's decorators with types, and the compiled code kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

__all__ = ["kernel", "parallel_kernel"]

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """The function compiled to machine code at its first call, the code kept for later processes.

    Parameters
    ----------
    function : callable
        Plain Python over numpy arrays and scalars, in the part of the language that numba compiles.

    Returns
    -------
    callable
        With the same arguments. The first call on a machine takes seconds.

    References
    ----------
    Lam, S. K., Pitrou, A., Seibert, S. (2015), Numba: a LLVM-based Python JIT compiler, LLVM-HPC '15.
    """
    return cast("Callable[P, R]", numba.njit(function, cache=True, nogil=True))


def parallel_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """As `kernel`, with the loops over ``numba.prange`` shared among the processor's cores."""
    return cast("Callable[P, R]", numba.njit(function, cache=True, nogil=True, parallel=True))
