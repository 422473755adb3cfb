"""An order of the nodes that keeps neighbours close in memory."""

from __future__ import annotations

import numpy as np

from tongqu.methods._arrays import Ints32
from tongqu.methods._jit import kernel

__all__ = ["blocks"]


@kernel
def blocks(indptr: Ints32, heads: Ints32, size: int) -> Ints32:
    """Nodes in blocks of up to `size`, each grown breadth first from the edge of an earlier one.

    Arcs must run both ways. A search that stays near its source then touches few pages of memory.
    """
    nodes = indptr.size - 1
    order = np.empty(nodes, dtype=np.int32)
    state = np.zeros(nodes, dtype=np.uint8)
    waiting, placed = 1, 2
    edge = np.empty(2 * nodes, dtype=np.int32)
    count, first, last = 0, 0, 0
    for root in range(nodes):
        if state[root] != 0:
            continue
        edge[last] = root
        last += 1
        while first < last:
            start = edge[first]
            first += 1
            if state[start] == placed:
                continue
            begin = count
            order[count] = start
            state[start] = placed
            count += 1
            spot = begin
            while spot < count:
                node = order[spot]
                spot += 1
                for arc in range(indptr[node], indptr[node + 1]):
                    head = heads[arc]
                    if state[head] == placed:
                        continue
                    if count - begin < size:
                        order[count] = head
                        state[head] = placed
                        count += 1
                    elif state[head] != waiting:
                        edge[last] = head
                        state[head] = waiting
                        last += 1
    return order
