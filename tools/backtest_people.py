"""Project the counties of China from the census of 2010 to 2020 and compare with the census of 2020.

`python tools/backtest_people.py` prints the tables that `docs/methods/cohort-component.md` carries between
markers, `--write` puts them there, `--check` exits 1 if they differ, `--unmatched` lists what was left out.
Nothing that was learned after 2010 goes into a projection; its sources are named next to each number.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tongqu.base import DataError
from tongqu.methods._arrays import Floats
from tongqu.methods.cohort import Ratios
from tongqu.methods.cohort import project as project_ratios
from tongqu.methods.people import (
    FUNDAMENTAL,
    Rates,
    Sex,
    Survival,
    check_census,
    fertility_by_age,
    implied_fertility,
    migration_by_age,
    model_table,
    net_to_gross,
    project,
    single_years,
    split_ages,
    survival,
)

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data-raw" / "census"
PAGE = ROOT / "docs" / "methods" / "cohort-component.md"
MARKS = re.compile(r"(<!-- backtest: start -->\n).*?(<!-- backtest: end -->)", re.DOTALL)

E0 = {"male": 72.38, "female": 77.37}
"""Life expectancy at birth of China in 2010, years: National Bureau of Statistics, August 2012."""
TFR = 1.5
"""Births per woman: what the census of 2010 was read to say once its own 1.18 was held too low (Cai 2013,
Population and Development Review 39, 371-396)."""
GAIN = {"male": (72.38 - 69.63) / 10, "female": (77.37 - 73.33) / 10}
"""Years by which life expectancy rose each year from 2000 to 2010: the same source."""
MEAN_AGE, DEVIATION = 28.0, 5.0
"""Age at childbearing, years: assumed. Only its rough place matters over ten years."""
BOYS = 118.0 / 218.0
"""Share of boys among births: 118 to 100 girls, census of 2010."""
NEW_MIGRANTS = (221 - 121) / 221 / 10
"""Net flow of a year over the stock of migrants: the floating population grew from 121 million in 2000 to 221
million in 2010 (National Bureau of Statistics)."""
YEARS = 10
QUZHOU = "3308"
SEXES: tuple[Sex, Sex] = ("male", "female")
STARTS = np.array([0, 1, *range(5, 90, 5)])
AGES = [
    f"{sex}_{age}" for sex in SEXES for age in ("0", "1_4", *(f"{x}_{x + 4}" for x in range(5, 85, 5)), "85")
]
BANDS = {
    "0-14": (0, 3),
    "15-24": (3, 5),
    "25-44": (5, 9),
    "45-64": (9, 13),
    "65-84": (13, 17),
    "85+": (17, 18),
}
"""Bands of the report as slices of the 18 five-year groups."""


@dataclass(frozen=True, eq=False)
class Counties:
    """Counties that both censuses have.

    Parameters
    ----------
    table : pandas.DataFrame
        Code, name, people, registered people, birth and death rates of 2010.
    before, after : numpy.ndarray of float
        People of 2010 by 19 groups (0, 1-4, 5-9, ...) and of 2020 by 18 groups, shape (counties, 2, groups).
    left_out : dict of str to list of str
        Codes and names that were not compared, by reason.
    """

    table: pd.DataFrame
    before: Floats
    after: Floats
    left_out: dict[str, list[str]]


def read(year: int) -> tuple[pd.DataFrame, Floats, list[str]]:
    """A census: its table, its people by sex and 19 groups, and the counties whose ages do not add up."""
    table = pd.read_csv(DATA / f"counties_{year}.csv.gz", dtype={"code": str, "name": str})
    groups = table[AGES].to_numpy(dtype=np.float64).reshape(len(table), 2, -1)
    try:
        check_census(groups, total=table["people"], names=table["code"])
    except DataError as error:
        bad = {problem.value for problem in error.problems}
        wrong = table["code"].isin(bad).to_numpy()
        names = [
            f"{row.code} {row.name_}" for row in table[wrong].rename(columns={"name": "name_"}).itertuples()
        ]
        keep = ~wrong
        check_census(groups[keep], total=table["people"][keep], names=table["code"][keep])
        return table[keep].reset_index(drop=True), groups[keep], names
    return table, groups, []


def counties() -> Counties:
    """Both censuses, matched by code."""
    first, before, wrong_2010 = read(2010)
    last, after, wrong_2020 = read(2020)
    wrong = {text.split()[0] for text in wrong_2010 + wrong_2020}
    both = np.intersect1d(first["code"], last["code"])
    row = [pd.Index(table["code"]).get_indexer(pd.Index(both)) for table in (first, last)]
    only = [
        [
            f"{code} {name}"
            for code, name in zip(table["code"], table["name"], strict=True)
            if code not in {*both, *wrong}
        ]
        for table in (first, last)
    ]
    left_out = {
        "only in 2010": only[0],
        "only in 2020": only[1],
        "ages do not add up (2010)": wrong_2010,
        "a cell is empty (2020)": wrong_2020,
    }
    return Counties(
        first.iloc[row[0]].reset_index(drop=True), before[row[0]], five_years(after[row[1]]), left_out
    )


def five_years(groups: Floats) -> Floats:
    """0 and 1-4 put together."""
    return np.concatenate([groups[..., :2].sum(axis=-1, keepdims=True), groups[..., 2:]], axis=-1)


def by_sex(values: Callable[[Sex], Floats], axis: int) -> Floats:
    """The values of both sexes side by side."""
    return np.stack([values(sex) for sex in SEXES], axis=axis)


def no_change(data: Counties) -> Floats:
    """People of 2010, unchanged."""
    return five_years(data.before)


def natural_rate(data: Counties) -> Floats:
    """The county's birth and death rate of 2010 for ten years; ages as in 2010."""
    rate = (data.table["births_permille"] - data.table["deaths_permille"]).to_numpy() / 1000
    return no_change(data) * ((1 + rate) ** YEARS)[:, np.newaxis, np.newaxis]


def constant_share(data: Counties) -> Floats:
    """All counties together projected as one; each keeps its share of 2010 in every sex and age group."""
    whole = Counties(data.table.iloc[:1], data.before.sum(axis=0, keepdims=True), data.after[:1], {})
    return no_change(data) / no_change(whole) * component(whole, fertility=np.array([TFR]))


def survival_only(data: Counties) -> Floats:
    """Hamilton and Perry's method with the model table's survival and the county's children per woman."""
    tables = {sex: model_table(E0[sex], sex=sex) for sex in SEXES}

    def change(sex: Sex) -> Floats:
        years, beyond = five_years(tables[sex].Lx), tables[sex].Tx
        ratios = years[2:17] / years[:15]
        return np.append(ratios, beyond[18] / beyond[16])

    people = five_years(data.before)
    women = people[:, 1]
    children = (
        people[:, :, :2] / np.stack([women[:, 3:9].sum(axis=1), women[:, 4:10].sum(axis=1)], axis=-1)[:, None]
    )
    ratios = Ratios(np.broadcast_to(by_sex(change, 0), (len(people), 2, 16)), children)
    return np.asarray(project_ratios(people, ratios)[1])


def component(
    data: Counties, *, fertility: Floats, migration: bool = False, longer_lives: bool = False
) -> Floats:
    """The cohort-component method by single years; people by 18 groups."""
    old = by_sex(lambda sex: single_years(model_table(E0[sex], sex=sex)).Lx[85:], 0)
    single = split_ages(data.before, starts=STARTS, open_age=old)
    # The ages of town and country are not known apart, so everybody stands in the first residence.
    people = np.stack([single, np.zeros_like(single)], axis=1)
    births = fertility_by_age(fertility, mean=MEAN_AGE, deviation=DEVIATION)[:, np.newaxis]
    leave, come = movers(data, single) if migration else (None, None)
    rates = [
        Rates(lasting(year if longer_lives else 0.0), births, boys=BOYS, emigration=leave, immigration=come)
        for year in np.arange(YEARS) + 0.5
    ]
    found = project(people, rates, years=YEARS, groups=np.arange(0, 90, 5))
    return np.asarray(found.people[-1].sum(axis=1))


def lasting(years: float) -> Survival:
    """Survival by sex some years after 2010, the gain in life expectancy going on."""
    parts = {sex: survival(single_years(model_table(E0[sex] + years * GAIN[sex], sex=sex))) for sex in SEXES}
    return Survival(by_sex(lambda sex: parts[sex].births, 0), by_sex(lambda sex: parts[sex].ages, 0))


def movers(data: Counties, single: Floats) -> tuple[Floats, Floats]:
    """Shares that leave and numbers that come each year, from residents less registered people of 2010."""
    stock = (data.table["people"] - data.table["registered"]).to_numpy(dtype=np.float64)
    schedule = migration_by_age(FUNDAMENTAL, ages=np.arange(101))
    leaving = single * schedule
    coming = single.sum(axis=0) * schedule
    shape = np.where(
        (stock < 0)[:, None, None],
        leaving / leaving.sum(axis=(1, 2), keepdims=True),
        coming / coming.sum(),
    )
    share, numbers = net_to_gross(NEW_MIGRANTS * stock[:, None, None] * shape, people=single)
    residence = np.array([1.0, 0.0])[:, np.newaxis, np.newaxis]
    return share[:, np.newaxis] * residence, numbers[:, np.newaxis] * residence


def local_fertility(data: Counties) -> Floats:
    """Total fertility of each county from its children and women of 2010."""
    groups = five_years(data.before)
    return implied_fertility(groups[:, :, 0].sum(axis=1), women=groups[:, 1, 3:10])


def national(fertility: float, data: Counties) -> Floats:
    """One fertility for all."""
    return np.full(len(data.table), fertility)


METHODS: dict[str, Callable[[Counties], Floats]] = {
    "no change": no_change,
    "natural rate": natural_rate,
    "constant share": constant_share,
    "survival only": survival_only,
    "component, national TFR": lambda data: component(data, fertility=national(TFR, data)),
    "component, local TFR": lambda data: component(data, fertility=local_fertility(data)),
    "the same with migrants": lambda data: component(data, fertility=local_fertility(data), migration=True),
    "the same and longer lives": lambda data: component(
        data, fertility=local_fertility(data), migration=True, longer_lives=True
    ),
}


def lines(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)] + [""]


def totals_table(found: dict[str, Floats], after: Floats) -> list[str]:
    """Errors of the counties' totals."""
    true = after.sum(axis=(1, 2))
    rows = []
    for name, people in found.items():
        miss = (people.sum(axis=(1, 2)) - true) / true
        apart = np.abs(miss)
        weighted = (apart * true).sum() / true.sum()
        sums = people.sum() / after.sum() - 1
        numbers = [apart.mean(), weighted, *np.percentile(apart, [50, 75, 90]), miss.mean(), sums]
        rows.append([name, *(f"{100 * number:.1f}" for number in numbers)])
    head = ["totals, %", "MAPE", "weighted", "median", "75 %", "90 %", "mean error", "sum of all"]
    return lines(head, rows)


def ages_table(found: dict[str, Floats], after: Floats) -> list[str]:
    """Weighted errors by band of age, both sexes."""
    rows = []
    for name, people in found.items():
        cells = []
        for low, high in BANDS.values():
            got, true = (x[:, :, low:high].sum(axis=(1, 2)) for x in (people, after))
            cells.append(f"{100 * np.abs(got - true).sum() / true.sum():.1f}")
        shape = np.abs(people - after).sum() / after.sum()
        rows.append([name, *cells, f"{100 * shape:.1f}"])
    return lines(["ages, weighted error, %", *BANDS, "all sexes and groups"], rows)


def quzhou_table(found: dict[str, Floats], data: Counties) -> list[str]:
    """The counties of Quzhou."""
    here = data.table["code"].str.startswith(QUZHOU).to_numpy()
    names = data.table["name"][here].tolist()
    true = data.after[here].sum(axis=(1, 2))
    rows = [["census 2020, people", *(f"{value:,.0f}" for value in true), "", ""]]
    for name, people in found.items():
        miss = people[here].sum(axis=(1, 2)) / true - 1
        shape = np.abs(people[here] - data.after[here]).sum() / data.after[here].sum()
        cells = [*miss, np.abs(miss).mean(), shape]
        rows.append(
            [
                name,
                *(f"{100 * cell:+.1f}" for cell in cells[:-2]),
                *(f"{100 * cell:.1f}" for cell in cells[-2:]),
            ]
        )
    return lines(["Quzhou, error of totals, %", *names, "MAPE", "ages"], rows)


def trend_table(found: dict[str, Floats], data: Counties) -> list[str]:
    """The line through 2000 and 2010, on the counties whose people of 2000 are known."""
    past = pd.read_csv(DATA / "odbl" / "people_2000.csv", dtype={"code": str}).set_index("code")[
        "people_2000"
    ]
    known = past.reindex(data.table["code"]).to_numpy(dtype=np.float64)
    here = np.isfinite(known)
    true = data.after[here].sum(axis=(1, 2))
    now = data.table["people"].to_numpy(dtype=np.float64)[here]
    results = {"line through 2000 and 2010": np.maximum(2 * now - known[here], 0)}
    results |= {name: people[here].sum(axis=(1, 2)) for name, people in found.items()}
    rows = []
    for name, people in results.items():
        apart = np.abs(people - true) / true
        rows.append(
            [
                name,
                *(
                    f"{100 * x:.1f}"
                    for x in (apart.mean(), (apart * true).sum() / true.sum(), np.median(apart))
                ),
            ]
        )
    return lines([f"totals of {here.sum():,} counties, %", "MAPE", "weighted", "median"], rows)


def report(data: Counties) -> str:
    """All tables."""
    found = {name: method(data) for name, method in METHODS.items()}
    after = data.after
    fertility = local_fertility(data)
    text = [
        f"{len(after):,} counties with one code in both censuses: {data.before.sum():,.0f} people in 2010, "
        f"{after.sum():,.0f} in 2020.",
        "Left out: " + "; ".join(f"{len(names)} {reason}" for reason, names in data.left_out.items()) + ".",
        f"Local TFR: median {np.median(fertility):.2f}, from {fertility.min():.2f} to {fertility.max():.2f}.",
        "",
        *totals_table(found, after),
        *ages_table(found, after),
        *quzhou_table(found, data),
        *trend_table(found, data),
    ]
    return "\n".join(text)


def main() -> int:
    """Print, write or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    parser.add_argument("--check", action="store_true", help="exit 1 if the page carries other tables")
    parser.add_argument("--unmatched", action="store_true", help="list the counties that were left out")
    options = parser.parse_args()
    data = counties()
    if options.unmatched:
        for reason, names in data.left_out.items():
            print(reason, *names, sep="\n  ")
        return 0
    text = report(data)
    if not (options.write or options.check):
        print(text)
        return 0
    page = PAGE.read_text(encoding="utf-8")
    fresh = MARKS.sub(lambda found: f"{found[1]}{text}{found[2]}", page)
    if options.write:
        PAGE.write_text(fresh, encoding="utf-8")
        return 0
    if fresh != page or not MARKS.search(page):
        print("the tables of the page are stale: run with --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
