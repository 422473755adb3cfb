"""The lines that a study of buses chose, as a GTFS feed."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data import Language, Region
from tongqu.data.gtfs import write_feed
from tongqu.methods.bus_lines import KINDS, Lines, feed_tables
from tongqu.workflow.study import FieldStudy

__all__ = ["FIRST", "bus_feed", "fixed_times", "normal_week"]

WEEK: Final = 20
"""ISO week of a normal week: in mid-May no public holiday of China falls, and schools are open."""
FIRST: Final = 390.0
"""First departure of the day, 06:30, in minutes after midnight (assumed)."""
LAST: Final = 1080.0
"""Last departure, 18:00 (assumed)."""
ARRIVE: Final = 460.0
"""When pupils, and people to market, must be at the town's seat: 07:40 (assumed)."""
HOME: Final[Mapping[str, float]] = {"pupils": 990.0, "market": 630.0}
"""When pupils and people from market leave it: 16:30 and 10:30 (assumed)."""
WAY: Final = "—"


def normal_week(year: int) -> tuple[dt.date, dt.date]:
    """Monday and Sunday of a week without holidays.

    Examples
    --------
    >>> normal_week(2026)
    (datetime.date(2026, 5, 11), datetime.date(2026, 5, 17))
    """
    return dt.date.fromisocalendar(year, WEEK, 1), dt.date.fromisocalendar(year, WEEK, 7)


def bus_feed(found: FieldStudy, *, agency: str | None = None, language: Language = "zh") -> bytes:
    """The lines of a study as a GTFS feed: a zip archive.

    Trips are spread evenly over the day; where pupils or people to market ride, some leave so that they are
    in time. Stops lie at road nodes, shapes run straight between them. Zones on demand are not in it.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.buses` gives.
    agency : str, optional
        Name of the operator; that of the region when left out.
    language : {"zh", "en"}
        Language of names.

    Returns
    -------
    bytes
        Service on every day of a normal week of the study's year. The same study gives the same bytes.

    Raises
    ------
    DataError
        If no line was chosen, so that there is nothing to write.

    References
    ----------
    General Transit Feed Specification, reference of the schedule format.
    """
    table = found.tables["lines"]
    if table.empty:
        mend = "give a larger budget, or fewer trips"
        raise DataError([Problem("no line was chosen, so there is no feed", mend=mend, column="lines")])
    stops, lines = _lines(found)
    ends = [_named(found.region, language).reindex(table[side]) for side in ("origin", "destination")]
    long = [
        WAY.join(name for name in pair if isinstance(name, str) and name)
        for pair in zip(*(part.to_numpy() for part in ends), strict=True)
    ]
    monday, sunday = normal_week(found.year)
    layover = float(found.figures["layover_min"])
    fixed = fixed_times(table, loop=lines.loop, layover=layover)
    tables = feed_tables(
        lines,
        table["trips"].to_numpy(),
        stops=_places(found.region, stops, language),
        names=pd.DataFrame({"route_id": table["line"], "short_name": table["line"], "long_name": long}),
        agency=agency or _operator(found.region, language),
        start_date=f"{monday:%Y%m%d}",
        end_date=f"{sunday:%Y%m%d}",
        first=FIRST,
        last=LAST,
        layover=layover,
        language=language,
        fixed={number: times for number, times in enumerate(fixed) if times},
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "feed.zip"
        write_feed(place, tables)
        return place.read_bytes()


def fixed_times(
    table: pd.DataFrame, *, loop: npt.NDArray[np.bool_], layover: float
) -> list[tuple[float, ...]]:
    """Departures from the seat that pupils and people to market need, by line; no more than it has trips.

    In the morning both ride on the way back of one trip, which leaves early enough to be there by the time;
    a line too long for that has none.

    Parameters
    ----------
    table : DataFrame
        ``trips, minutes, pupils, market``.
    loop : numpy.ndarray of bool
        Whether each line is a loop, shape (lines,).
    layover : float
        Minutes at the far end.

    Examples
    --------
    >>> one = {"trips": [4], "minutes": [20.0], "pupils": [3.0], "market": [2.0]}
    >>> fixed_times(pd.DataFrame(one), loop=np.array([False]), layover=5)
    [(415.0, 990.0, 630.0)]
    """
    made = []
    for row, is_loop in zip(table.to_dict("records"), loop, strict=True):
        whole = float(row["minutes"]) if is_loop else 2 * float(row["minutes"]) + layover
        home = [leave for name, leave in HOME.items() if row[name] > 0]
        times = [float(np.floor(ARRIVE - whole)), *home] if home and whole <= ARRIVE else home
        made.append(tuple(times[: int(row["trips"])]))
    return made


def _lines(found: FieldStudy) -> tuple[pd.DataFrame, Lines]:
    """The stops in the order of codes, and the lines over their positions."""
    calls = found.tables["stops"]
    table = found.tables["lines"]
    stops = calls.drop_duplicates("stop").sort_values("stop", ignore_index=True)
    order = pd.Index(table["line"])
    calls = calls.assign(at=order.get_indexer(calls["line"])).sort_values(["at", "sequence"], kind="stable")
    sizes = np.bincount(calls["at"], minlength=len(table))
    lines = Lines(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        pd.Index(stops["stop"]).get_indexer(calls["stop"]).astype(np.int64),
        calls["minutes"].to_numpy(np.float64),
        calls["length_km"].to_numpy(np.float64),
        np.array([KINDS.index(kind) for kind in table["kind"]], dtype=np.int64),
        np.zeros(len(table), dtype=np.int64),
    )
    return stops, lines


def _named(region: Region, language: Language) -> pd.Series:
    """Names of units by code."""
    units = region["units"].set_index("unit")
    return units["name_en"].fillna(units["name"]) if language == "en" else units["name"]


def _places(region: Region, stops: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Stops as a feed has them: called after the village there, else after the road node."""
    names = stops["unit"].map(_named(region, language))
    return pd.DataFrame(
        {
            "stop_id": stops["stop"],
            "stop_name": names.fillna(stops["stop"]),
            "lon": stops["lon"],
            "lat": stops["lat"],
        }
    )


def _operator(region: Region, language: Language) -> str:
    return f"{region.title_zh}城乡公交" if language == "zh" else f"{region.title_en} rural buses"
