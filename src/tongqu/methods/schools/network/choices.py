"""Which schools a group of pupils may lawfully go to: by foot, by bus, or to board."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.reach import Times
from tongqu.methods.schools.network.terms import Choices, Pupils, Schools, StageNorm

__all__ = ["lawful_choices"]


def lawful_choices(
    times: Times,
    pupils: Pupils,
    *,
    village: npt.ArrayLike,
    schools: Schools,
    stages: Sequence[StageNorm],
    walk: float,
    bus: float,
    board: float = np.inf,
    nearest: int = 8,
) -> Choices:
    """The schools that each group may go to, the nearest ones, and that of today.

    Within the ride norm of its stage a group rides, free of charge up to the walk; beyond, it may board if
    its stage allows. Where boarding is cheaper than a lawful ride, both are choices. The school of today is
    always one: beyond the norm it is marked unlawful, and a plan may keep it only until relief comes.

    Parameters
    ----------
    times : Times
        Minutes by school bus from villages to schools, all that may matter.
    pupils : Pupils
        Groups.
    village : array_like of int
        Village of each group, shape (groups,).
    schools : Schools
        What they teach.
    stages : sequence of StageNorm
        Norms.
    walk : float
        Minutes (of the bus) up to which pupils walk and no bus is paid for.
    bus : float
        Cost of a pupil, year and minute of the one-way ride, 万元.
    board : float
        Cost of a boarder and year, 万元; inf where nobody boards.
    nearest : int
        So many schools of each group are choices, besides that of today and places to build.

    Returns
    -------
    Choices
        Sorted by group and minutes.

    Raises
    ------
    DataError
        If a position is outside or an amount is missing or negative.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> stage = StageNorm(name="primary", grades=6, class_size=45, pupils_per_teacher=19, ride=30)
    >>> found = lawful_choices(
    ...     times_from_matrix([[4.0, 20.0, 50.0]]),
    ...     Pupils(names=("Dachen",), stage=[0], number=[[12.0]], school=[2]),
    ...     village=[0],
    ...     schools=Schools(names=("a", "b", "c"), stages=[[True]] * 3, places=90),
    ...     stages=[stage],
    ...     walk=10,
    ...     bus=0.01,
    ... )
    >>> found.school, found.yearly, found.lawful
    (array([0, 1, 2]), array([0. , 0.2, 0.5]), array([ True,  True, False]))
    """
    home = positions(village, column="village", size=times.origins)
    require(
        len(home) == len(pupils),
        column="village",
        rule="there is not one for each group",
        mend="give the village of every group",
    )
    floats([walk, bus, board], column="walk, bus, board", low=0)
    group, school, minutes = _all_pairs(times, home)
    stage = pupils.stages[group]
    mine = schools.taught[school, stage]
    group, school, minutes, stage = group[mine], school[mine], minutes[mine], stage[mine]
    norm = np.array([one.ride for one in stages])[stage]
    rides = minutes <= norm
    fare = np.where(minutes > walk, minutes * bus, 0.0)
    today = school == pupils.schools[group]
    lodges = np.array([one.boards for one in stages])[stage] & np.isfinite(board)
    boards = lodges & (~rides | (board < fare))
    ride = rides | today
    parts = [
        (group[use], school[use], minutes[use], np.full(int(use.sum()), lodged), cost[use], lawful[use])
        for use, lodged, cost, lawful in (
            (ride, False, fare, rides),
            (boards, True, np.full(len(fare), board), np.ones(len(fare), dtype=np.bool_)),
        )
    ]
    columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
    found = Choices(
        group=columns[0],
        school=columns[1],
        minutes=columns[2],
        boards=columns[3],
        yearly=columns[4],
        lawful=columns[5],
    )
    order = np.lexsort((found.boards, found.school, found.minutes, found.group))
    found = found.of(order)
    return found.of(_near(found, pupils, built=schools.flag("today"), nearest=nearest))


def _all_pairs(times: Times, home: Ints) -> tuple[Ints, Ints, Floats]:
    """Pairs of each group, as those of its village; times are sorted by origin."""
    starts = np.searchsorted(times.origin, np.arange(times.origins + 1))
    count = np.diff(starts)[home]
    group = np.repeat(np.arange(len(home)), count)
    step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    at = starts[home][group] + step
    return group, times.site[at], times.minutes[at]


def _near(found: Choices, pupils: Pupils, *, built: Bools, nearest: int) -> Bools:
    """The nearest schools of today, the nearest places to build, and the school of each group."""
    kept = found.school == pupils.schools[found.group]
    for kind in (built[found.school], ~built[found.school]):
        rows = np.flatnonzero(kind)
        first = np.searchsorted(found.group[rows], found.group[rows])
        kept[rows[np.arange(len(rows)) - first < nearest]] = True
    return np.asarray(kept)
