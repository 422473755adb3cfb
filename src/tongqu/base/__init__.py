"""What everything rests on: errors, progress, identifiers and units of measure."""

from tongqu.base.errors import DataError, InfeasibleError, Problem, RunError, ScenarioError, TongquError
from tongqu.base.progress import Progress, Report, silent

__all__ = [
    "DataError",
    "InfeasibleError",
    "Problem",
    "Progress",
    "Report",
    "RunError",
    "ScenarioError",
    "TongquError",
    "silent",
]
