"""The frontier between two measures of a plan."""

from tongqu.workflow.frontier.study import TABLES, frontier

__all__ = ["TABLES", "frontier"]
