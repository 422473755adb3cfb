"""The command ``schools-plan``: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from small import TINY
from tongqu.apps.schools_plan_cli import schools_plan_app


def test_it_writes_tables_and_speaks_chinese(tmp_path: Path) -> None:
    out, book = tmp_path / "plan", tmp_path / "plan.xlsx"
    asked = [str(TINY), "--county", "990102", "--seconds", "20", "-o", str(out), "--excel", str(book)]
    said = CliRunner().invoke(schools_plan_app, [*asked, "--lang", "zh", "--quiet"])
    assert said.exit_code == 0, said.output
    assert "下界" in said.output
    assert (out / "projects.csv").is_file()
    assert book.stat().st_size > 0


def test_json_and_a_wrong_county() -> None:
    wrong = CliRunner().invoke(schools_plan_app, [str(TINY), "--county", "1", "--json", "--quiet"])
    assert wrong.exit_code == 2
    assert "no county of the region" in wrong.output
    said = CliRunner().invoke(
        schools_plan_app, [str(TINY), "--county", "990102", "--seconds", "20", "--json", "--quiet"]
    )
    assert said.exit_code == 0, said.output
    content = json.loads(said.stdout)
    assert content["gap"] <= 0.005
    assert len(content["costs"]) == 10
