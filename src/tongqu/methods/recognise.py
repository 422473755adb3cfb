"""Which formula made a published table of coupling and coordination; printed formulas are often not it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.coordination import coupling_of

__all__ = ["COUPLINGS", "Column", "Recognition", "recognise"]

Column: TypeAlias = Literal["C", "T", "D"]
"""Heading of a published column."""


def _spread(systems: Floats) -> Floats:
    """Product over the mean to the power n: 1 where all are equal."""
    size = systems.shape[-1]
    return np.asarray(np.prod(systems, axis=-1) / systems.mean(axis=-1) ** size)


def _power(exponent: float) -> Callable[[Floats], Floats]:
    return lambda systems: np.asarray(_spread(systems) ** exponent)


def _geometric(systems: Floats) -> Floats:
    return np.asarray(np.prod(systems, axis=-1) ** (1 / systems.shape[-1]))


def _printed_fraction(systems: Floats) -> Floats:
    return np.asarray(_geometric(systems) / systems.sum(axis=-1))


def _missing_square(systems: Floats) -> Floats:
    size = systems.shape[-1]
    return np.asarray((np.prod(systems, axis=-1) / systems.mean(axis=-1)) ** (1 / size))


def _modified(systems: Floats) -> Floats:
    return coupling_of(systems, variant="modified")


COUPLINGS: Final[Mapping[str, Callable[[Floats], Floats]]] = MappingProxyType(
    {
        "standard": coupling_of,
        "modified": _modified,
        "geometric": _geometric,
        "printed-fraction": _printed_fraction,
        "missing-square": _missing_square,
        "power-1/2": _power(1 / 2),
        "power-1": _power(1),
        "power-2": _power(2),
        "power-3": _power(3),
        "power-4": _power(4),
        "power-5": _power(5),
        "power-6": _power(6),
    }
)
"""Couplings found in the literature, of shape (..., n); only the first two are offered for new results.

standard: geometric over arithmetic mean. modified: Wang et al. 2021. geometric: sqrt(u r).
printed-fraction: sqrt(u r / (u + r)^2), never above 1/2. missing-square: sqrt(u r / ((u + r) / 2)).
power-k: [product / mean^n]^k, with the "adjustment coefficient" k.
"""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a published column turns out to be.

    Parameters
    ----------
    column : {"C", "T", "D"}
        Its heading.
    formula : str
        The formula nearest to it: a name in `COUPLINGS`, "mean", "weighted mean", "sqrt(C T)" or "C T".
    max_error, mean_error : float
        Greatest and mean distance of the column from the formula.
    found : bool
        Whether the greatest distance is within the tolerance.
    weights : tuple of float
        Weights of the subsystems in T; empty for C and D.
    mislabelled : bool
        Whether a column headed D is found to be a coupling, or one headed C or T a sqrt(C T).
    printed : str
        The formula that the paper prints; empty when not given.
    printed_error : float
        Greatest distance of the column from the printed formula; NaN when not given.
    """

    column: Column
    formula: str
    max_error: float
    mean_error: float
    found: bool
    weights: tuple[float, ...]
    mislabelled: bool
    printed: str
    printed_error: float

    @property
    def differs(self) -> bool:
        """Whether the printed formula does not reproduce the column while another does."""
        return self.found and self.printed not in ("", self.formula) and self.printed_error > self.max_error


def recognise(
    systems: npt.ArrayLike,
    *,
    c: npt.ArrayLike | None = None,
    t: npt.ArrayLike | None = None,
    d: npt.ArrayLike | None = None,
    printed: Mapping[Column, str] = MappingProxyType({}),
    tolerance: float = 0.005,
) -> dict[Column, Recognition]:
    """The formula that reproduces each published column.

    Candidates are tried in a fixed order and the nearest wins; among those within the tolerance of rounding
    (1e-9) the earlier. Weights of T are equal when equal weights fit within the tolerance, and fitted by
    non-negative least squares otherwise. D is tried as sqrt(C T) and C T from the published C and T where
    given, and as every coupling, since some tables head a coupling with D.

    Parameters
    ----------
    systems : array_like of float
        Published indices of the subsystems, in [0, 1], shape (rows, n).
    c, t, d : array_like of float, optional
        Published columns headed coupling, comprehensive index and coordination, shape (rows,).
    printed : mapping of str to str
        Formula printed in the paper for a column: a name as in `Recognition.formula`.
    tolerance : float
        Greatest distance that rounding in the paper explains.

    Returns
    -------
    dict of str to Recognition
        One for each column given.

    Raises
    ------
    DataError
        If no column is given, lengths differ, a value is missing, or a printed formula is unknown.

    Examples
    --------
    >>> found = recognise([[0.5, 0.4], [0.2, 0.9]], c=[0.447, 0.424], printed={"C": "printed-fraction"})
    >>> found["C"].formula, found["C"].differs
    ('geometric', True)
    """
    table = floats(systems, column="systems", low=0, high=1)
    require(table.ndim == 2 and table.shape[1] > 1, column="systems", rule="not (rows, n)", mend="2 or more")
    columns: dict[Column, Floats] = {}
    given: tuple[tuple[Column, npt.ArrayLike | None], ...] = (("C", c), ("T", t), ("D", d))
    for name, values in given:
        if values is not None:
            columns[name] = floats(values, column=name)
            same = columns[name].shape == table.shape[:1]
            require(same, column=name, rule="lengths differ", mend="give one value for each row")
    require(bool(columns), column="c, t, d", rule="no column is given", mend="give at least one")
    weights = _weights(table, columns.get("T"), tolerance=tolerance)
    found: dict[Column, Recognition] = {}
    for name, values in columns.items():
        candidates = _candidates(name, table, columns=columns, weights=weights)
        says = printed.get(name, "")
        known = says in ("", *candidates)
        require(known, column="printed", rule=f"{says} is unknown", mend=f"one of {', '.join(candidates)}")
        distance = {formula: np.abs(computed - values) for formula, computed in candidates.items()}
        best = min(distance, key=lambda formula: round(float(distance[formula].max()), 9))
        error = float(distance[best].max())
        found[name] = Recognition(
            column=name,
            formula=best,
            max_error=error,
            mean_error=float(distance[best].mean()),
            found=error <= tolerance,
            weights=weights if name == "T" else (),
            mislabelled=error <= tolerance and _wrong_heading(name, best),
            printed=says,
            printed_error=float(distance[says].max()) if says else float("nan"),
        )
    return found


def _weights(table: Floats, t: Floats | None, *, tolerance: float) -> tuple[float, ...]:
    size = table.shape[1]
    if t is None or np.abs(table.mean(axis=1) - t).max() <= tolerance:
        return tuple([1 / size] * size)
    fitted, _ = nnls(table, t)
    return tuple(float(weight) for weight in np.asarray(fitted, dtype=np.float64))


def _candidates(
    column: Column, table: Floats, *, columns: Mapping[Column, Floats], weights: tuple[float, ...]
) -> dict[str, Floats]:
    couplings = {name: formula(table) for name, formula in COUPLINGS.items()}
    together = table @ np.asarray(weights)
    if column == "T":
        equal = len(set(weights)) == 1
        return {"mean": together} if equal else {"weighted mean": together, "mean": table.mean(axis=1)}
    c, t = columns.get("C", couplings["standard"]), columns.get("T", together)
    if column == "C":
        return {**couplings, "sqrt(C T)": np.sqrt(couplings["standard"] * t)}
    made = {"sqrt(C T)": np.sqrt(c * t), "C T": c * t}
    if "C" not in columns:
        made |= {f"sqrt(C T), C {name}": np.sqrt(value * t) for name, value in couplings.items()}
    return {**made, **couplings}


def _wrong_heading(column: Column, formula: str) -> bool:
    return formula in COUPLINGS if column == "D" else column == "C" and formula == "sqrt(C T)"
