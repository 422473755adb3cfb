"""Digital networks of a region: who has fibre or 5G, why not, and where new stations would stand."""

from tongqu.workflow.digital.study import digital

__all__ = ["digital"]
