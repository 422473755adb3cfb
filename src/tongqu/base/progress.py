"""Progress: long work tells its caller where it is; the caller decides what to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "Report", "silent"]


@dataclass(frozen=True, slots=True)
class Report:
    """One message of progress.

    Parameters
    ----------
    stage : str
        Key of the stage, for example ``"optimise"``; the faces translate it.
    done : float or None
        Share done in [0, 1] where it is known; never invented.
    best, bound, gap : float or None
        Best plan so far, proven bound and gap while the optimiser runs.
    aim, unit : str
        What is being optimised, where there are several aims, and the unit of these figures.
    """

    stage: str
    done: float | None = None
    best: float | None = None
    bound: float | None = None
    gap: float | None = None
    aim: str = ""
    unit: str = "log D"


Progress = Callable[[Report], None]


def silent(report: Report) -> None:
    """Show nothing.

    Examples
    --------
    >>> silent(Report("load"))
    """
