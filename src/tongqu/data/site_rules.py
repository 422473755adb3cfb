"""Rules of sites: they stand in a county, parts are no more than their whole, ambulances can be counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["MOST_VEHICLES", "check_sites"]

PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "staff_over_50": ("staff", "more staff over 50 than staff"),
    "boarding": ("capacity", "more boarding places than places"),
}
"""Columns that count a part of another one, that other, and the rule."""
MOST_VEHICLES: Final = 400
"""Ambulances of a station or a county above which the number is taken for a slip (assumed)."""


def check_sites(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report sites in no county, parts above their whole, and numbers of ambulances that cannot be."""
    sites = tables.get("sites")
    if sites is None:
        return
    for part, (whole, rule) in PARTS.items():
        if not sites.has(part, whole):
            continue
        of = sites.typed[whole].to_numpy(dtype=np.float64)
        above = sites.typed[part].to_numpy(dtype=np.float64) > np.where(np.isnan(of), np.inf, of)
        mend = partial(_mend, part, whole, of)
        problems.add_rows(rule, at=sites.place(part), where=above, mend=mend)
    _vehicles(sites, problems=problems)
    _county(sites, units=tables.get("units"), problems=problems)


def _vehicles(sites: Checked, *, problems: Problems) -> None:
    """Report ambulance stations with a part of a vehicle, or with more than a city has."""
    if not sites.has("kind", "capacity"):
        return
    number = sites.typed["capacity"].to_numpy(dtype=np.float64)
    number = np.where(sites.text["kind"].to_numpy() == "ambulance_station", number, np.nan)
    at = sites.place("capacity")
    mend = "give the vehicles of the station as a whole number, or leave the cell blank"
    problems.add_rows("a part of a vehicle", at=at, where=np.mod(number, 1) > 0, mend=mend)
    rule = f"more than {MOST_VEHICLES} ambulances at a station"
    problems.add_rows(rule, at=at, where=number > MOST_VEHICLES, mend="correct the number of vehicles")


def _county(sites: Checked, *, units: Checked | None, problems: Problems) -> None:
    """Report sites whose unit is the city: no county would have them."""
    if units is None or not units.has("unit", "level") or not sites.has("unit"):
        return
    cities = units.text["unit"][units.text["level"] == "city"]
    at = sites.place("unit")
    mend = "give the village or town where it stands"
    problems.add_rows("a site in no county", at=at, where=at.text.isin(cities).to_numpy(), mend=mend)


def _mend(part: str, whole: str, of: npt.NDArray[np.float64], position: int, _: str) -> str:
    return f"correct {part} or {whole}, which is {of[position]:g}"
