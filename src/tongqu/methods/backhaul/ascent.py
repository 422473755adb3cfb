"""Dual ascent: how short a tree can be at best, and which links it is likely to use."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from tongqu.methods._arrays import Ints
from tongqu.methods.backhaul.roads import ROOT, TINY

__all__ = ["dual_ascent"]


def dual_ascent(table: csr_array[Any], goals: Ints) -> tuple[float, csr_array[Any]]:
    """Lower bound of a tree from the root to all goals, and the table of links that it leaves no slack.

    Around each goal the set of nodes that reach it without slack grows: every way into the set is charged
    the least slack among them, until the set holds the root.
    """
    tails, slack, into = _arcs(table)
    total = 0.0
    sets: dict[int, set[int]] = {int(goal): {int(goal)} for goal in goals}
    queue = [(0, goal) for goal in sets]
    heapq.heapify(queue)
    while queue:
        seen, goal = heapq.heappop(queue)
        inside = sets[goal]
        entering = _entering(inside, tails=tails, slack=slack, into=into)
        if ROOT in inside:
            continue
        if queue and len(entering) > max(seen, queue[0][0]):
            heapq.heappush(queue, (len(entering), goal))
            continue
        step = min(slack[arc] for arc in entering)
        total += step
        for arc in entering:
            slack[arc] = slack[arc] - step if slack[arc] - step > TINY / 2 else 0.0
        heapq.heappush(queue, (len(entering), goal))
    parts = table.tocoo()
    free = np.array(slack) == 0
    both = csr_array((parts.data[free], (parts.row[free], parts.col[free])), shape=table.shape)
    return total, csr_array(both.maximum(both.T))


def _arcs(table: csr_array[Any]) -> tuple[list[int], list[float], list[list[int]]]:
    """Tail and length of every arc, and the arcs into each node, as lists for quick single reads."""
    parts = table.tocoo()
    into: list[list[int]] = [[] for _ in range(table.shape[0])]
    for arc, head in enumerate(parts.col.tolist()):
        into[head].append(arc)
    return parts.row.tolist(), parts.data.tolist(), into


def _entering(inside: set[int], *, tails: list[int], slack: list[float], into: list[list[int]]) -> list[int]:
    """Arcs into the set, after all nodes have joined it that reach it without slack."""
    fresh = list(inside)
    while fresh:
        node = fresh.pop()
        for arc in into[node]:
            if slack[arc] == 0.0 and tails[arc] not in inside:
                inside.add(tails[arc])
                fresh.append(tails[arc])
    return [arc for node in inside for arc in into[node] if tails[arc] not in inside]
