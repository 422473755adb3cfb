"""What a bureau answers for: its services by place, its works by year, money, staff, who is still without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import PRIORITY, active_entries
from tongqu.views.tables.reach import Reach, reached
from tongqu.views.tables.stored import Stored

__all__ = ["BUREAUS", "Bureau", "Field", "bureaus_of"]

LEFT: Final = 20
"""Length of the list of villages with most people without."""


@dataclass(frozen=True)
class Field:
    """What belongs to a bureau.

    Parameters
    ----------
    services : tuple of str
        Services of people, in order.
    staff : str
        Key of its ledger of staff.
    sites : tuple of str
        Kinds of site.
    standards : tuple of str
        What the names of its standards begin with.
    """

    services: tuple[str, ...]
    staff: str
    sites: tuple[str, ...]
    standards: tuple[str, ...]


BUREAUS: Final[Mapping[str, Field]] = {
    "education": Field(
        services=(
            *("nursery_place", "primary_place", "junior_place", "senior_place"),
            *("primary_ride", "junior_ride"),
        ),
        staff="teachers",
        sites=("kindergarten", "primary_school", "junior_school", "senior_school", "vocational_school"),
        standards=(
            *("minutes.nursery", "minutes.primary", "minutes.junior", "minutes.boarder", "pupils."),
            *("school", "merge.", "merger.", "boarding.", "senior.", "factor.school", "factor.direct"),
        ),
    ),
    "health": Field(
        services=("clinic", "medical_circle", "county_hospital", "city_hospital", "ambulance"),
        staff="doctors",
        sites=("clinic", "township_hospital", "county_hospital", "city_hospital", "ambulance_station"),
        standards=(
            *("minutes.clinic", "minutes.medical", "minutes.county_h", "minutes.city_h", "clinic."),
            *("township_hospital.", "subcentre.", "hospital.", "ambulance.", "health.beds_per"),
            *("health.doctors_per", "health.nurses_per_1000"),
        ),
    ),
    "care": Field(
        services=(
            *("day_care", "meals", "child_care", "service_hall"),
            *("day_care_priority", "meals_priority", "child_care_priority"),
        ),
        staff="carers",
        sites=("day_care", "meal_point", "child_care", "service_hall"),
        standards=(
            *("care.", "day_care.", "meal_point.", "child_care.", "hall_point.", "mobile_hall."),
            *("minutes.day_care", "minutes.meals", "minutes.child_care", "minutes.service_hall"),
        ),
    ),
}
"""Bureaus with a chapter of their own, by sector."""


@dataclass(frozen=True)
class Bureau:
    """Figures of a bureau's chapter.

    Parameters
    ----------
    sector : str
    reach : mapping of str to Reach
        By service that somebody needs.
    opens : DataFrame
        By kind of project (rows) and year of opening (columns): number.
    added : DataFrame
        By service (rows) and year (columns): people that the plan serves more, as simulated.
    money : DataFrame
        By year: ``capital, running, saved`` of its projects, 万元; ``saved`` is what those that save money
        save, as a positive number, and is counted in ``running``.
    staff : DataFrame
        By year: ``used`` by its projects less what they free, and ``limit`` of all; persons.
    staff_counties : DataFrame
        The same in the last year by county, ``share`` (highest of any year) and ``price``: what one person
        more would add to the goal, the highest of any year.
    kinds : DataFrame
        By kind of project: ``count, size, size_unit, capital, running, land, staff``.
    credited : DataFrame
        ``kind, service, people, alone``: people in the last year whom projects credit, and those whom nothing
        else would.
    modelled : dict of str to float
        Share of its ``sites`` and ``projects`` that are modelled, number of its ``standards`` and how many
        are ``assumed``.
    rows : DataFrame
        Its chosen projects.
    """

    sector: str
    reach: Mapping[str, Reach]
    opens: pd.DataFrame
    added: pd.DataFrame
    money: pd.DataFrame
    staff: pd.DataFrame
    staff_counties: pd.DataFrame
    kinds: pd.DataFrame
    credited: pd.DataFrame
    modelled: Mapping[str, float]
    rows: pd.DataFrame

    @property
    def plain(self) -> tuple[str, ...]:
        """Services, but for those that count people of another one again."""
        return tuple(name for name in self.reach if not name.endswith(PRIORITY))

    def sums(self, groups: npt.NDArray[np.object_]) -> pd.DataFrame:
        """Sums by service and group of villages: ``first_demand, first, demand, base, plan``."""
        names = ("first_demand", "first", "demand", "base", "plan")
        parts = {
            service: pd.DataFrame({name: getattr(one, name) for name in names}).groupby(groups).sum()
            for service, one in self.reach.items()
        }
        return pd.concat(parts, names=["service", "unit"])

    def left(self, villages: Sequence[str]) -> pd.DataFrame:
        """Villages with most people without any service: people without by service, in columns."""
        without = {name: self.reach[name].demand - self.reach[name].plan for name in self.plain}
        table = pd.DataFrame(without, index=pd.Index(villages, name="unit"))
        table = table.where(table >= 0.5, 0.0)
        order = table.sum(axis=1).sort_values(ascending=False, kind="stable")
        return table.loc[order.index[order > 0]].head(LEFT)


def bureaus_of(stored: Stored) -> dict[str, Bureau]:
    """Give the bureaus whose sector the run plans for and whose services somebody needs, by sector.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    wanted = stored.run.scenario.sectors
    taken = [name for name in BUREAUS if name in stored.run.manifest["sectors"]]
    found = {}
    for sector in taken:
        if wanted and sector not in wanted:
            continue
        reach = dict(reached(stored, BUREAUS[sector].services))
        if reach:
            found[sector] = _bureau(stored, sector, reach=reach)
    return found


def _bureau(stored: Stored, sector: str, *, reach: Mapping[str, Reach]) -> Bureau:
    rows = stored.decisions[stored.decisions["sector"] == sector]
    entries = stored.run["offer/entries"]
    entries = entries[entries["project"].isin(rows["project"]) & entries["ledger"].isin(["money", "staff"])]
    starts = rows.drop_duplicates("project").set_index("project")["start"].astype("int64")
    active = active_entries(entries, stored.years, starts=starts)
    return Bureau(
        sector=sector,
        reach=reach,
        opens=_opens(rows, stored.years),
        added=_added(stored, reach),
        money=_money(active, stored.years),
        staff=_staff(stored, active, key=BUREAUS[sector].staff),
        staff_counties=_staff_counties(stored, active, key=BUREAUS[sector].staff),
        kinds=_kinds(rows, entries),
        credited=_credited(stored, rows, reach=reach),
        modelled=_modelled(stored, sector, rows=rows),
        rows=rows,
    )


def _opens(rows: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Number of projects by kind and year of opening; those that open after the last year in no column."""
    table = rows.groupby(["kind", "opens"]).size().unstack("opens")
    return table.reindex(columns=list(years)).fillna(0).astype("int64")


def _added(stored: Stored, reach: Mapping[str, Reach]) -> pd.DataFrame:
    values = {
        name: np.nansum(
            stored.cube.of("plan", f"served.{name}") - stored.cube.of("base", f"served.{name}"), axis=0
        )
        for name in reach
        if f"served.{name}" in stored.cube
    }
    return pd.DataFrame.from_dict(values, orient="index", columns=list(stored.years))


def _money(active: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    mine = active[active["ledger"] == "money"]
    table = mine.pivot_table(index="year", columns="key", values="amount", aggfunc="sum")
    table = table.reindex(index=list(years), columns=["capital", "running"]).fillna(0.0)
    saving = mine[(mine["key"] == "running") & (mine["amount"] < 0)].groupby("year")["amount"].sum()
    return table.assign(saved=(-saving).reindex(list(years)).fillna(0.0))


def _staff(stored: Stored, active: pd.DataFrame, *, key: str) -> pd.DataFrame:
    mine = active[(active["ledger"] == "staff") & (active["key"] == key)]
    limits = _staff_limits(stored, key)
    return pd.DataFrame(
        {
            "used": mine.groupby("year")["amount"].sum(),
            "limit": limits.groupby("year")["amount"].sum(),
        }
    ).reindex(list(stored.years))


def _staff_limits(stored: Stored, key: str) -> pd.DataFrame:
    limits = stored.run["offer/limits"]
    return limits[(limits["ledger"] == "staff") & (limits["key"] == key)]


def _staff_counties(stored: Stored, active: pd.DataFrame, *, key: str) -> pd.DataFrame:
    """By county in the last year; other sectors may use the same staff, so the limit's price is of all."""
    counties, years = list(stored.counties), list(stored.years)
    mine = active[(active["ledger"] == "staff") & (active["key"] == key)]
    used = mine.pivot_table(index="unit", columns="year", values="amount", aggfunc="sum")
    used = used.reindex(index=counties, columns=years).fillna(0.0)
    limit = _staff_limits(stored, key).pivot_table(index="unit", columns="year", values="amount")
    limit = limit.reindex(index=counties, columns=years)
    prices = stored.run["results/prices"]
    prices = prices[(prices["limit"] == "staff") & (prices["key"] == key)]
    return pd.DataFrame(
        {
            "used": used[stored.last],
            "limit": limit[stored.last],
            "share": (used / limit.where(limit > 0)).max(axis=1),
            "price": prices.groupby("unit")["price"].max().reindex(counties).fillna(0.0),
        }
    )


def _kinds(rows: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    names = {"size": "size", "capital": "capital_wan", "running": "running_wan", "land": "land_mu"}
    groups = rows.groupby("kind", sort=True)
    table = pd.DataFrame({name: groups[column].sum() for name, column in names.items()})
    kind = rows.drop_duplicates("project").set_index("project")["kind"]
    lasting = entries[(entries["ledger"] == "staff") & (entries["until"] < 0)]
    staff = lasting["amount"].groupby(lasting["project"].map(kind).astype("str")).sum()
    return table.assign(
        count=groups.size(),
        size_unit=groups["size_unit"].first(),
        staff=staff.reindex(table.index).fillna(0.0),
    )


def _credited(stored: Stored, rows: pd.DataFrame, *, reach: Mapping[str, Reach]) -> pd.DataFrame:
    table = stored.run["results/reasons"]
    mine = table[
        (table["side"] == "serves") & table["key"].isin(list(reach)) & table["project"].isin(rows["project"])
    ]
    kind = mine["project"].map(rows.drop_duplicates("project").set_index("project")["kind"]).astype("str")
    sums = mine.groupby([kind.rename("kind"), mine["key"].rename("service")])[["amount", "alone"]].sum()
    return sums.reset_index().rename(columns={"amount": "people"})


def _modelled(stored: Stored, sector: str, *, rows: pd.DataFrame) -> dict[str, float]:
    found = BUREAUS[sector]
    sites = stored.run.region["sites"]
    sites = sites[sites["kind"].isin(found.sites)]
    standards = stored.run.region["standards"]
    standards = standards[standards["standard"].str.startswith(found.standards)]
    return {
        "sites": float(sites["modelled"].mean()) if len(sites) else 0.0,
        "projects": float(rows["modelled"].mean()) if len(rows) else 0.0,
        "standards": float(len(standards)),
        "assumed": float((standards["status"] == "assumed").sum()),
    }
