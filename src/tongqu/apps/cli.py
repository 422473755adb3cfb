"""The command line: demo, check, diagnose, plan, report, verify, template, export, diff."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import tongqu
from tongqu.apps.output import Face, plan_rows
from tongqu.apps.progress import show_progress
from tongqu.apps.words import Language, default_language
from tongqu.base import Report, RunError
from tongqu.contracts import Scenario, load_scenario, open_run
from tongqu.data import diff_regions, load_region, save_region, write_template
from tongqu.views.report import report_html

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="通衢 Tongqu: plan town and country as one system.",
)


class Lang(StrEnum):
    """Languages of messages and reports."""

    zh = "zh"
    en = "en"


RegionArgument = Annotated[
    str, typer.Argument(help="A region folder, an Excel workbook, or a bundled name (quzhou).")
]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]
ScenarioOption = Annotated[Path | None, typer.Option("--scenario", "-s", help="Scenario file (TOML).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Result as JSON on standard output.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the trace of an unexpected error.")]
LangOption = Annotated[
    Lang | None, typer.Option("--lang", help="zh or en; else TONGQU_LANG, else the locale.")
]


def _face(lang: Lang | None, as_json: bool, debug: bool) -> Face:
    language: Language = default_language() if lang is None else ("zh" if lang is Lang.zh else "en")
    return Face(language=language, as_json=as_json, debug=debug)


@app.command(epilog="Example: tongqu demo --out my-demo --lang en")
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the run and the reports.")] = Path("tongqu-demo"),
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Plan the bundled region Quzhou and write its report, in about a minute.

    Writes OUT/run, OUT/report.html (Chinese) and OUT/report.en.html (English).
    """
    face = _face(lang, as_json, debug)

    def work() -> None:
        with show_progress(face.language, quiet=quiet) as progress:
            made = tongqu.plan("quzhou", out=out / "run", progress=progress)
            progress(Report("report"))
            pages = [
                _write_report(made.run.path, out / name, language=language)
                for name, language in (("report.html", "zh"), ("report.en.html", "en"))
            ]
        summary = made.summary()
        front = pages[0] if face.language == "zh" else pages[1]
        face.result(
            {**summary, "reports": [str(page) for page in pages]},
            [
                face.table(["figure", "value"], plan_rows(face, summary)),
                f"{face.word('open_it')} {front}",
                f"{face.word('verify_it')} tongqu verify {made.run.path}",
            ],
        )

    face.run(work)


@app.command(epilog="Example: tongqu check my-region/")
def check(
    region: RegionArgument,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Check a region: every broken rule in one report, and which sectors can run.

    Exit code 2 if any rule is broken.
    """
    face = _face(lang, as_json, debug)

    def work() -> None:
        with show_progress(face.language, quiet=quiet) as progress:
            found = load_region(region, progress=progress)
        summary = tongqu.check(found)
        sectors = [
            (
                name,
                face.word("sector_runs") if not lacks else f"{face.word('sector_lacks')} {', '.join(lacks)}",
            )
            for name, lacks in summary["sectors"].items()
        ]
        face.result(
            {"region": found.name, "sha256": found.sha256, **summary},
            [
                face.table(
                    ["table", "rows", "modelled"],
                    [tuple(row.values()) for row in summary["tables"]],
                    title=f"{found.title_zh} {found.title_en}",
                ),
                face.table(["sector", "value"], sectors),
                face.word("valid"),
            ],
        )

    face.run(work)


@app.command(epilog="Example: tongqu diagnose quzhou --beyond medical_circle")
def diagnose(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    beyond: Annotated[str, typer.Option(help="List the villages without this service.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write the figures to this CSV file.")] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say how things stand: services, schools, roads, money, and how town and country fit."""
    face = _face(lang, as_json, debug)

    def work() -> None:
        with show_progress(face.language, quiet=quiet) as progress:
            found = tongqu.diagnose(region, scenario, progress=progress)
        names = found.region["units"].set_index("unit")["name"]
        indices = found.indicators.indices.reset_index()
        rows = [
            (str(names[row["unit"]]), float(row["U"]), float(row["R"]), float(row["D"]))
            for row in indices.to_dict("records")
        ]
        served = [(name, f"{share:.1%}") for name, share in found.summary()["served"].items()]
        tables: list[Any] = [
            face.table(["county", "urban", "rural", "coordination"], rows),
            face.table(["service", "served"], served),
        ]
        content: dict[str, Any] = {**found.summary(), "figures": found.figures.to_dict("records")}
        if beyond:
            listed = found.beyond(beyond)
            content["beyond"] = listed.to_dict("records")
            shown = [
                (str(row["name"]), float(row["people"]), float(row.get("minutes", float("nan"))))
                for row in listed.head(30).to_dict("records")
            ]
            tables.append(face.table(["village", "people", "minutes"], shown, title=beyond))
        if out is not None:
            found.figures.to_csv(out, index=False, encoding="utf-8-sig")
            tables.append(f"{face.word('written')} {out}")
        face.result(content, tables)

    face.run(work)


@app.command(epilog="Example: tongqu plan my-region --scenario tight.toml --out runs/tight")
def plan(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    out: Annotated[Path, typer.Option(help="Run folder; appears only when all is done.")] = Path(
        "tongqu-run"
    ),
    gap: Annotated[float | None, typer.Option(help="Absolute gap in mean log D to prove.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Time limit of the optimiser.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of the optimiser.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the optimiser.")] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Work out which projects to build, where and in which year, and store the run."""
    face = _face(lang, as_json, debug)

    def work() -> None:
        chosen = load_scenario(scenario) if scenario else Scenario()
        asked = {"gap": gap, "seconds": seconds, "threads": threads, "seed": seed}
        changes = {name: value for name, value in asked.items() if value is not None}
        solver = type(chosen.solver).model_validate({**chosen.solver.model_dump(), **changes})
        with show_progress(face.language, quiet=quiet) as progress:
            made = tongqu.plan(
                region, chosen.model_copy(update={"solver": solver}), out=out, progress=progress
            )
        summary = made.summary()
        face.result(
            summary,
            [
                face.table(["figure", "value"], plan_rows(face, summary)),
                f"{face.word('written')} {made.run.path}",
            ],
        )

    face.run(work)


@app.command(epilog="Example: tongqu report runs/tight --lang en --out tight.html")
def report(
    run: RunArgument,
    out: Annotated[Path | None, typer.Option(help="HTML file.")] = None,
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the report of a stored run: one HTML file that works offline."""
    face = _face(lang, as_json, debug)

    def work() -> None:
        target = out or Path("report.html" if face.language == "zh" else "report.en.html")
        if target.exists() and not force:
            raise RunError(f"{target}: {face.word('exists')}")
        with show_progress(face.language, quiet=quiet) as progress:
            progress(Report("report"))
            _write_report(run, target, language=face.language)
        face.result({"report": str(target)}, [f"{face.word('written')} {target}"])

    face.run(work)


@app.command(epilog="Example: tongqu verify tongqu-demo/run")
def verify(
    run: RunArgument,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Re-check every figure of a run against its own inputs. Exit code 4 if anything does not hold."""
    face = _face(lang, as_json, debug)

    def work() -> None:
        with show_progress(face.language, quiet=quiet) as progress:
            found = tongqu.verify(run, progress=progress)
        broken = [(problem.file, problem.column, problem.value, problem.rule) for problem in found.problems]
        tables: list[Any] = [f"{face.word('checked')}: {', '.join(found.checks)}"]
        tables.append(
            face.word("holds") if found.ok else face.table(["file", "column", "value", "rule"], broken)
        )
        face.result(found.summary(), tables)
        if not found.ok:
            raise typer.Exit(RunError.exit_code)

    face.run(work)


@app.command(epilog="Example: tongqu template my-region.xlsx --lang zh")
def template(
    out: Annotated[Path, typer.Argument(help="Excel file to write.")],
    region: Annotated[str, typer.Option(help="Fill it with this region.")] = "",
    lang: LangOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the Excel template of a region, blank or filled."""
    face = _face(lang, as_json, debug)

    def work() -> None:
        write_template(out, language=face.language, region=load_region(region) if region else None)
        face.result({"template": str(out)}, [f"{face.word('written')} {out}"])

    face.run(work)


@app.command(epilog="Example: tongqu export quzhou my-quzhou")
def export(
    region: RegionArgument,
    out: Annotated[Path, typer.Argument(help="Folder to write.")],
    lang: LangOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Save a region as a folder of CSV files that git can compare."""
    face = _face(lang, as_json, debug)
    face.run(
        lambda: face.result(
            {"folder": str(save_region(load_region(region), out))}, [f"{face.word('written')} {out}"]
        )
    )


@app.command(epilog="Example: tongqu diff quzhou my-quzhou --json")
def diff(
    before: RegionArgument,
    after: RegionArgument,
    lang: LangOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare two regions value by value."""
    face = _face(lang, as_json, debug)

    def work() -> None:
        found = diff_regions(load_region(before), load_region(after)).fillna("").astype("str")
        rows = [tuple(row) for row in found.head(200).itertuples(index=False)]
        table = face.table(["table", "row", "column", "value", "value"], rows, title=f"{len(found)}")
        face.result({"count": len(found), "changes": found.to_dict("records")}, [table])

    face.run(work)


def _write_report(run: Path, target: Path, *, language: Any) -> Path:
    """Write a report under another name, then rename it."""
    text = report_html(open_run(run), language=language)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(target)
    return target


def main() -> None:
    """Run the command line."""
    app()
