"""Health: who is within reach of care and of an ambulance, beds and doctors."""

from tongqu.sectors.health.sector import Health, sector

__all__ = ["Health", "sector"]
