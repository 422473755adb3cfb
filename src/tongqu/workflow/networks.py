"""The roads of a region, or roads just read, as a network for one mode of travel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data import Region
from tongqu.data.readers import Roads
from tongqu.data.spec import package_rows
from tongqu.methods.modes import NO_RANK, Mode, directed_network, mode_minutes
from tongqu.methods.network import Network

__all__ = ["class_minutes", "mode_of", "modes", "region_network", "roads_network"]

_WALK_CLOSED_RANK: Final = 1
"""Expressways are closed to walkers."""


def modes() -> pd.DataFrame:
    """Modes of travel with names, limits, and where these come from, indexed by mode.

    Returns
    -------
    DataFrame
        Columns ``name_zh, name_en, moves, top_kmh`` (km/h), ``time_factor, weight_t`` (t), ``height_m`` (m),
        ``lowest_rank, status, source, note``; a blank limit is none.

    Examples
    --------
    >>> modes().index.tolist()
    ['car', 'bus', 'van', 'truck', 'walk']
    """
    frame = pd.DataFrame(package_rows("defaults/modes.csv"), dtype="str").set_index("mode")
    numbers = ["top_kmh", "time_factor", "weight_t", "height_m", "lowest_rank"]
    typed = frame[numbers].apply(lambda column: pd.to_numeric(column.where(column != "")))
    return frame.assign(**{name: typed[name].astype("float64") for name in numbers})


def mode_of(name: str) -> Mode:
    """The mode of that name.

    Raises
    ------
    DataError
        If there is none.

    Examples
    --------
    >>> mode_of("truck").weight_t
    31.0
    """
    table = modes()
    if name not in table.index:
        known = ", ".join(table.index)
        raise DataError([Problem(rule="unknown mode", mend=f"use one of {known}", column="mode", value=name)])
    row: Any = table.loc[name]
    return Mode(
        name=name,
        moves=row["moves"],
        top_kmh=_or(row["top_kmh"], np.inf),
        time_factor=float(row["time_factor"]),
        weight_t=_or(row["weight_t"], 0.0),
        height_m=_or(row["height_m"], 0.0),
        lowest_rank=int(_or(row["lowest_rank"], NO_RANK)),
    )


def _or(value: float, without: float) -> float:
    return without if np.isnan(value) else float(value)


def region_network(region: Region, *, mode: str = "car") -> Network:
    """The roads of a region for a mode.

    Parameters
    ----------
    region : Region
        Uses nodes, links, road classes and the standard ``speed.walk``.
    mode : str
        A name of `modes`.

    Returns
    -------
    Network
        Nodes by id; links in the order of the table.

    Raises
    ------
    DataError
        If there is no such mode.

    Examples
    --------
    >>> import tongqu
    >>> quzhou = tongqu.load("quzhou")
    >>> len(region_network(quzhou, mode="truck").nodes) == len(quzhou["nodes"])
    True
    """
    links = region["links"]
    km, own = (links[column].to_numpy(np.float64) for column in ("length_km", "speed_kmh"))
    minutes = class_minutes(region, mode=mode, km=km, classes=links["class"], own_kmh=own)
    oneway = links["oneway"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    back = minutes if mode_of(mode).moves == "walk" else np.where(oneway, np.inf, minutes)
    return directed_network(
        region["nodes"]["node"].to_numpy(),
        start=links["from_node"].to_numpy(),
        end=links["to_node"].to_numpy(),
        onward=minutes,
        back=back,
    )


def class_minutes(
    region: Region,
    *,
    mode: str,
    km: npt.ArrayLike,
    classes: Iterable[str],
    own_kmh: npt.ArrayLike = np.nan,
) -> npt.NDArray[np.float64]:
    """Minutes of roads of some classes for a mode.

    Parameters
    ----------
    region : Region
        Uses road classes and the standard ``speed.walk``.
    mode : str
        A name of `modes`.
    km : array_like of float
        Lengths in km, shape (roads,).
    classes : iterable of str
        Class of each road.
    own_kmh : array_like of float
        Driving speed of each road in km/h, shape (roads,) or one for all; NaN takes that of the class.

    Returns
    -------
    numpy.ndarray of float
        Minutes, shape (roads,); inf where the mode may not go.

    Raises
    ------
    DataError
        If there is no such mode.

    Examples
    --------
    >>> import tongqu
    >>> class_minutes(tongqu.load("quzhou"), mode="car", km=[6, 6], classes=["county", "village"])
    array([ 8. , 14.4])
    """
    chosen, length = mode_of(mode), np.asarray(km, dtype=np.float64)
    table = region["road_classes"].set_index("class").loc[list(classes)]
    rank = table["rank"].to_numpy(np.int64)
    if chosen.moves == "walk":
        kmh = float(region["standards"].set_index("standard")["value"]["speed.walk"])
        return mode_minutes(chosen, km=length, minutes=length / kmh * 60, allowed=rank > _WALK_CLOSED_RANK)
    own = np.asarray(own_kmh, dtype=np.float64)
    speed = np.where(np.isnan(own), table["speed_kmh"].to_numpy(np.float64), own)
    return mode_minutes(chosen, km=length, minutes=length / speed * 60, rank=rank)


def roads_network(roads: Roads, *, mode: str = "car", ranks: pd.Series | None = None) -> Network:
    """Roads as read for a mode: access, limits of weight and height, slopes and one-way streets count.

    Parameters
    ----------
    roads : Roads
        From any reader.
    mode : str
        A name of `modes`.
    ranks : Series of int, optional
        Rank of each road class, indexed by class; without it no class is closed to a mode.

    Returns
    -------
    Network
        Nodes by id. Links as `directed_network` numbers them.

    Raises
    ------
    DataError
        If there is no such mode.
    """
    chosen, links = mode_of(mode), roads.links
    walks = chosen.moves == "walk"
    prefix = "walk_" if walks else ""
    rank = 1 if ranks is None else links["class"].map(ranks).fillna(1).to_numpy(np.int64)
    limits = {
        "km": links["length_km"].to_numpy(np.float64),
        "allowed": links[chosen.moves].to_numpy(bool),
        "rank": rank,
        "max_weight_t": links["max_weight_t"].to_numpy(np.float64),
        "max_height_m": links["max_height_m"].to_numpy(np.float64),
    }
    there, again = (
        mode_minutes(
            chosen, minutes=links[f"{prefix}minutes_{way}"].fillna(np.inf).to_numpy(np.float64), **limits
        )
        for way in ("forward", "backward")
    )
    if not walks:
        again = np.where(links["oneway"].to_numpy(bool), np.inf, again)
    return directed_network(
        roads.nodes["node"].to_numpy(),
        start=links["from_node"].to_numpy(),
        end=links["to_node"].to_numpy(),
        onward=there,
        back=again,
    )
