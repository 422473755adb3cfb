"""What the accounts say against what was published."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.sectors.finance.latest import Floats, latest_of

__all__ = ["published_check"]

MONTHS: Final = 12
NAME: Final = re.compile(r"(own_revenue|tax_revenue|transfers|expenditure)(?:_(\d{1,2})m)?")
"""Observed figures that are compared; ``_11m`` is of January to November."""
COLUMNS: Final = (
    "figure",
    "unit",
    "year",
    "months",
    "model",
    "published",
    "difference",
    "difference_percent",
)


def published_check(region: Region, assume: Assume) -> pd.DataFrame:
    """Compare the accounts with published figures, of whole years and of parts of years.

    The model value of a year is the county's latest account carried back or on at the assumed rate; that of
    the city is the sum of its counties. The months of a year are taken as equal.

    Returns
    -------
    DataFrame
        One row a published figure: figure, unit, year, months, model and published value (万元), model less
        published, and the same in % of the published; no row where nothing is published.
    """
    if "observations" not in region.tables:
        return pd.DataFrame(columns=list(COLUMNS))
    counties, cities = latest_of(region).counties, region.codes("city")
    city_of = region.ancestor(counties, level="city").to_numpy()
    seen = region["observations"]
    seen = seen[seen["unit"].isin([*counties, *cities]) & seen["variable"].str.fullmatch(NAME)]
    rows = []
    columns = (seen[name].tolist() for name in ("unit", "year", "variable", "value"))
    for unit, year, variable, value in zip(*columns, strict=True):
        found = NAME.fullmatch(variable)
        assert found is not None  # what does not fit was left out above
        item, part = found.groups()
        months = int(part or MONTHS)
        amount = _model(region, assume, item=item, year=year)
        mine = amount[counties == unit] if unit in counties else amount[city_of == unit]
        rows.append((item, unit, year, months, mine.sum() * months / MONTHS, value))
    table = pd.DataFrame(rows, columns=list(COLUMNS[:6]))
    table["difference"] = table["model"] - table["published"]
    table["difference_percent"] = table["difference"] / table["published"] * 100
    return table.sort_values(["figure", "unit", "year", "months"], ignore_index=True)


def _model(region: Region, assume: Assume, *, item: str, year: int) -> Floats:
    """An item by county in a year, carried from the latest one."""
    latest = latest_of(region)
    whole = "own_revenue" if item == "tax_revenue" else item
    grown = (1 + assume[f"growth.{whole}"]) ** (year - latest.years[whole])
    share = latest.shares.get(item, assume["accounts.tax_share"]) if item == "tax_revenue" else 1.0
    return np.asarray(latest.amounts[whole] * grown * share)
