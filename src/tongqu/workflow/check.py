"""Check: what a region holds, how much of it is modelled, and which sectors can run on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tongqu.base import Progress, silent
from tongqu.data import Region
from tongqu.engine.registry import load_sectors
from tongqu.workflow.prepare import region_of

__all__ = ["check"]


def check(region: Region | str | Path, *, progress: Progress = silent) -> dict[str, Any]:
    """Load and validate a region, and say what it holds.

    Returns
    -------
    dict
        ``tables``: name, rows and share of rows with modelled values; ``sectors``: tables that each lacks.

    Raises
    ------
    DataError
        With every rule that the region breaks.
    """
    found = region_of(region, progress=progress)
    tables = [
        {
            "table": name,
            "rows": len(table),
            "modelled": f"{table['modelled'].mean():.1%}" if "modelled" in table and len(table) else "",
        }
        for name, table in found.tables.items()
    ]
    sectors = {
        sector.name: sorted(name for name in sector.tables if name not in found.tables)
        for sector in load_sectors()
    }
    return {"tables": tables, "sectors": sectors}
