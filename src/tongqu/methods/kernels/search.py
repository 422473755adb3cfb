"""Dijkstra's algorithm, bounded: from one node, from many at once, and to the nearest few.

References
----------
Dijkstra, E. W. (1959), A note on two problems in connexion with graphs, Numerische Mathematik 1, 269-271.
"""

from __future__ import annotations

import numpy as np

from tongqu.methods._arrays import Floats, Floats32, Ints, Ints32
from tongqu.methods._jit import kernel
from tongqu.methods.kernels.heap import Heap, pop, push

__all__ = ["label", "reach_sets", "reach_sums", "search", "settle_few", "start_few", "trees"]


@kernel
def search(
    indptr: Ints,
    heads: Ints32,
    minutes: Floats32,
    source: int,
    limit: np.float32,
    best: Floats32,
    heap: Heap,
    seen: Ints32,
) -> int:
    """Minutes from a source into `best`, which is inf everywhere before; how many nodes `seen` then lists."""
    now = np.empty(1, dtype=np.float32)
    bits = now.view(np.uint32)
    best[source] = 0
    seen[0] = source
    count = 1
    size = push(heap, 0, np.uint64(source))
    while size > 0:
        key = heap[0]
        size = pop(heap, size)
        tail = np.int64(key & np.uint64(0xFFFFFFFF))
        bits[0] = np.uint32(key >> np.uint64(32))
        here = now[0]
        if here > best[tail]:
            continue
        for arc in range(indptr[tail], indptr[tail + 1]):
            head = heads[arc]
            there = here + minutes[arc]
            if there < best[head] and there <= limit:
                if best[head] == np.inf:
                    seen[count] = head
                    count += 1
                best[head] = there
                now[0] = there
                size = push(heap, size, (np.uint64(bits[0]) << np.uint64(32)) | np.uint64(head))
    return count


@kernel
def trees(
    indptr: Ints,
    heads: Ints32,
    minutes: Floats32,
    sources: Ints32,
    targets: Ints32,
    limit: np.float32,
    out: Floats32,
) -> None:
    """Minutes from each source to each target into `out`, shape (sources, targets)."""
    nodes = indptr.size - 1
    best = np.full(nodes, np.inf, dtype=np.float32)
    seen = np.empty(nodes, dtype=np.int32)
    heap = np.empty(heads.size + 1, dtype=np.uint64)
    for row in range(sources.size):
        count = search(indptr, heads, minutes, sources[row], limit, best, heap, seen)
        for column in range(targets.size):
            out[row, column] = best[targets[column]]
        for spot in range(count):
            best[seen[spot]] = np.inf


@kernel
def reach_sets(
    indptr: Ints, heads: Ints32, minutes: Floats32, sources: Ints32, limit: np.float32, names: Ints32
) -> tuple[Ints, Ints32, Floats32]:
    """Nodes within the limit of each source: rows (sources + 1,), names of the nodes and minutes, unsorted.

    The arrays may be longer than the last row says.
    """
    nodes = indptr.size - 1
    best = np.full(nodes, np.inf, dtype=np.float32)
    seen = np.empty(nodes, dtype=np.int32)
    heap = np.empty(heads.size + 1, dtype=np.uint64)
    rows = np.zeros(sources.size + 1, dtype=np.int64)
    reached = np.empty(max(1024, nodes), dtype=np.int32)
    times = np.empty(reached.size, dtype=np.float32)
    for row in range(sources.size):
        count = search(indptr, heads, minutes, sources[row], limit, best, heap, seen)
        begin = rows[row]
        rows[row + 1] = begin + count
        if begin + count > reached.size:
            like_so_far = (begin + count) * sources.size // (row + 1)
            room = max(2 * reached.size, begin + count, like_so_far * 11 // 10)
            more = np.empty(room, dtype=np.int32)
            more[:begin] = reached[:begin]
            reached = more
            longer = np.empty(room, dtype=np.float32)
            longer[:begin] = times[:begin]
            times = longer
        for spot in range(count):
            node = seen[spot]
            reached[begin + spot] = names[node]
            times[begin + spot] = best[node]
            best[node] = np.inf
    return rows, reached, times


@kernel
def reach_sums(
    indptr: Ints,
    heads: Ints32,
    minutes: Floats32,
    sources: Ints32,
    limit: np.float32,
    weights: Floats,
    out: Floats,
) -> None:
    """Sum of `weights` (nodes, columns) over the nodes within the limit of each source, into `out`."""
    nodes = indptr.size - 1
    best = np.full(nodes, np.inf, dtype=np.float32)
    seen = np.empty(nodes, dtype=np.int32)
    heap = np.empty(heads.size + 1, dtype=np.uint64)
    for row in range(sources.size):
        count = search(indptr, heads, minutes, sources[row], limit, best, heap, seen)
        order = np.sort(seen[:count])
        for column in range(weights.shape[1]):
            total = 0.0
            for spot in range(count):
                total += weights[order[spot], column]
            out[row, column] = total
        for spot in range(count):
            best[seen[spot]] = np.inf


@kernel
def start_few(sources: Ints32, best: Floats32, which: Ints32) -> None:
    """Label each source as its own, at 0 minutes."""
    for number in range(sources.size):
        label(best, which, node=sources[number], minutes=np.float32(0), number=number)


@kernel
def settle_few(
    rows: Ints,
    heads: Ints32,
    minutes: Floats32,
    limit: np.float32,
    best: Floats32,
    which: Ints32,
) -> None:
    """Spread labels: the few least (minutes, number) that reach each node, shape (nodes or more, few).

    One search carries all labels; a node passes on its best few. Before, `best` holds the labels to start
    from, else inf, and `which` their numbers, else the greatest int32.
    """
    now = np.empty(1, dtype=np.float32)
    bits = now.view(np.uint32)
    room = max(1024, rows.size)
    heap = np.empty(room, dtype=np.uint64)
    at = np.empty(room, dtype=np.int32)
    size = 0
    for node in range(rows.size - 1):
        for spot in range(best.shape[1]):
            if best[node, spot] == np.inf:
                break
            now[0] = best[node, spot]
            key = (np.uint64(bits[0]) << np.uint64(32)) | np.uint64(which[node, spot])
            size = _push_at(heap, at, size, key, node)
            if size == heap.size:
                heap, at = _double(heap, at)
    while size > 0:
        key = heap[0]
        node = at[0]
        size = _pop_at(heap, at, size)
        number = np.int32(key & np.uint64(0xFFFFFFFF))
        bits[0] = np.uint32(key >> np.uint64(32))
        here = now[0]
        if not _stands(best, which, node=node, minutes=here, number=number):
            continue
        for arc in range(rows[node], rows[node + 1]):
            head = heads[arc]
            there = here + minutes[arc]
            if there <= limit and label(best, which, node=head, minutes=there, number=number):
                now[0] = there
                key = (np.uint64(bits[0]) << np.uint64(32)) | np.uint64(number)
                size = _push_at(heap, at, size, key, head)
                if size == heap.size:
                    heap, at = _double(heap, at)


@kernel
def _stands(best: Floats32, which: Ints32, node: int, minutes: np.float32, number: np.int32 | int) -> bool:
    """Whether a label is still among the node's."""
    for spot in range(best.shape[1]):
        if which[node, spot] == number:
            return bool(best[node, spot] == minutes)
    return False


@kernel
def label(best: Floats32, which: Ints32, node: int, minutes: np.float32, number: np.int32 | int) -> bool:
    """Put a label among the node's few, in order; whether it is new or better than the one it replaces."""
    last = best.shape[1] - 1
    if minutes == np.inf:
        return False
    if best[node, last] < minutes or (best[node, last] == minutes and which[node, last] <= number):
        return False
    spot = last
    for old in range(last + 1):
        if which[node, old] == number:
            if best[node, old] <= minutes:
                return False
            spot = old
            break
    while spot > 0:
        before, other = best[node, spot - 1], which[node, spot - 1]
        if before < minutes or (before == minutes and other < number):
            break
        best[node, spot], which[node, spot] = before, other
        spot -= 1
    best[node, spot], which[node, spot] = minutes, number
    return True


@kernel
def _double(heap: Heap, at: Ints32) -> tuple[Heap, Ints32]:
    more = np.empty(2 * heap.size, dtype=np.uint64)
    more[: heap.size] = heap
    where = np.empty(2 * at.size, dtype=np.int32)
    where[: at.size] = at
    return more, where


@kernel
def _push_at(heap: Heap, at: Ints32, size: int, key: np.uint64, node: int) -> int:
    spot = size
    while spot > 0:
        above = (spot - 1) >> 2
        if heap[above] <= key:
            break
        heap[spot], at[spot] = heap[above], at[above]
        spot = above
    heap[spot], at[spot] = key, node
    return size + 1


@kernel
def _pop_at(heap: Heap, at: Ints32, size: int) -> int:
    size -= 1
    key, node = heap[size], at[size]
    spot = 0
    while True:
        first = 4 * spot + 1
        if first >= size:
            break
        least = first
        for below in range(first + 1, min(first + 4, size)):
            if heap[below] < heap[least]:
                least = below
        if heap[least] >= key:
            break
        heap[spot], at[spot] = heap[least], at[least]
        spot = least
    heap[spot], at[spot] = key, node
    return size
