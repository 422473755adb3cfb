"""Fit the age pattern of mortality of China to the censuses of 2010 and 2020, all counties added up.

`python tools/fit_mortality.py` prints the constants of `tongqu.methods.people.model_tables`, `--check` exits
1 if those there differ by more than their rounding, `--sums` prints the sums that the tests carry.

Boundaries of counties do not matter to the sum. Only cohorts of 45 and older in 2010 are fitted: children
were undercounted in 2010 (there are more people of 10-19 in 2020 than of 0-9 ten years before), and of the
young some went abroad.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from tongqu.methods._arrays import Floats
from tongqu.methods.people import (
    CHINA_BETA,
    CHINA_E0,
    CHINA_STANDARD,
    LifeTable,
    Sex,
    model_table,
    relational,
    single_years,
    split_ages,
    survival,
)

CENSUS: Final = Path(__file__).resolve().parents[1] / "data-raw" / "census"
YEARS: Final = 10
STARTS: Final = (0, 1, *range(5, 90, 5))
"""Youngest ages of the groups of both censuses."""
GROUPS: Final = (*[f"{a}_{b}" for a, b in ((1, 4), *((x, x + 4) for x in range(5, 85, 5)))],)
SEXES: Final[tuple[Sex, ...]] = ("male", "female")
FIRST: Final = 55
"""Youngest age in 2020 that is fitted: 45 in 2010."""
ROUNDING: Final = {"beta": 0.0005, "e0": 0.005}
"""Half a unit of the last digit of the constants."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Level, slope and what follows from them for one sex."""

    alpha: float
    beta: float
    e0: float
    misses: Floats
    """Logs of fitted over counted people of 55-59, ..., 85+ in 2020."""


def sums(year: int) -> tuple[Floats, int]:
    """People by sex and group, shape (2, 19), and how many counties have an empty cell and are left out."""
    columns = [f"{sex}_{age}" for sex in SEXES for age in ("0", *GROUPS, "85")]
    table = pd.read_csv(CENSUS / f"counties_{year}.csv.gz", dtype={"code": str})[columns]
    whole = table.dropna()
    return whole.to_numpy(dtype=np.float64).sum(axis=0).reshape(2, len(STARTS)), len(table) - len(whole)


def later(people: Floats, *, table: LifeTable, weights: Floats) -> Floats:
    """People of 0-4, ..., 80-84 and 85+ after ten years of a table, shape (18,); none are born.

    `people` by `STARTS`; `weights` spread the open group over its ages.
    """
    single = split_ages(people, starts=STARTS, open_age=weights)
    shares = survival(single_years(table)).ages
    for _ in range(YEARS):
        alive = single * shares
        single = np.concatenate([[0.0], alive[:-1]])
        single[-1] += alive[-1]
    return np.asarray(np.add.reduceat(single, np.arange(0, 90, 5)))


def fit(before: Floats, after: Floats, *, sex: Sex) -> Fit:
    """The level and the slope that give the people of 55 and older in 2020."""
    standard = model_table(CHINA_STANDARD[sex], sex=sex)
    weights = single_years(standard).Lx[STARTS[-1] :]
    counted = np.append(after[:2].sum(), after[2:])[FIRST // 5 :]

    def misses(line: Floats) -> Floats:
        table = relational(standard, alpha=line[0], beta=line[1])
        return np.asarray(np.log(later(before, table=table, weights=weights)[FIRST // 5 :] / counted))

    line = least_squares(misses, np.array([0.0, 1.0]), xtol=1e-12, ftol=1e-12).x
    found = relational(standard, alpha=line[0], beta=line[1])
    return Fit(float(line[0]), float(line[1]), float(found.ex[0]), misses(line))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 if the package has other constants")
    parser.add_argument("--sums", action="store_true", help="print people by sex and group as CSV")
    options = parser.parse_args()
    (before, out_before), (after, out_after) = sums(2010), sums(2020)
    if options.sums:
        print("sex,age,people_2010,people_2020")
        for row, sex in enumerate(SEXES):
            for start, old, new in zip(STARTS, before[row], after[row], strict=True):
                print(f"{sex},{start},{old:.0f},{new:.0f}")
        return 0
    print(
        f"{before.sum():,.0f} people in 2010, {after.sum():,.0f} in 2020; {out_before}, {out_after} left out"
    )
    wrong = False
    for row, sex in enumerate(SEXES):
        found = fit(before[row], after[row], sex=sex)
        print(f"{sex}: alpha {found.alpha:.4f}, beta {found.beta:.4f}, e0 {found.e0:.3f}")
        print("  fitted over counted, per cent:", *np.round(100 * found.misses, 1))
        wrong |= abs(found.beta - CHINA_BETA[sex]) > ROUNDING["beta"] + 1e-9
        wrong |= abs(found.e0 - CHINA_E0[sex]) > ROUNDING["e0"] + 1e-9
    if options.check and wrong:
        print("the constants of the package differ", file=sys.stderr)
    return int(options.check and wrong)


if __name__ == "__main__":
    raise SystemExit(main())
