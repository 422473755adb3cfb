"""Public transport: timetables, door-to-door times by RAPTOR, and a boarding school's week."""

from tongqu.methods.transit.clock import NEVER, clock, seconds_of
from tongqu.methods.transit.headway import headway_timetable
from tongqu.methods.transit.journey import journey
from tongqu.methods.transit.raptor import TravelTimes, WindowTimes, travel_times, window_times
from tongqu.methods.transit.school_week import SchoolWeek, school_week
from tongqu.methods.transit.timetable import Timetable, Waiting, make_timetable
from tongqu.methods.transit.walks import Walks, footpaths_by_air, make_walks, walks_by_air

__all__ = [
    "NEVER",
    "SchoolWeek",
    "Timetable",
    "TravelTimes",
    "Waiting",
    "Walks",
    "WindowTimes",
    "clock",
    "footpaths_by_air",
    "headway_timetable",
    "journey",
    "make_timetable",
    "make_walks",
    "school_week",
    "seconds_of",
    "travel_times",
    "walks_by_air",
    "window_times",
]
