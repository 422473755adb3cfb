"""Minutes from villages to their nearest sites, and from any places to any others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.data import Region
from tongqu.data.problems import Problems
from tongqu.methods.inequality import quantile, worst_tenth_mean
from tongqu.methods.reach.times import Times, times_from_matrix
from tongqu.methods.travel import Nearest, minutes_matrix, nearest_few
from tongqu.workflow.networks import region_network
from tongqu.workflow.prepare import region_of
from tongqu.workflow.travel.answer import Answer, modelled_shares
from tongqu.workflow.travel.places import (
    HOSPITALS,
    Ground,
    Names,
    ask_mode,
    ask_number,
    ask_question,
    ground_of,
    named_places,
    sites_among,
    sites_of,
)

__all__ = ["as_words", "matrix", "minutes_figures", "nearest"]


def nearest(
    region: Region | str | Path,
    kinds: Names = HOSPITALS,
    *,
    mode: str = "car",
    few: int = 1,
    limit: float = np.inf,
    group: str = "people.total",
    progress: Progress = silent,
) -> Answer:
    """The nearest sites of every village, with minutes.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    kinds : str or sequence of str
        Kinds of site, all together.
    mode : str
        Way of travel, a name of `tongqu.workflow.networks.modes`.
    few : int
        How many sites to find, 1 or more.
    limit : float
        Minutes beyond which a site counts as out of reach.
    group : str
        State variable that counts the people, such as ``people.rural``.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: ``unit, name, town, county, people, rank`` (1 is nearest), ``site, site_name, kind,
        minutes, modelled``. A village with no site in reach has one row, with infinite minutes and a blank
        site.

    Raises
    ------
    DataError
        With every name that is unknown, or a village without a road node.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.nearest("quzhou", ("county_hospital", "city_hospital"))
    >>> round(found.figures["mean_minutes"], 1)
    16.1
    """
    place, problems = region_of(region, progress=progress), Problems()
    asked = ask_question(kinds, place, mode=mode, group=group, limit=limit, problems=problems)
    ask_number(few, column="few", problems=problems, least=1)
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode=mode, group=group)
    sites = sites_of(ground, asked)
    found = nearest_few(ground.network, targets=sites["spot"], few=few, origins=ground.spots, limit=limit)
    return Answer(
        question="nearest",
        region=place,
        asked={"kinds": asked, "few": few, "limit": limit, **ground.asked},
        figures={
            **minutes_figures(ground, found.minutes[:, 0]),
            "fewer": int((np.isfinite(found.minutes).sum(axis=1) < few).sum()),
        },
        modelled=modelled_shares(place, sites=sites),
        table=_ranked(ground, sites, found=found),
        sites=sites,
        minutes=ground.by_unit(found.minutes[:, 0]),
    )


def _ranked(ground: Ground, sites: pd.DataFrame, *, found: Nearest) -> pd.DataFrame:
    """A row for each village and site in reach, and one for a village with none."""
    kept = np.isfinite(found.minutes)
    kept[:, 0] = True
    home, rank = np.nonzero(kept)
    site = sites.reindex(found.target[home, rank]).reset_index(drop=True)
    base = ground.table().iloc[home].reset_index(drop=True)
    return base.drop(columns="modelled").assign(
        rank=rank + 1,
        site=site["site"].fillna("").to_numpy(),
        site_name=site["site_name"].fillna("").to_numpy(),
        kind=site["kind"].astype("str").fillna("").to_numpy(),
        minutes=found.minutes[home, rank],
        modelled=base["modelled"].to_numpy(),
    )


def minutes_figures(ground: Ground, minutes: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Headline figures of one time for each village, over people; means are of those who reach a site."""
    people = ground.people
    reached = np.isfinite(minutes)
    there = people[reached].sum()
    total = people.sum()
    known = there > 0
    return {
        "villages": len(minutes),
        "people": float(total),
        "mean_minutes": float(minutes[reached] @ people[reached] / there) if known else np.nan,
        "median_minutes": float(quantile(minutes, people, q=0.5)) if total > 0 else np.nan,
        "worst_tenth_minutes": float(worst_tenth_mean(minutes, people, worst="high"))
        if total > 0
        else np.nan,
        "out_of_reach": int((~reached).sum()),
        "people_out_of_reach": float(people[~reached].sum()),
    }


def matrix(
    region: Region | str | Path,
    origins: Names = "villages",
    *,
    targets: Names = HOSPITALS,
    mode: str = "car",
    limit: float = np.inf,
    wide: bool = False,
    progress: Progress = silent,
) -> Answer:
    """Minutes from every origin to every target.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    origins, targets : str or sequence of str
        ``villages``, ``towns``, ``counties``; kinds of site; or ids of units, sites and nodes. A town stands
        at its own road node or at that of its seat.
    mode : str
        Way of travel.
    limit : float
        Minutes beyond which a target counts as out of reach.
    wide : bool
        Whether targets are columns, in place of a row for each pair.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: long ``origin, origin_name, target, target_name, what, minutes`` of the pairs in reach;
        wide ``origin, origin_name`` and a column for each target, infinite where out of reach.

    Raises
    ------
    DataError
        With every name that is unknown, or a place without a road node.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.matrix("quzhou", "counties", targets="counties", wide=True)
    >>> found.table.shape, found.figures["pairs"]
    ((6, 8), 36)
    """
    place, problems = region_of(region, progress=progress), Problems()
    start = named_places(origins, place, column="origins", problems=problems)
    end = named_places(targets, place, column="targets", problems=problems)
    ask_mode(mode, problems)
    ask_number(limit, column="limit", problems=problems)
    problems.raise_any()
    progress(Report("travel"))
    network = region_network(place, mode=mode)
    minutes = minutes_matrix(
        network, origins=network.locate(start["node"]), targets=network.locate(end["node"]), limit=limit
    )
    pairs = times_from_matrix(minutes)
    table = _square(start, end, minutes) if wide else _long(start, end, pairs=pairs)
    lost = np.bincount(pairs.origin, minlength=len(start)) == 0
    return Answer(
        question="matrix",
        region=place,
        asked={
            "origins": as_words(origins),
            "targets": as_words(targets),
            "mode": mode,
            "limit": limit,
        },
        figures={
            "origin_count": len(start),
            "target_count": len(end),
            "pairs": int(pairs.minutes.size),
            "pairs_out_of_reach": int(minutes.size - pairs.minutes.size),
            "origins_out_of_reach": int(lost.sum()),
        },
        modelled=modelled_shares(place, sites=sites_among(place, pd.concat([start, end]))),
        table=table,
    )


def _square(start: pd.DataFrame, end: pd.DataFrame, minutes: npt.NDArray[np.float64]) -> pd.DataFrame:
    table = pd.DataFrame(minutes, columns=end["id"].to_list())
    table.insert(0, "origin", start["id"])
    table.insert(1, "origin_name", start["name"])
    return table


def _long(start: pd.DataFrame, end: pd.DataFrame, *, pairs: Times) -> pd.DataFrame:
    one, two = (
        frame.iloc[at].reset_index(drop=True) for frame, at in ((start, pairs.origin), (end, pairs.site))
    )
    return pd.DataFrame(
        {
            "origin": one["id"],
            "origin_name": one["name"],
            "target": two["id"],
            "target_name": two["name"],
            "what": two["what"],
            "minutes": pairs.minutes,
        }
    )


_SHOWN_NAMES = 5
"""Names of places that a summary lists before it counts them."""


def as_words(names: Names) -> tuple[str, ...]:
    """The first names, and how many more there are."""
    every = (names,) if isinstance(names, str) else tuple(names)
    more = len(every) - _SHOWN_NAMES
    return (*every[:_SHOWN_NAMES], f"+{more}") if more > 0 else every
