"""A stored plan of the small region, and the system's own Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

import tongqu
from small import TINY, short

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tongqu.contracts import Run

settings.register_profile("tongqu", deadline=None)  # a first call compiles, which is no failure
settings.load_profile("tongqu")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def leaves_machine(url: str) -> bool:
    """Whether a request for this URL goes to another machine."""
    parts = urlsplit(url)
    if parts.scheme in {"about", "blob", "data", "file"} or parts.hostname == "localhost":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        reason = "no Chromium on the PATH (python3 dev.py setup installs it, or says how)"
        if os.environ.get("TONGQU_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; `page.off_machine` lists the URLs that it asked another machine for."""
    context = browser.new_context()
    page = context.new_page()
    off_machine: list[str] = []

    def record(url: str) -> None:
        if leaves_machine(url):
            off_machine.append(url)

    context.on("request", lambda request: record(request.url))
    page.on("websocket", lambda socket: record(socket.url))
    page.off_machine = off_machine  # type: ignore[attr-defined]
    yield page
    context.close()


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A stored plan of the small region."""
    folder: Path = tmp_path_factory.mktemp("made")
    return tongqu.plan(TINY, short(), out=folder / "run").run
