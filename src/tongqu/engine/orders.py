"""What a scenario says of single projects, put into the offer: edits, commitments, the first open year.

The result is an offer like any other, so that the model, the simulation and the report need not know of it:
known costs stand in the entries, a committed project can start in its year only, and nothing else starts
before the plan decides. What the past has used, it may use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import FOREVER, Commitment, Edit, Offer, Pin, Scenario
from tongqu.contracts.offer import ENTRY_COLUMNS
from tongqu.engine.past import settle_past, wrong_bookings

__all__ = ["apply", "first_start", "required_starts", "wanted", "wrong_orders"]

CAPITAL, RUNNING = "capital", "running"


def apply(offer: Offer, scenario: Scenario, *, interest: float = 0.0) -> Offer:
    """Give the offer with a scenario's edits, commitments and first open year in it.

    Parameters
    ----------
    offer : Offer
        What the sectors offer, with their limits.
    interest : float
        Interest on debt, a share a year: what was borrowed in the past costs it.

    Returns
    -------
    Offer
        Edited costs and years; every committed project with its year as the only one, what it requires
        dropped where the past has passed over that; every other project no earlier than
        ``scenario.decided_from``; limits raised to what commitments use, where they use more, and the money
        of past years as commitments were paid from it.

    Notes
    -----
    A commitment ``k`` years before the first year of the plan becomes a start in the first year with every
    entry ``k`` years younger: the same amounts in the same years, from the first year on.

    Raises
    ------
    ScenarioError
        With every edit or commitment that cannot be: unknown project, twice, banned and committed, years
        that exclude one another, a commitment that starts after the plan.
    """
    orders = (*scenario.edits, *scenario.committed, *scenario.booked, *scenario.keeping.promises)
    if not orders and scenario.from_year is None:
        return offer
    if problems := wrong_orders(offer, scenario):
        raise ScenarioError(problems)
    made = _with_costs(offer, scenario.edits, scenario.committed)
    made = replace(made, projects=_years(made.projects, scenario))
    if scenario.committed:
        made = _committed(made, scenario)
    return settle_past(made, scenario, starts=_starts(scenario), interest=interest)


def wrong_orders(offer: Offer, scenario: Scenario) -> list[Problem]:
    """Edits, commitments, bookings and promises that cannot be: see `apply`."""
    return [
        *_twice([one.project for one in scenario.keeping.promises]),
        *_wrong_edits(offer, scenario),
        *_wrong_commitments(offer, scenario),
        *wrong_bookings(offer, scenario),
    ]


def first_start(commitment: Commitment, scenario: Scenario) -> int:
    """The year of the plan in which a commitment stands: its own, or the first for one that is older."""
    return max(commitment.year, scenario.first_year)


def required_starts(scenario: Scenario) -> tuple[Pin, ...]:
    """Starts that a plan must have: those pinned and those committed, in years of the plan.

    Examples
    --------
    >>> old = Commitment(project="a", year=2024, status="built")
    >>> [(pin.project, pin.year) for pin in required_starts(Scenario(committed=(old,)))]
    [('a', 2026)]
    """
    committed = (
        Pin(project=one.project, year=first_start(one, scenario), why=one.why) for one in scenario.committed
    )
    return (*scenario.pinned, *committed)


def wanted(scenario: Scenario) -> frozenset[str]:
    """Projects that must stay on offer though they may better nothing: pinned, committed, promised."""
    promised = [one.project for one in scenario.keeping.promises] if scenario.keeping.price > 0 else []
    return frozenset([*(pin.project for pin in required_starts(scenario)), *promised])


def _starts(scenario: Scenario) -> pd.Series:
    years = {one.project: first_start(one, scenario) for one in scenario.committed}
    return pd.Series(years, dtype="int64", name="start").rename_axis("project")


def _wrong_edits(offer: Offer, scenario: Scenario) -> list[Problem]:
    known = offer.projects.set_index("project")
    earliest, latest = known["earliest"].to_dict(), known["latest"].to_dict()
    named = [edit.project for edit in scenario.edits]
    problems = _names(named, known.index, table="edits", twice="edited twice")
    for number, edit in enumerate(scenario.edits):
        if edit.project not in known.index:
            continue
        first = int(earliest[edit.project]) if edit.earliest is None else edit.earliest
        last = int(latest[edit.project]) if edit.latest is None else edit.latest
        if first > 0 and 0 < last < first:
            problems.append(
                Problem(
                    rule=f"the latest year {last} is before the earliest {first}",
                    mend="give both years in order",
                    file="scenario",
                    column=f"edits[{number}]",
                    value=edit.project,
                )
            )
    return problems


def _wrong_commitments(offer: Offer, scenario: Scenario) -> list[Problem]:
    known = offer.projects.set_index("project")
    named = [one.project for one in scenario.committed]
    problems = _names(named, known.index, table="committed", twice="committed twice")
    pinned = {pin.project for pin in scenario.pinned}
    for number, one in enumerate(scenario.committed):
        found: list[tuple[str, str]] = []
        if one.project in scenario.banned:
            found.append(("both committed and banned", "take one of them out"))
        if one.project in pinned:
            found.append(("both committed and pinned", "take one of them out"))
        if one.year > scenario.last_year:
            found.append(("it starts after the plan", "give the plan a later last year, or take it out"))
        if one.status == "built" and one.year > scenario.decided_from:
            found.append(("built, but it starts in a year to come", "call it contracted"))
        problems += [
            Problem(
                rule=rule,
                mend=mend,
                file="scenario",
                column=f"committed[{number}]",
                value=f"{one.project} in {one.year}",
            )
            for rule, mend in found
        ]
    return problems


def _twice(promised: Sequence[str]) -> list[Problem]:
    """Promises of the same project; that it is no longer on offer is no mistake."""
    return [
        Problem(
            rule="promised twice",
            mend="promise each project once",
            file="scenario",
            column=f"keeping.promises[{number}].project",
            value=project,
        )
        for number, project in enumerate(promised)
        if project in promised[:number]
    ]


def _names(named: Sequence[str], known: pd.Index, *, table: str, twice: str) -> list[Problem]:
    """Projects that are not on offer or come twice."""
    problems, seen = [], set()
    for number, project in enumerate(named):
        rule = "not on offer" if project not in known else twice if project in seen else ""
        seen.add(project)
        if rule:
            mend = "use codes of the offer, each once"
            column = f"{table}[{number}].project"
            problems.append(Problem(rule, mend=mend, file="scenario", column=column, value=project))
    return problems


def _with_costs(offer: Offer, edits: Iterable[Edit], committed: Iterable[Commitment]) -> Offer:
    """Known costs in the table and, in the same proportion, in every money entry."""
    projects, entries = offer.projects.copy(), offer.entries
    at = pd.Series(projects.index, index=projects["project"])
    costs = [(one.project, key, cost) for one in edits for key, cost in _costs(one)]
    costs += [(one.project, CAPITAL, one.capital_wan) for one in committed if one.capital_wan is not None]
    for project, key, cost in costs:
        where = at[project]
        entries = _scaled(entries, projects.loc[where], key=key, cost=cost)
        projects.loc[where, f"{key}_wan"] = cost
    return replace(offer, projects=projects, entries=entries)


def _costs(edit: Edit) -> list[tuple[str, float]]:
    """Costs that an edit gives."""
    given = ((CAPITAL, edit.capital_wan), (RUNNING, edit.running_wan))
    return [(key, cost) for key, cost in given if cost is not None]


def _scaled(entries: pd.DataFrame, project: pd.Series, *, key: str, cost: float) -> pd.DataFrame:
    """Money entries of a project times what it costs over what it was to cost; new ones where it was free."""
    mine = (
        (entries["project"] == project["project"]) & (entries["ledger"] == "money") & (entries["key"] == key)
    )
    before = float(project[f"{key}_wan"])
    if mine.any() and before != 0:
        amount = entries["amount"].where(~mine, entries["amount"] * (cost / before))
        return entries.assign(amount=amount)
    lead = int(project["lead"])
    since = np.arange(max(lead, 1)) if key == CAPITAL else np.array([lead])
    made = pd.DataFrame(
        {
            "project": project["project"],
            "ledger": "money",
            "unit": project["county"],
            "key": key,
            "since": since,
            "until": since if key == CAPITAL else FOREVER,
            "amount": cost / len(since),
        }
    ).astype(dict(ENTRY_COLUMNS))
    kept: pd.DataFrame = entries[~mine]
    return pd.concat([kept, made[made["amount"] != 0]], ignore_index=True)


def _years(projects: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Earliest and latest years as edited, nothing before the first open year; commitments in their year."""
    table = projects.set_index("project", drop=False)
    first = {one.project: one.earliest for one in scenario.edits if one.earliest is not None}
    last = {one.project: one.latest for one in scenario.edits if one.latest is not None}
    earliest, latest = (
        pd.Series(table.index.map(known), index=table.index).fillna(table[name]).astype("int64")
        for name, known in (("earliest", first), ("latest", last))
    )
    if scenario.from_year is not None:
        earliest = earliest.clip(lower=scenario.from_year)
    committed = _starts(scenario)
    earliest[committed.index] = committed
    latest[committed.index] = committed
    return projects.assign(earliest=earliest.to_numpy(), latest=latest.to_numpy())


def _committed(offer: Offer, scenario: Scenario) -> Offer:
    """Commitments older than the plan, and what they require and exclude where the past passed over it."""
    table = offer.projects.set_index("project", drop=False)
    younger = pd.Series(
        {one.project: scenario.first_year - one.year for one in scenario.committed}, dtype="int64"
    ).clip(lower=0)
    entries = _younger(offer.entries, younger[younger > 0])
    lead = table["lead"].sub(younger.reindex(table.index).fillna(0)).clip(lower=0).astype("int64")
    opens = _starts(scenario) + lead.reindex(_starts(scenario).index)
    begun = [one.project for one in scenario.committed if one.year < scenario.decided_from]
    needs = table["requires"].copy()
    needed = opens.reindex(needs[begun]).to_numpy()  # NaN where it is not committed
    passed = ~(needed <= opens[begun].to_numpy()) & (needs[begun] != "").to_numpy()
    needs[[name for name, gone in zip(begun, passed, strict=True) if gone]] = ""
    group = table["group"].copy()
    mine = group[begun]
    group[mine.index[(mine != "") & mine.duplicated()]] = ""
    projects = offer.projects.assign(lead=lead.to_numpy(), requires=needs.to_numpy(), group=group.to_numpy())
    return replace(offer, projects=projects, entries=entries)


def _younger(entries: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """Entries of projects that were started so many years before the plan, as if in its first year."""
    back = entries["project"].map(years).fillna(0).to_numpy(dtype=np.int64)
    if not back.any():
        return entries
    lasting = (entries["until"] == FOREVER).to_numpy()
    until = np.where(lasting, FOREVER, entries["until"].to_numpy() - back)
    since = np.maximum(entries["since"].to_numpy() - back, 0)
    kept = lasting | (until >= 0)
    return entries.assign(since=since, until=until)[kept].reset_index(drop=True)
