"""The worst-off: shares of services by village, the mean of the tenth served least, and levels in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.engine.goals.coverage import credit_table, service_weights
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Terms
from tongqu.engine.terms import Aim, Floats, Ints, Model

__all__ = ["Villages", "level_aims", "villages_of", "worst_mean", "worst_off"]


@dataclass(frozen=True)
class Villages:
    """Villages in the last year of the plan.

    Parameters
    ----------
    people : Series
        Share of all people who live there, by village; adds up to 1.
    base : Series
        Weighted share of the services that the village asks for within the standard, without a plan.
    more : DataFrame
        What full credit of a service would add: villages in rows, services in columns.
    """

    people: pd.Series
    base: pd.Series
    more: pd.DataFrame


def villages_of(inputs: Inputs) -> Villages:
    """Give people and shares of the villages that ask for a service that counts in the last year."""
    last = inputs.states[-1]
    weight = service_weights(inputs)
    people = last["people.total"]
    village = inputs.region.level("village").index
    people = people[people.index.isin(village) & (people > 0)].astype("float64")
    asked, met = (
        pd.DataFrame({name: last[f"{group}.{name}"].reindex(people.index) for name in weight.index}).fillna(
            0.0
        )
        for group in ("demand", "served")
    )
    counted = (asked > 0).mul(weight, axis=1)
    whole = counted.sum(axis=1)
    kept = whole > 0
    share = counted[kept].div(whole[kept], axis=0)
    below = asked[kept].where(asked[kept] > 0)
    met_share = (met[kept] / below).fillna(0.0).clip(0.0, 1.0)
    unmet = pd.DataFrame({name: inputs.unmet(name).iloc[:, -1].reindex(share.index) for name in weight.index})
    mine = people[kept]
    more = share * (unmet / below).fillna(0.0).clip(0.0, 1.0)
    return Villages(mine / mine.sum(), (share * met_share).sum(axis=1), more)


def worst_mean(people: pd.Series, share: pd.Series, *, tail: float) -> float:
    """Mean share of the part of the people whose villages are served least.

    Parameters
    ----------
    people, share : Series
        By village: part of all people, and share of services within the standard.
    tail : float
        Part of the people that is looked at, in (0, 1].

    Examples
    --------
    >>> people, share = pd.Series([0.1, 0.3, 0.6]), pd.Series([0.2, 0.6, 0.9])
    >>> round(worst_mean(people, share, tail=0.2), 6)
    0.4
    """
    order = np.argsort(share.to_numpy(), kind="stable")
    part = people.to_numpy(dtype=np.float64)[order]
    before = np.concatenate([[0.0], np.cumsum(part)[:-1]])
    inside = np.clip(tail - before, 0.0, part)
    return float(inside @ share.to_numpy(dtype=np.float64)[order] / inside.sum())


def worst_off(model: Model) -> Aim:
    """Mean share of services of the worst-off part of the people in the last year, as a linear figure.

    The mean of the lowest part ``a`` of a distribution is the greatest over ``e`` of
    ``e - mean(max(0, e - share)) / a``.

    References
    ----------
    Rockafellar, R. T., Uryasev, S. (2000), Optimization of conditional value-at-risk, Journal of Risk 2 (3),
    21-41.
    """
    villages = villages_of(model.inputs)
    share = _shares(model, villages)
    count, program = len(share), model.program
    level = program.variables("worst_level", 1, upper=1.0)
    below = program.variables("worst_below", count, upper=1.0)
    each = np.arange(count)
    terms = [
        Terms.of(each, below, 1.0),
        Terms.of(each, share, 1.0),
        Terms.of(each, np.repeat(level, count), -1.0),
    ]
    program.rows("worst tail", Terms.join(terms), sense=">=", rhs=np.zeros(count))
    tail = model.inputs.scenario.goal.worst_share
    weight = np.concatenate([[1.0], -villages.people.to_numpy() / tail])

    def complete(values: Floats) -> tuple[Ints, Floats]:
        reached = _reached(model, values)
        order = np.argsort(reached, kind="stable")
        part = np.cumsum(villages.people.to_numpy()[order])
        lowest = reached[order[min(int(np.searchsorted(part, tail)), count - 1)]]
        short = np.maximum(lowest - reached, 0.0)
        return np.concatenate([share, level, below]), np.concatenate([reached, [lowest], short])

    return Aim("worst-off", np.concatenate([level, below]), weight, complete=complete)


def level_aims(inputs: Inputs) -> list[Callable[[Model], Aim]]:
    """Aims of the lexicographic order, lowest level first, each made when its turn comes.

    The aim of a level is the negative of the mean shortfall below it, over all people. Levels below which
    nobody is without a plan are left out: no plan has a shortfall there.

    References
    ----------
    Ogryczak, W., Sliwinski, T. (2006), On direct methods for lexicographic min-max optimization, Lecture
    Notes in Computer Science 3982, 802-811.
    """
    count = inputs.scenario.goal.levels
    lowest = float(villages_of(inputs).base.min())
    levels = [number / count for number in range(1, count + 1) if number / count > lowest]
    return [_level(value) for value in levels]


def _level(value: float) -> Callable[[Model], Aim]:
    name = f"worst-off {value:.9g}"

    def make(model: Model) -> Aim:
        if name in model.aims:
            return model.aims[name]
        villages = villages_of(model.inputs)
        share = _shares(model, villages)
        low = np.flatnonzero(villages.base.to_numpy() < value)
        short = model.program.variables(f"short_{value:.9g}", len(low), upper=1.0)
        each = np.arange(len(low))
        terms = [Terms.of(each, short, 1.0), Terms.of(each, share[low], 1.0)]
        model.program.rows(f"level {value:.9g}", Terms.join(terms), sense=">=", rhs=np.full(len(low), value))
        people = villages.people.to_numpy()[low]

        def complete(values: Floats) -> tuple[Ints, Floats]:
            reached = _reached(model, values)
            lacking = np.maximum(value - reached[low], 0.0)
            return np.concatenate([share, short]), np.concatenate([reached, lacking])

        model.aims[name] = Aim(name, short, -people, complete=complete)
        return model.aims[name]

    return make


def _shares(model: Model, villages: Villages) -> Ints:
    """Variables of the villages' shares, made once."""
    if "share" in model.places:
        return model.places["share"]
    program = model.program
    variable = program.variables("share", len(villages.base), upper=1.0)
    terms = [Terms.of(np.arange(len(variable)), variable, 1.0), *_credits(model, villages)]
    program.rows("share", Terms.join(terms), sense="<=", rhs=villages.base.to_numpy())
    model.places["share"] = variable
    return variable


def _reached(model: Model, values: Floats) -> Floats:
    """The most that the shares of villages can be, as the credit in a solution allows."""
    variable, numbers = model.places["share"], model.program.arrays()
    rows = model.program.row_numbers("share")
    others = numbers.table[rows] @ values - values[variable]
    return np.clip(numbers.row_upper[rows] - others, 0.0, 1.0).astype(np.float64)


def _credits(model: Model, villages: Villages) -> list[Terms]:
    """What the credit of its groups takes from each village's row of its share."""
    credit = credit_table(model)
    credit = credit[credit["year"] == len(model.inputs.years) - 1]
    parts = []
    for service, mine in credit.groupby("service", sort=True):
        if service not in villages.more:
            continue
        group = model.members[str(service)]
        home = pd.DataFrame({"village": group.index, "group": group.to_numpy()})
        home = home[home["village"].isin(villages.more.index)]
        both = home.merge(mine[["group", "variable"]], on="group")
        row = villages.more.index.get_indexer(pd.Index(both["village"]))
        more: Floats = villages.more[service].to_numpy(dtype=np.float64)[row]
        parts.append(Terms.of(row, both["variable"], -more))
    return parts
