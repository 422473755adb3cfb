"""Observations, variables and jobs: the other figures of the census and of published bulletins."""

from __future__ import annotations

import pandas as pd

from quzhou import raw

SKIPPED = ("secondary",)  # quality marks of figures that are not carried over
# Published units, and what they become: factor and unit.
UNITS = {
    "100M CNY": (10_000, "万元"),
    "10k CNY": (1, "万元"),
    "CNY": (1, "元"),
    "10k persons": (10_000, "人"),
    "persons": (1, "人"),
    "households": (1, "户"),
    "10k": (10_000, "人次"),
    "ha": (15, "亩"),
    "mu": (1, "亩"),
    "t": (1, "t"),
    "t/yr": (1, "t"),
    "km2": (1, "km²"),
    "ug/m3": (1, "µg/m³"),
    "count": (1, "个"),
    "%": (1, "%"),
    "per mille": (1, "‰"),
    "ratio": (1, ""),
}
# Figures of a date within the year that stand for the year; all other parts of years are left out.
DATED = {"2024-11": 2024, "2020-09-30": 2020, "2021-09": 2021}
# Figures of the first months of a year are variables of their own: the year, and the end of their name.
PARTS = {"2023M1-11": ("2023", "_11m")}
# Industry headings in the order of GB/T 4754-2017, as each census prints them.
LETTERS_2020 = {
    "农林牧渔业": "A", "采矿业": "B", "制造业": "C", "电力热力燃气及水生产和供应业": "D", "建筑业": "E",
    "批发和零售业": "F", "交通运输仓储和邮政业": "G", "住宿和餐饮业": "H",
    "信息传输软件和信息技术服务业": "I", "金融业": "J", "房地产业": "K", "租赁和商务服务业": "L",
    "科学研究和技术服务业": "M", "水利环境和公共设施管理业": "N", "居民服务修理和其服务业": "O",
    "教育": "P", "卫生和社会工作": "Q", "文化体育和娱乐业": "R", "公共管理社会保障和社会组织": "S",
    "国际组织": "T",
}  # fmt: skip
# Three headings of 2010 are broken over the wrong columns in the digitised table. The order of
# GB/T 4754-2002 (transport, information, trade) says what the columns hold.
LETTERS_2010 = {
    "农林牧渔业": "A", "采矿业": "B", "制造业": "C", "电力、燃气及水的生产和供应业": "D", "建筑业": "E",
    "仓储和邮政业": "G", "交通运输、计算机服务和软件业": "I", "信息传输、批发和零售业": "F",
    "住宿和餐饮业": "H", "金融业": "J", "房地产业": "K", "租赁和商务服务业": "L",
    "科学研究、技术服务和地质勘察业": "M", "水利、环境和公共设施管理业": "N", "居民服务和其他服务业": "O",
    "教育": "P", "卫生、社会保障和社会福利业": "Q", "文化、体育和娱乐业": "R",
    "公共管理和社会组织": "S", "国际组织": "T",
}  # fmt: skip
LETTERS = {2010: LETTERS_2010, 2020: LETTERS_2020}


def variables() -> pd.DataFrame:
    """The variables table: every variable that has an observation."""
    return raw.table("variables").sort_values("variable")


def _census_rows(year: int) -> pd.DataFrame:
    """Observations of one census, city and counties."""
    headings = raw.table("variables").dropna(subset=f"census_{year}").set_index(f"census_{year}")["variable"]
    frame = raw.census(year)[headings.index].rename(columns=headings)
    return raw.long(frame, by="variable", value="value").assign(year=year, source=f"census:{year}")


def _derived_rows(year: int) -> pd.DataFrame:
    """Observations that follow from a census: non-farm employment and the urbanization rate."""
    frame = raw.census(year)
    people = frame["城镇人口"] + frame["乡村人口"]
    derived = pd.DataFrame(
        {
            "employed_nonfarm_longform": frame["各种行业人口总计"] - frame["农林牧渔业"],
            "urbanization_rate": (100 * frame["城镇人口"] / people).round(2),
        }
    )
    return raw.long(derived, by="variable", value="value").assign(year=year, source="derived:census")


def carried() -> pd.DataFrame:
    """The published figures whose quality mark lets them in."""
    statistics = raw.table("statistics")
    return statistics[~statistics["quality"].isin(SKIPPED)]


def published() -> pd.DataFrame:
    """Figures of bulletins and news of whole years, in the units of the variables table."""
    named = raw.table("variables").dropna(subset="statistics")
    named = named.assign(indicator=named["statistics"].str.split(";")).explode("indicator")
    rows = carried()
    ending = rows["year"].map({k: v[1] for k, v in PARTS.items()}).fillna("")
    figures = rows.assign(indicator=rows["indicator"] + ending).merge(named, on="indicator")
    whole = {k: str(v) for k, v in DATED.items()} | {k: v[0] for k, v in PARTS.items()}
    year = figures["year"].replace(whole)
    figures = figures.assign(year=pd.to_numeric(year, errors="coerce")).dropna(subset="year")
    factor = figures["unit_of_measure_x"].map({k: v[0] for k, v in UNITS.items()})
    unit = figures["unit_of_measure_x"].map({k: v[1] for k, v in UNITS.items()})
    wrong = figures[unit != figures["unit_of_measure_y"].fillna("")]
    if len(wrong):
        raise ValueError(f"statistics.csv: units of measure do not fit variables.csv:\n{wrong}")
    value = (pd.to_numeric(figures["value"]) * factor).round(6)
    source = "stat:" + figures["origin"].map(origin_codes())
    return figures.assign(value=value, year=figures["year"].astype(int), source=source)


def origin_codes() -> dict[str, str]:
    """A short code for each place where published figures were found."""
    origins = carried()["origin"].drop_duplicates()
    host = origins.str.split("/").str[0].str.replace(r"(\.com|\.cn|\.gov|\.ai)+$", "", regex=True)
    host = host.where(~host.str.match(r"[\d.]+$"), "changshan").str.replace(r"[^A-Za-z0-9]+", "-", regex=True)
    tail = origins.str.extract(r"([A-Za-z0-9]{1,8})(?:\.html?)?$", expand=False).fillna("page")
    codes = (host + "-" + tail).str.lower()
    if codes.duplicated().any():
        raise ValueError("two origins have one code")
    return dict(zip(origins, codes, strict=True))


def observations() -> pd.DataFrame:
    """The observations table; where a figure comes twice, the census goes first, then the first listed."""
    parts = [*map(_census_rows, raw.YEARS), *map(_derived_rows, raw.YEARS), published()]
    rows = pd.concat(parts, ignore_index=True)[["unit", "year", "variable", "value", "source"]]
    rows = rows.drop_duplicates(["unit", "year", "variable"]).assign(modelled=False)
    return rows.sort_values(["unit", "year", "variable"])


def jobs() -> pd.DataFrame:
    """The jobs table: workers of the long-form sample by section of GB/T 4754-2017."""
    parts = []
    for year, letters in LETTERS.items():
        frame = raw.census(year)[list(letters)].rename(columns=letters)
        rows = raw.long(frame, by="industry", value="workers").astype({"workers": int})
        parts.append(rows.assign(year=year, modelled=False, source=f"jobs:{year}"))
    return pd.concat(parts).sort_values(["unit", "year", "industry"])
