"""What sectors, engine and faces share: state, offers, ledgers, scenario, results."""

from tongqu.contracts.entries import (
    cost_entries,
    lasting_entries,
    link_upgrades,
    project_table,
    yearly_limits,
)
from tongqu.contracts.ledger import active_entries, county_totals, ledger_of, open_projects
from tongqu.contracts.limits import check_limits, limit_problems
from tongqu.contracts.offer import FOREVER, Offer, OfferError, join_offers
from tongqu.contracts.run import (
    FORMAT,
    TABLES,
    Run,
    check_files,
    check_target,
    clear_drafts,
    open_run,
    run_id,
    write_run,
)
from tongqu.contracts.scenario import Assume, Floor, Limits, Pin, Scenario, Solver, load_scenario
from tongqu.contracts.sector import Findings, Forecast, Sector
from tongqu.contracts.state import State, StateError

__all__ = [
    "FOREVER",
    "FORMAT",
    "TABLES",
    "Assume",
    "Findings",
    "Floor",
    "Forecast",
    "Limits",
    "Offer",
    "OfferError",
    "Pin",
    "Run",
    "Scenario",
    "Sector",
    "Solver",
    "State",
    "StateError",
    "active_entries",
    "check_files",
    "check_limits",
    "check_target",
    "clear_drafts",
    "cost_entries",
    "county_totals",
    "join_offers",
    "lasting_entries",
    "ledger_of",
    "limit_problems",
    "link_upgrades",
    "load_scenario",
    "open_projects",
    "open_run",
    "project_table",
    "run_id",
    "write_run",
    "yearly_limits",
]
