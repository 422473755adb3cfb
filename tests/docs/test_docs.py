"""The documentation: links lead somewhere, every method has its page, the example sector works."""

from __future__ import annotations

import pkgutil
import re
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tongqu
import tongqu.methods
from tongqu.contracts import Assume, Forecast, Offer, Scenario, Sector, State
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import simulate

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
OWN_ANCHOR = re.compile(r'<a id="([^"]+)">')
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
MODULES = [each.name for each in pkgutil.iter_modules(tongqu.methods.__path__) if each.name[0] != "_"]


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Anchors of a page: its own, and those that GitHub makes of headings (lower case, no punctuation)."""
    text = prose(page)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain} | set(OWN_ANCHOR.findall(text))


def broken(page: Path) -> list[str]:
    found = []
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        inside = target.is_relative_to(ROOT) and target.exists()
        if not inside or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    assert broken(page) == []


def test_every_page_is_reached_from_the_index() -> None:
    links = (LINK.findall(prose(DOCS / "index.md"))) + LINK.findall(prose(DOCS / "decisions" / "index.md"))
    named = {Path(link.partition("#")[0]).name for link in links}
    pages = {page.name for page in DOCS.rglob("*.md")} - {"index.md"}
    assert pages - named == set()


def test_a_broken_link_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "a.md").write_text("# One thing\n[x](b.md) [y](#one-thing) [z](#other)", "utf-8")
    assert broken(tmp_path / "a.md") == ["b.md", "#other"]


def test_every_public_method_is_described() -> None:
    text = "\n".join(page.read_text("utf-8") for page in (DOCS / "methods").glob("*.md"))
    assert [name for name in MODULES if f"tongqu.methods.{name}" not in text] == []


@pytest.fixture(scope="module")
def parcel() -> Sector:
    text = (DOCS / "tasks" / "write-a-sector.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    module = types.ModuleType("tongqu_parcel")
    sys.modules[module.__name__] = module
    exec(compile(code[1], "write-a-sector.md", "exec"), module.__dict__)
    found = module.sector
    assert isinstance(found, Sector)
    return found


def test_the_example_sector_promises_what_it_simulates(parcel: Sector) -> None:
    region, scenario = tongqu.load("quzhou"), Scenario()
    assume = Assume.of(region["standards"], scenario)
    sectors = ordered([*load_sectors(["population", "transport"]), parcel])
    assert sectors[-1] is parcel
    years = [scenario.first_year]
    (state,) = simulate(region, sectors, scenario=scenario, assume=assume, years=years)
    offer = parcel.offer(region, Forecast([state], Offer()), assume=assume).checked(parcel.name)
    unmet = state["demand.parcel"] - state["served.parcel"]

    def added(opened: Offer) -> pd.Series:
        written = parcel.step(region, State(state.year, state.values), opened=opened, assume=assume)
        assert (written["served.parcel"] <= written["demand.parcel"]).all()
        return written["served.parcel"] - state["served.parcel"]

    assert len(offer.projects) > 0
    pd.testing.assert_series_equal(added(offer), unmet)
    one = offer.of([offer.projects["project"].iloc[0]])
    credited = one.entries.loc[one.entries["ledger"] == "served", "unit"]
    assert np.isclose(added(one).sum(), unmet[credited].sum())
    assert set(parcel.diagnose(region, state).figures["unit"]) == set(region.level("county").index)
