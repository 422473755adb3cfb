"""Digital networks: fibre and 5G in villages, base stations, their cost and energy."""

from tongqu.sectors.digital.sector import Digital, sector

__all__ = ["Digital", "sector"]
