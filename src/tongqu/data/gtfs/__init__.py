"""Timetables in the General Transit Feed Specification: reading, validation, trips of a day, writing."""

from tongqu.data.gtfs.feed import Feed, FeedReport
from tongqu.data.gtfs.read import read_feed
from tongqu.data.gtfs.write import write_feed

__all__ = ["Feed", "FeedReport", "read_feed", "write_feed"]
