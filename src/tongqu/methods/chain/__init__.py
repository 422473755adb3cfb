"""Value chains from orchard to table: what each stage moves, loses, adds and pays, and what money changes."""

from __future__ import annotations

from tongqu.methods.chain.adoption import adoption, adoption_steps
from tongqu.methods.chain.evaluate import YUAN_PER_WAN, ChainResult, evaluate, flows
from tongqu.methods.chain.pieces import Curve, capacity_returns, pieces, spread_returns, taken
from tongqu.methods.chain.sensitivity import OUTCOMES, Investment, returns, sensitivities
from tongqu.methods.chain.stages import ACTORS, KINDS, PROCESSING, Actor, Chain, Kind, Parameters, make_chain

__all__ = [
    "ACTORS",
    "KINDS",
    "OUTCOMES",
    "PROCESSING",
    "YUAN_PER_WAN",
    "Actor",
    "Chain",
    "ChainResult",
    "Curve",
    "Investment",
    "Kind",
    "Parameters",
    "adoption",
    "adoption_steps",
    "capacity_returns",
    "evaluate",
    "flows",
    "make_chain",
    "pieces",
    "returns",
    "sensitivities",
    "spread_returns",
    "taken",
]
