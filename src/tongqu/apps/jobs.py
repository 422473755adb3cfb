"""The work of each command: call the workflow, put the result into words, tables and JSON."""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import typer
from pydantic import ValidationError
from rich.table import Table

import tongqu
from tongqu.apps.check_jobs import require_problem_file, write_problems
from tongqu.apps.output import Face
from tongqu.apps.places import (
    REPORTS,
    require_folder,
    require_free,
    require_outside,
    require_own_demo,
    require_run_place,
    write_whole,
)
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import unwritable
from tongqu.apps.tables import (
    check_tables,
    diagnosis_tables,
    diff_table,
    plan_tables,
    service_rows,
    verify_tables,
)
from tongqu.base import DataError, Problem, Progress, Report, RunError, ScenarioError
from tongqu.contracts import Draft, Objective, Run, Scenario, open_run, whole_run
from tongqu.data import Region, diff_regions, save_region, write_template
from tongqu.workflow import Diagnosis, PlanRun, Stop
from tongqu.workflow.prepare import draft_of

__all__ = ["check", "demo", "diagnose", "diff", "export", "plan", "report", "template", "verify"]


def demo(face: Face, out: Path) -> None:
    """Plan the bundled region and write both reports."""
    require_own_demo(face, out)
    with show_progress(face.language, quiet=face.quiet) as progress:
        region = _load("quzhou", progress)
        made = tongqu.plan(region, out=out / "run", progress=progress)
        pages = {out / name: language for language, name in REPORTS.items()}
        _write_reports(made.run, pages, progress=progress)
    front = out / REPORTS[face.language]
    content, shown = _planned(face, region, made)
    lines = [
        f"{face.word('open_it')}{front}",
        f"{face.word('verify_it')}tongqu verify {shlex.quote(str(made.run.path))}",
    ]
    face.result({**content, "reports": [str(page) for page in pages]}, [*shown, *lines])


def check(face: Face, region: str, *, problems: Path | None, force: bool) -> None:
    """Load and validate a region; write the problems to a file if there are any."""
    if problems is not None:
        require_problem_file(face, problems, region=region, force=force)
    try:
        with show_progress(face.language, quiet=face.quiet) as progress:
            found = _load(region, progress)
            summary = tongqu.check(found)
    except DataError as error:
        if problems is not None:
            write_problems(face, error, problems, region=region)
        raise
    about = {"region": found.name, "title_zh": found.title_zh, "title_en": found.title_en}
    content = {**about, "base_year": found.base_year, "sha256": found.sha256, **summary}
    unwritten = [] if problems is None else [face.word("nothing_wrong", path=problems)]
    face.result(content, [*check_tables(face, found, summary), *unwritten])


def diagnose(
    face: Face, region: str, scenario: Path | None, *, beyond: str, out: Path | None, force: bool
) -> None:
    """Diagnose a region; list the villages without a service; write the figures to a file."""
    if out is not None:
        require_free(face, out, force=force)
        if out.suffix.lower() not in (".csv", ".xlsx"):
            mend = "name a .xlsx or a .csv file"
            raise DataError([Problem("unknown kind of file", mend=mend, file="--out", value=str(out))])
    with show_progress(face.language, quiet=face.quiet) as progress:
        found = tongqu.diagnose(_load(region, progress), scenario, progress=progress)
    listed = _beyond(found, beyond) if beyond else None
    content: dict[str, Any] = {**found.summary(), "figures": found.figures.to_dict("records")}
    if listed is not None:
        content |= {"service": beyond, "beyond": listed.to_dict("records")}
    shown = diagnosis_tables(face, found, service=beyond, beyond=listed)
    if out is not None:
        write_whole({out: _diagnosis_file(found, listed, kind=out.suffix.lower())})
        content["out"] = str(out)
        shown.append(f"{face.word('written')}{out}")
    face.result(content, shown)


def plan(
    face: Face,
    region: str,
    scenario: Path | None,
    *,
    out: Path,
    objective: str | None,
    sectors: Sequence[str] | None,
    resume: Path | None,
    solver: Mapping[str, Any],
) -> None:
    """Make a plan and store the run; Ctrl-C keeps the best plan found."""
    if problems := unwritable("--out", out):
        raise DataError(problems)
    require_run_place(face, out)
    chosen = _with_options(draft_of(scenario), solver, objective=objective, sectors=sectors)
    stop = Stop()
    with show_progress(face.language, quiet=face.quiet, stop=stop) as progress:
        earlier = None if resume is None else open_run(resume)
        found = _load(region, progress)
        made = tongqu.plan(found, chosen, out=out, resume=earlier, stop=stop, progress=progress)
    content, shown = _planned(face, found, made)
    path = shlex.quote(str(made.run.path))
    lines = [
        f"{face.word('written')}{made.run.path}",
        f"{face.word('report_it')}tongqu report {path}",
        f"{face.word('verify_it')}tongqu verify {path}",
    ]
    face.result(content, [*shown, *lines])


def report(face: Face, run: Path, *, out: Path | None, force: bool) -> None:
    """Write the report of a stored run."""
    target = out or Path(REPORTS[face.language])
    require_free(face, target, force=force)
    stored = open_run(run)
    require_outside(face, target, run=stored.path)
    with show_progress(face.language, quiet=face.quiet) as progress:
        whole_run(stored)
        _write_reports(stored, {target: face.language}, progress=progress)
    face.result({"run": stored.id, "report": str(target)}, [f"{face.word('written')}{target}"])


def verify(face: Face, run: Path, *, prove: bool) -> None:
    """Re-check a run."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        found = tongqu.verify(run, prove=prove, progress=progress)
    problems = [asdict(one) for one in found.problems]
    face.result({**found.summary(), "problems": problems}, verify_tables(face, found))
    if not found.ok:
        raise typer.Exit(RunError.exit_code)


def template(face: Face, out: Path, *, region: str, force: bool) -> None:
    """Write the Excel template, blank or filled."""
    if out.suffix.lower() != ".xlsx":
        raise DataError(
            [Problem("unknown kind of file", mend="name a .xlsx file", file="OUT", value=str(out))]
        )
    require_free(face, out, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        filled = _load(region, progress) if region else None
    out.parent.mkdir(parents=True, exist_ok=True)
    write_template(out, language=face.language, region=filled)
    face.result({"template": str(out)}, [f"{face.word('written')}{out}"])


def export(face: Face, region: str, out: Path) -> None:
    """Save a region as a folder."""
    require_folder(face, out)
    with show_progress(face.language, quiet=face.quiet) as progress:
        found = _load(region, progress)
    content = {"folder": str(save_region(found, out)), "sha256": found.sha256}
    face.result(content, [f"{face.word('written')}{out}"])


def diff(face: Face, before: str, after: str) -> None:
    """Compare two regions."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        found = diff_regions(_load(before, progress), _load(after, progress))
    face.result({"count": len(found), "changes": found.to_dict("records")}, [diff_table(face, found)])


def _load(region: str, progress: Progress) -> Region:
    progress(Report("load"))
    return tongqu.load(region, progress=progress)


def _planned(face: Face, region: Region, made: PlanRun) -> tuple[dict[str, Any], list[Table | str]]:
    rows = service_rows(face, region, made.run)
    return {**made.summary(), "services": rows}, plan_tables(face, made, services=rows)


def _write_reports(run: Run, pages: Mapping[Path, Any], *, progress: Progress) -> None:
    progress(Report("report"))
    texts = {page: tongqu.report_html(run, language=language) for page, language in pages.items()}
    write_whole({page: text.encode() for page, text in texts.items()})


def _with_options(
    draft: Draft, solver: Mapping[str, Any], *, objective: str | None, sectors: Sequence[str] | None
) -> Draft:
    """The scenario with what the options say about the solver, the objective and the sectors.

    Raises
    ------
    ScenarioError
        With every option that is wrong, and what is wrong in the file by itself.
    """
    problems: list[Problem] = []
    changes: dict[str, Any] = {}
    scenario = draft.scenario or Scenario()
    given = {name: value for name, value in solver.items() if value is not None}
    try:
        changes["solver"] = type(scenario.solver).model_validate({**scenario.solver.model_dump(), **given})
    except ValidationError as error:
        mend = "see docs/scenario.md for keys and ranges"
        problems += [
            Problem(str(item["msg"]), mend=mend, file=f"--{item['loc'][0]}", value=str(item["input"]))
            for item in error.errors()
        ]
    if objective is not None and objective not in get_args(Objective):
        mend = f"use one of {', '.join(get_args(Objective))}"
        problems.append(Problem("unknown objective", mend=mend, file="--objective", value=objective))
    elif objective is not None:
        changes["objective"] = objective
    if sectors:
        changes["sectors"] = tuple(
            part.strip() for word in sectors for part in word.split(",") if part.strip()
        )
    if problems:
        raise ScenarioError([*problems, *draft.report()])
    return replace(draft, scenario=scenario.model_copy(update=changes))


def _beyond(found: Diagnosis, service: str) -> pd.DataFrame:
    known = found.state.matching("served")
    if service not in known:
        mend = f"use one of {', '.join(known)}"
        raise DataError([Problem("unknown service", mend=mend, file="--beyond", value=service)])
    return found.beyond(service)


def _diagnosis_file(found: Diagnosis, beyond: pd.DataFrame | None, *, kind: str) -> bytes:
    """The figures as a workbook; or as CSV the villages without a service, if asked for, else the figures."""
    if kind == ".csv":
        table = found.figures if beyond is None else beyond
        return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
    sheets = {"figures": found.figures, "indices": found.indicators.indices.reset_index()}
    if beyond is not None:
        sheets["beyond"] = beyond
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
    return buffer.getvalue()
