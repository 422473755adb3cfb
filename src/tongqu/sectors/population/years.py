"""Rates of a year from the calibration, the parameters, the levers and what programmes bring.

People have the axes (..., register, county, residence, sex, age): registered at their place, or elsewhere.
Parameters may have a future each; axes before the register are futures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods.interaction import Lever, pulls
from tongqu.methods.people import Accounts, Rates, Survival, advance, ahead, fertility_by_age
from tongqu.sectors.population.calibration import Calibration, survival_at
from tongqu.sectors.population.census import Census, Floats
from tongqu.sectors.population.moves import moving_rates
from tongqu.sectors.population.parameters import LEVERS

__all__ = ["Pressure", "next_year", "people_after", "start_of"]

LIFE_YEAR: Final = 2020
"""Year that ``life.e0_male`` and ``life.e0_female`` stand for: the census that they are of."""

MOST_BACK: Final = 1.5
"""Most people who come back in a year over those of the decade: who is away is not without end (assumed)."""

Values = Mapping[str, npt.ArrayLike]
"""Parameters by name: a number, or one for each future."""


@dataclass(frozen=True, eq=False)
class Pressure:
    """What acts on the counties in a year besides the parameters.

    Parameters
    ----------
    arrive : numpy.ndarray of float
        Persons whom programmes bring to town and country, shape (county, 2).
    register : numpy.ndarray of float
        Persons whom programmes get registered, (county,).
    services : numpy.ndarray of float
        People served over people in need, against the first year, (county,).
    centre : numpy.ndarray of bool
        Counties that the lever of the centre strengthens, (county,).
    jobs, wages : numpy.ndarray of float
        Jobs, and pay of a job, against what the trend alone would give, (county,) or one number.
    """

    arrive: Floats
    register: Floats
    services: Floats
    centre: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    jobs: Floats = field(default_factory=lambda: np.ones(1))
    wages: Floats = field(default_factory=lambda: np.ones(1))

    @classmethod
    def none(cls, counties: int, *, centre: npt.NDArray[np.bool_] | None = None) -> Pressure:
        """Nothing acts."""
        where = np.zeros(counties, dtype=np.bool_) if centre is None else centre
        return cls(np.zeros((counties, 2)), np.zeros(counties), np.ones(counties), where)


def start_of(census: Census) -> Floats:
    """People of the last census by register, county, residence, sex and age."""
    away = census.elsewhere
    return np.stack([census.now - away, away])


def next_year(
    people: Floats, found: Calibration, *, values: Values, year: int, census_year: int, pressure: Pressure
) -> tuple[Floats, Accounts]:
    """People a year on, and the year's accounts.

    Parameters
    ----------
    people : numpy.ndarray of float
        At the start of the year, shape (..., register, county, residence, sex, age).
    values : mapping
        Every name of `parameters.PARAMETERS`; a number, or one for each future.
    year : int
        The year at whose end the result stands.
    """
    rates = _rates(people, found, values=values, year=year, since=year - census_year, pressure=pressure)
    return advance(people, rates)


def people_after(
    people: Floats, found: Calibration, *, values: Values, year: int, census_year: int, pressure: Pressure
) -> Floats:
    """People a year on, as `next_year` has them, without the account."""
    rates = _rates(people, found, values=values, year=year, since=year - census_year, pressure=pressure)
    return ahead(people, rates)


def _rates(
    people: Floats, found: Calibration, *, values: Values, year: int, since: int, pressure: Pressure
) -> Rates:
    moves = found.moves
    pull = _pull(values, pressure)
    out = _each(values, "migration.leaving") / pull
    leaving, routes, emigration = moving_rates(
        moves, out=out, inward=_each(values, "migration.townward") * pull, pull=pull
    )
    return Rates(
        _survival(found, values, year=year),
        fertility=_fertility(found, values, since=since),
        boys=_boys(values),
        leaving=leaving[..., np.newaxis, :, :, :, :],
        routes=routes[..., np.newaxis, :, :],
        emigration=emigration[..., np.newaxis, :, :, :, :],
        immigration=_coming(people, found, values=values, out=out, pull=pull, pressure=pressure),
        urbanise=(_each(values, "migration.reclassify") * moves.urbanise)[..., np.newaxis, :],
        register=_registering(people, values, pressure),
    )


def _boys(values: Values) -> Floats:
    """Share of boys, with axes for register, county and residence."""
    ratio = np.asarray(values["births.sex_ratio"], dtype=np.float64)
    return np.asarray(ratio / (100 + ratio))[..., np.newaxis, np.newaxis, np.newaxis]


def _each(values: Values, name: str) -> Floats:
    """A parameter with an axis for the county."""
    return np.asarray(values[name], dtype=np.float64)[..., np.newaxis]


def _pull(values: Values, pressure: Pressure) -> Floats:
    """How much more each county pulls than in the decade of the censuses, shape (..., county)."""
    ones = np.ones(len(pressure.services))
    acting = {"jobs": pressure.jobs, "wages": pressure.wages}
    levers = [
        Lever(
            name,
            _each(values, f"lever.{name}") * acting.get(name, ones) * ones,
            elasticity=values[f"elasticity.{name}"],
        )
        for name in LEVERS
    ]
    centre = np.where(pressure.centre, _each(values, "lever.centre"), 1.0)
    feedback = pressure.services ** _each(values, "feedback.services")
    return np.asarray(pulls(ones, levers) * centre * feedback)


def _survival(found: Calibration, values: Values, *, year: int) -> Survival:
    e0 = np.stack([np.asarray(values[f"life.e0_{sex}"], dtype=np.float64) for sex in ("male", "female")], -1)
    later = np.asarray(values["life.gain"], dtype=np.float64)[..., np.newaxis] * (year - 0.5 - LIFE_YEAR)
    made = survival_at(e0 + found.shift + later)
    return Survival(
        made.births[..., np.newaxis, np.newaxis, np.newaxis, :],
        made.ages[..., np.newaxis, np.newaxis, np.newaxis, :, :],
    )


def _fertility(found: Calibration, values: Values, *, since: int) -> Floats:
    """Births per woman by age: the census's level in its year, changed from the next year on."""
    change = _each(values, "fertility.change") if since >= 1 else 1.0
    mean, spread = (np.asarray(values[f"fertility.{name}"], np.float64) for name in ("mean_age", "deviation"))
    schedule = _childbearing(mean.tobytes(), spread.tobytes(), mean.shape)
    level = np.asarray(found.fertility * change)[..., np.newaxis, :, np.newaxis, np.newaxis]
    return np.asarray(level * schedule[..., np.newaxis, np.newaxis, np.newaxis, :])


@lru_cache(maxsize=4)
def _childbearing(mean: bytes, deviation: bytes, shape: tuple[int, ...]) -> Floats:
    """Schedules of childbearing: the search for them is dear, and a run asks for the same ones every year."""
    each = (np.frombuffer(values, dtype=np.float64).reshape(shape) for values in (mean, deviation))
    return fertility_by_age(1.0, mean=next(each), deviation=next(each))


def _coming(
    people: Floats, found: Calibration, *, values: Values, out: Floats, pull: Floats, pressure: Pressure
) -> Floats:
    """Persons who come from outside, shape (..., register, county, residence, 1 sex, age), for either sex.

    Those who come back grow and shrink with those who leave; newcomers, from a wider world, do not.
    """
    moves = found.moves
    inside = moves.flows.sum(axis=0)
    back = (moves.come - np.maximum(moves.newcomers, inside)).clip(min=0.0)
    new = (moves.newcomers - inside).clip(min=0.0)
    now = (people.sum(axis=(-5, -3, -2)) @ moves.leaving) * moves.leave
    echo = np.divide(now, moves.leavers, out=np.ones_like(now), where=moves.leavers > 0) * out * pull
    echo = np.minimum(echo, MOST_BACK)
    scale = _each(values, "migration.coming") * pull
    town = np.asarray(values["migration.to_town"], dtype=np.float64)[..., np.newaxis, np.newaxis]
    places = np.concatenate([town, 1 - town], axis=-1)
    numbers = np.stack(
        [(back * echo * scale)[..., np.newaxis] * places, (new * scale)[..., np.newaxis] * places], axis=-3
    )
    numbers[..., 1, :, :] += pressure.arrive
    return np.asarray(numbers[..., np.newaxis, np.newaxis] * moves.coming / 2)


def _registering(people: Floats, values: Values, pressure: Pressure) -> Floats:
    """Share of those registered elsewhere who get registered in the year, shape (..., county, residence)."""
    stock = people[..., 1, :, :, :, :].sum(axis=(-3, -2, -1))
    more = np.divide(
        np.broadcast_to(pressure.register, stock.shape), stock, out=np.zeros_like(stock), where=stock > 0
    )
    share = np.minimum(_each(values, "hukou.register") + more, 1.0)
    return np.repeat(share[..., np.newaxis], 2, axis=-1)
