"""Standards that the people of a region depend on, and the values that they can have at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy.typing as npt

from tongqu.contracts import check_limits

__all__ = ["LEVERS", "LIMITS", "PARAMETERS", "check_parameters"]

LEVERS: Final = ("jobs", "wages", "services", "housing", "hukou")
"""What makes a place pull; each has a standard ``lever.*`` and one ``elasticity.*``."""

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "life.e0_male": (40.0, 100.0),
    "life.e0_female": (40.0, 100.0),
    "life.gain": (-1.0, 1.0),
    "fertility.mean_age": (18.0, 40.0),
    "fertility.deviation": (2.0, 12.0),
    "fertility.change": (0.0, 5.0),
    "births.sex_ratio": (50.0, 200.0),
    "migration.to_town": (0.0, 1.0),
    "migration.from_country": (0.0, 1.0),
    "migration.inside": (0.0, 1.0),
    "migration.deterrence": (0.0, 1.0),
    "migration.coming": (0.0, 10.0),
    "migration.leaving": (0.0, 10.0),
    "migration.townward": (0.0, 10.0),
    "migration.reclassify": (0.0, 10.0),
    "hukou.register": (0.0, 1.0),
    "lever.centre": (0.1, 10.0),
    "feedback.services": (-2.0, 2.0),
    "village.remoteness": (0.0, 5.0),
    **{f"lever.{name}": (0.1, 10.0) for name in LEVERS},
    **{f"elasticity.{name}": (-2.0, 5.0) for name in LEVERS},
}
"""Values beyond which a parameter means nothing or the model does not hold; far wider than what is likely."""

OTHERS: Final[dict[str, tuple[float, float]]] = {
    "programme.jobs": (0.0, 0.1),
    "programme.homes": (0.0, 0.1),
    "programme.young": (0.0, 0.1),
    "programme.registration": (0.0, 1.0),
    "programme.newcomer_cost": (0.0, 1000.0),
    "programme.jobs_cost": (0.0, 1000.0),
    "programme.homes_cost": (0.0, 1000.0),
    "programme.young_cost": (0.0, 1000.0),
    "programme.registration_cost": (0.0, 1000.0),
    "relocation.cost_per_person": (0.0, 1000.0),
    "relocation.take_up": (0.01, 1.0),
    "relocation.most_people": (0.0, 100_000.0),
    "relocation.persons_per_household": (1.0, 20.0),
    "relocation.saving": (0.0, 100.0),
    "relocation.host_land": (0.0, 10_000.0),
    "relocation.homestead": (0.0, 10_000.0),
    "relocation.reclaim": (0.0, 1.0),
    "village.reach_share": (0.0, 1.0),
}
"""Likewise for what programmes and moves of people cost and how large they are."""

PARAMETERS: Final = tuple(LIMITS)
"""Names of the parameters."""


def check_parameters(values: Mapping[str, npt.ArrayLike]) -> None:
    """Nothing if every parameter that is given can be.

    Parameters
    ----------
    values : mapping of str to array_like
        Parameters by name: a number, or one for each future; other names are passed over.

    Raises
    ------
    ScenarioError
        With every parameter that is missing or outside its limits.

    Examples
    --------
    >>> check_parameters({"lever.jobs": 1.2})
    """
    check_limits(values, LIMITS | OTHERS)
