"""What a chain moves, loses, sells, adds and pays, from the harvest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.chain.stages import ACTORS, PROCESSING, Chain, Parameters, require_parameters

__all__ = ["YUAN_PER_WAN", "ChainResult", "evaluate", "flows"]

YUAN_PER_WAN: Final = 10_000.0
"""元 in a 万元."""
_THOUSAND: Final = 1000.0
"""Tonnes that jobs and land are given for."""
_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChainResult:
    """A chain in a year; leading axes are those of the harvest and of the parameters.

    Money in 万元, quantities in t, jobs in persons, land in mu; a ratio with nothing below it is NaN.

    Parameters
    ----------
    received, lost, used, output, sold : numpy.ndarray of float
        Tonnes that a stage receives, loses, uses, puts out and sells outside the chain, shape (..., stages).
    link : numpy.ndarray of float
        Tonnes down each link, shape (..., links).
    value, purchases, bought, added, wages : numpy.ndarray of float
        Value of output, of goods received from the chain, of inputs bought elsewhere, value added, and wages
        in it, shape (..., stages).
    sales : numpy.ndarray of float
        Value sold outside the chain, shape (..., stages).
    jobs, land : numpy.ndarray of float
        Workers, and construction land, shape (..., stages).
    length, production_length, processing_ratio : numpy.ndarray of float
        See `evaluate`, shape (...).
    """

    received: Floats
    lost: Floats
    used: Floats
    output: Floats
    sold: Floats
    link: Floats
    value: Floats
    purchases: Floats
    bought: Floats
    added: Floats
    wages: Floats
    sales: Floats
    jobs: Floats
    land: Floats
    length: Floats
    production_length: Floats
    processing_ratio: Floats

    def earned(self, chain: Chain) -> Mapping[str, Floats]:
        """Value added in 万元 by who runs the stages: farmers, processors, traders, others."""
        who = np.array(chain.actors)
        return {actor: self.added[..., who == actor].sum(axis=-1) for actor in ACTORS}

    def per_mu(self, area_mu: npt.ArrayLike) -> Floats:
        """Value added of the whole chain in 元 for each mu grown; NaN without any."""
        return _ratio(
            self.added.sum(axis=-1) * YUAN_PER_WAN, floats(area_mu, column="area_mu", low=0, high=_LARGE)
        )

    def per_worker(self) -> Floats:
        """Value added of the whole chain in 元 a worker and year; NaN without any."""
        return _ratio(self.added.sum(axis=-1) * YUAN_PER_WAN, self.jobs.sum(axis=-1))


def evaluate(chain: Chain, harvest: npt.ArrayLike, *, parameters: Parameters | None = None) -> ChainResult:
    """Quantities, money, jobs and length of a chain.

    What a stage receives is lost or used; what it puts out goes down its links or is sold. Value added is
    output less goods received from the chain, at the price of the stage that gives them, less inputs bought
    elsewhere. Summed over the chain it is sales less what is bought elsewhere.

    Three figures describe depth. ``length``: stages that a tonne has passed when it leaves the chain, mean
    over sales by value (a tonne sold from the orchard has passed 1). ``production_length``: output of all
    stages over sales, both by value, the mean number of stages in which a yuan of sales is embodied (Fally's
    N). ``processing_ratio``: output of processing over output of growing, by value, after the target 2.5 of
    China's rural revitalization plan.

    Parameters
    ----------
    chain : Chain
        Its stages.
    harvest : array_like of float
        Tonnes a year, any shape, say (futures, places).
    parameters : Parameters, optional
        Instead of the chain's own; leading axes broadcast against those of `harvest`, say (futures, 1).

    Returns
    -------
    ChainResult

    Raises
    ------
    DataError
        If the harvest or a parameter is missing or impossible.

    References
    ----------
    Fally, T. (2012), Production Staging: Measurement and Facts. Antras, P., Chor, D., Fally, T., Hillberry,
    R. (2012), Measuring the Upstreamness of Production and Trade Flows, American Economic Review 102 (3),
    412-416. Wang, Z., Wei, S.-J., Yu, X., Zhu, K. (2017), Characterizing Global Value Chains: Production
    Length and Upstreamness, NBER Working Paper 23261. Rural revitalization plan 2018-2022: processing over
    farm output.

    Examples
    --------
    >>> from tongqu.methods.chain import make_chain
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
    >>> found = evaluate(chain, 100)
    >>> found.output.tolist(), found.sold.tolist(), found.added.round(6).tolist()
    ([100.0, 18.0], [60.0, 18.0], [20.0, 2.8])
    >>> float(found.processing_ratio), float(found.length.round(4))
    (0.54, 1.4737)
    """
    tonnes = floats(harvest, column="harvest", low=0, high=_LARGE)
    if parameters is not None:
        require_parameters(chain, parameters)
    return _evaluated(chain, tonnes, parameters or chain.parameters)


def _evaluated(chain: Chain, tonnes: Floats, given: Parameters) -> ChainResult:
    moved = _moved(chain, tonnes, given)
    received, output, link = moved["received"], moved["output"], moved["link"]
    value = output * given.price / YUAN_PER_WAN
    purchases = np.zeros_like(value)
    for row, (start, end) in enumerate(zip(chain.start, chain.end, strict=True)):
        purchases[..., end] += link[..., row] * given.price[..., start] / YUAN_PER_WAN
    bought = value * given.bought
    sales = moved["sold"] * given.price / YUAN_PER_WAN
    jobs = received / _THOUSAND * given.jobs
    processed, growing = chain.of_kind(*PROCESSING), chain.of_kind("growing")
    return ChainResult(
        **moved,
        value=value,
        purchases=purchases,
        bought=bought,
        added=value - purchases - bought,
        wages=jobs * given.wage / YUAN_PER_WAN,
        sales=sales,
        jobs=jobs,
        land=received / _THOUSAND * given.land,
        length=_length(chain, link=link, sales=sales),
        production_length=_ratio(value.sum(axis=-1), sales.sum(axis=-1)),
        processing_ratio=_ratio(value[..., processed].sum(axis=-1), value[..., growing].sum(axis=-1)),
    )


def _moved(chain: Chain, tonnes: Floats, given: Parameters) -> dict[str, Floats]:
    """Quantities of stages and links; the order of stages lets each be known when it is needed."""
    shape = np.broadcast_shapes(
        tonnes.shape,
        given.share.shape[:-1],
        given.loss.shape[:-1],
        given.yield_.shape[:-1],
        given.price.shape[:-1],
    )
    received = np.zeros((*shape, len(chain.stages)))
    output, link = np.zeros_like(received), np.zeros((*shape, len(chain.start)))
    sent = np.zeros_like(received)
    received[..., 0] = tonnes
    used, lost = np.zeros_like(received), np.zeros_like(received)
    for stage in range(len(chain.stages)):
        for row in np.flatnonzero(chain.end == stage):
            link[..., row] = output[..., chain.start[row]] * given.share[..., row]
            received[..., stage] += link[..., row]
            sent[..., chain.start[row]] += link[..., row]
        lost[..., stage] = received[..., stage] * given.loss[..., stage]
        used[..., stage] = received[..., stage] - lost[..., stage]
        output[..., stage] = used[..., stage] * given.yield_[..., stage]
    # Shares that add to 1 as decimals leave a rounding; nothing is sold then.
    sold = np.where(sent < output * (1 - 1e-12), output - sent, 0.0)
    return {
        "received": received,
        "lost": lost,
        "used": used,
        "output": output,
        "sold": sold,
        "link": link,
    }


def _length(chain: Chain, *, link: Floats, sales: Floats) -> Floats:
    """Stages passed by what is sold, mean by value of sales; a stage passes on the mean of its tonnes."""
    passed = np.ones_like(sales)
    for stage in range(1, len(chain.stages)):
        rows = np.flatnonzero(chain.end == stage)
        tonnes = link[..., rows]
        before = (tonnes * passed[..., chain.start[rows]]).sum(axis=-1)
        total = tonnes.sum(axis=-1)
        passed[..., stage] += np.divide(before, total, out=np.zeros_like(before), where=total > 0)
    return _ratio((sales * passed).sum(axis=-1), sales.sum(axis=-1))


def _ratio(above: Floats, below: Floats) -> Floats:
    one, other = np.broadcast_arrays(above, below)
    return np.asarray(np.divide(one, other, out=np.full(one.shape, np.nan), where=other > 0))


def flows(chain: Chain, result: ChainResult) -> pd.DataFrame:
    """Rows of a Sankey diagram of one chain in one place and future.

    Parameters
    ----------
    chain : Chain
        Its stages.
    result : ChainResult
        Without leading axes.

    Returns
    -------
    DataFrame
        Columns ``origin, target, kind, tonnes, value_wan``. Kinds: ``use`` (stage to stage), ``loss`` (stage
        to ``loss``, at the price of what is received; none for the harvest's own), ``sale`` (stage to
        ``sale``), and in money only, ``tonnes`` 0: ``bought`` (``bought`` to stage) and ``added`` (stage to
        who runs it). Rows of nothing are left out.

    Raises
    ------
    DataError
        If the result has leading axes.

    Examples
    --------
    >>> from tongqu.methods.chain import make_chain
    >>> chain = make_chain(
    ...     ["tea"], [], kinds=["growing"], actors=["farmer"], share=[], loss=0, yield_=1, price=9
    ... )
    >>> flows(chain, evaluate(chain, 1000))[["origin", "target", "kind", "tonnes"]]
      origin  target   kind  tonnes
    0    tea    sale   sale  1000.0
    1    tea  farmer  added     0.0
    """
    single = result.added.ndim == 1
    require(single, column="result", rule="it has leading axes", mend="give one place and future")
    names = np.array(chain.stages, dtype=object)
    unit_cost = _ratio(result.purchases, result.received)
    lost_value = np.where(result.received > 0, np.nan_to_num(unit_cost) * result.lost, 0.0)
    left = 1 - np.nan_to_num(_ratio(result.lost, result.received))
    price = np.nan_to_num(_ratio(result.value, result.output))[chain.start]
    parts = [
        (names[chain.start], names[chain.end], "use", result.link * left[chain.end], None),
        (names, "loss", "loss", result.lost, lost_value),
        (names, "sale", "sale", result.sold, result.sales),
        ("bought", names, "bought", np.zeros(len(names)), result.bought),
        (names, np.array(chain.actors, dtype=object), "added", np.zeros(len(names)), result.added),
    ]
    frames = [
        pd.DataFrame(
            {
                "origin": origin,
                "target": target,
                "kind": kind,
                "tonnes": tonnes,
                "value_wan": tonnes * price if value is None else value,
            }
        )
        for origin, target, kind, tonnes, value in parts
        if len(tonnes)
    ]
    table = pd.concat(frames, ignore_index=True)
    return table[(table["tonnes"] != 0) | (table["value_wan"] != 0)].reset_index(drop=True)
