"""What a sector is: it reads and writes named variables and offers projects; it knows no other sector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pandas as pd

from tongqu.contracts.offer import Offer
from tongqu.contracts.scenario import Assume
from tongqu.contracts.state import State
from tongqu.data import Region

__all__ = ["Findings", "Forecast", "Sector"]


@dataclass(frozen=True)
class Forecast:
    """What happens without a plan, and what the sectors before this one offer.

    Parameters
    ----------
    states : sequence of State
        One state a year of the plan.
    offer : Offer
        Offers of the sectors that come earlier in the order, as shared ledger entries.
    """

    states: Sequence[State]
    offer: Offer

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the plan."""
        return tuple(state.year for state in self.states)


@dataclass(frozen=True)
class Findings:
    """What a sector says about the present: tidy figures by place.

    Parameters
    ----------
    figures : DataFrame
        Columns ``unit, variable, value``.
    """

    figures: pd.DataFrame


@runtime_checkable
class Sector(Protocol):
    """One field of planning. Its functions are pure: the same input gives the same output.

    ``reads`` and ``writes`` name state variables; each variable has one writer. A sector's ``step`` gets
    the state with everything that sectors before it wrote this year, and last year's values of the rest.
    A read written ``last.NAME`` means last year's value of ``NAME``: its writer need not come earlier, and
    in the first year nobody has written it.
    """

    @property
    def name(self) -> str:
        """Identifier, also the column ``sector`` of its projects."""

    @property
    def tables(self) -> frozenset[str]:
        """Tables of the region that it needs."""

    @property
    def reads(self) -> frozenset[str]:
        """State variables that it needs."""

    @property
    def writes(self) -> frozenset[str]:
        """State variables that it gives."""

    def diagnose(self, region: Region, state: State) -> Findings:
        """Say how things stand."""

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Give this year's values of the variables in ``writes``; ``opened`` holds the working projects.

        Of their entries those are left that count in the year.
        """

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer projects, with every effect as entries in the ledgers."""
