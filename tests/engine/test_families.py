"""Each family of rows as text, on an offer with round numbers, so that a reader can check it by hand.

``TONGQU_GOLDEN=write pytest tests/engine/test_families.py`` renews tests/engine/golden/families/*.lp.
Variables carry their family's name and their number in it, so ``started_0`` is the first start variable.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from engine.hand import VILLAGES, hand_made, offer_of, plenty, projects_of
from tongqu.contracts import Bound, Floor, Pin
from tongqu.engine.model import build

FOLDER = Path(__file__).parent / "golden" / "families"
KINDS = (
    "stays",
    "requires",
    "one of a group",
    "money",
    "debt roll",
    "debt",
    "running",
    "pool",
    "land",
    "staff",
    "pair first",
    "pair second",
    "covered",
    "open",
    "demand",
    "room",
    "score",
    "subindex",
    "tangents",
    "floor",
    "pin",
    "worse",
    "bound",
)


def model():
    """Road and clinic as a pair, two schools of one group in one place, another elsewhere, a hospital."""
    years = (2026, 2027, 2028)
    rows = [
        {"project": "road", "county": "990101", "capital_wan": 200.0, "running_wan": 1.0, "lead": 2},
        {
            "project": "clinic",
            "county": "990101",
            "capital_wan": 40.0,
            "running_wan": 8.0,
            "lead": 1,
            "land_mu": 2.0,
        },
        {"project": "small", "county": "990101", "capital_wan": 100.0, "lead": 1, "group": "school"},
        {"project": "large", "county": "990101", "capital_wan": 150.0, "lead": 1, "group": "school"},
        {"project": "hospital", "county": "990101", "capital_wan": 600.0, "lead": 0, "requires": "road"},
        {"project": "other", "county": "990101", "capital_wan": 90.0, "lead": 2},
    ]
    a, b, c, _ = VILLAGES["990101"]
    effects = [
        ("clinic", "served", a, "walk", 1.0),
        ("hospital", "served", a, "walk", 0.5),
        ("road", "served", b, "walk", 1.0),
        ("small", "served", a, "place", 1.0),
        ("large", "served", a, "place", 1.0),
        ("large", "served", b, "place", 1.0),
        ("small", "room", a, "place", 60.0),
        ("large", "room", a, "place", 150.0),
        ("other", "served", a, "place", 1.0),
        ("other", "room", c, "place", 80.0),
        ("hospital", "stock", "990101", "beds", 4.0),
        ("clinic", "staff", "990101", "nurses", 3.0),
        ("large", "stock", "990101", "beds", -1.0),
    ]
    limits = plenty(years, money=100.0, pool=50.0, debt=30.0)
    limits += [("land", "990101", "construction", year, 10.0 * (year - 2025)) for year in years]
    limits += [("staff", "990101", "nurses", year, 5.0) for year in years]
    offer = offer_of(
        projects_of(rows), effects=effects, pairs=[("road", "clinic", c, "walk", 1.0)], limits=limits
    )
    return build(
        hand_made(
            offer,
            solver={"gap": 1e-3, "tangent_error": 1e-2},
            floors=(Floor(service="walk", share=0.75, year=2027, county="990101"),),
            pinned=(Pin(project="clinic", year=2027),),
            bounds=(Bound(measure="coverage", least=0.6),),
        )
    )


def texts(folder: Path) -> dict[str, str]:
    """Text of every family: the rows of the program's LP file, in the words of its variables."""
    program = model().program
    program.text(folder / "whole.lp")
    whole = (folder / "whole.lp").read_text(encoding="utf-8")
    names = {}
    for name, where in program._names.items():
        label = re.sub(r"\W", "_", name)
        names |= {number: f"{label}_{number - where.start}" for number in range(where.start, where.stop)}
    rows = re.findall(r"^(c\d+):\n((?:[+-].*\n)+)([<>=]+ .*)$", whole, flags=re.MULTILINE)
    assert len(rows) == program.size[0]
    found: dict[str, list[str]] = {}
    for family, where in program._families.items():
        kind = next(kind for kind in sorted(KINDS, key=len, reverse=True) if family.startswith(kind))
        lines = [f"\\ {family}"]
        for _, terms, right in rows[where]:
            words = [_term(*term.split(), names=names) for term in terms.strip().split("\n")]
            sense, bound = right.split()
            lines.append(f"{' '.join(words)} {sense} {float(bound):.9g}")
        found.setdefault(kind, []).extend(lines)
    return {kind: "\n".join(lines) + "\n" for kind, lines in found.items()}


def _term(coefficient: str, variable: str, *, names: dict[int, str]) -> str:
    return f"{float(coefficient):+.9g} {names[int(variable[1:])]}"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return texts(tmp_path_factory.mktemp("families"))


def test_every_family_is_there(fresh):
    assert set(fresh) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_family_reads_as_it_did(fresh, kind):
    path = FOLDER / f"{kind.replace(' ', '_')}.lp"
    if os.environ.get("TONGQU_GOLDEN") == "write":
        FOLDER.mkdir(parents=True, exist_ok=True)
        path.write_text(fresh[kind], encoding="utf-8")
    assert fresh[kind] == path.read_text(encoding="utf-8")
