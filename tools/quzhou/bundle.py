"""The bundle's files: tables as CSV text, the region file, licences and layers."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from quzhou import figures, raw

SPECS = Path(__file__).resolve().parents[2] / "src" / "tongqu" / "data" / "specs"
DECIMALS = {"lon": 5, "lat": 5, "length_km": 2, "area_km2": 2}
LAYERS = {
    "outlines": ("odbl/outlines.geojson", "layer:outlines", "outline"),
    "rail": ("odbl/rail.geojson", "layer:rail", "rail"),
    "stations": ("odbl/stations.geojson", "layer:stations", "station"),
    "rivers": ("lgpl/rivers.geojson", "layer:rivers", "water"),
    "rivers_ne": ("public/rivers_ne.geojson", "layer:rivers_ne", "water"),
    "lakes": ("public/lakes.geojson", "layer:lakes", "water"),
}
BBOX = (117.95, 28.15, 119.45, 29.6)
RETRIEVED = "2026-11"


def _from_files() -> pd.DataFrame:
    """Sources that are one raw file each: what `sources.csv` says of the file, and the use made of it."""
    named = raw.table("provenance").dropna(subset="file").drop(columns="title")
    return named.merge(raw.table("sources"), on="file").assign(retrieved=RETRIEVED)


def _own_work() -> pd.DataFrame:
    """Sources that are this build's own work: modelled, derived or assumed."""
    named = raw.table("provenance")
    return named[named["file"].isna()].assign(licence="Apache-2.0", share_alike="false")


def _published() -> pd.DataFrame:
    """Sources of published figures: one for each place where they were found."""
    used = figures.published()[["source", "origin"]].drop_duplicates()
    return used.assign(
        title="Published figures found at " + used["origin"].str.split("/").str[0],
        kind="observed",
        licence="facts, cited",
        share_alike="false",
        retrieved=RETRIEVED,
        sha256=raw.table("sources").set_index("file").loc["statistics.csv", "sha256"],
        method="Figures of whole years; only units were converted.",
    )


def sources() -> pd.DataFrame:
    """The sources table."""
    return pd.concat([_from_files(), _own_work(), _published()]).sort_values("source")


def columns(table: str) -> list[str]:
    """The columns of a table, in the order of its spec."""
    with (SPECS / f"{table}.csv").open(encoding="utf-8", newline="") as spec:
        return [row["column"] for row in csv.DictReader(spec)]


def _text(values: pd.Series) -> pd.Series:
    """One column as text: the shortest number, `true` and `false`, blanks for what is missing."""
    if values.dtype == bool:
        return values.map({True: "true", False: "false"})
    if pd.api.types.is_float_dtype(values):
        rounded = values.round(DECIMALS.get(str(values.name), 6))
        return rounded.map(lambda v: "" if pd.isna(v) else repr(float(v)).removesuffix(".0"))
    return values.astype(object).where(values.notna(), "").astype(str)


def to_csv(name: str, frame: pd.DataFrame) -> str:
    """A table as the text of its CSV file."""
    wanted = columns(name)
    full = frame.reindex(columns=wanted)
    return pd.DataFrame({c: _text(full[c]) for c in wanted}).to_csv(index=False, lineterminator="\n")


def region_toml() -> str:
    """The text of `region.toml`."""
    lines = [
        'name = "quzhou"',
        'title_zh = "衢州市"',
        'title_en = "Quzhou"',
        "base_year = 2020",
        f"bbox = [{', '.join(map(str, BBOX))}]",
        'crs = "EPSG:4549"',
    ]
    for name, (path, source, role) in LAYERS.items():
        lines += ["", f"[layers.{name}]", f'path = "{path}"', f'source = "{source}"', f'role = "{role}"']
    return "\n".join(lines) + "\n"


def files(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Every file of the bundle: path in the region's folder and text."""
    texts = {f"{name}.csv": to_csv(name, frame) for name, frame in tables.items()}
    texts |= {path: (raw.RAW / path).read_text("utf-8") for path, _, _ in LAYERS.values()}
    return texts | {"region.toml": region_toml(), "LICENCES.md": (raw.RAW / "LICENCES.md").read_text("utf-8")}
