"""What projects bring in a plan and what they take: people by place, indicators, limits at their prices.

Everything here is counted from the ledgers and from what starts deliver; nothing is optimised.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import active_entries
from tongqu.engine.inputs import Inputs

__all__ = ["REASONS", "brought", "credits_of", "promised_scores", "reach", "reasons", "takes", "unserved"]

Floats = npt.NDArray[np.float64]

SIDES: Final = {"urban": "U", "rural": "R"}
"""Sides of the index and their subindices."""

TAKEN: Final = {"money": "万元", "land": "mu", "staff": "persons"}
"""Ledgers whose entries use up limits, and their units of measure."""

REASONS: Final = ("project", "side", "key", "amount", "alone", "value", "unit_of_measure")
"""Columns of `reasons`."""

FREE: Final = 1e-9
"""Share of a place's need below which nobody is left or nobody is added."""


def reach(inputs: Inputs, starts: pd.Series) -> pd.DataFrame:
    """Who can use what each started project opens, in the last year of the plan.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment, indexed by project.

    Returns
    -------
    DataFrame
        ``project, service, unit, county, people, share, others``: unmet demand of the place in persons, the
        share of it that the project credits, alone or with a partner, and the share that is credited
        without it. Places that lack nothing in the last year are left out.
    """
    options = _working(inputs, starts)
    total = options.groupby(["service", "unit"])["amount"].sum().clip(upper=1.0)
    members = _members(options)
    keys = ["project", "service", "unit"]
    mine = members.groupby(keys, sort=True)["amount"].sum().reset_index()
    every = options.groupby(["service", "unit"])["amount"].sum()
    place = pd.MultiIndex.from_frame(mine[["service", "unit"]])
    mine["share"] = mine["amount"].clip(upper=1.0)
    mine["others"] = (every.reindex(place).to_numpy() - mine["amount"]).clip(lower=0.0, upper=1.0)
    mine["people"] = _lacking(inputs, place)
    mine = mine[(mine["people"] > 0) & (total.reindex(place).to_numpy() > 0)]
    mine["county"] = inputs.region.county_of(pd.Index(mine["unit"])).to_numpy()
    columns = [*keys, "county", "people", "share", "others"]
    return mine[columns].sort_values(
        ["project", "service", "people"], ascending=[True, True, False], ignore_index=True
    )


def unserved(inputs: Inputs, starts: pd.Series) -> pd.DataFrame:
    """Places that lack a service in the last year although a candidate could bring it, the most people first.

    Returns
    -------
    DataFrame
        ``service, unit, county, people, share, left, options``: unmet demand without a plan, the share that
        started projects credit, the people left, and how many candidates or pairs could credit the place.
        For a service whose places are counted the share is what could be credited with room for everybody.
    """
    every = credits_of(inputs, inputs.offer.projects["project"])
    possible = every.groupby(["service", "unit"]).size().rename("options")
    credited = _working(inputs, starts).groupby(["service", "unit"])["amount"].sum().clip(upper=1.0)
    table = possible.reset_index()
    place = pd.MultiIndex.from_frame(table[["service", "unit"]])
    table["people"] = _lacking(inputs, place)
    table["share"] = credited.reindex(place, fill_value=0.0).to_numpy()
    table["left"] = table["people"] * (1.0 - table["share"])
    table = table[table["left"] > FREE * table["people"].clip(lower=1.0)]
    table["county"] = inputs.region.county_of(pd.Index(table["unit"])).to_numpy()
    columns = ["service", "unit", "county", "people", "share", "left", "options"]
    return table[columns].sort_values(
        ["left", "service", "unit"], ascending=[False, True, True], ignore_index=True
    )


def promised_scores(inputs: Inputs, starts: pd.Series, served: pd.DataFrame) -> pd.DataFrame:
    """Scores of all indicators as starts deliver them, in the rows and columns of ``Indicators.scores``.

    Parameters
    ----------
    served : DataFrame
        People newly served: ``unit, year, service, added``.
    """
    table, cells = inputs.indicators.table, inputs.indicators.scores.index
    wholes = _denominators(inputs)
    stock = inputs.offer.entries[inputs.offer.entries["ledger"] == "stock"]
    stock = active_entries(stock, inputs.years, starts=starts)
    scores = inputs.indicators.scores.copy()
    for name, row in table[table["origin"] == "ledger"].iterrows():
        group, _, key = str(row["numerator"]).partition(".")
        mine = served[served["service"] == key] if group == "served" else stock[stock["key"] == key]
        column = "added" if group == "served" else "amount"
        added = mine.groupby(["unit", "year"])[column].sum().reindex(cells, fill_value=0.0)
        whole = wholes[str(row["denominator"])].to_numpy(dtype=np.float64)
        gain = np.divide(added * float(row["scale"]), whole, out=np.zeros(len(cells)), where=whole > 0)
        value = inputs.indicators.values[name].to_numpy(dtype=np.float64) + gain
        worst, target = float(row["worst"]), float(row["target"])
        scores[name] = np.where(
            scores[name].isna(), np.nan, np.clip((value - worst) / (target - worst), 0.0, 1.0)
        )
    return scores


def brought(
    inputs: Inputs, *, full: pd.DataFrame, less: pd.DataFrame, indices: tuple[pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
    """Split the difference in mean log D between two plans over indicators, counties and years, exactly.

    Each side's difference of logs is the weighted difference of its scores over the logarithmic mean of the
    two subindices, so the parts add up to the whole.

    Parameters
    ----------
    full, less : DataFrame
        Scores of the two plans, as `promised_scores` gives them.
    indices : tuple of DataFrame
        Subindices ``U, R`` by unit and year of the two plans.

    Returns
    -------
    DataFrame
        ``indicator, unit, year, gain`` in mean log D; what does not change is left out.

    References
    ----------
    Ang, B. W. (2005), The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33,
    867-871.
    """
    table, cells = inputs.indicators.table, inputs.weights.index
    weights = inputs.indicators.weights.reindex(cells)
    parts = []
    for side, symbol in SIDES.items():
        names = table.index[table["side"] == side]
        high, low = (frame[symbol].reindex(cells).to_numpy(dtype=np.float64) for frame in indices)
        change = (full[names] - less[names]).reindex(cells).fillna(0.0) * weights[names]
        slope = inputs.weights.to_numpy() / 4 / _logarithmic_mean(high, low)
        long = change.mul(slope, axis=0).reset_index()
        parts.append(long.melt(id_vars=["unit", "year"], var_name="indicator", value_name="gain"))
    together = pd.concat(parts, ignore_index=True)
    kept = together[together["gain"] != 0.0]
    return kept[["indicator", "unit", "year", "gain"]].reset_index(drop=True)


def takes(inputs: Inputs, starts: pd.Series, *, prices: pd.DataFrame) -> pd.DataFrame:
    """What each started project takes from the limits, and what that would bring elsewhere at their prices.

    Parameters
    ----------
    prices : DataFrame
        ``limit, unit, key, year, price``: gain of the goal per unit more, as in ``Plan.prices``.

    Returns
    -------
    DataFrame
        ``project, limit, unit, key, year, amount, unit_of_measure, price, value``: ``amount`` is below 0
        where the project frees something. What has no limit is left out, what has no price has 0.
    """
    entries = inputs.offer.entries
    mine = entries[entries["ledger"].isin(list(TAKEN))]
    active = active_entries(mine, inputs.years, starts=starts).rename(columns={"ledger": "limit"})
    active["key"] = active["key"].where(active["limit"] != "money", "")
    limits = inputs.offer.limits
    known = limits.loc[limits["ledger"].isin(["land", "staff"]), ["ledger", "unit", "key"]]
    limited = pd.MultiIndex.from_frame(active[["limit", "unit", "key"]]).isin(
        pd.MultiIndex.from_frame(known.drop_duplicates())
    )
    active = active[limited | (active["limit"] == "money").to_numpy()]
    keys = ["project", "limit", "unit", "key", "year"]
    used = active.groupby(keys, sort=True)["amount"].sum().reset_index()
    priced = prices.assign(key=prices["key"].where(prices["limit"] != "money", ""))
    price = priced.groupby(keys[1:])["price"].sum()
    used["unit_of_measure"] = used["limit"].map(TAKEN)
    used["price"] = price.reindex(pd.MultiIndex.from_frame(used[keys[1:]]), fill_value=0.0).to_numpy()
    used["value"] = used["amount"] * used["price"]
    return used


def reasons(inputs: Inputs, starts: pd.Series, *, prices: pd.DataFrame) -> pd.DataFrame:
    """What each started project is for and what it costs others, one row a service and a limit.

    Parameters
    ----------
    prices : DataFrame
        As in ``Plan.prices``.

    Returns
    -------
    DataFrame
        Columns ``REASONS``. ``side`` is ``serves`` (``key`` is the service, ``amount`` the persons in need
        whom the project credits in the last year, ``alone`` those whom nothing else would) or ``takes``
        (``key`` is the limit, ``amount`` the sum over the years, ``value`` what it would bring elsewhere).
    """
    found = reach(inputs, starts)
    found["amount"] = found["people"] * found["share"]
    together = (found["share"] + found["others"]).clip(upper=1.0)
    found["alone"] = found["people"] * (together - found["others"]).clip(lower=0.0)
    serves = found.groupby(["project", "service"], sort=True)[["amount", "alone"]].sum().reset_index()
    serves = serves.rename(columns={"service": "key"})
    used = takes(inputs, starts, prices=prices)
    place = ["project", "limit", "unit_of_measure"]
    taken = used.groupby(place, sort=True)[["amount", "value"]].sum().reset_index()
    taken = taken.rename(columns={"limit": "key"})
    parts = [
        serves.assign(side="serves", value=0.0, unit_of_measure="persons"),
        taken.assign(side="takes", alone=0.0),
    ]
    every = pd.concat([part[list(REASONS)] for part in parts], ignore_index=True)
    return every.sort_values(["project", "side", "key"], ignore_index=True)


def credits_of(inputs: Inputs, projects: Iterable[str]) -> pd.DataFrame:
    """Options that projects make: each alone or in a pair, with the places that it credits.

    Returns
    -------
    DataFrame
        ``service, unit, first, second, amount``; the same project twice where it credits alone.
    """
    works = list(projects)
    entries, pairs = inputs.offer.entries, inputs.offer.pairs
    single = entries[(entries["ledger"] == "served") & entries["project"].isin(works)]
    both = pairs[pairs["first"].isin(works) & pairs["second"].isin(works)]
    alone = single.assign(first=single["project"], second=single["project"])
    columns = ["key", "unit", "first", "second"]
    rows = pd.concat([alone[[*columns, "amount"]], both[[*columns, "amount"]]], ignore_index=True)
    found = rows.groupby(columns, sort=True)["amount"].max().reset_index()
    return found.rename(columns={"key": "service"})


def _working(inputs: Inputs, starts: pd.Series) -> pd.DataFrame:
    """Options that work in the last year."""
    lead = inputs.offer.projects.set_index("project")["lead"].reindex(starts.index)
    return credits_of(inputs, starts.index[(starts + lead <= inputs.years[-1]).to_numpy()])


def _members(options: pd.DataFrame) -> pd.DataFrame:
    """Each project of an option with the option's credit."""
    one = options.rename(columns={"first": "project"}).drop(columns="second")
    paired = options[options["first"] != options["second"]]
    other = paired.rename(columns={"second": "project"}).drop(columns="first")
    return pd.concat([one, other], ignore_index=True)


@remember(4)
def _denominators(inputs: Inputs) -> pd.DataFrame:
    """Denominators of the indicators that projects raise, by county and year."""
    table, cells = inputs.indicators.table, inputs.indicators.scores.index
    county = inputs.region.county_of(inputs.region["units"]["unit"])
    found = {}
    for name in table.loc[table["origin"] == "ledger", "denominator"].unique():
        parts = []
        for state in inputs.states:
            values = state[str(name)]
            parts.append(values.groupby(county.reindex(values.index).to_numpy()).sum().rename(state.year))
        found[str(name)] = pd.concat(parts, axis=1).stack().reindex(cells)
    return pd.DataFrame(found, index=cells)


def _lacking(inputs: Inputs, places: pd.MultiIndex) -> Floats:
    """Unmet demand of each service and unit in the last year, persons."""
    last = {
        service: inputs.unmet(str(service)).iloc[:, -1]
        for service in dict.fromkeys(places.get_level_values(0))
    }
    lacking = [float(last[service].get(unit, 0.0)) for service, unit in places]
    return np.asarray(lacking, dtype=np.float64)


def _logarithmic_mean(one: Floats, other: Floats) -> Floats:
    """Mean whose difference over it is the difference of logs; of two equal numbers the number itself.

    Examples
    --------
    >>> float(_logarithmic_mean(np.array([0.5]), np.array([0.5]))[0])
    0.5
    """
    ratio = np.log(one) - np.log(other)
    same = np.abs(ratio) < 1e-9
    return np.where(same, (one + other) / 2, (one - other) / np.where(same, 1.0, ratio))
