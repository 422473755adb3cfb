"""What the tags of roads mean: access, direction, limits, durations, weights and heights."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.readers.report import Finding, counted
from tongqu.data.readers.speeds import kinds_of
from tongqu.data.readers.tables import road_speeds

__all__ = [
    "CAR_TAGS",
    "PASSABLE_BARRIERS",
    "TAGS",
    "barrier_blocks",
    "each",
    "first_of",
    "height_m",
    "limits",
    "minutes_of",
    "quantity",
    "read_tags",
    "weight_t",
]

Bools: TypeAlias = npt.NDArray[np.bool_]

TAGS = (
    "highway",
    "route",
    "area",
    "access",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "goods",
    "hgv",
    "foot",
    "oneway",
    "junction",
    "motorroad",
    "maxspeed",
    "maxspeed:forward",
    "maxspeed:backward",
    "surface",
    "tracktype",
    "service",
    "bridge",
    "tunnel",
    "ford",
    "maxweight",
    "maxheight",
    "duration",
    "name",
    "ref",
)
"""Tags of a way that are read."""

CAR_TAGS = ("motorcar", "motor_vehicle", "vehicle", "access")
FREIGHT_TAGS = ("hgv", "goods", "motor_vehicle", "vehicle", "access")
WALK_TAGS = ("foot", "access")
"""The more special tag goes before the more general (OpenStreetMap, Key:access)."""

CLOSED = frozenset(
    ("no", "private", "agricultural", "forestry", "emergency", "military", "psv", "bus", "use_sidepath")
)
LOCAL = frozenset(["destination", "customers", "delivery", "permit", "residents"])
OPEN = frozenset(["yes", "permissive", "designated", "official"]) | LOCAL
UNBUILT = frozenset(["construction", "proposed", "planned", "abandoned", "disused", "razed", "dismantled"])
NO = frozenset(("", "no", "false", "0"))
ONE_WAY = frozenset(("yes", "true", "1"))
AGAINST = frozenset(("-1", "reverse"))
PASSABLE_BARRIERS = frozenset(
    (
        *("cattle_grid", "border_control", "toll_booth", "sally_port", "gate", "lift_gate", "no"),
        *("entrance", "height_restrictor", "arch"),
    )
)
"""Barriers that cars pass unless a tag closes them (OSRM car profile, ``barrier_whitelist``)."""

KMH_PER = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
TONNES_PER = {"": 1.0, "t": 1.0, "kg": 0.001, "st": 0.90718474, "lbs": 0.00045359237}
METRES_PER = {"": 1.0, "m": 1.0, "cm": 0.01, "ft": 0.3048}
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z/]*)")
FEET = re.compile(r"(\d+)'\s*(?:(\d+(?:\.\d+)?)\")?")
M_PER_FOOT, INCHES_PER_FOOT = 0.3048, 12
CLOCK = re.compile(r"(\d+):(\d{1,2})(?::(\d{1,2}))?")
ISO_TIME = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


def quantity(text: str, *, units: dict[str, float]) -> float:
    """A number with a unit, in the base unit; NaN if it is none.

    Examples
    --------
    >>> quantity("30 mph", units=KMH_PER), quantity("CN:urban", units=KMH_PER)
    (48.28032, nan)
    """
    found = QUANTITY.fullmatch(text.strip().lower())
    factor = units.get(found[2]) if found else None
    return float(found[1]) * factor if found and factor is not None else np.nan


def height_m(text: str) -> float:
    r"""A height in metres; feet and inches are understood.

    Examples
    --------
    >>> height_m("3.5 m"), round(height_m("10'6\""), 2), height_m("default")
    (3.5, 3.2, nan)
    """
    feet = FEET.fullmatch(text.strip())
    if feet:
        return (int(feet[1]) + float(feet[2] or 0) / INCHES_PER_FOOT) * M_PER_FOOT
    return quantity(text, units=METRES_PER)


def weight_t(text: str) -> float:
    """A weight in tonnes; NaN if it is none.

    Examples
    --------
    >>> weight_t("3.5"), weight_t("8000 kg"), weight_t("none")
    (3.5, 8.0, nan)
    """
    return quantity(text, units=TONNES_PER)


def minutes_of(text: str) -> float:
    """A duration in minutes: ``mm``, ``hh:mm``, ``hh:mm:ss`` or ISO 8601; NaN if it is none.

    Examples
    --------
    >>> minutes_of("0:20"), minutes_of("15"), minutes_of("PT1H30M"), minutes_of("soon")
    (20.0, 15.0, 90.0, nan)
    """
    text = text.strip()
    if clock := CLOCK.fullmatch(text):
        return 60.0 * int(clock[1]) + int(clock[2]) + int(clock[3] or 0) / 60
    if (iso := ISO_TIME.fullmatch(text)) and any(iso.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return 1440.0 * days + 60.0 * hours + minutes + seconds / 60
    return quantity(text, units={"": 1.0})


def each(values: pd.Series[str], parse: Callable[[str], float]) -> pd.Series[float]:
    """Numbers by a parser that is called once for each different text; NaN for blanks."""
    known = {text: parse(text) for text in values.unique() if text}
    return values.map(known).astype("float64")


def limits(values: pd.Series[str]) -> tuple[pd.Series[float], list[str]]:
    """Speed limits in km/h, NaN where there is none, and the texts that are no number.

    Examples
    --------
    >>> numbers, unread = limits(pd.Series(["60", "", "CN:urban", "20 mph"]))
    >>> numbers.round(1).to_list(), unread
    ([60.0, nan, nan, 32.2], ['CN:urban'])
    """
    numbers = each(values, lambda text: quantity(text, units=KMH_PER))
    numbers = numbers.where(numbers > 0)
    return numbers, values[numbers.isna() & (values != "")].to_list()


def first_of(tags: pd.DataFrame, names: tuple[str, ...]) -> pd.Series[str]:
    """The value of the first of the tags that each way has."""
    value = tags[names[0]]
    for name in names[1:]:
        value = value.where(value != "", tags[name])
    return value


def says(values: pd.Series[str], words: frozenset[str], *, only: bool = False) -> Bools:
    """Whether one value of each list of values (``agricultural;forestry``), or all of it, is among the words.

    Examples
    --------
    >>> says(pd.Series(["no", "forestry;yes", ""]), CLOSED).tolist()
    [True, True, False]
    >>> says(pd.Series(["no", "forestry;yes", ""]), CLOSED, only=True).tolist()
    [True, False, False]
    """
    parts = {text: {part.strip() for part in text.split(";")} for text in values.unique()}
    found = {text: some <= words if only else not some.isdisjoint(words) for text, some in parts.items()}
    return np.asarray(values.map(found), dtype=np.bool_)


def barrier_blocks(barrier: pd.Series[str], *, access: pd.Series[str]) -> Bools:
    """Whether a node with this barrier and this access tag stops cars.

    Examples
    --------
    >>> barrier_blocks(pd.Series(["bollard", "gate", "gate"]), access=pd.Series(["", "", "private"])).tolist()
    [True, False, True]
    """
    shut = ~barrier.isin(PASSABLE_BARRIERS) & ~says(access, OPEN)
    return np.asarray((barrier != "") & (says(access, CLOSED, only=True) | shut))


def one_way(tags: pd.DataFrame, *, highway: pd.Series[str]) -> tuple[Bools, Bools]:
    """Whether ways are one-way, and whether against their direction.

    Roundabouts and motorways are one-way unless a tag says no.
    """
    tag = tags["oneway"].str.lower()
    implied = tags["junction"].isin(["roundabout", "circular"]) | highway.isin(["motorway", "motorway_link"])
    against = tag.isin(AGAINST)
    single = tag.isin(ONE_WAY) | against | (implied & ~tag.isin(["no", "false", "0"]))
    return np.asarray(single), np.asarray(against)


def access_of(tags: pd.DataFrame, *, kind: pd.Series[str]) -> pd.DataFrame:
    """Whether cars, walkers and lorries may use each way."""
    table = road_speeds()
    base = {mode: kind.map(table[mode]).astype("bool") for mode in ("car", "walk", "freight")}
    by_car, by_foot, by_lorry = (first_of(tags, names) for names in (CAR_TAGS, WALK_TAGS, FREIGHT_TAGS))
    opened = says(first_of(tags, CAR_TAGS[:-1]), OPEN)  # access=yes opens no footpath to cars
    foot = says(tags["foot"], OPEN)
    no_car, no_foot, no_lorry = (says(mode, CLOSED, only=True) for mode in (by_car, by_foot, by_lorry))
    car = (base["car"] & ~no_car) | opened
    walk = (base["walk"] & ~no_foot & (tags["motorroad"] != "yes")) | foot
    freight = base["freight"] & ~no_lorry & (car | says(tags["hgv"], OPEN))
    return pd.DataFrame({"car": car, "walk": walk, "freight": freight, "local": car & says(by_car, LOCAL)})


def left_out(tags: pd.DataFrame, *, highway: pd.Series[str]) -> tuple[Bools, list[Finding]]:
    """Ways that are no roads to travel on, and what they are."""
    known = road_speeds().index
    unbuilt = highway.isin(UNBUILT)
    area = (tags["area"] == "yes") & ~unbuilt
    unknown = ~highway.isin(known) & ~unbuilt & ~area
    findings = [
        Finding("construction", int(unbuilt.sum()), detail=counted(highway[unbuilt])),
        Finding("area", int(area.sum())),
        Finding("unknown_highway", int(unknown.sum()), detail=counted(highway[unknown])),
    ]
    return np.asarray(unbuilt | area | unknown), findings


def read_tags(tags: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The roads among the ways, with what their tags mean.

    Parameters
    ----------
    tags : DataFrame of str
        One column for each of `TAGS`, empty where absent, indexed by position of the way.

    Returns
    -------
    ways : DataFrame
        Draft columns of links (see `assemble`), ``against`` (one way against the line) and ``minutes``
        (of a whole ferry), indexed by position of the way.
    findings : list of Finding
        What was left out or could not be read.
    """
    ferry = (tags["route"] == "ferry") & (tags["highway"] == "")
    highway = tags["highway"].mask(ferry, "ferry")
    out, findings = left_out(tags, highway=highway)
    tags, highway, ferry = tags[~out], highway[~out], ferry[~out]
    kind = kinds_of(highway, tracktype=tags["tracktype"], service=tags["service"])
    access = access_of(tags, kind=kind)
    reachable = access["car"] | access["walk"]
    findings.append(Finding("no_access", int((~reachable).sum()), detail=counted(highway[~reachable])))
    single, against = one_way(tags, highway=highway)
    both, unread = limits(tags["maxspeed"])
    forward, unread_f = limits(tags["maxspeed:forward"])
    backward, unread_b = limits(tags["maxspeed:backward"])
    unread = [*unread, *unread_f, *unread_b]
    findings.append(Finding("limits_unread", len(unread), detail=counted(unread)))
    findings.append(Finding("destination", int(access["local"].sum())))
    ways = pd.DataFrame(
        {
            "highway": highway,
            "kind": kind,
            "oneway": single,
            "against": against,
            "car": access["car"],
            "walk": access["walk"],
            "freight": access["freight"],
            "limit_kmh_forward": forward.fillna(both),
            "limit_kmh_backward": backward.fillna(both),
            "minutes": each(tags["duration"].where(ferry, ""), minutes_of),
            "surface": tags["surface"],
            "bridge": ~tags["bridge"].isin(NO),
            "tunnel": ~tags["tunnel"].isin(NO),
            "ferry": ferry,
            "ford": ~tags["ford"].isin(NO),
            "max_weight_t": each(tags["maxweight"], weight_t),
            "max_height_m": each(tags["maxheight"], height_m),
            "name": tags["name"],
            "ref": tags["ref"],
        }
    )
    return ways[reachable], findings
