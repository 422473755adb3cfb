"""People served: never more than the unmet demand, nor than open projects credit or have room for.

Units of a county with the same options are taken together; a service whose projects make room is placed by
shares of people, any other is covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.engine.lp import Terms
from tongqu.engine.terms import NONE, Ints, Model

__all__ = ["add_services"]


def add_services(model: Model) -> None:
    """People served: never more than the unmet demand, nor than open projects credit or have room for."""
    inputs = model.inputs
    entries, pairs = inputs.offer.entries, inputs.offer.pairs
    rooms = set(entries.loc[entries["ledger"] == "room", "key"])
    served = entries[entries["ledger"] == "served"]
    for service in sorted(set(served["key"]) | set(pairs["key"])):
        options = _options(model, served[served["key"] == service], pairs[pairs["key"] == service])
        groups = _same_options(model, options, service=service)
        if groups.people.empty:
            continue
        made = _with_room(model, service, groups) if service in rooms else _covered(model, service, groups)
        model.credits.append(made)


@dataclass(frozen=True)
class _Groups:
    """Units of a county with the same options, taken together.

    ``options``: columns ``group, option, amount``; ``people``: ``group, year, people`` (positions of years);
    ``county``: county of each group; ``pairs``: the two projects of each option, equal for a single one.
    """

    options: pd.DataFrame
    people: pd.DataFrame
    county: pd.Series
    pairs: Ints


def _options(model: Model, served: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Options of each unit: columns ``unit, first, second, amount``; the same project twice if single."""
    alone = model.positions(served["project"])
    single = pd.DataFrame(
        {
            "unit": served["unit"].to_numpy(),
            "first": alone,
            "second": alone,
            "amount": served["amount"].to_numpy(),
        }
    )
    double = pd.DataFrame(
        {
            "unit": pairs["unit"].to_numpy(),
            "first": model.positions(pairs["first"]),
            "second": model.positions(pairs["second"]),
            "amount": pairs["amount"].to_numpy(),
        }
    )
    together = pd.concat([single, double], ignore_index=True).astype({"first": "int64", "second": "int64"})
    return together.groupby(["unit", "first", "second"], sort=True)["amount"].max().reset_index()


def _same_options(model: Model, options: pd.DataFrame, *, service: str) -> _Groups:
    unmet = model.inputs.unmet(service)
    unmet = unmet[unmet.sum(axis=1) > 0]
    options = options[options["unit"].isin(unmet.index)].copy()
    codes, pairs = pd.factorize(pd.MultiIndex.from_frame(options[["first", "second"]]))
    options["option"] = codes
    text = options["option"].astype(str) + "*" + options["amount"].map("{:.9g}".format)
    signature = text.groupby(options["unit"]).agg("|".join)
    county = model.inputs.region.county_of(signature.index)
    group = pd.Series(
        pd.factorize(county.to_numpy().astype(str) + ":" + signature.to_numpy())[0], index=signature.index
    )
    first = group.drop_duplicates()
    kept = options[options["unit"].isin(first.index)].assign(group=options["unit"].map(group))
    people = unmet.loc[group.index].groupby(group).sum().rename_axis("group")
    people.columns = pd.RangeIndex(people.shape[1], name="year")
    long = people.reset_index().melt(id_vars="group", var_name="year", value_name="people")
    long = long.astype({"year": "int64"}).sort_values(["group", "year"], ignore_index=True)
    return _Groups(
        kept[["group", "option", "amount"]],
        long[long["people"] > 0],
        pd.Series(county.loc[first.index].to_numpy(), index=first.to_numpy()),
        np.array([list(pair) for pair in pairs], dtype=np.int64).reshape(-1, 2),
    )


def _option_variables(model: Model, service: str, groups: _Groups) -> Ints:
    """Variable that says whether an option works in a year, shape (options, years); pairs get their own."""
    years = np.arange(len(model.inputs.years))
    first, second = groups.pairs[:, 0], groups.pairs[:, 1]
    one = model.opened(first[:, None], years[None, :])
    other = model.opened(second[:, None], years[None, :])
    both = (first != second)[:, None] & (one != NONE) & (other != NONE)
    result = np.where(first[:, None] == second[:, None], one, NONE)
    pair = model.program.variables(f"pair_{service}", int(both.sum()), upper=1.0)
    result[both] = pair
    for name, partner in (("first", one), ("second", other)):
        rows = np.arange(len(pair))
        model.program.rows(
            f"pair {name} {service}",
            Terms.join([Terms.of(rows, pair, 1.0), Terms.of(rows, partner[both], -1.0)]),
            sense="<=",
            rhs=np.zeros(len(pair)),
        )
    return result


def _covered(model: Model, service: str, groups: _Groups) -> pd.DataFrame:
    """Credit of each group and year: at most 1, at most what its open options credit together.

    Where a group has one option only, which credits everybody, that option's variable is the credit.
    """
    works = _option_variables(model, service, groups)
    cells = groups.people.merge(groups.options, on="group")
    cells["open"] = works[cells["option"], cells["year"]]
    cells = cells[cells["open"] != NONE]
    alone = ~cells.duplicated(["group", "year"], keep=False) & (cells["amount"] >= 1)
    direct = cells.loc[alone, ["group", "year", "people"]].assign(variable=cells.loc[alone, "open"])
    cells = cells[~alone]
    credit = cells.drop_duplicates(["group", "year"])[["group", "year", "people"]].reset_index(drop=True)
    credit["variable"] = model.program.variables(f"served_{service}", len(credit), upper=1.0)
    row = pd.Series(np.arange(len(credit)), index=pd.MultiIndex.from_frame(credit[["group", "year"]]))
    where = row.reindex(pd.MultiIndex.from_frame(cells[["group", "year"]])).to_numpy()
    terms = [
        Terms.of(np.arange(len(credit)), credit["variable"], 1.0),
        Terms.of(where, cells["open"], -cells["amount"].to_numpy()),
    ]
    model.program.rows(f"covered {service}", Terms.join(terms), sense="<=", rhs=np.zeros(len(credit)))
    together = pd.concat([direct, credit], ignore_index=True)
    return together.assign(service=service, county=together["group"].map(groups.county))


def _with_room(model: Model, service: str, groups: _Groups) -> pd.DataFrame:
    """People placed from groups into the rooms that projects make, bounded by the demand and by the room.

    Projects that make room in the same unit share it: people go to a place, not to a contract.
    """
    works = _option_variables(model, service, groups)
    cells = groups.people.merge(groups.options, on="group")
    cells["open"] = works[cells["option"], cells["year"]]
    cells["project"] = groups.pairs[cells["option"], 0]
    cells = cells[cells["open"] != NONE]
    rooms = _rooms(model, service)
    cells["pool"] = cells["project"].map(rooms["pool"])
    cells["most"] = np.minimum(cells["people"] * cells["amount"], cells["project"].map(rooms["amount"]))
    keys = ["group", "year", "pool"]
    flow, found = pd.factorize(pd.MultiIndex.from_frame(cells[keys]))
    flows = cells.drop_duplicates(keys)[[*keys, "people"]].reset_index(drop=True)
    people = flows["people"].to_numpy()
    share = model.program.variables(f"placed_{service}", len(found), upper=1.0)
    opened = [
        Terms.of(np.arange(len(found)), share, 1.0),
        Terms.of(flow, cells["open"], -(cells["most"] / cells["people"]).to_numpy()),
    ]
    model.program.rows(f"open {service}", Terms.join(opened), sense="<=", rhs=np.zeros(len(found)))
    demand, groups_years = pd.factorize(pd.MultiIndex.from_frame(flows[["group", "year"]]))
    model.program.rows(
        f"demand {service}", Terms.of(demand, share, 1.0), sense="<=", rhs=np.ones(len(groups_years))
    )
    filled, pools = pd.factorize(pd.MultiIndex.from_frame(flows[["pool", "year"]]))
    makers = cells.drop_duplicates(["project", "year"])
    at = pd.Series(np.arange(len(pools)), index=pools).reindex(
        pd.MultiIndex.from_frame(makers[["pool", "year"]])
    )
    room = makers["project"].map(rooms["amount"]).to_numpy()
    scale = pd.Series(room).groupby(at.to_numpy()).max().reindex(range(len(pools))).to_numpy()
    terms = [Terms.of(filled, share, people / scale[filled]), Terms.of(at, makers["open"], -room / scale[at])]
    model.program.rows(f"room {service}", Terms.join(terms), sense="<=", rhs=np.zeros(len(pools)))
    return flows[["group", "year", "people"]].assign(
        variable=share, service=service, county=flows["group"].map(groups.county)
    )


def _rooms(model: Model, service: str) -> pd.DataFrame:
    """Room that each project makes for a service, and the pool it belongs to; indexed by project position."""
    entries = model.inputs.offer.entries
    mine = entries[(entries["ledger"] == "room") & (entries["key"] == service)]
    table = pd.DataFrame(
        {"pool": mine["unit"].to_numpy(), "amount": mine["amount"].to_numpy()},
        index=model.positions(mine["project"]),
    )
    return table[~table.index.duplicated()]
