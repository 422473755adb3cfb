"""A scenario from a file: what of it can be meant, and everything in it that cannot."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from tongqu.base import Problem, ScenarioError
from tongqu.contracts.scenario import Scenario

__all__ = ["Draft", "draft_scenario", "in_order", "load_scenario"]

Loc: TypeAlias = tuple[int | str, ...]
"""Keys and numbers that lead to a value."""

NUMBERED: Final = re.compile(r"(.*?)\[(\d+)\](.*)")
"""A column such as ``floors[2].town``."""

PREFIX: Final = "Value error, "
"""What pydantic puts before a sentence of ours."""

YEARS: Final = ("first_year", "last_year", "from_year")
"""Without them nothing else of a scenario can be checked."""

FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {"objective": ("floors", "bounds")}
"""Columns of problems that may only follow from what was left out of other tables."""


@dataclass(frozen=True)
class Draft:
    """A scenario as far as it can be read, so that the rest of it can be checked too.

    Parameters
    ----------
    scenario : Scenario or None
        Without what is wrong: a value has its default, an item of a list is left out. None where not even the
        years can be read.
    problems : tuple of Problem
        What is wrong by itself: unknown keys, wrong types, values out of range.
    kept : mapping of str to tuple of int
        By list from which items are left out: the number in the file of each item that is not.
    file : str
        Name of the file.
    """

    scenario: Scenario | None
    problems: tuple[Problem, ...] = ()
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    file: str = "scenario"

    def report(self, found: Iterable[Problem] = ()) -> tuple[Problem, ...]:
        """One report: what is wrong by itself and what was found in the rest, as the file numbers it."""
        more = [
            replace(self._numbered(one), file=self.file if one.file == "scenario" else one.file)
            for one in found
            if not set(FOLLOWS.get(one.column, ())) & set(self.kept)
        ]
        return in_order([*self.problems, *more])

    def _numbered(self, problem: Problem) -> Problem:
        match = NUMBERED.fullmatch(problem.column)
        if match is None or match[1] not in self.kept:
            return problem
        number = self.kept[match[1]][int(match[2])]
        return replace(problem, column=f"{match[1]}[{number}]{match[3]}")


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order of a scenario's keys; those of other files after them."""
    order = {name: number for number, name in enumerate(Scenario.model_fields)}

    def place(problem: Problem) -> int:
        return order.get(re.split(r"[.\[]", problem.column, maxsplit=1)[0], len(order))

    return tuple(sorted(problems, key=place))


def load_scenario(path: Path | str) -> Scenario:
    """Read a scenario from TOML.

    ``extends = "other.toml"`` starts from another file (path relative to this one); a table ``[set]`` of
    dotted keys patches single values, for example ``"limits.money_factor" = 1.2``.

    Raises
    ------
    ScenarioError
        With every unknown key, wrong type or value out of range.
    """
    draft = draft_scenario(path)
    if draft.scenario is None or draft.problems:
        raise ScenarioError(draft.report())
    return draft.scenario


def draft_scenario(path: Path | str) -> Draft:
    """Read a scenario as far as it can be read: see `load_scenario`.

    Raises
    ------
    ScenarioError
        If there is no file that can be read as TOML.
    """
    path, kept = Path(path), dict[str, tuple[int, ...]]()
    content, problems = _resolved(path, seen=()), list[Problem]()
    while True:
        try:
            return Draft(Scenario.model_validate(content), tuple(problems), kept, path.name)
        except ValidationError as error:
            wrong = [(item["loc"], item) for item in error.errors()]
        problems += [
            Problem(
                rule=str(item["msg"]).removeprefix(PREFIX),
                mend="see docs/scenario.md for keys and ranges",
                file=path.name,
                column=_column(loc, kept),
                value=_short(item.get("input")),
            )
            for loc, item in wrong
        ]
        nowhere = any(not loc or loc[0] in YEARS for loc, _ in wrong)
        left = content if nowhere else _without(content, [loc for loc, _ in wrong], kept)
        if left == content:
            return Draft(None, tuple(problems), kept, path.name)
        content = left


def _column(loc: Loc, kept: Mapping[str, tuple[int, ...]]) -> str:
    """Keys as one word, such as ``floors[2].share``, with the numbers of the file."""
    words = ""
    for part in loc:
        if isinstance(part, int):
            words += f"[{kept[words][part] if words in kept else part}]"
        else:
            words += f".{part}" if words else str(part)
    return words


def _without(content: dict[str, Any], wrong: Sequence[Loc], kept: dict[str, tuple[int, ...]]) -> Any:
    """The content without wrong values; of a list the whole item goes."""
    items: dict[tuple[str, ...], set[int]] = {}
    made = _copied(content)
    for loc in wrong:
        numbers = [at for at, part in enumerate(loc) if isinstance(part, int)]
        if numbers:
            items.setdefault(tuple(str(part) for part in loc[: numbers[0]]), set()).add(int(loc[numbers[0]]))
            continue
        inner: Any = made
        for key in loc[:-1]:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and inner.pop(loc[-1], None) is not None:
            kept.setdefault(".".join(map(str, loc)), ())
    for keys, gone in items.items():
        inner, name = made, ".".join(keys)
        for key in keys[:-1]:
            inner = inner[key]
        held = inner[keys[-1]]
        before = kept.get(name, tuple(range(len(held))))
        kept[name] = tuple(number for at, number in enumerate(before) if at not in gone)
        inner[keys[-1]] = [one for at, one in enumerate(held) if at not in gone]
    return made


def _copied(value: Any) -> Any:
    """Tables and lists again, so that they can be changed."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _short(value: object) -> str:
    return "" if value is None or isinstance(value, dict) else str(value)[:60]


def _resolved(path: Path, *, seen: tuple[Path, ...]) -> dict[str, Any]:
    path = path.resolve()
    if path in seen:
        raise ScenarioError(
            [Problem(rule="extends goes round in a circle", mend="remove one extends", file=path.name)]
        )
    content = _read(path)
    base: dict[str, Any] = {}
    if "extends" in content:
        base = _resolved(path.parent / str(content.pop("extends")), seen=(*seen, path))
    patches = content.pop("set", {})
    merged = _merged(base, content)
    if not isinstance(patches, dict):
        raise ScenarioError(
            [Problem(rule="not a table", mend="write [set] with dotted keys", file=path.name, column="set")]
        )
    for dotted, value in patches.items():
        _patch(merged, dotted, value=value)
    return merged


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except IsADirectoryError:
        raise ScenarioError(
            [Problem(rule="this is a folder", mend="name a TOML file", file=str(path))]
        ) from None
    except FileNotFoundError:
        raise ScenarioError(
            [Problem(rule="no such scenario file", mend="check the path", file=str(path))]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(
            [Problem(rule=f"not readable as TOML: {error}", mend="save it as UTF-8 TOML", file=path.name)]
        ) from None


def _merged(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _patch(target: dict[str, Any], dotted: str, *, value: object) -> None:
    """Set one value; below ``assume`` the rest of the key is one name, since standards have dots."""
    head, _, rest = dotted.partition(".")
    if not rest:
        target[head] = value
    elif head == "assume":
        target.setdefault(head, {})[rest] = value
    else:
        _patch(target.setdefault(head, {}), rest, value=value)
