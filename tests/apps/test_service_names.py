"""Every service of a plan has a name in what commands say, also those that count who comes first."""

from __future__ import annotations

import pytest

from tongqu.apps.output import Face
from tongqu.apps.tables import service_rows
from tongqu.contracts import PRIORITY, Run


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_service_is_named_by_its_code(tiny_run: Run, language: str):
    rows = service_rows(Face(language, as_json=True), tiny_run.region, tiny_run)  # type: ignore[arg-type]
    assert any(row["service"].endswith(PRIORITY) for row in rows)
    assert [row["service"] for row in rows if row["name"] == row["service"]] == []
    assert len({row["name"] for row in rows}) == len(rows)
