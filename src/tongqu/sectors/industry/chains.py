"""The chains and the supply that a region's tables describe."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, cast

import pandas as pd

from tongqu.data import Region
from tongqu.methods.chain import Actor, Chain, Kind, make_chain

__all__ = ["CHAIN_TABLES", "chains_of", "supply_of"]

CHAIN_TABLES: Final = ("chain_products", "chain_stages", "chain_links", "chain_supply")
"""Tables of the chains; a region that lacks one has no chains."""


@lru_cache(maxsize=4)
def chains_of(region: Region) -> Mapping[str, Chain]:
    """The chain of each product that has stages, by product.

    Examples
    --------
    >>> import tongqu
    >>> sorted(chains_of(tongqu.load("quzhou")))
    ['camellia_oil', 'citrus', 'huyou', 'tea']
    """
    if any(name not in region.tables for name in CHAIN_TABLES):
        return MappingProxyType({})
    stages, links = region["chain_stages"], region["chain_links"]
    found = {}
    for product, mine in stages.groupby("product", sort=True, observed=True):
        own = links[links["product"] == product]
        found[str(product)] = make_chain(
            mine["stage"].tolist(),
            list(zip(own["upstream"], own["stage"], strict=True)),
            kinds=cast("list[Kind]", mine["kind"].astype("str").tolist()),
            actors=cast("list[Actor]", mine["actor"].astype("str").tolist()),
            share=own["share"],
            yield_=mine["yield"],
            **{name: mine[name] for name in ("loss", "price", "bought", "jobs", "wage", "land")},
        )
    return MappingProxyType(found)


@lru_cache(maxsize=4)
def supply_of(region: Region) -> pd.DataFrame:
    """Area and harvest of each county and product in its latest year.

    Returns
    -------
    DataFrame
        Columns ``unit, product, year, area_mu, output_t, modelled``; sorted; counties only.
    """
    names = ["unit", "product", "year", "area_mu", "output_t", "modelled"]
    if any(name not in region.tables for name in CHAIN_TABLES):
        return pd.DataFrame(
            {name: pd.Series(dtype="str" if name in names[:2] else "float64") for name in names}
        )
    table = region["chain_supply"]
    mine = table[table["unit"].isin(region.codes("county"))].sort_values(["unit", "product", "year"])
    return mine.drop_duplicates(["unit", "product"], keep="last")[names].reset_index(drop=True)
