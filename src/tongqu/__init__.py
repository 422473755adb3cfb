"""Tongqu (通衢) plans town and country as one system.

>>> import tongqu
>>> region = tongqu.load("quzhou")
>>> region.title_zh
'衢州市'
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tongqu.contracts import Scenario, load_scenario, open_run
from tongqu.data import load_region as load
from tongqu.views import report_html
from tongqu.workflow import check, diagnose, plan, verify

if TYPE_CHECKING:
    from tongqu.views.accounts_html import accounts_html
    from tongqu.views.economy_html import economy_html
    from tongqu.views.outlook_html import outlook_html
    from tongqu.views.roads_html import roads_html
    from tongqu.workflow import travel
    from tongqu.workflow.accounts import Accounts, accounts
    from tongqu.workflow.axis import Axis, axis
    from tongqu.workflow.economy import Economy, economy
    from tongqu.workflow.outlook import Outlook, project
    from tongqu.workflow.roads import import_roads, read_roads

__all__ = [
    "Accounts",
    "Axis",
    "Economy",
    "Outlook",
    "Scenario",
    "accounts",
    "accounts_html",
    "axis",
    "check",
    "diagnose",
    "economy",
    "economy_html",
    "import_roads",
    "load",
    "load_scenario",
    "open_run",
    "outlook_html",
    "plan",
    "project",
    "read_roads",
    "report_html",
    "roads_html",
    "travel",
    "verify",
]

__version__ = version("tongqu")


LATE = {
    "Accounts": "tongqu.workflow.accounts",
    "Axis": "tongqu.workflow.axis",
    "Economy": "tongqu.workflow.economy",
    "Outlook": "tongqu.workflow.outlook",
    "accounts": "tongqu.workflow.accounts",
    "accounts_html": "tongqu.views.accounts_html",
    "axis": "tongqu.workflow.axis",
    "economy": "tongqu.workflow.economy",
    "economy_html": "tongqu.views.economy_html",
    "import_roads": "tongqu.workflow.roads",
    "outlook_html": "tongqu.views.outlook_html",
    "project": "tongqu.workflow.outlook",
    "read_roads": "tongqu.workflow.roads",
    "roads_html": "tongqu.views.roads_html",
}
"""Names whose modules take a while to load, and are loaded when first asked for."""


def __getattr__(name: str) -> Any:
    """``tongqu.travel`` and the names in `LATE`, loaded when they are first asked for."""
    if name in LATE:
        return getattr(import_module(LATE[name]), name)
    if name != "travel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("tongqu.workflow.travel")
