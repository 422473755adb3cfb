"""What Tongqu does, in Python: check, diagnose, plan, verify. The command line calls these only.

`outlook`, `axis` and `travel` below it stand by themselves: they take a while to load.
"""

from tongqu.engine.lp import Stop
from tongqu.workflow.check import check
from tongqu.workflow.diagnose import Diagnosis, diagnose
from tongqu.workflow.plan import PlanRun, plan
from tongqu.workflow.verify import Verification, verify

__all__ = ["Diagnosis", "PlanRun", "Stop", "Verification", "check", "diagnose", "plan", "verify"]
