"""What a plan is good for: measures by name, objectives, bounds of measures, nobody worse."""

from tongqu.engine.goals.aims import (
    EXTRAS,
    GOALS,
    MEASURES,
    Stage,
    aim_of,
    extra_at,
    goal_stage,
    stages_of,
    with_extras,
)
from tongqu.engine.goals.bounds import add_bounds, add_nobody_worse, baseline_subindex, missed
from tongqu.engine.goals.checks import check_goal
from tongqu.engine.goals.coordination import SIDES, add_subindices, promised_subindex
from tongqu.engine.goals.coverage import coverage, service_weights
from tongqu.engine.goals.worst_off import villages_of, worst_mean

__all__ = [
    "EXTRAS",
    "GOALS",
    "MEASURES",
    "SIDES",
    "Stage",
    "add_bounds",
    "add_nobody_worse",
    "add_subindices",
    "aim_of",
    "baseline_subindex",
    "check_goal",
    "coverage",
    "extra_at",
    "goal_stage",
    "missed",
    "promised_subindex",
    "service_weights",
    "stages_of",
    "villages_of",
    "with_extras",
    "worst_mean",
]
