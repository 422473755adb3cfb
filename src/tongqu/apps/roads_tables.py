"""The tables that the commands on roads show."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face
from tongqu.data.readers import NetworkReport
from tongqu.data.readers.tables import finding_words
from tongqu.workflow.road_tables import class_titles, kind_names
from tongqu.workflow.roads import ImportedRoads

__all__ = ["import_tables", "network_tables"]

Shown = list[Table | str]

MOST_PLACES: Final = 30
FEW_KM: Final = 10.0
PIECES: Final = {
    ("car", "weak"): "pieces.car_weak",
    ("car", "strong"): "pieces.car_strong",
    ("walk", "weak"): "pieces.walk_weak",
}


def network_tables(face: Face, report: NetworkReport, *, file: str) -> Shown:
    """Roads by class and kind, pieces, what was left out, what was noted, what looks wrong."""
    classes = report.classes.groupby("class", as_index=False, sort=False)[
        ["links", "km", "car_km", "oneway_km"]
    ]
    titles, kinds = class_titles(face.language), kind_names(face.language)
    by_class = [
        (titles.get(row["class"], row["class"] or face.word("no_class")), *_lengths(row))
        for row in classes.sum().to_dict("records")
    ]
    by_kind = [
        (kinds.get(row["kind"], row["kind"]), *_lengths(row)) for row in report.classes.to_dict("records")
    ]
    size = {"nodes": f"{report.nodes:,}", "links": f"{report.links:,}", "km": _km(report.km)}
    shown: Shown = [
        face.table(
            ["road_class", "link_count", "km", "car_km", "oneway_km"],
            by_class,
            title=f"{file}: {face.word('network_size', **size)}",
        ),
        face.table(["road_kind", "link_count", "km", "car_km", "oneway_km"], by_kind),
        pieces_table(face, report),
    ]
    return [*shown, *finding_tables(face, report)]


def pieces_table(face: Face, report: NetworkReport) -> Table:
    """How the network hangs together."""
    rows = [
        (
            face.word(PIECES[row["access"], row["sense"]]),
            f"{row['components']:,}",
            _km(row["km_outside"]),
            f"{row['share_outside']:.2%}",
        )
        for row in report.components.to_dict("records")
    ]
    return face.table(["pieces_of", "pieces", "km_outside", "share_outside"], rows)


def finding_tables(face: Face, report: NetworkReport) -> Shown:
    """Findings by kind, those that look wrong last and with what to do."""
    words, shown = finding_words(), Shown()
    rows = {
        kind: [
            (
                words.at[row["finding"], face.language],
                f"{row['count']:,}",
                _km(row["km"]),
                words.at[row["finding"], f"mend_{face.language}"] if kind == "problem" else row["detail"],
            )
            for row in report.findings[report.findings["kind"] == kind].to_dict("records")
        ]
        for kind in ("left_out", "read", "problem")
    }
    if rows["left_out"]:
        title = face.word("roads_left_out")
        shown.append(face.table(["content", "count", "km", "detail"], rows["left_out"], title=title))
    if rows["read"]:
        title = face.word("roads_noted")
        shown.append(face.table(["content", "count", "km", "detail"], rows["read"], title=title))
    if not rows["problem"]:
        return [*shown, face.word("roads_right")]
    title = face.word("roads_wrong")
    return [*shown, face.table(["rule", "count", "km", "mend"], rows["problem"], title=title)]


def import_tables(face: Face, made: ImportedRoads) -> Shown:
    """The roads that are in the region now, speeds, findings, and the places that are far from them."""
    one, region = made.summary(), made.region
    rows = [
        (face.word("road_file"), one["file"]),
        (face.word("link_count"), f"{one['links']:,}"),
        (face.word("node_count"), f"{one['nodes']:,}"),
        (face.word("km"), _km(one["km"])),
        (face.word("places_put"), f"{one['places_put']:,}"),
        (face.word("places_far"), f"{one['places_beyond']:,}"),
        (face.word("metres_to_road"), f"{one['median_m']:,.0f} / {one['farthest_m']:,.0f}"),
        (face.word("source"), f"{one['source']}, {one['licence']}"),
    ]
    shown: Shown = [face.table(["figure", "value"], rows, title=face.name(region.title_zh, region.title_en))]
    titles = region["road_classes"].set_index("class")[f"name_{face.language}"].to_dict()
    speeds = [
        (
            titles.get(row["class"], row["class"]),
            f"{row['links']:,}",
            _km(row["km"]),
            f"{row['read_kmh']:.0f}",
            f"{row['region_kmh']:.0f}",
        )
        for row in made.speeds.to_dict("records")
    ]
    shown.append(face.table(["road_class", "link_count", "km", "kmh_read", "kmh_region"], speeds))
    return [*shown, *finding_tables(face, made.report), *far_table(face, made.places)]


def far_table(face: Face, places: pd.DataFrame) -> Shown:
    """Places beyond the limit, the farthest first."""
    far = places[places["beyond"].astype(bool)].sort_values("distance_m", ascending=False, kind="stable")
    if far.empty:
        return []
    rows = [
        (row["name"], row["id"], row["node"], f"{row['distance_m']:,.0f}")
        for row in far.head(MOST_PLACES).to_dict("records")
    ]
    table = face.table(
        ["place", "code", "node", "metres"], rows, title=face.word("far_from_road", count=len(far))
    )
    table.caption = face.word("first_rows", shown=len(rows)) if len(rows) < len(far) else None
    return [table]


def _km(value: float) -> str:
    return "–" if not value else f"{value:,.1f}" if value >= FEW_KM else f"{value:.2f}"


def _lengths(row: Any) -> tuple[str, str, str, str]:
    return f"{row['links']:,}", _km(row["km"]), _km(row["car_km"]), _km(row["oneway_km"])
