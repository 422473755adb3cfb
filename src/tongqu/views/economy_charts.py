"""Charts of the economy: who earns what of a chain, linkages, multipliers, the map of sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region
from tongqu.views.charts import Series
from tongqu.views.maps import WIDTH, frame_of, layers_of, scale_bar
from tongqu.views.outlook_map import county_names, county_spots, ground
from tongqu.views.sankey import sankey
from tongqu.views.sankey_layout import Flow
from tongqu.views.study_charts import Point, bars, quadrants
from tongqu.views.svg import boxes_meet, text_box, text_width
from tongqu.views.words import Words

__all__ = [
    "EARNERS",
    "MARKS",
    "PARTS",
    "SHOWN",
    "goods_chart",
    "goods_flows",
    "largest",
    "linkage_chart",
    "money_chart",
    "money_flows",
    "multiplier_chart",
    "site_mark",
    "sites_map",
]

SHOWN: Final = 14
"""Industries with a bar or a name: those with the most output."""
EARNERS: Final = {
    "farmer": "url(#p-c)",
    "processor": "url(#p-a)",
    "trader": "url(#p-b)",
    "other": "#8d9db6",
    "bought": "#b9b9b2",
    "loss": "url(#p-loss)",
}
"""Fill of those at the end of a flow."""
PARTS: Final = {"direct": "#31688e", "indirect": "url(#p-b)", "induced": "url(#p-d)"}
"""Parts of a multiplier: the sector itself and its suppliers in the place, and what households spend."""
COUNTY_SIZE: Final = 21.0
TOWN_SIZE: Final = 13.5
"""Pixels of the letters of county and town names."""
MARKS: Final = (
    ("#c2410c", "M0-5.5L5 4.2H-5Z"),
    ("#31688e", "M-4.6-4.6H4.6V4.6H-4.6Z"),
    ("#6a3d8f", "M0-6L6 0L0 6L-6 0Z"),
    ("#00795a", "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z"),
    ("#6b5a00", "M-1.8-5.4H1.8V-1.8H5.4V1.8H1.8V5.4H-1.8V1.8H-5.4V-1.8H-1.8Z"),
    ("#37414a", "M-5-3H5L0 5.5Z"),
)
"""Colour and shape of the sites of each product, in turn."""
STAGED: Final = ("use", "loss", "sale")
MARKET: Final = "sale"


def _full(flows: pd.DataFrame, stages: pd.DataFrame, column: str) -> pd.DataFrame:
    """Links from stage to stage with what is lost on arrival in them, as it is paid for."""
    use = flows[flows["kind"] == "use"]
    loss = (stages["lost_t"] / stages["received_t"].where(stages["received_t"] > 0)).fillna(0.0)
    left = 1 - use["to"].map(loss.groupby(stages["stage"]).first()).to_numpy(dtype="float64")
    return use.assign(amount=use[column] / left)


def money_flows(flows: pd.DataFrame, stages: pd.DataFrame) -> pd.DataFrame:
    """``from, to, amount`` in 万元: what buyers pay, down to who earns it.

    The market pays the stages that sell; each pays the stages that it buys from, inputs bought elsewhere, and
    keeps its value added for those who run it. So what comes in at a stage goes out again. A stage that loses
    money has no band to an earner: its other bands are wider than what it gets.
    """
    sale, bought, added = (flows[flows["kind"] == kind] for kind in ("sale", "bought", "added"))
    full = _full(flows, stages, "value_wan")
    parts = [
        sale.assign(a=MARKET, b=sale["from"], amount=sale["value_wan"]),
        full.assign(a=full["to"], b=full["from"]),
        bought.assign(a=bought["to"], b="bought", amount=bought["value_wan"]),
        added.assign(a=added["from"], b=added["to"], amount=added["value_wan"]),
    ]
    table = pd.concat(parts, ignore_index=True)[["a", "b", "amount"]]
    table.columns = ["from", "to", "amount"]
    return table[table["amount"] > 0].reset_index(drop=True)


def goods_flows(flows: pd.DataFrame, stages: pd.DataFrame) -> pd.DataFrame:
    """``from, to, amount`` in t: from the orchard to the market and to losses.

    A stage that turns goods into others puts out another weight than it receives.
    """
    rest = flows[flows["kind"].isin(["loss", "sale"])]
    table = pd.concat([_full(flows, stages, "tonnes"), rest.assign(amount=rest["tonnes"])], ignore_index=True)
    return table.loc[table["amount"] > 0, ["from", "to", "amount"]].reset_index(drop=True)


def _drawn(
    table: pd.DataFrame, names: Mapping[str, str], *, label: str, words: Callable[[float], str]
) -> str:
    rows = zip(table["from"], table["to"], table["amount"], strict=True)
    flows = [Flow(str(a), str(b), float(amount)) for a, b, amount in rows]
    return sankey(flows, names=names, label=label, words=words, fills=EARNERS)


def money_chart(
    table: pd.DataFrame, names: Mapping[str, str], *, label: str, words: Callable[[float], str]
) -> str:
    """Who earns what of the money that buyers pay; see `money_flows`."""
    return _drawn(table, names, label=label, words=words)


def goods_chart(
    table: pd.DataFrame, names: Mapping[str, str], *, label: str, words: Callable[[float], str]
) -> str:
    """Where the harvest goes; see `goods_flows`."""
    return _drawn(table, names, label=label, words=words)


def largest(table: pd.DataFrame) -> pd.DataFrame:
    """The industries with the most output, most first."""
    return table.sort_values("output_wan", ascending=False, kind="stable").head(SHOWN)


def multiplier_chart(table: pd.DataFrame, names: Mapping[str, str], words: Words, *, label: str) -> str:
    """Bars of the largest industries: a yuan of final demand, its suppliers, and what households spend.

    Parameters
    ----------
    table : DataFrame
        ``industry, output, output_2, output_wan`` of one place.
    """
    rows = []
    for row in largest(table).to_dict("records"):
        one, two = float(row["output"]), float(row["output_2"])
        values = {"direct": min(one, 1.0), "indirect": max(one - 1, 0.0), "induced": max(two - one, 0.0)}
        parts = [Series(words.label("induced", name), PARTS[name], [value]) for name, value in values.items()]
        rows.append((names.get(str(row["industry"]), str(row["industry"])), parts))
    unit = words("economy.per_yuan")
    return bars(rows, label=label, unit=unit, words=lambda value: f"{value:.2f}", name_width=230)


def linkage_chart(table: pd.DataFrame, names: Mapping[str, str], words: Words, *, label: str) -> str:
    """The plane of backward and forward linkages; the largest industries are named."""
    named = set(largest(table)["industry"])
    points = [
        Point(
            names.get(str(row["industry"]), str(row["industry"])),
            float(row["backward_index"]),
            float(row["forward_index"]),
            shown=row["industry"] in named,
            mark="dot" if row["industry"] in named else "minor",
        )
        for row in table.sort_values("output_wan", ascending=False, kind="stable").to_dict("records")
    ]
    corners = [words.label("quadrant", name) for name in ("key", "forward", "weak", "backward")]
    heads = (words("economy.backward"), words("economy.forward"))
    return quadrants(points, heads=heads, corners=corners, label=label)


def site_mark(number: int) -> str:
    """The mark of a product as a small drawing for a legend."""
    colour, shape = MARKS[number % len(MARKS)]
    return (
        '<svg class="k" width="16" height="16" viewBox="-7 -7 14 14" aria-hidden="true">'
        f'<path d="{shape}" fill="{colour}" stroke="#fff" stroke-width=".6"/></svg>'
    )


def sites_map(
    region: Region, sites: pd.DataFrame, words: Words, *, products: Mapping[str, str], label: str
) -> str:
    """The map of proposed sites; products side by side where several choose one town.

    Parameters
    ----------
    sites : DataFrame
        ``product, rank, unit, lon, lat, supply_t``.
    products : mapping of str to str
        Names, in the order of marks.
    """
    frame = frame_of(region)
    borders = "".join(frame.path(layer.geometry) for layer in layers_of(region, "outline"))
    pixels = frame.at(sites["lon"], sites["lat"])
    units = region["units"].set_index("unit")
    order = {product: number for number, product in enumerate(products)}
    beside = sites.groupby("unit").cumcount().to_numpy()
    marks = []
    for row, (x, y), step in zip(sites.to_dict("records"), pixels, beside, strict=True):
        colour, shape = MARKS[order[row["product"]] % len(MARKS)]
        place = words.name(units.at[row["unit"], "name"], units.at[row["unit"], "name_en"])
        title = f"{products[row['product']]} {row['rank']}: {place}, {words.count(row['supply_t'])} t"
        marks.append(
            f'<path class="site" d="{shape}" fill="{colour}" stroke="#fff" stroke-width=".7" '
            f'transform="translate({x + 15 * step:.1f} {y:.1f}) scale(1.5)">'
            f"<title>{escape(title)}</title></path>"
        )
    body = [
        *ground(region, frame),
        f'<path class="border" d="{borders}"/>',
        county_names(region, frame, words=words),
        *_seats(sites, pixels, taken=county_spots(region, frame, words=words), region=region, words=words),
        *marks,
        scale_bar(frame, words),
    ]
    size = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    head = f'<svg class="chart map" viewBox="{size}" role="img" aria-label="{escape(label)}">'
    return f"{head}{''.join(body)}</svg>"


def _seats(
    sites: pd.DataFrame,
    pixels: npt.NDArray[np.float64],
    *,
    taken: Sequence[tuple[float, float, str]],
    region: Region,
    words: Words,
) -> list[str]:
    """Names of the towns by their marks, each once, where they meet no other name if possible."""
    units, seen, parts = region["units"].set_index("unit"), set(), []
    boxes = [
        text_box(x - text_width(name, size=COUNTY_SIZE) / 2, y, words=name, size=COUNTY_SIZE)
        for x, y, name in taken
    ]
    for unit, (x, y) in zip(sites["unit"], pixels, strict=True):
        if unit in seen:
            continue
        seen.add(unit)
        name = words.name(units.at[unit, "name"], units.at[unit, "name_en"])
        wide = text_width(name, size=TOWN_SIZE)
        spots = [(x - 8, y + 24), (x - 8, y - 12), (x - 14 - wide, y + 5), (x + 44, y + 5)]
        free = [
            spot
            for spot in spots
            if not any(boxes_meet(text_box(*spot, words=name, size=TOWN_SIZE), box) for box in boxes)
        ]
        at = (free or spots)[0]
        boxes.append(text_box(*at, words=name, size=TOWN_SIZE))
        parts.append(f'<text class="county" x="{at[0]:.0f}" y="{at[1]:.0f}">{escape(name)}</text>')
    return parts
