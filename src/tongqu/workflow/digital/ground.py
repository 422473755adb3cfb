"""What a study of digital networks stands on: places, people of one year, stations and the link budget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Progress, silent
from tongqu.contracts import Assume, Scenario, State
from tongqu.data import Region
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.methods.radio import Relief
from tongqu.sectors.digital.coverage import Today, links_between, relief_in, stations_of, today
from tongqu.sectors.digital.parameters import Radio, radio_of
from tongqu.workflow.travel.places import writers_of

__all__ = ["WHOLE", "Ground", "best_links", "ground_of", "whole_of"]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
PEOPLE: Final = ("people.rural", "people.total")
"""State variables that the study rests on; persons by village."""
UNLIKELY: Final = 0.01
"""Pairs of station and village less likely to be connected than this are not looked at."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What the study stands on.

    Parameters
    ----------
    region : Region
    assume : Assume
    whole : str
        Code of all counties together.
    year : int
        Year of the people.
    villages : DataFrame
        The units of that level with ``town, county, rural`` and ``people`` (persons), by unit.
    stations : DataFrame
        See `tongqu.sectors.digital.coverage.stations_of`.
    radio : Radio
        Link budgets.
    relief : Relief or None
        Heights, None where the region has none on a grid.
    today : Today
        Fibre, coverage and stations before any project.
    """

    region: Region
    assume: Assume
    whole: str
    year: int
    villages: pd.DataFrame
    stations: pd.DataFrame
    radio: Radio
    relief: Relief | None
    today: Today


def whole_of(region: Region) -> str:
    """The only city, else `WHOLE`."""
    city = region.level("city").index
    return str(city[0]) if len(city) == 1 else WHOLE


def ground_of(region: Region, scenario: Scenario, *, progress: Progress = silent) -> Ground:
    """What the study stands on, with the people of the scenario's first year.

    Raises
    ------
    DataError
        If the region lacks tables that the people follow from.
    ScenarioError
        If a standard is outside its limits.
    """
    assume = Assume.of(region["standards"], scenario)
    radio = radio_of(assume)
    state = _first(region, scenario, assume=assume, progress=progress)
    villages = region.level("village")
    villages = villages.assign(
        town=villages["parent"],
        county=region.county_of(villages.index),
        rural=state["people.rural"].reindex(villages.index, fill_value=0.0),
        people=state["people.total"].reindex(villages.index, fill_value=0.0),
    )
    return Ground(
        region=region,
        assume=assume,
        whole=whole_of(region),
        year=state.year,
        villages=villages,
        stations=stations_of(region),
        radio=radio,
        relief=relief_in(region),
        today=today(region, assume=assume),
    )


def _first(region: Region, scenario: Scenario, *, assume: Assume, progress: Progress) -> State:
    sectors = writers_of(PEOPLE)
    if problems := missing_tables(region, sectors):
        raise DataError(problems)
    one = scenario.model_copy(update={"last_year": scenario.first_year})
    return simulate(region, sectors, scenario=one, assume=assume, progress=progress)[0]


def best_links(ground: Ground) -> pd.DataFrame:
    """The station that most likely reaches each village, else the nearest one within some kilometres.

    Returns
    -------
    DataFrame
        By unit, for the villages near a station: ``station`` (site), ``km, line_db, no_line_db, terrain_db``
        and ``probability``, as `tongqu.sectors.digital.coverage.links_between` has them.
    """
    wide = replace(ground.radio, probability=UNLIKELY)
    found = links_between(ground.stations, ground.villages, radio=wide, relief=ground.relief)
    order = np.lexsort((found["km"], -found["probability"], found["place"]))
    best = found.iloc[order].drop_duplicates("place")
    named = best.assign(station=ground.stations.index[best["station"]])
    named.index = pd.Index(ground.villages.index[best["place"]], name="unit")
    return named.drop(columns=["place", "covered"])
