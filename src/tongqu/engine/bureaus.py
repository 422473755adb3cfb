"""One sector's view: what its bureau would plan alone, and what the joint plan makes of it and why.

Alone, the bureau knows its own projects and has its share of money, land and staff, as in
`tongqu.engine.rivals.sector_by_sector`. Each project that the joint plan adds, drops or moves has one reason,
counted from the ledgers at the prices of the joint plan; nothing is optimised for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, silent
from tongqu.engine.explain import credits_of, takes
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.rivals import of_sector
from tongqu.engine.worth import Worth

__all__ = ["CHANGES", "WHY", "Bureau", "bureau_view"]

CHANGES: Final = ("kept", "earlier", "later", "added", "dropped")
"""What the joint plan makes of a project of the bureau's own plan, or adds to it."""

WHY: Final = ("partner", "required", "money", "others", "dear", "close", "")
"""Reasons: a partner or a required project of another sector is there; there is more money than the bureau's
share; others serve the people already; it is worth less than what it takes from others; nearly as good either
way; none for what is kept."""

MOSTLY: Final = 0.05
"""Share of the people credited up to which nobody is left who depends on the project alone."""


@dataclass(frozen=True, eq=False)
class Bureau:
    """What a bureau plans alone and what the joint plan makes of it.

    Parameters
    ----------
    sector : str
    alone : Plan
        The bureau's own plan with its share of every limit, proven within its own gap.
    projects : DataFrame
        ``project, change, alone, joint, why, by, credited, depends, gain, value``: years of the first payment
        (missing where not built), reason, the project that the reason names, people in need whom the project
        credits in the last year and those of them whom nothing else in the joint plan would, what it would
        add to the goal besides the joint plan (NaN where it is in it, or the goal is not coordination) and
        what it takes from limits at their prices, in the unit of the goal.
    services : DataFrame
        ``service, alone, joint``: people newly served in the last year by all that either plan builds.
    money : DataFrame
        ``unit, year, share, alone, joint``: 万元: the bureau's share of own money and grants, and what its
        projects pay in either plan.
    """

    sector: str
    alone: Plan
    projects: pd.DataFrame
    services: pd.DataFrame
    money: pd.DataFrame


def bureau_view(inputs: Inputs, plan: Plan, *, sector: str, progress: Progress = silent) -> Bureau:
    """Plan for one sector alone and set it beside the joint plan.

    Parameters
    ----------
    inputs : Inputs
        Those of the joint plan.
    plan : Plan
        The joint plan.
    sector : str
        A sector that offers projects.

    Raises
    ------
    InfeasibleError
        If the sector alone cannot keep the floors.
    ValueError
        If the sector offers no project.
    """
    projects = inputs.offer.projects
    mine = projects.loc[projects["sector"] == sector, "project"]
    if mine.empty:
        raise ValueError(f"the sector {sector} offers no project")
    own = of_sector(inputs, sector)
    # The promises that others must keep are not the bureau's.
    loose = {"floors": (), "bounds": (), "objective": inputs.scenario.objective}
    own = replace(own, scenario=own.scenario.model_copy(update=loose))
    alone = optimise(own, progress=progress)
    table = _changes(alone.starts, plan.starts[plan.starts.index.isin(mine)])
    return Bureau(
        sector,
        alone,
        _with_reasons(inputs, plan, alone, table),
        _services(inputs, alone, plan, sector),
        _money(inputs, own, alone, plan),
    )


def _changes(alone: pd.Series, joint: pd.Series) -> pd.DataFrame:
    """``project, change, alone, joint`` for each project of either plan."""
    names = alone.index.union(joint.index)
    before, after = alone.reindex(names).astype("Int64"), joint.reindex(names).astype("Int64")
    change = np.select(
        [before.isna(), after.isna(), (after < before).fillna(False), (after > before).fillna(False)],
        ["added", "dropped", "earlier", "later"],
        "kept",
    )
    frame = {"project": names, "change": change, "alone": before.to_numpy(), "joint": after.to_numpy()}
    return pd.DataFrame(frame)


def _with_reasons(inputs: Inputs, plan: Plan, alone: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Each change with its reason, the people that it is about, and its worth at the joint plan's prices."""
    dropped = table.loc[table["change"] == "dropped"].set_index("project")["alone"].astype("int64")
    both = {**plan.starts.to_dict(), **dropped.to_dict()}
    together = pd.Series(both, dtype="int64", name="start").rename_axis("project")
    people = _people(inputs, together, table["project"], joint=plan.starts.index)
    value = takes(inputs, together, prices=plan.prices).groupby("project")["value"].sum()
    table = table.set_index("project").join(people)
    table["gain"] = _gains(inputs, plan, dropped).reindex(table.index)
    table["value"] = value.reindex(table.index).fillna(0.0)
    links = _links(inputs, plan, alone)
    found = [
        _reason(row, links.get(str(name), ("", "")), others=str(row["others"]))
        for name, row in table.iterrows()
    ]
    table["why"], table["by"] = (list(part) for part in zip(*found, strict=True)) if found else ([], [])
    columns = ["change", "alone", "joint", "why", "by", "credited", "depends", "gain", "value"]
    rank = table["change"].map({name: number for number, name in enumerate(CHANGES)})
    order = table.assign(rank=rank).sort_values(["rank", "credited"], ascending=[False, False], kind="stable")
    return order[columns].rename_axis("project").reset_index()


def _reason(row: pd.Series, link: tuple[str, str], *, others: str) -> tuple[str, str]:
    """The reason of one change and the project that it names."""
    change = str(row["change"])
    if change == "kept":
        return "", ""
    if change == "dropped":
        if row["credited"] > 0 and row["depends"] <= MOSTLY * row["credited"]:
            return "others", others
        if not np.isnan(row["gain"]) and row["gain"] >= row["value"]:
            return "close", ""
        return "dear", ""
    if link[0]:
        return link
    return ("money", "") if change in ("added", "earlier") else ("dear", "")


def _people(inputs: Inputs, starts: pd.Series, names: pd.Series, *, joint: pd.Index) -> pd.DataFrame:
    """Give columns ``credited, depends`` (people) and ``others``: who else serves most of them."""
    place = ["service", "unit"]
    options = credits_of(inputs, starts.index)
    firsts = options.rename(columns={"first": "project"})
    seconds = options[options["first"] != options["second"]].rename(columns={"second": "project"})
    columns = [*place, "project", "amount"]
    members = pd.concat([firsts[columns], seconds[columns]])
    members = members.groupby([*place, "project"], sort=True)["amount"].sum().reset_index()
    last = {service: inputs.unmet(str(service)).iloc[:, -1] for service in members["service"].unique()}
    lacking = [last[s].get(u, 0.0) for s, u in zip(members["service"], members["unit"], strict=True)]
    members["people"] = np.asarray(lacking, dtype=np.float64)
    members["credited"] = members["people"] * members["amount"].clip(upper=1.0)
    inside = options["first"].isin(joint) & options["second"].isin(joint)
    every = options[inside].groupby(place)["amount"].sum()
    total = every.reindex(pd.MultiIndex.from_frame(members[place]), fill_value=0.0).to_numpy()
    own = np.where(members["project"].isin(joint), members["amount"], 0.0)
    rest = np.clip(total - own, 0.0, 1.0)
    members["depends"] = members["people"] * (np.clip(rest + members["amount"], 0.0, 1.0) - rest)
    mine = members[members["project"].isin(names)]
    sums = mine.groupby("project")[["credited", "depends"]].sum().reindex(names).fillna(0.0)
    sums["others"] = _who_else(members[members["project"].isin(joint)], mine).reindex(sums.index).fillna("")
    return sums


def _who_else(members: pd.DataFrame, mine: pd.DataFrame) -> pd.Series:
    """Of each project the other one that credits the most of the same people."""
    both = mine[["service", "unit", "project"]].merge(
        members[["service", "unit", "project", "credited"]], on=["service", "unit"], suffixes=("", "_other")
    )
    both = both[both["project"] != both["project_other"]]
    sums = both.groupby(["project", "project_other"])["credited"].sum().reset_index()
    best = sums.sort_values(["project", "credited", "project_other"], ascending=[True, False, True])
    return best.drop_duplicates("project").set_index("project")["project_other"].astype("str")


def _gains(inputs: Inputs, plan: Plan, dropped: pd.Series) -> pd.Series:
    """What each dropped project would add to mean log D besides the joint plan; NaN for another goal."""
    if inputs.scenario.objective != "coordination" or dropped.empty:
        return pd.Series(np.nan, index=dropped.index)
    worth = Worth(inputs)
    first = inputs.years[0]
    chosen = {worth.number[str(name)]: int(year) - first for name, year in plan.starts.items()}
    worth.take(chosen, {})
    found = {
        name: worth.added({worth.number[str(name)]: int(year) - first}, chosen)
        for name, year in dropped.items()
    }
    return pd.Series(found, dtype="float64")


def _links(inputs: Inputs, plan: Plan, alone: Plan) -> dict[str, tuple[str, str]]:
    """Projects of the joint plan that need one of another sector: the reason and that project."""
    projects = inputs.offer.projects.set_index("project")
    sector = projects["sector"]
    built = plan.starts.index
    mine = projects[projects.index.isin(built) & (projects["requires"] != "")]
    mine = mine[mine["requires"].map(sector) != mine["sector"]]
    found = {str(name): ("required", str(other)) for name, other in mine["requires"].items()}
    pairs = inputs.offer.pairs
    pairs = pairs[pairs["first"].isin(built) & pairs["second"].isin(built)]
    for one, two in (("first", "second"), ("second", "first")):
        other = pairs[pairs[one].map(sector) != pairs[two].map(sector)]
        count = other.groupby([one, two])["amount"].sum().reset_index()
        count = count.sort_values([one, "amount", two], ascending=[True, False, True]).drop_duplicates(one)
        for name, partner in zip(count[one], count[two], strict=True):
            if str(name) not in alone.starts.index:
                found.setdefault(str(name), ("partner", str(partner)))
    return found


def _services(inputs: Inputs, alone: Plan, plan: Plan, sector: str) -> pd.DataFrame:
    """People newly served in the last year, of the services that the sector's projects credit."""
    projects, last = inputs.offer.projects, inputs.years[-1]
    mine = projects.loc[projects["sector"] == sector, "project"]
    keys = sorted(credits_of(inputs, mine)["service"].unique())
    sums = [
        one.served[one.served["year"] == last].groupby("service")["added"].sum().reindex(keys, fill_value=0.0)
        for one in (alone, plan)
    ]
    return pd.DataFrame({"service": keys, "alone": sums[0].to_numpy(), "joint": sums[1].to_numpy()})


def _money(inputs: Inputs, own: Inputs, alone: Plan, plan: Plan) -> pd.DataFrame:
    """The sector's share of money by county and year, and what its projects pay in either plan."""
    limits = own.offer.limits
    room = limits[(limits["ledger"] == "money") & (limits["key"] == "room")]
    share = room.groupby(["unit", "year"])["amount"].sum()
    mine = own.offer.projects["project"]
    paid = []
    for one in (alone, plan):
        starts = one.starts[one.starts.index.isin(mine)]
        used = takes(inputs, starts, prices=plan.prices)
        used = used[used["limit"] == "money"]
        paid.append(used.groupby(["unit", "year"])["amount"].sum())
    cells = pd.MultiIndex.from_product([inputs.counties, inputs.years], names=["unit", "year"])
    frame = {
        "share": share.reindex(cells).to_numpy(),
        "alone": paid[0].reindex(cells, fill_value=0.0).to_numpy(),
        "joint": paid[1].reindex(cells, fill_value=0.0).to_numpy(),
    }
    return pd.DataFrame(frame, index=cells).reset_index()
