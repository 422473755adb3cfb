"""The region: a frozen bundle of validated tables and layers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base.errors import DataError, Problem
from tongqu.data.canonical import canonical_csv
from tongqu.data.layers import Layer
from tongqu.data.rules import Bbox
from tongqu.data.spec import table_specs

__all__ = ["Level", "Region", "Tables"]

Level = Literal["city", "county", "town", "village"]
LEVELS: tuple[Level, ...] = ("city", "county", "town", "village")
MOST_ASKED: Final = 64
"""Indices whose ancestors a region keeps."""


class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name; what is done to a frame that it hands out does not reach the region."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        self._frames = dict(frames)

    def __getitem__(self, name: str) -> pd.DataFrame:
        # pandas copies on write, so a shallow copy is all that it takes.
        return self._frames[name].copy(deep=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


@dataclass(frozen=True, eq=False)
class Region:
    """Places, people, roads, services and money of a city or county, validated.

    Made by `load_region` or `make_region` (see there for an example). Two regions are the same if their
    `sha256` is.

    Parameters
    ----------
    name : str
        Short name: letters, digits, ``-`` and ``_``.
    title_zh, title_en : str
        Name for people.
    base_year : int
        Year of the people table from which projections start.
    bbox : tuple of float
        West, south, east, north in degrees WGS84.
    crs : str
        Projected system to compute in, for example ``"EPSG:4549"``.
    tables : mapping of str to DataFrame
        The tables in key order; optional tables that the region lacks are absent.
    layers : mapping of str to Layer
        Map layers.
    provided : frozenset of str
        Tables that come from the package because the region has none of its own.
    files : mapping of str to str
        Where table files lie if not at ``<table>.csv``.
    """

    name: str
    title_zh: str
    title_en: str
    base_year: int
    bbox: Bbox
    crs: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    layers: Mapping[str, Layer] = field(default_factory=dict, repr=False)
    provided: frozenset[str] = field(default=frozenset(), repr=False)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", Tables(self.tables))
        object.__setattr__(self, "layers", MappingProxyType(dict(self.layers)))
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

    def __getitem__(self, table: str) -> pd.DataFrame:
        """A table in key order; changing it does not change the region.

        Raises
        ------
        DataError
            If the region has no such table (``table in region.tables`` asks first).
        """
        if table not in self.tables:
            known = table in table_specs()
            mend = f"add {table}.csv to the region" if known else f"ask for one of {', '.join(self.tables)}"
            raise DataError([Problem(rule=f"region '{self.name}' has no table '{table}'", mend=mend)])
        return self.tables[table]

    @property
    def epsg(self) -> int:
        """EPSG code of the system to compute in."""
        return int(self.crs.removeprefix("EPSG:"))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 over everything that can change a result.

        That is: name, titles, base year, box, system, the values of every table and the bytes of every
        layer; not the order of rows or columns in the files, their encoding or their names.
        """
        head = [self.name, self.title_zh, self.title_en, self.base_year, self.bbox, self.crs]
        tables = {name: hashlib.sha256(canonical_csv(self.tables[name])).hexdigest() for name in self.tables}
        layers = {name: [layer.source, layer.role, layer.sha256] for name, layer in self.layers.items()}
        whole = json.dumps({"head": head, "tables": tables, "layers": layers}, sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()

    def level(self, level: Level) -> pd.DataFrame:
        """The units of one level.

        Parameters
        ----------
        level : {"city", "county", "town", "village"}

        Returns
        -------
        DataFrame
            The units table's other columns, indexed by unit in the order of codes.
        """
        return self._levels[level].copy(deep=False)

    def codes(self, level: Level) -> pd.Index:
        """Codes of the units of one level, in order: the index of `level`, always the same object."""
        return self._levels[level].index

    @cached_property
    def _levels(self) -> dict[str, pd.DataFrame]:
        units = self["units"]
        return {level: units[units["level"] == level].set_index("unit") for level in LEVELS}

    @cached_property
    def _asked(self) -> dict[tuple[int, str], tuple[object, pd.Series]]:
        """Ancestors of whole indices that were asked for, and the array that each index rests on."""
        return {}

    @cached_property
    def _ancestors(self) -> pd.DataFrame:
        """The unit of each level that each unit is or belongs to; missing above its own level."""
        table = self["units"].set_index("unit")
        found = pd.DataFrame({level: pd.Series(None, index=table.index, dtype="str") for level in LEVELS})
        current = table.index.to_series()
        for _ in LEVELS:
            at = current.map(table["level"])
            for level in LEVELS:
                found[level] = found[level].where(at != level, current)
            current = current.map(table["parent"])
        return found

    def ancestor(self, units: Iterable[str], *, level: Level) -> pd.Series[str]:
        """The unit of the given level that each unit is or belongs to.

        Parameters
        ----------
        units : iterable of str
            Codes.
        level : {"city", "county", "town", "village"}
            The level asked for.

        Returns
        -------
        Series of str
            Codes, indexed by the units asked about; missing where a unit lies above that level.

        Raises
        ------
        DataError
            If a code is not in the units table.
        """
        if not isinstance(units, pd.Index) or units.dtype != "str":
            return self._ancestor(units, level=level)
        # The same few indices are asked about again and again; the array that they rest on never changes.
        array = units.array
        found = self._asked.get((id(array), level))
        if found is None:
            if len(self._asked) >= MOST_ASKED:
                self._asked.clear()
            found = (array, self._ancestor(units, level=level))
            self._asked[id(array), level] = found
        return found[1].copy(deep=False)

    def _ancestor(self, units: Iterable[str], *, level: Level) -> pd.Series[str]:
        known = self._ancestors[level]
        index = pd.Index(list(units), name="unit", dtype="str")
        where = known.index.get_indexer(index)
        if (strange := index[where < 0]).size:
            mend = "ask about codes of the units table"
            raise DataError([Problem(rule="not in units", mend=mend, column="unit", value=str(strange[0]))])
        return known.iloc[where].set_axis(index)

    def county_of(self, units: Iterable[str]) -> pd.Series[str]:
        """The county of each unit; missing for the city itself. See `ancestor`."""
        return self.ancestor(units, level="county")

    def county_numbers(self, units: pd.Index) -> npt.NDArray[np.int64]:
        """Position of each unit's county among ``level("county").index``; -1 for the city itself.

        Raises
        ------
        DataError
            If a code is not in the units table.
        """
        array = units.array
        found = self._numbered.get(id(array))
        if found is None:
            if len(self._numbered) >= MOST_ASKED:
                self._numbered.clear()
            at = self.level("county").index.get_indexer(pd.Index(self.county_of(units)))
            found = (array, np.asarray(at, dtype=np.int64))
            self._numbered[id(array)] = found
        return found[1]

    @cached_property
    def _numbered(self) -> dict[int, tuple[object, npt.NDArray[np.int64]]]:
        return {}

    @cached_property
    def _source_kinds(self) -> dict[str, str]:
        sources = self["sources"]
        return dict(zip(sources["source"], sources["kind"], strict=True))

    def source_kind(self, source: str) -> str:
        """Kind of a source: observed, derived, modelled, assumed or published.

        Raises
        ------
        DataError
            If the sources table does not have it.
        """
        if source not in self._source_kinds:
            mend = "ask about an identifier of the sources table"
            raise DataError([Problem(rule="not in sources", mend=mend, column="source", value=source)])
        return self._source_kinds[source]
