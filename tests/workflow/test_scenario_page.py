"""The page about scenarios names every key with its default, and its example loads."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tongqu.contracts import Floor, Limits, Pin, Scenario, Solver, load_scenario

PAGE = Path(__file__).parents[2] / "docs" / "scenario.md"


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_key_is_described_with_its_default(text):
    for model, prefix in ((Limits, "limits."), (Solver, "solver.")):
        for name, value in model().model_dump().items():
            row = re.search(rf"\| `{re.escape(prefix + name)}` \| ([^|]+) \|", text)
            assert row, name
            assert float(row.group(1)) == value, name
    for name in Scenario.model_fields:
        assert f"`{name}" in text or f"`{name}." in text, name
    for model, prefix in ((Floor, "floors[]."), (Pin, "pinned[].")):
        assert all(f"`{prefix}{name}`" in text for name in model.model_fields)


def test_the_example_loads(text, tmp_path):
    example = re.search(r"```toml\n(.*?)```", text, re.S).group(1)
    (tmp_path / "base.toml").write_text("", encoding="utf-8")
    (tmp_path / "tight.toml").write_text(example, encoding="utf-8")
    found = load_scenario(tmp_path / "tight.toml")
    assert tomllib.loads(example)["name"] == found.name
    assert found.limits.capital_share == 0.012
    assert found.assume["minutes.medical_circle"] == 15
