"""Find the region, the scenario and the sectors of a piece of work."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from tongqu.base import DataError, Progress, Report, silent
from tongqu.contracts import Scenario, Sector, load_scenario
from tongqu.data import Region, load_region
from tongqu.engine.registry import load_sectors, missing_tables

__all__ = ["ENGINE", "region_of", "scenario_of", "sector_versions", "sectors_for"]

ENGINE = version("tongqu")
"""Version of this package, part of a run's id."""


def region_of(region: Region | str | Path, *, progress: Progress = silent) -> Region:
    """Give the region itself, or load it from a path or a bundled name."""
    if isinstance(region, Region):
        return region
    progress(Report("load"))
    return load_region(region, progress=progress)


def scenario_of(scenario: Scenario | str | Path | None) -> Scenario:
    """Give the scenario itself, load it from a file, or give the default one."""
    if scenario is None:
        return Scenario()
    return scenario if isinstance(scenario, Scenario) else load_scenario(scenario)


def sectors_for(region: Region) -> tuple[Sector, ...]:
    """Give all registered sectors in order.

    Raises
    ------
    DataError
        If the region lacks tables that they need.
    """
    sectors = load_sectors()
    problems = missing_tables(region, sectors)
    if problems:
        raise DataError(problems)
    return sectors


def sector_versions(sectors: tuple[Sector, ...]) -> Mapping[str, str]:
    """Give the module and version that each sector comes from."""
    return {
        sector.name: f"{type(sector).__module__} {_version(type(sector).__module__)}" for sector in sectors
    }


def _version(module: str) -> str:
    try:
        return version(module.partition(".")[0])
    except ModuleNotFoundError:
        return "unversioned"
