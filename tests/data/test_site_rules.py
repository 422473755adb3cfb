"""Sites whose numbers contradict one another are named with row, column and mend."""

from __future__ import annotations

import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data import Region, raw_table, validate_tables


@pytest.mark.parametrize(
    ("site", "change", "rule", "column"),
    [
        ("p01", {"staff": 36.0, "staff_over_50": 37.0}, "more staff over 50 than staff", "staff_over_50"),
        ("p01", {"capacity": 600.0, "boarding": 601.0}, "more boarding places than places", "boarding"),
        ("h01", {"unit": "990100"}, "a site in no county", "unit"),
        ("b01", {"kind": "ambulance_station", "capacity": 2.5}, "a part of a vehicle", "capacity"),
        (
            "b01",
            {"kind": "ambulance_station", "capacity": 401.0},
            "more than 400 ambulances at a station",
            "capacity",
        ),
    ],
)
def test_numbers_that_contradict_one_another(
    tiny: Region, site: str, change: dict[str, object], rule: str, column: str
) -> None:
    sites = tiny["sites"].copy()
    row = sites.index[sites["site"] == site][0]
    for name, value in change.items():
        sites.loc[row, name] = value
    with pytest.raises(DataError) as caught:
        checked(tiny, sites)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.file, problem.column) == (rule, "sites", column)
    assert problem.row == row + 2
    assert problem.mend


def test_what_just_fits_or_is_not_known_passes(tiny: Region) -> None:
    sites = tiny["sites"].copy()
    sites.loc[sites["site"] == "p01", ["staff_over_50", "boarding"]] = [36.0, 600.0]
    sites.loc[sites["site"] == "c02", ["staff", "staff_over_50"]] = [None, 1.0]
    sites.loc[sites["site"] == "b01", ["kind", "capacity"]] = ["ambulance_station", 0.0]
    assert len(checked(tiny, sites)["sites"]) == len(sites)


def checked(tiny: Region, sites: pd.DataFrame) -> dict[str, pd.DataFrame]:
    tables = {name: tiny[name] for name in tiny.tables if name not in tiny.provided} | {"sites": sites}
    return validate_tables({name: raw_table(table, file=name) for name, table in tables.items()})
