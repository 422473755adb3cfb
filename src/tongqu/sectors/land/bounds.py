"""No plan builds on more land than lies open, or clears more village land than there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.contracts import Forecast, Offer, join_offers
from tongqu.methods.land import BUILT
from tongqu.sectors.land.base import Base
from tongqu.sectors.land.change import QUOTA_SALE, room_to_take

__all__ = ["CLEARED", "OPEN_LAND", "physical_limits"]

OPEN_LAND: Final = "open"
"""Key of open land in the land ledger: what projects build on."""
CLEARED: Final = "village"
"""Key of village land in the land ledger: what projects clear."""
M2_PER_KM2: Final = 1e6


def physical_limits(base: Base, forecast: Forecast, own: Offer) -> Offer:
    """Entries and limits of open and of village land, in the counties where all projects together want more.

    The quota says what may be built, these what can be: a county's plain may be built up, or its villages
    small. Elsewhere they could never bind and are left out, so that the program stays small.

    Parameters
    ----------
    base : Base
        Land at the start, mu.
    forecast : Forecast
        Years without a plan, and what other sectors offer.
    own : Offer
        What land offers itself.

    Returns
    -------
    Offer
        Entries in mu, 0 or more, that last as those of construction do; limits in mu by county and year.
    """
    offered = join_offers([forecast.offer, own])
    entries, projects = offered.entries, offered.projects
    sold = projects.loc[projects["kind"] == QUOTA_SALE, "project"]
    mine = entries[
        (entries["ledger"] == "land")
        & (entries["key"] == "construction")
        & entries["unit"].isin(base.counties.index)
        & ~entries["project"].isin(sold)
    ]
    counties = base.counties.index
    room = pd.Series(room_to_take(base.counties).sum(axis=1), index=counties)
    before = base.counties[list(BUILT)].sum(axis=1)
    left = {
        state.year: (
            room - (state["land.built_km2"].reindex(counties) * M2_PER_KM2 / M2_PER_MU - before)
        ).clip(lower=0.0)
        for state in forecast.states
    }
    village = dict.fromkeys(left, base.counties["rural"])
    parts = [
        _where_short(mine[mine["amount"] > 0], left, key=OPEN_LAND),
        _where_short(mine[mine["amount"] < 0], village, key=CLEARED),
    ]
    return join_offers(parts)


def _where_short(entries: pd.DataFrame, room: Mapping[int, pd.Series[float]], *, key: str) -> Offer:
    """Entries of a key and its limits by year, in the counties whose entries add up to more than the room."""
    least = pd.concat(list(room.values()), axis="columns").min(axis="columns")
    whole = entries["amount"].abs().groupby(entries["unit"]).sum().reindex(least.index, fill_value=0.0)
    short = least.index[(whole > least).to_numpy()]
    mine = entries[entries["unit"].isin(short)]
    limits = [
        pd.DataFrame({"ledger": "land", "unit": short, "key": key, "year": year, "amount": amount[short]})
        for year, amount in room.items()
    ]
    return Offer(
        entries=mine.assign(key=key, amount=mine["amount"].abs()),
        limits=pd.concat(limits, ignore_index=True),
    )
