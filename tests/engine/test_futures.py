"""Draws, luck, and what a plan lacks in a future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine.hand import COUNTIES, hand_made, offer_of, plenty, projects_of
from engine.judge import draw
from tongqu.base import DataError
from tongqu.contracts import Assume
from tongqu.engine.draws import luck_of, sample_of
from tongqu.engine.futures import inputs_in, offer_in
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import optimise
from tongqu.engine.purse import Purse

STANDARDS = pd.DataFrame(
    {
        "standard": ["a", "b", "fixed", "future.capital_cost", "future.running_cost", "future.effects"],
        "low": [0.0, 1.0, np.nan, 0.9, 1.0, 0.7],
        "high": [4.0, 3.0, np.nan, 1.5, 1.2, 1.1],
    }
)
MODES = {"a": 1.0, "b": 2.0, "fixed": 5.0, "rate.interest": 0.03}
SPREAD = {"future.project_cost": 0.3, "future.project_effects": 0.1, "future.year_money": 0.05}
ONES = {"future.capital_cost": 1.0, "future.running_cost": 1.0, "future.effects": 1.0}
ASSUME = Assume(pd.Series({**MODES, **SPREAD, **ONES}))
DRAWN = ("future.capital_cost", "future.running_cost", "future.effects")


def sample(*names: str, futures: int = 8, seed: int = 1):
    return sample_of(STANDARDS, ASSUME, names=names, futures=futures, seed=seed)


def test_draws_lie_in_their_range_one_in_each_part_of_the_distribution():
    values = sample("a", futures=100).values["a"].to_numpy()
    below = np.where(values <= 1, values**2 / 4, 1 - (4 - values) ** 2 / 12)  # distribution of (0, 1, 4)
    assert sorted(np.floor(below * 100).astype(int)) == list(range(100))


def test_another_parameter_changes_no_draw_and_another_seed_changes_all():
    alone, both = sample("a").values["a"], sample("b", "a").values["a"]
    assert alone.tolist() == both.tolist()
    assert not set(alone) & set(sample("a", seed=2).values["a"])


def test_what_has_no_range_is_not_drawn_and_an_unknown_name_is_refused():
    assert list(sample("a", "fixed").values.columns) == ["a"]
    with pytest.raises(DataError, match="unknown standard"):
        sample("nothing")


def test_a_future_has_the_drawn_values_and_the_others_as_assumed():
    drawn = sample("a")
    assume = drawn.assume(3, ASSUME)
    assert assume["a"] == drawn.values.at[3, "a"]
    assert assume["b"] == 2.0


def small() -> Inputs:
    """Two clinics in one county, money for just one of them."""
    projects = projects_of(
        [
            {"project": name, "lead": 1, "county": COUNTIES[0], "capital_wan": 100.0, "running_wan": 5.0}
            for name in ("p", "q")
        ]
    )
    effects = [("p", "stock", COUNTIES[0], "beds", 4.0)]
    offer = offer_of(projects, effects=effects, limits=plenty((2026, 2027, 2028), money=100.0))
    return replace(hand_made(offer), assume=ASSUME)


def test_luck_belongs_to_the_project_not_to_the_offer():
    inputs, drawn = small(), sample(*DRAWN)
    fewer = replace(inputs, offer=inputs.offer.of(["q"]))
    both, one = luck_of(drawn, inputs), luck_of(drawn, fewer)
    assert both.cost["q"].tolist() == one.cost["q"].tolist()
    assert both.cost["p"].tolist() != both.cost["q"].tolist()
    assert both.money.equals(one.money)


def test_luck_has_mean_one_and_the_spread_of_the_standard():
    luck = luck_of(sample(*DRAWN, futures=400), small())
    cost = luck.cost["p"].to_numpy()
    assert cost.mean() == pytest.approx(1.0, abs=0.01)
    assert np.log(cost).std() == pytest.approx(0.3, abs=0.01)
    assert (luck.cost > 0).all().all()


def test_costs_and_effects_turn_out_otherwise_and_nothing_else_changes():
    inputs, drawn = small(), sample(*DRAWN)
    luck, assume = luck_of(drawn, inputs), drawn.assume(2, ASSUME)
    found = offer_in(inputs.offer, luck, number=2, assume=assume)
    ratio = found.entries["amount"] / inputs.offer.entries["amount"]
    of = found.entries
    capital = (of["key"] == "capital") & (of["project"] == "p")
    wanted = assume["future.capital_cost"] * luck.cost.at[2, "p"]
    assert ratio[capital].to_numpy() == pytest.approx(wanted)
    assert ratio[of["key"] == "running"].to_numpy() == pytest.approx(assume["future.running_cost"])
    beds = assume["future.effects"] * luck.effects.at[2, "p"]
    assert ratio[of["ledger"] == "stock"].to_numpy() == pytest.approx(beds)
    same = ["project", "ledger", "unit", "key", "since", "until"]
    assert of[same].equals(inputs.offer.entries[same])


def test_money_of_a_year_has_its_own_luck():
    inputs, drawn = small(), sample(*DRAWN)
    luck = luck_of(drawn, inputs)
    found = inputs_in(inputs, drawn, luck, number=1, states=inputs.states).offer.limits
    limits = found.set_index(["key", "unit", "year"])["amount"]
    assert limits["room", COUNTIES[0], 2027] == pytest.approx(100 * luck.money.at[1, (COUNTIES[0], 2027)])
    assert limits["debt", COUNTIES[0], 2027] == 0.0


def test_what_is_missing_is_counted_in_its_county_and_year():
    inputs = small()
    starts = pd.Series({"p": 2026, "q": 2026})
    purse = Purse.of(inputs, starts)
    short = purse.missing(inputs)
    assert short.to_dict("records") == [
        {"unit": COUNTIES[0], "year": 2026, "short_wan": pytest.approx(100.0)}
    ]
    dearer = inputs.offer.entries.assign(
        amount=inputs.offer.entries["amount"].where(inputs.offer.entries["key"] != "running", 60.0)
    )
    short = purse.missing(replace(inputs, offer=replace(inputs.offer, entries=dearer)))
    assert short.set_index("year")["short_wan"].to_dict() == pytest.approx(
        {2026: 100.0, 2027: 20.0, 2028: 20.0, 2029: 20.0}
    )
    assert purse.missing(inputs)["short_wan"].sum() == pytest.approx(100.0)


@pytest.mark.parametrize("seed", [0, 8])
def test_a_plan_inside_the_limits_lacks_nothing(seed):
    inputs = draw(seed)
    starts = optimise(inputs).starts
    assert len(starts)
    assert Purse.of(inputs, starts).missing(inputs).empty
    poor = inputs.offer.limits.assign(amount=inputs.offer.limits["amount"] * 0.2)
    assert len(Purse.of(inputs, starts).missing(replace(inputs, offer=replace(inputs.offer, limits=poor))))
