"""Programmes of a county: jobs and homes in town, young people to villages, registration at the place.

What a programme promises is the answer of the same model that the simulation runs: people carried on with it
and without it, so those who leave again, die, have children or would have come anyway are allowed for.

A programme is offered in parts, each of which requires the one before: a plan takes the share it wants in
each year, and may take more later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import FOREVER, Assume, Forecast, Offer, cost_entries, join_offers, project_table
from tongqu.data import Region
from tongqu.sectors.population.calibration import calibrate
from tongqu.sectors.population.census import AGES, Floats, census_of
from tongqu.sectors.population.parameters import PARAMETERS
from tongqu.sectors.population.villages import centre_counties, empty_cells
from tongqu.sectors.population.years import Pressure, people_after

__all__ = ["programmes"]


@dataclass(frozen=True)
class _Programme:
    """A programme that goes on from the year after its start.

    Parameters
    ----------
    ledger, entry : str
        Ledger and key of the persons a year.
    share : str
        Standard with the persons a year over those whom it is about.
    cost : tuple of str
        Standards that add up to the cost of one person, 万元, paid in the year.
    """

    kind: str
    name_zh: str
    name_en: str
    ledger: str
    entry: str
    share: str
    cost: tuple[str, ...]


PROGRAMMES: Final = (
    _Programme(
        "jobs",
        "产业聚人计划（就业岗位）",
        "jobs that bring newcomers to town",
        "arrive",
        "urban",
        "programme.jobs",
        ("programme.newcomer_cost", "programme.jobs_cost"),
    ),
    _Programme(
        "homes",
        "安居聚人计划（住房支持）",
        "homes that bring newcomers to town",
        "arrive",
        "urban",
        "programme.homes",
        ("programme.newcomer_cost", "programme.homes_cost"),
    ),
    _Programme(
        "young_to_villages",
        "青年入乡计划",
        "young people to the countryside",
        "arrive",
        "rural",
        "programme.young",
        ("programme.young_cost",),
    ),
    _Programme(
        "registration",
        "落户与随迁子女就学计划",
        "registration and schooling of newcomers",
        "register",
        "people",
        "programme.registration",
        ("programme.registration_cost",),
    ),
)
LEAD: Final = 1
"""Years from the decision to the first persons (assumed)."""
YOUNG_AGES: Final = slice(20, 45)
PARTS: Final = 4
"""Equal parts that a programme is offered in."""


def programmes(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """One programme of each kind in each county, of the size that the standards give, in equal parts."""
    people = forecast.states[0]["cells.people"].to_numpy()
    start = people.reshape(2, len(region.codes("county")), 2, 2, AGES)
    parts = [_offered(region, forecast, one, start=start, assume=assume) for one in PROGRAMMES]
    return join_offers(parts)


def _offered(region: Region, forecast: Forecast, one: _Programme, *, start: Floats, assume: Assume) -> Offer:
    """The parts of a programme: each has an equal part of its persons and of what it adds to every stock."""
    about = {
        "urban": start[:, :, 0].sum(axis=(0, 2, 3)),
        "rural": start[:, :, 1].sum(axis=(0, 2, 3)),
        "people": start[1].sum(axis=(1, 2, 3)),
    }[one.entry]
    persons = np.round(about * assume[one.share])
    answer = _answer(region, forecast, one, start=start, persons=persons, assume=assume)
    some = np.repeat((persons > 0) & _has_places(region, one), PARTS)
    part = np.repeat(persons / PARTS, PARTS)[some]
    projects = _projects(region, one, counted=some, persons=part, assume=assume)
    coming = _entries(projects, one.ledger, one.entry, since=np.array([LEAD]), amount=part[:, np.newaxis])
    since = np.arange(len(forecast.years))
    stocks = [
        _entries(
            projects,
            "stock",
            key,
            since=since,
            amount=np.diff(np.repeat(values / PARTS, PARTS, axis=0)[some], axis=1, prepend=0.0),
        )
        for key, values in answer.items()
    ]
    return Offer(projects, pd.concat([cost_entries(projects), coming, *stocks], ignore_index=True))


def _projects(
    region: Region, one: _Programme, *, counted: npt.NDArray[np.bool_], persons: Floats, assume: Assume
) -> pd.DataFrame:
    """One project a part, in the order of counties; ``counted`` says which parts of all there are."""
    counties = region.level("county")
    counties = counties.loc[counties.index.repeat(PARTS)]
    number = np.tile(np.arange(1, PARTS + 1), len(counties) // PARTS)[counted]
    counties = counties[counted]
    seats = region["units"].set_index("unit")["node"].reindex(counties["seat"]).to_numpy()
    stem, turn = one.kind + ":" + counties.index + ":", number.astype(str)
    english = counties["name_en"].fillna(counties["name"])
    return project_table(
        {
            "project": (stem + turn).to_numpy(),
            "name_zh": (counties["name"] + one.name_zh + turn + f"/{PARTS}").to_numpy(),
            "name_en": (english + ": " + one.name_en + ", part " + turn + f" of {PARTS}").to_numpy(),
            "unit": counties.index.to_numpy(),
            "county": counties.index.to_numpy(),
            "node": counties["node"].fillna(pd.Series(seats, index=counties.index)).fillna("").to_numpy(),
            "lon": counties["lon"].to_numpy(),
            "lat": counties["lat"].to_numpy(),
            "size": persons,
            "size_unit": "person/year",
            "running_wan": persons * sum(assume[name] for name in one.cost),
            "lead": LEAD,
            "requires": np.where(number > 1, stem + (number - 1).astype(str), ""),
            "modelled": True,
        },
        sector="population",
        kind=one.kind,
    )


def _has_places(region: Region, one: _Programme) -> npt.NDArray[np.bool_]:
    """Whether each county has villages of the residence that the programme brings people to."""
    count = len(region.codes("county"))
    lacking = {(county, residence) for county, residence, _ in empty_cells(region)}
    if one.ledger != "arrive":
        return np.ones(count, dtype=np.bool_)
    residence = 0 if one.entry == "urban" else 1
    return np.array([(county, residence) not in lacking for county in range(count)], dtype=np.bool_)


def _answer(
    region: Region, forecast: Forecast, one: _Programme, *, start: Floats, persons: Floats, assume: Assume
) -> dict[str, Floats]:
    """What a programme from the first year on adds to each stock, shape (county, year)."""
    count = len(persons)
    arrive = np.zeros((count, 2))
    if one.ledger == "arrive":
        arrive[:, 0 if one.entry == "urban" else 1] = persons
    register = persons if one.ledger == "register" else np.zeros(count)
    usual = Pressure.none(count, centre=centre_counties(region))
    acted = Pressure(arrive, register, usual.services, usual.centre)
    with_it, without = (
        _stocks(region, forecast, start, pressure=pressure, assume=assume) for pressure in (acted, usual)
    )
    return {key: with_it[key] - without[key] for key in with_it}


def _stocks(
    region: Region, forecast: Forecast, start: Floats, *, pressure: Pressure, assume: Assume
) -> dict[str, Floats]:
    """Stocks of the counties in the years of the plan, shape (county, year)."""
    found, census = calibrate(region, assume.values), census_of(region)
    values = {name: float(assume[name]) for name in PARAMETERS}
    states = [start]
    for year in forecast.years[1:]:
        after = people_after(
            states[-1], found, values=values, year=year, census_year=census.year, pressure=pressure
        )
        states.append(after)
    people = np.stack(states, axis=-1)
    return {
        "urban_people": people[:, :, 0].sum(axis=(0, 2, 3)),
        "rural_young": people[:, :, 1, :, YOUNG_AGES].sum(axis=(0, 2, 3)),
        "registered": people[0].sum(axis=(1, 2, 3)),
    }


def _entries(
    projects: pd.DataFrame, ledger: str, key: str, *, since: np.ndarray, amount: Floats
) -> pd.DataFrame:
    """An entry for each project and year since its start, that lasts; `amount` (project, year)."""
    table = pd.DataFrame(
        {
            "project": np.repeat(projects["project"].to_numpy(), len(since)),
            "ledger": ledger,
            "unit": np.repeat(projects["county"].to_numpy(), len(since)),
            "key": key,
            "since": np.tile(since, len(projects)),
            "until": FOREVER,
            "amount": amount.ravel(),
        }
    )
    return table[table["amount"] != 0]
