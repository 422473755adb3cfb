"""Settlements: how central each is, its role on the axis of seat, town and village, their concentration."""

from __future__ import annotations

from tongqu.methods.settlement.centrality import (
    Centrality,
    Scale,
    centrality,
    functional_index,
    roles_by_score,
)
from tongqu.methods.settlement.concentration import (
    Concentration,
    RankMethod,
    RankSize,
    concentration,
    rank_size,
)
from tongqu.methods.settlement.location import Hierarchy, Level, Objective, Search, locate_levels
from tongqu.methods.settlement.roles import Agreement, agreement

__all__ = [
    "Agreement",
    "Centrality",
    "Concentration",
    "Hierarchy",
    "Level",
    "Objective",
    "RankMethod",
    "RankSize",
    "Scale",
    "Search",
    "agreement",
    "centrality",
    "concentration",
    "functional_index",
    "locate_levels",
    "rank_size",
    "roles_by_score",
]
