"""Programmes of the counties that raise the basic pension, step by step."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import FOREVER, Assume, Forecast, Offer, cost_entries, project_table
from tongqu.data import Region
from tongqu.methods.pension import MONTHS
from tongqu.sectors.social_security.account import YUAN_PER_WAN
from tongqu.sectors.social_security.parameters import Floats

__all__ = ["KIND", "programmes", "raised_by"]

KIND: Final = "pension_raise"
STEPS: Final = 3
"""Steps that a county may take, each after the one before."""
LEAD: Final = 1
"""Years from the decision to the first raised pension (assumed)."""


def programmes(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Three raises in each county with pensioners; what they cost and pay follows the baseline's pensioners.

    Entries are those of a programme begun in the first year. In whichever year one begins, the same size is
    paid to the pensioners of that year.
    """
    counties = region.level("county")
    size = assume["programme.pension_step"]
    all_of, rural = (
        np.stack([state[f"pension.{name}"].reindex(counties.index) for state in forecast.states], axis=-1)
        for name in ("pensioners", "rural_pensioners")
    )
    some = all_of.max(axis=-1) > 0
    counties, all_of, rural = counties[some], all_of[some], rural[some]
    steps = np.tile(np.arange(1, STEPS + 1), len(counties))
    places = counties.loc[counties.index.repeat(STEPS)]
    project = pd.Series(f"{KIND}:" + places.index + ":" + steps.astype(str), index=places.index)
    needs = pd.Series(f"{KIND}:" + places.index + ":" + (steps - 1).astype(str), index=places.index)
    seats = region["units"].set_index("unit")["node"].reindex(places["seat"]).to_numpy()
    english = places["name_en"].fillna(places["name"])
    pay = size * MONTHS / YUAN_PER_WAN
    paid, country = (_increments(np.repeat(people * pay, STEPS, axis=0)) for people in (all_of, rural))
    projects = project_table(
        {
            "project": project.to_numpy(),
            "name_zh": (places["name"] + "居民养老金提标（第 " + steps.astype(str) + " 档）").to_numpy(),
            "name_en": (english + ": resident pension raised, step " + steps.astype(str)).to_numpy(),
            "unit": places.index.to_numpy(),
            "county": places.index.to_numpy(),
            "node": places["node"].fillna(pd.Series(seats, index=places.index)).fillna("").to_numpy(),
            "lon": places["lon"].to_numpy(),
            "lat": places["lat"].to_numpy(),
            "size": size,
            "size_unit": "元/month",
            "running_wan": paid[:, 0],
            "lead": LEAD,
            "requires": needs.where(steps > 1, "").to_numpy(),
            "modelled": True,
        },
        sector="social_security",
        kind=KIND,
    )
    parts = [
        cost_entries(projects),
        _entries(projects, "money", "running", amount=paid[:, 1:], first=LEAD + 1),
        _entries(projects, "stock", "pension", amount=paid, first=LEAD),
        _entries(projects, "stock", "rural_income", amount=country, first=LEAD),
    ]
    return Offer(projects, pd.concat(parts, ignore_index=True))


def _increments(yearly: Floats) -> Floats:
    """Change a year from the first raised pension on; a horizon that ends before keeps its last year."""
    paid = yearly[:, LEAD:] if yearly.shape[1] > LEAD else yearly[:, -1:]
    return np.diff(paid, axis=1, prepend=0.0)


def _entries(projects: pd.DataFrame, ledger: str, key: str, *, amount: Floats, first: int) -> pd.DataFrame:
    """Lasting entries, one for each project and year since its start; `amount` (project, year)."""
    since = np.arange(first, first + amount.shape[1])
    table = pd.DataFrame(
        {
            "project": np.repeat(projects["project"].to_numpy(), len(since)),
            "ledger": ledger,
            "unit": np.repeat(projects["county"].to_numpy(), len(since)),
            "key": key,
            "since": np.tile(since, len(projects)),
            "until": FOREVER,
            "amount": amount.ravel(),
        }
    )
    return table[table["amount"] != 0]


def raised_by(opened: Offer, counties: pd.Index) -> Floats:
    """What the working programmes add to the basic pension of each county, 元 a month."""
    return _raised(opened.projects, counties)


@remember(48)
def _raised(projects: pd.DataFrame, counties: pd.Index) -> Floats:
    mine = projects[projects["kind"] == KIND]
    sums = mine.groupby("county")["size"].sum()
    return sums.reindex(counties, fill_value=0.0).to_numpy(dtype=np.float64)
