"""Places of the nodes and bands of a Sankey diagram, in pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from tongqu.base import DataError, Problem

__all__ = ["LABEL", "NARROW", "NODE", "WIDTH", "Band", "Flow", "Node", "Sankey", "layers_of", "layout"]

WIDTH: Final = 900.0
NODE: Final = 12.0
"""Width of a node, in pixels."""
LABEL: Final = 150.0
"""Room for words right of the last nodes, in pixels."""
TOP: Final = 8.0
NARROW: Final = 6.0
"""Pixels between two bands that pass a column; between a node and a band half of it and half the gap."""
SWEEPS: Final = 12


@dataclass(frozen=True)
class Flow:
    """An amount that goes from one node to another, 0 or more.

    Parameters
    ----------
    source, target : str
        Names of the nodes.
    amount : float
        In one unit for all flows.
    """

    source: str
    target: str
    amount: float


@dataclass(frozen=True)
class Node:
    """Where a node stands, in pixels.

    Parameters
    ----------
    name : str
    layer : int
        Column, from the left.
    x, y, height : float
        Left and upper edge, and height: the larger of what comes in and what goes out.
    amount : float
        What the height stands for.
    """

    name: str
    layer: int
    x: float
    y: float
    height: float
    amount: float


@dataclass(frozen=True)
class Band:
    """The way of a flow.

    Parameters
    ----------
    flow : Flow
    width : float
        In pixels, the same all along.
    points : tuple of (float, float, float)
        Left and right edge of each node passed and the upper edge of the band there: from the source over the
        columns between to the target.
    """

    flow: Flow
    width: float
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Sankey:
    """A diagram before it is drawn.

    Parameters
    ----------
    nodes : tuple of Node
    bands : tuple of Band
    scale : float
        Pixels for one unit of the amounts.
    height : float
        In pixels.
    """

    nodes: tuple[Node, ...]
    bands: tuple[Band, ...]
    scale: float
    height: float


@dataclass
class _Slot:
    """A node, or the place where a long band passes a column."""

    key: tuple[str, int]
    layer: int
    amount: float
    virtual: bool
    y: float = 0.0


def layout(flows: Sequence[Flow], *, height: float = 380, gap: float = 20) -> Sankey:
    """Find a place for every node and band.

    Columns follow the longest way from a source; a source stands just before what it feeds, and what feeds
    nothing stands in the last column. A band that
    passes a column takes room there, so that it crosses no node. Order in a column follows the mean place of
    neighbours in several sweeps, and the order with the fewest crossings, weighted by amounts, is kept.

    Parameters
    ----------
    flows : sequence of Flow
        Without a cycle. Flows of 0 are left out; two between the same nodes become one.
    height : float
        Pixels; more are taken where a column has many nodes.
    gap : float
        Pixels between two nodes of a column; less where bands pass.

    Returns
    -------
    Sankey

    Raises
    ------
    DataError
        If an amount is negative or missing, if flows run in a circle, or if none is above 0.

    References
    ----------
    Sugiyama, K., Tagawa, S. and Toda, M. (1981), Methods for visual understanding of hierarchical system
    structures, IEEE Transactions on Systems, Man and Cybernetics 11(2), 109-125.

    Examples
    --------
    >>> found = layout([Flow("farm", "plant", 3), Flow("farm", "market", 1), Flow("plant", "market", 3)])
    >>> [(node.name, node.layer, node.amount) for node in found.nodes]
    [('farm', 0, 4.0), ('plant', 1, 3.0), ('market', 2, 4.0)]
    """
    kept = _summed(flows)
    layers = layers_of(kept)
    slots, chains = _slots(kept, layers)
    order = _ordered(slots, chains, count=max(layers.values()) + 1)
    scale, height = _scale(order, height=height, gap=gap)
    _place(order, chains, scale=scale, height=height, gap=gap)
    step = (WIDTH - LABEL - NODE) / max(len(order) - 1, 1)
    nodes = tuple(
        Node(slot.key[0], slot.layer, slot.layer * step, slot.y, slot.amount * scale, slot.amount)
        for slot in sorted((slot for slot in slots.values() if not slot.virtual), key=lambda one: one.layer)
    )
    return Sankey(nodes, _bands(chains, slots, scale=scale, step=step), scale, height)


def _summed(flows: Sequence[Flow]) -> list[Flow]:
    """Flows above 0, one for each pair of nodes."""
    wrong = [flow for flow in flows if not (math.isfinite(flow.amount) and flow.amount >= 0)]
    if wrong:
        mend = "give an amount of 0 or more"
        raise DataError(
            [
                Problem(
                    "a flow below 0 or missing", mend, value=f"{one.source} > {one.target}: {one.amount:g}"
                )
                for one in wrong
            ]
        )
    sums: dict[tuple[str, str], float] = {}
    for flow in flows:
        if flow.amount > 0:
            key = (flow.source, flow.target)
            sums[key] = sums.get(key, 0.0) + float(flow.amount)
    if not sums:
        raise DataError([Problem("no flow above 0", "give at least one flow")])
    return [Flow(*key, amount) for key, amount in sums.items()]


def layers_of(flows: Sequence[Flow]) -> dict[str, int]:
    """Column of each node, from the left; flows as `layout` takes them.

    Raises
    ------
    DataError
        See `layout`.
    """
    flows = _summed(flows)
    names = list(dict.fromkeys(name for flow in flows for name in (flow.source, flow.target)))
    layers = dict.fromkeys(names, 0)
    for _ in range(len(names) + 1):
        moved = False
        for flow in flows:
            if layers[flow.target] <= layers[flow.source]:
                layers[flow.target] = layers[flow.source] + 1
                moved = True
        if not moved:
            break
    else:
        around = [name for name in names if layers[name] > len(names)]
        mend = "let every flow lead to a later stage"
        raise DataError([Problem("flows run in a circle", mend, value=", ".join(around) or names[0])])
    fed, feeding = {flow.target for flow in flows}, {flow.source for flow in flows}
    last = max(layers.values())
    for name in names:
        if name not in feeding:
            layers[name] = last
        elif name not in fed:
            layers[name] = min(layers[flow.target] for flow in flows if flow.source == name) - 1
    return layers


_Chain = tuple[Flow, list[tuple[str, int]]]


def _slots(
    flows: Sequence[Flow], layers: Mapping[str, int]
) -> tuple[dict[tuple[str, int], _Slot], list[_Chain]]:
    """Nodes and passages, and the passages of every flow."""
    into, out = dict.fromkeys(layers, 0.0), dict.fromkeys(layers, 0.0)
    for flow in flows:
        out[flow.source] += flow.amount
        into[flow.target] += flow.amount
    slots = {
        (name, layer): _Slot((name, layer), layer, max(into[name], out[name]), virtual=False)
        for name, layer in layers.items()
    }
    chains = []
    for flow in flows:
        first, last = layers[flow.source], layers[flow.target]
        inner = [(f"{flow.source}\0{flow.target}", layer) for layer in range(first + 1, last)]
        for key in inner:
            slots[key] = _Slot(key, key[1], flow.amount, virtual=True)
        chains.append((flow, [(flow.source, first), *inner, (flow.target, last)]))
    return slots, chains


def _ordered(
    slots: Mapping[tuple[str, int], _Slot], chains: Sequence[_Chain], *, count: int
) -> list[list[_Slot]]:
    """Slots of every column from the top, with as few crossings as the sweeps find."""
    columns = [[slot for slot in slots.values() if slot.layer == layer] for layer in range(count)]
    links = [(a, b, flow.amount) for flow, keys in chains for a, b in pairwise(keys)]
    best, least = columns, _crossings(columns, links)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for layer in range(1, count) if forward else range(count - 2, -1, -1):
            columns = [*columns]
            columns[layer] = _by_mean(columns, links, layer=layer, beside=layer - 1 if forward else layer + 1)
        found = _crossings(columns, links)
        if found < least:
            best, least = columns, found
    return best


_Links = list[tuple[tuple[str, int], tuple[str, int], float]]


def _by_mean(columns: list[list[_Slot]], links: _Links, *, layer: int, beside: int) -> list[_Slot]:
    """A column sorted by the mean rank of neighbours in the column beside it, weighted by amounts."""
    rank = {slot.key: number for number, slot in enumerate(columns[beside])}
    sums: dict[tuple[str, int], list[float]] = {}
    for a, b, amount in links:
        mine, other = (b, a) if beside < layer else (a, b)
        if mine[1] == layer and other in rank:
            pair = sums.setdefault(mine, [0.0, 0.0])
            pair[0] += amount * rank[other]
            pair[1] += amount
    own = {slot.key: float(number) for number, slot in enumerate(columns[layer])}

    def mean(slot: _Slot) -> float:
        total = sums.get(slot.key)
        return total[0] / total[1] if total else own[slot.key]

    return sorted(columns[layer], key=mean)


def _crossings(columns: list[list[_Slot]], links: _Links) -> float:
    """Crossings of bands, each as heavy as the smaller of the two."""
    rank = {slot.key: number for column in columns for number, slot in enumerate(column)}
    total = 0.0
    for layer in range(len(columns) - 1):
        pairs = [(rank[a], rank[b], amount) for a, b, amount in links if a[1] == layer]
        ends = np.array(pairs, dtype=np.float64).reshape(-1, 3)
        turned = (ends[:, None, 0] - ends[None, :, 0]) * (ends[:, None, 1] - ends[None, :, 1]) < 0
        total += float((turned * np.minimum(ends[:, None, 2], ends[None, :, 2])).sum()) / 2
    return total


def _scale(columns: Sequence[Sequence[_Slot]], *, height: float, gap: float) -> tuple[float, float]:
    """Pixels a unit, and the height that leaves at least half of it to the fullest column."""
    gaps = [sum(_between(a, b, gap=gap) for a, b in pairwise(column)) for column in columns]
    height = max(height, 2 * max(gaps))
    room = [
        (height - max(2 * TOP, gap) - lost) / sum(slot.amount for slot in column)
        for column, lost in zip(columns, gaps, strict=True)
    ]
    return min(room), height


def _between(a: _Slot, b: _Slot, *, gap: float) -> float:
    """Pixels from one slot of a column to the next: words need room beside nodes only."""
    return sum(NARROW / 2 if one.virtual else gap / 2 for one in (a, b))


def _place(
    columns: list[list[_Slot]], chains: Sequence[_Chain], *, scale: float, height: float, gap: float
) -> None:
    """Upper edges: each slot towards its neighbours, as far as the gaps allow."""
    slots = {slot.key: slot for column in columns for slot in column}
    links = [(a, b, flow.amount) for flow, keys in chains for a, b in pairwise(keys)]
    for column in columns:
        for slot in column:
            slot.y = height / 2
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            for slot in column:
                near = [(b if a == slot.key else a, w) for a, b, w in links if slot.key in (a, b)]
                total = sum(w for _, w in near)
                middle = sum((slots[key].y + slots[key].amount * scale / 2) * w for key, w in near) / total
                slot.y = middle - slot.amount * scale / 2
            _apart(column, scale=scale, height=height, gap=gap)


def _apart(column: Sequence[_Slot], *, scale: float, height: float, gap: float) -> None:
    """Push slots of a column down, then up, until none overlaps and all are inside."""
    column[0].y = max(column[0].y, _edge(column[0], scale=scale, gap=gap))
    for above, slot in pairwise(column):
        slot.y = max(slot.y, above.y + above.amount * scale + _between(above, slot, gap=gap))
    last = column[-1]
    last.y = min(last.y, height - _edge(last, scale=scale, gap=gap) - last.amount * scale)
    for below, slot in pairwise(column[::-1]):
        slot.y = min(slot.y, below.y - slot.amount * scale - _between(slot, below, gap=gap))


def _edge(slot: _Slot, *, scale: float, gap: float) -> float:
    """Pixels from the edge of the picture to a slot: words beside a thin node need room too."""
    return TOP if slot.virtual else max(TOP, (gap - slot.amount * scale) / 2)


def _bands(
    chains: Sequence[_Chain], slots: Mapping[tuple[str, int], _Slot], *, scale: float, step: float
) -> tuple[Band, ...]:
    """Bands stacked at each node in the order of their other ends, so that they do not twist."""
    used_out, used_in = dict.fromkeys(slots, 0.0), dict.fromkeys(slots, 0.0)
    leave, arrive = {}, {}
    for number, (flow, keys) in sorted(enumerate(chains), key=lambda one: slots[one[1][1][1]].y):
        leave[number] = slots[keys[0]].y + used_out[keys[0]] * scale
        used_out[keys[0]] += flow.amount
    for number, (flow, keys) in sorted(enumerate(chains), key=lambda one: slots[one[1][1][-2]].y):
        arrive[number] = slots[keys[-1]].y + used_in[keys[-1]] * scale
        used_in[keys[-1]] += flow.amount
    bands = []
    for number, (flow, keys) in enumerate(chains):
        heights = [leave[number], *(slots[key].y for key in keys[1:-1]), arrive[number]]
        points = tuple((key[1] * step, key[1] * step + NODE, y) for key, y in zip(keys, heights, strict=True))
        bands.append(Band(flow, flow.amount * scale, points))
    return tuple(bands)
