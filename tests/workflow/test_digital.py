"""The study of digital networks: tables that agree with one another and with the sector, sites, heights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio import Affine

import tongqu
from small import loaded
from tongqu.base import DataError
from tongqu.contracts import Assume, Scenario
from tongqu.sectors.digital.coverage import today
from tongqu.sectors.digital.parameters import radio_of
from tongqu.workflow.digital.ground import whole_of
from tongqu.workflow.digital.study import TABLES
from tongqu.workflow.files import heading

SUMS = ["people", "fibre_people", "g5_people", "both_people", "served", "without", "villages"]


@pytest.fixture(scope="module")
def quzhou():
    return loaded("quzhou")


@pytest.fixture(scope="module")
def found(quzhou):
    return tongqu.digital(quzhou)


@pytest.fixture(scope="module")
def tiny():
    return loaded()


def with_tables(region, **tables):
    kept = {**region.tables, **{name: table for name, table in tables.items() if table is not None}}
    return replace(
        region, tables={name: one for name, one in kept.items() if tables.get(name, one) is not None}
    )


def without(region, *names):
    return replace(region, tables={name: region[name] for name in region.tables if name not in names})


def write_raster(path, height, *, west=118.9, north=29.6, step=0.0025, crs="EPSG:4326"):
    """A GeoTIFF of float heights."""
    rows, columns = height.shape
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32"}
    place = Affine(step, 0.0, west, 0.0, -step, north)
    with rasterio.open(path, "w", crs=crs, transform=place, nodata=-9999, **profile) as made:
        made.write(height.astype(np.float32), 1)
    return path


def test_coverage_sums_over_levels_and_equals_the_villages(found):
    table, villages = found.tables["coverage"], found.tables["villages"]
    whole = table[table["level"] == "whole"].iloc[0]
    for level in ("county", "town"):
        mine = table[table["level"] == level]
        for name in SUMS:
            assert mine[name].sum() == pytest.approx(whole[name])
    assert whole["people"] == pytest.approx(villages["people"].sum())
    without = villages[(villages["kind"] == "none") & (villages["people"] > 0)]
    assert whole["without"] == pytest.approx(without["people"].sum())
    assert whole["villages_without"] == len(without)
    assert whole["served"] + whole["without"] == pytest.approx(whole["people"])
    said = found.summary()
    assert said["share"] == pytest.approx(whole["served"] / whole["people"])


def test_villages_say_what_the_sector_says(quzhou, found):
    assume = Assume.of(quzhou["standards"], Scenario())
    now, radio = today(quzhou, assume=assume), radio_of(assume)
    villages = found.tables["villages"].set_index("unit")
    assert villages["fibre"].equals(now.fibre.rename("fibre").reindex(villages.index))
    assert villages["g5"].equals(now.covered.rename("g5").reindex(villages.index))
    # The station named is the best one: it reaches a village if and only if some station does.
    assert (villages["g5"] == (villages["probability"] >= radio.probability)).all()
    assert (villages["g5"] == (villages["reason"] == "")).all()
    near = villages[villages["km"] <= 5]  # beyond, the model knows no loss without line of sight
    assert near["margin_db"].to_numpy() == pytest.approx(radio.bearable_db - near["loss_db"].to_numpy())
    assert set(villages["station"]) - {""} <= set(quzhou["sites"]["site"])
    assert (villages.loc[villages["reason"] == "no_station", "station"] == "").all()


def test_sites_reach_whom_the_curve_says_and_come_by_gain_for_money(found):
    sites, choice, said = found.tables["sites"], found.tables["choice"], found.figures
    chosen = choice[choice["chosen"]].iloc[0]
    assert chosen["sites"] == len(sites) == said["sites"]
    assert sites["added"].sum() == pytest.approx(chosen["gained"])
    assert chosen["gained_share"] >= 0.5
    before = choice[choice["sites"] < chosen["sites"]]
    assert (before["gained_share"] < 0.5).all()
    assert (choice["bound"] >= choice["gained"] - 1e-6).all()
    assert choice["gained"].is_monotonic_increasing
    assert sites["per_wan"].is_monotonic_decreasing
    assert (sites["in_reach"] >= sites["added"] - 1e-9).all()
    assert sites["rank"].tolist() == list(range(1, len(sites) + 1))


def test_the_fibre_of_the_sites_is_that_of_the_roads(quzhou, found):
    sites, roads = found.tables["sites"], found.tables["backhaul"]
    assert sites["backhaul_km"].sum() == pytest.approx(roads["length_km"].sum())
    assert found.figures["backhaul_km"] == pytest.approx(roads["length_km"].sum())
    assert set(roads["link"]) <= set(quzhou["links"]["link"])
    assume = Assume.of(quzhou["standards"], Scenario())
    cost = assume["base_station.cost"] + assume["fibre.cost"] * sites["backhaul_km"]
    assert sites["cost_wan"].to_numpy() == pytest.approx(cost.to_numpy())
    assert roads["length_km"].sum() <= sites["alone_km"].sum()


def test_stations_against_people(found):
    table = found.tables["stations"]
    whole, parts = table.iloc[0], table.iloc[1:]
    assert whole["stations"] == parts["stations"].sum()
    assert whole["per_10000"] == pytest.approx(whole["stations"] / whole["residents"] * 10_000)
    after = (parts["stations"] + parts["lacking"]) / parts["residents"] * 10_000
    assert (after >= parts["target"] - 1e-9).all()


def test_the_number_of_sites_and_the_same_again(tiny):
    found = {count: tongqu.digital(tiny, sites=count).tables for count in (0, 1, 8)}
    assert [len(tables["sites"]) for tables in found.values()] == [0, 1, 4]
    villages = found[8]["villages"]
    left = villages[(villages["kind"] == "none") & (villages["people"] > 0)]
    assert found[8]["sites"]["added"].sum() == pytest.approx(left["people"].sum())
    for name, table in tongqu.digital(tiny, sites=8).tables.items():
        pd.testing.assert_frame_equal(table, found[8][name])


def test_a_higher_rate_reaches_fewer(quzhou, found):
    fast = tongqu.digital(quzhou, Scenario.model_validate({"assume": {"network.rate_up": 5.0}}), sites=0)
    assert fast.figures["radius_m"] < found.figures["radius_m"]
    assert fast.figures["g5_share"] < found.figures["g5_share"]
    assert fast.figures["fibre_share"] == pytest.approx(found.figures["fibre_share"])


def test_a_number_out_of_range_and_a_region_without_networks_are_refused(tiny):
    sites = tiny["sites"]
    bare = without(with_tables(tiny, sites=sites[sites["kind"] != "base_station"]), "village_broadband")
    with pytest.raises(DataError) as error:
        tongqu.digital(bare, sites=-1)
    assert [one.rule for one in error.value.problems] == [
        "a number of sites out of range",
        "nothing is known of the networks of the region",
    ]


def test_stations_without_a_table_of_fibre(tiny):
    found = tongqu.digital(without(tiny, "village_broadband"), sites=0)
    assert not found.figures["fibre_known"]
    assert not found.tables["villages"]["fibre"].any()
    assert found.tables["villages"]["g5"].any()


def test_two_cities_have_a_whole_of_their_own(tiny):
    units = tiny["units"]
    assert whole_of(tiny) == "990100"
    assert whole_of(with_tables(tiny, units=units[units["level"] != "city"])) == "region"


def test_a_ridge_in_a_raster_shadows_a_village(tiny, tmp_path):
    villages = tiny.level("village")
    lon, lat = villages.loc["990101001002", ["lon", "lat"]].astype(float)
    stations = tiny["sites"]
    # A station a kilometre west of the village, and between them nothing, or a ridge of 300 m.
    moved = stations.assign(
        lon=stations["lon"].where(stations["site"] != "b01", lon - 0.0103),
        lat=stations["lat"].where(stations["site"] != "b01", lat),
    )
    region = with_tables(tiny, sites=moved)
    flat = np.full((240, 260), 50.0)
    ridge = flat.copy()
    ridge[:, round((lon - 0.00515 - 118.9) / 0.0025)] = 350.0
    reasons = []
    for name, height in (("flat", flat), ("ridge", ridge)):
        path = write_raster(tmp_path / f"{name}.tif", height)
        found = tongqu.digital(region, sites=0, elevation=path)
        row = found.tables["villages"].set_index("unit").loc["990101001002"]
        reasons.append((row["reason"], bool(row["blocked"])))
        assert found.figures["terrain"] == "fine"
    assert reasons == [("", False), ("terrain", True)]


def test_a_raster_that_leaves_villages_out_is_refused(tiny, tmp_path):
    path = write_raster(tmp_path / "part.tif", np.full((240, 100), 50.0))
    with pytest.raises(DataError, match="has no height at"):
        tongqu.digital(tiny, elevation=path)


def test_every_column_and_value_has_words(found):
    for language in ("zh", "en"):
        for name, table in found.tables.items():
            assert heading(f"table.{name}", language, kind="digital") != f"table.{name}"
            for column in table.columns:
                assert heading(column, language, kind="digital") != column or language == "en", column
        for column in ("kind", "reason"):
            for value in set(found.tables["villages"][column]) - {""}:
                assert heading(f"{column}.{value}", language, kind="digital") != f"{column}.{value}"
        for value in found.tables["budget"]["figure"]:
            assert heading(f"figure.{value}", language, kind="digital") != f"figure.{value}"


def test_files_and_the_workbook(tiny, tmp_path):
    found = tongqu.digital(tiny)
    folder = found.save(tmp_path / "made")
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        ["manifest.json", *(f"{name}.csv" for name in TABLES)]
    )
    (tmp_path / "d.xlsx").write_bytes(found.book("en"))
    sheets = pd.read_excel(tmp_path / "d.xlsx", sheet_name=None, engine="calamine")
    assert len(sheets) == len(TABLES)
    assert len(sheets["villages"]) == len(found.tables["villages"])
