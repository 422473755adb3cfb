"""Processes that work for this one."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

__all__ = ["end_with_parent"]

SET_PARENT_DEATH_SIGNAL: Final = 1
"""``PR_SET_PDEATHSIG`` of Linux's prctl(2)."""


def end_with_parent() -> None:
    """Have this process ended when the one that made it ends, even if that was killed; on Linux only.

    A worker that waits for work on a pipe would otherwise wait for ever. Elsewhere nothing is done.

    References
    ----------
    Linux man-pages, prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
