"""Compiled loops over arcs: nodes are int32 places of a network, minutes float32; no checks, no tables."""

__all__: list[str] = []
