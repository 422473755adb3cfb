"""Readers of real road networks, their report, and the way into a region."""

from tongqu.data.readers.any_file import read_roads
from tongqu.data.readers.clean import check_roads, clean
from tongqu.data.readers.gis import read_lines
from tongqu.data.readers.graphml import read_graphml
from tongqu.data.readers.links_table import read_links
from tongqu.data.readers.osm import read_osm
from tongqu.data.readers.replace import Replaced, replace_roads, to_region_tables
from tongqu.data.readers.report import Finding, NetworkReport
from tongqu.data.readers.roads import LINK_COLUMNS, Origin, Roads, assemble, with_speeds
from tongqu.data.readers.shapes import Lines, lines_of
from tongqu.data.readers.snap import Snapped, snap
from tongqu.data.readers.speeds import grade_factor, tobler_kmh
from tongqu.data.readers.tables import road_speeds, slope_factors, surface_factors

__all__ = [
    "LINK_COLUMNS",
    "Finding",
    "Lines",
    "NetworkReport",
    "Origin",
    "Replaced",
    "Roads",
    "Snapped",
    "assemble",
    "check_roads",
    "clean",
    "grade_factor",
    "lines_of",
    "read_graphml",
    "read_lines",
    "read_links",
    "read_osm",
    "read_roads",
    "replace_roads",
    "road_speeds",
    "slope_factors",
    "snap",
    "surface_factors",
    "to_region_tables",
    "tobler_kmh",
    "with_speeds",
]
