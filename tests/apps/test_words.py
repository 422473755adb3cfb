"""Words: both languages, every key, help, wrong words, problems in Chinese."""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
from pathlib import Path

import pytest
import typer

import tongqu.apps
from small import TINY
from tongqu.apps.cli import app
from tongqu.apps.problems import problem_words, words_of
from tongqu.apps.words import catalogue, default_language, label, say
from tongqu.base import DataError
from tongqu.data import load_region

SOURCE = Path(tongqu.apps.__file__).parents[1]
MALFORMED = TINY.parents[1] / "data" / "malformed"
ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
"""Three English words in a row."""

BUILT = typer.main.get_command(app)


def leaves(group, *above):
    """Commands by their words, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, *above, name)
        else:
            yield " ".join([*above, name]), command


LEAVES = dict(leaves(BUILT))
COMMANDS = sorted(LEAVES)


def strings(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def keys_said() -> set[str]:
    """Keys that the code asks for by name: in `word`, `say` and the heads of tables."""
    found = set()
    for path in (SOURCE / "apps").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = (
                getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            )
            if name in ("word", "say") and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
            if name == "table" and isinstance(node.args[0], ast.List):
                found |= {head.value for head in node.args[0].elts}
    return found


def test_every_word_is_there_in_both_languages():
    for key, row in catalogue().items():
        assert row["zh"], key
        assert row["en"], key
        places = [sorted(re.findall(r"\{(\w+)\}", row[language])) for language in ("zh", "en")]
        assert places[0] == places[1], key
        assert re.search(r"[\u4e00-\u9fff]", row["zh"]), key
        assert not re.search(r"[\u4e00-\u9fff]", row["en"]), key
    lines = (SOURCE / "apps" / "text.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(catalogue()) + 1, "a key comes twice"


def test_every_key_that_is_said_is_there_and_no_other():
    said = keys_said()
    assert len(said) > 50
    assert said <= set(catalogue())
    written = set().union(*(strings(path) for path in (SOURCE / "apps").glob("*.py")))
    open_ended = ("aim.", "stage.", "sector.", "check.", "help.", "more.")
    assert [key for key in catalogue() if key not in written and not key.startswith(open_ended)] == []


def test_every_stage_of_the_workflow_has_a_name():
    stages = set()
    for path in SOURCE.rglob("*.py"):
        stages |= set(re.findall(r'progress\(Report\("(\w+)"', path.read_text(encoding="utf-8")))
    assert len(stages) > 8
    assert {f"stage.{stage}" for stage in stages} <= set(catalogue())


def test_every_help_is_used():
    used = {"help.tongqu", "help.help", "help.version"}
    used |= {f"help.{word}" for words in LEAVES for word in words.split()}
    for command in LEAVES.values():
        used |= {
            key if (key := f"help.{command.name}.{one.name}") in catalogue() else f"help.{one.name}"
            for one in command.params
        }
    assert used == {key for key in catalogue() if key.startswith("help.")}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_is_right(call, command, monkeypatch):
    for language, head in (("zh", "示例："), ("en", "Example: ")):
        monkeypatch.setenv("TONGQU_LANG", language)
        found = call(*command.split(), "--help")
        assert found.exit_code == 0
        text = " ".join(found.stdout.split())
        assert f"{head}tongqu {command} " in text or text.endswith(f"{head}tongqu {command}")
        assert say(f"help.{LEAVES[command].name}", language)[:10] in text
    assert "Example" in call(*command.split(), "--lang", "en", "--help").stdout
    words = LEAVES[command].epilog.split()[1 + len(command.split()) :]
    with LEAVES[command].make_context(command, words):
        pass


def test_help_of_all(call, monkeypatch):
    for language in ("zh", "en"):
        monkeypatch.setenv("TONGQU_LANG", language)
        text = call("--help").stdout
        assert all(command in text for command in BUILT.commands)
        assert say("help.diff", language) in text
    assert call("--version").stdout == f"tongqu {tongqu.__version__}\n"
    assert "diagnose" in call().output


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (["verify"], "Missing", "缺少 RUN"),
        (["verify", "x", "--jsn"], "No such option", "没有选项 --jsn"),
        (["plan", "x", "--gap", "much"], "--gap", "--gap 的值无效"),
        (["plan", "x", "--lang", "fr"], "--lang", "--lang 的值无效"),
        (["verfy", "x"], "verfy", "verfy"),
        (["--verbose"], "No such option", "没有选项 --verbose"),
    ],
)
def test_wrong_words(call, words, english, chinese, monkeypatch):
    for language, text in (("en", english), ("zh", chinese)):
        monkeypatch.setenv("TONGQU_LANG", language)
        found = call(*words)
        assert found.exit_code == 2
        assert found.stdout == ""
        assert text in found.stderr
        assert "--help" in found.stderr
        found = call(*words, "--json")
        assert found.exit_code == 2
        error = json.loads(found.stdout)
        assert error["error"] == "UsageError"
        assert text in error["message"]


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        ({}, "zh"),
        ({"LANG": "C"}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LC_ALL": "POSIX"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "TONGQU_LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "TONGQU_LANG": "EN"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "TONGQU_LANG": "fr"}, "zh"),
    ],
)
def test_default_language(settings, language, monkeypatch):
    for name in ("TONGQU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert default_language() == language


def test_names_that_a_plug_in_made_up():
    assert label("sector.parcel", "zh", fallback="parcel") == "parcel"
    with pytest.raises(KeyError):
        say("parcel", "zh")


@pytest.mark.parametrize("case", sorted(path.name for path in MALFORMED.iterdir()))
def test_problems_of_data_are_said_in_chinese(case, tmp_path):
    folder = Path(shutil.copytree(TINY, tmp_path / "region"))
    shutil.copytree(MALFORMED / case, folder, dirs_exist_ok=True)
    try:
        load_region(folder)
    except DataError as error:
        for problem in error.problems:
            assert problem_words(problem, "en") == (problem.rule, problem.mend)
            for words in problem_words(problem, "zh"):
                assert re.search(r"[\u4e00-\u9fff]", words), words
                assert not ENGLISH.search(words), words


def sentences() -> set[str]:
    """Rules and mends written in the code of data, contracts and verification, places filled with X."""
    found = set()
    places = (
        "data/*.py",
        "data/gtfs/*.py",
        "contracts/scenario*.py",
        "workflow/verify.py",
        "engine/*.py",
    )
    for path in (path for place in places for path in SOURCE.glob(place)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("rule", "mend"):
                found |= texts(node.value)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("rule", "mend"):
                found |= texts(node.value)
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in ("add", "add_rows")
                and node.args
            ):
                found |= texts(node.args[0])
    return {text for text in found if " " in text and text != "X"}


def texts(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "X" for part in node.values]
        return {"".join(parts)}
    return set()


def test_every_rule_and_mend_is_there_in_chinese():
    """A new sentence needs its line in src/tongqu/apps/problems.csv."""
    found = sentences()
    assert len(found) > 60
    assert sorted(text for text in found if words_of(text, "zh") == text) == []


@pytest.mark.parametrize("name", ["apps/text.csv", "apps/problems.csv", "views/text.csv"])
def test_every_row_of_words_has_all_its_columns(name):
    """A comma in a sentence without quotes would cut it off."""
    with (SOURCE / name).open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert [row for row in rows if len(row) != len(head)] == []
