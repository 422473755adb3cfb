"""Care: how many places are needed, who comes first, who finds room, and what meets a floor at least cost."""

from tongqu.methods.care.floors import FloorCover, cover_with_floors
from tongqu.methods.care.groups import Share, either, elders_alone
from tongqu.methods.care.needs import needs_by_norm
from tongqu.methods.care.placing import Placed, place_first, queue_first

__all__ = [
    "FloorCover",
    "Placed",
    "Share",
    "cover_with_floors",
    "either",
    "elders_alone",
    "needs_by_norm",
    "place_first",
    "queue_first",
]
