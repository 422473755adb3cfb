"""People of every village by single age and by sex in a simulated year, for those who plan one service.

The joint plan needs pupils by stage only, which the sector's state variables give; a bureau plans classes by
year of age and care by age and sex. Both are shared out as `villages` shares out the groups: the people are
the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Assume, Offer, State, entries_of
from tongqu.data import Region
from tongqu.sectors.population.census import CELLS, GROUPS, SEXES, Floats, cells_shape, census_of
from tongqu.sectors.population.villages import shared

__all__ = ["SCHOOL_AGES", "people_by_sex", "pupils_by_age"]

SCHOOL_AGES = tuple(range(3, 18))
"""Ages of nursery, primary, junior and senior school."""


def pupils_by_age(
    region: Region,
    state: State,
    *,
    assume: Assume,
    opened: Offer | None = None,
    ages: Sequence[int] = SCHOOL_AGES,
) -> pd.DataFrame:
    """Children of every village by single age.

    Parameters
    ----------
    region : Region
        Where.
    state : State
        A simulated year, which holds the people of the counties.
    assume : Assume
        The standards that the year was simulated with.
    opened : Offer, optional
        The projects open by then, of which those that move people count.
    ages : sequence of int
        Single ages, 0 to 84.

    Returns
    -------
    DataFrame
        Persons, villages x ages. The ages of a stage add up to its ``pupils`` in the state, up to the shares
        within the stage.

    Raises
    ------
    DataError
        If the state holds no people, or an age is outside 0 to 84.
    """
    problems = [
        Problem(
            rule="an age outside 0 to 84", mend="ask for single ages below 85", column="ages", value=str(age)
        )
        for age in ages
        if not 0 <= age <= 84
    ]
    if problems:
        raise DataError(problems)
    bands = tuple((int(age), int(age) + 1) for age in ages)
    _, found = _shared(region, state, _people(region, state), assume=assume, opened=opened, bands=bands)
    return pd.DataFrame(found, index=region.codes("village"), columns=pd.Index(list(ages), name="age"))


def people_by_sex(
    region: Region, state: State, *, assume: Assume, opened: Offer | None = None
) -> pd.DataFrame:
    """People of every village by sex and five-year group.

    Parameters
    ----------
    region, state, assume, opened
        As for `pupils_by_age`.

    Returns
    -------
    DataFrame
        Persons, villages x (sex, group), groups ``0-4`` to ``80-84`` and ``85+``. A village has its share of
        the men and of the women of its county and residence, the same for both: its own balance of the sexes
        is not known.

    Raises
    ------
    DataError
        If the state holds no people.
    """
    people = _people(region, state)
    parts = [
        _shared(region, state, people[:, :, [sex]], assume=assume, opened=opened)[0]
        for sex in range(len(SEXES))
    ]
    columns = pd.MultiIndex.from_product([SEXES, GROUPS], names=["sex", "age"])
    return pd.DataFrame(np.hstack(parts), index=region.codes("village"), columns=columns)


def _people(region: Region, state: State) -> Floats:
    """People of the counties, shape (county, residence, sex, age)."""
    if CELLS not in state:
        raise DataError(
            [Problem(rule="the state holds no people by age", mend="simulate with the sector population")]
        )
    cells = state[CELLS].to_numpy(dtype=np.float64)
    return np.asarray(cells.reshape(cells_shape(census_of(region))).sum(axis=0))


def _shared(
    region: Region,
    state: State,
    people: Floats,
    *,
    assume: Assume,
    opened: Offer | None,
    bands: tuple[tuple[int, int], ...] = (),
) -> tuple[Floats, Floats]:
    entries = (Offer() if opened is None else opened).entries
    return shared(
        region,
        people,
        years=max(state.year - region.base_year, 0),
        centre=assume["lever.centre"],
        remoteness=assume["village.remoteness"],
        moved=entries_of(entries, ledger="moved"),
        bands=bands or ((0, 1),),
    )
