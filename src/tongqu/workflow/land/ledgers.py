"""Tables of the land ledgers: classes, norms a person, farmland and quota, idle homesteads, intensity."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.contracts import State
from tongqu.methods.land import (
    BUILT,
    CLASSES,
    NORMS,
    OPEN,
    PART_OF,
    Norm,
    farmland_room,
    headroom,
    intensity,
    planned_range,
    quota_income,
    transitions,
)
from tongqu.sectors.land.base import COLUMNS
from tongqu.sectors.land.change import room_to_take
from tongqu.sectors.land.parameters import city_norm
from tongqu.sectors.land.projects import clearing_of, letting_of
from tongqu.workflow.axis.measures import is_subdistrict
from tongqu.workflow.land.ground import Ground, land_in, with_whole

__all__ = [
    "idle_table",
    "intensity_table",
    "ledger_table",
    "norm_table",
    "quota_table",
    "transition_table",
]

M2_PER_HA: Final = 10_000.0
M2_PER_KM2: Final = 1e6
PRICE: Final = "land.quota_price"


def ledger_table(ground: Ground) -> pd.DataFrame:
    """``unit, class, part_of, year, now_mu, share, first_mu, last_mu, change_mu, may_change_mu, modelled``.

    The whole, counties and towns; the first and last year of the scenario without a plan are known of
    counties. ``may_change_mu`` is what construction may take with approval (never basic farmland, nor
    farmland under its floor), and of village land what consolidation can clear.
    """
    counties, towns = ground.base.counties, ground.base.towns
    now = pd.concat([with_whole(counties, ground.whole), towns])
    first, last = (with_whole(land_in(s, ground.counties), ground.whole) for s in (ground.first, ground.last))
    free = pd.concat([with_whole(_may_change(ground, counties), ground.whole), _may_change(ground, towns)])
    area = now[list(CLASSES)].sum(axis=1)
    columns = list(COLUMNS)
    table = pd.DataFrame(
        {
            "unit": np.repeat(now.index.to_numpy(object), len(columns)),
            "class": np.tile(columns, len(now)),
            "part_of": np.tile([PART_OF.get(name, "") for name in columns], len(now)),
            "year": np.repeat(_years(ground, now.index), len(columns)),
            "now_mu": now[columns].to_numpy().ravel(),
            "share": (now[columns].div(area, axis=0)).to_numpy().ravel(),
            "first_mu": first.reindex(now.index)[columns].to_numpy().ravel(),
            "last_mu": last.reindex(now.index)[columns].to_numpy().ravel(),
        }
    )
    table["change_mu"] = table["last_mu"] - table["now_mu"]
    table["may_change_mu"] = free[columns].to_numpy().ravel()
    return table.assign(modelled=_modelled_of(ground, table["unit"]))


def _years(ground: Ground, units: pd.Index[str]) -> np.ndarray:
    """Year of the land use of each place; of a county the last of its towns where it has none itself."""
    table = ground.region["land_use"] if "land_use" in ground.region.tables else None
    if table is None or units.empty:
        return np.zeros(len(units), dtype=np.int64)
    latest = table.groupby("unit")["year"].max()
    return latest.reindex(units).fillna(latest.max()).to_numpy(dtype=np.int64)


def _may_change(ground: Ground, land: pd.DataFrame) -> pd.DataFrame:
    """Mu of each class that may become another: open land with approval, village land by clearing."""
    found = pd.DataFrame(0.0, index=land.index, columns=list(COLUMNS))
    if land.empty:
        return found
    found[list(OPEN)] = room_to_take(land)
    above = land["farmland"] * (1 - ground.assume["land.farmland_floor"])
    found["farmland"] = np.minimum(found["farmland"], above)
    cleared = clearing_of(land, assume=ground.assume)
    found["rural"] = cleared.quota.balanced
    found["idle_homestead"] = cleared.idle
    return found


def _modelled_of(ground: Ground, units: pd.Series[str]) -> np.ndarray:
    """Whether the land of each place is modelled; that of the whole if any county's is."""
    known = ground.modelled
    any_county = bool(known.reindex(ground.counties).fillna(False).any()) if len(known) else False
    return np.array([bool(known.get(str(unit), any_county)) for unit in units], dtype=bool)


def transition_table() -> pd.DataFrame:
    """``class, becomes, basis``: which class may become which, and by what law."""
    return transitions().rename(columns={"from": "class", "to": "becomes", "source": "basis"})


def norm_table(ground: Ground) -> pd.DataFrame:
    """``unit, settlement, year, people, built_ha, per_person_m2, low_m2, high_m2, headroom_ha, standing``.

    Built land a person of cities, towns and villages against the norm: of each county its urban land in
    the base year and in the first and last year of the scenario, of each town its urban and village land in
    the base year. ``low_m2`` and ``high_m2`` are what a plan may give (`planned_range`); ``standing`` is
    below, within or above the norm; ``modelled`` whether the land is.
    """
    if ground.base.counties.empty:
        return _norm_rows(ground, [], [], 0, np.zeros(0), np.zeros(0))
    city, base = city_norm(ground.assume), ground.region.base_year
    counties = ground.counties.to_list()
    parts = []
    for year, built, residents in (
        (base, ground.base.counties["urban"] * M2_PER_MU, ground.people["urban"].reindex(counties)),
        *(_in_state(ground, state) for state in (ground.first, ground.last)),
    ):
        land, heads = (np.append(values.sum(), values.to_numpy()) for values in (built, residents))
        units = [ground.whole, *counties]
        parts.append(_norm_rows(ground, units, [("city", city)] * len(units), year, land, heads))
    towns = ground.base.towns
    if len(towns):
        kind = ground.region.level("town")["kind"].reindex(towns.index).fillna("").astype("str")
        norms = [
            ("city", city) if part else ("town", NORMS["town"])
            for part in is_subdistrict(kind).to_numpy(dtype=bool)
        ]
        people = ground.people.reindex(towns.index, fill_value=0.0)
        units = towns.index.to_list()
        area = towns[["urban", "rural"]] * M2_PER_MU
        parts.append(_norm_rows(ground, units, norms, base, area["urban"], people["urban"]))
        village = [("village", NORMS["village"])] * len(units)
        parts.append(_norm_rows(ground, units, village, base, area["rural"], people["rural"]))
    return pd.concat(parts, ignore_index=True).drop_duplicates(["unit", "settlement", "year"])


def _in_state(ground: Ground, state: State) -> tuple[int, pd.Series, pd.Series]:
    people = pd.Series(ground.of_county(state["people.urban"]), index=ground.counties)
    return state.year, state["stock.built_m2"].reindex(ground.counties), people


def _norm_rows(
    ground: Ground,
    units: list[str],
    norms: list[tuple[str, Norm]],
    year: int,
    built: np.ndarray | pd.Series,
    people: np.ndarray | pd.Series,
) -> pd.DataFrame:
    """Rows of `norm_table`; nothing can be said a person where nobody lives."""
    land, heads = np.asarray(built, dtype=np.float64), np.asarray(people, dtype=np.float64)
    each = np.divide(land, heads, out=np.full(len(land), np.nan), where=heads > 0)
    size = len(units)
    low, high, room = (np.full(size, np.nan) for _ in range(3))
    standing = np.full(size, "", dtype=object)
    for name, norm in dict.fromkeys(norms):
        mine = np.array([one == name for one, _ in norms]) & np.isfinite(each)
        low[mine], high[mine] = planned_range(each[mine], norm=norm)
        room[mine] = headroom(land[mine], people=heads[mine], norm=norm) / M2_PER_HA
        above, below = each > norm.high, each < norm.low
        standing[mine] = np.where(above, "above", np.where(below, "below", "within"))[mine]
    return pd.DataFrame(
        {
            "unit": pd.Series(units, dtype="object"),
            "settlement": pd.Series([name for name, _ in norms], dtype="object"),
            "year": year,
            "people": heads,
            "built_ha": land / M2_PER_HA,
            "per_person_m2": each,
            "norm_low_m2": [norm.low for _, norm in norms],
            "norm_high_m2": [norm.high for _, norm in norms],
            "plan_low_m2": low,
            "plan_high_m2": high,
            "headroom_ha": room,
            "standing": standing,
            "modelled": _modelled_of(ground, pd.Series(units, dtype="object")),
        }
    )


def quota_table(ground: Ground) -> pd.DataFrame:
    """Farmland over its floor, construction quota, and what linking could save and bring, by county.

    Mu and 万元; prices of quota are a range. ``grown_mu`` is what towns grow over by the last year without a
    plan; ``quota_left_mu`` what is then left of what is allotted, with no project in it.
    """
    land, assume, towns = ground.base.counties, ground.assume, ground.base.towns
    last = land_in(ground.last, ground.counties)
    floor = land["farmland"] * assume["land.farmland_floor"]
    reserve = land["farmland"] * assume["land.farmland_reserve"]
    room = farmland_room(land["farmland"], basic=land["basic_farmland"], floor=floor, reserve=reserve)
    table = pd.DataFrame(
        {
            "farmland_mu": land["farmland"],
            "basic_mu": land["basic_farmland"],
            "floor_mu": floor,
            "over_floor_mu": land["farmland"] - floor,
            "reserve_mu": reserve,
            "room_mu": room,
            "last_farmland_mu": last["farmland"],
            "grown_mu": (last[list(BUILT)] - land[list(BUILT)]).sum(axis=1),
            "quota_year_mu": assume["limits.land_mu_per_year"],
            "quota_left_mu": ground.last["land.quota"].reindex(ground.counties),
        },
        index=ground.counties,
    )
    table = table.join(_cleared_by_county(ground)).astype("float64")
    table = _priced(ground, with_whole(table, ground.whole))
    # What could be cleared is summed over towns, so their land counts too.
    towns_modelled = bool(ground.modelled.reindex(towns.index).fillna(True).any()) if len(towns) else False
    return table.reset_index().assign(
        modelled=lambda made: _modelled_of(ground, made["unit"]) | towns_modelled
    )


def _cleared_by_county(ground: Ground) -> pd.DataFrame:
    """What clearing village land of its towns would do in each county; 0 where towns have no land use."""
    towns = ground.base.towns
    names = ["cleared_mu", "resettled_mu", "saved_mu", "farmland_won_mu", "cost_wan"]
    if towns.empty:
        return pd.DataFrame(0.0, index=ground.counties, columns=names)
    found = clearing_of(towns, assume=ground.assume)
    quota = found.quota
    values = (quota.balanced, quota.resettled, quota.saved, found.farmland, found.cost_wan)
    by_town = pd.DataFrame(dict(zip(names, values, strict=True)), index=towns.index)
    home = ground.region.county_of(towns.index).to_numpy()
    return by_town.groupby(home).sum().reindex(ground.counties).fillna(0.0)


def _priced(ground: Ground, table: pd.DataFrame) -> pd.DataFrame:
    """The table with what a mu saved costs, and what all of it would bring at the ends of the price."""
    price, low, high = prices_of(ground)
    income = quota_income(table["saved_mu"].fillna(0.0).to_numpy(), price=price, low=low, high=high)
    return table.assign(
        cost_per_saved_wan=table["cost_wan"] / table["saved_mu"].where(table["saved_mu"] > 0),
        price_wan=price,
        price_low_wan=low,
        price_high_wan=high,
        income_wan=income.value,
        income_low_wan=income.low,
        income_high_wan=income.high,
    )


def prices_of(ground: Ground) -> tuple[float, float, float]:
    """Price of a mu of saved quota and its range, 万元; a scenario's price widens the range to itself."""
    price = ground.assume[PRICE]
    standards = ground.region["standards"].set_index("standard")
    low, high = standards.loc[[PRICE], ["low", "high"]].astype("float64").fillna(price).to_numpy()[0]
    return price, min(float(low), price), max(float(high), price)


def idle_table(ground: Ground) -> pd.DataFrame:
    """Idle homesteads by town, and what withdrawing (clearing) or letting part of them yields.

    Mu and 万元: withdrawn with scattered village land, quota saved, farmland won, cost; let, cost once,
    income and value added a year. ``sale_wan`` is what the quota saved brings at the price.
    """
    towns, assume = ground.base.towns, ground.assume
    if towns.empty:
        return pd.DataFrame(columns=list(IDLE))
    cleared = clearing_of(towns, assume=ground.assume)
    let = letting_of(towns, assume=assume)
    price, _, _ = prices_of(ground)
    rural = towns["rural"].to_numpy()
    idle = towns["idle_homestead"].to_numpy()
    table = pd.DataFrame(
        {
            "unit": towns.index.to_numpy(object),
            "rural_mu": rural,
            "idle_mu": idle,
            "idle_share": np.divide(idle, rural, out=np.full(len(rural), np.nan), where=rural > 0),
            "withdrawn_mu": cleared.idle,
            "cleared_mu": cleared.quota.balanced,
            "saved_mu": cleared.quota.saved,
            "farmland_won_mu": cleared.farmland,
            "cost_wan": cleared.cost_wan,
            "sale_wan": cleared.quota.saved * price,
            "let_mu": let.area,
            "let_cost_wan": let.cost_wan,
            "let_income_wan": let.income_wan,
            "let_added_wan": let.value_added_wan,
        }
    )
    return table.assign(modelled=_modelled_of(ground, table["unit"]))


IDLE: Final = (
    "unit",
    "rural_mu",
    "idle_mu",
    "idle_share",
    "withdrawn_mu",
    "cleared_mu",
    "saved_mu",
    "farmland_won_mu",
    "cost_wan",
    "sale_wan",
    "let_mu",
    "let_cost_wan",
    "let_income_wan",
    "let_added_wan",
    "modelled",
)
"""Columns of `idle_table`."""


def intensity_table(ground: Ground) -> pd.DataFrame:
    """People and value added on each km² of construction land.

    The whole and the counties in the first and last year without a plan, on all construction land; value
    added is missing where no sector says it.
    """
    parts = []
    states = {state.year: state for state in (ground.first, ground.last)}
    for year, state in states.items():
        table = pd.DataFrame(
            {
                "people": ground.of_county(state["people.total"]),
                "built_km2": state["land.built_km2"].reindex(ground.counties),
                "value_added_wan": (
                    state["stock.value_added"].reindex(ground.counties)
                    if "stock.value_added" in state
                    else np.nan
                ),
            },
            index=ground.counties,
        )
        table = with_whole(table.astype("float64"), ground.whole)
        made = table["value_added_wan"].fillna(0.0)
        found = intensity(
            table["built_km2"].fillna(0.0), people=table["people"].fillna(0.0), value_added=made
        )
        known = table["value_added_wan"].notna().to_numpy()
        part = table.assign(
            year=year,
            people_per_km2=found.people_per_km2,
            value_per_km2_wan=np.where(known, found.value_added_per_km2, np.nan),
            land_per_person_m2=found.land_per_person,
        )
        parts.append(part.reset_index())
    columns = ["unit", "year", "people", "built_km2", "people_per_km2"]
    columns += ["value_added_wan", "value_per_km2_wan", "land_per_person_m2"]
    together = pd.concat(parts, ignore_index=True)[columns]
    return together.assign(modelled=_modelled_of(ground, together["unit"]))
