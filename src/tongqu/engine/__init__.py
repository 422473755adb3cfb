"""The engine: sectors in order, year by year; the joint plan; promise against simulation."""
