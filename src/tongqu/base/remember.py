"""Remember the last answers of a pure function, found by the very things it was asked about."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import pandas as pd

__all__ = ["remember"]

P = ParamSpec("P")
T = TypeVar("T")

PLAIN: Final = (str, int, float, bool, bytes, type(None))
"""Kinds of arguments that are compared by value."""


def remember(last: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a pure function so that it keeps its last answers.

    Numbers, texts and tuples of them are compared by value, everything else by identity: tables, series and
    regions that are frozen by agreement, so that the same object means the same content. Of texts in an index
    or a series what they are stored in counts, which never changes: views of them are the same. What an
    answer was asked with is kept alive beside it, so that no other object can take its identity. The answer
    is shared: nobody may change it.

    Parameters
    ----------
    last : int
        How many answers are kept; the one that was asked for longest ago goes first.

    Examples
    --------
    >>> @remember(2)
    ... def total(values):
    ...     print("adds")
    ...     return sum(values)
    >>> numbers = [1, 2]
    >>> total(numbers), total(numbers)
    adds
    (3, 3)
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        kept: dict[Hashable, tuple[T, list[object]]] = {}

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            held: list[object] = []
            parts = [_mark(one, held) for one in args]
            parts += [(name, _mark(one, held)) for name, one in kwargs.items()]
            key = tuple(parts)
            # Each of these steps is one to the interpreter, so threads need no lock, which a fork could keep.
            found = kept.pop(key, None)
            if found is None:
                found = (function(*args, **kwargs), held)
            kept[key] = found
            while len(kept) > last:
                with suppress(RuntimeError, StopIteration):  # another thread was faster
                    kept.pop(next(iter(kept)), None)
            return found[0]

        return asked

    return decorate


def _mark(value: object, held: list[object]) -> Hashable:
    """What an argument is known by; what is known by identity is added to ``held``."""
    if type(value) in PLAIN:
        return value
    if type(value) is tuple:
        return ("values", *(_mark(one, held) for one in value))
    if isinstance(value, (pd.Index, pd.Series)) and value.dtype == "str":
        stored = value.array.__arrow_array__()  # type: ignore[attr-defined]
        held.append(stored)
        index = _mark(value.index, held) if isinstance(value, pd.Series) else None
        return ("texts", id(stored), type(value), value.name, index)
    if isinstance(value, pd.RangeIndex):
        return ("range", value.start, value.stop, value.step, value.name)
    held.append(value)
    return ("same", id(value))
