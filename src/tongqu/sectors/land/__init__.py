"""Land: what the ground of a county is used for, what may change, and land won back in villages."""

from tongqu.sectors.land.sector import Land, sector

__all__ = ["Land", "sector"]
