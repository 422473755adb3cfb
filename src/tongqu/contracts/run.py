"""A run folder: what made a plan, the plan, and every figure, with the hash of each file.

The folder appears whole or not at all: it is written under another name, and the manifest last, then renamed.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import Problem, RunError
from tongqu.contracts.scenario import Scenario
from tongqu.contracts.scenario_file import load_scenario
from tongqu.data import Region, load_region

__all__ = [
    "FORMAT",
    "OPTIONAL",
    "TABLES",
    "Run",
    "check_files",
    "check_target",
    "clear_drafts",
    "holds_run",
    "open_run",
    "run_id",
    "whole_run",
    "write_run",
]

FORMAT: Final = 1
"""Version of the folder's layout."""

MANIFEST: Final = "manifest.json"

TABLES: Final[Mapping[str, str]] = {
    "offer/projects": "candidate projects",
    "offer/entries": "ledger entries of the candidates",
    "offer/pairs": "service credit of projects that only work together",
    "offer/limits": "limits by ledger, unit and year",
    "results/decisions": "projects chosen, with the year of first payment and of opening",
    "results/outcomes": "every state variable: case (base or plan), unit, year, variable, value",
    "results/indicators": "indicator values and scores: case, unit, year, indicator, value, score",
    "results/indices": "U, R, C, T, D: case, unit, year",
    "results/weights": "weight of each county and year in the objective",
    "results/obstacles": "obstacle degrees: case, unit, year, indicator, degree",
    "results/ledger": "money, land, staff and stock of the plan: year, ledger, unit, key, amount",
    "results/accounts": "yearly accounts: unit, year, item, amount in 万元",
    "results/promise": "promised against simulated: unit, year, variable, promised, simulated, difference",
    "results/convergence": "headline figures of every round: round, figure, unit, year, promised, simulated, "
    "difference, agrees",
    "results/rounds": "the plan of every round: round, project, start; the inputs of a round are made again "
    "at the plan of the round before",
    "results/measures": "every measure: measure, promised, simulated, baseline, unit_of_measure",
    "results/stages": "what was proven of each aim in order: stage, name, value, bound, gap_asked, status, "
    "unit_of_measure",
    "results/prices": "gain of the goal per unit more of a limit: limit, unit, key, year, price, "
    "unit_of_measure",
    "results/reasons": "what projects serve and take: project, side, key, amount, alone, value, "
    "unit_of_measure",
    "results/left_out": "places that lack a service in the last year although a candidate could bring it: "
    "service, unit, county, people, share, left, options",
    "results/school_moves": "children whose school closes: project, unit, year, children, placed, "
    "minutes_before, minutes_after (by school bus)",
    "results/reach": "minutes by car to tiers of care that no service counts, in the first and the last "
    "year: case, unit, year, tier, minutes",
    "results/issues": "what the reader must know: topic, item, detail_zh, detail_en",
}
"""Tables of a run besides the region's, and what they hold."""

OPTIONAL: Final[Mapping[str, str]] = {
    "results/journal": "ledger of decisions: every decision of this plan and those before, with its reason",
    "results/actual_projects": "what was reported of projects when the plan was made again",
    "results/actual_figures": "what was reported of figures when the plan was made again",
}
"""Tables that some runs have, and what they hold. They are not made from the run's inputs alone: verifying
compares their hashes and says that it could do no more."""


ENTRIES: Final[Mapping[str, type]] = {
    "id": str,
    "engine": str,
    "region": dict,
    "scenario": dict,
    "sectors": dict,
    "solver": dict,
    "certificate": dict,
    "feedback": dict,
    "left_out": list,
    "files": dict,
}
"""Entries that every manifest has, and what they are."""
CERTIFIED: Final = ("baseline", "objective", "simulated", "bound", "gap")
"""Numbers of a certificate."""
ROUNDS: Final = ("round", "rounds")
"""Numbers of what is said of the rounds."""


@dataclass(frozen=True)
class Run:
    """A stored run; tables are read when asked for.

    Examples
    --------
    >>> run = open_run("tongqu-demo/run")  # doctest: +SKIP
    >>> run["results/decisions"].head()  # doctest: +SKIP
    """

    path: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Hash of what made the run."""
        return str(self.manifest["id"])

    @property
    def certificate(self) -> Mapping[str, Any]:
        """What was proven: objective, bound, gap, status, solver."""
        return dict(self.manifest["certificate"])

    def __getitem__(self, table: str) -> pd.DataFrame:
        """A table of the run, by a name of ``TABLES``."""
        try:
            return pd.read_parquet(self.path / f"{table}.parquet")
        except (OSError, ValueError) as error:
            raise RunError(f"run {self.path}: {table}.parquet cannot be read: {error}") from error

    @cached_property
    def region(self) -> Region:
        """The region that the run was made from."""
        return load_region(self.path / "inputs")

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that the run was made from."""
        return load_scenario(self.path / "scenario.toml")


def run_id(region: Region, scenario: Scenario, *, engine: str, sectors: Mapping[str, str]) -> str:
    """Hash of what makes a run: region, scenario, engine and sectors with their versions."""
    made = {
        "region": region.sha256,
        "scenario": scenario.model_dump(mode="json"),
        "engine": engine,
        "sectors": dict(sectors),
        "format": FORMAT,
    }
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:16]


def open_run(path: Path | str) -> Run:
    """Open a run folder, or the folder that holds just one.

    Raises
    ------
    RunError
        If it has no readable manifest: nothing was stored, or storing was broken off.
    """
    folder = Path(path)
    if not (folder / MANIFEST).is_file() and (folder / "run" / MANIFEST).is_file():
        folder = folder / "run"
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{folder} is not a run: it has no {MANIFEST}; make one with 'tongqu plan'") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{folder}: {MANIFEST} cannot be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RunError(f"{folder}: this is no run of format {FORMAT}; make it again with this version")
    if wrong := _wrong_entries(manifest):
        raise RunError(f"{folder}: {MANIFEST} lacks or garbles {', '.join(wrong)}; make the run again")
    return Run(folder, manifest)


def _wrong_entries(manifest: Mapping[str, Any]) -> list[str]:
    """Entries that are missing or are not what they should be."""
    wrong = [name for name, kind in ENTRIES.items() if not isinstance(manifest.get(name), kind)]
    numbers = {"certificate": CERTIFIED, "feedback": ROUNDS}
    wrong += [
        f"{entry}.{name}"
        for entry, names in numbers.items()
        if entry not in wrong
        for name in names
        if not _is_number(manifest[entry].get(name))
    ]
    if "files" not in wrong and not all(isinstance(one, str) for one in manifest["files"].values()):
        wrong.append("files")
    return wrong


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole_run(run: Run | Path | str) -> Run:
    """Open a run whose figures can be built on: no file of it was changed.

    Raises
    ------
    RunError
        If it cannot be opened, or with every file that is missing, changed or does not belong to it.
    """
    opened = run if isinstance(run, Run) else open_run(run)
    if problems := check_files(opened):
        raise RunError(f"{opened.path}: the run was changed; its figures cannot be trusted", problems)
    return opened


def check_files(run: Run) -> list[Problem]:
    """Compare every file of a run with the manifest: missing, changed, added."""
    stated: Mapping[str, str] = run.manifest.get("files", {})
    present = {path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file()} - {
        MANIFEST
    }
    problems = [
        Problem(rule="the file is missing", mend="make the run again", file=name)
        for name in sorted(set(stated) - present)
    ]
    problems += [
        Problem(rule="the file does not belong to the run", mend="move it elsewhere", file=name)
        for name in sorted(present - set(stated))
    ]
    problems += [
        Problem(rule="the file was changed after the run", mend="make the run again", file=name)
        for name in sorted(present & set(stated))
        if file_sha256(run.path / name) != stated[name]
    ]
    return problems


def file_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_run(
    folder: Path,
    *,
    files: Mapping[str, bytes],
    tables: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
) -> Run:
    """Write a run folder as a whole; an earlier run at the same place is replaced at the last moment.

    Parameters
    ----------
    folder : Path
        Where the run shall be; either absent or an earlier run.
    files : mapping of str to bytes
        Other files by relative path.
    tables : mapping of str to DataFrame
        Tables, stored as Parquet.

    Raises
    ------
    RunError
        If something that is not a run is at ``folder``.
    """
    folder = check_target(folder)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        for name, content in files.items():
            _place(draft, name).write_bytes(content)
        for name, frame in tables.items():
            frame.to_parquet(_place(draft, f"{name}.parquet"), index=False, compression="zstd")
        hashes = {
            path.relative_to(draft).as_posix(): file_sha256(path)
            for path in sorted(draft.rglob("*"))
            if path.is_file()
        }
        text = json.dumps(
            {**manifest, "format": FORMAT, "files": hashes}, ensure_ascii=False, indent=1, sort_keys=True
        )
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return open_run(folder)


def check_target(folder: Path) -> Path:
    """Give the folder's full path if a run may be stored there: it is absent, empty, or an earlier run.

    Raises
    ------
    RunError
        If something else is there.
    """
    target = folder.resolve()
    if target.is_file():
        raise RunError(f"{folder} is a file; name a folder")
    if target.exists() and any(target.iterdir()) and not holds_run(target):
        raise RunError(f"{folder} holds something that is not a run; name another folder")
    return target


def holds_run(folder: Path) -> bool:
    """Whether a folder holds a run, of whatever version; a study has a manifest, too, and is none."""
    try:
        stated = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stated, dict) and "format" in stated and "certificate" in stated


def clear_drafts(folder: Path) -> tuple[Path, ...]:
    """Remove drafts beside a run's place whose process was killed before it could; give what went.

    Drafts of a process that is alive stay: it may be about to finish.
    """
    target = folder.resolve()
    drafts = sorted(target.parent.glob(f".{glob.escape(target.name)}.*.part")) if target.name else []
    gone = []
    for draft in drafts:
        number = draft.name.removesuffix(".part").removeprefix(f".{target.name}.")
        if number.isdecimal() and draft.is_dir() and not draft.is_symlink() and not _alive(int(number)):
            shutil.rmtree(draft, ignore_errors=True)
            gone.append(draft)
    return tuple(gone)


def _alive(process: int) -> bool:
    """Whether a process of this number runs; on Windows always, for asking in this way would end it."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _place(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
