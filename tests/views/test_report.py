"""The report: figures equal the ledger, both languages whole, nothing leaves the machine."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from tongqu.views import report_html
from tongqu.views.figures import Figures
from tongqu.views.words import catalogue


@pytest.fixture(scope="module")
def pages(tiny_run):
    return {language: report_html(tiny_run, language=language) for language in ("zh", "en")}


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.links += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")
        ]
        if tag not in ("meta", "link", "input", "line", "path", "rect", "circle", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag in self.open:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.parts.append(data)


def test_figures_equal_ledger_sums(tiny_run):
    figures, money = Figures(tiny_run), tiny_run["results/ledger"].query("ledger == 'money'")
    head, decisions = figures.headline(), tiny_run["results/decisions"]
    capital = money.loc[money["key"] == "capital", "amount"].sum()
    assert head["capital"] == pytest.approx(capital)
    assert head["capital"] == pytest.approx(decisions["capital_wan"].sum())
    assert head["projects"] == len(decisions) > 0
    accounts = figures.city_accounts
    assert accounts["capital"].sum() == pytest.approx(capital)
    assert accounts["running"].sum() == pytest.approx(money.loc[money["key"] == "running", "amount"].sum())
    last = tiny_run["results/outcomes"].query("year == 2028 and variable == 'served.clinic'")
    sums = last.groupby("case")["value"].sum()
    assert head["clinic"] == pytest.approx(sums["plan"] - sums["base"])
    assert figures.services["after"].sum() >= figures.services["before"].sum()


def test_printed_totals_are_those_of_the_ledger(tiny_run, pages):
    capital = tiny_run["results/decisions"]["capital_wan"].sum()
    for page in pages.values():
        assert f"{capital:,.0f}" in "".join(Text(page).parts)
        assert tiny_run.id in page
        assert f"{tiny_run.certificate['bound']:.6f}" in page


def test_the_same_run_gives_the_same_bytes(tiny_run, pages):
    assert report_html(tiny_run, language="zh") == pages["zh"]


def test_pages_are_whole_and_ask_nobody(pages):
    for page in pages.values():
        found = Text(page)
        assert found.open == []
        assert all(link.startswith(("#", "data:")) for link in found.links), found.links
        assert "url(" not in page.replace("url(#", "")


def test_each_language_speaks_itself(pages):
    english = re.sub(r"<(script|style).*?</\1>", "", pages["en"], flags=re.S)
    words = [row["zh"] for row in catalogue().values() if len(row["zh"]) > 5 and "{" not in row["zh"]]
    assert [word for word in words if word in english] == []
    assert "Coordination by county" in pages["en"]
    assert "城乡协调" in pages["zh"]


def test_no_word_is_missing_or_idle():
    source = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("", "templates")
        for path in (files("tongqu.views") / folder).iterdir()
        if path.name.endswith((".py", ".j2"))
    )
    for key, row in catalogue().items():
        assert row["zh"], key
        assert row["en"], key
        stem = key.split(".")[0]
        used = f'"{key}"' in source or stem in ("served", "lag") or key.startswith("lag_")
        assert used or key in KINDS, f"{key} is never used"


KINDS = {
    "health",
    "education",
    "transport",
    "clinic",
    "township_branch",
    "subcentre",
    "hospital_block",
    "primary_school",
    "junior_school",
    "primary_classes",
    "junior_classes",
    "town_road",
    "village_road",
    "bed",
    "place",
    "urban",
    "rural",
    "observed",
    "simulated",
    "ledger",
    "optimal",
    "stopped",
    "objective",
    "bound",
    "baseline",
}
"""Words looked up by a value of the data."""


@pytest.mark.browser
def test_in_a_browser(tiny_run, page, tmp_path, pages):
    path = tmp_path / "report.html"
    path.write_text(pages["zh"], encoding="utf-8")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    shown = page.locator("#projects .p:not(.off)")
    total = shown.count()
    assert total == len(tiny_run["results/decisions"])
    page.locator("#year").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    opened = (tiny_run["results/decisions"]["opens"] <= 2026).sum()
    assert shown.count() == opened < total
    before = page.locator("#villages").inner_html()
    page.locator("#service").select_option("clinic")
    assert page.locator("#villages").inner_html() != before
    page.locator("#filter").fill("双车道")
    assert page.locator("#library details:not([hidden])").count() >= 1
    assert errors == []
    assert page.off_machine == []
