"""Isochrones of a region: areas within minutes of the nearest site, and the villages in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tongqu.base import Progress, Report, silent
from tongqu.data import Region, to_local, to_wgs84
from tongqu.data.problems import Problems
from tongqu.methods.isochrone import Isochrones
from tongqu.methods.isochrone import isochrones as areas_within
from tongqu.methods.travel import nearest, within
from tongqu.workflow.prepare import region_of
from tongqu.workflow.travel.answer import Answer, modelled_shares
from tongqu.workflow.travel.places import (
    HOSPITALS,
    Ground,
    Names,
    ask_limits,
    ask_number,
    ask_question,
    ground_of,
    sites_of,
)
from tongqu.workflow.travel.times import minutes_figures

__all__ = ["LIMITS", "WIDTH_M", "isochrones"]

LIMITS: Final = (10.0, 20.0, 30.0)
"""Minutes of the areas unless others are asked for."""

M2_PER_KM2: Final = 1_000_000
"""Square metres in a square kilometre."""

EDGE_M: Final = 1_000.0
"""Metres between points of an edge, so that it lies as straight in degrees as in the plane (1 cm)."""

WIDTH_M: Final = 500.0
"""Metres to either side of a road that count as reached (assumed: a walk of six minutes at 5 km/h)."""


def isochrones(
    region: Region | str | Path,
    kinds: Names = HOSPITALS,
    *,
    limits: Sequence[float] = LIMITS,
    mode: str = "car",
    width: float = WIDTH_M,
    group: str = "people.total",
    progress: Progress = silent,
) -> Answer:
    """Areas within minutes of the nearest site, and the villages and people inside.

    Computed in the region's own zone in metres, given in degrees (WGS84). Travel is to the site.

    Parameters
    ----------
    region : Region, str or Path
        Where.
    kinds : str or sequence of str
        Kinds of site, all together.
    limits : sequence of float
        Minutes, rising.
    mode : str
        Way of travel.
    width : float
        Metres to either side of a road that count as reached.
    group : str
        State variable that counts the people.
    progress : callable
        Told what is under way.

    Returns
    -------
    Answer
        ``table``: ``limit, area_km2, villages, people, share`` with ``shapes``, each area inside the next;
        ``tables["villages"]``: ``unit, name, town, county, people, minutes, limit`` (the first limit that it
        keeps, missing beyond the last), ``modelled``.

    Raises
    ------
    DataError
        With every name that is unknown and every limit that does not fit.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.isochrones("quzhou", ("county_hospital", "city_hospital"), limits=(10, 20))
    >>> found.table["villages"].tolist()
    [345, 775]
    """
    place, problems = region_of(region, progress=progress), Problems()
    limits = ask_limits(limits, problems)
    asked = ask_question(kinds, place, mode=mode, group=group, limit=0, problems=problems)
    ask_number(width, column="width", problems=problems, least=1)
    problems.raise_any()
    progress(Report("travel"))
    ground = ground_of(place, mode=mode, group=group)
    sites = sites_of(ground, asked)
    minutes = nearest(ground.network, targets=sites["spot"]).minutes
    nodes = place["nodes"]
    x, y = to_local(nodes["lon"], nodes["lat"], epsg=place.epsg)
    found = areas_within(ground.network, minutes, x=x, y=y, limits=limits, width=width)
    home = minutes[ground.spots]
    band = np.full(home.size, np.nan)
    for limit in reversed(found.limits):
        band[within(home, limit)] = limit
    return Answer(
        question="isochrones",
        region=place,
        asked={
            "kinds": asked,
            "limits": found.limits,
            "width": width,
            **ground.asked,
        },
        figures=minutes_figures(ground, home),
        modelled=modelled_shares(place, sites=sites),
        table=_inside(ground, home, found=found),
        tables={"villages": ground.table(minutes=home, limit=band)},
        shapes=tuple(_degrees(area, epsg=place.epsg) for area in found.areas),
        sites=sites,
        minutes=ground.by_unit(home),
    )


def _inside(ground: Ground, home: npt.NDArray[np.float64], *, found: Isochrones) -> pd.DataFrame:
    """Size, villages and people of each area."""
    rows = [
        {
            "limit": limit,
            "area_km2": area.area / M2_PER_KM2,
            "villages": int(within(home, limit).sum()),
            "people": float(ground.people[within(home, limit)].sum()),
        }
        for limit, area in zip(found.limits, found.areas, strict=True)
    ]
    table, total = pd.DataFrame(rows), ground.people.sum()
    return table.assign(share=table["people"] / total if total > 0 else np.nan)


def _degrees(area: Any, *, epsg: int) -> Any:
    def turned(xy: Any) -> Any:
        return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], epsg=epsg))

    return shapely.transform(shapely.segmentize(area, EDGE_M), turned)
