"""Who lives, is born, leaves and comes in a region: rates read from its two censuses and its register.

Where there is no second census nobody leaves and nobody comes. See docs/methods/population.md for formulas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data import Region
from tongqu.methods.people import (
    FUNDAMENTAL,
    Exchange,
    Sex,
    Survival,
    china_table,
    fertility_for_births,
    fit_exchange,
    migration_by_age,
    net_migrants,
    single_years,
    spread,
    survival,
)
from tongqu.sectors.population.census import AGES, GAP, Census, Floats, census_of
from tongqu.sectors.population.moves import Moves
from tongqu.sectors.population.origins import stock_by_origin, yearly_flows
from tongqu.sectors.population.parameters import check_parameters
from tongqu.sectors.population.towns import Given, arrivals, childbearing, townward

__all__ = ["Calibration", "calibrate", "survival_at"]

SEXES: Final[tuple[Sex, Sex]] = ("male", "female")
E0_GRID: Final = np.arange(55.0, 96.0)
"""Life expectancies at which model tables are made; survival between them is a straight line."""
SHIFTS: Final = np.arange(-5.0, 5.25, 0.25)
"""Years by which a region's life expectancy may differ from the country's."""
OLD: Final = 70
"""Age from which cohorts are taken as closed, so that they tell mortality."""
OLD_ENOUGH: Final = 2_000.0
"""Survivors of a sex below which the country's life expectancy stands."""
NEAR: Final = 2.0
"""Years of life expectancy in the decade up to which the region's own rates are where searches start."""
GAIN_STEP: Final = 0.01
"""Steps of gains in life expectancy, years a year, at which it is sought who leaves and who comes."""
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
    towns : numpy.ndarray of float
        The number that `towns.townward` sought, (county,): where to begin under nearly the same parameters.
    """

    shift: Floats
    fertility: Floats
    moves: Moves
    explained: float
    net: Floats
    towns: Floats


def calibrate(region: Region, parameters: pd.Series | Mapping[str, float]) -> Calibration:
    """Read the rates of a region from its censuses.

    Searches under other parameters than the region's own start from what these give, if life expectancy is
    nearly the same: rates of futures are found in a fifth of the time.

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
    return _calibrated(region, _given(values))


def _given(values: Mapping[str, float]) -> Given:
    of = {name: float(values[name]) for name in _ASKED}
    return Given(
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


@lru_cache(maxsize=4)
def _own(region: Region) -> Given | None:
    """Parameters of the region's own table of standards; None where it lacks one."""
    table = region["standards"].set_index("standard")["value"].astype("float64").dropna()
    values = {str(name): float(value) for name, value in table.items()}
    return _given(values) if set(_ASKED) <= set(values) else None


@lru_cache(maxsize=16)
def _calibrated(region: Region, given: Given) -> Calibration:
    census = census_of(region)
    if census.before is None:
        return _still(census, given)
    before, now = census.before.sum(axis=1), census.now.sum(axis=1)
    shift, alive = _alive(region, given.e0, given.gain)
    found = _exchanged(region, given.e0, given.gain)
    leavers = found.leave * ((before + now) / 2 @ found.leaving).sum(axis=1)
    newcomers = np.minimum(arrivals(census, given, classes=slice(1, 3), out=leavers), found.come)
    stock = _stock(region, given.inside, given.deterrence)
    moves = Moves(
        found.leave,
        found.come,
        newcomers,
        yearly_flows(stock, census, inside=given.inside, newcomers=newcomers, leavers=leavers),
        np.zeros_like(leavers),
        np.zeros_like(leavers),
        found.leaving,
        found.coming,
        _within(),
        leavers,
    )
    own = _near(region, given.e0, given.gain)
    near = None if own is None or own == given else _calibrated(region, own).towns
    moves, towns = townward(census, moves, given, alive=alive, out=leavers, near=near)
    fertility = _fertility(census, given, shift)
    return Calibration(shift, fertility, moves, found.explained, found.net.sum(axis=(1, 2)), towns)


def _still(census: Census, given: Given) -> Calibration:
    """Rates where nobody is known to leave or to come."""
    count = len(census.counties)
    none, schedule = np.zeros(count), _within()
    moves = Moves(none, none, none, np.zeros((count, count)), none, none, schedule, schedule, schedule, none)
    return Calibration(np.zeros(2), _fertility(census, given, np.zeros(2)), moves, np.nan, none, none)


def _within() -> Floats:
    """Schedule of those who move inside a county."""
    return spread(migration_by_age(FUNDAMENTAL, ages=np.arange(AGES)), total=1.0)


@lru_cache(maxsize=4)
def _stock(region: Region, inside: float, deterrence: float) -> Floats:
    return stock_by_origin(region, census_of(region), inside=inside, deterrence=deterrence)


def _near(region: Region, e0: tuple[float, float], gain: float) -> Given | None:
    """The region's own parameters, if life expectancy in the decade is nearly the same as with these."""
    own = _own(region)
    if own is None or np.abs(_mid_life(e0, gain) - _mid_life(own.e0, own.gain)).max() > NEAR:
        return None
    return own


@dataclass(frozen=True, eq=False)
class _Exchanged:
    """Who leaves and comes: what the calibration takes of an `Exchange`, and net migrants of the decade."""

    net: Floats
    leaving: Floats
    coming: Floats
    leave: Floats
    come: Floats
    explained: float


def _exchanged(region: Region, e0: tuple[float, float], gain: float) -> _Exchanged:
    """Net migrants of the decade, and who leaves and comes, which follow from mortality alone.

    Under the region's own mortality they are sought; under one nearby they are on a straight line between
    those of two steps of life expectancy, which thousands of futures share.
    """
    census = census_of(region)
    shift, alive = _alive(region, e0, gain)
    own = _near(region, e0, gain)
    if own is None or (own.e0, own.gain) == (e0, gain):
        found = _fitted(region, _pair(_mid_life(e0, gain) + shift), None)
        return _Exchanged(_net(census, alive), *(getattr(found, name) for name in _TAKEN))
    low = math.floor(gain / GAIN_STEP)
    part = gain / GAIN_STEP - low
    lives = [_pair(np.round(_mid_life(e0, step * GAIN_STEP) + shift, 9)) for step in (low, low + 1)]
    own_shift, _ = _alive(region, own.e0, own.gain)
    start = _pair(_mid_life(own.e0, own.gain) + own_shift)
    one, two = (_fitted(region, life, start) for life in lives)
    between = (getattr(one, name) * (1 - part) + getattr(two, name) * part for name in _TAKEN)
    return _Exchanged(_net(census, alive), *between)


_TAKEN: Final = ("leaving", "coming", "leave", "come", "explained")
"""What is taken of an `Exchange`."""


def _pair(values: Floats) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _net(census: Census, alive: Survival) -> Floats:
    """Net migrants of the decade by county, sex and age."""
    assert census.before is not None
    before, now = census.before.sum(axis=1), census.now.sum(axis=1)
    return net_migrants(before, now, survival=alive.ages, years=GAP)


@lru_cache(maxsize=128)
def _fitted(region: Region, life: tuple[float, float], start: tuple[float, float] | None) -> Exchange:
    """Who leaves and comes at a life expectancy of the decade, sought near what another one gives."""
    census = census_of(region)
    assert census.before is not None
    before, now = census.before.sum(axis=1), census.now.sum(axis=1)
    alive = survival_at(np.array(life))
    near = None if start is None or start == life else _fitted(region, start, None)
    return fit_exchange(
        _net(census, alive),
        people=(before + now) / 2,
        years=GAP,
        survival=alive.ages,
        before=before,
        near=near,
    )


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


def _mid_life(e0: tuple[float, float], gain: float) -> Floats:
    """Life expectancy in the middle of the decade before the year that the standards stand for."""
    return np.array(e0) - gain * GAP / 2


@lru_cache(maxsize=64)
def _alive(region: Region, e0: tuple[float, float], gain: float) -> tuple[Floats, Survival]:
    """Years by which the region lives longer than the country, and who lives through a year of the decade."""
    middle = _mid_life(e0, gain)
    shift = _local_life(census_of(region), middle)
    return shift, survival_at(middle + shift)


def _local_life(census: Census, middle: Floats) -> Floats:
    """Shift that lets those who were 70 and more live on to the people of 80 and more, sex by sex."""
    assert census.before is not None
    before, now = (people.sum(axis=(0, 1)) for people in (census.before, census.now))
    alive = survival_at(middle + SHIFTS[:, np.newaxis])
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


def _fertility(census: Census, given: Given, shift: Floats) -> Floats:
    """Births per woman: the infants of the census give the region's level, children under 5 the counties'."""
    people = census.now.sum(axis=1)
    born = survival_at(np.array(given.e0) + shift).births
    infants, young = (people[:, :, :age].sum(axis=(1, 2)) for age in (1, 5))
    schedule = childbearing(given.mean_age, given.deviation)
    women = people[:, 1]
    asked = (women * schedule).sum(axis=-1)
    young = np.where(asked > 0, young, 0.0)
    each = fertility_for_births(young / 5, women=women, schedule=schedule).sum(axis=-1)
    whole = young.sum() / 5
    return np.asarray(each * (infants.sum() / float(born.mean()) / whole if whole > 0 else 0.0))
