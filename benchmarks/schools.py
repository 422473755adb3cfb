"""Catchments for a prefecture: villages times schools times ages, and the gap that is proven.

Run: ``python benchmarks/schools.py [--villages 1664 --schools 300 --room 1.3 --seed 1]``.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tongqu.methods.reach import Times, times_from_matrix
from tongqu.methods.schools import Stage, draw_catchments

__all__: list[str] = []

STAGES = (Stage("nursery", (0, 2), 25.0), Stage("primary", (3, 8), 30.0), Stage("junior", (9, 11), 45.0))
"""Twelve ages, 3 to 14."""


def case(
    *, villages: int, schools: int, room: float, seed: int
) -> tuple[np.ndarray, Times, np.ndarray, np.ndarray]:
    """Villages scattered over a square of 90 minutes, schools where children are, a next village on the way.

    Pupils of an age are log-normal (median 6); a school takes one, two or three stages; places are those of
    the children nearest to it times the room, in whole classes.
    """
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 90, (villages, 2))
    trend = np.linspace(0.85, 1.1, 12)  # fewer small children than large ones
    pupils = np.rint(
        rng.lognormal(np.log(6), 0.8, villages)[:, None] * trend * rng.uniform(0.7, 1.3, (villages, 12))
    )
    pupils = np.minimum(pupils, 45)
    home = rng.choice(villages, schools, replace=False, p=pupils.sum(1) / pupils.sum())
    minutes = np.hypot(*(at[:, None] - at[home][None]).transpose(2, 0, 1)) * 1.2 + rng.uniform(
        0, 1, (villages, schools)
    )
    takes = np.ones((schools, 3), bool)
    takes[:, 0] = rng.random(schools) < 0.7
    takes[:, 2] = rng.random(schools) < 0.45
    places = np.zeros((schools, 12))
    for number, stage in enumerate(STAGES):
        mine = np.flatnonzero(takes[:, number])
        nearest = mine[minutes[:, mine].argmin(1)]
        asked = np.zeros(schools)
        np.add.at(asked, nearest, pupils[:, stage.columns].max(1))
        classes = np.maximum(np.ceil(asked[mine] * room / 45), 1)
        places[np.ix_(mine, np.arange(12)[stage.columns])] = (classes * 45)[:, None]
    minutes[minutes > 45] = np.inf
    times = times_from_matrix(minutes)
    onward = np.full(times.origin.size, -1)
    for school in range(schools):
        pairs = np.flatnonzero(times.site == school)
        mine, far = times.origin[pairs], times.minutes[pairs]
        way = np.hypot(*(at[mine][:, None] - at[mine][None]).transpose(2, 0, 1))
        way[far[None, :] >= far[:, None]] = np.inf
        best = way.argmin(1)
        known = np.isfinite(way[np.arange(mine.size), best])
        onward[pairs[known]] = mine[best[known]]
    return pupils, times, places, onward


def main() -> None:
    """Draw catchments, print figures and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--villages", type=int, default=1664)
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument("--room", type=float, default=1.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detour", type=float, default=1.0)
    parser.add_argument("--together", type=float, default=3.0)
    asked = parser.parse_args()
    pupils, times, places, onward = case(
        villages=asked.villages, schools=asked.schools, room=asked.room, seed=asked.seed
    )
    print(
        f"{asked.villages} villages, {asked.schools} schools, 12 ages, {times.origin.size:,} pairs in reach"
    )
    print(f"{pupils.sum():,.0f} pupils, {places.sum():,.0f} places")
    for name in ("compiled", "again"):
        begun = time.perf_counter()
        found = draw_catchments(
            pupils, times, stages=STAGES, places=places, onward=onward,
            detour=asked.detour, siblings=0.3, together=asked.together,
        )  # fmt: skip
        print(
            f"{name}: {time.perf_counter() - begun:.1f} s, "
            f"placed {found.placed:,.0f} of at most {found.most:,.0f}, "
            f"minutes a pupil {found.pupil_minutes / found.placed:.2f}, gap {found.gap:.4%}, {found.search}"
        )


if __name__ == "__main__":
    main()
