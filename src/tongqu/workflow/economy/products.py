"""Tables of the value chains: stages, depth, who earns what, and what moves the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region
from tongqu.methods.chain import (
    ACTORS,
    Chain,
    ChainResult,
    Investment,
    evaluate,
    flows,
    returns,
    sensitivities,
)
from tongqu.sectors.industry.chains import chains_of, supply_of

__all__ = ["Products", "products_of"]

Floats = npt.NDArray[np.float64]

TARGET: Final = "processing_ratio"
"""Indicator whose target the processing ratio is held against."""
STAGE_FIGURES: Final = {
    "received": "received_t",
    "lost": "lost_t",
    "output": "output_t",
    "sold": "sold_t",
    "value": "value_wan",
    "purchases": "purchases_wan",
    "bought": "bought_wan",
    "added": "added_wan",
    "wages": "wages_wan",
    "sales": "sales_wan",
    "jobs": "jobs",
    "land": "land_mu",
}
"""Figures of a stage, by their name in `ChainResult`."""
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "chains": ("unit", "product", "stage", "kind", "earner", *STAGE_FIGURES.values(), "modelled"),
    "chain_summary": (
        "unit",
        "product",
        "year",
        "area_mu",
        "harvest_t",
        "value_wan",
        "added_wan",
        "jobs",
        "length",
        "production_length",
        "processing_ratio",
        "target",
        "per_mu_yuan",
        "per_worker_yuan",
        *(f"{actor}_wan" for actor in ACTORS),
        "modelled",
    ),
    "flows": ("product", "from", "to", "kind", "tonnes", "value_wan"),
    "sensitivities": ("product", "parameter", "stage", "outcome", "elasticity"),
    "next_yuan": ("product", "investment", "change", "added_wan", "farm_wan", "share"),
}
STEP: Final = 0.01
"""One hundredth: by how much the harvest, prices, losses and shares are changed in ``next_yuan``."""

Products = Mapping[str, pd.DataFrame]
"""Tables by the names of `COLUMNS`."""


def products_of(region: Region, *, whole: str) -> Products:
    """Tables of all chains; without rows where the region describes none.

    Parameters
    ----------
    whole : str
        Code of all counties together; their supply summed.

    Returns
    -------
    mapping of str to DataFrame
        ``chains``: each stage by place. ``chain_summary``: a chain by place; ``per_mu`` and ``per_worker``
        are value added of the whole chain. ``flows``: rows of a Sankey diagram of the whole.
        ``sensitivities``: elasticities of the whole. ``next_yuan``: what a change by one hundredth adds to
        its value added.
    """
    chains, supply = chains_of(region), supply_of(region)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in COLUMNS}
    for product, chain in chains.items():
        mine = _with_whole(supply[supply["product"] == product], whole=whole)
        tonnes = mine["output_t"].to_numpy(dtype=np.float64)
        if not (len(mine) and tonnes[0] > 0):
            continue
        found = evaluate(chain, tonnes)
        first = evaluate(chain, tonnes[0])
        rows = region["chain_stages"]
        modelled = bool(rows.loc[rows["product"] == product, "modelled"].any())
        parts["chains"].append(_stages(chain, found, mine, product=product, modelled=modelled))
        parts["chain_summary"].append(_summary(region, chain, found, supply=mine, modelled=modelled))
        flow = flows(chain, first).rename(columns={"origin": "from", "target": "to"})
        parts["flows"].append(flow.assign(product=product))
        parts["sensitivities"].append(sensitivities(chain, float(tonnes[0])).assign(product=product))
        parts["next_yuan"].append(
            _next(chain, float(tonnes[0]), added=float(first.added.sum()), product=product)
        )
    return {
        name: pd.concat(tables, ignore_index=True)[list(COLUMNS[name])]
        if tables
        else pd.DataFrame({column: pd.Series(dtype="object") for column in COLUMNS[name]})
        for name, tables in parts.items()
    }


def _with_whole(supply: pd.DataFrame, *, whole: str) -> pd.DataFrame:
    """The sum of the counties, then each."""
    if supply.empty:
        return supply
    sums = {
        "unit": whole,
        "product": supply["product"].iloc[0],
        "year": supply["year"].max(),
        "area_mu": supply["area_mu"].sum(),
        "output_t": supply["output_t"].sum(),
        "modelled": bool(supply["modelled"].any()),
    }
    return pd.concat([pd.DataFrame([sums]), supply[list(sums)]], ignore_index=True)


def _stages(
    chain: Chain, found: ChainResult, supply: pd.DataFrame, *, product: str, modelled: bool
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([supply["unit"], chain.stages], names=["unit", "stage"])
    count = len(supply)
    return index.to_frame(index=False).assign(
        product=product,
        kind=list(chain.kinds) * count,
        earner=list(chain.actors) * count,
        modelled=np.repeat(supply["modelled"].to_numpy(dtype=bool) | modelled, len(chain.stages)),
        **{column: getattr(found, name).ravel() for name, column in STAGE_FIGURES.items()},
    )


def _summary(
    region: Region, chain: Chain, found: ChainResult, *, supply: pd.DataFrame, modelled: bool
) -> pd.DataFrame:
    indicators = region["indicators"]
    goal = indicators.loc[indicators["indicator"] == TARGET, "target"]
    area = supply["area_mu"].to_numpy(dtype=np.float64)
    return supply[["unit", "product", "year", "area_mu"]].assign(
        harvest_t=supply["output_t"].to_numpy(dtype=np.float64),
        value_wan=found.value.sum(axis=-1),
        added_wan=found.added.sum(axis=-1),
        jobs=found.jobs.sum(axis=-1),
        length=found.length,
        production_length=found.production_length,
        processing_ratio=found.processing_ratio,
        target=float(goal.iloc[0]) if len(goal) else np.nan,
        per_mu_yuan=found.per_mu(area),
        per_worker_yuan=found.per_worker(),
        modelled=supply["modelled"].to_numpy(dtype=bool) | modelled,
        **{f"{actor}_wan": value for actor, value in found.earned(chain).items()},
    )


def _next(chain: Chain, harvest: float, *, added: float, product: str) -> pd.DataFrame:
    """What a hundredth more harvest, less loss, a better price or more sent down a link adds, each alone."""
    given = chain.parameters
    options = [Investment(name="harvest", wan=1.0, changes={}, harvest=STEP)]
    for row, stage in enumerate(chain.stages):
        if given.loss[row] > 0:
            less = -min(STEP, float(given.loss[row]))
            options.append(Investment(name=f"loss {stage}", wan=1.0, changes={("loss", stage): less}))
        more = STEP * float(given.price[row])
        options.append(Investment(name=f"price {stage}", wan=1.0, changes={("price", stage): more}))
    sent = np.bincount(chain.start, weights=given.share, minlength=len(chain.stages))
    for start, end in zip(chain.start, chain.end, strict=True):
        room = min(STEP, 1.0 - float(sent[start]))
        if room > 0:
            name = f"{chain.stages[start]}>{chain.stages[end]}"
            options.append(Investment(name=f"share {name}", wan=1.0, changes={("share", name): room}))
    table = returns(chain, harvest, investments=options)
    split = table["investment"].str.partition(" ")
    return table.assign(
        product=product,
        change=split[0],
        investment=split[2],
        share=table["added_wan"] / added if added else np.nan,
    )
