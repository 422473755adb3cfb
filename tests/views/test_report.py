"""The report as HTML: whole, alone, accessible, the same twice."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser

import pytest

from tongqu import open_run
from tongqu.contracts import Run
from tongqu.views import report_html
from tongqu.views.report import SECTIONS
from tongqu.views.tables import Figures
from tongqu.views.words import Words

VOID = {"meta", "link", "input", "br", "wbr", "hr", "img"}
LANGUAGES = ("zh", "en")


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails where a tag is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.words.append(data)

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def page(reports: dict[str, str], language: str) -> Page:
    return Page(reports[language])


def test_it_has_every_section_in_order(page: Page):
    # Nobody asks for care in a region that lists no site of it.
    assert [attrs["id"] for attrs in page.every("section")] == [key for key in SECTIONS if key != "care"]
    assert len(page.every("h1")) == 1


def test_it_asks_no_other_machine(page: Page, reports: dict[str, str], language: str):
    for tag, attrs in page.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)
    html = reports[language]
    assert "@import" not in html
    assert "@font-face" not in html
    assert re.findall(r"url\((?!#)", html) == []
    assert re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|sendBeacon|import)\(", html) == []


def test_references_inside_the_page_lead_somewhere(page: Page):
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in page.tags:
        for name in ("href", "for", "list"):
            value = attrs.get(name)
            if value and not value.startswith("data:"):
                assert value.removeprefix("#") in ids, (tag, attrs)


def test_tables_have_headings_and_equal_rows(reports: dict[str, str], language: str):
    for table in re.findall(r"<table.*?</table>", reports[language], flags=re.S):
        head = re.search(r"<thead>(.*?)</thead>", table, flags=re.S)
        assert head
        width = len(re.findall(r'<th scope="col"', head[1]))
        for row in re.findall(r"<tr.*?</tr>", table, flags=re.S)[1:]:
            spans = [int(number) for number in re.findall(r'colspan="(\d+)"', row)]
            assert len(re.findall(r"<t[hd]", row)) - len(spans) + sum(spans) == width, row


def test_drawings_and_fields_have_names(page: Page):
    fields = {attrs["for"] for attrs in page.every("label") if "for" in attrs}
    for attrs in page.every("svg"):
        assert "aria-label" in attrs or attrs.get("aria-hidden") == "true", attrs
    for attrs in page.every("select") + page.every("input"):
        assert attrs.get("id") in fields or "aria-label" in attrs or attrs["type"] == "checkbox", attrs


def test_the_first_page_says_the_figures(page: Page, figures: Figures, language: str):
    words, head = Words(language), figures.headline
    for shown in (
        words.count(head.projects),
        words.count(head.candidates),
        words.money(head.capital),
        words.money(head.running),
        words.money(head.peak),
        words.number(head.d_plan, 3),
        words.most(head.gap_share),
        words.share(head.worst_plan),
    ):
        assert shown in page.text


def test_every_project_has_a_row_and_a_symbol(page: Page, figures: Figures):
    rows = [attrs["id"] for attrs in page.every("tr") if "id" in attrs]
    assert rows == [f"p{place}" for place in figures.projects.rows.index]
    symbols = [attrs["data-p"] for attrs in page.every("use") if "data-p" in attrs]
    assert sorted(f"p{place}" for place in symbols) == sorted(rows)


def test_it_names_run_and_certificate(page: Page, run: Run):
    assert run.id in page.text
    assert str(run.manifest["region"]["sha256"]) in page.text
    assert str(run.certificate["solver"]) in page.text


def test_the_same_bytes_twice(run: Run, reports: dict[str, str], language: str):
    assert report_html(run, language=language) == reports[language]


def test_a_place_name_cannot_break_the_page(run: Run, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    units = tmp_path / "run" / "inputs" / "units.csv"
    table = units.read_text(encoding="utf-8")
    county = run.region.level("county")["name"].iloc[0]
    units.write_text(table.replace(county, "</script><b>x & y"), encoding="utf-8", newline="\n")
    page = Page(report_html(open_run(tmp_path / "run"), language="zh"))
    assert "</script><b>x & y" in page.text
    assert len(page.every("script")) == 2
