"""Taking nodes out of a network one by one, shortcuts in their place, until a small dense core is left.

Taking a node out joins every pair of its neighbours by the way over it, so that minutes among the nodes
left are what they were. The arcs to and from its neighbours at that moment are kept; over them the node can
still be reached. It is Gaussian elimination in the (min, +) algebra, or a contraction hierarchy without
witness searches.

References
----------
Planken, L., de Weerdt, M., van der Krogt, R. (2012), Computing all-pairs shortest paths by leveraging low
treewidth, Journal of Artificial Intelligence Research 43, 353-388.
Dibbelt, J., Strasser, B., Wagner, D. (2016), Customizable contraction hierarchies, ACM Journal of
Experimental Algorithmics 21, 1.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tongqu.methods._arrays import Bools, Floats, Floats32, Ints, Ints32
from tongqu.methods._jit import kernel

__all__ = ["eliminate", "pairs"]

_FEW = 50
"""A round that takes out less than one node in fifty allows one neighbour more."""


class _Graph(NamedTuple):
    """Half edges in linked lists: 2k runs from tail to head of edge k, 2k + 1 the other way."""

    to: Ints32
    minutes: Floats32
    after: Ints32
    before: Ints32
    first: Ints32
    degree: Ints32
    mark: Ints32


class _Up(NamedTuple):
    """Arcs of nodes taken out to the neighbours that they had, and minutes up and down them."""

    rows: Ints
    above: Ints32
    up: Floats32
    down: Floats32


@kernel
def pairs(
    rows: Ints32, heads: Ints32, minutes: Floats, rows_back: Ints32, heads_back: Ints32, minutes_back: Floats
) -> tuple[Ints32, Ints32, Floats32, Floats32]:
    """Pairs of neighbours, the lesser first, with minutes onward and back; inf where there is no way.

    Takes the arcs and the arcs reversed in compressed rows, each row sorted.
    """
    tails = np.empty(heads.size, dtype=np.int32)
    ends = np.empty(heads.size, dtype=np.int32)
    onward = np.empty(heads.size, dtype=np.float32)
    back = np.empty(heads.size, dtype=np.float32)
    count = 0
    for node in range(rows.size - 1):
        one, one_end = rows[node], rows[node + 1]
        two, two_end = rows_back[node], rows_back[node + 1]
        while one < one_end or two < two_end:
            first = heads[one] if one < one_end else rows.size
            second = heads_back[two] if two < two_end else rows.size
            head = min(first, second)
            there = back_here = np.inf
            if first == head:
                there = minutes[one]
                one += 1
            if second == head:
                back_here = minutes_back[two]
                two += 1
            if head > node and min(there, back_here) < np.inf:
                tails[count], ends[count], onward[count], back[count] = node, head, there, back_here
                count += 1
    return tails[:count].copy(), ends[:count].copy(), onward[:count].copy(), back[:count].copy()


@kernel
def _linked(tails: Ints32, heads: Ints32, onward: Floats32, back: Floats32, nodes: int, spare: int) -> _Graph:
    room = 6 * tails.size + spare
    to = np.empty(room, dtype=np.int32)
    minutes = np.empty(room, dtype=np.float32)
    after = np.empty(room, dtype=np.int32)
    before = np.empty(room, dtype=np.int32)
    first = np.full(nodes, -1, dtype=np.int32)
    degree = np.zeros(nodes, dtype=np.int32)
    for edge in range(tails.size):
        tail, head, half = tails[edge], heads[edge], 2 * edge
        to[half], minutes[half] = head, onward[edge]
        to[half + 1], minutes[half + 1] = tail, back[edge]
        _link(after, before, first, tail, half)
        _link(after, before, first, head, half + 1)
        degree[tail] += 1
        degree[head] += 1
    return _Graph(to, minutes, after, before, first, degree, np.full(nodes, -1, dtype=np.int32))


@kernel
def _link(after: Ints32, before: Ints32, first: Ints32, node: int, half: int) -> None:
    """Put a half edge at the head of a node's list."""
    old = first[node]
    after[half], before[half], first[node] = old, -1, half
    if old != -1:
        before[old] = half


@kernel
def _take_out(graph: _Graph, node: int, out: _Up, begin: int, free: int) -> tuple[int, int]:
    """Note a node's arcs and unlink them; how many there are, and the head of the list of free edges."""
    width = 0
    half = graph.first[node]
    while half != -1:
        other, mate, spot = graph.to[half], half ^ 1, begin + width
        out.above[spot], out.up[spot], out.down[spot] = other, graph.minutes[half], graph.minutes[mate]
        back, onward = graph.before[mate], graph.after[mate]
        if back == -1:
            graph.first[other] = onward
        else:
            graph.after[back] = onward
        if onward != -1:
            graph.before[onward] = back
        graph.degree[other] -= 1
        width += 1
        edge, half = half & ~1, graph.after[half]
        graph.after[edge] = free
        free = edge
    return width, free


@kernel
def _join(graph: _Graph, out: _Up, begin: int, end: int, used: int, free: int) -> tuple[int, int]:
    """Join every pair of neighbours of a node just taken out by the way over it."""
    for one in range(begin, end - 1):
        here = out.above[one]
        half = graph.first[here]
        while half != -1:
            graph.mark[graph.to[half]] = half
            half = graph.after[half]
        for two in range(one + 1, end):
            there = out.above[two]
            along, back = out.down[one] + out.up[two], out.down[two] + out.up[one]
            half = graph.mark[there]
            if half != -1:
                graph.minutes[half] = min(graph.minutes[half], along)
                graph.minutes[half ^ 1] = min(graph.minutes[half ^ 1], back)
            elif along < np.inf or back < np.inf:
                if free != -1:
                    half = free
                    free = graph.after[half]
                else:
                    half = used
                    used += 2
                graph.to[half], graph.minutes[half] = there, along
                graph.to[half ^ 1], graph.minutes[half ^ 1] = here, back
                _link(graph.after, graph.before, graph.first, here, half)
                _link(graph.after, graph.before, graph.first, there, half ^ 1)
                graph.degree[here] += 1
                graph.degree[there] += 1
        half = graph.first[here]
        while half != -1:
            graph.mark[graph.to[half]] = -1
            half = graph.after[half]
    return used, free


@kernel
def _core(graph: _Graph, gone: Bools) -> tuple[Ints32, Ints, Ints32, Floats32, Floats32]:
    """The nodes left, and their arcs in compressed rows: where they lead, minutes along and back."""
    nodes = np.flatnonzero(~gone).astype(np.int32)
    number = np.full(gone.size, -1, dtype=np.int32)
    number[nodes] = np.arange(nodes.size).astype(np.int32)
    rows = np.zeros(nodes.size + 1, dtype=np.int64)
    rows[1:] = np.cumsum(graph.degree[nodes])
    heads = np.empty(rows[-1], dtype=np.int32)
    along = np.empty(rows[-1], dtype=np.float32)
    back = np.empty(rows[-1], dtype=np.float32)
    for row in range(nodes.size):
        arc = rows[row]
        half = graph.first[nodes[row]]
        while half != -1:
            heads[arc] = number[graph.to[half]]
            along[arc], back[arc] = graph.minutes[half], graph.minutes[half ^ 1]
            arc += 1
            half = graph.after[half]
    return nodes, rows, heads, along, back


@kernel
def eliminate(
    tails: Ints32, heads: Ints32, onward: Floats32, back: Floats32, nodes: int, most: int
) -> tuple[Ints32, Ints, Ints32, Floats32, Floats32, Ints32, Ints, Ints32, Floats32, Floats32]:
    """Take out nodes of up to `most` neighbours, those of few first, no two neighbours in one round.

    Edges join each pair of nodes at most once; `onward` is minutes from tail to head, `back` the other way,
    inf where there is no way. Gives: nodes in the order taken out; rows of their arcs upward; where these
    lead; minutes up; minutes down; the nodes of the core; rows of its arcs; where these lead (numbers in the
    core); minutes along; minutes back.
    """
    graph = _linked(tails, heads, onward, back, nodes, 2 * most * most)
    room = 4 * tails.size + most + 1
    up = np.empty(room, dtype=np.float32)
    out = _Up(np.zeros(nodes + 1, dtype=np.int64), np.empty(room, dtype=np.int32), up, np.empty_like(up))
    order = np.empty(nodes, dtype=np.int32)
    gone = np.zeros(nodes, dtype=np.bool_)
    touched = np.full(nodes, -1, dtype=np.int32)
    left = np.arange(nodes).astype(np.int32)
    used, free = 2 * tails.size, -1
    count, remaining, limit, turn = 0, nodes, 1, 0
    full = False
    while remaining > 0 and limit <= most and not full:
        stay = 0
        for spot in range(remaining):
            node = left[spot]
            begin = out.rows[count]
            full = full or begin + most > room or used + most * most > graph.to.size
            if full or graph.degree[node] > limit or touched[node] == turn:
                left[stay] = node
                stay += 1
                continue
            width, free = _take_out(graph, node, out, begin, free)
            for arc in range(begin, begin + width):
                touched[out.above[arc]] = turn
            order[count], gone[node] = node, True
            count += 1
            out.rows[count] = begin + width
            used, free = _join(graph, out, begin, begin + width, used, free)
        if remaining - stay <= remaining // _FEW:
            limit += 1
        remaining = stay
        turn += 1
    core, core_rows, core_heads, along, core_back = _core(graph, gone)
    size = out.rows[count]
    return (
        order[:count].copy(),
        out.rows[: count + 1].copy(),
        out.above[:size].copy(),
        out.up[:size].copy(),
        out.down[:size].copy(),
        core,
        core_rows,
        core_heads,
        along,
        core_back,
    )
