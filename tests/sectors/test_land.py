"""Land: the area never changes, quota and farmland keep their limits, every project pays in land."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY, short
from tongqu.base import DataError, ScenarioError
from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Forecast,
    Offer,
    Scenario,
    Sector,
    State,
    cost_entries,
    join_offers,
    project_table,
)
from tongqu.data import Region, load_region
from tongqu.engine.coordinate import indicators_of
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import simulate
from tongqu.methods.land import BUILT, CLASSES, OPEN
from tongqu.sectors.land import Land, sector
from tongqu.sectors.land.base import base_of, built_class
from tongqu.sectors.land.change import land_in
from tongqu.sectors.land.parameters import check_parameters
from tongqu.sectors.land.projects import own_projects

YEARS = (2026, 2027, 2028)
FIRST, OTHER = "990101", "990102"


@pytest.fixture(scope="module")
def tiny() -> Region:
    return load_region(TINY)


@pytest.fixture(scope="module")
def assume(tiny: Region) -> Assume:
    return Assume.of(tiny["standards"], short())


def sectors() -> Sequence[Sector]:
    return ordered([*(one for one in load_sectors(["population", "transport"])), Land()])


@pytest.fixture(scope="module")
def states(tiny: Region, assume: Assume) -> tuple[State, ...]:
    return simulate(tiny, sectors(), scenario=short(), assume=assume)


def project(name: str, unit: str, land_mu: float, *, kind: str = "clinic", of: str = "health") -> Offer:
    county = unit[:6]
    table = project_table(
        {"project": [name], "unit": unit, "county": county, "land_mu": land_mu, "lead": 1},
        sector=of,
        kind=kind,
    )
    return Offer(table, cost_entries(table))


def with_table(region: Region, land: pd.DataFrame | None) -> Region:
    tables = {name: region[name] for name in region.tables if name != "land_use"}
    if land is not None:
        tables["land_use"] = land
    head = (region.name, region.title_zh, region.title_en, region.base_year, region.bbox, region.crs)
    return Region(*head, tables)


def offered(region: Region, states: Sequence[State], assume: Assume, others: Offer | None = None) -> Offer:
    theirs = others or Offer()
    made = Land().offer(region, Forecast(states, theirs), assume=assume)
    return join_offers([theirs, made]).checked("land", region=region)


def area(state: State) -> pd.Series:
    return sum((state[f"land.{name}"] for name in CLASSES), start=pd.Series(0.0, state["land.urban"].index))


def test_it_runs_after_every_sector_that_takes_land() -> None:
    assert isinstance(sector, Sector)
    order = [one.name for one in ordered([*(s for s in load_sectors() if s.name != "land"), Land()])]
    assert order[-1] == "land"


def test_the_area_of_every_county_stays_the_same(
    tiny: Region, assume: Assume, states: tuple[State, ...]
) -> None:
    table = tiny["land_use"]
    whole = table[table["class"].isin(CLASSES)].groupby("unit")["area_mu"].sum()
    others = join_offers(
        [
            project("a", "990101001001", 30.0),
            project("b", "990102002001", 12.5),
            project("road", "990101002002", 40.0, kind="village_road", of="transport"),
        ]
    )
    offer = offered(tiny, states, assume, others)
    starts = pd.Series({"a": 2026, "b": 2027, "road": 2026, "consolidation:990101001": 2026})
    planned = simulate(tiny, sectors(), scenario=short(), assume=assume, offer=offer, starts=starts)
    for state in (*states, *planned):
        gap = (area(state) - whole.reindex(area(state).index)).abs().max() * M2_PER_MU
        assert gap < 1e-3, "to the square metre"
        assert (state["land.basic_farmland"] <= state["land.farmland"]).all()
        assert (state["land.idle_homestead"] <= state["land.rural"]).all()
        for name in BUILT:
            assert (state[f"land.{name}"] >= 0).all()


def test_what_projects_take_by_hand(tiny: Region, assume: Assume, states: tuple[State, ...]) -> None:
    """20 mu of urban land, 9 of it farmland: reserved from the first payment on, built on once it works."""
    offer = offered(tiny, states, assume, project("ward", "990101001001", 20.0))
    starts = pd.Series({"ward": 2027})
    planned = simulate(tiny, sectors(), scenario=short(), assume=assume, offer=offer, starts=starts)
    for before, after, taken in zip(states, planned, (0.0, 0.0, 20.0), strict=True):
        assert after["land.urban"][FIRST] - before["land.urban"][FIRST] == pytest.approx(taken)
        assert before["land.farmland"][FIRST] - after["land.farmland"][FIRST] == pytest.approx(0.45 * taken)
        assert before["land.forest"][FIRST] - after["land.forest"][FIRST] == pytest.approx(0.25 * taken)
        assert before["land.quota"][FIRST] - after["land.quota"][FIRST] == pytest.approx(taken)
        more = after["stock.built_m2"][FIRST] - before["stock.built_m2"][FIRST]
        assert more == pytest.approx(taken * M2_PER_MU)
        assert after["land.built_km2"][OTHER] == before["land.built_km2"][OTHER]
    assert [state["land.quota"][FIRST] for state in states] == [120.0, 240.0, 360.0]
    ledger = offer.entries[offer.entries["project"] == "ward"].set_index(["ledger", "key"])["amount"]
    assert ledger["land", "farmland"] == pytest.approx(9.0)
    land = offer.entries[(offer.entries["project"] == "ward") & (offer.entries["ledger"] == "land")]
    assert (land["since"] == 0).all()
    assert ledger["stock", "built_m2"] == pytest.approx(20 * M2_PER_MU), "promise and simulation agree"


def test_roads_and_villages_add_no_urban_land(
    tiny: Region, states: tuple[State, ...], assume: Assume
) -> None:
    others = join_offers(
        [
            project("clinic", "990101001002", 3.0),
            project("street", "990101001001", 8.0, kind="town_road", of="transport"),
        ]
    )
    kinds = built_class(tiny, others.projects)
    assert kinds.to_dict() == {"clinic": "rural", "street": "transport"}
    offer = offered(tiny, states, assume, others)
    assert not (offer.entries["key"] == "built_m2").any()
    taken = offer.entries[offer.entries["project"].isin(["clinic", "street"])]
    assert taken.loc[taken["key"] == "farmland", "amount"].tolist() == pytest.approx([1.35, 3.6])


def test_places_of_towns_and_counties_follow_their_seat(tiny: Region) -> None:
    table = project_table(
        {"project": list("abc"), "unit": ["990101", "990101001", "990102002"]}, sector="health", kind="x"
    )
    assert built_class(tiny, table).tolist() == ["urban", "urban", "rural"]


def test_consolidation_by_hand(tiny: Region, states: tuple[State, ...], assume: Assume) -> None:
    """484 mu of village land, 48 idle: 28.8 idle and 13.08 lived in are cleared, half of these built anew."""
    offer = offered(tiny, states, assume)
    name = "consolidation:990101001"
    mine = offer.projects.set_index("project").loc[name]
    saved = 28.8 + 13.08 / 2
    assert mine["size"] == pytest.approx(28.8 + 13.08)
    assert mine["capital_wan"] == pytest.approx((28.8 + 13.08) * 18)
    ledger = offer.entries[offer.entries["project"] == name].set_index(["ledger", "key"])
    land = ledger.loc["land", "amount"].to_dict()
    assert land == pytest.approx(
        {"construction": -saved, "linked": -saved, "farmland": -0.8 * saved, "idle_homestead": -28.8}
    )
    assert ledger.loc[("stock", "rural_income"), "amount"] == pytest.approx(0.8 * saved * 0.12)
    starts = pd.Series({name: 2026})
    planned = simulate(tiny, sectors(), scenario=short(), assume=assume, offer=offer, starts=starts)
    last, without = planned[-1], states[-1]
    assert planned[1]["land.rural"][FIRST] == without["land.rural"][FIRST], "not before it has passed"
    assert without["land.rural"][FIRST] - last["land.rural"][FIRST] == pytest.approx(saved)
    assert last["land.farmland"][FIRST] - without["land.farmland"][FIRST] == pytest.approx(0.8 * saved)
    assert last["land.idle_homestead"][FIRST] == pytest.approx(68 - 28.8)
    assert last["land.quota"][FIRST] - without["land.quota"][FIRST] == pytest.approx(saved)


def test_quota_that_is_sold_takes_quota_but_no_land(
    tiny: Region, states: tuple[State, ...], assume: Assume
) -> None:
    changed = Assume(pd.concat([assume.values.drop("land.sale_block"), pd.Series({"land.sale_block": 20.0})]))
    offer = offered(tiny, states, changed)
    sales = offer.projects[offer.projects["kind"] == "quota_sale"]
    assert (sales["capital_wan"] == -600.0).all()
    assert sales["requires"].tolist()[:2] == ["", f"quota_sale:{FIRST}:1"]
    linked = offer.entries[offer.entries["key"] == "linked"]
    most = -linked[linked["amount"] < 0].groupby("unit")["amount"].sum()
    assert (linked[linked["amount"] > 0].groupby("unit")["amount"].sum() <= most).all()
    limits = offer.limits[offer.limits["key"] == "linked"]
    assert (limits["amount"] == 0).all(), "only what clearing has saved can be sold"
    starts = pd.Series({"consolidation:990101001": 2026, f"quota_sale:{FIRST}:1": 2027})
    planned = simulate(tiny, sectors(), scenario=short(), assume=changed, offer=offer, starts=starts)
    alone = simulate(tiny, sectors(), scenario=short(), assume=changed, offer=offer, starts=starts.iloc[:1])
    assert alone[-1]["land.quota"][FIRST] - planned[-1]["land.quota"][FIRST] == pytest.approx(20)
    for name in CLASSES:
        assert planned[-1][f"land.{name}"].equals(alone[-1][f"land.{name}"])


def test_moves_of_villages_are_counted_once(tiny: Region, assume: Assume, states: tuple[State, ...]) -> None:
    others = project("relocation:x:y", "990101001001", 6.0, kind="relocation", of="relocation")
    freed = others.entries[others.entries["key"] == "construction"].assign(amount=-15.0, since=2)
    others = Offer(others.projects, pd.concat([others.entries, freed], ignore_index=True))
    offer = offered(tiny, states, assume, others)
    farmland = offer.entries[offer.entries["key"] == "farmland"]
    mine = farmland.loc[farmland["project"] == "relocation:x:y", "amount"]
    assert mine.tolist() == pytest.approx([6 * 0.45, -15 * 0.8])
    starts = pd.Series({"relocation:x:y": 2026})
    alone = simulate(tiny, sectors(), scenario=short(), assume=assume, offer=offer, starts=starts)
    # Beside the sector that says what moves have cleared: the same land.
    every = ordered([*sectors(), *load_sectors(["relocation"])])
    moves = State(2028, {**alone[-1].values, "land.cleared": pd.Series({FIRST: 15.0, OTHER: 0.0})})
    opened = Offer(offer.projects[offer.projects["project"] == "relocation:x:y"], _counting(others, 2))
    written = Land().step(tiny, moves, opened=opened, assume=assume)
    assert [one.name for one in every][-1] == "land"
    for name in CLASSES:
        np.testing.assert_allclose(written[f"land.{name}"], alone[-1][f"land.{name}"])
    assert states[-1]["land.rural"][FIRST] - alone[-1]["land.rural"][FIRST] == pytest.approx(15.0)


def _counting(offer: Offer, age: int) -> pd.DataFrame:
    return offer.entries[(offer.entries["since"] <= age) & (offer.entries["ledger"] == "land")]


def test_towns_grow_with_their_people_and_farmland_is_replaced(tiny: Region, assume: Assume) -> None:
    villages = tiny.level("village")
    base = base_of(tiny)
    heads = pd.Series(np.where(villages["residence"] == "urban", 5000.0, 100.0), index=villages.index)
    values = {"people.urban": heads.where(villages["residence"] == "urban", 0.0), "people.total": heads}
    first = Land().step(tiny, State(2026, values), opened=Offer(), assume=assume)
    grown = first["land.urban"] - base.counties["urban"]
    wanted = np.maximum(np.array([10_000.0, 5000.0]) - base.urban, 0.0) * 60 / M2_PER_MU
    assert grown.to_numpy() == pytest.approx(wanted)
    assert (grown > 0).any()
    assert first["land.farmland"].to_numpy() == pytest.approx(base.counties["farmland"].to_numpy())
    green = base.counties["other_green"] - first["land.other_green"]
    assert green.to_numpy() == pytest.approx(wanted * (0.05 + 0.45))
    fewer = {name: one * 0.5 for name, one in values.items()}
    later = Land().step(tiny, State(2027, {**fewer, **first}), opened=Offer(), assume=assume)
    assert later["land.urban"].equals(first["land.urban"]), "built land does not shrink with its people"
    again = Land().step(tiny, State(2026, {**values, **first}), opened=Offer(), assume=assume)
    assert all(again[name].equals(first[name]) for name in first), "the same year again is the same"


def test_limits(tiny: Region, states: tuple[State, ...], assume: Assume) -> None:
    limits = offered(tiny, states, assume).limits
    quota = limits[limits["key"] == "construction"].set_index(["unit", "year"])["amount"]
    assert quota[FIRST, 2026] == 120.0
    assert quota[OTHER, 2028] == 360.0
    farmland = limits[limits["key"] == "farmland"].set_index(["unit", "year"])["amount"]
    base = base_of(tiny).counties
    assert farmland[FIRST, 2026] == pytest.approx(base.loc[FIRST, "farmland"] * 0.002)
    strict = Assume(
        pd.concat([assume.values.drop("land.farmland_floor"), pd.Series({"land.farmland_floor": 1.0})])
    )
    limits = offered(tiny, states, strict).limits
    assert (limits.loc[limits["key"] == "farmland", "amount"] == 0).all()


def test_a_region_without_land_use_keeps_its_quota(tiny: Region, assume: Assume) -> None:
    bare = with_table(tiny, None)
    found = simulate(bare, sectors(), scenario=short(), assume=assume)
    assert found[0]["land.urban"].empty
    assert found[-1]["land.quota"].tolist() == [360.0, 360.0]
    offer = offered(bare, found, assume, project("a", "990101001001", 30.0))
    assert set(offer.limits["key"]) == {"construction"}
    assert len(offer.projects) == 1
    assert Land().diagnose(bare, found[0]).figures.empty


def test_a_county_without_rows_is_the_sum_of_its_towns(tiny: Region) -> None:
    table = tiny["land_use"]
    whole = base_of(tiny).counties
    summed = base_of(with_table(tiny, table[table["unit"] != FIRST])).counties
    pd.testing.assert_frame_equal(summed, whole, check_names=False)
    part = base_of(with_table(tiny, table[~table["unit"].isin([FIRST, "990101002"])])).counties
    assert part.index.tolist() == [OTHER], "half a county is none"


def test_more_than_the_county_has_is_refused(tiny: Region, states: tuple[State, ...], assume: Assume) -> None:
    offer = offered(tiny, states, assume, project("sprawl", "990101001001", 1e6))
    with pytest.raises(DataError, match="less land than is wanted"):
        simulate(
            tiny,
            sectors(),
            scenario=short(),
            assume=assume,
            offer=offer,
            starts=pd.Series({"sprawl": 2026}),
        )


def test_standards_that_cannot_be_are_named() -> None:
    with pytest.raises(ScenarioError) as caught:
        check_parameters({"land.resettle": 2.0, "land.clear_idle": 0.9, "land.reuse_share": 0.2})
    assert {problem.column for problem in caught.value.problems} == {
        "assume.land.resettle",
        "assume.land.clear_idle",
    }
    with pytest.raises(ScenarioError, match="all 0"):
        check_parameters({f"land.take_{name}": 0.0 for name in OPEN})


def test_less_land_a_person_scores_more(tiny: Region, states: tuple[State, ...]) -> None:
    counties = tiny.level("county").index
    extra = {"stock.value_added": pd.Series(4e4, index=counties)}
    full = [State(state.year, {**_blank(tiny), **state.values, **extra}) for state in states]
    found = indicators_of(tiny, full)
    name = "built_land_per_person"
    worst, target = found.table.loc[name, ["worst", "target"]].astype(float)
    value = found.values[name]
    assert worst > target
    assert found.scores[name].to_numpy() == pytest.approx(
        np.clip((worst - value) / (worst - target), 0, 1).to_numpy()
    )
    assert value.loc[FIRST, 2026] == pytest.approx(
        states[0]["stock.built_m2"][FIRST] / states[0]["people.urban"].filter(like=FIRST).sum()
    )


def _blank(region: Region) -> dict[str, pd.Series]:
    """One rural indicator, so that both sides have something."""
    counties = region.level("county").index
    return {name: pd.Series(1.0, index=counties) for name in ("stock.pension", "pension.line")}


def test_figures_of_the_present(tiny: Region, states: tuple[State, ...]) -> None:
    figures = Land().diagnose(tiny, states[0]).figures
    assert not figures["value"].isna().any()
    value = figures.set_index(["unit", "variable"])["value"]
    base = base_of(tiny).counties
    assert value[FIRST, "farmland over its floor, mu"] == pytest.approx(base.loc[FIRST, "farmland"] * 0.02)
    assert value[FIRST, "land: urban, mu"] == states[0]["land.urban"][FIRST]
    urban = states[0]["people.urban"].filter(like=FIRST).sum()
    built = states[0]["stock.built_m2"][FIRST]
    assert value[FIRST, "urban land a person, m²"] == pytest.approx(built / urban)
    assert value[FIRST, "room for urban land inside the norm, ha"] == pytest.approx(
        (110 * urban - built) / 10_000
    )


def test_quzhou_adds_up_to_its_outlines_and_fits_what_is_published() -> None:
    quzhou = tongqu.load("quzhou")
    base = base_of(quzhou)
    km2 = quzhou.level("county")["area_km2"]
    np.testing.assert_allclose(base.counties[list(CLASSES)].sum(axis=1), km2 * 1500, atol=0.5)
    assert base.counties.loc["330881", "farmland"] == pytest.approx(353_300, abs=20)
    assert base.counties.loc["330881", "forest"] == pytest.approx(2_070_000, abs=20)
    assert quzhou["land_use"]["modelled"].all(), "nothing of it was surveyed"
    assert len(base.towns) == len(quzhou.level("town"))
    assume = Assume.of(quzhou["standards"], Scenario())
    projects = own_projects(quzhou, base, assume=assume).projects
    of_county = projects.groupby(["county", "kind"])["size"]
    assert of_county.size().to_dict() == {
        (county, kind): count
        for county in km2.index
        for kind, count in (("consolidation", 5), ("homestead_reuse", 5), ("quota_sale", 3))
    }
    assert (projects["node"] != "").all()


def narrow(region: Region, *, open_mu: float, rural_mu: float) -> Region:
    """The region with so much open land above basic farmland, and so much village land, in each place."""
    land = region["land_use"]
    basic = land[land["class"] == "basic_farmland"].set_index("unit")["area_mu"]
    none = land["class"].isin([name for name in OPEN if name != "farmland"]) | (
        land["class"] == "idle_homestead"
    )
    land.loc[none, "area_mu"] = 0.0
    farmland = land["class"] == "farmland"
    land.loc[farmland, "area_mu"] = land.loc[farmland, "unit"].map(basic) + open_mu
    land.loc[land["class"] == "rural", "area_mu"] = rural_mu
    return with_table(region, land)


def test_no_plan_wants_more_land_than_there_is(tiny: Region, assume: Assume) -> None:
    """A plain of 30 mu and 5 mu of village land: what is offered wants more of both."""
    region = narrow(tiny, open_mu=30.0, rural_mu=5.0)
    before = simulate(region, sectors(), scenario=short(), assume=assume)
    others = join_offers(
        [
            project("a", "990101001001", 20.0),
            project("b", "990101001002", 25.0),
            project("move", "990101002001", -9.0, kind="relocation", of="relocation"),
            project("c", "990102001001", 4.0),
        ]
    )
    offer = offered(region, before, assume, others)
    entries = offer.entries.set_index(["key", "project"])["amount"]
    assert entries["open"].to_dict() == {"a": 20.0, "b": 25.0}, "the other county has enough"
    assert entries["village"].to_dict() == {"move": 9.0}
    limits = offer.limits.set_index(["key", "unit", "year"])["amount"]
    grown = before[-1]["land.urban"][FIRST] - base_of(region).counties.loc[FIRST, "urban"]
    assert limits["open", FIRST, 2028] == pytest.approx(30.0 - grown)
    assert limits["village", FIRST, 2026] == 5.0
    inside = simulate(
        region, sectors(), scenario=short(), assume=assume, offer=offer, starts=pd.Series({"b": 2026})
    )
    assert area(inside[-1])[FIRST] == pytest.approx(area(before[0])[FIRST], abs=1e-6)


def test_land_for_all_adds_no_rows(tiny: Region, states: tuple[State, ...], assume: Assume) -> None:
    offer = offered(tiny, states, assume, project("a", "990101001001", 20.0))
    assert not {"open", "village"} & {*offer.entries["key"], *offer.limits["key"]}


def test_towns_grow_only_over_what_projects_leave(
    tiny: Region, states: tuple[State, ...], assume: Assume
) -> None:
    region = narrow(tiny, open_mu=30.0, rural_mu=5.0)
    base, opened = base_of(region), project("a", "990101001001", 20.0)
    land = land_in(region, base, states[0], opened=opened, grown=np.array([30.0, 30.0]), assume=assume)
    made = pd.DataFrame(land, index=base.counties.index)
    more = made["urban"] - base.counties["urban"]
    assert more.to_dict() == pytest.approx({FIRST: 30.0, OTHER: 30.0}), "20 of them by the project"
    gap = made[list(CLASSES)].sum(axis=1) - base.counties[list(CLASSES)].sum(axis=1)
    assert gap.abs().max() < 1e-6
    assert (made["basic_farmland"] <= made["farmland"]).all()
