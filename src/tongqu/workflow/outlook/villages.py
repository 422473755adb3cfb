"""What becomes of every village: people, age, and a proposal (grow, keep, shrink, move) with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.sectors.population.census import OLD, YOUNG
from tongqu.sectors.population.path import Path
from tongqu.sectors.population.villages import share_out
from tongqu.sectors.relocation.proposals import village_proposals

__all__ = ["village_table"]

MINUTES: Final = ("minutes_town", "minutes_hospital", "minutes_county")
PROPOSED: Final = ("proposal", "reason", "measure", "value", "threshold", "runner_up", "close")


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
    proposed = village_proposals(region, first, last, assume=assume)
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
        **{name: proposed[name] for name in MINUTES},
    }
    table = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()})
    named = proposed[list(PROPOSED)].rename(columns={"proposal": "future"}).reset_index(drop=True)
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


def _modelled(region: Region, villages: pd.DataFrame) -> pd.DataFrame:
    """Whether people of the base year and the position of each village are modelled."""
    rows = region["people"]
    rows = rows[(rows["year"] == region.base_year) & rows["unit"].isin(villages.index)]
    people = rows.groupby("unit", observed=True)["modelled"].any().reindex(villages.index, fill_value=True)
    listed = villages["modelled_columns"].fillna("").astype(str)
    position = villages["modelled"] & listed.map(lambda text: not text or "lon" in text.split(";"))
    flags = {"modelled_people": people.to_numpy(bool), "modelled_position": position.to_numpy(bool)}
    return pd.DataFrame(flags).assign(modelled=lambda made: made.any(axis=1))
