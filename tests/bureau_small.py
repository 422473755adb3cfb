"""A bureau's view of the plan of the small region that tests share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tongqu.contracts import open_run
from tongqu.workflow.bureau import BureauView, bureau


@cache
def viewed(path: Path, sector: str = "health") -> BureauView:
    """One view, worked out once."""
    return bureau(open_run(path), sector)
