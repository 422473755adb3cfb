"""Schools: catchments, mergers, the network over years, teachers, school buses."""

from __future__ import annotations

from tongqu.methods.schools._search import Search
from tongqu.methods.schools._task import REASONS
from tongqu.methods.schools.catchments import Catchments, draw_catchments
from tongqu.methods.schools.merging import ClassNorm, Mergers, SchoolCosts, mergers, teachers_needed
from tongqu.methods.schools.network import (
    Choices,
    NetworkPlan,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    lawful_choices,
    plan_network,
)
from tongqu.methods.schools.parts import Parts, Stage, split_villages
from tongqu.methods.schools.rounds import BusRounds, Chained, chain_rounds, school_rounds, stagger_bells
from tongqu.methods.schools.teachers import TeacherPlan, plan_teachers, whole_teachers

__all__ = [
    "REASONS",
    "BusRounds",
    "Catchments",
    "Chained",
    "Choices",
    "ClassNorm",
    "Mergers",
    "NetworkPlan",
    "Parts",
    "Prices",
    "Pupils",
    "SchoolCosts",
    "Schools",
    "Search",
    "Sharing",
    "Stage",
    "StageNorm",
    "TeacherPlan",
    "chain_rounds",
    "draw_catchments",
    "lawful_choices",
    "mergers",
    "plan_network",
    "plan_teachers",
    "school_rounds",
    "split_villages",
    "stagger_bells",
    "teachers_needed",
    "whole_teachers",
]
