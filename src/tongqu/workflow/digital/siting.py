"""Where new stations would stand: the covering curve, the sites in order of gain for money, their fibre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.backhaul import Tree, fibre_tree
from tongqu.methods.covering import maximal_covering
from tongqu.sectors.digital.projects import Candidates, candidates_of, fibre_nodes, roads_of, running_wan
from tongqu.workflow.digital.ground import Ground
from tongqu.workflow.digital.tables import MWH_PER_KW

__all__ = ["MOST_SITES", "Siting", "siting_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_SITES: Final = 500
"""Sites that can be asked for."""
USUAL_SHARE: Final = 0.5
"""Share of the people who could gain that the sites reach when no number is given."""
STEP: Final = 5
"""Sites from one point of the curve to the next, at least."""
POINTS: Final = 24
"""Points of the curve, about."""


@dataclass(frozen=True, eq=False)
class Siting:
    """Sites and what they rest on.

    Parameters
    ----------
    sites : DataFrame
        ``rank, unit, town, county, lon, lat, in_reach`` (rural people without a network whom it serves),
        ``added`` (those of them whom no site before it serves), ``villages`` (added), ``backhaul_km`` (its
        share of the fibre), ``alone_km`` (if it were built alone; missing without a road), ``station_wan,
        backhaul_wan, cost_wan, energy_mwh`` (a year), ``yearly_wan, per_wan`` (added people for 万元),
        ``relay`` (no road leads to fibre), ``modelled``.
    backhaul : DataFrame
        ``link, from_node, to_node, length_km, modelled``: the roads that the fibre follows.
    choice : DataFrame
        ``sites, gained`` (people whom so many sites serve), ``bound, gap, gained_share`` (of those without a
        network), ``chosen``.
    tree : Tree or None
        The fibre; None without sites.
    gain : float
        Rural people whom some site could serve.
    """

    sites: pd.DataFrame
    backhaul: pd.DataFrame
    choice: pd.DataFrame
    tree: Tree | None
    gain: float


def siting_of(ground: Ground, *, count: int | None) -> Siting:
    """Sites for villages without a network, by maximal covering of their rural people.

    Parameters
    ----------
    count : int or None
        Sites at most; None for as few as reach half of the people who could gain.
    """
    candidates = candidates_of(ground.region, assume=ground.assume)
    people = ground.villages["rural"].reindex(candidates.villages).to_numpy(dtype=np.float64)
    gain = float(people.sum())
    number = _usual(candidates, people) if count is None else count
    chosen = candidates.best(people, count=number).sites if gain > 0 and number > 0 else np.empty(0, np.int64)
    choice = _choice(candidates, people, counts=_counts(people, chosen=len(chosen)))
    choice = choice.assign(chosen=choice["sites"] == len(chosen))
    roads = roads_of(ground.region)
    nodes = pd.Index(ground.region["nodes"]["node"])
    at = nodes.get_indexer(ground.villages.loc[candidates.villages[chosen], "node"]).astype(np.int64)
    tree = None
    if chosen.size:
        tree = fibre_tree(roads, roots=fibre_nodes(ground.region, assume=ground.assume), sites=at)
    return Siting(
        sites=_sites(ground, candidates, people, chosen=chosen, tree=tree),
        backhaul=_backhaul(ground, tree),
        choice=choice,
        tree=tree,
        gain=gain,
    )


def _usual(candidates: Candidates, people: Floats) -> int:
    """The least number of sites that serve the usual share of the people; by halving."""
    low, high = 0, len(people)
    goal = USUAL_SHARE * float(people.sum())
    if goal <= 0:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        found = maximal_covering(candidates.covers, people, count=middle, search="quick")
        low, high = (low, middle) if found.value >= goal else (middle, high)
    return high


def _counts(people: Floats, *, chosen: int) -> list[int]:
    """Numbers of sites that the curve is worked out for: up to twice those chosen, or to all people."""
    useful = int((people > 0).sum())
    last = min(useful, max(2 * chosen, STEP * 2))
    step = 1 if last <= POINTS else STEP * int(np.ceil(last / POINTS / STEP))
    return sorted({*range(0, last + step, step), chosen})


def _choice(candidates: Candidates, people: Floats, *, counts: Sequence[int]) -> pd.DataFrame:
    """The covering curve: for each number of sites the people served, and the most that could be."""
    total = float(people.sum())
    rows = []
    for count in counts:
        if count == 0 or total <= 0:
            rows.append((count, 0.0, 0.0, 0.0, 0.0))
            continue
        found = maximal_covering(candidates.covers, people, count=count)
        rows.append((count, found.value, found.bound, found.gap, found.value / total))
    return pd.DataFrame(rows, columns=["sites", "gained", "bound", "gap", "gained_share"])


def _sites(
    ground: Ground, candidates: Candidates, people: Floats, *, chosen: Ints, tree: Tree | None
) -> pd.DataFrame:
    """The chosen sites, at each place of the order the one that adds most for its cost."""
    assume = ground.assume
    share = np.nan_to_num(tree.share_km) if tree is not None else np.zeros(0)
    alone = np.where(np.isfinite(tree.alone_km), tree.alone_km, np.nan) if tree is not None else np.zeros(0)
    station = np.full(chosen.size, assume["base_station.cost"])
    cost = station + assume["fibre.cost"] * share
    covers = candidates.covers[:, chosen].toarray() > 0
    order, added, villages = _order(covers, people, cost=cost)
    units = ground.villages.loc[candidates.villages[chosen]]
    table = pd.DataFrame(
        {
            "unit": units.index.to_numpy(),
            "town": units["town"].to_numpy(),
            "county": units["county"].to_numpy(),
            "lon": units["lon"].to_numpy(dtype=np.float64),
            "lat": units["lat"].to_numpy(dtype=np.float64),
            "in_reach": people @ covers,
            "backhaul_km": share,
            "alone_km": alone,
            "station_wan": station,
            "backhaul_wan": cost - station,
            "cost_wan": cost,
            "energy_mwh": assume["base_station.power"] * MWH_PER_KW,
            "yearly_wan": running_wan(assume, capital_wan=cost, stations=np.ones(chosen.size)),
            "relay": ~tree.reached if tree is not None else np.zeros(0, dtype=np.bool_),
            "modelled": True,
        }
    ).iloc[order]
    table.insert(0, "rank", np.arange(1, chosen.size + 1))
    table.insert(7, "added", added)
    table.insert(8, "villages", villages)
    return table.assign(per_wan=table["added"] / table["cost_wan"]).reset_index(drop=True)


def _order(
    covers: npt.NDArray[np.bool_], people: Floats, *, cost: Floats
) -> tuple[list[int], list[float], list[int]]:
    """Order of sites by added people for money, with the people and the villages that each adds."""
    left = (people > 0)[:, np.newaxis] & covers
    order: list[int] = []
    added, villages = [], []
    open_ = np.ones(covers.shape[1], dtype=np.bool_)
    while open_.any():
        gain = people @ left
        best = int(np.where(open_, gain / cost, -1.0).argmax())
        order.append(best)
        added.append(float(gain[best]))
        villages.append(int(left[:, best].sum()))
        left &= ~left[:, [best]]
        open_[best] = False
    return order, added, villages


def _backhaul(ground: Ground, tree: Tree | None) -> pd.DataFrame:
    links = ground.region["links"]
    used = links.iloc[tree.links] if tree is not None else links.iloc[:0]
    return used[["link", "from_node", "to_node", "length_km", "modelled"]].reset_index(drop=True)
