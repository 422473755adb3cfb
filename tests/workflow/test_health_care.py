"""Care and staff of a region: cases add up, go where they should, and unknown numbers stay unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from small import loaded
from tongqu.base import ScenarioError
from tongqu.contracts import Assume, Scenario
from tongqu.workflow.health.demand import (
    BANDS,
    care_rates,
    demand_of,
    demand_table,
    flow_table,
    tier_table,
    use_table,
)
from tongqu.workflow.health.ground import Base, base_of
from tongqu.workflow.health.staff import (
    norm_table,
    pool_table,
    posting_table,
    staff_of,
    staff_table,
)


def base_with(base: Base, **columns: dict[str, float]) -> Base:
    """What the study stands on, with numbers of some sites changed."""
    sites = base.sites.copy()
    for name, values in columns.items():
        for site, value in values.items():
            sites.loc[sites["site"] == site, name] = value
    return replace(base, sites=sites)


@pytest.fixture(scope="module")
def base() -> Base:
    return base_of(loaded(), Scenario())


@pytest.fixture(scope="module")
def demand(base: Base) -> Any:
    return demand_of(base)


def test_what_is_asked_goes_to_tiers_or_elsewhere(base: Base, demand: Any) -> None:
    asked, tiers = demand_table(base, demand), tier_table(base, demand)
    for unit in asked["unit"].unique():
        of_people = asked[asked["unit"] == unit][["visits", "admissions"]].sum()
        of_tiers = tiers[tiers["unit"] == unit][["visits", "admissions"]].sum()
        assert of_tiers.to_list() == pytest.approx(of_people.to_list())
    assert asked[asked["level"] == "whole"]["people"].sum() == pytest.approx(base.villages["people"].sum())
    counties = asked[asked["level"] == "county"][["people", "visits", "admissions"]].sum()
    whole = asked[asked["level"] == "whole"][["people", "visits", "admissions"]].sum()
    assert counties.to_list() == pytest.approx(whole.to_list())
    assert set(asked["band"]) == set(BANDS)


def test_treated_is_first_visits_and_referrals(base: Base, demand: Any) -> None:
    use, tiers, flows = use_table(base, demand), tier_table(base, demand), flow_table(demand)
    whole = tiers[(tiers["level"] == "whole") & (tiers["tier"] != "elsewhere")]
    first = (whole["visits"] - whole["unmet"]).sum()
    assert use["visits"].sum() == pytest.approx(first + flows["visits"].sum())
    assert use["referred"].sum() == pytest.approx(flows["visits"].sum())
    # Visits that find no clinic are seen at a higher tier.
    clinics = whole[whole["tier"] == "clinic"].iloc[0]
    assert use.loc[use["kind"] == "clinic", "visits"].sum() == pytest.approx(
        clinics["visits"] - clinics["passed"]
    )
    assert clinics["passed"] > 0


def test_all_treated_are_known_where_beds_are_not(base: Base, demand: Any) -> None:
    kind = base.sites["kind"]
    blank = base.sites["capacity"].where(kind != "county_hospital")
    more = base.sites[kind == "county_hospital"].assign(site=lambda rows: rows["site"] + "x")
    sites = pd.concat([base.sites.assign(capacity=blank), more.assign(capacity=np.nan)], ignore_index=True)
    wider = replace(base, sites=sites)
    again = demand_of(wider)
    assert use_table(wider, again)["visits"].isna().any()
    columns = ["unit", "tier", "treated", "bed_days"]
    pd.testing.assert_frame_equal(tier_table(wider, again)[columns], tier_table(base, demand)[columns])


def test_referrals_go_up_inside_town_and_county(base: Base, demand: Any) -> None:
    flows = flow_table(demand)
    county = base.sites.set_index("site")["county"]
    ranks = {"clinic": 0, "township_hospital": 1, "county_hospital": 2, "city_hospital": 3}
    assert (flows["to_kind"].map(ranks) > flows["from_kind"].map(ranks)).all()
    assert (county[flows["from_site"]].to_numpy() == county[flows["to_site"]].to_numpy()).all()
    share = base.assume["health.up_clinic"]
    clinic = flows[flows["from_kind"] == "clinic"].groupby("from_site")["visits"].sum()
    seen = use_table(base, demand).set_index("site")["visits"]
    assert clinic.to_numpy() == pytest.approx(share * seen[clinic.index].to_numpy())


def test_rates_rise_with_age_and_hold_their_mean(base: Base, demand: Any) -> None:
    rates = care_rates(base.assume, demand.rates.index)
    for name in ("visits", "admissions"):
        by_age = rates[name].unstack("sex")
        assert by_age.loc["20-24"].mean() == pytest.approx(base.assume[f"health.{name}"])
        ratio = by_age["female"] / by_age["male"]
        assert ratio.to_numpy() == pytest.approx(base.assume[f"health.{name}_women"])
        assert by_age.loc["85+", "male"] > by_age.loc["65-69", "male"] > by_age.loc["20-24", "male"]


def test_hospitals_of_a_county_are_taken_together(base: Base, demand: Any) -> None:
    second = base.sites[base.sites["site"] == "h01"].assign(site="h09", capacity=20.0)
    both = replace(base, sites=pd.concat([base.sites, second], ignore_index=True))
    use = use_table(both, demand_of(both)).set_index("site")
    alone = use_table(base, demand).set_index("site")
    assert use.loc[["h01", "h09"], "together"].to_list() == [2, 2]
    assert use.loc[["h01", "h09"], "visits"].sum() == pytest.approx(alone.loc["h01", "visits"])
    beds = alone.loc["h01", "beds"]
    assert use.loc["h09", "visits"] / use.loc["h01", "visits"] == pytest.approx(20 / beds)
    assert use.loc["h01", "bed_use"] == pytest.approx(use.loc["h09", "bed_use"])


def test_unknown_beds_and_doctors_stay_unknown(base: Base) -> None:
    base = base_with(base, capacity={"h04": np.nan}, staff={"h01": np.nan})
    demand = demand_of(base)
    use = use_table(base, demand).set_index("site")
    assert np.isnan(use.loc["h04", "bed_use"])
    assert np.isnan(use.loc["h01", "doctor_use"])
    assert use.loc["h04", "visits"] > 0
    tiers = tier_table(base, demand).set_index(["unit", "tier"])
    assert tiers.loc[(base.whole, "township"), "unknown_beds"] == 1
    assert tiers.loc[(base.whole, "county"), "unknown_doctors"] == 1
    staff = staff_of(base, demand)
    table = staff_table(base, staff).set_index(["site", "who"])
    assert np.isnan(table.loc[("h04", "doctors"), "need"])  # by bed, and its beds are not known
    assert np.isnan(table.loc[("h01", "doctors"), "unfilled"])
    pools = pool_table(base, staff)
    assert pools.loc[pools["who"] == "doctors", "unknown"].sum() == 2
    # The small region gives no nurses at all.
    nurses = norm_table(base).set_index(["unit", "what"]).loc[(base.whole, "nurses")]
    assert np.isnan(nurses["have"])
    assert np.isnan(nurses["lacking"])
    assert nurses["unknown"] == nurses["sites"]


def test_doctors_are_posted_from_hospitals_inside_the_county(base: Base, demand: Any) -> None:
    staff = staff_of(base, demand)
    posted, pools = posting_table(base, staff), pool_table(base, staff)
    table = staff_table(base, staff).set_index(["site", "who"])
    county = base.sites.set_index("site")["county"]
    kind = base.sites.set_index("site")["kind"]
    assert len(posted) > 0
    assert (kind[posted["from_site"]] != "clinic").all()
    assert (county[posted["from_site"]].to_numpy() == county[posted["to_site"]].to_numpy()).all()
    assert (posted["minutes"] <= base.assume["health.posting_minutes"]).all()
    for (site, who), rows in posted.groupby(["from_site", "who"]):
        assert rows["persons"].sum() == table.loc[(site, who), "posted_out"]
        assert table.loc[(site, who), "have"] - rows["persons"].sum() >= table.loc[(site, who), "need"]
    short = pools["posted_in"] + pools["unfilled"]
    assert short.to_list() == pytest.approx(pools["short"].to_list())
    assert (pools["need_pooled"] <= pools["need"]).all()


def test_norms_count_to_1000_people(base: Base) -> None:
    norms = norm_table(base)
    beds = norms[(norms["what"] == "beds") & (norms["level"] == "whole")].iloc[0]
    given = base.sites.loc[base.sites["kind"] != "clinic", "capacity"].sum()
    assert beds["have"] == given
    assert beds["per_1000"] == pytest.approx(given / base.villages["people"].sum() * 1000)
    assert 0 < beds["modelled"] < 1


@pytest.mark.parametrize(
    ("assume", "match"),
    [
        ({"health.first_township": 0.9}, "exceed 1"),
        ({"health.occupancy_hospital": 1.2}, "a value that cannot be"),
        ({"health.up_clinic": -0.1}, "a value that cannot be"),
    ],
)
def test_standards_that_cannot_be_are_named(base: Base, assume: dict[str, float], match: str) -> None:
    changed = Assume.of(base.region["standards"], Scenario(assume=assume))
    with pytest.raises(ScenarioError, match=match):
        demand_of(replace(base, assume=changed))
