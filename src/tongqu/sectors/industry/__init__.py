"""Industry: value added, jobs and pay of the counties, and projects along the value chains."""

from tongqu.sectors.industry.sector import Industry, sector

__all__ = ["Industry", "sector"]
