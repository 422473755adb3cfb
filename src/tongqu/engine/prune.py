"""Drop chosen projects that the promise does not need: inside its gap the optimiser does not care."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from tongqu.engine.inputs import Inputs

__all__ = ["needed_starts"]

Cell = tuple[str, str]
"""A service and a unit."""


def needed_starts(inputs: Inputs, starts: pd.Series) -> pd.Series:
    """Give the starts without projects whose removal changes no promised figure.

    A project goes, the dearest first, if no chosen project requires it, it adds to no stock and makes no
    room, and whatever it credits to people in need is credited no later by other chosen projects. What
    goes frees money, land and staff, so every limit still holds.
    """
    projects = inputs.offer.projects.set_index("project")
    chosen = projects.loc[projects.index.isin(starts.index)]
    years = starts.reindex(chosen.index) + chosen["lead"]
    opens = {str(name): int(year) for name, year in years.items()}
    kept = set(opens)
    fixed = _fixed(inputs, kept)
    providers, cells = _providers(inputs, opens)
    order = chosen.sort_values(["capital_wan"], ascending=False, kind="stable").index
    requires = chosen["requires"].to_dict()
    again = True
    while again:
        again = False
        required = {requires[name] for name in kept}
        for name in order:
            if name not in kept or name in fixed or name in required:
                continue
            if all(_covered(providers[cell], name, kept=kept, opens=opens) for cell in cells[name]):
                kept.discard(name)
                again = True
    return starts[starts.index.isin(kept)]


def _fixed(inputs: Inputs, chosen: set[str]) -> set[str]:
    """Projects that stay: pinned ones, and those that add to a stock or make room."""
    entries = inputs.offer.entries
    mine = entries[entries["ledger"].isin(["stock", "room"]) & entries["project"].isin(chosen)]
    return set(mine["project"]) | {pin.project for pin in inputs.scenario.pinned}


def _providers(
    inputs: Inputs, opens: dict[str, int]
) -> tuple[dict[Cell, list[tuple[str, ...]]], dict[str, list[Cell]]]:
    """Chosen options of each service and unit in need, and the cells that each project takes part in."""
    entries, pairs = inputs.offer.entries, inputs.offer.pairs
    served = entries[(entries["ledger"] == "served") & entries["project"].isin(list(opens))]
    both = pairs[pairs["first"].isin(list(opens)) & pairs["second"].isin(list(opens))]
    needy = {
        (service, unit)
        for service in sorted(set(served["key"]) | set(both["key"]))
        for unit in _in_need(inputs, service)
    }
    providers: dict[Cell, list[tuple[str, ...]]] = defaultdict(list)
    cells: dict[str, list[Cell]] = defaultdict(list)
    options: list[tuple[tuple[str, ...], Cell]] = []
    options += [((row["project"],), (row["key"], row["unit"])) for row in served.to_dict("records")]
    options += [((row["first"], row["second"]), (row["key"], row["unit"])) for row in both.to_dict("records")]
    for option, cell in options:
        if cell in needy:
            providers[cell].append(option)
            for name in option:
                cells[name].append(cell)
    return providers, cells


def _in_need(inputs: Inputs, service: str) -> list[str]:
    unmet = inputs.unmet(service).sum(axis=1)
    return [str(unit) for unit in unmet.index[unmet > 0]]


def _covered(options: list[tuple[str, ...]], name: str, *, kept: set[str], opens: dict[str, int]) -> bool:
    """Whether other options credit a cell from no later on than those with ``name`` do."""
    alive = [option for option in options if all(other in kept for other in option)]
    mine = [max(opens[other] for other in option) for option in alive if name in option]
    others = [max(opens[other] for other in option) for option in alive if name not in option]
    return not mine or (bool(others) and min(others) <= min(mine))
