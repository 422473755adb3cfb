"""Radio: path loss, link budget and terrain, over arrays of pairs of station and user."""

from tongqu.methods.radio.budget import (
    DOWN,
    UP,
    Budget,
    Curve,
    coverage_probability,
    noise_dbm,
    radius_m,
    rate_mbps,
    shadow_margin,
    snr_for,
)
from tongqu.methods.radio.hata import Area, hata_loss
from tongqu.methods.radio.rural_macro import (
    FAR_LINE_M,
    FAR_NO_LINE_M,
    NEAR_M,
    SIGMA_NO_LINE_DB,
    Setting,
    line_loss,
    line_probability,
    line_sigma,
    no_line_loss,
)
from tongqu.methods.radio.terrain import (
    Relief,
    bullington_loss,
    knife_edge_loss,
    profiles,
    relief_of,
    terrain_loss,
)

__all__ = [
    "DOWN",
    "FAR_LINE_M",
    "FAR_NO_LINE_M",
    "NEAR_M",
    "SIGMA_NO_LINE_DB",
    "UP",
    "Area",
    "Budget",
    "Curve",
    "Relief",
    "Setting",
    "bullington_loss",
    "coverage_probability",
    "hata_loss",
    "knife_edge_loss",
    "line_loss",
    "line_probability",
    "line_sigma",
    "no_line_loss",
    "noise_dbm",
    "profiles",
    "radius_m",
    "rate_mbps",
    "relief_of",
    "shadow_margin",
    "snr_for",
    "terrain_loss",
]
