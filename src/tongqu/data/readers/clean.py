"""Road networks looked at again, cropped and cleaned; whatever goes is counted."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.readers.checks import (
    GAP_M,
    NO_LENGTH_KM,
    Access,
    Sense,
    components_of,
    duplicates,
    ends_of,
    inspect,
    wires_of,
)
from tongqu.data.readers.report import Finding, NetworkReport
from tongqu.data.readers.roads import Roads, renew
from tongqu.data.readers.shapes import take
from tongqu.data.rules import Bbox, inside

__all__ = ["Keep", "check_roads", "clean"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Keep = Literal["all", "weak", "strong"]


def check_roads(roads: Roads, *, box: Bbox | None = None, gap_m: float = GAP_M) -> NetworkReport:
    """The report of a network, for another box or another gap.

    Parameters
    ----------
    roads : Roads
    box : tuple of float, optional
        Where nodes should lie: west, south, east, north in degrees.
    gap_m : float
        Metres within which a dead end and a road that it does not join are reported.
    """
    return inspect(
        roads.nodes,
        roads.links,
        lines=roads.lines,
        notes=roads.notes,
        noted=roads.noted,
        box=box,
        gap_m=gap_m,
    )


def pick(roads: Roads, keep: Bools, *, finding: str, links: pd.DataFrame | None = None) -> Roads:
    """The roads without some links; what goes is noted. The report is not written anew."""
    links = roads.links if links is None else links
    km = float(roads.links["length_km"].to_numpy()[~keep].sum())
    note = Finding(finding, int((~keep).sum()), km)
    which = np.flatnonzero(keep)
    rest = links.iloc[which].reset_index(drop=True)
    return Roads(
        roads.nodes,
        rest,
        take(roads.lines, which),
        roads.origin,
        roads.report,
        (*roads.notes, note),
        roads.noted,
    )


def crop(roads: Roads, *, box: Bbox) -> Roads:
    """The links with both ends in the box."""
    within = inside(roads.nodes["lon"].to_numpy(), roads.nodes["lat"].to_numpy(), bbox=box)
    start, end = ends_of(roads.nodes, roads.links)
    return pick(roads, within[start] & within[end], finding="outside_box")


def connect(roads: Roads, *, sense: Sense) -> Roads:
    """Cars keep to their largest component, walkers to theirs; links that nobody can use go."""
    wires = wires_of(roads.nodes, roads.links)
    start, end = wires.start, wires.end
    inner = {}
    ways: tuple[tuple[Access, Sense], ...] = (("car", sense), ("walk", "weak"))
    for access, how in ways:
        component, largest = components_of(wires, access=access, sense=how)
        inner[access] = (component[start] == largest) & (component[end] == largest) & (largest >= 0)
    car = roads.links["car"].to_numpy(bool) & inner["car"]
    walk = roads.links["walk"].to_numpy(bool) & inner["walk"]
    freight = roads.links["freight"].to_numpy(bool) & (inner["car"] | ~roads.links["car"].to_numpy(bool))
    closed = roads.links["car"].to_numpy(bool) & ~car & walk
    km = float(roads.links["length_km"].to_numpy()[closed].sum())
    links = roads.links.assign(car=car, walk=walk, freight=freight)
    kept = pick(roads, car | walk, finding="left_component", links=links)
    note = Finding("car_closed_component", int(closed.sum()), km)
    return Roads(
        kept.nodes, kept.links, kept.lines, kept.origin, kept.report, (*kept.notes, note), kept.noted
    )


def clean(
    roads: Roads,
    *,
    box: Bbox | None = None,
    keep: Keep = "all",
    drop_duplicates: bool = True,
    drop_loops: bool = False,
    gap_m: float = GAP_M,
) -> Roads:
    """The roads without repeats and, if asked, without what lies outside a box or apart.

    Parameters
    ----------
    roads : Roads
    box : tuple of float, optional
        West, south, east, north in degrees; links with an end outside are left out.
    keep : {"all", "weak", "strong"}
        All components, or the largest only; ``"strong"`` keeps what cars can reach and come back from.
        Links outside it are closed to cars, and left out if walkers cannot use them either.
    drop_duplicates : bool
        Whether links that repeat an earlier one are left out.
    drop_loops : bool
        Whether links from a node to itself are left out; those of no length always are.
    gap_m : float
        As in `check_roads`.

    Returns
    -------
    Roads
        With a report that counts, with kilometres, what was left out.
    """
    changed = crop(roads, box=box) if box is not None else roads
    links = changed.links
    loop = (links["from_node"] == links["to_node"]).to_numpy()
    nothing = loop & (links["length_km"].to_numpy() <= NO_LENGTH_KM)
    changed = pick(changed, ~nothing, finding="left_zero")
    if drop_loops:
        loop = (changed.links["from_node"] == changed.links["to_node"]).to_numpy()
        changed = pick(changed, ~loop, finding="left_loop")
    if drop_duplicates:
        changed = pick(changed, ~duplicates(changed.links), finding="left_duplicate")
    if keep != "all":
        changed = connect(changed, sense=keep)
    return renew(
        changed.nodes,
        changed.links,
        lines=changed.lines,
        origin=changed.origin,
        notes=changed.notes,
        noted=changed.noted,
        box=box,
        gap_m=gap_m,
    )
