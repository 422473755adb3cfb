"""Disposable income of town and country, by county and source."""

from tongqu.sectors.income.sector import Income, sector

__all__ = ["Income", "sector"]
