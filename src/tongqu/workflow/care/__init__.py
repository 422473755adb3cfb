"""Care in a region: who lacks day care, meals, child care or a service hall, and what would close the gap."""

from tongqu.workflow.care.study import care

__all__ = ["care"]
