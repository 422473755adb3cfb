"""Vehicle rounds: parcels to villages, farm goods and parcels out, by van, drone, or on the bus.

Rounds are searched by PyVRP (Wouda, Lan, Kool 2024, INFORMS Journal on Computing 36, 943-955); everything
around it - the check of what is impossible, costs, bounds, the estimate by formula and the comparison with
freight on passenger buses - is here.
"""

from __future__ import annotations

from tongqu.methods.rounds.estimate import Estimate, calibrated, estimated_rounds
from tongqu.methods.rounds.joint import Buses, Joint, joint_rounds
from tongqu.methods.rounds.plan import Round, Rounds, plan_rounds
from tongqu.methods.rounds.stops import Impossible, Stops, Vehicle, Ways, impossible_stops

__all__ = [
    "Buses",
    "Estimate",
    "Impossible",
    "Joint",
    "Round",
    "Rounds",
    "Stops",
    "Vehicle",
    "Ways",
    "calibrated",
    "estimated_rounds",
    "impossible_stops",
    "joint_rounds",
    "plan_rounds",
]
