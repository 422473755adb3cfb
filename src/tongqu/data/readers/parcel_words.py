"""Words of land surveys: codes and names of classes, headings of columns, and what is said of parcels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.headings import fold
from tongqu.data.problems import Problems, suggest
from tongqu.data.readers.gis import Layer, raw_values
from tongqu.data.spec import package_rows

__all__ = [
    "find_classes",
    "finding_texts",
    "land_code_classes",
    "land_codes",
    "parcel_columns",
    "parcel_texts",
    "says_yes",
    "words",
]

Text: TypeAlias = "pd.Series[str]"

SETTLEMENT: Final = {"201": "urban", "202": "urban", "203": "rural", "204": "transport", "205": "transport"}
"""Class of construction land by 城镇村属性码 of the third national land survey: city, town, village, mining,
scenic and special land; a letter behind it is left out."""
YES: Final = frozenset(("yes", "true", "1", "是", "y", "t"))


@cache
def land_codes() -> pd.DataFrame:
    """Codes of land surveys, indexed by code: ``name_zh, class, settlement, source``."""
    return pd.DataFrame(package_rows("defaults/land_codes.csv"), dtype="str").set_index("code")


@cache
def words() -> pd.DataFrame:
    """Words for classes and headings: ``kind, name, word``."""
    return pd.DataFrame(package_rows("defaults/land_words.csv"), dtype="str")


@cache
def finding_texts() -> pd.DataFrame:
    """What a report on parcels can say, indexed by finding: ``kind, en, zh, mend_en, mend_zh``."""
    return pd.DataFrame(package_rows("defaults/parcel_findings.csv"), dtype="str").set_index("finding")


def land_code_classes() -> Mapping[str, str]:
    """Class of the table land_use by code of GB/T 21010-2017 and of the third national land survey.

    References
    ----------
    GB/T 21010-2017 土地利用现状分类. Codes of the survey that differ (00, 05H1, 0508, 08H1, 08H2) are in too.

    Examples
    --------
    >>> classes = land_code_classes()
    >>> classes["0101"], classes["0702"], classes["1003"]
    ('farmland', 'rural', 'transport')
    """
    return {str(code): str(kind) for code, kind in land_codes()["class"].items()}


def parcel_columns(
    read: Layer, *, columns: Mapping[str, str] | None, file: str, problems: Problems
) -> dict[str, int]:
    """Position of each column that the reader knows."""
    names = [str(name) for name in read.values.columns]
    place = {fold(name): position for position, name in reversed(list(enumerate(names)))}
    known = words()[words()["kind"] == "heading"]
    wanted = list(dict.fromkeys(known["name"]))
    found: dict[str, int] = {}
    for column, heading in (columns or {}).items():
        if column not in wanted:
            mend = suggest(column, wanted) + f"name one of {', '.join(wanted)}"
            problems.add("no such column of parcels", file=file, column=column, mend=mend)
        elif fold(heading) not in place:
            mend = suggest(heading, names) + f"the file has {', '.join(names) or 'no columns'}"
            problems.add("the file lacks the column", file=file, column=column, value=heading, mend=mend)
        else:
            found[column] = place[fold(heading)]
    for name, word in zip(known["name"], known["word"], strict=True):
        if name not in found and fold(word) in place and place[fold(word)] not in found.values():
            found[str(name)] = place[fold(word)]
    for column, what in (("class", "classes of land"), ("unit", "codes of towns")):
        if column not in found and column not in (columns or {}):
            mend = f"name it in `columns`: the file has {', '.join(names) or 'no columns'}"
            problems.add(f"no column with {what}", file=file, column=column, mend=mend)
    return found


def parcel_texts(read: Layer, found: Mapping[str, int]) -> pd.DataFrame:
    """Text of the columns found, blank where there is none; parcels without id are called by their row."""
    raw = raw_values(read.values)
    names = ("parcel", "class", "unit", "within", "basic", "idle")
    size = len(read.geometry)
    frame = pd.DataFrame(
        {name: raw[found[name]].fillna("") if name in found else "" for name in names}, index=range(size)
    ).astype("str")
    row = pd.Series(np.arange(1, size + 1).astype(str), dtype="str")
    return frame.assign(parcel=frame["parcel"].where(frame["parcel"] != "", row))


def find_classes(
    texts: pd.DataFrame, *, classes: Mapping[str, str] | None
) -> tuple[Text, npt.NDArray[np.bool_]]:
    """Class of each parcel, blank where not known, and where urban or rural rests on the code alone."""
    codes = land_codes()
    own = words()[words()["kind"] == "class"]
    table = {fold(str(name)): str(code) for code, name in codes["name_zh"].items()}
    table |= {fold(str(code)): str(code) for code in codes.index}
    given = {fold(word): name for name, word in zip(own["name"], own["word"], strict=True)}
    given |= {fold(word): name for word, name in (classes or {}).items()}

    def code_of(value: str) -> str:
        text = fold(value).removesuffix(".0")
        tries = (text, text.zfill(4) if text.isdigit() and len(text) == 3 else text, text.removesuffix("k"))
        return next((table[one] for one in tries if one in table), "")

    text = texts["class"]
    coded = text.map({value: code_of(value) for value in text.unique()}).astype("str")
    by_word = text.map({value: given.get(fold(value), "") for value in text.unique()}).astype("str")
    kind = by_word.where(by_word != "", coded.map(codes["class"]).fillna("")).astype("str")
    settled = (coded.map(codes["settlement"]) == "yes") & (by_word == "")
    within = texts["within"].str.slice(0, 3).map(SETTLEMENT)
    kind = kind.where(~settled | within.isna(), within).astype("str")
    basic = kind == "basic_farmland"
    texts.loc[basic, "basic"] = "yes"
    idle = kind == "idle_homestead"
    texts.loc[idle, "idle"] = "yes"
    kind = kind.mask(basic, "farmland").mask(idle, "rural").astype("str")
    return kind, (settled & within.isna()).to_numpy(bool)


def says_yes(text: Text) -> pd.Series[bool]:
    """Where the text says yes."""
    return text.str.casefold().isin(YES)
