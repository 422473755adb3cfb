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
from tongqu.workflow import Stop, check, diagnose, plan, verify

if TYPE_CHECKING:
    from tongqu.views.accounts_html import accounts_html
    from tongqu.views.bureau_html import bureau_html
    from tongqu.views.buses_html import buses_html
    from tongqu.views.care_html import care_html
    from tongqu.views.digital_html import digital_html
    from tongqu.views.economy_html import economy_html
    from tongqu.views.frontier_html import frontier_html
    from tongqu.views.futures_html import futures_html
    from tongqu.views.health_html import health_html
    from tongqu.views.land_html import land_html
    from tongqu.views.logistics_html import logistics_html
    from tongqu.views.monitor_html import monitor_html
    from tongqu.views.outlook_html import outlook_html
    from tongqu.views.roads_html import roads_html
    from tongqu.views.schools_html import schools_html
    from tongqu.views.why_html import why_html
    from tongqu.workflow import travel
    from tongqu.workflow.accounts import Accounts, accounts
    from tongqu.workflow.axis import Axis, axis
    from tongqu.workflow.bureau import BureauView, bureau
    from tongqu.workflow.buses import bus_feed, buses
    from tongqu.workflow.care import care
    from tongqu.workflow.digital import digital
    from tongqu.workflow.economy import Economy, economy
    from tongqu.workflow.frontier import frontier
    from tongqu.workflow.futures import futures
    from tongqu.workflow.health import health
    from tongqu.workflow.land import land
    from tongqu.workflow.logistics import logistics
    from tongqu.workflow.monitor import Actuals, Monitoring, Replanned, monitor, read_actuals, replan
    from tongqu.workflow.outlook import Outlook, project
    from tongqu.workflow.roads import import_roads, read_roads
    from tongqu.workflow.schools import schools
    from tongqu.workflow.schools_plan import schools_plan
    from tongqu.workflow.why import Why, why

__all__ = [
    "Accounts",
    "Actuals",
    "Axis",
    "BureauView",
    "Economy",
    "Monitoring",
    "Outlook",
    "Replanned",
    "Scenario",
    "Stop",
    "Why",
    "accounts",
    "accounts_html",
    "axis",
    "bureau",
    "bureau_html",
    "bus_feed",
    "buses",
    "buses_html",
    "care",
    "care_html",
    "check",
    "diagnose",
    "digital",
    "digital_html",
    "economy",
    "economy_html",
    "frontier",
    "frontier_html",
    "futures",
    "futures_html",
    "health",
    "health_html",
    "import_roads",
    "land",
    "land_html",
    "load",
    "load_scenario",
    "logistics",
    "logistics_html",
    "monitor",
    "monitor_html",
    "open_run",
    "outlook_html",
    "plan",
    "project",
    "read_actuals",
    "read_roads",
    "replan",
    "report_html",
    "roads_html",
    "schools",
    "schools_html",
    "schools_plan",
    "travel",
    "verify",
    "why",
    "why_html",
]

__version__ = version("tongqu")


LATE = {
    "Accounts": "tongqu.workflow.accounts",
    "Actuals": "tongqu.workflow.monitor",
    "Axis": "tongqu.workflow.axis",
    "BureauView": "tongqu.workflow.bureau",
    "Economy": "tongqu.workflow.economy",
    "Monitoring": "tongqu.workflow.monitor",
    "Outlook": "tongqu.workflow.outlook",
    "Replanned": "tongqu.workflow.monitor",
    "Why": "tongqu.workflow.why",
    "accounts": "tongqu.workflow.accounts",
    "accounts_html": "tongqu.views.accounts_html",
    "axis": "tongqu.workflow.axis",
    "bureau": "tongqu.workflow.bureau",
    "bureau_html": "tongqu.views.bureau_html",
    "bus_feed": "tongqu.workflow.buses",
    "buses": "tongqu.workflow.buses",
    "buses_html": "tongqu.views.buses_html",
    "care": "tongqu.workflow.care",
    "care_html": "tongqu.views.care_html",
    "digital": "tongqu.workflow.digital",
    "digital_html": "tongqu.views.digital_html",
    "economy": "tongqu.workflow.economy",
    "economy_html": "tongqu.views.economy_html",
    "frontier": "tongqu.workflow.frontier",
    "frontier_html": "tongqu.views.frontier_html",
    "futures": "tongqu.workflow.futures",
    "futures_html": "tongqu.views.futures_html",
    "health": "tongqu.workflow.health",
    "health_html": "tongqu.views.health_html",
    "import_roads": "tongqu.workflow.roads",
    "land": "tongqu.workflow.land",
    "land_html": "tongqu.views.land_html",
    "logistics": "tongqu.workflow.logistics",
    "logistics_html": "tongqu.views.logistics_html",
    "monitor": "tongqu.workflow.monitor",
    "monitor_html": "tongqu.views.monitor_html",
    "outlook_html": "tongqu.views.outlook_html",
    "project": "tongqu.workflow.outlook",
    "read_actuals": "tongqu.workflow.monitor",
    "read_roads": "tongqu.workflow.roads",
    "replan": "tongqu.workflow.monitor",
    "roads_html": "tongqu.views.roads_html",
    "schools": "tongqu.workflow.schools",
    "schools_html": "tongqu.views.schools_html",
    "schools_plan": "tongqu.workflow.schools_plan",
    "why": "tongqu.workflow.why",
    "why_html": "tongqu.views.why_html",
}
"""Names whose modules take a while to load, and are loaded when first asked for."""


def __getattr__(name: str) -> Any:
    """``tongqu.travel`` and the names in `LATE`, loaded when they are first asked for."""
    if name in LATE:
        return getattr(import_module(LATE[name]), name)
    if name != "travel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("tongqu.workflow.travel")
