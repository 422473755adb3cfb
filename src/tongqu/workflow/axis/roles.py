"""Roles on the axis: where central towns and central villages lie best, and which places lead by score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.settlement import Centrality, Level, centrality, locate_levels, roles_by_score
from tongqu.workflow.axis.measures import Grounds

__all__ = [
    "ROLES",
    "VILLAGES_PER_CENTRAL",
    "WEIGHTS",
    "Located",
    "Scored",
    "located",
    "role_counts",
    "score_roles",
    "scored",
]

ROLES: Final = ("county_seat", "central_town", "central_village")
"""Roles, the highest first; a place without one has a blank."""

WEIGHTS: Final[Mapping[str, float]] = {
    "people": 0.25,  # those who use a centre every day
    "people_30": 0.25,  # those who could: it serves its surroundings, not itself
    "services": 0.35,  # what a central place is, after Christaller: what it does for others
    "jobs": 0.35,  # the same for work; counted only where the region has jobs of every place
    "growth": 0.15,  # where people go; least, as it is projected and not observed
}
"""Weights of centrality, scaled to sum 1 over the measures at hand: a judgement, tested in `sensitivity`."""

VILLAGES_PER_CENTRAL: Final = 5
"""Rural villages for one central village: itself and four around it. Assumed: GB 50188-2007 names central
and basic villages and sets no ratio."""

FAR_MINUTES: Final = 240.0
"""Minutes that count for a place without any way by road, and at most for any; assumed, above every ride in a
county."""


@dataclass(frozen=True, eq=False)
class Located:
    """Roles by location.

    Parameters
    ----------
    role : Series of str
        Role of each place, blank for none.
    saves : Series of float
        Person-minutes of one ride each that are lost if the place gives up its role, or won if it gets one as
        well, by unit; NaN for places that can be neither central town nor central village.
    levels : DataFrame
        ``county, role, count, objective`` (person-minutes), ``mean_minutes, bound, gap, search``.
    """

    role: pd.Series[str]
    saves: pd.Series[float]
    levels: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Scored:
    """Places of one level scored together.

    Parameters
    ----------
    index : Index
        Units.
    found : Centrality
        Their parts, scores and ranks.
    """

    index: pd.Index[str]
    found: Centrality


def role_counts(grounds: Grounds, *, central_towns: int, central_villages: int | None) -> pd.DataFrame:
    """How many central towns and villages each county gets, no more than it has candidates: by county."""
    places = grounds.places
    able = places[places["candidate"]].groupby(["county", "level"]).size().unstack(fill_value=0)
    able = able.reindex(
        index=pd.Index(sorted(places["county"].unique())), columns=["town", "village"], fill_value=0
    )
    share = -(-able["village"] // VILLAGES_PER_CENTRAL)
    return pd.DataFrame(
        {
            "central_town": np.minimum(able["town"], central_towns),
            "central_village": np.minimum(
                able["village"], share if central_villages is None else central_villages
            ),
        }
    )


def located(grounds: Grounds, counts: pd.DataFrame) -> Located:
    """Least person-minutes: central towns of each county beside its seat, then central villages beside towns.

    Everybody counts for towns; rural people count for central villages, and whoever is near a town's seat
    needs none. People use places of their own county.
    """
    role = pd.Series("", index=grounds.places.index)
    saves = pd.Series(np.nan, index=grounds.places.index)
    rows: list[dict[str, object]] = []
    for county in counts.index:
        for which in ("central_town", "central_village"):
            _locate(grounds, county, which=which, count=int(counts[which][county]), into=(role, saves, rows))
    return Located(role, saves, pd.DataFrame(rows))


def _locate(
    grounds: Grounds,
    county: str,
    *,
    which: str,
    count: int,
    into: tuple[pd.Series[str], pd.Series[float], list[dict[str, object]]],
) -> None:
    """One county's central towns or villages; those pinned are its seat, or all its towns."""
    role, saves, rows = into
    own = grounds.places[grounds.places["county"] == county]
    homes, towns = own[own["level"] == "village"], own[own["level"] == "town"]
    if which == "central_town":
        fixed, weight = towns.index[towns["seat"]], homes["people"]
        role.loc[fixed] = "county_seat"
        free = towns.index[towns["candidate"]]
    else:
        fixed, weight = towns.index, homes["rural"]
        free = homes.index[homes["candidate"]]
    minutes = grounds.minutes(homes.index, fixed.append(free))
    people = weight.to_numpy(np.float64)
    alone = np.minimum(minutes[:, : fixed.size].min(axis=1), FAR_MINUTES)
    if which == "central_town":
        rows.append(_row(county, "county_seat", 1, value=float(people @ alone), people=people))
    if count == 0:
        return
    level = Level(which, fixed.size + count, pinned=tuple(range(fixed.size)))
    found = locate_levels(minutes, people, levels=[level], far=FAR_MINUTES)
    chosen = found.sites(0)
    role.loc[free[chosen[chosen >= fixed.size] - fixed.size]] = which
    saves.loc[free] = _saved(np.minimum(minutes, FAR_MINUTES), people, chosen=chosen)[fixed.size :]
    rows.append(
        _row(county, which, count, value=found.total, people=people)
        | {"bound": found.bound, "gap": found.gap, "search": found.search}
    )


def _row(
    county: str, role: str, count: int, *, value: float, people: npt.NDArray[np.float64]
) -> dict[str, object]:
    whole = float(people.sum())
    return {
        "county": county,
        "role": role,
        "count": count,
        "objective": value,
        "mean_minutes": value / whole if whole > 0 else np.nan,
        "bound": value,
        "gap": 0.0,
        "search": "given",
    }


def _saved(
    minutes: npt.NDArray[np.float64], people: npt.NDArray[np.float64], *, chosen: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Person-minutes lost if a chosen candidate closed, or won if another opened as well."""
    ranked = np.sort(minutes[:, chosen], axis=1)
    near = ranked[:, 0]
    following = ranked[:, 1] if chosen.size > 1 else np.full(near.size, FAR_MINUTES)
    gain = people @ np.maximum(near[:, np.newaxis] - minutes, 0.0)
    nearest = chosen[minutes[:, chosen].argmin(axis=1)]
    loss = np.bincount(nearest, weights=people * (following - near), minlength=minutes.shape[1])
    gain[chosen] = loss[chosen]
    return np.asarray(gain, dtype=np.float64)


def scored(grounds: Grounds, level: str, *, weights: Mapping[str, float] = WEIGHTS) -> Scored:
    """Centrality among towns, or among villages; by ranks, lest the seats press all others together."""
    places = grounds.of_level(level)
    measures = {name: places[name].to_numpy(np.float64) for name in weights if places[name].notna().all()}
    return Scored(
        places.index,
        centrality(measures, weights={name: weights[name] for name in measures}, scale="rank"),
    )


def score_roles(grounds: Grounds, scores: Mapping[str, Scored], *, counts: pd.DataFrame) -> pd.Series[str]:
    """Roles by score alone: seats as they are, the first candidates of each county for the rest."""
    role = pd.Series("", index=grounds.places.index)
    role[grounds.places["seat"]] = "county_seat"
    for level, which in (("town", "central_town"), ("village", "central_village")):
        score = pd.Series(scores[level].found.score, index=scores[level].index)
        own = grounds.of_level(level)
        own = own[own["candidate"]]
        given = counts[which].to_dict()
        for county, units in own.groupby("county").groups.items():
            rank = roles_by_score(score.loc[units], counts=[int(given[county])])
            role.loc[units[rank == 0]] = which
    return role
