"""What Tongqu does, in Python: check, diagnose, plan, verify. Command line and report call these and nothing else."""

from tongqu.workflow.diagnose import Diagnosis, diagnose
from tongqu.workflow.plan import PlanRun, plan
from tongqu.workflow.verify import Verification, verify

__all__ = ["Diagnosis", "PlanRun", "Verification", "diagnose", "plan", "verify"]
