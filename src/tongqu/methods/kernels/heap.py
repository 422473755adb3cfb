"""A four-way heap of (minutes, number) pairs, each packed into one 64-bit integer.

Bits of a float32 that is not negative order as the number does, so the packed pair orders by minutes and
then by number, and the heap compares integers only.

References
----------
LaMarca, A., Ladner, R. (1996), The influence of caches on the performance of heaps, ACM Journal of
Experimental Algorithmics 1, 4.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._jit import kernel

__all__ = ["Heap", "pop", "push"]

Heap: TypeAlias = npt.NDArray[np.uint64]


@kernel
def push(heap: Heap, size: int, key: np.uint64) -> int:
    """Put a key in; the new size."""
    spot = size
    while spot > 0:
        above = (spot - 1) >> 2
        if heap[above] <= key:
            break
        heap[spot] = heap[above]
        spot = above
    heap[spot] = key
    return size + 1


@kernel
def pop(heap: Heap, size: int) -> int:
    """Take the least key, ``heap[0]`` before the call, out; the new size."""
    size -= 1
    key = heap[size]
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
        heap[spot] = heap[least]
        spot = least
    heap[spot] = key
    return size
