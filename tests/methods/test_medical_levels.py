"""Levels of care: Acre as published, OR-Library, a peer, trial of all networks on tiny cases, bad input."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall

from acre_network import acre_network
from tongqu.base import DataError, TongquError
from tongqu.methods.covering import covers_of, maximal_covering, set_covering
from tongqu.methods.medical import (
    CareLevel,
    CareNetwork,
    Links,
    _levels_program,
    design_network,
    resources_needed,
)
from tongqu.methods.settlement import Level, locate_levels

PUBLISHED = Path(__file__).parent / "published"
PEER: dict[str, Any] = json.loads((PUBLISHED / "locations.json").read_text(encoding="utf-8"))
seeds = st.integers(0, 100_000)


# --- Acre -------------------------------------------------------------------------------------------
def test_acre_is_solved_to_its_published_optimum() -> None:
    case, found = acre_network()
    assert round(found.total, 2) == 1_668_167_244.44
    assert found.gap == 0
    care = 246_574_335.00 + 838_859_013.30 + 547_760_666.25
    assert round(found.treating, 2) == round(care + 7_819_459.24, 2)
    assert round(found.ways, 2) == 27_153_770.65
    assert found.opened.sum(axis=1).tolist()[:2] == [20, 11]
    assert found.load.sum(axis=1).tolist() == [case.places["people"].sum()] * 3
    names = case.places["name"].to_numpy()
    refers = {names[site]: names[found.refers_to[0][site]] for site in np.flatnonzero(found.opened[0])}
    # As the published list of the second level says.
    away = {
        "Acrelandia": "Placido De Castro",
        "Assis Brasil": "Brasileia",
        "Bujari": "Senador Guiomard",
        "Capixaba": "Senador Guiomard",
        "Jordao": "Porto Walter",
        "Manoel Urbano": "Sena Madureira",
        "Marechal Thaumaturgo": "Porto Walter",
        "Porto Acre": "Senador Guiomard",
        "Santa Rosa Do Purus": "Feijo",
    }
    assert {start: end for start, end in refers.items() if start != end} == away


def test_acre_without_the_bound_of_its_linearisation_is_cheaper() -> None:
    _, found = acre_network(bounded=False)
    assert round(found.total, 2) == 1_667_700_250.18
    assert found.load[0].max() > 432_665


def test_resources_of_a_hospital_of_acre() -> None:
    case, _ = acre_network()
    rates = case.levels.loc[:, "physicians":].to_numpy()
    # 75 840 people at the third level of Brasileia, as published.
    needed = resources_needed([[0.0], [0.0], [75_840.0]], rates)[2, 0]
    published = [150.9216, 681.0432, 190.3584, 0, 138.0288, 1.509216, 1.274112, 1.183104, 0.773568]
    assert needed == pytest.approx(published, abs=1e-9)


# --- one level: medians, centres, coverings -----------------------------------------------------------
def one_level(
    minutes: Any, people: Any, *, limit: float = np.inf, unserved: float | None = None, **rules: Any
) -> CareNetwork:
    away = np.asarray(minutes, dtype=float)
    start, site = np.nonzero(away <= limit)
    cost = 0.0 if np.isfinite(limit) else away[start, site]
    level = CareLevel(name="site", links=Links(start=start, site=site, per_person=cost), **rules)
    return design_network(people, sites=away.shape[1], levels=[level], unserved=unserved)


def or_library(name: str) -> tuple[Any, int]:
    rows = [list(map(int, line.split())) for line in (PUBLISHED / f"{name}.txt").read_text().splitlines()]
    size, _, count = rows[0]
    table = np.full((size, size), np.inf)
    for start, end, length in rows[1:]:
        table[start - 1, end - 1] = table[end - 1, start - 1] = length
    np.fill_diagonal(table, 0)
    return floyd_warshall(table), count


@pytest.mark.parametrize(("name", "optimum"), [("pmed1", 5819), ("pmed2", 4093)])
def test_p_medians_of_or_library(name: str, optimum: int) -> None:
    away, count = or_library(name)
    found = one_level(away, np.ones(len(away)), most=count)
    assert found.total == optimum
    assert found.gap == 0


def test_a_p_centre_of_or_library() -> None:
    away, count = or_library("pmed3")
    inside = one_level(away, np.ones(len(away)), limit=93, opening=1.0)
    below = one_level(away, np.ones(len(away)), limit=92, opening=1.0)
    assert inside.total <= count < below.total


@pytest.mark.parametrize("case", PEER["cases"], ids=lambda case: f"p{case['count']}")
def test_locations_as_a_peer_finds_them(case: dict[str, Any]) -> None:
    """spopt's p-median, p-centre, maximal covering and set covering, by the network and by the siting."""
    away, people, count = np.array(case["minutes"]), np.array(case["people"]), case["count"]
    assert one_level(away, people, most=count).total == case["median"]
    assert locate_levels(away, people, levels=[Level("median", count)]).total == case["median"]
    covered = one_level(away, people, limit=case["radius"], most=count, unserved=1.0)
    assert people.sum() - covered.total == case["covered"]
    table = covers_of(*np.nonzero(away <= case["radius"]), places=len(away), candidates=away.shape[1])
    assert maximal_covering(table, people, count=count).value == case["covered"]
    assert one_level(away, people, limit=case["whole_radius"], opening=1.0).total == case["fewest"]
    whole = covers_of(*np.nonzero(away <= case["whole_radius"]), places=len(away), candidates=away.shape[1])
    assert set_covering(whole).value == case["fewest"]
    assert one_level(away, people, limit=case["centre"], opening=1.0).total <= count
    with pytest.raises(TongquError):
        one_level(away, people, limit=case["centre"] - 1, most=count)


# --- trial of all -------------------------------------------------------------------------------------
def tiny(seed: int) -> dict[str, Any]:
    """A case of two levels with every kind of rule."""
    rng = np.random.default_rng(seed)
    places, sites = 4, 3
    people = rng.integers(1, 20, places)
    levels: list[CareLevel] = []
    for below in (places, sites):
        start, site = np.nonzero(rng.random((below, sites)) < 0.75)
        top = people.sum() * rng.uniform(0.4, 1.2, sites)
        first = below == places
        levels.append(
            CareLevel(
                name=f"level {len(levels)}",
                links=Links(
                    start=start,
                    site=site,
                    per_person=rng.integers(0, 5, start.size),
                    fixed=rng.integers(0, 9, start.size),
                ),
                opening=rng.integers(0, 40, sites),
                per_person=rng.integers(0, 4, sites),
                capacity=top if rng.random() < 0.5 else np.inf,
                least=rng.integers(0, 6, sites) if rng.random() < 0.5 else 0.0,
                referred=1.0 if first else float(rng.choice([0.3, 1.0])),
                barred=rng.random(sites) < 0.1,
                most=2 if rng.random() < 0.3 else None,
                fewer=bool(rng.random() < 0.3),
            )
        )
    home = np.where(rng.random(places) < 0.4, np.append(rng.permutation(sites), -1), -1)
    return {
        "people": people,
        "sites": sites,
        "levels": levels,
        "home": home,
        "unserved": float(rng.integers(5, 60)) if rng.random() < 0.5 else None,
    }


Ways = dict[tuple[int, int], tuple[float, float]]


def ways_of(case: dict[str, Any]) -> list[Ways]:
    """Cost for each person, and fixed, of each link by level; a site's own link is free unless listed."""
    found: list[Ways] = []
    for row, level in enumerate(case["levels"]):
        links = level.links
        ways = {
            (start, site): (float(each), float(once))
            for start, site, each, once in zip(
                links.start.tolist(), links.site.tolist(), links.per_person, links.fixed, strict=True
            )
        }
        own = enumerate(case["home"].tolist()) if row == 0 else zip(*[range(case["sites"])] * 2, strict=True)
        for start, site in own:
            if site >= 0:
                ways.setdefault((start, site), (0.0, 0.0))
        found.append(ways)
    return found


def price(case: dict[str, Any], ways: list[Ways], opened: Any, *, chosen: list[Any]) -> float:
    """Cost of a network; inf where it breaks a limit. `chosen`: site of each place, referral of each site."""
    load = np.zeros(opened.shape)
    coming = case["people"].astype(float)
    total = float(coming[np.array(chosen[0]) < 0].sum()) * (case["unserved"] or 0.0)
    for row, level in enumerate(case["levels"]):
        for start, site in enumerate(chosen[row]):
            if site >= 0:
                each, once = ways[row][start, site]
                load[row, site] += coming[start] * level.referred
                total += each * coming[start] * level.referred + once
        here = opened[row]
        most = min(level.most or 99, (len(case["people"]), opened[0].sum())[row] - 1 if level.fewer else 99)
        if (load[row] > level.capacity).any() or (load[row] < level.least)[here].any() or here.sum() > most:
            return np.inf
        total += float(level.opening[here].sum() + level.per_person @ load[row])
        coming = load[row]
    return total


def cheapest(case: dict[str, Any]) -> float:
    """The least cost over all networks: levels of the sites, where they refer, where places go."""
    ways, best = ways_of(case), np.inf
    for held in product((0, 1, 2), repeat=case["sites"]):
        opened = np.array([np.array(held) > 0, np.array(held) > 1])
        if any((here & level.barred).any() for here, level in zip(opened, case["levels"], strict=True)):
            continue
        lost = [] if case["unserved"] is None else [-1]
        places = [
            options(ways[0], opened[0], start=place, own=int(own), none=lost)
            for place, own in enumerate(case["home"])
        ]
        sites = [
            options(ways[1], opened[1], start=site, own=site, none=[]) if level else [-1]
            for site, level in enumerate(held)
        ]
        for chosen in product(product(*places), product(*sites)):
            best = min(best, price(case, ways, opened, chosen=list(chosen)))
    return best


def options(ways: Ways, opened: Any, *, start: int, own: int, none: list[int]) -> list[int]:
    """Sites that a place or site may go to: its own where that is open."""
    if own >= 0 and opened[own]:
        return [own]
    return none + [site for site in np.flatnonzero(opened).tolist() if (start, site) in ways]


@example(390)  # no link at all, and everybody may stay
@given(seeds)
@settings(max_examples=25, deadline=None)
def test_no_network_is_cheaper(seed: int) -> None:
    case = tiny(seed)
    best = cheapest(case)
    try:
        found = design_network(**case)
    except TongquError:
        assert best == np.inf
        return
    assert found.total == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, abs=1e-6)
    again = price(case, ways_of(case), found.opened, chosen=[found.site_of, found.refers_to[0]])
    assert again == pytest.approx(found.total)
    parts = found.opening + found.treating + found.ways + found.missed
    assert found.total == pytest.approx(parts)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_no_network_is_cheaper_in_steps(seed: int) -> None:
    case = tiny(seed)
    best = cheapest(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_levels_program, "WHOLE_LINKS", 0)
        try:
            exact, rough = design_network(**case), design_network(**case, gap=0.2)
        except TongquError:
            assert best == np.inf
            return
    assert exact.total == pytest.approx(best, abs=1e-6)
    assert rough.bound - 1e-6 <= best <= rough.total + 1e-6
    assert rough.gap <= 0.2 + 1e-9


def test_everybody_is_treated_once_and_followed_up() -> None:
    case, found = acre_network()
    people = case.places["people"].to_numpy(dtype=float)
    for level in range(3):
        ends = np.bincount(found.at_level(level), weights=people, minlength=len(people))
        assert ends == pytest.approx(found.load[level])
        assert (found.opened[level][found.at_level(level)]).all()


def test_more_room_never_costs_more() -> None:
    rng = np.random.default_rng(4)
    away = rng.integers(1, 50, (9, 5))
    people = rng.integers(1, 30, 9)
    totals = [
        one_level(away, people, opening=40.0, capacity=share * people.sum()).total for share in (0.35, 0.6, 1)
    ]
    assert totals == sorted(totals, reverse=True)


# --- bad input ----------------------------------------------------------------------------------------
def level(**changes: Any) -> CareLevel:
    rules: dict[str, Any] = {"name": "clinic", "links": Links(start=[0, 1], site=[0, 1])}
    return CareLevel(**rules | changes)


@pytest.mark.parametrize(
    ("levels", "rest", "match"),
    [
        ([], {}, "there is none"),
        ([level()], {"people": []}, "there is no place"),
        ([level()], {"sites": 0}, "there is none"),
        ([level()], {"people": [1, -1]}, "missing or outside"),
        ([level(links=Links(start=[0, 0], site=[1, 1]))], {}, "a link comes twice"),
        ([level(links=Links(start=[0, 1], site=[1]))], {}, "shapes do not fit"),
        ([level(links=Links(start=[0, 2], site=[1, 1]))], {}, "outside 0..1"),
        ([level(opening=[1, 2, 3])], {}, "shape is wrong"),
        ([level(referred=0)], {}, "it is 0"),
        ([level(most=0)], {}, "below 1"),
        ([level(pinned=[True])], {}, "shape is wrong"),
        ([level(pinned=[True, False], barred=[True, False])], {}, "pinned site is barred"),
        ([level()], {"home": [0]}, "shape is wrong"),
        ([level()], {"home": [0, 0]}, "lies in two places"),
        ([level(barred=[True, False])], {"names": ["a", "b"]}, "no site of the first level"),
        ([level(), level(name="up", barred=[True, True])], {}, "no site of the first level"),
        ([level(pinned=[True, False]), level(name="up", links=Links(start=[], site=[]), barred=[True, True])],
         {"unserved": 1.0}, "cannot refer"),
    ],
)  # fmt: skip
def test_bad_input_is_named(levels: list[CareLevel], rest: dict[str, Any], match: str) -> None:
    given: dict[str, Any] = {"people": [3, 4], "sites": 2}
    with pytest.raises(DataError, match=match):
        design_network(**{**given, **rest}, levels=levels)


def test_places_out_of_reach_are_named_and_counted() -> None:
    alone = level(links=Links(start=[0], site=[0]))
    with pytest.raises(DataError) as caught:
        design_network(np.ones(30), sites=1, levels=[alone], names=[f"v{number}" for number in range(30)])
    values = [problem.value for problem in caught.value.problems]
    assert values[0] == "v1"
    assert len(values) == 21
    assert "9 more places" in caught.value.problems[-1].rule


def test_limits_that_exclude_one_another_are_said() -> None:
    with pytest.raises(TongquError, match="no network keeps all limits"):
        design_network([3, 4], sites=2, levels=[level(capacity=1.0)])
