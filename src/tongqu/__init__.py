"""Tongqu (通衢) plans town and country as one system."""

from tongqu.data import load_region as load

__all__ = ["load"]
