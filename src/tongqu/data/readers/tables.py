"""The package's tables behind the road readers: speeds, surfaces, slopes, headings, class names, findings."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tongqu.data.spec import package_rows

__all__ = ["class_names", "finding_words", "headings", "road_speeds", "slope_factors", "surface_factors"]

NUMBERS = ("car_kmh", "design_kmh_min", "design_kmh_max", "car_factor", "cap_kmh", "grade_min", "grade_max")
FLAGS = ("car", "walk", "freight", "paved")


@cache
def package_table(name: str) -> pd.DataFrame:
    """A default table, numbers and flags typed, blanks of text kept as empty text."""
    frame = pd.DataFrame(package_rows(f"defaults/{name}.csv"), dtype="str")
    for column in frame.columns.intersection(list(NUMBERS)):
        frame[column] = pd.to_numeric(frame[column].where(frame[column] != "")).astype("float64")
    for column in frame.columns.intersection(list(FLAGS)):
        frame[column] = frame[column] == "true"
    return frame


def road_speeds() -> pd.DataFrame:
    """Class, access and mean driving speed of every kind of road, indexed by its tag.

    Returns
    -------
    DataFrame
        Indexed by ``highway`` (``"primary"``, ``"track:grade2"``, ``"service:driveway"``); columns
        ``name_zh, name_en, class, car, walk, freight, car_kmh`` (km/h), ``status`` (found or assumed),
        ``source``, ``design_kmh_min, design_kmh_max`` (km/h), ``design_status, design_source, note``.

    References
    ----------
    JTG B01-2014 and JTG 2111-2019 for design speeds; the OSRM car profile; see the column ``source``.

    Examples
    --------
    >>> print(*road_speeds().loc["secondary", ["class", "car_kmh", "status"]])
    county 45.0 assumed
    """
    return package_table("road_speeds").set_index("highway")


def surface_factors() -> pd.DataFrame:
    """How a surface slows cars, indexed by its tag.

    Returns
    -------
    DataFrame
        Indexed by ``surface``; columns ``name_zh, name_en, paved, car_factor`` (of the speed of the
        class), ``factor_status, factor_source, cap_kmh`` (fastest, km/h), ``cap_status, cap_source``.

    Examples
    --------
    >>> surface_factors().loc["gravel", ["car_factor", "cap_kmh"]].to_list()
    [0.75, 45.0]
    """
    return package_table("surface_factors").set_index("surface")


def slope_factors() -> pd.DataFrame:
    """How a grade slows cars, by classes of grade in driving direction.

    Returns
    -------
    DataFrame
        Columns ``grade_min, grade_max`` (rise over length, up positive), ``name_zh, name_en, car_factor,
        status, source``; the classes cover [-1, 1] without gaps.

    Examples
    --------
    >>> slope_factors()["car_factor"].to_list()
    [0.7, 0.85, 0.95, 1.0, 0.95, 0.8, 0.65]
    """
    return package_table("slope_factors").copy()


def headings() -> pd.DataFrame:
    """Headings in Chinese and English by which columns of road files are recognised.

    Returns
    -------
    DataFrame
        Columns ``column, heading``; of two headings of one column the earlier is preferred.
    """
    return package_table("road_headings").copy()


def class_names() -> pd.Series[str]:
    """Kind of road by the words for road classes in Chinese and English.

    Returns
    -------
    Series of str
        Rows of `road_speeds` by word.

    Examples
    --------
    >>> class_names()[["国道", "四级公路", "X"]].to_list()
    ['trunk', 'tertiary', 'secondary']
    """
    table = package_table("road_class_names")
    return pd.Series(table["highway"].to_numpy(), index=table["value"].to_numpy(), dtype="str")


@cache
def finding_words() -> pd.DataFrame:
    """What a network report can say, in two languages, indexed by finding.

    Returns
    -------
    DataFrame
        Columns ``kind`` (read, left_out or problem), ``en, zh, mend_en, mend_zh``.
    """
    return package_table("road_findings").set_index("finding")
