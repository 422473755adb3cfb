"""A bus plan as a timetable: the tables of a GTFS feed, with names of the region."""

from __future__ import annotations

import pandas as pd

from tongqu.data import Region
from tongqu.methods.bus_lines import KINDS, feed_tables
from tongqu.sectors.buses.ground import Ground
from tongqu.sectors.buses.plan import BusPlan

__all__ = ["feed_of", "line_table"]


def line_table(ground: Ground, plan: BusPlan) -> pd.DataFrame:
    """The lines of a plan, one row each.

    Returns
    -------
    DataFrame
        ``line`` (``<town>-<n>``, of the project ``bus_line:<town>:<n>``), ``town``, ``kind``, ``first``,
        ``end`` (names of villages or ids of nodes), ``minutes``, ``km`` (one way; of a loop the round),
        ``trips``, ``hours``, ``bus_km``, ``vehicles``, ``drivers``, ``yuan`` (a day), ``villages`` (served),
        ``requires``.
    """
    lines = plan.lines
    town = pd.Series(ground.towns.index[lines.group], dtype="str")
    names = _names(ground)
    return pd.DataFrame(
        {
            "line": town + "-" + pd.Series(plan.number).astype("str"),
            "town": town,
            "kind": [KINDS[kind] for kind in lines.kind],
            "first": names.iloc[lines.first].to_numpy(),
            "end": names.iloc[lines.far].to_numpy(),
            "minutes": lines.run_minutes,
            "km": lines.length_km,
            "trips": plan.trips,
            "hours": plan.costs.hours[:, 0],
            "bus_km": plan.costs.km[:, 0],
            "vehicles": plan.costs.vehicles[:, 0],
            "drivers": plan.costs.drivers[:, 0],
            "yuan": plan.costs.yuan[:, 0],
            "villages": plan.covers.sum(axis=1),
            "requires": plan.requires,
        }
    )


def feed_of(
    region: Region,
    ground: Ground,
    plan: BusPlan,
    *,
    start_date: str,
    end_date: str,
    first: float = 390.0,
    last: float = 1080.0,
) -> dict[str, pd.DataFrame]:
    """The tables of a GTFS feed of every line of a plan, for `tongqu.data.gtfs.write_feed`.

    Stops lie at the road nodes, shapes run straight between them: as good as the region's roads are.

    Parameters
    ----------
    start_date, end_date : str
        First and last day of service, ``YYYYMMDD``.
    first, last : float
        First and last departure from the town in minutes after midnight.
    """
    table = line_table(ground, plan)
    nodes = region["nodes"].set_index("node").loc[ground.network.nodes]
    stops = pd.DataFrame(
        {
            "stop_id": nodes.index.astype("str"),
            "stop_name": _names(ground).to_numpy(),
            "lon": nodes["lon"].to_numpy(),
            "lat": nodes["lat"].to_numpy(),
        }
    )
    names = pd.DataFrame(
        {
            "route_id": table["line"],
            "short_name": table["line"],
            "long_name": table["first"] + " - " + table["end"],
        }
    )
    return feed_tables(
        plan.lines,
        table["trips"].to_numpy(),
        stops=stops,
        names=names,
        agency=region.title_zh,
        start_date=start_date,
        end_date=end_date,
        first=first,
        last=last,
    )


def _names(ground: Ground) -> pd.Series:
    """Name of the village at each node of the network, the node's id where there is none."""
    village = ground.villages.drop_duplicates("node").set_index("node")["name"]
    nodes = pd.Series(ground.network.nodes.astype("str"))
    return nodes.map(village).fillna(nodes)
