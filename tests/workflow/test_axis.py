"""The axis: roles against trial of all choices, sums, agreement, concentration, scenarios, wrong input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import dijkstra

import tongqu
from small import TINY, short
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Scenario, State
from tongqu.data import Region
from tongqu.data.seats import unit_nodes
from tongqu.engine.simulate import simulate
from tongqu.methods.settlement import agreement
from tongqu.workflow import axis as package
from tongqu.workflow.axis import Axis, AxisEffects, axis, axis_effects, effects
from tongqu.workflow.axis.measures import NETWORK_SITES, seats_of
from tongqu.workflow.axis.roles import ROLES, VILLAGES_PER_CENTRAL, WEIGHTS
from tongqu.workflow.networks import region_network
from tongqu.workflow.prepare import sectors_for

YEARS = Scenario(first_year=2026, last_year=2029)


@pytest.fixture(scope="module")
def tiny() -> Region:
    return tongqu.load(TINY)


@pytest.fixture(scope="module")
def quzhou() -> Region:
    return tongqu.load("quzhou")


@pytest.fixture(scope="module")
def found(quzhou: Region) -> Axis:
    return axis(quzhou, YEARS)


@pytest.fixture(scope="module")
def states(quzhou: Region) -> tuple[State, ...]:
    """All sectors, where the axis runs only those that count people."""
    assume = Assume.of(quzhou["standards"], YEARS)
    return simulate(quzhou, sectors_for(quzhou), scenario=YEARS, assume=assume)


def with_units(region: Region, **columns: Mapping[str, object]) -> Region:
    """The region with other values in columns of the units table, by unit."""
    units = region["units"].set_index("unit")
    for name, values in columns.items():
        new = units[name].astype("object")
        new.update(pd.Series(values, dtype="object"))
        blank = [unit for unit, value in values.items() if value is None]
        new[blank] = None
        units[name] = new.astype("str").where(new.notna(), None)
    return replace(region, tables={**region.tables, "units": units.reset_index()})


def by_unit(found: Axis) -> pd.DataFrame:
    return found.places.set_index("unit")


def minutes_of(region: Region, origins: pd.Index, targets: pd.Index) -> np.ndarray:
    """Minutes by scipy, on the links as the network has them."""
    network, nodes = region_network(region), unit_nodes(region).fillna("")
    at = [network.locate(nodes.loc[list(units)].to_numpy()) for units in (origins, targets)]
    return dijkstra(network.graph, indices=at[0])[:, at[1]]


def test_package_exports() -> None:
    assert tongqu.workflow.axis is package
    assert package.__all__ == ["Axis", "AxisEffects", "axis", "axis_effects"]


def test_bundled_region_has_the_roles_that_its_register_states(quzhou: Region) -> None:
    units = quzhou["units"].set_index("unit")
    counties = units[units["level"] == "county"]
    seats = units.index[units["role"].eq("county_seat").fillna(False)]
    assert set(seats) == set(counties["seat"])
    assert set(units["role"].dropna()) == {"county_seat"}
    assumed = counties.index[counties["modelled"]]
    flagged = units.loc[seats, "modelled_columns"].str.split(";").map(lambda names: "role" in names)
    assert set(units.loc[seats, "parent"][flagged]) == set(assumed)
    assert units["hazard"].isna().all()


@pytest.mark.parametrize("counts", [(0, 0), (1, 3), (50, 0), (2, None)])
def test_seats_are_seats_and_roles_are_nested(quzhou: Region, counts: tuple[int, int | None]) -> None:
    one = axis(quzhou, Scenario(last_year=2026), central_towns=counts[0], central_villages=counts[1])
    table = by_unit(one)
    for column in ("proposed", "by_score"):
        role = table[column]
        assert set(role.index[role == "county_seat"]) == set(seats_of(quzhou))
        assert set(table.loc[role == "central_town", "level"]) <= {"town"}
        assert set(table.loc[role == "central_village", "level"]) <= {"village"}
        kinds = quzhou["units"].set_index("unit").loc[role.index[role == "central_town"], "kind"]
        assert not kinds.str.contains("街道|办事处").any()
        residence = quzhou["units"].set_index("unit").loc[role.index[role == "central_village"], "residence"]
        assert set(residence) <= {"rural"}
    given = one.levels.pivot(index="county", columns="role", values="count").fillna(0)
    held = table.groupby(["county", "proposed"]).size().unstack(fill_value=0)
    for role in given:
        assert (given[role] == held[role]).all()
    if counts[0] <= 2:
        assert (given.get("central_town", pd.Series(0)) == counts[0]).all()


def test_one_central_village_for_every_five_rural_ones(quzhou: Region, found: Axis) -> None:
    villages = quzhou.level("village")
    rural = villages[villages["residence"] == "rural"]
    want = np.ceil(rural.groupby(quzhou.county_of(rural.index).to_numpy()).size() / VILLAGES_PER_CENTRAL)
    got = found.levels[found.levels["role"] == "central_village"].set_index("county")["count"]
    assert got.to_dict() == want.to_dict()


def test_central_towns_are_the_best_of_all_choices(quzhou: Region, found: Axis) -> None:
    table, levels = by_unit(found), found.levels.set_index(["county", "role"])
    for county in ("330802", "330822", "330824"):
        own = table[table["county"] == county]
        homes, towns = own[own["level"] == "village"], own[own["level"] == "town"]
        free, seat = towns.index[towns["saves"].notna()], towns.index[towns["proposed"] == "county_seat"]
        minutes = minutes_of(quzhou, homes.index, seat.append(free))
        people = homes["people"].to_numpy()

        def cost(chosen: tuple[int, ...], minutes: np.ndarray = minutes, who: np.ndarray = people) -> float:
            return float(who @ minutes[:, [0, *(1 + each for each in chosen)]].min(axis=1))

        costs = {chosen: cost(chosen) for chosen in combinations(range(len(free)), 2)}
        best = min(costs, key=lambda chosen: costs[chosen])
        assert set(free[list(best)]) == set(free[own.loc[free, "proposed"] == "central_town"])
        row = levels.loc[(county, "central_town")]
        assert row["objective"] == pytest.approx(costs[best], rel=1e-5)
        assert (row["gap"], row["search"]) == (0.0, "exact")
        for number, unit in enumerate(free):
            other = tuple(each for each in best if each != number)
            change = cost(other) - costs[best] if number in best else costs[best] - cost((*best, number))
            assert own.loc[unit, "saves"] == pytest.approx(change, rel=1e-4, abs=1)


def test_central_villages_of_a_small_county_are_the_best_of_all_choices(tiny: Region) -> None:
    one = axis(tiny, short(), central_villages=1)
    table = by_unit(one)
    for county in ("990101", "990102"):
        own = table[table["county"] == county]
        homes = own.index[own["level"] == "village"]
        towns, free = own.index[own["level"] == "town"], homes[own.loc[homes, "saves"].notna()]
        rural = one.region.level("village").loc[homes, "residence"].eq("rural").to_numpy()
        minutes = minutes_of(tiny, homes, towns.append(free))
        near = minutes[:, : len(towns)].min(axis=1)
        # Rural people live in rural villages in this region.
        people = own.loc[homes, "people"].to_numpy() * rural
        costs = [people @ np.minimum(near, minutes[:, len(towns) + each]) for each in range(len(free))]
        assert own.loc[free[int(np.argmin(costs))], "proposed"] == "central_village"
        row = one.levels.set_index(["county", "role"]).loc[(county, "central_village")]
        assert row["objective"] == pytest.approx(min(costs), rel=1e-4)


def test_central_villages_count_rural_people_of_their_county(
    quzhou: Region, found: Axis, states: tuple[State, ...]
) -> None:
    table, rural = by_unit(found), states[0]["people.rural"]
    own = table[table["county"] == "330822"]
    homes = own.index[own["level"] == "village"]
    served = own.index[(own["level"] == "town") | (own["proposed"] == "central_village")]
    ride = minutes_of(quzhou, homes, served).min(axis=1)
    row = found.levels.set_index(["county", "role"]).loc[("330822", "central_village")]
    assert row["objective"] == pytest.approx(rural.loc[homes].to_numpy() @ ride, rel=1e-4)
    assert row["mean_minutes"] == pytest.approx(row["objective"] / rural.loc[homes].sum())


def test_bounds_hold(found: Axis) -> None:
    levels = found.levels
    assert (levels["bound"] <= levels["objective"] * (1 + 1e-9)).all()
    assert ((levels["gap"] >= 0) & (levels["gap"] < 0.05)).all()
    expected = (levels["objective"] - levels["bound"]) / levels["objective"]
    np.testing.assert_allclose(levels["gap"], expected, atol=1e-9)
    by_role = levels.pivot(index="county", columns="role", values="mean_minutes")
    assert (by_role["central_town"] < by_role["county_seat"]).all()


def test_measures_by_hand(quzhou: Region, found: Axis, states: tuple[State, ...]) -> None:
    table, state = by_unit(found), states[0]
    total = state["people.total"]
    pd.testing.assert_series_equal(
        table.loc[total.index, "people"], total, check_names=False, check_index_type=False, check_index=False
    )
    towns = table[table["level"] == "town"]
    sums = total.groupby(quzhou.ancestor(total.index, level="town").to_numpy()).sum()
    np.testing.assert_allclose(towns["people"], sums.loc[towns.index])
    some = table.index[::31]
    minutes = minutes_of(quzhou, total.index, some)
    clear = (np.abs(minutes - 30) > 0.01).all(axis=0)  # whole ticks decide within a second
    reach = (total.to_numpy()[:, None] * (minutes <= 30)).sum(axis=0)
    np.testing.assert_allclose(table.loc[some, "people_30"][clear], reach[clear])
    assert clear.sum() > 20
    kinds = len(set(quzhou["sites"]["kind"]) - set(NETWORK_SITES))
    assert table.groupby("level")["services"].sum().to_dict() == pytest.approx(
        {"town": 100 * kinds, "village": 100 * kinds}
    )
    grown = states[-1]["people.total"] / total
    years = states[-1].year - state.year
    np.testing.assert_allclose(table.loc[total.index, "growth"], (grown ** (1 / years) - 1) * 100, atol=1e-9)
    seat = minutes_of(quzhou, some, pd.Index(seats_of(quzhou)))
    column = pd.Index(seats_of(quzhou).index).get_indexer(table.loc[some, "county"])
    np.testing.assert_allclose(
        table.loc[some, "minutes_seat"], seat[np.arange(len(some)), column], atol=0.5, rtol=1e-3
    )


def test_scores_are_weighted_ranks(found: Axis) -> None:
    weights = found.weights.set_index(["level", "measure"])["weight"]
    for level, own in found.places.groupby("level"):
        used = weights[level]
        assert used.sum() == pytest.approx(1)
        assert "jobs" not in used.index  # Quzhou counts jobs by county only
        parts = own[[f"part_{name}" for name in used.index]]
        assert parts.to_numpy().min() >= 0
        assert parts.to_numpy().max() <= 1
        np.testing.assert_allclose(own["score"], parts.to_numpy() @ used.to_numpy())
        ranked = (own["people"].rank() - 1) / (len(own) - 1)
        np.testing.assert_allclose(own["part_people"], ranked)
        assert own.loc[own["score"].idxmax(), "rank"] == 1


def test_sensitivity_of_equal_weights_by_hand(found: Axis) -> None:
    towns = found.places[(found.places["level"] == "town") & found.places["saves"].notna()]
    parts = [name for name in towns if name.startswith("part_")]
    equal = towns.assign(equal=towns[parts].mean(axis="columns"))
    first = equal.sort_values(["county", "equal"], ascending=[True, False]).groupby("county").head(2)["unit"]
    before = set(towns.loc[towns["by_score"] == "central_town", "unit"])
    row = found.sensitivity.set_index(["level", "weights"]).loc[("town", "equal")]
    assert row["changed"] == len(before - set(first))
    assert (row["roles"], row["share"]) == (12, row["changed"] / 12)
    assert set(found.sensitivity["weights"]) == {
        "equal",
        *(f"without {name}" for name in WEIGHTS if name != "jobs"),
    }


def test_jobs_are_scored_once_every_place_has_them(tiny: Region) -> None:
    jobs = tiny["jobs"]
    last = int(jobs["year"].max())
    towns = tiny.level("town").index
    rows = jobs.head(1).drop(columns=["unit", "year", "workers"])
    own = pd.DataFrame({"unit": towns, "year": last, "workers": [10, 40, 20, 30]}).merge(rows, how="cross")

    def with_jobs(table: pd.DataFrame) -> Axis:
        joined = pd.concat([jobs, table[jobs.columns]], ignore_index=True)
        return axis(replace(tiny, tables={**tiny.tables, "jobs": joined}), short())

    assert set(axis(tiny, short()).weights["measure"]) == set(WEIGHTS) - {"jobs"}
    whole, part = with_jobs(own), with_jobs(own.head(3))
    assert by_unit(whole).loc[towns, "jobs"].tolist() == [10, 40, 20, 30]
    assert by_unit(whole).loc[towns, "part_jobs"].tolist() == [0, 1, 1 / 3, 2 / 3]
    assert "jobs" in set(whole.weights.loc[whole.weights["level"] == "town", "measure"])
    assert "jobs" not in set(whole.weights.loc[whole.weights["level"] == "village", "measure"])
    assert "jobs" not in set(part.weights["measure"])


def test_people_by_role_are_all_the_people(found: Axis, states: tuple[State, ...]) -> None:
    roles = found.roles
    assert roles["role"].tolist() == [*ROLES, ""]
    assert roles["people"].sum() == pytest.approx(states[0]["people.total"].sum())
    assert roles["people_last"].sum() == pytest.approx(states[-1]["people.total"].sum())
    assert roles[["share", "share_last"]].sum().to_numpy() == pytest.approx([1, 1])
    assert roles["places"].sum() == len(found.places)
    table = by_unit(found)
    villages = table[table["level"] == "village"]
    sums = villages.groupby("counts_for")["people"].sum()
    assert roles.set_index("role")["people"].to_dict() == pytest.approx(sums.to_dict())
    central = villages[villages["proposed"] == "central_village"]
    inside = table["counts_for"].loc[central["town"]].to_numpy()
    assert (central["counts_for"] == np.where(inside == "", "central_village", inside)).all()
    subdistricts = found.region.level("town")["kind"].isin(["街道", "办事处"])
    assert set(table.loc[subdistricts.index[subdistricts], "counts_for"]) == {"county_seat"}


def roles_as(found: Axis, *roles: str) -> dict[str, str]:
    table = by_unit(found)
    return table.loc[table["proposed"].isin(roles), "proposed"].to_dict()


def test_full_agreement_with_the_same_roles(tiny: Region, quzhou: Region, found: Axis) -> None:
    official = roles_as(found, *ROLES)
    same = axis(with_units(quzhou, role=official), YEARS)
    compared = same.agreement[same.agreement["basis"] == "official"].set_index("level")
    assert compared["share"].to_dict() == {"town": 1.0, "village": 1.0}
    assert compared["kappa"].to_numpy() == pytest.approx([1, 1])
    assert len(same.differ) == 0
    assert (same.places["reason"] == "").all()
    seats = same.places["proposed"] == "county_seat"
    assert same.places.loc[seats, "agrees"].isna().all()
    assert same.places["agrees"].dropna().all()


def test_one_exchange_differs_twice(quzhou: Region, found: Axis) -> None:
    table = by_unit(found)
    own = table[(table["county"] == "330881") & table["saves"].notna() & (table["level"] == "town")]
    out, into = own.index[own["proposed"] == "central_town"][0], own.index[own["proposed"] == ""][0]
    official = roles_as(found, "county_seat", "central_town")
    official[into] = official.pop(out)
    other = axis(with_units(quzhou, role={**official, out: None}), YEARS)
    assert set(other.differ["unit"]) == {out, into}
    row = other.agreement.set_index(["basis", "level"]).loc[("official", "town")]
    candidates = int((table["saves"].notna() & (table["level"] == "town")).sum())
    assert (row["places"], row["agree"]) == (candidates, candidates - 2)
    turned = agreement(
        table.loc[own.index, "proposed"].to_numpy(object),
        by_unit(other).loc[own.index, "official"].to_numpy(object),
        order=["central_town", ""],
    )
    back = agreement(
        by_unit(other).loc[own.index, "official"].to_numpy(object),
        table.loc[own.index, "proposed"].to_numpy(object),
        order=["central_town", ""],
    )
    assert (turned.share, turned.kappa) == (back.share, back.kappa)
    cells = other.crosstab[other.crosstab["basis"] == "official"]
    assert cells["places"].sum() == candidates
    differ = other.differ.set_index("unit")
    for name in ("saves", "people", "services"):
        rank = own[name].rank(ascending=False, method="min")
        assert differ[f"rank_{name}"].to_dict() == {unit: rank[unit] for unit in (out, into)}
    measure = {"minutes": "rank_saves", "people": "rank_people", "services": "rank_services"}
    best, worst = differ.loc[out], differ.loc[into]
    assert best[measure[best["reason"]]] == min(best[each] for each in measure.values())
    assert worst[measure[worst["reason"]]] == max(worst[each] for each in measure.values())
    assert by_unit(other).loc[out, "reason"] == best["reason"]


def test_without_official_central_towns_rank_is_compared(tiny: Region, found: Axis) -> None:
    assert set(found.agreement["basis"]) == {"rank", "score"}
    kind = found.region["units"].set_index("unit")["kind"]
    central = found.places[found.places["proposed"] == "central_town"]
    wrong = central["unit"][kind.loc[central["unit"]].to_numpy() != "镇"]
    towns = found.places[(found.places["level"] == "town") & found.places["saves"].notna()]
    left = towns[(towns["proposed"] == "") & (kind.loc[towns["unit"]].to_numpy() == "镇")]
    passed_over = central.set_index("unit").loc[wrong, "county"].isin(left["county"])
    assert set(found.differ["unit"]) == set(wrong[passed_over.to_numpy()])
    assert len(found.differ) > 0
    row = found.agreement.set_index("basis").loc["rank"]
    is_town = kind.loc[towns["unit"]].to_numpy() == "镇"
    assert row["agree"] == ((towns["proposed"] == "central_town").to_numpy() == is_town).sum()
    # The only candidate of the second county is a township: no 镇 is passed over, so it does not differ.
    assert len(axis(tiny, short()).differ) == 0
    bare = with_units(tiny, kind=dict.fromkeys(tiny["units"]["unit"]))
    assert set(axis(bare, short()).agreement["basis"]) == {"score"}


def test_a_township_differs_where_a_town_is_passed_over(tiny: Region) -> None:
    kinds = {"990102001": "街道", "990102002": "乡"}
    moved = with_units(tiny, kind=kinds, parent={"990101002": "990102"})
    one = axis(moved, short(), central_towns=1)
    table = by_unit(one)
    assert table.loc[["990101002", "990102002"], "proposed"].tolist().count("central_town") == 1
    township = table.loc["990102002", "proposed"] == "central_town"
    assert one.differ["unit"].tolist() == (["990102002"] if township else [])


def test_concentration_by_hand(quzhou: Region, found: Axis, states: tuple[State, ...]) -> None:
    table = found.concentration.set_index(["year", "among", "measure"])["value"]
    for state in states:
        urban = state["people.urban"]
        by_county = urban.groupby(quzhou.county_of(urban.index).to_numpy()).sum()
        city = by_county[["330802", "330803"]].sum()
        others = by_county.drop(["330802", "330803"])
        assert table[state.year, "central_city", "share"] == pytest.approx(city / by_county.sum())
        assert table[state.year, "central_city", "primacy"] == pytest.approx(city / others.max())
        ranked = by_county.sort_values(ascending=False).to_numpy()
        assert table[state.year, "counties", "primacy"] == pytest.approx(ranked[0] / ranked[1])
        towns = state["people.total"]
        towns = towns.groupby(quzhou.ancestor(towns.index, level="town").to_numpy()).sum()
        assert table[state.year, "towns", "herfindahl"] == pytest.approx(((towns / towns.sum()) ** 2).sum())
    series = table.unstack("year").loc[("towns", "gini")]
    slope = np.polyfit(series.index.to_numpy(float), series.to_numpy(), 1)[0]
    assert found.trends.set_index(["among", "measure"]).loc[("towns", "gini"), "slope"] == pytest.approx(
        slope
    )


def test_one_year_has_no_growth_and_no_trend(tiny: Region) -> None:
    one = axis(tiny, Scenario(first_year=2026, last_year=2026))
    assert (one.places["growth"] == 0).all()
    assert one.weights.loc[one.weights["measure"] == "growth", "flat"].all()
    assert len(one.trends) == 0
    assert set(one.concentration["year"]) == {2026}


def test_another_year_is_measured(tiny: Region) -> None:
    one = axis(tiny, short(), year=2028)
    assert one.summary()["year"] == one.year == 2028
    assert one.roles["people"].tolist() == one.roles["people_last"].tolist()


def test_summary_is_plain(found: Axis) -> None:
    summary = found.summary()
    assert [len(towns) for towns in summary["central_towns"].values()] == [2] * 6
    assert summary["roles"] == {"county_seat": 6, "central_town": 12, "central_village": 250}
    assert summary["modelled"]["links"] == 1.0
    assert summary["last_year"] == 2029


def test_the_same_twice(tiny: Region) -> None:
    one, two = axis(tiny, short()), axis(tiny, short())
    for name in (
        "places",
        "levels",
        "agreement",
        "crosstab",
        "differ",
        "sensitivity",
        "roles",
        "concentration",
    ):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def shifted(monkeypatch: pytest.MonkeyPatch, **moves: float) -> dict[str, Scenario]:
    """Scenarios by name that move a share of the second county's people to the first."""
    plain = effects.states_of

    def states_of(region: Region, scenario: Scenario, **more: object) -> tuple[State, ...]:
        out = []
        for state in plain(region, scenario):
            county = region.county_of(state["people.total"].index).to_numpy()
            values = dict(state.values)
            for name in ("people.total", "people.urban", "people.rural"):
                before = state[name]
                gone = before.where(county == "990102", 0) * moves[scenario.name]
                share = before.where(county == "990101", 0)
                values[name] = before - gone + share / share.sum() * gone.sum()
            out.append(State(state.year, values))
        return tuple(out)

    monkeypatch.setattr(effects, "states_of", states_of)
    return {name: short(name=name) for name in moves}


def test_scenarios_that_strengthen_and_spread(tiny: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = shifted(monkeypatch, base=0.0, centre=0.2, spread=-0.2)
    compared = axis_effects(tiny, scenarios)
    assert isinstance(compared, AxisEffects)
    assert (compared.base, compared.year) == ("base", 2028)
    assert (compared.roles.groupby("scenario")["difference"].sum().abs() < 1e-6).all()
    assert compared.roles.groupby("scenario")["people"].sum().nunique() <= 2  # rounding only
    for table in (compared.roles, compared.concentration, compared.counties):
        assert list(dict.fromkeys(table["scenario"])) == ["base", "centre", "spread"]
        first = table[table["scenario"] == "base"]["difference"]
        assert ((first == 0) | first.isna()).all()
    counties = compared.counties.pivot(index="county", columns="scenario", values="difference")
    before = compared.counties.set_index(["scenario", "county"]).loc[("base", "990102"), "people"]
    assert counties.loc["990101", "centre"] == pytest.approx(0.2 * before)
    assert counties.loc["990102", "spread"] == pytest.approx(0.2 * before)
    share = compared.summary()["central_city_share"]
    assert share["spread"] < share["base"] < share["centre"]
    gini = compared.concentration.set_index(["among", "measure", "scenario"])["difference"]
    assert gini["counties", "primacy", "centre"] > 0 > gini["counties", "primacy", "spread"]


def test_the_lever_of_the_centre_concentrates(quzhou: Region) -> None:
    scenarios = {
        name: with_lever(value) for name, value in {"base": 1.0, "centre": 1.5, "spread": 0.8}.items()
    }
    compared = axis_effects(quzhou, scenarios)
    seats = compared.roles[compared.roles["role"] == "county_seat"].set_index("scenario")["share"]
    share = compared.summary()["central_city_share"]
    for each in (seats, share):
        assert each["spread"] < each["base"] < each["centre"]


def with_lever(value: float) -> Scenario:
    return short(assume={"lever.centre": value})


def test_roles_of_the_base_hold_in_all(tiny: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = axis_effects(tiny, shifted(monkeypatch, base=0.0, centre=0.5))
    places = compared.roles.pivot(index="role", columns="scenario", values="places")
    assert (places["base"] == places["centre"]).all()


def broken_rules(call: object) -> list[str]:
    assert isinstance(call, DataError | ScenarioError)
    assert all(problem.mend for problem in call.problems)
    return [problem.rule for problem in call.problems]


def test_wrong_counts_and_years_come_at_once(tiny: Region) -> None:
    with pytest.raises(ScenarioError) as caught:
        axis(tiny, short(), year=2040, central_towns=-1, central_villages=-2)
    assert broken_rules(caught.value) == ["a count below 0", "a count below 0", "a year outside the scenario"]


@pytest.mark.parametrize("seat", [None, "990102001"])
def test_a_county_needs_a_seat_of_its_own(tiny: Region, seat: str | None) -> None:
    with pytest.raises(DataError) as caught:
        axis(with_units(tiny, seat={"990101": seat}), short())
    assert broken_rules(caught.value) == ["a county without a seat in a town of its own"]
    assert caught.value.problems[0].value == "990101"


def test_a_village_needs_a_node(tiny: Region) -> None:
    with pytest.raises(DataError) as caught:
        axis(with_units(tiny, node={"990101001002": None, "990102002002": None}), short())
    assert set(broken_rules(caught.value)) == {"a place without a road node"}
    assert len(caught.value.problems) == 2


def test_wrong_scenarios(tiny: Region) -> None:
    with pytest.raises(ScenarioError) as caught:
        axis_effects(tiny, {})
    assert broken_rules(caught.value) == ["there is no scenario"]
    with pytest.raises(ScenarioError) as caught:
        axis_effects(
            tiny, {"base": short(), "long": Scenario(last_year=2030), "far": Scenario(last_year=2031)}
        )
    assert broken_rules(caught.value) == ["the last years differ"] * 2
