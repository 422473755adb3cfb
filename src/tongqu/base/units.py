"""Units of measure, each with its source."""

from __future__ import annotations

from typing import Final

__all__ = ["EARTH_RADIUS_KM", "M2_PER_MU", "WAN"]

M2_PER_MU: Final = 10_000 / 15
"""Square metres in one mu: 15 mu make a hectare (State Council order on legal units, 1984)."""

WAN: Final = 10_000
"""One 万, the counting unit of Chinese accounts: 1 万元 = 10 000 yuan."""

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius of the Earth in km (IUGG)."""
