"""Supply within reach: accessibility by floating catchments with its fairness, and who goes where."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.data import Region
from tongqu.data.problems import Problems
from tongqu.methods.catchment import Catchments, assign_least_minutes, assign_nearest
from tongqu.methods.fairness import palma, shortfall
from tongqu.methods.inequality import gini, worst_tenth_mean
from tongqu.methods.reach import BoundedGaussian, Impedance, Linear, Steps, Times, Variant, Within
from tongqu.methods.reach import floating as floating_catchment
from tongqu.methods.reach.times import times_from_pairs
from tongqu.methods.travel import nearest, pairs_within
from tongqu.workflow.prepare import region_of
from tongqu.workflow.travel.answer import Answer, modelled_shares
from tongqu.workflow.travel.places import (
    HOSPITALS,
    Ground,
    Names,
    ask_choice,
    ask_number,
    ask_question,
    ground_of,
    sites_of,
)

__all__ = ["IMPEDANCES", "Capacity", "access", "catchments", "impedance_of"]

Capacity: TypeAlias = Literal["capacity", "staff"]
"""Column of the sites that says how much each offers."""

IMPEDANCES: Final = ("within", "gaussian", "linear", "steps")
"""Impedances by name; each falls to 0 at the limit."""

SLOW_ZONES: Final = (1.0, 0.68, 0.22)
"""Weights of three zones of equal width, the slow decay of Luo and Qi (2009)."""

PER: Final = 1000
"""Supply is stated per this many people."""


def access(
    region: Region | str | Path,
    kinds: Names = HOSPITALS,
    *,
    limit: float,
    variant: Variant = "2SFCA",
    impedance: str | Impedance | None = None,
    capacity: Capacity = "capacity",
    mode: str = "car",
    group: str = "people.total",
    line: float | None = None,
    progress: Progress = silent,
) -> Answer:
    """Supply per 1000 people within reach of every village, and how fairly it falls.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    kinds : str or sequence of str
        Kinds of site, all together.
    limit : float
        Minutes beyond which a site is not in a village's catchment.
    variant : {"2SFCA", "E2SFCA", "M2SFCA", "3SFCA", "balanced", "availability"}
        Formula; see `tongqu.methods.reach.floating`.
    impedance : {"within", "gaussian", "linear", "steps"} or Impedance, optional
        How minutes weigh. Left out: within the limit for 2SFCA, else a Gaussian that reaches 0 at the limit.
        ``steps`` are three zones of equal width.
    capacity : {"capacity", "staff"}
        What sites offer: beds or places, or staff.
    mode : str
        Way of travel.
    group : str
        State variable that counts the people who compete.
    line : float, optional
        Supply per 1000 that is enough, for the shortfall; the region's mean when left out.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: ``unit, name, town, county, people, per_1000, places`` (supply that falls to the village),
        ``minutes`` (to the nearest site), ``modelled``. ``tables["counties"]``: for the region (blank code)
        and each county ``unit, county, people, mean, gini, palma`` (what the best-served tenth have
        over what the worst-served four tenths have; 0.25 where all are equal), ``worst_tenth`` (mean),
        ``short`` (share of people below the line) and ``shortfall`` (mean, as a share of the line).
        ``tables["sites"]``: what each site offers and the weighted people who count on it.

    Raises
    ------
    DataError
        With every name that is unknown, or if the capacity of a site is not known.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.access("quzhou", ("county_hospital", "city_hospital"), limit=30)
    >>> round(found.figures["mean"], 2), round(found.figures["gini"], 2)
    (3.7, 0.35)
    """
    place, problems = region_of(region, progress=progress), Problems()
    asked = ask_question(kinds, place, mode=mode, group=group, limit=limit, problems=problems)
    _ask_formula(variant, impedance, line=line, problems=problems)
    _ask_capacity(place, asked, capacity=capacity, problems=problems)
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode=mode, group=group)
    sites = sites_of(ground, asked)
    weigh = impedance_of(impedance, variant=variant, limit=limit)
    found = floating_catchment(
        _times(ground, sites, limit=limit),
        ground.people,
        supply=sites[capacity].to_numpy(np.float64),
        variant=variant,
        impedance=weigh,
        limit=limit,
    )
    per = found.per_person * PER
    counties = _fairness(ground, per, line=line)
    minutes = nearest(ground.network, targets=sites["spot"], origins=ground.spots).minutes
    return Answer(
        question="access",
        region=place,
        asked={
            "kinds": asked,
            "variant": variant,
            "impedance": str(weigh),
            "capacity": capacity,
            "limit": limit,
            **ground.asked,
        },
        figures={
            "supply": float(sites[capacity].sum()),
            **{name: float(counties[name].iloc[0]) for name in (*FAIRNESS, "line")},
            "unused": found.unused,
            "people_without": found.beyond,
        },
        modelled=modelled_shares(place, sites=sites),
        table=ground.table(per_1000=per, places=found.places, minutes=minutes),
        tables={"counties": counties, "sites": _offered(sites, capacity).assign(demand=found.demand)},
        sites=sites,
        minutes=ground.by_unit(minutes),
    )


FAIRNESS: Final = ("mean", "gini", "palma", "worst_tenth", "short", "shortfall")
"""Measures of how supply falls to people."""


def impedance_of(impedance: str | Impedance | None, *, variant: Variant, limit: float) -> Impedance:
    """The impedance of a name, or the usual one of a variant.

    Examples
    --------
    >>> impedance_of("steps", variant="E2SFCA", limit=30)
    Steps(limits=(10.0, 20.0, 30.0), weights=(1.0, 0.68, 0.22))
    """
    if impedance is not None and not isinstance(impedance, str):
        return impedance
    name = impedance or ("within" if variant == "2SFCA" else "gaussian")
    if name == "within":
        return Within(limit)
    if name == "linear":
        return Linear(limit)
    if name == "steps":
        return Steps(tuple(limit * step / len(SLOW_ZONES) for step in (1, 2, 3)), SLOW_ZONES)
    return BoundedGaussian(limit)


def catchments(
    region: Region | str | Path,
    kinds: Names = HOSPITALS,
    *,
    limit: float,
    whole: bool = True,
    rule: Literal["nearest", "least_minutes"] = "nearest",
    capacity: Capacity | None = "capacity",
    each: float = 1.0,
    mode: str = "car",
    group: str = "people.total",
    progress: Progress = silent,
) -> Answer:
    """Which site the people of every village use, sites having room.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    kinds : str or sequence of str
        Kinds of site, all together.
    limit : float
        Minutes beyond which nobody is sent.
    whole : bool
        Whether the people of a village all use one site, or none.
    rule : {"nearest", "least_minutes"}
        The nearest site with room, nearer villages first; or as many people as fit at the least
        person-minutes (with `whole` an integer program: for hundreds of villages).
    capacity : {"capacity", "staff"}, optional
        What room is measured in; None for room without limit.
    each : float
        People whom one unit of capacity serves: 1 for school places, 1000 / 6 for 6 beds per 1000 people.
    mode : str
        Way of travel.
    group : str
        State variable that counts the people, such as ``pupils.primary``.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: ``unit, name, town, county, people, site, site_name, kind, minutes, placed, left,
        modelled``; a row with a blank site holds the people left without room. ``tables["sites"]``: ``site,
        site_name, kind, room, filled, fill``, and for divisible villages by the least minutes the price of
        one more place: ``price_people`` placed more, ``price_minutes`` saved.

    Raises
    ------
    DataError
        With every name that is unknown, or if the capacity of a site is not known.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.catchments("quzhou", "primary_school", group="pupils.primary", limit=30)
    >>> round(found.figures["people_left"]), found.figures["villages_left"]
    (6327, 48)
    """
    place, problems = region_of(region, progress=progress), Problems()
    asked = ask_question(kinds, place, mode=mode, group=group, limit=limit, problems=problems)
    ask_number(each, column="each", problems=problems)
    ask_choice(rule, ("nearest", "least_minutes"), column="rule", rule="unknown rule", problems=problems)
    if capacity is not None:
        _ask_capacity(place, asked, capacity=capacity, problems=problems)
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode=mode, group=group)
    sites = sites_of(ground, asked)
    room = sites[capacity].to_numpy(np.float64) * each if capacity else np.full(len(sites), np.inf)
    times = _times(ground, sites, limit=limit)
    assign = assign_nearest if rule == "nearest" else assign_least_minutes
    found = assign(times, ground.people, room=room, whole=whole)
    return Answer(
        question="catchments",
        region=place,
        asked={
            "kinds": asked,
            "rule": rule,
            "whole": whole,
            "capacity": capacity or "",
            "each": each,
            "limit": limit,
            **ground.asked,
        },
        figures=_catchment_figures(ground, found),
        modelled=modelled_shares(place, sites=sites),
        table=_placed(ground, sites, times=times, found=found),
        tables={"sites": _filled(sites, room=room, found=found)},
        sites=sites,
        minutes=_placed_minutes(ground, times=times, found=found),
    )


def _ask_formula(
    variant: str, impedance: str | Impedance | None, *, line: float | None, problems: Problems
) -> None:
    """Note a variant or an impedance that there is not, and a line that is none."""
    ask_choice(variant, get_args(Variant), column="variant", rule="unknown variant", problems=problems)
    if isinstance(impedance, str):
        rule = "unknown impedance"
        ask_choice(impedance, IMPEDANCES, column="impedance", rule=rule, problems=problems)
    if line is not None:
        ask_number(line, column="line", problems=problems)


def _ask_capacity(region: Region, kinds: tuple[str, ...], *, capacity: str, problems: Problems) -> None:
    """Note a column that is none, and sites of which it is not known: a blank is not 0."""
    if capacity not in get_args(Capacity):
        choices = get_args(Capacity)
        ask_choice(
            capacity, choices, column="capacity", rule="unknown measure of capacity", problems=problems
        )
        return
    sites = region["sites"]
    for kind in kinds:
        mine = sites[sites["kind"] == kind]
        blank = mine[mine[capacity].isna()]
        if len(blank):
            names = ", ".join(blank["site"].head(5))
            rule = f"no {capacity} given for {len(blank)} of {len(mine)} sites of kind '{kind}'"
            mend = "give the number, or an estimate of it named in modelled_columns"
            problems.add(rule, mend=mend, file="sites", column=capacity, value=names)


def _times(ground: Ground, sites: pd.DataFrame, *, limit: float) -> Times:
    pairs = pairs_within(ground.network, origins=ground.spots, targets=sites["spot"], limit=limit)
    return times_from_pairs(pairs, origins=len(ground.homes), sites=len(sites))


def _offered(sites: pd.DataFrame, capacity: str) -> pd.DataFrame:
    return sites[["site", "site_name", "kind"]].assign(supply=sites[capacity].to_numpy(np.float64))


def _fairness(ground: Ground, per: npt.NDArray[np.float64], *, line: float | None) -> pd.DataFrame:
    """How supply falls to the people of the region (first row) and of each county."""
    region, people = ground.region, ground.people
    code = region.county_of(ground.homes["unit"]).to_numpy()
    enough = (
        line if line is not None else (float(per @ people / people.sum()) if people.sum() > 0 else np.nan)
    )
    names = region.level("county")["name"]
    scopes: list[tuple[str, str, Any]] = [("", region.title_zh, np.ones(len(per), dtype=bool))]
    scopes += [(str(unit), str(name), code == unit) for unit, name in names.items()]
    rows = []
    for unit, name, mine in scopes:
        some = mine & (people > 0)
        row: dict[str, Any] = {"unit": unit, "county": name, "people": float(people[mine].sum())}
        rows.append(row | _measures(per[some], people[some], line=enough) | {"line": enough})
    return pd.DataFrame(rows)


def _measures(
    per: npt.NDArray[np.float64], people: npt.NDArray[np.float64], *, line: float
) -> dict[str, float]:
    if not per.size:
        return dict.fromkeys(FAIRNESS, np.nan)
    short = [shortfall(per, people, line=line, order=order) for order in (0, 1)] if line > 0 else [0.0, 0.0]
    return {
        "mean": float(per @ people / people.sum()),
        "gini": gini(per, people),
        "palma": palma(per, people),
        "worst_tenth": float(worst_tenth_mean(per, people, worst="low")),
        "short": short[0],
        "shortfall": short[1],
    }


def _catchment_figures(ground: Ground, found: Catchments) -> dict[str, float | int]:
    placed = float(found.placed.sum())
    return {
        "people": float(ground.people.sum()),
        "people_placed": placed,
        "people_left": float(found.unplaced.sum()),
        "villages_left": int((found.unplaced > 0).sum()),
        "mean_minutes": found.minutes / placed if placed > 0 else np.nan,
        "full_sites": int((found.fill >= 1).sum()),
    }


def _placed(ground: Ground, sites: pd.DataFrame, *, times: Times, found: Catchments) -> pd.DataFrame:
    """A row for each village and site that it uses, and one for the people left, by village."""
    used = np.flatnonzero(found.placed > 0)
    left = np.flatnonzero(found.unplaced > 0)
    home = np.concatenate([times.origin[used], left])
    site = sites.reindex(np.concatenate([times.site[used], np.full(left.size, -1)])).reset_index(drop=True)
    base = ground.table().iloc[home].reset_index(drop=True)
    table = base.drop(columns="modelled").assign(
        site=site["site"].fillna("").to_numpy(),
        site_name=site["site_name"].fillna("").to_numpy(),
        kind=site["kind"].astype("str").fillna("").to_numpy(),
        minutes=np.concatenate([times.minutes[used], np.full(left.size, np.inf)]),
        placed=np.concatenate([found.placed[used], np.zeros(left.size)]),
        left=np.concatenate([np.zeros(used.size), found.unplaced[left]]),
        modelled=base["modelled"].to_numpy(),
    )
    return table.iloc[np.argsort(home, kind="stable")].reset_index(drop=True)


def _placed_minutes(ground: Ground, *, times: Times, found: Catchments) -> pd.Series[float]:
    """Mean minutes of the people of each village who are placed; infinite where none is."""
    heads = times.by_origin(found.placed)
    total = times.by_origin(found.placed * times.minutes)
    mean = np.divide(total, heads, out=np.full(heads.size, np.inf), where=heads > 0)
    return ground.by_unit(mean)


def _filled(sites: pd.DataFrame, *, room: npt.NDArray[np.float64], found: Catchments) -> pd.DataFrame:
    table = sites[["site", "site_name", "kind"]].assign(room=room, filled=found.filled, fill=found.fill)
    if found.prices is not None:
        table = table.assign(price_people=found.prices.placed, price_minutes=found.prices.minutes)
    return table
