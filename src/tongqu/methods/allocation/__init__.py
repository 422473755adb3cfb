"""Land allocation: suitability, the best compact allocation with a bound, spreading, and maps compared."""

from __future__ import annotations

from tongqu.methods.allocation.allocate import Allocation, Solver, allocate, grid_neighbours
from tongqu.methods.allocation.blocks import Blocks, allocate_blocks
from tongqu.methods.allocation.cellular import Spread, spread
from tongqu.methods.allocation.compare import Change, MapAgreement, compare_maps
from tongqu.methods.allocation.shortage import Shortage, UnmetDemandError
from tongqu.methods.allocation.suitability import (
    ASSUMED_RANGES,
    SLOPE_LIMITS,
    LandUse,
    Rule,
    Suitability,
    combine,
    construction_factors,
    membership,
    slope_percent,
)

__all__ = [
    "ASSUMED_RANGES",
    "SLOPE_LIMITS",
    "Allocation",
    "Blocks",
    "Change",
    "LandUse",
    "MapAgreement",
    "Rule",
    "Shortage",
    "Solver",
    "Spread",
    "Suitability",
    "UnmetDemandError",
    "allocate",
    "allocate_blocks",
    "combine",
    "compare_maps",
    "construction_factors",
    "grid_neighbours",
    "membership",
    "slope_percent",
    "spread",
]
