"""Hubs and facilities of freight: p-hub medians, capacitated hubs, stations and points to open.

Everything here is a pure function of arrays; exact programs are solved by HiGHS through scipy, and every
answer says how far from proven best it is.
"""

from __future__ import annotations

from tongqu.methods.hubs.allocation import Allocation, Hubs, locate_hubs
from tongqu.methods.hubs.opening import Candidates, Opened, Pairs, open_sites

__all__ = ["Allocation", "Candidates", "Hubs", "Opened", "Pairs", "locate_hubs", "open_sites"]
