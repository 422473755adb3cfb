"""A network of health care in levels: Acre to its published optimum, medians of OR-Library, counties made up.

Informational: prints tables, fails only where a published optimum is missed. The counties are made up:
villages around towns, a clinic, township hospital or county hospital at any of the candidates, standing
hospitals kept, capacities at every level; the gap is what the solver has proven when it stops.

    python3 dev.py bench medical
    python3 dev.py bench medical --seconds 120
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import floyd_warshall

from tongqu.base import TongquError
from tongqu.methods.medical import CareLevel, CareNetwork, Links, design_network, post_staff
from tongqu.methods.reach import times_from_matrix

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))
from acre_network import acre_network  # noqa: E402  (the tests' own reading of the data)

ACRE = 1_668_167_244.44
MEDIANS = {"pmed1": 5819, "pmed2": 4093, "pmed3": 4250}
COUNTIES = ((60, 20), (120, 40), (240, 60))
"""Villages and candidates."""
SIDE_KM, KM_PER_MINUTE = 60.0, 0.6
WINDOWS, REFERRED = (30.0, 45.0, 90.0), (1.0, 0.25, 0.3)
OPENING = (10.0, 100.0, 1500.0)  # 10 000 yuan a year
MINUTE_COST = 0.002  # 10 000 yuan for a person's minute, over all visits of a year


def county(villages: int, candidates: int, *, seconds: float) -> CareNetwork:
    """The network of a county made up."""
    rng = np.random.default_rng(villages)
    towns = rng.random((max(villages // 15, 3), 2)) * SIDE_KM
    spots = towns[rng.integers(0, len(towns), villages)] + rng.normal(0, 4, (villages, 2))
    people = np.round(np.exp(rng.normal(6.5, 0.8, villages)))
    at = np.sort(rng.permutation(villages)[:candidates])
    home = np.full(villages, -1)
    home[at] = np.arange(candidates)
    levels = []
    for number, (window, share, cost) in enumerate(zip(WINDOWS, REFERRED, OPENING, strict=True)):
        below = spots if number == 0 else spots[at]
        away = np.hypot(*(below[:, np.newaxis] - spots[at]).transpose(2, 0, 1)) / KM_PER_MINUTE
        start, site = np.nonzero(away <= window)
        levels.append(
            CareLevel(
                name=str(number),
                links=Links(start=start, site=site, per_person=away[start, site] * MINUTE_COST),
                opening=cost,
                capacity=people.sum() * (0.2, 0.1, 0.06)[number],
                referred=share,
                pinned=np.arange(candidates) < (0 if number == 0 else 4 // number),
            )
        )
    return design_network(
        people, sites=candidates, levels=levels, home=home, unserved=50.0, gap=0.001, seconds=seconds
    )


def median(name: str) -> float:
    """Total of a p-median of OR-Library."""
    lines = (TESTS / "methods" / "published" / f"{name}.txt").read_text().splitlines()
    rows = [list(map(int, line.split())) for line in lines]
    size, _, count = rows[0]
    table = np.full((size, size), np.inf)
    for start, end, length in rows[1:]:
        table[start - 1, end - 1] = table[end - 1, start - 1] = length
    np.fill_diagonal(table, 0)
    away = floyd_warshall(table)
    place, site = np.nonzero(np.isfinite(away))
    links = Links(start=place, site=site, per_person=away[place, site])
    level = CareLevel(name="median", links=links, most=count)
    return design_network(np.ones(size), sites=size, levels=[level]).total


def posting() -> str:
    """Posting over the sites of a large county."""
    rng = np.random.default_rng(3)
    size = 400
    spots = rng.random((size, 2)) * SIDE_KM
    away = np.hypot(*(spots[:, np.newaxis] - spots).transpose(2, 0, 1)) / KM_PER_MINUTE
    begin = time.perf_counter()
    found = post_staff(
        rng.integers(0, 9, size),
        rng.random(size) * 9,
        times=times_from_matrix(away),
        community=np.zeros(size, dtype=int),
        limit=60.0,
    )
    took = time.perf_counter() - begin
    posted, lacking = found.persons.sum(), found.unfilled.sum()
    return f"posting: {size} sites, {posted:.0f} posted, {lacking:.0f} lacking, {took:.2f} s"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    begin = time.perf_counter()
    _, acre = acre_network()
    took = time.perf_counter() - begin
    print(f"Acre: {acre.total:,.2f} (published {ACRE:,.2f}), gap {acre.gap:.0%}, {took:.2f} s")
    if round(acre.total, 2) != ACRE:
        raise SystemExit("the published optimum was missed")
    for name, optimum in MEDIANS.items():
        begin = time.perf_counter()
        total = median(name)
        print(f"{name}: {total:.0f} (published {optimum}), {time.perf_counter() - begin:.2f} s")
        if total != optimum:
            raise SystemExit("a published optimum was missed")
    print(posting())
    print(f"\ncounties, gap 0.1 %, at most {options.seconds:.0f} s")
    print("villages  candidates      total      gap   sites by level  seconds")
    for villages, candidates in COUNTIES:
        begin = time.perf_counter()
        try:
            found = county(villages, candidates, seconds=options.seconds)
        except TongquError as error:
            print(f"{villages:>8}  {candidates:>10}  {error}")
            continue
        took = time.perf_counter() - begin
        held = "/".join(str(count) for count in found.opened.sum(axis=1))
        print(
            f"{villages:>8}  {candidates:>10}  {found.total:>9.1f}  {found.gap:>7.2%}  {held:>15}"
            f"  {took:>7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
