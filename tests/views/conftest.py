"""A small stored run and its reports, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

import tongqu
from tongqu.contracts import Run, Scenario
from tongqu.views import report_html
from tongqu.views.tables import Figures, figures_of

TINY = Path(__file__).parents[1] / "data" / "tiny"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A plan of three years for the small region."""
    scenario = Scenario(name="tiny", title_zh="小例", title_en="Small", first_year=2026, last_year=2028)
    return tongqu.plan(TINY, scenario, out=tmp_path_factory.mktemp("views") / "run").run


@pytest.fixture(scope="session")
def figures(run: Run) -> Figures:
    return figures_of(run)


@pytest.fixture(scope="session")
def reports(run: Run) -> dict[str, str]:
    """The report in both languages."""
    return {"zh": report_html(run, language="zh"), "en": report_html(run, language="en")}
