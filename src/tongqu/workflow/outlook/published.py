"""The forecast beside what was published after the census, and beside the target of urbanization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.data import Region

__all__ = ["nowcast_table", "target_table"]

URBANIZATION: Final = "urbanization_rate"
PER_THOUSAND: Final = 1_000.0
PERCENT: Final = 100.0


@dataclass(frozen=True)
class _Figure:
    """How a published figure is made from the forecast.

    Parameters
    ----------
    of : callable
        From the totals of a year, those of the census year, and the accounts of the year.
    note : str
        What differs between the two: ``at_least`` (a lower bound since a time that is not stated) or
        ``registered`` (it counts registered people, the forecast residents).
    """

    of: Callable[[pd.Series, pd.Series, pd.Series], float]
    note: str = ""


def _mean_people(account: pd.Series) -> float:
    return float(account["start"] + account["end"]) / 2


FIGURES: Final = {
    "resident_people": _Figure(lambda now, _, __: now["people"]),
    "urban_people": _Figure(lambda now, _, __: now["urban"]),
    "rural_people": _Figure(lambda now, _, __: now["rural"]),
    URBANIZATION: _Figure(lambda now, _, __: now["urban_share"] * PERCENT),
    "added_urban_people": _Figure(lambda now, then, __: now["urban"] - then["urban"], note="at_least"),
    "births": _Figure(lambda _, __, account: account["births"], note="registered"),
    "deaths": _Figure(lambda _, __, account: account["deaths"], note="registered"),
    "birth_rate": _Figure(
        lambda _, __, account: account["births"] / _mean_people(account) * PER_THOUSAND, note="registered"
    ),
    "death_rate": _Figure(
        lambda _, __, account: account["deaths"] / _mean_people(account) * PER_THOUSAND, note="registered"
    ),
}
"""Published figures that the forecast can be held against, by the variable of the observations."""


def nowcast_table(region: Region, totals: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """``unit, figure, year, projected, published, difference, relative, note, source``.

    Every observation of `FIGURES` later than the census and inside the forecast, of the whole or a county.
    ``difference`` is projected less published, ``relative`` that over the published figure.
    """
    columns = ["unit", "figure", "year", "projected", "published", "difference", "relative", "note", "source"]
    if "observations" not in region.tables:
        return pd.DataFrame(columns=columns)
    census = int(totals["year"].min())
    table = region["observations"]
    mine = table[
        table["variable"].isin(list(FIGURES))
        & table["unit"].isin(totals["unit"])
        & (table["year"] > census)
        & (table["year"] <= totals["year"].max())
    ].sort_values(["unit", "variable", "year"], kind="stable")
    by = totals.set_index(["unit", "year"])
    sums = accounts.drop(columns="residence").groupby(["unit", "year"]).sum()
    rows = []
    for one in mine.itertuples(index=False):
        figure = FIGURES[str(one.variable)]
        key = (one.unit, one.year)
        value = float(figure.of(by.loc[key], by.loc[one.unit, census], sums.loc[key]))
        given = float(one.value)
        share = (value - given) / given if given else float("nan")
        head = [str(one.unit), str(one.variable), int(one.year)]
        rows.append([*head, value, given, value - given, share, figure.note, str(one.source)])
    return pd.DataFrame(rows, columns=columns)


def target_table(region: Region, totals: pd.DataFrame, *, units: Sequence[str]) -> pd.DataFrame:
    """``unit, year, urbanization, target, gap`` in per cent, gap is target less projected.

    Empty where the table of indicators has no rate of urbanization.
    """
    columns = ["unit", "year", "urbanization", "target", "gap"]
    indicators = region["indicators"]
    mine = indicators[indicators["indicator"] == URBANIZATION]
    if mine.empty:
        return pd.DataFrame(columns=columns)
    target = float(mine["target"].iloc[0])
    some = totals.loc[totals["unit"].isin(units), ["unit", "year", "urban_share"]]
    found = some.assign(urbanization=some["urban_share"] * PERCENT, target=target)
    return found.assign(gap=target - found["urbanization"])[columns].reset_index(drop=True)
