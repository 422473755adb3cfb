"""Print what the bundled chains give beside what is published of them; nothing is fitted.

`python tools/check_chains.py`
"""

from __future__ import annotations

import numpy as np

import tongqu
from tongqu.methods.chain import evaluate
from tongqu.sectors.industry.chains import chains_of, supply_of

CHANGSHAN = "330822"
HUYOU = {2022: (116_796, 400_000), 2023: (140_000, 470_000)}
"""Harvest in t (that of 2024 for 2023) and published output of the chain in 万元."""


def main() -> None:
    """Print."""
    region = tongqu.load("quzhou")
    chains = chains_of(region)
    for year, (tonnes, published) in HUYOU.items():
        value = float(evaluate(chains["huyou"], tonnes).value.sum())
        print(f"huyou {year}: output of all stages {value:,.0f}, published {published:,} 万元", end="; ")
        print(f"{value / published - 1:+.0%}")
    supply = supply_of(region)
    for product, chain in chains.items():
        mine = supply[supply["product"] == product]
        found = evaluate(chain, mine["output_t"].to_numpy())
        words = f"{product}: added {found.added.sum():,.0f} 万元, jobs {found.jobs.sum():,.0f}, "
        words += f"length {np.nanmean(found.length):.2f}, processing {np.nanmean(found.processing_ratio):.2f}"
        print(
            words,
            f"stages that lose: {[s for s, a in zip(chain.stages, found.added[0], strict=True) if a < 0]}",
        )
        processed = found.received[:, chain.of_kind("processing")].sum()
        print(f"  processed {processed:,.0f} t of {mine['output_t'].sum():,.0f} t")


if __name__ == "__main__":
    main()
