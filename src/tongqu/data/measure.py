"""Units of measure: the symbols that tables may use, alone or put together with a slash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from tongqu.data.problems import suggest
from tongqu.data.spec import package_rows

__all__ = ["UnitOfMeasure", "is_unit_of_measure", "mend_unit_of_measure", "units_of_measure"]

COUNT = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class UnitOfMeasure:
    """One unit of measure: its symbol, its Chinese and English names and what it measures."""

    symbol: str
    zh: str
    en: str
    dimension: str


@cache
def units_of_measure() -> Mapping[str, UnitOfMeasure]:
    """The known units of measure by symbol.

    Examples
    --------
    >>> units_of_measure()["mu"].dimension
    'area'
    """
    rows = package_rows("units_of_measure.csv")
    return MappingProxyType({row["symbol"]: UnitOfMeasure(**row) for row in rows})


def is_unit_of_measure(text: str) -> bool:
    """Whether the text is a known symbol or Chinese name, or such names and counts joined by slashes.

    Parameters
    ----------
    text : str
        For example ``"min"``, ``"万元/km"`` or ``"bed/1000"`` (beds per 1000).

    Examples
    --------
    >>> is_unit_of_measure("万元/km/year"), is_unit_of_measure("bed/1000"), is_unit_of_measure("furlong")
    (True, True, False)
    """
    known = {name for unit in units_of_measure().values() for name in (unit.symbol, unit.zh)}
    first, *rest = text.split("/")
    return text in known or (first in known and all(part in known or COUNT.fullmatch(part) for part in rest))


def mend_unit_of_measure(text: str) -> str:
    """What to do about an unknown unit.

    Examples
    --------
    >>> print(mend_unit_of_measure("kms"))
    did you mean 'km'? write known units, joined by '/' where needed: %, ‰, ratio, index, ...
    """
    wrong = next((part for part in text.split("/") if not is_unit_of_measure(part)), text)
    return suggest(wrong, units_of_measure()) + (
        f"write known units, joined by '/' where needed: {', '.join(units_of_measure())}"
    )
