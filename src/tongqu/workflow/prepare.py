"""Find the region, the scenario and the sectors of a piece of work."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from tongqu.base import DataError, Progress, Report, ScenarioError, silent
from tongqu.contracts import Draft, Scenario, Sector, draft_scenario, load_scenario
from tongqu.data import Region, load_region
from tongqu.engine.inputs import Inputs
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors, missing_tables

__all__ = [
    "ENGINE",
    "draft_of",
    "inputs_for",
    "region_of",
    "scenario_of",
    "sector_versions",
    "sectors_for",
]


def _digest(files: Iterable[Path]) -> str:
    """Eight hexadecimal digits of the content of files."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()[:8]


def _code() -> list[Path]:
    """Programs and default tables that a plan follows from, in order."""
    package = Path(__file__).resolve().parents[1]
    parts = ("base", "contracts", "data", "engine", "methods", "sectors", "workflow")
    found = [file for part in parts for file in (package / part).rglob("*") if file.suffix in {".py", ".csv"}]
    return sorted(found, key=lambda file: file.relative_to(package).as_posix())


ENGINE = f"{version('tongqu')}+{_digest(_code())}"
"""Version of this package and a digest of its code, part of a run's id: other code, other run."""


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


def draft_of(scenario: Scenario | Draft | str | Path | None) -> Draft:
    """Give a scenario as far as it can be read: itself, from a file, or the default one.

    Raises
    ------
    ScenarioError
        If it cannot be read far enough to check the rest.
    """
    if scenario is None or isinstance(scenario, Scenario):
        return Draft(scenario or Scenario())
    draft = scenario if isinstance(scenario, Draft) else draft_scenario(scenario)
    if draft.scenario is None:
        raise ScenarioError(draft.report())
    return draft


def inputs_for(
    region: Region, sectors: tuple[Sector, ...], *, draft: Draft, progress: Progress = silent
) -> Inputs:
    """Give the inputs of a plan for a drafted scenario.

    Raises
    ------
    ScenarioError
        With everything that is wrong in the file, and everything that the region and the offers refuse.
    """
    if draft.scenario is None:
        raise ScenarioError(draft.report())
    try:
        inputs = prepare(region, sectors, scenario=draft.scenario, progress=progress)
    except ScenarioError as error:
        raise ScenarioError(draft.report(error.problems)) from None
    if draft.problems:
        raise ScenarioError(draft.report())
    return inputs


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
    """Give the module, the version and a digest of the code that each sector comes from."""
    return {sector.name: _version(type(sector)) for sector in sectors}


def _version(kind: type) -> str:
    try:
        number = version(kind.__module__.partition(".")[0])
    except ModuleNotFoundError:
        number = "unversioned"
    source = inspect.getsourcefile(kind)
    digest = _digest([Path(source)]) if source and Path(source).is_file() else "unknown"
    return f"{kind.__module__} {number} {digest}"
