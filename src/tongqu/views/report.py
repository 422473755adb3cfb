"""The report: one HTML file that works offline and prints, in Chinese or English."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2
import numpy as np

from tongqu.contracts import Run
from tongqu.views.chapter_maps import ground_of
from tongqu.views.grid import raw
from tongqu.views.maps import CLASSES, plan_map
from tongqu.views.sections.care import care
from tongqu.views.sections.chapters import Chapter, Common
from tongqu.views.sections.coordination import coordination
from tongqu.views.sections.education import education
from tongqu.views.sections.health import health
from tongqu.views.sections.leader import leader
from tongqu.views.sections.money import money
from tongqu.views.sections.names import Names, names_of
from tongqu.views.sections.projects import projects
from tongqu.views.sections.reasons import reasons
from tongqu.views.sections.services import services, twin
from tongqu.views.sections.trust import basis, certificate, glossary, sources
from tongqu.views.svg import DEFS, MARKS, symbol
from tongqu.views.tables import Figures, figures_of
from tongqu.views.words import Language, Words

__all__ = ["report_html"]

CHAPTERS: Final[Mapping[str, Callable[[Common], Chapter]]] = {
    "education": education,
    "health": health,
    "care": care,
}
"""Chapters of bureaus; they stand where the run plans for the sector."""

SECTIONS: Final = (
    "leader",
    "map",
    "projects",
    "reasons",
    "money",
    "services",
    "education",
    "health",
    "care",
    "coordination",
    "basis",
    "certificate",
    "sources",
)


def report_html(run: Run, *, language: Language = "zh") -> str:
    """The report of a stored run as one HTML document.

    Parameters
    ----------
    run : Run
        The stored run; every figure is computed from its tables.
    language : {"zh", "en"}
        Language of words, names and units of money.

    Returns
    -------
    str
        HTML that refers to no other file or host; the same bytes for the same run.

    Raises
    ------
    RunError
        If a table of the run cannot be read.

    Examples
    --------
    >>> from tongqu import open_run
    >>> html = report_html(open_run("tongqu-demo/run"), language="en")  # doctest: +SKIP
    """
    figures, words = figures_of(run), Words(language)
    folder = files("tongqu.views") / "templates"
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            t=words,
            style=raw((folder / "report.css").read_text(encoding="utf-8")),
            script=raw((folder / "report.js").read_text(encoding="utf-8")),
            defs=raw(DEFS),
            sections=[key for key in SECTIONS if key not in CHAPTERS or key in figures.bureaus],
            **_content(figures, words),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tongqu.views", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _content(figures: Figures, words: Words) -> dict[str, Any]:
    run, names = figures.stored.run, names_of(figures, words)
    region, scenario = run.manifest["region"], run.manifest["scenario"]
    return {
        "run_id": run.id,
        "engine": run.manifest["engine"],
        "region": words.name(region["title_zh"], region["title_en"]),
        "scenario": words.name(scenario["title_zh"], scenario["title_en"]),
        "first": figures.stored.first,
        "last": figures.stored.last,
        "head": figures.headline,
        "leader": leader(figures, words, names=names),
        "map": _map(figures, words, names=names),
        "projects": projects(figures, words, names=names),
        "reasons": reasons(figures, words, names=names),
        "money": money(figures, words, names=names),
        "services": services(figures, words, names=names),
        "chapters": _chapters(figures, words, names=names),
        "coordination": coordination(figures, words, names=names),
        "basis": basis(figures, words),
        "certificate": certificate(figures, words),
        "sources": sources(figures, words),
        "glossary": glossary(words),
    }


def _chapters(figures: Figures, words: Words, *, names: Names) -> list[Chapter]:
    """Chapters of the bureaus whose sector the run plans for, in order."""
    if not figures.bureaus:
        return []
    ground = ground_of(figures, words)
    return [
        make(Common(figures, words, names, figures.bureaus[key], ground))
        for key, make in CHAPTERS.items()
        if key in figures.bureaus
    ]


def _map(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    services = figures.services.names
    links = figures.stored.run.region["links"]
    classes = figures.stored.run.region["road_classes"].set_index("class")
    sectors = [str(sector) for sector in figures.projects.kinds.index.unique("sector")]
    roads = [
        (*CLASSES[name], words.name(classes.loc[name, "name_zh"], classes.loc[name, "name_en"]))
        for name in CLASSES
        if name in classes.index and (links["class"] == name).any()
    ]
    return {
        "drawing": raw(plan_map(figures, words, service=services[0])),
        "services": [(name, words.label("service", name)) for name in services],
        "marks": [raw(mark) for mark in MARKS],
        "sectors": [
            (sector, raw(symbol(sector, size=16)), words.label("sector", sector)) for sector in sectors
        ],
        "roads": roads,
        "modelled": words.share(float(links["modelled"].mean()) if len(links) else 0.0),
        "positions": words.share(figures.trust.positions),
        "twin": twin(figures, words, names=names),
        "data": raw(_data(figures, words, names=names)),
    }


def _data(figures: Figures, words: Words, *, names: Names) -> str:
    """What the script needs: states of the villages by service and year, names, and words."""
    cube = figures.stored.cube
    people = np.nan_to_num(cube.last("plan", "people.total"))
    county = [names.place(unit) for unit in figures.stored.county_of(cube.villages)]
    packed = {
        name: "".join(map(str, states.T.ravel().tolist())) for name, states in figures.services.states.items()
    }
    content = {
        "years": list(figures.stored.years),
        "states": packed,
        "villages": [
            [names.place(unit), names.above(unit), of, round(float(number))]
            for unit, of, number in zip(cube.villages, county, people, strict=True)
        ],
        "words": {
            key: words(f"script.{key}") for key in ("all", "people", "year", "states", "opens", "found")
        }
        | {"state": [words(f"state.{state}") for state in ("none", "before", "new", "without")]},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
