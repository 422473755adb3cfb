"""The table specs as JSON Schema (draft 2020-12)."""

from __future__ import annotations

import json

from tongqu.data.spec import ColumnSpec, table_specs

__all__ = ["schema_text", "table_schema"]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
JSON_TYPES = {
    "code": "string",
    "text": "string",
    "choice": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}


def whole(bound: float) -> float | int:
    """A bound without a needless decimal point."""
    return int(bound) if bound.is_integer() else bound


def default_value(column: ColumnSpec) -> object:
    """The default of a column as a JSON value."""
    if column.type in ("number", "integer"):
        return whole(float(column.default))
    return column.default == "true" if column.type == "boolean" else column.default


def column_schema(column: ColumnSpec) -> dict[str, object]:
    """The schema of one value."""
    schema: dict[str, object] = {
        "type": JSON_TYPES[column.type],
        "title": column.heading_en,
        "description": column.meaning_en,
    }
    if column.type in ("code", "text"):
        schema["minLength"] = 1
    if column.choices:
        schema["enum"] = list(column.choices)
    if column.minimum is not None:
        schema["minimum"] = whole(column.minimum)
    if column.maximum is not None:
        schema["maximum"] = whole(column.maximum)
    if column.default:
        schema["default"] = default_value(column)
    if column.unit:
        schema["x-unit"] = column.unit
    if column.refers_to:
        schema["x-refers-to"] = ".".join(column.refers_to)
    return schema


def table_schema(table: str) -> dict[str, object]:
    """The JSON Schema of a table given as an array of objects, one per row.

    A blank is an absent property. References between tables stand under ``x-refers-to``, units under
    ``x-unit`` and the key under ``x-key``: JSON Schema has no words for them.

    Parameters
    ----------
    table : str
        Name of the table.

    Examples
    --------
    >>> table_schema("people")["items"]["properties"]["sex"]["enum"]
    ['male', 'female']
    """
    spec = table_specs()[table]
    return {
        "$schema": DRAFT,
        "title": spec.title_en,
        "description": spec.meaning_en,
        "type": "array",
        "x-key": list(spec.key),
        "items": {
            "type": "object",
            "properties": {name: column_schema(column) for name, column in spec.columns.items()},
            "required": [name for name, column in spec.columns.items() if column.required],
            "additionalProperties": False,
        },
    }


def schema_text(table: str) -> str:
    """The JSON Schema of a table as text, as it is written to a file.

    Examples
    --------
    >>> schema_text("units").splitlines()[1]
    '  "$schema": "https://json-schema.org/draft/2020-12/schema",'
    """
    return json.dumps(table_schema(table), ensure_ascii=False, indent=2) + "\n"
