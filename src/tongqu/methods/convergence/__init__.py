"""Whether places grow alike: convergence over years, autocorrelation in space, moves between classes."""

from __future__ import annotations

from tongqu.methods.convergence.autocorrelation import (
    LocalMoran,
    Moran,
    contiguity,
    local_moran,
    moran,
    row_standardised,
)
from tongqu.methods.convergence.classes import Markov, markov, quantile_classes
from tongqu.methods.convergence.growth import (
    Beta,
    Sigma,
    Trend,
    beta_convergence,
    sigma_convergence,
    trend,
)

__all__ = [
    "Beta",
    "LocalMoran",
    "Markov",
    "Moran",
    "Sigma",
    "Trend",
    "beta_convergence",
    "contiguity",
    "local_moran",
    "markov",
    "moran",
    "quantile_classes",
    "row_standardised",
    "sigma_convergence",
    "trend",
]
