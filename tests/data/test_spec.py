"""The specs agree with themselves and with what is made of them."""

from __future__ import annotations

import importlib
import json
import pkgutil

import jsonschema
import pytest

import tongqu.data
from tongqu.data import (
    Region,
    is_unit_of_measure,
    schema_text,
    table_schema,
    table_specs,
    tables_page,
    units_of_measure,
)
from tongqu.data.headings import fold
from tongqu.data.validate import DEFAULT_TABLES, default_sources

SPECS = table_specs()
COLUMNS = [(table, column) for table, spec in SPECS.items() for column in spec.columns.values()]


@pytest.mark.parametrize("table", SPECS)
def test_headings_are_unambiguous(table: str) -> None:
    owner: dict[str, str] = {}
    for name, column in SPECS[table].columns.items():
        for heading in {name, column.heading_zh, column.heading_en}:
            assert heading.strip()
            assert owner.setdefault(fold(heading), name) == name


def test_titles_are_unambiguous() -> None:
    titles = [fold(text) for spec in SPECS.values() for text in {spec.name, spec.title_zh, spec.title_en}]
    assert sorted(titles) == sorted(set(titles)) or len(titles) - len(set(titles)) == sum(
        fold(spec.name) == fold(spec.title_en) for spec in SPECS.values()
    )


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda value: getattr(value, "name", value))
def test_column(table: str, column: tongqu.data.ColumnSpec) -> None:
    assert column.meaning_zh
    assert column.meaning_en
    assert bool(column.choices) == (column.type == "choice")
    assert not column.key or column.required
    # A missing truth value would be neither true nor false for those who read the table.
    assert column.type != "boolean" or column.required or column.default
    assert not column.unit or all(is_unit_of_measure(unit) for unit in column.unit.split(" or "))
    if column.refers_to:
        target, name = column.refers_to
        assert SPECS[target].key == (name,)


def test_every_table_has_a_key() -> None:
    assert all(spec.key for spec in SPECS.values())


def test_units_of_measure_are_told_apart() -> None:
    assert all("/" not in symbol or symbol == "km/h" for symbol in units_of_measure())
    assert not is_unit_of_measure("1000")
    assert not is_unit_of_measure("km/")


def test_tables_of_the_package_are_valid(tiny: Region) -> None:
    assert tiny.provided == frozenset(DEFAULT_TABLES)
    assert set(default_sources()["source"]) <= set(tiny["sources"]["source"])


@pytest.mark.parametrize("table", SPECS)
def test_schema_accepts_the_tiny_region(table: str, tiny: Region) -> None:
    schema = table_schema(table)
    jsonschema.Draft202012Validator.check_schema(schema)
    rows = json.loads(tiny[table].to_json(orient="records"))
    present = [{name: value for name, value in row.items() if value is not None} for row in rows]
    jsonschema.validate(present, schema)
    assert json.loads(schema_text(table)) == schema


def test_schema_refuses_a_negative_population(tiny: Region) -> None:
    row = json.loads(tiny["people"].head(1).to_json(orient="records"))[0] | {"people": -1}
    with pytest.raises(jsonschema.ValidationError, match="less than the minimum"):
        jsonschema.validate([row], table_schema("people"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_names_every_column(language: tongqu.data.Language) -> None:
    page = tables_page(language)
    for spec in SPECS.values():
        assert f"## {spec.title(language)} (`{spec.name}`)" in page
        for column in spec.columns.values():
            assert f"| `{column.name}` | {column.heading(language)} |" in page


def test_all_is_exact() -> None:
    for module in pkgutil.iter_modules(tongqu.data.__path__, "tongqu.data."):
        loaded = importlib.import_module(module.name)
        assert sorted(loaded.__all__) == sorted(set(loaded.__all__))
        assert all(hasattr(loaded, name) for name in loaded.__all__)
    public = {name for name in vars(tongqu.data) if not name.startswith("_")}
    modules = {module.name for module in pkgutil.iter_modules(tongqu.data.__path__)}
    assert public - modules == set(tongqu.data.__all__) - modules
