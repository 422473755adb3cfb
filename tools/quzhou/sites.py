"""Facilities: named hospitals, and hospitals, clinics and schools placed by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from quzhou import raw
from quzhou.places import KAIHUA_SEAT, SEAT_TOWN, Places, stem, town_stem
from quzhou.rounding import share_out

CLINIC_SHARE = 0.73  # of the village-level units (assumed)
BEDS_BY_SIZE = ((6_000, 10), (12_000, 20), (25_000, 32), (10**9, 50))  # township hospital: people below, beds
TOWNSHIP_DOCTORS_PER_1000 = 0.7  # assumed
CLINIC_PEOPLE_PER_DOCTOR = 1_500  # assumed
BEDS_PER_1000 = {"330802": 8.0, None: 4.2}  # Kecheng holds the city's hospitals; assumed, about 5 in all
DOCTORS_PER_1000 = {"330802": 4.6, None: 2.5}  # assumed, about 3 in all
HOSPITAL_WEIGHT = {"衢州市人民医院（衢州中心医院）": 3.0, "衢州市中医医院": 2.0, "城南医院": 0.3}
# Five-year age groups to school years: six of primary school from 6, three of junior school from 12.
PRIMARY_AGES = {"5-9": 4 / 5, "10-14": 2 / 5}
JUNIOR_AGES = {"10-14": 3 / 5}
PRIMARY_CLASS, JUNIOR_CLASS = 45, 50  # pupils per class by norm
VILLAGE_CLASSES, VILLAGE_CLASS = 4, 30  # an incomplete village school, by norm
URBAN_SCHOOL, URBAN_JUNIOR = 1_200, 1_400  # pupils for each urban primary and junior school (assumed)
VILLAGE_SCHOOL_PEOPLE, VILLAGE_SCHOOL_KM = 1_200, 2.5  # a village this large and this far has a school
URBAN_FILL, RURAL_FILL = (0.85, 1.15), (1.2, 2.1)  # range of places over pupils (assumed)
JUNIOR_PUPILS = 160  # a town with fewer sends them to the next town
NURSES_PER_DOCTOR = 1.2  # of county and city hospitals (assumed)
JUNIOR_BOARDING = 0.3  # boarding places over places of a rural junior school (assumed)
PUPILS_PER_TEACHER = {"primary_school": 17.0, "junior_school": 12.5}  # assumed


def _where(units: pd.DataFrame) -> pd.DataFrame:
    """Unit, node and position of sites that stand at village-level units."""
    return units[["node", "lon", "lat"]].rename_axis("unit").reset_index()


def _named(*kinds: str) -> pd.DataFrame:
    """The hospitals of some kinds that public sources name."""
    hospitals = raw.table("hospitals")
    return hospitals[hospitals["kind"].isin(kinds)].reset_index(drop=True)


def township_hospitals(places: Places) -> pd.DataFrame:
    """One hospital (or community health centre) in every town, at its seat."""
    towns = places.towns
    people = places.villages.groupby("town")["people"].sum().reindex(towns.index)
    urban = towns["kind"].isin(["街道", "办事处"]).to_numpy()
    name = np.where(urban, town_stem(towns["name"]) + "社区卫生服务中心", towns["name"] + "卫生院")
    beds = np.select([people < limit for limit, _ in BEDS_BY_SIZE], [n for _, n in BEDS_BY_SIZE])
    rows = _where(places.villages.loc[towns["seat"]]).assign(
        site=("th" + towns.index).to_numpy(),
        name=name,
        name_en=np.where(
            urban, towns["name_en"] + " Community Health Centre", towns["name_en"] + " Township Hospital"
        ),
        kind="township_hospital",
        capacity=beds,
        staff=np.maximum(3, (people * TOWNSHIP_DOCTORS_PER_1000 / 1000).round()).to_numpy(),
        county=towns["county"].to_numpy(),
        modelled_columns=None,
        source="model:sites",
    )
    named = _named("township_hospital")
    for hospital in named["name"]:
        town = next(code for code, n in towns["name"].items() if n in hospital)
        real = {"name": hospital, "modelled_columns": "node;lon;lat;capacity;staff", "source": "hospitals"}
        rows.loc[rows["site"] == "th" + town, list(real)] = list(real.values())
    return rows


def clinics(places: Places) -> pd.DataFrame:
    """Clinics in the larger villages of each county; small and remote ones are without."""
    villages = places.villages
    luck = raw.random(5).normal(0, 0.25, len(villages))
    score = np.log(villages["people"]) - 0.8 * villages["remoteness"] + luck
    has = score.groupby(villages["county"]).rank(pct=True, ascending=False) <= CLINIC_SHARE
    # The seat of a town has the township hospital.
    own = villages[has & ~villages.index.isin(places.towns["seat"])]
    suffix = np.where(own["community"], "社区卫生服务站", "村卫生室")
    name = stem(own["name"]).str.replace("村$", "", regex=True) + suffix
    staff = np.maximum(1, (own["people"] / CLINIC_PEOPLE_PER_DOCTOR).round()).to_numpy()
    return _where(own).assign(
        site=("cl" + own.index).to_numpy(), name=name.to_numpy(), kind="clinic", staff=staff,
        county=own["county"].to_numpy(), source="model:sites",
    )  # fmt: skip


def county_hospitals(places: Places, lower: pd.DataFrame) -> pd.DataFrame:
    """The named hospitals; beds and doctors fill the county's ratio after its smaller facilities."""
    named = _named("county_hospital", "city_hospital")
    named[["lon", "lat", "beds"]] = named[["lon", "lat", "beds"]].astype(float)
    found = named["lon"].notna()
    seat = places.towns.loc[named["county"].map(SEAT_TOWN)]
    named["lon"] = named["lon"].fillna(pd.Series(seat["lon"].to_numpy()))
    named["lat"] = named["lat"].fillna(pd.Series(seat["lat"].to_numpy()))
    nearest = cKDTree(raw.to_km(places.villages["lon"], places.villages["lat"])).query(
        raw.to_km(named["lon"], named["lat"])
    )[1]
    stands = places.villages.iloc[nearest]
    named = named.assign(unit=stands.index, node=stands["node"].to_numpy())
    for column, ratio in (("capacity", BEDS_PER_1000), ("staff", DOCTORS_PER_1000)):
        named[column] = _fill(named, lower, places, column=column, ratio=ratio)
    known = named["beds"].notna()
    guessed = np.where(found, "unit;node;", "unit;node;lon;lat;") + np.where(known, "", "capacity;") + "staff"
    number = named.groupby("county").cumcount() + 1
    return named.assign(
        site="ch" + named["county"] + "-" + number.astype(str),
        nurses=(named["staff"] * NURSES_PER_DOCTOR).round(),
        modelled_columns=guessed + ";nurses", source="hospitals",
    )  # fmt: skip


def _fill(named: pd.DataFrame, lower: pd.DataFrame, places: Places, *, column: str, ratio: dict) -> pd.Series:
    """What is left of the county's beds or doctors for its hospitals, shared by their weight."""
    people = places.villages.groupby("county")["people"].sum()
    known = named["beds"] if column == "capacity" else pd.Series(np.nan, index=named.index)
    out = known.copy()
    for county, group in named.groupby("county"):
        wanted = ratio.get(county, ratio[None]) * people[county] / 1000
        rest = wanted - lower.loc[lower["county"] == county, column].sum() - known[group.index].sum()
        open_ = group[known[group.index].isna()]
        weight = open_["name"].map(HOSPITAL_WEIGHT).fillna(1.0).to_numpy()
        out[open_.index] = share_out(round(rest), weight)
    return out


def pupils(ages: pd.DataFrame, shares: dict[str, float]) -> pd.Series:
    """Pupils of each unit from its people by (sex, age)."""
    both = ages.T.groupby("age").sum().T
    return sum((both[age] * share for age, share in shares.items()), start=pd.Series(0.0, index=ages.index))


def _nearest(villages: pd.DataFrame, hosts: pd.Index, within: str) -> pd.Series:
    """The host nearest to each village in a straight line among those in the same `within`."""
    out = pd.Series(index=villages.index, dtype=object)
    for key, group in villages.groupby(within):
        own = hosts[villages.loc[hosts, within].to_numpy() == key]
        points = villages.loc[own]
        near = cKDTree(raw.to_km(points["lon"], points["lat"])).query(raw.to_km(group["lon"], group["lat"]))[
            1
        ]
        out[group.index] = own.to_numpy()[near]
    return out


def _urban_hosts(villages: pd.DataFrame, count: pd.Series, each: int) -> pd.Index:
    """The largest urban units of each town, one for every `each` pupils of its urban units."""
    urban = villages[villages["residence"] == "urban"].assign(pupils=count)
    number = np.ceil(urban.groupby("town")["pupils"].sum() / each)
    rank = urban.groupby("town")["people"].rank(method="first", ascending=False)
    return urban.index[rank <= urban["town"].map(number)]


def _schools(
    villages: pd.DataFrame, hosts: pd.Index, enrolled: pd.Series, *, kind: str, stream: int
) -> pd.DataFrame:
    """Rows for schools with places from their pupils and a drawn fill."""
    own = villages.loc[hosts]
    low, high = np.where((own["residence"] == "urban").to_numpy()[:, None], URBAN_FILL, RURAL_FILL).T
    fill = raw.random(6, stream).uniform(low, high)
    size, least = (PRIMARY_CLASS, 6) if kind == "primary_school" else (JUNIOR_CLASS, 6)
    number = enrolled.reindex(hosts).fillna(0).to_numpy()
    classes = np.maximum(least, np.rint(number * fill / size))
    places = classes * size
    if kind == "primary_school":
        small = (own["residence"] == "rural").to_numpy() & ~own["is_seat"].to_numpy() & (number < 90)
        classes = np.where(small, VILLAGE_CLASSES, classes)
        places = np.where(small, VILLAGE_CLASSES * VILLAGE_CLASS, places)
    name = stem(own["name"]).str.replace("村$", "", regex=True)
    name = np.where(own["is_seat"], own["town_stem"] + "中心", name)
    name = name + ("小学" if kind == "primary_school" else "初级中学")
    if kind == "junior_school":
        name = np.char.replace(name.astype(str), "中心初级", "初级")
    teachers = np.maximum(classes, number / PUPILS_PER_TEACHER[kind]).round()
    prefix = "ps" if kind == "primary_school" else "js"
    rural_junior = (own["residence"] == "rural").to_numpy() & (kind == "junior_school")
    boarding = np.where(rural_junior, np.round(places * JUNIOR_BOARDING), np.nan)
    return _where(own).assign(
        site=(prefix + own.index).to_numpy(), name=name, kind=kind, capacity=places, staff=teachers,
        boarding=boarding, county=own["county"].to_numpy(), source="model:sites",
    )  # fmt: skip


def schools(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """Primary schools by town and junior schools by county, by rule."""
    towns = places.towns
    villages = places.villages.assign(
        is_seat=places.villages.index.isin(towns["seat"]),
        town_stem=town_stem(towns["name"]).reindex(places.villages["town"]).to_numpy(),
    )
    seats = pd.Index(towns["seat"])
    primary, junior = pupils(ages, PRIMARY_AGES), pupils(ages, JUNIOR_AGES)
    far = (villages["people"] > VILLAGE_SCHOOL_PEOPLE) & (villages["town_km"] > VILLAGE_SCHOOL_KM)
    village = villages.index[far & (villages["residence"] == "rural")]
    hosts = seats.union(village).union(_urban_hosts(villages, primary, URBAN_SCHOOL)).sort_values()
    enrolled = primary.groupby(_nearest(villages, hosts, "town")).sum()
    parts = [_schools(villages, hosts, enrolled, kind="primary_school", stream=1)]
    by_town = junior.groupby(villages["town"]).sum()
    seats = pd.Index(towns.loc[by_town.index[by_town >= JUNIOR_PUPILS], "seat"])
    hosts = seats.union(_urban_hosts(villages, junior, URBAN_JUNIOR)).sort_values()
    enrolled = junior.groupby(_nearest(villages, hosts, "county")).sum()
    parts.append(_schools(villages, hosts, enrolled, kind="junior_school", stream=2))
    return pd.concat(parts)


def build(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """The sites table."""
    lower = pd.concat([township_hospitals(places), clinics(places)])
    rows = pd.concat([county_hospitals(places, lower), lower, schools(places, ages)], ignore_index=True)
    if KAIHUA_SEAT not in places.towns.index:
        raise ValueError("the county seat of Kaihua is missing")
    return rows.assign(modelled=True).sort_values("site")
