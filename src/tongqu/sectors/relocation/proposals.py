"""What becomes of every village of a region by the rules, and the services that a place has.

The one place where figures of villages are taken from a region and its states, so that whoever asks for
proposals comes to the same ones.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.travel import minutes_matrix
from tongqu.methods.village_future import Thresholds, VillageFigures, village_future

__all__ = ["COUNTED", "known_to_have", "lacks_nothing", "village_proposals", "whole_services"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

COUNTED: Final = ("served.primary_place", "served.junior_place")
"""Services whose places are counted: a village may have a part, which says nothing on what it can reach."""
WHOLE: Final = 1e-9
"""Share of a demand up to which a village that is served as a whole may seem not to be, by rounding."""


def village_proposals(
    region: Region,
    first: State,
    last: State,
    *,
    assume: Assume | None,
    counted: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """A proposal for every village with its reason, and the figures that go with it.

    Parameters
    ----------
    region : Region
        Its villages, towns and roads.
    first, last : State
        Of the years between which people are compared; minutes and services are those of the first.
    assume : Assume or None
        Thresholds of the rules are its standards ``village.*``; the rules' own default stands for each that
        it lacks, and for all where it is None.
    counted : frozenset of str
        Services besides `COUNTED` whose places are counted. They say nothing on what is within reach.

    Returns
    -------
    DataFrame
        Indexed by village in the order of codes: ``proposal, reason, measure, value, threshold, runner_up,
        close``, see `tongqu.methods.village_future`; ``people`` (persons in the first year); ``rural``,
        ``hazard`` (bool); ``minutes_town, minutes_hospital, minutes_county`` (by car; of the town NaN where
        it has no seat with a road node).

    Raises
    ------
    StateError
        If a state lacks a variable.
    DataError
        With every figure that is missing or impossible, and every threshold that is not a positive number.

    Examples
    --------
    >>> import pandas as pd
    >>> import tongqu
    >>> from tongqu.contracts import State
    >>> region = tongqu.load("quzhou")
    >>> alike = {"people.total": 90, "people.old": 60, "people.rural_young": 9}
    >>> alike |= {"minutes.county_seat": 60, "minutes.medical_circle": 30}
    >>> villages = region.codes("village")
    >>> values = {name: pd.Series(float(value), index=villages) for name, value in alike.items()}
    >>> values["links.minutes"] = region["links"].set_index("link")["length_km"] * 2
    >>> state = State(2026, values)
    >>> found = village_proposals(region, state, state, assume=None)
    >>> sorted(found.loc[found["rural"] & (found["minutes_town"] >= 30), "proposal"].unique())
    ['move']
    """
    villages = region.level("village")
    now, later = (_people(state, villages.index) for state in (first, last))
    marks = {"rural": (villages["residence"] != "urban").to_numpy(), "hazard": _hazard(villages)}
    minutes = _minutes(region, first)
    figures = VillageFigures(
        village=villages.index,
        years=max(last.year - first.year, 1),
        people=now["total"],
        people_later=later["total"],
        old=_share(now["old"], now["total"]).fillna(0.0),
        old_later=_share(later["old"], later["total"]).fillna(0.0),
        young_kept=_share(later["rural_young"], now["rural_young"]),
        **minutes,
        urban=~marks["rural"],
        in_reach=_in_reach(first, villages.index, counted=counted),
        elevation_m=villages["elevation_m"],
        hazard=marks["hazard"],
    )
    table = village_future(figures, thresholds=_thresholds(assume)).drop(columns="village")
    return table.set_index(villages.index).assign(people=now["total"], **marks, **minutes)


def whole_services(state: State, *, counted: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Services that a village has as a whole or not at all, by reach: a move can bring or cost them."""
    names = []
    for service in state.matching("served"):
        demand, served = state[f"demand.{service}"], state[f"served.{service}"]
        partly = (served > demand * WHOLE) & (served < demand * (1 - WHOLE))
        if service not in counted and f"served.{service}" not in COUNTED and not partly.any():
            names.append(service)
    return tuple(names)


def known_to_have(state: State, service: str) -> pd.Series:
    """Whether a place is known to be served; where nobody asks, by the longest way of those served."""
    demand, served = state[f"demand.{service}"], state[f"served.{service}"]
    asked = demand > 0
    has = asked & (served >= demand * (1 - WHOLE))
    if f"minutes.{service}" not in state:
        return has
    minutes = state[f"minutes.{service}"]
    longest = minutes[has].max() if has.any() else -np.inf
    return has | (~asked & (minutes <= longest))


def lacks_nothing(state: State, service: str) -> pd.Series:
    """Whether people of a place lack nothing; where nobody asks and no way is known, nobody lacks it."""
    if f"minutes.{service}" in state:
        return known_to_have(state, service)
    return known_to_have(state, service) | (state[f"demand.{service}"] <= 0)


def _people(state: State, villages: pd.Index) -> dict[str, pd.Series]:
    return {name: state[f"people.{name}"].loc[villages] for name in ("total", "old", "rural_young")}


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def _thresholds(assume: Assume | None) -> Thresholds:
    if assume is None:
        return Thresholds()
    values = assume.values
    names = [one.name for one in fields(Thresholds) if f"village.{one.name}" in values.index]
    return Thresholds(**{name: float(values[f"village.{name}"]) for name in names})


def _minutes(region: Region, state: State) -> dict[str, Floats]:
    """Minutes by car to the town's seat (NaN where it is unknown), a hospital and the county seat."""
    villages = region.codes("village")
    return {
        "minutes_town": _town_minutes(region, state),
        "minutes_hospital": state["minutes.medical_circle"].loc[villages].to_numpy(dtype=np.float64),
        "minutes_county": state["minutes.county_seat"].loc[villages].to_numpy(dtype=np.float64),
    }


def _town_minutes(region: Region, state: State) -> Floats:
    """Minutes to the seat of each village's own town; NaN where the town has no seat with a road node."""
    villages, towns = region.level("village"), region.level("town")
    nodes = towns["seat"].map(villages["node"]).fillna(towns["node"]).dropna()
    if nodes.empty:
        return np.full(len(villages), np.nan)
    network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
    minutes = minutes_matrix(network, origins=network.locate(villages["node"]), targets=network.locate(nodes))
    column = nodes.index.get_indexer(pd.Index(region.ancestor(villages.index, level="town")))
    own = minutes[np.arange(len(villages)), np.maximum(column, 0)]
    return np.where(column >= 0, own, np.nan)


def _hazard(villages: pd.DataFrame) -> Bools:
    if "hazard" not in villages:
        return np.zeros(len(villages), dtype=np.bool_)
    return (villages["hazard"].notna() & (villages["hazard"].astype("str") != "")).to_numpy(dtype=np.bool_)


def _in_reach(state: State, villages: pd.Index, *, counted: frozenset[str]) -> Bools:
    """Whether each village lacks nothing of each whole service, (villages, services)."""
    services = whole_services(state, counted=counted)
    if not services:
        return np.zeros((len(villages), 1), dtype=np.bool_)
    return np.array(
        [lacks_nothing(state, service).loc[villages].to_numpy(np.bool_) for service in services]
    ).T
