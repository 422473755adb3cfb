"""People served: random options judged in plain Python, pairs as stars, rooms that several projects make."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from engine.hand import VILLAGES, hand_made, offer_of, plenty, projects_of
from tongqu.engine.model import build
from tongqu.engine.promise import promise_of

YEARS = (2026, 2027)
COUNTY = "990101"
HOMES = VILLAGES[COUNTY]
NAMES = tuple(f"p{number}" for number in range(6))


def draw(seed: int):
    """Six projects of one county with shares, many pairs, and rooms in two places that some of them share."""
    rng = np.random.default_rng(seed)
    rows = [{"project": name, "county": COUNTY, "lead": int(rng.integers(2))} for name in NAMES]
    effects, rooms = [], {}
    for name in NAMES:
        homes = rng.choice(HOMES, size=int(rng.integers(0, 3)), replace=False)
        effects += [(name, "served", str(home), "walk", float(rng.choice([0.3, 0.6, 1.0]))) for home in homes]
        if rng.random() < 0.7:
            pool, room = HOMES[int(rng.integers(2))], float(rng.choice([15.0, 60.0, 500.0]))
            rooms[name] = (pool, room)
            effects.append((name, "room", pool, "place", room))
            homes = rng.choice(HOMES, size=int(rng.integers(0, 4)), replace=False)
            effects += [(name, "served", str(home), "place", 1.0) for home in homes]
    every = [(*ends, home) for ends in itertools.combinations(NAMES, 2) for home in HOMES]
    drawn = rng.choice(len(every), size=25, replace=False)
    pairs = [
        (every[k][0], every[k][1], str(every[k][2]), "walk", float(rng.choice([0.4, 1.0]))) for k in drawn
    ]
    needs = {
        (service, home, year): float(rng.choice([0.0, 40.0, 90.0]))
        for service in ("walk", "place")
        for home in HOMES
        for year in YEARS
    }
    offer = offer_of(projects_of(rows), effects=effects, pairs=pairs, limits=plenty(YEARS))
    starts = {name: int(rng.choice(YEARS)) for name in NAMES if rng.random() < 0.7}
    return hand_made(offer, years=YEARS, needs=needs), rooms, needs, starts


def expected(inputs, rooms, needs, starts, *, service: str, year: int) -> float:
    lead = inputs.offer.projects.set_index("project")["lead"]
    works = {name for name, start in starts.items() if start + lead[name] <= year}
    entries = inputs.offer.entries
    served = entries[(entries["ledger"] == "served") & (entries["key"] == service)]
    served = served[served["project"].isin(works)]
    need = {home: needs[service, home, year] for home in HOMES}
    if service == "walk":
        share = dict.fromkeys(HOMES, 0.0)
        for home, amount in zip(served["unit"], served["amount"], strict=True):
            share[home] += amount
        for row in inputs.offer.pairs.itertuples():
            if row.first in works and row.second in works:
                share[row.unit] += row.amount
        return sum(min(1.0, share[home]) * need[home] for home in HOMES)
    room = dict.fromkeys((pool for pool, _ in rooms.values()), 0.0)
    for name in works & set(rooms):
        room[rooms[name][0]] += rooms[name][1]
    reach = {(home, rooms[name][0]) for name, home in zip(served["project"], served["unit"], strict=True)}
    # The least cut: homes not cut off can go only to pools that are counted in full.
    return min(
        sum(need[home] for home in cut)
        + sum(room[pool] for pool in room if any((home, pool) in reach for home in HOMES if home not in cut))
        for size in range(len(HOMES) + 1)
        for cut in itertools.combinations(HOMES, size)
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_promise_counts_people_as_a_plain_count_does(seed):
    inputs, rooms, needs, starts = draw(seed)
    served = promise_of(inputs, pd.Series(starts, dtype="int64")).served
    found = served.groupby(["service", "year"])["added"].sum()
    for service in ("walk", "place"):
        for year in YEARS:
            wanted = expected(inputs, rooms, needs, starts, service=service, year=year)
            assert found.get((service, year), 0.0) == pytest.approx(wanted, abs=1e-5), (service, year)


def star(*, leaves: int, money: float):
    """A road, and clinics that help everybody only along the road."""
    rows = [{"project": "road", "county": COUNTY, "capital_wan": 30.0}]
    rows += [{"project": f"c{number}", "county": COUNTY, "capital_wan": 10.0} for number in range(leaves)]
    pairs = [("road", f"c{number}", HOMES[0], "walk", 1.0) for number in range(leaves)]
    offer = offer_of(projects_of(rows), pairs=pairs, limits=plenty((2026,), money=money))
    return hand_made(offer, years=(2026,), unmet=100.0)


def test_a_third_of_a_road_brings_no_more_than_a_third_of_the_people():
    """With one variable a pair, three pairs of a third each would credit everybody for half the money."""
    model = build(star(leaves=3, money=20.0))
    solution = model.program.relaxed(exact=True)
    credit = model.credits[0]
    # 30 for the road and 10 for clinics buy everybody: 20 buy half.
    assert solution.values[credit["variable"].to_numpy()] == pytest.approx([0.5], abs=1e-6)


def test_a_star_has_one_variable_and_two_rows_a_year():
    program = build(star(leaves=3, money=20.0)).program
    assert len(program.numbers("pair_walk")) == 1
    rows = {name: len(program.row_numbers(name)) for name in program.families if name.startswith("pair")}
    assert rows == {"pair first walk": 1, "pair second walk": 1}
    assert "covered walk" not in program.families, "the star itself is the credit"


@pytest.mark.parametrize(("room", "rows"), [(1000.0, False), (150.0, True)])
def test_rooms_for_everybody_need_no_row(room, rows):
    """Two homes of 100 go to one school: room for 1000 never fills, room for 150 does."""
    effects = [("school", "served", home, "place", 1.0) for home in HOMES[:2]]
    effects.append(("school", "room", HOMES[0], "place", room))
    offer = offer_of(
        projects_of([{"project": "school", "county": COUNTY, "capital_wan": 1.0}]),
        effects=effects,
        limits=plenty((2026,)),
    )
    inputs = hand_made(offer, years=(2026,), unmet=100.0)
    assert ("room place" in build(inputs).program.families) is rows
    served = promise_of(inputs, pd.Series({"school": 2026})).served
    assert served["added"].sum() == pytest.approx(min(room, 200.0))


def test_room_of_a_project_that_takes_nobody_itself_is_used():
    """The annex makes room at the school's place; the school takes the people."""
    effects = [
        ("school", "served", HOMES[0], "place", 1.0),
        ("school", "room", HOMES[0], "place", 30.0),
        ("annex", "room", HOMES[0], "place", 45.0),
    ]
    rows = [{"project": name, "county": COUNTY, "capital_wan": 1.0} for name in ("school", "annex")]
    inputs = hand_made(
        offer_of(projects_of(rows), effects=effects, limits=plenty((2026,))), years=(2026,), unmet=100.0
    )
    added = [
        promise_of(inputs, pd.Series(dict.fromkeys(names, 2026), dtype="int64")).served["added"].sum()
        for names in (["school"], ["school", "annex"], ["annex"])
    ]
    assert added == pytest.approx([30.0, 75.0, 0.0])
