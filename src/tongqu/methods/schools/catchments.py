"""Catchments: every village's pupils of a stage go to one school, within its places, at least way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods.reach import Times
from tongqu.methods.schools._case import NOWHERE
from tongqu.methods.schools._search import Search, require_search, searched
from tongqu.methods.schools._task import REASONS, task_of
from tongqu.methods.schools.parts import Stage

__all__ = ["Catchments", "draw_catchments"]


@dataclass(frozen=True, slots=True, eq=False)
class Catchments:
    """Which school each village's pupils of each stage go to.

    Parameters
    ----------
    stages : tuple of str
        Names of the stages.
    school : numpy.ndarray of int
        Shape (villages, stages); -1 where there are no pupils or no school for them.
    minutes : numpy.ndarray of float
        Way to it, shape (villages, stages); nan where there is none.
    pupils : numpy.ndarray of float
        Shape (villages, stages).
    reason : numpy.ndarray of int
        Why pupils have no school, a position in `REASONS`; 0 where they have one, shape (villages, stages).
    broken : numpy.ndarray of bool
        Whether the next village on the way goes to another school, shape (villages, stages).
    load : numpy.ndarray of float
        Pupils by school and age, shape (schools, ages).
    placed, most : float
        Pupils with a school, and a number that no catchments exceed.
    pupil_minutes : float
        Pupils times minutes.
    value, bound : float
        Pupil-minutes with detours, less rewards; and what no catchments that place so many go below.
    gap : float
        (value - bound) / value; 0 where it is proven best.
    search : {"exact", "quick"}
        How.
    """

    stages: tuple[str, ...]
    school: Ints
    minutes: Floats
    pupils: Floats
    reason: Ints
    broken: Bools
    load: Floats
    placed: float
    most: float
    pupil_minutes: float
    value: float
    bound: float
    gap: float
    search: Search

    @property
    def placed_gap(self) -> float:
        """Share of the pupils who could at most be placed and are not."""
        return 1 - self.placed / self.most if self.most > 0 else 0.0

    @property
    def unplaced(self) -> Floats:
        """Pupils without a school, shape (villages, stages)."""
        return np.where(self.school < 0, self.pupils, 0.0)


def draw_catchments(
    pupils: npt.ArrayLike,
    times: Times,
    *,
    stages: Sequence[Stage],
    places: npt.ArrayLike,
    onward: npt.ArrayLike | None = None,
    detour: float = 0.0,
    campus: npt.ArrayLike | None = None,
    siblings: float = 0.0,
    together: float = 0.0,
    search: Search = "auto",
    gap: float = 0.001,
    seconds: float = 60.0,
    seed: int = 1,
) -> Catchments:
    """Draw catchments: most pupils with a school first, then least pupil-minutes.

    The pupils of a stage in a village go to one school as a whole. The places of a school hold by age (a
    place of the first grade is of no use to the sixth); it takes a stage when it has places at all its
    ages. Preferences have a price in minutes and never leave a pupil without a school: that the next
    village on the way goes to the same school, so that catchments hang together; and that siblings in
    different stages go to one place.

    Parameters
    ----------
    pupils : array_like of float
        Pupils by single age, shape (villages, ages), 0 or more.
    times : Times
        Minutes from villages to schools.
    stages : sequence of Stage
        Stages with their ages, which do not overlap, and ride limits.
    places : array_like of float
        Places by age, shape (schools, ages), 0 where a school has no class of the age.
    onward : array_like of int, optional
        For each pair of the times the next village on the way to the school, -1 where there is none; shape
        (pairs,).
    detour : float
        Minutes that each pupil counts when the next village on the way goes elsewhere, 0 or more.
    campus : array_like of int, optional
        Place of each school, shape (schools,); schools of one place count as together. Each its own when
        left out.
    siblings : float
        Share of the pupils of the smaller of two stages who have a sibling in the other, in [0, 1].
    together : float
        Minutes that each such pupil is worth when both stages go to one place, 0 or more.
    search : {"auto", "exact", "quick"}
        How.
    gap : float
        Relative gap that is good enough, 0 or more.
    seconds : float
        Time after which no further round of the search begins, above 0.
    seed : int
        Of the search, 0 or more.

    Returns
    -------
    Catchments
        Every pupil has one school, or is in `unplaced` with the reason.

    Raises
    ------
    DataError
        If a value is missing or out of range, shapes do not fit, stages overlap, a school has places for
        some ages of a stage only, or the next village on a way is not nearer to the school.

    Notes
    -----
    Least sum of minutes over whole villages is the generalized assignment problem; ways that hang together
    follow Shirabe's trees. Up to some thousand columns it is solved as an integer program. Larger ones are
    rounded from the linear relaxation and annealed; the bound keeps whole villages within each school and
    prices the rest (Lagrangean relaxation), so the gap holds whatever the search did.

    References
    ----------
    Caro, F., Shirabe, T., Guignard, M., Weintraub, A. (2004), School redistricting: embedding GIS tools with
    integer programming, Journal of the Operational Research Society 55, 836-849. Shirabe, T. (2009),
    Districting modeling with exact contiguity constraints, Environment and Planning B 36, 1053-1066.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> minutes = times_from_matrix([[5, 20], [10, 12], [25, 40]])
    >>> found = draw_catchments(
    ...     [[10, 12], [8, 8], [5, 5]],
    ...     minutes,
    ...     stages=[Stage("primary", (0, 1), 30)],
    ...     places=[[15, 20], [9, 9]],
    ... )
    >>> found.school.ravel(), found.placed, found.pupil_minutes, found.gap
    (array([0, 1, 0]), 48.0, 552.0, 0.0)
    """
    task = task_of(
        pupils, times, stages=stages, places=places, onward=onward, detour=detour, campus=campus,
        siblings=siblings, together=together,
    )  # fmt: skip
    require_search(search, gap=gap, seconds=seconds, seed=seed)
    case = task.case
    choice, most, bound, how = searched(case, search=search, gap=gap, seconds=seconds, seed=seed)
    value = case.value(choice)
    bound = value if value - bound <= 1e-9 * max(abs(value), 1.0) else bound
    size = (task.reason.shape[0], len(stages))
    school, minutes = np.full(size, NOWHERE, dtype=np.int64), np.full(size, np.nan)
    broken, reason = np.zeros(size, dtype=np.bool_), task.reason.copy()
    good = np.flatnonzero(choice >= 0)
    where = task.village[good], task.stage[good]
    school[where] = case.school[choice[good]]
    minutes[where] = task.minutes[choice[good]]
    broken[where] = case.broken(choice)[good]
    lost = np.flatnonzero(choice < 0)
    reason[task.village[lost], task.stage[lost]] = REASONS.index("no_room")
    return Catchments(
        stages=tuple(stage.name for stage in stages),
        school=school,
        minutes=minutes,
        pupils=task.pupils,
        reason=reason,
        broken=broken,
        load=case.load(choice),
        placed=case.placed(choice),
        most=max(most, case.placed(choice)),
        pupil_minutes=float(case.cost[choice[good]].sum()),
        value=value,
        bound=bound,
        gap=(value - bound) / abs(value) if value != 0 else 0.0,
        search=how,
    )
