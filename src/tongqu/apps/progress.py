"""Progress on the screen: a line that moves on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from tongqu.apps.words import Language, say
from tongqu.base import Progress, Report, silent

__all__ = ["show_progress"]


@contextmanager
def show_progress(language: Language, *, quiet: bool = False) -> Iterator[Progress]:
    """Give a progress function that shows stages, and best plan, bound and gap while optimising."""
    if quiet:
        yield silent
        return
    console = Console(stderr=True)
    began = time.monotonic()
    seen: list[str] = []
    if not console.is_terminal:
        yield lambda report: _plain(console, report, language=language, seen=seen)
        return
    with console.status("") as status:
        yield lambda report: _live(status, report, language=language, began=began)


def _words(report: Report, language: Language) -> str:
    parts = [say(f"stage.{report.stage}", language)]
    if report.done is not None:
        parts.append(f"{report.done:.0%}")
    if report.best is not None and report.bound is not None and report.gap is not None:
        parts += [
            f"{say('best', language)} {math.exp(report.best):.5f}",
            f"{say('bound', language)} {math.exp(report.bound):.5f}",
            f"{say('gap', language)} {math.expm1(report.gap):.3%}",
        ]
    return "  ".join(parts)


def _plain(console: Console, report: Report, *, language: Language, seen: list[str]) -> None:
    """One line when a stage begins."""
    if not seen or seen[-1] != report.stage:
        seen.append(report.stage)
        console.print(say(f"stage.{report.stage}", language), highlight=False)


def _live(status: Status, report: Report, *, language: Language, began: float) -> None:
    status.update(f"{_words(report, language)}  [dim]{time.monotonic() - began:.0f} s[/dim]")
