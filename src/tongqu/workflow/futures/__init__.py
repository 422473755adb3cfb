"""Futures: what plans are worth when costs, money and people turn out otherwise."""

from tongqu.workflow.futures.study import futures
from tongqu.workflow.futures.uncertain import UNCERTAIN

__all__ = ["UNCERTAIN", "futures"]
