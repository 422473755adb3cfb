"""Compact land allocation by size and by number of classes and towns, beside linear and integer programs.

Informational: prints tables; fails only where bounds of the ways of the same work contradict each other.

    python3 dev.py bench land
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from scipy.ndimage import gaussian_filter

from tongqu.methods.allocation import allocate, compare_maps, grid_neighbours, spread
from tongqu.methods.allocation._program import solve_program
from tongqu.methods.allocation.allocate import _read, _towns

Value = TypeVar("Value")
SIDE_M = 420.0
"""Side of a cell: 50,000 of them are a region of 8,800 km²."""
LARGE = (200, 250)
PEERS = ((10, 12), (20, 25), (40, 50), (100, 125), (200, 250))
INTEGER_CELLS = 2000
SECONDS = 60.0


def timed(work: Callable[[], Value]) -> tuple[Value, float]:
    """The value, and the seconds of one run."""
    start = time.perf_counter()
    value = work()
    return value, time.perf_counter() - start


def peak_mb() -> float:
    """Peak resident memory of this process so far in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def ground(shape: tuple[int, int], *, classes: int, towns: int, weight: float = 50.0) -> dict[str, Any]:
    """Smooth random suitability with noise; a tenth barred, a fiftieth built, a tenth of the rest wanted."""
    draw = np.random.default_rng(1)
    size = shape[0] * shape[1]
    smooth = np.stack([gaussian_filter(draw.random(shape), 3) for _ in range(classes)], axis=-1)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    room = np.full(size, int(SIDE_M**2))
    room[draw.random(size) < 0.1] = 0
    pairs, boundary = grid_neighbours(shape, width_m=SIDE_M, height_m=SIDE_M)
    want = int(room.sum() * 0.1 / classes) + 7
    case: dict[str, Any] = {
        "suitability": np.clip(smooth + 0.1 * draw.normal(size=smooth.shape), 0, 1).reshape(size, classes),
        "room_m2": room,
        "demand_m2": np.full(classes, want),
        "pairs": pairs,
        "boundary_m": boundary,
        "boundary_weight": weight,
        "built": draw.random(size) < 0.02,
    }
    if towns:
        each = want * classes / towns
        case["town"] = np.arange(size) * towns // size
        case["quotas_m2"], case["floors_m2"] = np.full(towns, 1.2 * each), np.full(towns, 0.5 * each)
    return case


def large() -> None:
    """A whole region."""
    rows, columns = LARGE
    print(f"{rows * columns} cells, {len(grid_neighbours(LARGE, width_m=1, height_m=1)[0])} pairs")
    for classes, towns, weight in ((1, 0, 50.0), (1, 0, 200.0), (3, 0, 50.0), (3, 40, 50.0), (1, 90, 50.0)):
        case = ground(LARGE, classes=classes, towns=towns, weight=weight)
        found, seconds = timed(lambda case=case: allocate(**case))
        assert (found.area_m2.sum(axis=0) == case["demand_m2"]).all()
        open_share = (found.bound - found.value) / found.suited_m2
        what = f"{classes} classes, limits of {towns} towns, weight {weight:g} m"
        print(f"  {what:42s} {seconds:6.1f} s, open {open_share:.4%} of suitability, peak {peak_mb():.0f} MB")


def peers() -> None:
    """The same problems by cuts, by one linear program for the bound, and by an integer program."""
    print(f"one class: cuts, linear program (bound only), integer program of at most {SECONDS:g} s")
    for shape in PEERS:
        size = shape[0] * shape[1]
        case = ground(shape, classes=1, towns=0)
        found, seconds = timed(lambda case=case: allocate(**case, solver="cut"))
        names = ("suitability", "room_m2", "pairs", "boundary_m", "boundary_weight", "built")
        whole = _read(*(case[name] for name in names))
        inner = whole.case(case["demand_m2"], *_towns(None, None, None, size=size))
        (_, top), linear = timed(lambda inner=inner: solve_program(inner, whole=False, seconds=10 * SECONDS))
        if found.value > top + 1e-6 * abs(top) or not np.isclose(found.bound, top, rtol=1e-3):
            sys.exit("the bounds of the two ways differ")
        line = f"  {size:6d} cells: {seconds:6.2f} s, {linear:6.2f} s"
        if size > INTEGER_CELLS:
            print(f"{line}; value {found.value / top:.5f} of the linear bound")
            continue
        (area, bound), integer = timed(lambda inner=inner: solve_program(inner, seconds=SECONDS))
        best = inner.value(area) if area is not None else float("nan")
        print(
            f"{line}, {integer:6.2f} s; value {found.value / top:.5f}, {best / top:.5f} of the linear bound"
        )
        if best > bound + 1e-6 * abs(bound):
            sys.exit("the integer program is above its bound")


def automaton() -> None:
    """Spreading on the same grid."""
    draw = np.random.default_rng(1)
    start = (gaussian_filter(draw.random(LARGE), 4) > 0.5).astype(int)
    counts = np.bincount(start.ravel())
    chance = draw.random((*LARGE, 2))
    found, seconds = timed(lambda: spread(start, probability=chance, demand=counts + np.array([-3000, 3000])))
    change = compare_maps(found.classes, actual=start, original=start).change
    assert change is not None
    print(
        f"automaton: {seconds:.2f} s, {found.steps} steps, met {found.met}, {change.false_alarms:.1%} changed"
    )


def main() -> None:
    """Print all tables."""
    large()
    peers()
    automaton()


if __name__ == "__main__":
    main()
