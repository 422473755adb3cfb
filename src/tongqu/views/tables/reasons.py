"""Why projects are in the plan, and which places are left out: counted from the ledgers, nothing solved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.views.tables.projects import Projects
from tongqu.views.tables.stored import Stored

__all__ = ["Reasons", "reasons_of"]

LARGEST: Final = 15
"""Length of both lists."""

LIMITS: Final = ("money", "land", "staff")


@dataclass(frozen=True)
class Reasons:
    """What the largest projects serve and take, and who is left out.

    Parameters
    ----------
    projects : DataFrame
        The largest, indexed by project: ``service`` (the one with most people, "" without any), ``people``
        credited in the last year, ``alone`` (those whom nothing else would), ``services`` (how many), and
        ``money, land, staff``: what their use would bring elsewhere at the prices, in the goal's unit.
    left_out : DataFrame
        Places with most people left: ``service, unit, county, left, options``.
    places, people : dict of str to int or float
        By service: places that lack it although a candidate could bring it, and the people there.
    """

    projects: pd.DataFrame
    left_out: pd.DataFrame
    places: dict[str, int]
    people: dict[str, float]


def reasons_of(stored: Stored, projects: Projects) -> Reasons:
    """Give what the largest projects serve and take, and who is left out.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    table, left = stored.run["results/reasons"], stored.run["results/left_out"]
    largest = projects.largest["project"].head(LARGEST)
    mine = table[table["project"].isin(largest)]
    serves, taken = mine[mine["side"] == "serves"], mine[mine["side"] == "takes"]
    most = serves.sort_values(["amount", "key"], ascending=[False, True]).drop_duplicates("project")
    most = most.set_index("project").reindex(largest)
    values = taken.pivot_table(index="project", columns="key", values="value", aggfunc="sum")
    values = values.reindex(index=largest, columns=list(LIMITS)).fillna(0.0)
    shown = pd.DataFrame(
        {
            "service": most["key"].fillna(""),
            "people": most["amount"].fillna(0.0),
            "alone": most["alone"].fillna(0.0),
            "services": serves.groupby("project").size().reindex(largest).fillna(0).astype("int64"),
        },
        index=pd.Index(largest, name="project"),
    ).join(values)
    groups = left.groupby("service")["left"]
    return Reasons(
        projects=shown,
        left_out=left.head(LARGEST)[["service", "unit", "county", "left", "options"]],
        places={str(name): int(number) for name, number in groups.size().items()},
        people={str(name): float(number) for name, number in groups.sum().items()},
    )
