"""Indicators, weights and the coordination degree by county and year."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.hand import COUNTIES, region
from small import TINY, short, with_money
from tongqu.base import DataError
from tongqu.contracts import State
from tongqu.data import load_region, make_region
from tongqu.engine.check import check_plan
from tongqu.engine.coordinate import indicators_of, mean_log, weights_of
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors


@pytest.fixture(scope="module")
def base():
    return prepare(region(), load_sectors(), scenario=short())


def test_d_is_the_fourth_root_of_u_times_r(base):
    indices = base.indicators.indices
    assert np.allclose(indices["D"], (indices["U"] * indices["R"]) ** 0.25, atol=1e-12)
    assert np.allclose(indices["C"], 2 * np.sqrt(indices["U"] * indices["R"]) / (indices["U"] + indices["R"]))
    assert ((indices[["U", "R", "C", "T", "D"]] > 0) & (indices[["U", "R", "C", "T", "D"]] <= 1)).all().all()


def test_a_subindex_is_its_weighted_scores(base):
    found = base.indicators
    for side, symbol in (("urban", "U"), ("rural", "R")):
        mine = found.table.index[found.table["side"] == side]
        by_hand = sum(found.scores[name] * found.table.at[name, "weight"] for name in mine)
        assert np.allclose(by_hand, found.indices[symbol])


def test_indicators_left_out_share_their_weight_within_their_pillar(base):
    """Pillars weigh the same before and after; inside, those that are left weigh the same."""
    dropped = ["stock.built_m2", "land.built_km2", "stock.base_stations"]
    states = [State(s.year, {n: v for n, v in s.values.items() if n not in dropped}) for s in base.states]
    found = indicators_of(region(), states)
    table, whole = found.table, region()["indicators"].set_index("indicator")
    assert set(found.left_out) == set(whole.index) - set(table.index)
    assert len(found.left_out) >= 3
    for side in ("urban", "rural"):
        mine = table[table["side"] == side]
        by_pillar = mine.groupby("pillar")["weight"].agg(["sum", "min", "max"])
        assert np.allclose(by_pillar["sum"], 1 / len(by_pillar))
        assert np.allclose(by_pillar["min"], by_pillar["max"])
        assert mine["weight"].sum() == pytest.approx(1)
    lost = whole.loc[list(found.left_out)].groupby(["side", "pillar"]).size()
    assert ("urban", "space") in lost.index, "a whole pillar is left out here"
    assert "space" not in set(table["pillar"])


def test_obstacle_degrees_add_up_to_one_a_side_and_name_the_worst(base):
    found = base.indicators
    degrees = found.obstacles()
    for side in ("urban", "rural"):
        mine = found.table.index[found.table["side"] == side]
        assert np.allclose(degrees[mine].sum(axis=1), 1)
        short_by = (1 - found.scores[mine]) * found.table.loc[mine, "weight"]
        assert (degrees[mine].idxmax(axis=1) == short_by.idxmax(axis=1)).all()
    assert (degrees >= 0).all().all()


def test_weights_are_people_times_discount(base):
    weights = weights_of(region(), base.states, scenario=short(discount=0.1))
    assert weights.sum() == pytest.approx(1)
    by_year = weights.groupby(level="year").sum()
    assert by_year[2026] / by_year[2028] == pytest.approx(1.1**2)
    people = base.states[1]["people.total"]
    of_county = people.groupby(region().county_of(people.index)).sum()
    assert weights["990101", 2027] / weights["990102", 2027] == pytest.approx(
        of_county["990101"] / of_county["990102"]
    )


def test_mean_log_is_the_weighted_mean_of_log_d(base):
    expected = (np.log(base.indicators.indices["D"]) * base.weights).sum()
    assert mean_log(base.indicators.indices, base.weights) == pytest.approx(expected)


def test_a_missing_value_of_one_county_leaves_the_indicator_out_for_all():
    source = region()
    frames = {name: source[name] for name in source.tables if name not in (*source.provided, "imputations")}
    seen = frames["observations"]
    kept = seen[~((seen["variable"] == "mean_schooling_years") & (seen["unit"] == "990102"))]
    other = make_region(
        {**frames, "observations": kept},
        name="t",
        title_zh="t",
        title_en="t",
        base_year=source.base_year,
        bbox=source.bbox,
        crs=source.crs,
    )
    sectors, scenario = load_sectors(), short()
    inputs = prepare(other, sectors, scenario=scenario)
    assert "schooling_years" in inputs.indicators.left_out
    assert np.isfinite(inputs.indicators.indices.to_numpy()).all()
    people = inputs.indicators.table.query("pillar == 'people'")
    assert people["weight"].sum() == pytest.approx(1 / 4), "of four urban pillars"


def made_of(source, frames):
    """The small region with other tables."""
    return make_region(
        frames,
        name="t",
        title_zh="t",
        title_en="t",
        base_year=source.base_year,
        bbox=source.bbox,
        crs=source.crs,
    )


@pytest.fixture(scope="module")
def city():
    """Inputs where nobody in the first county is rural."""
    source = region()
    frames = {name: source[name] for name in source.tables if name not in (*source.provided, "imputations")}
    units = frames["units"]
    mine = units["unit"].str.startswith("990101") & (units["level"] == "village")
    frames["units"] = units.assign(residence=units["residence"].mask(mine, "urban"))
    return prepare(made_of(source, frames), load_sectors(), scenario=short(solver={"gap": 1e-4}))


RURAL = {"clinic", "medical_circle", "graded_road", "primary_ride", "junior_ride"}


def test_a_county_without_rural_people_does_not_silence_the_country_of_the_others(city):
    """Nobody in a city district lacks a village clinic, and the next county still counts its own."""
    assert RURAL & set(city.indicators.left_out) == set()
    assert city.unmet("clinic").to_numpy().sum() > 0
    assert set(city.indicators.not_counted) >= RURAL
    assert set(city.indicators.not_counted["clinic"]) == {"990101"}


def test_what_does_not_count_in_a_county_is_shared_within_its_pillar_there_only(city, base):
    found, table = city.indicators, city.indicators.table
    for side in ("urban", "rural"):
        names = table.index[table["side"] == side]
        assert np.allclose(found.weights[names].sum(axis=1), 1)
        assert np.allclose(found.weights.loc["990102", names], table.loc[names, "weight"])
    here = found.weights.loc[("990101", 2026)]
    assert (here[list(RURAL)] == 0).all()
    # Livability keeps its homes with a bath and a kitchen; of access nothing is left, so the others share it.
    rural = table[table["side"] == "rural"]
    left = rural[~rural.index.isin(found.not_counted)]
    pillars = here[left.index].groupby(left["pillar"]).sum()
    assert "access" not in pillars.index
    assert np.allclose(pillars, 1 / len(pillars))
    assert base.indicators.not_counted == {}
    assert np.allclose(base.indicators.weights, base.indicators.table["weight"])


def test_a_plan_where_an_indicator_does_not_count_is_promised_and_simulated_alike(city):
    plan = optimise(city)
    assert plan.certificate.objective > plan.certificate.baseline + 1e-6
    assert plan.certificate.gap <= 1e-4 + plan.certificate.tangent_error
    checked = check_plan(city, plan)
    assert np.isfinite(checked.objective)
    rural = checked.difference[checked.difference["variable"] == "R"]
    assert np.allclose(rural["promised"], rural["simulated"], atol=2e-3), "programmes bring people"
    degrees = checked.indicators.obstacles()
    assert degrees.loc["990101", "clinic"].isna().all()
    assert np.isfinite(degrees.loc["990102"]).all().all()


def test_a_county_in_which_no_indicator_of_a_side_counts_is_named():
    source = region()
    frames = {name: source[name] for name in source.tables if name not in (*source.provided, "imputations")}
    table = source["indicators"]
    frames["indicators"] = table[(table["side"] == "urban") | (table["numerator"] == "served.clinic")]
    states = [
        State(
            2026,
            {
                "demand.clinic": pd.Series({"990101001001": 0.0, "990102001001": 5.0}),
                "served.clinic": pd.Series({"990101001001": 0.0, "990102001001": 1.0}),
            },
        )
    ]
    with pytest.raises(DataError, match="no rural indicator counts in this county") as caught:
        indicators_of(made_of(source, frames), states)
    assert [problem.value for problem in caught.value.problems] == ["990101"]


def test_an_indicator_that_counts_nowhere_is_left_out():
    states = [
        State(
            year,
            {f"{group}.clinic": pd.Series({"990101001001": 0.0, "990102001001": 0.0}) for group in kinds},
        )
        for year, kinds in ((2026, ("demand", "served")),)
    ]
    found = indicators_of(region(), states)
    assert "clinic" in found.left_out
    assert found.not_counted == {}


def test_unknown_places_and_negative_people_never_come_from_the_sectors(base):
    signed = {"account.balance", "pension.moved"}
    for state in base.states:
        for name in state.names:
            values = state[name]
            assert name in signed or (values >= 0).all(), name
            if not name.startswith("minutes."):
                assert np.isfinite(values).all(), name


def test_a_plan_promises_the_same_under_other_codes():
    """Codes of villages, towns and counties, roads, nodes and sites are permuted, rows shuffled."""
    source = load_region(TINY)
    rng = np.random.default_rng(11)

    def renamed(values: list[str], prefix: str) -> dict[str, str]:
        return {
            old: f"{prefix}{new:03d}" for old, new in zip(values, rng.permutation(len(values)), strict=True)
        }

    maps = {
        "unit": renamed(list(source["units"]["unit"]), "u"),
        "node": renamed(list(source["nodes"]["node"]), "k"),
        "link": renamed(list(source["links"]["link"]), "s"),
        "site": renamed(list(source["sites"]["site"]), "f"),
    }
    columns = {"parent": "unit", "seat": "unit", "from_node": "node", "to_node": "node"}
    frames = {}
    for name in source.tables:
        if name in (*source.provided, "imputations"):
            continue
        table = source[name]
        for column in table:
            kind = columns.get(str(column), str(column))
            if kind in maps:
                table[column] = table[column].map(maps[kind]).where(table[column].notna())
        frames[name] = table.sample(frac=1, random_state=7)
    other = make_region(
        frames,
        name="other",
        title_zh="甲",
        title_en="A",
        base_year=source.base_year,
        bbox=source.bbox,
        crs=source.crs,
    )
    first, second = (prepare(each, load_sectors(), scenario=with_money(2.0)) for each in (source, other))
    assert len(first.offer.projects) == len(second.offer.projects)
    plans = optimise(first), optimise(second)
    assert plans[1].certificate.objective == pytest.approx(plans[0].certificate.objective, abs=1e-7)
    promised = plans[0].promised.rename(index=maps["unit"], level="unit").sort_index()
    pd.testing.assert_frame_equal(promised, plans[1].promised.sort_index(), atol=1e-6)
    keys = ["unit", "year", "service"]
    served = (
        plans[0].served.assign(unit=plans[0].served["unit"].map(maps["unit"])).set_index(keys).sort_index()
    )
    again = plans[1].served.set_index(keys).sort_index()
    pd.testing.assert_frame_equal(served[served["added"] > 0.01], again[again["added"] > 0.01], atol=0.01)
    simulated = check_plan(first, plans[0]).objective, check_plan(second, plans[1]).objective
    # Fibre and stations, or a line and a zone, may promise alike at other prices: either is a best plan.
    assert simulated[1] == pytest.approx(simulated[0], abs=2e-5)


def test_observed_ratios_do_not_mix_years():
    """A later numerator without its denominator is not set against the denominator of years before."""
    source = region()
    frames = {name: source[name] for name in source.tables if name not in (*source.provided, "imputations")}
    seen = frames["observations"]
    newer = seen[seen["variable"] == "households_bath"].assign(
        year=2023, value=lambda rows: rows["value"] * 3
    )
    other = make_region(
        {**frames, "observations": pd.concat([seen, newer], ignore_index=True)},
        name="t",
        title_zh="t",
        title_en="t",
        base_year=source.base_year,
        bbox=source.bbox,
        crs=source.crs,
    )
    states = [State(2026, {"people.total": pd.Series({f"{county}001001": 1.0 for county in COUNTIES})})]
    values = indicators_of(other, states).values["bath"]
    assert values["990101", 2026] == pytest.approx(100 * 321 / 350)
