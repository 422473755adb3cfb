"""The blank Excel workbook to fill: one sheet per table, with headings, comments, lists and bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from tongqu.data.header import BOX_KEYS
from tongqu.data.region import Region
from tongqu.data.spec import ColumnSpec, Language, TableSpec, table_specs

__all__ = ["write_template"]

LAST_ROW = 1_048_575
"""Last row of an Excel sheet, counted from 0."""

STYLES: dict[str, dict[str, object]] = {
    "plain": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "required": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#FDE9C9"},
    "text": {"num_format": "@"},
    "title": {"bold": True, "font_size": 14},
    "wrap": {"text_wrap": True, "valign": "top"},
}

REGION_FIELDS: dict[str, tuple[str, str]] = {
    "name": ("区域简称：字母、数字、- 和 _", "Short name: letters, digits, - and _"),
    "title_zh": ("中文全称", "Name in Chinese"),
    "title_en": ("英文全称", "Name in English"),
    "base_year": ("基准年：人口表须有该年数据", "Base year: the people table must have it"),
    "lon_min": ("西界，WGS84 度", "West edge, degrees WGS84"),
    "lat_min": ("南界，WGS84 度", "South edge, degrees WGS84"),
    "lon_max": ("东界，WGS84 度", "East edge, degrees WGS84"),
    "lat_max": ("北界，WGS84 度", "North edge, degrees WGS84"),
    "crs": (
        "计算用投影坐标系，如 EPSG:4549；留空为当地 CGCS2000 三度带",
        "Projected system to compute in, as EPSG:4549; blank means the local CGCS2000 3-degree zone",
    ),
}

README = (
    ("title", "通衢区域数据模板", "Tongqu: template of a region's data"),
    (
        "wrap",
        "1. 在 region 页填写区域名称、基准年和范围。",
        "1. Fill in name, base year and box on the sheet 'region'.",
    ),
    (
        "wrap",
        "2. 每表一页，每行一条记录；表头不要改动（中文、英文表头均可识别）。把光标放在表头上可看含义和单位。",
        "2. One sheet per table, one record per row. Leave the headings as they are (Chinese and English "
        "ones are both understood). Point at a heading to see meaning and unit.",
    ),
    (
        "wrap",
        "3. 表头底色为橙色并带 * 的列必填。空格表示缺失，绝不当作零。",
        "3. Columns with an orange heading and a * are required. "
        "A blank cell is a missing value, never zero.",
    ),
    (
        "wrap",
        "4. 可选的表可整页留空；标准、指标和道路等级留空时用软件自带的表。",
        "4. An optional table may stay blank as a whole; the package has its own standards, indicators "
        "and road classes.",
    ),
    (
        "wrap",
        "5. 每行都要注明来源；推算的行须标明“是否推算”。",
        "5. Each row names its source; a modelled row says so.",
    ),
)


def readme_sheet(book: Any, *, styles: dict[str, Any]) -> None:
    """The sheet that says how to fill the others, in both languages."""
    sheet = book.add_worksheet("readme")
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 2, 70)
    for row, (style, chinese, english) in enumerate(README):
        sheet.write_string(row, 1, chinese, styles[style])
        sheet.write_string(row, 2, english, styles[style])
    for row, spec in enumerate(table_specs().values(), start=len(README) + 1):
        star = "*" if spec.required else ""
        sheet.write_string(row, 0, f"{spec.name}{star}", styles["required" if spec.required else "plain"])
        sheet.write_string(row, 1, f"{spec.title_zh}{star}：{spec.meaning_zh}", styles["wrap"])
        sheet.write_string(row, 2, f"{spec.title_en}{star}: {spec.meaning_en}", styles["wrap"])


def region_values(region: Region | None) -> dict[str, object]:
    """The fields of the region sheet; blank without a region."""
    if region is None:
        return dict.fromkeys(REGION_FIELDS, "")
    texts = {key: getattr(region, key) for key in ("name", "title_zh", "title_en", "base_year", "crs")}
    return texts | dict(zip(BOX_KEYS, region.bbox, strict=True))


def region_sheet(book: Any, *, language: Language, region: Region | None, styles: dict[str, Any]) -> None:
    """The sheet of what the region says about itself."""
    sheet = book.add_worksheet("region")
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 2, 70)
    heads = ("项目", "取值", "含义") if language == "zh" else ("key", "value", "meaning")
    sheet.write_row(0, 0, heads, styles["plain"])
    values = region_values(region)
    for row, (key, meanings) in enumerate(REGION_FIELDS.items(), start=1):
        sheet.write_string(row, 0, key, styles["plain" if key == "crs" else "required"])
        sheet.write(row, 1, values[key])
        sheet.write_string(row, 2, meanings[0 if language == "zh" else 1])


def validation(column: ColumnSpec) -> dict[str, object] | None:
    """The rule that Excel applies to the cells of a column, or None."""
    if column.choices:
        return {"validate": "list", "source": list(column.choices)}
    if column.type == "boolean":
        return {"validate": "list", "source": ["true", "false"]}
    low, high = column.minimum, column.maximum
    rule: dict[str, object] = {"validate": "integer" if column.type == "integer" else "decimal"}
    if low is not None and high is not None:
        return rule | {"criteria": "between", "minimum": low, "maximum": high}
    if low is not None:
        return rule | {"criteria": ">=", "value": low}
    return rule | {"criteria": "<=", "value": high} if high is not None else None


def comment(column: ColumnSpec, *, language: Language) -> str:
    """What a pointer on the heading shows."""
    unit, source = ("单位", "依据") if language == "zh" else ("Unit", "After")
    lines = [column.meaning(language), f"[{column.name}]"]
    lines += [f"{unit}: {column.unit}"] if column.unit else []
    lines += [f"{source}: {column.source}"] if column.source else []
    return "\n".join(lines)


def table_sheet(
    book: Any, *, spec: TableSpec, language: Language, frame: pd.DataFrame | None, styles: dict[str, Any]
) -> None:
    """The sheet of one table."""
    sheet = book.add_worksheet(spec.title_zh if language == "zh" else spec.name)
    sheet.freeze_panes(1, len(spec.key))
    for position, column in enumerate(spec.columns.values()):
        text = column.type in ("code", "text", "choice", "boolean")
        sheet.set_column(position, position, 16, styles["text"] if text else None)
        star = "*" if column.required else ""
        style = styles["required" if column.required else "plain"]
        sheet.write_string(0, position, column.heading(language) + star, style)
        sheet.write_comment(0, position, comment(column, language=language), {"x_scale": 2})
        if rule := validation(column):
            sheet.data_validation(1, position, LAST_ROW, position, rule)
        if frame is not None:
            write_cells(sheet, position=position, values=frame[column.name])


def write_cells(sheet: Any, *, position: int, values: pd.Series) -> None:
    """The values of one column; missing ones stay blank cells, true and false are text."""
    flags = values.dtype in ("bool", "boolean")
    for row, value in enumerate(values.to_list(), start=1):
        if pd.isna(value):
            continue
        if flags or isinstance(value, str):
            sheet.write_string(row, position, str(value).lower() if flags else value)
        else:
            sheet.write_number(row, position, value)


def write_template(path: str | Path, *, language: Language = "zh", region: Region | None = None) -> Path:
    """An Excel workbook to fill, or filled with a region; `load_region` reads it.

    Parameters
    ----------
    path : str or Path
        The ``.xlsx`` file to write; an existing one is replaced.
    language : {"zh", "en"}
        Language of headings, comments and sheet names.
    region : Region, optional
        Fills the workbook with the region's own tables; layers do not fit into a workbook.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder) / "region.xlsx", language="en").name
    'region.xlsx'
    """
    path = Path(path)
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        styles = {name: book.add_format(style) for name, style in STYLES.items()}
        readme_sheet(book, styles=styles)
        region_sheet(book, language=language, region=region, styles=styles)
        for name, spec in table_specs().items():
            own = region is not None and name in region.tables and name not in region.provided
            frame = region[name] if region is not None and own else None
            table_sheet(book, spec=spec, language=language, frame=frame, styles=styles)
    return path
