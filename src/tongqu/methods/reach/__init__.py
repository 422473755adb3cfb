"""Who reaches how much: opportunities within reach, floating catchments, tiers of services."""

from __future__ import annotations

from tongqu.methods.reach.floating import CONSERVING, Floating, Variant, floating
from tongqu.methods.reach.impedance import (
    BoundedGaussian,
    Exponential,
    Gaussian,
    Impedance,
    Linear,
    Logistic,
    Power,
    Steps,
    Within,
)
from tongqu.methods.reach.opportunities import (
    cumulative,
    cumulative_interval,
    gravity,
    minutes_to_enough,
    nearest_mean,
)
from tongqu.methods.reach.tiers import Tier, Tiered, tiered
from tongqu.methods.reach.times import Times, times_from_matrix, times_from_pairs

__all__ = [
    "CONSERVING",
    "BoundedGaussian",
    "Exponential",
    "Floating",
    "Gaussian",
    "Impedance",
    "Linear",
    "Logistic",
    "Power",
    "Steps",
    "Tier",
    "Tiered",
    "Times",
    "Variant",
    "Within",
    "cumulative",
    "cumulative_interval",
    "floating",
    "gravity",
    "minutes_to_enough",
    "nearest_mean",
    "tiered",
    "times_from_matrix",
    "times_from_pairs",
]
