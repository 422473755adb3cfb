"""Rules of the tiers of the resident pension scheme: their shares are of one whole, subsidies only add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["check_pension_tiers"]

ROUNDING: Final = 1e-3
"""By how much the shares of the tiers may miss 1: they are written with three decimals."""


def check_pension_tiers(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report subsidies above their contribution, and shares that do not add up to 1."""
    tiers = tables.get("pension_tiers")
    if tiers is None:
        return
    if tiers.has("contribution_yuan", "subsidy_yuan"):
        paid, given = (
            tiers.typed[f"{name}_yuan"].to_numpy(np.float64) for name in ("contribution", "subsidy")
        )

        def mend(position: int, _: str) -> str:
            return f"enter at most the contribution, {paid[position]:g}, or correct that"

        problems.add_rows(
            "a subsidy above its contribution", at=tiers.place("subsidy_yuan"), where=given > paid, mend=mend
        )
    if tiers.has("share") and len(tiers.raw.rows):
        share = tiers.typed["share"].to_numpy(np.float64)
        total = float(share.sum())
        if np.isfinite(share).all() and abs(total - 1) > ROUNDING:
            problems.add(
                f"the shares of the tiers add up to {total:g}",
                mend="correct them so that they add up to 1",
                file=tiers.raw.file,
                row=int(tiers.raw.rows[-1]),
                column="share",
                value=f"{share[-1]:g}",
            )
