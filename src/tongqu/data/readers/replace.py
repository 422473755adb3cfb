"""Real roads in place of a region's own: tables of nodes and links, and every place given its node again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base.errors import DataError, Problem
from tongqu.data.load import make_region
from tongqu.data.problems import Problems
from tongqu.data.readers.clean import Keep, clean
from tongqu.data.readers.report import Finding, NetworkReport, problem_rows
from tongqu.data.readers.roads import Roads, renew
from tongqu.data.readers.snap import SNAP_LIMIT_M, snap
from tongqu.data.region import Region

__all__ = ["Replaced", "replace_roads", "to_region_tables"]

Bools: TypeAlias = npt.NDArray[np.bool_]

SHARE_ALIKE_FOLDER = "odbl"
FERRY = "ferry"
FERRY_RANK = 20


@dataclass(frozen=True, slots=True, eq=False)
class Replaced:
    """A region with other roads.

    Parameters
    ----------
    region : Region
        Validated, with new nodes, links and nodes of places.
    places : DataFrame
        Columns ``table`` (units, sites), ``id, name, lon, lat, node, old_node, distance_m, beyond``: where
        each place enters the network, and whether that is farther than the limit.
    speeds : DataFrame
        Columns ``class, links, km, read_kmh, region_kmh``: mean speed of the links as read, and the speed
        of their class by which the region computes.
    report : NetworkReport
        Of the roads that are in the region; places beyond the limit are among its problems.
    """

    region: Region
    places: pd.DataFrame
    speeds: pd.DataFrame
    report: NetworkReport


def to_region_tables(roads: Roads, *, source: str) -> dict[str, pd.DataFrame]:
    """Tables of nodes and links as a region has them: the links open to cars, and their nodes.

    Parameters
    ----------
    roads : Roads
    source : str
        Identifier in the table of sources.

    Returns
    -------
    dict of str to DataFrame
        ``nodes`` with ``node, lon, lat, elevation_m, modelled, source`` and ``links`` with ``link,
        from_node, to_node, class, length_km, oneway, speed_kmh, name, modelled, source``. Nothing is
        modelled. The speed is the mean of both directions. A link without a name has its number (``ref``),
        or none. Ferries have the class ``ferry``.

    Raises
    ------
    DataError
        If no link is open to cars.
    """
    links = roads.links[roads.links["car"]]
    if not len(links):
        mend = "read roads that cars may use"
        raise DataError([Problem(rule="no link is open to car", mend=mend, file=roads.origin.file)])
    used = roads.nodes["node"].isin(pd.concat([links["from_node"], links["to_node"]]))
    nodes = roads.nodes[used].assign(modelled=False, source=source).reset_index(drop=True)
    name = links["name"].where(links["name"] != "", links["ref"])
    table = links.assign(
        name=name.where(name != ""), speed_kmh=mean_kmh(links), modelled=False, source=source
    )
    return {"nodes": nodes, "links": table[[*TABLE_COLUMNS]].reset_index(drop=True)}


TABLE_COLUMNS = (
    "link",
    "from_node",
    "to_node",
    "class",
    "length_km",
    "oneway",
    "speed_kmh",
    "name",
    "modelled",
    "source",
)
"""Columns of a region's links that roads fill."""


def mean_kmh(links: pd.DataFrame) -> pd.Series[float]:
    """Speed there and back, km/h; of a one-way link its own. One decimal, as the table shows it."""
    back = links["minutes_backward"].where(~links["oneway"], links["minutes_forward"])
    hours = (links["minutes_forward"] + back) / 2 / 60
    return (links["length_km"] / hours).where(hours > 0).clip(1, 150).round(1)


def source_row(region: Region, roads: Roads, *, source: str, title: str, licence: str) -> pd.DataFrame:
    """The table of sources with a row for the roads; one that is there already is kept."""
    sources = region["sources"]
    if (sources["source"] == source).any():
        return sources
    licence = licence or roads.origin.licence
    if not licence:
        mend = "give `licence`, or add the source to the region first"
        raise DataError([Problem(rule="the roads have no licence", mend=mend, file=roads.origin.file)])
    row = {
        "source": source,
        "title": title
        or (f"OpenStreetMap: {roads.origin.file}" if roads.origin.share_alike else roads.origin.file),
        "kind": "observed",
        "licence": licence,
        "share_alike": licence.startswith("ODbL"),
        "origin": "OpenStreetMap contributors" if roads.origin.share_alike else None,
        "sha256": roads.origin.sha256 or None,
        "method": f"read from {roads.origin.format}; lengths along the line on the WGS84 ellipsoid",
    }
    return pd.concat([sources, pd.DataFrame([row]).reindex(columns=sources.columns)], ignore_index=True)


def clear_node(table: pd.DataFrame, where: Bools, *, models: frozenset[str]) -> pd.DataFrame:
    """The table with ``node`` no longer among the modelled columns of rows whose position is observed.

    Rows that cite a model stay as they are.
    """
    listed = table["modelled_columns"].fillna("").str.split(";")
    observed = [bool({"lon", "lat"}.isdisjoint(names)) and names != [""] for names in listed]
    change = where & np.array(observed, dtype=bool) & table["modelled"].to_numpy(bool)
    change &= ~table["source"].isin(models).to_numpy()
    rest = listed.map(lambda names: ";".join(name for name in names if name.strip() != "node"))
    columns = table["modelled_columns"].where(~change, rest.where(rest != ""))
    modelled = table["modelled"] & ~(change & (rest == "").to_numpy())
    return table.assign(modelled_columns=columns, modelled=modelled)


def place_again(
    table: pd.DataFrame,
    *,
    name: str,
    where: Bools,
    roads: Roads,
    limit_m: float,
    models: frozenset[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table with nodes of the roads, and the rows that say how far."""
    some = table[where]
    columns = ["table", "id", "name", "lon", "lat", "node", "old_node", "distance_m", "beyond"]
    if not len(some):
        return table, pd.DataFrame(columns=columns)
    found = snap(some["lon"].to_numpy(), some["lat"].to_numpy(), roads=roads, to="node", limit_m=limit_m)
    node = table["node"].astype("object")
    node[where] = found.node
    rows = pd.DataFrame(
        {
            "table": name,
            "id": some[name.removesuffix("s")].to_numpy(),
            "name": some["name"].to_numpy(),
            "lon": some["lon"].to_numpy(),
            "lat": some["lat"].to_numpy(),
            "node": found.node,
            "old_node": some["node"].to_numpy(),
            "distance_m": found.distance_m,
            "beyond": found.beyond,
        }
    )
    return clear_node(table.assign(node=node.astype("str")), where, models=models), rows


def place_all(
    tables: dict[str, pd.DataFrame], *, roads: Roads, limit_m: float
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The tables with units and sites at nodes of the roads, and the rows that say how far."""
    sources, units = tables["sources"], tables["units"]
    models = frozenset(sources.loc[sources["kind"] == "modelled", "source"])
    housed = (units["node"].notna() | (units["level"] == "village")).to_numpy(bool)
    chosen = {"units": housed}
    if "sites" in tables:
        chosen["sites"] = np.ones(len(tables["sites"]), dtype=bool)
    changed, parts = dict(tables), []
    for name, where in chosen.items():
        changed[name], placed = place_again(
            tables[name], name=name, where=where, roads=roads, limit_m=limit_m, models=models
        )
        parts.append(placed)
    return changed, pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def speeds_of(roads: Roads, *, classes: pd.DataFrame) -> pd.DataFrame:
    """Mean speed of the links of each class as read, beside that of the class."""
    links = roads.links[roads.links["car"]]
    frame = links[["class"]].assign(links=1, km=links["length_km"], minutes=links["minutes_forward"])
    total = frame.groupby("class", as_index=False).sum()
    read = total["km"] / (total["minutes"] / 60)
    by_class = total["class"].map(classes.set_index("class")["speed_kmh"])
    return total.assign(read_kmh=read, region_kmh=by_class).drop(columns="minutes")


def road_classes(region: Region, roads: Roads, *, source: str) -> pd.DataFrame | None:
    """The road classes with one for ferries, if there are ferries and no such class."""
    classes, links = region["road_classes"], roads.links[roads.links["car"]]
    if FERRY in set(classes["class"]) or FERRY not in set(links["class"]):
        return None
    ferry = links[links["class"] == FERRY]
    speed = float(ferry["length_km"].sum() / (ferry["minutes_forward"].sum() / 60))
    row = {
        "class": FERRY,
        "name_zh": "轮渡",
        "name_en": "Ferry",
        "rank": FERRY_RANK,
        "speed_kmh": max(1.0, round(speed, 1)),
    }
    row |= {"graded": False, "status": "derived", "source": source}
    return pd.concat([classes, pd.DataFrame([row]).reindex(columns=classes.columns)], ignore_index=True)


def check_classes(region: Region, roads: Roads) -> None:
    """Raise if the region lacks a class of the roads."""
    known = {*region["road_classes"]["class"], FERRY}
    problems = Problems()
    for name in sorted(set(roads.links.loc[roads.links["car"], "class"]) - known):
        mend = f"add '{name}' to road_classes, or read the roads with other `classes`"
        problems.add("not in road_classes", file=roads.origin.file, column="class", value=name, mend=mend)
    problems.raise_any()


def with_far(roads: Roads, places: pd.DataFrame) -> NetworkReport:
    """The report of the roads with the places beyond the limit among its problems."""
    far = places[places["beyond"].astype(bool)]
    where = (far["table"] + " " + far["id"].astype("str")).to_numpy(object)
    metres = far["distance_m"].map(lambda m: f"{m:.0f} m").to_numpy(object)
    rows = problem_rows(
        "far_places", node=where, lon=far["lon"].to_numpy(), lat=far["lat"].to_numpy(), value=metres
    )
    shown = ", ".join(f"{name} {m}" for name, m in zip(far["name"].head(5), metres[:5], strict=True))
    note = Finding("far_places", len(far), detail=shown)
    found = renew(
        roads.nodes,
        roads.links,
        lines=roads.lines,
        origin=roads.origin,
        notes=(*roads.notes, note),
        noted=(*roads.noted, rows),
    )
    return found.report


def replace_roads(
    region: Region,
    roads: Roads,
    *,
    source: str,
    title: str = "",
    licence: str = "",
    keep: Keep = "strong",
    limit_m: float = SNAP_LIMIT_M,
) -> Replaced:
    """The region with these roads in place of its own, and each place at its nearest node.

    The roads are cropped to the region's box. Units that had a node, all villages, and all sites get the
    nearest node that cars can use. Tables other than nodes, links, units, sites, sources and (for
    ferries) road classes stay as they are.

    Parameters
    ----------
    region : Region
    roads : Roads
    source : str
        Identifier of the roads in the table of sources, for example ``"osm:roads"``.
    title, licence : str
        For the new row of sources; roads of OpenStreetMap bring theirs (ODbL, share-alike).
    keep : {"all", "weak", "strong"}
        Which components of the roads; see `clean`.
    limit_m : float
        Metres to the node beyond which a place is listed among the problems.

    Returns
    -------
    Replaced

    Raises
    ------
    DataError
        If no road lies in the region's box, a class is not known, the licence is missing, or the region
        with these roads breaks a rule.
    """
    check_classes(region, roads)
    sources = source_row(region, roads, source=source, title=title, licence=licence)
    changed = clean(crop_to(roads, region), box=region.bbox, keep=keep)
    tables = {name: region[name] for name in region.tables if name not in region.provided}
    tables |= to_region_tables(changed, source=source) | {"sources": sources}
    classes = road_classes(region, changed, source=source)
    if classes is not None:
        tables["road_classes"] = classes
    tables, places = place_all(tables, roads=changed, limit_m=limit_m)
    made = make_region(
        tables,
        name=region.name,
        title_zh=region.title_zh,
        title_en=region.title_en,
        base_year=region.base_year,
        bbox=region.bbox,
        crs=region.crs,
        layers=region.layers.values(),
    )
    made = replace(made, files=files_of(region, share_alike=share_alike(sources, source)))
    speeds = speeds_of(changed, classes=made["road_classes"])
    return Replaced(made, places, speeds, with_far(changed, places))


def crop_to(roads: Roads, region: Region) -> Roads:
    """The roads, if any of them lies in the region's box."""
    west, south, east, north = region.bbox
    within = roads.nodes["lon"].between(west, east) & roads.nodes["lat"].between(south, north)
    if not within.any():
        lon, lat = roads.nodes["lon"], roads.nodes["lat"]
        value = f"{lon.min():.3f}..{lon.max():.3f}, {lat.min():.3f}..{lat.max():.3f}"
        mend = (
            "check the file and its coordinate system; "
            f"the box is {west} to {east} east, {south} to {north} north"
        )
        problem = Problem(
            rule="no road lies in the region's box", mend=mend, file=roads.origin.file, value=value
        )
        raise DataError([problem])
    return roads


def share_alike(sources: pd.DataFrame, source: str) -> bool:
    """Whether the licence of a source asks to share alike."""
    flags = sources.loc[sources["source"] == source, "share_alike"]
    return bool(flags.fillna(False).astype(bool).any())


def files_of(region: Region, *, share_alike: bool) -> dict[str, str]:
    """Where tables lie; share-alike roads in a folder of their own."""
    files = dict(region.files)
    for table in ("nodes", "links"):
        plain = PurePosixPath(files.get(table, f"{table}.csv")).name
        files[table] = f"{SHARE_ALIKE_FOLDER}/{plain}" if share_alike else f"{table}.csv"
    return {table: path for table, path in files.items() if path != f"{table}.csv"}
