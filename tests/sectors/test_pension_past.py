"""Rules of the years before the first one: a share of today's contributions until the rules' year."""

from __future__ import annotations

import numpy as np
import pytest

from small import TINY, short
from tongqu.base import ScenarioError
from tongqu.contracts import Assume
from tongqu.data import load_region
from tongqu.sectors.social_security.parameters import (
    PARAMETERS,
    RULES_YEAR,
    check_parameters,
    past_schemes,
    scheme_of,
    tiers_of,
)

REGION = load_region(TINY)
ASSUME = Assume.of(REGION["standards"], short())
VALUES = {name: float(ASSUME[name]) for name in PARAMETERS}
TIERS = tiers_of(REGION)


@pytest.mark.parametrize("later", [-1, 0, 1, 5])
def test_the_rules_of_the_year_hold_from_it_on(later):
    year = RULES_YEAR + later
    found = past_schemes(VALUES, TIERS, year=year)
    since = round(VALUES["pension.since"])
    assert len(found) == year - since + 1
    paid = [float(np.squeeze(scheme.contribution)) for scheme in found]
    before = float(TIERS.mean_contribution) * VALUES["pension.past_contribution"]
    assert paid[: RULES_YEAR - since] == pytest.approx([before] * (RULES_YEAR - since))
    for one in range(RULES_YEAR, year + 1):
        rules = scheme_of(VALUES, TIERS, year=one)
        assert paid[one - since] == pytest.approx(float(np.squeeze(rules.contribution)))


def test_a_scheme_that_begins_later_has_one_year():
    values = VALUES | {"pension.since": 2060.0}
    assert len(past_schemes(values, TIERS, year=2025)) == 1


@pytest.mark.parametrize("years", [54.0, 96.0])
def test_life_expectancies_that_the_life_tables_do_not_hold(years):
    with pytest.raises(ScenarioError, match=r"life\.e0_male"):
        check_parameters({"life.e0_male": years})
