"""What everything rests on: errors, progress, identifiers and units of measure."""

from tongqu.base.errors import (
    DataError,
    InfeasibleError,
    Problem,
    Relaxation,
    RunError,
    ScenarioError,
    TongquError,
)
from tongqu.base.processes import end_with_parent
from tongqu.base.progress import Progress, Report, silent
from tongqu.base.remember import remember

__all__ = [
    "DataError",
    "InfeasibleError",
    "Problem",
    "Progress",
    "Relaxation",
    "Report",
    "RunError",
    "ScenarioError",
    "TongquError",
    "end_with_parent",
    "remember",
    "silent",
]
