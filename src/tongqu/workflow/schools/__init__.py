"""Schools of a region: catchments, classes, pupils without a place, and what mergers save and cost whom."""

from tongqu.workflow.schools.study import schools

__all__ = ["schools"]
