"""Relocation: small villages in danger or without a future may move to a seat or a central place.

Who is a candidate follows from `tongqu.methods.village_future` and from the hazards that the region names.
Each candidate has at most two hosts, of which a plan takes one or none. Nobody is forced: a share of the
people, the take-up, goes; the rest stay and are counted where they live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    cost_entries,
    county_totals,
    entries_of,
    lasting_entries,
    project_table,
)
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.travel import minutes_matrix
from tongqu.sectors.relocation.proposals import (
    COUNTED,
    known_to_have,
    lacks_nothing,
    village_proposals,
    whole_services,
)

__all__ = ["Relocation", "sector"]

Bools = npt.NDArray[np.bool_]

LEAD: Final = 2
"""Years from the first payment until people live at the host (assumed)."""
AXIS: Final = ("central_town", "central_village")
"""Roles of a host besides the seat of a town, on the unit itself or on its town."""
FORWARD: Final = ("grow", "keep")
"""Proposals of places that can take people in."""


@dataclass(frozen=True)
class Relocation:
    """Moves of small villages as projects; it writes land cleared, the people move in their own sector."""

    name: str = "relocation"
    tables: frozenset[str] = frozenset({"units", "nodes", "links"})
    reads: frozenset[str] = frozenset(
        {
            "links.minutes",
            "minutes.county_seat",
            "minutes.medical_circle",
            "people.old",
            "people.rural_young",
            "people.total",
            *COUNTED,
        }
    )
    writes: frozenset[str] = frozenset({"land.cleared"})

    def diagnose(self, region: Region, state: State) -> Findings:
        """Villages that may move and their people by county and reason, as things stand today."""
        proposed = village_proposals(region, state, state, assume=None)
        reason = proposed["reason"].where(_candidates(proposed), "none")
        county = region.county_of(proposed.index).to_numpy()
        wide = pd.DataFrame({"villages": 1.0, "people": proposed["people"].to_numpy()})
        sums = wide.groupby([county, reason.to_numpy()]).sum().rename_axis(["unit", "reason"])
        long = sums.drop(index="none", level="reason", errors="ignore").reset_index()
        long = long.melt(id_vars=["unit", "reason"], var_name="of", value_name="value")
        long["variable"] = "may move, " + long["of"] + ": " + long["reason"]
        return Findings(long[["unit", "variable", "value"]])

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Village land that moves have cleared by now, mu by county; people move in their own sector."""
        taken = entries_of(opened.entries, ledger="land", key="construction")
        return {"land.cleared": _cleared(taken, opened.projects, region.codes("county"))}

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer up to two hosts for every small village that may move."""
        entries, states = forecast.offer.entries, forecast.states
        # A move makes no room, so it credits no service whose places are counted.
        rooms = frozenset(entries.loc[entries["ledger"] == "room", "key"])
        proposed = village_proposals(region, states[0], states[-1], assume=assume, counted=rooms)
        may_move = _candidates(proposed)
        small = proposed["people"].between(0, assume["relocation.most_people"], inclusive="right")
        services = whole_services(states[0], counted=rooms)
        pairs = _hosts(region, states[0], proposed=proposed, leaving=may_move & small, services=services)
        if pairs.empty or assume["relocation.take_up"] <= 0:
            return Offer()
        projects = _projects(region, pairs, proposed=proposed, assume=assume)
        parts = [
            cost_entries(projects),
            _freed(projects, assume=assume),
            _moved(projects, pairs, assume=assume),
            _town_and_country(projects, pairs, region=region, forecast=forecast, assume=assume),
            _credit(projects, pairs, forecast=forecast, services=services, assume=assume),
        ]
        return Offer(projects, pd.concat(parts, ignore_index=True))


@remember(48)
def _cleared(taken: pd.DataFrame, projects: pd.DataFrame, counties: pd.Index) -> pd.Series:
    mine = projects.loc[projects["sector"] == sector.name, "project"]
    freed = taken[taken["project"].isin(mine) & (taken["amount"] < 0)]
    freed_mu = -county_totals(freed, ledger="land", key="construction", counties=counties)
    return pd.Series(freed_mu + 0.0, index=counties)


def _candidates(proposed: pd.DataFrame) -> pd.Series:
    return proposed["rural"] & (proposed["proposal"] == "move") & (proposed["people"] > 0)


def _hosts(
    region: Region, state: State, *, proposed: pd.DataFrame, leaving: pd.Series, services: tuple[str, ...]
) -> pd.DataFrame:
    """The nearest host of each kind for each leaving village: ``village, host``, sorted.

    A host lies in the same county, has every service that the village has, is in no danger, and is neither
    a candidate itself nor losing its future.
    """
    villages = region.level("village")
    stays = proposed["proposal"].isin(FORWARD) & ~proposed["hazard"]
    county = region.county_of(villages.index).to_numpy()
    known = [lacks_nothing(state, service).to_numpy() for service in services]
    has = np.array(known, dtype=np.bool_).reshape(-1, len(villages))
    network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
    place = network.locate(villages["node"])
    origin = np.flatnonzero(leaving.to_numpy())
    found = []
    for kind in _host_kinds(region):
        target = np.flatnonzero(kind & stays.to_numpy())
        if not origin.size or not target.size:
            continue
        minutes = minutes_matrix(network, origins=place[origin], targets=place[target])
        lacks = has[:, origin].T.astype(np.int64) @ (~has[:, target]).astype(np.int64) > 0
        minutes[lacks | (county[origin][:, None] != county[target][None, :])] = np.inf
        best = minutes.argmin(axis=1)
        known = np.isfinite(minutes[np.arange(len(origin)), best])
        found.append(
            pd.DataFrame(
                {
                    "village": villages.index[origin[known]],
                    "host": villages.index[target[best[known]]],
                }
            )
        )
    if not found:
        return pd.DataFrame({"village": pd.Series(dtype="str"), "host": pd.Series(dtype="str")})
    return pd.concat(found).drop_duplicates().sort_values(["village", "host"], ignore_index=True)


def _host_kinds(region: Region) -> tuple[Bools, Bools]:
    """Villages of the county seats, and villages at seats of other towns or with a central role.

    Of a county seat the urban units are meant, all units where it has none that is urban.
    """
    villages, towns = region.level("village"), region.level("town")
    town = region.ancestor(villages.index, level="town").to_numpy()
    role = region["units"].set_index("unit").get("role", pd.Series(dtype="str")).dropna()
    seats = set(region.level("county")["seat"].dropna()) | set(role.index[role == "county_seat"])
    in_seat = np.isin(town.astype(str), sorted(seats)) | villages.index.isin(seats)
    urban = (villages["residence"] == "urban").to_numpy()
    county = region.county_of(villages.index)
    has_urban = pd.Series(in_seat & urban).groupby(county.to_numpy()).transform("any").to_numpy()
    at_seat = in_seat & (urban | ~has_urban)
    central = set(role.index[role.isin(AXIS)])
    of_town = villages.index.isin(towns["seat"].dropna()) | np.isin(town.astype(str), sorted(central))
    return at_seat, (of_town | villages.index.isin(central)) & ~in_seat


def _projects(region: Region, pairs: pd.DataFrame, *, proposed: pd.DataFrame, assume: Assume) -> pd.DataFrame:
    """One project a village and host; land is the host's, gross: what is freed is an entry of its own."""
    villages = region.level("village")
    home, host = villages.loc[pairs["village"]], villages.loc[pairs["host"]]
    people = proposed["people"].loc[pairs["village"]].to_numpy() * assume["relocation.take_up"]
    households = people / assume["relocation.persons_per_household"]
    names = [units["name_en"].fillna(units["name"]).to_numpy() for units in (home, host)]
    return project_table(
        {
            "project": ("relocation:" + pairs["village"] + ":" + pairs["host"]).to_numpy(),
            "name_zh": (home["name"].to_numpy() + "搬迁至" + host["name"].to_numpy()),
            "name_en": names[0] + ": move to " + names[1],
            "unit": pairs["host"].to_numpy(),
            "town": host["parent"].to_numpy(),
            "county": region.county_of(pairs["host"]).to_numpy(),
            "node": host["node"].to_numpy(),
            "lon": host["lon"].to_numpy(),
            "lat": host["lat"].to_numpy(),
            "size": people,
            "size_unit": "person",
            "capital_wan": people * assume["relocation.cost_per_person"],
            "running_wan": -households * assume["relocation.saving"],
            "lead": LEAD,
            "land_mu": people * assume["relocation.host_land"] / M2_PER_MU,
            "group": ("relocation:" + pairs["village"]).to_numpy(),
            "modelled": True,
        },
        sector="relocation",
        kind="relocation",
    )


def _freed(projects: pd.DataFrame, *, assume: Assume) -> pd.DataFrame:
    """Homestead land that is reclaimed, from the year after the move on."""
    area = projects["size"] * assume["relocation.homestead"] * assume["relocation.reclaim"] / M2_PER_MU
    entries = lasting_entries(
        projects, ledger="land", unit=projects["county"], key="construction", amount=-area
    )
    later: pd.DataFrame = entries.assign(since=entries["since"] + 1)
    return later.loc[later["amount"] != 0]


def _moved(projects: pd.DataFrame, pairs: pd.DataFrame, *, assume: Assume) -> pd.DataFrame:
    return lasting_entries(
        projects,
        ledger="moved",
        unit=pairs["village"],
        key=pairs["host"],
        amount=assume["relocation.take_up"],
    )


def _town_and_country(
    projects: pd.DataFrame, pairs: pd.DataFrame, *, region: Region, forecast: Forecast, assume: Assume
) -> pd.DataFrame:
    """People whom a move to an urban host makes urban, and young rural people who are rural no more.

    By years since the start, for a start in the first year of the plan: those who are still there then.
    """
    urban = (region.level("village")["residence"] == "urban").loc[pairs["host"]].to_numpy()
    since = np.arange(LEAD, max(len(forecast.states), LEAD + 1))
    parts: list[pd.DataFrame] = []
    for key, variable, sign in (
        ("urban_people", "people.total", 1),
        ("rural_young", "people.rural_young", -1),
    ):
        states = [forecast.states[min(int(year), len(forecast.states) - 1)] for year in since]
        people = np.stack([state[variable].loc[pairs["village"]].to_numpy() for state in states], axis=1)
        steps = sign * np.diff(people, axis=1, prepend=0.0) * assume["relocation.take_up"]
        each = projects.loc[projects.index.repeat(len(since))]
        entries = lasting_entries(
            each, ledger="stock", unit=each["county"], key=key, amount=steps.ravel()
        ).assign(since=np.tile(since, len(projects)))
        parts.append(entries.loc[np.repeat(urban, len(since)) & (steps.ravel() != 0)])
    return pd.concat(parts, ignore_index=True)


def _credit(
    projects: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    forecast: Forecast,
    services: tuple[str, ...],
    assume: Assume,
) -> pd.DataFrame:
    """Services that a village lacks in some year and its host is known to have; who stays gains nothing."""
    parts = []
    for service in services:
        lack = pd.concat(
            [state[f"demand.{service}"] - state[f"served.{service}"] for state in forecast.states], axis=1
        ).max(axis=1)
        gains = (lack > 0).loc[pairs["village"]].to_numpy() & known_to_have(forecast.states[0], service).loc[
            pairs["host"]
        ].to_numpy()
        entries = lasting_entries(
            projects,
            ledger="served",
            key=service,
            unit=pairs["village"],
            amount=assume["relocation.take_up"],
        )
        parts.append(entries[gains])
    return pd.concat(parts, ignore_index=True) if parts else Offer().entries


sector = Relocation()
