"""Figures of villages that the rules for their future look at: checks, and the measures made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem
from tongqu.methods._arrays import Floats

__all__ = ["VillageFigures", "measures_of", "wrong_figures"]

MOST: Final = float(np.finfo(np.float64).max)
"""Greatest finite number; a count that reaches infinity is refused."""


@dataclass(frozen=True, eq=False)
class VillageFigures:
    """What the rules look at, one value a village, all of shape (villages,) unless stated.

    Parameters
    ----------
    village : array_like of str
        Codes, each once.
    years : float
        Years from the base to the later year, more than 0.
    people, people_later : array_like of float
        Persons at base and later.
    old, old_later : array_like of float
        Share aged 65 or more at both, in [0, 1].
    young_kept : array_like of float
        People aged 20-44 later over those at base; NaN where it is unknown or there were none.
    minutes_town, minutes_hospital, minutes_county : array_like of float
        Minutes to the town seat, a township-level hospital and the county seat; inf when out of reach, NaN
        where it is unknown which place is the town seat.
    urban : array_like of bool
        Whether the unit counts as urban.
    in_reach : array_like of bool
        Whether each service is within reach, shape (villages, services); at least one service.
    elevation_m : array_like of float
        Height above sea level in metres; NaN where unknown.
    hazard : array_like of bool
        Whether people should move for a geological hazard, floods or a reservoir.
    """

    village: npt.ArrayLike
    years: float
    people: npt.ArrayLike
    people_later: npt.ArrayLike
    old: npt.ArrayLike
    old_later: npt.ArrayLike
    young_kept: npt.ArrayLike
    minutes_town: npt.ArrayLike
    minutes_hospital: npt.ArrayLike
    minutes_county: npt.ArrayLike
    urban: npt.ArrayLike
    in_reach: npt.ArrayLike
    elevation_m: npt.ArrayLike
    hazard: npt.ArrayLike


BOUNDS: Final[dict[str, tuple[float, float, bool]]] = {
    "people": (0.0, MOST, False),
    "people_later": (0.0, MOST, False),
    "old": (0.0, 1.0, False),
    "old_later": (0.0, 1.0, False),
    "young_kept": (0.0, MOST, True),
    "minutes_town": (0.0, np.inf, True),
    "minutes_hospital": (0.0, np.inf, False),
    "minutes_county": (0.0, np.inf, False),
    "elevation_m": (-500.0, 9000.0, True),
}
"""Least and greatest value of each figure, and whether it may be missing."""


def wrong_figures(figures: VillageFigures) -> list[Problem]:
    """Figures that are missing or impossible, a problem each column."""
    size = np.asarray(figures.village).size
    codes = pd.Series(np.ravel(np.asarray(figures.village)))
    problems = []
    if codes.duplicated().any():
        mend, value = "give each village once", str(codes[codes.duplicated()].iloc[0])
        problems.append(Problem(rule="a village comes twice", mend=mend, column="village", value=value))
    if not 0 < figures.years <= MOST:
        problems.append(
            Problem(rule="the years are not more than 0", mend="give a later year", column="years")
        )
    for name, (low, high, blank) in BOUNDS.items():
        values = np.asarray(getattr(figures, name), dtype=np.float64)
        if values.shape != (size,):
            problems.append(_shape(name, wanted=f"({size},)", found=values.shape))
            continue
        bad = ~((values >= low) & (values <= high)) & ~(np.isnan(values) & blank)
        if bad.any():
            where = ", ".join(codes[bad].astype(str).head(5))
            rule = f"{int(bad.sum())} of {size} values are missing or outside [{low:g}, {high:g}]"
            problems.append(Problem(rule=rule, mend="mend them", column=name, value=where))
    for name in ("urban", "hazard", "in_reach"):
        flags = np.asarray(getattr(figures, name))
        wanted = (size,) if name != "in_reach" else (size, max(flags.shape[-1] if flags.ndim == 2 else 1, 1))
        if flags.shape != wanted:
            problems.append(_shape(name, wanted=str(wanted), found=flags.shape))
        elif flags.size and flags.dtype != np.bool_:
            problems.append(Problem(rule="it is not true or false", mend="give marks", column=name))
    return problems


def _shape(name: str, *, wanted: str, found: tuple[int, ...]) -> Problem:
    rule = f"its shape is {found} and not {wanted}"
    return Problem(rule=rule, mend="give one value for every village", column=name)


def measures_of(figures: VillageFigures) -> dict[str, Floats]:
    """Measures that rules can name, shape (villages,) each; a loss and a rise are a year's."""
    now, later, young = (
        np.asarray(values, dtype=np.float64)
        for values in (figures.people, figures.people_later, figures.young_kept)
    )
    with np.errstate(over="ignore"):  # a gain from next to nobody is without limit
        kept = np.divide(later, now, out=np.ones_like(later), where=now > 0)
    old, old_later = (np.asarray(values, dtype=np.float64) for values in (figures.old, figures.old_later))
    urban = np.asarray(figures.urban, dtype=np.float64)
    return {
        "people_later": later,
        "people_loss": _yearly_loss(kept, years=figures.years),
        "young_loss": _yearly_loss(young, years=figures.years),
        "old_later": old_later,
        "old_rise": (old_later - old) * 100 / figures.years,
        "minutes_town": np.asarray(figures.minutes_town, dtype=np.float64),
        "minutes_hospital": np.asarray(figures.minutes_hospital, dtype=np.float64),
        "minutes_county": np.asarray(figures.minutes_county, dtype=np.float64),
        "reach_share": np.asarray(figures.in_reach, dtype=np.float64).mean(axis=1),
        "elevation_m": np.asarray(figures.elevation_m, dtype=np.float64),
        "urban": urban,
        "rural": 1 - urban,
        "hazard": np.asarray(figures.hazard, dtype=np.float64),
    }


def _yearly_loss(kept: Floats, *, years: float) -> Floats:
    """Loss in per cent a year that leaves the share ``kept`` after ``years``; negative for a gain."""
    return np.asarray((1 - kept ** (1 / years)) * 100)
