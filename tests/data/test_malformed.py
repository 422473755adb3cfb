"""One tiny malformed file per rule: what is reported, and where."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data import Region, load_region
from tongqu.data.problems import MAX_ROWS

MALFORMED = Path(__file__).parent / "malformed"
TINY = Path(__file__).parent / "tiny"
LOADS = {"gb18030"}

Row = tuple[str, int | None, str, str, str]

# case: [(file, row, column, value, rule), ...]
EXPECTED: dict[str, list[Row]] = {
    "base_year_without_people": [("people.csv", None, "year", "", "no people in the base year")],
    "blank_in_code": [("sources.csv", 8, "source", "t: spaced", "not a code")],
    "blank_lines_keep_row_numbers": [("people.csv", 5, "people", "-7", "below the minimum 0")],
    "box_upside_down": [("region.toml", None, "bbox", "[119.0, 29.5, 119.5, 29.4]", "not a box")],
    "bus_trips_without_walk": [
        ("village_buses.csv", 3, "trips", "6", "trips without the walk to their stop"),
    ],
    "bus_walk_without_trips": [
        ("village_buses.csv", 5, "walk_m", "800", "a walk to a stop without trips"),
    ],
    "buses_of_a_town": [
        ("village_buses.csv", 10, "unit", "990101002", "bus service of a place that is no village"),
    ],
    "code_turned_into_number": [("sources.csv", 8, "source", "9.90102E+11", "a code turned into a number")],
    "column_without_heading": [("people.csv", 1, "", "", "a column without a heading")],
    "debt_limit_below_debt": [
        ("accounts.csv", 46, "amount_wan", "5000", "a debt limit below the debt"),
    ],
    "debt_parts_off_the_whole": [
        ("accounts.csv", 30, "amount_wan", "8820", "parts do not add up to the whole"),
    ],
    "tax_above_revenue": [("accounts.csv", 47, "amount_wan", "6000", "a part above its whole")],
    "year_missing_in_accounts": [("accounts.csv", 26, "year", "2023", "a year is missing before it")],
    "cycle_of_parents": [
        ("units.csv", 2, "parent", "990101", "a cycle of parents"),
        ("units.csv", 3, "parent", "990100", "a cycle of parents"),
    ],
    "duplicate_code": [("units.csv", 17, "unit", "990102002002", "duplicate key")],
    "duplicate_person_row": [("people.csv", 5, "unit", "990101001001", "duplicate key")],
    "empty_file": [("people.csv", None, "", "", "the file is empty")],
    "land_area_unreadable": [("land_use.csv", 13, "area_mu", "many", "not a number")],
    "land_class_missing": [
        ("land_use.csv", None, "class", "990101002", "990101002 has no water in 2020"),
    ],
    "land_classes_off_the_area": [
        ("land_use.csv", 57, "unit", "990102002", "classes do not sum to the area"),
    ],
    "land_idle_above_rural": [
        ("land_use.csv", 31, "area_mu", "320", "a class above the one that it is part of"),
    ],
    "land_part_above_whole": [
        ("land_use.csv", 25, "area_mu", "7000", "a class above the one that it is part of"),
    ],
    "land_towns_off_the_county": [
        ("land_use.csv", 2, "unit", "990101", "the places below do not add up to it"),
    ],
    "parcels_of_a_town": [
        ("parcel_demand.csv", 4, "unit", "990102001", "parcels of a place that is not a village"),
    ],
    "parcels_without_road": [
        ("parcel_demand.csv", 3, "unit", "990101002002", "a village with parcels but no road node"),
    ],
    "village_closes_before_it_opens": [
        ("parcel_demand.csv", 3, "closes_h", "9", "a village that closes before it opens"),
    ],
    "layer_file_missing": [("layers/rivers.geojson", None, "", "", "missing file")],
    "layer_of_unknown_role": [
        (
            "region.toml",
            None,
            "layers.water",
            "{'path': 'layers/water.geojson', 'source': 't:places', 'role': 'ocean'}",
            "not a layer",
        )
    ],
    "layer_without_source": [("region.toml", None, "layers.water.source", "t:place", "not in sources")],
    "missing_column": [("people.csv", 1, "people", "", "missing column")],
    "missing_value": [("people.csv", 3, "year", "", "missing value")],
    "misspelt_column": [
        ("people.csv", 1, "sxe", "", "unknown column"),
        ("people.csv", 1, "sex", "", "missing column"),
    ],
    "mistyped_file_name": [("acounts.csv", None, "", "", "not a table of the region")],
    "model_cited_without_flag": [
        ("nodes.csv", 12, "source", "t:model", "a row cites a model but is not flagged as modelled")
    ],
    "modelled_columns_without_flag": [
        ("sites.csv", 8, "modelled_columns", "staff", "modelled columns in a row that is not modelled")
    ],
    "modelled_row_cites_observed": [
        ("nodes.csv", 12, "source", "t:places", "a modelled row cites a source that is not")
    ],
    "negative_population": [("people.csv", 4, "people", "-7", "below the minimum 0")],
    "neither_encoding": [("people.csv", None, "", "", "neither UTF-8 nor GB18030")],
    "no_base_year": [("region.toml", None, "base_year", "", "missing value")],
    "no_parent": [("units.csv", 16, "parent", "", "no parent")],
    "no_rows": [("people.csv", None, "", "", "the table has no rows")],
    "not_a_choice": [("people.csv", 3, "sex", "femal", "not one of the choices")],
    "not_an_epsg_code": [("region.toml", None, "crs", "Gauss", "not an EPSG code")],
    "not_toml": [("region.toml", None, "", "Invalid value (at line 1, column 8)", "not TOML")],
    "not_true_or_false": [("people.csv", 3, "modelled", "maybe", "not true or false")],
    "orphan_parent": [("units.csv", 16, "parent", "990102009", "not in units")],
    "outside_the_box": [("nodes.csv", 12, "lon", "119.26", "outside the region's box")],
    "part_of_a_person": [("people.csv", 3, "people", "30.5", "not a whole number")],
    "path_out_of_the_folder": [("region.toml", None, "files.links", "../links.csv", "not a table file")],
    "ragged_row": [
        ("people.csv", 3, "", "", "8 values under 7 headings"),
        ("people.csv", 4, "people", "-7", "below the minimum 0"),
    ],
    "repeated_column": [("people.csv", 1, "人数", "", "repeated column")],
    "role_on_the_wrong_level": [
        ("units.csv", 6, "role", "county_seat", "a role that does not fit the level"),
        ("units.csv", 7, "role", "central_village", "a role that does not fit the level"),
        ("units.csv", 10, "role", "county_seat", "a role that does not fit the level"),
    ],
    "sex_missing": [("people.csv", 268, "sex", "male", "a sex is missing")],
    "county_in_one_census": [("people.csv", 230, "unit", "990102", "a county that only one census counts")],
    "ages_off_the_total": [("observations.csv", 24, "value", "9730", "ages do not add up to the total")],
    "impossible_rate": [
        ("observations.csv", 25, "value", "118", "an impossible rate"),
        ("observations.csv", 24, "value", "-8", "an impossible rate"),
    ],
    "separator_in_number": [("people.csv", 3, "people", "1,030", "not a number")],
    "swapped_coordinates": [("nodes.csv", 12, "lon", "29.24", "longitude and latitude exchanged")],
    "text_in_number": [("people.csv", 3, "people", "about 30", "not a number")],
    "too_many_newcomers": [
        ("observations.csv", 24, "value", "6000", "more people registered elsewhere than people")
    ],
    "truncated_parquet": [("accounts.parquet", None, "", "", "not a whole Parquet file")],
    "two_files_for_one_table": [("accounts.parquet", None, "", "", "two files for one table")],
    "unknown_column": [("people.csv", 1, "remark", "", "unknown column")],
    "unknown_key": [("region.toml", None, "base_yaer", "2021", "unknown key")],
    "unknown_modelled_column": [
        ("sites.csv", 8, "modelled_columns", "capacity;stuff", "not a list of columns")
    ],
    "unknown_road_class": [("odbl/links.csv", 15, "class", "vilage", "not in road_classes")],
    "unknown_unit_code": [("people.csv", 3, "unit", "990101001009", "not in units")],
    "unknown_unit_of_measure": [("variables.csv", 11, "unit_of_measure", "yuans", "unknown unit of measure")],
    "wrong_order_of_levels": [("units.csv", 16, "parent", "990102002001", "wrong order of levels")],
    "year_too_late": [("people.csv", 3, "year", "2200", "above the maximum 2100")],
}

# case: words that its mend must have
MENDS = {
    "misspelt_column": "did you mean 'sex'?",
    "not_a_choice": "did you mean 'female'? write one of male, female",
    "duplicate_code": "row 16 has the same unit",
    "sex_missing": "add the rows of female for 990102 in 2020",
    "county_in_one_census": "give its people in 2010",
    "debt_limit_below_debt": "debt of 990102 in 2023 is 5733: correct one of them",
    "debt_parts_off_the_whole": "the general and the special part add up to 8000",
    "tax_above_revenue": "own_revenue of 990101 in 2023 is 5624",
    "year_missing_in_accounts": "give own_revenue of 990101 in 2022 too",
    "ages_off_the_total": "add up to 9720",
    "land_classes_off_the_area": "they are 59750 mu together, the area is 60450 mu",
    "land_part_above_whole": "farmland of 990101002 in 2020 is 6534 mu: correct one of them",
    "land_towns_off_the_county": "farmland of the places below is 11709 mu together, its own is 12009 mu",
    "impossible_rate": "from 0 to 100%",
    "role_on_the_wrong_level": "only a town can be county_seat",
    "swapped_coordinates": "exchange them: lon 119.26, lat 29.24",
    "unknown_unit_of_measure": "did you mean 'yuan'?",
    "unknown_road_class": "did you mean 'village'?",
    "separator_in_number": "write 1030",
    "mistyped_file_name": "rename it to accounts.csv",
    "unknown_key": "did you mean 'base_year'?",
}


def problems_of(folder: Path) -> list[Row]:
    with pytest.raises(DataError) as caught:
        load_region(folder)
    assert all(problem.mend for problem in caught.value.problems)
    return [(p.file, p.row, p.column, p.value, p.rule) for p in caught.value.problems]


def test_every_case_is_expected() -> None:
    assert {path.name for path in MALFORMED.iterdir()} == EXPECTED.keys() | LOADS


@pytest.mark.parametrize("case", EXPECTED)
def test_case(case: str, overlay: Callable[[str], Path]) -> None:
    assert problems_of(overlay(case)) == EXPECTED[case]


@pytest.mark.parametrize("case", MENDS)
def test_mend(case: str, overlay: Callable[[str], Path]) -> None:
    with pytest.raises(DataError) as caught:
        load_region(overlay(case))
    assert MENDS[case] in caught.value.problems[0].mend


def test_gb18030_loads_right(overlay: Callable[[str], Path], tiny: Region) -> None:
    folder = overlay("gb18030")
    with pytest.raises(UnicodeDecodeError):
        (folder / "units.csv").read_text("utf-8")
    assert load_region(folder).sha256 == tiny.sha256


def test_problems_of_all_tables_come_at_once(overlay: Callable[[str], Path]) -> None:
    folder = overlay("negative_population")
    for case in ("swapped_coordinates", "unknown_unit_of_measure", "truncated_parquet", "no_base_year"):
        shutil.copytree(MALFORMED / case, folder, dirs_exist_ok=True)
    (folder / "accounts.csv").unlink()
    assert {file for file, *_ in problems_of(folder)} == {
        "region.toml",
        "people.csv",
        "nodes.csv",
        "accounts.parquet",
        "variables.csv",
    }


def test_missing_table(overlay: Callable[[str], Path]) -> None:
    folder = overlay("gb18030")
    (folder / "sources.csv").unlink()
    assert problems_of(folder) == [("sources.csv", None, "", "", "missing table")]


def test_reference_to_a_missing_table(overlay: Callable[[str], Path]) -> None:
    folder = overlay("gb18030")
    (folder / "variables.csv").unlink()
    rule = "refers to the missing table 'variables'"
    assert problems_of(folder) == [("observations.csv", None, "variable", "", rule)]


def test_missing_header(overlay: Callable[[str], Path]) -> None:
    folder = overlay("gb18030")
    (folder / "region.toml").unlink()
    assert problems_of(folder) == [("region.toml", None, "", "", "missing file")]


def test_folder_in_place_of_a_file(overlay: Callable[[str], Path]) -> None:
    folder = overlay("gb18030")
    (folder / "accounts.csv").unlink()
    (folder / "accounts.csv").mkdir()
    assert problems_of(folder) == [("accounts.csv", None, "", "", "a folder where a file should be")]


def test_many_rows_are_counted_not_listed(overlay: Callable[[str], Path]) -> None:
    folder = overlay("gb18030")
    people = pd.read_csv(folder / "people.csv", dtype=str)
    people["people"] = "many"
    people.to_csv(folder / "people.csv", index=False)
    with pytest.raises(DataError) as caught:
        load_region(folder)
    listed, rest = caught.value.problems[:MAX_ROWS], caught.value.problems[MAX_ROWS:]
    assert [problem.row for problem in listed] == list(range(2, 2 + MAX_ROWS))
    assert [problem.row for problem in rest] == [None]
    assert rest[0].mend.startswith(f"{len(people) - MAX_ROWS} more rows")


def test_no_such_region(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such region"):
        load_region(tmp_path / "nowhere")


def test_broken_workbook(tmp_path: Path) -> None:
    path = tmp_path / "region.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook")
    assert problems_of(path) == [("region.xlsx", None, "", "", "not a readable Excel workbook")]
