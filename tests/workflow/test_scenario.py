"""Scenario files: all problems at once, extends, patches."""

from __future__ import annotations

import pytest

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import Assume, Scenario, draft_scenario, load_scenario
from tongqu.data import load_region


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_extends_and_patches(tmp_path):
    write(tmp_path, "base.toml", 'name = "base"\ndiscount = 0.02\n[limits]\nmoney_factor = 2.0\n')
    path = write(
        tmp_path,
        "next.toml",
        'extends = "base.toml"\nlast_year = 2030\n[set]\n"limits.capital_share" = 0.02\n'
        '"assume.clinic.cost" = 55\n',
    )
    found = load_scenario(path)
    assert (found.discount, found.limits.money_factor, found.limits.capital_share) == (0.02, 2.0, 0.02)
    assert (found.last_year, dict(found.assume)) == (2030, {"clinic.cost": 55.0})


def test_every_problem_is_reported_at_once(tmp_path):
    path = write(tmp_path, "bad.toml", 'colour = "red"\ndiscount = 3\n[limits]\nmoney_factor = "much"\n')
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert {problem.column for problem in caught.value.problems} == {
        "colour",
        "discount",
        "limits.money_factor",
    }
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('extends = "me.toml"', "circle"),
        ("name = ", "TOML"),
        ("first_year = 2030\nlast_year = 2026", "before first_year"),
    ],
)
def test_what_cannot_be(tmp_path, text, words):
    with pytest.raises(ScenarioError, match=words):
        load_scenario(write(tmp_path, "me.toml", text))


def test_a_missing_file(tmp_path):
    with pytest.raises(ScenarioError, match="no such scenario"):
        load_scenario(tmp_path / "nothing.toml")


def test_assumptions_change_one_standard_and_limits_join():
    standards = load_region("quzhou")["standards"]
    assume = Assume.of(standards, Scenario(assume={"clinic.cost": 99.0}))
    assert assume["clinic.cost"] == 99.0
    assert assume["minutes.medical_circle"] == 20.0
    assert assume["limits.money_factor"] == 1.0


def test_what_can_be_read_is_kept_and_numbered_as_in_the_file(tmp_path):
    floors = "".join(
        f'[[floors]]\nservice = "s{share}"\nshare = {share}\nyear = 2027\n' for share in (3, 0, 2, 1)
    )
    path = write(
        tmp_path, "me.toml", f'objective = "least-cost"\ndiscount = 9\n{floors}[solver]\ngap = "x"\n'
    )
    draft = draft_scenario(path)
    assert [one.service for one in draft.scenario.floors] == ["s0", "s1"]
    assert (draft.scenario.discount, draft.scenario.solver.gap) == (0.03, 0.001)
    found = [
        Problem("late", mend="early", file="scenario", column="floors[1].year"),
        Problem("empty", mend="fill", file="scenario", column="objective"),
        Problem("other", mend="mend", file="standards"),
    ]
    columns = ["discount", "floors[0].share", "floors[2].share", "floors[3].year", "solver.gap", ""]
    assert [one.column for one in draft.report(found)] == columns
    assert [one.file for one in draft.report(found)] == ["me.toml"] * 5 + ["standards"]


def test_without_its_years_nothing_else_of_a_scenario_is_read(tmp_path):
    draft = draft_scenario(write(tmp_path, "me.toml", 'first_year = "x"\ncolour = 1\n'))
    assert draft.scenario is None
    assert [one.column for one in draft.report()] == ["first_year", "colour"]
