"""Ctrl-C: heeded even where a solver in between swallows it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["heed_interrupts"]


@contextmanager
def heed_interrupts() -> Iterator[Callable[[], None]]:
    """Give a function that raises ``KeyboardInterrupt`` once Ctrl-C was pressed.

    Python raises it in whatever runs at that moment. In a callback of the solver that only makes the solver
    fail, so the key press is noted: the next call raises again, and an error that follows it is no error.
    """
    pressed: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def heed() -> None:
        if pressed:
            raise KeyboardInterrupt

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
