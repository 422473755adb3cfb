"""What a command says: tables for people, JSON for machines, errors in one place."""

from __future__ import annotations

import json
import math
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, Final

import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from tongqu.apps.problems import problem_words, words_of
from tongqu.apps.words import Language, say
from tongqu.base import InfeasibleError, Problem, RunError, TongquError

__all__ = ["Face", "TakenError", "plain"]

INTERRUPTED: Final = 130
UNEXPECTED: Final = 70
USAGE: Final = 2

WIDTH: Final = 140
"""Columns of a table that goes into a file or a pipe."""
MOST_PROBLEMS: Final = 200
"""Problems shown in a table; ``--json`` has all."""

NUMBER: Final = re.compile(r"[-+−]?[\d,]*\.?\d+ ?%?|–|")


class TakenError(RunError):
    """Something is where the result should go; it was left as it is."""


@dataclass(frozen=True)
class Face:
    """How one command speaks: its language, and whether to machines."""

    language: Language
    as_json: bool = False
    quiet: bool = False
    debug: bool = False

    def word(self, key: str, **values: object) -> str:
        """The words of a key in the language of the command."""
        return say(key, self.language, **values)

    def name(self, zh: Any, en: Any) -> str:
        """A name in the language of the command, or the other one where it is blank."""
        first, second = (zh, en) if self.language == "zh" else (en, zh)
        return str(second if pd.isna(first) or not first else first)

    def result(self, content: Mapping[str, Any], shown: Iterable[Table | str] = ()) -> None:
        """Print the result once: as JSON, or as tables and lines."""
        if self.as_json:
            self._json(content)
            return
        console = _console()
        for part in shown:
            console.print(part, soft_wrap=isinstance(part, str))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> Table:
        """A table whose heads are keys of the catalogue; columns of numbers go to the right."""
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        table = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold")
        for position, head in enumerate(heads):
            number = all(NUMBER.fullmatch(row[position]) for row in cells)
            table.add_column(self.word(head), justify="right" if number else "left", overflow="fold")
        for row in cells:
            table.add_row(*row)
        return table

    def problems(self, problems: Sequence[Problem]) -> Table:
        """All problems with file, row, column, value, rule and mend."""
        rows = [
            (one.file, one.row, one.column, one.value, *problem_words(one, self.language))
            for one in problems[:MOST_PROBLEMS]
        ]
        more = len(problems) - len(rows)
        title = self.word("problems", count=len(problems))
        table = self.table(["file", "row", "column", "value", "rule", "mend"], rows, title=title)
        table.caption = self.word("more_problems", count=more) if more else None
        return table

    def run(self, work: Callable[[], None]) -> None:
        """Do the work; turn every error into words and an exit code."""
        try:
            work()
        except TongquError as error:
            self._fail(_content(error), self._words(error), code=error.exit_code)
        except KeyboardInterrupt:
            self._fail({"error": "Interrupted"}, [self.word("interrupted")], code=INTERRUPTED)
        except (typer.Exit, BrokenPipeError):
            raise
        except OSError as error:
            words = f"{error.filename or type(error).__name__}: {error.strerror or error}"
            self._fail(
                {"error": type(error).__name__, "message": words}, [self.word("os", what=words)], code=1
            )
        except Exception as error:  # noqa: BLE001 - the last line of defence says what to do
            if self.debug:
                traceback.print_exc(file=sys.stderr)
            what = f"{type(error).__name__}: {error}"
            content = {"error": type(error).__name__, "message": str(error)}
            self._fail(content, [self.word("unexpected", what=what)], code=UNEXPECTED)

    def refuse(self, message: str, *, help_of: str) -> None:
        """Say that the words of a command are wrong."""
        if self.as_json:
            self._json({"error": "UsageError", "message": message, "problems": [], "exit_code": USAGE})
            return
        self._say([message, self.word("see_help", command=help_of)], code=USAGE)

    def _fail(self, content: Mapping[str, Any], words: Iterable[Table | str], *, code: int) -> None:
        if self.as_json:
            self._json({"problems": [], **content, "exit_code": code})
        else:
            self._say(words, code=code)
        raise typer.Exit(code)

    def _say(self, parts: Iterable[Table | str], *, code: int) -> None:
        console = _console(stderr=True)
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, str))
        console.print(self.word("exit_code", code=code), style="dim")

    def _words(self, error: TongquError) -> list[Table | str]:
        if isinstance(error, InfeasibleError):
            chinese = self.language == "zh" and error.conflict_zh
            limits = error.conflict_zh if chinese else error.conflict
            lines = [f"  - {limit}" for limit in limits]
            return [self.word("infeasible", count=len(limits)), *lines, *self._mends(error)]
        problems: Sequence[Problem] = getattr(error, "problems", ())
        parts: list[Table | str] = [self.problems(problems)] if problems else []
        head = str(error).partition("\n")[0] if problems else str(error)
        if isinstance(error, RunError) or not problems:
            parts.insert(0, words_of(head, self.language))
        return parts

    def _mends(self, error: InfeasibleError) -> list[str]:
        """How far limits that exclude one another have to give way, where that is known."""
        mends = error.relaxations or error.together
        if not mends:
            return [self.word("relax_one")]
        head = "enough_alone" if error.relaxations else "enough_together"
        return [
            self.word(head),
            *(f"  - {one.said_zh if self.language == 'zh' else one.said}" for one in mends),
        ]

    @staticmethod
    def _json(content: Mapping[str, Any]) -> None:
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        typer.echo(json.dumps(plain(content), ensure_ascii=not unicode, indent=1, allow_nan=False))


def plain(value: Any) -> Any:
    """A value as JSON can hold it: numbers of Python, ``None`` for what is missing or infinite.

    Examples
    --------
    >>> plain({"minutes": float("nan"), "unit": np.int64(3)})
    {'minutes': None, 'unit': 3}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool | int | str) or value is None:
        return value
    return str(value) if isinstance(value, PurePath) or not pd.isna(value) else None


def _content(error: TongquError) -> dict[str, Any]:
    problems: Sequence[Problem] = getattr(error, "problems", ())
    content = {
        "error": type(error).__name__,
        "message": str(error),
        "problems": [asdict(one) for one in problems],
    }
    if isinstance(error, InfeasibleError):
        content |= {
            "conflict": error.conflict,
            "conflict_zh": error.conflict_zh,
            "relaxations": [asdict(one) for one in error.relaxations],
            "together": [asdict(one) for one in error.together],
        }
    return content


def _console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is; as wide as the terminal, or as ``WIDTH`` without one."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and console.width == 80:
        console.width = WIDTH
    return console
