"""School networks over years: which schools are open, who goes where, and what it costs."""

from __future__ import annotations

from tongqu.methods.schools.network.choices import lawful_choices
from tongqu.methods.schools.network.parts import moved_again
from tongqu.methods.schools.network.plan import NetworkPlan, plan_network
from tongqu.methods.schools.network.price import Costs
from tongqu.methods.schools.network.program import Case, Decisions
from tongqu.methods.schools.network.terms import (
    Choices,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    annuity,
)

__all__ = [
    "Case",
    "Choices",
    "Costs",
    "Decisions",
    "NetworkPlan",
    "Prices",
    "Pupils",
    "Schools",
    "Sharing",
    "StageNorm",
    "annuity",
    "lawful_choices",
    "moved_again",
    "plan_network",
]
