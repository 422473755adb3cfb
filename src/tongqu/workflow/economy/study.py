"""The economy of a region: who makes what, who buys from whom, and where value is added and lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume, Scenario
from tongqu.data import Language, Region
from tongqu.sectors.industry.reference import reference_of
from tongqu.workflow.economy.ground import ground_of, local_tables, places_with_value
from tongqu.workflow.economy.names import spoken
from tongqu.workflow.economy.places import site_table
from tongqu.workflow.economy.products import products_of
from tongqu.workflow.economy.trade import (
    balance_table,
    extraction_table,
    flow_table,
    linkage_table,
    multiplier_table,
    quotient_table,
    structure_table,
)
from tongqu.workflow.files import Kind, book_of, save_tables
from tongqu.workflow.prepare import ENGINE, region_of, scenario_of

__all__ = ["TABLES", "Economy", "economy", "wrong_sites"]

KIND: Final[Kind] = "economy"
MOST_SITES: Final = 20
"""Sites for each product that can be asked for."""
BY_PLACE: Final[Mapping[str, tuple[str, ...]]] = {
    "io": ("unit", "row", "column", "amount_wan", "local_wan"),
    "multipliers": ("unit", "industry", "output", "output_2", "income", "income_2", "jobs", "jobs_2"),
    "linkages": (
        "unit",
        "industry",
        "backward",
        "forward",
        "backward_index",
        "forward_index",
        "quadrant",
        "output_wan",
    ),
    "extraction": ("unit", "industry", "variant", "loss_wan", "share"),
}
"""Columns of the tables that a region without an input-output table lacks."""

TABLES: Final = (
    "structure",
    "balance",
    "quotients",
    "io",
    "multipliers",
    "linkages",
    "extraction",
    "chains",
    "chain_summary",
    "flows",
    "sensitivities",
    "next_yuan",
    "sites",
)
"""Names of the tables, in the order of sheets and files."""


@dataclass(frozen=True, eq=False)
class Economy:
    """The economy in the latest year that is published, without a plan.

    Units are the whole (the code of the only city, else ``region``) and its counties. Money in 万元. Tables
    of places are modelled: no county publishes one.

    Parameters
    ----------
    region : Region
        Where.
    scenario : str
        Name of the scenario.
    whole : str
        Code of all counties together.
    year : int
        Year of the value added.
    reference : str
        Area and year of the table that the places borrow, blank for none.
    structure, balance, quotients, io, multipliers, linkages, extraction : DataFrame
        See `tongqu.workflow.economy.trade`.
    chains, chain_summary, flows, sensitivities, next_yuan : DataFrame
        See `tongqu.workflow.economy.products.products_of`.
    sites : DataFrame
        See `tongqu.workflow.economy.places.site_table`.
    """

    region: Region
    scenario: str
    whole: str
    year: int
    reference: str
    structure: pd.DataFrame
    balance: pd.DataFrame
    quotients: pd.DataFrame
    io: pd.DataFrame
    multipliers: pd.DataFrame
    linkages: pd.DataFrame
    extraction: pd.DataFrame
    chains: pd.DataFrame
    chain_summary: pd.DataFrame
    flows: pd.DataFrame
    sensitivities: pd.DataFrame
    next_yuan: pd.DataFrame
    sites: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by the names of `TABLES`."""
        return {name: getattr(self, name) for name in TABLES}

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers."""
        mine = self.structure[self.structure["unit"] == self.whole].set_index("section")
        parts = self.structure[self.structure["unit"] != self.whole]
        total = float(mine["value_added_wan"].sum())
        made = float(parts["value_added_wan"].sum())
        share = parts["value_added_wan"].mul(parts["modelled"]).sum() / made if made else float("nan")
        chains = self.chain_summary[self.chain_summary["unit"] == self.whole].set_index("product")
        figures = ("added_wan", "length", "processing_ratio", "per_mu_yuan", "per_worker_yuan")
        links = self.linkages[(self.linkages["unit"] == self.whole) & (self.linkages["quadrant"] == "key")]
        return {
            "region": self.region.name,
            "scenario": self.scenario,
            "year": self.year,
            "reference": self.reference,
            "value_added_wan": total,
            "jobs": float(mine["jobs"].sum()),
            "farm_share": float(mine["value_added_wan"].get("A", 0.0)) / total if total else float("nan"),
            "modelled_value_added": float(share),
            "balanced": bool(self.balance["balanced"].all()),
            "key_industries": links.sort_values("output_wan", ascending=False)["industry"].tolist(),
            "chains": chains[list(figures)].astype("float64").to_dict("index"),
            "processing_target": float(chains["target"].iloc[0]) if len(chains) else float("nan"),
            "sites": self.sites[self.sites["rank"] == 1].set_index("product")["unit"].to_dict(),
        }

    def save(self, folder: str | FilePath, *, force: bool = False) -> FilePath:
        """Write every table as CSV (UTF-8 with a mark, for Excel) and a ``manifest.json`` into a folder.

        The folder appears whole or not at all.

        Parameters
        ----------
        folder : str or Path
            A folder that is absent or empty.
        force : bool
            Whether an earlier economy there may be replaced; nothing else ever is.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        RunError
            If something else is there, or an earlier economy and not ``force``.
        """
        made = {
            "engine": ENGINE,
            "region": self.region.name,
            "region_sha256": self.region.sha256,
            "scenario": self.scenario,
            "year": self.year,
            "reference": self.reference,
        }
        return save_tables(FilePath(folder), kind=KIND, tables=self.tables, manifest=made, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        shown = spoken(self.tables, self.region, language)
        return book_of(shown, self.region, kind=KIND, language=language)


def economy(
    region: Region | str | FilePath,
    scenario: Scenario | str | FilePath | None = None,
    *,
    sites: int = 3,
    progress: Progress = silent,
) -> Economy:
    """Say who makes what, who buys from whom, and where value is added and lost.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name. Without input-output tables or chains those parts are
        empty.
    scenario : Scenario, str or Path, optional
        Assumptions; the default scenario when left out.
    sites : int
        Plants to place for each product, 1 to 20.
    progress : Progress
        Told where the work is.

    Returns
    -------
    Economy
        See there.

    Raises
    ------
    DataError
        If a number is out of range, or published figures contradict one another.
    ScenarioError
        If the scenario cannot be read or names an unknown standard.

    Examples
    --------
    >>> found = economy("quzhou")
    >>> found.year, found.summary()["balanced"]
    (2022, True)
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := wrong_sites(sites):
        raise DataError(problems)
    assume = Assume.of(region["standards"], chosen)
    progress(Report("economy"))
    reference = reference_of(region) if "jobs" in region.tables else None
    ground = ground_of(region, assume=assume, reference=reference)
    whole = ground.units[0]
    tables = {name: pd.DataFrame(columns=list(columns)) for name, columns in BY_PLACE.items()}
    making = places_with_value(ground)
    if reference is not None and making.units:
        local = local_tables(making, reference)
        made = {
            "io": flow_table,
            "multipliers": multiplier_table,
            "linkages": linkage_table,
            "extraction": extraction_table,
        }
        tables = {name: work(making, reference, local) for name, work in made.items()}
    return Economy(
        region=region,
        scenario=chosen.name,
        whole=whole,
        year=ground.base.year,
        reference="" if reference is None else f"{reference.area} {reference.year}",
        structure=structure_table(ground),
        balance=balance_table(region),
        quotients=quotient_table(ground, reference),
        **tables,
        **products_of(region, whole=whole),
        sites=site_table(region, ground, assume=assume, count=sites),
    )


def wrong_sites(sites: int) -> list[Problem]:
    """A problem if the number of sites is out of range; see `economy`."""
    if 1 <= sites <= MOST_SITES:
        return []
    mend = f"give a number from 1 to {MOST_SITES}"
    return [Problem("a number of sites out of range", mend=mend, column="sites", value=str(sites))]
