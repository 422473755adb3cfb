"""Places of treatment, which village goes to which, and where they refer.

Hospitals of one kind in one county are taken together: which of two a patient picks is not known. Visits to
a clinic come from the villages that walk to it; township hospitals take the villages nearest by road; county
hospitals their own county's, and where it has none, those nearest. A clinic refers to the township hospital
of its town, that one to the hospitals of its county, those to the nearest city hospital.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.travel import nearest
from tongqu.workflow.health.ground import KINDS, TIERS, Base

__all__ = ["asked_pools", "at_or_above", "modelled_at", "onward_pools", "pools_of"]

Ints = npt.NDArray[np.int64]

POOLED: Final = KINDS[2:]
"""Kinds of hospital of which those of one county are taken together."""


def pools_of(base: Base) -> tuple[pd.DataFrame, Ints]:
    """Places of treatment, and the one of each site.

    Returns
    -------
    tuple of DataFrame and numpy.ndarray of int
        A row for each pool, positions from 0: ``site`` (the first), ``name, kind, town, county, spot`` of it,
        ``sites`` (how many are taken together), ``level`` (position of the tier); and the pool of each site
        of the base, shape (sites,).
    """
    sites = base.sites
    together = sites["kind"].isin(POOLED)
    key = np.where(together, sites["kind"] + ":" + sites["county"].astype(str), sites["site"].astype(str))
    number, names = pd.factorize(key)
    first = sites.assign(pool=number).drop_duplicates("pool")
    pools = pd.DataFrame(
        {
            **{name: first[name].to_numpy() for name in ("site", "name", "kind", "town", "county", "spot")},
            "sites": np.bincount(number, minlength=len(names)),
            "level": first["kind"].map({kind: row for row, kind in enumerate(KINDS)}).to_numpy(np.int64),
        }
    )
    return pools, number.astype(np.int64)


def _nearest_pool(base: Base, pool_of: Ints, *, level: int, origins: Ints, limit: float = np.inf) -> Ints:
    """The pool of the nearest site of a tier's own kind, -1 where none is in reach."""
    mine = np.flatnonzero((base.sites["kind"] == KINDS[level]).to_numpy())
    if mine.size == 0:
        return np.full(origins.size, -1, dtype=np.int64)
    network = base.walk if TIERS[level].walk else base.road
    targets = base.sites["spot"].to_numpy(np.int64)[mine]
    found = nearest(network, targets=targets, origins=origins, limit=limit)
    return np.where(np.isfinite(found.minutes), pool_of[mine][found.target], -1).astype(np.int64)


def asked_pools(base: Base, pools: pd.DataFrame, pool_of: Ints) -> Ints:
    """Pool of each tier for each village, shape (tiers, villages); -1 where none is in reach."""
    spots = base.villages["spot"].to_numpy(np.int64)
    rows = []
    for level, tier in enumerate(TIERS):
        limit = base.assume[tier.limit] if tier.walk else np.inf
        found = _nearest_pool(base, pool_of, level=level, origins=spots, limit=limit)
        if level == KINDS.index("county_hospital"):
            own = _of_area(pools, level=level, area="county", asked=base.villages["county"])
            found = np.where((own >= 0) & (found >= 0), own, found)
        rows.append(found)
    return np.stack(rows)


def onward_pools(base: Base, pools: pd.DataFrame, pool_of: Ints) -> Ints:
    """Pool to which each refers, -1 for none: of its town or county, else the nearest of the next tier."""
    onward = np.full(len(pools), -1, dtype=np.int64)
    level = pools["level"].to_numpy()
    spots = pools["spot"].to_numpy(np.int64)
    for number in range(len(KINDS) - 1, 0, -1):
        below = np.flatnonzero(level < number)
        near = _nearest_pool(base, pool_of, level=number, origins=spots[below])
        if number < KINDS.index("city_hospital"):
            area = "town" if number == 1 else "county"
            own = _of_area(pools, level=number, area=area, asked=pools[area].iloc[below])
            near = np.where((own >= 0) & (near >= 0), own, near)
        onward[below] = np.where(near >= 0, near, onward[below])
    return onward


def _of_area(pools: pd.DataFrame, *, level: int, area: str, asked: pd.Series) -> Ints:
    """The first pool of a tier in each town or county, -1 where it has none."""
    mine = pools[pools["level"] == level].drop_duplicates(area)
    place = pd.Series(mine.index, index=mine[area].astype(str))
    return asked.astype(str).map(place).fillna(-1).to_numpy(np.int64)


def at_or_above(asked: Ints) -> Ints:
    """Pool where the cases of each tier are first treated, shape (tiers, villages)."""
    found = asked.copy()
    for row in range(len(found) - 2, -1, -1):
        found[row] = np.where(found[row] >= 0, found[row], found[row + 1])
    return found


def modelled_at(sites: pd.DataFrame, *columns: str) -> npt.NDArray[np.bool_]:
    """Whether one of the columns is modelled: named, or the whole row is."""
    flags = sites["modelled"].astype("bool").to_numpy()
    named = sites["modelled_columns"].fillna("").astype(str).str.split(";")
    some = named.map(lambda names: names == [""] or bool(set(columns) & set(names))).to_numpy(dtype=bool)
    return np.asarray(flags & some)
