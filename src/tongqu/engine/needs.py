"""Who lacks a service in the baseline, and which candidates could not change that nor anything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from tongqu.contracts import Offer, State

__all__ = ["cells_in_need", "changing_projects", "idle_projects", "unmet_of"]


def unmet_of(states: Sequence[State], service: str) -> pd.DataFrame:
    """Unmet demand of a service: units in rows, years in columns, persons."""
    columns = {state.year: state[f"demand.{service}"] - state[f"served.{service}"] for state in states}
    return pd.DataFrame(columns).clip(lower=0.0)


def cells_in_need(offer: Offer, states: Sequence[State]) -> pd.MultiIndex:
    """Services on offer (``key``) and units with an unmet demand for them in some year."""
    served = offer.entries.loc[offer.entries["ledger"] == "served", "key"]
    cells: list[tuple[str, str]] = []
    for service in sorted(set(served) | set(offer.pairs["key"])):
        unmet = unmet_of(states, service).sum(axis=1)
        cells += [(service, str(unit)) for unit in unmet.index[unmet > 0]]
    return pd.MultiIndex.from_tuples(cells, names=["key", "unit"])


def changing_projects(offer: Offer) -> set[str]:
    """Projects that add to a stock, or free money, land or staff that others may use."""
    entries = offer.entries
    stock = (entries["ledger"] == "stock") & (entries["amount"] != 0)
    frees = entries["ledger"].isin(["money", "land", "staff"]) & (entries["amount"] < 0)
    return set(entries.loc[stock | frees, "project"])


def idle_projects(offer: Offer, states: Sequence[State], *, wanted: Iterable[str] = ()) -> list[str]:
    """Candidates that could change no figure of any plan's promise, in the order of the offer.

    A candidate is idle if it credits no service to anybody in need, alone or in a pair, adds to no stock,
    makes no room that somebody credited could use, frees no money, land or staff, is not wanted, and no
    candidate that is not idle requires it. Without it any plan keeps its limits and its promise.

    Parameters
    ----------
    wanted : iterable of str
        Projects that are never idle, such as those pinned.
    """
    needy = cells_in_need(offer, states)

    def in_need(table: pd.DataFrame) -> pd.DataFrame:
        return table[pd.MultiIndex.from_frame(table[["key", "unit"]]).isin(needy)]

    single = in_need(offer.entries[offer.entries["ledger"] == "served"])
    both = in_need(offer.pairs)
    kept = set(single["project"]) | set(both["first"]) | set(both["second"])
    rooms = offer.entries[offer.entries["ledger"] == "room"]
    pools = rooms.loc[rooms["project"].isin(kept), ["key", "unit"]].drop_duplicates()
    kept |= set(rooms.merge(pools, on=["key", "unit"])["project"])
    kept |= changing_projects(offer) | set(wanted)
    projects = offer.projects
    while more := set(projects.loc[projects["project"].isin(kept), "requires"]) - {""} - kept:
        kept |= more
    return list(projects.loc[~projects["project"].isin(kept), "project"])
