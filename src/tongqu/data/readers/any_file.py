"""Roads from a file of any kind, the reader chosen by its ending."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tongqu.base.errors import DataError, Problem
from tongqu.data.readers.gis import read_lines
from tongqu.data.readers.graphml import read_graphml
from tongqu.data.readers.links_table import read_links
from tongqu.data.readers.osm import read_osm
from tongqu.data.readers.roads import Roads
from tongqu.data.rules import Bbox

__all__ = ["LINE_ENDINGS", "OSM_ENDINGS", "TABLE_ENDINGS", "read_roads"]

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
LINE_ENDINGS = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".kml", ".gml")
TABLE_ENDINGS = (".csv", ".parquet", ".xlsx", ".xlsm", ".xls")


def read_roads(
    path: str | Path,
    *,
    nodes: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    classes: Mapping[str, str] | None = None,
    unknown_class: str = "",
    crs: str = "",
    box: Bbox | None = None,
) -> Roads:
    """Roads of a file: OpenStreetMap, GraphML, a layer of lines, or a table of links.

    Parameters
    ----------
    path : str or Path
        The file; its ending says which reader: `read_osm`, `read_graphml`, `read_lines` or `read_links`.
    nodes, columns, classes, unknown_class, crs
        As in those readers, where they have them.
    box : tuple of float, optional
        Where the network should lie: west, south, east, north in degrees.

    Returns
    -------
    Roads

    Raises
    ------
    DataError
        If the ending is not known, or as those readers do.

    Examples
    --------
    >>> from tongqu.base import DataError
    >>> try:
    ...     read_roads("roads.dwg")
    ... except DataError as error:
    ...     print(error.problems[0].rule)
    not a kind of road file
    """
    name = Path(path).name.lower()
    if name.endswith(OSM_ENDINGS):
        return read_osm(path, box=box)
    if name.endswith(".graphml"):
        return read_graphml(path, crs=crs, box=box)
    if name.endswith(LINE_ENDINGS):
        return read_lines(
            path, columns=columns, classes=classes, unknown_class=unknown_class, crs=crs, box=box
        )
    if name.endswith(TABLE_ENDINGS):
        return read_links(
            path, nodes=nodes, columns=columns, classes=classes, unknown_class=unknown_class, crs=crs, box=box
        )
    known = ", ".join((*OSM_ENDINGS, ".graphml", *LINE_ENDINGS, *TABLE_ENDINGS))
    mend = f"give a file that ends in one of {known}"
    raise DataError([Problem(rule="not a kind of road file", mend=mend, file=Path(path).name)])
