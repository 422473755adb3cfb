"""Roads as every reader gives them: nodes, links, their lines, and the report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.problems import Problems
from tongqu.data.readers.checks import GAP_M, ends_of, inspect
from tongqu.data.readers.report import Finding, NetworkReport
from tongqu.data.readers.shapes import Lines
from tongqu.data.readers.speeds import set_speeds
from tongqu.data.readers.tables import road_speeds
from tongqu.data.rules import Bbox

__all__ = ["LINK_COLUMNS", "Origin", "Roads", "assemble", "origin_of", "piece_ids", "renew", "with_speeds"]

DRAFT: dict[str, str | bool | float] = {
    "origin": "",
    "from_node": "",
    "to_node": "",
    "highway": "",
    "kind": "",
    "oneway": False,
    "car": True,
    "walk": True,
    "freight": True,
    "limit_kmh_forward": np.nan,
    "limit_kmh_backward": np.nan,
    "given_kmh": np.nan,
    "given_minutes": np.nan,
    "surface": "",
    "bridge": False,
    "tunnel": False,
    "ferry": False,
    "ford": False,
    "max_weight_t": np.nan,
    "max_height_m": np.nan,
    "name": "",
    "ref": "",
}
"""Columns that a reader fills, with what stands where it has nothing."""

LINK_COLUMNS = (
    "link",
    "origin",
    "from_node",
    "to_node",
    "highway",
    "kind",
    "class",
    "length_km",
    "oneway",
    "car",
    "walk",
    "freight",
    "limit_kmh_forward",
    "limit_kmh_backward",
    "given_kmh",
    "given_minutes",
    "speed_from",
    "speed_kmh_forward",
    "speed_kmh_backward",
    "minutes_forward",
    "minutes_backward",
    "walk_minutes_forward",
    "walk_minutes_backward",
    "surface",
    "bridge",
    "tunnel",
    "ferry",
    "ford",
    "max_weight_t",
    "max_height_m",
    "name",
    "ref",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that roads come from.

    Parameters
    ----------
    file : str
        Its name.
    format : str
        What it is: ``"OpenStreetMap"``, ``"GraphML"``, ``"lines"`` or ``"table"``.
    sha256 : str
        Of its bytes.
    licence : str
        Where the format implies one, else empty.
    share_alike : bool
        Whether that licence asks to share alike.
    """

    file: str
    format: str
    sha256: str = ""
    licence: str = ""
    share_alike: bool = False


def origin_of(path: Path, *, format: str, licence: str = "") -> Origin:  # noqa: A002
    """The origin of roads read from a file."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Origin(path.name, format, digest, licence, licence.startswith("ODbL"))


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """A road network as read: every link with its line, class, access and speed.

    Parameters
    ----------
    nodes : DataFrame
        Columns ``node`` (id), ``lon, lat`` (degrees WGS84), ``elevation_m`` (missing if not known).
    links : DataFrame
        Columns `LINK_COLUMNS`. ``highway`` is the tag as read, ``kind`` the row of `road_speeds` it falls
        under, ``class`` Tongqu's road class. ``length_km`` is measured along the line on the WGS84
        ellipsoid unless the file gives it. A one-way link runs from ``from_node`` to ``to_node``.
        ``speed_from`` says whether the speed was given, follows from a limit, or from the class.
    lines : Lines
        Course of each link in degrees, in the order of `links` and from its start to its end.
    origin : Origin
        The file.
    report : NetworkReport
        What was read, left out and looks wrong.
    notes, noted : tuples
        What was found before this network took shape: findings, and rows of problems.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    lines: Lines
    origin: Origin
    report: NetworkReport
    notes: tuple[Finding, ...] = field(default=(), repr=False)
    noted: tuple[pd.DataFrame, ...] = field(default=(), repr=False)

    @property
    def geometry(self) -> npt.NDArray[np.object_]:
        """Shapely LineStrings in degrees WGS84, one for each link."""
        return self.lines.geometry()


def drafted(links: pd.DataFrame) -> pd.DataFrame:
    """The links with every column of a draft."""
    whole = links.copy()
    for name, blank in DRAFT.items():
        if name not in whole.columns:
            whole[name] = blank
    return whole


def piece_ids(origin: pd.Series[str], *, mark: str) -> npt.NDArray[np.object_]:
    """An id for each link: what it came from and, where that was cut, the number of the piece.

    Parameters
    ----------
    origin : Series of str
        What each link came from, shape (links,).
    mark : str
        What stands before the number; more than once if an id would come twice.

    Examples
    --------
    >>> piece_ids(pd.Series(["a", "a", "b"]), mark="."), piece_ids(pd.Series(["a", "a", "a.1"]), mark=".")
    (array(['a.1', 'a.2', 'b'], dtype=object), array(['a..1', 'a..2', 'a.1'], dtype=object))
    """
    name = origin.astype("str")
    groups = name.groupby(name)
    many, piece = groups.transform("size") > 1, (groups.cumcount() + 1).astype("str")
    sign = mark
    while (ids := name + (sign + piece).where(many, "")).duplicated().any():
        sign += mark
    return ids.to_numpy(object)


def check_geometry(nodes: pd.DataFrame, *, file: str, problems: Problems) -> None:
    """Report nodes that cannot be in degrees."""
    lon, lat = nodes["lon"].to_numpy(np.float64), nodes["lat"].to_numpy(np.float64)
    wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        problems.add(
            "network in the wrong coordinate system",
            file=file,
            column="lon, lat",
            value=f"{lon[first]:.10g}, {lat[first]:.10g}",
            mend="name the projected system of the file, or convert it to degrees WGS84: "
            f"{int(wrong.sum())} of {len(nodes)} nodes are not in degrees",
        )


def assemble(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    *,
    lines: Lines,
    origin: Origin,
    notes: Iterable[Finding] = (),
    noted: Iterable[pd.DataFrame] = (),
    box: Bbox | None = None,
    gap_m: float = GAP_M,
) -> Roads:
    """Roads from what a reader found: lengths measured, classes and speeds filled, the report written.

    Parameters
    ----------
    nodes : DataFrame
        Columns ``node, lon, lat`` and, if known, ``elevation_m``.
    links : DataFrame
        Columns ``origin, from_node, to_node, kind`` and any others of a draft; ``length_km`` where the
        file gives it.
    lines : Lines
        Shapes of the links.
    origin : Origin
        The file.
    notes, noted : iterables of Finding and of DataFrame
        What the reader found.
    box, gap_m
        As in `inspect`.

    Raises
    ------
    DataError
        If there is no road at all, or the nodes are not in degrees.
    """
    problems = Problems()
    if not len(links):
        mend = "check that the file holds roads and that it is whole"
        problems.add("the file has no roads", file=origin.file, mend=mend)
    check_geometry(nodes, file=origin.file, problems=problems)
    problems.raise_any()
    heights = nodes["elevation_m"] if "elevation_m" in nodes.columns else np.nan
    nodes = nodes.assign(elevation_m=heights)[["node", "lon", "lat", "elevation_m"]]
    full = drafted(links)
    full["link"] = piece_ids(full["origin"], mark=".")
    notes = list(notes)
    measured = lines.length_km()
    if "length_km" in full.columns:
        none = full["length_km"].isna().to_numpy()
        notes.append(Finding("lengths_measured", int(none.sum()), float(measured[none].sum())))
        full["length_km"] = np.where(none, measured, full["length_km"].to_numpy(np.float64))
    else:
        full["length_km"] = measured
    full["class"] = full["kind"].map(road_speeds()["class"]).fillna("").astype("str")
    return renew(nodes, full, lines=lines, origin=origin, notes=notes, noted=noted, box=box, gap_m=gap_m)


def renew(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    *,
    lines: Lines,
    origin: Origin,
    notes: Iterable[Finding] = (),
    noted: Iterable[pd.DataFrame] = (),
    box: Bbox | None = None,
    gap_m: float = GAP_M,
) -> Roads:
    """Roads whose links changed: speeds and report anew; see `assemble`. Nodes without a link go."""
    used = np.zeros(len(nodes), dtype=bool)
    for ends in ends_of(nodes, links):
        used[ends] = True
    nodes = nodes[used].reset_index(drop=True)
    timed = set_speeds(links.reset_index(drop=True), nodes=nodes)[list(LINK_COLUMNS)]
    notes, noted = tuple(notes), tuple(noted)
    report = inspect(nodes, timed, lines=lines, notes=notes, noted=noted, box=box, gap_m=gap_m)
    return Roads(nodes, timed, lines, origin, report, notes, noted)


def with_speeds(
    roads: Roads, *, table: pd.DataFrame | None = None, surfaces: pd.DataFrame | None = None
) -> Roads:
    """The roads with speeds by your own tables.

    Parameters
    ----------
    roads : Roads
    table : DataFrame, optional
        As `road_speeds` gives it, changed; access and class of links stay as read.
    surfaces : DataFrame, optional
        As `surface_factors` gives it, changed.

    Returns
    -------
    Roads
        With new speeds and minutes; the report's counts of where speeds come from hold still.
    """
    links = set_speeds(roads.links, nodes=roads.nodes, table=table, surfaces=surfaces)
    return replace(roads, links=links[list(LINK_COLUMNS)])
