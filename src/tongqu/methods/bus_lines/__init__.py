"""Bus lines for villages: candidates, which of them run and how often, buses on demand, cost, timetables."""

from tongqu.methods.bus_lines.costs import (
    DAYS,
    BusCosts,
    LineCosts,
    cycle_minutes,
    fleet,
    line_costs,
    merged_saving,
)
from tongqu.methods.bus_lines.cover import covered_by, stops_in_walk, undominated
from tongqu.methods.bus_lines.dial_a_ride import DialARide, Tours, fewest_vehicles, solve_dial_a_ride
from tongqu.methods.bus_lines.frequency import ServiceFigures, service_figures, square_root_trips
from tongqu.methods.bus_lines.lines import KINDS, Lines, generate_lines, join_lines
from tongqu.methods.bus_lines.program import SharedBuses
from tongqu.methods.bus_lines.select import STEPS, Selection, select_lines
from tongqu.methods.bus_lines.timetable import departures, feed_tables
from tongqu.methods.bus_lines.zones import ZoneCosts, ZoneRules, zone_costs

__all__ = [
    "DAYS",
    "KINDS",
    "STEPS",
    "BusCosts",
    "DialARide",
    "LineCosts",
    "Lines",
    "Selection",
    "ServiceFigures",
    "SharedBuses",
    "Tours",
    "ZoneCosts",
    "ZoneRules",
    "covered_by",
    "cycle_minutes",
    "departures",
    "feed_tables",
    "fewest_vehicles",
    "fleet",
    "generate_lines",
    "join_lines",
    "line_costs",
    "merged_saving",
    "select_lines",
    "service_figures",
    "solve_dial_a_ride",
    "square_root_trips",
    "stops_in_walk",
    "undominated",
    "zone_costs",
]
