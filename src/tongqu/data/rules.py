"""Rules across rows and tables: keys, references, levels, positions and where rows come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tongqu.data.files import RawTable
from tongqu.data.measure import is_unit_of_measure, mend_unit_of_measure
from tongqu.data.problems import Place, Problems, suggest
from tongqu.data.spec import TableSpec

__all__ = [
    "Bbox",
    "Checked",
    "check_keys",
    "check_levels",
    "check_positions",
    "check_provenance",
    "check_references",
    "check_roles",
    "check_units_of_measure",
    "swapped",
]

Bbox = tuple[float, float, float, float]
Mask = NDArray[np.bool_]

LEFT_BOX = frozenset({"elevation"})
"""Tables whose points may lie outside the region's box: a grid of heights goes beyond its edge."""

ROLE_LEVELS = {"county_seat": "town", "central_town": "town", "central_village": "village"}
"""Level of the places that may hold each role of the plan in force (GB 50188-2007)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A table on its way through the checks: as written and, as far as it fits, as typed values."""

    spec: TableSpec
    raw: RawTable
    text: Mapping[str, pd.Series[str]]
    typed: dict[str, pd.Series] = field(default_factory=dict)

    def place(self, column: str) -> Place:
        """Where the values of a column stand."""
        return Place(self.raw.file, column, self.raw.rows, self.text[column])

    def has(self, *columns: str) -> bool:
        """Whether the table has all these columns."""
        return all(column in self.text for column in columns)


def check_keys(table: Checked, *, problems: Problems) -> None:
    """Report rows whose key occurs in an earlier row; blank keys are another rule's matter."""
    key = list(table.spec.key)
    if not table.has(*key):
        return
    frame = pd.DataFrame({name: table.typed[name] for name in key})
    whole = frame.notna().all(axis="columns")
    again = frame.duplicated() & whole
    if not again.any():
        return
    first = frame.groupby(key, sort=False, dropna=False).ngroup().to_numpy()
    first_row = pd.Series(table.raw.rows).groupby(first).transform("first").to_numpy()
    shown = ", ".join(key)

    def mend(position: int, _: str) -> str:
        return f"row {first_row[position]} has the same {shown}: remove one of them or correct it"

    problems.add_rows("duplicate key", at=table.place(key[0]), where=again.to_numpy(), mend=mend)


def check_references(tables: Mapping[str, Checked], *, unread: frozenset[str], problems: Problems) -> None:
    """Report values that do not occur where they should; tables that could not be read are passed over."""
    for table in tables.values():
        for name, column in table.spec.columns.items():
            if column.refers_to is None or not table.has(name) or table.text[name].isna().all():
                continue
            target, key = column.refers_to
            if target in unread:
                continue
            if target not in tables:
                mend = f"add {target}.csv, which says what the values of '{name}' are"
                problems.add(
                    f"refers to the missing table '{target}'", file=table.raw.file, column=name, mend=mend
                )
            elif tables[target].has(key):
                check_orphans(table, column=name, known=tables[target].text[key], problems=problems)


def check_orphans(table: Checked, *, column: str, known: pd.Series[str], problems: Problems) -> None:
    """Report values of a column that are not among the known ones."""
    text = table.text[column]
    orphan = (text.notna() & ~text.isin(known.dropna())).to_numpy()
    if not orphan.any():
        return
    refers_to = table.spec.columns[column].refers_to
    target = refers_to[0] if refers_to else ""
    candidates = known.dropna().unique().tolist()

    def mend(_: int, value: str) -> str:
        return f"{suggest(value, candidates)}correct it, or add {value} to {target}"

    problems.add_rows(f"not in {target}", at=table.place(column), where=orphan, mend=mend)


def in_cycle(parent: NDArray[np.intp]) -> Mask:
    """True for members of a cycle of parents; ``parent`` holds positions, -1 at the top.

    Examples
    --------
    >>> in_cycle(np.array([-1, 0, 3, 2, 2])).tolist()
    [False, False, True, True, False]
    """
    # Going up 2^k steps: whoever has not arrived at the top by n steps is on or below a cycle, and the
    # places that are reached then are exactly the members of cycles.
    top = len(parent)
    up = np.append(np.where(parent < 0, top, parent), top)
    for _ in range(int(top).bit_length()):
        up = up[up]
    member = np.zeros(top + 1, dtype=bool)
    member[up] = True
    return member[:top]


def check_levels(units: Checked, *, problems: Problems) -> None:
    """Report cycles of parents, places that are not below their parent's level, and places without parent."""
    if not units.has("unit", "level", "parent"):
        return
    code, at = units.text["unit"], units.place("parent")
    choices = units.spec.columns["level"].choices
    level = pd.Categorical(units.text["level"], categories=choices).codes.astype(np.intp)
    position = pd.Series(np.arange(len(code)), index=code).groupby(level=0).first()
    parent = at.text.map(position).fillna(-1).to_numpy(np.intp)
    cycle = in_cycle(parent)
    problems.add_rows("a cycle of parents", at=at, where=cycle, mend="name the unit of the next higher level")

    known = (parent >= 0) & (level >= 0) & ~cycle
    known &= np.where(known, level[parent], -1) >= 0
    wrong = known & (level[parent] >= level)

    def mend(i: int, value: str) -> str:
        below, above = choices[level[i]], choices[level[parent[i]]]
        return f"a {below} cannot belong to a {above} ({value}): correct one of them"

    problems.add_rows("wrong order of levels", at=at, where=wrong, mend=mend)
    top = level[level >= 0].min(initial=len(choices))
    alone = at.text.isna().to_numpy() & (level > top)
    problems.add_rows("no parent", at=at, where=alone, mend="name the unit of the next higher level")


def check_roles(units: Checked, *, problems: Problems) -> None:
    """Report roles that places of that level cannot hold, such as a village that is a county seat."""
    if not units.has("level", "role"):
        return
    at, level = units.place("role"), units.text["level"]
    wanted = at.text.map(ROLE_LEVELS)
    known = wanted.notna() & level.isin(list(units.spec.columns["level"].choices))
    wrong = (known & (wanted != level)).to_numpy()

    def mend(i: int, value: str) -> str:
        return f"only a {wanted.iloc[i]} can be {value}: correct the role, or leave it blank"

    problems.add_rows("a role that does not fit the level", at=at, where=wrong, mend=mend)


def inside(lon: NDArray[np.float64], lat: NDArray[np.float64], *, bbox: Bbox) -> Mask:
    """True for points in the box, edges included."""
    west, south, east, north = bbox
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def swapped(lon: NDArray[np.float64], lat: NDArray[np.float64], *, bbox: Bbox) -> Mask:
    """True for points that lie in the box only with longitude and latitude exchanged."""
    return ~inside(lon, lat, bbox=bbox) & inside(lat, lon, bbox=bbox)


def check_positions(table: Checked, *, bbox: Bbox, problems: Problems) -> None:
    """Report exchanged coordinates and points outside the region's box."""
    if not table.has("lon", "lat"):
        return
    lon, lat = (table.typed[name].to_numpy(np.float64) for name in ("lon", "lat"))
    at, turned = table.place("lon"), swapped(lon, lat, bbox=bbox)

    def mend(i: int, _: str) -> str:
        return f"exchange them: lon {lat[i]}, lat {lon[i]}"

    problems.add_rows("longitude and latitude exchanged", at=at, where=turned, mend=mend)
    if table.spec.name in LEFT_BOX:
        return
    legal = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    outside = legal & ~turned & ~inside(lon, lat, bbox=bbox)
    box = f"{bbox[0]} to {bbox[2]} east, {bbox[1]} to {bbox[3]} north"
    problems.add_rows(
        "outside the region's box",
        at=at,
        where=outside,
        mend=f"correct the position, or widen the box ({box})",
    )


def check_provenance(table: Checked, *, sources: Checked, problems: Problems) -> None:
    """Report rows whose source does not fit what they say about being modelled."""
    if not (table.has("modelled", "source") and sources.has("source", "kind")):
        return
    kinds = pd.Series(sources.text["kind"].to_numpy(), index=sources.text["source"])
    kinds = kinds[~kinds.index.duplicated()]
    kind, at = table.text["source"].map(kinds), table.place("source")
    flag = table.typed["modelled"]
    modelled, real = flag.fillna(False).to_numpy(bool), (~flag.fillna(True).astype(bool)).to_numpy()
    part = np.zeros(len(flag), dtype=bool)
    if table.has("modelled_columns"):
        part = table.text["modelled_columns"].notna().to_numpy()
        check_modelled_columns(table, real=real, problems=problems)
    unfounded = modelled & ~part & kind.notna().to_numpy() & ~kind.isin(["modelled", "assumed"]).to_numpy()
    mend = "cite a source of kind 'modelled' or 'assumed', or write modelled = false"
    problems.add_rows("a modelled row cites a source that is not", at=at, where=unfounded, mend=mend)
    posing = real & ~part & kind.eq("modelled").to_numpy()
    mend = "write modelled = true, or cite where the row was observed"
    problems.add_rows("a row cites a model but is not flagged as modelled", at=at, where=posing, mend=mend)


def check_modelled_columns(table: Checked, *, real: Mask, problems: Problems) -> None:
    """Report lists of modelled columns that name no column or stand in a row that is not modelled."""
    at = table.place("modelled_columns")
    listed = at.text.notna().to_numpy()
    mend = "write modelled = true, or clear the list"
    problems.add_rows("modelled columns in a row that is not modelled", at=at, where=listed & real, mend=mend)

    def unknown(value: str) -> list[str]:
        return [name for name in value.split(";") if name.strip() not in table.spec.columns]

    wrong = {value for value in at.text.dropna().unique() if unknown(value)}

    def name_it(_: int, value: str) -> str:
        return suggest(unknown(value)[0], table.spec.columns) + "name columns, separated by semicolons"

    problems.add_rows("not a list of columns", at=at, where=at.text.isin(wrong).to_numpy(), mend=name_it)


def check_units_of_measure(table: Checked, *, problems: Problems) -> None:
    """Report units of measure that are not known."""
    if not table.has("unit_of_measure"):
        return
    at = table.place("unit_of_measure")
    wrong = [text for text in at.text.dropna().unique() if not is_unit_of_measure(text)]
    problems.add_rows(
        "unknown unit of measure",
        at=at,
        where=at.text.isin(wrong).to_numpy(),
        mend=lambda _, value: mend_unit_of_measure(value),
    )
