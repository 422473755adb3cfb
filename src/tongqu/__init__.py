"""Tongqu (通衢) plans town and country as one system.

>>> import tongqu
>>> region = tongqu.load("quzhou")
>>> region.title_zh
'衢州市'
"""

from importlib.metadata import version

from tongqu.contracts import Scenario, load_scenario, open_run
from tongqu.data import load_region as load
from tongqu.views import report_html
from tongqu.workflow import check, diagnose, plan, verify

__all__ = [
    "Scenario",
    "check",
    "diagnose",
    "load",
    "load_scenario",
    "open_run",
    "plan",
    "report_html",
    "verify",
]

__version__ = version("tongqu")
