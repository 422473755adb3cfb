"""A value chain: stages in an order in which each gets its goods from earlier ones, and their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats, positions, require

__all__ = ["ACTORS", "KINDS", "PROCESSING", "Actor", "Chain", "Kind", "Parameters", "make_chain"]

Kind: TypeAlias = Literal[
    "growing", "grading", "storage", "processing", "deep_processing", "brand", "online", "tourism"
]
"""What a stage does: grow; sort and pack; store, cold chain included; process; process deeply; sell under a
brand or geographical indication; sell online; let visitors pick and eat."""
Actor: TypeAlias = Literal["farmer", "processor", "trader", "other"]
"""Who runs a stage and earns what it adds."""

KINDS: Final[tuple[str, ...]] = get_args(Kind)
"""Kinds of stage, in the order of the chain."""
ACTORS: Final[tuple[str, ...]] = get_args(Actor)
"""Who may run a stage."""
PROCESSING: Final = ("processing", "deep_processing")
"""Kinds of stage whose output counts as processed."""

_LARGE: Final = float(np.finfo(np.float64).max)
_SHARE_ROUNDING: Final = 1e-9
"""By which shares written as decimals may exceed 1 in sum."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Parameters:
    """What each stage of a chain does with a tonne; leading axes are futures or places.

    Parameters
    ----------
    share : numpy.ndarray of float
        Of the output of the upstream stage that goes down each link, in [0, 1], shape (..., links).
    loss : numpy.ndarray of float
        Of what a stage receives that is lost before use, in [0, 1], shape (..., stages).
    yield_ : numpy.ndarray of float
        Tonnes put out per tonne used, shape (..., stages).
    price : numpy.ndarray of float
        Of a tonne of output, 元/t, shape (..., stages).
    bought : numpy.ndarray of float
        Inputs bought outside the chain over the value of output, in [0, 1], shape (..., stages).
    jobs : numpy.ndarray of float
        Full-time workers for 1000 t received a year, shape (..., stages).
    wage : numpy.ndarray of float
        元 a worker and year, shape (..., stages).
    land : numpy.ndarray of float
        mu of construction land for 1000 t received a year, shape (..., stages); the area grown is given
        with the harvest.
    """

    share: Floats
    loss: Floats
    yield_: Floats
    price: Floats
    bought: Floats
    jobs: Floats
    wage: Floats
    land: Floats

    def changed(self, **values: Floats) -> Parameters:
        """The same with other arrays for some parameters."""
        return replace(self, **values)


RANGES: Final[dict[str, tuple[float, float]]] = {
    "share": (0.0, 1.0),
    "loss": (0.0, 1.0),
    "yield_": (0.0, _LARGE),
    "price": (0.0, _LARGE),
    "bought": (0.0, 1.0),
    "jobs": (0.0, _LARGE),
    "wage": (0.0, _LARGE),
    "land": (0.0, _LARGE),
}
"""Least and greatest value of each parameter."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chain:
    """Stages of one product, in an order in which goods only move forward; the first one grows it.

    Parameters
    ----------
    stages : tuple of str
        Their names.
    kinds, actors : tuple of str
        What each does, and who runs it.
    start, end : numpy.ndarray of int
        Stages that each link leaves and enters, positions, shape (links,); sorted by `end`, then `start`.
    parameters : Parameters
        Central values.
    """

    stages: tuple[str, ...]
    kinds: tuple[str, ...]
    actors: tuple[str, ...]
    start: Ints
    end: Ints
    parameters: Parameters

    def of_kind(self, *kinds: str) -> Ints:
        """Positions of the stages of some kinds."""
        return np.array([row for row, kind in enumerate(self.kinds) if kind in kinds], dtype=np.int64)


def make_chain(
    stages: Sequence[str],
    links: Sequence[tuple[str, str]],
    *,
    kinds: Sequence[Kind],
    actors: Sequence[Actor],
    share: npt.ArrayLike,
    loss: npt.ArrayLike,
    yield_: npt.ArrayLike,
    price: npt.ArrayLike,
    bought: npt.ArrayLike = 0.0,
    jobs: npt.ArrayLike = 0.0,
    wage: npt.ArrayLike = 0.0,
    land: npt.ArrayLike = 0.0,
) -> Chain:
    """A chain from its stages and links, in any order.

    Parameters
    ----------
    stages : sequence of str
        Names, each once; one of them of kind ``growing``.
    links : sequence of (str, str)
        Stage that gives and stage that receives.
    kinds, actors : sequence of str
        For each stage, from `KINDS` and `ACTORS`.
    share : array_like of float
        For each link, shape (links,); see `Parameters`, also for the rest, which are for each stage.

    Returns
    -------
    Chain

    Raises
    ------
    DataError
        With every stage that is unknown, named twice, in a circle or without input, every stage whose
        shares add to more than 1, and values that are missing or impossible.

    References
    ----------
    Kaplinsky, R., Morris, M. (2001), A Handbook for Value Chain Research. FAO (2014), Developing Sustainable
    Food Value Chains: Guiding Principles. Loss at each stage: FAO (2018), Methodological proposal for
    monitoring SDG target 12.3.

    Examples
    --------
    >>> chain = make_chain(
    ...     ["orchard", "juice"],
    ...     [("orchard", "juice")],
    ...     kinds=["growing", "processing"],
    ...     actors=["farmer", "processor"],
    ...     share=[0.4],
    ...     loss=[0.0, 0.1],
    ...     yield_=[1.0, 0.5],
    ...     price=[2000, 6000],
    ... )
    >>> chain.stages, chain.end.tolist()
    (('orchard', 'juice'), [1])
    """
    rows = {name: row for row, name in enumerate(stages)}
    _require_names(stages, links, kinds=kinds, actors=actors, rows=rows)
    start = np.array([rows[one] for one, _ in links], dtype=np.int64)
    end = np.array([rows[other] for _, other in links], dtype=np.int64)
    order = _order(stages, start=start, end=end, kinds=kinds)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    by_end = np.lexsort((place[start], place[end]))
    given = {"loss": loss, "yield_": yield_, "price": price, "bought": bought, "jobs": jobs, "wage": wage}
    each = {name: _for_each(value, name, size=len(stages))[order] for name, value in given.items()}
    chain = Chain(
        stages=tuple(stages[row] for row in order),
        kinds=tuple(kinds[row] for row in order),
        actors=tuple(actors[row] for row in order),
        start=positions(place[start][by_end], column="links", size=len(stages)),
        end=positions(place[end][by_end], column="links", size=len(stages)),
        parameters=Parameters(
            share=_for_each(share, "share", size=len(links))[by_end],
            land=_for_each(land, "land", size=len(stages))[order],
            **each,
        ),
    )
    require_parameters(chain, chain.parameters)
    return chain


def require_parameters(chain: Chain, parameters: Parameters) -> None:
    """Nothing when every value can be and no stage gives away more than it has; else a DataError."""
    problems: list[Problem] = []
    for field in fields(parameters):
        value = getattr(parameters, field.name)
        size = len(chain.start) if field.name == "share" else len(chain.stages)
        low, high = RANGES[field.name]
        try:
            floats(value, column=field.name, low=low, high=high)
        except DataError as error:
            problems += error.problems
        if np.shape(value)[-1:] != (size,):
            rule = f"its last axis has not {size} values"
            problems.append(Problem(rule=rule, mend="give one for each", column=field.name))
    if problems:
        raise DataError(problems)
    given = np.zeros((*parameters.share.shape[:-1], len(chain.stages)))
    for link, stage in enumerate(chain.start):
        given[..., stage] += parameters.share[..., link]
    over = given.reshape(-1, len(chain.stages)).max(axis=0, initial=0.0) > 1 + _SHARE_ROUNDING
    problems = [
        Problem(rule="its shares add up to more than 1", mend="lower them", column="share", value=name)
        for name, wrong in zip(chain.stages, over, strict=True)
        if wrong
    ]
    if problems:
        raise DataError(problems)


def _for_each(value: npt.ArrayLike, name: str, *, size: int) -> Floats:
    array = np.asarray(value, dtype=np.float64)
    fits = array.shape in ((), (size,))
    require(fits, column=name, rule=f"{array.size} values for {size}", mend="give one for each")
    return np.broadcast_to(array, (size,)).copy()


def _require_names(
    stages: Sequence[str],
    links: Sequence[tuple[str, str]],
    *,
    kinds: Sequence[str],
    actors: Sequence[str],
    rows: dict[str, int],
) -> None:
    require(len(stages) > 0, column="stages", rule="there is none", mend="give one or more")
    problems: list[Problem] = []
    if len(rows) < len(stages):
        problems.append(Problem(rule="a stage is named twice", mend="name each once", column="stages"))
    for column, given, known in (("kinds", kinds, KINDS), ("actors", actors, ACTORS)):
        if len(given) != len(stages):
            rule = f"{len(given)} values for {len(stages)} stages"
            problems.append(Problem(rule=rule, mend="give one for each", column=column))
        mend = "one of " + ", ".join(known)
        wrong = [one for one in given if one not in known]
        problems += [Problem(rule="it is unknown", mend=mend, column=column, value=one) for one in wrong]
    ends = [name for link in links for name in link if name not in rows]
    mend = "name one of the stages"
    problems += [Problem(rule="not a stage", mend=mend, column="links", value=name) for name in ends]
    if len(set(links)) < len(links):
        problems.append(Problem(rule="a link comes twice", mend="give it once", column="links"))
    if problems:
        raise DataError(problems)


def _order(stages: Sequence[str], *, start: Ints, end: Ints, kinds: Sequence[str]) -> Ints:
    """Stages in an order in which each comes after those that feed it; the growing stage first."""
    waits = np.bincount(end, minlength=len(stages))
    growing = np.array([kind == "growing" for kind in kinds])
    problems = []
    if growing.sum() != 1:
        rule = f"{int(growing.sum())} stages grow the product"
        problems.append(Problem(rule=rule, mend="give one growing stage", column="kinds"))
    problems += [
        Problem(
            rule="a growing stage receives goods",
            mend="drop the link",
            column="links",
            value=stages[int(row)],
        )
        for row in np.flatnonzero(growing & (waits > 0))
    ]
    problems += [
        Problem(rule="output but no input", mend="link a stage to it", column="links", value=stages[int(row)])
        for row in np.flatnonzero(~growing & (waits == 0))
    ]
    ready = sorted(np.flatnonzero(waits == 0), key=lambda row: (not growing[row], row))
    order: list[int] = []
    while ready:
        row = ready.pop(0)
        order.append(int(row))
        for other in end[start == row]:
            waits[other] -= 1
            if waits[other] == 0:
                ready.append(other)
    problems += [
        Problem(rule="in or behind a circle", mend="drop a link of it", column="links", value=stages[row])
        for row in range(len(stages))
        if row not in order
    ]
    if problems:
        raise DataError(problems)
    return np.array(order, dtype=np.int64)
