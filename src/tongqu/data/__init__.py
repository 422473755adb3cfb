"""Tables of a region: their specs, reading, validation, saving, comparing, and the template to fill."""

from tongqu.data.crs import local_crs, to_local, to_wgs84
from tongqu.data.diff import diff_regions
from tongqu.data.docs import tables_page
from tongqu.data.files import RawTable, raw_table
from tongqu.data.layers import Layer, LayerRole
from tongqu.data.load import bundled_regions, load_region, make_region
from tongqu.data.measure import UnitOfMeasure, is_unit_of_measure, units_of_measure
from tongqu.data.problem_places import LocatedProblems, locate_problems
from tongqu.data.region import Level, Region
from tongqu.data.save import region_files, save_region
from tongqu.data.schema import schema_text, table_schema
from tongqu.data.spec import ColumnSpec, Language, TableSpec, table_specs
from tongqu.data.template import write_template
from tongqu.data.validate import validate_tables

__all__ = [
    "ColumnSpec",
    "Language",
    "Layer",
    "LayerRole",
    "Level",
    "LocatedProblems",
    "RawTable",
    "Region",
    "TableSpec",
    "UnitOfMeasure",
    "bundled_regions",
    "diff_regions",
    "is_unit_of_measure",
    "load_region",
    "local_crs",
    "locate_problems",
    "make_region",
    "raw_table",
    "region_files",
    "save_region",
    "schema_text",
    "table_schema",
    "table_specs",
    "tables_page",
    "to_local",
    "to_wgs84",
    "units_of_measure",
    "validate_tables",
    "write_template",
]
