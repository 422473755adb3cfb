"""People served: never more than the unmet demand, nor than open projects credit or have room for.

Units of a county with the same options are taken together; a service whose projects make room is placed by
shares of people, any other is covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.engine.lp import Terms
from tongqu.engine.terms import NONE, Ints, Model

__all__ = ["add_services"]

AMPLE: Final = ""
"""Pool of the rooms that have place for everybody: no unit has this code."""


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
    model.members[service] = group
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

    Where a group has one star only, or one project only, which credits everybody, its variable is the credit.
    """
    stars = _stars(groups)
    single = groups.options[
        groups.pairs[groups.options["option"], 0] == groups.pairs[groups.options["option"], 1]
    ]
    alone = groups.people.merge(single, on="group")
    alone["open"] = model.opened(groups.pairs[alone["option"], 0], alone["year"].to_numpy())
    shared = groups.people.merge(stars.of_group, on="group").assign(amount=1.0)
    shared["open"] = _star_variables(model, service, stars)[shared["star"], shared["year"]]
    columns = ["group", "year", "people", "amount", "open"]
    cells = pd.concat([alone[columns], shared[columns]], ignore_index=True)
    cells = cells[cells["open"] != NONE]
    enough = ~cells.duplicated(["group", "year"], keep=False) & (cells["amount"] >= 1)
    direct = cells.loc[enough, ["group", "year", "people"]].assign(variable=cells.loc[enough, "open"])
    cells = cells[~enough]
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


@dataclass(frozen=True)
class _Stars:
    """Pairs of a group that have one project in common, the hub, taken together.

    ``hub``: project of each star; ``leaves``: columns ``star, leaf, amount``; ``of_group``: ``group, star``.
    """

    hub: Ints
    leaves: pd.DataFrame
    of_group: pd.DataFrame


def _stars(groups: _Groups) -> _Stars:
    """Part the pairs of each group into stars; those alike in several groups are one."""
    first, second = (groups.pairs[groups.options["option"], side] for side in (0, 1))
    edges = groups.options.assign(first=first, second=second)[first != second].reset_index(drop=True)
    edges["hub"] = _hubs(edges)
    edges["leaf"] = np.where(edges["hub"] == edges["first"], edges["second"], edges["first"])
    edges = edges.sort_values(["group", "hub", "leaf"], ignore_index=True)
    text = edges["leaf"].astype(str) + "*" + edges["amount"].map("{:.9g}".format).astype(str)
    alike = text.groupby([edges["group"], edges["hub"]], sort=True).agg("|".join).rename("text").reset_index()
    alike["star"] = pd.factorize(pd.MultiIndex.from_frame(alike[["hub", "text"]]))[0]
    once = alike.drop_duplicates("star")
    leaves = edges.merge(once[["group", "hub", "star"]], on=["group", "hub"])
    return _Stars(once["hub"].to_numpy(), leaves[["star", "leaf", "amount"]], alike[["group", "star"]])


def _hubs(edges: pd.DataFrame) -> Ints:
    """Hub of each pair of a group: greedily the project that most pairs left have in common.

    Together the hubs cover every pair: a small vertex cover of the graph of projects and pairs.
    """
    hub = edges["first"].to_numpy(copy=True)
    ends = pd.DataFrame(
        {
            "edge": np.tile(np.arange(len(edges)), 2),
            "group": np.tile(edges["group"].to_numpy(), 2),
            "project": np.concatenate([edges["first"], edges["second"]]),
        }
    )
    while len(ends):
        degree = ends.groupby(["group", "project"], sort=True).size().rename("degree").reset_index()
        degree = degree[degree["degree"] > 1]
        if degree.empty:
            break
        best = degree.sort_values("degree", ascending=False, kind="stable").drop_duplicates("group")
        chosen = ends.merge(best, on=["group", "project"])
        hub[chosen["edge"]] = chosen["project"]
        ends = ends[~ends["edge"].isin(chosen["edge"])]
    return hub


def _star_variables(model: Model, service: str, stars: _Stars) -> Ints:
    """Share that a star credits in a year, shape (stars, years): its hub works, and enough of its leaves."""
    years = np.arange(len(model.inputs.years))
    hub = model.opened(stars.hub[:, None], years[None, :])
    leaf = model.opened(stars.leaves["leaf"].to_numpy()[:, None], years[None, :])
    entry, year = np.nonzero(leaf != NONE)
    star, amount = (stars.leaves[name].to_numpy()[entry] for name in ("star", "amount"))
    most = np.zeros(hub.shape)
    np.add.at(most, (star, year), amount)
    able = (hub != NONE) & (most > 0)
    result = np.full(hub.shape, NONE, dtype=np.int64)
    result[able] = share = model.program.variables(f"pair_{service}", int(able.sum()), upper=1.0)
    row = np.full(hub.shape, NONE, dtype=np.int64)
    row[able] = rows = np.arange(len(share))
    counts = row[star, year] != NONE
    sides = {
        "first": Terms.of(rows, hub[able], -np.minimum(most[able], 1.0)),
        "second": Terms.of(row[star, year][counts], leaf[entry, year][counts], -amount[counts]),
    }
    for name, terms in sides.items():
        model.program.rows(
            f"pair {name} {service}",
            Terms.join([Terms.of(rows, share, 1.0), terms]),
            sense="<=",
            rhs=np.zeros(len(share)),
        )
    return result


def _with_room(model: Model, service: str, groups: _Groups) -> pd.DataFrame:
    """People placed from groups into the rooms that projects make, bounded by the demand and by the room.

    Projects that make room in the same unit share it: people go to a place, not to a contract. Where each
    project of a pool has room for everybody that it could take, the pool never fills, and is one of those
    that only have to be open.
    """
    works = _option_variables(model, service, groups)
    cells = groups.people.merge(groups.options, on="group")
    cells["open"] = works[cells["option"], cells["year"]]
    cells["project"] = groups.pairs[cells["option"], 0]
    cells = cells[cells["open"] != NONE]
    makers = _makers(model, service)
    cells = cells.merge(makers[["project", "year", "pool", "room"]], on=["project", "year"])
    cells["most"] = _most(cells, makers)
    cells["pool"] = cells["pool"].where(~cells["pool"].isin(_ample(cells)), AMPLE)
    keys = ["group", "year", "pool"]
    flow, found = pd.factorize(pd.MultiIndex.from_frame(cells[keys]))
    flows = cells.drop_duplicates(keys)[[*keys, "people"]].reset_index(drop=True)
    share = model.program.variables(f"placed_{service}", len(found), upper=1.0)
    opened = [
        Terms.of(np.arange(len(found)), share, 1.0),
        Terms.of(flow, cells["open"], -(cells["most"] / cells["people"]).to_numpy()),
    ]
    model.program.rows(f"open {service}", Terms.join(opened), sense="<=", rhs=np.zeros(len(found)))
    several = flows[flows.duplicated(["group", "year"], keep=False)]
    demand, groups_years = pd.factorize(pd.MultiIndex.from_frame(several[["group", "year"]]))
    model.program.rows(
        f"demand {service}",
        Terms.of(demand, share[several.index], 1.0),
        sense="<=",
        rhs=np.ones(len(groups_years)),
    )
    _room_rows(model, service, makers=makers, flows=flows.assign(variable=share))
    return flows[["group", "year", "people"]].assign(
        variable=share, service=service, county=flows["group"].map(groups.county)
    )


def _makers(model: Model, service: str) -> pd.DataFrame:
    """Room that projects make in each year in which they can work: ``project, pool, room, year, open``."""
    entries = model.inputs.offer.entries
    mine = entries[(entries["ledger"] == "room") & (entries["key"] == service)]
    table = pd.DataFrame(
        {"project": model.positions(mine["project"]), "pool": mine["unit"].to_numpy(), "room": mine["amount"]}
    )
    table = table.drop_duplicates("project")
    table = table.merge(pd.DataFrame({"year": np.arange(len(model.inputs.years))}), how="cross")
    table["open"] = model.opened(table["project"].to_numpy(), table["year"].to_numpy())
    return table[table["open"] != NONE]


def _ample(cells: pd.DataFrame) -> set[str]:
    """Pools of which each project has room for everybody whom it could take, in every year."""
    asked = (cells["people"] * cells["amount"]).groupby([cells["project"], cells["year"]]).transform("sum")
    return set(cells["pool"]) - set(cells.loc[cells["room"] < asked, "pool"])


def _most(cells: pd.DataFrame, makers: pd.DataFrame) -> pd.Series:
    """People of a group whom an option can place: at most its project's room, where that is proven.

    With several projects in a pool, people whom one of them takes may use the room of another. Only where
    each takes the whole group is what is placed at most the sum of their rooms, each cut at the group.
    """
    credited = cells["people"] * cells["amount"]
    whole = (cells["amount"] >= 1).groupby([cells["group"], cells["year"], cells["pool"]]).transform("sum")
    sizes = makers.groupby(["pool", "year"]).size().rename("number").reset_index()
    number = cells[["pool", "year"]].merge(sizes, on=["pool", "year"], how="left")["number"].to_numpy()
    proven = (number == 1) | (whole.to_numpy() == number)
    return credited.where(~proven, np.minimum(credited, cells["room"]))


def _room_rows(model: Model, service: str, *, makers: pd.DataFrame, flows: pd.DataFrame) -> None:
    """No pool takes more people than the open projects of it make room for."""
    flows = flows[flows["pool"] != AMPLE]
    filled, pools = pd.factorize(pd.MultiIndex.from_frame(flows[["pool", "year"]]))
    place = pd.Series(np.arange(len(pools)), index=pools)
    found = place.reindex(pd.MultiIndex.from_frame(makers[["pool", "year"]])).to_numpy(dtype=np.float64)
    makers, at = makers[~np.isnan(found)], found[~np.isnan(found)].astype(np.int64)
    room = makers["room"].to_numpy()
    scale = pd.Series(room).groupby(at).max().reindex(range(len(pools))).to_numpy()
    terms = [
        Terms.of(filled, flows["variable"], flows["people"].to_numpy() / scale[filled]),
        Terms.of(at, makers["open"], -room / scale[at]),
    ]
    model.program.rows(f"room {service}", Terms.join(terms), sense="<=", rhs=np.zeros(len(pools)))
