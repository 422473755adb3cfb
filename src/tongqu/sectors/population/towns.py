"""How many moved to towns between two censuses, and how much country became town where it stood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from tongqu.methods.people import Rates, Survival, ahead, fertility_by_age, fertility_for_births
from tongqu.sectors.population.census import GAP, Census, Floats
from tongqu.sectors.population.moves import MOST, Moves, moving_rates

__all__ = ["Given", "arrivals", "childbearing", "townward"]

HIGHEST: Final = 2.0
"""Largest number that is sought: all the moves, and a fifth of the country becoming town each year."""
HALVINGS: Final = 30
"""Halvings of the range: the number is found to 2e-9."""
PROBE: Final = 1e-3
"""How far from a number nearby the slope is looked at."""
STEPS: Final = 12
"""Steps from a number nearby, after which the whole range is searched."""


@dataclass(frozen=True)
class Given:
    """Parameters that the calibration depends on: shares, and years of life."""

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


def arrivals(census: Census, given: Given, *, classes: slice, out: Floats) -> Floats:
    """Persons a year who arrived and are registered elsewhere: the stock's growth, and who left it.

    People leave the stock by registering and, as all, by leaving the county.
    """
    first, last = (np.nan_to_num(stock[classes]).sum(axis=0) for stock in census.newcomers)
    known = np.isfinite(census.newcomers[:, classes]).all(axis=(0, 1))
    assert census.before is not None
    people = (census.before + census.now).sum(axis=(1, 2, 3)) / 2
    going = given.register + np.divide(out, people, out=np.zeros_like(people), where=people > 0)
    return np.where(known, np.maximum((last - first) / GAP + going * (first + last) / 2, 0.0), 0.0)


def townward(
    census: Census,
    moves: Moves,
    given: Given,
    *,
    alive: Survival,
    out: Floats,
    near: Floats | None = None,
) -> tuple[Moves, Floats]:
    """Moves from country to town, and country that became town, so that the decade ends with today's towns.

    The growth of residents registered in another town of the county says how many moved; what they do not
    explain became town where it stood. One number a county is sought: up to 1 it scales the moves, above 1
    it adds land that became town.

    Parameters
    ----------
    alive : Survival
        Of the decade.
    out : numpy.ndarray of float
        Persons a year who left each county, shape (county,).
    near : numpy.ndarray of float, optional
        That number under nearly the same parameters, (county,): where the search starts.

    Returns
    -------
    tuple of Moves and numpy.ndarray of float
        The moves with those to towns, and the number sought, (county,).
    """
    assert census.before is not None
    before, now = census.before, census.now
    rural = (before + now)[:, 1].sum(axis=(1, 2)) / 2
    weight = ((before + now)[:, 1] / 2 @ moves.within).sum(axis=1)
    told = arrivals(census, given, classes=slice(0, 1), out=out)
    told = np.where(told > 0, told * given.from_country, now[:, 0].sum(axis=(1, 2)) / GAP)
    level = np.minimum(np.divide(told, weight, out=np.zeros_like(told), where=weight > 0), MOST * 50)
    births = _decade_births(census, given, alive)
    wanted = now[:, 0].sum(axis=(1, 2)) / np.maximum(now.sum(axis=(1, 2, 3)), 1e-9)

    def trial(scale: Floats) -> Moves:
        return replace(
            moves,
            to_town=level * np.minimum(scale, 1.0),
            urbanise=np.maximum(scale - 1.0, 0.0) * (0.2 * (rural > 0)),
        )

    def misses(scale: Floats) -> Floats:
        return np.asarray(_decade_share(before, trial(scale), given, alive=alive, births=births) - wanted)

    found = None if near is None else _secant(misses, near=near)
    if found is None:
        found = _bisection(misses, count=len(wanted))
    return trial(found), found


def _bisection(misses: Callable[[Floats], Floats], *, count: int) -> Floats:
    """Where functions that rise cross 0 between 0 and `HIGHEST`, shape (count,)."""
    low, high = np.zeros(count), np.full(count, HIGHEST)
    middle = high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        few = misses(middle) < 0
        low, high = np.where(few, middle, low), np.where(few, high, middle)
    return middle


def _secant(misses: Callable[[Floats], Floats], *, near: Floats) -> Floats | None:
    """The same from places nearby, as exactly; None where that does not lead there.

    A function that does not change stays where it was.
    """
    here = near
    there = here + np.where(here + PROBE <= HIGHEST, PROBE, -PROBE)
    at_here, at_there = misses(here), misses(there)
    for _ in range(STEPS):
        change = at_there - at_here
        step = np.divide(-at_there * (there - here), change, out=np.zeros_like(there), where=change != 0)
        last, here, at_here = there, there, at_there
        there = np.clip(last + step, 0.0, HIGHEST)
        if np.abs(there - last).max(initial=0.0) <= HIGHEST / 2**HALVINGS:
            return there
        at_there = misses(there)
    return None


def _decade_births(census: Census, given: Given, alive: Survival) -> Floats:
    """Births per woman by county over the decade: the children under 10 of its end."""
    assert census.before is not None
    children = census.now[..., :GAP].sum(axis=(1, 2, 3)) / float(np.mean(alive.births))
    women = ((census.before + census.now) / 2).sum(axis=1)[:, 1]
    schedule = childbearing(given.mean_age, given.deviation)
    children = np.where((women * schedule).sum(axis=-1) > 0, children, 0.0)
    return np.asarray(fertility_for_births(children / GAP, women=women, schedule=schedule).sum(axis=-1))


@lru_cache(maxsize=8)
def childbearing(mean: float, deviation: float) -> Floats:
    """Births a year per woman of each age for one birth in a life."""
    return fertility_by_age(1.0, mean=mean, deviation=deviation)


def _decade_share(before: Floats, moves: Moves, given: Given, *, alive: Survival, births: Floats) -> Floats:
    """Urban share of each county at the end of the decade."""
    fertility = births[:, np.newaxis, np.newaxis] * childbearing(given.mean_age, given.deviation)
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
    people = ahead(before, rates, years=GAP)
    return np.asarray(people[:, 0].sum(axis=(1, 2)) / np.maximum(people.sum(axis=(1, 2, 3)), 1e-9))
