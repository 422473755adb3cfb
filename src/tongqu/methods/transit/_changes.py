"""Changes between vehicles: the time at the same stop, and footpaths to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.methods._arrays import Ints, require
from tongqu.methods.transit._calls import columns, whole
from tongqu.methods.transit.clock import NEVER, whole_seconds
from tongqu.methods.transit.walks import Ints32

__all__ = ["Changes", "read_changes"]

_WAITS: Final = 1
_AT_LEAST: Final = 2
_FORBIDDEN: Final = 3
"""Values of GTFS ``transfer_type``; 0 recommends a point and says nothing about time."""


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Footpaths by stop in compressed rows, and seconds to change at the same stop."""

    ptr: Ints32
    stop: Ints32
    seconds: Ints32
    same: Ints32


def read_changes(
    stops: pd.Index[Any],
    *,
    footpaths: pd.DataFrame | None,
    transfers: pd.DataFrame | None,
    change_minutes: float,
) -> Changes:
    """Footpaths, overruled by transfers where these give or forbid a time."""
    size = len(stops)
    start, end, seconds = _footpaths(stops, footpaths)
    same = np.full(size, whole_seconds(change_minutes, column="change_minutes"), dtype=np.int64)
    if transfers is not None and not transfers.empty:
        one, other, given = _transfers(stops, transfers)
        here = one == other
        same[one[here & (given >= 0)]] = given[here & (given >= 0)]
        start, end, seconds = _overrule((start, end, seconds), (one[~here], other[~here], given[~here]))
    kept = (seconds < NEVER) & (start != end)
    start, end, seconds = start[kept], end[kept], seconds[kept]
    order = np.lexsort((end, start))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=size))])
    arrays = (ptr, end[order], seconds[order], same)
    return Changes(*(np.asarray(each, dtype=np.int32) for each in arrays))


def _footpaths(stops: pd.Index[Any], footpaths: pd.DataFrame | None) -> tuple[Ints, Ints, Ints]:
    if footpaths is None:
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    columns(footpaths, ("from_stop_id", "to_stop_id", "minutes"), table="footpaths")
    start, end = _ends(stops, footpaths, table="footpaths")
    return start, end, whole_seconds(footpaths["minutes"], column="minutes").astype(np.int64)


def _transfers(stops: pd.Index[Any], transfers: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """Ends and seconds; -1 where the footpath decides, -2 where the vehicle waits."""
    columns(transfers, ("from_stop_id", "to_stop_id", "transfer_type"), table="transfers")
    start, end = _ends(stops, transfers, table="transfers")
    kind = pd.to_numeric(transfers["transfer_type"], errors="coerce").fillna(0).to_numpy(dtype=np.int64)
    given = np.full(kind.size, -1, dtype=np.int64)
    given[kind == _WAITS] = -2
    given[kind == _FORBIDDEN] = NEVER
    timed = kind == _AT_LEAST
    if timed.any():
        columns(transfers, ("min_transfer_time",), table="transfers")
        given[timed] = whole(transfers[timed], "min_transfer_time")
        require(
            bool((given[timed] >= 0).all()),
            column="min_transfer_time",
            rule="a time to change is negative",
            mend="give seconds, 0 or more",
        )
    return start, end, given


def _ends(stops: pd.Index[Any], frame: pd.DataFrame, *, table: str) -> tuple[Ints, Ints]:
    found = [stops.get_indexer(pd.Index(frame[name])) for name in ("from_stop_id", "to_stop_id")]
    known = all((each >= 0).all() for each in found)
    require(known, column=table, rule="it names a stop that is not there", mend="give its row in stops")
    return np.asarray(found[0], dtype=np.int64), np.asarray(found[1], dtype=np.int64)


def _overrule(paths: tuple[Ints, Ints, Ints], transfers: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints]:
    """Footpaths and transfers as one list; of a pair named by both, the transfer where it gives a time."""
    names = ["from", "to", "seconds"]
    path = pd.DataFrame(dict(zip(names, paths, strict=True))).groupby(names[:2], as_index=False).min()
    given = pd.DataFrame(dict(zip(names, transfers, strict=True))).drop_duplicates(names[:2], keep="last")
    both = path.merge(given, on=names[:2], how="outer", suffixes=("", "_given"))
    told = both["seconds_given"].fillna(-1)
    walked = both["seconds"]
    # A vehicle that waits needs no more than the footpath; without a footpath it is taken to be at hand.
    time = walked.where(told == -1, told).where(told != -2, walked.fillna(0)).fillna(NEVER)
    start, end, seconds = (np.asarray(each, dtype=np.int64) for each in (both["from"], both["to"], time))
    return start, end, seconds
