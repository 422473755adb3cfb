"""What a resident who joins at an age pays into the pension scheme and gets out of it: present values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.pension import AGES, cohort_value, lifetime
from tongqu.methods.people import Sex
from tongqu.sectors.social_security.members import SEXES, surviving
from tongqu.sectors.social_security.parameters import PARAMETERS, check_parameters, scheme_of, tiers_of

__all__ = ["LAST_GROWTH", "cohort_table"]

LAST_GROWTH: Final = 2050
"""Year after which pension and contributions grow no more: growth without end means nothing."""
LAST_AGE: Final = 120
"""Age up to which flows are reckoned, years."""


def cohort_table(
    region: Region,
    assume: Assume,
    *,
    year: int,
    entry_ages: Sequence[int] = (20, 30, 40, 50),
    sex: Sex | None = None,
) -> pd.DataFrame:
    """Present values of one member who joins at each age.

    At the mortality of the year of joining, for life; the discount rate is ``pension.discount``.
    Contributions count the share of years in which members pay. Amounts grow up to `LAST_GROWTH` and are the
    same from then on.

    Parameters
    ----------
    year : int
        Year of joining.
    entry_ages : sequence of int
        Ages at the end of that year, 0 to 99.
    sex : {"male", "female"}, optional
        Whose mortality; as many men as women of each age when left out.

    Returns
    -------
    DataFrame
        One row an age: ``entry_age``, the fields of `CohortValue` in 元 of today, the rate of return a year.

    Raises
    ------
    DataError
        If an age cannot be.
    ScenarioError
        If a parameter cannot be.
    """
    values = {name: float(assume[name]) for name in PARAMETERS}
    check_parameters(values)
    tiers, people = tiers_of(region), np.ones((2, 1, 2, len(SEXES), AGES))
    if sex is not None:
        people[..., [one != sex for one in SEXES], :] = 0.0
    alive = surviving(people, values, year=year)
    rows = []
    for age in entry_ages:
        years = range(year, year + max(LAST_AGE - age, 1))
        schemes = [scheme_of(values, tiers, year=min(one, max(LAST_GROWTH, year))) for one in years]
        found = cohort_value(lifetime(schemes, entry_age=age, survive=alive), rate=assume["pension.discount"])
        rows.append(
            {"entry_age": age}
            | {field.name: float(np.squeeze(getattr(found, field.name))) for field in fields(found)}
        )
    return pd.DataFrame(rows)
