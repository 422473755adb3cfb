"""The catalogue holds every key that is asked for, in both languages, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tongqu
from tongqu.contracts import Limits, Run
from tongqu.views.words import Words, catalogue

PACKAGE = Path(tongqu.__file__).parent
VIEWS = PACKAGE / "views"
CALLED = re.compile(r"""(?<![\w.])(?:t|words|other)\(\s*(f?)["']([^"']+)["']( ~)?""")
LABELLED = re.compile(r"""\.label\(\s*["'](\w+)["']""")


def sources(folder: Path, *endings: str) -> str:
    return "\n".join(
        path.read_text(encoding="utf-8")
        for ending in endings
        for path in sorted(folder.rglob(f"*.{ending}"))
        if path.name != "text.csv"
    )


def asked() -> tuple[set[str], set[str]]:
    """Keys, and groups of keys whose rest is computed."""
    keys, groups = set(), set(LABELLED.findall(sources(VIEWS, "py", "j2")))
    for formatted, key, joined in CALLED.findall(sources(VIEWS, "py", "j2")):
        if formatted or joined:
            groups.add(re.split(r"[.{]", key)[0])
        else:
            keys.add(key)
    return keys, groups


def test_every_key_asked_for_is_there():
    keys, groups = asked()
    assert keys - set(catalogue()) == set()
    assert {group for group in groups if not any(key.startswith(f"{group}.") for key in catalogue())} == set()


def test_no_key_is_unused():
    keys, groups = asked()
    everything = sources(PACKAGE, "py", "j2", "csv")
    # What stands between quotes or separators; each separator may end one name and begin the next.
    named = set(re.findall(r"""(?<=["',;\n])[^"',;\n]+(?=["',;\n])""", everything))
    stages = ("nursery", "primary", "junior", "senior")
    made = ("school", "classes", "merge", "boarding", "ride", "place")
    computed_names = {f"{stage}_{what}" for stage in stages for what in made}
    computed_names |= {f"{service}_priority" for service in ("day_care", "meals", "child_care")}
    computed_names |= set(Limits.model_fields)
    sections = re.findall(r'^    "(\w+)",$', (VIEWS / "report.py").read_text(encoding="utf-8"), flags=re.M)

    def used(key: str) -> bool:
        group, _, name = key.partition(".")
        computed = group in groups and (name in computed_names or name in named)
        return key in keys or key in sections or computed

    assert [key for key in catalogue() if not used(key)] == []


def test_both_languages_are_whole_and_ask_for_the_same_values():
    for key, row in catalogue().items():
        assert row["zh"].strip(), key
        assert row["en"].strip(), key
        values = {language: set(re.findall(r"\{(\w+)\}", row[language])) for language in ("zh", "en")}
        assert values["zh"] == values["en"], key
        assert not re.search(r"[\u4e00-\u9fff]", row["en"]) or "meaning.wan" in key or key == "term.wan", key


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        Words("zh")("no such key")


def test_names_of_the_sectors_have_words(run: Run):
    words, projects = Words("en"), run["offer/projects"]
    for group, column in (("sector", "sector"), ("kind", "kind"), ("unit", "size_unit")):
        for name in projects[column].unique():
            assert f"{group}.{name}" in catalogue(), name
    units = {*run.region["standards"]["unit_of_measure"], *run.region["indicators"]["unit_of_measure"]}
    for name in units - {"%"}:
        assert not re.search(r"[\u4e00-\u9fff]", words.label("measure", name)), name


@pytest.mark.parametrize(
    ("wan", "zh", "en"),
    [
        (440185.7, "44.02 亿元", "4,401.9 million yuan"),
        (9999.0, "9,999 万元", "100.0 million yuan"),
        (0.0, "0 万元", "0.0 million yuan"),
    ],
)
def test_money(wan: float, zh: str, en: str):
    assert Words("zh").money(wan) == zh
    assert Words("en").money(wan) == en


def test_numbers():
    words = Words("en")
    assert words.amount(440185.7) == "4,401.86"
    assert Words("zh").amount(440185.7) == "440,186"
    assert words.share(0.12345) == "12.3%"
    assert words.number(-0.0001, 2) == "0.00"
    assert words.share(float("nan")) == "–"


def test_a_bound_is_rounded_up():
    assert Words("zh").most(0.000601) == "0.07%"
    assert Words("zh").most(0.0007) == "0.07%"
