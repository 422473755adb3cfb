"""Plans as they are made without a joint plan, on the same money and limits, to measure what that one gains.

Three ways: projects ranked by benefit per cost; one year decided at a time; each sector alone with a share
of everything. Each is a plan of the same offer, kept by the same rules, and read back by the same promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, Progress, silent
from tongqu.contracts import FOREVER, Offer, Pin
from tongqu.engine.certificate import Certificate
from tongqu.engine.financing import financing
from tongqu.engine.greedy import greedy_starts
from tongqu.engine.inputs import Inputs, start_bounds
from tongqu.engine.lp import solver_version
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.orders import required_starts
from tongqu.engine.promise import delivered
from tongqu.engine.rules import broken_rules
from tongqu.engine.terms import Floats

__all__ = [
    "RIVALS",
    "Outcome",
    "greedy",
    "of_sector",
    "outcome_of",
    "sector_by_sector",
    "year_by_year",
]


CLOSER: Final = 0.02
"""Share of the gap asked of a plan to which each single decision of a rival is solved: what one year or one
sector adds is small, and all decisions together must not lose more than the joint plan may."""


@dataclass(frozen=True)
class Outcome:
    """What a plan comes to, however it was made.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment by project.
    measures : Series
        Measures of the plan: mean log D, mean share served, that of the worst-off, 万元 today.
    served : float
        People newly served in the last year, added up over services: one person with two services counts
        twice.
    capital_wan : float
        Capital paid in the years of the plan, 万元.
    broken : tuple of Problem
        Rules that the plan breaks.
    seconds : float
        Time that making it took.
    """

    starts: pd.Series
    measures: pd.Series
    served: float
    capital_wan: float
    broken: tuple[Problem, ...]
    seconds: float = 0.0


def greedy(inputs: Inputs) -> pd.Series:
    """Starts by benefit per cost: the best ratio first, as early as it fits, nothing taken back.

    See `tongqu.engine.greedy`.
    """
    return greedy_starts(inputs)


def year_by_year(inputs: Inputs, *, progress: Progress = silent) -> pd.Series:
    """Starts decided one year after the other, each year as if nothing were to be started later.

    Each year the best projects to start in that year are chosen by the same objective over all years, with
    what was chosen before fixed, inside the same limits: what is not spent is carried on, but nothing is
    saved for what is to come, since it is not looked at.
    """
    chosen, closer = _required(inputs), _closer(inputs, decisions=len(inputs.years))
    for year in inputs.years:
        now = _only_in(closer, year, chosen=chosen)
        found = optimise(now, start=chosen, progress=progress).starts
        chosen = found[found <= year].combine_first(chosen).astype("int64")
    return chosen.rename("start").rename_axis("project").sort_index()


def sector_by_sector(inputs: Inputs, *, progress: Progress = silent) -> pd.Series:
    """Starts that each sector chooses alone with its share of money, land and staff.

    A sector's share of a limit of a county is what its projects on offer there would use of it, over what
    all of them would; grants of the city are shared by what they would use of all money. A sector knows
    its own projects only: what needs a project of another one is lost to it. Shares add up to 1, so that
    all sectors together keep every limit.
    """
    sectors = sorted(inputs.offer.projects["sector"].unique())
    parts, closer = [], _closer(inputs, decisions=len(sectors))
    for sector in sectors:
        mine = of_sector(closer, sector)
        if len(mine.offer.projects):
            parts.append(optimise(mine, progress=progress).starts)
    together = pd.concat(parts) if parts else _required(inputs)
    return together.astype("int64").rename("start").rename_axis("project").sort_index()


RIVALS: Final[Mapping[str, Callable[..., pd.Series]]] = {
    "greedy": greedy,
    "year-by-year": year_by_year,
    "sector-by-sector": sector_by_sector,
}
"""Ways to make a plan without deciding on everything at once, by name."""


def outcome_of(inputs: Inputs, starts: pd.Series, *, seconds: float = 0.0) -> Outcome:
    """Read a plan back: what it promises, what it costs, and the rules that it breaks."""
    promise, measures = delivered(inputs, starts)
    accounts = financing(inputs, starts)
    served = promise.served
    last = served.loc[served["year"] == inputs.years[-1], "added"].sum()
    nothing = pd.DataFrame()
    plan = Plan(starts, promise.indices, served, accounts, nothing, _unproven(inputs, measures))
    return Outcome(
        starts=starts,
        measures=measures,
        served=float(last),
        capital_wan=float(accounts.loc[accounts["item"] == "capital", "amount"].sum()),
        broken=tuple(broken_rules(inputs, plan)),
        seconds=seconds,
    )


def _unproven(inputs: Inputs, measures: pd.Series) -> Certificate:
    """The certificate of a plan of which nothing is proven."""
    return Certificate(
        objective=float(measures["coordination"]),
        bound=np.inf,
        tangent_error=0.0,
        baseline=np.nan,
        status="unproven",
        gap_asked=np.inf,
        rows=0,
        variables=0,
        candidates=len(inputs.offer.projects),
        solver=solver_version(),
    )


def _closer(inputs: Inputs, *, decisions: int) -> Inputs:
    """The same inputs to be solved more closely, in their share of the time."""
    solver = inputs.scenario.solver
    change = {"gap": solver.gap * CLOSER, "seconds": solver.seconds / max(decisions, 1)}
    scenario = inputs.scenario.model_copy(update={"solver": solver.model_copy(update=change)})
    return replace(inputs, scenario=scenario)


def _required(inputs: Inputs) -> pd.Series:
    """Starts that the scenario asks for."""
    years = {pin.project: pin.year for pin in required_starts(inputs.scenario)}
    return pd.Series(years, dtype="int64", name="start").rename_axis("project")


def _only_in(inputs: Inputs, year: int, *, chosen: pd.Series) -> Inputs:
    """The same inputs where only one year is open, and what was chosen before is fixed."""
    projects = inputs.offer.projects
    first, last = start_bounds(projects, inputs.years)
    fixed = projects["project"].map(chosen).to_numpy(dtype=np.float64)  # NaN where it is not chosen
    kept = ~np.isnan(fixed) | ((first <= year) & (year <= last))
    start = np.where(np.isnan(fixed), year, fixed)[kept].astype(np.int64)
    # What requires a project that cannot start now cannot either.
    offer = _closed(inputs.offer.of(projects.loc[kept, "project"]))
    table = pd.Series(start, index=projects.loc[kept, "project"]).reindex(offer.projects["project"])
    offer = replace(offer, projects=offer.projects.assign(earliest=table.to_numpy(), latest=table.to_numpy()))
    committed = {one.project for one in inputs.scenario.committed}
    pinned = tuple(
        Pin(project=str(name), year=int(when)) for name, when in chosen.items() if name not in committed
    )
    return replace(inputs, offer=offer, scenario=inputs.scenario.model_copy(update={"pinned": pinned}))


def of_sector(inputs: Inputs, sector: str) -> Inputs:
    """The inputs as one sector sees them: its projects and its share of every limit.

    Its share of a limit of a county is what its projects there would use of it, over what all would.
    """
    projects = inputs.offer.projects
    mine = projects.loc[projects["sector"] == sector, "project"]
    offer = _closed(inputs.offer.of(mine))
    limits = inputs.offer.limits.assign(
        amount=inputs.offer.limits["amount"].to_numpy() * _shares(inputs.offer, set(mine), inputs=inputs)
    )
    scenario = inputs.scenario
    names = set(offer.projects["project"])
    kept = {
        "pinned": tuple(pin for pin in scenario.pinned if pin.project in names),
        "committed": tuple(one for one in scenario.committed if one.project in names),
    }
    return replace(inputs, offer=replace(offer, limits=limits), scenario=scenario.model_copy(update=kept))


def _shares(offer: Offer, mine: set[str], *, inputs: Inputs) -> Floats:
    """Share of each limit that goes to some projects: what they would use of it over what all would."""
    entries, span = offer.entries, len(inputs.years)
    used = entries[entries["ledger"].isin(["money", "land", "staff"]) & (entries["amount"] > 0)]
    until = np.where(used["until"] == FOREVER, span - 1, used["until"])
    years = np.clip(until - used["since"].to_numpy() + 1, 1, span)
    # Land and staff are stocks, money is paid every year.
    weight = used["amount"].to_numpy() * np.where(used["ledger"] == "money", years, 1)
    table = pd.DataFrame(
        {
            "ledger": used["ledger"].to_numpy(),
            "unit": used["unit"].to_numpy(),
            "key": np.where(used["ledger"] == "money", "", used["key"]),
            "all": weight,
            "mine": np.where(used["project"].isin(list(mine)), weight, 0.0),
        }
    )
    limits = offer.limits
    keys = ["ledger", "unit", "key"]
    sums = table.groupby(keys)[["all", "mine"]].sum()
    key = np.where(limits["ledger"] == "money", "", limits["key"])
    at = pd.MultiIndex.from_frame(limits[["ledger", "unit"]].assign(key=key))
    share = (sums["mine"] / sums["all"]).reindex(at).to_numpy()
    whole = table.loc[table["ledger"] == "money", ["all", "mine"]].sum()
    city = (limits["ledger"] == "money") & (limits["key"] == "pool")
    share = np.where(city, whole["mine"] / whole["all"] if whole["all"] > 0 else 0.0, share)
    # Where no project uses a limit, nobody needs a share; what projects free is theirs to use.
    return np.asarray(np.nan_to_num(share, nan=0.0), dtype=np.float64)


def _closed(offer: Offer) -> Offer:
    """Drop what requires a project that is not there."""
    while True:
        projects = offer.projects
        lost = (projects["requires"] != "") & ~projects["requires"].isin(projects["project"])
        if not lost.any():
            return offer
        offer = offer.of(projects.loc[~lost, "project"])
