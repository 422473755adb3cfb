"""What if: minutes and people inside a limit once roads become faster, roads are added, sites open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.data import Region
from tongqu.data.problems import Problems, suggest
from tongqu.methods.changes import Change
from tongqu.methods.travel import within
from tongqu.methods.what_if import after, standing
from tongqu.workflow.networks import class_minutes
from tongqu.workflow.prepare import region_of
from tongqu.workflow.travel.answer import Answer, modelled_shares
from tongqu.workflow.travel.places import (
    Ground,
    Names,
    as_names,
    ask_number,
    ask_question,
    ground_of,
    named_places,
    sites_of,
)

__all__ = ["NewLink", "what_if"]

NewLink: TypeAlias = tuple[str, str, float, str]
"""Where a new road starts and ends (ids of nodes, units or sites), its length in km and its road class."""


def what_if(
    region: Region | str | Path,
    kinds: Names,
    *,
    limit: float,
    faster: Mapping[str, float | str] | None = None,
    new_links: Sequence[NewLink] = (),
    sites: Names = (),
    mode: str = "car",
    group: str = "people.total",
    progress: Progress = silent,
) -> Answer:
    """Minutes to the nearest site before and after something is built, and who comes inside a limit.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    kinds : str or sequence of str
        Kinds of site, all together.
    limit : float
        Minutes that are the standard.
    faster : mapping, optional
        Links that become faster: by link id the road class, or the minutes, afterwards.
    new_links : sequence of tuple
        New roads, open both ways: from, to, km, road class.
    sites : str or sequence of str
        Where a new site opens: ids of nodes, units or sites.
    mode : str
        Way of travel.
    group : str
        State variable that counts the people.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: every village that gains: ``unit, name, town, county, people, before, after, saved``
        (minutes; infinite where nothing was in reach), ``newly`` (whether it comes inside the limit),
        ``modelled``; those with most people first, newly inside before others.

    Raises
    ------
    DataError
        With every name that is unknown, and every road that would become slower.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.what_if("quzhou", "county_hospital", limit=20, sites=["330824109"])
    >>> found.figures["villages_newly_inside"]
    9
    """
    place, problems = region_of(region, progress=progress), Problems()
    asked = ask_question(kinds, place, mode=mode, group=group, limit=limit, problems=problems)
    opened = _ask_places(sites, place, column="sites", problems=problems)
    ends = [
        [_ask_places([name], place, column="new_links", problems=problems) for name in link[:2]]
        for link in new_links
    ]
    _ask_roads(place, faster or {}, new_links=new_links, problems=problems)
    if not faster and not new_links and not as_names(sites):
        problems.add("nothing is built", mend="give faster links, new links or sites")
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode=mode, group=group)
    change = _change(ground, faster or {}, new_links=new_links, ends=ends, opened=opened)
    sites_now = sites_of(ground, asked)
    today = standing(ground.network, targets=sites_now["spot"])
    before, later = (found.minutes[ground.spots] for found in (today, after(today, change)))
    table, figures = _gains(ground, before, later=later, limit=limit)
    return Answer(
        question="what_if",
        region=place,
        asked={
            "kinds": asked,
            "limit": limit,
            "faster": dict(faster or {}),
            "new_links": [f"{start}-{end}" for start, end, _, _ in new_links],
            "sites": as_names(sites),
            **ground.asked,
        },
        figures=figures,
        modelled=modelled_shares(place, sites=sites_now),
        table=table,
        sites=pd.concat([sites_now, _new_sites(opened)], ignore_index=True),
        minutes=ground.by_unit(later),
    )


def _gains(
    ground: Ground, before: npt.NDArray[np.float64], *, later: npt.NDArray[np.float64], limit: float
) -> tuple[pd.DataFrame, dict[str, float | int]]:
    """The villages that gain, and the figures of all."""
    people = ground.people
    inside = [within(minutes, limit) for minutes in (before, later)]
    newly, gains = inside[1] & ~inside[0], later < before
    saved = np.subtract(before, later, out=np.full(before.size, np.inf), where=np.isfinite(before))
    there = np.isfinite(before) & gains
    table = ground.table(before=before, after=later, saved=saved, newly=newly)[gains]
    order = ["newly", "people", "unit"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True), {
        "people_inside_before": float(people[inside[0]].sum()),
        "people_inside_after": float(people[inside[1]].sum()),
        "people_newly_inside": float(people[newly].sum()),
        "villages_newly_inside": int(newly.sum()),
        "villages_that_gain": int(gains.sum()),
        "person_minutes_saved": float(people[there] @ saved[there]),
    }


def _ask_places(names: Names, region: Region, *, column: str, problems: Problems) -> pd.DataFrame:
    """Places by id; no names are no places."""
    if not as_names(names):
        return pd.DataFrame(
            {name: [] for name in ("id", "name", "what", "lon", "lat", "node")}, dtype="object"
        )
    return named_places(names, region, column=column, problems=problems)


def _ask_roads(
    region: Region, faster: Mapping[str, float | str], *, new_links: Sequence[NewLink], problems: Problems
) -> None:
    """Note unknown links and classes, and lengths that are none."""
    links, classes = set(region["links"]["link"]), region["road_classes"]["class"].to_list()
    for link, how in faster.items():
        if link not in links:
            mend = suggest(link, links) + "name a link of the table links"
            problems.add("unknown link", mend=mend, column="faster", value=link)
        if isinstance(how, str):
            _ask_class(how, classes, column="faster", problems=problems)
        else:
            ask_number(how, column="faster", problems=problems)
    for _, _, km, name in new_links:
        _ask_class(name, classes, column="new_links", problems=problems)
        ask_number(km, column="new_links", problems=problems)


def _ask_class(name: str, classes: list[str], *, column: str, problems: Problems) -> None:
    if name not in classes:
        mend = f"{suggest(name, classes)}use one of {', '.join(classes)}"
        problems.add("unknown road class", mend=mend, column=column, value=name)


def _change(
    ground: Ground,
    faster: Mapping[str, float | str],
    *,
    new_links: Sequence[NewLink],
    ends: Sequence[Sequence[pd.DataFrame]],
    opened: pd.DataFrame,
) -> Change:
    """What is built, in positions; links that would become slower are refused together."""
    network = ground.network
    link, minutes = _faster(ground, faster)
    start, end = (
        network.locate([pair[side]["node"].iloc[0] for pair in ends]) if ends else np.empty(0, dtype=np.int64)
        for side in (0, 1)
    )
    km, classes = [link[2] for link in new_links], [link[3] for link in new_links]
    new = class_minutes(ground.region, mode=ground.mode, km=km, classes=classes)
    _refuse_closed(new, classes, mode=ground.mode)
    return Change(
        links=link,
        minutes=minutes,
        start=start,
        end=end,
        new_minutes=new,
        sites=network.locate(opened["node"]) if len(opened) else np.empty(0, dtype=np.int64),
    )


def _faster(
    ground: Ground, faster: Mapping[str, float | str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Positions of the links in the network, with those of the way back, and their minutes afterwards."""
    table, network = ground.region["links"], ground.network
    where = pd.Series(np.arange(len(table)), index=table["link"].to_numpy())
    at = where.loc[list(faster)].to_numpy(np.int64)
    now = table["class"].iloc[at].astype("str")
    classes = [how if isinstance(how, str) else name for how, name in zip(faster.values(), now, strict=True)]
    km = table["length_km"].to_numpy(np.float64)[at]
    minutes = class_minutes(ground.region, mode=ground.mode, km=km, classes=classes)
    given = np.array([np.nan if isinstance(how, str) else how for how in faster.values()], dtype=np.float64)
    minutes = np.where(np.isnan(given), minutes, given)
    _refuse_slower(network.minutes[at], minutes, links=list(faster), mode=ground.mode)
    minutes = np.minimum(minutes, network.minutes[at])
    if network.minutes.size == len(table):
        return at, minutes
    back = at + len(table)
    open_back = np.isfinite(network.minutes[back])
    return np.concatenate([at, back[open_back]]), np.concatenate([minutes, minutes[open_back]])


def _refuse_slower(
    now: npt.NDArray[np.float64], later: npt.NDArray[np.float64], *, links: Sequence[str], mode: str
) -> None:
    problems = Problems()
    for link, before, minutes in zip(links, now, later, strict=True):
        if minutes > before * (1 + _ROUNDING):
            rule = f"the link would take {minutes:.2f} minutes by {mode}, and takes {before:.2f} now"
            mend = "name a higher class, or fewer minutes"
            problems.add(rule, mend=mend, column="faster", value=link)
    problems.raise_any()


def _refuse_closed(minutes: npt.NDArray[np.float64], classes: Sequence[str], *, mode: str) -> None:
    problems = Problems()
    for name in sorted({name for name, time in zip(classes, minutes, strict=True) if not np.isfinite(time)}):
        mend = "name a higher class"
        problems.add(f"closed to the mode {mode}", mend=mend, column="new_links", value=name)
    problems.raise_any()


_ROUNDING = 1e-3
"""Share by which minutes may exceed those of today: a network keeps whole ticks of 15 ms."""


def _new_sites(opened: pd.DataFrame) -> pd.DataFrame:
    """Sites that open, as the map takes them."""
    table = opened.rename(columns={"id": "site", "name": "site_name"})
    return table[["site", "site_name", "lon", "lat"]].assign(kind="new")
