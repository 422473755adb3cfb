"""Finance: what each county earns, spends and owes, and what of it the plan may use."""

from tongqu.sectors.finance.sector import Finance, sector

__all__ = ["Finance", "sector"]
