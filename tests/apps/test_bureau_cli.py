"""The command ``bureau``: what it writes and says, nothing half written."""

from __future__ import annotations

import json

import pytest

from bureau_small import viewed
from tongqu.apps import bureau_jobs
from tongqu.views.bureau_html import bureau_html


@pytest.fixture
def asked(monkeypatch, tiny_run):
    """The command is given the view that is there already."""
    monkeypatch.setattr(bureau_jobs, "view_of", lambda run, sector, progress: viewed(tiny_run.path, sector))


def test_it_writes_what_it_is_asked_for(call, here, asked, tiny_run):
    words = ["--out", "made", "--excel", "o.xlsx", "--page", "o.html"]
    found = call("bureau", tiny_run.path, "--sector", "health", *words)
    assert found.exit_code == 0, found.output
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert (here / "made" / "projects.csv").exists()
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    assert call("bureau", tiny_run.path, "--sector", "health", "--out", "made").exit_code == 4


def test_it_says_what_python_says(call, asked, tiny_run):
    content = json.loads(call("bureau", tiny_run.path, "--sector", "health", "--json").stdout)
    view = viewed(tiny_run.path)
    assert content["run"] == tiny_run.id
    assert content["projects_joint"] == view.figures["projects_joint"]
    assert sum(row["projects"] for row in content["counts"]) == len(view.tables["projects"])
    named = {row["service"]: row["service_name"] for row in content["services"]}
    assert named["clinic"] in {"Clinic within a walk", "步行可达村卫生室"}


def test_an_unknown_sector_is_refused_by_name(call, here, tiny_run):
    found = call("bureau", tiny_run.path, "--sector", "schools", "--out", "made")
    assert found.exit_code == 2
    assert "health" in found.output
    assert not (here / "made").exists()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_every_word_and_asks_nobody(tiny_run, language):
    page = bureau_html(viewed(tiny_run.path), language=language)
    assert "bureau." not in page
    assert "bureau_" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_either_plan_of_the_figures_is_that_of_the_tables(tiny_run):
    view = viewed(tiny_run.path)
    table = view.tables["projects"]
    assert view.figures["projects_alone"] == table["alone"].notna().sum()
    assert view.figures["projects_joint"] == table["joint"].notna().sum()
    assert view.figures["log_d_joint"] >= view.figures["log_d_alone"] - 1e-9
