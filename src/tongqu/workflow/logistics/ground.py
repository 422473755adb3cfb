"""What a study of logistics stands on: places, the first year's people and roads, parcels and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.base import DataError, Progress, silent
from tongqu.contracts import Assume, Scenario, State, check_limits
from tongqu.data import Region
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.sectors.logistics.ground import Ground, demand_of, ground_of, points_near
from tongqu.sectors.logistics.parameters import check_parameters
from tongqu.workflow.travel.places import writers_of

__all__ = ["WHOLE", "Base", "base_of", "level_table"]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
STATE: Final = ("people.rural", "links.minutes", "links.walk_minutes")
"""State variables that the study rests on."""
LIMITS: Final = {
    "logistics.site_life": (1.0, 100.0),
    "logistics.fetching": (0.0, 1e4),
    "logistics.walk_minute": (0.0, 1e3),
    "locker.cost": (0.0, 1e4),
    "locker.service": (0.0, 1e3),
    "drone.parcels": (1.0, 1e4),
    "drone.kg": (0.1, 1e4),
    "drone.speed": (1.0, 1e3),
    "drone.range": (0.0, 1e5),
    "drone.cost_per_km": (0.0, 1e4),
    "drone.cost_per_hour": (0.0, 1e4),
    "drone.cost_per_day": (0.0, 1e5),
}
"""Values beyond which a standard of the study alone means nothing."""


@dataclass(frozen=True, eq=False)
class Base:
    """What the study stands on.

    Parameters
    ----------
    region : Region
    assume : Assume
    whole : str
        Code of all counties together.
    state : State
        The scenario's first year without any project.
    ground : Ground
        Villages on a road, towns with their stations and centres, points.
    villages : DataFrame
        All villages: the units' columns with ``town, county, people`` (rural), ``parcels_in, parcels_out,
        parcels`` (a day), ``near`` (a point within the walk), ``on_road`` and ``modelled_parcels``, by unit.
    """

    region: Region
    assume: Assume
    whole: str
    state: State
    ground: Ground
    villages: pd.DataFrame

    @property
    def served(self) -> pd.Series:
        """Whether each village has a point within a walk today."""
        return self.villages["near"]


def base_of(region: Region, scenario: Scenario, *, progress: Progress = silent) -> Base:
    """What the study stands on.

    Raises
    ------
    DataError
        If the region lacks tables that people and roads follow from.
    ScenarioError
        If a standard is outside its limits.
    """
    assume = Assume.of(region["standards"], scenario)
    values = {str(name): float(value) for name, value in assume.values.items()}
    check_parameters(values)
    check_limits(values, LIMITS)
    sectors = writers_of(STATE)
    if problems := missing_tables(region, sectors):
        raise DataError(problems)
    one = scenario.model_copy(update={"last_year": scenario.first_year})
    state = simulate(region, sectors, scenario=one, assume=assume, progress=progress)[0]
    ground = ground_of(region)
    units = region.level("village")
    parcels = demand_of(region, state, assume=assume).reindex(units.index)
    villages = units.assign(
        town=region.ancestor(units.index, level="town").to_numpy(),
        county=region.county_of(units.index).to_numpy(),
        people=state["people.rural"].reindex(units.index, fill_value=0.0),
        parcels_in=parcels["parcels_in"],
        parcels_out=parcels["parcels_out"],
        parcels=parcels.sum(axis=1),
        near=points_near(region, state, nodes=ground.points, assume=assume).reindex(units.index),
        on_road=units.index.isin(ground.villages.index),
        modelled_parcels=_modelled(region, units.index),
    )
    city = region.level("city").index
    whole = str(city[0]) if len(city) == 1 else WHOLE
    return Base(region, assume, whole, state, ground, villages)


def _modelled(region: Region, units: pd.Index) -> pd.Series:
    """Whether the parcels of each village are not counted: by people, or flagged in the table."""
    flags = pd.Series(data=True, index=units)
    if "parcel_demand" in region.tables:
        given = region["parcel_demand"].set_index("unit")
        known = given[["parcels_in", "parcels_out"]].notna().all(axis=1)
        flags.update(given.loc[known, "modelled"].astype("bool"))
    return flags.astype("bool")


def level_table(base: Base, table: pd.DataFrame) -> pd.DataFrame:
    """Sums of columns for the whole and the counties, from rows of towns that have a ``county``.

    Returns
    -------
    DataFrame
        ``unit, level`` and the sums; the whole, counties, then the towns themselves.
    """
    numbers = table.drop(columns="county").astype("float64")
    county = numbers.groupby(table["county"].to_numpy()).sum()
    county = county.reindex(base.region.level("county").index, fill_value=0.0)
    whole = numbers.sum().to_frame(base.whole).T
    parts = {"whole": whole, "county": county, "town": numbers}
    made = [part.assign(level=level).rename_axis("unit").reset_index() for level, part in parts.items()]
    joined = pd.concat(made, ignore_index=True)
    return joined[["unit", "level", *numbers.columns]]
