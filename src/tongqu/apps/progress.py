"""Progress on standard error: a line that moves on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from tongqu.apps.interrupt import Stoppable, heed_interrupts
from tongqu.apps.words import Language, label, say
from tongqu.base import Progress, Report
from tongqu.methods._jit import announce

__all__ = ["show_progress"]

LOG_D: Final = "log D"
WAN: Final = "万元"
PLAIN_SECONDS: Final = 10.0
"""Least time between two plain lines of one stage."""


@contextmanager
def show_progress(
    language: Language,
    *,
    quiet: bool = False,
    console: Console | None = None,
    stop: Stoppable | None = None,
) -> Iterator[Progress]:
    """Give a progress function that shows stages, and best plan, bound and gap while optimising.

    Parameters
    ----------
    language : {"zh", "en"}
    quiet : bool
        Show nothing; Ctrl-C is still heeded at every report.
    console : Console, optional
        Standard error unless given.
    stop : Stoppable, optional
        Asked at the first Ctrl-C after a plan was found, so that it is kept; the next one gives up.
    """
    with heed_interrupts(stop) as heed:
        if quiet:

            def listen(report: Report) -> None:
                heed.found = heed.found or report.best is not None
                heed()

            yield listen
            return
        console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
        board = Board(language, console)
        show = board.live if console.is_terminal else board.plain

        told: list[bool] = []

        def tell(report: Report) -> None:
            heed.found = heed.found or report.best is not None
            heed()
            if stop is not None and stop.asked and not told:
                told.append(True)
                board.say(say("stopping", language))
            show(report)

        live = Live(board, console=console, transient=True) if console.is_terminal else nullcontext()
        with live, announce(lambda: board.say(say("compiling", language))):
            yield tell
        board.finish()


@dataclass
class Board:
    """What is known about the work so far."""

    language: Language
    console: Console
    began: float = field(default_factory=time.monotonic)
    stage: Report | None = None
    since: float = 0.0
    printed: float = 0.0
    pending: str = ""
    spinner: Spinner = field(default_factory=lambda: Spinner("dots"))

    def __rich__(self) -> Spinner | str:
        """The stage that is under way, redrawn several times a second so that the time moves."""
        if self.stage is None:
            return ""
        self.spinner.update(text=f"{self.line(self.stage)}  {self.seconds(self.since)}")
        return self.spinner

    def live(self, report: Report) -> None:
        """Take a report on a terminal: finished stages stay as lines."""
        if self.stage is None or report.stage != self.stage.stage:
            self.close()
            self.since = time.monotonic()
        elif report.best is None and self.stage.best is not None:
            return
        self.stage = report

    def plain(self, report: Report) -> None:
        """Take a report where lines cannot move: one line for a stage, more only for a better gap."""
        now = time.monotonic()
        if self.stage is None or report.stage != self.stage.stage:
            self.say(self.pending)
            self.say(self.line(report, share=False))
            self.printed = now
        elif report.gap is not None:
            self.pending = self.line(report)
            if now - self.printed >= PLAIN_SECONDS:
                self.say(self.pending)
                self.printed = now
        self.stage = report

    def close(self) -> None:
        """Leave the line of the finished stage."""
        if self.stage is not None:
            self.console.print(f"✓ {self.line(self.stage, share=False)}  {self.seconds(self.since)}")

    def finish(self) -> None:
        """Say that all is done and how long it took."""
        if self.console.is_terminal:
            self.close()
        if self.stage is not None:
            self.say(self.pending)
            self.say(say("done", self.language, time=self.seconds(self.began)))

    def say(self, text: str) -> None:
        """Print a line that is not blank, once."""
        self.pending = ""
        if text:
            self.console.print(text, soft_wrap=True)

    def seconds(self, since: float) -> str:
        """Time that has passed."""
        return say("seconds", self.language, value=f"{time.monotonic() - since:.0f}")

    def line(self, report: Report, *, share: bool = True) -> str:
        """A report in words: stage, share done where it is known, best plan, bound and gap."""
        parts = [label(f"stage.{report.stage}", self.language, fallback=report.stage)]
        if share and report.done is not None:
            parts.append(f"{report.done:.0%}")
        if report.best is not None and report.bound is not None and report.gap is not None:
            if report.aim:
                parts.append(label(f"aim.{report.aim}", self.language, fallback=report.aim))
            said = _shown(report.unit)
            figures = {"best": report.best, "bound": report.bound}
            parts += [f"{say(name, self.language)} {said(value)}" for name, value in figures.items()]
            part = math.expm1(report.gap) if report.unit == LOG_D else report.gap
            gap = f"{report.gap:,.0f} 万元" if report.unit == WAN else f"{part:.3%}"
            parts.append(f"{say('gap', self.language)} {gap}")
        return "  ".join(parts)


def _shown(unit: str) -> Callable[[float], str]:
    """How a value of a goal is shown: D itself, 万元 (a cost is the negative of the goal), or per cent."""
    if unit == LOG_D:
        return lambda value: f"D {math.exp(value):.5f}"
    if unit == WAN:
        return lambda value: f"{-value:,.0f} 万元"
    return lambda value: f"{value:.3%}"
