"""How well location quotients make a province's table: against the published table of Zhejiang 2017.

`python tools/backtest_io.py` prints errors of

- the nation's coefficients cut down to the province by SLQ, CILQ, FLQ and AFLQ, by output of each sector and
  by workers of the section (the latter is all that a county has), over delta;
- the province's own coefficients of 2012, held constant, at the sectors common to both classifications;
- own coefficients of 2017 without any quotient (domestic share of the nation only).

The truth is itself modelled in part: the published table does not say which inputs come from outside, so
imports and inflow are taken to serve all uses in proportion.
"""

from __future__ import annotations

from typing import Final, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region, load_region
from tongqu.methods.input_output import (
    Quotient,
    Table,
    aggregate,
    compare_coefficients,
    domestic_coefficients,
    domestic_share,
    leontief,
    section_jobs,
    split_sections,
    table_of,
    technical_coefficients,
    trade_coefficients,
    weighted_error,
)

DELTAS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
LETTERS: Final = tuple("ABCDEFGHIJKLMNOPQRS")
CENSUS: Final = 2020
Floats = npt.NDArray[np.float64]


def read(region: Region, *, area: str, year: int) -> Table:
    """A bundled table."""
    return table_of(region["input_output"], industries=region["industries"], area=area, year=year)


def common(region: Region, table: Table) -> Table:
    """The table at the sectors that compare between classifications, in one order."""
    name = region["industries"].set_index("industry")["common"]
    groups = name.loc[list(table.sectors)].tolist()
    order = {group: at for at, group in enumerate(sorted(set(groups)))}
    found = aggregate(table, groups)
    at = np.argsort([order[group] for group in found.sectors])
    return Table(
        sectors=tuple(found.sectors[spot] for spot in at),
        flows=found.flows[np.ix_(at, at)],
        demand=found.demand[at],
        demand_roles=found.demand_roles,
        value_added=found.value_added[:, at],
        value_roles=found.value_roles,
        output=found.output[at],
    )


def jobs_of(region: Region, *, area: str, table: Table) -> Floats:
    """Workers of the census by sector: by section, split by compensation of employees of `table`."""
    section = region["industries"].set_index("industry")["section"]
    workers = section_jobs(region["reference_jobs"], area=area, year=CENSUS, sections=LETTERS)
    return split_sections(
        workers,
        sections=LETTERS,
        sectors=section.loc[list(table.sectors)].tolist(),
        weights=table.value_of("labour"),
    )


def errors(name: str, own: Floats, truth: Floats, *, output: Floats) -> dict[str, float | str]:
    """A row of the result: errors of own coefficients and of output multipliers."""
    cells = compare_coefficients(own, truth)
    guess, true = (leontief(matrix).sum(axis=0) for matrix in (own, truth))
    return {
        "estimate": name,
        "stpe": cells.stpe,
        "theil_u": cells.theil_u,
        "mad": cells.mean_absolute,
        "bias": cells.bias,
        "multiplier_wape": weighted_error(guess, true, weights=output),
        "multiplier_bias": 100 * float(((guess - true) * output).sum() / (true * output).sum()),
    }


def by_quotients(region: Region) -> pd.DataFrame:
    """The nation of 2017 cut down to the province of 2017."""
    province, nation = read(region, area="zhejiang", year=2017), read(region, area="china", year=2017)
    truth, output = domestic_coefficients(province), province.output
    technology = technical_coefficients(nation.flows, nation.output)
    home = domestic_share(nation)[:, np.newaxis] * technology
    measures = {
        "output": (output, nation.output),
        # By section: the province's workers split like the nation's, as a county's are like the province's.
        "workers": (
            jobs_of(region, area="zhejiang", table=nation),
            jobs_of(region, area="china", table=nation),
        ),
    }
    rows = [errors("no quotient", home, truth, output=output)]
    for measure, (mine, whole) in measures.items():
        for quotient in get_args(Quotient):
            for delta in DELTAS if quotient in ("FLQ", "AFLQ") else (None,):
                trade = trade_coefficients(mine, whole, quotient=quotient, delta=delta or 0.0)
                name = f"{quotient} by {measure}" + ("" if delta is None else f", delta {delta}")
                rows.append(errors(name, trade * home, truth, output=output))
    return pd.DataFrame(rows)


def over_time(region: Region) -> pd.DataFrame:
    """Coefficients of 2012 held constant to 2017, and the nation's, at common sectors."""
    then, now, nation = (
        common(region, read(region, area=area, year=year))
        for area, year in (("zhejiang", 2012), ("zhejiang", 2017), ("china", 2017))
    )
    truth, output = domestic_coefficients(now), now.output
    home = domestic_coefficients(nation)
    rows = [errors("Zhejiang 2012, constant", domestic_coefficients(then), truth, output=output)]
    for delta in DELTAS:
        trade = trade_coefficients(output, nation.output, quotient="FLQ", delta=delta)
        rows.append(errors(f"China 2017, FLQ by output, delta {delta}", trade * home, truth, output=output))
    mixed = domestic_share(now)[:, np.newaxis] * technical_coefficients(then.flows, then.output)
    rows.append(errors("technology 2012, trade 2017", mixed, truth, output=output))
    mixed = domestic_share(then)[:, np.newaxis] * technical_coefficients(now.flows, now.output)
    rows.append(errors("technology 2017, trade 2012", mixed, truth, output=output))
    return pd.DataFrame(rows)


def main() -> None:
    """Print both comparisons."""
    region = load_region("quzhou")
    with pd.option_context("display.width", 140, "display.max_rows", 100, "display.precision", 3):
        print("Own coefficients of Zhejiang 2017, 42 sectors (stpe, bias, wape in %)")
        print(by_quotients(region).to_string(index=False))
        print("\nThe same at 38 common sectors")
        print(over_time(region).to_string(index=False))


if __name__ == "__main__":
    main()
