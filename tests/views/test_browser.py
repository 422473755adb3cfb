"""The report in a browser: silent, off-line, usable by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(params=["zh", "en"])
def opened(request: pytest.FixtureRequest, page: Page, reports: dict[str, str], tmp_path: Path) -> Page:
    """The report, opened; `page.said` lists what the console said."""
    file = tmp_path / "report.html"
    file.write_text(reports[request.param], encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.said = said  # type: ignore[attr-defined]
    page.goto(file.as_uri())
    return page


def shown(page: Page) -> int:
    return page.locator("#symbols use:not(.off)").count()


def test_no_request_leaves_and_nothing_fails(opened: Page):
    opened.wait_for_load_state("networkidle")
    assert opened.off_machine == []
    assert opened.said == []


def test_the_year_moves_by_keyboard(opened: Page):
    before, label = shown(opened), opened.locator("#shown").text_content()
    opened.locator("#year").focus()
    opened.keyboard.press("Home")
    assert opened.locator("#mapbox").get_attribute("data-year") == "2026"
    assert shown(opened) < before
    assert opened.locator("#shown").text_content() != label
    assert opened.locator("#typed").input_value() == "2026"
    opened.keyboard.press("ArrowRight")
    assert opened.locator("#mapbox").get_attribute("data-year") == "2027"
    opened.locator("#every").press("Enter")
    assert shown(opened) == before


def test_a_year_can_be_typed(opened: Page):
    opened.locator("#typed").fill("2026")
    opened.locator("#typed").press("Tab")
    assert opened.locator("#mapbox").get_attribute("data-year") == "2026"


def test_another_service_recolours_the_villages(opened: Page):
    def states() -> list[str | None]:
        return opened.locator("#villages use").evaluate_all("all => all.map(one => one.getAttribute('href'))")

    seen = set()
    for option in opened.locator("#service option").all():
        opened.locator("#service").select_option(option.get_attribute("value"))
        seen.add(tuple(states()))
        tallies = opened.locator(".tally").all_text_contents()
        assert sum(int(text) for text in tallies) == len(states())
    assert len(seen) > 1


def test_projects_can_be_read_by_keyboard(opened: Page):
    opened.locator("#mapbox").focus()
    opened.keyboard.press("ArrowRight")
    note = opened.locator("#tip-box")
    assert note.is_visible()
    first = note.text_content()
    opened.keyboard.press("ArrowRight")
    assert note.text_content() != first
    opened.keyboard.press("Enter")
    assert opened.locator("tr.hit").count() == 1
    opened.locator("#mapbox").focus()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Escape")
    assert not note.is_visible()


def test_a_sector_can_be_hidden(opened: Page):
    before = shown(opened)
    opened.locator(".sector").first.uncheck()
    assert shown(opened) < before


def test_the_filter_finds_projects(opened: Page):
    code = opened.locator("#library tbody code").first.text_content()
    opened.locator("#filter").fill(code or "")
    assert opened.locator("#library tbody tr:visible").count() == 1
    opened.locator("#filter").fill("")
    assert opened.locator("#library details[open]").count() == 0


def test_everything_is_open_in_print(opened: Page):
    assert opened.locator("details[open]").count() == 0
    opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert opened.locator("details:not([open])").count() == 0
    assert opened.pdf()[:4] == b"%PDF"


def test_the_page_is_not_wider_than_the_window(opened: Page):
    for width in (1440, 800, 390):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
