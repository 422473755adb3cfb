"""Mobile clinics to villages beyond the circle, and teleconsultations where a clinic has network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.base.units import WAN
from tongqu.methods.medical import Circle, MobileRounds, Remote, Visits, lay_days, plan_mobile, remote_reach
from tongqu.methods.roads import road_network
from tongqu.methods.rounds import Vehicle, Ways
from tongqu.methods.travel import Network, minutes_matrix
from tongqu.sectors.digital.coverage import known, today
from tongqu.workflow.health.ground import KINDS, Base, levels_of
from tongqu.workflow.health.tiers import DAY, clinic_times

__all__ = ["Outreach", "outreach_of", "remote_of", "remote_table"]

Bools = npt.NDArray[np.bool_]

WEEKS: Final = 52.0
"""Weeks of a year."""
MINUTES: Final = 60.0
"""Minutes of an hour."""
MOBILE: Final = (
    "unit",
    "level",
    "villages",
    "people",
    "bases",
    "vans",
    "shared_vans",
    "visits",
    "km",
    "hours",
    "cost_wan",
    "yuan_per_visit",
    "yuan_per_patient",
    "bound_wan",
    "left_out",
)
"""Columns of the sums."""
ROUNDS: Final = (
    "site",
    "county",
    "every",
    "round",
    "week",
    "day",
    "van",
    "sequence",
    "unit",
    "arrival_h",
    "visit_minutes",
    "modelled",
)
"""Columns of the rounds."""


@dataclass(frozen=True, eq=False)
class Outreach:
    """Mobile clinics.

    Parameters
    ----------
    table : DataFrame
        `MOBILE`, whole and counties: villages visited and their rural people; bases (hospitals that send
        vans), vans if each base has its own, and if those of
        a county are shared; a year's visits, km, hours of
        vans, cost and its lower bound; yuan a visit and a patient; villages that no round reaches.
    rounds : DataFrame
        `ROUNDS`: a row for each visit of each round, in its first week.
    every : Series
        Weeks between visits by village; missing where no visit is needed.
    reasons : Series
        Why a village that needs visits has none, by village.
    """

    table: pd.DataFrame
    rounds: pd.DataFrame
    every: pd.Series
    reasons: pd.Series


def needing(circles: dict[str, Circle], base: Base) -> Bools:
    """Villages with rural people without a clinic within a walk, or beyond the township circle by day."""
    rural = base.villages["rural"].to_numpy() > 0
    inside = np.ones(rural.size, dtype=np.bool_)
    for key in ("clinic", "township"):
        if key in circles:
            inside &= circles[key].inside[0, DAY]
    return np.asarray(rural & ~inside)


def outreach_of(
    base: Base, circles: dict[str, Circle], *, iterations: int, seed: int, progress: Progress = silent
) -> Outreach:
    """Plan the rounds of mobile clinics of every county from its nearest hospitals.

    Parameters
    ----------
    base : Base
    circles : dict of str to Circle
        As `tongqu.workflow.health.tiers.circle_of` gives them.
    iterations, seed : int
        Of the search for rounds.
    """
    wanted = base.villages[needing(circles, base)]
    every = _weeks(base, wanted["rural"])
    lengths = base.region["links"].set_index("link")["length_km"]
    km = road_network(base.region["nodes"], base.region["links"], minutes=lengths)
    rows: list[dict[str, object]] = []
    rounds: list[pd.DataFrame] = []
    reasons: dict[str, str] = {}
    codes = base.region.level("county").index
    for number, code in enumerate(codes):
        progress(Report("health_mobile", done=number / len(codes)))
        mine = wanted[wanted["county"] == code]
        if mine.empty:
            continue
        sites = _bases(base, str(code))
        if sites.empty:
            reasons |= dict.fromkeys(mine.index.astype("str"), "no_hospital")
            continue
        plan, bases = _planned(base, mine, sites, every=every, km=km, search=(iterations, seed))
        reasons |= {str(mine.index[at]): REASONS.get(rule, "no_room") for at, rule in plan.unserved.items()}
        rows.append(_row(base, mine, plan, code=str(code)))
        rounds.append(_round_rows(plan, mine, bases, county=str(code)))
    table = pd.DataFrame(rows, columns=list(MOBILE))
    return Outreach(
        table=pd.concat([_whole(base, table), table], ignore_index=True) if len(table) else table,
        rounds=pd.concat(rounds, ignore_index=True) if rounds else pd.DataFrame(columns=list(ROUNDS)),
        every=every.reindex(base.villages.index),
        reasons=pd.Series(reasons, dtype="object"),
    )


REASONS: Final = {
    "a stop with parcels but no road to it": "no_road",
    "a stop that closes before any vehicle can reach it": "too_far",
    "a stop whose round alone is longer than any shift, day or range": "too_far",
}
"""Reasons of the rounds in the words of the tables."""


def _weeks(base: Base, rural: pd.Series) -> pd.Series:
    """Weeks between visits: small villages may be visited less often."""
    small = rural <= base.assume["mobile.small"]
    weeks = np.where(small, base.assume["mobile.small_weeks"], base.assume["mobile.weeks"])
    return pd.Series(np.maximum(np.rint(weeks), 1.0), index=rural.index)


def _bases(base: Base, county: str) -> pd.DataFrame:
    """Hospitals of a county that may send mobile clinics: of towns, or larger ones where it has none."""
    mine = base.sites[base.sites["county"] == county]
    town = mine[mine["kind"] == KINDS[1]]
    return town if len(town) else mine[mine["kind"].isin(KINDS[2:])]


def _van(base: Base) -> Vehicle:
    assume = base.assume
    starts, shift = assume["mobile.starts"] * MINUTES, assume["mobile.shift"] * MINUTES
    return Vehicle(
        name="mobile clinic",
        per_km=assume["mobile.cost_per_km"],
        per_day=assume["mobile.cost_per_day"],
        starts=starts,
        shift=shift,
    )


def _planned(
    base: Base,
    mine: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    every: pd.Series,
    km: Network,
    search: tuple[int, int],
) -> tuple[MobileRounds, pd.DataFrame]:
    """Rounds of a county's villages, each from its nearest hospital."""
    assume = base.assume
    spots = sites["spot"].to_numpy(np.int64)
    homes = mine["spot"].to_numpy(np.int64)
    away = minutes_matrix(base.road, origins=spots, targets=homes)
    nearest = away.argmin(axis=0)
    used, own = np.unique(nearest, return_inverse=True)
    ways = []
    for at, site in enumerate(used):
        places = np.concatenate([[spots[site]], homes[own == at]])
        minutes, length = (minutes_matrix(net, origins=places, targets=places) for net in (base.road, km))
        ways.append(Ways(minutes, length))
    weeks = every.loc[mine.index].to_numpy(dtype=np.float64)
    patients = mine["rural"].to_numpy(np.float64) * assume["mobile.visits"] * weeks / WEEKS
    visits = Visits(
        names=tuple(f"{name} ({code})" for code, name in mine["name"].items()),
        base=own.astype(np.int64),
        every=weeks,
        minutes=assume["mobile.set_up"] + patients * assume["mobile.patient"],
    )
    days = _days(base)
    plan = plan_mobile(visits, ways, van=_van(base), days=days, iterations=search[0], seed=search[1])
    return plan, sites.iloc[used]


def _days(base: Base) -> int:
    return round(base.assume["mobile.days"])


def _row(base: Base, mine: pd.DataFrame, plan: MobileRounds, *, code: str) -> dict[str, object]:
    left = np.array(sorted(plan.unserved), dtype=np.int64)
    served = mine.drop(mine.index[left])
    trips = plan.rounds.drop_duplicates(["base", "round"])
    patients = float((served["rural"] * base.assume["mobile.visits"]).sum())
    return {
        "unit": code,
        "level": "county",
        "villages": len(served),
        "people": float(served["rural"].sum()),
        "bases": int((plan.vans > 0).sum()),
        "vans": int(plan.vans.sum()),
        "shared_vans": lay_days(trips["every"].to_list(), days=_days(base)).vans,
        "visits": plan.visits,
        "km": plan.km,
        "hours": plan.hours,
        "cost_wan": plan.yuan / WAN,
        "yuan_per_visit": plan.per_visit,
        "yuan_per_patient": plan.yuan / patients if patients > 0 else float("nan"),
        "bound_wan": plan.bound / WAN,
        "left_out": left.size,
    }


def _whole(base: Base, table: pd.DataFrame) -> pd.DataFrame:
    """All counties together."""
    ratios = ["yuan_per_visit", "yuan_per_patient"]
    sums = table.drop(columns=["unit", "level", *ratios]).sum()
    patients = (table["cost_wan"] / table["yuan_per_patient"]).sum()
    row = {
        "unit": base.whole,
        "level": "whole",
        **sums,
        "yuan_per_visit": sums["cost_wan"] * WAN / sums["visits"] if sums["visits"] > 0 else np.nan,
        "yuan_per_patient": sums["cost_wan"] / patients if patients > 0 else np.nan,
    }
    counts = ["villages", "bases", "vans", "shared_vans", "left_out"]
    return pd.DataFrame([row], columns=list(MOBILE)).astype(dict.fromkeys(counts, "int64"))


def _round_rows(plan: MobileRounds, mine: pd.DataFrame, sites: pd.DataFrame, *, county: str) -> pd.DataFrame:
    rounds = plan.rounds
    village = rounds["village"].to_numpy(np.int64)
    made = pd.DataFrame(
        {
            "site": sites["site"].to_numpy()[rounds["base"].to_numpy(np.int64)],
            "county": county,
            **{
                name: rounds[name].to_numpy() for name in ("every", "round", "week", "day", "van", "sequence")
            },
            "unit": mine.index.to_numpy()[village],
            "arrival_h": rounds["arrival"].to_numpy(np.float64) / MINUTES,
            "visit_minutes": rounds["visit_minutes"].to_numpy(np.float64),
            "modelled": True,
        }
    )
    # People count from one.
    return made.assign(**{name: made[name] + 1 for name in ("round", "week", "day", "van")})[list(ROUNDS)]


def remote_of(base: Base, circles: dict[str, Circle]) -> Remote | None:
    """Who has a teleconsultation within reach: a clinic with network within a walk; None without clinics."""
    clinics, times = clinic_times(base)
    if clinics.empty:
        return None
    connected = np.full(len(clinics), np.nan)
    if known(base.region):
        served = today(base.region, assume=base.assume).served
        connected = clinics["unit"].map(served).astype("float64").to_numpy()
    inside = np.ones(times.origins, dtype=np.bool_)
    if "township" in circles:
        inside = circles["township"].inside[0, DAY]
    return remote_reach(
        times,
        base.villages["rural"],
        limit=base.assume["minutes.clinic_walk"],
        connected=connected,
        inside=inside,
    )


def remote_table(base: Base, circles: dict[str, Circle], remote: Remote | None) -> pd.DataFrame:
    """People with a teleconsultation within reach, apart from who is inside the circle.

    Returns
    -------
    DataFrame
        ``unit, level, people`` (rural), ``reached, unknown, none`` (people by teleconsultation), ``beyond``
        (people beyond the township circle by day) and ``beyond_reached`` (of those with a doctor on a
        screen: still beyond).
    """
    columns = ["unit", "level", "people", "reached", "unknown", "none", "beyond", "beyond_reached"]
    if remote is None:
        return pd.DataFrame(columns=columns)
    people = base.villages["rural"].to_numpy(np.float64)
    beyond = np.zeros(people.size, dtype=np.bool_)
    if "township" in circles:
        beyond = ~circles["township"].inside[0, DAY]
    rows = []
    for code, chosen in levels_of(base).items():
        mine = chosen.to_numpy()
        rows.append(
            {
                "unit": code,
                "level": "whole" if code == base.whole else "county",
                "people": float(people[mine].sum()),
                "reached": float(people[mine & remote.within].sum()),
                "unknown": float(people[mine & remote.unknown].sum()),
                "none": float(people[mine & ~remote.within & ~remote.unknown].sum()),
                "beyond": float(people[mine & beyond].sum()),
                "beyond_reached": float(people[mine & beyond & remote.within].sum()),
            }
        )
    return pd.DataFrame(rows, columns=columns)
