"""Relocation: what becomes of every village, and moves of those without a future where they are."""

from tongqu.sectors.relocation.sector import Relocation, sector

__all__ = ["Relocation", "sector"]
