"""What a question about travel names: modes, kinds, groups of people, villages, sites, and their nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError
from tongqu.contracts import Assume, Scenario, Sector, State
from tongqu.data import Region, table_specs
from tongqu.data.problems import MAX_ROWS, Problems, suggest
from tongqu.data.seats import unit_nodes
from tongqu.engine.registry import load_sectors, missing_tables, ordered
from tongqu.engine.simulate import simulate
from tongqu.methods.network import Network
from tongqu.workflow.networks import modes, region_network

__all__ = [
    "HOSPITALS",
    "Ground",
    "Names",
    "as_names",
    "ask_choice",
    "ask_group",
    "ask_kinds",
    "ask_limits",
    "ask_mode",
    "ask_number",
    "ask_question",
    "ground_of",
    "named_places",
    "sites_among",
    "sites_of",
    "state_of",
    "villages_of",
    "writers_of",
]

Names: TypeAlias = str | Sequence[str]
"""One name or several."""

HOSPITALS: Final = ("township_hospital", "county_hospital")
"""Kinds of site that the medical circle counts."""

LEVELS: Final = {"villages": "village", "towns": "town", "counties": "county"}
"""Levels of the units by the word for all of them."""

GROUPS: Final = ("people.", "pupils.")
"""How the names of state variables begin that count people of villages."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What a question about travel stands on: roads for a mode, and where how many people live.

    Parameters
    ----------
    region : Region
        Where.
    mode : str
        Who travels.
    network : Network
        The roads for the mode.
    homes : DataFrame
        Villages: ``unit, name, town, county, lon, lat, spot`` (position of the node), ``people`` and
        ``modelled`` (whether its position is).
    group : str
        State variable that counts the people.
    year : int
        Year that the people stand for.
    """

    region: Region
    mode: str
    network: Network
    homes: pd.DataFrame
    group: str
    year: int

    @property
    def spots(self) -> npt.NDArray[np.int64]:
        """Positions of the villages' nodes."""
        return self.homes["spot"].to_numpy(np.int64)

    @property
    def people(self) -> npt.NDArray[np.float64]:
        """People of each village."""
        return self.homes["people"].to_numpy(np.float64)

    @property
    def asked(self) -> dict[str, str | int]:
        """Mode, people counted and their year, for the summary of an answer."""
        return {"mode": self.mode, "group": self.group, "year": self.year}

    def by_unit(self, values: npt.NDArray[np.float64]) -> pd.Series[float]:
        """One value for each village, by its code."""
        return pd.Series(values, index=pd.Index(self.homes["unit"]))

    def table(self, **columns: npt.NDArray[Any]) -> pd.DataFrame:
        """The villages: ``unit, name, town, county, people``, the columns given, ``modelled``."""
        first = self.homes[["unit", "name", "town", "county", "people"]]
        return first.assign(**columns, modelled=self.homes["modelled"].to_numpy())


def as_names(names: Names) -> tuple[str, ...]:
    """One name or several as a tuple, each once."""
    return tuple(dict.fromkeys([names] if isinstance(names, str) else [str(name) for name in names]))


def ask_choice(value: str, choices: Iterable[str], *, column: str, rule: str, problems: Problems) -> None:
    """Note a value that is none of the choices."""
    known = list(choices)
    if value not in known:
        mend = f"{suggest(value, known)}use one of {', '.join(known)}"
        problems.add(rule, mend=mend, column=column, value=value)


def ask_mode(mode: str, problems: Problems) -> None:
    """Note a mode of travel that there is not."""
    ask_choice(mode, modes().index, column="mode", rule="unknown mode", problems=problems)


def ask_kinds(kinds: Names, region: Region, *, problems: Problems) -> tuple[str, ...]:
    """The kinds of site; notes those that there are not, or of which the region has none."""
    asked = as_names(kinds)
    known, here = table_specs()["sites"].columns["kind"].choices, set(region["sites"]["kind"])
    if not asked:
        problems.add("no kind of site", mend=f"give one of {', '.join(known)}", column="kinds")
    for kind in asked:
        ask_choice(kind, known, column="kinds", rule="unknown kind of site", problems=problems)
        if kind in known and kind not in here:
            mend = f"give one of {', '.join(sorted(here))}, or add such sites"
            problems.add("the region has no site of this kind", mend=mend, column="kinds", value=kind)
    return asked


def ask_group(group: str, problems: Problems) -> None:
    """Note a group of people that no sector counts."""
    known = sorted(name for sector in load_sectors() for name in sector.writes if name.startswith(GROUPS))
    ask_choice(group, known, column="group", rule="unknown group of people", problems=problems)


def ask_question(
    kinds: Names, region: Region, *, mode: str, group: str, limit: float, problems: Problems
) -> tuple[str, ...]:
    """The kinds of site; notes what is wrong with them, with the mode, the people or the limit."""
    asked = ask_kinds(kinds, region, problems=problems)
    ask_mode(mode, problems)
    ask_group(group, problems)
    ask_number(limit, column="limit", problems=problems)
    return asked


def ask_number(value: float, *, column: str, problems: Problems, least: float = 0.0) -> None:
    """Note a number that is missing or below the least."""
    if not value >= least:
        problems.add(
            "not a number of this size", mend=f"give {least:g} or more", column=column, value=f"{value}"
        )


def ask_limits(limits: Sequence[float], problems: Problems) -> tuple[float, ...]:
    """The limits; notes those that are not rising minutes."""
    limits = tuple(float(limit) for limit in limits)
    rising = all(low < high for low, high in pairwise(limits))
    if not limits or not rising or not limits[0] > 0 or not np.isfinite(limits[-1]):
        shown = ", ".join(f"{limit:g}" for limit in limits)
        problems.add(
            "the limits do not rise", mend="give minutes above 0, sorted", column="limits", value=shown
        )
    return limits


def state_of(region: Region, names: Iterable[str]) -> State:
    """State variables in the first year of the default scenario, from no more sectors than they need.

    Raises
    ------
    DataError
        If the region lacks tables that these sectors need.
    """
    scenario = Scenario()
    sectors = writers_of(names)
    problems = missing_tables(region, sectors)
    if problems:
        raise DataError(problems)
    assume = Assume.of(region["standards"], scenario)
    return simulate(region, sectors, scenario=scenario, assume=assume, years=[scenario.first_year])[0]


def writers_of(names: Iterable[str]) -> tuple[Sector, ...]:
    """The sectors that write these variables, and what those read, in running order."""
    writer = {name: sector for sector in load_sectors() for name in sector.writes}
    needed: dict[str, Sector] = {}
    ahead = [name for name in names if name in writer]
    while ahead:
        sector = writer[ahead.pop()]
        if sector.name not in needed:
            needed[sector.name] = sector
            ahead.extend(name for name in sector.reads if name in writer)
    return ordered(list(needed.values()))


def villages_of(region: Region) -> pd.DataFrame:
    """The villages: ``unit, name, town, county`` (names), ``lon, lat, node, modelled``.

    Raises
    ------
    DataError
        If a village has no road node.
    """
    villages = region.level("village")
    problems = Problems()
    bare = villages.index[villages["node"].fillna("").eq("")]
    mend = "give the road node where its people enter the network"
    for unit in bare[:MAX_ROWS]:
        rule = f"the village {unit} has no road node"
        problems.add(rule, mend=mend, file="units", column="node", value=str(unit))
    if len(bare) > MAX_ROWS:
        rule = f"{len(bare) - MAX_ROWS} more villages have no road node"
        problems.add(rule, mend=mend, file="units", column="node")
    problems.raise_any()
    name = region["units"].set_index("unit")["name"]
    columns = villages["modelled_columns"].fillna("").astype(str)
    return pd.DataFrame(
        {
            "unit": villages.index,
            "name": villages["name"].to_numpy(),
            "town": region.ancestor(villages.index, level="town").map(name).to_numpy(),
            "county": region.county_of(villages.index).map(name).to_numpy(),
            "lon": villages["lon"].to_numpy(np.float64),
            "lat": villages["lat"].to_numpy(np.float64),
            "node": villages["node"].to_numpy(),
            "modelled": columns.map(lambda text: "lon" in text.split(";")).to_numpy(bool),
        }
    )


def ground_of(region: Region, *, mode: str, group: str) -> Ground:
    """The roads for a mode and the people of a group; what was asked is known to be right."""
    homes = villages_of(region)
    network = region_network(region, mode=mode)
    state = state_of(region, [group])
    people = state[group].reindex(homes["unit"]).to_numpy(np.float64)
    if lost := int(np.isnan(people).sum()):
        problems = Problems()
        mend = "give the people of every village"
        problems.add(f"{lost} villages have no people given", mend=mend, column="group", value=group)
        problems.raise_any()
    return Ground(
        region,
        mode,
        network,
        homes.assign(people=people, spot=network.locate(homes["node"])),
        group,
        state.year,
    )


def sites_of(ground: Ground, kinds: Iterable[str]) -> pd.DataFrame:
    """Sites of these kinds: their columns with ``site_name``, and ``spot``, the position of the node."""
    table = ground.region["sites"]
    table = table[table["kind"].isin(list(kinds))].reset_index(drop=True)
    columns = ["site", "name", "kind", "unit", "node", "lon", "lat", "capacity", "staff", "modelled"]
    found = table[columns].rename(columns={"name": "site_name"})
    return found.assign(spot=ground.network.locate(found["node"]))


def named_places(names: Names, region: Region, *, column: str, problems: Problems) -> pd.DataFrame:
    """Places by name: levels of units, kinds of site, or ids of units, sites and nodes.

    Parameters
    ----------
    names : str or sequence of str
        ``villages``, ``towns``, ``counties``; kinds of site; ids.
    region : Region
        Where.
    column : str
        Name of the argument.
    problems : Problems
        Where unknown names go.

    Returns
    -------
    DataFrame
        ``id, name, what`` (level, kind or ``node``), ``lon, lat, node``; each id once, in the order asked.
    """
    every = _every_place(region)
    parts = []
    words = {**LEVELS, **{kind: kind for kind in table_specs()["sites"].columns["kind"].choices}}
    for name in as_names(names):
        found = every[every["what"] == words[name]] if name in words else every[every["id"] == name].head(1)
        if len(found) == 0 and name in words:
            problems.add("the region has no such places", mend="name others", column=column, value=name)
        elif len(found) == 0:
            mend = suggest(name, [*words, *every["id"]]) + "name a level, a kind of site, or an id"
            problems.add("unknown place", mend=mend, column=column, value=name)
        for unit in found.loc[found["node"] == "", "id"][:MAX_ROWS]:
            mend = "give it or its seat a road node"
            problems.add("a place without a road node", mend=mend, column=column, value=str(unit))
        parts.append(found)
    if not parts:
        problems.add("no places", mend="name a level, a kind of site, or an id", column=column)
        return every.head(0)
    return pd.concat(parts, ignore_index=True).drop_duplicates("id", ignore_index=True)


def sites_among(region: Region, places: pd.DataFrame) -> pd.DataFrame:
    """The sites among named places."""
    sites = region["sites"]
    return sites[sites["site"].isin(places["id"])]


def _every_place(region: Region) -> pd.DataFrame:
    units, sites, nodes = region["units"], region["sites"], region["nodes"]
    columns = ["id", "name", "what", "lon", "lat", "node"]
    parts = [
        units.assign(id=units["unit"], what=units["level"], node=unit_nodes(region).fillna("").to_numpy()),
        sites.assign(id=sites["site"], what=sites["kind"]),
        nodes.assign(id=nodes["node"], name=nodes["node"], what="node"),
    ]
    return pd.concat([part[columns].astype({"what": "str"}) for part in parts], ignore_index=True)
