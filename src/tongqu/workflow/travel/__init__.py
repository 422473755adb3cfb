"""Travel and access: who reaches what, in how many minutes, and what would change it."""

from tongqu.workflow.travel.answer import Answer
from tongqu.workflow.travel.areas import isochrones
from tongqu.workflow.travel.buses import bus
from tongqu.workflow.travel.changes import what_if
from tongqu.workflow.travel.scores import score_roads
from tongqu.workflow.travel.supply import access, catchments
from tongqu.workflow.travel.times import matrix, nearest

__all__ = [
    "Answer",
    "access",
    "bus",
    "catchments",
    "isochrones",
    "matrix",
    "nearest",
    "score_roads",
    "what_if",
]
