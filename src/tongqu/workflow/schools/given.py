"""Catchments that a bureau has drawn itself: read, and what is wrong with them, place by place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data.files import RawTable, raw_table, read_table, read_workbook
from tongqu.data.problems import Problems
from tongqu.methods.travel import within
from tongqu.workflow.schools.ground import Base

__all__ = ["FAULTS", "fault_table", "given_catchments"]

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": ("unit", "village", "村", "村居", "村居代码", "所在地", "代码"),
    "stage": ("stage", "学段"),
    "school": ("school", "site", "学校", "学校代码", "设施编号"),
}
"""Headings that a column may have."""
WORDS: Final[Mapping[str, str]] = {"幼儿园": "nursery", "小学": "primary", "初中": "junior"}
"""Stages in Chinese."""
SPREADSHEETS: Final = (".xlsx", ".xlsm", ".xls")

FAULTS: Final = (
    "no_school",
    "too_large",
    "no_room",
    "few_places",
    "overlap",
    "closed",
    "unknown_stage",
    "unknown_unit",
    "unknown_school",
    "wrong_school",
    "beyond",
    "missing",
    "over",
)
"""What may be wrong, in the order of the list."""
FULL: Final = 1e-6


def given_catchments(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    """A bureau's own catchments: one row for each village, stage and school.

    Parameters
    ----------
    source : str, Path or DataFrame
        CSV (UTF-8 or GB18030) or the first sheet of a workbook, with the columns ``unit, stage, school`` or
        ``村居代码, 学段, 学校代码``; codes of villages and sites, stages as nursery, primary, junior or in
        Chinese.

    Returns
    -------
    DataFrame
        ``unit, stage, school, row`` (as a spreadsheet counts it), text.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks a column.
    """
    problems = Problems()
    raw = _raw(source, problems)
    problems.raise_any()
    assert raw is not None  # an unreadable file was raised
    places = _places(raw)
    made = pd.DataFrame({column: raw.frame[at].fillna("").astype("str") for column, at in places.items()})
    stages = made["stage"].str.strip().str.casefold()
    made["stage"] = stages.map(WORDS).fillna(stages.where(stages.isin(WORDS.values()), made["stage"]))
    return made.assign(row=raw.rows)


def _places(raw: RawTable) -> dict[str, str]:
    """Where the columns stand; refused where one is missing or stands twice."""
    heads = {
        column: [at for at, head in enumerate(raw.headings) if head.strip().casefold() in words]
        for column, words in COLUMNS.items()
    }
    problems = [
        Problem("two columns of the same meaning", mend="remove one", file=raw.file, column=raw.headings[at])
        for found in heads.values()
        for at in found[1:]
    ]
    if missing := [column for column, found in heads.items() if not found]:
        rule = f"the columns {', '.join(missing)} are missing"
        mend = "give unit, stage and school, or 村居代码, 学段 and 学校代码"
        problems.append(Problem(rule, mend=mend, file=raw.file, value=", ".join(raw.headings)))
    if problems:
        raise DataError(problems)
    return {column: str(found[0]) for column, found in heads.items()}


def _raw(source: str | Path | pd.DataFrame, problems: Problems) -> RawTable | None:
    if isinstance(source, pd.DataFrame):
        return raw_table(source.drop(columns="row", errors="ignore"), file="catchments")
    path = Path(source)
    if not path.exists():
        problems.add("no such file", file=str(path), mend="check the path")
        return None
    if path.suffix.lower() in SPREADSHEETS:
        sheets = read_workbook(path, problems=problems)
        filled = [raw for raw in sheets.values() if len(raw.rows)]
        if not filled and not len(problems):
            problems.add("no rows", file=path.name, mend="put the catchments into the first sheet")
        return filled[0] if filled else None
    return read_table(path, file=path.name, problems=problems)


def fault_table(
    base: Base, *, lacking: pd.DataFrame, schools: pd.DataFrame, given: pd.DataFrame | None
) -> pd.DataFrame:
    """What is wrong, with the place and what to do: of today's schools, and of catchments given.

    Parameters
    ----------
    lacking, schools : DataFrame
        Pupils without a school, and the schools drawn.
    given : DataFrame, optional
        As `given_catchments`.

    Returns
    -------
    DataFrame
        ``fault`` (of `FAULTS`), ``unit, stage, school, pupils, amount`` (minutes or places, as the fault
        says), ``limit, row`` (of the table given), ``lon, lat`` (nan where the place is not known).
    """
    parts = [_without(lacking), _few_places(base)]
    if given is not None:
        parts += _wrong(base, given)
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table["number"] = table["fault"].map({name: at for at, name in enumerate(FAULTS)})
    table = table.sort_values(["number", "pupils", "unit"], ascending=[True, False, True], kind="stable")
    places = pd.concat(
        [base.region["units"].set_index("unit")[["lon", "lat"]], schools.set_index("school")[["lon", "lat"]]]
    )
    places = places[~places.index.duplicated()]
    spot = table["unit"].where(table["unit"].isin(places.index), table["school"])
    for column in ("lon", "lat"):
        table[column] = places[column].reindex(spot).to_numpy(dtype=np.float64)
    return table.drop(columns="number").reset_index(drop=True)


def _rows(fault: str, **columns: object) -> pd.DataFrame:
    """Rows of one fault; what does not apply is blank."""
    plain: dict[str, object] = {
        "unit": "",
        "stage": "",
        "school": "",
        "pupils": np.nan,
        "amount": np.nan,
        "limit": np.nan,
        "row": np.nan,
    }
    return pd.DataFrame({"fault": fault, **plain, **columns})


def _without(lacking: pd.DataFrame) -> pd.DataFrame:
    """Villages whose pupils have no school in the catchments drawn."""
    rows = _rows(
        "",
        unit=lacking["unit"],
        stage=lacking["stage"],
        school=lacking["nearest"],
        pupils=lacking["pupils"],
        amount=lacking["minutes"],
        limit=lacking["limit"],
    )
    return rows.assign(fault=lacking["reason"].to_numpy())


def _few_places(base: Base) -> pd.DataFrame:
    """Counties that have fewer places of a stage than pupils."""
    county = base.villages["county"].to_numpy()
    made = []
    for number, word in enumerate(base.words):
        pupils = pd.Series(base.by_stage[:, number]).groupby(county).sum()
        mine = (base.schools["stage"] == word.key).to_numpy()
        places = (
            pd.Series(base.places.sum(axis=1)[mine]).groupby(base.schools["county"].to_numpy()[mine]).sum()
        )
        places = places.reindex(pupils.index, fill_value=0.0)
        short = pupils[pupils > places * (1 + FULL)]
        made.append(
            _rows(
                "few_places",
                unit=short.index.astype("str"),
                stage=word.key,
                pupils=short.to_numpy(),
                amount=places[short.index].to_numpy(),
            )
        )
    return pd.concat(made, ignore_index=True)


def _wrong(base: Base, given: pd.DataFrame) -> list[pd.DataFrame]:
    """What is wrong with catchments given."""
    stages = [word.key for word in base.words]
    village = base.villages.index.get_indexer(pd.Index(given["unit"]))
    school = base.schools.index.get_indexer(pd.Index(given["school"]))
    stage = pd.Index(stages).get_indexer(pd.Index(given["stage"]))
    parts = [
        _some("unknown_unit", given, village < 0),
        _some("unknown_stage", given, stage < 0),
        _some("unknown_school", given, school < 0),
    ]
    known = np.flatnonzero((village >= 0) & (school >= 0) & (stage >= 0))
    rows = given.iloc[known].assign(v=village[known], s=school[known], g=stage[known])
    rows = rows.drop_duplicates(["v", "s", "g"])
    rows = rows.assign(pupils=base.by_stage[rows["v"], rows["g"]])
    closed = base.schools["closed"].to_numpy()[rows["s"]]
    takes = base.schools["stage"].to_numpy()[rows["s"]] == rows["stage"].to_numpy()
    parts += [_some("closed", rows, closed), _some("wrong_school", rows, ~takes)]
    fine = rows[~closed & takes]
    twice = fine.groupby(["v", "g"])["s"].transform("size").to_numpy() > 1
    parts.append(_some("overlap", fine, twice))
    fine = fine.assign(minutes=_ride(base, fine))
    limit = np.array([one.limit for one in base.stages])[fine["g"]]
    far = ~np.array(
        [bool(within(one, most)) for one, most in zip(fine["minutes"], limit, strict=True)], dtype=bool
    )
    parts.append(_some("beyond", fine, far).assign(amount=fine["minutes"].to_numpy()[far], limit=limit[far]))
    parts += [_missing(base, fine), _over(base, fine)]
    return parts


def _some(fault: str, rows: pd.DataFrame, where: np.ndarray) -> pd.DataFrame:
    mine = rows[where]
    pupils = mine["pupils"].to_numpy() if "pupils" in mine else np.nan
    return _rows(
        fault,
        unit=mine["unit"].to_numpy(),
        stage=mine["stage"].to_numpy(),
        school=mine["school"].to_numpy(),
        pupils=pupils,
        row=mine["row"].to_numpy(),
    )


def _ride(base: Base, rows: pd.DataFrame) -> np.ndarray:
    """Minutes of each row's ride, inf where it is beyond what was searched."""
    table = pd.Series(
        base.times.minutes, index=pd.MultiIndex.from_arrays([base.times.origin, base.times.site])
    )
    wanted = pd.MultiIndex.from_arrays([rows["v"], rows["s"]])
    return table.reindex(wanted).fillna(np.inf).to_numpy(dtype=np.float64)


def _missing(base: Base, rows: pd.DataFrame) -> pd.DataFrame:
    """Villages with pupils of a stage that no catchment given has."""
    pupils = base.by_stage
    has = np.zeros(pupils.shape, dtype=bool)
    has[rows["v"], rows["g"]] = True
    village, stage = np.nonzero(~has & (pupils > 0))
    return _rows(
        "missing",
        unit=base.villages.index[village].astype("str"),
        stage=[base.words[int(number)].key for number in stage],
        pupils=pupils[village, stage],
    )


def _over(base: Base, rows: pd.DataFrame) -> pd.DataFrame:
    """Schools that have fewer places of some age than the catchments given send them."""
    load = np.zeros_like(base.places)
    table = base.pupils.to_numpy(dtype=np.float64)
    many = rows.groupby(["v", "g"])["s"].transform("size").to_numpy()
    for number, stage in enumerate(base.stages):
        mine = (rows["g"] == number).to_numpy()
        pupils = table[rows.loc[mine, "v"]][:, stage.columns] / many[mine][:, np.newaxis]
        np.add.at(load[:, stage.columns], rows.loc[mine, "s"].to_numpy(), pupils)
    over = np.flatnonzero((load > base.places * (1 + FULL)).any(axis=1))
    return _rows(
        "over",
        unit=base.schools["unit"].to_numpy()[over],
        stage=base.schools["stage"].to_numpy()[over],
        school=base.schools.index[over].astype("str"),
        pupils=load[over].sum(axis=1),
        amount=base.places[over].sum(axis=1),
    )
