"""The only package that knows a solver: a linear program by families of variables and rows.

Families of variables and rows are named, so that a golden text per family can be compared, and so that
an infeasible program can say which families and rows exclude one another.
"""

from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.parts import (
    ProgramInfeasibleError,
    ProgramStoppedError,
    Solution,
    SolverError,
    Start,
    Stop,
    Terms,
    solver_version,
)
from tongqu.engine.lp.program import Program
from tongqu.engine.lp.session import Session

__all__ = [
    "Numbers",
    "Program",
    "ProgramInfeasibleError",
    "ProgramStoppedError",
    "Session",
    "Solution",
    "SolverError",
    "Start",
    "Stop",
    "Terms",
    "solver_version",
]
