"""Every figure of the report, computed from the tables of a stored run; nothing is drawn or worded here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tongqu.contracts import Run
from tongqu.views.tables.bureaus import Bureau, bureaus_of
from tongqu.views.tables.coordination import Coordination, coordination_of
from tongqu.views.tables.leader import Headline, headline_of
from tongqu.views.tables.money import Money, money_of
from tongqu.views.tables.projects import Projects, projects_of
from tongqu.views.tables.reasons import Reasons, reasons_of
from tongqu.views.tables.services import Services, services_of
from tongqu.views.tables.stored import Stored, read_run
from tongqu.views.tables.trust import Trust, trust_of

__all__ = ["Figures", "figures_of"]


@dataclass(frozen=True)
class Figures:
    """All figures of a report.

    Parameters
    ----------
    stored : Stored
        The tables that were read.
    projects, reasons, money, services, coordination, trust
        Figures of one part of the report each.
    headline : Headline
        Figures of the first page.
    bureaus : mapping of str to Bureau
        Figures of the chapters of bureaus, by sector.
    """

    stored: Stored
    projects: Projects
    reasons: Reasons
    money: Money
    services: Services
    coordination: Coordination
    trust: Trust
    headline: Headline
    bureaus: Mapping[str, Bureau]


def figures_of(run: Run) -> Figures:
    """Compute every figure of the report.

    Parameters
    ----------
    run : Run
        The stored run.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    stored = read_run(run)
    projects, money, services = projects_of(stored), money_of(stored), services_of(stored)
    coordination, trust = coordination_of(stored), trust_of(stored)
    headline = headline_of(stored, projects, money=money, coordination=coordination, trust=trust)
    reasons = reasons_of(stored, projects)
    return Figures(
        stored, projects, reasons, money, services, coordination, trust, headline, bureaus_of(stored)
    )
