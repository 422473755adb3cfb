"""The work of ``tongqu schools-plan``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Final, Literal

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import Report
from tongqu.workflow.schools_plan import schools_plan as study_of
from tongqu.workflow.schools_plan import wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["Asked", "schools_plan"]

COSTS: Final = ("year", "total", "teachers", "rides", "capital", "saving", "pupils", "mean_ride", "without")
PROJECTS: Final = ("year", "kind", "school_name", "county", "stage", "amount", "cost_wan", "saving_wan")


@dataclass(frozen=True)
class Asked:
    """What the command was asked beside region, scenario and places; see `tongqu.workflow.schools_plan`."""

    _: KW_ONLY
    county: str | None
    aim: Literal["cost", "minutes"]
    money: float | None
    gap: float
    seconds: float
    processes: int


def schools_plan(face: Face, region: str, scenario: Path | None, *, places: Places, asked: Asked) -> None:
    """Plan the schools; write tables and workbook."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        problems = wrong_numbers(gap=asked.gap, seconds=asked.seconds, money=asked.money)
        require_places(face, places, kind="schools_plan", numbers=problems)
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = study_of(
            loaded,
            scenario,
            county=asked.county,
            aim=asked.aim,
            money=asked.money,
            gap=asked.gap,
            seconds=asked.seconds,
            processes=asked.processes,
            progress=progress,
        )
        written = write_study(face, found, places, page=str, progress=progress)
    content = {
        **found.summary(),
        "costs": found.tables["costs"].to_dict("records"),
        "project_list": found.tables["projects"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """Costs by year, projects, the gap, who is without, and what is modelled."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(
            table[list(columns)], found.region, kind="schools_plan", language=face.language, title=title
        )

    said = found.figures
    return [
        shown(found.tables["costs"], COSTS, face.word("schools_plan_costs")),
        shown(found.tables["projects"], PROJECTS, face.word("schools_plan_projects")),
        face.word("schools_plan_gap", cost=f"{said['cost_wan']:,.0f}", gap=f"{said['gap']:.2%}"),
        face.word(
            "schools_plan_without", first=f"{said['without']:,.0f}", last=f"{said['without_last']:,.0f}"
        ),
        face.word("schools_plan_modelled", share=f"{said['modelled']:.0%}", beds=f"{said['unknown_beds']:,}"),
    ]
