"""The files of a feed: a zip archive or a folder."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from tongqu.data.gtfs.spec import OPTIONAL, REQUIRED
from tongqu.data.problems import Problems

__all__ = ["read_files"]

_READ: Final = frozenset(f"{name}.txt" for name in (*REQUIRED, *OPTIONAL))
_COPY_AGAIN: Final = "copy it again; part of it may be missing"


def read_files(place: Path, *, problems: Problems) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """The content of the files that Tongqu reads, by name, and the names of the others.

    Files may lie in one folder inside the archive.

    Parameters
    ----------
    place : Path
        A zip archive, or a folder.
    problems : Problems
        Where problems go.

    Returns
    -------
    contents : mapping of str to bytes
        By file name.
    others : tuple of str
        Names of the files that are not read.
    """
    if place.is_dir():
        return _read_folder(place, problems=problems)
    if not place.is_file():
        problems.add(
            "no such feed", file=str(place), mend="give a GTFS zip archive, or a folder with its files"
        )
        return {}, ()
    try:
        return _read_zip(place)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        problems.add("not a whole zip archive", file=place.name, mend=_COPY_AGAIN)
        return {}, ()


def _read_folder(folder: Path, *, problems: Problems) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    contents, others = dict[str, bytes](), list[str]()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        if path.name not in _READ:
            others.append(path.name)
            continue
        try:
            contents[path.name] = path.read_bytes()
        except OSError as error:
            rule = f"the file cannot be read ({error.strerror})"
            problems.add(rule, file=path.name, mend="check that it is there and that you may read it")
    return contents, tuple(others)


def _read_zip(place: Path) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    contents, others = dict[str, bytes](), list[str]()
    with zipfile.ZipFile(place) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        # Some programs put a folder of the archive's name around the files.
        around = {PurePosixPath(name).parent for name in names if PurePosixPath(name).name == "stops.txt"}
        folder = min(around, key=lambda path: (len(path.parts), str(path)), default=PurePosixPath("."))
        for name in names:
            path = PurePosixPath(name)
            if path.parent == folder and path.name in _READ:
                contents[path.name] = archive.read(name)
            else:
                others.append(name)
    return contents, tuple(others)
