"""Find the sectors and put them in an order in which each reads what others have written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from tongqu.base import Problem, TongquError
from tongqu.contracts import Sector
from tongqu.data import Region

__all__ = ["GROUP", "SectorError", "load_sectors", "missing_tables", "ordered"]

GROUP: Final = "tongqu.sectors"
"""Entry-point group of built-in sectors and plug-ins alike."""


class SectorError(TongquError):
    """A sector is unknown, or two sectors have one name or write the same variable."""


def load_sectors(names: Iterable[str] | None = None) -> tuple[Sector, ...]:
    """Load registered sectors, all or those named, in running order.

    Raises
    ------
    SectorError
        If a name is not registered or registered twice, or two sectors write the same variable.

    Examples
    --------
    >>> [sector.name for sector in load_sectors(["health", "transport", "population"])]
    ['population', 'transport', 'health']
    """
    found = _one_each(entry_points(group=GROUP))
    wanted = sorted(found) if names is None else list(names)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise SectorError(f"unknown sector {', '.join(unknown)}; registered are {', '.join(sorted(found))}")
    return ordered([found[name].load() for name in wanted])


def _one_each(points: Iterable[EntryPoint]) -> dict[str, EntryPoint]:
    """Entry points by name; the same one may be listed twice where a package is installed twice."""
    found: dict[str, EntryPoint] = {}
    for point in points:
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise SectorError(
                f"two sectors are registered with the name {point.name!r}: {other.value} and {point.value}"
            )
    return found


def _class_of(sector: Sector) -> str:
    return f"{type(sector).__module__}.{type(sector).__qualname__}"


def ordered(sectors: Sequence[Sector]) -> tuple[Sector, ...]:
    """Order sectors so that each comes after those that write what it reads.

    Where sectors read from one another in a circle, the one that comes first by name starts, with last
    year's values of what the others write.

    Raises
    ------
    SectorError
        If two sectors have one name or write the same variable.
    """
    by_name: dict[str, Sector] = {}
    for sector in sorted(sectors, key=lambda sector: sector.name):
        if sector.name in by_name:
            both = " and ".join(_class_of(one) for one in (by_name[sector.name], sector))
            raise SectorError(f"two sectors have the name {sector.name!r}: {both}")
        by_name[sector.name] = sector
    writer: dict[str, str] = {}
    for name, sector in by_name.items():
        for variable in sorted(sector.writes):
            if variable in writer:
                raise SectorError(f"{writer[variable]} and {name} both write {variable!r}")
            writer[variable] = name
    needs = {
        name: {writer[v] for v in sector.reads if v in writer} - {name} for name, sector in by_name.items()
    }
    return tuple(by_name[name] for name in _sorted(needs))


def _sorted(needs: dict[str, set[str]]) -> list[str]:
    while True:
        sorter = TopologicalSorter({name: sorted(needs[name]) for name in sorted(needs)})
        try:
            sorter.prepare()
        except CycleError as error:
            circle = list(error.args[1])
            first = min(circle)
            needs[first] = needs[first] - set(circle)
            continue
        order: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            order.extend(ready)
            sorter.done(*ready)
        return order


def missing_tables(region: Region, sectors: Sequence[Sector]) -> list[Problem]:
    """Say which tables a region lacks for some sectors."""
    return [
        Problem(
            rule=f"sector {sector.name} needs the table {table!r}", mend=f"add {table}.csv", file=region.name
        )
        for sector in sectors
        for table in sorted(sector.tables)
        if table not in region.tables
    ]
