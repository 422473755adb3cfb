"""Tables of the accounts by year and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.fiscal import DEBT_WARNING, debt_band, newcomer_cost
from tongqu.methods.income import SOURCES, gap_parts, ratio_effects
from tongqu.methods.public_accounts import PublicAccounts
from tongqu.sectors.finance.published import published_check
from tongqu.workflow.accounts.figures import figures_of, in_order, whole_accounts, with_whole
from tongqu.workflow.accounts.run import SIDES, Run

__all__ = [
    "budget_table",
    "debt_table",
    "income_part_table",
    "income_table",
    "newcomer_table",
    "pension_table",
    "published_table",
]

Floats = npt.NDArray[np.float64]

PERCENT: Final = 100.0
OPENING: Final = "opening_"
NEWCOMER: Final = {"once": "programme.newcomer_cost", "yearly": "programme.registration_cost"}
"""Standards of the two published ways to count the cost of a new urban resident."""
PENSION: Final = {
    "contributors": "contributors",
    "pensioners": "pensioners",
    "contributions": "contributions_wan",
    "subsidy": "subsidy_wan",
    "interest": "interest_wan",
    "account_paid": "account_paid_wan",
    "heirs": "heirs_wan",
    "moved": "moved_wan",
    "fund": "fund_wan",
    "topped_up": "topped_up_wan",
    "paid": "paid_wan",
    "public_cost": "public_cost_wan",
}
"""Columns of the pension table, by the figure of the sector."""
MEDICAL: Final = ("insured", "contributions", "subsidy", "benefits", "fund", "public_cost")
ADEQUACY: Final = ("pension_yuan_month", "pension_of_line", "pension_of_income")


def budget_table(run: Run, units: Sequence[str]) -> pd.DataFrame:
    """``unit, year, opening`` and every flow and stock of `PublicAccounts` in 万元.

    ``debt`` is general and special debt, ``self_sufficiency`` a share. What stands at the start of the first
    year is a row of its own, with ``opening`` true.
    """
    accounts = whole_accounts(run.finance.accounts)
    years = run.finance.years
    index = pd.MultiIndex.from_product([list(units), years], names=["unit", "year"])
    names = [field.name for field in fields(PublicAccounts) if not field.name.startswith(OPENING)]
    columns = {name: getattr(accounts, name).ravel() for name in names}
    columns |= {"debt": accounts.debt.ravel(), "self_sufficiency": accounts.self_sufficiency.ravel()}
    table = pd.DataFrame(columns, index=index).reset_index()
    table.insert(2, "opening", False)
    stocks = {
        field.name.removeprefix(OPENING): getattr(accounts, field.name)
        for field in fields(PublicAccounts)
        if field.name.startswith(OPENING)
    }
    first = pd.DataFrame({"unit": list(units), "year": years[0] - 1, "opening": True, **stocks})
    first["debt"] = first["general_debt"] + first["special_debt"]
    both = pd.concat([first, table], ignore_index=True).reindex(columns=table.columns)
    return in_order(both, units)


def debt_table(run: Run, units: Sequence[str], *, assume: Assume) -> pd.DataFrame:
    """``unit, year, debt_wan, limit_wan, room_wan, ratio, limit_ratio, warning_ratio, band``.

    ``limit_wan`` is that of the latest year, held. Bands: ``within`` the parameter ``debt.warning``,
    ``warning`` up to the upper end of the official warning range, ``over`` it.
    """
    accounts = whole_accounts(run.finance.accounts)
    years = run.finance.years
    ratio = accounts.debt_ratio(land_counted=float(run.finance.land_given))
    limit = np.broadcast_to(with_whole(run.finance.limit)[:, np.newaxis], ratio.shape)
    line = float(assume["debt.warning"]) / PERCENT
    upper = max(DEBT_WARNING, line)
    index = pd.MultiIndex.from_product([list(units), years], names=["unit", "year"])
    return index.to_frame(index=False).assign(
        debt_wan=accounts.debt.ravel(),
        limit_wan=limit.ravel(),
        room_wan=(limit - accounts.debt).ravel(),
        ratio=ratio.ravel(),
        limit_ratio=line,
        warning_ratio=upper,
        band=debt_band(ratio, limit=line, warning=upper).ravel(),
    )


def published_table(region: Region, assume: Assume) -> pd.DataFrame:
    """``unit, figure, year, months, model, published, difference, relative``: 万元, and a share.

    Months are taken as equal parts of a year.
    """
    found = published_check(region, assume)
    relative = found["difference"] / found["published"]
    columns = ["unit", "figure", "year", "months", "model", "published", "difference"]
    return found[columns].assign(relative=relative)


def pension_table(run: Run, units: Sequence[str]) -> pd.DataFrame:
    """``unit, year``, persons and flows of the resident scheme (`PENSION`), its worth and medical insurance.

    ``fund_wan`` are the individual accounts at the end of the year: before, plus contributions, subsidy,
    interest and ``moved_wan``, less ``account_paid_wan`` and ``heirs_wan``.
    """
    found = figures_of(run)
    columns = {column: with_whole(run.pension[f"pension.{name}"]) for name, column in PENSION.items()}
    columns |= {name: found[name] for name in ADEQUACY}
    columns |= {
        f"medical_{name}" if name == "insured" else f"medical_{name}_wan": with_whole(
            run.pension[f"medical.{name}"]
        )
        for name in MEDICAL
    }
    return _by_place(columns, years=run.years, units=units)


def income_table(run: Run, units: Sequence[str], *, region: Region) -> pd.DataFrame:
    """``unit, year, urban_yuan, rural_yuan, ratio, target, gap, modelled``.

    ``gap`` is ratio less target. All is modelled: incomes of later years are carried on, those of counties
    are shared out. Nothing is known where no income is published.
    """
    found = figures_of(run)
    names = {"income_urban_yuan": "urban_yuan", "income_rural_yuan": "rural_yuan", "income_ratio": "ratio"}
    table = _by_place({column: found[name] for name, column in names.items()}, years=run.years, units=units)
    indicators = region["indicators"]
    table["target"] = _target(indicators)
    table["gap"] = table["ratio"] - table["target"]
    table["modelled"] = True
    return table


def _target(indicators: pd.DataFrame) -> float:
    """Target of urban over rural income; the indicator may be rural over urban income in per cent."""
    mine = indicators[indicators["indicator"] == "income_ratio"]
    if mine.empty:
        return float("nan")
    target = float(mine["target"].iloc[0])
    turned = str(mine["numerator"].iloc[0]) == "stock.rural_income"
    return float(mine["scale"].iloc[0]) / target if turned else target


def income_part_table(run: Run, units: Sequence[str]) -> pd.DataFrame:
    """``unit, side, earning, first_yuan, last_yuan, gap_first_yuan, gap_last_yuan, effect``.

    The gap is urban less rural income of the source, the same on both sides' rows. ``effect`` is what the
    source on that side adds to the change of the logarithm of the ratio from the first to the last year: they
    add up to it.
    """
    heads = np.stack([run.people[side] for side in SIDES], axis=-1)
    money = run.incomes * heads[..., np.newaxis]
    both = np.concatenate([money.sum(axis=1, keepdims=True), money], axis=1)
    people = np.concatenate([heads.sum(axis=1, keepdims=True), heads], axis=1)[..., np.newaxis]
    each = np.divide(both, people, out=np.zeros_like(both), where=people > 0)
    first, last = each[0], each[-1]
    known = (first.sum(axis=-1) > 0).all(axis=-1) & (last.sum(axis=-1) > 0).all(axis=-1)
    gaps = [gap_parts(values[:, 0], values[:, 1]) for values in (first, last)]
    effects = np.full(first.shape, np.nan)
    if known.any():
        up, down = ratio_effects(
            urban_before=first[known, 0],
            urban_after=last[known, 0],
            rural_before=first[known, 1],
            rural_after=last[known, 1],
        )
        effects[known] = np.stack([up, down], axis=1)
    index = pd.MultiIndex.from_product([list(units), SIDES, SOURCES], names=["unit", "side", "earning"])
    spread = [np.broadcast_to(gap[:, np.newaxis], first.shape) for gap in gaps]
    table = index.to_frame(index=False).assign(
        first_yuan=first.ravel(),
        last_yuan=last.ravel(),
        gap_first_yuan=spread[0].ravel(),
        gap_last_yuan=spread[1].ravel(),
        effect=effects.ravel(),
    )
    return table[np.repeat(known, len(SIDES) * len(SOURCES))].reset_index(drop=True)


def newcomer_table(run: Run, units: Sequence[str], *, region: Region, assume: Assume) -> pd.DataFrame:
    """``unit, year, newcomers, method, low_wan, value_wan, high_wan``.

    The increase of urban people in a year, and what it costs the public: ``once`` in the year of coming, or
    ``yearly`` from then on. They are alternatives, not to be added, and no budget is charged with them.
    """
    urban = with_whole(run.people["urban"])
    came = np.maximum(np.diff(urban, axis=0), 0.0).T
    bounds = region["standards"].set_index("standard")[["low", "high"]].astype("float64")
    parts = []
    index = pd.MultiIndex.from_product([list(units), run.years[1:]], names=["unit", "year"])
    for method, name in NEWCOMER.items():
        value = float(assume[name])
        low, high = (float(bounds.at[name, edge]) for edge in ("low", "high"))  # type: ignore[arg-type]
        levels = {"low_wan": min(low, value), "value_wan": value, "high_wan": max(high, value)}
        costs = {
            column: getattr(newcomer_cost(came, once=level, a_year=level), method).ravel()
            for column, level in levels.items()
        }
        parts.append(index.to_frame(index=False).assign(newcomers=came.ravel(), method=method, **costs))
    return pd.concat(parts, ignore_index=True)


def _by_place(columns: Mapping[str, Floats], *, years: Sequence[int], units: Sequence[str]) -> pd.DataFrame:
    """Arrays of shape (year, place) as rows, places first."""
    index = pd.MultiIndex.from_product([list(units), list(years)], names=["unit", "year"])
    return index.to_frame(index=False).assign(**{name: values.T.ravel() for name, values in columns.items()})
