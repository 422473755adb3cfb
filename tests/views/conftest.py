"""A small stored run and its reports, made once."""

from __future__ import annotations

import pytest

from tongqu.contracts import Run
from tongqu.views import report_html
from tongqu.views.tables import Figures, figures_of


@pytest.fixture(scope="session")
def run(tiny_run: Run) -> Run:
    """A plan of three years for the small region."""
    return tiny_run


@pytest.fixture(scope="session")
def figures(run: Run) -> Figures:
    return figures_of(run)


@pytest.fixture(scope="session")
def reports(run: Run) -> dict[str, str]:
    """The report in both languages."""
    return {"zh": report_html(run, language="zh"), "en": report_html(run, language="en")}
