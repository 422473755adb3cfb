"""Beds, doctors and nurses against norms, ambulances, and facilities that only reach people with a road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.tables.bureaus import Bureau
from tongqu.views.tables.services import SERVED, standards_of
from tongqu.views.tables.stored import Stored

__all__ = ["NORMS", "Medical", "medical_of"]

NORMS: Final = {
    "beds": "health.beds_per_1000",
    "doctors": "health.doctors_per_1000",
    "nurses": "health.nurses_per_1000",
}
"""Standards of what there is for 1000 people."""
NURSED: Final = ("township_hospital", "county_hospital", "city_hospital")
"""Kinds of site whose nurses count."""
STATION: Final = "ambulance_station"
ADDED: Final = ("ambulance_station", "ambulance_vehicle")
"""Kinds of project that bring a vehicle."""
PAIRS: Final = 20
"""Length of the list of what only works together."""


@dataclass(frozen=True)
class Medical:
    """Figures of the chapter on health besides those that every bureau has.

    Parameters
    ----------
    norms : DataFrame
        By what (``beds, doctors, nurses``) and county, "" for all: ``first, base, plan`` for 1000 people in
        the first year, and in the last without and with the plan, ``norm``, ``lacking`` with the plan in
        beds or persons (NaN where it is not known of every site), ``unknown`` sites. The plan hires no
        nurses: theirs is today's number over the people of the year.
    ambulances : DataFrame
        By county: ``stations`` and ``vehicles`` of today, ``new_stations`` and ``new_vehicles`` of the plan.
        Empty where the region lists none.
    pairs : DataFrame
        ``first, second, service, villages, people``: chosen projects that reach people only together, whom
        no other chosen project reaches alone, most people first.
    together : DataFrame
        By service: ``villages, people`` that only such pairs reach, each counted once.
    """

    norms: pd.DataFrame
    ambulances: pd.DataFrame
    pairs: pd.DataFrame
    together: pd.DataFrame


def medical_of(stored: Stored, bureau: Bureau) -> Medical:
    """Give norms, ambulances and pairs.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    pairs, together = _pairs(stored, bureau)
    return Medical(_norms(stored), _ambulances(stored, bureau.rows), pairs, together)


def _norms(stored: Stored) -> pd.DataFrame:
    standards, counties = standards_of(stored), list(stored.counties)
    county = stored.county_of(stored.cube.villages)
    when = {"first": ("base", 0), "base": ("base", -1), "plan": ("plan", -1)}
    people = {
        name: pd.Series(stored.cube.of("plan" if case == "plan" else "base", "people.total")[:, at])
        .groupby(county)
        .sum()
        .reindex(counties)
        for name, (case, at) in when.items()
    }
    parts = {}
    for what, standard in NORMS.items():
        stock = _stock(stored, what)
        norm = standards.get(standard, np.nan)
        if stock is None or np.isnan(norm):
            continue
        table = pd.DataFrame({name: _with_sum(stock[name]) / _with_sum(people[name]) * 1000 for name in when})
        lacking = (norm * people["plan"] / 1000 - stock["plan"]).clip(lower=0.0)
        need, unknown = _with_sum(lacking), _with_sum(stock["unknown"])
        parts[what] = table.assign(norm=norm, lacking=need.where(unknown == 0), unknown=unknown)
    if not parts:
        return pd.DataFrame(columns=["first", "base", "plan", "norm", "lacking", "unknown"])
    return pd.concat(parts, names=["what", "unit"])


def _with_sum(values: pd.Series) -> pd.Series:
    """The values of the counties, and their sum under ""."""
    return pd.Series(pd.concat([values, pd.Series({"": values.sum()})]))


def _stock(stored: Stored, what: str) -> pd.DataFrame | None:
    """Stock by county in the first year and in the last, without and with the plan; None if unknown."""
    counties = list(stored.counties)
    if what == "nurses":
        return _nurses(stored)
    table = stored.county_values
    keys = {
        "first": ("base", stored.first),
        "base": ("base", stored.last),
        "plan": ("plan", stored.last),
    }
    wide = table[table["variable"] == f"stock.{what}"].set_index(["case", "year", "unit"])["value"]
    if wide.empty:
        return None
    found = {name: wide.loc[key].reindex(counties) for name, key in keys.items()}
    return pd.DataFrame({**found, "unknown": 0.0})


def _nurses(stored: Stored) -> pd.DataFrame | None:
    """Nurses of the hospitals of today by county, and how many hospitals do not say."""
    sites = stored.run.region["sites"]
    mine = sites[sites["kind"].isin(NURSED)]
    if "nurses" not in mine or not mine["nurses"].notna().any():
        return None
    groups = mine["nurses"].groupby(stored.county_of(mine["unit"]))
    known, every = groups.sum(), groups.size()
    table = pd.DataFrame({"first": known, "base": known, "plan": known, "unknown": every - groups.count()})
    return table.reindex(list(stored.counties)).fillna(0.0)


def _ambulances(stored: Stored, rows: pd.DataFrame) -> pd.DataFrame:
    sites = stored.run.region["sites"]
    today = sites[sites["kind"] == STATION]
    if today.empty:
        return pd.DataFrame(columns=["stations", "vehicles", "new_stations", "new_vehicles"])
    county = stored.county_of(today["unit"])
    made = rows[rows["kind"].isin(ADDED)]
    return (
        pd.DataFrame(
            {
                "stations": today.groupby(county).size(),
                # A station has a vehicle: what is not known is how many more.
                "vehicles": today["capacity"].fillna(1.0).groupby(county).sum(),
                "new_stations": made[made["kind"] == STATION].groupby("county").size(),
                "new_vehicles": made.groupby("county")["size"].sum(),
            }
        )
        .reindex(list(stored.counties))
        .fillna(0.0)
    )


def _pairs(stored: Stored, bureau: Bureau) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Chosen pairs for villages that lack the service without the plan and that nothing reaches alone."""
    opens = stored.decisions.drop_duplicates("project").set_index("project")["opens"]
    open_ = opens.index[opens <= stored.last]
    services = [name for name in bureau.plain if f"served.{name}" in stored.cube]
    table = stored.run["offer/pairs"]
    table = table[table["key"].isin(services) & table["first"].isin(open_) & table["second"].isin(open_)]
    entries = stored.run["offer/entries"]
    alone = entries[
        (entries["ledger"] == "served") & entries["key"].isin(services) & entries["project"].isin(open_)
    ]
    done = pd.MultiIndex.from_frame(alone[["key", "unit"]])
    table = table[~pd.MultiIndex.from_frame(table[["key", "unit"]]).isin(done)]
    table = table.assign(people=_gained(stored, bureau, table))
    table = table[table["people"] >= SERVED]
    groups = table.groupby(["first", "second", "key"], sort=True)
    pairs = groups["people"].agg(["size", "sum"]).reset_index()
    pairs.columns = pd.Index(["first", "second", "service", "villages", "people"])
    pairs = pairs.sort_values(["people", "first", "second"], ascending=[False, True, True]).head(PAIRS)
    once = table.drop_duplicates(["key", "unit"]).groupby("key")["people"].agg(["size", "sum"])
    once.columns = pd.Index(["villages", "people"])
    return pairs, once.reindex([name for name in services if name in once.index])


def _gained(stored: Stored, bureau: Bureau, table: pd.DataFrame) -> np.ndarray:
    """People whom the plan serves more in the village and by the service of each row, as simulated."""
    at = pd.Index(stored.cube.villages).get_indexer(pd.Index(table["unit"]))
    gained = np.zeros(len(table))
    for name, reach in bureau.reach.items():
        mine = (table["key"] == name).to_numpy() & (at >= 0)
        gained[mine] = np.maximum(reach.plan - reach.base, 0.0)[at[mine]]
    return gained
