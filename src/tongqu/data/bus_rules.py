"""Rules of bus service: it belongs to villages, and trips come with a walk to their stop."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["check_buses"]


def check_buses(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report rows of places that are no village, walks without trips and trips without a walk."""
    buses = tables.get("village_buses")
    if buses is None:
        return
    units = tables.get("units")
    if units is not None and units.has("unit", "level") and buses.has("unit"):
        level = dict(zip(units.text["unit"], units.text["level"], strict=True))
        found = buses.text["unit"].map(level)
        problems.add_rows(
            "bus service of a place that is no village",
            at=buses.place("unit"),
            where=(found.notna() & (found != "village")).to_numpy(),
            mend="give it by village",
        )
    if not buses.has("trips", "walk_m"):
        return
    trips = buses.typed["trips"].to_numpy(np.float64)
    walked = buses.typed["walk_m"].notna().to_numpy()
    written = buses.text["walk_m"].notna().to_numpy()
    problems.add_rows(
        "a walk to a stop without trips",
        at=buses.place("walk_m"),
        where=walked & (trips == 0),
        mend="give the trips a day, or leave the walk blank",
    )
    problems.add_rows(
        "trips without the walk to their stop",
        at=buses.place("trips"),
        where=~written & (trips > 0),
        mend="give the metres of the walk in walk_m, 0 for a stop in the village",
    )
