"""Kindergartens, senior and vocational schools, ambulances, care and service halls, placed by rule.

No list was at hand. What no rule can tell is blank: the safety of buildings, the ages of teachers, the nurses
of clinics.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from quzhou import raw
from quzhou.places import SEAT_TOWN, Places, stem, town_stem
from quzhou.sites import pupils

NURSERY_AGES = {"1-4": 2 / 4, "5-9": 1 / 5}  # 3 to 5
INFANT_AGES = {"0": 1.0, "1-4": 2 / 4}  # 0 to 2
SENIOR_AGES = {"15-19": 3 / 5}  # 15 to 17
ELDERS = dict.fromkeys(("60-64", "65-69", "70-74", "75-79", "80-84", "85+"), 1.0)
NURSERY_CLASS, SENIOR_CLASS = 30, 50  # children in a class (kindergarten rules of 2016; assumed)
URBAN_NURSERY, VILLAGE_NURSERY = 300, 45  # children for each urban kindergarten; least in a village (assumed)
VILLAGE_NURSERY_KM = 2.5  # from the seat of the town, for a village to have its own (assumed)
VOCATIONAL_SHARE = 0.45  # of pupils aged 15-17 in vocational schools (assumed)
SENIOR_SCHOOL, VOCATIONAL_SCHOOL = 1_800, 2_500  # pupils for each (assumed)
ENROLLED = 0.95  # of those aged 15-17 in a school (assumed)
ROOM = (0.95, 1.25)  # places over pupils (assumed)
PUPILS_PER_TEACHER = {"kindergarten": 14.0, "senior_school": 12.5, "vocational_school": 17.0}  # assumed
PEOPLE_PER_VEHICLE = 30_000  # an ambulance for so many people of a county (assumed)
PEOPLE_PER_STATION = 60_000  # so many people for each station beside the hospitals (assumed)
MEAL_SHARE = 0.35  # of village-level units with a meal point, the most elders first (assumed)
MEALS = (0.05, 0.12)  # meals a day for each elder (assumed)
CARE_ELDERS = 450  # a village with so many elders has a day-care centre beside that of its town (assumed)
CARE_PLACES = 0.015  # places for each elder (assumed)
INFANT_PLACES_PER_1000 = 3.6  # of people (assumed; the national target of 2025 is 4.5)
INFANT_SHARE = 0.25  # of urban units with child care, most infants first; and every other town
COUNTERS = {"county": 60, "town": 8}  # of a service hall (assumed)
FILL, CARE, MEAL, CHILD = 61, 62, 63, 64


def _rows(places: Places, units: pd.Index) -> pd.DataFrame:
    columns = ["node", "lon", "lat", "county"]
    return places.villages.loc[units, columns].rename_axis("unit").reset_index()


def _short(places: Places, units: pd.Index) -> np.ndarray:
    """Names of units without the word for their kind; the seat of a town has the town's."""
    name = stem(places.villages.loc[units, "name"]).str.replace("村$", "", regex=True)
    towns = places.towns
    seat = pd.Series(town_stem(towns["name"]).to_numpy(), index=towns["seat"].to_numpy()) + "中心"
    return name.where(~units.isin(towns["seat"]), seat.reindex(units)).to_numpy()


def _nearest(villages: pd.DataFrame, hosts: pd.Index, within: str) -> pd.Series:
    """The host nearest to each village of the same `within`, in a straight line."""
    out = pd.Series(index=villages.index, dtype=object)
    for key, group in villages.groupby(within):
        own = villages.loc[hosts[villages.loc[hosts, within].to_numpy() == key]]
        here, there = raw.to_km(group["lon"], group["lat"]), raw.to_km(own["lon"], own["lat"])
        away = ((np.asarray(here)[:, None, :] - np.asarray(there)[None, :, :]) ** 2).sum(axis=2)
        out[group.index] = own.index.to_numpy()[away.argmin(axis=1)]
    return out


def kindergartens(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """One at the seat of every town, more in urban units, and in the larger villages far from the seat."""
    villages, children = places.villages, pupils(ages, NURSERY_AGES)
    urban = villages[villages["residence"] == "urban"].assign(children=children)
    number = np.ceil(urban.groupby("town")["children"].sum() / URBAN_NURSERY)
    rank = urban.groupby("town")["people"].rank(method="first", ascending=False)
    in_town = urban.index[rank <= urban["town"].map(number)]
    far = (villages["town_km"] > VILLAGE_NURSERY_KM) & (children >= VILLAGE_NURSERY)
    village = villages.index[far & (villages["residence"] == "rural")]
    hosts = pd.Index(places.towns["seat"]).union(in_town).union(village).sort_values()
    enrolled = children.groupby(_nearest(villages, hosts, "town")).sum().reindex(hosts, fill_value=0.0)
    room = raw.random(FILL, 1).uniform(*ROOM, len(hosts))
    classes = np.maximum(3, np.ceil(enrolled.to_numpy() * room / NURSERY_CLASS))
    return _rows(places, hosts).assign(
        site=("kg" + hosts).to_numpy(), name=_short(places, hosts) + "幼儿园", kind="kindergarten",
        capacity=classes * NURSERY_CLASS,
        staff=np.maximum(classes * 2, enrolled.to_numpy() / PUPILS_PER_TEACHER["kindergarten"]).round(),
    )  # fmt: skip


def senior_schools(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """Senior and vocational schools in the largest urban units of the town of each county's seat."""
    villages = places.villages
    by_county = pupils(ages, SENIOR_AGES).groupby(villages["county"]).sum() * ENROLLED
    names = raw.table("register_counties").set_index("code")["name"]
    parts = []
    for county, young in by_county.items():
        near = villages[(villages["county"] == county) & (villages["residence"] == "urban")]
        near = near.sort_values("people", ascending=False, kind="stable")
        kinds = (
            ("senior_school", "高级中学", young * (1 - VOCATIONAL_SHARE), SENIOR_SCHOOL),
            ("vocational_school", "中等职业学校", young * VOCATIONAL_SHARE, VOCATIONAL_SCHOOL),
        )
        start = 0
        for number, (kind, word, enrolled, each) in enumerate(kinds):
            count = max(1, int(np.ceil(enrolled / each)))
            hosts = near.index[start : start + count]
            start += count
            room = raw.random(FILL, 2 + number, int(str(county))).uniform(*ROOM, count)
            classes = np.ceil(enrolled / count * room / SENIOR_CLASS)
            order = np.array([""] if count == 1 else [f"第{'一二三四五六七'[i]}" for i in range(count)])
            parts.append(
                _rows(places, hosts).assign(
                    site=(("ss" if kind == "senior_school" else "vs") + hosts).to_numpy(),
                    name=np.char.add(np.char.add(names[county], order), word), kind=kind,
                    capacity=classes * SENIOR_CLASS, boarding=(classes * SENIOR_CLASS * 0.6).round(),
                    staff=np.round(enrolled / count / PUPILS_PER_TEACHER[kind]),
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def ambulances(places: Places, hospitals: pd.DataFrame) -> pd.DataFrame:
    """A station at the largest hospital of each county and at the hospitals of its largest outer towns."""
    villages, towns = places.villages, places.towns
    people = villages.groupby("county")["people"].sum()
    by_town = villages.groupby("town")["people"].sum()
    main = hospitals.sort_values("capacity", ascending=False, kind="stable").drop_duplicates("county")
    seats = main.set_index("county")["unit"]
    rows = []
    for county, total in people.items():
        vehicles = max(2, round(total / PEOPLE_PER_VEHICLE))
        outer = towns.index[(towns["county"] == county) & (towns.index != SEAT_TOWN[str(county)])]
        outer = by_town[outer].sort_values(ascending=False, kind="stable")
        chosen = outer.index[: min(max(1, int(total / PEOPLE_PER_STATION)), vehicles - 1)]
        units = [seats[county], *towns.loc[chosen, "seat"]]
        names = ["", *town_stem(towns.loc[chosen, "name"])]
        rows += [
            (unit, name, vehicles - len(chosen) if i == 0 else 1, county)
            for i, (unit, name) in enumerate(zip(units, names, strict=True))
        ]
    frame = pd.DataFrame(rows, columns=["unit", "name", "capacity", "county"])
    county_names = raw.table("register_counties").set_index("code")["name"]
    main_name = county_names[frame["county"]].to_numpy() + "急救中心"
    name = np.where(frame["name"] == "", main_name, frame["name"] + "急救站")
    own = _rows(places, pd.Index(frame["unit"]))
    return own.assign(
        site=("am" + frame["unit"]).to_numpy(), name=name, kind="ambulance_station",
        capacity=frame["capacity"].to_numpy(dtype=float),
    )  # fmt: skip


def elder_care(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """Day care at the seat of every town and in villages with many elders; meals where most elders are."""
    villages, elders = places.villages, pupils(ages, ELDERS)
    seats = pd.Index(places.towns["seat"])
    many = villages.index[(elders >= CARE_ELDERS) & (villages["residence"] == "rural")]
    hosts = seats.union(many).sort_values()
    by_town = elders.groupby(villages["town"]).sum()
    at_seat = pd.Series(by_town.reindex(places.towns.index).to_numpy(), index=places.towns["seat"].to_numpy())
    asked = elders.reindex(hosts).where(~hosts.isin(seats), at_seat.reindex(hosts))
    spread = raw.random(CARE).uniform(0.7, 1.3, len(hosts))
    care = _rows(places, hosts).assign(
        site=("dc" + hosts).to_numpy(), name=_short(places, hosts) + "居家养老服务照料中心", kind="day_care",
        capacity=np.maximum(10, np.round(asked.to_numpy() * CARE_PLACES * spread / 5) * 5),
    )  # fmt: skip
    luck = raw.random(MEAL).normal(0, 0.25, len(villages))
    rank = (np.log(elders.clip(lower=1)) + luck).groupby(villages["county"]).rank(pct=True, ascending=False)
    own = villages.index[rank <= MEAL_SHARE]
    rate = raw.random(MEAL, 1).uniform(*MEALS, len(own))
    meals = _rows(places, own).assign(
        site=("mp" + own).to_numpy(), name=_short(places, own) + "老年助餐点", kind="meal_point",
        capacity=np.maximum(10, np.round(elders[own].to_numpy() * rate / 5) * 5),
    )  # fmt: skip
    return pd.concat([care, meals], ignore_index=True)


def child_care(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """Places for children under three where most of them are, up to the county's ratio."""
    villages, infants = places.villages, pupils(ages, INFANT_AGES)
    urban = villages["residence"] == "urban"
    rank = infants[urban].groupby(villages["county"]).rank(pct=True, ascending=False)
    hosts = rank.index[rank <= INFANT_SHARE].union(pd.Index(places.towns["seat"].iloc[::2])).sort_values()
    county = villages.loc[hosts, "county"]
    wanted = villages.groupby("county")["people"].sum() * INFANT_PLACES_PER_1000 / 1000
    spread = raw.random(CHILD).uniform(0.7, 1.3, len(hosts)) * infants[hosts].clip(lower=5)
    share = spread / spread.groupby(county).transform("sum") * county.map(wanted)
    return _rows(places, hosts).assign(
        site=("cc" + hosts).to_numpy(), name=_short(places, hosts) + "托育园", kind="child_care",
        capacity=np.maximum(10, np.round(share.to_numpy() / 5) * 5),
    )  # fmt: skip


def service_halls(places: Places) -> pd.DataFrame:
    """A one-stop service hall in every county seat and town."""
    towns, counties = places.towns, pd.Series(SEAT_TOWN)
    names = raw.table("register_counties").set_index("code")["name"]
    at = pd.Index(towns.loc[counties.to_numpy(), "seat"])
    county = _rows(places, at).assign(
        site=("sh" + counties.index).to_numpy(), capacity=float(COUNTERS["county"]),
        name=(names[counties.index] + "政务服务中心").to_numpy(),
    )  # fmt: skip
    town = _rows(places, pd.Index(towns["seat"])).assign(
        site=("sh" + towns.index).to_numpy(), name=(towns["name"] + "便民服务中心").to_numpy(),
        capacity=float(COUNTERS["town"]),
    )  # fmt: skip
    return pd.concat([county, town], ignore_index=True).assign(kind="service_hall")


def build(places: Places, ages: pd.DataFrame, hospitals: pd.DataFrame) -> pd.DataFrame:
    """Rows of the sites table."""
    parts = [
        kindergartens(places, ages),
        senior_schools(places, ages),
        ambulances(places, hospitals),
        elder_care(places, ages),
        child_care(places, ages),
        service_halls(places),
    ]
    return pd.concat(parts, ignore_index=True).assign(modelled=True, source="model:services")
