"""What is wrong with the tables of a region, as a page: numbered marks on a map, and every problem below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from tongqu.data import Region, table_specs
from tongqu.views.place_map import Marks, Names, legend, place_map
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, render
from tongqu.views.words import Language, Words

__all__ = ["number_ranges", "problems_html"]

COLOUR: Final = "#c2410c"
GROUND: Final = "#9aa5ad"
SIZE: Final = 5.0
GROUND_SIZE: Final = 1.8
TEXTS: Final = ("table", "file", "row", "column", "value", "rule", "mend", "place")


def problems_html(
    problems: pd.DataFrame, *, sketch: Region | None, titles: tuple[str, str], language: Language = "zh"
) -> str:
    """The page of a region's problems.

    Parameters
    ----------
    problems : DataFrame
        As `tongqu.data.LocatedProblems.table`, rules and mends in the language.
    sketch : Region, optional
        What is drawn below the marks; without it there is no map.
    titles : tuple of str
        Chinese and English name of the region.
    language : {"zh", "en"}

    Returns
    -------
    str
        HTML that refers to no other file or host.

    Examples
    --------
    >>> from tongqu.base import Problem
    >>> from tongqu.data import locate_problems
    >>> wrong = Problem("below the minimum 0", mend="enter 0 or more", file="units.csv", row=2)
    >>> found = locate_problems("quzhou", [wrong])
    >>> page = problems_html(found.table, sketch=found.sketch, titles=found.titles, language="en")
    >>> 'href="#problem-1"' in page, 'id="problem-1"' in page
    (True, True)
    """
    words = Words(language)
    placed = problems["lon"].notna()
    sections = []
    if sketch is not None and placed.any():
        sections.append(_map(problems[placed], words, sketch=sketch, nowhere=int((~placed).sum())))
    sections.append(_list(problems, words))
    place = words.name(*titles)
    page = Page(
        title=words("problems.heading", region=place),
        brand=words("problems.brand"),
        heading=words("problems.heading", region=place),
        band=words("problems.band") if placed.any() else words("problems.no_map"),
        footer=words("problems.footer"),
        under=[],
        cards=[
            Card(words.count(len(problems)), words("problems.card_all")),
            Card(words.count(problems["file"].nunique()), words("problems.card_files")),
            Card(words.count(int(placed.sum())), words("problems.card_placed")),
            Card(words.count(int((~placed).sum())), words("problems.card_nowhere")),
        ],
        sections=sections,
    )
    return render(page, words)


def number_ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in short.

    Examples
    --------
    >>> number_ranges([1, 2, 3, 7, 9, 10])
    '1–3, 7, 9, 10'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _map(placed: pd.DataFrame, words: Words, *, sketch: Region, nowhere: int) -> Section:
    """A mark with its numbers at each place; the numbers lead to the rows of the list."""
    spots = []
    for (lon, lat), mine in placed.groupby(["lon", "lat"], sort=False):
        said = [f"{number}: {rule}" for number, rule in zip(mine["number"], mine["rule"], strict=True)]
        name = words.name(mine["name"].iloc[0], mine["name_en"].iloc[0])
        label = number_ranges(mine["number"].to_list())
        spots.append(
            (lon, lat, label, name, "\n".join([name, *said] if name else said), mine["number"].iloc[0])
        )
    table = pd.DataFrame(spots, columns=["lon", "lat", "numbers", "place", "title", "first"])
    units = sketch["units"]
    units = units[units["level"].notna()]
    marks = [
        Marks(words("problems.units"), GROUND, units["lon"], units["lat"], size=GROUND_SIZE),
        Marks(
            words("problems.marks"),
            COLOUR,
            table["lon"],
            table["lat"],
            table["title"].to_list(),
            "cross",
            SIZE,
        ),
    ]
    marks = marks if len(units) else marks[1:]
    links = [f"#problem-{number}" for number in table["first"]]
    names = Names(table["lon"], table["lat"], table["numbers"].to_list(), links, every=True)
    title = words("problems.map")
    svg = place_map(sketch, words, key="problems", label=words("problems.map_alt"), marks=marks, names=names)
    columns: dict[str, tuple[str, Format | None]] = {
        "numbers": (words("problems.number"), None),
        "place": (words("problems.place"), None),
        "lon": (words("parcels.lon"), lambda value: words.number(value, 5)),
        "lat": (words("parcels.lat"), lambda value: words.number(value, 5)),
    }
    note = words("problems.nowhere", count=nowhere) if nowhere else ""
    figure = Figure(title, svg, grid_of(table, columns=columns, label=title), legend(marks), note)
    return Section("map", words("problems.where"), [Part(figures=[figure])])


def _list(problems: pd.DataFrame, words: Words) -> Section:
    """Every problem."""
    specs = table_specs()
    table = problems.assign(
        table=[specs[name].title(words.language) if name in specs else "" for name in problems["table"]],
        row=["" if pd.isna(row) else str(row) for row in problems["row"]],
        place=[
            words.name(zh, en) or unit
            for zh, en, unit in zip(problems["name"], problems["name_en"], problems["unit"], strict=True)
        ],
    )
    columns: dict[str, tuple[str, Format | None]] = {"number": (words("problems.number"), str)}
    columns |= {name: (words(f"problems.{name}"), None) for name in TEXTS}
    label = words("problems.list")
    grid = grid_of(table, columns=columns, label=label, ids=[f"problem-{one}" for one in problems["number"]])
    return Section("list", label, [Part(grids=[(words("problems.by_number"), grid)])])
