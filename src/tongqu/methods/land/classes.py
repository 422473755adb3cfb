"""Classes of land, and which may become which by law."""

from __future__ import annotations

from typing import Final

import pandas as pd

__all__ = ["BUILT", "CLASSES", "OPEN", "PART_OF", "transitions"]

CLASSES: Final = (
    "farmland",
    "orchard",
    "forest",
    "other_green",
    "urban",
    "rural",
    "transport",
    "water",
    "other",
)
"""Classes that make up the area of a place (put together from GB/T 21010-2017)."""
PART_OF: Final = {"basic_farmland": "farmland", "idle_homestead": "rural"}
"""Classes that are part of another: they are never added to the area."""
BUILT: Final = ("urban", "rural", "transport")
"""Construction land (Land Administration Law 2019, Art. 4)."""
OPEN: Final = ("farmland", "orchard", "forest", "other_green", "other")
"""Land that can be built on with approval, or be reclaimed from what was built."""

_LAW: Final = "Land Administration Law 2019"
_RULES: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    # to, from, source
    ("urban", ("farmland", "orchard", "forest", "other_green", "other", "rural"), f"{_LAW}, Art. 44, 45, 63"),
    ("rural", ("farmland", "orchard", "forest", "other_green", "other"), f"{_LAW}, Art. 59-62"),
    (
        "transport",
        ("farmland", "orchard", "forest", "other_green", "other", "rural", "water"),
        f"{_LAW}, Art. 44",
    ),
    ("farmland", ("rural", "urban", "transport", "other", "other_green", "orchard"), f"{_LAW}, Art. 39-43"),
    ("orchard", ("rural", "other", "other_green"), f"{_LAW}, Art. 37, 43"),
    ("forest", ("rural", "urban", "transport", "other", "other_green", "orchard"), f"{_LAW}, Art. 40, 43"),
    ("other_green", ("rural", "urban", "transport", "other"), f"{_LAW}, Art. 43"),
    ("water", ("farmland", "other", "other_green"), f"{_LAW}, Art. 44"),
)


def transitions() -> pd.DataFrame:
    """Which class may become which, and by what rule.

    Farmland becomes no orchard and no forest (Law of 2019, Art. 37; State Council notice against
    non-grain use, 2020), water is not filled for building, and basic farmland becomes nothing else at all
    (Regulations on basic farmland 1998, Art. 15; only projects of the state may, by its own approval).

    Returns
    -------
    DataFrame
        Columns ``from, to, source``; classes of `CLASSES`, no row from a class to itself.

    References
    ----------
    Land Administration Law of the People's Republic of China, revised 2019.
    Regulations on the Protection of Basic Farmland, State Council 1998, revised 2011.
    GB/T 21010-2017, Current land use classification.

    Examples
    --------
    >>> table = transitions()
    >>> table.loc[table["from"] == "water", "to"].tolist()
    ['transport']
    >>> bool(((table["from"] == "farmland") & (table["to"] == "orchard")).any())
    False
    """
    rows = [(start, end, source) for end, starts, source in _RULES for start in starts]
    return pd.DataFrame(rows, columns=["from", "to", "source"])
