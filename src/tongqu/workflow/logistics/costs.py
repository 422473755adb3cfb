"""What a parcel and a tonne cost in each case, the legs of the cold chain, and villages left unserved."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base.units import WAN
from tongqu.methods.cold_chain import kept_share
from tongqu.sectors.logistics.costs import Works, town_costs
from tongqu.sectors.logistics.ground import TONNE, ways_of
from tongqu.sectors.logistics.parameters import MINUTES_PER_HOUR
from tongqu.workflow.logistics.ground import Base, level_table
from tongqu.workflow.logistics.rounds import CASES, Driven

__all__ = ["cold_table", "cost_table", "lacking_table", "town_figures"]

Floats = npt.NDArray[np.float64]

LEGS: Final = ("field", "first_mile", "station", "trunk")
"""Legs of farm goods: waiting in the field, to the station, waiting there, to the centre."""
MINE: Final = (
    "rounds_yuan",
    "bus_yuan",
    "locker_yuan",
    "stops",
    "by_bus",
    "vehicles",
    "km",
    "hours",
    "towns",
)
"""Sums of a case by town."""
COLD: Final = (
    "unit",
    "level",
    "case",
    "kind",
    "hours",
    "tonnes",
    "lost_t",
    "lost_share",
    "worth_wan",
    "cooling_wan",
)
"""Columns of the cold chain."""
SUMS: Final = ("parcels", "tonnes", "handling_yuan", "trunk_yuan", "hauled_yuan", *MINE)


def town_figures(base: Base, *, joint: pd.Index | None = None) -> pd.DataFrame:
    """What the sector says of each town, with freight on the buses of some."""
    works = Works(joint=frozenset(() if joint is None else joint.astype("str")))
    nothing = pd.Series(dtype="float64")
    return town_costs(
        base.region, base.state, served=base.served, extra=nothing, works=works, assume=base.assume
    )


def cost_table(base: Base, driven: Driven) -> pd.DataFrame:
    """Cost of parcels and farm goods by place and case; a day, with rounds as searched.

    Returns
    -------
    DataFrame
        ``unit, level, case, parcels`` (a day), ``tonnes`` (a year), ``rounds_yuan, bus_yuan, locker_yuan,
        handling_yuan, trunk_yuan, total_yuan`` (a day), ``stops, by_bus, vehicles, km, hours, towns`` (where
        the case costs less than separate vans and is used; elsewhere separate vans go on),
        ``yuan_per_parcel, yuan_per_tonne, saving`` (share of the cost of a parcel with separate vans).
    """
    parts = []
    for case in CASES:
        mine, pays = _where_it_pays(driven.totals, case=case)
        figures = town_figures(base, joint=pays if case == "joint" else None)
        mine = mine.reindex(figures.index).astype("float64").fillna(0.0)
        towns = pd.DataFrame(
            {
                "county": figures["county"],
                "parcels": figures["parcels"],
                "tonnes": figures["tonnes"],
                "handling_yuan": figures["handling_yuan"] - mine.pop("fee_saved_yuan"),
                "trunk_yuan": figures["trunk_yuan"],
                "hauled_yuan": figures["tonnes"] * figures["tonne_yuan"],
            }
        ).join(mine)
        table = level_table(base, towns[["county", *SUMS]])
        parts.append(table.assign(case=case))
    table = pd.concat(parts, ignore_index=True)
    money = ["rounds_yuan", "bus_yuan", "locker_yuan", "handling_yuan", "trunk_yuan"]
    total = table[money].sum(axis=1)
    each = total / table["parcels"].where(table["parcels"] > 0)
    tonne = table["hauled_yuan"] / table["tonnes"].where(table["tonnes"] > 0)
    table = table.assign(total_yuan=total, yuan_per_parcel=each, yuan_per_tonne=tonne)
    first = table[table["case"] == CASES[0]].set_index("unit")["yuan_per_parcel"]
    table = table.assign(saving=1 - table["yuan_per_parcel"] / table["unit"].map(first))
    order = ["unit", "level", "case", "parcels", "tonnes", *money, "total_yuan"]
    return table[[*order, *MINE[3:], "yuan_per_parcel", "yuan_per_tonne", "saving"]]


def _where_it_pays(totals: pd.DataFrame, *, case: str) -> tuple[pd.DataFrame, pd.Index]:
    """Sums of each town in a case where it pays, else with separate vans; and the towns where it does."""
    first, other = (totals[totals["case"] == name].set_index("town") for name in (CASES[0], case))
    pays = other["pays"].astype("bool")
    found = pd.DataFrame(first.where(~pays, other))
    found = found.assign(towns=pays.astype("float64"))
    return found[[name for name in (*MINE, "fee_saved_yuan") if name in found]], pays.index[pays]


def cold_table(base: Base) -> pd.DataFrame:
    """Fresh goods from field to county centre, leg by leg, as today and with the stations cooled.

    Returns
    -------
    DataFrame
        ``unit, level`` (whole, county), ``case`` (ambient, cooled), ``kind`` (field, first_mile, station,
        trunk), ``hours, tonnes`` (fresh, a year), ``lost_t, lost_share`` (of what sets out), ``worth_wan``
        (what is lost), ``cooling_wan`` (a year).
    """
    figures, assume = town_figures(base), base.assume
    hours = _leg_hours(base, figures)
    rates = {"ambient": assume["logistics.loss_ambient"], "cooled": assume["logistics.loss_cooled"]}
    parts = []
    for case in ("ambient", "cooled"):
        left = np.ones(len(figures))
        for leg in LEGS:
            cold = float(case == "cooled" and leg == "station")
            after = left * kept_share(hours[leg] * MINUTES_PER_HOUR, cold=cold, **rates)
            lost, passed = figures["fresh"] * (left - after), figures["fresh"] * hours[leg]
            towns = pd.DataFrame(
                {
                    "county": figures["county"],
                    "tonnes": figures["fresh"],
                    "hours": passed,
                    "lost_t": lost,
                    "worth_wan": lost * TONNE * figures["price"] / WAN,
                    "cooling_wan": cold * passed * assume["logistics.cooling"] / WAN,
                }
            )
            table = level_table(base, towns)
            parts.append(table[table["level"] != "town"].assign(case=case, kind=leg))
            left = after
    table = pd.concat(parts, ignore_index=True)
    whole = table["tonnes"].where(table["tonnes"] > 0)
    table = table.assign(hours=table["hours"] / whole, lost_share=table["lost_t"] / whole)
    return table[list(COLD)]


def _leg_hours(base: Base, figures: pd.DataFrame) -> dict[str, Floats]:
    """Hours of each leg by town."""
    trunk, size = ways_of(base.region, base.state).trunk, len(figures)
    return {
        "field": np.full(size, base.assume["logistics.field_dwell"]),
        "first_mile": figures["minutes"].to_numpy(dtype=np.float64) / MINUTES_PER_HOUR,
        "station": np.full(size, base.assume["logistics.dwell"]),
        "trunk": np.where(np.isfinite(trunk), trunk, 0.0) / MINUTES_PER_HOUR,
    }


def lacking_table(base: Base, driven: Driven) -> pd.DataFrame:
    """Villages with rural people that no point or van serves.

    Returns
    -------
    DataFrame
        ``unit, town, county, lon, lat, people, parcels`` (a day), ``reason`` (off_road, no_road, window,
        too_late, too_long, no_room, no_point), ``modelled``; by people.
    """
    villages = base.villages[base.villages["people"] > 0]
    why = driven.unserved.reindex(villages.index)
    plain = np.where(~villages["on_road"], "off_road", np.where(villages["near"], "", "no_point"))
    reason = why.where(why.notna(), pd.Series(plain, index=villages.index, dtype="object"))
    mine = villages[(reason != "").to_numpy()]
    table = mine[["town", "county", "lon", "lat", "people", "parcels"]].assign(
        reason=reason[mine.index], modelled=True
    )
    table = table.rename_axis("unit").reset_index()
    return table.sort_values(["people", "unit"], ascending=[False, True]).reset_index(drop=True)
