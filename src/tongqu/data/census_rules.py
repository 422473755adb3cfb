"""Rules of censuses: both sexes, ages that add up, the same counties in every census, rates that can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked, Mask

__all__ = ["check_censuses", "check_rates"]

ROUNDING: Final = 0.5
"""People by which ages may miss a total: counts are whole."""
CENSUS: Final = 100.0
"""People of a place from which its rows of a year are a census and not a few people entered by hand."""
TOTALS: Final = {"resident_people": "", "resident_men": "male", "resident_women": "female"}
"""Observations that people by age must add up to, and the sex that they count."""
RANGES: Final = {"%": (0.0, 100.0), "‰": (0.0, 1000.0)}
"""Range of a rate or share by its unit of measure."""
ELSEWHERE: Final = "migrants_"
"""How the names of observations of residents registered elsewhere begin."""
CHANGES: Final = ("growth", "change")
"""Words in the name of a variable in those units that may be negative or more than the whole."""


def check_censuses(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report a sex that is missing, ages that miss a total, and counties that one census lacks."""
    people = tables.get("people")
    if people is None or not people.has("unit", "year", "sex", "people"):
        return
    frame = pd.DataFrame(
        {
            "unit": people.text["unit"].to_numpy(),
            "year": people.typed["year"].to_numpy(),
            "sex": people.text["sex"].to_numpy(),
            "people": people.typed["people"].astype("float64").to_numpy(),
        }
    )
    if "units" in tables and tables["units"].has("unit", "level"):
        level = pd.Series(
            tables["units"].text["level"].to_numpy(), index=tables["units"].text["unit"].to_numpy()
        )
        frame = frame.assign(level=frame["unit"].map(level[~level.index.duplicated()]))
        check_years(people, frame, problems=problems)
        check_sexes(people, frame, problems=problems)
    if "observations" in tables:
        check_totals(frame, seen=tables["observations"], problems=problems)
        check_registers(frame, seen=tables["observations"], problems=problems)


def census_rows(frame: pd.DataFrame, *levels: str) -> Mask:
    """Rows of places of these levels in years in which so many people were counted that it was a census."""
    counted = frame.groupby(["unit", "year"])["people"].transform("sum") >= CENSUS
    return (frame["level"].isin(levels) & frame["year"].notna() & counted).to_numpy(dtype=bool)


def check_sexes(people: Checked, frame: pd.DataFrame, *, problems: Problems) -> None:
    """Report cities, counties and years of which only one sex is given; a hamlet may well have one only."""
    known = census_rows(frame, "city", "county") & frame["sex"].isin(["male", "female"]).to_numpy()
    mine = frame[known]
    alone = np.zeros(len(frame), dtype=bool)
    one = mine.groupby(["unit", "year"])["sex"].transform("nunique") == 1
    alone[known] = (one & ~mine.duplicated(["unit", "year"])).to_numpy()

    def mend(position: int, value: str) -> str:
        other = "female" if value == "male" else "male"
        return f"add the rows of {other} for {frame['unit'].iloc[position]} in {frame['year'].iloc[position]}"

    problems.add_rows("a sex is missing", at=people.place("sex"), where=alone, mend=mend)


def check_years(people: Checked, frame: pd.DataFrame, *, problems: Problems) -> None:
    """Report counties that some census of the counties lacks."""
    mine = frame[census_rows(frame, "county")]
    years = sorted(set(mine["year"]))
    if len(years) < 2:
        return
    given = mine.groupby("unit")["year"].agg(set)
    lacking = {str(unit): sorted(set(years) - found) for unit, found in given.items()}
    first = frame["unit"].map(lambda unit: bool(lacking.get(unit))) & ~frame.duplicated("unit")

    def mend(_: int, value: str) -> str:
        missing = ", ".join(str(year) for year in lacking[value])
        return f"give its people in {missing}, or leave {missing} out for all counties"

    at = people.place("unit")
    problems.add_rows("a county that only one census counts", at=at, where=first.to_numpy(bool), mend=mend)


def check_totals(frame: pd.DataFrame, *, seen: Checked, problems: Problems) -> None:
    """Report observed totals that the people by age do not add up to."""
    if not seen.has("unit", "year", "variable", "value"):
        return
    sound = frame["people"].ge(0).groupby([frame["unit"], frame["year"]]).all()
    variable = seen.text["variable"]
    for name, sex in TOTALS.items():
        mine = frame[frame["sex"] == sex] if sex else frame
        sums = mine.groupby(["unit", "year"])["people"].sum()[lambda s: sound.reindex(s.index).fillna(False)]
        key = pd.MultiIndex.from_arrays([seen.text["unit"].to_numpy(), seen.typed["year"].to_numpy()])
        total = sums.reindex(key).to_numpy()
        value = seen.typed["value"].to_numpy(dtype=np.float64)
        apart = np.abs(total - value) > ROUNDING
        wrong: Mask = (variable == name).to_numpy() & np.isfinite(total) & np.isfinite(value) & apart

        def mend(position: int, _: str, total: np.ndarray = total) -> str:
            return f"the ages in people.csv add up to {total[position]:.0f}: correct the ages or the total"

        problems.add_rows("ages do not add up to the total", at=seen.place("value"), where=wrong, mend=mend)


def check_registers(frame: pd.DataFrame, *, seen: Checked, problems: Problems) -> None:
    """Report places with more people registered elsewhere than people."""
    if not seen.has("unit", "year", "variable", "value"):
        return
    variable = seen.text["variable"].fillna("")
    table = pd.DataFrame(
        {
            "unit": seen.text["unit"].to_numpy(),
            "year": seen.typed["year"].to_numpy(),
            "value": seen.typed["value"].to_numpy(dtype=np.float64),
        }
    )[variable.str.startswith(ELSEWHERE).to_numpy()]
    stock = table.groupby(["unit", "year"])["value"].transform("sum")
    people = frame.groupby(["unit", "year"])["people"].sum()
    here = people.reindex(pd.MultiIndex.from_frame(table[["unit", "year"]])).to_numpy()
    wrong = np.zeros(len(variable), dtype=bool)
    wrong[table.index] = (stock.to_numpy() > here) & ~table.duplicated(["unit", "year"]).to_numpy()
    problems.add_rows(
        "more people registered elsewhere than people",
        at=seen.place("value"),
        where=wrong,
        mend="correct the migrants, or the people of that year",
    )


def check_rates(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report observed shares and rates that cannot be."""
    seen, words = tables.get("observations"), tables.get("variables")
    if seen is None or words is None:
        return
    if not (seen.has("variable", "value") and words.has("variable", "unit_of_measure")):
        return
    unit = pd.Series(words.text["unit_of_measure"].to_numpy(), index=words.text["variable"].to_numpy())
    unit = unit[~unit.index.duplicated()]
    name = seen.text["variable"]
    measured = name.map(unit)
    change = name.fillna("").str.contains("|".join(CHANGES)).to_numpy()
    value = seen.typed["value"].to_numpy(dtype=np.float64)
    for measure, (low, high) in RANGES.items():
        outside = (value < low) | (value > high)
        wrong = (measured == measure).to_numpy() & ~change & outside
        mend = f"enter a value from {low:g} to {high:g}{measure}"
        problems.add_rows("an impossible rate", at=seen.place("value"), where=wrong, mend=mend)
