"""A regional table from the table of a larger area, jobs and location quotients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.input_output.effects import Multipliers, multipliers
from tongqu.methods.input_output.model import domestic_share, technical_coefficients
from tongqu.methods.input_output.quotients import DELTA, Quotient, trade_coefficients
from tongqu.methods.input_output.table import DemandRole, Table

__all__ = ["Regional", "regional_multipliers", "regional_table", "split_sections"]

_BY_PEOPLE: Final = ("household", "government", "consumption")
_BY_VALUE_ADDED: Final = ("capital", "stocks")
_LARGE: Final = float(np.finfo(np.float64).max)


def split_sections(
    workers: npt.ArrayLike,
    *,
    sections: Sequence[str],
    sectors: Sequence[str],
    weights: npt.ArrayLike,
) -> Floats:
    """Workers by sector from workers by section, in proportion to weights inside each section.

    The split inside a section is modelled: with compensation of employees as weights, wages of all
    sectors of a section are taken to be equal.

    Parameters
    ----------
    workers : array_like of float
        Shape (..., number of sections), persons.
    sections : sequence of str
        Letter of each.
    sectors : sequence of str
        Letter of the section of each of the n sectors.
    weights : array_like of float
        Shape (n,), 0 or more; for instance compensation of employees.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n); workers of sections without any sector are left out.

    Raises
    ------
    DataError
        If a section with workers has sectors but no weight, a sector's section is not given, or lengths
        do not fit.

    Examples
    --------
    >>> split_sections([10, 6], sections=["A", "C"], sectors=["A", "C", "C"], weights=[5, 1, 2])
    array([10.,  2.,  4.])
    """
    counted = floats(workers, column="workers", low=0, high=_LARGE)
    weight = floats(weights, column="weights", low=0, high=_LARGE)
    fits = counted.shape[-1:] == (len(sections),) and weight.shape == (len(sectors),)
    require(fits, column="workers", rule="lengths do not fit", mend="give one value for each section")
    lost = sorted(set(sectors) - set(sections))
    if lost:
        mend = "give the workers of every section that a sector belongs to"
        raise DataError(
            [Problem(rule="no workers given", mend=mend, column="sections", value=", ".join(lost))]
        )
    member = np.array([[float(a == b) for a in sections] for b in sectors])
    total = member.T @ weight
    bare = (total <= 0) & (member.sum(axis=0) > 0) & (counted > 0).reshape(-1, len(sections)).any(axis=0)
    named = ", ".join(letter for letter, lacks in zip(sections, bare, strict=True) if lacks)
    mend = f"give a weight above 0 to a sector of {named}"
    require(not bare.any(), column="weights", rule="a section with workers has no weight", mend=mend)
    share = member * (weight[:, np.newaxis] / np.where(total > 0, total, 1.0))
    return np.asarray(counted @ share.T)


@dataclass(frozen=True, slots=True, eq=False)
class Regional:
    """Modelled tables of places inside a larger area.

    Parameters
    ----------
    table : Table
        Tables with all uses, wherever the goods come from; what is left over or lacking is the column
        ``net_outflow``, so that every row balances by identity: trade is a residual, not an observation.
    coefficients : numpy.ndarray of float
        Purchases from the place's own sectors per unit of output, shape (..., n, n).
    supply : numpy.ndarray of float
        Share of final demand inside the place that its own sectors meet, shape (..., n).
    outflow, inflow : numpy.ndarray of float
        What leaves and enters the place (from the parent and from abroad), shape (..., n), 0 or more
        (inflow may be negative where stocks fall by more than all else that is bought); outflow less inflow
        is ``net_outflow``.
    capped : numpy.ndarray of float
        Factor by which the row's coefficients and supply were lowered because the place would have used
        more of its product than it makes, shape (..., n), 1 where nothing was lowered.
    jobs : numpy.ndarray of float
        As given, shape (..., n).
    productivity : numpy.ndarray of float
        Output per job over the parent's, one for each place, shape (...).
    quotient : Quotient
        The variant.
    delta : float
        Flegg's exponent.
    """

    table: Table
    coefficients: Floats
    supply: Floats
    outflow: Floats
    inflow: Floats
    capped: Floats
    jobs: Floats
    productivity: Floats
    quotient: Quotient
    delta: float


def _scaled_output(
    parent: Table, jobs: Floats, whole: Floats, *, value_added: npt.ArrayLike | None
) -> tuple[Floats, Floats]:
    """Output by jobs at the parent's output per job, scaled to the known value added."""
    per_job = np.where(whole > 0, parent.output / np.where(whole > 0, whole, 1.0), 0.0)
    output = jobs * per_job
    if value_added is None:
        return output, np.ones(output.shape[:-1])
    known = floats(value_added, column="value_added", low=np.finfo(float).tiny, high=_LARGE)
    ratio = np.where(
        parent.output > 0, parent.value_of() / np.where(parent.output > 0, parent.output, 1.0), 0
    )
    scale = np.asarray(known / (output * ratio).sum(axis=-1))
    return output * scale[..., np.newaxis], scale


def _local_demand(
    parent: Table, *, people: Floats, value_added: Floats
) -> tuple[Floats, tuple[DemandRole, ...], tuple[str, ...]]:
    """Final demand inside the places: shape (..., n, k), roles and names."""
    columns, roles, names = [], [], []
    for at, (role, name) in enumerate(zip(parent.demand_roles, parent.demand_names, strict=True)):
        if role in _BY_PEOPLE or role in _BY_VALUE_ADDED:
            share = people if role in _BY_PEOPLE else value_added
            columns.append(share[..., np.newaxis] * parent.demand[:, at])
            roles.append(role)
            names.append(name)
    require(
        bool(columns),
        column="demand_roles",
        rule="no final demand inside the parent",
        mend="give its columns the roles of consumption and capital",
    )
    return np.stack(columns, axis=-1), tuple(roles), tuple(names)


def regional_table(
    parent: Table,
    *,
    jobs: npt.ArrayLike,
    parent_jobs: npt.ArrayLike,
    people_share: npt.ArrayLike,
    value_added: npt.ArrayLike | None = None,
    quotient: Quotient = "FLQ",
    delta: float = DELTA,
) -> Regional:
    """Modelled input-output tables of places, all at once.

    The places work with the parent's technology. Output is jobs times the parent's output per job, times
    one factor for each place if its value added is known. Own coefficients are
    ``t_ij * domestic share of the parent * a_ij`` with t from the quotient on jobs. Consumption is the
    parent's by share of people, investment by share of value added. Trade is what remains.

    Parameters
    ----------
    parent : Table
        Of the larger area, no leading axes.
    jobs : array_like of float
        Jobs of the places by sector, shape (..., n).
    parent_jobs : array_like of float
        Of the parent, counted in the same way, shape (n,).
    people_share : array_like of float
        Share of the parent's people, in (0, 1], shape (...).
    value_added : array_like of float, optional
        Known value added of each place, shape (...), in the unit of the table.
    quotient, delta
        As `trade_coefficients`.

    Returns
    -------
    Regional
        Everything in it is modelled.

    Raises
    ------
    DataError
        As `trade_coefficients`; if the parent has leading axes or no consumption or investment.

    References
    ----------
    Flegg and Webber 1997 (see `trade_coefficients`). Miller and Blair 2009, ch. 8.

    Examples
    --------
    >>> parent = Table(
    ...     sectors=("farms", "works"),
    ...     flows=[[150, 500], [200, 100]],
    ...     demand=[[350], [1700]],
    ...     demand_roles=("household",),
    ...     value_added=[[650, 1400]],
    ...     value_roles=("labour",),
    ...     output=[1000, 2000],
    ... )
    >>> found = regional_table(parent, jobs=[30, 10], parent_jobs=[100, 100], people_share=0.2)
    >>> found.table.output, found.coefficients.round(3)
    (array([300., 200.]), array([[0.15 , 0.25 ],
           [0.045, 0.017]]))
    """
    require(
        parent.output.ndim == 1,
        column="parent",
        rule="more than one table",
        mend="give the table of one area",
    )
    counted = floats(jobs, column="jobs", low=0, high=_LARGE)
    whole = floats(parent_jobs, column="parent_jobs", low=0, high=_LARGE)
    people = floats(people_share, column="people_share", low=np.finfo(float).tiny, high=1.0)
    trade = trade_coefficients(counted, whole, quotient=quotient, delta=delta)
    output, scale = _scaled_output(parent, counted, whole, value_added=value_added)
    technology = technical_coefficients(parent.flows, parent.output)
    flows = technology * output[..., np.newaxis, :]
    made = np.where(parent.output > 0, parent.output, 1.0)
    added = parent.value_added / made * output[..., np.newaxis, :]
    share = added.sum(axis=(-2, -1)) / parent.value_added.sum()
    inside, roles, names = _local_demand(
        parent, people=np.broadcast_to(people, share.shape), value_added=np.asarray(share)
    )
    home = domestic_share(parent)
    # The column's inputs are the parent's: what AFLQ adds cannot exceed them.
    own = np.minimum(trade * home[:, np.newaxis], 1.0) * technology
    supply = np.minimum(np.diagonal(trade, axis1=-2, axis2=-1), 1.0) * home
    final = inside.sum(axis=-1)
    # Falling stocks can make the final demand of a product negative: nothing is bought then.
    used = (own * output[..., np.newaxis, :]).sum(axis=-1) + supply * final
    capped = np.where(used > output, output / np.where(used > 0, used, 1.0), 1.0)
    own, supply, used = own * capped[..., np.newaxis], supply * capped, used * capped
    net = output - flows.sum(axis=-1) - final
    table = Table(
        sectors=parent.sectors,
        flows=flows,
        demand=np.concatenate([inside, net[..., np.newaxis]], axis=-1),
        demand_roles=(*roles, "net_outflow"),
        value_added=added,
        value_roles=parent.value_roles,
        output=output,
        demand_names=(*names, "net_outflow"),
        value_names=parent.value_names,
    )
    outflow = np.asarray(output - used)
    return Regional(
        table, own, supply, outflow, outflow - net, capped, counted, np.asarray(scale), quotient, delta
    )


def regional_multipliers(found: Regional) -> Multipliers:
    """Multipliers of the places: output, income and jobs, types I and II.

    Households spend as much per unit of labour income as the table says they consume, on products of the
    place in its share of supply.

    Parameters
    ----------
    found : Regional
        As `regional_table` gives it; jobs per output follow from its jobs.

    Returns
    -------
    Multipliers
        Modelled like the tables. Jobs are in the unit of the jobs that were given, per unit of money.

    Raises
    ------
    DataError
        As `multipliers`; if the table has no labour income or no household consumption.

    Examples
    --------
    >>> parent = Table(("a",), [[2.0]], [[8.0]], ("household",), [[8.0]], ("labour",), [10.0])
    >>> found = regional_table(parent, jobs=[1], parent_jobs=[10], people_share=0.1)
    >>> regional_multipliers(found).output.round(4)
    array([1.124])
    """
    table = found.table
    require(
        "labour" in table.value_roles,
        column="value_roles",
        rule="no row of labour income",
        mend="give the compensation of employees the role 'labour'",
    )
    made = np.where(table.output > 0, table.output, 1.0)
    labour = table.value_of("labour")
    bought = table.demand_of("household" if "household" in table.demand_roles else "consumption")
    spent = found.supply * bought / labour.sum(axis=-1, keepdims=True)
    return multipliers(found.coefficients, income=labour / made, jobs=found.jobs / made, consumption=spent)
