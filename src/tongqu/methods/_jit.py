"""Compiled kernels: numba's decorators with types, and the compiled code kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core.event import Event, Listener, install_listener

__all__ = ["announce", "kernel"]

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
    made: Any = numba.njit(function, cache=True, nogil=True)
    # Code kept on disk holds that of the kernels it calls, and numba looks only at the caller's own file: a
    # kernel mended in another file would never arrive.
    kept = getattr(getattr(made, "_cache", None), "_cache_file", None)  # none when numba does not compile
    if kept is not None:
        kept._source_stamp = (kept._source_stamp, _sources())
    return cast("Callable[P, R]", made)


@cache
def _sources() -> str:
    """Digest of every file whose kernels or constants other files compile in."""
    here = Path(__file__).parent
    files = [*sorted((here / "kernels").glob("*.py")), *sorted((here / "transit").glob("*.py"))]
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).hexdigest()


class _Announcer(Listener):
    """Calls back when the first kernel of the process is compiled."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def on_start(self, event: Event) -> None:  # noqa: ARG002 - numba's protocol
        """Call back once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    def on_end(self, event: Event) -> None:
        """Nothing: only the start is told."""


@contextmanager
def announce(callback: Callable[[], None]) -> Iterator[None]:
    """Within the block, the callback is called once if a kernel has to be compiled, before it is.

    Kernels that are read from disk, compiled by an earlier process, call nothing.

    Parameters
    ----------
    callback : callable
        Without arguments.

    Examples
    --------
    >>> import numpy as np
    >>> @numba.njit
    ... def twice(x):
    ...     return 2 * x
    >>> with announce(lambda: print("compiling")):
    ...     twice(1), twice(2), twice(1.5)
    compiling
    (2, 4, 3.0)
    """
    with install_listener("numba:compile", _Announcer(callback)):
        yield
