"""What really happened: projects and figures that a user reports, read from files and checked at one door."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Run
from tongqu.data import Language, RawTable, raw_table
from tongqu.data.cast import parse_numbers
from tongqu.data.files import read_table, read_workbook
from tongqu.data.problems import Problems, suggest

__all__ = [
    "FIGURE_COLUMNS",
    "LEVERS",
    "MONEY",
    "PROJECT_COLUMNS",
    "STATES",
    "Actuals",
    "State",
    "actuals_template",
    "check_actuals",
    "planned_figures",
    "read_actuals",
]

State: TypeAlias = Literal["planned", "contracted", "built", "dropped"]
STATES: Final[tuple[State, ...]] = ("planned", "contracted", "built", "dropped")
"""Not begun, signed or under construction, working, given up."""

PROJECT_COLUMNS: Final[Mapping[str, str]] = {
    "project": "str",
    "state": "str",
    "start": "float64",
    "capital_wan": "float64",
    "running_wan": "float64",
    "note": "str",
}
FIGURE_COLUMNS: Final[Mapping[str, str]] = {
    "unit": "str",
    "year": "int64",
    "variable": "str",
    "value": "float64",
    "note": "str",
}
LEVERS: Final = ("own_revenue", "transfers", "expenditure", "debt_limit", "land_income", "fund_expenditure")
"""Items of accounts that the forecast is carried on from; written ``account.ITEM``."""
MONEY: Final = ("money.room", "money.grant", "money.debt")
"""Money of the plan in a county and year: own money for it, grants of the city, its debt at the end."""

HEADINGS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    # column: Chinese heading, English heading, others that are understood
    "project": ("项目编码", "project", ("项目", "code")),
    "state": ("状态", "state", ("进度", "status")),
    "start": ("实际开工年份", "start", ("开工年份", "actual start", "start year")),
    "capital_wan": ("实际投资（万元）", "capital (10 000 yuan)", ("实际投资", "capital_wan", "capital")),
    "running_wan": (
        "年运行费（万元）",
        "running cost (10 000 yuan)",
        ("年运行费", "running_wan", "running cost"),
    ),
    "note": ("说明", "note", ("原因", "why")),
    "unit": ("单位编码", "unit", ("单位", "place")),
    "year": ("年份", "year", ()),
    "variable": ("变量", "variable", ("指标",)),
    "value": ("实际值", "actual value", ("数值", "value")),
    # Shown for the reader of a template; passed over when it is read.
    "name": ("名称", "name", ()),
    "planned_start": ("计划开工年份", "planned start", ()),
    "planned_wan": ("计划投资（万元）", "planned capital (10 000 yuan)", ()),
    "planned": ("计划值", "planned value", ()),
}
SHOWN: Final = ("name", "planned_start", "planned_wan", "planned")
WORDS: Final[Mapping[State, tuple[str, ...]]] = {
    "planned": ("未开工", "计划中"),
    "contracted": ("已签约", "在建", "已签约或在建"),
    "built": ("已建成", "建成"),
    "dropped": ("取消", "已取消"),
}
SHEETS: Final = {"projects": ("项目", "projects"), "figures": ("数据", "figures")}
REQUIRED: Final = {"projects": ("project", "state"), "figures": ("unit", "year", "variable", "value")}
YEARS: Final = (1949, 2100)
SPREADSHEETS: Final = (".xlsx", ".xlsm")
AGAIN: Final = "fill in the template of 'tongqu monitor RUN --template FILE'"

Table: TypeAlias = Literal["projects", "figures"]


def _empty(columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


@dataclass(frozen=True, eq=False)
class Actuals:
    """What really happened.

    Parameters
    ----------
    projects : DataFrame
        ``project, state, start, capital_wan, running_wan, note``: one row a project; state one of `STATES`;
        NaN where nothing is reported.
    figures : DataFrame
        ``unit, year, variable, value, note``: observed figures of places. A variable is a state variable such
        as ``people.total``, an item ``account.own_revenue``, one of the region's observed variables, or money
        of the plan such as ``money.room``.
    """

    projects: pd.DataFrame = field(default_factory=lambda: _empty(PROJECT_COLUMNS))
    figures: pd.DataFrame = field(default_factory=lambda: _empty(FIGURE_COLUMNS))


def read_actuals(path: str | Path) -> Actuals:
    """Read actuals from a workbook, a folder of CSV files, or one CSV file with projects or figures.

    Parameters
    ----------
    path : path
        An Excel workbook with the sheets ``项目`` and ``数据`` (``projects``, ``figures``), a folder with
        ``projects.csv`` and ``figures.csv``, or one of these files; UTF-8 or GB18030, headings in Chinese or
        English.

    Raises
    ------
    DataError
        With every problem found in all tables.
    """
    path, problems = Path(path), Problems()
    raws = _raw(path, problems)
    if not raws and not len(problems):
        mend = "give a sheet or file with projects or figures: " + AGAIN
        problems.add("no projects and no figures", file=path.name, mend=mend)
    made = {table: _typed(raw, table, problems) for table, raw in raws.items()}
    problems.raise_any()
    return Actuals(**made)


def _raw(path: Path, problems: Problems) -> dict[Table, RawTable]:
    if not path.exists():
        problems.add("no such file", file=str(path), mend="check the path")
        return {}
    if path.is_dir():
        parts: list[tuple[Table, RawTable | None]] = [
            (table, read_table(file, file=file.name, problems=problems))
            for table in ("projects", "figures")
            for file in (path / f"{table}.csv",)
            if file.exists()
        ]
        return {table: raw for table, raw in parts if raw is not None}
    if path.suffix.lower() in SPREADSHEETS:
        sheets = read_workbook(path, problems=problems)
        tables = {word: table for table, words in SHEETS.items() for word in words}
        return {
            tables[title.strip().casefold()]: raw  # type: ignore[misc]
            for title, raw in sheets.items()
            if title.strip().casefold() in tables and len(raw.rows)
        }
    raw = read_table(path, file=path.name, problems=problems)
    if raw is None:
        return {}
    columns = {_column(heading) for heading in raw.headings}
    return {"figures" if "variable" in columns else "projects": raw}


def _column(heading: str) -> str | None:
    """The column that a heading means."""
    plain = _plain(heading)
    for column, (chinese, english, others) in HEADINGS.items():
        if plain in {_plain(word) for word in (column, chinese, english, *others)}:
            return column
    return None


def _plain(heading: str) -> str:
    return heading.strip().removesuffix("*").strip().casefold().replace("(", "（").replace(")", "）")


def _typed(raw: RawTable, table: Table, problems: Problems) -> pd.DataFrame:
    """A table with its columns and types; everything that does not fit is a problem with its row."""
    kinds = PROJECT_COLUMNS if table == "projects" else FIGURE_COLUMNS
    places: dict[str, str] = {}
    for number, heading in enumerate(raw.headings):
        column = _column(heading)
        if column in SHOWN:
            continue
        if column is None or column not in kinds:
            words = [word for name in kinds for word in HEADINGS[name][:2]]
            mend = suggest(heading, words) + "use the headings of the template"
            problems.add("unknown column", file=raw.file, column=heading, mend=mend)
        elif column in places:
            problems.add("two columns of the same meaning", file=raw.file, column=heading, mend="remove one")
        else:
            places[column] = str(number)
    for column in REQUIRED[table]:
        if column not in places:
            problems.add("missing column", file=raw.file, column=column, mend=AGAIN)
    if not set(REQUIRED[table]) <= set(places):
        return _empty(kinds)
    made: dict[str, pd.Series] = {}
    for column, kind in kinds.items():
        text = raw.frame[places[column]] if column in places else _blank(raw)
        if kind == "str":
            made[column] = text.fillna("").astype("str").reset_index(drop=True)
        else:
            made[column] = pd.Series(_numbers(text, raw, column, problems))
    frame = pd.DataFrame(made)
    if table == "projects":
        frame["state"] = _states(frame["state"], raw, problems)
    _required(frame, raw, table, problems)
    return frame.astype({"year": "int64"}) if table == "figures" and not len(problems) else frame


def _blank(raw: RawTable) -> pd.Series:
    return pd.Series([None] * len(raw.rows), dtype="str")


def _numbers(text: pd.Series, raw: RawTable, column: str, problems: Problems) -> npt.NDArray[np.float64]:
    numbers, fits = parse_numbers(text.astype("str").where(text.notna()))
    wrong = text.notna().to_numpy() & ~fits
    rules = [("not a number", wrong, "enter digits only, or leave the cell blank")]
    if column in ("start", "year"):
        whole = fits & ((numbers != np.floor(numbers)) | (numbers < YEARS[0]) | (numbers > YEARS[1]))
        rules.append(("a year that cannot be", whole, f"give a year from {YEARS[0]} to {YEARS[1]}"))
    if column == "capital_wan":
        rules.append(("below nothing", fits & (numbers < 0), "give 0 or more"))
    for rule, where, mend in rules:
        for row in np.flatnonzero(where):
            _add(problems, rule, raw, int(row), column, text.iloc[row], mend=mend)
    return numbers


def _states(words: pd.Series, raw: RawTable, problems: Problems) -> npt.NDArray[np.object_]:
    known: dict[str, str] = {name: name for name in STATES}
    known |= {word: name for name, others in WORDS.items() for word in others}
    found = words.str.strip().str.casefold().map(known)
    # A blank state of a template says that nothing was begun.
    found = found.where(words.str.strip() != "", "planned")
    for row in np.flatnonzero(found.isna()):
        mend = "write " + ", ".join(STATES)
        _add(problems, "unknown state", raw, int(row), "state", words.iloc[row], mend=mend)
    return found.fillna("planned").to_numpy()


def _required(frame: pd.DataFrame, raw: RawTable, table: Table, problems: Problems) -> None:
    keys = ["project"] if table == "projects" else ["unit", "year", "variable"]
    for column in REQUIRED[table]:
        values = frame[column]
        blank = values == "" if values.dtype == "str" or values.dtype == object else values.isna()
        if column == "value":  # a template row that nobody filled in says nothing
            continue
        for row in np.flatnonzero(blank):
            _add(problems, "missing value", raw, int(row), column, "", mend="fill it in, or remove the row")
    for row in np.flatnonzero(frame.duplicated(keys)):
        value = ", ".join(str(frame[key].iloc[row]) for key in keys)
        _add(problems, "reported twice", raw, int(row), keys[0], value, mend="keep one of the rows")


def _add(
    problems: Problems, rule: str, raw: RawTable, row: int, column: str, value: object, *, mend: str
) -> None:
    text = "" if value is None else str(value)
    problems.add(rule, file=raw.file, row=int(raw.rows[row]), column=column, value=text, mend=mend)


def check_actuals(run: Run, actuals: Actuals | str | Path) -> Actuals:
    """Actuals that fit a run: projects on its offer, places and variables that it knows.

    Blank rows of figures go. A project that is built or contracted has a start, the plan's own where none is
    reported.

    Raises
    ------
    DataError
        With every row that does not fit.
    """
    given = read_actuals(actuals) if not isinstance(actuals, Actuals) else _checked_frames(actuals)
    figures = given.figures[given.figures["value"].notna()].reset_index(drop=True)
    found = [*_wrong_projects(run, given.projects), *_wrong_figures(run, figures)]
    if found:
        raise DataError(found)
    planned = run["results/decisions"].set_index("project")["start"]
    projects = given.projects.copy()
    begun = projects["state"].isin(["contracted", "built"])
    start = projects["start"].fillna(projects["project"].map(planned))
    projects["start"] = start.where(begun).to_numpy(dtype=np.float64)
    return Actuals(projects, figures)


def _checked_frames(given: Actuals) -> Actuals:
    """Frames in memory go through the same door as files."""
    problems = Problems()
    parts = {"projects": given.projects, "figures": given.figures}
    made = {
        name: _typed(raw_table(frame, file=name), name, problems)  # type: ignore[arg-type]
        for name, frame in parts.items()
        if len(frame)
    }
    problems.raise_any()
    return Actuals(**made)


def _wrong_projects(run: Run, projects: pd.DataFrame) -> list[Problem]:
    decisions = run["results/decisions"].set_index("project")["start"]
    known = pd.Index(run["offer/projects"]["project"])
    problems = []
    for project, state, start in projects[["project", "state", "start"]].itertuples(index=False):
        begun = state in ("contracted", "built")
        if project not in known:
            rule = "not on offer in the run"
            mend = suggest(str(project), known) + "use the codes of the plan's projects"
        elif begun and np.isnan(start) and project not in decisions.index:
            rule, mend = "begun without a start", "give the year in which it started"
        else:
            continue
        problems.append(Problem(rule, mend=mend, file="projects", column="project", value=str(project)))
    return problems


def _wrong_figures(run: Run, figures: pd.DataFrame) -> list[Problem]:
    planned = planned_figures(run, figures)
    problems = []
    units = set(run.region["units"]["unit"])
    variables = sorted({str(name) for name in run["results/outcomes"]["variable"].unique()} | set(MONEY))
    for (unit, year, variable), value in zip(
        figures[["unit", "year", "variable"]].itertuples(index=False), planned, strict=True
    ):
        if unit not in units:
            rule, mend, column, what = "not in units", "use a code of the region", "unit", str(unit)
        elif np.isnan(value):
            rule, column, what = "the plan has no such figure", "variable", f"{variable}, {unit}, {year}"
            mend = suggest(str(variable), variables) + "use a variable, place and year of the plan"
        else:
            continue
        problems.append(Problem(rule, mend=mend, file="figures", column=column, value=what))
    return problems


def planned_figures(run: Run, figures: pd.DataFrame, *, case: str = "plan") -> npt.NDArray[np.float64]:
    """What a run says of figures, in their order: simulated, of its accounts, or observed in its region.

    A figure of a larger place is the sum of its villages, or of its counties, where the variable counts
    something; NaN where the run says nothing.
    """
    outcomes = run["results/outcomes"]
    mine = outcomes[(outcomes["case"] == case) & outcomes["variable"].isin(set(figures["variable"]))]
    at = mine.set_index(["variable", "unit", "year"])["value"]
    sums = _sums(run, mine)
    money = run["results/accounts"].set_index(["item", "unit", "year"])["amount"]
    seen = run.region["observations"] if "observations" in run.region.tables else None
    found = []
    for unit, year, variable in figures[["unit", "year", "variable"]].itertuples(index=False):
        key = (str(variable), str(unit), int(year))
        item = (key[0].removeprefix("money."), *key[1:])
        if key[0] in MONEY:
            value = money.get(item)
        elif key in at.index:
            value = at.loc[key]
        elif key in sums.index:
            value = sums.loc[key]
        else:
            value = None if seen is None else _observed(seen, key)
        found.append(np.nan if value is None else float(value))
    return np.array(found, dtype=np.float64)


COUNTED: Final = (
    "people.",
    "pupils.",
    "served.",
    "demand.",
    "stock.",
    "account.",
    "value_added.",
    "jobs.total",
)
"""Beginnings of the names of variables that add up over places."""


def _sums(run: Run, outcomes: pd.DataFrame) -> pd.Series:
    """Sums of what counts something, over the places inside towns, counties and the city."""
    counted = outcomes[outcomes["variable"].str.startswith(COUNTED)]
    known = counted[counted["unit"].isin(run.region["units"]["unit"])]
    parts = []
    levels: Sequence[Literal["town", "county", "city"]] = ("town", "county", "city")
    for level in levels:
        above = run.region.ancestor(pd.Index(known["unit"].unique()), level=level)
        inside = known.assign(unit=known["unit"].map(above)).dropna(subset="unit")
        parts.append(inside.groupby(["variable", "unit", "year"])["value"].sum())
    return pd.concat(parts) if parts else pd.Series(dtype="float64")


def _observed(seen: pd.DataFrame, key: tuple[str, str, int]) -> float | None:
    """The latest observation up to the year of a variable that the region observes."""
    variable, unit, year = key
    mine = seen[(seen["variable"] == variable) & (seen["unit"] == unit) & (seen["year"] <= year)]
    return None if mine.empty else float(mine.sort_values("year")["value"].iloc[-1])


def actuals_template(run: Run, *, year: int | None = None, language: Language = "zh") -> bytes:
    """An Excel workbook to fill in: the plan's projects, and figures of every county in a year.

    Parameters
    ----------
    year : int, optional
        The year that figures are asked for, the plan's first unless given; projects that were to start up to
        it come first.
    """
    when = year or run.scenario.decided_from
    decisions = run["results/decisions"].sort_values(["start", "county", "project"])
    names = "name_zh" if language == "zh" else "name_en"
    projects = pd.DataFrame(
        {
            "project": decisions["project"],
            "name": decisions[names],
            "planned_start": decisions["start"],
            "planned_wan": decisions["capital_wan"],
            "state": "",
            "start": "",
            "capital_wan": "",
            "running_wan": "",
            "note": "",
        }
    )
    units = run.region["units"].set_index("unit")
    wanted = [*(f"account.{item}" for item in LEVERS[:4]), "people.total", *MONEY]
    rows = [(unit, when, name) for unit in run.region.level("county").index for name in wanted]
    figures = pd.DataFrame(rows, columns=["unit", "year", "variable"])
    planned = planned_figures(run, figures)
    label = units["name"] if language == "zh" else units["name_en"].fillna(units["name"])
    figures = figures.assign(name=figures["unit"].map(label), planned=planned, value="", note="")
    figures = figures[["unit", "name", "year", "variable", "planned", "value", "note"]]
    return _workbook({"projects": projects, "figures": figures[~np.isnan(planned)]}, language=language)


def _workbook(tables: Mapping[str, pd.DataFrame], *, language: Language) -> bytes:
    buffer, own = io.BytesIO(), 0 if language == "zh" else 1
    with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
        for table, frame in tables.items():
            title = SHEETS[table][own]
            names = [str(name) for name in frame]
            stars = {name: "*" if name in REQUIRED[table] else "" for name in names}
            shown = frame.set_axis([str(HEADINGS[name][own]) + stars[name] for name in names], axis=1)
            shown.to_excel(book, sheet_name=title, index=False, freeze_panes=(1, 1))
            sheet = book.sheets[title]
            sheet.set_column(0, len(shown.columns) - 1, 18)
            if table == "projects":
                words = [WORDS[name][0] for name in STATES] if language == "zh" else list(STATES)
                place = list(frame.columns).index("state")
                sheet.data_validation(
                    1, place, max(len(frame), 1), place, {"validate": "list", "source": words}
                )
    return buffer.getvalue()
