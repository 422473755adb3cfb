"""The work of ``tongqu futures``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import Problem, Report
from tongqu.data import Language
from tongqu.views.futures_html import futures_html
from tongqu.workflow.futures import futures as study_futures
from tongqu.workflow.futures.sources import is_run, taken_names, wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["Draws", "futures"]

PLANS: Final = ("plan", "projects", "expected", "p10", "p50", "p90", "worst", "kept", "short_wan")
SHORTFALLS: Final = ("plan", "unit", "kept", "p50_wan", "worst_wan")
ENOUGH: Final = 0.8
"""Share of futures with enough money below which it is said what to do (assumed: four in five)."""
REGRET: Final = ("among", "plan", "regret_mean", "regret_most", "regret_worst")
INFLUENCE: Final = ("outcome", "rank", "parameter", "coefficient", "share", "explained")
NAMES: Final[Mapping[Language, str]] = {"zh": "name_zh", "en": "name_en"}
FIRST: Final = 3
"""Parameters of each outcome on the screen."""


@dataclass(frozen=True)
class Draws:
    """How many futures, from which seed, of what: see `tongqu.workflow.futures.futures`."""

    _: KW_ONLY
    futures: int
    replan: int
    seed: int
    uncertain: tuple[str, ...]
    processes: int


def futures(
    face: Face,
    source: str,
    scenario: Path | None,
    *,
    plans: Sequence[str],
    draws: Draws,
    places: Places,
) -> None:
    """Draw futures, simulate the plans in each, and say what holds; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        problems = wrong_numbers(
            futures=draws.futures, replan=draws.replan, seed=draws.seed, processes=draws.processes
        )
        problems += _wrong_plans(plans)
        require_places(face, places, kind="futures", numbers=problems)
        progress(Report("load"))
        found = study_futures(
            source,
            scenario,
            plans=dict(_split(plan) for plan in plans),
            futures=draws.futures,
            replan=draws.replan,
            seed=draws.seed,
            uncertain=draws.uncertain or None,
            processes=draws.processes,
            progress=progress,
        )
        page = partial(futures_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    tables = ("plans", "services", "shortfalls", "money", "regret", "choices", "replans", "influence")
    content = {
        **found.summary(),
        **{name: found.tables[name].to_dict("records") for name in tables},
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _split(plan: str) -> tuple[str, str]:
    name, _, run = plan.partition("=")
    return name, run


def _wrong_plans(plans: Sequence[str]) -> list[Problem]:
    """A problem for every further plan that is not written NAME=RUN, or is no run."""
    problems = []
    for plan in plans:
        name, run = _split(plan)
        if not name or not run:
            rule, mend = "not a name and a run", "write NAME=RUN"
        elif not is_run(run):
            rule, mend = "no run is there", "check the path; make one with 'tongqu plan'"
        else:
            continue
        problems.append(Problem(rule=rule, mend=mend, file="--plan", value=plan))
    names = [_split(plan)[0] for plan in plans]
    return problems + [replace(one, file="--plan") for one in taken_names([name for name in names if name])]


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """The plans, what they lose, what matters most, and how many projects hold."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(table[list(columns)], found.region, kind="futures", language=face.language, title=title)

    said, influence = found.figures, found.tables["influence"]
    name = face.name(found.region.title_zh, found.region.title_en)
    parts: list[Table | str] = [
        shown(found.tables["plans"], PLANS, face.word("futures_plans", name=name, count=said["futures"])),
        shown(found.tables["shortfalls"], SHORTFALLS, face.word("futures_shortfalls")),
        *_verdict(face, said),
        shown(found.tables["regret"], REGRET, face.word("futures_regret")),
    ]
    strongest = influence[(influence["plan"] == "plan") & (influence["rank"] <= FIRST)]
    if len(strongest):
        named = strongest.assign(parameter=strongest[NAMES[face.language]])
        parts.append(shown(named, INFLUENCE, face.word("futures_influence")))
    if said["replanned"]:
        parts.append(face.word("futures_standing", count=said["replanned"], **said["standing"]))
    if said["infeasible"]:
        parts.append(face.word("futures_infeasible", count=len(said["infeasible"])))
    parts.append(face.word("futures_note", drawn=said["drawn"], seed=said["seed"]))
    return parts


def _verdict(face: Face, said: Mapping[str, Any]) -> list[str]:
    """Whether the plan of the run can be paid, and what can be done if it often cannot."""
    lacks = said["shortfall"]
    found = face.word(
        "futures_verdict",
        count=said["futures"],
        kept=f"{lacks['kept']:.0%}",
        middle=f"{lacks['p50_wan']:,.0f}",
        worst=f"{lacks['worst_wan']:,.0f}",
    )
    return [found] if lacks["kept"] >= ENOUGH else [found, face.word("futures_what_to_do")]
