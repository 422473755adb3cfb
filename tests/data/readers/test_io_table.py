"""The matrix of a bureau: read whole, or refused with every cell that is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data import Region, load_region
from tongqu.data.readers.io_table import IoMatrix, read_io_table
from tongqu.methods.input_output import check_table, rebalance, table_of

RAW = Path(__file__).resolve().parents[3] / "data-raw" / "quzhou" / "io"
INDUSTRIES = pd.DataFrame(
    [
        ("t.01", "sector", "农业", "Farms"),
        ("t.02", "sector", "工业", "Works"),
        ("FU101", "household", "农村居民消费", "Rural households"),
        ("IM", "import", "进口", "Imports"),
        ("VA001", "labour", "劳动者报酬", "Pay"),
        ("GO", "output", "总产出", "Output"),
    ],
    columns=["industry", "role", "name_zh", "name_en"],
)
GOOD = """部门,农业,sec02,中间使用合计,FU101,进口,GO
农业,150,500,650,"1,450",1100,1000
02,200,100,300,1700,0,2000
中间投入合计,350,600,950,,,
劳动者报酬,650,1400,2050,,,
总投入,1000,2000,3000,,,
"""


def read(folder: Path, text: str, **options: object) -> IoMatrix:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    words: dict[str, object] = {"area": "p", "year": 2020, "unit": "万元", "source": "s", "prefix": "t."}
    return read_io_table(path, industries=INDUSTRIES, **(words | options))  # type: ignore[arg-type]


def problems(folder: Path, text: str, **options: object) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(DataError) as caught:
        read(folder, text, **options)
    assert all(problem.mend for problem in caught.value.problems)
    return [(p.row, p.column, p.value, p.rule) for p in caught.value.problems]


def test_headings_may_be_names_codes_or_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    table = table_of(found.rows, industries=INDUSTRIES, area="p", year=2020)
    np.testing.assert_allclose(table.flows, [[150, 500], [200, 100]])
    np.testing.assert_allclose(table.output, [1000, 2000])
    np.testing.assert_allclose(table.demand_of("import"), [1100, 0])
    check_table(table)
    assert found.passed_over == ("中间投入合计", "总投入", "中间使用合计")
    assert found.unbalanced == ()


def test_the_unit_counts(tmp_path: Path) -> None:
    wan, yi = read(tmp_path, GOOD), read(tmp_path, GOOD, unit="亿元")
    np.testing.assert_allclose(yi.rows["amount_wan"], 10_000 * wan.rows["amount_wan"])
    assert problems(tmp_path, GOOD, unit="元") == [(None, "unit", "元", "an unknown unit of money")]


def test_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    lines = [line.split(",") for line in GOOD.replace('"1,450"', "1450").splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0])
    frame[frame.columns[1:]] = frame[frame.columns[1:]].apply(pd.to_numeric)
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame({"note": ["x"]}).to_excel(book, sheet_name="note", index=False)
        frame.to_excel(book, sheet_name="表", index=False)
    options = {"area": "p", "year": 2020, "unit": "万元", "source": "s", "prefix": "t."}
    found = read_io_table(path, sheet="表", industries=INDUSTRIES, **options)  # type: ignore[arg-type]
    assert found.rows["amount_wan"].sum() == read(tmp_path, GOOD).rows["amount_wan"].sum()
    with pytest.raises(DataError, match="missing sheet"):
        read_io_table(path, sheet="表一", industries=INDUSTRIES, **options)  # type: ignore[arg-type]


def test_everything_wrong_comes_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("650,1400", "x,").replace("总投入", "某项", 1)
    assert problems(tmp_path, text) == [
        (6, "", "某项", "an unknown heading"),
        (5, "农业", "x", "not a number"),
        (5, "sec02", "", "missing value"),
    ]


def test_a_missing_sector_column(tmp_path: Path) -> None:
    lines = [line.split(",") for line in GOOD.replace('"1,450"', "1450").splitlines()]
    text = "\n".join(",".join(cells[:2] + cells[3:]) for cells in lines)
    assert problems(tmp_path, text) == [(None, "t.02", "", "missing sector column")]


def test_a_repeated_row_and_missing_parts(tmp_path: Path) -> None:
    twice = GOOD + "sec01,1,1,1,1,1,1\n"
    assert (None, "", "t.01", "a row comes twice") in problems(tmp_path, twice)
    bare = "部门,农业\n农业,5\n"
    rules = {rule for *_, rule in problems(tmp_path, bare)}
    assert rules == {"no final demand", "no value added", "no gross output"}


def test_what_does_not_balance_is_refused_or_kept_but_never_mended(tmp_path: Path) -> None:
    text = GOOD.replace("农业,150,500", "农业,150,530").replace("1700,0,2000", "1700,0,-2000")
    found = problems(tmp_path, text)
    assert (2, "GO", "1000", "a row that does not add up to its output") in found
    assert (1, "sec02", "", "a column that does not add up to its output") in found
    assert (3, "GO", "-2000", "negative output") in found
    off = GOOD.replace("农业,150,500", "农业,150,530")
    kept = read(tmp_path, off, unbalanced="keep", modelled=True)
    assert len(kept.unbalanced) == 2
    assert kept.rows["modelled"].all()
    table = table_of(kept.rows, industries=INDUSTRIES, area="p", year=2020)
    assert table.flows[0, 1] == 530
    mended, log = rebalance(table)
    check_table(mended)
    assert len(log.changes) > 0


def test_files_that_are_no_table(tmp_path: Path) -> None:
    assert problems(tmp_path, "部门,农业\n") == [(None, "", "", "the table has no rows")]
    with pytest.raises(DataError, match="missing file"):
        read_io_table(
            tmp_path / "none.csv", area="p", year=2020, unit="万元", industries=INDUSTRIES, source="s"
        )


@pytest.fixture(scope="module")
def quzhou() -> Region:
    return load_region("quzhou")


@pytest.mark.parametrize("year", [2002, 2007, 2012, 2017])
def test_the_published_files_give_the_bundled_rows(quzhou: Region, year: int) -> None:
    found = read_io_table(
        RAW / f"zhejiang_{year}.csv",
        area="zhejiang",
        year=year,
        unit="万元",
        industries=quzhou["industries"],
        source=f"io:zhejiang_{year}",
        prefix=f"cn{year % 100:02d}.",
    )
    key = ["row", "column"]
    bundled = quzhou["input_output"].query("area == 'zhejiang' and year == @year")
    mine = found.rows.sort_values(key).reset_index(drop=True)
    pd.testing.assert_series_equal(
        mine.set_index(key)["amount_wan"],
        bundled.sort_values(key).set_index(key)["amount_wan"],
        check_index_type=False,
        atol=0.005,
        rtol=0,
    )


@pytest.mark.parametrize(
    ("area", "year"), [("", 2020), ("a b", 2020), ("a,b", 2020), ("p", 1948), ("p", 2101)]
)
def test_an_area_or_year_that_no_table_has(tmp_path: Path, area: str, year: int) -> None:
    found = problems(tmp_path, GOOD, area=area, year=year)
    assert [column for _, column, *_ in found] == ["area" if year == 2020 else "year"]


@pytest.mark.parametrize("text", ["1,234,5", "1,45", ",150", "1450,", "1,,450"])
def test_commas_part_thousands_only(tmp_path: Path, text: str) -> None:
    found = problems(tmp_path, GOOD.replace("1,450", text))
    assert (2, "FU101", text, "not a number") in found


def test_a_sheet_of_a_csv(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD, sheet="S") == [(None, "", "S", "a sheet of a file that has none")]


def test_names_of_several_classifications_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(GOOD.replace("sec02", "工业").replace("\n02,", "\n工业,"), encoding="utf-8")
    other = INDUSTRIES[INDUSTRIES["role"] == "sector"]
    other = other.assign(industry=other["industry"].str.replace("t.", "u."))
    both = pd.concat([INDUSTRIES.iloc[[0]], other, INDUSTRIES.iloc[1:]])
    words = {"area": "p", "year": 2020, "unit": "万元", "source": "s", "industries": both}
    with pytest.raises(DataError) as caught:
        read_io_table(path, **words)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert (problem.rule, problem.value) == ("a name of several sectors", "农业")
    assert problem.mend == "name the classification with --prefix: t., u.; or use codes"
    found = read_io_table(path, prefix="u.", **words)  # type: ignore[arg-type]
    assert {code for code in found.rows["row"] if "." in code} == {"u.01", "u.02"}
