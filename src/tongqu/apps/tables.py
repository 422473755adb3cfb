"""The tables that commands show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face
from tongqu.apps.words import label
from tongqu.contracts import Run
from tongqu.data import Region, table_specs
from tongqu.views.words import Words
from tongqu.workflow import Diagnosis, PlanRun, Verification

__all__ = [
    "check_tables",
    "diagnosis_tables",
    "diff_table",
    "plan_tables",
    "service_rows",
    "verify_tables",
]

Shown = list[Table | str]

PROVEN: Final = {
    "coordination": "proven_coordination",
    "coverage": "proven_coverage",
    "worst-off": "proven_worst-off",
    "least-cost": "proven_least-cost",
}
"""Words of what is proven, by goal."""
MEASURED: Final = {"coverage": "measure_coverage", "worst-off": "measure_worst-off"}
"""Words of what a goal is judged by, where it is a share."""
MOST_VILLAGES: Final = 30
MOST_CHANGES: Final = 200
WAN_PER_YI: Final = 10_000
"""万元 in one 亿元."""
WAN_PER_MILLION: Final = 100
"""万元 in one million yuan."""


def check_tables(face: Face, region: Region, summary: Mapping[str, Any]) -> Shown:
    """What a region holds and which sectors can run."""
    specs = table_specs()
    rows = [
        (
            row["table"],
            face.name(specs[row["table"]].title_zh, specs[row["table"]].title_en),
            f"{row['rows']:,}",
            row["modelled"],
            face.word("package") if row["table"] in region.provided else "",
        )
        for row in summary["tables"]
    ]
    sectors = [
        (
            label(f"sector.{name}", face.language, fallback=name),
            face.word("sector_lacks", tables=", ".join(lacks)) if lacks else face.word("sector_runs"),
        )
        for name, lacks in summary["sectors"].items()
    ]
    title = f"{face.name(region.title_zh, region.title_en)}, {region.base_year}"
    return [
        face.table(["table", "content", "rows", "modelled", "origin"], rows, title=title),
        face.table(["sector", "can_run"], sectors),
        face.word("valid"),
    ]


def service_names(face: Face, region: Region) -> dict[str, str]:
    """Names of services: those of the indicators that count them."""
    table = region["indicators"]
    table = table[table["numerator"].str.startswith("served.")]
    names = (face.name(zh, en) for zh, en in zip(table["name_zh"], table["name_en"], strict=True))
    return dict(zip(table["numerator"].str.removeprefix("served."), names, strict=True))


def _service(face: Face, names: Mapping[str, str], key: str) -> str:
    """The name of a service: of the indicator that counts it, else of the catalogue."""
    return names.get(key) or Words(face.language).label("service", key)


def diagnosis_tables(
    face: Face, found: Diagnosis, *, service: str = "", beyond: pd.DataFrame | None = None
) -> Shown:
    """Town and country by county, services, and the villages without one."""
    units = found.region["units"].set_index("unit")
    indices = found.indicators.indices.reset_index()
    counties = [
        (_unit_name(face, units, str(unit)), f"{u:.4f}", f"{r:.4f}", f"{d:.4f}")
        for unit, u, r, d in indices[["unit", "U", "R", "D"]].itertuples(index=False)
    ]
    names = service_names(face, found.region)
    shares = found.summary()["served"]
    served = [
        (key, _service(face, names, key), "–" if math.isnan(share) else f"{share:.1%}")
        for key, share in shares.items()
    ]
    title = f"{face.name(found.region.title_zh, found.region.title_en)}, {found.year}"
    shown: Shown = [
        face.table(["county", "urban", "rural", "coordination"], counties, title=title),
        face.table(["service", "content", "served"], served),
    ]
    if beyond is not None:
        people = f"{beyond['people'].sum():,.0f}"
        head = face.word("beyond", service=_service(face, names, service), count=len(beyond), people=people)
        minutes = beyond["minutes"] if "minutes" in beyond else [math.nan] * len(beyond)
        rows = [
            (unit, _unit_name(face, units, unit), f"{people:,.0f}", f"{m:.1f}" if math.isfinite(m) else "–")
            for unit, people, m in zip(beyond["unit"], beyond["people"], minutes, strict=True)
        ][:MOST_VILLAGES]
        table = face.table(["code", "village", "people", "minutes"], rows, title=head)
        table.caption = face.word("first_rows", shown=len(rows)) if len(rows) < len(beyond) else None
        shown.append(table)
    return shown


def _unit_name(face: Face, units: pd.DataFrame, unit: str) -> str:
    return face.name(units.at[unit, "name"], units.at[unit, "name_en"])


def service_rows(face: Face, region: Region, run: Run) -> list[dict[str, Any]]:
    """People served in the last year without and with the plan, by service, over the whole region."""
    table, last = run["results/outcomes"], int(run.manifest["scenario"]["last_year"])
    table = table[table["year"] == last]
    sums = table.groupby(["case", "variable"])["value"].sum()
    names = service_names(face, region)
    found = sums["plan"].index[sums["plan"].index.str.startswith("served.")]
    return [
        {
            "service": (key := variable.removeprefix("served.")),
            "name": _service(face, names, key),
            "year": last,
            "demand": float(sums["plan", f"demand.{key}"]),
            "without": float(sums["base", variable]),
            "with": float(sums["plan", variable]),
        }
        for variable in found
    ]


def plan_tables(face: Face, made: PlanRun, *, services: Sequence[Mapping[str, Any]]) -> Shown:
    """The headline figures of a plan, its services, and the gap in words."""
    one: dict[str, Any] = dict(made.summary())
    manifest = made.run.manifest
    about, scenario = manifest["region"], manifest["scenario"]
    years = f"{scenario['first_year']}–{scenario['last_year']}"
    gap = _gap(one)
    rows = [
        (face.word("run"), one["run"]),
        (face.word("scenario"), f"{face.name(scenario['title_zh'], scenario['title_en'])}, {years}"),
        (face.word("projects"), f"{one['projects']:,} / {one['candidates']:,}"),
        (face.word("capital"), _money(face, one["capital_wan"])),
        *_measured(face, made.run),
        (face.word("gap_of_d"), gap),
    ]
    title = face.name(about["title_zh"], about["title_en"])
    served = [
        (row["name"], _share(row["without"], row["demand"]), _share(row["with"], row["demand"]), _gain(row))
        for row in services
    ]
    heads = ["service", "without", "with", "people_more"]
    words = face.word(PROVEN[one["goal"]], gap=gap)
    if one["status"] != "optimal":
        words = f"{face.word('stopped')} {words}"
    return [
        face.table(["figure", "value"], rows, title=title),
        face.table(heads, served, title=face.word("served_in", year=scenario["last_year"])),
        words,
    ]


def _gap(one: Mapping[str, Any]) -> str:
    """The proven gap as a share of D, in points of the share served, or as a share of the cost."""
    gap = float(one["gap"])
    if one["goal"] == "coordination":
        gap = math.expm1(gap)
    elif one["goal"] == "least-cost":
        gap = gap / abs(float(one["objective"])) if one["objective"] else 0.0
    return f"{gap:.3%}"


def _measured(face: Face, run: Run) -> list[tuple[str, str]]:
    """D, and what the goal is judged by where that is another measure, without and with the plan."""
    goal = str(run.certificate["goal"])
    table = run["results/measures"].set_index("measure")[["baseline", "simulated"]].astype("float64")
    d = np.exp(table.loc["coordination"].to_numpy())
    rows = [(face.word("mean_d"), f"{d[0]:.4f} → {d[1]:.4f}")]
    if goal in MEASURED:
        before, after = table.loc[goal].to_numpy()
        rows.append((face.word(MEASURED[goal]), f"{before:.2%} → {after:.2%}"))
    if goal == "least-cost":
        rows.append(
            (face.word("measure_cost"), _money(face, float(table.to_numpy()[table.index == "cost", 1][0])))
        )
    return rows


def _money(face: Face, wan: float) -> str:
    if face.language == "en":
        return f"{wan / WAN_PER_MILLION:,.1f} million yuan"
    return f"{wan / WAN_PER_YI:,.2f} 亿元" if wan >= WAN_PER_YI else f"{wan:,.0f} 万元"


def _share(served: float, demand: float) -> str:
    return f"{served / demand:.1%}" if demand else "–"


def _gain(row: Mapping[str, Any]) -> str:
    return f"{row['with'] - row['without']:+,.0f}"


def verify_tables(face: Face, found: Verification) -> Shown:
    """What was checked, and what does not hold."""
    rows = [
        (
            label(f"check.{name}", face.language, fallback=name),
            face.word("holds_check" if found.ok else "done_check"),
        )
        for name in found.checks
    ]
    rows += [
        (label(f"check.{name}", face.language, fallback=name), face.word("state.unproven"))
        for name in found.unproven
    ]
    checks = face.table(["check", "state"], rows, title=f"{face.word('run')} {found.run.id}")
    if found.ok:
        return [checks, face.word("holds")]
    return [checks, face.problems(found.problems), face.word("broken")]


def diff_table(face: Face, found: pd.DataFrame) -> Table | str:
    """What differs between two regions."""
    if found.empty:
        return face.word("same")
    shown = found.head(MOST_CHANGES)
    rows = [["" if pd.isna(cell) else cell for cell in row] for row in shown.itertuples(index=False)]
    table = face.table(
        ["table", "row", "column", "before", "after"], rows, title=face.word("changes", count=len(found))
    )
    table.caption = face.word("first_rows", shown=len(shown)) if len(shown) < len(found) else None
    return table
