"""From what was reported to the scenario and the region of a new plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import Booked, Commitment, Edit, Keeping, Promised, Run, Scenario
from tongqu.data import Region, raw_table, validate_tables
from tongqu.workflow.monitor.beside import Monitoring

__all__ = ["SOURCE", "region_with", "scenario_with"]

SOURCE: Final = "actuals"
"""Source of figures that a user has reported."""
BETWEEN: Final = "actuals:between"
"""Source of accounts of years that nobody has reported, between two that are known."""
REVENUES: Final = ("account.own_revenue", "account.transfers")
"""What the plan's own money in a year is a share of."""


def scenario_with(found: Monitoring, scenario: Scenario, *, from_year: int, price: float) -> Scenario:
    """The scenario of a new plan that decides from a year on.

    The years stay. What is built or contracted is committed, what was given up is banned, known costs replace
    those on offer, the money of past years is booked, and every other promise has its price.

    Raises
    ------
    ScenarioError
        If the year is not one that the plan can decide from.
    """
    if not scenario.decided_from <= from_year <= scenario.last_year:
        mend = f"give a year from {scenario.decided_from} to {scenario.last_year}"
        raise ScenarioError(
            [Problem("not a year of the plan", mend=mend, column="from_year", value=str(from_year))]
        )
    committed = _commitments(found, scenario)
    gone = set(found.projects.loc[found.projects["state"] == "dropped", "project"])
    names = {one.project for one in committed}
    decisions = found.run["results/decisions"]
    promises = tuple(
        Promised(project=str(project), year=int(start))
        for project, start in zip(decisions["project"], decisions["start"], strict=True)
        if project not in names and project not in gone
    )
    changes: dict[str, Any] = {
        "name": f"{scenario.name}-{from_year}",
        "title_zh": f"{scenario.title_zh}（{from_year} 年起重排）",
        "title_en": f"{scenario.title_en}, again from {from_year}",
        "from_year": from_year,
        "committed": committed,
        "banned": tuple(
            dict.fromkeys([*(name for name in scenario.banned if name not in names), *sorted(gone)])
        ),
        "pinned": tuple(
            pin for pin in scenario.pinned if pin.year >= from_year and pin.project not in names | gone
        ),
        "edits": _edits(found, scenario, known=names),
        "booked": _booked(found, scenario, from_year=from_year),
        "keeping": Keeping(promises=promises, price=price),
    }
    return Scenario.model_validate({**scenario.model_dump(), **{k: _dumped(v) for k, v in changes.items()}})


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_dumped(one) for one in value]
    return value.model_dump() if hasattr(value, "model_dump") else value


def _commitments(found: Monitoring, scenario: Scenario) -> tuple[Commitment, ...]:
    """Commitments so far, and those reported, which replace them."""
    table = found.projects
    gone = set(table.loc[table["state"] == "dropped", "project"])
    made = {one.project: one for one in scenario.committed if one.project not in gone}
    begun = table[table["state"].isin(["contracted", "built"])]
    known = found.actuals.projects.set_index("project")["capital_wan"]
    for project, state, start, note in begun[["project", "state", "start", "note"]].itertuples(index=False):
        cost = float(known.get(project, np.nan))
        before = made.get(project)
        made[project] = Commitment(
            project=project,
            year=int(start),
            status=state,
            capital_wan=(before.capital_wan if before else None) if np.isnan(cost) else cost,
            why=note or (before.why if before else ""),
        )
    return tuple(made[name] for name in sorted(made))


def _edits(found: Monitoring, scenario: Scenario, *, known: set[str]) -> tuple[Edit, ...]:
    """Edits so far, with the costs reported: capital of what is not begun, running cost of anything."""
    made = {one.project: one for one in scenario.edits}
    for row in found.actuals.projects.to_dict("records"):
        project = str(row["project"])
        if row["state"] == "dropped":
            made.pop(project, None)
            continue
        costs = {
            name: float(row[name])
            for name in ("capital_wan", "running_wan")
            if not np.isnan(row[name]) and not (name == "capital_wan" and project in known)
        }
        if costs:
            why = {"why": row["note"]} if row["note"] else {}
            before = made.get(project, Edit(project=project))
            made[project] = before.model_copy(update={**costs, **why})
    return tuple(made[name] for name in sorted(made))


def _booked(found: Monitoring, scenario: Scenario, *, from_year: int) -> tuple[Booked, ...]:
    """Money of the past years as the earlier plan had it, or as it was reported."""
    accounts = found.run["results/accounts"]
    wide = accounts.pivot_table(index=["unit", "year"], columns="item", values="amount", aggfunc="sum")
    wide = wide.reindex(columns=["room", "grant", "debt"]).fillna(0.0)
    reported = found.figures.set_index(["variable", "unit", "year"])["actual"].to_dict()
    before = {(one.county, one.year): one for one in scenario.booked}
    rows = []
    for county in found.run.region.level("county").index:
        for year in range(scenario.first_year, from_year):
            planned = wide.loc[(county, year)]
            known = before.get((county, year))

            def money(item: str, usual: float, *, place: tuple[str, int] = (county, year)) -> float:
                return round(max(float(reported.get((f"money.{item}", *place), usual)), 0.0), 4)

            room, grant, debt = (float(planned[item]) for item in ("room", "grant", "debt"))
            if known is not None:  # the accounts of a year that was past before hold grants in the room
                grant, debt = known.grant_wan, known.debt_wan
                room = room - grant if known.room_wan is None else known.room_wan
            own = [float(reported.get((name, county, year), np.nan)) for name in REVENUES]
            if not np.isnan(own).any():
                room = sum(own) * scenario.limits.capital_share * scenario.limits.money_factor
            rows.append(
                Booked(
                    county=str(county),
                    year=year,
                    room_wan=money("room", room),
                    grant_wan=money("grant", grant),
                    debt_wan=money("debt", debt),
                )
            )
    return tuple(rows)


def region_with(found: Monitoring) -> Region:
    """The region with reported figures in the tables that its forecast starts from.

    Only figures marked as followed go in: items of accounts that every county reports for the same latest
    year, and variables that indicators observe. They have a source of their own.
    """
    region, figures = found.run.region, found.figures
    tables = dict(region.tables)
    into = (
        ("accounts", "accounts", "item", "amount_wan"),
        ("observations", "observations", "variable", "value"),
    )
    changed = False
    for table, follows, name, amount in into:
        mine = figures[figures["follows"] == follows]
        if mine.empty:
            continue
        rows = pd.DataFrame(
            {
                "unit": mine["unit"],
                "year": mine["year"],
                name: mine["variable"].str.removeprefix("account."),
                amount: mine["actual"],
                "modelled": False,
                "source": SOURCE,
            }
        )
        if table == "accounts":
            rows = pd.concat([_between(tables[table], rows), rows], ignore_index=True)
        tables[table] = _put(tables[table], rows, keys=["unit", "year", name])
        changed = True
    if not changed:
        return region
    titles = {
        SOURCE: ("Figures reported while the plan was monitored", "observed"),
        BETWEEN: ("Straight line between two known years of accounts", "modelled"),
    }
    new = [
        {"source": source, "title": title, "kind": kind, "licence": "own", "share_alike": False}
        for source, (title, kind) in titles.items()
        if source not in set(tables["sources"]["source"])
    ]
    tables["sources"] = _put(tables["sources"], pd.DataFrame(new), keys=["source"])
    # The same door as for files: what was reported may contradict what is known, such as a debt limit.
    own = {name: raw_table(table, file=name) for name, table in tables.items() if name not in region.provided}
    return replace(region, tables=validate_tables(own, bbox=region.bbox))


def _between(accounts: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Items of the years between the latest account and the reported one, on a straight line; modelled."""
    keys = ["unit", "item"]
    latest = accounts.sort_values("year").drop_duplicates(keys, keep="last").set_index(keys)
    made = []
    for row in rows.to_dict("records"):
        if (row["unit"], row["item"]) not in latest.index:
            continue
        known = latest.loc[(row["unit"], row["item"])]
        first, last = int(known["year"]), int(row["year"])
        for year in range(first + 1, last):
            part = (year - first) / (last - first)
            amount = known["amount_wan"] * (1 - part) + row["amount_wan"] * part
            made.append({**row, "year": year, "amount_wan": amount, "modelled": True, "source": BETWEEN})
    return pd.DataFrame(made, columns=list(rows.columns))


def _put(table: pd.DataFrame, rows: pd.DataFrame, *, keys: list[str]) -> pd.DataFrame:
    """A table with rows put in, in key order; a row of the same key is replaced."""
    if rows.empty:
        return table
    made = rows.reindex(columns=table.columns).astype(table.dtypes.to_dict())
    together = pd.concat([table, made], ignore_index=True)
    kept = together.drop_duplicates(keys, keep="last")
    return kept.sort_values(keys, kind="stable", ignore_index=True)


def earlier_decisions(run: Run) -> pd.DataFrame:
    """Starts and costs of a run's decisions, by project."""
    return run["results/decisions"].set_index("project")[["start", "capital_wan"]]
