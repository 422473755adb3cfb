"""From tables of nodes and links to a network, and from a table of faster links to upgrades."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tongqu.base import remember
from tongqu.methods._arrays import Ints, floats, require
from tongqu.methods.changes import Change
from tongqu.methods.network import Network, build_network, whole_ticks

__all__ = ["road_network", "upgrades_of"]


def road_network(nodes: pd.DataFrame, links: pd.DataFrame, *, minutes: pd.Series) -> Network:
    """The road network of a region.

    Parameters
    ----------
    nodes, links : DataFrame
        Tables of a region; columns ``node`` and ``link, from_node, to_node, oneway`` are used.
    minutes : Series of float
        Minutes of each link, indexed by link.

    Returns
    -------
    Network
        Link positions are row positions in ``links``.

    Raises
    ------
    DataError
        If a link has no minutes, or as `build_network`.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node": ["a", "b"]})
    >>> links = pd.DataFrame({"link": ["ab"], "from_node": ["a"], "to_node": ["b"], "oneway": [False]})
    >>> road_network(nodes, links, minutes=pd.Series({"ab": 3.0})).minutes
    array([3.])
    """
    time = minutes.to_numpy(dtype=np.float64)[_order(links["link"], minutes.index)]
    oneway = links["oneway"]
    flags = (
        oneway.to_numpy()
        if oneway.dtype == np.bool_
        else oneway.astype("boolean").fillna(False).to_numpy(dtype=bool)
    )
    ends = _ends(nodes["node"], links["from_node"], links["to_node"], flags.tobytes())
    return _timed(ends, time.tobytes())


@remember(16)
def _order(link: pd.Series, index: pd.Index[Any]) -> Ints:
    """Position of each link in an index of links."""
    _known(link, index, column="minutes")
    require(index.is_unique, column="minutes", rule="a link comes twice", mend="give one time for each link")
    return np.asarray(index.get_indexer(pd.Index(link)), dtype=np.int64)


@remember(8)
def _ends(nodes: pd.Series, start: pd.Series, end: pd.Series, oneway: bytes) -> Network:
    """The network without times: what stands in the tables does not change with the roads' speed."""
    return build_network(
        nodes.to_numpy(),
        start=start.to_numpy(),
        end=end.to_numpy(),
        minutes=np.zeros(len(start)),
        oneway=np.frombuffer(oneway, dtype=np.bool_),
    )


@remember(48)
def _timed(ends: Network, minutes: bytes) -> Network:
    """The network with the times given: of the roads of a year several sectors ask."""
    time = whole_ticks(floats(np.frombuffer(minutes), column="minutes", low=0))
    return replace(ends, minutes=time)


def upgrades_of(network: Network, roads: pd.DataFrame, *, links: pd.Series) -> list[Change]:
    """Upgrades of a network, one for each project of a table of faster links.

    Parameters
    ----------
    network : Network
        The roads; a link that would become slower keeps its minutes.
    roads : DataFrame
        Columns ``project, link, minutes``, the rows of a project next to each other.
    links : Series of str
        Link ids in the network's order.

    Returns
    -------
    list of Change
        In the order in which the projects appear.

    Raises
    ------
    DataError
        If a link is not in the network, or the rows of a project are not next to each other.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node": ["a", "b"]})
    >>> links = pd.DataFrame({"link": ["ab"], "from_node": ["a"], "to_node": ["b"], "oneway": [False]})
    >>> network = road_network(nodes, links, minutes=pd.Series({"ab": 3.0}))
    >>> faster = pd.DataFrame({"project": ["p"], "link": ["ab"], "minutes": [2.0]})
    >>> upgrades_of(network, faster, links=links["link"])[0].minutes
    array([2.])
    """
    if len(roads) == 0:
        return []
    _known(roads["link"], pd.Index(links), column="link")
    where = pd.Series(np.arange(len(links)), index=links.to_numpy())
    position = where.loc[roads["link"].to_numpy()].to_numpy()
    minutes = np.minimum(roads["minutes"].to_numpy(), network.minutes[position])
    project = roads["project"].to_numpy()
    cuts = np.flatnonzero(project[1:] != project[:-1]) + 1
    once = cuts.size + 1 == roads["project"].nunique(dropna=False)
    require(once, column="project", rule="the rows of a project lie apart", mend="sort them by project")
    parts = zip(np.split(position, cuts), np.split(minutes, cuts), strict=True)
    return [Change(links=part, minutes=times) for part, times in parts]


def _known(links: pd.Series, index: pd.Index[Any], *, column: str) -> None:
    """Nothing when every link is in the index."""
    lost = links[~links.isin(index)]
    names = ", ".join(str(name) for name in lost.unique()[:5])
    require(len(lost) == 0, column=column, rule=f"it lacks links: {names}", mend="name the links alike")
