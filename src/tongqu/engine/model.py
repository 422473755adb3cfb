"""The joint plan as a mixed-integer program: every family of variables and rows, from the shared entries.

``started[o, t]`` is 1 once project ``o`` has been started by year ``t``; its differences are the decisions.
The cumulative form keeps the rows sparse and the relaxation tight. See docs/methods/joint-plan.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import FOREVER
from tongqu.engine.financing import UNIT_WAN, account_rows, limit_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program, Terms
from tongqu.methods.index import tangents

__all__ = ["Model", "build"]

Ints = npt.NDArray[np.int64]
NONE: Final = -1
STOCK_UNIT: Final = 100.0
"""Land and staff are counted in hundreds, so that coefficients are near 1."""
LEAST: Final = 1e-3
"""Least subindex that the tangents cover; below it the log of a subindex means nothing."""


@dataclass
class Model:
    """The program and where its variables are.

    Parameters
    ----------
    started : array of int, shape (projects, years)
        Variable number of "started by this year"; -1 before a project may start.
    credits : list of DataFrame
        Served credit: columns ``service, county, year, variable, people, group``.
    tangent_error : float
        A-priori error of the tangents, in the objective's units.
    """

    program: Program
    inputs: Inputs
    started: Ints
    credits: list[pd.DataFrame] = field(default_factory=list)
    subindex: dict[str, Ints] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    tangent_error: float = 0.0

    @property
    def lead(self) -> Ints:
        """Lead time of each project, years."""
        return self.inputs.offer.projects["lead"].to_numpy(dtype=np.int64)

    def opened(self, project: Ints, year: Ints) -> Ints:
        """Variable that says whether a project works in a year (positions); -1 where it cannot."""
        return self.begun(project, year - self.lead[project])

    def begun(self, project: Ints, year: Ints) -> Ints:
        """Variable that says whether a project has started by a year (positions); -1 where it cannot."""
        inside = np.clip(year, 0, self.started.shape[1] - 1)
        return np.where(year >= 0, self.started[project, inside], NONE)


def build(inputs: Inputs) -> Model:
    """Build the program of a scenario."""
    program = Program()
    model = Model(program, inputs, _start_variables(program, inputs))
    _order(model)
    _accounts(model)
    _stock_limits(model)
    _services(model)
    _floors(model)
    _pins(model)
    _objective(model)
    return model


def _start_variables(program: Program, inputs: Inputs) -> Ints:
    projects, years = inputs.offer.projects, np.asarray(inputs.years)
    lead = projects["lead"].to_numpy(dtype=np.int64)
    earliest = projects["earliest"].to_numpy(dtype=np.int64)
    latest = projects["latest"].to_numpy(dtype=np.int64)
    first = np.clip(np.where(earliest > 0, earliest, years[0]) - years[0], 0, len(years))
    last = np.minimum(np.where(latest > 0, latest, years[-1]), years[-1] - lead) - years[0]
    column = np.arange(len(years))
    own = (column >= first[:, None]) & (column <= last[:, None])
    numbers = program.variables("started", int(own.sum()), binary=True)
    started = np.full(own.shape, NONE, dtype=np.int64)
    started[own] = numbers
    able = last >= first
    after = (column > last[:, None]) & able[:, None]
    rows = np.nonzero(after)[0]
    started[after] = started[rows, last[rows]]
    return started


def _order(model: Model) -> None:
    """Started stays started; required projects open no later; one project of a group."""
    now, then = model.started[:, :-1].ravel(), model.started[:, 1:].ravel()
    step = (now != NONE) & (now != then)
    rows = np.arange(int(step.sum()))
    model.program.rows(
        "stays",
        Terms.join([Terms.of(rows, now[step], 1.0), Terms.of(rows, then[step], -1.0)]),
        sense="<=",
        rhs=np.zeros(len(rows)),
    )
    _requirements(model)
    _groups(model)


def _requirements(model: Model) -> None:
    projects = model.inputs.offer.projects
    place = pd.Series(np.arange(len(projects)), index=projects["project"])
    needy = np.flatnonzero(projects["requires"].isin(place.index).to_numpy())
    if needy.size == 0:
        return
    years = np.arange(len(model.inputs.years))
    mine, when = np.repeat(needy, len(years)), np.tile(years, len(needy))
    other = place.loc[projects["requires"].iloc[mine]].to_numpy()
    own, need = model.opened(mine, when), model.opened(other, when)
    kept = own != NONE
    rows = np.arange(int(kept.sum()))
    has = need[kept] != NONE
    terms = [Terms.of(rows, own[kept], 1.0), Terms.of(rows[has], need[kept][has], -1.0)]
    model.program.rows("requires", Terms.join(terms), sense="<=", rhs=np.zeros(len(rows)))


def _groups(model: Model) -> None:
    group = model.inputs.offer.projects["group"]
    member = np.flatnonzero((group != "").to_numpy())
    if member.size == 0:
        return
    row = pd.factorize(group.iloc[member])[0]
    last = model.started[member, -1]
    kept = last != NONE
    model.program.rows(
        "one of a group", Terms.of(row[kept], last[kept], 1.0), sense="<=", rhs=np.ones(int(row.max()) + 1)
    )


def entry_terms(model: Model, entries: pd.DataFrame) -> pd.DataFrame:
    """Give the linear terms of ledger entries in each year: columns ``entry, year, variable, amount``.

    An entry counts from ``since`` to ``until`` years after the start, so in year ``t`` it is worth
    ``amount * (started[t - since] - started[t - until - 1])``.
    """
    projects = model.inputs.offer.projects["project"]
    place = pd.Series(np.arange(len(projects)), index=projects)
    project = place.loc[entries["project"]].to_numpy()
    count, years = len(entries), len(model.inputs.years)
    entry, year = np.repeat(np.arange(count), years), np.tile(np.arange(years), count)
    since, until = entries["since"].to_numpy()[entry], entries["until"].to_numpy()[entry]
    amount = entries["amount"].to_numpy()[entry]
    begins = model.begun(project[entry], year - since)
    ends = np.where(until == FOREVER, NONE, model.begun(project[entry], year - until - 1))
    parts = [
        pd.DataFrame({"entry": entry, "year": year, "variable": variable, "amount": sign * amount})
        for variable, sign in ((begins, 1.0), (ends, -1.0))
    ]
    together = pd.concat(parts, ignore_index=True)
    return together[together["variable"] != NONE]


def _accounts(model: Model) -> None:
    """Yearly accounts of each county: nothing is paid that is not there, and debt keeps its limit."""
    inputs, program = model.inputs, model.program
    years = np.arange(len(inputs.years))
    entries = inputs.offer.entries
    money = entries[entries["ledger"] == "money"]
    terms = entry_terms(model, money)
    terms["unit"] = money["unit"].to_numpy()[terms["entry"]]
    room = limit_of(inputs, "room")
    grants = []
    for county in inputs.counties:
        mine = terms[terms["unit"] == county]
        spending = Terms.of(mine["year"], mine["variable"], mine["amount"] / UNIT_WAN)
        made = account_rows(program, inputs, county, spending=spending, constant=0.0, years=years)
        grants.append(made["grant"])
        model.limits |= {f"money {county}": "money", f"debt {county}": "debt"}
        _lasting_cost(
            model,
            county,
            mine=money[money["unit"] == county],
            debt=int(made["debt"][-1]),
            room=float(room.get((county, inputs.years[-1]), 0.0)),
        )
    pool = limit_of(inputs, "pool").groupby("year").sum().reindex(inputs.years).fillna(0.0)
    together = np.concatenate(grants) if grants else np.empty(0, dtype=np.int64)
    program.rows(
        "pool", Terms.of(np.tile(years, len(grants)), together, 1.0), sense="<=", rhs=pool / UNIT_WAN
    )
    model.limits["pool"] = "pool"


def _lasting_cost(model: Model, county: str, *, mine: pd.DataFrame, debt: int, room: float) -> None:
    """What goes on costing after the last year, with interest, fits the last year's room."""
    projects = model.inputs.offer.projects["project"]
    place = pd.Series(np.arange(len(projects)), index=projects)
    lasting = mine[mine["until"] == FOREVER]
    variable = model.started[place.loc[lasting["project"]].to_numpy(), -1]
    kept = variable != NONE
    terms = [
        Terms.of(np.zeros(int(kept.sum())), variable[kept], lasting["amount"].to_numpy()[kept] / UNIT_WAN),
        Terms.of([0], [debt], model.inputs.assume["rate.interest"]),
    ]
    model.program.rows(f"running {county}", Terms.join(terms), sense="<=", rhs=[room / UNIT_WAN])
    model.limits[f"running {county}"] = "running"


def _stock_limits(model: Model) -> None:
    """Land taken and staff employed keep their limits in every county and year."""
    inputs = model.inputs
    entries = inputs.offer.entries
    for ledger in ("land", "staff"):
        mine = entries[entries["ledger"] == ledger]
        terms = entry_terms(model, mine)
        for name in ("unit", "key"):
            terms[name] = mine[name].to_numpy()[terms["entry"]]
        for (unit, key), part in terms.groupby(["unit", "key"], sort=True):
            limits = inputs.offer.limits
            limits = limits[(limits["ledger"] == ledger) & (limits["key"] == key)]
            limit = limits.set_index(["unit", "year"])["amount"]
            at = pd.MultiIndex.from_product([[unit], inputs.years])
            if not limit.index.isin(at).any():
                continue
            name = f"{ledger} {key} {unit}"
            model.program.rows(
                name,
                Terms.of(part["year"], part["variable"], part["amount"] / STOCK_UNIT),
                sense="<=",
                rhs=limit.reindex(at).fillna(0.0) / STOCK_UNIT,
            )
            model.limits[name] = ledger


def _services(model: Model) -> None:
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
    pairs: npt.NDArray[np.int64]


def _options(model: Model, served: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Options of each unit: columns ``unit, first, second, amount``; both projects are the same for a single."""
    projects = model.inputs.offer.projects["project"]
    place = pd.Series(np.arange(len(projects)), index=projects)
    alone = place.loc[served["project"]].to_numpy()
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
            "first": place.loc[pairs["first"]].to_numpy(),
            "second": place.loc[pairs["second"]].to_numpy(),
            "amount": pairs["amount"].to_numpy(),
        }
    )
    together = pd.concat([single, double], ignore_index=True).astype({"first": "int64", "second": "int64"})
    return together.groupby(["unit", "first", "second"], as_index=False, sort=True)["amount"].max()


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
    people.columns = range(people.shape[1])
    long = people.stack().rename("people").rename_axis(["group", "year"]).reset_index()
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
    projects = model.inputs.offer.projects["project"]
    place = pd.Series(np.arange(len(projects)), index=projects)
    table = pd.DataFrame(
        {"pool": mine["unit"].to_numpy(), "amount": mine["amount"].to_numpy()},
        index=place.loc[mine["project"]].to_numpy(),
    )
    return table[~table.index.duplicated()]


def _floors(model: Model) -> None:
    """Least share of the demand that is met, from a year on."""
    inputs = model.inputs
    known = {credit["service"].iloc[0]: credit for credit in model.credits if len(credit)}
    for number, floor in enumerate(inputs.scenario.floors):
        if f"demand.{floor.service}" not in inputs.states[0]:
            raise ScenarioError(
                [
                    Problem(
                        rule="unknown service",
                        mend="use one of " + ", ".join(inputs.states[0].matching("demand")),
                        file="scenario",
                        column=f"floors[{number}].service",
                        value=floor.service,
                    )
                ]
            )
        for county in [floor.county] if floor.county else inputs.counties:
            _floor(model, known.get(floor.service), county=str(county), number=number)


def _floor(model: Model, credit: pd.DataFrame | None, *, county: str, number: int) -> None:
    inputs, floor = model.inputs, model.inputs.scenario.floors[number]
    home = inputs.region.county_of(inputs.states[0][f"demand.{floor.service}"].index) == county
    lacking = {}
    for position, state in enumerate(inputs.states):
        demand, served = (state[f"{group}.{floor.service}"][home].sum() for group in ("demand", "served"))
        if state.year >= floor.year and floor.share * demand > served:
            lacking[position] = floor.share * demand - served
    if not lacking:
        return
    mine = credit[(credit["county"] == county) & credit["year"].isin(lacking)] if credit is not None else None
    row = pd.Series(np.arange(len(lacking)), index=list(lacking))
    terms = Terms.of([], [], [])
    if mine is not None and len(mine):
        terms = Terms.of(row.loc[mine["year"]].to_numpy(), mine["variable"], mine["people"])
    name = f"floor {number} {floor.service} {county}"
    # A row without terms would be refused; a variable fixed at 0 keeps it, so that the conflict names it.
    nothing = model.program.variables(f"nothing_{number}_{county}", 1, upper=0.0)
    anchors = Terms.of(np.arange(len(lacking)), np.repeat(nothing, len(lacking)), 1.0)
    model.program.rows(name, Terms.join([terms, anchors]), sense=">=", rhs=list(lacking.values()))
    model.limits[name] = "floor"


def _pins(model: Model) -> None:
    """Projects that the scenario starts in a given year."""
    projects = model.inputs.offer.projects["project"]
    place = pd.Series(np.arange(len(projects)), index=projects)
    for number, pin in enumerate(model.inputs.scenario.pinned):
        position = pin.year - model.inputs.years[0]
        variable = NONE
        if pin.project in place.index and 0 <= position < len(model.inputs.years):
            variable = int(model.started[place[pin.project], position])
        if variable == NONE:
            raise ScenarioError(
                [
                    Problem(
                        rule="cannot start then",
                        mend="name a project on offer and a year from which it can open within the plan",
                        file="scenario",
                        column=f"pinned[{number}]",
                        value=f"{pin.project} in {pin.year}",
                    )
                ]
            )
        before = int(model.started[place[pin.project], position - 1]) if position > 0 else NONE
        terms = [Terms.of([0], [variable], 1.0)]
        if before not in (NONE, variable):
            terms.append(Terms.of([0], [before], -1.0))
        model.program.rows(f"pin {pin.project}", Terms.join(terms), sense="=", rhs=[1.0])
        model.limits[f"pin {pin.project}"] = "pin"


def _objective(model: Model) -> None:
    """Mean log D: scores from ledgers, subindices from scores, tangents of their logarithms."""
    inputs = model.inputs
    cells = inputs.weights.index
    terms = _score_terms(model)
    weight, variable, worst_error = [], [], 0.0
    for side, symbol in (("urban", "U"), ("rural", "R")):
        names = inputs.indicators.table.index[inputs.indicators.table["side"] == side]
        index, error = _subindex(model, symbol, names=names, terms=terms, cells=cells)
        model.subindex[symbol] = index
        variable.append(_logarithm(model, symbol, index=index, names=names, error=error))
        weight.append(inputs.weights.to_numpy() / 4)
        worst_error += error / 4
    model.tangent_error = worst_error
    model.program.maximise(np.concatenate(variable), np.concatenate(weight))


def _score_terms(model: Model) -> dict[str, pd.DataFrame]:
    """How much each credit and stock entry adds to each indicator: ``county, year, variable, amount``."""
    inputs = model.inputs
    table = inputs.indicators.table
    terms: dict[str, pd.DataFrame] = {}
    stock = inputs.offer.entries[inputs.offer.entries["ledger"] == "stock"]
    for name, row in table[table["origin"] == "ledger"].iterrows():
        group, _, key = str(row["numerator"]).partition(".")
        if group == "served":
            parts = [credit for credit in model.credits if len(credit) and credit["service"].iloc[0] == key]
            found = (
                pd.concat(parts) if parts else pd.DataFrame(columns=["county", "year", "variable", "people"])
            )
            found = found.rename(columns={"people": "amount"})[["county", "year", "variable", "amount"]]
        else:
            mine = stock[stock["key"] == key]
            found = entry_terms(model, mine)
            found = found.assign(county=mine["unit"].to_numpy()[found["entry"]])
        terms[str(name)] = _per_score(model, found, row)
    return {name: found for name, found in terms.items() if len(found)}


def _per_score(model: Model, found: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Divide by the baseline's denominator and the distance between the goalposts."""
    inputs = model.inputs
    county = inputs.region.county_of(inputs.region["units"]["unit"])
    sums = {}
    for position, state in enumerate(inputs.states):
        values = state[str(row["denominator"])]
        sums[position] = values.groupby(county.reindex(values.index)).sum()
    whole = pd.DataFrame(sums)
    below = whole.stack().reindex(pd.MultiIndex.from_frame(found[["county", "year"]])).to_numpy()
    scale = float(row["scale"]) / (float(row["target"]) - float(row["worst"]))
    return found.assign(amount=found["amount"].to_numpy(dtype=np.float64) * scale / below)


def _subindex(
    model: Model, symbol: str, *, names: pd.Index, terms: dict[str, pd.DataFrame], cells: pd.MultiIndex
) -> tuple[Ints, float]:
    """Subindex of every county and year: constant scores plus those that projects raise, each at most 1."""
    inputs, program = model.inputs, model.program
    table, scores, values = inputs.indicators.table, inputs.indicators.scores, inputs.indicators.values
    place = pd.Series(np.arange(len(cells)), index=cells)
    each = np.arange(len(cells))
    index = program.variables(symbol, len(cells), upper=1.0)
    constant = np.zeros(len(cells))
    parts = [Terms.of(each, index, 1.0)]
    for name in names:
        weight = float(table.at[name, "weight"])
        if name not in terms:
            constant += weight * scores[name].reindex(cells).to_numpy()
            continue
        worst, target = float(table.at[name, "worst"]), float(table.at[name, "target"])
        base = (values[name].reindex(cells).to_numpy() - worst) / (target - worst)
        raised = program.variables(f"score_{name}", len(cells), lower=-np.inf, upper=1.0)
        found = terms[name]
        code = pd.MultiIndex.from_arrays(
            [found["county"], np.asarray(inputs.years)[found["year"].astype(int)]]
        )
        row = place.reindex(code).to_numpy()
        program.rows(
            f"score {name}",
            Terms.join(
                [Terms.of(each, raised, 1.0), Terms.of(row, found["variable"], -found["amount"].to_numpy())]
            ),
            sense="<=",
            rhs=base,
        )
        parts.append(Terms.of(each, raised, -weight))
    program.rows(f"subindex {symbol}", Terms.join(parts), sense="<=", rhs=constant)
    return index, inputs.scenario.solver.tangent_error


def _logarithm(model: Model, symbol: str, *, index: Ints, names: pd.Index, error: float) -> Ints:
    """Log of a subindex, below every tangent of its possible range."""
    inputs, program = model.inputs, model.program
    low = inputs.indicators.indices[symbol].reindex(inputs.weights.index).clip(lower=LEAST).to_numpy()
    ledger = [name for name in names if inputs.indicators.table.at[name, "origin"] == "ledger"]
    missing = (1 - inputs.indicators.scores[ledger]).mul(inputs.indicators.table.loc[ledger, "weight"])
    high = np.minimum(1.0, low + missing.sum(axis=1).reindex(inputs.weights.index).to_numpy() + 1e-6)
    logs = program.variables(f"log_{symbol}", len(index), lower=-np.inf, upper=0.0)
    parts, right, rows = [], [], 0
    for cell, (a, b) in enumerate(zip(low, high, strict=True)):
        lines = tangents(float(a), float(max(b, a * 1.000001)), error=error)
        each = np.arange(rows, rows + len(lines.points))
        rows += len(lines.points)
        parts += [
            Terms.of(each, np.full(len(each), logs[cell]), 1.0),
            Terms.of(each, np.full(len(each), index[cell]), -lines.slopes),
        ]
        right.append(lines.intercepts)
    program.rows(f"tangents {symbol}", Terms.join(parts), sense="<=", rhs=np.concatenate(right))
    return logs
