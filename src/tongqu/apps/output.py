"""What a command says at the end: tables for people, JSON for machines, errors in one place."""

from __future__ import annotations

import json
import math
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table

from tongqu.apps.words import Language, say
from tongqu.base import DataError, InfeasibleError, Problem, RunError, TongquError

__all__ = ["Face", "plan_rows", "problem_table"]

INTERRUPTED: Final = 130
UNEXPECTED: Final = 70


class Face:
    """How one command speaks: its language, and whether to machines."""

    def __init__(self, *, language: Language, as_json: bool, debug: bool) -> None:
        self.language, self.as_json, self.debug = language, as_json, debug
        self.console = Console(highlight=False)

    def word(self, key: str) -> str:
        """A word in the language of the command."""
        return say(key, self.language)

    def result(self, content: Mapping[str, Any], tables: Sequence[Table | str] = ()) -> None:
        """Print the result once: as JSON, or as tables and lines."""
        if self.as_json:
            typer.echo(json.dumps(content, ensure_ascii=False, indent=1, default=str))
            return
        for table in tables:
            self.console.print(table)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> Table:
        """A table whose heads are keys of the catalogue; numbers go to the right."""
        table = Table(title=title or None, title_justify="left", header_style="bold")
        for position, head in enumerate(heads):
            number = bool(rows) and all(isinstance(row[position], int | float) for row in rows)
            table.add_column(self.word(head), justify="right" if number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(f"{cell:,.6g}" if isinstance(cell, float) else str(cell) for cell in row))
        return table

    def run(self, work: Callable[[], None]) -> None:
        """Do the work; turn every error into words and an exit code."""
        try:
            work()
        except TongquError as error:
            self._say(error)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo(self.word("interrupted"), err=True)
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence says what to do
            if self.debug:
                traceback.print_exc(file=sys.stderr)
            typer.echo(f"{self.word('unexpected')}: {type(error).__name__}: {error}", err=True)
            raise typer.Exit(UNEXPECTED) from None

    def _say(self, error: TongquError) -> None:
        problems = error.problems if isinstance(error, DataError | RunError) else ()
        if self.as_json:
            content: dict[str, object] = {
                "error": type(error).__name__,
                "message": str(error),
                "problems": [asdict(problem) for problem in problems],
            }
            if isinstance(error, InfeasibleError):
                content["conflict"] = error.conflict
            typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
            return
        console = Console(stderr=True, highlight=False)
        if isinstance(error, InfeasibleError):
            chinese = self.language == "zh" and error.conflict_zh
            console.print(self.word("infeasible"), style="bold")
            for limit in error.conflict_zh if chinese else error.conflict:
                console.print(f"  - {limit}")
            console.print(self.word("relax_one"))
        elif problems and isinstance(error, DataError):
            console.print(problem_table(self, problems))
        else:
            console.print(str(error))


def problem_table(face: Face, problems: Sequence[Problem]) -> Table:
    """All problems with file, row, column, value, rule and mend."""
    rows = [
        (one.file, "" if one.row is None else one.row, one.column, one.value, one.rule, one.mend)
        for one in problems
    ]
    return face.table(
        ["file", "row", "column", "value", "rule", "mend"],
        rows,
        title=f"{face.word('problems')}: {len(problems)}",
    )


def plan_rows(face: Face, summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headline figures of a plan, in words."""
    return [
        (face.word("run"), str(summary["run"])),
        (face.word("projects"), f"{summary['projects']:,} / {summary['candidates']:,}"),
        (face.word("capital"), f"{summary['capital_wan']:,.0f}"),
        (face.word("baseline"), f"{math.exp(summary['baseline']):.4f}"),
        (face.word("with_plan"), f"{math.exp(summary['simulated']):.4f}"),
        (face.word("proven"), f"{math.expm1(summary['gap']):.3%}"),
    ]
