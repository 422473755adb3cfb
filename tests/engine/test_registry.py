"""The order of sectors, one writer a variable, and plug-ins."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import EntryPoint

import pandas as pd
import pytest

from small import TINY, short
from tongqu.contracts import Assume, Findings, Offer, State, cost_entries, lasting_entries, project_table
from tongqu.data import load_region
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import SectorError, load_sectors, ordered
from tongqu.engine.simulate import simulate


@dataclass(frozen=True)
class Toy:
    name: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    adds: float = 1.0
    extra: tuple[str, ...] = field(default=())

    def diagnose(self, region, state):
        return Findings(pd.DataFrame({"unit": [], "variable": [], "value": []}))

    def step(self, region, before, *, opened, assume):
        known = sum(float(before[name].iloc[0]) for name in self.reads if name in before)
        return {name: pd.Series({"x": known + self.adds}) for name in (*self.writes, *self.extra)}

    def offer(self, region, forecast, *, assume):
        return Offer()


def test_each_comes_after_what_it_reads():
    a, b, c = (
        Toy("a", frozenset({"z"}), frozenset({"y"})),
        Toy("b", frozenset(), frozenset({"z"})),
        Toy("c", frozenset({"y", "z"}), frozenset({"w"})),
    )
    assert [sector.name for sector in ordered([c, a, b])] == ["b", "a", "c"]


def test_two_writers_of_one_variable_are_refused():
    with pytest.raises(SectorError, match="both write 'y'"):
        ordered([Toy("a", writes=frozenset({"y"})), Toy("b", writes=frozenset({"y"}))])


def test_two_sectors_of_one_name_are_refused_and_both_are_named():
    @dataclass(frozen=True)
    class Other(Toy):
        pass

    with pytest.raises(SectorError, match=r"two sectors have the name 'a': .*Toy and .*Other"):
        ordered([Toy("a", writes=frozenset({"y"})), Other("a", writes=frozenset({"z"}))])


def test_two_plug_ins_of_one_name_are_refused_and_both_are_named(monkeypatch):
    def points(group):
        return [EntryPoint("parks", f"{package}.parks:sector", group) for package in ("one", "two", "one")]

    monkeypatch.setattr("tongqu.engine.registry.entry_points", points)
    with pytest.raises(SectorError, match=r"'parks': one\.parks:sector and two\.parks:sector"):
        load_sectors()


def test_a_circle_uses_last_years_value():
    sectors = ordered(
        [Toy("a", frozenset({"y"}), frozenset({"z"})), Toy("b", frozenset({"z"}), frozenset({"y"}))]
    )
    assert [sector.name for sector in sectors] == ["a", "b"]
    states = simulate(load_region(TINY), sectors, scenario=short(), assume=Assume(pd.Series(dtype=float)))
    assert [(state["z"]["x"], state["y"]["x"]) for state in states] == [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]


def test_undeclared_writing_and_missing_values_are_refused():
    region, assume = load_region(TINY), Assume(pd.Series(dtype=float))
    with pytest.raises(SectorError, match="differs from what it declares"):
        simulate(region, [Toy("a", writes=frozenset({"y"}), extra=("q",))], scenario=short(), assume=assume)
    with pytest.raises(SectorError, match="values are missing"):
        simulate(
            region, [Toy("a", writes=frozenset({"y"}), adds=float("nan"))], scenario=short(), assume=assume
        )


def test_an_unknown_sector_is_named():
    with pytest.raises(SectorError, match="unknown sector swimming"):
        load_sectors(["swimming"])


class Parks:
    """A plug-in: one park, credited to rural people of one village."""

    name = "parks"
    tables = frozenset({"units"})
    reads = frozenset({"people.rural"})
    writes = frozenset({"demand.park", "served.park"})

    def diagnose(self, region, state: State):
        return Findings(pd.DataFrame({"unit": [], "variable": [], "value": []}))

    def step(self, region, before, *, opened, assume):
        demand = before["people.rural"]
        units = opened.entries.loc[opened.entries["key"] == "park", "unit"]
        return {"demand.park": demand, "served.park": demand.where(demand.index.isin(units), 0.0)}

    def offer(self, region, forecast, *, assume):
        village = region.level("village").query("residence == 'rural'").index[:1]
        projects = project_table(
            {
                "project": ["park:1"],
                "name_zh": "公园",
                "name_en": "park",
                "unit": village,
                "county": region.county_of(village).to_numpy(),
                "capital_wan": 1.0,
                "lead": 1,
            },
            sector="parks",
            kind="park",
        )
        served = lasting_entries(projects, ledger="served", unit=village, key="park", amount=1.0)
        return Offer(projects, pd.concat([cost_entries(projects), served]))


def test_a_plug_in_joins_the_plan():
    region = load_region(TINY)
    indicators = region["indicators"]
    row = indicators[indicators["indicator"] == "clinic"].assign(
        indicator="park", numerator="served.park", denominator="demand.park"
    )
    frames = {name: region[name] for name in region.tables if name not in region.provided}
    from tongqu.data import make_region

    richer = make_region(
        {**frames, "indicators": pd.concat([indicators, row])},
        name="t",
        title_zh="t",
        title_en="t",
        base_year=region.base_year,
        bbox=region.bbox,
        crs=region.crs,
    )
    inputs = prepare(richer, ordered([*load_sectors(), Parks()]), scenario=short())
    assert optimise(inputs).starts["park:1"] == 2026
