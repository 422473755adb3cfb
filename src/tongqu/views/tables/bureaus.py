"""What a bureau answers for: its services by place, its works by year, money, staff, who is still without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import PRIORITY, active_entries
from tongqu.methods.travel import within
from tongqu.views.tables.services import AMBULANCE, BUSY, SERVED, standards_of
from tongqu.views.tables.stored import Case, Stored

__all__ = [
    "BUREAUS",
    "NEW",
    "NOBODY",
    "NONE",
    "PARTLY",
    "WHOLLY",
    "Bureau",
    "Field",
    "Reach",
    "bureaus_of",
    "optional",
    "share_of",
]

Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]

NOBODY, WHOLLY, NEW, NONE, PARTLY = 0, 1, 2, 3, 4
"""State of a village on a map: nobody to serve, served, served by the plan only, not served, in part."""
LITTLE: Final = 1e-3
"""Share of a village's people up to which nobody counts as served."""
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


@dataclass(frozen=True, eq=False)
class Reach:
    """A service by village: people who need it and who have it, shape (villages,).

    Parameters
    ----------
    first_demand, first : numpy.ndarray of float
        Need and served in the first year, without the plan.
    demand, base, plan : numpy.ndarray of float
        Need with the plan, and served without and with it, in the last year.
    base_demand : numpy.ndarray of float
        Need without the plan in the last year.
    minutes : numpy.ndarray of float
        To the nearest place of the service with the plan in the last year; NaN where the run does not say.
    limit : float
        Minutes that still count; NaN where there is none.
    parts : tuple of float
        Shares up to which nobody, and from which everybody of a village counts as served on a map.
    """

    first_demand: Floats
    first: Floats
    demand: Floats
    base: Floats
    plan: Floats
    base_demand: Floats
    minutes: Floats
    limit: float
    parts: tuple[float, float] = (LITTLE, SERVED)

    def state(self, case: Case) -> States:
        """State of each village on the map without or with the plan."""
        before, after = share_of(self.base, self.base_demand), share_of(self.plan, self.demand)
        now = before if case == "base" else after
        none, whole = self.parts
        new = (case == "plan") & ~(before >= whole)
        found = np.select([np.isnan(now), now <= none, now < whole, new], [NOBODY, NONE, PARTLY, NEW], WHOLLY)
        return found.astype(np.int8)


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


def share_of(served: npt.ArrayLike, demand: npt.ArrayLike) -> Floats:
    """Served over demand; NaN where nobody asks.

    Examples
    --------
    >>> share_of([3.0, 0.0], [4.0, 0.0]).tolist()
    [0.75, nan]
    """
    whole = np.asarray(demand, dtype=np.float64)
    share: Floats = np.full(whole.shape, np.nan)
    np.divide(np.asarray(served, dtype=np.float64), whole, out=share, where=whole > 0)
    return share


def optional(stored: Stored, table: str) -> pd.DataFrame | None:
    """A table that runs of earlier versions do not have; None without it.

    Raises
    ------
    RunError
        If it is there and cannot be read.
    """
    return stored.run[table] if f"{table}.parquet" in stored.run.manifest["files"] else None


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
        reach = dict(_reached(stored, BUREAUS[sector]))
        if reach:
            found[sector] = _bureau(stored, sector, reach=reach)
    return found


def _reached(stored: Stored, field_: Field) -> Iterator[tuple[str, Reach]]:
    """Services of a field that somebody needs in the last year."""
    cube, standards = stored.cube, standards_of(stored)
    nothing = np.full(len(cube.villages), np.nan)
    for name in field_.services:
        if name == "city_hospital":
            city = _city_hospital(stored, limit=standards.get(f"minutes.{name}", np.nan))
            if city is not None:
                yield name, city
            continue
        if f"served.{name}" not in cube or not cube.last("plan", f"demand.{name}").sum() > 0:
            continue
        minutes = f"minutes.{name}"
        yield (
            name,
            Reach(
                first_demand=cube.of("base", f"demand.{name}")[:, 0],
                first=cube.of("base", f"served.{name}")[:, 0],
                demand=cube.last("plan", f"demand.{name}"),
                base=cube.last("base", f"served.{name}"),
                plan=cube.last("plan", f"served.{name}"),
                base_demand=cube.last("base", f"demand.{name}"),
                minutes=cube.last("plan", minutes) if minutes in cube else nothing,
                limit=_limit(name, standards),
                parts=_parts(name, standards),
            ),
        )


def _limit(name: str, standards: Mapping[str, float]) -> float:
    """Minutes that still count; NaN where a service has none."""
    plain = name.removesuffix(PRIORITY)
    stage, _, what = plain.partition("_")
    keys = [f"minutes.{plain}", f"minutes.{plain}_walk", f"{plain}.minutes"]
    keys += [f"minutes.{stage}_ride"] if what == "place" else []
    return next((standards[key] for key in keys if key in standards), np.nan)


def _parts(name: str, standards: Mapping[str, float]) -> tuple[float, float]:
    """Of ambulances nobody is sure: two within the limit count as served, one as in part."""
    if name == AMBULANCE and BUSY in standards:
        return LITTLE, (1.0 - standards[BUSY] ** 2) * SERVED
    return LITTLE, SERVED


def _city_hospital(stored: Stored, *, limit: float) -> Reach | None:
    """All people by minutes to a hospital of the city; None where the run does not say."""
    table = optional(stored, "results/reach")
    mine = None if table is None else table[table["tier"] == "city_hospital"]
    if mine is None or mine.empty or np.isnan(limit):
        return None
    wide = mine.set_index(["case", "year", "unit"])["minutes"]
    units = list(stored.cube.villages)

    def minutes(case: Case, year: int) -> Floats:
        return np.asarray(wide.loc[case].loc[year].reindex(units), dtype=np.float64)

    def inside(case: Case, year: int, people: Floats) -> Floats:
        return np.where(within(minutes(case, year), limit), people, 0.0)

    first = stored.cube.of("base", "people.total")[:, 0]
    last, without = (stored.cube.last(case, "people.total") for case in ("plan", "base"))
    return Reach(
        first_demand=first,
        first=inside("base", stored.first, first),
        demand=last,
        base=inside("base", stored.last, without),
        plan=inside("plan", stored.last, last),
        base_demand=without,
        minutes=minutes("plan", stored.last),
        limit=limit,
    )


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
