"""The plan of a region's schools over ten years."""

from __future__ import annotations

from tongqu.workflow.schools_plan.study import TABLES, schools_plan, wrong_numbers

__all__ = ["TABLES", "schools_plan", "wrong_numbers"]
