"""The bundled region Quzhou: what is real is untouched, what is modelled is flagged and adds up."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from tongqu.regions import bundled

ROOT = Path(__file__).resolve().parents[1]
REGION = ROOT / "src" / "tongqu" / "regions" / "quzhou"
SPECS = ROOT / "src" / "tongqu" / "data" / "specs"
RAW = ROOT / "data-raw" / "quzhou"
BUILD = ROOT / "tools" / "build_quzhou.py"
TABLES = sorted(path.stem for path in REGION.glob("*.csv"))
ELSEWHERE = {"road_classes"}  # tables of the package's defaults that the region's rows refer to
AGE_HEADINGS = {"0": "0岁", "85+": "85岁以上"}
SPEED_KMH = {"expressway": 100, "national": 70, "provincial": 60, "county": 45, "township": 35, "village": 25}
YEAR_HEADINGS = {2010: ("合计", "{age}（{sex}）"), 2020: ("人口数_合计", "{sex}_{age}")}

needs_raw = pytest.mark.skipif(not RAW.exists(), reason="data-raw is not part of this copy")


def read(name: str, folder: Path = REGION) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def numbers(name: str, *columns: str) -> pd.DataFrame:
    frame = read(name)
    return frame.assign(**{c: pd.to_numeric(frame[c]) for c in columns})


def census(year: int) -> pd.DataFrame:
    return read(f"census_{year}", RAW).set_index("unit").drop(columns="name").apply(pd.to_numeric)


def villages() -> pd.DataFrame:
    units = read("units")
    return units[units["level"] == "village"].set_index("unit")


def people_2020() -> pd.DataFrame:
    people = numbers("people", "people")
    return people[people["year"] == "2020"]


def test_bundled_lists_it() -> None:
    assert "quzhou" in bundled()


def test_region_file() -> None:
    region = tomllib.loads((REGION / "region.toml").read_text("utf-8"))
    assert (region["name"], region["title_zh"], region["base_year"]) == ("quzhou", "衢州市", 2020)
    sources = set(read("sources")["source"])
    for layer in region["layers"].values():
        assert (REGION / layer["path"]).is_file()
        assert layer["source"] in sources
    west, south, east, north = region["bbox"]
    units = numbers("units", "lon", "lat")
    assert units["lon"].between(west, east).all()
    assert units["lat"].between(south, north).all()


@pytest.mark.parametrize("name", TABLES)
def test_table_follows_its_spec(name: str) -> None:
    spec, table = read(name, SPECS), read(name)
    assert list(table) == list(spec["column"])
    for column in spec.itertuples():
        values = table[column.column]
        given = values[values != ""]
        assert column.required != "yes" or len(given) == len(values), column.column
        if column.choices:
            assert set(given) <= set(column.choices.split("|")), column.column
        if column.type in {"number", "integer"}:
            figures = pd.to_numeric(given)
            assert not column.min or (figures >= float(column.min)).all(), column.column
            assert not column.max or (figures <= float(column.max)).all(), column.column
        if column.type == "integer":
            assert given.str.fullmatch(r"-?\d+").all(), column.column
        if column.type == "boolean":
            assert set(given) <= {"true", "false"}, column.column
        target = column.refers_to.partition(".")
        if target[0] and target[0] not in ELSEWHERE:
            assert set(given) <= set(read(target[0])[target[2]]), column.column
    keys = list(spec.loc[spec["key"] == "yes", "column"])
    assert not table.duplicated(keys).any()


@pytest.mark.parametrize("name", TABLES)
def test_file_is_plain(name: str) -> None:
    data = (REGION / f"{name}.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")


@pytest.mark.parametrize("name", [t for t in TABLES if "modelled" in read(t)])
def test_modelled_rows_cite_a_fitting_source(name: str) -> None:
    table = read(name)
    kind = table["source"].map(read("sources").set_index("source")["kind"])
    modelled = table["modelled"] == "true"
    part = modelled & (table["modelled_columns"] != "") if "modelled_columns" in table else modelled & False
    assert set(kind[modelled & ~part]) <= {"modelled", "assumed"}
    assert set(kind[~modelled | part]) <= {"observed", "derived"}
    if "modelled_columns" in table:
        named = table.loc[part, "modelled_columns"].str.split(";").explode()
        assert set(named) <= set(table.columns)
        assert (table.loc[~modelled, "modelled_columns"] == "").all()


def test_what_must_be_modelled_is_flagged() -> None:
    people, units, sites = read("people"), read("units"), read("sites")
    lower = people["unit"].str.len() > 6
    assert (people.loc[lower, "modelled"] == "true").all()
    assert (people.loc[~lower, "modelled"] == "false").all()
    village = units["level"] == "village"
    assert units.loc[village, "modelled_columns"].str.contains("residence").all()
    placed = units["source"] == "register"
    assert units.loc[village & placed, "modelled_columns"].str.contains("lon;lat").all()
    for name in ("nodes", "links"):
        assert (read(name)["modelled"] == "true").all()
    ruled = sites["source"] == "model:sites"
    assert (sites.loc[ruled, "modelled"] == "true").all()
    assert (sites.loc[ruled, "modelled_columns"] == "").all()


@needs_raw
@pytest.mark.parametrize("year", [2010, 2020])
def test_counties_and_city_are_the_census(year: int) -> None:
    people = numbers("people", "people")
    people = people[(people["year"] == str(year)) & (people["unit"].str.len() == 6)]
    published = census(year)
    published.columns = published.columns.str.replace("到", "-").str.replace("及以上", "以上")
    published.columns = published.columns.str.replace(")", "）")
    total, pattern = YEAR_HEADINGS[year]
    for (sex, age), cells in people.groupby(["sex", "age"]):
        heading = pattern.format(
            sex={"male": "男", "female": "女"}[sex], age=AGE_HEADINGS.get(age, f"{age}岁")
        )
        assert cells.set_index("unit")["people"].to_dict() == published[heading].to_dict(), heading
    assert people.groupby("unit")["people"].sum().to_dict() == published[total].to_dict()


@needs_raw
def test_villages_sum_to_the_census_by_cell_and_residence() -> None:
    people = people_2020()
    own = people[people["unit"].isin(villages().index)].assign(county=lambda p: p["unit"].str[:6])
    cells = own.groupby(["county", "sex", "age"])["people"].sum()
    counties = people[(people["unit"].str.len() == 6) & (people["unit"] != "330800")]
    pd.testing.assert_series_equal(
        cells.rename_axis(["unit", "sex", "age"]), counties.groupby(["unit", "sex", "age"])["people"].sum()
    )
    own = own.assign(residence=own["unit"].map(villages()["residence"]))
    totals = own.pivot_table(index="county", columns="residence", values="people", aggfunc="sum")
    published = census(2020).drop(index="330800")
    assert totals["urban"].to_dict() == published["城镇人口"].to_dict()
    assert totals["rural"].to_dict() == published["乡村人口"].to_dict()


def test_towns_sum_their_villages() -> None:
    people = people_2020()
    own = people[people["unit"].isin(villages().index)]
    sums = (
        own.assign(town=own["unit"].map(villages()["parent"])).groupby(["town", "sex", "age"])["people"].sum()
    )
    towns = people[people["unit"].str.len() == 9].groupby(["unit", "sex", "age"])["people"].sum()
    pd.testing.assert_series_equal(sums.rename_axis(["unit", "sex", "age"]), towns)


@needs_raw
def test_codes_and_names_are_the_register() -> None:
    units = read("units").set_index("unit")
    for level, name, added in (("village", "villages", 0), ("town", "towns", 1), ("county", "counties", 0)):
        own = units[units["level"] == level]["name"]
        register = read(f"register_{name}", RAW).set_index("code")["name"]
        assert own[register.index].to_dict() == register.to_dict()
        assert len(own) == len(register) + added
    moved = units[(units["level"] == "village") & (units["parent"] != units.index.str[:9])]
    assert set(moved["parent"]) == {"330824000"}
    assert moved["modelled_columns"].str.startswith("parent").all()


@needs_raw
def test_real_positions_are_untouched() -> None:
    units = read("units").set_index("unit")
    raw = read("towns", RAW).set_index("code").astype({"lon": float, "lat": float, "precision_m": float})
    own = units.loc[raw.index].astype({"lon": float, "lat": float, "precision_m": float})
    pd.testing.assert_frame_equal(
        own[["lon", "lat", "precision_m"]], raw[["lon", "lat", "precision_m"]], check_names=False
    )
    estimated = own["modelled_columns"].str.contains("lon;lat")
    assert set(raw.index[raw["position"] == "estimated"]) == set(own.index[estimated])
    found = units[units["source"] == "villages:geonames"]
    known = set(map(tuple, read("geonames", RAW)[["lon", "lat"]].astype(float).to_numpy()))
    assert set(map(tuple, found[["lon", "lat"]].astype(float).to_numpy())) <= known
    hospitals = read("hospitals", RAW).query("lon != ''").set_index("name")[["lon", "lat"]].astype(float)
    sites = read("sites").set_index("name").loc[hospitals.index, ["lon", "lat"]].astype(float)
    pd.testing.assert_frame_equal(sites, hospitals)


def test_villages_stand_apart_and_seats_are_their_own() -> None:
    units = read("units").set_index("unit")
    own = villages()
    assert not own.duplicated(["lon", "lat"]).any()
    towns = units[units["level"] == "town"]
    assert (own.loc[towns["seat"], "parent"].to_numpy() == towns.index).all()
    counties = units[units["level"] == "county"]
    assert (units.loc[counties["seat"], "parent"].to_numpy() == counties.index).all()


def minutes_to_hospital() -> pd.Series:
    links = numbers("links", "length_km")
    order = pd.Index(read("nodes")["node"])
    hours = links["length_km"] / links["class"].map(SPEED_KMH)
    ends = np.column_stack([order.get_indexer(links["from_node"]), order.get_indexer(links["to_node"])])
    pairs = pd.DataFrame(np.sort(ends, axis=1), columns=["a", "b"]).assign(minutes=60 * hours)
    pairs = pairs.groupby(["a", "b"], as_index=False)["minutes"].min()
    graph = coo_array((pairs["minutes"], (pairs["a"], pairs["b"])), shape=(len(order), len(order))).tocsr()
    assert connected_components(graph, directed=False)[0] == 1
    sites = read("sites")
    targets = order.get_indexer(sites.loc[sites["kind"].str.contains("hospital"), "node"])
    return pd.Series(dijkstra(graph, directed=False, indices=targets, min_only=True), index=order)


def test_network_is_connected_and_times_are_plausible() -> None:
    own = villages()
    people = people_2020().groupby("unit")["people"].sum().reindex(own.index)
    minutes = own["node"].map(minutes_to_hospital())
    rural = own["residence"] == "rural"
    beyond = people[rural & (minutes > 20)].sum() / people[rural].sum()
    assert 0.05 < beyond < 0.15
    assert minutes.max() < 90


def test_every_town_has_a_hospital_and_a_primary_school() -> None:
    sites, own = read("sites"), villages()
    towns = set(own["parent"])
    for kind in ("township_hospital", "primary_school"):
        assert set(own.loc[sites.loc[sites["kind"] == kind, "unit"], "parent"]) == towns
    clinics = sites.loc[sites["kind"] == "clinic", "unit"]
    assert 0.6 < len(clinics) / len(own) < 0.8


@needs_raw
@pytest.mark.parametrize(("year", "total"), [(2010, 122_421), (2020, 108_797)])
def test_jobs_sum_to_the_long_form(year: int, total: int) -> None:
    jobs = numbers("jobs", "workers")
    jobs = jobs[jobs["year"] == str(year)]
    sums = jobs.groupby("unit")["workers"].sum()
    assert sums["330800"] == total
    assert sums.to_dict() == census(year)["各种行业人口总计"].to_dict()


def test_accounts_of_the_counties_sum_to_the_city() -> None:
    accounts = numbers("accounts", "amount_wan").pivot_table(
        index="unit", columns="item", values="amount_wan"
    )
    assert (accounts.drop(index="330800").sum() == accounts.loc["330800"]).all()
    assert accounts.loc["330800", "own_revenue"] == 2_085_500
    assert (accounts["own_revenue"] + accounts["transfers"] == accounts["expenditure"]).all()
    assert (accounts["debt"] < accounts["debt_limit"]).all()


def test_variables_of_the_indicators_are_there_for_every_county() -> None:
    observed = read("observations")
    needed = [
        "urban_people", "rural_people", "mean_schooling_years", "longform_households",
        "households_tap_water", "households_toilet", "households_bath", "households_kitchen",
        "employed_longform", "employed_nonfarm_longform",
    ]  # fmt: skip
    for variable in needed:
        for year in ("2010", "2020"):
            rows = observed[(observed["variable"] == variable) & (observed["year"] == year)]
            assert len(rows) == 7, (variable, year)


def test_bundle_is_small() -> None:
    files = [path for path in REGION.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8_000_000


@needs_raw
def test_rebuild_gives_the_same_bytes() -> None:
    done = subprocess.run(
        [sys.executable, str(BUILD), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
