"""Polylines in flat arrays: measured, cut, joined by new points and turned round, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from tongqu.data.crs import geodesic_m

__all__ = ["M_PER_KM", "Lines", "cut", "insert", "lines_of", "take"]

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Objects: TypeAlias = NDArray[np.object_]

M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Polylines one behind the other.

    Parameters
    ----------
    xy : array of float
        Longitude and latitude of every point in degrees WGS84, shape (points, 2).
    start : array of int
        Where each line begins in `xy`, and the number of points at the end, shape (lines + 1,).
        A line has two points or more.
    """

    xy: Floats
    start: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def first(self) -> Ints:
        """Position of the first point of each line, shape (lines,)."""
        return self.start[:-1]

    @property
    def last(self) -> Ints:
        """Position of the last point of each line, shape (lines,)."""
        return self.start[1:] - 1

    @property
    def line(self) -> Ints:
        """The line of each point, shape (points,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def steps_m(self) -> Floats:
        """Metres along the ellipsoid from each point to the one behind it; 0 at the end of a line."""
        steps = np.zeros(len(self.xy))
        inner = np.ones(len(self.xy), dtype=bool)
        inner[self.last] = False
        at = np.flatnonzero(inner)
        (lon1, lat1), (lon2, lat2) = self.xy[at].T, self.xy[at + 1].T
        steps[at] = geodesic_m(lon1=lon1, lat1=lat1, lon2=lon2, lat2=lat2)
        return steps

    def steps_plane(self) -> Floats:
        """As `steps_m`, for lines whose coordinates are metres in a plane."""
        steps = np.zeros(len(self.xy))
        steps[:-1] = np.hypot(*np.diff(self.xy, axis=0).T)
        steps[self.last] = 0.0
        return steps

    def length_km(self) -> Floats:
        """Length of each line along the ellipsoid in km, shape (lines,)."""
        if not len(self):
            return np.zeros(0)
        return np.asarray(np.add.reduceat(self.steps_m(), self.first) / M_PER_KM)

    def geometry(self) -> Objects:
        """The lines as shapely LineStrings, shape (lines,)."""
        return np.asarray(shapely.linestrings(self.xy, indices=self.line), dtype=object)


def lines_of(geometry: Objects) -> Lines:
    """Shapely LineStrings as flat arrays; heights are left out.

    Parameters
    ----------
    geometry : array of LineString
        Shape (lines,).

    Examples
    --------
    >>> lines = lines_of(
    ...     shapely.linestrings([[[119.0, 29.0], [119.0, 29.1]], [[119.0, 29.1], [119.1, 29.1]]])
    ... )
    >>> lines.length_km().round(3).tolist()
    [11.084, 9.734]
    """
    counts = shapely.get_num_coordinates(geometry)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Lines(np.asarray(shapely.get_coordinates(geometry), np.float64), start)


def ranges(begin: Ints, count: Ints) -> Ints:
    """The numbers begin, begin + 1, ... of each range one behind the other.

    Examples
    --------
    >>> ranges(np.array([5, 1]), np.array([2, 3])).tolist()
    [5, 6, 1, 2, 3]
    """
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - ends + count, count)


def take(lines: Lines, which: Ints, *, turned: Bools | None = None) -> Lines:
    """Some of the lines, in the order asked for, those that are ``turned`` from end to start.

    Parameters
    ----------
    lines : Lines
    which : array of int
        Positions of lines, shape (n,).
    turned : array of bool, optional
        Shape (n,).
    """
    count = np.diff(lines.start)[which]
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    at = ranges(lines.first[which], count)
    if turned is not None and turned.any():
        back = np.repeat(turned, count)
        mirror = np.repeat(lines.first[which] + lines.last[which], count) - at
        at = np.where(back, mirror, at)
    return Lines(lines.xy[at], start)


def cut(lines: Lines, at: Bools) -> tuple[Lines, Ints, Ints]:
    """The lines cut at some of their points, which both pieces then have.

    Parameters
    ----------
    lines : Lines
    at : array of bool
        True for points to cut at, shape (points,); the ends of lines may be marked or not.

    Returns
    -------
    pieces : Lines
        In the order of the lines and along them.
    parent : array of int
        The line that each piece is part of, shape (pieces,).
    points : array of int
        The old position of each point of the pieces.

    Examples
    --------
    >>> line = lines_of(shapely.linestrings([[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]]))
    >>> pieces, parent, points = cut(line, np.array([False, True, False]))
    >>> len(pieces), parent.tolist(), points.tolist()
    (2, [0, 0], [0, 1, 1, 2])
    """
    bound = at.copy()
    bound[lines.first] = True
    bound[lines.last] = True
    where, line = np.flatnonzero(bound), lines.line
    begin, end = where[:-1], where[1:]
    same = line[begin] == line[end]
    begin, end = begin[same], end[same]
    points = ranges(begin, end - begin + 1)
    start = np.concatenate([[0], np.cumsum(end - begin + 1)]).astype(np.int64)
    return Lines(lines.xy[points], start), line[begin], points


def insert(lines: Lines, line: Ints, *, share: Floats, steps: Floats | None = None) -> tuple[Lines, Ints]:
    """The lines with a point added at given shares of their length; the lines keep their course.

    Parameters
    ----------
    lines : Lines
    line : array of int
        The line that each point is added to, shape (n,); a line may have many.
    share : array of float
        Share of the length from the start of the line, in [0, 1], shape (n,).
    steps : array of float, optional
        Distance from each point to the next by which shares count, as `Lines.steps_m` gives it (the
        default); those of a plane if the shares were measured there.

    Returns
    -------
    lines : Lines
        With the points.
    where : array of int
        Position of each added point in the new flat array, shape (n,).

    Examples
    --------
    >>> whole = lines_of(shapely.linestrings([[[119.0, 29.0], [119.2, 29.0]]]))
    >>> longer, where = insert(whole, np.array([0]), share=np.array([0.25]))
    >>> longer.xy[where].round(6).tolist()
    [[119.05, 29.0]]
    """
    steps = lines.steps_m() if steps is None else steps
    along = np.cumsum(steps) - steps
    along -= np.repeat(along[lines.first], np.diff(lines.start))
    whole = along[lines.last]
    wanted = np.clip(share, 0, 1) * whole[line]
    # Points are behind one another by line, then by distance along it: one search finds all segments.
    offset = np.concatenate([[0.0], np.cumsum(whole + 1)])
    key = along + np.repeat(offset[:-1], np.diff(lines.start))
    at = np.searchsorted(key, wanted + offset[line], side="right") - 1
    at = np.clip(at, lines.first[line], lines.last[line] - 1)
    part = np.divide(wanted - along[at], steps[at], out=np.zeros(len(at)), where=steps[at] > 0)
    new = lines.xy[at] + np.clip(part, 0, 1)[:, None] * (lines.xy[at + 1] - lines.xy[at])
    order = np.lexsort(
        (
            np.concatenate([np.zeros(len(lines.xy)), np.clip(part, 0, 1) + 1]),
            np.concatenate([np.arange(len(lines.xy)), at]),
        )
    )
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    counts = np.diff(lines.start) + np.bincount(line, minlength=len(lines))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Lines(np.concatenate([lines.xy, new])[order], start), place[len(lines.xy) :]
