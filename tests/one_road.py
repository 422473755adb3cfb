"""A county of one road, where every minute, place and 万元 can be worked out with a pencil.

    D (20 min) -- S, the seat -- 12 min -- A -- 12 min -- B -- 14.4 min -- C

    S-A  township road   7 km     A-B  single lane  5 km
    S-D  county road    15 km     B-C  single lane  6 km

Each village has 50 people of 0-4, 5-9, 10-14 (60 primary, 30 junior pupils), 15-19 and 30-34: 250 in all.
"""

from __future__ import annotations

import pandas as pd

from tongqu.contracts import Offer, State
from tongqu.data import Region, make_region
from tongqu.engine.simulate import collect_offers, simulate

COUNTY, SEAT, OUTER = "990200", "990200001", "990200002"
CODE = {"S": f"{SEAT}001", "D": f"{SEAT}002", "A": f"{OUTER}001", "B": f"{OUTER}002", "C": f"{OUTER}003"}
LON = {"D": 119.1, "S": 119.2, "A": 119.3, "B": 119.35, "C": 119.4}
KIND = {"modelled": False, "source": "t:x"}
SPLIT = 0.03
"""How far the single ages of a group may be from equal parts: a smooth curve runs through the groups."""
TICK = 1e-3
"""Minutes by which rounding to whole ticks of a network may add up on these roads."""


def units() -> pd.DataFrame:
    rows = [
        {"unit": COUNTY, "name": "县", "level": "county", "seat": SEAT, "lon": 119.2},
        {"unit": SEAT, "name": "城关", "level": "town", "parent": COUNTY, "seat": CODE["S"], "lon": 119.2},
        {"unit": OUTER, "name": "外乡", "level": "town", "parent": COUNTY, "seat": CODE["A"], "lon": 119.3},
    ]
    for letter, code in CODE.items():
        rows.append(
            {
                "unit": code,
                "name": letter,
                "level": "village",
                "parent": code[:9],
                "node": letter,
                "residence": "urban" if letter == "S" else "rural",
                "lon": LON[letter],
            }
        )
    return pd.DataFrame(rows).assign(lat=29.2, **KIND)


def people() -> pd.DataFrame:
    sizes = {"0": 5, "1-4": 20, "5-9": 25, "10-14": 25, "15-19": 25, "30-34": 25}
    rows = [
        {"unit": unit, "year": 2026, "sex": sex, "age": age, "people": size * (5 if unit == COUNTY else 1)}
        for unit in (COUNTY, *CODE.values())
        for sex in ("male", "female")
        for age, size in sizes.items()
    ]
    return pd.DataFrame(rows).assign(**KIND)


def sites() -> pd.DataFrame:
    rows = [
        ("h1", "county_hospital", "S", 40.0, 20.0),
        ("t1", "township_hospital", "A", 8.0, 4.0),
        ("c1", "clinic", "D", 0.0, 1.0),
        ("p1", "primary_school", "S", 150.0, 9.0),
        ("j1", "junior_school", "S", 500.0, 40.0),
    ]
    table = pd.DataFrame(rows, columns=["site", "kind", "node", "capacity", "staff"])
    return table.assign(
        name=table["site"], unit=table["node"].map(CODE), lon=table["node"].map(LON), lat=29.2, **KIND
    )


def links() -> pd.DataFrame:
    rows = [
        ("sa", "S", "A", "township", 7.0),
        ("sd", "S", "D", "county", 15.0),
        ("ab", "A", "B", "village", 5.0),
        ("bc", "B", "C", "village", 6.0),
    ]
    return pd.DataFrame(rows, columns=["link", "from_node", "to_node", "class", "length_km"]).assign(
        oneway=False, **KIND
    )


def accounts() -> pd.DataFrame:
    items = {
        "own_revenue": 1000.0,
        "transfers": 500.0,
        "expenditure": 1400.0,
        "debt": 300.0,
        "debt_limit": 700.0,
    }
    rows = [
        {"unit": COUNTY, "year": 2024, "item": item, "amount_wan": amount} for item, amount in items.items()
    ]
    return pd.DataFrame(rows).assign(**KIND)


def county(*, year: int = 2026, **changes: pd.DataFrame) -> Region:
    """The county, counted in the first year of the plan unless told."""
    nodes = pd.DataFrame({"node": list(LON), "lon": list(LON.values()), "lat": 29.2}).assign(**KIND)
    sources = pd.DataFrame(
        [{"source": "t:x", "title": "x", "kind": "observed", "licence": "CC0-1.0", "share_alike": False}]
    )
    seen = pd.DataFrame(
        [{"unit": COUNTY, "year": 2020, "variable": "mean_schooling_years", "value": 9.0}]
    ).assign(**KIND)
    words = pd.DataFrame(
        [
            {"variable": name, "name_zh": name, "name_en": name, "unit_of_measure": "person", "meaning": ""}
            for name in ("mean_schooling_years", "urban_people", "rural_people")
        ]
    )
    tables = {
        "units": units(),
        "people": people(),
        "nodes": nodes,
        "links": links(),
        "sites": sites(),
        "accounts": accounts(),
        "observations": seen,
        "variables": words,
        "sources": sources,
        **changes,
    }
    return make_region(
        tables,
        name="road",
        title_zh="一路县",
        title_en="One Road",
        base_year=year,
        bbox=(119.0, 29.1, 119.5, 29.4),
        crs="EPSG:4549",
    )


def by_letter(values: pd.Series) -> dict[str, float]:
    return {letter: float(values[code]) for letter, code in CODE.items()}


def offer_of(inputs) -> Offer:
    """All that the sectors offer, also what serves nobody."""
    return collect_offers(inputs.region, inputs.sectors, states=inputs.states, assume=inputs.assume)


def entries(offer: Offer, project: str, ledger: str) -> pd.DataFrame:
    found = offer.entries
    return found[(found["project"] == project) & (found["ledger"] == ledger)]


def planned(inputs, offer: Offer, **starts: int) -> tuple[State, ...]:
    return simulate(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=offer,
        starts=pd.Series({name.replace("__", ":"): year for name, year in starts.items()}),
    )
