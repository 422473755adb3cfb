"""What is drawn in every future: values of uncertain standards, and luck of single projects and years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.contracts import Assume
from tongqu.data.problems import suggest
from tongqu.engine.inputs import Inputs
from tongqu.methods.sampling import latin, normal, spread, triangular

__all__ = ["Luck", "Sample", "factors_in", "luck_of", "sample_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CAPITAL: Final = "future.capital_cost"
RUNNING: Final = "future.running_cost"
EFFECTS: Final = "future.effects"
OWN_COST: Final = "future.project_cost"
OWN_EFFECTS: Final = "future.project_effects"
YEAR_MONEY: Final = "future.year_money"


@dataclass(frozen=True, eq=False)
class Sample:
    """Values of uncertain standards in every future.

    Parameters
    ----------
    seed : int
        Seed of the draws.
    values : DataFrame
        A row for each future (index ``future``, from 1 on), a column for each standard.
    """

    seed: int
    values: pd.DataFrame

    @property
    def futures(self) -> tuple[int, ...]:
        """Numbers of the futures, from 1 on."""
        return tuple(int(number) for number in self.values.index)

    def assume(self, number: int, base: Assume) -> Assume:
        """The standards in force in a future: those drawn over those assumed."""
        drawn = self.values.loc[number]
        return Assume(pd.Series({**base.values.to_dict(), **drawn.to_dict()}, dtype="float64"))


def sample_of(
    standards: pd.DataFrame, assume: Assume, *, names: Sequence[str], futures: int, seed: int
) -> Sample:
    """Draw the standards that have a range, by a Latin hypercube.

    Each is triangular between its low and high value, the assumed value its mode; one outside them widens
    them. The draws of one standard do not depend on which others are drawn.

    Parameters
    ----------
    standards : DataFrame
        With ``standard, low, high``.
    names : sequence of str
        Standards to draw; those without a range keep the assumed value.
    futures, seed : int
        How many futures, and the seed, both 0 or more.

    Raises
    ------
    DataError
        If a name is not a standard.
    """
    unique = list(dict.fromkeys(names))
    known = standards.set_index("standard")[["low", "high"]].astype("float64")
    strange = [name for name in unique if name not in known.index]
    if strange:
        raise DataError(
            [
                Problem(
                    rule="unknown standard",
                    mend=suggest(name, known.index) + "use a name from the table standards",
                    column="uncertain",
                    value=name,
                )
                for name in strange
            ]
        )
    ranged = known.loc[unique].dropna()
    share = latin(list(ranged.index), futures=futures, seed=seed)
    columns = {}
    for position, (name, row) in enumerate(ranged.iterrows()):
        mode = assume[str(name)]
        columns[str(name)] = triangular(
            share[:, position],
            low=min(float(row["low"]), mode),
            mode=mode,
            high=max(float(row["high"]), mode),
        )
    return Sample(seed, pd.DataFrame(columns, index=pd.RangeIndex(1, futures + 1, name="future")))


@dataclass(frozen=True, eq=False)
class Luck:
    """Factors of single projects and years over what was offered, in every future.

    Parameters
    ----------
    cost, effects : DataFrame
        Factor on a project's capital cost, and on what it adds to stocks: futures in rows, projects in
        columns.
    money : DataFrame
        Factor on the own money of a county: futures in rows, columns ``(unit, year)``.
    """

    cost: pd.DataFrame
    effects: pd.DataFrame
    money: pd.DataFrame


def luck_of(sample: Sample, inputs: Inputs) -> Luck:
    """Draw the luck of every project on offer, and of every county and year.

    A project's luck depends on its code and the seed only, that of a year on its county, the year and the
    seed: another plan meets the same luck.
    """
    assume, index = inputs.assume, sample.values.index
    projects = [str(name) for name in inputs.offer.projects["project"]]
    cells = pd.MultiIndex.from_product([inputs.counties, inputs.years], names=["unit", "year"])

    def factors(kind: str, names: Sequence[str], spreading: str) -> Floats:
        own = [f"{kind}:{name}" for name in names]
        drawn = normal(own, futures=len(index), seed=sample.seed)
        return spread(drawn, deviation=assume[spreading])

    return Luck(
        pd.DataFrame(factors("cost", projects, OWN_COST), index=index, columns=projects),
        pd.DataFrame(factors("effects", projects, OWN_EFFECTS), index=index, columns=projects),
        pd.DataFrame(
            factors("money", [f"{unit}:{year}" for unit, year in cells], YEAR_MONEY),
            index=index,
            columns=cells,
        ),
    )


def factors_in(entries: pd.DataFrame, luck: Luck, *, number: int, assume: Assume) -> Floats:
    """What the amount of each entry is multiplied by in a future, shape (entries,).

    Capital and running cost, and what is added to stocks, turn out otherwise than offered; whom a project
    serves, what land and staff it takes and when it opens do not.
    """
    parts = _parts(entries["project"], entries["ledger"], entries["key"], luck.cost.columns)
    factor = np.ones(len(entries))
    factor[parts.capital] = assume[CAPITAL] * luck.cost.loc[number].to_numpy()[parts.payer]
    factor[parts.running] = assume[RUNNING]
    factor[parts.stock] = assume[EFFECTS] * luck.effects.loc[number].to_numpy()[parts.bringer]
    return factor


@dataclass(frozen=True, eq=False)
class _Parts:
    """Positions of the entries that luck changes, and the places of their projects in its columns."""

    capital: Ints
    running: Ints
    stock: Ints
    payer: Ints
    bringer: Ints


@remember(64)
def _parts(project: pd.Series, ledger: pd.Series, key: pd.Series, projects: pd.Index) -> _Parts:
    money = (ledger == "money").to_numpy(dtype=np.bool_)
    investment = money & (key == "capital").to_numpy(dtype=np.bool_)
    capital, running = np.flatnonzero(investment), np.flatnonzero(money & ~investment)
    stock = np.flatnonzero((ledger == "stock").to_numpy(dtype=np.bool_))
    place = np.asarray(projects.get_indexer(pd.Index(project)), dtype=np.int64)
    return _Parts(capital, running, stock, place[capital], place[stock])
