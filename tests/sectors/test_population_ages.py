"""Children by single age and people by sex: the same people as the sector's state variables."""

from __future__ import annotations

import numpy as np
import pytest

from small import loaded, short
from tongqu.base import DataError
from tongqu.contracts import State
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.sectors.population import people_by_sex, pupils_by_age
from tongqu.sectors.population.villages import PUPILS


@pytest.fixture(scope="module")
def prepared():
    return prepare(loaded(), load_sectors(), scenario=short())


def test_single_ages_of_a_county_add_up_to_the_pupils_of_each_stage(prepared) -> None:
    state, region = prepared.states[-1], loaded()
    county = region.county_of(region.codes("village"))
    ages = pupils_by_age(region, state, assume=prepared.assume)
    for stage, (first, end) in PUPILS.items():
        by_age = ages.loc[:, first : end - 1].sum(axis=1).groupby(county).sum()
        by_stage = state[f"pupils.{stage}"].groupby(county).sum()
        np.testing.assert_allclose(by_age, by_stage, rtol=1e-9)
    assert (ages.to_numpy() >= 0).all()


def test_men_and_women_add_up_to_all_people_of_every_village(prepared) -> None:
    state, region = prepared.states[-1], loaded()
    people = people_by_sex(region, state, assume=prepared.assume)
    np.testing.assert_allclose(people.sum(axis=1), state["people.total"], rtol=1e-9)
    assert people["male"].to_numpy().sum() != people["female"].to_numpy().sum()


def test_a_state_without_people_and_a_wrong_age_are_refused(prepared) -> None:
    with pytest.raises(DataError, match="no people by age"):
        people_by_sex(loaded(), State(2026, {}), assume=prepared.assume)
    with pytest.raises(DataError, match="outside 0 to 84"):
        pupils_by_age(loaded(), prepared.states[0], assume=prepared.assume, ages=[85])
