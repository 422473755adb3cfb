"""Tables and files that say what is in a road network, with words and headings in Chinese or English."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data import Language
from tongqu.data.readers import NetworkReport, road_speeds
from tongqu.data.readers.report import BARRIER
from tongqu.data.readers.tables import finding_words
from tongqu.data.spec import package_rows

__all__ = [
    "PROBLEM_FILES",
    "class_titles",
    "counts_of",
    "headed",
    "kind_names",
    "outside_of",
    "problem_file",
    "report_tables",
    "save_tables",
    "table_file",
]

PROBLEM_FILES: Final = (".csv", ".xlsx", ".geojson")

SHEET_ROWS: Final = 1_048_576
"""Rows of a sheet, the heading among them (ECMA-376)."""

HEADINGS: Final[Mapping[str, str]] = {
    "rule": "规则",
    "problem": "问题",
    "finding": "编号",
    "meaning": "内容",
    "kind": "类别",
    "kind_name": "名称",
    "class": "道路等级",
    "link": "路段",
    "node": "节点",
    "links": "路段数",
    "nodes": "节点数",
    "count": "数量",
    "km": "千米",
    "car_km": "汽车可行千米",
    "oneway_km": "单行千米",
    "detail": "说明",
    "access": "出行方式",
    "sense": "连通方式",
    "components": "片数",
    "largest_nodes": "最大片节点数",
    "km_outside": "最大片以外千米",
    "share_outside": "最大片以外比例",
    "lon": "经度",
    "lat": "纬度",
    "value": "数值",
    "mend": "改法",
    "table": "数据表",
    "id": "编码",
    "name": "地名",
    "old_node": "原节点",
    "distance_m": "距离（米）",
    "beyond": "超过限值",
    "read_kmh": "读入速度（千米/小时）",
    "region_kmh": "区域计算速度（千米/小时）",
}
"""Chinese headings of the tables; the English ones are the names of the columns."""


def outside_of(report: NetworkReport) -> dict[str, float]:
    """Share of length outside the largest component, by who travels and in which sense."""
    rows = report.components.to_dict("records")
    return {f"{row['access']}_{row['sense']}": float(row["share_outside"]) for row in rows}


def counts_of(report: NetworkReport, *, kind: str) -> dict[str, int]:
    """How often each finding of a kind was found."""
    rows = report.findings[report.findings["kind"] == kind]
    return {str(name): int(count) for name, count in zip(rows["finding"], rows["count"], strict=True)}


def class_titles(language: Language) -> dict[str, str]:
    """Names of Tongqu's road classes, and of ferries."""
    rows = package_rows("defaults/road_classes.csv")
    return {row["class"]: row[f"name_{language}"] for row in rows} | {"ferry": kind_names(language)["ferry"]}


def kind_names(language: Language) -> dict[str, str]:
    """Names of the kinds of road."""
    return {str(kind): str(name) for kind, name in road_speeds()[f"name_{language}"].items()} | {
        "barrier": BARRIER[language]
    }


def headed(table: pd.DataFrame, *, language: Language) -> pd.DataFrame:
    """The table with headings in the language."""
    return table.rename(columns=dict(HEADINGS)) if language == "zh" else table


def problem_table(report: NetworkReport, *, language: Language) -> pd.DataFrame:
    """Every problem with its rule by name and in words, its place, and how to mend it."""
    spoken = report.table(language)
    table = report.problems.assign(problem=spoken["rule"], mend=spoken["mend"])
    return table[["rule", "problem", "link", "node", "lon", "lat", "value", "mend"]]


def report_tables(report: NetworkReport, *, language: Language) -> dict[str, pd.DataFrame]:
    """The tables of a report with words and headings in the language."""
    kinds = kind_names(language)
    classes = report.classes.assign(
        kind_name=report.classes["kind"].map(kinds).fillna(report.classes["kind"])
    )
    classes = classes[["class", "kind", "kind_name", "links", "km", "car_km", "oneway_km"]]
    meaning = report.findings["finding"].map(finding_words()[language]).fillna("")
    findings = report.findings.assign(meaning=meaning)
    findings = findings[["finding", "kind", "meaning", "count", "km", "detail"]]
    problems = problem_table(report, language=language)
    tables = {"classes": classes, "components": report.components, "findings": findings, "problems": problems}
    return {name: headed(table, language=language) for name, table in tables.items()}


def csv_bytes(table: pd.DataFrame) -> bytes:
    """CSV that Excel opens as UTF-8."""
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def table_file(table: pd.DataFrame, *, kind: str) -> bytes:
    """A table as the bytes of a ``.csv`` or ``.xlsx`` file.

    Raises
    ------
    DataError
        If a workbook cannot hold so many rows.
    """
    if kind == ".csv":
        return csv_bytes(table)
    if len(table) >= SHEET_ROWS:
        mend = "name a .csv file"
        raise DataError([Problem("too many rows for a workbook", mend=mend, value=f"{len(table)}")])
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
        table.to_excel(book, index=False, freeze_panes=(1, 0))
    return buffer.getvalue()


def problem_file(report: NetworkReport, *, kind: str, language: Language = "en") -> bytes:
    """All problems of a report as the bytes of a file.

    Parameters
    ----------
    report : NetworkReport
    kind : str
        One of `PROBLEM_FILES`; GeoJSON (degrees WGS84) is for a GIS, and a problem without a place has
        no geometry there.
    language : {"zh", "en"}
    """
    table = problem_table(report, language=language)
    if kind != ".geojson":
        return table_file(headed(table, language=language), kind=kind)
    # GeoJSON keeps the English names: a shape file made from it could not hold others.
    values = table.astype(object).where(table.notna(), None).to_dict("records")
    features = [
        {
            "type": "Feature",
            "geometry": None
            if row["lon"] is None
            else {"type": "Point", "coordinates": [round(row["lon"], 7), round(row["lat"], 7)]},
            "properties": {name: row[name] for name in ("rule", "problem", "link", "node", "value", "mend")},
        }
        for row in values
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def save_tables(
    tables: Mapping[str, pd.DataFrame], *, folder: Path, report: NetworkReport, language: Language
) -> Path:
    """Tables as files of a new folder, which appears whole or not at all."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        mend = "name a new folder, or empty this one"
        raise DataError([Problem(rule="the folder is not empty", mend=mend, file=str(folder))])
    files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    files["problems.geojson"] = problem_file(report, kind=".geojson", language=language)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        for name, content in files.items():
            (draft / name).write_bytes(content)
        if folder.is_dir():
            folder.rmdir()  # a rename onto a folder fails on Windows
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
