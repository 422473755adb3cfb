"""The outlook: people, towns and villages of the years ahead, with ranges and what they rest on."""

from tongqu.workflow.outlook.study import Outlook, project

__all__ = ["Outlook", "project"]
