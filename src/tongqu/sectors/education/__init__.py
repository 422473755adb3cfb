"""Education: places at every stage of school, and a ride to primary and junior school within the norm."""

from tongqu.sectors.education.sector import Education, sector

__all__ = ["Education", "sector"]
