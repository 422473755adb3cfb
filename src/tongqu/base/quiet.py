"""Silence for libraries in C++ that print past every option."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_stdout"]


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send what C++ writes to standard output nowhere: a command's JSON must not hold it.

    Examples
    --------
    >>> with quiet_stdout():
    ...     _ = os.write(1, b"a banner")
    """
    library = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    sys.stdout.flush()
    library.fflush(None)
    saved, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        yield
    finally:
        library.fflush(None)
        os.dup2(saved, 1)
        os.close(saved)
        os.close(sink)
