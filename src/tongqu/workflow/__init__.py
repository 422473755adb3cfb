"""What Tongqu does, in Python: diagnose, plan, verify. The command line calls these and nothing else."""

from tongqu.workflow.diagnose import Diagnosis, diagnose
from tongqu.workflow.plan import PlanRun, plan
from tongqu.workflow.verify import Verification, verify

__all__ = ["Diagnosis", "PlanRun", "Verification", "diagnose", "plan", "verify"]
