"""The report: one HTML file that works offline, in Chinese or English."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from tongqu.contracts import Run
from tongqu.data import table_specs
from tongqu.methods.coordination import lag
from tongqu.methods.grades import grade
from tongqu.views.charts import plane, stacked_bars
from tongqu.views.figures import Figures
from tongqu.views.plan_map import SECTOR_COLOURS, plan_map
from tongqu.views.words import Language, Words, catalogue

__all__ = ["report_html"]


def report_html(run: Run, *, language: Language = "zh") -> str:
    """The report of a stored run as one HTML document.

    Parameters
    ----------
    run : Run
        The stored run; every figure is computed from its tables.
    language : {"zh", "en"}

    Returns
    -------
    str
        HTML without any reference to another file or host; the same bytes for the same run.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    figures, words = Figures(run), Words(language)
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    folder = files("tongqu.views") / "templates"
    template = environment.from_string((folder / "report.html.j2").read_text(encoding="utf-8"))
    style = (folder / "report.css").read_text(encoding="utf-8")
    script = (folder / "report.js").read_text(encoding="utf-8")
    return template.render(
        t=words,
        f=figures,
        style=style,
        script=script,
        colours=SECTOR_COLOURS,
        known=catalogue().__contains__,
        **_content(figures, words),
    )


def _content(figures: Figures, words: Words) -> dict[str, Any]:
    run = figures.run
    shown = "medical_circle" if "medical_circle" in figures.service_names else figures.service_names[0]
    return {
        "run": run,
        "head": figures.headline(),
        "map": plan_map(figures, words, service=shown),
        "shown": shown,
        "region_title": words.name(run.manifest["region"]["title_zh"], run.manifest["region"]["title_en"]),
        "scenario_title": words.name(
            run.manifest["scenario"]["title_zh"], run.manifest["scenario"]["title_en"]
        ),
        "first_year": _first_year(figures),
        "by_year": _by_year(figures),
        "summary": _summary(figures),
        "largest": _largest(figures),
        "money_chart": _money_chart(figures, words),
        "money": _money(figures),
        "county_money": _county_money(figures),
        "county_names": _county_names(figures, words),
        "services": _services(figures),
        "plane": _plane(figures, words),
        "indices": _indices(figures, words),
        "issues": _issues(run, words),
        "assumed": _assumed(run),
        "certificate": _certificate(figures),
        "sources": run.region["sources"].to_dict("records"),
    }


def _county_names(figures: Figures, words: Words) -> dict[str, str]:
    table = figures.units.loc[figures.counties]
    pairs = zip(table["name"], table["name_en"], strict=True)
    return dict(zip(figures.counties, (words.name(zh, en) for zh, en in pairs), strict=True))


def _first_year(figures: Figures) -> dict[str, float]:
    mine = figures.decisions[figures.decisions["start"] == figures.first]
    return {"count": len(mine), "capital": float(mine["capital_wan"].sum())}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _by_year(figures: Figures) -> list[dict[str, Any]]:
    result = []
    for year in sorted(figures.decisions["start"].unique()):
        part = figures.decisions[figures.decisions["start"] == year]
        sums = {
            name: float(part[f"{name}_{unit}"].sum())
            for name, unit in (("capital", "wan"), ("running", "wan"), ("land", "mu"))
        }
        result.append({"year": int(year), "rows": _records(part), "count": len(part), **sums})
    return result


def _summary(figures: Figures) -> dict[str, Any]:
    """Counts and capital by kind of project and year of start."""
    table = figures.decisions
    years = list(range(figures.first, figures.last + 1))
    count = table.pivot_table(
        index=["sector", "kind"], columns="start", values="project", aggfunc="count", fill_value=0
    ).reindex(columns=years, fill_value=0)
    capital = table.groupby(["sector", "kind"])["capital_wan"].sum()
    return {
        "years": years,
        "rows": [
            {
                "sector": sector,
                "kind": kind,
                "counts": [int(n) for n in row],
                "total": int(row.sum()),
                "capital": float(capital[sector, kind]),
            }
            for (sector, kind), row in zip(count.index, count.to_numpy(), strict=True)
        ],
        "totals": [int(n) for n in count.sum()],
        "total": int(count.to_numpy().sum()),
        "capital": float(capital.sum()),
    }


def _largest(figures: Figures) -> list[dict[str, Any]]:
    table = figures.decisions.sort_values(["capital_wan", "project"], ascending=[False, True])
    return _records(table.head(20))


def _money(figures: Figures) -> list[dict[str, Any]]:
    return _records(figures.city_accounts.reset_index())


def _money_chart(figures: Figures, words: Words) -> str:
    table = figures.city_accounts
    uses = [
        ("capital_short", "capital", "#24425c"),
        ("running_short", "running", "#7f9bb3"),
        ("interest", "interest", "#c9b27c"),
        ("repay", "repay", "#e3dcc8"),
    ]
    series = [(words(key), colour, [float(value) for value in table[item]]) for key, item, colour in uses]
    sources = (table["room"] + table["grant"] + table["borrow"]).to_list()
    lines = [
        (words("sources_line"), "#b5532c", [float(value) for value in sources]),
        (words("debt"), "#6b4c86", [float(value) for value in table["debt"]]),
    ]
    return stacked_bars([int(year) for year in table.index], series=series, lines=lines, label=words("money"))


def _county_money(figures: Figures) -> list[dict[str, Any]]:
    table = figures.accounts.groupby(level="unit")[["capital", "grant"]].sum()
    last = figures.accounts.xs(figures.last, level="year")
    for item in ("running", "room", "debt"):
        table[item] = last[item]
    table["peak"] = figures.accounts["debt"].groupby(level="unit").max()
    table["limit"] = figures.debt_limits.reindex(table.index).fillna(0.0)
    table["price"] = figures.prices.reindex(table.index).fillna(0.0) * 100_000
    return _records(table.rename_axis("unit").reset_index())


def _services(figures: Figures) -> list[dict[str, Any]]:
    """Shares by service: for all counties, for each, and the villages still without."""
    result = []
    for service in figures.service_names:
        rows = _shares(figures.services[figures.services["service"] == service])
        total = _shares(figures.service_totals.loc[[service]])
        result.append(
            {
                "key": service,
                "total": total[0],
                "counties": rows,
                "without": _records(figures.without(service)),
            }
        )
    return result


def _shares(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Shares before and after, people added, and the widths of a bar in per cent."""
    some = table["demand"] > 0
    before = (table["before"] / table["demand"].where(some)).fillna(1.0)
    after = (table["after"] / table["demand"].where(some)).fillna(1.0)
    return _records(
        table.assign(
            added=table["after"] - table["before"],
            before=before,
            after=after,
            width_before=(np.minimum(before, after) * 100).round(2),
            width_added=((after - before).clip(lower=0) * 100).round(2),
        )
    )


def _cell(figures: Figures, case: str, *, unit: str, year: int) -> dict[str, float]:
    """U, R, C, T, D of a case in a county and year."""
    found = figures.indices.loc[[(case, unit, year)]].iloc[0]
    return {key: float(found[key]) for key in ("U", "R", "C", "T", "D")}


def _plane(figures: Figures, words: Words) -> str:
    names = _county_names(figures, words)
    points = []
    for unit in figures.counties:
        before, after = (_cell(figures, case, unit=unit, year=figures.last) for case in ("base", "plan"))
        points.append((names[unit], before["U"], before["R"], after["U"], after["R"]))
    return plane(points, urban=words("urban"), rural=words("rural"), label=words("coordination"))


def _indices(figures: Figures, words: Words) -> list[dict[str, Any]]:
    """U, R, C, T, D by county: first year, and last year without and with the plan; what holds it back."""
    table = figures.run.region["indicators"].set_index("indicator")
    rows = []
    for unit in figures.counties:
        cells = {
            "first": _cell(figures, "base", unit=unit, year=figures.first),
            "base": _cell(figures, "base", unit=unit, year=figures.last),
            "plan": _cell(figures, "plan", unit=unit, year=figures.last),
        }
        plan = cells["plan"]
        side = str(np.asarray(lag(plan["U"], plan["R"])).item())
        level = str(np.asarray(grade(np.array([plan["D"]]), language=words.language)).ravel()[0])
        obstacles = [
            (words.name(table.loc[name, "name_zh"], table.loc[name, "name_en"]), degree)
            for half in ("urban", "rural")
            for name, degree in figures.obstacles(unit, side=half)
        ]
        rows.append(
            {"unit": unit, "grade": level, "lag": words(f"lag_{side}"), "obstacles": obstacles, **cells}
        )
    return rows


def _issues(run: Run, words: Words) -> dict[str, list[dict[str, str]]]:
    specs = table_specs()
    grouped: dict[str, list[dict[str, str]]] = {"modelled": [], "left out": []}
    for row in run["results/issues"].to_dict("records"):
        item = str(row["item"])
        if row["topic"] == "modelled" and item in specs:
            item = words.name(specs[item].title_zh, specs[item].title_en)
        detail = str(row["detail_zh"] if words.language == "zh" else row["detail_en"])
        grouped.setdefault(str(row["topic"]), []).append({"item": item, "detail": detail})
    return grouped


def _assumed(run: Run) -> list[dict[str, Any]]:
    table = run.region["standards"]
    return _records(table[table["status"] == "assumed"])


def _certificate(figures: Figures) -> dict[str, Any]:
    certificate = dict(figures.run.certificate)
    for name in ("objective", "bound", "simulated", "baseline"):
        certificate[f"{name}_d"] = math.exp(certificate[name])
    certificate["gap_d"] = math.expm1(certificate["gap"])
    return certificate
