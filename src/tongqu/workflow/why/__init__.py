"""Why: what each project of a plan brings and takes, and what it would cost to have it otherwise."""

from tongqu.workflow.why.study import Why, why

__all__ = ["Why", "why"]
