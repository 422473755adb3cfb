"""One bureau's view of a stored joint plan."""

from tongqu.workflow.bureau.study import BureauView, bureau

__all__ = ["BureauView", "bureau"]
