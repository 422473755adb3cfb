"""Projects of the chains: what each costs, takes and brings, in pieces of falling returns.

Every kind of project is a list of pieces for a county and mostly a product: each piece has its capital, its
land and the effects that it has when at work in full. The first piece takes the best supply or plots.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.chain import (
    YUAN_PER_WAN,
    Chain,
    capacity_returns,
    evaluate,
    pieces,
    spread_returns,
    taken,
)
from tongqu.sectors.industry.chains import chains_of, supply_of
from tongqu.sectors.industry.effects import EFFECTS, Diversion, diversion, of_digital, of_harvest
from tongqu.sectors.industry.places import Towns, site_of

__all__ = ["HALF", "KINDS", "Piece", "all_pieces", "names_of"]

Floats = npt.NDArray[np.float64]
Kind: TypeAlias = Literal[
    "orchard_renewal", "cold_store", "processing_plant", "industry_park", "digital_farming", "brand_programme"
]

KINDS: Final[dict[str, tuple[str, str, str, int, int]]] = {
    "orchard_renewal": ("园地更新改造", "renewal of orchards", "mu", 3, 1),
    "cold_store": ("产地冷库", "cold store", "t", 2, 1),
    "processing_plant": ("加工厂", "processing plant", "t", 2, 2),
    "industry_park": ("农业产业园精深加工", "deep processing in a park", "t", 2, 2),
    "digital_farming": ("数字农业", "digital farming", "mu", 2, 1),
    "brand_programme": ("品牌培育", "brand programme", "万元", 2, 1),
}
"""Kinds of project: Chinese and English name, unit of size, pieces, years until it works."""
HALF: Final = {
    "orchard_renewal": "renewal.half",
    "digital_farming": "digital_farming.half",
    "brand_programme": "brand.half",
}
"""Standard that says how fast a kind takes effect; ``capacity.half`` for the others."""
LEAST_WAN: Final = 20.0
"""Capital or value added a year in 万元 below which a piece is no project (assumed)."""
SELLING: Final = ("brand", "online", "tourism")
"""Kinds of stage whose price a brand raises."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One project.

    Parameters
    ----------
    kind, county, product : str
        What, where and of which product; no product where it serves all.
    number : int
        Its number within its county and product, from 1.
    town : str
        Where it stands; blank for programmes.
    size : float
        In the unit of its kind.
    capital_wan, running_wan : float
        Public money in 万元, and 万元 a year.
    effects : numpy.ndarray of float
        A year at full work, shape (effects,), in the order of `EFFECTS`.
    """

    kind: str
    county: str
    product: str
    number: int
    town: str
    size: float
    capital_wan: float
    running_wan: float
    effects: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A county with the towns of the region and what is assumed."""

    county: str
    towns: Towns
    assume: Assume
    networked: float


def all_pieces(
    region: Region, towns: Towns, *, assume: Assume, networked: pd.Series | None = None
) -> list[Piece]:
    """Every piece that is worth a project, county by county.

    ``networked``: share of each county's rural people with fibre or 5G; everybody where it is not given.
    """
    chains, supply = chains_of(region), supply_of(region)
    supply = supply[(supply["output_t"] > 0) & supply["product"].isin(list(chains))]
    if supply.empty:
        return []
    found: list[Piece] = []
    for county, rows in supply.groupby("unit", sort=True):
        linked = 1.0 if networked is None else float(networked.get(county, 1.0))
        place = _Place(str(county), towns, assume, linked)
        if len(towns.of(place.county)) == 0:
            continue
        tonnes = dict(zip(rows["product"], rows["output_t"], strict=True))
        area = dict(zip(rows["product"], rows["area_mu"], strict=True))
        for product, harvest in tonnes.items():
            found += _renewal(place, product, chains[product], harvest=harvest, area=area[product])
            found += _capacity(place, {product: chains[product]}, tonnes, kind="processing_plant")
            found += _brand(place, product, chains[product], harvest=harvest)
        found += _capacity(place, {name: chains[name] for name in tonnes}, tonnes, kind="cold_store")
        found += _capacity(place, {name: chains[name] for name in tonnes}, tonnes, kind="industry_park")
        found += _digital(place, {name: chains[name] for name in tonnes}, tonnes, area=area)
    return [piece for piece in found if _worth(piece)]


def _worth(piece: Piece) -> bool:
    gain = piece.effects[EFFECTS.index("value_added")] / YUAN_PER_WAN
    return gain >= LEAST_WAN and piece.capital_wan + piece.running_wan >= LEAST_WAN


def _renewal(place: _Place, product: str, chain: Chain, *, harvest: float, area: float) -> Iterator[Piece]:
    """Old orchards renewed: a higher harvest, the plots that gain most first."""
    assume = place.assume
    renewed = area * assume["renewal.share"]
    if renewed <= 0:
        return
    whole = of_harvest(chain) * harvest * assume["renewal.share"] * assume["renewal.yield_gain"]
    cost = assume["renewal.cost"] * assume["renewal.public"]
    for number, scale in enumerate(_parts(place, "orchard_renewal"), start=1):
        size = renewed / KINDS["orchard_renewal"][3]
        yield Piece(
            "orchard_renewal", place.county, product, number, "", size, size * cost, 0.0, whole * scale
        )


def _digital(
    place: _Place, chains: dict[str, Chain], tonnes: dict[str, float], *, area: dict[str, float]
) -> Iterator[Piece]:
    """Sensors, spraying and irrigation by need: a higher yield from fewer inputs on part of the area.

    Only those with a network can take it up: fields are taken to be networked as the people are.
    """
    assume = place.assume
    ceiling = assume["digital_farming.ceiling"] * place.networked
    adopted = sum(area.values()) * ceiling
    if adopted <= 0:
        return
    gain, saving = assume["digital_farming.yield_gain"], assume["digital_farming.saving"]
    whole = sum(
        (of_digital(chain, yield_gain=gain, saving=saving) * tonnes[name] for name, chain in chains.items()),
        start=np.zeros(len(EFFECTS)),
    )
    cost = assume["digital_farming.cost"] * assume["digital_farming.public"]
    for number, scale in enumerate(_parts(place, "digital_farming"), start=1):
        size = adopted / KINDS["digital_farming"][3]
        effects = whole * ceiling * scale
        yield Piece("digital_farming", place.county, "", number, "", size, size * cost, 0.0, effects)


def _brand(place: _Place, product: str, chain: Chain, *, harvest: float) -> Iterator[Piece]:
    """A regional brand: better prices of what is sold under it, shared with the farmers."""
    assume = place.assume
    now = evaluate(chain, harvest)
    sales = float(now.sales[chain.of_kind(*SELLING)].sum()) * assume["brand.ceiling"]
    premium = sales * assume["brand.premium"] * YUAN_PER_WAN
    effects = np.zeros(len(EFFECTS))
    effects[EFFECTS.index("value_added")] = premium
    for name in ("farm_value_added", "farm_output"):
        effects[EFFECTS.index(name)] = premium * assume["brand.farm_share"]
    for number, scale in enumerate(_parts(place, "brand_programme"), start=1):
        size = sales / KINDS["brand_programme"][3]
        running = size * assume["brand.cost"]
        yield Piece("brand_programme", place.county, product, number, "", size, 0.0, running, effects * scale)


def _parts(place: _Place, kind: str) -> Floats:
    """What each piece of one width brings of the whole; the best part of the area or sales first."""
    count = KINDS[kind][3]
    curve = spread_returns(1.0, 1.0, spread=place.assume["industry.spread"])
    return pieces(curve, np.full(count, 1 / count))


INTO: Final = {
    "cold_store": "storage",
    "processing_plant": "processing",
    "industry_park": "deep_processing",
}
"""Kind of stage that each kind of building adds to."""


def _capacity(
    place: _Place, chains: dict[str, Chain], tonnes: dict[str, float], *, kind: Kind
) -> Iterator[Piece]:
    """A building for goods that are sold in bulk today: towns near it first, as haulage eats the gain."""
    assume, towns = place.assume, place.towns
    lots = [
        (lot, tonnes[name] * lot.tonnes * min(assume["industry.take_up"], lot.most))
        for name, chain in chains.items()
        for lot in diversion(chain, into=INTO[kind], among=tuple(INTO.values()))
    ]
    amount = sum(tonnes_ for _, tonnes_ in lots)
    if amount <= 0:
        return
    mine, share = towns.of(place.county), towns.supply(place.county)
    site = site_of(towns, place.county, supply=share * amount, assume=assume)
    haul = assume["industry.haul"] * towns.minutes[mine, site]
    supplies = np.concatenate([share * tonnes_ for _, tonnes_ in lots])
    gain = np.concatenate([lot.effects[0] - haul for lot, _ in lots])
    reached = np.isfinite(gain)
    curve = capacity_returns(np.where(reached, supplies, 0.0), np.where(reached, gain, 0.0))
    sizes = np.full(KINDS[kind][3], curve.capacity[-1] / KINDS[kind][3])
    drawn = taken(curve, sizes, supplies=len(supplies))
    by_lot = drawn.reshape(len(sizes), len(lots), len(mine)).sum(axis=2)
    effects = by_lot @ np.stack([lot.effects for lot, _ in lots])
    effects[:, 0] = pieces(curve, sizes)
    effects[:, EFFECTS.index("secondary_value_added")] = np.minimum(
        effects[:, EFFECTS.index("secondary_value_added")], effects[:, 0]
    )
    capital = _capital(kind, [lot for lot, _ in lots], by_lot, assume=assume)
    product = next(iter(chains)) if kind == "processing_plant" else ""
    town = str(towns.table.index[site])
    for row, size in enumerate(sizes):
        if size > 0:
            yield Piece(kind, place.county, product, row + 1, town, size, capital[row], 0.0, effects[row])


def _capital(kind: Kind, lots: list[Diversion], by_lot: Floats, *, assume: Assume) -> Floats:
    """Public money for each piece in 万元: by capacity of stores, by output of plants and parks."""
    if kind == "cold_store":
        stored = by_lot.sum(axis=1) / assume["cold_store.turns"]
        return np.asarray(stored * assume["cold_store.cost"] * assume["cold_store.public"])
    made = by_lot @ np.array([lot.value for lot in lots]) / YUAN_PER_WAN
    name = "plant" if kind == "processing_plant" else "park"
    return np.asarray(made * assume[f"{name}.capital"] * assume[f"{name}.public"])


def names_of(
    piece: Piece, *, counties: pd.DataFrame, products: pd.DataFrame, towns: pd.DataFrame
) -> list[str]:
    """Chinese and English name of a project."""
    zh, en, *_ = KINDS[piece.kind]
    place = towns.loc[piece.town] if piece.town else counties.loc[piece.county]
    county = counties.loc[piece.county]
    place_en = place["name_en"] if isinstance(place["name_en"], str) else place["name"]
    product = products.loc[piece.product] if piece.product else None
    made_zh, made_en = ("", "") if product is None else (product["name_zh"], f"{product['name_en']}, ")
    where_zh = county["name"] + (place["name"] if piece.town else "")
    return [
        f"{where_zh}{made_zh}{zh}（第{piece.number}期）",
        f"{place_en}: {made_en}{en}, stage {piece.number}",
    ]
