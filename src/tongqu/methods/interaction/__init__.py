"""Who moves where: gravity models of flows between places, and what pulls people.

Arrays have the last two dimensions (origin, destination); dimensions before them are futures.
"""

from __future__ import annotations

from tongqu.methods.interaction.closeness import Closeness, closeness
from tongqu.methods.interaction.deterrence import Deterrence
from tongqu.methods.interaction.fit import Constraint, Form, GravityFit, fit_gravity
from tongqu.methods.interaction.flows import (
    Flows,
    attraction_flows,
    doubly_flows,
    production_flows,
    unconstrained_flows,
)
from tongqu.methods.interaction.levers import Lever, pulls

__all__ = [
    "Closeness",
    "Constraint",
    "Deterrence",
    "Flows",
    "Form",
    "GravityFit",
    "Lever",
    "attraction_flows",
    "closeness",
    "doubly_flows",
    "fit_gravity",
    "production_flows",
    "pulls",
    "unconstrained_flows",
]
