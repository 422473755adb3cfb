from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import tongqu.methods

MODULES = [f"tongqu.methods.{each.name}" for each in pkgutil.iter_modules(tongqu.methods.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_all_is_exact(name: str) -> None:
    module = importlib.import_module(name)
    assert len(module.__all__) == len(set(module.__all__))
    defined = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == name
    }
    assert defined <= set(module.__all__)
    assert all(hasattr(module, key) for key in module.__all__)
