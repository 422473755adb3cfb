"""Where results go: nothing of the user's is overwritten unasked, and files appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tongqu.apps.output import Face, TakenError
from tongqu.contracts import holds_run

__all__ = [
    "REPORTS",
    "require_folder",
    "require_free",
    "require_outside",
    "require_own_demo",
    "require_run_place",
    "write_whole",
]

REPORTS: Final[Mapping[str, str]] = {"zh": "report.html", "en": "report.en.html"}
"""Name of the report by language."""


def require_free(face: Face, path: Path, *, force: bool = False) -> None:
    """Refuse a path where there is a file already, unless it may be replaced.

    Raises
    ------
    TakenError
        If there is one, or a folder.
    """
    if path.is_dir():
        raise TakenError(face.word("is_folder", path=path))
    if path.exists() and not force:
        raise TakenError(face.word("exists", path=path))


def require_folder(face: Face, path: Path) -> None:
    """Refuse a folder that holds something.

    Raises
    ------
    TakenError
        If it does, or is a file.
    """
    if path.is_file():
        raise TakenError(face.word("exists_file", path=path))
    if path.is_dir() and (names := sorted(inner.name for inner in path.iterdir())):
        raise TakenError(face.word("other_things", path=path, names=", ".join(names[:3])))


def require_run_place(face: Face, path: Path) -> None:
    """Refuse a place for a run where there is something that is not a run, before the long work.

    Raises
    ------
    TakenError
        If there is.
    """
    if not path.exists():
        return
    if not path.is_dir() or (any(path.iterdir()) and not holds_run(path)):
        raise TakenError(face.word("not_a_run", path=path))


def require_own_demo(face: Face, folder: Path) -> None:
    """Refuse a folder for the demo that holds anything but an earlier demo.

    Raises
    ------
    TakenError
        If it does; names what is there.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TakenError(face.word("exists_file", path=folder))
    earlier = {"run", *REPORTS.values()} if holds_run(folder / "run") else set()
    others = sorted(path.name for path in folder.iterdir() if path.name not in earlier)
    if others:
        raise TakenError(face.word("other_things", path=folder, names=", ".join(others[:3])))


def require_outside(face: Face, path: Path, *, run: Path) -> None:
    """Refuse to write into a run: it would no longer verify.

    Raises
    ------
    TakenError
        If the path lies in the run folder.
    """
    if path.resolve().is_relative_to(run.resolve()):
        raise TakenError(face.word("inside_run", path=path))


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write files under other names, and rename them when all of them are there."""
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts[path].write_bytes(content)
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
