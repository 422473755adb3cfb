"""The allocation problem in the form that its solvers share: free cells only, fixed ones folded in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods.allocation._cut import Neighbours

__all__ = ["Case", "Evaluated"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """Free cells, what they are worth, and what is wanted of them.

    Parameters
    ----------
    worth : numpy.ndarray of float
        Suitability, -inf where a class may not lie, shape (cells, classes).
    room : numpy.ndarray of int
        m² that can be built on, above 0, shape (cells,).
    pull : numpy.ndarray of float
        What a whole cell gains by built neighbours less what it loses by barred ones, m², shape (cells,).
    base : float
        Cost of the boundary of what is built when nothing is added, m².
    neighbours : Neighbours
        Among free cells.
    demand : numpy.ndarray of int
        m², shape (classes,).
    town : numpy.ndarray of int
        Shape (cells,).
    floors, quotas : numpy.ndarray of float
        m² of all classes together, 0 and inf for none, shape (towns,).
    """

    worth: Floats
    room: Ints
    pull: Floats
    base: float
    neighbours: Neighbours
    demand: Ints
    town: Ints
    floors: Floats
    quotas: Floats

    @property
    def total(self) -> int:
        """m² of all classes."""
        return int(self.demand.sum())

    def value(self, area: Floats) -> float:
        """Suitability times area less cost of the boundary, of areas by cell and class in m²."""
        suited = float((np.where(area > 0, self.worth, 0.0) * area).sum())
        share = area.sum(axis=1) / self.room
        return suited + float(self.pull @ share) - self.neighbours.boundary(share) - self.base

    def by_town(self, area: Floats | Ints) -> Floats:
        """Sums by town of values by cell, shape (towns,)."""
        return np.asarray(np.bincount(self.town, area, minlength=len(self.floors)), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """What the prices of one step say.

    Parameters
    ----------
    bound : float
        No allocation is worth more.
    inside : numpy.ndarray of bool
        Cells that are built on at these prices, shape (cells,).
    class_price : numpy.ndarray of float
        Shape (classes,).
    town_price : numpy.ndarray of float
        Shape (towns,).
    """

    bound: float
    inside: Bools
    class_price: Floats
    town_price: Floats
