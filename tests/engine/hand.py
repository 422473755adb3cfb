"""Inputs of a joint plan made by hand on the places of the small region: no sector, round numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from small import TINY
from tongqu.contracts import (
    Assume,
    Offer,
    Scenario,
    Solver,
    State,
    cost_entries,
    lasting_entries,
    project_table,
)
from tongqu.contracts.offer import ENTRY_COLUMNS, LIMIT_COLUMNS, PAIR_COLUMNS
from tongqu.data import Region, load_region
from tongqu.engine.coordinate import Indicators
from tongqu.engine.inputs import Inputs
from tongqu.methods.coordination import coordination

COUNTIES = ("990101", "990102")
VILLAGES = {
    "990101": ("990101001001", "990101001002", "990101002001", "990101002002"),
    "990102": ("990102001001", "990102001002", "990102002001", "990102002002"),
}
COUNTY = {village: county for county, homes in VILLAGES.items() for village in homes}

INDICATORS = (
    # name, side, origin, numerator, denominator, scale, worst, target, weight
    ("walk", "rural", "ledger", "served.walk", "demand.walk", 100.0, 0.0, 100.0, 0.6),
    ("calm", "rural", "observed", "calm", None, 1.0, 0.0, 1.0, 0.4),
    ("place", "urban", "ledger", "served.place", "demand.place", 100.0, 0.0, 100.0, 0.4),
    ("beds", "urban", "ledger", "stock.beds", "people.total", 1000.0, 2.0, 6.0, 0.3),
    ("wage", "urban", "observed", "wage", None, 1.0, 0.0, 1.0, 0.3),
)

_REGION: list[Region] = []


def region() -> Region:
    """The small region, loaded once."""
    if not _REGION:
        _REGION.append(load_region(TINY))
    return _REGION[0]


def projects_of(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Projects of a made-up sector; what a row leaves out is blank or 0."""
    names = sorted({name for row in rows for name in row})
    blank = {"requires": "", "group": ""}
    columns = {name: [row.get(name, blank.get(name, 0)) for row in rows] for name in names}
    return project_table(columns, sector="made", kind="made") if rows else Offer().projects


def entries_of(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """Entries from tuples in the order of the columns."""
    return pd.DataFrame(list(rows), columns=list(ENTRY_COLUMNS)).astype(dict(ENTRY_COLUMNS))


def pairs_of(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """Pairs from tuples in the order of the columns."""
    return pd.DataFrame(list(rows), columns=list(PAIR_COLUMNS)).astype(dict(PAIR_COLUMNS))


def limits_of(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """Limits from tuples in the order of the columns."""
    return pd.DataFrame(list(rows), columns=list(LIMIT_COLUMNS)).astype(dict(LIMIT_COLUMNS))


def lasting(projects: pd.DataFrame, rows: Sequence[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    """Entries ``(project, ledger, unit, key, amount)`` that count from the opening on."""
    if not rows:
        return Offer().entries
    names, ledgers, units, keys, amounts = zip(*rows, strict=True)
    mine = projects.set_index("project").loc[list(names)].reset_index()
    return lasting_entries(mine, ledger=list(ledgers), unit=list(units), key=list(keys), amount=list(amounts))


def offer_of(
    projects: pd.DataFrame,
    *,
    effects: Sequence[tuple[str, str, str, str, float]] = (),
    more: Sequence[tuple[object, ...]] = (),
    pairs: Sequence[tuple[object, ...]] = (),
    limits: Sequence[tuple[object, ...]] = (),
) -> Offer:
    """An offer with cost entries, lasting effects and entries of any kind."""
    parts = [cost_entries(projects), lasting(projects, effects), entries_of(more)]
    kept = [part for part in parts if len(part)]
    entries = pd.concat(kept, ignore_index=True) if kept else Offer().entries
    return Offer(projects, entries, pairs_of(pairs), limits_of(limits)).checked("made")


def hand_made(
    offer: Offer,
    *,
    years: Sequence[int] = (2026, 2027, 2028),
    unmet: float = 100.0,
    demand: float = 200.0,
    beds: float = 3.0,
    interest: float = 0.03,
    weights: pd.Series | None = None,
    needs: Mapping[tuple[str, str, int], float] | None = None,
    **scenario: object,
) -> Inputs:
    """Inputs where every village asks for ``walk`` and ``place`` and lacks ``unmet`` of ``demand``.

    ``beds`` is what a county has for 1000 people; ``needs`` changes what a (service, village, year) lacks.
    """
    content = {"solver": Solver(gap=1e-9, tangent_error=1e-3), **scenario}
    wanted = Scenario.model_validate({"first_year": years[0], "last_year": years[-1], **content})
    states = tuple(_state(year, unmet=unmet, demand=demand, needs=needs or {}) for year in wanted.years)
    indicators = _indicators(states, beds=beds)
    if weights is None:
        weights = pd.Series(1.0 / len(indicators.scores), index=indicators.scores.index, name="weight")
    assume = Assume(pd.Series({"rate.interest": interest}))
    return Inputs(region(), wanted, assume, (), states, offer, indicators, weights)


def _state(year: int, *, unmet: float, demand: float, needs: Mapping[tuple[str, str, int], float]) -> State:
    values = {"people.total": pd.Series(1000.0, index=list(COUNTY))}
    for service in ("walk", "place"):
        lacking = pd.Series({home: needs.get((service, home, year), unmet) for home in COUNTY})
        values[f"demand.{service}"] = pd.Series(demand, index=list(COUNTY))
        values[f"served.{service}"] = demand - lacking
    return State(year, values)


def _indicators(states: Sequence[State], *, beds: float) -> Indicators:
    columns = [
        "indicator",
        "side",
        "origin",
        "numerator",
        "denominator",
        "scale",
        "worst",
        "target",
        "weight",
    ]
    table = pd.DataFrame(INDICATORS, columns=columns).set_index("indicator").assign(pillar="all")
    cells = [(county, state.year) for county in COUNTIES for state in states]
    index = pd.MultiIndex.from_tuples(cells, names=["unit", "year"])
    at = {state.year: state for state in states}
    rows = []
    for county, year in cells:
        homes, state = list(VILLAGES[county]), at[year]
        met = {
            key: state[f"served.{key}"][homes].sum() / state[f"demand.{key}"][homes].sum() * 100
            for key in ("walk", "place")
        }
        rows.append({**met, "calm": 0.7, "wage": 0.5, "beds": beds})
    values = pd.DataFrame(rows, index=index)[list(table.index)]
    scores = ((values - table["worst"]) / (table["target"] - table["worst"])).clip(0.0, 1.0)
    weighted = scores * table["weight"]
    u, r = (weighted[table.index[table["side"] == side]].sum(axis=1) for side in ("urban", "rural"))
    found = coordination(u.to_numpy(), r.to_numpy())
    indices = pd.DataFrame(
        {"U": found.u, "R": found.r, "C": found.c, "T": found.t, "D": found.d}, index=index
    )
    return Indicators(table, values, scores, indices, ())


def plenty(
    years: Sequence[int], *, money: float = 1e4, pool: float = 0.0, debt: float = 0.0
) -> list[tuple[object, ...]]:
    """Limits of money that bind nobody, unless told otherwise."""
    rows: list[tuple[object, ...]] = [("money", "990100", "pool", year, pool) for year in years]
    for county in COUNTIES:
        rows += [("money", county, "room", year, money) for year in years]
        rows += [("money", county, "debt", year, debt) for year in years]
    return rows
