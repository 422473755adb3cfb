"""Land use that spreads from cell to cell: a cellular automaton with self-adaptive inertia (FLUS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate

from tongqu.methods._arrays import Bools, Floats, Ints, floats, require

__all__ = ["Spread", "spread"]

MOORE: Final = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
"""The eight neighbours of a cell."""
YIELD: Final = 0.1
"""By how much the inertia of a class changes in a step that brought it no nearer to its demand. Assumed."""
INERTIA_RANGE: Final = (1e-3, 1e3)
"""Adaptive inertia is kept in this range, so that a class that lags for long does not overflow."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spread:
    """A simulated map of land use.

    Parameters
    ----------
    classes : numpy.ndarray of int
        Class of each cell, -1 outside, shape (rows, columns).
    cells : numpy.ndarray of int
        Cells of each class, shape (classes,).
    unmet : numpy.ndarray of int
        Demand less cells, shape (classes,); all 0 when the demand is met.
    steps : int
        Steps taken.
    met : bool
        Whether the demand is met exactly.
    """

    classes: Ints
    cells: Ints
    unmet: Ints
    steps: int
    met: bool


def spread(
    start: npt.ArrayLike,
    *,
    probability: npt.ArrayLike,
    demand: npt.ArrayLike,
    allowed: npt.ArrayLike | None = None,
    conversion_cost: npt.ArrayLike | None = None,
    neighbour_weight: npt.ArrayLike | None = None,
    restricted: npt.ArrayLike | None = None,
    steps: int = 300,
    patience: int = 60,
    seed: int = 0,
) -> Spread:
    """Land use after a demand of cells by class has been met by spreading, chance included.

    In each step the chance of class k in a cell is its probability of occurrence times the share of k among
    the eight neighbours times its weight times its inertia (for the cell's own class) times 1 less the cost
    of conversion. A roulette draws one class for each cell; changes to classes that want cells from classes
    that have too many are made, those of the greatest chance first, never past the demand. Inertia of a
    class stays while its gap to the demand narrows; in a step that does not narrow it, it grows for a class
    that has too few and falls for one that has too many.

    Parameters
    ----------
    start : array_like of int
        Class of each cell from 0, -1 outside, shape (rows, columns).
    probability : array_like of float
        Suitability or probability of occurrence in [0, 1], shape (rows, columns, classes).
    demand : array_like of int
        Cells of each class in the end, adding up to the cells that have a class, shape (classes,).
    allowed : array_like of bool, optional
        Whether a class (row) may become another (column), shape (classes, classes); all if not given.
    conversion_cost : array_like of float, optional
        In [0, 1], 1 never converts, shape (classes, classes); 0 if not given. The diagonal counts nothing.
    neighbour_weight : array_like of float, optional
        How much a class spreads from its neighbours, 0 or more, shape (classes,); 1 if not given.
    restricted : array_like of bool, optional
        Cells that never change, shape (rows, columns).
    steps : int
        Most steps.
    patience : int
        Steps without any change after which the automaton gives up.
    seed : int
        Of the roulette.

    Returns
    -------
    Spread

    Raises
    ------
    DataError
        If shapes do not fit, or the demand does not add up to the cells.

    Notes
    -----
    Differences from the published model: neighbourhoods are 3 x 3, the probability of occurrence is the
    caller's (the paper trains a neural network), a change needs a class that wants cells and one that has
    too many, so that the demand is met exactly and not about, and inertia adapts by a fixed tenth where the
    paper's takes the ratio of two gaps, as gaps never widen here.

    References
    ----------
    Liu, X. et al. (2017), A future land use simulation model (FLUS), Landscape and Urban Planning 168,
    94-116.

    Examples
    --------
    >>> start = np.zeros((4, 4), int)
    >>> start[1, 1] = 1
    >>> found = spread(start, probability=np.full((4, 4, 2), 0.5), demand=[12, 4], seed=1)
    >>> found.met, found.cells.tolist()
    (True, [12, 4])
    """
    rules = _read(start, probability, demand, allowed, conversion_cost, neighbour_weight, restricted)
    draw = np.random.default_rng(seed)
    current = rules.start.copy()
    inertia = np.ones(rules.size)
    lack = rules.demand - rules.count(current)
    idle = step = 0
    while lack.any() and step < steps and idle < patience:
        step += 1
        chance = rules.chance(current, inertia)
        wish = _roulette(chance, draw)
        changed = _apply(current, wish, chance, lack)
        before, lack = lack, rules.demand - rules.count(current)
        inertia = _adapt(inertia, before, lack)
        idle = 0 if changed else idle + 1
    whole = np.full(rules.inside.shape, -1, dtype=np.int64)
    whole[rules.inside] = current
    return Spread(classes=whole, cells=rules.count(current), unmet=lack, steps=step, met=not lack.any())


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """What does not change from step to step; cells are those inside, shape (cells,)."""

    inside: Bools
    start: Ints
    probability: Floats
    demand: Ints
    factor: Floats
    weight: Floats
    fixed: Bools

    @property
    def size(self) -> int:
        """Number of classes."""
        return len(self.demand)

    def count(self, current: Ints) -> Ints:
        """Cells of each class."""
        return np.bincount(current, minlength=self.size).astype(np.int64)

    def chance(self, current: Ints, inertia: Floats) -> Floats:
        """Chance of each class in each cell, not scaled, shape (cells, classes)."""
        around = np.empty((len(current), self.size))
        grid = np.zeros(self.inside.shape)
        for kind in range(self.size):
            grid[self.inside] = current == kind
            around[:, kind] = correlate(grid, MOORE, mode="constant")[self.inside] / MOORE.sum()
        chance = self.probability * around * self.weight * self.factor[current]
        own = np.arange(len(current)), current
        # A class without a like neighbour still holds its own cell.
        held = self.probability[own] * np.maximum(around[own], 1.0 / MOORE.sum())
        chance[own] = held * inertia[current]
        chance[self.fixed] = 0.0
        chance[self.fixed, current[self.fixed]] = 1.0
        return chance


def _roulette(chance: Floats, draw: np.random.Generator) -> Ints:
    """A class for each cell, drawn by chance; -1 where nothing has any."""
    total = np.cumsum(chance, axis=1)
    spin = draw.random(len(chance)) * total[:, -1]
    wish = (total <= spin[:, np.newaxis]).sum(axis=1)
    return np.where(total[:, -1] > 0, np.minimum(wish, chance.shape[1] - 1), -1).astype(np.int64)


def _apply(current: Ints, wish: Ints, chance: Floats, lack: Ints) -> int:
    """Make the wished changes in place, the likeliest first, never past a demand; how many were made."""
    lacks = np.append(lack, 0)
    able = np.flatnonzero((wish != current) & (lacks[wish] > 0) & (lack[current] < 0))
    if not len(able):
        return 0
    order = able[np.argsort(-chance[able, wish[able]], kind="stable")]
    # Those within what each class still takes, then within what each class may still give.
    for kind, limit in ((wish, lack), (current, -lack)):
        label = kind[order]
        rank = _rank_within(label)
        order = order[rank < limit[label]]
    current[order] = wish[order]
    return len(order)


def _rank_within(label: Ints) -> Ints:
    """How many of the same label come before each, shape of `label`."""
    order = np.argsort(label, kind="stable")
    ordered = label[order]
    starts = np.searchsorted(ordered, ordered)
    rank = np.empty(len(label), np.int64)
    rank[order] = np.arange(len(label)) - starts
    return rank


def _adapt(inertia: Floats, before: Ints, now: Ints) -> Floats:
    """Inertia of the next step: as it is while the gap to the demand narrows, else against the gap."""
    stuck = before == now
    factor = np.where(stuck & (now > 0), 1.0 + YIELD, np.where(stuck & (now < 0), 1.0 - YIELD, 1.0))
    return np.clip(inertia * factor, *INERTIA_RANGE)


def _read(
    start: npt.ArrayLike,
    probability: npt.ArrayLike,
    demand: npt.ArrayLike,
    allowed: npt.ArrayLike | None,
    cost: npt.ArrayLike | None,
    weight: npt.ArrayLike | None,
    restricted: npt.ArrayLike | None,
) -> _Rules:
    """The arguments of `spread`, checked."""
    first = np.asarray(start)
    require(first.ndim == 2, column="start", rule="its shape is wrong", mend="give a map of rows and columns")
    wanted = floats(demand, column="demand", low=0).astype(np.int64)
    size = len(wanted)
    inside = first >= 0
    chance = np.asarray(probability, np.float64)
    fits = chance.shape == (*first.shape, size) and first.max(initial=-1) < size
    require(fits, column="probability", rule="it does not fit the map", mend="give rows x columns x classes")
    exact = int(wanted.sum()) == int(inside.sum())
    require(exact, column="demand", rule="it does not add up to the cells", mend="give cells of every class")
    may = np.ones((size, size), bool) if allowed is None else np.asarray(allowed, bool)
    price = np.zeros((size, size)) if cost is None else floats(cost, column="cost", low=0, high=1)
    pull = np.ones(size) if weight is None else floats(weight, column="neighbour_weight", low=0)
    fixed = np.zeros(first.shape, bool) if restricted is None else np.asarray(restricted, bool)
    fits = may.shape == price.shape == (size, size) and pull.shape == (size,) and fixed.shape == first.shape
    require(fits, column="allowed", rule="shapes differ", mend="give classes by classes")
    return _Rules(
        inside=inside,
        start=first[inside].astype(np.int64),
        probability=floats(chance[inside], column="probability", low=0, high=1),
        demand=wanted,
        factor=np.where(may, 1.0 - price, 0.0),
        weight=pull,
        fixed=fixed[inside],
    )
