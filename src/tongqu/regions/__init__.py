"""Regions that come with Tongqu: one folder each."""

from __future__ import annotations

from pathlib import Path

__all__ = ["bundled"]


def bundled() -> tuple[str, ...]:
    """Names of the bundled regions, in order.

    Returns
    -------
    tuple of str
        The names of the folders beside this module that hold a `region.toml`.

    Examples
    --------
    >>> "quzhou" in bundled()
    True
    """
    return tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/region.toml")))
