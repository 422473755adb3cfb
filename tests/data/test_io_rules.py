"""Input-output tables of a region: what does not balance is named with its row in the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tongqu.base import DataError, Problem
from tongqu.data import load_region

TINY = Path(__file__).parent / "tiny"
INDUSTRIES = """industry,role,name_zh,name_en,section,common,source
t.1,sector,农业,Farms,A,,t:places
t.2,sector,工业,Works,C,,t:places
HH,household,居民消费,Households,,,t:places
IM,import,进口,Imports,,,t:places
ER,error,误差,Error,,,t:places
LA,labour,劳动者报酬,Pay,,,t:places
GO,output,总产出,Output,,,t:places
"""
Cells = dict[tuple[str, str], float]
# Miller and Blair 2009: two sectors; 100 imported, 5 of error.
CELLS: Cells = {
    ("t.1", "t.1"): 150,
    ("t.1", "t.2"): 500,
    ("t.2", "t.1"): 200,
    ("t.2", "t.2"): 100,
    ("t.1", "HH"): 450,
    ("t.2", "HH"): 1695,
    ("t.1", "IM"): 100,
    ("t.2", "ER"): 5,
    ("LA", "t.1"): 650,
    ("LA", "t.2"): 1400,
    ("t.1", "GO"): 1000,
    ("t.2", "GO"): 2000,
}


def region(folder: Path, cells: Cells) -> Path:
    folder.mkdir(exist_ok=True)
    target = folder / "region"
    shutil.copytree(TINY, target)
    (target / "industries.csv").write_text(INDUSTRIES, encoding="utf-8")
    rows = [
        {"area": "p", "year": 2020, "row": row, "column": column, "amount_wan": amount}
        for (row, column), amount in cells.items()
    ]
    frame = pd.DataFrame(rows).assign(modelled=False, source="t:places")
    frame.to_csv(target / "input_output.csv", index=False)
    return target


def problems(folder: Path, cells: Cells) -> list[Problem]:
    with pytest.raises(DataError) as caught:
        load_region(region(folder, cells))
    return list(caught.value.problems)


def test_a_balanced_table_loads(tmp_path: Path) -> None:
    found = load_region(region(tmp_path, dict(CELLS)))
    assert len(found["input_output"]) == len(CELLS)


def test_without_outputs_rows_give_them(tmp_path: Path) -> None:
    left = {key: value for key, value in CELLS.items() if key[1] != "GO"}
    load_region(region(tmp_path, left))
    found = problems(tmp_path / "off", left | {("LA", "t.1"): 700})
    assert [(p.row, p.column, p.value) for p in found] == [(2, "column", "t.1")]


def test_a_wrong_cell_is_seen_in_its_row_and_column(tmp_path: Path) -> None:
    found = problems(tmp_path, CELLS | {("t.1", "t.2"): 530})
    assert [(p.file, p.row, p.column, p.value, p.rule) for p in found] == [
        ("input_output.csv", 2, "row", "t.1", "a row that does not add up to its output"),
        ("input_output.csv", 3, "column", "t.2", "a column that does not add up to its output"),
    ]
    assert found[0].mend == "in p 2020 the row adds up to 1030, its output is 1000: correct a cell"


def test_a_sector_without_a_column_is_named(tmp_path: Path) -> None:
    """Output, but no cell says what goes into it: the column adds up to 0."""
    gone = {("t.1", "t.2"), ("t.2", "t.2"), ("LA", "t.2")}
    moved = {("t.1", "HH"): 950, ("t.2", "HH"): 1795}
    cells = {key: value for key, value in CELLS.items() if key not in gone} | moved
    found = problems(tmp_path, cells)
    assert [(one.rule, one.value) for one in found] == [
        ("a column that does not add up to its output", "t.2")
    ]
    assert "adds up to 0" in found[0].mend


def test_a_sector_without_a_row_is_named(tmp_path: Path) -> None:
    """Output, but nobody buys it: the row adds up to 0."""
    gone = {("t.2", "t.1"), ("t.2", "t.2"), ("t.2", "HH"), ("t.2", "ER")}
    moved = {("LA", "t.1"): 850, ("LA", "t.2"): 1500}
    cells = {key: value for key, value in CELLS.items() if key not in gone} | moved
    found = problems(tmp_path, cells)
    assert [one.rule for one in found] == ["a row that does not add up to its output"]
    assert "t.2" in found[0].value
    assert "adds up to 0" in found[0].mend


def test_rounding_is_let_pass(tmp_path: Path) -> None:
    load_region(region(tmp_path, CELLS | {("t.1", "t.2"): 500.9}))


def test_imports_are_subtracted(tmp_path: Path) -> None:
    found = problems(tmp_path, CELLS | {("t.1", "IM"): -100})
    assert found[0].mend.startswith("in p 2020 the row adds up to 1200")


def test_negative_output(tmp_path: Path) -> None:
    found = problems(tmp_path, CELLS | {("t.2", "GO"): -2000})
    assert ("negative output", "-2000") in {(p.rule, p.value) for p in found}


def test_cells_that_cannot_be(tmp_path: Path) -> None:
    found = problems(tmp_path, CELLS | {("LA", "HH"): 5, ("HH", "t.1"): 7})
    assert [(p.row, p.rule) for p in found] == [
        (14, "a cell that no input-output table has"),
        (15, "a cell that no input-output table has"),
    ]


def test_unknown_codes(tmp_path: Path) -> None:
    found = problems(tmp_path, CELLS | {("t.3", "t.1"): 5})
    assert [(p.row, p.column, p.value, p.rule) for p in found] == [(14, "row", "t.3", "not in industries")]
