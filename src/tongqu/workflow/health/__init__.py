"""Health of a region: tiers of care, the circle by time of day, staff, ambulances, mobile clinics."""

from tongqu.workflow.health.study import health

__all__ = ["health"]
