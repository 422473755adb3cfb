from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
RAW = ROOT / "data-raw" / "census"
pytestmark = pytest.mark.skipif(not RAW.exists(), reason="data-raw is not part of this copy")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("backtest_people", ROOT / "tools" / "backtest_people.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_carries_the_tables_of_today(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["backtest_people.py", "--check"])
    assert tool.main() == 0


def test_what_was_left_out_is_named(tool: ModuleType) -> None:
    data = tool.counties()
    wrong = data.left_out["ages do not add up (2010)"]
    assert [text.split()[0] for text in wrong] == ["211422", "430407"]
    assert data.left_out["a cell is empty (2020)"] == ["370572 东营港经济开发区"]
    codes = set(data.table["code"])
    for names in data.left_out.values():
        assert not codes & {text.split()[0] for text in names}
    np.testing.assert_allclose(data.before.sum(axis=(1, 2)), data.table["people"], atol=0.5)


def test_no_method_sees_2020(tool: ModuleType) -> None:
    """Another census of 2020 changes no projection."""
    whole = tool.counties()
    data = tool.Counties(whole.table[:40], whole.before[:40], whole.after[:40], {})
    other = tool.Counties(data.table, data.before, data.after * 3, data.left_out)
    for method in (tool.constant_share, tool.METHODS["the same and longer lives"]):
        np.testing.assert_array_equal(method(data), method(other))
