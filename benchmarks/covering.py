"""Which sites cover the most: 1,664 villages and 1,000 candidates, ours beside the plain integer program.

Informational: prints a table, fails only where a choice beats a bound. The peer is scipy's HiGHS on the
program of Church and ReVelle as it is written, every place and candidate in it, on the same input with the
same gap and time; ours comes first. The reach is that of a station (1.4 km) up to 5 km, where covers
overlap much.

    python3 dev.py bench covering
    python3 dev.py bench covering --seconds 60 --gap 0.005
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity
from scipy.spatial import cKDTree

from tongqu.methods.backhaul import Roads, fibre_tree
from tongqu.methods.covering import maximal_covering

PLACES, CANDIDATES = 1664, 1000
SIDE_KM, CLUSTERS, CLUSTER_KM = 94.0, 100, 4.0  # the area of Quzhou; its towns


def case(reach_km: float, *, seed: int = 1) -> tuple[csr_array[Any], np.ndarray, np.ndarray]:
    """Who covers whom, people, and the cost of each site; villages lie around towns."""
    rng = np.random.default_rng(seed)
    towns = rng.random((CLUSTERS, 2)) * SIDE_KM
    spots = towns[rng.integers(0, CLUSTERS, PLACES)] + rng.normal(0, CLUSTER_KM, (PLACES, 2))
    sites = spots[rng.permutation(PLACES)[:CANDIDATES]]
    near = cKDTree(spots).sparse_distance_matrix(cKDTree(sites), reach_km, output_type="coo_matrix")
    covers = csr_array((np.ones(near.nnz), (near.row, near.col)), shape=near.shape)
    people = np.round(np.exp(rng.normal(6.5, 0.8, PLACES)))
    return covers, people, rng.uniform(20, 90, CANDIDATES)


def plain(
    covers: csr_array[Any], people: np.ndarray, *, limit: LinearConstraint, gap: float, seconds: float
) -> tuple[float, float]:
    """Value and bound of the program as it is written."""
    found = milp(
        np.concatenate([np.zeros(CANDIDATES), -people]),
        constraints=[LinearConstraint(hstack([-covers, identity(PLACES)]), ub=0.0), limit],
        bounds=Bounds(0, 1),
        integrality=np.concatenate([np.ones(CANDIDATES), np.zeros(PLACES)]),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )
    return (0.0 if found.x is None else -float(found.fun)), -float(found.mip_dual_bound)


def compare(reach_km: float, *, count: int, by_money: bool, gap: float, seconds: float) -> str:
    """One line of the table."""
    covers, people, costs = case(reach_km)
    budget = float(costs.mean() * count)
    row = np.concatenate([costs if by_money else np.ones(CANDIDATES), np.zeros(PLACES)])[np.newaxis]
    top = budget if by_money else count
    begin = time.perf_counter()
    given: dict[str, Any] = {"costs": costs, "budget": budget} if by_money else {"count": count}
    ours = maximal_covering(covers, people, gap=gap, seconds=seconds, **given)
    between = time.perf_counter()
    value, bound = plain(covers, people, limit=LinearConstraint(row, ub=top), gap=gap, seconds=seconds)
    end = time.perf_counter()
    if max(ours.value, value) > min(ours.bound, bound) * (1 + 1e-6):
        raise SystemExit("a choice beats a bound")
    limit = f"{budget:.0f} money" if by_money else f"{count} sites"
    theirs = (bound - value) / value if value else float("inf")
    return (
        f"{reach_km:>6.1f}  {limit:>11}  {ours.value / people.sum():>7.1%}  {between - begin:>8.2f}"
        f"  {ours.gap:>8.3%}  {ours.search:>6}  {end - between:>8.2f}  {theirs:>8.3%}"
    )


def trees() -> None:
    """Fibre trees on a network of the size of Quzhou."""
    rng = np.random.default_rng(2)
    spots = rng.random((PLACES, 2)) * SIDE_KM
    away, near = cKDTree(spots).query(spots, k=4)
    start, end = np.repeat(np.arange(PLACES), 3), near[:, 1:].ravel()
    roads = Roads(start=start, end=end.astype(np.int64), km=away[:, 1:].ravel() * 1.3, nodes=PLACES)
    print("\nroots  sites      km     gap  seconds")
    for roots, sites in ((1400, 150), (100, 150), (1, 150)):
        turn = rng.permutation(PLACES)
        begin = time.perf_counter()
        found = fibre_tree(roads, roots=turn[:roots], sites=turn[-sites:])
        took = time.perf_counter() - begin
        print(f"{roots:>5}  {sites:>5}  {found.km:>6.1f}  {found.gap:>6.2%}  {took:>7.2f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    print(f"{PLACES} places, {CANDIDATES} candidates, gap {options.gap:.1%}, at most {options.seconds:.0f} s")
    print("    km        limit  covered   seconds       gap  search   plain s   its gap")
    for reach_km in (1.4, 3.0, 5.0):
        for count in (50, 150):
            for by_money in (False, True):
                print(
                    compare(
                        reach_km, count=count, by_money=by_money, gap=options.gap, seconds=options.seconds
                    ),
                    flush=True,
                )
    trees()


if __name__ == "__main__":
    main()
