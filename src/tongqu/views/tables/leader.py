"""Figures of the first page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tongqu.views.tables.cells import by_key
from tongqu.views.tables.coordination import Coordination
from tongqu.views.tables.money import Money
from tongqu.views.tables.projects import Projects
from tongqu.views.tables.stored import Stored
from tongqu.views.tables.trust import Trust

__all__ = ["Headline", "headline_of"]


@dataclass(frozen=True)
class Headline:
    """The figures of the first page; money in 万元.

    Parameters
    ----------
    projects, candidates, first_projects : int
        Projects chosen, offered, and started in the first year.
    capital, first_capital : float
        Capital of all, and of those started in the first year (over all their years).
    running, room : float
        Running cost and yearly money in the last year.
    peak, peak_year, peak_limit : float, int, float
        Highest debt of all counties together, when, and the limit then.
    last_debt, interest : float
        Debt at the end; interest over all years.
    grants : float
        Grants of the city over all years.
    d_base, d_plan : float
        Mean D over counties and years, without and with the plan (simulated).
    d_first, d_last_base, d_last_plan : float
        Mean D of the counties in the first year, and in the last without and with the plan.
    gap_share : float
        By how much a plan could be better: see ``Certificate``.
    worst_base, worst_plan : float
        Share of services met where the worst-off tenth of people live.
    """

    projects: int
    candidates: int
    first_projects: int
    capital: float
    first_capital: float
    running: float
    room: float
    peak: float
    peak_year: int
    peak_limit: float
    last_debt: float
    interest: float
    grants: float
    d_base: float
    d_plan: float
    d_first: float
    d_last_base: float
    d_last_plan: float
    gap_share: float
    worst_base: float
    worst_plan: float

    @property
    def running_share(self) -> float:
        """Share of the yearly money of the last year that running cost takes; NaN without money."""
        return self.running / self.room if self.room > 0 else math.nan


def headline_of(
    stored: Stored,
    projects: Projects,
    *,
    money: Money,
    coordination: Coordination,
    trust: Trust,
) -> Headline:
    """Give the figures of the first page; sums of money come from the ledger."""
    ledger = stored.ledger[stored.ledger["ledger"] == "money"]
    last = ledger[ledger["year"] == stored.last]
    started, accounts = projects.of_year(stored.first), by_key(money.years)
    peak_year = max(accounts, key=lambda year: float(accounts[year]["debt"]))
    end: dict[str, Any] = accounts[stored.last]
    d, measured = by_key(coordination.years), by_key(trust.measures)["coordination"]
    return Headline(
        projects=len(projects.rows),
        candidates=trust.certificate.candidates,
        first_projects=len(started),
        capital=float(ledger.loc[ledger["key"] == "capital", "amount"].sum()),
        first_capital=float(started["capital_wan"].sum()),
        running=float(last.loc[last["key"] == "running", "amount"].sum()),
        room=float(end["room"]),
        peak=float(accounts[peak_year]["debt"]),
        peak_year=int(peak_year),
        peak_limit=float(accounts[peak_year]["debt_limit"]),
        last_debt=float(end["debt"]),
        interest=float(money.years["interest"].sum()),
        grants=float(money.years["grant"].sum()),
        d_base=math.exp(measured["baseline"]),
        d_plan=math.exp(measured["simulated"]),
        d_first=float(d[stored.first]["base"]),
        d_last_base=float(d[stored.last]["base"]),
        d_last_plan=float(d[stored.last]["plan"]),
        gap_share=trust.certificate.gap_share,
        worst_base=coordination.worst_tenth["base"],
        worst_plan=coordination.worst_tenth["plan"],
    )
