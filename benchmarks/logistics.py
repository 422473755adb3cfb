"""Rounds of all towns of the bundled region, gaps on public instances, opening of stations and points.

Informational: prints tables; fails only where a value is better than the best known, or beyond its bound.

    python3 dev.py bench logistics
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import vrplib
from scipy.spatial import cKDTree

import tongqu
from tongqu.contracts import Assume, Scenario
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import simulate
from tongqu.methods.hubs import Candidates, Pairs, locate_hubs, open_sites
from tongqu.methods.rounds import Rounds, Stops, Vehicle, Ways, calibrated, estimated_rounds, plan_rounds
from tongqu.sectors.logistics.day import day_of, networks_of
from tongqu.sectors.logistics.ground import ground_of
from tongqu.sectors.logistics.parameters import van_of

PUBLISHED = Path(__file__).resolve().parents[1] / "tests" / "methods" / "published"
ITERATIONS = (300, 1000, 3000)
AP_OPTIMUM = 107354.73
"""Multiple allocation, 10 places, 4 hubs (Ernst and Krishnamoorthy 1998)."""


def instance(name: str) -> tuple[Stops, Ways, Vehicle, float]:
    """A public instance as the methods take it, and its best known value."""
    found = vrplib.read_instance(PUBLISHED / f"{name}.vrp")
    names = tuple(map(str, range(1, found["dimension"])))
    if name.startswith("X"):
        km = np.rint(found["edge_weight"])
        vehicle = Vehicle(name="v", parcels=float(found["capacity"]), per_km=1.0)
        return Stops(names=names, parcels_in=found["demand"][1:]), Ways(km * 0, km), vehicle, 27591.0
    km, hours = np.floor(10 * found["edge_weight"]) / 10, found["time_window"]
    end = float(hours[0, 1])
    stops = Stops(
        names=names,
        parcels_in=found["demand"][1:],
        opens=hours[1:, 0],
        closes=hours[1:, 1],
        service=float(found["service_time"]),
        release=found["release_time"][1:],
    )
    vehicle = Vehicle(
        name="v", count=8, parcels=float(found["capacity"]), per_km=1.0, ends=end, shift=end, reloads=20
    )
    return stops, Ways(km, km), vehicle, 1500.6


def gaps() -> None:
    """Gap to the best known by iterations."""
    print("public instances: iterations, seconds, value, above the best known, own bound below it")
    for name in ("X-n101-k25", "C201R0.25"):
        stops, ways, vehicle, best = instance(name)
        for count in ITERATIONS:
            start = time.perf_counter()
            found = plan_rounds(stops, ways, vehicles=[vehicle], iterations=count)
            taken = time.perf_counter() - start
            assert found.yuan >= best - 1e-6 >= found.bound - 1e-6
            gap, low = found.yuan / best - 1, 1 - found.bound / best
            print(f"  {name:11} {count:5} {taken:6.2f} s {found.yuan:9.1f} {gap:6.2%} {low:6.1%}")


def rounds_of_towns() -> None:
    """All towns of Quzhou, and the formula beside them."""
    region, scenario = tongqu.load("quzhou"), Scenario()
    assume = Assume.of(region["standards"], scenario)
    sectors = load_sectors(["population", "transport", "logistics"])
    state = simulate(region, sectors, scenario=scenario, assume=assume, years=[2026])[0]
    served, ground, van = state["served.parcel_point"] > 0, ground_of(region), van_of(assume)
    networks = networks_of(region, state)
    start = time.perf_counter()
    rows = []
    for town in ground.towns.index:
        day = day_of(region, state, town=town, served=served, networks=networks, assume=assume)
        if len(day.stops):
            found = plan_rounds(day.stops, day.ways, vehicles=[van])
            rows.append(row_of(day.stops, day.ways, found, van=van, area=ground.towns.loc[town, "area_km2"]))
    taken = time.perf_counter() - start
    table = pd.DataFrame(rows)
    total = table.sum()
    size = f"stops {total['stops']:.0f}, trips {total['trips']:.0f}, vehicles {total['vehicles']:.0f}"
    print(f"towns with rounds: {len(table)}, {size}, {taken:.1f} s")
    each = f"a parcel {total['yuan'] / total['parcels']:.3f}, km {total['km']:.0f}"
    print(f"  yuan a day {total['yuan']:.0f}, {each}")
    print(f"  unserved {total['unserved']:.0f}, own bound {1 - total['bound'] / total['yuan']:.1%} below")
    haul, local = calibrated(
        table["stops"], trips=table["trips"], km=table["way"], area_km2=table["area"], found_km=table["km"]
    )
    guess = estimated_rounds(
        table["stops"],
        load=table["load"] / assume["logistics.fill"],
        minutes=table["minutes"],
        km=table["way"],
        area_km2=table["area"],
        vehicle=van,
        service=assume["logistics.stop_minutes"],
        haul=haul,
        local=local,
    )
    fit = np.corrcoef(guess.yuan, table["yuan"])[0, 1] ** 2
    ratio = guess.yuan.sum() / total["yuan"]
    print(f"  formula: haul {haul:.2f}, local {local:.2f}; yuan over those found {ratio:.3f}, R2 {fit:.3f}")


def row_of(stops: Stops, ways: Ways, found: Rounds, *, van: Vehicle, area: float) -> dict[str, float]:
    """Figures of one town."""
    load = np.maximum(stops.load_in.sum(axis=0), stops.load_out.sum(axis=0))
    return {
        "stops": len(stops),
        "vehicles": len(found.rounds),
        "trips": sum(len(one.trips) for one in found.rounds),
        "km": found.km,
        "yuan": found.yuan,
        "bound": found.bound,
        "parcels": found.parcels,
        "unserved": len(found.unserved),
        "minutes": float(np.asarray(ways.minutes)[0, 1:].mean()),
        "way": float(np.asarray(ways.km)[0, 1:].mean()),
        "area": area,
        "load": float((load / [van.parcels, van.kg]).max()),
    }


def hubs() -> None:
    """The AP data set, and 1 664 villages with 100 stations made at random."""
    numbers = np.array((PUBLISHED / "hub_ap10.txt").read_text().split(), dtype=float)
    places, flow = numbers[1:21].reshape(10, 2), numbers[21:].reshape(10, 10)
    apart = np.hypot(*np.moveaxis(places[:, np.newaxis] - places, -1, 0)) / 1000
    start = time.perf_counter()
    legs = {"collection": 3.0, "transfer": 0.75, "distribution": 2.0}
    found = locate_hubs(apart, flow, allocation="multiple", count=4, **legs)
    assert abs(found.total - AP_OPTIMUM) < 0.01
    print(f"AP data, 4 hubs: {found.total:.2f}, {time.perf_counter() - start:.2f} s")
    draw = np.random.default_rng(1)
    depots = draw.uniform(0, 90, (100, 2))
    at = depots[draw.integers(0, 100, 1664)] + draw.normal(0, 4, (1664, 2))
    near = cKDTree(at).query_pairs(1.25, output_type="ndarray")
    own = np.arange(1664)
    near = np.vstack([near, near[:, ::-1], np.column_stack([own, own])])
    walk = np.hypot(*(at[near[:, 0]] - at[near[:, 1]]).T)
    far = np.hypot(*np.moveaxis(at[:, np.newaxis] - depots, -1, 0))
    five = np.argsort(far, axis=1)[:, :5].ravel()
    van = np.repeat(own, 5)
    demand = draw.gamma(2, 60, 1664)
    for room, capacity in (("without capacities", np.inf), ("stations of 3 000 a day", 3000.0)):
        start = time.perf_counter()
        opened = open_sites(
            demand,
            points=Candidates(fixed=np.full(1664, 60.0), per_parcel=0.1),
            stations=Candidates(fixed=np.full(100, 800.0), capacity=capacity, per_parcel=0.2),
            walks=Pairs(near[:, 0], near[:, 1], walk * 0.3),
            drives=Pairs(van, five, far[van, five] * 4),
        )
        assert opened.bound <= opened.total
        taken = time.perf_counter() - start
        sites = f"{len(opened.stations)} stations, {len(opened.points)} points"
        print(f"1664 x 100, {room}: gap {opened.gap:.2%}, {sites}, {taken:.1f} s")


if __name__ == "__main__":
    gaps()
    rounds_of_towns()
    hubs()
