"""Grades of coupling and coordination: the published scales, by name, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import require

__all__ = ["SCALES", "Scale", "grade"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of grades from the worst to the best.

    Parameters
    ----------
    of : {"C", "D"}
        Whether it grades coupling or coordination.
    breaks : tuple of float
        Where the next grade begins, rising; one fewer than there are grades.
    zh, en : tuple of str
        Names of the grades.
    source : str
        Where it was published.
    """

    of: Literal["C", "D"]
    breaks: tuple[float, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]
    source: str


_TENTHS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

SCALES: Final[Mapping[str, Scale]] = MappingProxyType(
    {
        "ten": Scale(
            "D",
            _TENTHS,
            (
                "极度失调",
                "严重失调",
                "中度失调",
                "轻度失调",
                "濒临失调",
                "勉强协调",
                "初级协调",
                "中级协调",
                "良好协调",
                "优质协调",
            ),
            (
                "extreme imbalance",
                "severe imbalance",
                "moderate imbalance",
                "slight imbalance",
                "near imbalance",
                "bare coordination",
                "primary coordination",
                "intermediate coordination",
                "good coordination",
                "excellent coordination",
            ),
            "ten classes of 0.1, as in ChinaXiv-202206.00107V1 (Guanzhong)",
        ),
        "five": Scale(
            "D",
            (0.2, 0.4, 0.6, 0.8),
            ("严重失调", "轻度失调", "勉强协调", "良好协调", "优质协调"),
            (
                "severe imbalance",
                "slight imbalance",
                "bare coordination",
                "good coordination",
                "excellent coordination",
            ),
            "ChinaXiv-201711.01841V1 (Sichuan)",
        ),
        "four": Scale(
            "D",
            (0.5, 0.6, 0.7),
            ("失调", "初级协调", "中级协调", "高级协调"),
            ("imbalance", "primary coordination", "intermediate coordination", "high coordination"),
            "Xu Weixiang et al. (2020), Journal of Natural Resources 35 (9), 2044, table 2",
        ),
        "gansu": Scale(
            "D",
            (0.4, 0.5, 0.6),
            ("失调衰退", "濒临失调", "勉强协调", "协调"),
            ("imbalance and decline", "near imbalance", "bare coordination", "coordination"),
            "ChinaXiv-202102.00039V1 (Gansu)",
        ),
        "aksu": Scale(
            "D",
            (0.3, 0.5, 0.6, 0.7, 0.8, 0.9),
            ("失调衰退", "濒临失调", "勉强协调", "初级协调", "中级协调", "良好协调", "优质协调"),
            (
                "imbalance and decline",
                "near imbalance",
                "bare coordination",
                "primary coordination",
                "intermediate coordination",
                "good coordination",
                "excellent coordination",
            ),
            "ChinaXiv-201911.00067V1 (Aksu), table 3",
        ),
        "coupling": Scale(
            "C",
            (0.3, 0.5, 0.8),
            ("低水平耦合", "拮抗", "磨合", "高水平耦合"),
            ("low coupling", "antagonistic", "running-in", "high coupling"),
            "four stages of coupling, in general use",
        ),
        "aksu-coupling": Scale(
            "C",
            (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
            (
                "严重失调",
                "中度失调",
                "轻度失调",
                "濒临失调",
                "初级协调",
                "中级协调",
                "良好协调",
                "优质协调",
            ),
            (
                "severe imbalance",
                "moderate imbalance",
                "slight imbalance",
                "near imbalance",
                "primary coordination",
                "intermediate coordination",
                "good coordination",
                "excellent coordination",
            ),
            "ChinaXiv-201911.00067V1 (Aksu), table 2",
        ),
    }
)
"""Published scales by name; the classes differ, so a result names its scale."""


def grade(
    values: npt.ArrayLike, *, scale: str = "ten", language: Literal["zh", "en"] = "zh"
) -> npt.NDArray[np.str_]:
    """Grade of every value; a value on a break belongs to the better grade.

    Parameters
    ----------
    values : array_like of float
        Coupling or coordination in [0, 1], any shape.
    scale : str
        A name in `SCALES`.
    language : {"zh", "en"}
        Language of the grades.

    Returns
    -------
    numpy.ndarray of str
        Shape of `values`; "" where a value is NaN.

    Raises
    ------
    DataError
        If the scale is unknown, or a value is outside [0, 1].

    References
    ----------
    ``SCALES[scale].source``.

    Examples
    --------
    >>> grade([0.38, 0.5, 0.93])
    array(['轻度失调', '勉强协调', '优质协调'], dtype='<U4')
    >>> print(grade(0.62, language="en"))
    primary coordination
    """
    require(scale in SCALES, column="scale", rule=f"{scale} is unknown", mend=f"one of {', '.join(SCALES)}")
    chosen = SCALES[scale]
    array = np.asarray(values, dtype=np.float64)
    unknown = np.isnan(array)
    inside = bool(np.all(unknown | ((array >= 0) & (array <= 1))))
    require(
        inside, column="values", rule="a value is outside [0, 1]", mend="give C or D of a regular formula"
    )
    names = np.asarray((*(chosen.zh if language == "zh" else chosen.en), ""))
    # The least slack keeps 0.1 + 0.2 in the class that begins at 0.3.
    place = np.searchsorted(np.asarray(chosen.breaks), array + 1e-12, side="right")
    return np.asarray(names[np.where(unknown, len(names) - 1, place)])
