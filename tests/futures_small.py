"""Futures of a plan on the small region, made once for all tests of a run."""

from __future__ import annotations

from functools import cache

from small import loaded, short
from tongqu.contracts import Limits, Robust, Solver
from tongqu.workflow.futures import futures
from tongqu.workflow.study import FieldStudy

FUTURES = 10
DRAWN = ("migration.coming", "future.capital_cost")
SCENARIO = short(
    last_year=2027,
    limits=Limits(money_factor=1.0, capital_share=0.06, city_pool_wan=150),
    solver=Solver(gap=1e-4, tangent_error=1e-4),
    robust=Robust(futures=2, tail_weight=0.5, tail=0.5),
)


@cache
def study() -> FieldStudy:
    """Two plans, one of them robust, in a dozen futures, planned again in one."""
    return futures(loaded(), SCENARIO, futures=FUTURES, replan=1, uncertain=DRAWN, processes=1)
