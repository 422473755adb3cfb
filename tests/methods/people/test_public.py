from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import tongqu.methods.people

PACKAGE = tongqu.methods.people.__name__
MODULES = [f"{PACKAGE}.{each.name}" for each in pkgutil.iter_modules(tongqu.methods.people.__path__)]


@pytest.mark.parametrize("name", [PACKAGE, *MODULES])
def test_all_is_exact(name: str) -> None:
    module = importlib.import_module(name)
    made = {key: one for key, one in vars(module).items() if inspect.isclass(one) or inspect.isfunction(one)}
    own = {key for key, one in made.items() if one.__module__ == name}
    assert {key for key in own if key[0] != "_"} <= set(module.__all__)
    assert all(hasattr(module, key) for key in module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)


def test_the_package_hands_on_what_its_modules_say() -> None:
    inside = {"rate_problems", "FERTILE"}
    said = {key for name in MODULES for key in importlib.import_module(name).__all__}
    assert said - inside == set(tongqu.methods.people.__all__)
