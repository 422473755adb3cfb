"""Units: the city, its counties, towns and villages, and a position for each village."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import shape

from quzhou import raw

KAIHUA_SEAT = "330824000"  # 芹阳办事处: a real place, but the register has no code for it
REGISTERED_UNDER = "330824115"  # 华埠镇, where the register lists the villages of 芹阳办事处
SEAT_COMMUNITIES = ("004", "012")  # 城北社区 ... 龙顶社区, by the last three digits
SEAT_VILLAGES = ("235", "260")  # 密赛村 ... 同丰村
SEAT_TOWN = {
    "330802": "330802006",
    "330803": "330803001",
    "330822": "330822001",
    "330824": KAIHUA_SEAT,
    "330825": "330825001",
    "330881": "330881001",
}
ASSUMED_SEATS = ("330802",)  # which subdistrict houses Kecheng's government is not known here
GRID_KM = 0.25  # spacing of the places where a village may stand
AT_POINT_KM = 0.1
MATCH_KM = 7.0  # a gazetteer settlement counts for a village of its name this near the town
HEIGHT_SCALE_M = 110.0  # a place this much higher is e times less likely to hold a village
COMMUNITY_SCALE_KM = 1.0  # communities keep this near the town's centre
VILLAGE_SCALE_KM = 5.0  # and villages thin out with this
COMMUNITY_GAP_KM = 0.45
GAP_SHARE = 0.5  # smallest gap between villages, as a share of sqrt(area per village)
SUFFIXES = ("村民委员会", "村委会", "社区居民委员会", "社区居委会", "居民委员会", "居委会", "社区")
COUNTY_ENGLISH = {
    "330800": "Quzhou",
    "330802": "Kecheng District",
    "330803": "Qujiang District",
    "330822": "Changshan County",
    "330824": "Kaihua County",
    "330825": "Longyou County",
    "330881": "Jiangshan City",
}


@dataclass(frozen=True)
class Places:
    """Towns and villages by code, with positions."""

    towns: pd.DataFrame
    villages: pd.DataFrame
    outlines: pd.DataFrame


def stem(names: pd.Series) -> pd.Series:
    """Names of villages and communities without the word for their kind."""
    return names.str.replace(f"({'|'.join(SUFFIXES)})$", "", regex=True)


def town_stem(names: pd.Series) -> pd.Series:
    """Names of towns without the word for their kind."""
    return names.str.replace("(畲族乡|街道|办事处|镇|乡)$", "", regex=True)


def read_outlines() -> pd.DataFrame:
    """County outlines and areas, by county code."""
    features = raw.layer("odbl/outlines.geojson")["features"]
    rows = [{**f["properties"], "geometry": shape(f["geometry"])} for f in features]
    return pd.DataFrame(rows).set_index("unit")


def read_towns() -> pd.DataFrame:
    """The 100 towns of the register with the positions found, and Kaihua's county seat."""
    towns = raw.table("register_towns").merge(raw.table("towns").drop(columns="name"), on="code")
    towns = towns.merge(raw.table("town_pinyin"), on="code")
    gazetteer = raw.table("geonames").set_index("name").loc["Kaihua Chengguanzhen"]
    seat = {
        "code": KAIHUA_SEAT,
        "name": "芹阳办事处",
        "county": "330824",
        "name_en": "Qinyang",
        "lon": gazetteer["lon"],
        "lat": gazetteer["lat"],
        "position": "geonames",
        "precision_m": "1000",
    }
    towns = pd.concat([towns, pd.DataFrame([seat])], ignore_index=True).set_index("code").sort_index()
    numbers = ["lon", "lat", "precision_m", "area_km2", "population", "rural_houses"]
    towns[numbers] = towns[numbers].astype(float)
    towns["kind"] = towns["name"].str.extract("(民族乡|畲族乡|街道|办事处|镇|乡)$", expand=False)
    towns["kind"] = towns["kind"].replace({"畲族乡": "民族乡"})
    return towns


def read_villages() -> pd.DataFrame:
    """The villages and communities of the register, each under its town."""
    villages = raw.table("register_villages").set_index("code").sort_index()
    villages["county"] = villages.index.str[:6]
    villages["community"] = villages["name"].str.contains("社区|居委|居民|生活区")
    villages["stem"] = stem(villages["name"])
    last = villages.index.str[9:]
    inner = (last >= SEAT_COMMUNITIES[0]) & (last <= SEAT_COMMUNITIES[1])
    outer = (last >= SEAT_VILLAGES[0]) & (last <= SEAT_VILLAGES[1])
    villages["moved"] = (villages["town"] == REGISTERED_UNDER) & (inner | outer)
    villages.loc[villages["moved"], "town"] = KAIHUA_SEAT
    return villages


def seat_villages(towns: pd.DataFrame, villages: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """The village where each town's government stands.

    One that the gazetteer knows at the town's point, else one of the town's name, else the first community.
    """
    name = town_stem(towns["name"]).reindex(villages["town"]).to_numpy()
    same = villages["stem"].to_numpy() == name
    begins = np.array([a.startswith(b) for a, b in zip(villages["stem"], name, strict=True)])
    away = ~villages.index.isin(known.index[known["gap"] < AT_POINT_KM])
    rank = pd.DataFrame({"town": villages["town"], "away": away, "same": ~same, "begins": ~begins})
    rank = rank.assign(village=~villages["community"], code=villages.index).reset_index(drop=True)
    return (
        rank.sort_values(["town", "away", "same", "begins", "village", "code"])
        .groupby("town")["code"]
        .first()
    )


def gazetteer_positions(towns: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """Observed positions of the villages that the gazetteer knows near their town."""
    known = raw.table("geonames").assign(stem=lambda g: g["names_zh"].str.split(";")).explode("stem")
    known = known[known["stem"].notna() & ~known["stem"].fillna("").str.contains("[镇乡街道]$")]
    known[["lon", "lat"]] = known[["lon", "lat"]].astype(float)
    pairs = villages.reset_index()[["code", "county", "stem", "town"]].merge(known, on=["county", "stem"])
    centre = towns.loc[pairs["town"]]
    gap = raw.great_circle_km(pairs["lon"], pairs["lat"], centre["lon"], centre["lat"])
    pairs = pairs.assign(gap=gap)[gap <= MATCH_KM].sort_values(["gap", "code"])
    return pairs.drop_duplicates("geonameid").drop_duplicates("code").set_index("code")


def _candidates(outline: shapely.Geometry, towns: pd.DataFrame) -> pd.DataFrame:
    """Places on a grid inside a county: position, height, nearest town and distance to it."""
    step_lat = GRID_KM / raw.KM_PER_DEGREE
    step_lon = step_lat / np.cos(np.radians(raw.MID_LATITUDE))
    west, south, east, north = outline.bounds
    lon, lat = np.meshgrid(np.arange(west, east, step_lon), np.arange(south, north, step_lat))
    inside = shapely.contains_xy(outline, lon, lat)
    places = pd.DataFrame({"lon": lon[inside], "lat": lat[inside]})
    centres = cKDTree(raw.to_km(towns["lon"], towns["lat"]))
    distance, nearest = centres.query(raw.to_km(places["lon"], places["lat"]))
    places["elevation_m"] = raw.elevation(places["lon"], places["lat"])
    return places.assign(town=towns.index.to_numpy()[nearest], from_town_km=distance)


def nearest_km2(places: Places) -> pd.Series:
    """Area of the part of its county's outline that is nearest to each town, in km²."""
    parts = []
    for county, own in places.towns.groupby("county"):
        cells = _candidates(places.outlines.loc[county, "geometry"], own)
        parts.append(cells.groupby("town").size().reindex(own.index, fill_value=0) * GRID_KM**2)
    return pd.concat(parts)


def _spread(
    points: raw.Floats, order: np.ndarray, taken: list[raw.Floats], *, wanted: int, gap: float
) -> list[int]:
    """The first places in order that keep the gap to each other and to those taken; it shrinks if it must."""
    chosen: list[int] = []
    while len(chosen) < wanted:
        for place in order:
            if len(chosen) == wanted:
                break
            others = np.array(taken)
            if not len(others) or np.hypot(*(others - points[place]).T).min() >= gap:
                chosen.append(int(place))
                taken.append(points[place])
        gap *= 0.7
    return chosen


def _place_town(
    cell: pd.DataFrame, fixed: raw.Floats, counts: tuple[int, int], draw: np.random.Generator
) -> np.ndarray:
    """Positions for the communities, then the villages, of one town: shape (communities + villages, 2)."""
    points = raw.to_km(cell["lon"], cell["lat"])
    taken = list(fixed)
    luck = draw.gumbel(size=(2, len(cell)))
    height = (cell["elevation_m"] - cell["elevation_m"].min()).to_numpy() / HEIGHT_SCALE_M
    near = cell["from_town_km"].to_numpy()
    area = len(cell) * GRID_KM**2
    gap = GAP_SHARE * np.sqrt(area / max(1, sum(counts) + len(fixed)))
    inner = np.argsort(luck[0] * 0.5 - near / COMMUNITY_SCALE_KM - height)[::-1]
    outer = np.argsort(luck[1] - near / VILLAGE_SCALE_KM - height)[::-1]
    chosen = _spread(points, inner, taken, wanted=counts[0], gap=min(COMMUNITY_GAP_KM, gap))
    chosen += _spread(points, outer, taken, wanted=counts[1], gap=gap)
    jitter = draw.uniform(-0.4, 0.4, size=(len(chosen), 2)) * GRID_KM / raw.KM_PER_DEGREE
    return cell[["lon", "lat"]].to_numpy()[chosen] + jitter


def place_villages(
    towns: pd.DataFrame, villages: pd.DataFrame, outlines: pd.DataFrame, *, known: pd.DataFrame
) -> pd.DataFrame:
    """Villages with lon, lat, precision_m, and `found` where the position is the gazetteer's."""
    villages = villages.assign(lon=np.nan, lat=np.nan, precision_m=np.nan, found=False)
    villages.loc[known.index, ["lon", "lat"]] = known[["lon", "lat"]].to_numpy()
    villages.loc[known.index, "found"] = True
    at_seat = villages.loc[towns["seat"]].index[~villages.loc[towns["seat"], "found"]]
    villages.loc[at_seat, ["lon", "lat"]] = towns.loc[
        villages.loc[at_seat, "town"], ["lon", "lat"]
    ].to_numpy()
    for county in raw.COUNTIES:
        own = towns[towns["county"] == county]
        places = _candidates(outlines.loc[county, "geometry"], own)
        for town, cell in places.groupby("town"):
            members = villages[villages["town"] == town]
            open_ = members[members["lon"].isna()].sort_values("community", ascending=False, kind="stable")
            here = members.dropna(subset="lon")
            counts = (int(open_["community"].sum()), int((~open_["community"]).sum()))
            fixed = raw.to_km(here["lon"], here["lat"])
            spots = _place_town(cell.reset_index(drop=True), fixed, counts, raw.random(1, int(town)))
            villages.loc[open_.index, ["lon", "lat"]] = spots
            radius_m = 1000 * np.sqrt(len(cell) * GRID_KM**2 / np.pi)
            villages.loc[members.index, "precision_m"] = round(max(500.0, radius_m / 2), -2)
    villages.loc[villages["found"], "precision_m"] = 800.0
    return villages.round({"lon": 5, "lat": 5})


def build() -> Places:
    """Towns and villages in place, with heights, seats and distances to the centres."""
    towns, villages, outlines = read_towns(), read_villages(), read_outlines()
    known = gazetteer_positions(towns, villages)
    towns["seat"] = seat_villages(towns, villages, known)
    villages = place_villages(towns, villages, outlines, known=known)
    for frame in (towns, villages):
        frame["elevation_m"] = raw.elevation(frame["lon"], frame["lat"]).round()
    centre = towns.loc[villages["town"]]
    villages["town_km"] = raw.great_circle_km(villages["lon"], villages["lat"], centre["lon"], centre["lat"])
    seat = towns.loc[villages["county"].map(SEAT_TOWN)]
    villages["seat_km"] = raw.great_circle_km(villages["lon"], villages["lat"], seat["lon"], seat["lat"])
    villages["node"] = "n" + villages.index
    towns["node"] = villages.loc[towns["seat"], "node"].to_numpy()
    return Places(towns=towns, villages=villages, outlines=outlines)


def _join(*columns: tuple[str, pd.Series]) -> pd.Series:
    """The names of the columns whose flag is set, joined by semicolons, for each row."""
    parts = [np.where(flag, f"{name};", "") for name, flag in columns]
    return pd.Series(np.sum(np.array(parts, dtype=object), axis=0), index=columns[0][1].index).str.rstrip(";")


def town_rows(towns: pd.DataFrame) -> pd.DataFrame:
    """Rows of the units table for the towns."""
    always = pd.Series(True, index=towns.index)
    estimated = towns["position"] == "estimated"
    new = pd.Series(towns.index == KAIHUA_SEAT, index=towns.index)
    assumed = pd.Series(towns.index.isin([SEAT_TOWN[county] for county in ASSUMED_SEATS]), index=towns.index)
    flags = _join(
        ("unit", new),
        ("seat", always),
        ("lon", estimated),
        ("lat", estimated),
        ("elevation_m", always),
        ("node", always),
        ("role", assumed),
    )
    source = "towns:" + towns["position"]
    return towns.assign(
        level="town", parent=towns["county"], modelled=True, modelled_columns=flags,
        role=np.where(towns.index.isin(list(SEAT_TOWN.values())), "county_seat", None),
        source=source.mask(estimated, "register"),
    )  # fmt: skip


def village_rows(villages: pd.DataFrame) -> pd.DataFrame:
    """Rows of the units table for the villages and communities."""
    always = pd.Series(True, index=villages.index)
    placed = ~villages["found"]
    flags = _join(
        ("parent", villages["moved"]), ("residence", always), ("lon", placed), ("lat", placed),
        ("elevation_m", always), ("node", always),
    )  # fmt: skip
    return villages.assign(
        level="village", parent=villages["town"], modelled=True, modelled_columns=flags,
        kind=np.where(villages["community"], "社区", "村"),
        source=np.where(villages["found"], "villages:geonames", "register"),
    )  # fmt: skip


def upper_rows(places: Places) -> pd.DataFrame:
    """Rows of the units table for the counties and the city; each stands at the point of its seat."""
    rows = raw.table("register_counties").set_index("code")
    rows.loc[raw.CITY] = "衢州市"
    rows["seat"] = rows.index.map(SEAT_TOWN)
    rows.loc[raw.CITY, "seat"] = SEAT_TOWN["330802"]
    spot = places.towns.loc[rows["seat"]]
    rows[["lon", "lat", "precision_m"]] = spot[["lon", "lat", "precision_m"]].to_numpy()
    rows["area_km2"] = places.outlines["area_km2"]
    rows.loc[raw.CITY, "area_km2"] = places.outlines["area_km2"].sum()
    rows["name_en"] = rows.index.map(COUNTY_ENGLISH)
    rows["level"] = np.where(rows.index == raw.CITY, "city", "county")
    rows["parent"] = np.where(rows.index == raw.CITY, None, raw.CITY)
    rows["kind"] = rows["name"].str[-1]
    rows["modelled"] = rows.index.isin([raw.CITY, *ASSUMED_SEATS])
    rows["modelled_columns"] = np.where(rows["modelled"], "seat;lon;lat", None)
    return rows.assign(source="register")


def units(places: Places) -> pd.DataFrame:
    """The units table, by code."""
    parts = [upper_rows(places), town_rows(places.towns), village_rows(places.villages)]
    return pd.concat(parts).rename_axis("unit").sort_index().reset_index()
