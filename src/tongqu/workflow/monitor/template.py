"""The workbook in which a user reports what happened."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pandas as pd

from tongqu.contracts import Run
from tongqu.data import Language
from tongqu.workflow.monitor.actuals import planned_figures
from tongqu.workflow.monitor.columns import HEADINGS, LEVERS, MONEY, REQUIRED, SHEETS, STATES, WORDS

__all__ = ["actuals_template"]


def actuals_template(run: Run, *, year: int | None = None, language: Language = "zh") -> bytes:
    """An Excel workbook to fill in: the plan's projects, and figures of every county in a year.

    Parameters
    ----------
    year : int, optional
        The year that figures are asked for, the plan's first unless given; projects that were to start up to
        it come first.
    """
    when = year or run.scenario.decided_from
    decisions = run["results/decisions"].sort_values(["start", "county", "project"])
    names = "name_zh" if language == "zh" else "name_en"
    projects = pd.DataFrame(
        {
            "project": decisions["project"],
            "name": decisions[names],
            "planned_start": decisions["start"],
            "planned_wan": decisions["capital_wan"],
            "state": "",
            "start": "",
            "capital_wan": "",
            "running_wan": "",
            "note": "",
        }
    )
    units = run.region["units"].set_index("unit")
    wanted = [*(f"account.{item}" for item in LEVERS[:4]), "people.total", *MONEY]
    rows = [(unit, when, name) for unit in run.region.level("county").index for name in wanted]
    figures = pd.DataFrame(rows, columns=["unit", "year", "variable"])
    planned = planned_figures(run, figures)
    label = units["name"] if language == "zh" else units["name_en"].fillna(units["name"])
    figures = figures.assign(name=figures["unit"].map(label), planned=planned, value="", note="")
    figures = figures[["unit", "name", "year", "variable", "planned", "value", "note"]]
    return _workbook({"projects": projects, "figures": figures[~np.isnan(planned)]}, language=language)


def _workbook(tables: Mapping[str, pd.DataFrame], *, language: Language) -> bytes:
    buffer, own = io.BytesIO(), 0 if language == "zh" else 1
    with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
        for table, frame in tables.items():
            title = SHEETS[table][own]
            names = [str(name) for name in frame]
            stars = {name: "*" if name in REQUIRED[table] else "" for name in names}
            shown = frame.set_axis([str(HEADINGS[name][own]) + stars[name] for name in names], axis=1)
            shown.to_excel(book, sheet_name=title, index=False, freeze_panes=(1, 1))
            sheet = book.sheets[title]
            sheet.set_column(0, len(shown.columns) - 1, 18)
            if table == "projects":
                words = [WORDS[name][0] for name in STATES] if language == "zh" else list(STATES)
                place = list(frame.columns).index("state")
                sheet.data_validation(
                    1, place, max(len(frame), 1), place, {"validate": "list", "source": words}
                )
    return buffer.getvalue()
