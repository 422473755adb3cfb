"""Timetables in the General Transit Feed Specification: reading, validation, and the trips of a day."""

from tongqu.data.gtfs.feed import Feed, FeedReport
from tongqu.data.gtfs.read import read_feed

__all__ = ["Feed", "FeedReport", "read_feed"]
