"""Tables of why: what projects bring and take, what is lost without them, what a village costs others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
import pandas as pd

from tongqu.contracts import ledger_of
from tongqu.engine.explain import brought, promised_scores, reach, takes, unserved
from tongqu.engine.outside import Outside, new_options
from tongqu.engine.prices import prices_of
from tongqu.engine.promise import promise_of
from tongqu.engine.resolve import Answer, Resolver
from tongqu.engine.thresholds import Threshold

__all__ = [
    "ASKED",
    "CHANGED",
    "LOSS",
    "LOSSES",
    "PEOPLE",
    "VILLAGES",
    "Thresholds",
    "changed_people",
    "changed_projects",
    "limit_table",
    "loss_row",
    "project_tables",
    "stacked",
    "village_row",
]

Thresholds: TypeAlias = tuple[Threshold | None, Threshold | None]
"""Of a village's people and of the cost of its projects."""

NOBODY: Final = 0.5
"""Persons below which a change of people served is not one."""

LOSS: Final = ("found", "least", "most", "relaxed")
"""What is said of a loss: see `Loss`."""

CHANGED: Final = {
    "question": "str",
    "case": "str",
    "project": "str",
    "change": "str",
    "before": "Int64",
    "after": "Int64",
    "capital_wan": "float64",
}
SERVED: Final = {"project": "str", "service": "str", "gained": "float64"}
GAINS: Final = {"project": "str", "indicator": "str", "unit": "str", "gain": "float64"}
PEOPLE: Final = {
    "question": "str",
    "case": "str",
    "service": "str",
    "unit": "str",
    "change": "float64",
}

LOSSES: Final = tuple(f"{case}_{name}" for case in ("without", "later") for name in LOSS)
VILLAGES: Final = (
    *("unit", "service", "county", "people", "left", "options", "state", "projects"),
    *(f"loss_{name}" for name in LOSS),
    *("cost_wan", "enough_wan", "short_wan"),
    *("more_enough", "more_short", "fall_enough_wan", "fall_short_wan"),
)
ASKED: Final = ("family", "year", "more", "price_more", "price_less", "found")


def stacked(parts: Sequence[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """Tables one below another, with their columns even where there are none."""
    kept = [part for part in parts if len(part)]
    if kept:
        return pd.concat(kept, ignore_index=True)
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def loss_row(resolver: Resolver, answer: Answer | None, *, case: str) -> dict[str, float]:
    """What a change costs, as columns of a case; NaN where no plan keeps the limits with it."""
    if answer is None:
        return {f"{case}_{name}": np.nan for name in LOSS}
    loss = resolver.loss(answer)
    return {f"{case}_{name}": float(getattr(loss, name)) for name in LOSS}


def project_tables(resolver: Resolver, projects: Sequence[str]) -> dict[str, pd.DataFrame]:
    """What projects bring and take in the plan: tables ``served``, ``places``, ``gains``, ``takes``.

    A project is looked at with those that require it: without it they could not be.
    """
    inputs, starts = resolver.inputs, resolver.plan.starts
    places = reach(inputs, starts)
    places = places[places["project"].isin(projects)]
    prices = prices_of(resolver.model, resolver.relaxation)
    used = takes(inputs, starts[starts.index.isin(projects)], prices=prices)
    full = promised_scores(inputs, starts, resolver.plan.served)
    served, gains = [], []
    for project in projects:
        less = starts[~starts.index.isin(_with_needy(resolver, project))]
        promise = promise_of(inputs, less)
        scores = promised_scores(inputs, less, promise.served)
        both = (resolver.plan.promised, promise.indices)
        parts = brought(inputs, full=full, less=scores, indices=both)
        sums = parts.groupby(["indicator", "unit"], sort=True)["gain"].sum().reset_index()
        gains.append(sums.assign(project=project))
        more = _people(resolver.plan.served, promise.served, year=inputs.years[-1])
        served.append(
            more.groupby("service")["change"].sum().rename("gained").reset_index().assign(project=project)
        )
    return {
        "served": _served(places, stacked(served, SERVED)),
        "places": places,
        "gains": stacked(gains, GAINS)[list(GAINS)],
        "takes": used.reset_index(drop=True),
    }


def _with_needy(resolver: Resolver, project: str) -> set[str]:
    """A project and all that cannot be without it."""
    projects = resolver.inputs.offer.projects
    gone = {project}
    while more := set(projects.loc[projects["requires"].isin(gone), "project"]) - gone:
        gone |= more
    return gone


def _served(places: pd.DataFrame, gained: pd.DataFrame) -> pd.DataFrame:
    """People by project and service: who can use it, who only through it, and how many more are served."""
    mine = places.assign(
        reached=places["people"] * places["share"],
        only=places["people"] * (np.minimum(places["share"] + places["others"], 1.0) - places["others"]),
    )
    sums = mine.groupby(["project", "service"], sort=True).agg(
        places=("unit", "size"), people=("reached", "sum"), only=("only", "sum")
    )
    both = sums.join(gained.set_index(["project", "service"])["gained"], how="outer").fillna(0.0)
    return both.reset_index().astype({"places": "int64"})


def _people(one: pd.DataFrame, other: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """People served in a year in the first beyond the second: ``service, unit, change``."""
    keys = ["service", "unit"]
    sums = [table[table["year"] == year].groupby(keys)["added"].sum() for table in (one, other)]
    change = sums[0].sub(sums[1], fill_value=0.0).rename("change")
    return change[change.abs() >= NOBODY].reset_index()


def changed_projects(resolver: Resolver, answer: Answer, *, question: str, case: str) -> pd.DataFrame:
    """Projects that an answer builds, drops or moves against the best plan without the change."""
    before, after = (answer.base or resolver.reference).starts, answer.starts
    names = before.index.union(after.index)
    table = pd.DataFrame(
        {"before": before.reindex(names).astype("Int64"), "after": after.reindex(names).astype("Int64")}
    )
    same = (table["before"] == table["after"]).fillna(False).astype(bool)
    table = table[~same].rename_axis("project").reset_index()
    gone, new = table["after"].isna(), table["before"].isna()
    later = (table["after"] > table["before"]).fillna(False).astype(bool)
    table["change"] = np.select([gone, new, later], ["dropped", "added", "later"], "earlier")
    capital = resolver.inputs.offer.projects.set_index("project")["capital_wan"]
    table["capital_wan"] = capital.reindex(table["project"]).to_numpy()
    order = table.sort_values(["change", "capital_wan"], ascending=[True, False], kind="stable")
    return order.assign(question=question, case=case)[list(CHANGED)].astype(CHANGED)


def changed_people(resolver: Resolver, answer: Answer, *, question: str, case: str) -> pd.DataFrame:
    """People served in the last year by service and county, against the best plan without the change."""
    year = resolver.inputs.years[-1]
    change = _people(answer.served, (answer.base or resolver.reference).served, year=year)
    return change.assign(question=question, case=case)[list(PEOPLE)].astype(PEOPLE)


def village_row(
    resolver: Resolver,
    village: tuple[str, str],
    answer: Answer | None,
    *,
    outside: Outside | None,
    thresholds: Thresholds = (None, None),
    unknown: bool = False,
) -> dict[str, object]:
    """A village that is left out: what it lacks, what serving it costs others, which single number would do.

    Parameters
    ----------
    thresholds : tuple
        Of its people and of the cost of its projects.
    """
    unit, service = village
    left = unserved(resolver.inputs, resolver.plan.starts)
    mine = left[(left["unit"] == unit) & (left["service"] == service)].iloc[0]
    row: dict[str, object] = {
        name: mine[name] for name in ("unit", "service", "county", "people", "left", "options")
    }
    row |= loss_row(resolver, answer, case="loss")
    options = [] if answer is None else sorted(new_options(resolver, answer).index)
    state = "displaces" if options else "served"
    if answer is None:
        state = "unknown" if unknown else "impossible"
    row |= {"state": state, "projects": "; ".join(options)}
    money = {"cost_wan": np.nan, "enough_wan": np.nan, "short_wan": np.nan}
    if outside is not None:
        money = {name: float(getattr(outside, name)) for name in money}
    moved = {
        f"{name}_{side}{unit_of}": np.nan if one is None else float(getattr(one, side))
        for (name, unit_of), one in zip((("more", ""), ("fall", "_wan")), thresholds, strict=True)
        for side in ("enough", "short")
    }
    return row | money | moved


def limit_table(resolver: Resolver) -> pd.DataFrame:
    """Every limit by year: what there is, what the plan uses, and what one more is worth in the relaxation.

    Returns
    -------
    DataFrame
        ``limit, unit, key, year, price, unit_of_measure, room, used``; of money ``used`` is what is paid.
    """
    inputs = resolver.inputs
    table = prices_of(resolver.model, resolver.relaxation)
    limits = inputs.offer.limits.rename(columns={"ledger": "limit"})
    money = limits["limit"] == "money"
    limits = limits.assign(limit=limits["limit"].where(~money, limits["key"].replace({"room": "money"})))
    keys = ["limit", "unit", "key", "year"]
    room = limits.groupby(keys)["amount"].sum()
    at = pd.MultiIndex.from_frame(table[keys])
    used = ledger_of(inputs.offer.entries, inputs.years, starts=resolver.plan.starts)
    used = used.rename(columns={"ledger": "limit"})
    used["key"] = used["key"].where(used["limit"] != "money", "room")
    sums = used.groupby(keys)["amount"].sum()
    owed = resolver.plan.accounts
    owed = owed[owed["item"].isin(["debt", "grant"])]
    pool = table.loc[table["limit"] == "pool", "unit"].min()
    debt = owed[owed["item"] == "debt"].assign(limit="debt", key="debt")
    grant = owed[owed["item"] == "grant"].assign(limit="pool", key="pool", unit=pool)
    sums = pd.concat([sums, *(part.groupby(keys)["amount"].sum() for part in (debt, grant))])
    return table.assign(room=room.reindex(at).to_numpy(), used=sums.reindex(at).fillna(0.0).to_numpy())
