"""Rules of accounts: no county or year is missing, parts fit their whole, debt is within its limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["check_accounts"]

PARTS: Final[Mapping[str, str]] = {
    "tax_revenue": "own_revenue",
    "general_debt": "debt",
    "special_debt": "debt",
    "general_debt_limit": "debt_limit",
    "special_debt_limit": "debt_limit",
}
"""Items that are part of another, and that other."""
HALVES: Final[Mapping[str, tuple[str, str]]] = {
    "debt": ("general_debt", "special_debt"),
    "debt_limit": ("general_debt_limit", "special_debt_limit"),
}
"""Wholes that have exactly two parts."""
LIMITS: Final[Mapping[str, str]] = {
    "debt_limit": "debt",
    "general_debt_limit": "general_debt",
    "special_debt_limit": "special_debt",
}
"""Limits, and what they limit."""
ROUNDING: Final = 1.0
"""万元 by which rounded amounts may miss one another."""


def check_accounts(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report counties and years that are missing, parts off their whole, and limits below the debt."""
    accounts = tables.get("accounts")
    if accounts is None or not accounts.has("unit", "year", "item", "amount_wan"):
        return
    frame = pd.DataFrame(
        {
            "unit": accounts.text["unit"].to_numpy(),
            "year": accounts.typed["year"].to_numpy(),
            "item": accounts.text["item"].to_numpy(),
            "amount": accounts.typed["amount_wan"].astype("float64").to_numpy(),
        }
    )
    check_counties(accounts, frame, units=tables.get("units"), problems=problems)
    whole = frame.notna().all(axis="columns") & ~frame.duplicated(["unit", "year", "item"])
    check_years(accounts, frame[whole], problems=problems)
    check_parts(accounts, frame, known=frame[whole], problems=problems)
    check_limits(accounts, frame, known=frame[whole], problems=problems)


def check_counties(
    accounts: Checked, frame: pd.DataFrame, *, units: Checked | None, problems: Problems
) -> None:
    """Report counties without an item in the latest year in which another county has it."""
    if units is None or not units.has("unit", "level"):
        return
    counties = sorted(set(units.text["unit"][units.text["level"] == "county"].dropna()))
    known = frame.dropna(subset=["unit", "year", "item"])
    if not counties or known.empty:
        return
    mine = known[known["unit"].isin(counties)]
    if mine.empty:
        problems.add(
            "no county has accounts",
            mend="give the accounts of each county: those of a city alone are not used",
            file=accounts.place("unit").file,
            column="unit",
        )
        return
    lacking: dict[tuple[str, int], list[str]] = {}
    for item, rows in mine.groupby("item"):
        year = int(rows["year"].max())
        having = set(rows.loc[rows["year"] == year, "unit"])
        for unit in counties:
            if unit not in having:
                lacking.setdefault((unit, year), []).append(str(item))
    for (unit, year), items in lacking.items():
        problems.add(
            f"{unit} has no {', '.join(items)} in {year}",
            mend="give the item for every county in the same latest year",
            file=accounts.place("item").file,
            column="item",
            value=items[0],
        )


def check_years(accounts: Checked, known: pd.DataFrame, *, problems: Problems) -> None:
    """Report the first row after a gap in the years of an item of a place."""
    rows = known.sort_values(["unit", "item", "year"], kind="stable")
    gap = rows.groupby(["unit", "item"])["year"].diff()
    late = np.zeros(len(accounts.raw.rows), dtype=bool)
    late[rows.index[(gap > 1).to_numpy(dtype=bool)]] = True
    seen = {name: known[name].to_dict() for name in ("unit", "year", "item")}
    lacking = dict(zip(rows.index.tolist(), (gap.fillna(1).astype("int64") - 1).tolist(), strict=True))

    def mend(position: int, _: str) -> str:
        unit, item = seen["unit"][position], seen["item"][position]
        last = int(seen["year"][position]) - 1
        first = last - lacking[position] + 1
        span = str(last) if first == last else f"{first}-{last}"
        return f"give {item} of {unit} in {span} too"

    problems.add_rows("a year is missing before it", at=accounts.place("year"), where=late, mend=mend)


def check_parts(accounts: Checked, frame: pd.DataFrame, *, known: pd.DataFrame, problems: Problems) -> None:
    """Report items above what they are part of, and pairs of parts that do not add up."""
    at = accounts.place("amount_wan")
    of = frame["item"].map(PARTS)
    total = beside(frame, known, item=of)
    above = (frame["amount"] > total + ROUNDING).to_numpy(dtype=bool)
    problems.add_rows(
        "a part above its whole", at=at, where=above, mend=correct(frame, item=of, amount=total)
    )
    for item, halves in HALVES.items():
        first, second = (beside(frame, known, item=pd.Series(half, frame.index)) for half in halves)
        mine = frame["item"] == item
        fit = (first <= frame["amount"] + ROUNDING) & (second <= frame["amount"] + ROUNDING)
        off = mine & fit & ((first + second - frame["amount"]).abs() > ROUNDING)

        def mend(position: int, _: str, total: pd.Series = first + second) -> str:
            return (
                f"the general and the special part add up to {total.iloc[position]:.0f}: correct one of them"
            )

        problems.add_rows(
            "parts do not add up to the whole", at=at, where=off.to_numpy(dtype=bool), mend=mend
        )


def check_limits(accounts: Checked, frame: pd.DataFrame, *, known: pd.DataFrame, problems: Problems) -> None:
    """Report debt limits below the debt of the same place and year."""
    of = frame["item"].map(LIMITS)
    owed = beside(frame, known, item=of)
    below = (frame["amount"] < owed - ROUNDING).to_numpy(dtype=bool)
    problems.add_rows(
        "a debt limit below the debt",
        at=accounts.place("amount_wan"),
        where=below,
        mend=correct(frame, item=of, amount=owed),
    )


def beside(frame: pd.DataFrame, known: pd.DataFrame, *, item: pd.Series) -> pd.Series:
    """Amount of another item of the same place and year; missing where there is none."""
    amount = known.set_index(["unit", "year", "item"])["amount"]
    key = pd.MultiIndex.from_arrays([frame["unit"], frame["year"], item])
    return pd.Series(amount.reindex(key).to_numpy(), index=frame.index)


def correct(frame: pd.DataFrame, *, item: pd.Series, amount: pd.Series) -> Callable[[int, str], str]:
    """Words that name the other amount."""

    def mend(position: int, _: str) -> str:
        row = frame.iloc[position]
        other = f"{item.iloc[position]} of {row['unit']} in {int(row['year'])}"
        return f"{other} is {amount.iloc[position]:.0f}: correct one of them"

    return mend
