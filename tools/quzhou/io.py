"""Input-output tables of Zhejiang and China, their sectors, and the workers of both areas by section."""

from __future__ import annotations

from typing import Final

import pandas as pd

from quzhou import raw

ZHEJIANG: Final = {2002: "cn02", 2007: "cn07", 2012: "cn12", 2017: "cn17"}
"""Classification of each year's table of the province."""
CHINA: Final = {2017: "cn17", 2020: "cn17"}
VALUE: Final = ("VA001", "VA002", "VA003", "VA004")
EXPANSION: Final = 10
"""People for one worker counted: the long form goes to one household in ten."""
SIZE: Final = 42
DECIMALS: Final = 2


def industries() -> pd.DataFrame:
    """The industries table."""
    return raw.table("io/industries").sort_values("industry")


def _long(wide: pd.DataFrame, *, area: str, year: int) -> pd.DataFrame:
    """Cells of a table as rows; nil cells are left out."""
    cells = wide.rename_axis(index="row").reset_index()
    rows = cells.melt(id_vars="row", var_name="column", value_name="amount_wan")
    rows = rows.assign(amount_wan=rows["amount_wan"].round(DECIMALS))
    rows = rows[rows["amount_wan"].notna() & (rows["amount_wan"] != 0)]
    return rows.assign(area=area, year=year, modelled=False, source=f"io:{area}_{year}")


def _zhejiang(year: int) -> pd.DataFrame:
    """The table of the province: flows, final demand, output, and value added under the sectors."""
    wide = raw.table(f"io/zhejiang_{year}").set_index("sec").apply(pd.to_numeric)
    codes = {f"sec{n:02d}": f"{ZHEJIANG[year]}.{n:02d}" for n in range(1, SIZE + 1)}
    wide = wide.loc[[*codes, *VALUE]].rename(index=codes, columns=codes)
    return _long(wide, area="zhejiang", year=year)


def _china(year: int) -> pd.DataFrame:
    """The table of the country with domestic and imported uses together, and imports as a column."""
    table = raw.table(f"io/china_{year}")
    numbers = [f"{n:02d}" for n in range(1, SIZE + 1)]
    codes = {number: f"{CHINA[year]}.{number}" for number in numbers}
    uses = [*numbers, "TC", "FU201", "FU202", "EX"]
    parts = {
        origin: table[table["Origin"] == origin].set_index("Code").drop(columns="Origin")
        for origin in ("Domestic", "Imports", "TOT")
    }
    home, abroad = (
        parts[origin].loc[numbers].filter(uses).apply(pd.to_numeric) for origin in parts if origin != "TOT"
    )
    wide = home + abroad
    wide["IM"] = abroad.sum(axis=1)
    wide["GO"] = pd.to_numeric(parts["Domestic"].loc[numbers, "GO"])
    added = parts["TOT"].loc[list(VALUE), numbers].apply(pd.to_numeric)
    wide = pd.concat([wide, added]).rename(index=codes, columns=codes)
    return _long(wide, area="china", year=year)


def tables() -> pd.DataFrame:
    """The input_output table."""
    parts = [*(_zhejiang(year) for year in ZHEJIANG), *(_china(year) for year in CHINA)]
    return pd.concat(parts).sort_values(["area", "year", "row", "column"])


def reference_jobs() -> pd.DataFrame:
    """The reference_jobs table."""
    frame = raw.table("io/reference_jobs")
    source = "io:jobs_" + frame["area"] + "_" + frame["year"]
    return frame.assign(expansion=EXPANSION, modelled=False, source=source)
