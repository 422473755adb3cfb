"""Who lives, is born, leaves and comes in a region: rates read from its two censuses and its register.

Where there is no second census nobody leaves and nobody comes. See docs/methods/population.md for formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data import Region
from tongqu.methods.people import (
    FUNDAMENTAL,
    Rates,
    Sex,
    Survival,
    china_table,
    fertility_by_age,
    fertility_for_births,
    fit_exchange,
    migration_by_age,
    net_migrants,
    project,
    single_years,
    spread,
    survival,
)
from tongqu.sectors.population.census import AGES, GAP, Census, Floats, census_of
from tongqu.sectors.population.origins import stock_by_origin, yearly_flows
from tongqu.sectors.population.parameters import check_parameters

__all__ = ["Calibration", "Moves", "calibrate", "moving_rates", "survival_at"]

SEXES: Final[tuple[Sex, Sex]] = ("male", "female")
E0_GRID: Final = np.arange(55.0, 96.0)
"""Life expectancies at which model tables are made; survival between them is a straight line."""
SHIFTS: Final = np.arange(-5.0, 5.25, 0.25)
"""Years by which a region's life expectancy may differ from the country's."""
OLD: Final = 70
"""Age from which cohorts are taken as closed, so that they tell mortality."""
OLD_ENOUGH: Final = 2_000.0
"""Survivors of a sex below which the country's life expectancy stands."""
MOST: Final = 0.5
"""Largest rate of moving or leaving in a year."""
TOWN: Final = np.array([1.0, 0.0])
_ASKED: Final = (
    "life.e0_male",
    "life.e0_female",
    "life.gain",
    "fertility.mean_age",
    "fertility.deviation",
    "births.sex_ratio",
    "migration.to_town",
    "migration.inside",
    "migration.deterrence",
    "hukou.register",
    "migration.from_country",
)


@dataclass(frozen=True, eq=False)
class Moves:
    """Levels of moving; all 0 where two censuses do not tell them.

    Parameters
    ----------
    leave : numpy.ndarray of float
        Moves out of the county in a life at today's rates (gross migraproduction), shape (county,).
    come : numpy.ndarray of float
        Persons a year who come to the county, (county,).
    newcomers : numpy.ndarray of float
        Those of `come` who are registered elsewhere, (county,); the others come back.
    flows : numpy.ndarray of float
        Persons a year from county to county of the region, (county, county).
    to_town : numpy.ndarray of float
        Moves from the county's country to its towns in a life, (county,).
    urbanise : numpy.ndarray of float
        Share of rural people a year whose place becomes town, (county,).
    leaving, coming, within : numpy.ndarray of float
        Schedules by single age of those who leave, come, and move inside the county; each adds up to 1.
    leavers : numpy.ndarray of float
        Persons a year who left the county in the decade, (county,).
    """

    leave: Floats
    come: Floats
    newcomers: Floats
    flows: Floats
    to_town: Floats
    urbanise: Floats
    leaving: Floats
    coming: Floats
    within: Floats
    leavers: Floats


@dataclass(frozen=True, eq=False)
class Calibration:
    """Rates of a region.

    Parameters
    ----------
    shift : numpy.ndarray of float
        Years by which life expectancy is above the country's, by sex.
    fertility : numpy.ndarray of float
        Births per woman in the year of the last census, (county,).
    moves : Moves
        What moves.
    explained : float
        Share of the net migrants by county, sex and age that `moves` give; NaN without a second census.
    net : numpy.ndarray of float
        Net migrants of the decade by county, those born in it left out; (county,).
    """

    shift: Floats
    fertility: Floats
    moves: Moves
    explained: float
    net: Floats


@dataclass(frozen=True)
class _Given:
    """Parameters that the calibration depends on."""

    e0: tuple[float, float]
    gain: float
    mean_age: float
    deviation: float
    boys: float
    to_town: float
    inside: float
    deterrence: float
    register: float
    from_country: float


def calibrate(region: Region, parameters: pd.Series | Mapping[str, float]) -> Calibration:
    """Read the rates of a region from its censuses.

    Parameters
    ----------
    region : Region
        With people of counties and villages; observations of urban, rural and registered people sharpen it.
    parameters : Series or mapping of float
        Standards by name, for what censuses do not tell.

    Raises
    ------
    ScenarioError
        If a parameter cannot be.
    """
    values: Mapping[str, float]
    if isinstance(parameters, pd.Series):
        values = {str(name): float(number) for name, number in parameters.items()}
    else:
        values = parameters
    check_parameters(values)
    of = {name: float(values[name]) for name in _ASKED}
    given = _Given(
        e0=(of["life.e0_male"], of["life.e0_female"]),
        gain=of["life.gain"],
        mean_age=of["fertility.mean_age"],
        deviation=of["fertility.deviation"],
        boys=of["births.sex_ratio"] / (100 + of["births.sex_ratio"]),
        to_town=of["migration.to_town"],
        inside=of["migration.inside"],
        deterrence=of["migration.deterrence"],
        register=of["hukou.register"],
        from_country=of["migration.from_country"],
    )
    return _calibrated(region, given)


@lru_cache(maxsize=8)
def _calibrated(region: Region, given: _Given) -> Calibration:
    census = census_of(region)
    if census.before is None:
        count = len(census.counties)
        none = np.zeros(count)
        schedule = spread(migration_by_age(FUNDAMENTAL, ages=np.arange(AGES)), total=1.0)
        still = Moves(
            none, none, none, np.zeros((count, count)), none, none, schedule, schedule, schedule, none
        )
        return Calibration(np.zeros(2), _fertility(census, given, np.zeros(2)), still, np.nan, none)
    shift = _local_life(census, given)
    alive = survival_at(_mid_life(given) + shift)
    before, now = census.before.sum(axis=1), census.now.sum(axis=1)
    net = net_migrants(before, now, survival=alive.ages, years=GAP)
    found = fit_exchange(net, people=(before + now) / 2, years=GAP, survival=alive.ages, before=before)
    leavers = found.leave * ((before + now) / 2 @ found.leaving).sum(axis=1)
    newcomers = np.minimum(_arrivals(census, given, classes=slice(1, 3), out=leavers), found.come)
    stock = stock_by_origin(region, census, inside=given.inside, deterrence=given.deterrence)
    moves = Moves(
        found.leave,
        found.come,
        newcomers,
        yearly_flows(stock, census, inside=given.inside, newcomers=newcomers, leavers=leavers),
        np.zeros_like(leavers),
        np.zeros_like(leavers),
        found.leaving,
        found.coming,
        spread(migration_by_age(FUNDAMENTAL, ages=np.arange(AGES)), total=1.0),
        leavers,
    )
    fertility = _fertility(census, given, shift)
    moves = _townward(census, moves, given, alive=alive, out=leavers)
    return Calibration(shift, fertility, moves, found.explained, net.sum(axis=(1, 2)))


def survival_at(e0: Floats) -> Survival:
    """Survival by single years at life expectancies of shape (..., sex)."""
    births, ages = _grid()
    place = np.clip(e0, E0_GRID[0], E0_GRID[-1]) - E0_GRID[0]
    low = np.minimum(place.astype(np.int64), len(E0_GRID) - 2)
    part = place - low
    sex = np.arange(2)
    return Survival(
        births[sex, low] * (1 - part) + births[sex, low + 1] * part,
        ages[sex, low] * (1 - part[..., np.newaxis]) + ages[sex, low + 1] * part[..., np.newaxis],
    )


@lru_cache(maxsize=1)
def _grid() -> tuple[Floats, Floats]:
    """Survival of births (sex, e0) and by age (sex, e0, age) on the grid."""
    found = [survival(single_years(china_table(E0_GRID, sex=sex))) for sex in SEXES]
    return np.stack([one.births for one in found]), np.stack([one.ages for one in found])


def _mid_life(given: _Given) -> Floats:
    """Life expectancy in the middle of the decade before the year that the standards stand for."""
    return np.array(given.e0) - given.gain * GAP / 2


def _local_life(census: Census, given: _Given) -> Floats:
    """Shift that lets those who were 70 and more live on to the people of 80 and more, sex by sex."""
    assert census.before is not None
    before, now = (people.sum(axis=(0, 1)) for people in (census.before, census.now))
    alive = survival_at(_mid_life(given) + SHIFTS[:, np.newaxis])
    old = np.broadcast_to(before, (len(SHIFTS), 2, AGES)).copy()
    old[..., :OLD] = 0.0
    for _ in range(GAP):
        living = old * alive.ages
        old = np.zeros_like(living)
        old[..., 1:] = living[..., :-1]
        old[..., -1] += living[..., -1]
    kept, counted = old.sum(axis=-1), now[:, OLD + GAP :].sum(axis=-1)
    best = np.abs(kept - counted).argmin(axis=0)
    return np.where(counted >= OLD_ENOUGH, SHIFTS[best], 0.0)


def _fertility(census: Census, given: _Given, shift: Floats) -> Floats:
    """Births per woman: the infants of the census give the region's level, children under 5 the counties'."""
    people = census.now.sum(axis=1)
    born = survival_at(np.array(given.e0) + shift).births
    infants, young = (people[:, :, :age].sum(axis=(1, 2)) for age in (1, 5))
    schedule = _childbearing(given.mean_age, given.deviation)
    women = people[:, 1]
    asked = (women * schedule).sum(axis=-1)
    young = np.where(asked > 0, young, 0.0)
    each = fertility_for_births(young / 5, women=women, schedule=schedule).sum(axis=-1)
    whole = young.sum() / 5
    return np.asarray(each * (infants.sum() / float(born.mean()) / whole if whole > 0 else 0.0))


def _arrivals(census: Census, given: _Given, *, classes: slice, out: Floats) -> Floats:
    """Persons a year who arrived and are registered elsewhere: the stock's growth, and who left it.

    People leave the stock by registering and, as all, by leaving the county.
    """
    first, last = (np.nan_to_num(stock[classes]).sum(axis=0) for stock in census.newcomers)
    known = np.isfinite(census.newcomers[:, classes]).all(axis=(0, 1))
    assert census.before is not None
    people = (census.before + census.now).sum(axis=(1, 2, 3)) / 2
    going = given.register + np.divide(out, people, out=np.zeros_like(people), where=people > 0)
    return np.where(known, np.maximum((last - first) / GAP + going * (first + last) / 2, 0.0), 0.0)


def _townward(census: Census, moves: Moves, given: _Given, *, alive: Survival, out: Floats) -> Moves:
    """Moves from country to town, and country that became town, so that the decade ends with today's towns.

    The growth of residents registered in another town of the county says how many moved; what they do not
    explain became town where it stood. One number a county is sought: up to 1 it scales the moves, above 1
    it adds land that became town.
    """
    assert census.before is not None
    before, now = census.before, census.now
    rural = (before + now)[:, 1].sum(axis=(1, 2)) / 2
    weight = ((before + now)[:, 1] / 2 @ moves.within).sum(axis=1)
    told = _arrivals(census, given, classes=slice(0, 1), out=out)
    told = np.where(told > 0, told * given.from_country, now[:, 0].sum(axis=(1, 2)) / GAP)
    level = np.minimum(np.divide(told, weight, out=np.zeros_like(told), where=weight > 0), MOST * 50)
    births = _decade_births(census, given, alive)
    wanted = now[:, 0].sum(axis=(1, 2)) / np.maximum(now.sum(axis=(1, 2, 3)), 1e-9)
    low, high = np.zeros(len(wanted)), np.full(len(wanted), 2.0)
    for _ in range(30):
        middle = (low + high) / 2
        trial = replace(
            moves,
            to_town=level * np.minimum(middle, 1.0),
            urbanise=np.maximum(middle - 1.0, 0.0) * (0.2 * (rural > 0)),
        )
        share = _decade_share(before, trial, given, alive=alive, births=births)
        few = share < wanted
        low, high = np.where(few, middle, low), np.where(few, high, middle)
    return trial


def _decade_births(census: Census, given: _Given, alive: Survival) -> Floats:
    """Births per woman by county over the decade: the children under 10 of its end."""
    assert census.before is not None
    children = census.now[..., :GAP].sum(axis=(1, 2, 3)) / float(np.mean(alive.births))
    women = ((census.before + census.now) / 2).sum(axis=1)[:, 1]
    schedule = _childbearing(given.mean_age, given.deviation)
    children = np.where((women * schedule).sum(axis=-1) > 0, children, 0.0)
    return np.asarray(fertility_for_births(children / GAP, women=women, schedule=schedule).sum(axis=-1))


@lru_cache(maxsize=8)
def _childbearing(mean: float, deviation: float) -> Floats:
    return fertility_by_age(1.0, mean=mean, deviation=deviation)


def _decade_share(before: Floats, moves: Moves, given: _Given, *, alive: Survival, births: Floats) -> Floats:
    """Urban share of each county at the end of the decade."""
    fertility = births[:, np.newaxis, np.newaxis] * _childbearing(given.mean_age, given.deviation)
    leaving, routes, emigration = moving_rates(moves)
    coming = (moves.come - moves.flows.sum(axis=0)).clip(min=0.0)
    places = np.array([given.to_town, 1 - given.to_town])[:, np.newaxis, np.newaxis]
    rates = Rates(
        alive,
        fertility=fertility,
        boys=given.boys,
        leaving=leaving,
        routes=routes,
        emigration=emigration,
        immigration=coming[:, None, None, None] * places * moves.coming / 2,
        urbanise=moves.urbanise,
    )
    people = project(before, rates, years=GAP).people[-1]
    return np.asarray(people[:, 0].sum(axis=(1, 2)) / np.maximum(people.sum(axis=(1, 2, 3)), 1e-9))


def moving_rates(
    moves: Moves, *, out: Floats | None = None, inward: Floats | None = None, pull: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Rates of moving inside the region, where those go, and rates of leaving it.

    Those who leave a county choose between the other counties by their pull, and the outside.

    Parameters
    ----------
    out, inward, pull : array_like of float
        Factors on leaving the county, on moving to its towns, and on its pull, shape (..., county); 1 if not
        given.

    Returns
    -------
    tuple of numpy.ndarray of float
        `Rates.leaving` and `Rates.emigration` of shape (..., county, residence, 1, age), `Rates.routes` of
        shape (..., places, places).
    """
    ones = np.ones(len(moves.leave))
    going, town, drawn = (ones if factor is None else factor for factor in (out, inward, pull))
    flows = moves.flows * drawn[..., np.newaxis, :]
    beyond = np.maximum(moves.leavers - moves.flows.sum(axis=1), 0.0)
    drawn_in = flows.sum(axis=-1)
    total = drawn_in + beyond
    share = np.divide(drawn_in, total, out=np.zeros_like(total), where=total > 0)
    leave = going * moves.leave
    away = (leave * share)[..., None, None, None] * moves.leaving
    moving = (town * moves.to_town)[..., None, None, None] * (1 - TOWN)[:, None, None] * moves.within
    leaving = np.minimum(away + moving, MOST)
    emigration = (leave * (1 - share))[..., None, None, None] * moves.leaving / (1 - leaving)
    return leaving, _routes(flows, leave * share, town * moves.to_town), np.minimum(emigration, MOST)


def _routes(flows: Floats, away: Floats, townward: Floats) -> Floats:
    """Where those who move go, shape (..., places, places): towns of other counties, or of their own."""
    count = flows.shape[-1]
    out = flows.sum(axis=-1, keepdims=True)
    own_way = np.broadcast_to(np.eye(count), flows.shape).copy()
    shares = np.divide(flows, out, out=own_way, where=out > 0)
    away, townward = np.broadcast_arrays(away, townward)
    total = away + townward
    own = np.divide(townward, total, out=np.ones_like(total), where=total > 0)
    routes = np.zeros((*np.broadcast_shapes(total.shape, flows.shape[:-1]), 2, count, 2))
    routes[..., :, 0, :, 0] = shares
    routes[..., :, 1, :, 0] = own[..., None] * np.eye(count) + (1 - own[..., None]) * shares
    return routes.reshape(*routes.shape[:-4], 2 * count, 2 * count)
