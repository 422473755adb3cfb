"""Drop chosen projects that the promise does not need: inside its gap the optimiser does not care."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.engine.inputs import Inputs
from tongqu.engine.needs import changing_projects, lowering_stocks
from tongqu.engine.orders import wanted

__all__ = ["needed_starts"]

Cell = tuple[str, str]
"""A service and a unit."""

SAME: Final = 1e-9
"""Share of a unit's unmet demand up to which two credits are the same."""


def needed_starts(inputs: Inputs, starts: pd.Series) -> pd.Series:
    """Give the starts without projects whose removal worsens no promised figure.

    A project goes, the dearest first, if no chosen project requires it, it adds to no stock, takes no part in
    a service whose places are counted, frees no money, land or staff, and other chosen projects credit as
    much, up to everybody, in each year to each unit in need. What goes only takes from the limits, so every
    limit still holds.
    """
    projects = inputs.offer.projects.set_index("project")
    chosen = projects.loc[projects.index.isin(starts.index)]
    years = starts.reindex(chosen.index) + chosen["lead"]
    opens = {str(name): int(year) for name, year in years.items()}
    kept = set(opens)
    lowering = lowering_stocks(inputs.region["indicators"], inputs.sectors)
    fixed = changing_projects(inputs.offer, lowering=lowering) | _pinned(inputs) | _placing(inputs)
    cells = _cells(inputs, opens)
    parts: dict[str, set[Cell]] = defaultdict(set)
    for cell, found in cells.items():
        for option in found.options:
            for name in option.projects:
                parts[name].add(cell)
    order = chosen.sort_values(["capital_wan"], ascending=False, kind="stable").index
    requires = chosen["requires"].to_dict()
    again = True
    while again:
        again = False
        required = {requires[name] for name in kept}
        for name in order:
            if name not in kept or name in fixed or name in required:
                continue
            if all(cells[cell].spares(name, kept=kept) for cell in parts[name]):
                kept.discard(name)
                again = True
    return starts[starts.index.isin(kept)]


def _pinned(inputs: Inputs) -> set[str]:
    return set(wanted(inputs.scenario))


def _placing(inputs: Inputs) -> set[str]:
    """Projects that take part in a service whose places are counted: what they add depends on all others."""
    entries, pairs = inputs.offer.entries, inputs.offer.pairs
    rooms = set(entries.loc[entries["ledger"] == "room", "key"])
    mine = entries[entries["ledger"].isin(["served", "room"]) & entries["key"].isin(rooms)]
    both = pairs[pairs["key"].isin(rooms)]
    return set(mine["project"]) | set(both["first"]) | set(both["second"])


@dataclass(frozen=True)
class _Option:
    """Projects that credit a unit while all of them work, and the credit in each year."""

    projects: tuple[str, ...]
    credit: npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Credited:
    """A unit that is in need of a service in some years, and the chosen options that credit it."""

    need: npt.NDArray[np.bool_]
    options: list[_Option]

    def spares(self, name: str, *, kept: set[str]) -> bool:
        """Whether the unit is credited as much in each year of need without the project."""
        alive = [option for option in self.options if kept.issuperset(option.projects)]
        full, less = (
            np.minimum(sum((option.credit for option in options), np.zeros(len(self.need))), 1.0)
            for options in (alive, [option for option in alive if name not in option.projects])
        )
        return bool((less >= full - SAME)[self.need].all())


def _cells(inputs: Inputs, opens: dict[str, int]) -> dict[Cell, _Credited]:
    """Units in need that chosen projects credit, by service and unit."""
    entries, pairs = inputs.offer.entries, inputs.offer.pairs
    served = entries[(entries["ledger"] == "served") & entries["project"].isin(list(opens))]
    single = served.assign(first=served["project"], second=served["project"])
    both = pairs[pairs["first"].isin(list(opens)) & pairs["second"].isin(list(opens))]
    columns = ["key", "unit", "first", "second"]
    # The program takes the largest of several amounts of the same projects in the same place.
    rows = pd.concat([single[[*columns, "amount"]], both[[*columns, "amount"]]], ignore_index=True)
    amounts = rows.groupby(columns, sort=True)["amount"].max()
    need = {str(service): inputs.unmet(str(service)) > 0 for service in rows["key"].unique()}
    years = np.asarray(inputs.years)
    cells: dict[Cell, _Credited] = {}
    for row, amount in zip(amounts.index, amounts, strict=True):
        key, unit, first, second = (str(part) for part in row)
        if unit not in need[key].index or not need[key].loc[unit].any():
            continue
        cell = cells.setdefault((key, unit), _Credited(need[key].loc[unit].to_numpy(), []))
        opened = years >= max(opens[first], opens[second])
        cell.options.append(_Option((first, second), np.where(opened, amount, 0.0)))
    return cells
