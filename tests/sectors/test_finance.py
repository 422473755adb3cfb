"""Finance on the bundled region and the small one: what the accounts follow, and what they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tongqu
from small import TINY, short
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Offer, Scenario, State
from tongqu.contracts.offer import ENTRY_COLUMNS, PROJECT_COLUMNS, empty_frame
from tongqu.data import load_region, make_region
from tongqu.methods.public_accounts import Opening, imbalance, to_yuan
from tongqu.sectors.finance import sector
from tongqu.sectors.finance.budget import PARAMETERS, budget, opening_of
from tongqu.sectors.finance.latest import Latest, latest_of
from tongqu.sectors.finance.parameters import LIMITS, check_parameters
from tongqu.sectors.finance.path import UNCERTAIN, path
from tongqu.sectors.finance.published import published_check
from tongqu.sectors.population.path import uncertain


@pytest.fixture(scope="module")
def quzhou():
    return tongqu.load("quzhou")


@pytest.fixture(scope="module")
def base(quzhou):
    return Assume.of(quzhou["standards"], Scenario())


@pytest.fixture(scope="module")
def tiny():
    return load_region(TINY)


def opened(*rows: tuple[str, str, str, str, float]) -> Offer:
    """Working projects, each with one entry: sector, ledger, county, key, amount."""
    made = [
        dict.fromkeys(PROJECT_COLUMNS, 0) | {"project": f"p{i}", "sector": row[0]}
        for i, row in enumerate(rows)
    ]
    entries = [
        {"project": f"p{i}", "ledger": row[1], "unit": row[2], "key": row[3], "since": 0, "until": -1}
        | {"amount": row[4]}
        for i, row in enumerate(rows)
    ]
    return Offer(
        pd.DataFrame(made, columns=list(PROJECT_COLUMNS)) if made else empty_frame(PROJECT_COLUMNS),
        pd.DataFrame(entries, columns=list(ENTRY_COLUMNS)) if made else empty_frame(ENTRY_COLUMNS),
    )


def years_of(region, assume, years, *, said=lambda _: {}, working=lambda _: opened()):
    """States of several years; ``said`` gives what other sectors write in a year."""
    state, found = State(years[0]), []
    for year in years:
        state = state.in_year(year).adding(said(year))
        state = state.adding(sector.step(region, state, opened=working(year), assume=assume))
        found.append(state)
    return found


def test_without_value_added_the_old_growth_holds(quzhou, base):
    last = years_of(quzhou, base, range(2026, 2036))[-1]
    latest = latest_of(quzhou)
    for item, rate in (("own_revenue", 0.04), ("transfers", 0.02), ("expenditure", 0.03)):
        assert last[f"account.{item}"].to_numpy() == pytest.approx(
            latest.amounts[item] * (1 + rate) ** 11, rel=1e-12
        )
    assert last["account.debt"].to_numpy() == pytest.approx(latest.amounts["debt"], rel=1e-12)
    assert last["account.room"].to_numpy() == pytest.approx(
        (last["account.own_revenue"] + last["account.transfers"]).to_numpy() * 0.01
    )


def test_the_state_rolls_as_the_path_does(quzhou, base):
    """One definition: the simulation year by year and the path in one go give the same accounts."""
    states = years_of(quzhou, base, range(2026, 2036))
    accounts = path(quzhou, base, until=2035).accounts
    for number, state in enumerate(states, start=1):
        for item in ("own_revenue", "expenditure", "shortfall", "carry_over", "general_debt", "interest"):
            values = getattr(accounts, item)[:, number]
            assert state[f"account.{item}"].to_numpy() == pytest.approx(values, rel=1e-9, abs=1e-6), item


def test_own_revenue_follows_value_added(quzhou, base):
    counties = quzhou.level("county").index
    grows = {2026: 100.0, 2027: 110.0, 2028: 99.0}
    states = years_of(
        quzhou, base, list(grows), said=lambda year: {"value_added.total": pd.Series(grows[year], counties)}
    )
    first = states[0]["account.own_revenue"]
    assert first.to_numpy() == pytest.approx(latest_of(quzhou).amounts["own_revenue"] * 1.04**2)
    for state in states[1:]:
        ratio = grows[state.year] / 100
        assert state["account.own_revenue"].to_numpy() == pytest.approx(first.to_numpy() * ratio)
        assert state["account.tax_revenue"].to_numpy() == pytest.approx(
            state["account.own_revenue"].to_numpy() * 0.752
        )


def test_the_plan_of_the_first_year_counts(quzhou, base):
    """What a project adds in the first year is growth, not the base that later years are measured by."""
    counties = quzhou.level("county").index
    working = opened(("industry", "stock", counties[0], "value_added", 20.0))
    said = {"value_added.total": pd.Series([120.0, *[100.0] * (len(counties) - 1)], counties)}
    with_plan = years_of(quzhou, base, [2026], said=lambda _: said, working=lambda _: working)[0]
    without = years_of(
        quzhou, base, [2026], said=lambda _: {"value_added.total": pd.Series(100.0, counties)}
    )[0]
    ratio = with_plan["account.own_revenue"] / without["account.own_revenue"]
    assert ratio.to_numpy() == pytest.approx([1.2, *[1.0] * (len(counties) - 1)])


def test_pensions_are_counted_once(tiny):
    assume = Assume.of(tiny["standards"], short())
    cost = pd.Series({"990101": 300.0, "990102": 200.0})
    said = {"pension.public_cost": cost * 1.5, "pension.public_cost_base": cost}
    working = opened(
        ("social_security", "money", "990101", "running", 70.0), ("health", "money", "990101", "running", 8.0)
    )
    state = years_of(tiny, assume, [2026], said=lambda _: said, working=lambda _: working)[0]
    trend = (13367 - 300) * 1.03**3
    assert state["account.expenditure"]["990101"] == pytest.approx(trend + 450 + 78)
    unknown = years_of(tiny, assume, [2026], working=lambda _: working)[0]
    assert unknown["account.expenditure"]["990101"] == pytest.approx(13367 * 1.03**3 + 78)


def with_items(region, rows):
    tables = {name: table for name, table in region.tables.items() if name != "accounts"}
    more = pd.DataFrame(rows, columns=["unit", "year", "item", "amount_wan"])
    more = more.assign(modelled=False, source="t:yearbook")
    tables["accounts"] = pd.concat([region["accounts"], more], ignore_index=True)
    return make_region(
        tables, name="tiny", title_zh="小", title_en="Tiny", base_year=region.base_year, bbox=region.bbox
    )


def test_given_items_replace_assumed_shares(tiny):
    rows = [
        (unit, 2023, item, amount)
        for unit, amounts in {
            "990101": {"tax_revenue": 4499.2, "land_income": 2000, "special_debt": 2205, "carry_over": 500},
            "990102": {"tax_revenue": 1027.5, "land_income": 500, "special_debt": 0, "carry_over": 0},
        }.items()
        for item, amount in amounts.items()
    ]
    region = with_items(tiny, rows)
    assume = Assume.of(region["standards"], short())
    found = path(region, assume, until=2025)
    accounts = found.accounts
    assert accounts.tax_revenue / accounts.own_revenue == pytest.approx(np.array([[0.8] * 2, [0.5] * 2]))
    assert accounts.land_income == pytest.approx(np.array([[2000.0] * 2, [500.0] * 2]))
    assert accounts.special_debt[:, 0] == pytest.approx([2205, 0])
    assert accounts.opening_carry_over == pytest.approx([500, 0])
    assert found.land_given
    assert found.debt_ratio == pytest.approx(accounts.debt_ratio(land_counted=1.0))
    with pytest.raises(DataError, match="990102 has no land_income in 2023"):
        with_items(tiny, [("990101", 2023, "land_income", 100)])


def both(item, first, second):
    """Rows of an item for both counties of the small region."""
    return [("990101", 2023, item, first), ("990102", 2023, item, second)]


@given(
    parts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    limits=st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)),
    share=st.floats(0, 1),
    assumed=st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_bonds_keep_debt_inside_its_limit(parts, limits, share, assumed):
    """Whatever is known of general and special debt and of their limits, and however much is issued."""
    counties = pd.Index(["a", "b"])
    amounts = dict.fromkeys(("own_revenue", "transfers", "expenditure"), np.array([50.0, 20.0]))
    amounts |= {"debt": np.array([88.0, 57.0]), "debt_limit": np.array([116.0, 57.0])}
    shares = {"general_debt": np.array(parts)}
    if limits is not None:
        shares["general_debt_limit"] = np.array(limits)
    latest = Latest(counties, amounts, dict.fromkeys(amounts, 2023), shares)
    values = dict.fromkeys(PARAMETERS, 0.01) | {
        "accounts.debt_issue": share,
        "accounts.general_share": assumed,
    }
    opening = opening_of(latest, values=values)
    years = np.arange(2024.0, 2054.0)
    found = budget(latest, years=years, values=values, opening=opening, own=np.full((2, 30), 50.0))
    assert (found.debt <= latest.amounts["debt_limit"][:, np.newaxis] + 1e-9).all()
    rolled = opening
    for number in range(5):
        one = budget(latest, years=years[[number]], values=values, opening=rolled, own=np.full((2, 1), 50.0))
        assert one.debt[:, 0] == pytest.approx(found.debt[:, number])
        rolled = Opening(one.general_debt[:, 0], one.special_debt[:, 0])


def test_a_limit_is_split_like_the_debt_where_only_that_is_known(tiny):
    region = with_items(tiny, both("general_debt", 8000, 5200))
    assume = Assume.of(region["standards"], short(assume={"accounts.debt_issue": 1.0}))
    found = path(region, assume, until=2025)
    assert found.accounts.debt[:, -1] == pytest.approx(found.limit)
    assert found.accounts.general_debt[:, -1] / found.limit == pytest.approx([8000 / 8820, 5200 / 5733])


def test_parameters_that_cannot_be_are_named_together(tiny):
    wrong = {"accounts.tax_share": 1.5, "rate.interest": -0.01, "growth.transfers": -1.0}
    assume = Assume.of(tiny["standards"], short(assume=wrong))
    with pytest.raises(ScenarioError) as caught:
        path(tiny, assume, until=2025)
    assert {problem.column for problem in caught.value.problems} == {f"assume.{name}" for name in wrong}
    none = {f"income.rural_{source}": 0.0 for source in ("wage", "business", "property", "transfer")}
    with pytest.raises(ScenarioError, match="shares of income that are all 0"):
        check_parameters(none)
    usual = tiny["standards"].set_index("standard")
    assert set(LIMITS) <= set(usual.index)
    for edge in ("low", "value", "high"):
        check_parameters(usual[edge].dropna().to_dict())


def test_published_figures_of_two_cities(tiny):
    """Each city is held against its own counties."""
    units = tiny["units"]
    city = units[units["unit"] == "990100"].assign(unit="990200", name="乙市", name_en="Yi", seat="990102001")
    units = units.assign(parent=units["parent"].mask(units["unit"] == "990102", "990200"))
    rows = pd.DataFrame(
        [("990100", 2023, "own_revenue", 5624.0), ("990200", 2023, "own_revenue", 2055.0)],
        columns=["unit", "year", "variable", "value"],
    ).assign(modelled=False, source="t:yearbook")
    known = tiny["variables"]
    tables = dict(tiny.tables) | {
        "units": pd.concat([units, city], ignore_index=True),
        "observations": pd.concat([tiny["observations"], rows], ignore_index=True),
        "variables": pd.concat([known, known.head(1).assign(variable="own_revenue")], ignore_index=True),
    }
    region = make_region(
        tables, name="two", title_zh="二", title_en="Two", base_year=tiny.base_year, bbox=tiny.bbox
    )
    found = published_check(region, Assume.of(region["standards"], short()))
    found = found[(found["figure"] == "own_revenue") & (found["year"] == 2023) & (found["months"] == 12)]
    found = found.set_index("unit")
    assert found.at["990100", "model"] == 5624
    assert found.at["990200", "model"] == 2055


def test_futures_of_the_path_are_single_runs(quzhou, base):
    random = np.random.default_rng(5)
    table = uncertain(quzhou["standards"], names=UNCERTAIN)
    drawn = {name: random.uniform(row["low"], row["high"], 4) for name, row in table.iterrows()}
    counties, years = len(quzhou.level("county").index), 9
    value_added = random.uniform(50, 60, (4, counties, 1)) * 1.03 ** np.arange(years)
    pensions = random.uniform(900, 1000, (4, counties, years))
    urban = 1e5 + np.cumsum(random.uniform(-100, 900, (4, counties, years)), axis=-1)
    many = path(
        quzhou,
        base,
        until=2035,
        value_added=value_added,
        pensions=pensions,
        urban_people=urban,
        futures=drawn,
    )
    assert many.accounts.expenditure.shape == (4, counties, 11)
    assert imbalance(many.accounts) < 1e-6 * many.accounts.expenditure.max()
    assert imbalance(to_yuan(many.accounts)) == 0
    for future in range(4):
        values = base.values.copy()
        for name, array in drawn.items():
            values[name] = array[future]
        one = path(
            quzhou,
            Assume(values),
            until=2035,
            value_added=value_added[future],
            pensions=pensions[future],
            urban_people=urban[future],
        )
        for item in ("own_revenue", "expenditure", "carry_over", "special_debt", "fund_expenditure"):
            assert getattr(one.accounts, item) == pytest.approx(getattr(many.accounts, item)[future]), item
        assert one.newcomers.yearly == pytest.approx(many.newcomers.yearly[future])
    assert (many.newcomers.once >= 0).all()


def test_value_added_from_the_year_of_the_accounts(quzhou, base):
    counties = len(quzhou.level("county").index)
    rises = np.tile(1.05 ** np.arange(12), (counties, 1))
    found = path(quzhou, base, until=2035, value_added=rises)
    latest = latest_of(quzhou).amounts["own_revenue"]
    assert found.accounts.own_revenue[:, -1] == pytest.approx(latest * 1.05**11)
    with pytest.raises(DataError, match="at most 12 years"):
        path(quzhou, base, until=2035, value_added=np.ones((counties, 13)))
    with pytest.raises(DataError, match="not after the latest accounts"):
        path(quzhou, base, until=2024)


def test_published_figures(quzhou, base):
    table = published_check(quzhou, base).set_index(["figure", "year"])
    assert table.loc[("own_revenue", 2024), "published"] == 2_085_500
    assert table.loc[("own_revenue", 2023), "published"] == 1_949_000
    assert table.loc[("tax_revenue", 2023), "published"] == 1_466_000
    assert table.loc[("expenditure", 2023), "published"] == 5_209_000
    assert abs(table.loc[("own_revenue", 2024), "difference"]) < 1
    assert table["difference_percent"].abs().max() < 7
    assert table.loc[("own_revenue", 2023), "difference_percent"] == pytest.approx(-5.69, abs=0.01)


def test_diagnosis_of_the_counties(quzhou, base):
    state = years_of(quzhou, base, [2026])[0]
    people = pd.Series(1000.0, quzhou.level("village").index)
    figures = sector.diagnose(quzhou, state.adding({"people.total": people})).figures
    value = figures.set_index(["variable", "unit"])["value"]
    heads = 1000.0 * (quzhou.county_of(people.index) == "330881").sum()
    own = state["account.own_revenue"]["330881"]
    assert value["own revenue a person, yuan", "330881"] == pytest.approx(own * 1e4 / heads)
    assert value["debt ratio, %"].between(80, 90).all(), "assumed land income does not flatter it"
