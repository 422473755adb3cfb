"""The sector of parcels and farm goods: centre, station, point, and the cold first mile."""

from tongqu.sectors.logistics.sector import Logistics, sector

__all__ = ["Logistics", "sector"]
