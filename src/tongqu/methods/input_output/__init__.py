"""Input-output: tables, coefficients, multipliers, linkages, extraction, regional tables and balancing."""

from tongqu.methods.input_output.compare import Errors, compare_coefficients, weighted_error
from tongqu.methods.input_output.effects import (
    Extraction,
    Linkages,
    Multipliers,
    Variant,
    extract,
    linkages,
    multipliers,
)
from tongqu.methods.input_output.frames import section_jobs, table_of, tables_in
from tongqu.methods.input_output.model import (
    allocation_coefficients,
    close_households,
    domestic_coefficients,
    domestic_share,
    ghosh,
    household_coefficients,
    leontief,
    technical_coefficients,
)
from tongqu.methods.input_output.quotients import (
    DELTA,
    Quotient,
    cilq,
    size_factor,
    slq,
    trade_coefficients,
)
from tongqu.methods.input_output.ras import Balanced, ras, rebalance
from tongqu.methods.input_output.regional import (
    Regional,
    regional_multipliers,
    regional_table,
    split_sections,
)
from tongqu.methods.input_output.table import (
    RELATIVE_TOLERANCE,
    TOLERANCE,
    DemandRole,
    Table,
    ValueRole,
    aggregate,
    check_table,
    imbalance,
)

__all__ = [
    "DELTA",
    "RELATIVE_TOLERANCE",
    "TOLERANCE",
    "Balanced",
    "DemandRole",
    "Errors",
    "Extraction",
    "Linkages",
    "Multipliers",
    "Quotient",
    "Regional",
    "Table",
    "ValueRole",
    "Variant",
    "aggregate",
    "allocation_coefficients",
    "check_table",
    "cilq",
    "close_households",
    "compare_coefficients",
    "domestic_coefficients",
    "domestic_share",
    "extract",
    "ghosh",
    "household_coefficients",
    "imbalance",
    "leontief",
    "linkages",
    "multipliers",
    "ras",
    "rebalance",
    "regional_multipliers",
    "regional_table",
    "section_jobs",
    "size_factor",
    "slq",
    "split_sections",
    "table_of",
    "tables_in",
    "technical_coefficients",
    "trade_coefficients",
    "weighted_error",
]
