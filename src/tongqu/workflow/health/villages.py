"""Villages one by one: minutes to each tier by day and at night, what reaches them, and who is left out."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.medical import Circle, Remote
from tongqu.methods.travel import nearest
from tongqu.workflow.health.emergency import CASES, Emergency
from tongqu.workflow.health.ground import PERIODS, TIERS, Base
from tongqu.workflow.health.outreach import Outreach
from tongqu.workflow.health.tiers import DAY, open_hours

__all__ = ["unserved_table", "village_table"]

Floats = npt.NDArray[np.float64]

NIGHT: Final = list(PERIODS["period"]).index("night")


def village_table(
    base: Base, circles: dict[str, Circle], *, remote: Remote | None, emergency: Emergency, mobile: Outreach
) -> pd.DataFrame:
    """How each village is reached.

    Returns
    -------
    DataFrame
        ``unit, town, county, lon, lat, people, rural``; ``minutes_<tier>`` in daytime and ``night_township``
        to the nearest open site, infinite where no road leads; ``inside_<tier>`` in daytime and
        ``inside_night`` (township tier); ``state`` of a teleconsultation (reached, unknown, none);
        ``calls_a_year`` of ambulances; ``covered``
        (chance of an ambulance in time, as things stand or, where no station is known, as planned); ``every``
        (weeks between mobile visits, missing where none is needed), ``reason`` (why a needed visit has no
        round), ``modelled``.
    """
    villages = base.villages
    table = pd.DataFrame(
        {
            "unit": villages.index.to_numpy(),
            **{
                name: villages[name].to_numpy()
                for name in ("town", "county", "lon", "lat", "people", "rural")
            },
        }
    )
    for tier in TIERS:
        if tier.key in circles:
            table[f"minutes_{tier.key}"] = _minutes(base, tier.key, period=DAY)
    if "township" in circles:
        table["night_township"] = _minutes(base, "township", period=NIGHT)
    for key, circle in circles.items():
        table[f"inside_{key}"] = circle.inside[0, DAY]
    if "township" in circles:
        table["inside_night"] = circles["township"].inside[0, NIGHT]
    table["state"] = "none"
    if remote is not None:
        table["state"] = np.select([remote.within, remote.unknown], ["reached", "unknown"], default="none")
    # As things stand where stations are known, else as planned.
    covered = emergency.covered.reindex(columns=list(CASES)).bfill(axis=1).iloc[:, 0]
    return table.assign(
        calls_a_year=emergency.covered["calls"].to_numpy(),
        covered=covered.to_numpy(dtype=np.float64),
        every=mobile.every.to_numpy(dtype=np.float64),
        reason=mobile.reasons.reindex(villages.index).fillna("").to_numpy(),
        modelled=villages["modelled"].to_numpy(dtype=np.bool_),
    )


def _minutes(base: Base, key: str, *, period: int) -> Floats:
    """Minutes from each village to the nearest site of a tier that is open then."""
    tier = next(one for one in TIERS if one.key == key)
    sites = base.of_tier(tier)
    opened = sites[open_hours(base, sites)[:, period]]
    if opened.empty:
        return np.full(len(base.villages), np.inf)
    network, speed = (base.walk, 1.0) if tier.walk else (base.road, float(base.speeds[period]))
    found = nearest(
        network, targets=opened["spot"].to_numpy(np.int64), origins=base.villages["spot"].to_numpy(np.int64)
    )
    return np.asarray(found.minutes / speed)


def unserved_table(villages: pd.DataFrame) -> pd.DataFrame:
    """Villages with rural people whom no clinic within a walk or no township hospital in time serves.

    Returns
    -------
    DataFrame
        ``unit, town, county, lon, lat, rural, minutes_clinic, minutes_township, case`` (no_road, both,
        no_clinic, beyond_circle), ``state`` of a teleconsultation, ``every``, ``modelled``; those with most
        people first.
    """
    inside = villages.get("inside_clinic", pd.Series(data=True, index=villages.index))
    near = villages.get("inside_township", pd.Series(data=True, index=villages.index))
    for name in ("minutes_clinic", "minutes_township"):
        if name not in villages:
            villages = villages.assign(**{name: np.nan})
    lost = np.isinf(villages["minutes_township"])
    case = np.select(
        [lost, ~inside & ~near, ~inside, ~near], ["no_road", "both", "no_clinic", "beyond_circle"], default=""
    )
    found: pd.DataFrame = villages.assign(case=case)[(case != "") & (villages["rural"] > 0)]
    columns = [
        "unit",
        "town",
        "county",
        "lon",
        "lat",
        "rural",
        "minutes_clinic",
        "minutes_township",
        "case",
        "state",
        "every",
        "modelled",
    ]
    order = found.sort_values(["rural", "unit"], ascending=[False, True], ignore_index=True)
    return order[columns]
