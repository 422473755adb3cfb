"""Land ledgers: classes and what they may become, farmland, quota, norms a person, renewal, intensity."""

from tongqu.methods.land.classes import BUILT, CLASSES, OPEN, PART_OF, transitions
from tongqu.methods.land.convert import convert, take
from tongqu.methods.land.farmland import FarmlandBalance, farmland_balance, farmland_room
from tongqu.methods.land.intensity import Intensity, intensity
from tongqu.methods.land.norms import NORMS, Norm, headroom, planned_range
from tongqu.methods.land.quota import LinkedQuota, QuotaIncome, linked_quota, quota_income, quota_left
from tongqu.methods.land.renewal import Consolidation, Reuse, consolidation, homestead_reuse

__all__ = [
    "BUILT",
    "CLASSES",
    "NORMS",
    "OPEN",
    "PART_OF",
    "Consolidation",
    "FarmlandBalance",
    "Intensity",
    "LinkedQuota",
    "Norm",
    "QuotaIncome",
    "Reuse",
    "consolidation",
    "convert",
    "farmland_balance",
    "farmland_room",
    "headroom",
    "homestead_reuse",
    "intensity",
    "linked_quota",
    "planned_range",
    "quota_income",
    "quota_left",
    "take",
    "transitions",
]
