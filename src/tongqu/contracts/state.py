"""The state of a region in one year: named variables, each a series over places or links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import TongquError, remember

__all__ = ["PRIORITY", "State", "StateError", "only_where", "values_at"]

Floats = npt.NDArray[np.float64]

PRIORITY = "_priority"
"""End of the name of a service that counts only those of another's people who come first."""


def only_where(values: pd.Series, holds: npt.NDArray[np.bool_]) -> pd.Series:
    """The values where something holds, 0 elsewhere; by position.

    Examples
    --------
    >>> only_where(pd.Series({"a": 10.0, "b": 5.0}), np.array([True, False])).tolist()
    [10.0, 0.0]
    """
    return pd.Series(np.where(holds, values.to_numpy(), 0.0), index=values.index, name=values.name)


def values_at(values: pd.Series, units: pd.Index, *, otherwise: float = np.nan) -> Floats:
    """The values of some places, in their order; another number where a place has none.

    What it gives must not be written to.

    Examples
    --------
    >>> values_at(pd.Series({"a": 10.0, "b": 5.0}), pd.Index(["b", "c"])).tolist()
    [5.0, nan]
    """
    found = values.to_numpy(dtype=np.float64)
    at, known = _places(values.index, units)
    if at is None:
        return found
    return np.where(known, found[at], otherwise) if found.size else np.full(len(units), otherwise)


@remember(256)
def _places(index: pd.Index, units: pd.Index) -> tuple[npt.NDArray[np.int64] | None, npt.NDArray[np.bool_]]:
    """Where units stand in an index, None where both are the same, and whether they do."""
    at = np.asarray(index.get_indexer(units), dtype=np.int64)
    same = len(index) == len(units) and bool((at == np.arange(len(units))).all())
    return None if same else at, at >= 0


class StateError(TongquError):
    """A sector asked for a variable that no sector has written, or wrote one it did not declare."""


@dataclass(frozen=True)
class State:
    """What is known of a region in one year.

    Parameters
    ----------
    year : int
        The year that the values stand for.
    values : mapping of str to Series
        Variable name to values, indexed by unit code (or link id for ``links.*``).
        Names are ``group.variable``; the unit of measure is part of the sector's documentation.

    Examples
    --------
    >>> state = State(2026, {"people.total": pd.Series({"a": 10.0, "b": 5.0})})
    >>> state["people.total"].sum()
    np.float64(15.0)
    >>> state.adding({"minutes.clinic": pd.Series({"a": 4.0, "b": 9.0})}).names
    ('minutes.clinic', 'people.total')
    """

    year: int
    values: Mapping[str, pd.Series] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, name: str) -> pd.Series:
        try:
            return self.values[name]
        except KeyError:
            known = ", ".join(self.names) or "nothing yet"
            raise StateError(f"state {self.year} has no variable {name!r}; it has {known}") from None

    def __contains__(self, name: str) -> bool:
        return name in self.values

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all variables, sorted."""
        return tuple(sorted(self.values))

    def matching(self, prefix: str) -> tuple[str, ...]:
        """Last parts of the names that start with ``prefix.``, sorted: ``matching("served")``."""
        return tuple(name.removeprefix(f"{prefix}.") for name in self.names if name.startswith(f"{prefix}."))

    def adding(self, written: Mapping[str, pd.Series]) -> State:
        """Give a state with more variables, or with newer values of the same ones."""
        return State(self.year, MappingProxyType({**self.values, **written}))

    def in_year(self, year: int) -> State:
        """Carry the same values into another year, as last year's values."""
        return State(year, self.values)

    def keeping(self, names: Iterable[str]) -> State:
        """Keep only some variables."""
        return State(self.year, MappingProxyType({name: self[name] for name in names}))
