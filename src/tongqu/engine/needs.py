"""Who lacks a service in the baseline, and which candidates could not change that nor anything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from tongqu.contracts import Offer, Sector, State

__all__ = ["cells_in_need", "changing_projects", "idle_projects", "lowering_stocks", "unmet_of"]


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


def lowering_stocks(indicators: pd.DataFrame, sectors: Iterable[Sector]) -> frozenset[str]:
    """Stocks of which more is never better, such as land built on: no plan builds for their sake.

    They count in indicators only whose target lies below the worst value, and no sector reads them.

    Examples
    --------
    >>> rows = {"origin": "ledger", "numerator": ["stock.built", "stock.beds"], "worst": [160, 2]}
    >>> sorted(lowering_stocks(pd.DataFrame(rows | {"target": [100, 6]}), []))
    ['built']
    """
    counted = indicators[indicators["origin"] == "ledger"]
    falls = (counted["worst"] > counted["target"]).groupby(counted["numerator"].astype("str")).all()
    read = {name.removeprefix("last.") for sector in sectors for name in sector.reads}
    return frozenset(name.removeprefix("stock.") for name in falls.index[falls] if name not in read)


def changing_projects(offer: Offer, *, lowering: frozenset[str] = frozenset()) -> set[str]:
    """Projects that add to a stock, or free money, land or staff that others may use.

    Parameters
    ----------
    lowering : frozenset of str
        Stocks of which more is never better; only less of them counts.
    """
    entries = offer.entries
    better = (entries["amount"] < 0) | ~entries["key"].isin(list(lowering))
    stock = (entries["ledger"] == "stock") & (entries["amount"] != 0) & better
    frees = entries["ledger"].isin(["money", "land", "staff"]) & (entries["amount"] < 0)
    return set(entries.loc[stock | frees, "project"])


def idle_projects(
    offer: Offer,
    states: Sequence[State],
    *,
    wanted: Iterable[str] = (),
    lowering: frozenset[str] = frozenset(),
) -> list[str]:
    """Candidates that could better no figure of any plan's promise, in the order of the offer.

    A candidate is idle if it credits no service to anybody in need, alone or in a pair, adds to no stock,
    makes no room that somebody credited could use, frees no money, land or staff, is not wanted, and no
    candidate that is not idle requires it. Without it any plan keeps its limits and promises no less.

    Parameters
    ----------
    wanted : iterable of str
        Projects that are never idle, such as those pinned.
    lowering : frozenset of str
        See `changing_projects`.
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
    kept |= changing_projects(offer, lowering=lowering) | set(wanted)
    projects = offer.projects
    while more := set(projects.loc[projects["project"].isin(kept), "requires"]) - {""} - kept:
        kept |= more
    return list(projects.loc[~projects["project"].isin(kept), "project"])
