"""What faster links, new links and new sites change: labels that improve, found without looking elsewhere.

Labels are (minutes, number of the target) of each node's nearest target. A change only improves labels, so
a search from the ends of what changed, which stops where nothing improves, finds all of them.

References
----------
Ramalingam, G., Reps, T. (1996), An incremental algorithm for a generalization of the shortest-path problem,
Journal of Algorithms 21 (2), 267-305.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tongqu.methods._arrays import Bools, Floats32, Ints, Ints32
from tongqu.methods._jit import kernel
from tongqu.methods.kernels.heap import Heap, pop, push

__all__ = ["Changes", "State", "apply", "pair_gains", "single_gains", "start", "undo"]


class Changes(NamedTuple):
    """What each change adds, in compressed rows: arcs against their direction, sites and their numbers."""

    arc_rows: Ints
    heads: Ints32
    tails: Ints32
    minutes: Floats32
    site_rows: Ints
    sites: Ints32
    numbers: Ints32


class State(NamedTuple):
    """Labels of the nodes, the arcs added so far in linked lists, and what to put back."""

    best: Floats32
    which: Ints32
    first: Ints32
    after: Ints32
    logged: Ints32
    log_node: Ints32
    log_best: Floats32
    log_which: Ints32
    heap: Heap


@kernel
def start(best: Floats32, which: Ints32, changes: Changes) -> State:
    """A state of its own to work on."""
    size = best.size
    return State(
        best.copy(),
        which.copy(),
        np.full(size, -1, dtype=np.int32),
        np.full(changes.heads.size, -1, dtype=np.int32),
        np.full(size, -1, dtype=np.int32),
        np.empty(2 * size + 2, dtype=np.int32),
        np.empty(2 * size + 2, dtype=np.float32),
        np.empty(2 * size + 2, dtype=np.int32),
        np.empty(1024, dtype=np.uint64),
    )


@kernel
def _improve(state: State, node: int, minutes: np.float32, number: int, turn: int, log: int) -> int:
    """Give a node a better label, the old one logged once a turn; the length of the log."""
    if state.logged[node] != turn:
        state.logged[node] = turn
        state.log_node[log] = node
        state.log_best[log], state.log_which[log] = state.best[node], state.which[node]
        log += 1
    state.best[node], state.which[node] = minutes, number
    return log


@kernel
def _queue(heap: Heap, size: int, minutes: np.float32, node: int) -> tuple[Heap, int]:
    """Put a node into the heap, a larger one if it is full."""
    if size == heap.size:
        more = np.empty(2 * size, dtype=np.uint64)
        more[:size] = heap
        heap = more
    now = np.empty(1, dtype=np.float32)
    now[0] = minutes
    key = (np.uint64(now.view(np.uint32)[0]) << np.uint64(32)) | np.uint64(node)
    return heap, push(heap, size, key)


@kernel
def apply(
    rows: Ints,
    heads: Ints32,
    minutes: Floats32,
    changes: Changes,
    one: int,
    limit: np.float32,
    state: State,
    turn: int,
    log: int,
) -> int:
    """Make a change; the length of the log, whose entries from `log` on are this turn's.

    `rows`, `heads`, `minutes` are the arcs against their direction. Each turn has its own number.
    """
    now = np.empty(1, dtype=np.float32)
    bits = now.view(np.uint32)
    heap, size = state.heap, 0
    for arc in range(changes.arc_rows[one], changes.arc_rows[one + 1]):
        head = changes.heads[arc]
        state.after[arc], state.first[head] = state.first[head], arc
    for spot in range(changes.site_rows[one], changes.site_rows[one + 1]):
        node, number = changes.sites[spot], changes.numbers[spot]
        if _better(state, node, np.float32(0), number):
            log = _improve(state, node, np.float32(0), number, turn, log)
            heap, size = _queue(heap, size, np.float32(0), node)
    for arc in range(changes.arc_rows[one], changes.arc_rows[one + 1]):
        head, tail = changes.heads[arc], changes.tails[arc]
        there = state.best[head] + changes.minutes[arc]
        if there <= limit and _better(state, tail, there, state.which[head]):
            log = _improve(state, tail, there, state.which[head], turn, log)
            heap, size = _queue(heap, size, there, tail)
    while size > 0:
        key = heap[0]
        size = pop(heap, size)
        node = np.int64(key & np.uint64(0xFFFFFFFF))
        bits[0] = np.uint32(key >> np.uint64(32))
        here, number = now[0], state.which[node]
        if here > state.best[node]:
            continue
        for arc in range(rows[node], rows[node + 1]):
            there, tail = here + minutes[arc], heads[arc]
            if there <= limit and _better(state, tail, there, number):
                log = _improve(state, tail, there, number, turn, log)
                heap, size = _queue(heap, size, there, tail)
        added = state.first[node]
        while added != -1:
            there, tail = here + changes.minutes[added], changes.tails[added]
            if there <= limit and _better(state, tail, there, number):
                log = _improve(state, tail, there, number, turn, log)
                heap, size = _queue(heap, size, there, tail)
            added = state.after[added]
    return log


@kernel
def _better(state: State, node: int, minutes: np.float32, number: int) -> bool:
    old = state.best[node]
    return bool(minutes < old or (minutes == old and minutes < np.inf and number < state.which[node]))


@kernel
def undo(changes: Changes, one: int, state: State, begin: int, end: int) -> None:
    """Put back what a change did, changes made last first."""
    for spot in range(begin, end):
        node = state.log_node[spot]
        state.best[node], state.which[node] = state.log_best[spot], state.log_which[spot]
        state.logged[node] = -1
    for arc in range(changes.arc_rows[one + 1] - 1, changes.arc_rows[one] - 1, -1):
        head = changes.heads[arc]
        state.first[head] = state.after[arc]


@kernel
def single_gains(
    rows: Ints,
    heads: Ints32,
    minutes: Floats32,
    changes: Changes,
    begin: int,
    end: int,
    limit: np.float32,
    state: State,
    wanted: Bools,
) -> tuple[Ints, Ints32, Floats32]:
    """Nodes wanted that each change alone brings inside the limit: rows, nodes in order, minutes."""
    counts = np.zeros(end - begin + 1, dtype=np.int64)
    nodes = np.empty(1024, dtype=np.int32)
    times = np.empty(1024, dtype=np.float32)
    count = 0
    for one in range(begin, end):
        log = apply(rows, heads, minutes, changes, one, limit, state, one, 0)
        if count + log > nodes.size:
            nodes = _more_nodes(nodes, count + log)
            times = _more_times(times, count + log)
        found = count
        for spot in range(log):
            node = state.log_node[spot]
            if wanted[node] and state.log_best[spot] == np.inf:
                nodes[found] = node
                found += 1
        nodes[count:found] = np.sort(nodes[count:found])
        for spot in range(count, found):
            times[spot] = state.best[nodes[spot]]
        undo(changes, one, state, 0, log)
        count = found
        counts[one - begin + 1] = count
    return counts, nodes[:count].copy(), times[:count].copy()


@kernel
def _more_nodes(nodes: Ints32, size: int) -> Ints32:
    more = np.empty(max(2 * nodes.size, size), dtype=np.int32)
    more[: nodes.size] = nodes
    return more


@kernel
def _more_times(times: Floats32, size: int) -> Floats32:
    more = np.empty(max(2 * times.size, size), dtype=np.float32)
    more[: times.size] = times
    return more


@kernel
def pair_gains(
    rows: Ints,
    heads: Ints32,
    minutes: Floats32,
    changes: Changes,
    firsts: Ints,
    limit: np.float32,
    state: State,
    wanted: Bools,
    single_rows: Ints,
    single_nodes: Ints32,
) -> tuple[Ints32, Ints32, Ints32, Floats32]:
    """Nodes wanted that two changes together bring inside the limit and neither does alone.

    For every change of `firsts` with every later one: first, second, node, minutes.
    """
    total = changes.arc_rows.size - 1
    room = 1024
    one_of, two_of = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    nodes, times = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.float32)
    count, turn = 0, 0
    for one in firsts:
        turn += 1
        before = apply(rows, heads, minutes, changes, one, limit, state, turn, 0)
        for two in range(one + 1, total):
            turn += 1
            after = apply(rows, heads, minutes, changes, two, limit, state, turn, before)
            alone = single_nodes[single_rows[two] : single_rows[two + 1]]
            if count + after - before > nodes.size:
                one_of, two_of = _more_nodes(one_of, count + after), _more_nodes(two_of, count + after)
                nodes, times = _more_nodes(nodes, count + after), _more_times(times, count + after)
            for spot in range(before, after):
                node = state.log_node[spot]
                if wanted[node] and state.log_best[spot] == np.inf:
                    place = np.searchsorted(alone, node)
                    if place == alone.size or alone[place] != node:
                        one_of[count], two_of[count] = one, two
                        nodes[count], times[count] = node, state.best[node]
                        count += 1
            undo(changes, two, state, before, after)
        undo(changes, one, state, 0, before)
    return one_of[:count].copy(), two_of[:count].copy(), nodes[:count].copy(), times[:count].copy()
