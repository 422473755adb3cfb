"""Rules of value chains: stages with input, no circles, shares that add up, ranges that hold their value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data.problems import Problems, suggest
from tongqu.data.rules import Checked, Mask

__all__ = ["check_chains"]

RANGED: Final = ("loss", "yield", "price")
"""Columns of the stages with a low and a high end."""
RESERVED: Final = (
    *("loss", "sale", "bought", "market", "others"),
    *("farmer", "processor", "trader", "other"),
)
"""Codes that flows of a chain use besides its stages."""
ROUNDING: Final = 1e-9
"""By which shares written as decimals may exceed 1 in sum."""
APART: Final = "\x1f"
"""Between product and stage in a joint key; no code holds it."""


def check_chains(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report everything that keeps a product's stages from being a chain."""
    stages, links = tables.get("chain_stages"), tables.get("chain_links")
    if stages is None or not stages.has("product", "stage", "kind"):
        return
    check_ranges(stages, problems=problems)
    check_growing(stages, problems=problems)
    check_names(stages, problems=problems)
    check_places(tables, problems=problems)
    check_products(tables, stages=stages, problems=problems)
    if links is not None and links.has("product", "upstream", "stage"):
        check_ends(links, stages=stages, problems=problems)
        check_shares(links, problems=problems)
        check_circles(links, problems=problems)
    check_inputs(stages, links=links, problems=problems)


def _key(table: Checked, column: str) -> pd.Series:
    return table.text["product"] + APART + table.text[column]


def check_names(stages: Checked, *, problems: Problems) -> None:
    """Report stages that are called like what a chain's flows come from or go to."""
    problems.add_rows(
        "a stage has a name that flows use for something else",
        at=stages.place("stage"),
        where=stages.text["stage"].isin(RESERVED).to_numpy(),
        mend="give the stage another code",
    )


def check_places(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report supply of places that are not counties; it would be counted nowhere."""
    supply, units = tables.get("chain_supply"), tables.get("units")
    if supply is None or units is None or not supply.has("unit") or not units.has("unit", "level"):
        return
    level = dict(zip(units.text["unit"], units.text["level"], strict=True))
    found = supply.text["unit"].map(level)
    problems.add_rows(
        "supply of a place that is not a county",
        at=supply.place("unit"),
        where=(found.notna() & (found != "county")).to_numpy(),
        mend="give supply by county: sum up towns and villages, share out a city",
    )


def check_ranges(stages: Checked, *, problems: Problems) -> None:
    """Report values outside their own range; a blank end is no limit."""
    for name in RANGED:
        if not stages.has(name):
            continue
        value = stages.typed[name].to_numpy(dtype=np.float64)
        wrong: Mask = np.zeros(len(value), dtype=bool)
        for end, sign in (("low", 1), ("high", -1)):
            if stages.has(f"{name}_{end}"):
                limit = stages.typed[f"{name}_{end}"].to_numpy(dtype=np.float64)
                wrong |= sign * (value - limit) < 0
        problems.add_rows(
            "a value outside its own range",
            at=stages.place(name),
            where=wrong,
            mend=f"enter {name}_low <= {name} <= {name}_high",
        )


def check_growing(stages: Checked, *, problems: Problems) -> None:
    """Report products that no stage or more than one stage grows."""
    product, at = stages.text["product"], stages.place("kind")
    growing = stages.text["kind"] == "growing"
    again = (growing & product.where(growing).duplicated()).to_numpy()
    problems.add_rows(
        "a second growing stage",
        at=at,
        where=again & growing.to_numpy(),
        mend="a product is grown by one stage: make the other a product of its own",
    )
    grown = product.isin(product[growing])
    first = (~grown & product.notna() & ~product.duplicated()).to_numpy()
    mend = "give one of the product's stages the kind 'growing'"
    problems.add_rows("no stage grows the product", at=stages.place("product"), where=first, mend=mend)


def check_products(tables: Mapping[str, Checked], *, stages: Checked, problems: Problems) -> None:
    """Report products with supply but without stages; those that are not listed are another rule's matter."""
    supply, products = tables.get("chain_supply"), tables.get("chain_products")
    if supply is None or products is None or not (supply.has("product") and products.has("product")):
        return
    at = supply.place("product")
    listed = at.text.isin(products.text["product"])
    lost = (listed & ~at.text.isin(stages.text["product"]) & ~at.text.duplicated()).to_numpy()
    problems.add_rows(
        "supply of a product that has no stages",
        at=at,
        where=lost,
        mend="add its stages to chain_stages.csv, or leave its supply out",
    )


def check_ends(links: Checked, *, stages: Checked, problems: Problems) -> None:
    """Report links to or from what is not a stage of the product."""
    known = _key(stages, "stage")
    of_product = stages.text["stage"].groupby(stages.text["product"]).agg(list).to_dict()
    for column in ("upstream", "stage"):
        at = links.place(column)
        strange = (
            at.text.notna() & links.text["product"].notna() & ~_key(links, column).isin(known)
        ).to_numpy()

        def mend(position: int, value: str) -> str:
            names = of_product.get(links.text["product"].iloc[position], [])
            return f"{suggest(value, names)}name a stage of that product"

        problems.add_rows("not a stage of the product", at=at, where=strange, mend=mend)


def check_shares(links: Checked, *, problems: Problems) -> None:
    """Report stages that give away more than they put out."""
    if not links.has("share"):
        return
    key, share = _key(links, "upstream"), links.typed["share"].astype("float64")
    total = share.groupby(key).transform("sum")
    # Alone a share above 1 breaks its maximum already.
    several = key.duplicated(keep=False)
    over = (total > 1 + ROUNDING) & several & ~key.duplicated()

    def mend(position: int, _: str) -> str:
        return f"the links from that stage add up to {total.iloc[position]:g}: lower them to 1 or less"

    where = over.fillna(False).to_numpy(dtype=bool)
    problems.add_rows("shares that add up to more than 1", at=links.place("share"), where=where, mend=mend)


def check_circles(links: Checked, *, problems: Problems) -> None:
    """Report links by which a stage feeds itself; the first row of each circle's stages is named."""
    start, end = _key(links, "upstream"), _key(links, "stage")
    names = pd.Index(pd.concat([start, end]).dropna().unique())
    one, other = names.get_indexer(start), names.get_indexer(end)
    whole = (one >= 0) & (other >= 0)
    # Taking away what nothing feeds and what feeds nothing, again and again, leaves the circles (and ways
    # between them); a chain has few stages, so that this ends soon.
    alive = whole.copy()
    while True:
        fed, feeds = np.isin(one, other[alive]), np.isin(other, one[alive])
        left = alive & fed & feeds
        if (left == alive).all():
            break
        alive = left
    problems.add_rows(
        "stages that feed one another in a circle",
        at=links.place("stage"),
        where=alive & ~links.text["product"].where(alive).duplicated().to_numpy(),
        mend="goods move forward only: remove one of the links of the circle",
    )


def check_inputs(stages: Checked, *, links: Checked | None, problems: Problems) -> None:
    """Report stages that put out what they do not receive, and growing stages that receive something."""
    at, key = stages.place("stage"), _key(stages, "stage")
    fed: Mask = np.zeros(len(key), dtype=bool)
    if links is not None and links.has("product", "stage"):
        fed = key.isin(_key(links, "stage").dropna()).to_numpy()
    kind = stages.text["kind"]
    growing, known = (kind == "growing").to_numpy(), kind.notna().to_numpy()
    problems.add_rows(
        "a stage with output but no input",
        at=at,
        where=known & ~growing & ~fed,
        mend="add the link in chain_links.csv that feeds it, or remove the stage",
    )
    problems.add_rows(
        "a growing stage that receives goods",
        at=at,
        where=growing & fed,
        mend="remove the link: its harvest is in chain_supply.csv",
    )
