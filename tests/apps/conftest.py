"""Calling the command line, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tongqu.apps.cli import app

SCENARIO = 'name = "short"\nfirst_year = 2026\nlast_year = 2028\n[solver]\ngap = 1e-9\ntangent_error = 1e-6\n'


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch) -> None:
    """Each test in its own folder and in English."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TONGQU_LANG", "en")
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def here() -> Path:
    """The folder that the command is called in."""
    return Path.cwd()


@pytest.fixture
def scenario(tmp_path) -> Path:
    """The scenario of `small.short`, as a file."""
    path = tmp_path / "short.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def call() -> Callable[..., Any]:
    """Call the command line in this process."""

    def run(*words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start the command line as a process of its own; `before` is code that runs first."""

    def run(*words: object, before: str = "") -> subprocess.Popen[str]:
        code = f"{before}\nfrom tongqu.apps.cli import main\nmain()\n"
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, words)],
            env={**os.environ, "TONGQU_LANG": "en"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return run
