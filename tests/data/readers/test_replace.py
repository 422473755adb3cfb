"""Real roads in place of a region's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data import Region, load_region, save_region
from tongqu.data.crs import geodesic_m
from tongqu.data.readers import Lines, Origin, Replaced, Roads, assemble, replace_roads, to_region_tables

TINY = Path(__file__).parents[1] / "tiny"
STEP = 0.01


@pytest.fixture(scope="module")
def region() -> Region:
    return load_region(TINY)


def grid(region: Region, *, origin: Origin | None = None, ferry: bool = False) -> Roads:
    """A grid of roads over the region's box, about a kilometre wide, and one road that leaves it."""
    west, south, east, north = region.bbox
    lon, lat = np.arange(west + 1.3 * STEP, east, STEP), np.arange(south + 1.4 * STEP, north, STEP)
    x, y = (part.ravel() for part in np.meshgrid(lon, lat))
    name = np.array([f"g{i}" for i in range(len(x))], dtype=object)
    at = np.arange(len(x)).reshape(len(lat), len(lon))
    pairs = np.concatenate(
        [np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1), np.stack([at[:-1].ravel(), at[1:].ravel()], 1)]
    )
    nodes = pd.DataFrame({"node": [*name, "out"], "lon": [*x, east + 1], "lat": [*y, north]})
    pairs = np.concatenate([pairs, [[len(x) - 1, len(x)]]])
    kind = ["tertiary"] * len(pairs)
    kind[0] = "footway"
    kind[1] = "ferry" if ferry else "tertiary"
    links = pd.DataFrame(
        {
            "origin": [f"r{i}" for i in range(len(pairs))],
            "from_node": nodes["node"].to_numpy(object)[pairs[:, 0]],
            "to_node": nodes["node"].to_numpy(object)[pairs[:, 1]],
            "kind": kind,
            "car": [one != "footway" for one in kind],
            "ferry": [one == "ferry" for one in kind],
            "given_minutes": [12.0 if one == "ferry" else np.nan for one in kind],
        }
    )
    xy = nodes[["lon", "lat"]].to_numpy(np.float64)[pairs.ravel()]
    source = origin or Origin("town.osm.pbf", "OpenStreetMap", "0" * 64, "ODbL-1.0", share_alike=True)
    return assemble(nodes, links, lines=Lines(xy, 2 * np.arange(len(pairs) + 1)), origin=source)


@pytest.fixture(scope="module")
def replaced(region: Region) -> Replaced:
    return replace_roads(region, grid(region), source="osm:roads")


def test_tables_for_a_region(region: Region) -> None:
    tables = to_region_tables(grid(region), source="osm:roads")
    links, nodes = tables["links"], tables["nodes"]
    assert list(nodes) == ["node", "lon", "lat", "elevation_m", "modelled", "source"]
    first = ["link", "from_node", "to_node", "class", "length_km", "oneway", "speed_kmh"]
    assert list(links) == [*first, "name", "modelled", "source"]
    assert not links["modelled"].any()
    assert "r0" not in set(links["link"])  # a footway
    assert set(nodes["node"]) == {*links["from_node"], *links["to_node"]}
    assert set(links["class"]) == {"township"}


def test_a_link_keeps_its_mean_speed(region: Region) -> None:
    roads = grid(region)
    uphill = roads.links.assign(minutes_forward=roads.links["minutes_forward"] * 3)
    table = to_region_tables(replace(roads, links=uphill), source="x")["links"].set_index("link")
    for link, row in uphill[uphill["car"]].set_index("link").iterrows():
        back = row["minutes_forward"] if row["oneway"] else row["minutes_backward"]
        mean = row["length_km"] / ((row["minutes_forward"] + back) / 2) * 60
        assert table["speed_kmh"][link] == pytest.approx(mean, abs=0.051)


def test_no_roads_for_cars(region: Region) -> None:
    roads = grid(region)
    with pytest.raises(DataError, match="no link is open to car"):
        to_region_tables(replace(roads, links=roads.links.assign(car=False)), source="x")


def test_the_region_is_valid_and_its_other_tables_are_the_same(replaced: Replaced, region: Region) -> None:
    made = replaced.region
    for table in region.tables:
        if table not in ("nodes", "links", "units", "sites", "sources"):
            pd.testing.assert_frame_equal(made[table], region[table])
    for table in ("units", "sites"):
        free = [name for name in region[table] if name not in ("node", "modelled", "modelled_columns")]
        pd.testing.assert_frame_equal(made[table][free], region[table][free])
    assert set(made["units"]["node"].dropna()) <= set(made["nodes"]["node"])
    assert made.provided == region.provided
    assert (made.name, made.bbox, made.crs, made.base_year) == (
        region.name,
        region.bbox,
        region.crs,
        region.base_year,
    )
    assert made.sha256 != region.sha256


def test_places_get_their_nearest_node(replaced: Replaced, region: Region) -> None:
    places, nodes = replaced.places, replaced.region["nodes"]
    housed = region["units"]["node"].notna() | (region["units"]["level"] == "village")
    assert len(places) == housed.sum() + len(region["sites"])
    for row in places.to_dict("records"):
        many = {"lon1": np.full(len(nodes), row["lon"]), "lat1": np.full(len(nodes), row["lat"])}
        metres = geodesic_m(**many, lon2=nodes["lon"], lat2=nodes["lat"])
        assert row["distance_m"] == pytest.approx(metres.min(), rel=1e-4, abs=1e-3)
        assert nodes["node"].iloc[int(metres.argmin())] == row["node"]


def test_what_is_left_out_is_counted(replaced: Replaced) -> None:
    assert replaced.report.count("outside_box") == 1
    assert "out" not in set(replaced.region["nodes"]["node"])
    far = replaced.places["beyond"].sum()
    assert replaced.report.count("far_places") == far


def test_far_places_are_named(region: Region) -> None:
    found = replace_roads(region, grid(region), source="osm:roads", limit_m=1.0)
    assert found.places["beyond"].any()
    rows = found.report.problems.query("rule == 'far_places'")
    assert len(rows) == found.places["beyond"].sum()
    first = found.places[found.places["beyond"]].iloc[0]
    assert rows["node"].iloc[0] == f"{first['table']} {first['id']}"
    assert first["name"] in found.report.findings.set_index("finding").loc["far_places", "detail"]


def test_the_source_says_odbl(replaced: Replaced) -> None:
    row = replaced.region["sources"].set_index("source").loc["osm:roads"]
    assert (row["licence"], bool(row["share_alike"]), row["kind"]) == ("ODbL-1.0", True, "observed")
    assert row["sha256"] == "0" * 64
    assert row["title"] == "OpenStreetMap: town.osm.pbf"
    assert replaced.region.files["links"] == "odbl/links.csv"
    assert replaced.region.files["nodes"] == "odbl/nodes.csv"


def test_a_licence_is_asked_for(region: Region) -> None:
    roads = grid(region, origin=Origin("survey.gpkg", "lines"))
    with pytest.raises(DataError, match="the roads have no licence"):
        replace_roads(region, roads, source="survey:roads")
    made = replace_roads(
        region, roads, source="survey:roads", title="County survey", licence="internal"
    ).region
    row = made["sources"].set_index("source").loc["survey:roads"]
    assert (row["title"], row["licence"], bool(row["share_alike"])) == ("County survey", "internal", False)
    assert "odbl/nodes.csv" not in made.files.values()


def test_saved_and_loaded_again(replaced: Replaced, tmp_path: Path) -> None:
    folder = save_region(replaced.region, tmp_path / "mine")
    assert (folder / "odbl" / "links.csv").exists()
    assert load_region(folder).sha256 == replaced.region.sha256


def test_ferries_get_a_class(region: Region) -> None:
    found = replace_roads(region, grid(region, ferry=True), source="osm:roads")
    classes = found.region["road_classes"].set_index("class")
    link = found.region["links"].set_index("link").loc["r1"]
    assert link["class"] == "ferry"
    assert 60 * link["length_km"] / classes.loc["ferry", "speed_kmh"] == pytest.approx(12, rel=0.02)
    assert set(found.speeds["class"]) == {"township", "ferry"}


def test_speeds_beside_those_of_the_region(replaced: Replaced) -> None:
    row = replaced.speeds.set_index("class").loc["township"]
    assert row["read_kmh"] == pytest.approx(35)
    assert (
        row["region_kmh"] == replaced.region["road_classes"].set_index("class").loc["township", "speed_kmh"]
    )


def test_node_is_no_longer_modelled_where_the_position_is_observed(region: Region) -> None:
    units = region["units"].copy()
    village = units.index[units["level"] == "village"][0]
    observed = region["sources"].query("kind == 'observed'")["source"].iloc[0]
    units["modelled_columns"] = units["modelled_columns"].astype("object")
    units.loc[village, ["modelled", "modelled_columns", "source"]] = [True, "node", observed]
    changed = replace(region, tables={**{name: region[name] for name in region.tables}, "units": units})
    made = replace_roads(changed, grid(region), source="osm:roads").region
    row = made["units"].set_index("unit").loc[units.loc[village, "unit"]]
    assert not row["modelled"]
    assert pd.isna(row["modelled_columns"])


def test_roads_of_another_place(region: Region, helsinki: Roads) -> None:
    with pytest.raises(DataError, match="no road lies in the region's box"):
        replace_roads(region, helsinki, source="osm:roads")


def test_a_class_that_the_region_lacks(region: Region) -> None:
    roads = grid(region)
    odd = replace(roads, links=roads.links.assign(**{"class": "alley"}))
    with pytest.raises(DataError, match="not in road_classes"):
        replace_roads(region, odd, source="osm:roads")
