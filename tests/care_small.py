"""The small region with a few sites of care."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd

from small import loaded
from tongqu.data import Region

SITES = (
    ("a1", "day_care", "990101001001", 2.0),
    ("a2", "day_care", "990101002001", 1.0),
    ("m1", "meal_point", "990101001001", 4.0),
    ("m2", "meal_point", "990102001001", 20.0),
    ("k1", "child_care", "990101001001", 3.0),
    ("s1", "service_hall", "990101001001", 6.0),
    ("s2", "service_hall", "990102001001", 4.0),
)
"""Site, kind, village where it stands, places."""


def with_sites(region: Region, rows: tuple[tuple[str, str, str, float], ...]) -> Region:
    """A region with sites of care in villages beside those that it has."""
    table = pd.DataFrame(list(rows), columns=["site", "kind", "unit", "capacity"])
    at = region.level("village").loc[table["unit"]]
    table = table.assign(
        name=table["site"],
        node=at["node"].to_numpy(),
        lon=at["lon"].to_numpy(),
        lat=at["lat"].to_numpy(),
        modelled=True,
        source="t:model",
    )
    sites = region["sites"]
    both = pd.concat([sites, table.reindex(columns=sites.columns).astype(sites.dtypes.to_dict())])
    both = both.sort_values("site", ignore_index=True)
    return replace(region, tables={**region.tables, "sites": both})


@cache
def halls_only() -> Region:
    """The small region with service halls and no other site of care."""
    return with_sites(loaded(), tuple(row for row in SITES if row[1] == "service_hall"))


@cache
def cared() -> Region:
    """The small region with `SITES`."""
    return with_sites(loaded(), SITES)
