"""Value chains of Quzhou: stages and links as assumed, supply as far as published."""

from __future__ import annotations

import pandas as pd

from quzhou import figures, raw
from quzhou.rounding import share_out

CHANGSHAN = "330822"
YEAR = 2022  # of the harvests that are not published with another year
CITY_CITRUS = 394_000  # t, huyou included; a newspaper reprint without date, about 2016
CITRUS_T_PER_MU, TEA_T_PER_MU = 1.6, 0.035  # assumed
PRICE, LOSS, YIELD = (0.75, 1.25), (0.5, 1.5), (0.85, 1.1)  # low and high over central value (assumed)
ASSUMED = {"modelled": True, "source": "assumed:chains"}


def products() -> pd.DataFrame:
    """The products."""
    return raw.table("chains/products").assign(source="assumed:chains").sort_values("product")


def stages() -> pd.DataFrame:
    """The stages, with the ranges of loss, yield and price."""
    table = raw.table("chains/stages")
    numbers = ["loss", "yield", "price", "bought", "jobs", "wage", "land"]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    for name, (low, high) in {"loss": LOSS, "yield": YIELD, "price": PRICE}.items():
        fixed = (name == "yield") & (table[name] == 1)  # sorting and selling lose, but turn nothing into else
        table[f"{name}_low"] = (table[name] * low).where(~fixed, 1.0)
        table[f"{name}_high"] = (table[name] * high).where(~fixed, 1.0)
    return table.assign(**ASSUMED).sort_values(["product", "stage"])


def links() -> pd.DataFrame:
    """The links."""
    table = raw.table("chains/links")
    table["share"] = pd.to_numeric(table["share"])
    return table.assign(**ASSUMED).sort_values(["product", "upstream", "stage"])


def _published(variable: str, *, unit: str, year: int) -> tuple[float, str]:
    """A published figure in the unit of the variables table, and its source."""
    table = figures.published()
    row = table[(table["variable"] == variable) & (table["unit"] == unit) & (table["year"] == year)].iloc[0]
    return float(row["value"]), str(row["source"])


def _changshan() -> pd.DataFrame:
    """Changshan: huyou, citrus without huyou and tea as published; areas of the last two are assumed."""
    area, _ = _published("huyou_area", unit=CHANGSHAN, year=2024)
    huyou, at = _published("huyou_output", unit=CHANGSHAN, year=2024)
    citrus, there = _published("citrus_output", unit=CHANGSHAN, year=YEAR)
    pomelo, _ = _published("huyou_output", unit=CHANGSHAN, year=YEAR)
    tea, _ = _published("tea_output", unit=CHANGSHAN, year=YEAR)
    rest = citrus - pomelo
    rows = [
        ("huyou", 2024, area, huyou, False, "", at),
        ("citrus", YEAR, rest / CITRUS_T_PER_MU, rest, True, "area_mu", there),
        ("tea", YEAR, tea / TEA_T_PER_MU, tea, True, "area_mu", there),
    ]
    names = ["product", "year", "area_mu", "output_t", "modelled", "modelled_columns", "source"]
    return pd.DataFrame(rows, columns=names).assign(unit=CHANGSHAN)


def supply() -> pd.DataFrame:
    """Area and harvest by county and product."""
    assumed = raw.table("chains/supply")
    numbers = ["area_mu", "output_t"]
    assumed[numbers] = assumed[numbers].apply(pd.to_numeric)
    inside, _ = _published("citrus_output", unit=CHANGSHAN, year=YEAR)
    others = assumed.loc[assumed["product"] == "huyou", "output_t"].sum()
    weights = raw.table("chains/citrus_weights").set_index("unit")["weight"].astype(float)
    tonnes = share_out(round(CITY_CITRUS - inside - others), weights.to_numpy())
    citrus = pd.DataFrame({"unit": weights.index, "product": "citrus", "output_t": tonnes})
    citrus["area_mu"] = (citrus["output_t"] / CITRUS_T_PER_MU).round()
    rows = pd.concat([assumed, citrus]).assign(
        year=YEAR, modelled=True, modelled_columns="", source="assumed:chain_supply"
    )
    table = pd.concat([rows, _changshan()]).assign(area_mu=lambda frame: frame["area_mu"].round())
    return table.astype({"area_mu": float, "output_t": float}).sort_values(["unit", "product", "year"])
