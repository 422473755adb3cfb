"""Logistics of a region: points, rounds, what a parcel and a tonne cost, the cold chain."""

from tongqu.workflow.logistics.study import logistics

__all__ = ["logistics"]
