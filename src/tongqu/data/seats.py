"""Where units stand on the road: their own node, or that of their seat."""

from __future__ import annotations

import pandas as pd

from tongqu.data.region import Region

__all__ = ["unit_nodes"]


def unit_nodes(region: Region) -> pd.Series:
    """Road node of each unit: its own, that of its seat, or of its seat's seat.

    Returns
    -------
    Series of str
        By unit; missing where unknown.

    Examples
    --------
    >>> from tongqu.data import load_region
    >>> unit_nodes(load_region("tests/data/tiny"))[["990101", "990101001", "990101001002"]].tolist()
    ['n01', 'n01', 'n02']
    """
    units = region["units"].set_index("unit")
    node, holder = units["node"], units["seat"]
    for _ in range(2):
        node = node.fillna(holder.map(units["node"]))
        holder = holder.map(units["seat"])
    return node
