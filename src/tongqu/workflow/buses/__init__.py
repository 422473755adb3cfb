"""Buses of a region: who has one, lines and zones that would reach the others, and a feed of the lines."""

from tongqu.workflow.buses.feed import bus_feed
from tongqu.workflow.buses.study import buses

__all__ = ["bus_feed", "buses"]
