"""Tables of what there is: villages with their best station, coverage by place, the budget, stations."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.radio import coverage_probability, line_probability
from tongqu.sectors.digital.parameters import budget_table
from tongqu.workflow.digital.ground import Ground, best_links

__all__ = ["BLOCKED_DB", "budget_lines", "coverage_table", "station_table", "village_table"]

BLOCKED_DB: Final = 6.0
"""Loss from which terrain is said to be in the way: an edge that touches the direct line costs 6 dB (ITU-R
P.526, knife edge)."""
KINDS: Final = {(True, True): "both", (True, False): "fibre", (False, True): "g5", (False, False): "none"}
"""Names of what a village has, by fibre and 5G."""
COVERAGE: Final = (
    "people",
    "fibre_people",
    "g5_people",
    "both_people",
    "served",
    "without",
    "share",
    "villages",
    "villages_without",
    "modelled_share",
)
"""Columns of coverage."""
STATIONS: Final = (
    "stations",
    "residents",
    "per_10000",
    "target",
    "lacking",
    "energy_mwh",
    "modelled_share",
)
"""Columns of stations against people."""
PER: Final = 10_000.0
"""Persons that stations are counted for."""
MWH_PER_KW: Final = 8.76
"""Energy of one kW all year: 8760 hours."""


def village_table(ground: Ground) -> pd.DataFrame:
    """Every village: what it has, the station that reaches it best, what is lost on the way, and why not.

    Returns
    -------
    DataFrame
        ``unit, town, county, people`` (rural people), ``fibre, g5, kind`` (both, fibre, g5, none),
        ``station`` (site), ``km, loss_db`` (median without line of sight, terrain in it), ``terrain_db``,
        ``margin_db`` (bearable loss less that loss: what is left for fading), ``line`` (probability of line
        of sight), ``probability`` (of both target rates), ``blocked`` (terrain in the way), ``coarse``
        (heights too coarse to see single hills, or none), ``reason`` (no_station, beyond or terrain, blank
        with 5G), ``modelled`` (whether fibre or station are not observed).
    """
    villages, radio, links = ground.villages, ground.radio, best_links(ground)
    fibre = ground.today.fibre.reindex(villages.index).to_numpy(dtype=np.bool_)
    covered = ground.today.covered.reindex(villages.index).to_numpy(dtype=np.bool_)
    link = links.reindex(villages.index)
    loss = link["no_line_db"] + link["terrain_db"]
    metres = link["km"].clip(lower=radio.spread_km).fillna(0.0).to_numpy(dtype=np.float64) * 1000
    seen = pd.Series(line_probability(metres), index=villages.index)
    coarse = ground.relief is None or ground.relief.coarse
    return pd.DataFrame(
        {
            "unit": villages.index,
            "town": villages["town"],
            "county": villages["county"],
            "people": villages["rural"],
            "fibre": fibre,
            "g5": covered,
            "kind": [KINDS[pair] for pair in zip(fibre.tolist(), covered.tolist(), strict=True)],
            "station": link["station"].astype("object").where(link["station"].notna(), ""),
            "km": link["km"],
            "loss_db": loss,
            "terrain_db": link["terrain_db"],
            "margin_db": radio.bearable_db - loss,
            "line": seen.where(link["km"].notna()),
            "probability": link["probability"],
            "blocked": (link["terrain_db"] >= BLOCKED_DB).to_numpy(),
            "coarse": coarse,
            "reason": _reasons(ground, link, covered=covered),
            "modelled": _modelled(ground, link, fibre=fibre, covered=covered),
        }
    ).reset_index(drop=True)


def _reasons(
    ground: Ground, link: pd.DataFrame, *, covered: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Why 5G does not reach: no station near, too far on any ground, or the terrain between."""
    radio = ground.radio
    metres = np.maximum(link["km"].fillna(np.inf), radio.spread_km) * 1000
    known = link["km"].notna().to_numpy()
    flat = np.zeros(len(link))
    flat[known] = coverage_probability(metres[known], bearable_db=radio.bearable_db, setting=radio.setting)
    why = np.where(~known, "no_station", np.where(flat >= radio.probability, "terrain", "beyond"))
    return np.where(covered, "", why).astype(object)


def _modelled(
    ground: Ground, link: pd.DataFrame, *, fibre: npt.NDArray[np.bool_], covered: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Whether what is said of a village rests on modelled rows: of its fibre, or of the station near it."""
    region, units = ground.region, ground.villages.index
    lines = pd.Series(True, index=units)
    if "village_broadband" in region.tables:
        table = region["village_broadband"].set_index("unit")["modelled"].astype("bool")
        lines = table.reindex(units, fill_value=True)
    station = link["station"].map(ground.stations["modelled"].astype("bool"))
    near = station.astype("object").where(station.notna(), True).astype("bool").to_numpy()
    own = lines.to_numpy(dtype=np.bool_)
    return np.where(fibre & ~covered, own, np.where(covered & ~fibre, near, own | near))


def coverage_table(ground: Ground, villages: pd.DataFrame) -> pd.DataFrame:
    """Rural people by what they have: the whole, counties, then towns.

    Returns
    -------
    DataFrame
        ``unit, level, people, fibre_people, g5_people, both_people, served, without`` (persons), ``share``
        (served), ``villages, villages_without`` (with rural people), ``modelled_share`` (of the people: what
        is said of them rests on modelled rows).
    """
    people = villages["people"]
    served = villages["fibre"] | villages["g5"]
    wide = pd.DataFrame(
        {
            "people": people,
            "fibre_people": people.where(villages["fibre"], 0.0),
            "g5_people": people.where(villages["g5"], 0.0),
            "both_people": people.where(villages["fibre"] & villages["g5"], 0.0),
            "served": people.where(served, 0.0),
            "villages": (people > 0).astype("float64"),
            "villages_without": ((people > 0) & ~served).astype("float64"),
            "modelled_share": people.where(villages["modelled"], 0.0),
        }
    )
    parts = [
        wide.groupby(keys).sum().reindex(units).assign(level=level)
        for level, keys, units in (
            ("whole", np.full(len(wide), ground.whole), [ground.whole]),
            ("county", villages["county"].to_numpy(), ground.region.level("county").index),
            ("town", villages["town"].to_numpy(), ground.region.level("town").index),
        )
    ]
    table = pd.concat(parts).rename_axis("unit").reset_index()
    total = table["people"].where(table["people"] > 0)
    table = table.assign(
        without=table["people"] - table["served"],
        share=table["served"] / total,
        modelled_share=table["modelled_share"] / total,
    )
    table = table.astype({"villages": "Int64", "villages_without": "Int64"})
    return table[["unit", "level", *COVERAGE]]


def budget_lines(ground: Ground) -> pd.DataFrame:
    """The link budget: ``figure, unit_of_measure, down, up``; see `budget_table` of the sector."""
    return budget_table(ground.radio).reset_index(names="figure")


def station_table(ground: Ground) -> pd.DataFrame:
    """Stations against people: the whole, then counties.

    Returns
    -------
    DataFrame
        ``unit, level, stations, residents`` (all people), ``per_10000, target`` (stations for 10 000 people),
        ``lacking`` (stations to the target), ``energy_mwh`` (a year), ``modelled_share`` (of the stations).
    """
    counties = ground.region.level("county").index
    people = ground.villages.groupby("county")["people"].sum().reindex(counties, fill_value=0.0)
    mine = ground.stations
    county = ground.region.county_of(mine["unit"]).to_numpy()
    guessed = mine["stations"].where(mine["modelled"].astype("bool"), 0.0)
    guessed = guessed.groupby(county).sum().reindex(counties, fill_value=0.0)
    parts = pd.DataFrame(
        {"stations": ground.today.stations.reindex(counties), "residents": people, "modelled_share": guessed}
    )
    whole = parts.sum().to_frame(ground.whole).T.assign(level="whole")
    table = pd.concat([whole, parts.assign(level="county")]).rename_axis("unit").reset_index()
    target = ground.assume["base_station.target"]
    residents = table["residents"]
    table = table.assign(
        per_10000=table["stations"] / residents.where(residents > 0) * PER,
        target=target,
        lacking=np.ceil((residents * target / PER - table["stations"]).clip(lower=0.0)),
        energy_mwh=table["stations"] * ground.assume["base_station.power"] * MWH_PER_KW,
        modelled_share=table["modelled_share"] / table["stations"].where(table["stations"] > 0),
    )
    return table[["unit", "level", *STATIONS]]
