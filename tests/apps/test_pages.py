"""The pages on the command line and on scenarios say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
import pytest
import typer
from pydantic_core import PydanticUndefined

import tongqu
from tongqu.apps import output
from tongqu.apps.cli import app
from tongqu.base import DataError, InfeasibleError, RunError, ScenarioError, TongquError
from tongqu.contracts import (
    Booked,
    Bound,
    Commitment,
    Edit,
    Feedback,
    Floor,
    Goal,
    Keeping,
    Limits,
    Pin,
    Robust,
    Scenario,
    Solver,
    load_scenario,
)

DOCS = Path(__file__).parents[2] / "docs"
BUILT = typer.main.get_command(app)


def leaves(group, *above):
    """Commands by their words, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, *above, name)
        else:
            yield " ".join([*above, name]), command


LEAVES = dict(leaves(BUILT))
MODELS = {
    "": Scenario,
    "goal.": Goal,
    "limits.": Limits,
    "keeping.": Keeping,
    "feedback.": Feedback,
    "robust.": Robust,
    "solver.": Solver,
    "floors[].": Floor,
    "bounds[].": Bound,
    "pinned[].": Pin,
    "committed[].": Commitment,
    "booked[].": Booked,
    "edits[].": Edit,
}
SECTIONS = ("goal", "limits", "keeping", "feedback", "robust", "solver")
UNGIVEN = {"offered", "forecast", "–", "first_year"}
"""What stands for a key that is not given."""
FIELDS = [
    (prefix, name)
    for prefix, model in MODELS.items()
    for name in model.model_fields
    if not (prefix == "" and name in SECTIONS)
]
TYPES = {int: "integer", float: "number", str: "text", bool: "true or false"}


@pytest.fixture(scope="module")
def scenario_page() -> str:
    return (DOCS / "scenario.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def command_page() -> str:
    return (DOCS / "command-line.md").read_text(encoding="utf-8")


def row(text: str, key: str) -> list[str]:
    found = re.search(rf"^\| `{re.escape(key)}` \|(.*)\|$", text, re.MULTILINE)
    assert found, f"{key} is not described"
    return [cell.strip() for cell in found[1].split(" |")]


def kind(annotation: Any) -> str:
    if type(None) in get_args(annotation):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        return "text"
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return "list of texts" if inner is str else "list of tables"
    return TYPES.get(annotation, "table of numbers")


@pytest.mark.parametrize(("prefix", "name"), FIELDS)
def test_every_key_is_described(scenario_page, prefix, name):
    field = MODELS[prefix].model_fields[name]
    default, type_, bounds, _, chinese, english = row(scenario_page, prefix + name)
    shown = default.strip("`")
    if field.default is PydanticUndefined:
        assert shown == "required"
    elif field.default is None:
        assert shown in UNGIVEN
    elif isinstance(field.default, bool):
        assert shown == str(field.default).lower()
    elif isinstance(field.default, str):
        assert shown == f'"{field.default}"'
    elif isinstance(field.default, int | float):
        assert float(shown) == field.default
    else:
        assert shown in ("[]", "{}")
        assert not field.default
    assert type_ == kind(field.annotation)
    for rule in field.metadata:
        for limit in (getattr(rule, one, None) for one in ("ge", "le", "gt", "lt")):
            assert limit is None or f"{limit:g}" in bounds, bounds
        if isinstance(rule, annotated_types.Gt):
            assert "above" in bounds
    assert chinese
    assert english


def test_no_key_is_described_that_is_not_there(scenario_page):
    described = set(re.findall(r"^\| `([^`]+)` \|", scenario_page, re.MULTILINE))
    assert described == {prefix + name for prefix, name in FIELDS} | {"extends", "set"}


def test_the_examples_load(scenario_page, tmp_path):
    blocks = re.findall(r"```toml\n(.*?)```", scenario_page, re.DOTALL)
    assert len(blocks) == 3
    (tmp_path / "base.toml").write_text("", encoding="utf-8")
    loaded = []
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.toml"
        path.write_text(block, encoding="utf-8")
        loaded.append(load_scenario(path))
    first, whole, rides = loaded
    assert first.limits.capital_share == 0.012
    assert first.assume["minutes.medical_circle"] == 15
    assert whole == Scenario()
    written = set(re.findall(r"^(\w+) =|^\[(\w+)\]", blocks[1], re.MULTILINE))
    names = {one or other for one, other in written}
    inner = {name for section in SECTIONS for name in MODELS[f"{section}."].model_fields}
    # The first year to decide is that of the plan unless it is given.
    assert names == {*Scenario.model_fields, *inner} - {"from_year"}
    assert rides.floors[0].service == "primary_ride"


def test_the_examples_name_what_there_is(scenario_page):
    region = tongqu.load("quzhou")
    text = re.search(r"```toml\n(.*?)```", scenario_page, re.DOTALL)[1]
    county = re.search(r'county = "(\w+)"', text)[1]
    assert county in set(region.level("county").index)
    sites = set(region["sites"]["site"])
    assert set(re.findall(r'"(?:subcentre|hospital_block):([^:"]+)', text)) <= sites
    numerators = region["indicators"]["numerator"]
    for service in numerators[numerators.str.startswith("served.")].str.removeprefix("served."):
        assert f"`{service}`" in scenario_page


def test_every_command_and_option_is_described(command_page):
    for name, command in LEAVES.items():
        arguments = [one.metavar for one in command.params if one.param_type_name == "argument"]
        assert f"`{' '.join(['tongqu', name, *arguments])}`" in command_page
        for option in (one for one in command.params if one.param_type_name == "option"):
            assert option.opts[0] in command_page, option.opts
        assert command.epilog in command_page


def test_exit_codes_are_described(command_page):
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", command_page, re.MULTILINE)}
    errors = (TongquError, DataError, ScenarioError, InfeasibleError, RunError)
    assert codes == {
        0,
        output.USAGE,
        output.UNEXPECTED,
        output.INTERRUPTED,
        *(one.exit_code for one in errors),
    }
