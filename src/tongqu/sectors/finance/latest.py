"""The accounts of the counties as the table gives them: the latest amount of each item, and shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data import Region

__all__ = ["OPTIONAL", "REQUIRED", "Floats", "Latest", "latest_of"]

Floats = npt.NDArray[np.float64]

REQUIRED: Final = ("own_revenue", "transfers", "expenditure", "debt", "debt_limit")
"""Items that every county must have."""
OPTIONAL: Final = ("land_income", "fund_expenditure", "carry_over")
"""Items that are used where they are given."""
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "tax_revenue": ("own_revenue", ""),
    "general_debt": ("debt", "special_debt"),
    "general_debt_limit": ("debt_limit", "special_debt_limit"),
}
"""Parts that are used as a share: what they are part of, and the only other part where there is one."""


@dataclass(frozen=True, eq=False)
class Latest:
    """Accounts of the counties in the latest year of each item.

    Parameters
    ----------
    counties : Index
        Codes, the order of all arrays.
    amounts : mapping of str to numpy.ndarray of float
        万元 by county, shape (county,); required items, and optional ones that are given.
    years : mapping of str to int
        Year of each amount.
    shares : mapping of str to numpy.ndarray of float
        Tax in own revenue, general debt in debt and in its limit, shape (county,), where given.
    """

    counties: pd.Index
    amounts: Mapping[str, Floats]
    years: Mapping[str, int]
    shares: Mapping[str, Floats]

    @property
    def year(self) -> int:
        """The latest year of the items that every county has."""
        return max(self.years[item] for item in REQUIRED)


@lru_cache(maxsize=4)
def latest_of(region: Region) -> Latest:
    """Read the latest accounts.

    Raises
    ------
    DataError
        If an item that is needed, or that some county has, is missing in its latest year.
    """
    counties = region.codes("county")
    accounts = region["accounts"]
    wide = accounts[accounts["unit"].isin(counties)].pivot_table(
        index="unit", columns=["item", "year"], values="amount_wan", aggfunc="first"
    )
    wide = wide.reindex(counties)
    problems: list[Problem] = []
    given = set(wide.columns.get_level_values(0))
    amounts, years, shares = {}, {}, {}
    for item in (*REQUIRED, *OPTIONAL):
        if item in given:
            amounts[item], years[item] = _latest(wide, item, problems)
        elif item in REQUIRED:
            problems.append(_lack(f"no county has {item}", item))
    for part, (whole, other) in PARTS.items():
        for name in (part, other):
            if name in given and whole in given and part not in shares:
                share = _share(wide, name, whole, problems)
                shares[part] = share if name == part else 1.0 - share
    if problems:
        raise DataError(problems)
    return Latest(counties, amounts, years, shares)


def _latest(wide: pd.DataFrame, item: str, problems: list[Problem]) -> tuple[Floats, int]:
    mine = wide[item]
    year = int(mine.columns.max())
    amount = mine[year]
    problems += [_lack(f"{unit} has no {item} in {year}", item) for unit in amount.index[amount.isna()]]
    return amount.to_numpy(dtype=np.float64), year


def _share(wide: pd.DataFrame, part: str, whole: str, problems: list[Problem]) -> Floats:
    """A part over its whole in the latest year of the part; 0 where the whole is."""
    amount, year = _latest(wide, part, problems)
    total = wide[whole].get(year, pd.Series(np.nan, wide.index))
    problems += [_lack(f"{unit} has no {whole} in {year}", whole) for unit in total.index[total.isna()]]
    of = total.to_numpy(dtype=np.float64)
    return np.asarray(np.clip(np.divide(amount, of, out=np.zeros_like(of), where=of > 0), 0.0, 1.0))


def _lack(rule: str, item: str) -> Problem:
    return Problem(
        rule=rule,
        mend="give the item for every county in the same latest year",
        file="accounts",
        column="item",
        value=item,
    )
