"""The reader chosen by the ending of a file, and the public names."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data import readers
from tongqu.data.readers import Roads, read_roads


def test_by_ending(village: Roads, village_file: Path) -> None:
    pd.testing.assert_frame_equal(read_roads(village_file).links, village.links)


@pytest.mark.parametrize(
    "name", ["a.osm.pbf", "a.osm", "a.GRAPHML", "a.gpkg", "a.shp", "a.geojson", "a.csv", "a.xlsx"]
)
def test_every_reader_says_that_a_file_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        read_roads(tmp_path / name)
    assert [problem.rule for problem in caught.value.problems] == ["missing file"]


def test_options_reach_the_readers(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("a,b,kind of road\n1,2,A\n", "utf-8")
    (tmp_path / "nodes.csv").write_text("node,lon,lat\n1,500000,3210000\n2,501000,3210000\n", "utf-8")
    options: dict[str, Any] = {
        "nodes": tmp_path / "nodes.csv",
        "crs": "EPSG:4549",
        "classes": {"A": "primary"},
    }
    columns = {"from_node": "a", "to_node": "b", "class": "kind of road"}
    roads = read_roads(tmp_path / "links.csv", columns=columns, box=(110.0, 20.0, 111.0, 21.0), **options)
    assert roads.links["kind"].to_list() == ["primary"]
    assert roads.report.count("wrong_system") == 2


def test_public_names_are_exact() -> None:
    assert len(readers.__all__) == len(set(readers.__all__))
    assert all(hasattr(readers, name) for name in readers.__all__)
    for module in pkgutil.iter_modules(readers.__path__, "tongqu.data.readers."):
        loaded = importlib.import_module(module.name)
        assert len(loaded.__all__) == len(set(loaded.__all__))
        assert all(hasattr(loaded, name) for name in loaded.__all__)
