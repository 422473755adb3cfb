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
        "county_names": _county_names(figures),
        "services": _services(figures),
        "plane": _plane(figures, words),
        "indices": _indices(figures, words),
        "issues": _issues(run, words),
        "assumed": _assumed(run),
        "certificate": _certificate(figures),
        "sources": run.region["sources"].to_dict("records"),
    }


def _county_names(figures: Figures) -> dict[str, str]:
    names = figures.units["name"]
    return {code: str(names[code]) for code in figures.counties}


def _first_year(figures: Figures) -> dict[str, float]:
    mine = figures.decisions[figures.decisions["start"] == figures.first]
    return {"count": len(mine), "capital": float(mine["capital_wan"].sum())}


def _by_year(figures: Figures) -> list[dict[str, Any]]:
    return [
        {
            "year": int(year),
            "rows": part.to_dict("records"),
            "count": len(part),
            "capital": float(part["capital_wan"].sum()),
            "running": float(part["running_wan"].sum()),
            "land": float(part["land_mu"].sum()),
        }
        for year, part in figures.decisions.groupby("start", sort=True)
    ]


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
    table = figures.decisions.sort_values(["capital_wan", "project"], ascending=[False, True]).head(20)
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _money(figures: Figures) -> list[dict[str, Any]]:
    table = figures.city_accounts.reset_index()
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


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
    total = figures.accounts.groupby(level="unit")[["capital", "grant"]].sum()
    last = figures.accounts.xs(figures.last, level="year")
    peak = figures.accounts["debt"].groupby(level="unit").max()
    return [
        {
            "unit": unit,
            "capital": float(total.loc[unit, "capital"]),
            "grant": float(total.loc[unit, "grant"]),
            "running": float(last.loc[unit, "running"]),
            "room": float(last.loc[unit, "room"]),
            "debt": float(last.loc[unit, "debt"]),
            "peak": float(peak[unit]),
            "limit": float(figures.debt_limits.get(unit, 0.0)),
            "price": float(figures.prices.get(unit, 0.0)) * 100_000,
        }
        for unit in figures.counties
    ]


def _services(figures: Figures) -> list[dict[str, Any]]:
    result = []
    for service in figures.service_names:
        rows = figures.services[figures.services["service"] == service].set_index("unit")
        total = figures.service_totals.loc[service]
        result.append(
            {
                "key": service,
                "total": _shares(total),
                "counties": [{"unit": unit, **_shares(rows.loc[unit])} for unit in figures.counties],
                "without": figures.without(service).to_dict("records"),
            }
        )
    return result


def _shares(row: pd.Series) -> dict[str, float]:
    demand = float(row["demand"])
    before, after = ((float(row[name]) / demand if demand > 0 else 1.0) for name in ("before", "after"))
    return {
        "before": before,
        "after": after,
        "added": float(row["after"] - row["before"]),
        "width_before": round(min(before, after) * 100, 2),
        "width_added": round(max(0.0, after - before) * 100, 2),
        "left": demand - float(row["after"]),
    }


def _plane(figures: Figures, words: Words) -> str:
    names = _county_names(figures)
    points = []
    for unit in figures.counties:
        before, after = (figures.indices.loc[(case, unit, figures.last)] for case in ("base", "plan"))
        points.append(
            (names[unit], float(before["U"]), float(before["R"]), float(after["U"]), float(after["R"]))
        )
    return plane(points, urban=words("urban"), rural=words("rural"), label=words("coordination"))


def _indices(figures: Figures, words: Words) -> list[dict[str, Any]]:
    """U, R, C, T, D by county: first year, and last year without and with the plan; what holds it back."""
    table = figures.run.region["indicators"].set_index("indicator")
    rows = []
    for unit in figures.counties:
        cells = {
            "first": figures.indices.loc[("base", unit, figures.first)],
            "base": figures.indices.loc[("base", unit, figures.last)],
            "plan": figures.indices.loc[("plan", unit, figures.last)],
        }
        plan = cells["plan"]
        side = str(np.asarray(lag(float(plan["U"]), float(plan["R"]))).item())
        level = str(np.asarray(grade(np.array([float(plan["D"])]), language=words.language)).ravel()[0])
        obstacles = [
            (words.name(table.loc[name, "name_zh"], table.loc[name, "name_en"]), degree)
            for half in ("urban", "rural")
            for name, degree in figures.obstacles(unit, side=half)
        ]
        rows.append(
            {
                "unit": unit,
                "grade": level,
                "lag": words(f"lag_{side}"),
                "obstacles": obstacles,
                **{
                    case: {key: float(cell[key]) for key in ("U", "R", "C", "T", "D")}
                    for case, cell in cells.items()
                },
            }
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
    return [
        {str(key): value for key, value in row.items()}
        for row in table[table["status"] == "assumed"].to_dict("records")
    ]


def _certificate(figures: Figures) -> dict[str, Any]:
    certificate = dict(figures.run.certificate)
    for name in ("objective", "bound", "simulated", "baseline"):
        certificate[f"{name}_d"] = math.exp(certificate[name])
    certificate["gap_d"] = math.expm1(certificate["gap"])
    return certificate
