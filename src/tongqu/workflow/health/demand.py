"""Who asks for how much care, by age and sex, at which tier, with referral; and how full the sites are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import Assume, check_limits
from tongqu.methods.medical import Referred, care_demand, refer, utilisation
from tongqu.sectors.population import people_by_sex
from tongqu.workflow.health.ground import KINDS, TIERS, Base, levels_of
from tongqu.workflow.health.pools import asked_pools, at_or_above, modelled_at, onward_pools, pools_of

__all__ = [
    "BANDS",
    "Demand",
    "care_rates",
    "demand_of",
    "demand_table",
    "flow_table",
    "tier_table",
    "use_table",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BANDS: Final[Mapping[str, tuple[int, int]]] = {
    "0-14": (0, 14),
    "15-59": (15, 59),
    "60-74": (60, 74),
    "75+": (75, 200),
}
"""Bands of age with a weight of their own: first and last age."""
WEIGHTS: Final = {"0-14": "child", "15-59": "", "60-74": "old", "75+": "oldest"}
"""What the standard of a band's weight ends with; the weight of the second band is 1."""
DAYS: Final = 365
"""Days of a year on which beds are in use."""
SHARES: Final = {
    "visits": (
        "health.first_clinic",
        "health.first_township",
        "health.first_city",
        "health.visits_elsewhere",
    ),
    "admissions": ("", "health.admitted_township", "health.admitted_city", "health.admitted_elsewhere"),
}
"""Standards of the shares that first go to a clinic, a township and a city hospital, and to what is no site
here; the rest goes to a county hospital."""
ELSEWHERE: Final = "elsewhere"
"""What stands for a tier where people go to private practices and hospitals that are no site here."""
ONWARD: Final = {
    "visits": ("health.up_clinic", "health.up_township", "health.up_county"),
    "admissions": ("", "health.moved_township", "health.moved_county"),
}
"""Standards of the shares that each tier refers on."""
LIMITS: Final = {
    **{f"health.{name}": (0.0, 100.0) for name in ("visits", "admissions")},
    **{
        f"health.{name}_{band}": (0.0, 100.0)
        for name in ("visits", "admissions")
        for band in ("child", "old", "oldest")
    },
    **{f"health.{name}_women": (0.01, 100.0) for name in ("visits", "admissions")},
    **{f"health.stay_{tier}": (0.0, 365.0) for tier in ("hospital", "township")},
    **{f"health.occupancy_{tier}": (0.01, 1.0) for tier in ("hospital", "township")},
    **{f"health.day_{tier}": (0.1, 500.0) for tier in ("clinic", "township", "hospital")},
    "health.work_days": (1.0, 366.0),
    "health.people_per_village_doctor": (1.0, 1e5),
    "health.township_doctors": (0.0, 1e3),
    "health.nurses_per_bed": (0.0, 10.0),
    "health.nurses_per_doctor": (0.0, 10.0),
    **{f"health.{what}_per_1000": (0.0, 1e3) for what in ("beds", "doctors", "nurses")},
    "health.posting_minutes": (0.0, 1e3),
    **{key: (0.0, 1.0) for keys in (*SHARES.values(), *ONWARD.values()) for key in keys if key},
}
"""Values beyond which a standard of care or staff means nothing."""


@dataclass(frozen=True, eq=False)
class Demand:
    """Cases of a year, and where they go.

    Parameters
    ----------
    people : DataFrame
        Persons, villages x (sex, age group).
    rates : DataFrame
        ``visits, admissions`` a year of a person, by (sex, age group).
    pools : DataFrame
        Sites as places of treatment, as `tongqu.workflow.health.pools.pools_of` makes them.
    pool_of : numpy.ndarray of int
        Pool of each site of the base, shape (sites,).
    asked : numpy.ndarray of int
        Pool of each tier for each village, shape (tiers, villages); -1 where none is in reach.
    visits, admissions : Referred
        Over pools, tiers and villages.
    """

    people: pd.DataFrame
    rates: pd.DataFrame
    pools: pd.DataFrame
    pool_of: Ints
    asked: Ints
    visits: Referred
    admissions: Referred


def care_rates(assume: Assume, groups: pd.MultiIndex) -> pd.DataFrame:
    """Visits and admissions a year of a person of each sex and age group.

    Parameters
    ----------
    assume : Assume
        The standards ``health.visits``, ``health.admissions`` and their weights.
    groups : MultiIndex
        Sex and five-year group.

    Returns
    -------
    DataFrame
        ``visits, admissions`` by group. Men and women together have the rate of their age when they are as
        many.
    """
    band = [_band(str(age)) for age in groups.get_level_values("age")]
    women = groups.get_level_values("sex") == "female"
    found = {}
    for name in ("visits", "admissions"):
        weight = {key: assume[f"health.{name}_{end}"] if end else 1.0 for key, end in WEIGHTS.items()}
        ratio = assume[f"health.{name}_women"]
        sex = np.where(women, 2 * ratio / (1 + ratio), 2 / (1 + ratio))
        found[name] = assume[f"health.{name}"] * np.array([weight[key] for key in band]) * sex
    return pd.DataFrame(found, index=groups)


def demand_of(base: Base) -> Demand:
    """Visits and admissions of every village by tier, and where they go.

    See `tongqu.workflow.health.pools` for who goes where.

    Raises
    ------
    ScenarioError
        If a standard is outside its limits, or shares of first visits or admissions add up to more than 1.
    """
    check_limits({str(name): float(value) for name, value in base.assume.values.items()}, LIMITS)
    people = people_by_sex(base.region, base.state, assume=base.assume).reindex(base.villages.index)
    groups = pd.MultiIndex.from_frame(people.columns.to_frame(index=False))
    rates = care_rates(base.assume, groups)
    shares = _first_shares(base.assume)
    pools, pool_of = pools_of(base)
    asked, onward = asked_pools(base, pools, pool_of), onward_pools(base, pools, pool_of)
    found = {
        name: refer(
            care_demand(people.to_numpy(), shares[name][:, np.newaxis] * rates[name].to_numpy()),
            site_of=asked,
            level_of=pools["level"].to_numpy(np.int64),
            refers_to=onward,
            up=[base.assume[key] if key else 0.0 for key in (*ONWARD[name], "")],
        )
        for name in ("visits", "admissions")
    }
    return Demand(people, rates, pools, pool_of, asked, found["visits"], found["admissions"])


def demand_table(base: Base, demand: Demand) -> pd.DataFrame:
    """People and what they ask for, by sex and band of age.

    Returns
    -------
    DataFrame
        ``unit, level, sex, band, people, visits, admissions`` a year, the whole first, then the counties.
    """
    sex = demand.people.columns.get_level_values("sex").astype(str)
    band = [_band(str(age)) for age in demand.people.columns.get_level_values("age")]
    keys = pd.MultiIndex.from_arrays([sex, band], names=["sex", "band"])
    parts = []
    for unit, here in levels_of(base).items():
        heads = demand.people[here.to_numpy()].to_numpy().sum(axis=0)
        table = pd.DataFrame(
            {
                "people": heads,
                "visits": heads * demand.rates["visits"].to_numpy(),
                "admissions": heads * demand.rates["admissions"].to_numpy(),
            },
            index=keys,
        )
        summed = table.groupby(level=["sex", "band"], sort=False).sum().reset_index()
        parts.append(summed.assign(unit=unit, level="whole" if unit == base.whole else "county"))
    joined = pd.concat(parts, ignore_index=True)
    return joined[["unit", "level", "sex", "band", "people", "visits", "admissions"]]


def use_table(base: Base, demand: Demand) -> pd.DataFrame:
    """What comes to every site, and how full it is; unknown beds and doctors stay unknown.

    Returns
    -------
    DataFrame
        ``site, name, kind, town, county, together`` (sites taken together), ``people`` (who walk to a clinic
        or whose nearest it is), ``visits, referred`` (visits from other sites), ``admissions, bed_days, beds,
        bed_use, doctors, doctor_use`` (load over capacity), ``modelled`` (beds or doctors are).
        Split by beds where hospitals are taken together, missing where some of their beds are not known.
    """
    sites, pool = base.sites, demand.pool_of
    part = _part(base, demand)
    kind = sites["kind"].to_numpy()
    visits = demand.visits.load[pool] * part
    admissions = demand.admissions.load[pool] * part
    stay, occupancy, day = (_by_kind(base.assume, kind, names) for names in _CAPACITY)
    beds = sites["capacity"].where(sites["kind"] != KINDS[0]).to_numpy(np.float64)
    doctors = sites["staff"].to_numpy(np.float64)
    bed_days = admissions * stay
    return pd.DataFrame(
        {
            **{name: sites[name].to_numpy() for name in ("site", "name", "kind", "town", "county")},
            "together": demand.pools["sites"].to_numpy()[pool],
            "people": _served(base, demand)[pool] * part,
            "visits": visits,
            "referred": demand.visits.referred.sum(axis=1)[pool] * part,
            "admissions": admissions,
            "bed_days": bed_days,
            "beds": beds,
            "bed_use": np.where(
                kind == KINDS[0], np.nan, utilisation(bed_days, beds, per_unit=DAYS * occupancy)
            ),
            "doctors": doctors,
            "doctor_use": utilisation(visits, doctors, per_unit=day * base.assume["health.work_days"]),
            "modelled": modelled_at(sites, "capacity", "staff"),
        }
    )


def tier_table(base: Base, demand: Demand) -> pd.DataFrame:
    """What people of each county ask of each tier, where it goes, and how full the tier is there.

    Returns
    -------
    DataFrame
        ``unit, level, tier``; of the people who live there: ``visits, admissions`` first taken to the tier,
        ``passed`` (visits that go higher as no site of the tier is in reach), ``unmet`` (visits for which no
        site of the tier or a higher one is in reach: they leave the region or are not made), ``inside``
        (share of visits first treated in the own county); of the sites that lie there: ``sites, treated``
        (visits, referred ones too), ``bed_days, beds, bed_use, doctors, doctor_use`` (over sites that are
        known), ``unknown_beds, unknown_doctors`` (sites). The tier ``elsewhere`` stands for private practices
        and hospitals that are no site here.
    """
    use = use_table(base, demand)
    rows = []
    for unit, here in levels_of(base).items():
        local = use if unit == base.whole else use[use["county"].astype(str) == unit]
        named = {"unit": unit, "level": "whole" if unit == base.whole else "county"}
        asked = _asked_of_tiers(base, demand, here.to_numpy())
        for row, tier in zip(asked, (*TIERS, None), strict=True):
            full = {}
            if tier is not None:
                loads = _loads(base, demand, kind=tier.kind, unit=unit)
                full = _fullness(base, local[local["kind"] == tier.kind], loads=loads)
            rows.append({**named, "tier": ELSEWHERE if tier is None else tier.key, **row, **full})
    return pd.DataFrame(rows)


def _asked_of_tiers(base: Base, demand: Demand, mine: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    """What people of some villages first ask of each tier, and of what is no site here."""
    people = demand.people.to_numpy()[mine]
    cases = {name: people @ demand.rates[name].to_numpy() for name in SHARES}
    shares = _first_shares(base.assume)
    home = base.villages["county"].astype(str).to_numpy()[mine]
    county = np.append(demand.pools["county"].astype(str).to_numpy(dtype=object), "")
    inside = county[at_or_above(demand.asked)[:, mine]] == home
    found = []
    for number in range(len(TIERS)):
        visits = cases["visits"] * shares["visits"][number]
        total = float(visits.sum())
        found.append(
            {
                "visits": total,
                "admissions": float(cases["admissions"].sum() * shares["admissions"][number]),
                "passed": float(demand.visits.passed[number][mine].sum()),
                "unmet": float(demand.visits.unmet[number][mine].sum()),
                "inside": float(visits @ inside[number]) / total if total > 0 else np.nan,
            }
        )
    rest = {name: float(cases[name].sum() * (1.0 - shares[name].sum())) for name in SHARES}
    return [*found, rest]


def flow_table(demand: Demand) -> pd.DataFrame:
    """Referrals between sites in a year.

    Returns
    -------
    DataFrame
        ``from_site, from_name, from_kind, to_site, to_name, to_kind, visits, admissions``, the most visits
        first.
    """
    parts = []
    for name, found in (("visits", demand.visits), ("admissions", demand.admissions)):
        flows = pd.DataFrame({"start": found.start, "end": found.end, name: found.cases})
        parts.append(flows.set_index(["start", "end"]))
    table = pd.concat(parts, axis=1).fillna(0.0).reset_index()
    pools = demand.pools
    for side, name in (("start", "from"), ("end", "to")):
        ends = pools.loc[table[side]]
        for column in ("site", "name", "kind"):
            table[f"{name}_{column}"] = ends[column].to_numpy()
    order = ["from_site", "from_name", "from_kind", "to_site", "to_name", "to_kind", "visits", "admissions"]
    return table.sort_values(["visits", "from_site"], ascending=[False, True], ignore_index=True)[order]


_CAPACITY: Final = (
    {KINDS[0]: "", KINDS[1]: "health.stay_township", "": "health.stay_hospital"},
    {KINDS[0]: "", KINDS[1]: "health.occupancy_township", "": "health.occupancy_hospital"},
    {KINDS[0]: "health.day_clinic", KINDS[1]: "health.day_township", "": "health.day_hospital"},
)
"""Standards of days of a stay, share of days in use, and visits a day of a doctor, by kind; "": hospitals."""


def _by_kind(assume: Assume, kind: npt.NDArray[np.object_], names: Mapping[str, str]) -> Floats:
    value = {key: assume[name] if name else 1.0 for key, name in names.items()}
    return np.array([value.get(str(one), value[""]) for one in kind], dtype=np.float64)


def _band(age: str) -> str:
    first = int(age.rstrip("+").split("-")[0])
    return next(key for key, (low, high) in BANDS.items() if low <= first <= high)


def _first_shares(assume: Assume) -> dict[str, Floats]:
    """Share of cases first taken to each tier, shape (tiers,); what is missing to 1 goes elsewhere."""
    found = {}
    problems = []
    for name, keys in SHARES.items():
        clinic, township, city, elsewhere = (assume[key] if key else 0.0 for key in keys)
        rest = 1.0 - clinic - township - city - elsewhere
        if rest < 0:
            problems.append(
                Problem(
                    rule=f"the shares of {name} that go to tiers and elsewhere exceed 1",
                    mend="lower one: the rest goes to county hospitals",
                    file="scenario",
                    column="assume",
                    value=", ".join(key for key in keys if key),
                )
            )
        found[name] = np.array([clinic, township, rest, city])
    if problems:
        raise ScenarioError(problems)
    return found


def _part(base: Base, demand: Demand) -> Floats:
    """Share of its pool that each site takes: by beds; missing where some of several are not known."""
    pool = demand.pool_of
    beds = base.sites["capacity"].to_numpy(np.float64)
    alone = demand.pools["sites"].to_numpy()[pool] == 1
    total = np.bincount(pool, beds, minlength=len(demand.pools))[pool]
    known = np.isfinite(total) & (total > 0)
    return np.where(alone, 1.0, np.where(known, beds / np.where(known, total, 1.0), np.nan))


def _served(base: Base, demand: Demand) -> Floats:
    """People of the villages that go to each pool for its own tier, shape (pools,)."""
    people = base.villages["people"].to_numpy(np.float64)
    found = np.zeros(len(demand.pools))
    for row in demand.asked:
        there = row >= 0
        found += np.bincount(row[there], people[there], minlength=found.size)
    return found


def _fullness(base: Base, sites: pd.DataFrame, *, loads: Mapping[str, float]) -> dict[str, float]:
    """Loads and capacities of sites of one kind together; uses over those whose capacity is known."""
    if sites.empty:
        return {"sites": 0.0}
    kind = sites["kind"].to_numpy()
    _, occupancy, day = (_by_kind(base.assume, kind, names) for names in _CAPACITY)
    beds, doctors = sites["beds"].to_numpy(), sites["doctors"].to_numpy()
    room = (beds * DAYS * occupancy, doctors * day * base.assume["health.work_days"])
    each = (sites["bed_days"].to_numpy(), sites["visits"].to_numpy())
    use = [_ratio(load, most) for load, most in zip(each, room, strict=True)]
    clinics = bool((kind == KINDS[0]).all())
    return {
        "sites": float(len(sites)),
        **loads,
        "beds": np.nan if clinics else float(np.nansum(beds)),
        "bed_use": np.nan if clinics else use[0],
        "doctors": float(np.nansum(doctors)),
        "doctor_use": use[1],
        "unknown_beds": 0.0 if clinics else float(np.isnan(beds).sum()),
        "unknown_doctors": float(np.isnan(doctors).sum()),
    }


def _loads(base: Base, demand: Demand, *, kind: str, unit: str) -> dict[str, float]:
    """What comes to all sites of a kind in a county, known even where it cannot be split by beds."""
    pools = demand.pools
    mine = (pools["kind"] == kind).to_numpy() & (
        (unit == base.whole) | (pools["county"].astype(str) == unit).to_numpy()
    )
    stay = _by_kind(base.assume, np.array([kind], dtype=object), _CAPACITY[0])[0]
    return {
        "treated": float(demand.visits.load[mine].sum()),
        "bed_days": np.nan if kind == KINDS[0] else float(demand.admissions.load[mine].sum() * stay),
    }


def _ratio(load: Floats, room: Floats) -> float:
    known = np.isfinite(load) & np.isfinite(room)
    total = float(room[known].sum())
    return float(load[known].sum()) / total if total > 0 else np.nan
