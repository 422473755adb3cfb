"""What a bureau plans alone beside what the joint plan makes of it."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.small import loaded, with_money

from tongqu.engine.bureaus import CHANGES, WHY, Bureau, bureau_view
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.engine.rivals import of_sector
from tongqu.engine.rules import broken_rules


@pytest.fixture(scope="module")
def made() -> tuple[Inputs, Plan]:
    inputs = prepare(loaded(), load_sectors(), scenario=with_money(0.5))
    return inputs, optimise(inputs)


@pytest.fixture(scope="module", params=["health", "education"])
def view(request: pytest.FixtureRequest, made: tuple[Inputs, Plan]) -> Bureau:
    return bureau_view(*made, sector=request.param)


def test_each_project_of_either_plan_is_told_once(view: Bureau, made: tuple[Inputs, Plan]) -> None:
    inputs, plan = made
    mine = inputs.offer.projects.set_index("project")["sector"] == view.sector
    joint = plan.starts[plan.starts.index.isin(mine.index[mine])]
    table = view.projects.set_index("project")
    assert table.index.is_unique
    assert set(table.index) == set(view.alone.starts.index) | set(joint.index)
    pd.testing.assert_series_equal(
        table["joint"].dropna().astype("int64").sort_index(), joint.sort_index(), check_names=False
    )
    assert set(table["change"]) <= set(CHANGES)
    assert set(table["why"]) <= set(WHY)
    assert (table.loc[table["change"] != "kept", "why"] != "").all()
    assert (table["depends"] <= table["credited"] + 1e-9).all()


def test_the_bureau_alone_keeps_its_share_of_every_limit(view: Bureau, made: tuple[Inputs, Plan]) -> None:
    own = of_sector(made[0], view.sector)
    assert broken_rules(own, view.alone) == []
    sums = view.money.groupby("unit")[["share", "alone"]].sum()
    assert (sums["share"] > 0).any()


def test_all_joint_projects_of_others_serve_too(view: Bureau, made: tuple[Inputs, Plan]) -> None:
    _, plan = made
    last = plan.served["year"].max()
    for row in view.services.itertuples():
        mine = plan.served[(plan.served["service"] == row.service) & (plan.served["year"] == last)]
        assert row.joint == pytest.approx(mine["added"].sum())


def test_a_dropped_project_has_a_reason_that_holds(view: Bureau) -> None:
    dropped = view.projects[view.projects["change"] == "dropped"]
    others = dropped[dropped["why"] == "others"]
    assert (others["depends"] <= 0.05 * others["credited"]).all()
    assert (others["by"] != "").all()
    close = dropped[dropped["why"] == "close"]
    assert (close["gain"] >= close["value"]).all()


def test_a_sector_without_projects_is_refused(made: tuple[Inputs, Plan]) -> None:
    with pytest.raises(ValueError, match="offers no project"):
        bureau_view(*made, sector="population-x")
