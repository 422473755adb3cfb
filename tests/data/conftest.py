"""The tiny region, and copies of it with something replaced."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tongqu.data import Region, load_region

HERE = Path(__file__).parent
TINY = HERE / "tiny"
MALFORMED = HERE / "malformed"

Overlay = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny() -> Region:
    return load_region(TINY)


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    """A copy of the tiny region with the files of one malformed case in place of its own."""

    def make(case: str) -> Path:
        folder = tmp_path / "region"
        shutil.copytree(TINY, folder)
        replaced = [
            path.relative_to(MALFORMED / case) for path in (MALFORMED / case).rglob("*") if path.is_file()
        ]
        assert replaced
        for path in replaced:  # a table has one file, be it CSV or Parquet
            (folder / path).with_suffix(".csv").unlink(missing_ok=True)
        shutil.copytree(MALFORMED / case, folder, dirs_exist_ok=True)
        return folder

    return make
