"""Every road project on offer, scored by the people whom it brings inside a standard, alone and in pairs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Progress, Report, silent
from tongqu.contracts import Assume, Offer, Scenario, link_upgrades
from tongqu.data import Region
from tongqu.data.problems import Problems
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.methods.roads import road_network, upgrades_of
from tongqu.methods.travel import nearest, within
from tongqu.methods.what_if import Scores, score_changes, standing
from tongqu.workflow.prepare import region_of
from tongqu.workflow.travel.answer import Answer, modelled_shares
from tongqu.workflow.travel.places import (
    Ground,
    Names,
    ask_question,
    ground_of,
    sites_of,
    writers_of,
)

__all__ = ["needed", "road_offer", "score_roads"]

ROADS: Final = "links.minutes"
"""State variable that whoever offers road projects writes."""


def score_roads(
    region: Region | str | Path,
    kinds: Names,
    *,
    limit: float,
    pairs: bool = True,
    group: str = "people.total",
    progress: Progress = silent,
) -> Answer:
    """Every road project on offer by the people whom it newly brings inside a limit, by car.

    A project counts with those that it requires: their links become faster too, and their cost is paid too.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    kinds : str or sequence of str
        Kinds of site, all together.
    limit : float
        Minutes that are the standard.
    pairs : bool
        Whether to score every pair of projects as well.
    group : str
        State variable that counts the people.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: the projects that bring anybody inside, ``project, project_name, unit, town, county, km,
        capital_wan`` (own cost in 万元), ``capital_all_wan`` (with what it requires), ``villages, newly``
        (people), ``per_wan`` (people per 万元 of the whole cost), most people per 万元 first.
        ``tables["pairs"]``: pairs that bring in people whom neither brings alone: ``first, first_name,
        second, second_name, capital_all_wan, only_together`` (such people), ``newly`` (all people of the
        pair), ``per_wan``.

    Raises
    ------
    DataError
        With every name that is unknown.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.score_roads("quzhou", "county_hospital", limit=20, pairs=False)
    >>> found.table["per_wan"].is_monotonic_decreasing
    True
    """
    place, problems = region_of(region, progress=progress), Problems()
    asked = ask_question(kinds, place, mode="car", group=group, limit=limit, problems=problems)
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode="car", group=group)
    offer, minutes = road_offer(place)
    network = road_network(place["nodes"], place["links"], minutes=minutes)
    faster = link_upgrades(offer)
    names = faster["project"].drop_duplicates().to_numpy()
    sites = sites_of(ground, asked)
    today = standing(network, targets=sites["spot"], limit=limit)
    changes = upgrades_of(network, faster, links=place["links"]["link"])
    scores = score_changes(today, changes, origins=ground.spots, pairs=pairs)
    projects = _projects(place, offer, names)
    gained = _gained(scores, projects=len(names), homes=len(ground.homes))
    table = _singles(projects, gained, people=ground.people)
    both = _pairs(projects, scores, gained, ground=ground, offer=offer)
    best = table.iloc[0] if len(table) else None
    beyond = ~within(today.minutes[ground.spots], limit)
    return Answer(
        question="score_roads",
        region=place,
        asked={"kinds": asked, "limit": limit, **ground.asked},
        figures={
            "people_beyond": float(ground.people[beyond].sum()),
            "projects_on_offer": len(names),
            "projects_that_help": len(table),
            "pairs_that_help": len(both),
            "best_project": "" if best is None else str(best["project_name"]),
            "best_per_wan": 0.0 if best is None else float(best["per_wan"]),
        },
        modelled=modelled_shares(place, sites=sites),
        table=table,
        tables={"pairs": both} if pairs else {},
        sites=sites,
        minutes=ground.by_unit(nearest(network, targets=sites["spot"], origins=ground.spots).minutes),
        english=dict(zip(offer.projects["name_zh"], offer.projects["name_en"], strict=True)),
    )


def road_offer(region: Region) -> tuple[Offer, pd.Series[float]]:
    """What the sectors that keep the roads offer, and minutes of the links before anything is built.

    Parameters
    ----------
    region : Region
        Where.

    Returns
    -------
    Offer, Series
        Of the first year of the default scenario; minutes by car, by link.
    """
    scenario, sectors = Scenario(), writers_of([ROADS])
    problems = missing_tables(region, sectors)
    if problems:
        raise DataError(problems)
    assume = Assume.of(region["standards"], scenario)
    years = [scenario.first_year]
    states = simulate(region, sectors, scenario=scenario, assume=assume, years=years)
    return collect_offers(region, sectors, states=states, assume=assume), states[0][ROADS]


def _projects(region: Region, offer: Offer, names: npt.NDArray[np.object_]) -> pd.DataFrame:
    """The road projects in the order of the changes, with what each costs with what it requires."""
    every = offer.projects.set_index("project")
    mine = every.loc[list(names)]
    name = region["units"].set_index("unit")["name"]
    costs = every["capital_wan"]
    whole = [float(costs.loc[list(needed(project, every["requires"]))].sum()) for project in names]
    return pd.DataFrame(
        {
            "project": names,
            "project_name": mine["name_zh"].to_numpy(),
            "unit": mine["unit"].to_numpy(),
            "town": mine["town"].map(name).to_numpy(),
            "county": mine["county"].map(name).to_numpy(),
            "km": mine["size"].to_numpy(np.float64),
            "capital_wan": mine["capital_wan"].to_numpy(np.float64),
            "capital_all_wan": np.array(whole, dtype=np.float64),
        }
    )


def needed(project: str, requires: pd.Series[str]) -> frozenset[str]:
    """A project, those that it requires, and those that these require.

    Examples
    --------
    >>> sorted(needed("c", pd.Series({"a": "", "b": "a", "c": "b"})))
    ['a', 'b', 'c']
    """
    found: set[str] = set()
    ahead = project
    while ahead and ahead not in found:
        found.add(ahead)
        ahead = str(requires.get(ahead, ""))
    return frozenset(found)


def _gained(scores: Scores, *, projects: int, homes: int) -> npt.NDArray[np.bool_]:
    """Whether each project alone brings each village inside, shape (projects, villages)."""
    gained = np.zeros((projects, homes), dtype=np.bool_)
    gained[scores.singles["change"], scores.singles["origin"]] = True
    return gained


def _singles(
    projects: pd.DataFrame, gained: npt.NDArray[np.bool_], *, people: npt.NDArray[np.float64]
) -> pd.DataFrame:
    table = projects.assign(villages=gained.sum(axis=1), newly=gained @ people)
    table = table[table["villages"] > 0]
    table = table.assign(per_wan=_per(table["newly"], table["capital_all_wan"]))
    return table.sort_values(["per_wan", "project"], ascending=[False, True], ignore_index=True)


def _pairs(
    projects: pd.DataFrame, scores: Scores, gained: npt.NDArray[np.bool_], *, ground: Ground, offer: Offer
) -> pd.DataFrame:
    """Pairs of which somebody gains whom neither brings inside alone, most people per 万元 first."""
    people = ground.people
    extra = scores.pairs.assign(people=people[scores.pairs["origin"].to_numpy(np.int64)])
    sums = extra.groupby(["first", "second"])["people"].agg(["sum", "size"]).reset_index()
    one, two = (sums[side].to_numpy(np.int64) for side in ("first", "second"))
    alone = np.array(
        [people[gained[a] | gained[b]].sum() for a, b in zip(one, two, strict=True)], dtype=np.float64
    )
    every = offer.projects.set_index("project")
    names = projects["project"].to_numpy()
    cost = _costs([(names[a], names[b]) for a, b in zip(one, two, strict=True)], every=every)
    newly = alone + sums["sum"].to_numpy(np.float64)
    table = pd.DataFrame(
        {
            "first": names[one],
            "first_name": projects["project_name"].to_numpy()[one],
            "second": names[two],
            "second_name": projects["project_name"].to_numpy()[two],
            "capital_all_wan": cost,
            "villages": sums["size"].to_numpy(np.int64),
            "only_together": sums["sum"].to_numpy(np.float64),
            "newly": newly,
            "per_wan": _per(newly, cost),
        }
    )
    order = ["per_wan", "first", "second"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True)


def _costs(pairs: Iterable[tuple[str, str]], *, every: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Cost of each pair with all that it requires, in 万元; what both require is paid once."""
    costs, requires = every["capital_wan"].to_dict(), every["requires"]
    closed: dict[str, frozenset[str]] = {}
    found = []
    for pair in pairs:
        for name in pair:
            closed.setdefault(name, needed(name, requires))
        found.append(sum(costs[name] for name in closed[pair[0]] | closed[pair[1]]))
    return np.array(found, dtype=np.float64)


def _per(people: Any, wan: Any) -> npt.NDArray[np.float64]:
    amount, cost = np.asarray(people, dtype=np.float64), np.asarray(wan, dtype=np.float64)
    return np.asarray(np.divide(amount, cost, out=np.full(amount.size, np.inf), where=cost > 0))
