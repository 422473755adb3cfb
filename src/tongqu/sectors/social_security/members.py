"""Who may be a member of the resident schemes, who is, and who lives on.

People have the axes (..., register, county, residence, sex, age); axes before the register are futures.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from tongqu.methods.pension import AGES, FIRST_AGE
from tongqu.methods.people import Sex, china_table, single_years, survival
from tongqu.sectors.social_security.parameters import Floats, Values, each

__all__ = ["LIFE_YEAR", "SEXES", "coverage", "eligible", "rural_share", "surviving"]

LIFE_YEAR: Final = 2020
"""Year that ``life.e0_male`` and ``life.e0_female`` stand for: the census that they are of."""
YOUNG_BORN: Final = 1980
OLD_BORN: Final = 1960
"""Years of birth from which and before which the share in the employees' scheme is level (assumed)."""
MIDDLE_AGE: Final = 45
OLD_AGE: Final = 60
"""Ages that ``pension.coverage`` and ``pension.coverage_old`` stand for."""
SEXES: Final[tuple[Sex, Sex]] = ("male", "female")
"""Order of the axis of sex."""
E0_GRID: Final = np.arange(55.0, 96.0)
"""Life expectancies at which model tables are made; survival between them is a straight line."""


def eligible(people: Floats, values: Values, *, year: int) -> Floats:
    """People whom no employees' scheme insures, shape (..., county, residence, age).

    The share that one insures goes with the year of birth: a generation takes it into old age.
    """
    born = year - np.arange(AGES)
    old = np.clip((YOUNG_BORN - born) / (YOUNG_BORN - OLD_BORN), 0.0, 1.0)
    shares = []
    for side in ("urban", "rural"):
        now, then = (each(values, f"pension.{side}_employee{end}") for end in ("", "_old"))
        shares.append(now + (then - now) * old)
    grown = np.arange(AGES) >= FIRST_AGE
    insured = (np.stack(shares, axis=-2) * grown)[..., np.newaxis, :, :]
    return np.asarray(people.sum(axis=(-5, -2)) * (1 - insured))


def coverage(values: Values) -> Floats:
    """Share of the eligible of each age who are members, shape (..., 1 county, age)."""
    age = np.arange(AGES)
    young, middle, old = (each(values, f"pension.coverage{end}") for end in ("_young", "", "_old"))
    first = np.clip((age - FIRST_AGE) / (MIDDLE_AGE - FIRST_AGE), 0.0, 1.0)
    second = np.clip((age - MIDDLE_AGE) / (OLD_AGE - MIDDLE_AGE), 0.0, 1.0)
    share = young + (middle - young) * first + (old - middle) * second
    return np.asarray((share * (age >= FIRST_AGE))[..., np.newaxis, :])


def rural_share(entitled: Floats) -> Floats:
    """Rural part of the eligible of each age, shape (..., county, age); 0 where there are none."""
    total = entitled.sum(axis=-2)
    rural = entitled[..., 1, :]
    return np.asarray(np.divide(rural, total, out=np.zeros_like(total), where=total > 0))


def surviving(people: Floats, values: Values, *, year: int) -> Floats:
    """Share of each age that lives through the year, both sexes together, shape (..., county, age)."""
    e0 = np.stack([np.asarray(values[f"life.e0_{sex}"], dtype=np.float64) for sex in SEXES], -1)
    later = np.asarray(values["life.gain"], dtype=np.float64)[..., np.newaxis] * (year - 0.5 - LIFE_YEAR)
    alive = _alive(e0 + later)[..., np.newaxis, :, :]
    by_sex = people.sum(axis=(-5, -3))
    total = by_sex.sum(axis=-2)
    shape = np.broadcast_shapes(total.shape, (*alive.shape[:-2], AGES))
    mean = np.broadcast_to(alive.mean(axis=-2), shape).copy()
    return np.asarray(np.divide((by_sex * alive).sum(axis=-2), total, out=mean, where=total > 0))


def _alive(e0: Floats) -> Floats:
    """Survival by age at life expectancies of shape (..., sex)."""
    table = _grid()
    place = np.clip(e0, E0_GRID[0], E0_GRID[-1]) - E0_GRID[0]
    low = np.minimum(place.astype(np.int64), len(E0_GRID) - 2)
    part, sex = (place - low)[..., np.newaxis], np.arange(len(SEXES))
    return np.asarray(table[sex, low] * (1 - part) + table[sex, low + 1] * part)


@lru_cache(maxsize=1)
def _grid() -> Floats:
    """Survival by sex, life expectancy and age."""
    return np.stack([survival(single_years(china_table(E0_GRID, sex=sex))).ages for sex in SEXES])
