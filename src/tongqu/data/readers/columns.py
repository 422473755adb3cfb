"""Columns of road tables and layers: found by their headings, read to the columns of links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.cast import parse_numbers
from tongqu.data.headings import fold
from tongqu.data.problems import MAX_ROWS, Place, Problems, suggest
from tongqu.data.readers.report import Finding, counted
from tongqu.data.readers.tables import class_names, headings, road_speeds, surface_factors
from tongqu.data.readers.tags import each, height_m, limits, weight_t

__all__ = ["find_columns", "list_broken", "numbers_of", "read_attributes"]

Bools: TypeAlias = npt.NDArray[np.bool_]

FORWARD = frozenset(("yes", "true", "1", "是", "单向", "单行", "正向", "ft", "y"))
AGAINST = frozenset(("-1", "reverse", "tf", "反向", "逆向"))
BOTH = frozenset(("", "no", "false", "0", "否", "双向", "双行", "n", "none"))
BOTH_LETTER = "b"
LETTERS = {"f": "yes", "t": "-1", "b": "no"}
"""Letters of the shape files of Geofabrik: with the line, against it, both. T and F alone are not
understood, for they may as well be true and false."""

YES = frozenset(("yes", "true", "t", "1", "是", "y", "viaduct", "桥", "隧道"))
TONGQU = {
    "expressway": "motorway",
    "national": "trunk",
    "provincial": "primary",
    "county": "secondary",
    "township": "tertiary",
    "village": "unclassified",
}
"""Kinds for Tongqu's own road classes."""


def find_columns(
    names: Sequence[str],
    *,
    wanted: Iterable[str],
    columns: Mapping[str, str] | None,
    file: str,
    problems: Problems,
) -> tuple[dict[str, int], Finding]:
    """Position of each wanted column, by the user's word or else by its headings.

    Parameters
    ----------
    names : sequence of str
        Headings of the file.
    wanted : iterable of str
        Columns that may be there.
    columns : mapping of str to str, optional
        Heading by column, where the user names it.
    file : str
        What problems call the file.
    problems : Problems
        Where headings that are not there go.

    Returns
    -------
    found : dict of str to int
    unused : Finding
        The headings that stand for nothing.
    """
    wanted, given = list(wanted), dict(columns or {})
    place = {fold(name): position for position, name in reversed(list(enumerate(names)))}
    found: dict[str, int] = {}
    for column, heading in given.items():
        if column not in wanted:
            mend = suggest(column, wanted) + f"name one of {', '.join(wanted)}"
            problems.add("no such column of roads", file=file, column=column, mend=mend)
        elif fold(heading) not in place:
            mend = suggest(heading, names) + f"the file has {', '.join(names) or 'no columns'}"
            problems.add("the file lacks the column", file=file, column=column, value=heading, mend=mend)
        else:
            found[column] = place[fold(heading)]
    taken = set(found.values())
    for row in headings().itertuples():
        column, position = str(row.column), place.get(fold(str(row.heading)))
        free = column in wanted and column not in found and column not in given
        if free and position is not None and position not in taken:
            found[column] = position
            taken.add(position)
    unused = [name for position, name in enumerate(names) if position not in taken and name]
    return found, Finding("columns_unused", len(unused), detail=counted(unused))


def list_broken(
    rule: str,
    *,
    where: Bools,
    what: Sequence[object] | npt.NDArray[np.object_],
    file: str,
    column: str,
    mend: str,
    problems: Problems,
) -> None:
    """Note elements of a file without rows that break a rule; beyond a few only their number."""
    broken = np.flatnonzero(where)
    for position in broken[:MAX_ROWS]:
        problems.add(rule, file=file, column=column, value=str(what[position]), mend=mend)
    if len(broken) > MAX_ROWS:
        more = f"{len(broken) - MAX_ROWS} more rows break this rule: mend them in the same way"
        problems.add(rule, file=file, column=column, mend=more)


def numbers_of(at: Place, *, problems: Problems, positive: bool = False) -> npt.NDArray[np.float64]:
    """Numbers of a column, NaN where blank; text and, if asked, what is not above 0 are problems."""
    numbers, fits = parse_numbers(at.text)
    wrong = at.text.notna().to_numpy() & ~fits
    problems.add_rows("not a number", at=at, where=wrong, mend="enter digits only, or leave the cell blank")
    if positive:
        mend = "enter a length above 0, or leave the cell blank to have it measured"
        problems.add_rows("not above 0", at=at, where=fits & ~(numbers > 0), mend=mend)
    return numbers


def kinds(
    at: Place, *, classes: Mapping[str, str] | None, unknown: str, problems: Problems
) -> tuple[pd.Series[str], Finding]:
    """Kind of road of each row; classes that nobody knows are problems unless a kind is given for them."""
    known = road_speeds().index
    names = class_names().to_dict() | TONGQU | {kind: kind for kind in known}
    names |= {kind.replace(":", "_"): kind for kind in known if ":" in kind}
    table = {fold(name): kind for name, kind in (names | dict(classes or {})).items()}
    for kind in sorted({*(classes or {}).values(), *([unknown] if unknown else [])} - set(known)):
        mend = suggest(kind, known) + "name a row of the table road_speeds"
        problems.add("no such kind of road", file=at.file, column="classes", value=kind, mend=mend)
    text = at.text.fillna("")
    found = text.map({value: table.get(fold(value)) for value in text.unique()})
    lost = found.isna().to_numpy()
    if unknown:
        return found.fillna(unknown).astype("str"), Finding(
            "unknown_class", int(lost.sum()), detail=counted(text[lost])
        )
    mend = "say in `classes` what kind of road it is, or give `unknown_class`"
    problems.add_rows("class of road not known", at=at, where=lost, mend=mend)
    return found.fillna("").astype("str"), Finding("unknown_class", 0)


def directions(at: Place, *, problems: Problems) -> tuple[Bools, Bools]:
    """Whether rows are one-way, and whether against their line."""
    text = at.text.fillna("").str.casefold()
    if (text == BOTH_LETTER).any():
        text = text.replace(LETTERS)
    against = text.isin(AGAINST)
    wrong = ~(against | text.isin(FORWARD) | text.isin(BOTH))
    mend = "write yes, no or -1 (one way against the line)"
    problems.add_rows("not a direction", at=at, where=wrong.to_numpy(), mend=mend)
    return np.asarray(against | text.isin(FORWARD)), np.asarray(against)


def surfaces_of(text: pd.Series[str]) -> pd.Series[str]:
    """Surface tags by tag, Chinese or English name; other words stay as they are."""
    table = surface_factors()
    names = {fold(name): tag for column in ("name_en", "name_zh") for tag, name in table[column].items()}
    names |= {fold(tag): tag for tag in table.index}
    return text.map({value: names.get(fold(value), value) for value in text.unique()}).astype("str")


def kind_column(
    places: Mapping[str, Place],
    *,
    size: int,
    file: str,
    classes: Mapping[str, str] | None,
    unknown_class: str,
    problems: Problems,
) -> tuple[pd.Series[str], Finding]:
    """Kind of road of each row; see `read_attributes`."""
    if "class" not in places and not unknown_class:
        mend = "name it in `columns`, or give `unknown_class` for all rows"
        problems.add("no column with the class of road", file=file, column="class", mend=mend)
        return pd.Series(["road"] * size, dtype="str"), Finding("unknown_class", 0)
    nowhere = Place(file, "class", np.arange(size), pd.Series([None] * size, dtype="str"))
    at = places.get("class", nowhere)
    kind, finding = kinds(at, classes=classes, unknown=unknown_class, problems=problems)
    return kind.reset_index(drop=True), finding


def read_attributes(
    places: Mapping[str, Place],
    *,
    size: int,
    file: str,
    classes: Mapping[str, str] | None,
    unknown_class: str,
    problems: Problems,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Draft columns of links from the columns of a table or layer.

    Parameters
    ----------
    places : mapping of str to Place
        The columns found.
    size : int
        Number of rows.
    file : str
        What problems call the file.
    classes : mapping of str to str, optional
        Kind of road (a row of `road_speeds`) by the file's own words.
    unknown_class : str
        Kind of road of rows whose class is blank or not known; empty makes them problems.
    problems : Problems
        Where problems go.

    Returns
    -------
    links : DataFrame
        Draft columns, and ``against``.
    findings : list of Finding
    """
    texts = {name: at.text.fillna("").reset_index(drop=True) for name, at in places.items()}
    blank = pd.Series([""] * size, dtype="str")
    kind, finding = kind_column(
        places, size=size, file=file, classes=classes, unknown_class=unknown_class, problems=problems
    )
    oneway = against = np.zeros(size, bool)
    if "oneway" in places:
        oneway, against = directions(places["oneway"], problems=problems)
    given = np.full(size, np.nan)
    if "speed_kmh" in places:
        given = numbers_of(places["speed_kmh"], problems=problems)
    limit, unread = limits(texts.get("limit_kmh", blank).replace("0", ""))
    links = pd.DataFrame(
        {
            "highway": texts.get("class", blank),
            "kind": kind,
            "oneway": oneway,
            "against": against,
            "limit_kmh_forward": limit,
            "limit_kmh_backward": limit,
            "given_kmh": np.where(given > 0, given, np.nan),
            "surface": surfaces_of(texts.get("surface", blank)),
            "bridge": texts.get("bridge", blank).str.casefold().isin(YES),
            "tunnel": texts.get("tunnel", blank).str.casefold().isin(YES),
            "ferry": kind == "ferry",
            "max_weight_t": each(texts.get("max_weight_t", blank), weight_t),
            "max_height_m": each(texts.get("max_height_m", blank), height_m),
            "name": texts.get("name", blank),
            "ref": texts.get("ref", blank),
        }
    )
    for mode in ("car", "walk", "freight"):
        may = road_speeds()[mode]
        links[mode] = ~kind.isin(may.index[~may])
    return links, [finding, Finding("limits_unread", len(unread), detail=counted(unread))]
