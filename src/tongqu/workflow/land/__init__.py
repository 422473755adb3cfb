"""Land: what it is used for, what may change by which rule, and where needed construction land goes."""

from tongqu.workflow.land.study import land

__all__ = ["land"]
