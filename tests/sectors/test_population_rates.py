"""Rates read from the censuses under other parameters than the region's own, started from the region's."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

import tongqu
from tongqu.data import Region
from tongqu.methods.people import exchange
from tongqu.sectors.population import calibration
from tongqu.sectors.population.calibration import Calibration, calibrate

SEARCHED = 2e-4
"""Relative difference of rates to where rounds of searches lead."""


@cache
def region() -> Region:
    return tongqu.load("quzhou")


def standards(**changes: float) -> dict[str, float]:
    values = region()["standards"].set_index("standard")["value"].astype("float64").dropna().to_dict()
    return {str(name): float(value) for name, value in values.items()} | {
        name.replace("__", "."): value for name, value in changes.items()
    }


def alone(**changes: float) -> Calibration:
    """Rates of a region whose own parameters these are, so that nothing is near them."""
    table = region()["standards"]
    for name, value in changes.items():
        table.loc[table["standard"] == name.replace("__", "."), "value"] = value
    return calibrate(replace(region(), tables={**region().tables, "standards": table}), standards(**changes))


def away(found: Calibration, wanted: Calibration) -> float:
    """Largest difference of levels of moving, against the largest level of their kind."""
    worst = 0.0
    for one in fields(found.moves):
        got, exact = getattr(found.moves, one.name), getattr(wanted.moves, one.name)
        worst = max(worst, float(np.abs(got - exact).max() / max(np.abs(exact).max(), 1e-12)))
    return worst


def test_the_same_mortality_gives_the_same_leavers_and_comers_and_towns_to_the_same_places() -> None:
    changes = {"migration__to_town": 0.6, "hukou__register": 0.05}
    found, wanted = calibrate(region(), standards(**changes)), alone(**changes)
    assert found.moves.leave.tolist() == wanted.moves.leave.tolist()
    assert found.moves.leaving.tolist() == wanted.moves.leaving.tolist()
    assert found.towns == pytest.approx(wanted.towns, abs=4e-9)
    assert found.towns.tolist() != calibrate(region(), standards()).towns.tolist()


def test_another_mortality_gives_what_a_search_from_nowhere_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rounds of a search lead somewhere: from nearby they come nearer to it than from nowhere."""
    found, wanted = calibrate(region(), standards(life__gain=0.27)), alone(life__gain=0.27)
    monkeypatch.setattr(exchange, "_ROUNDS", 2 * exchange._ROUNDS)
    calibration._fitted.cache_clear()
    limit = alone(life__gain=0.27)
    calibration._fitted.cache_clear()
    assert away(found, limit) < SEARCHED < away(wanted, limit) < 10 * SEARCHED
    assert found.explained == pytest.approx(limit.explained, abs=1e-6)
    assert away(found, calibrate(region(), standards())) > 10 * SEARCHED


def test_between_two_steps_of_a_gain_rates_lie_on_a_line() -> None:
    low, middle, high = (calibrate(region(), standards(life__gain=gain)) for gain in (0.261, 0.262, 0.263))
    assert low.shift.tolist() == high.shift.tolist()
    np.testing.assert_allclose(middle.moves.leave, (low.moves.leave + high.moves.leave) / 2, rtol=1e-9)
    assert low.moves.leave.tolist() != high.moves.leave.tolist()


def test_a_life_far_from_the_regions_own_is_searched_for_from_nowhere() -> None:
    changes = {"life__e0_male": 66.0, "life__e0_female": 70.0}
    found, wanted = calibrate(region(), standards(**changes)), alone(**changes)
    assert found.moves.leave.tolist() == wanted.moves.leave.tolist()
    assert found.towns.tolist() == wanted.towns.tolist()
