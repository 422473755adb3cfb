"""Standards that pensions and medical insurance depend on, and the rules of a year that they make."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.contracts import check_limits
from tongqu.data import Region
from tongqu.methods.pension import MedicalRules, Scheme, Tiers, age_weights

__all__ = [
    "LIMITS",
    "PARAMETERS",
    "RULES_YEAR",
    "Floats",
    "Values",
    "check_parameters",
    "each",
    "line_of",
    "medical_of",
    "past_schemes",
    "pension_age",
    "scheme_of",
    "tiers_of",
]

Floats = npt.NDArray[np.float64]
Values = Mapping[str, npt.ArrayLike]
"""Parameters by name: a number, or one for each future."""

RULES_YEAR: Final = 2025
"""Year whose pension, tiers, line and medical figures the standards give; its prices stay (assumed)."""

_SHARE: Final = (0.0, 1.0)
_FACTOR: Final = (0.0, 10.0)
_RATE: Final = (-0.1, 0.2)
_YUAN: Final = (0.0, 100_000.0)
LIMITS: Final[dict[str, tuple[float, float]]] = {
    "life.e0_male": (55.0, 95.0),
    "life.e0_female": (55.0, 95.0),
    "life.gain": (-1.0, 1.0),
    "pension.basic": _YUAN,
    "pension.basic_growth": _RATE,
    "pension.extra_65": _YUAN,
    "pension.extra_70": _YUAN,
    "pension.extra_80": _YUAN,
    "pension.interest": _RATE,
    "pension.paying": _SHARE,
    "pension.tier_factor": _FACTOR,
    "pension.subsidy_factor": _FACTOR,
    "pension.tier_growth": _RATE,
    "pension.age": (40.0, 75.0),
    "pension.age_target": (40.0, 75.0),
    "pension.age_from": (1990.0, 2200.0),
    "pension.age_step": (0.0, 5.0),
    "pension.coverage_young": _SHARE,
    "pension.coverage": _SHARE,
    "pension.coverage_old": _SHARE,
    "pension.rural_employee": _SHARE,
    "pension.rural_employee_old": _SHARE,
    "pension.urban_employee": _SHARE,
    "pension.urban_employee_old": _SHARE,
    "pension.since": (1990.0, 2100.0),
    "pension.past_contribution": _FACTOR,
    "pension.brought": _SHARE,
    "pension.low_income_line": (1.0, 100_000.0),
    "pension.line_growth": _RATE,
    "medical.coverage": _SHARE,
    "medical.contribution": _YUAN,
    "medical.subsidy": _YUAN,
    "medical.contribution_growth": _RATE,
    "medical.benefit": _YUAN,
    "medical.benefit_growth": _RATE,
    "medical.weight_child": (0.0, 100.0),
    "medical.weight_old": (0.0, 100.0),
    "medical.weight_oldest": (0.0, 100.0),
    "medical.reserve": (0.0, 120.0),
    "pension.discount": _RATE,
    "programme.pension_step": _YUAN,
}
"""Values beyond which a parameter means nothing; far wider than what is likely."""

PARAMETERS: Final = tuple(LIMITS)
"""Names of the parameters."""


def check_parameters(values: Values) -> None:
    """Nothing if every parameter can be.

    Raises
    ------
    ScenarioError
        With every parameter outside its limits.

    Examples
    --------
    >>> check_parameters({"pension.interest": 0.02})
    """
    check_limits(values, LIMITS)


@lru_cache(maxsize=4)
def tiers_of(region: Region) -> Tiers:
    """The region's tiers; their shares, which are rounded, scaled to add up to 1."""
    table = region["pension_tiers"]
    paid, given, share = (table[f"{name}"] for name in ("contribution_yuan", "subsidy_yuan", "share"))
    part = share.to_numpy(dtype=np.float64)
    return Tiers(paid.to_numpy(np.float64), given.to_numpy(np.float64), part / part.sum())


def each(values: Values, name: str) -> Floats:
    """A parameter with an axis for the county."""
    return np.asarray(values[name], dtype=np.float64)[..., np.newaxis]


def _grown(values: Values, name: str, *, growth: str, year: int) -> Floats:
    return np.asarray(each(values, name) * (1 + each(values, growth)) ** (year - RULES_YEAR))


def line_of(values: Values, *, year: int) -> Floats:
    """Low-income line of a year, 元 a month, shape (..., 1)."""
    return _grown(values, "pension.low_income_line", growth="pension.line_growth", year=year)


def pension_age(values: Values, *, year: int) -> Floats:
    """Pension age of a year, shape (..., 1): it rises by a step a year up to its target, and never falls."""
    now, target = each(values, "pension.age"), each(values, "pension.age_target")
    years = np.maximum(year - each(values, "pension.age_from") + 1, 0.0)
    return np.asarray(np.maximum(np.minimum(now + years * each(values, "pension.age_step"), target), now))


def scheme_of(values: Values, tiers: Tiers, *, year: int, raised: npt.ArrayLike = 0.0) -> Scheme:
    """Rules of the resident pension scheme in a year.

    Parameters
    ----------
    raised : array_like of float
        What programmes add to the basic pension, 元 a month, shape (..., county).
    """
    growth = (1 + each(values, "pension.tier_growth")) ** (year - RULES_YEAR)
    extra = [(age, each(values, f"pension.extra_{age}")) for age in (65, 70, 80)]
    basic = _grown(values, "pension.basic", growth="pension.basic_growth", year=year)
    return Scheme(
        tiers.mean_contribution * each(values, "pension.tier_factor") * growth,
        tiers.mean_subsidy * each(values, "pension.subsidy_factor") * growth,
        paying=each(values, "pension.paying"),
        interest=each(values, "pension.interest"),
        basic=basic + np.asarray(raised, dtype=np.float64),
        extras=tuple(extra),
        pension_age=pension_age(values, year=year),
        brought=each(values, "pension.brought"),
    )


def past_schemes(values: Values, tiers: Tiers, *, year: int) -> list[Scheme]:
    """Rules since the scheme began, up to a year.

    Before `RULES_YEAR` contributions are a share of those of that year; from it on the rules are those of
    `scheme_of`. Futures may differ in all but the year of the beginning, of which the mean is taken.
    """
    since = round(float(np.mean(np.asarray(values["pension.since"], dtype=np.float64))))
    past = each(values, "pension.past_contribution")
    scheme = Scheme(
        tiers.mean_contribution * past,
        tiers.mean_subsidy * past,
        paying=each(values, "pension.paying"),
        interest=each(values, "pension.interest"),
        basic=0.0,
        pension_age=pension_age(values, year=year),
    )
    first = min(since, year)
    return [
        scheme if one < RULES_YEAR else scheme_of(values, tiers, year=one) for one in range(first, year + 1)
    ]


def medical_of(values: Values, *, year: int) -> MedicalRules:
    """Rules of resident medical insurance in a year."""
    paid = {
        name: _grown(values, f"medical.{name}", growth="medical.contribution_growth", year=year)
        for name in ("contribution", "subsidy")
    }
    return MedicalRules(
        each(values, "medical.coverage"),
        paid["contribution"],
        paid["subsidy"],
        benefit=_grown(values, "medical.benefit", growth="medical.benefit_growth", year=year),
        weights=age_weights(
            each(values, "medical.weight_child"),
            old=each(values, "medical.weight_old"),
            oldest=each(values, "medical.weight_oldest"),
        ),
    )
