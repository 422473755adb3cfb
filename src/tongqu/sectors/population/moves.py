"""What moves in a region: levels and schedules, and the rates of a year that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tongqu.sectors.population.census import Floats

__all__ = ["MOST", "Moves", "moving_rates"]

MOST: Final = 0.5
"""Largest rate of moving or leaving in a year."""
TOWN: Final = np.array([1.0, 0.0])


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
