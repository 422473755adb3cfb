"""Care and one-stop service: day care and meals for elders, child care under three, service halls."""

from tongqu.sectors.care.sector import Care, sector

__all__ = ["Care", "sector"]
