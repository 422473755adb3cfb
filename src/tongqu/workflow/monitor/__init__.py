"""Monitor a plan, and make it again from a year on: actuals, tolerances, journal of decisions."""

from tongqu.workflow.monitor.beside import Monitoring, monitor
from tongqu.workflow.monitor.journal import journal_problems, replayed
from tongqu.workflow.monitor.reading import Actuals, read_actuals
from tongqu.workflow.monitor.replan import Replanned, replan
from tongqu.workflow.monitor.template import actuals_template

__all__ = [
    "Actuals",
    "Monitoring",
    "Replanned",
    "actuals_template",
    "journal_problems",
    "monitor",
    "read_actuals",
    "replan",
    "replayed",
]
