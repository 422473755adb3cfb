"""A parcel layer put into rows of land use: what was found in it, where, and how to mend it."""

from __future__ import annotations

import io
import json
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data import Language
from tongqu.data.readers.parcel_words import finding_texts
from tongqu.data.readers.parcels import Parcels
from tongqu.workflow.files import heading

__all__ = ["FILES", "noted", "problem_file", "problem_table", "problems_of", "row_file"]

FILES: Final = (".html", ".htm", ".csv", ".xlsx", ".geojson")
"""Endings of a file of problems."""
SHEET_ROWS: Final = 1_048_576
"""Rows of a worksheet, the heading included (Excel specifications and limits)."""
DIGITS: Final = {"lon": 6, "lat": 6, "area_mu": 3}
"""Decimals in files: a tenth of a metre, and less than a square metre."""
COLUMNS: Final = ("finding", "parcel", "other", "unit", "lon", "lat", "area_mu", "value", "mend")


def noted(parcels: Parcels, *, kind: str) -> pd.DataFrame:
    """Findings of a kind: ``problem`` (must be mended) or ``read`` (how something was taken)."""
    kinds = parcels.findings["finding"].map(finding_texts()["kind"])
    return parcels.findings[(kinds == kind).to_numpy()]


def problems_of(parcels: Parcels, *, file: str) -> list[Problem]:
    """A problem for every place that must be mended, with the parcel and what is wrong there."""
    texts = finding_texts()
    return [
        Problem(
            rule=str(texts.at[row["finding"], "en"]),
            mend=str(texts.at[row["finding"], "mend_en"]),
            file=file,
            column=" / ".join(filter(None, [row["parcel"] or row["unit"], row["other"]])),
            value=row["value"],
        )
        for row in noted(parcels, kind="problem").to_dict("records")
    ]


def row_file(rows: pd.DataFrame) -> bytes:
    """Rows of land use as a CSV file of a region; areas to a thousandth of a mu."""
    text = rows.assign(
        area_mu=[f"{area:.3f}".rstrip("0").rstrip(".") for area in rows["area_mu"]],
        modelled=["true" if one else "false" for one in rows["modelled"]],
    )
    return text.to_csv(index=False, lineterminator="\n").encode("utf-8")


def problem_table(parcels: Parcels, *, language: Language) -> pd.DataFrame:
    """Every finding in words with its place and how to mend it, headings in the language."""
    table = parcels.table(language)[list(COLUMNS)].round(DIGITS)
    return table.rename(columns={name: heading(f"parcel.{name}", language, kind="land") for name in COLUMNS})


def problem_file(parcels: Parcels, *, kind: str, language: Language) -> bytes:
    """The findings as the bytes of a ``.csv``, ``.xlsx`` or ``.geojson`` file.

    Raises
    ------
    DataError
        If a workbook cannot hold so many rows.
    """
    table = problem_table(parcels, language=language)
    if kind == ".geojson":
        return _geojson(parcels.table(language))
    if kind == ".csv":
        return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
    if len(table) >= SHEET_ROWS:
        mend = "name a .csv file"
        raise DataError([Problem("too many rows for a workbook", mend=mend, value=f"{len(table)}")])
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
        sheet = heading("parcel.sheet", language, kind="land")
        table.to_excel(book, sheet_name=sheet, index=False, freeze_panes=(1, 0))
    return buffer.getvalue()


def _geojson(table: pd.DataFrame) -> bytes:
    """Points of the findings in degrees; one without a place has no geometry."""
    features: list[dict[str, Any]] = []
    for row in table.to_dict("records"):
        lon, lat = float(row["lon"]), float(row["lat"])
        place = {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]} if lon == lon else None
        names = ("finding", "parcel", "other", "unit", "value", "mend")
        properties = {name: row[name] for name in names} | {"area_mu": round(float(row["area_mu"]), 3)}
        features.append({"type": "Feature", "geometry": place, "properties": properties})
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
