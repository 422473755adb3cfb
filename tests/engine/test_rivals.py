"""Plans made without a joint plan keep every rule, and none is better than what is proven."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from engine.hand import VILLAGES, hand_made, offer_of, plenty, projects_of
from engine.judge import Judge, draw
from tongqu.engine.coordinate import mean_log
from tongqu.engine.greedy import greedy_starts
from tongqu.engine.optimise import optimise
from tongqu.engine.promise import promise_of
from tongqu.engine.rivals import RIVALS, outcome_of, sector_by_sector, year_by_year
from tongqu.engine.worth import Worth

COUNTY = "990101"
HOMES = VILLAGES[COUNTY]


def two_sectors(seed: int):
    """A random offer whose projects belong to two sectors in turn."""
    inputs = draw(seed)
    projects = inputs.offer.projects
    sector = ["even" if number % 2 == 0 else "odd" for number in range(len(projects))]
    return replace(inputs, offer=replace(inputs.offer, projects=projects.assign(sector=sector)))


@cache
def proven(seed: int) -> float:
    """No plan of the offer has a higher mean log D."""
    return optimise(two_sectors(seed)).certificate.bound


@pytest.mark.parametrize("name", list(RIVALS))
@pytest.mark.parametrize("seed", [0, 3])
def test_a_rival_keeps_every_rule_and_stays_below_the_bound(name, seed):
    inputs = two_sectors(seed)
    found = outcome_of(inputs, RIVALS[name](inputs))
    starts = {str(project): int(year) for project, year in found.starts.items()}
    judge = Judge(inputs)
    assert found.broken == ()
    assert judge.refused(starts) == ""
    assert found.measures["coordination"] == pytest.approx(judge.objective(starts), abs=1e-6)
    assert found.measures["coordination"] <= proven(seed) + 1e-8


def test_pinned_projects_start_when_the_scenario_says():
    inputs = draw(2)
    (pin,) = inputs.scenario.pinned
    for rival in (greedy_starts, year_by_year, sector_by_sector):
        assert rival(inputs)[pin.project] == pin.year


@pytest.mark.parametrize("seed", range(3))
def test_worth_adds_up_to_the_promise_where_no_places_are_counted(seed):
    inputs = draw(seed)
    entries = inputs.offer.entries
    gone = entries["ledger"].eq("room") | (entries["ledger"].eq("served") & entries["key"].eq("place"))
    offer = replace(inputs.offer, entries=entries[~gone].reset_index(drop=True))
    inputs = replace(inputs, offer=offer)
    worth = Worth(inputs)
    chosen: dict[int, int] = {}
    total = mean_log(inputs.indicators.indices, inputs.weights)
    for number in range(len(offer.projects)):
        if offer.projects["lead"].iloc[number] + 1 > 2:
            continue
        total += worth.added({number: 1}, chosen)
        worth.take({number: 1}, chosen)
        chosen[number] = 1
    names = offer.projects["project"].iloc[list(chosen)]
    starts = pd.Series(inputs.years[1], index=pd.Index(names, name="project"))
    wanted = mean_log(promise_of(inputs, starts).indices, inputs.weights)
    assert total == pytest.approx(wanted, abs=1e-7)


def shop(rows, effects, *, pairs=(), money=100.0):
    offer = offer_of(
        projects_of(rows), effects=effects, pairs=pairs, limits=plenty((2026, 2027), money=money)
    )
    return hand_made(offer, years=(2026, 2027))


def test_greedy_takes_the_best_ratio_and_what_is_left_goes_to_a_later_year():
    rows = [
        {"project": "cheap", "county": COUNTY, "capital_wan": 80.0},
        {"project": "dear", "county": COUNTY, "capital_wan": 110.0},
    ]
    effects = [("cheap", "served", HOMES[0], "walk", 1.0), ("dear", "served", HOMES[1], "walk", 1.0)]
    assert greedy_starts(shop(rows, effects)).to_dict() == {"cheap": 2026, "dear": 2027}


def test_greedy_does_not_see_a_pair_of_which_neither_is_there():
    rows = [{"project": name, "county": COUNTY, "capital_wan": 40.0} for name in ("road", "clinic")]
    inputs = shop(rows, [], pairs=[("road", "clinic", HOMES[0], "walk", 1.0)])
    assert greedy_starts(inputs).empty
    assert set(optimise(inputs).starts.index) == {"road", "clinic"}


def test_year_by_year_saves_nothing_for_what_is_to_come():
    """The large project needs two years' money; whoever decides on 2026 alone buys the small one."""
    rows = [
        {"project": "small", "county": COUNTY, "capital_wan": 60.0},
        {"project": "large", "county": COUNTY, "capital_wan": 190.0},
    ]
    effects = [("small", "served", HOMES[0], "walk", 0.2)]
    effects += [("large", "served", home, "walk", 1.0) for home in HOMES]
    inputs = shop(rows, effects)
    assert year_by_year(inputs).to_dict() == {"small": 2026}
    assert optimise(inputs).starts.to_dict() == {"large": 2027}
