"""What becomes of every village: people, age, and a proposal (grow, keep, shrink, move) with its reason."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.methods._arrays import Floats
from tongqu.methods.roads import road_network
from tongqu.methods.travel import minutes_matrix
from tongqu.methods.village_future import Thresholds, VillageFigures, village_future
from tongqu.sectors.population.path import Path
from tongqu.sectors.population.villages import share_out

__all__ = ["YOUNG", "village_table"]

YOUNG: Final = ("20-24", "25-29", "30-34", "35-39", "40-44")
OLD: Final = ("65-69", "70-74", "75-79", "80-84", "85+")
PLACES: Final = ("primary_place", "junior_place")
"""Services of which a village may have a part; they say nothing on what is within its reach."""
WHOLE: Final = 1e-9
"""Share of a demand up to which a village that is served as a whole may seem not to be, by rounding."""


@dataclass(frozen=True)
class _Later:
    """Villages in the last year of the forecast: people, share aged 65 or more, rural people aged 20-44."""

    people: pd.Series
    old: pd.Series
    young: pd.Series


def village_table(
    region: Region, states: tuple[State, State, State], *, path: Path, assume: Assume
) -> pd.DataFrame:
    """A row for each village.

    Parameters
    ----------
    states : tuple of State
        Of the base year, and of the first and last year of the scenario, without a plan.
    path : Path
        For the last year of the forecast.

    Returns
    -------
    DataFrame
        ``unit, name, county, town, residence``; ``people_base, people_first, people_last, people_until``;
        ``change`` (of people, last over base, less 1); ``old_base, old_last, old_until`` (shares aged 65 or
        more); ``young_kept, young_kept_until`` (rural people aged 20-44 over those of the base year, missing
        in towns); ``minutes_town, minutes_hospital, minutes_county``; ``future, reason, measure, value,
        threshold, runner_up, close``, see `tongqu.methods.village_future`, from the first to the last year
        of the scenario; ``modelled_people, modelled_position`` (of the base year) and ``modelled`` (either).
        People of all later years are modelled, by share-out of their county's.
    """
    base, first, last = states
    villages = region.level("village")
    later = _until(region, path, assume=assume)
    young = base["people.rural_young"]
    minutes = _minutes(region, first)
    proposed = _proposed(region, first, last, minutes=minutes, assume=assume)
    people = {"base": base["people.total"], "first": first["people.total"], "last": last["people.total"]}
    columns = {
        "unit": villages.index,
        "name": villages["name"],
        "county": region.county_of(villages.index).to_numpy(),
        "town": region.ancestor(villages.index, level="town").to_numpy(),
        "residence": villages["residence"],
        **{f"people_{name}": values for name, values in people.items()},
        "people_until": later.people,
        "change": people["last"] / people["base"].where(people["base"] > 0) - 1,
        "old_base": _share(base["people.old"], people["base"]),
        "old_last": _share(last["people.old"], people["last"]),
        "old_until": _share(later.old, later.people),
        "young_kept": _share(last["people.rural_young"], young),
        "young_kept_until": _share(later.young, young),
        **minutes,
    }
    table = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()})
    named = proposed.drop(columns="village").rename(columns={"proposal": "future"})
    return table.join(named).join(_modelled(region, villages)).astype({"residence": "str"})


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def _until(region: Region, path: Path, *, assume: Assume) -> _Later:
    groups, _ = share_out(
        region,
        path.single.sum(axis=0),
        years=max(path.years[-1] - region.base_year, 0),
        centre=assume["lever.centre"],
        remoteness=assume["village.remoteness"],
    )
    rural = (region.level("village")["residence"] != "urban").loc[groups.index]
    young = groups[list(YOUNG)].sum(axis=1).where(rural, 0.0)
    return _Later(groups.sum(axis=1), groups[list(OLD)].sum(axis=1), young)


def _minutes(region: Region, state: State) -> dict[str, Floats]:
    """Minutes by car to the town's seat (NaN where it is unknown), a hospital and the county seat."""
    villages, towns = region.level("village"), region.level("town")
    nodes = towns["seat"].map(villages["node"]).fillna(towns["node"]).dropna()
    town = np.full(len(villages), np.nan)
    if len(nodes):
        network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
        minutes = minutes_matrix(
            network, origins=network.locate(villages["node"]), targets=network.locate(nodes)
        )
        column = nodes.index.get_indexer(pd.Index(region.ancestor(villages.index, level="town")))
        own = minutes[np.arange(len(villages)), np.maximum(column, 0)]
        town = np.where(column >= 0, own, np.nan)
    return {
        "minutes_town": town,
        "minutes_hospital": state["minutes.medical_circle"].loc[villages.index].to_numpy(),
        "minutes_county": state["minutes.county_seat"].loc[villages.index].to_numpy(),
    }


def _proposed(
    region: Region, first: State, last: State, *, minutes: dict[str, Floats], assume: Assume
) -> pd.DataFrame:
    """Proposals from the first to the last year of the scenario, with thresholds from its standards."""
    villages = region.level("village")
    now, later, young = (first["people.total"], last["people.total"], first["people.rural_young"])
    values = assume.values
    own = {one.name: f"village.{one.name}" for one in fields(Thresholds)}
    lines = Thresholds(**{name: float(values[key]) for name, key in own.items() if key in values.index})
    figures = VillageFigures(
        village=villages.index,
        years=max(last.year - first.year, 1),
        people=now,
        people_later=later,
        old=_share(first["people.old"], now).fillna(0.0),
        old_later=_share(last["people.old"], later).fillna(0.0),
        young_kept=_share(last["people.rural_young"], young),
        **minutes,
        urban=(villages["residence"] == "urban").to_numpy(),
        in_reach=_in_reach(first, villages.index),
        elevation_m=villages["elevation_m"],
        hazard=_hazard(villages),
    )
    return village_future(figures, thresholds=lines)


def _hazard(villages: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "hazard" not in villages:
        return np.zeros(len(villages), dtype=np.bool_)
    return (villages["hazard"].notna() & (villages["hazard"].astype("str") != "")).to_numpy(dtype=np.bool_)


def _in_reach(state: State, villages: pd.Index) -> npt.NDArray[np.bool_]:
    """Whether each village has each service that it has as a whole or not at all, (villages, services).

    Where nobody asks, the longest way of those served says it; where no way is known, nobody lacks it.
    """
    found = []
    for service in state.matching("served"):
        demand, served = state[f"demand.{service}"], state[f"served.{service}"]
        partly = (served > demand * WHOLE) & (served < demand * (1 - WHOLE))
        if service in PLACES or partly.any():
            continue
        has = (demand > 0) & (served >= demand * (1 - WHOLE))
        if f"minutes.{service}" in state:
            way = state[f"minutes.{service}"]
            has |= (demand <= 0) & (way <= (way[has].max() if has.any() else -np.inf))
        else:
            has |= demand <= 0
        found.append(has.loc[villages].to_numpy(dtype=np.bool_))
    return np.array(found).T if found else np.zeros((len(villages), 1), dtype=np.bool_)


def _modelled(region: Region, villages: pd.DataFrame) -> pd.DataFrame:
    """Whether people of the base year and the position of each village are modelled."""
    rows = region["people"]
    rows = rows[(rows["year"] == region.base_year) & rows["unit"].isin(villages.index)]
    people = rows.groupby("unit", observed=True)["modelled"].any().reindex(villages.index, fill_value=True)
    listed = villages["modelled_columns"].fillna("").astype(str)
    position = villages["modelled"] & listed.map(lambda text: not text or "lon" in text.split(";"))
    flags = {"modelled_people": people.to_numpy(bool), "modelled_position": position.to_numpy(bool)}
    return pd.DataFrame(flags).assign(modelled=lambda made: made.any(axis=1))
