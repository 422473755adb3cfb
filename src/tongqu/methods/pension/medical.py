"""Resident medical insurance as a simple account: contributions and subsidies in, benefits by age out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats

__all__ = ["MedicalRules", "MedicalYear", "age_weights", "medical_year"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class MedicalRules:
    """Rules of a year; each number may be an array that broadcasts with the axes before age.

    Parameters
    ----------
    coverage : array_like of float
        Share of those entitled who are insured.
    contribution, subsidy : array_like of float
        元 a year and insured person, by the person and by government.
    benefit : array_like of float
        元 a year that the fund pays for an insured person of weight 1.
    weights : array_like of float
        Cost of each age against that one, shape (..., ages); `age_weights`.
    """

    coverage: npt.ArrayLike
    contribution: npt.ArrayLike
    subsidy: npt.ArrayLike
    benefit: npt.ArrayLike
    weights: npt.ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class MedicalYear:
    """A year of the account; shapes (...), 元.

    ``opening + contributions + subsidy + topped_up - benefits = closing``.

    Parameters
    ----------
    insured : numpy.ndarray of float
        Persons.
    opening, closing : numpy.ndarray of float
        The fund at the end of last year and of this, never below 0.
    contributions, subsidy, benefits : numpy.ndarray of float
        Paid in and out.
    topped_up : numpy.ndarray of float
        What budgets add where the fund does not reach.
    """

    insured: Floats
    opening: Floats
    contributions: Floats
    subsidy: Floats
    benefits: Floats
    topped_up: Floats
    closing: Floats

    @property
    def public_cost(self) -> Floats:
        """What budgets pay, 元."""
        return np.asarray(self.subsidy + self.topped_up)


def age_weights(
    child: npt.ArrayLike, *, old: npt.ArrayLike, oldest: npt.ArrayLike, ages: int = 101
) -> Floats:
    """Cost of each age against that of adults under 60.

    Parameters
    ----------
    child, old, oldest : array_like of float
        Weight of the ages 0-14, 60-74 and 75 and more, shape (...).
    ages : int
        Single ages.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., ages).

    Raises
    ------
    DataError
        If a weight is missing or negative.

    Examples
    --------
    >>> age_weights(0.6, old=2.5, oldest=3.5)[[0, 14, 15, 60, 75]]
    array([0.6, 0.6, 1. , 2.5, 3.5])
    """
    given = {"child": child, "old": old, "oldest": oldest}
    each = {name: floats(value, column=name, low=0, high=_LARGE)[..., None] for name, value in given.items()}
    age = np.arange(ages)
    elder = np.where(age >= 75, each["oldest"], np.where(age >= 60, each["old"], 1.0))
    return np.asarray(np.where(age < 15, each["child"], elder))


def medical_year(people: npt.ArrayLike, rules: MedicalRules, *, opening: npt.ArrayLike) -> MedicalYear:
    """Carry the account through one year.

    Parameters
    ----------
    people : array_like of float
        Persons entitled by single age, shape (..., ages), 0 or more.
    rules : MedicalRules
        Of the year.
    opening : array_like of float
        The fund at the end of last year, 元, (...), 0 or more.

    Returns
    -------
    MedicalYear

    Raises
    ------
    DataError
        If a number is missing or cannot be.

    Examples
    --------
    >>> rules = MedicalRules(1.0, 400, 700, 900, weights=age_weights(1, old=2, oldest=2))
    >>> year = medical_year(np.eye(101)[70] * 10, rules, opening=1000.0)
    >>> float(year.benefits), float(year.topped_up), float(year.closing)
    (18000.0, 6000.0, 0.0)
    """
    entitled = floats(people, column="people", low=0, high=_LARGE)
    before = floats(opening, column="opening", low=0, high=_LARGE)
    coverage = floats(rules.coverage, column="coverage", low=0, high=1)
    weights = floats(rules.weights, column="weights", low=0, high=_LARGE)
    money = {
        name: floats(getattr(rules, name), column=name, low=0, high=_LARGE)
        for name in ("contribution", "subsidy", "benefit")
    }
    insured = coverage * entitled.sum(axis=-1)
    benefits = coverage * money["benefit"] * (entitled * weights).sum(axis=-1)
    paid_in = (money["contribution"] * insured, money["subsidy"] * insured)
    rest = before + paid_in[0] + paid_in[1] - benefits
    topped_up = np.maximum(-rest, 0.0)
    shape = np.shape(rest)
    parts = (insured, before, *paid_in, benefits, topped_up, rest + topped_up)
    return MedicalYear(*(np.array(np.broadcast_to(part, shape)) for part in parts))
