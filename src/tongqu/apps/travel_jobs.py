"""The work of the commands on travel: ask, write files and the map, say what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import NUMBER, Face
from tongqu.apps.places import require_free, write_whole
from tongqu.apps.problems import words_of
from tongqu.apps.progress import show_progress
from tongqu.base import DataError, Problem, Report
from tongqu.data import Region
from tongqu.data.problems import Problems
from tongqu.views.travel_html import Measure, travel_html
from tongqu.workflow.travel import Answer
from tongqu.workflow.travel.answer import SUFFIXES, kind_words, number_words
from tongqu.workflow.travel.areas import LIMITS, WIDTH_M
from tongqu.workflow.travel.places import HOSPITALS
from tongqu.workflow.travel.words import heading

__all__ = [
    "Places",
    "access",
    "bus",
    "catchments",
    "isochrones",
    "matrix",
    "nearest",
    "score",
    "what_if",
]

MOST_ROWS: Final = 20
"""Rows of a table on the screen; files and ``--json`` have all."""

PAGES: Final = (".html", ".htm")


@dataclass(frozen=True)
class Places:
    """Where an answer comes from and where it goes.

    Parameters
    ----------
    region : str
        Folder, workbook or bundled name.
    file : Path, optional
        Table or layer to write.
    page : Path, optional
        Map to write.
    force : bool
        Whether files that are there may be replaced.
    """

    region: str
    _: KW_ONLY
    file: Path | None
    page: Path | None
    force: bool


def nearest(
    face: Face,
    places: Places,
    *,
    kinds: Sequence[str] | None,
    mode: str,
    few: int,
    limit: float | None,
    group: str,
) -> None:
    """Find the nearest sites of every village."""
    _answer(
        face,
        places,
        lambda region: tongqu.travel.nearest(
            region, kinds or HOSPITALS, mode=mode, few=few, limit=_or_inf(limit), group=group
        ),
    )


def matrix(
    face: Face,
    places: Places,
    *,
    origins: Sequence[str] | None,
    targets: Sequence[str] | None,
    mode: str,
    limit: float | None,
    wide: bool,
) -> None:
    """Give minutes from every origin to every target."""
    _answer(
        face,
        places,
        lambda region: tongqu.travel.matrix(
            region,
            origins or "villages",
            targets=targets or HOSPITALS,
            mode=mode,
            limit=_or_inf(limit),
            wide=wide,
        ),
    )


def isochrones(
    face: Face,
    places: Places,
    *,
    kinds: Sequence[str] | None,
    limits: Sequence[float] | None,
    mode: str,
    width: float | None,
    group: str,
) -> None:
    """Draw the areas within minutes of the nearest site."""
    _answer(
        face,
        places,
        lambda region: tongqu.travel.isochrones(
            region,
            kinds or HOSPITALS,
            limits=limits or LIMITS,
            mode=mode,
            width=WIDTH_M if width is None else width,
            group=group,
        ),
    )


def access(face: Face, places: Places, *, kinds: Sequence[str] | None, asked: Mapping[str, Any]) -> None:
    """Give supply per 1000 people within reach."""
    _answer(face, places, lambda region: tongqu.travel.access(region, kinds or HOSPITALS, **asked))


def catchments(face: Face, places: Places, *, kinds: Sequence[str] | None, asked: Mapping[str, Any]) -> None:
    """Say which site the people of every village use."""
    _answer(face, places, lambda region: tongqu.travel.catchments(region, kinds or HOSPITALS, **asked))


def what_if(
    face: Face,
    places: Places,
    *,
    kinds: Sequence[str] | None,
    faster: Sequence[str],
    new: Sequence[str],
    sites: Sequence[str],
    asked: Mapping[str, Any],
) -> None:
    """Say who comes inside a limit once roads or sites are built."""
    problems = Problems()
    quicker = dict(_pair(text, problems) for text in faster)
    links = [_link(text, problems) for text in new]
    problems.raise_any()
    _answer(
        face,
        places,
        lambda region: tongqu.travel.what_if(
            region, kinds or HOSPITALS, faster=quicker, new_links=links, sites=sites, **asked
        ),
    )


def score(
    face: Face, places: Places, *, kinds: Sequence[str] | None, limit: float, pairs: bool, group: str
) -> None:
    """Score every road project on offer."""
    _answer(
        face,
        places,
        lambda region: tongqu.travel.score_roads(
            region, kinds or HOSPITALS, limit=limit, pairs=pairs, group=group
        ),
    )


def bus(
    face: Face, places: Places, *, feed: Path, targets: Sequence[str] | None, asked: Mapping[str, Any]
) -> None:
    """Give minutes by bus and on foot."""
    given = {name: value for name, value in asked.items() if value is not None}
    _answer(
        face, places, lambda region: tongqu.travel.bus(region, feed, targets=targets or HOSPITALS, **given)
    )


def _or_inf(limit: float | None) -> float:
    return float("inf") if limit is None else limit


def _pair(text: str, problems: Problems) -> tuple[str, float | str]:
    """A link and its class or minutes, as ``LINK=CLASS`` or ``LINK=3.5``."""
    link, sign, how = text.partition("=")
    if not sign or not link.strip() or not how.strip():
        problems.add(
            "not a link and its class", mend="write LINK=CLASS or LINK=MINUTES", file="--faster", value=text
        )
    try:
        return link.strip(), float(how)
    except ValueError:
        return link.strip(), how.strip()


def _link(text: str, problems: Problems) -> tuple[str, str, float, str]:
    """A new road as ``FROM,TO,KM,CLASS``."""
    parts = [part.strip() for part in text.split(",")]
    try:
        start, end, km, name = parts
        return start, end, float(km), name
    except ValueError:
        problems.add("not a new road", mend="write FROM,TO,KM,CLASS", file="--new", value=text)
        return "", "", 0.0, ""


def _answer(face: Face, places: Places, ask: Callable[[Region], Answer]) -> None:
    """Load, ask, write, say."""
    _require_places(face, places)
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        region = tongqu.load(places.region, progress=progress)
        progress(Report("travel"))
        found = _translated(ask(region), face)
        files = {}
        if places.file is not None:
            files[places.file] = found.content(places.file.suffix.lower(), language=face.language)
        if places.page is not None:
            progress(Report("map"))
            files[places.page] = _page(found, face).encode()
        write_whole(files)
    content = {
        **found.summary(),
        "rows": found.table.to_dict("records"),
        "tables": {name: frame.to_dict("records") for name, frame in found.tables.items()},
        "written": [str(path) for path in files],
    }
    lines = [f"{face.word('written')}{path}" for path in files]
    face.result(content, [*_shown(found, face), *lines])


def _require_places(face: Face, places: Places) -> None:
    """Refuse kinds of file that cannot be written, and files that are there, before the work."""
    problems = []
    for option, path, endings in (("--out", places.file, SUFFIXES), ("--map", places.page, PAGES)):
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            mend = f"name a file that ends in {', '.join(endings)}"
            problems.append(Problem("unknown kind of file", mend=mend, file=option, value=str(path)))
        else:
            require_free(face, path, force=places.force)
    if problems:
        raise DataError(problems)


def _translated(found: Answer, face: Face) -> Answer:
    """The answer with what was tolerated in a feed in the language of the command."""
    table = found.tables.get("problems")
    if table is None or table.empty:
        return found
    words = {name: [words_of(str(text), face.language) for text in table[name]] for name in ("rule", "mend")}
    return replace(found, tables={**found.tables, "problems": table.assign(**words)})


def _page(found: Answer, face: Face) -> str:
    """The map: villages by minutes, or by supply where that was asked."""
    measure: Measure = "per_1000" if found.question == "access" else "minutes"
    values = found.minutes
    if measure == "per_1000":
        values = found.table.set_index("unit")["per_1000"]
    limits: list[float] = found.table["limit"].to_list() if found.shapes else []
    return travel_html(
        found.region,
        values,
        measure=measure,
        sites=found.sites,
        kinds={kind: kind_words(kind, face.language) for kind in found.sites["kind"].astype("str").unique()},
        areas=list(zip(limits, found.shapes, strict=True)),
        title=heading(f"table.{found.question}", face.language),
        missing=heading("left_out", face.language) if found.question == "catchments" else "",
        facts=found.facts(face.language),
        language=face.language,
    )


def _shown(found: Answer, face: Face) -> list[Table | str]:
    """The facts, and the first rows of every table."""
    facts = Table(title=face.name(found.region.title_zh, found.region.title_en), title_justify="left")
    facts.add_column(heading("fact", face.language))
    facts.add_column(heading("value", face.language), overflow="fold")
    for row in found.facts(face.language):
        facts.add_row(*row)
    shown: list[Table | str] = [facts]
    for name, frame in {found.question: found.table, **found.tables}.items():
        if len(frame):
            table = _table(found.worded(frame.head(MOST_ROWS), language=face.language))
            table.title = heading(f"table.{name}", face.language)
            shown.append(table)
            if len(frame) > MOST_ROWS:
                shown.append(face.word("first_rows", shown=MOST_ROWS))
    return shown


def _table(frame: pd.DataFrame) -> Table:
    """A table as it is, numbers to the right."""
    table = Table(title_justify="left", title_style="bold", header_style="bold")
    cells = {column: [_cell(value) for value in frame[column]] for column in frame.columns}
    for column, texts in cells.items():
        number = all(NUMBER.fullmatch(text) for text in texts)
        table.add_column(str(column), justify="right" if number else "left", overflow="fold")
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return number_words(value)
    return "–" if value is None or value is pd.NA else str(value)
