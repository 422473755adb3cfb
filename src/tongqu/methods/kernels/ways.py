"""Searches over a contracted network: up from the source, across the core, down to the targets.

Nodes are slots: the core first, then the nodes taken out, last to first. Arcs up lead to lesser slots, so
one pass over the slots in order reaches every node from those above it.

References
----------
Delling, D., Goldberg, A. V., Nowatzyk, A., Werneck, R. F. (2013), PHAST: hardware-accelerated shortest path
trees, Journal of Parallel and Distributed Computing 73 (7), 940-952.
"""

from __future__ import annotations

import numpy as np

from tongqu.methods._arrays import Floats32, Ints, Ints32
from tongqu.methods._jit import kernel
from tongqu.methods.kernels.heap import Heap, pop, push
from tongqu.methods.kernels.search import label, settle_few, start_few

__all__ = ["across", "closure", "down_few", "tables", "up"]


@kernel
def up(
    rows: Ints,
    above: Ints32,
    climb: Floats32,
    core: int,
    source: int,
    limit: np.float32,
    best: Floats32,
    heap: Heap,
    seen: Ints32,
) -> int:
    """Minutes from a source to the slots above it into `best`; how many slots `seen` then lists."""
    top = best.size - 1
    best[source] = 0
    seen[0] = source
    count = 1
    size = push(heap, 0, np.uint64(top - source))
    while size > 0:
        slot = top - np.int64(heap[0])
        size = pop(heap, size)
        if slot < core:
            continue
        for arc in range(rows[slot - core], rows[slot - core + 1]):
            head = above[arc]
            there = best[slot] + climb[arc]
            if there <= limit and there < best[head]:
                if best[head] == np.inf:
                    seen[count] = head
                    count += 1
                    size = push(heap, size, np.uint64(top - head))
                best[head] = there
    return count


@kernel
def across(
    rows: Ints,
    heads: Ints32,
    minutes: Floats32,
    limit: np.float32,
    best: Floats32,
    heap: Heap,
    seen: Ints32,
    count: int,
) -> None:
    """Dijkstra's algorithm over the core, from the slots that are `seen`; `best` of the core is filled in."""
    core = rows.size - 1
    now = np.empty(1, dtype=np.float32)
    bits = now.view(np.uint32)
    size = 0
    for spot in range(count):
        if seen[spot] < core:
            now[0] = best[seen[spot]]
            size = push(heap, size, (np.uint64(bits[0]) << np.uint64(32)) | np.uint64(seen[spot]))
    while size > 0:
        key = heap[0]
        size = pop(heap, size)
        tail = np.int64(key & np.uint64(0xFFFFFFFF))
        bits[0] = np.uint32(key >> np.uint64(32))
        here = now[0]
        if here > best[tail]:
            continue
        for arc in range(rows[tail], rows[tail + 1]):
            head = heads[arc]
            there = here + minutes[arc]
            if there < best[head] and there <= limit:
                best[head] = there
                now[0] = there
                size = push(heap, size, (np.uint64(bits[0]) << np.uint64(32)) | np.uint64(head))


@kernel
def closure(rows: Ints, above: Ints32, core: int, targets: Ints32) -> Ints32:
    """Slots outside the core that a way down to the targets may pass, in order."""
    needed = np.zeros(core + rows.size - 1, dtype=np.bool_)
    for target in targets:
        needed[target] = True
    for slot in range(needed.size - 1, core - 1, -1):
        if needed[slot]:
            for arc in range(rows[slot - core], rows[slot - core + 1]):
                needed[above[arc]] = True
    return (core + np.flatnonzero(needed[core:])).astype(np.int32)


@kernel
def tables(
    rows: Ints,
    above: Ints32,
    climb: Floats32,
    sweep: Floats32,
    core_rows: Ints,
    core_heads: Ints32,
    core_minutes: Floats32,
    sources: Ints32,
    targets: Ints32,
    needed: Ints32,
    limit: np.float32,
    out: Floats32,
) -> None:
    """Minutes from each source to each target into `out`, shape (sources, targets).

    `climb` is minutes up the arcs and `sweep` minutes down them, in the direction of travel; `needed` is
    the targets' closure.
    """
    core = core_rows.size - 1
    best = np.full(core + rows.size - 1, np.inf, dtype=np.float32)
    seen = np.empty(best.size + 1, dtype=np.int32)
    heap = np.empty(core_heads.size + best.size + 1, dtype=np.uint64)
    for row in range(sources.size):
        count = up(rows, above, climb, core, sources[row], limit, best, heap, seen)
        across(core_rows, core_heads, core_minutes, limit, best, heap, seen, count)
        for slot in needed:
            here = best[slot]
            for arc in range(rows[slot - core], rows[slot - core + 1]):
                here = min(here, best[above[arc]] + sweep[arc])
            best[slot] = here if here <= limit else np.float32(np.inf)
        for column in range(targets.size):
            out[row, column] = best[targets[column]]
        best[:core] = np.inf
        best[needed] = np.inf
        for spot in range(count):
            best[seen[spot]] = np.inf


@kernel
def down_few(
    rows: Ints,
    above: Ints32,
    climb: Floats32,
    sweep: Floats32,
    core_rows: Ints,
    core_heads: Ints32,
    core_minutes: Floats32,
    sources: Ints32,
    limit: np.float32,
    best: Floats32,
    which: Ints32,
) -> None:
    """The nearest few sources of every slot, by (minutes, number), into `best` and `which` (slots, few).

    `best` is inf and `which` the greatest int32 everywhere before.
    """
    core = core_rows.size - 1
    few = best.shape[1]
    start_few(sources, best, which)
    for slot in range(best.shape[0] - 1, core - 1, -1):
        for spot in range(few):
            if best[slot, spot] == np.inf:
                break
            for arc in range(rows[slot - core], rows[slot - core + 1]):
                there = best[slot, spot] + climb[arc]
                if there <= limit:
                    label(best, which, node=above[arc], minutes=there, number=which[slot, spot])
    settle_few(core_rows, core_heads, core_minutes, limit, best, which)
    for slot in range(core, best.shape[0]):
        for arc in range(rows[slot - core], rows[slot - core + 1]):
            over = above[arc]
            for spot in range(few):
                there = best[over, spot] + sweep[arc]
                if there > limit or there == np.inf:
                    break
                label(best, which, node=slot, minutes=there, number=which[over, spot])
