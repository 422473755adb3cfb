"""The economy of a region: structure, input-output tables of places, value chains and sites."""

from tongqu.workflow.economy.study import Economy, economy

__all__ = ["Economy", "economy"]
