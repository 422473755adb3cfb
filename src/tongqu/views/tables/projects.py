"""The chosen projects: one row each with names of places, by year, and the sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.tables.stored import Stored

__all__ = ["Projects", "projects_of"]

LARGEST: Final = 20
"""Length of the list of the largest projects."""

SUMS: Final = ["capital_wan", "running_wan", "land_mu"]


@dataclass(frozen=True)
class Projects:
    """Chosen projects and their sums.

    Parameters
    ----------
    rows : DataFrame
        The decisions by year of start, county, sector and project, with ``village``: the code of the village
        where one is named, else "". Money in 万元, running cost a year, land in mu.
    years : DataFrame
        By year of start: ``count, capital_wan, running_wan, land_mu``.
    kinds : DataFrame
        By sector and kind: ``count, capital_wan, running_wan, land_mu``.
    counts, capital : DataFrame
        By sector and kind (rows) and year of start (columns): number of projects, capital in 万元.
    largest : DataFrame
        The rows with most capital.
    modelled : float
        Share of projects that rest on modelled data.
    """

    rows: pd.DataFrame
    years: pd.DataFrame
    kinds: pd.DataFrame
    counts: pd.DataFrame
    capital: pd.DataFrame
    largest: pd.DataFrame
    modelled: float

    def of_year(self, year: int) -> pd.DataFrame:
        """Projects that start in a year."""
        return self.rows[self.rows["start"] == year]

    def sectors(self) -> pd.DataFrame:
        """Capital in 万元 by sector (rows) and year of start (columns); what sales bring in is left out."""
        return self.capital.clip(lower=0.0).groupby(level="sector").sum()

    def income(self) -> float:
        """What projects that bring in money, such as sales of quota, bring in, 万元."""
        return float(-self.rows["capital_wan"].clip(upper=0.0).sum())


def projects_of(stored: Stored) -> Projects:
    """Give the chosen projects and their sums."""
    rows = stored.decisions.sort_values(["start", "county", "sector", "kind", "project"], ignore_index=True)
    level = stored.units["level"].reindex(rows["unit"]).to_numpy()
    rows["village"] = np.where(level == "village", rows["unit"], "")
    years = list(stored.years)
    return Projects(
        rows=rows,
        years=_sums(rows, ["start"]).reindex(years, fill_value=0),
        kinds=_sums(rows, ["sector", "kind"]),
        counts=_by_year(rows, "count", years=years),
        capital=_by_year(rows, "sum", years=years),
        largest=rows.sort_values(["capital_wan", "start", "project"], ascending=[False, True, True]).head(
            LARGEST
        ),
        modelled=float(rows["modelled"].mean()) if len(rows) else 0.0,
    )


def _sums(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    groups = rows.groupby(keys, sort=True)
    return groups[SUMS].sum().assign(count=groups.size())


def _by_year(rows: pd.DataFrame, how: str, *, years: list[int]) -> pd.DataFrame:
    cells = rows.groupby(["sector", "kind", "start"], sort=True)["capital_wan"].agg(how)
    return cells.unstack("start").reindex(columns=years).fillna(0)
