"""Proposed roles beside official ones, beside administrative rank, and beside those by score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from tongqu.methods.settlement import agreement
from tongqu.workflow.axis.measures import Grounds

__all__ = ["agreements", "bases_of", "differing", "judged"]

TOWN: Final = "镇"
"""Kind of a town of its own (建制镇); townships (乡) have no town status."""

LEVEL_ROLES: Final = {"town": "central_town", "village": "central_village"}
"""Role that places of each level can be proposed for; county seats are given."""

COUNTY_SEAT: Final = "county_seat"

REASONS: Final = ("minutes", "people", "services")
"""What a differing place may stand out by in its county: minutes saved, people, services."""


def bases_of(grounds: Grounds) -> dict[str, str]:
    """What proposed roles of each level can be set against: ``official``, ``rank`` or nothing (blank).

    Official roles count as known once the region names one central place of the level; if it names none,
    towns are set against their rank, 镇 against 乡.
    """
    places = grounds.places
    known = {
        "town": bool(places["official"].eq("central_town").any()),
        "village": bool(places["official"].eq("central_village").any()),
    }
    towns = grounds.of_level("town")
    ranked = bool(towns.loc[towns["candidate"], "kind"].eq(TOWN).any())
    fallback = {"town": "rank" if ranked else "", "village": ""}
    return {level: "official" if known[level] else fallback[level] for level in known}


def judged(grounds: Grounds, proposed: pd.Series[str], *, bases: Mapping[str, str]) -> pd.DataFrame:
    """Each place's ``other`` role and whether it ``agrees``; both missing where nothing can be compared.

    County seats are not compared, as they are given; nor are places that can hold no role and have none.
    Rank says that a central town should be a 镇; it does not say which of them. So by rank a place without
    a role never differs, and a 乡 with one differs where a 镇 of its county is passed over.
    """
    places = grounds.places
    other = pd.Series(pd.NA, index=places.index, dtype="string")
    agrees = pd.Series(pd.NA, index=places.index, dtype="boolean")
    for level, basis in bases.items():
        own = (places["level"] == level) & ~places["seat"]
        if basis == "official":
            compared = own & (places["candidate"] | (places["official"] != ""))
            other[compared] = places.loc[compared, "official"]
            agrees[compared] = (proposed == places["official"])[compared]
        if basis == "rank":
            compared = own & places["candidate"]
            other[compared] = np.where(places.loc[compared, "kind"] == TOWN, "central_town", "")
            town, central = places["kind"] == TOWN, proposed == "central_town"
            passed_over = (compared & town & ~central).groupby(places["county"]).transform("any")
            agrees[compared & central & (town | passed_over)] = town[
                compared & central & (town | passed_over)
            ]
    return pd.DataFrame({"other": other, "agrees": agrees})


def agreements(
    grounds: Grounds, proposed: pd.Series[str], *, by_score: pd.Series[str], bases: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Agreement for each basis and level, and the tables behind it.

    Returns
    -------
    tuple of DataFrame
        ``basis, level, places, agree, share, kappa, error`` and ``basis, level, proposed, other, places``.
    """
    other = judged(grounds, proposed, bases=bases)["other"]
    figures, tables = [], []
    for level, role in LEVEL_ROLES.items():
        own = grounds.of_level(level).index
        able = own[grounds.places.loc[own, "candidate"]]
        for basis, roles in ((bases[level], other[own].dropna()), ("score", by_score[able])):
            if not basis or roles.empty:
                continue
            figure, table = _one(proposed[roles.index], roles, order=_order(roles, role=role))
            figures.append({"basis": basis, "level": level} | figure)
            tables.append(table.assign(basis=basis, level=level))
    columns = ["basis", "level", "proposed", "other", "places"]
    return pd.DataFrame(figures), pd.concat(tables, ignore_index=True)[columns]


def _order(roles: pd.Series[str], *, role: str) -> list[str]:
    """Roles in the comparison, the highest first; an official table may name a second county seat."""
    return [*([COUNTY_SEAT] if (roles == COUNTY_SEAT).any() else []), role, ""]


def _one(
    proposed: pd.Series[str], other: pd.Series[str], *, order: Sequence[str]
) -> tuple[dict[str, object], pd.DataFrame]:
    found = agreement(proposed.to_numpy(dtype=object), other.to_numpy(dtype=object), order=order)
    figure: dict[str, object] = {
        "places": len(proposed),
        "agree": len(proposed) - found.differ.size,
        "share": found.share,
        "kappa": found.kappa,
        "error": found.error,
    }
    wide = found.table.rename_axis(index="proposed", columns="other").reset_index()
    return figure, wide.melt(id_vars="proposed", value_name="places")


def differing(places: pd.DataFrame, *, bases: Mapping[str, str]) -> pd.DataFrame:
    """Places whose role differs, and what of it: a row each, by county.

    Parameters
    ----------
    places : DataFrame
        The table `Axis.places`, with the column ``other``.
    bases : mapping of str to str
        What each level was set against.

    Returns
    -------
    DataFrame
        ``unit, name, level, county, basis, proposed, other, people, saves, services``, their ranks among the
        county's candidates of the level (``rank_people, rank_saves, rank_services``), ``candidates``, and
        ``reason``: for a place that has a role here and not there, what it ranks best by; for one that has
        none, what it ranks worst by (blank for a subdistrict, which cannot hold one). At equal ranks minutes
        go before people, people before services.
    """
    able = places[places["saves"].notna()]
    groups = able.groupby(["county", "level"])
    ranks = pd.DataFrame(
        {
            "unit": able["unit"],
            "rank_saves": groups["saves"].rank(ascending=False, method="min"),
            "rank_people": groups["people"].rank(ascending=False, method="min"),
            "rank_services": groups["services"].rank(ascending=False, method="min"),
            "candidates": groups["unit"].transform("size"),
        }
    )
    columns = ["unit", "name", "level", "county", "proposed", "other", "people", "saves", "services"]
    found = places.loc[(~places["agrees"].fillna(True)).to_numpy(bool), columns].merge(
        ranks, on="unit", how="left"
    )
    order = found[["rank_saves", "rank_people", "rank_services"]].to_numpy(np.float64)
    filled = np.where(np.isnan(order), np.inf, order)
    best, worst = filled.argmin(axis=1), np.where(np.isnan(order), -np.inf, order).argmax(axis=1)
    chosen = np.where(found["proposed"] != "", best, worst)
    reason = pd.Series([REASONS[int(each)] for each in chosen], index=found.index, dtype="str")
    counts = ["rank_saves", "rank_people", "rank_services", "candidates"]
    typed = found.astype(dict.fromkeys(counts, "Int64")).assign(reason=reason)
    typed["reason"] = typed["reason"].where(typed["candidates"].notna(), "")
    typed.insert(4, "basis", typed["level"].map(dict(bases)))
    return typed.sort_values(["level", "county", "unit"], ignore_index=True)
