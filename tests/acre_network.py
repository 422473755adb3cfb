"""The published network of health care of Acre, as tests and the benchmark share it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.medical import CareLevel, CareNetwork, Links, design_network

DATA = Path(__file__).parent / "data" / "acre"
HOUR_COST = 85.75
"""An hour beyond the near ones, a head."""
ALWAYS = 120040
"""Rio Branco, which holds the third level."""


@dataclass(frozen=True)
class Acre:
    """Places, levels, and hours between the places."""

    places: pd.DataFrame
    levels: pd.DataFrame
    hours: npt.NDArray[np.float64]


def acre() -> Acre:
    """The tables."""
    places = pd.read_csv(DATA / "places.csv", index_col="code")
    seconds = pd.read_csv(DATA / "seconds.csv", index_col="code")
    levels = pd.read_csv(DATA / "levels.csv", index_col="level")
    return Acre(places, levels, np.round(seconds.to_numpy(dtype=float) / 3600, 2))


def acre_levels(case: Acre, *, bounded: bool = True) -> list[CareLevel]:
    """The levels; ``bounded`` as the published program is written: see the README of the data."""
    people = case.places["people"].to_numpy(dtype=float)
    lacks = case.places["lacks"].to_numpy(dtype=float)
    always = case.places.index.to_numpy() == ALWAYS
    made = []
    for number, row in enumerate(case.levels.to_dict("index").values(), start=1):
        level = {str(name): float(value) for name, value in row.items()}
        near, far, hours = level["near_hours"], level["far_hours"], case.hours
        start, site = np.nonzero((hours <= far) & (people >= level["least_people"]))
        late = np.maximum(hours[start, site] - near, 0.0)
        charge = late / (far - near) * HOUR_COST * hours[start, site] * late * people[site]
        top = number == len(case.levels)
        made.append(
            CareLevel(
                name=f"level {number}",
                links=Links(start=start, site=site, fixed=charge),
                per_person=level["care_cost"] * (level["efficiency"] + level["new_share"] * lacks),
                capacity=np.inf if top or not bounded else people.max(),
                least=level["least_people"],
                barred=people < level["least_people"],
                pinned=always & top,
                fewer=True,
            )
        )
    return made


def acre_network(*, bounded: bool = True) -> tuple[Acre, CareNetwork]:
    """The tables and the best network."""
    case = acre()
    found = design_network(
        case.places["people"],
        sites=len(case.places),
        levels=acre_levels(case, bounded=bounded),
        home=np.arange(len(case.places)),
    )
    return case, found
