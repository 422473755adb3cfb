"""Whether arrays have the shapes that the travel times ask for."""

from __future__ import annotations

from collections.abc import Mapping

from tongqu.base import Problem

__all__ = ["wrong_shapes"]


def wrong_shapes(asked: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]) -> list[Problem]:
    """A problem for every array whose shape, the first of two, is not the second."""
    return [
        Problem(
            f"its shape is {found}, not {wanted}",
            mend="give one value for each place and age, in the order of the travel times",
            column=column,
        )
        for column, (found, wanted) in asked.items()
        if found != wanted
    ]
