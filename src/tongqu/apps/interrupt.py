"""Ctrl-C: heeded even where a solver in between swallows it; the first one keeps what was found."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

__all__ = ["Heed", "Stoppable", "heed_interrupts"]


class Stoppable(Protocol):
    """Work that can be ended with what it has found so far."""

    @property
    def asked(self) -> bool:
        """Whether it shall end."""

    def now(self) -> None:
        """End it."""


class Heed:
    """What Ctrl-C means now: nothing was pressed, keep what is found, or give up.

    Parameters
    ----------
    stop : Stoppable, optional
        Asked at the first key press once something was found; without it, or before, a key press gives up.
    """

    def __init__(self, stop: Stoppable | None = None) -> None:
        self.stop = stop
        self.found = False
        self._given_up = False

    def __call__(self) -> None:
        """Raise ``KeyboardInterrupt`` once somebody has given up."""
        if self._given_up:
            raise KeyboardInterrupt

    def press(self) -> None:
        """Take a key press."""
        if self.stop is not None and self.found and not self.stop.asked:
            self.stop.now()
            return
        self._given_up = True
        raise KeyboardInterrupt


@contextmanager
def heed_interrupts(stop: Stoppable | None = None) -> Iterator[Heed]:
    """Give what tells whether Ctrl-C was pressed: calling it raises ``KeyboardInterrupt`` if so.

    Python raises it in whatever runs at that moment. In a callback of the solver that only makes the solver
    fail, so the key press is noted: the next call raises again, and an error that follows it is no error.
    """
    heed = Heed(stop)

    def note(_: int, __: FrameType | None) -> None:
        heed.press()

    ours = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, note) if ours else None
    try:
        yield heed
    except Exception:
        heed()
        raise
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
