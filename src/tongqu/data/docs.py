"""The page of the documentation that says what the tables hold, in English and Chinese."""

from __future__ import annotations

from tongqu.data.spec import ColumnSpec, Language, TableSpec, table_specs
from tongqu.data.validate import DEFAULT_TABLES

__all__ = ["tables_page"]

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Tables of a region",
        "intro": "A region is a folder with `region.toml` and one file per table (`<table>.csv` or "
        "`<table>.parquet`), or an Excel workbook with one sheet per table. Headings may be the column "
        "names, the Chinese or the English headings. CSV may be in UTF-8 or GB18030. A blank cell is a "
        "missing value, never zero.",
        "required": "required",
        "optional": "optional",
        "provided": "optional; the package has its own",
        "head": "| Column | Heading | Type | Unit | Required | Allowed | Meaning |",
        "key": "key",
        "yes": "yes",
        "default": "blank means {}",
        "refers": "a `{}` of [{}](#{})",
        "range": "{} to {}",
        "from": "{} or more",
        "to": "{} or less",
        "source": "after",
        "code": "code",
        "text": "text",
        "number": "number",
        "integer": "whole number",
        "boolean": "true or false",
        "choice": "choice",
    },
    "zh": {
        "title": "区域数据表",
        "intro": "一个区域是一个文件夹，内有 `region.toml` 和各表文件（`<表名>.csv` 或 "
        "`<表名>.parquet`）；也可以是一个 Excel 工作簿，每表一页。表头可用列名、中文表头或英文表头。"
        "CSV 可用 UTF-8 或 GB18030 编码。空格表示缺失，绝不当作零。",
        "required": "必需",
        "optional": "可选",
        "provided": "可选；缺省时用软件自带的表",
        "head": "| 列名 | 表头 | 类型 | 单位 | 必填 | 取值 | 含义 |",
        "key": "主键",
        "yes": "是",
        "default": "留空为 {}",
        "refers": "[{1}](#{2}) 表的 `{0}`",
        "range": "{} 至 {}",
        "from": "不小于 {}",
        "to": "不大于 {}",
        "source": "依据",
        "code": "编码",
        "text": "文本",
        "number": "数值",
        "integer": "整数",
        "boolean": "是或否",
        "choice": "选项",
    },
}


def bound(value: float) -> str:
    """A bound as people write it."""
    return f"{value:g}"


def allowed(column: ColumnSpec, *, language: Language) -> str:
    """What a value may be, in words."""
    words, parts = WORDS[language], []
    if column.choices:
        parts.append(", ".join(f"`{choice}`" for choice in column.choices))
    if column.minimum is not None and column.maximum is not None:
        parts.append(words["range"].format(bound(column.minimum), bound(column.maximum)))
    elif column.minimum is not None:
        parts.append(words["from"].format(bound(column.minimum)))
    elif column.maximum is not None:
        parts.append(words["to"].format(bound(column.maximum)))
    if column.refers_to:
        table, name = column.refers_to
        parts.append(words["refers"].format(name, table_specs()[table].title(language), table))
    if column.default:
        parts.append(words["default"].format(f"`{column.default}`"))
    return "; ".join(parts)


def column_line(column: ColumnSpec, *, language: Language) -> str:
    """One column as a line of a Markdown table."""
    words = WORDS[language]
    meaning = column.meaning(language)
    cells = [
        f"`{column.name}`",
        column.heading(language),
        words[column.type],
        column.unit,
        words["key"] if column.key else words["yes"] if column.required else "",
        allowed(column, language=language),
        f"{meaning} ({words['source']} {column.source})" if column.source else meaning,
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def table_section(spec: TableSpec, *, language: Language) -> list[str]:
    """One table as a section of Markdown."""
    words = WORDS[language]
    state = "required" if spec.required else "provided" if spec.name in DEFAULT_TABLES else "optional"
    return [
        f'<a id="{spec.name}"></a>',
        "",
        f"## {spec.title(language)} (`{spec.name}`)",
        "",
        f"{spec.meaning(language)} ({words[state]})",
        "",
        words["head"],
        "|---|---|---|---|---|---|---|",
        *(column_line(column, language=language) for column in spec.columns.values()),
        "",
    ]


def tables_page(language: Language) -> str:
    """The Markdown page that describes every table and column.

    Parameters
    ----------
    language : {"zh", "en"}

    Examples
    --------
    >>> tables_page("en").splitlines()[0]
    '# Tables of a region'
    """
    words = WORDS[language]
    lines = [f"# {words['title']}", "", words["intro"], ""]
    for spec in table_specs().values():
        lines += table_section(spec, language=language)
    return "\n".join(lines)
