"""Health care: levels and referral, staffing of a county's medical community, emergency and outreach."""

from __future__ import annotations

from tongqu.methods.medical.ambulances import Ambulances, place_ambulances
from tongqu.methods.medical.circle import (
    Circle,
    CircleTier,
    Gains,
    Remote,
    circle_by_time,
    circle_gains,
    remote_reach,
)
from tongqu.methods.medical.coverage import busy_shares, coverage_gains, expected_coverage
from tongqu.methods.medical.levels import CareLevel, CareNetwork, Links, design_network, resources_needed
from tongqu.methods.medical.mobile import MobileRounds, Visits, lay_days, plan_mobile
from tongqu.methods.medical.queueing import Hypercube, Line, exact_hypercube, hypercube
from tongqu.methods.medical.referral import Referred, care_demand, refer, utilisation
from tongqu.methods.medical.response import Calls, Response, draw_calls, run_calls
from tongqu.methods.medical.staffing import Driver, Pool, Posting, pool_of, post_staff, staff_needed

__all__ = [
    "Ambulances",
    "Calls",
    "CareLevel",
    "CareNetwork",
    "Circle",
    "CircleTier",
    "Driver",
    "Gains",
    "Hypercube",
    "Line",
    "Links",
    "MobileRounds",
    "Pool",
    "Posting",
    "Referred",
    "Remote",
    "Response",
    "Visits",
    "busy_shares",
    "care_demand",
    "circle_by_time",
    "circle_gains",
    "coverage_gains",
    "design_network",
    "draw_calls",
    "exact_hypercube",
    "expected_coverage",
    "hypercube",
    "lay_days",
    "place_ambulances",
    "plan_mobile",
    "pool_of",
    "post_staff",
    "refer",
    "remote_reach",
    "resources_needed",
    "run_calls",
    "staff_needed",
    "utilisation",
]
